/*
 * The cross-platform configuration protocol as text: one `key=value` per line, both ways.
 *
 * Read side: a line in, one item out (for the engine's `set`, and for the client's
 * reply to `get`). Write side: items appended to a buffer. No socket here.
 */
#ifndef MODEL_UAPI_TEXT_H
#define MODEL_UAPI_TEXT_H

#include <stdbool.h>

#include "base/buf.h"
#include "model/cidr.h"
#include "model/key.h"

enum uapi_key {
	UAPI_END, /* the empty line */
	UAPI_GET, /* get=1 */
	UAPI_SET, /* set=1 */
	UAPI_ERRNO, /* number, without its sign: wireguard-go's is negative */
	UAPI_PRIVATE_KEY, /* secret */
	UAPI_LISTEN_PORT, /* number, 0 to 65535 */
	UAPI_FWMARK, /* number, 32 bits; decimal or 0x hex */
	UAPI_REPLACE_PEERS,
	UAPI_PUBLIC_KEY, /* public */
	UAPI_REMOVE,
	UAPI_UPDATE_ONLY,
	UAPI_PRESHARED_KEY, /* secret */
	UAPI_ENDPOINT, /* text, raw: the I/O half resolves scope names */
	UAPI_KEEPALIVE, /* number, 0 to 65535 */
	UAPI_REPLACE_ALLOWED_IPS,
	UAPI_ALLOWED_IP, /* cidr; minus: "-" stood before it */
	UAPI_PROTOCOL_VERSION, /* number, must be 1 */
	UAPI_LAST_HANDSHAKE_SEC, /* number */
	UAPI_LAST_HANDSHAKE_NSEC,
	UAPI_TX_BYTES,
	UAPI_RX_BYTES,
	UAPI_UNKNOWN, /* name and text as they are: our extra keys, another engine's extra keys */
	UAPI_KEY_COUNT
};

enum uapi_fault {
	UAPI_OK,
	UAPI_NO_EQUALS,
	UAPI_BAD_VALUE, /* known key, a value it cannot have; key is set */
	UAPI_TOO_LONG, /* a line over UAPI_LINE_MAX, or a name over UAPI_NAME_MAX; key is set */
	UAPI_FAULT_COUNT
};

enum { UAPI_LINE_MAX = 512, UAPI_NAME_MAX = 64 };

struct uapi_item {
	enum uapi_key key;
	uint64_t number;
	struct public_key public_key;
	struct secret_key secret; /* the caller wipes */
	struct cidr cidr;
	bool minus;
	char name[UAPI_NAME_MAX + 1]; /* of UAPI_UNKNOWN */
	char text[UAPI_LINE_MAX + 1]; /* of UAPI_ENDPOINT and UAPI_UNKNOWN */
};

/* len without the newline. */
enum uapi_fault uapi_parse_line(const char *line, size_t len, struct uapi_item *out);
const char *uapi_fault_str(enum uapi_fault f);
const char *uapi_key_name(enum uapi_key key); /* NULL for UAPI_END and UAPI_UNKNOWN */
/* By the name alone; UAPI_UNKNOWN without "=". */
enum uapi_key uapi_line_key(const char *line, size_t len);

/* Lines with newline, as engines print them (keys as lower-case hex). */
void uapi_put_number(struct buf *b, enum uapi_key key, uint64_t v);
void uapi_put_true(struct buf *b, enum uapi_key key);
void uapi_put_public_key(struct buf *b, const struct public_key *k);
/* UAPI_PRIVATE_KEY or UAPI_PRESHARED_KEY */
void uapi_put_secret(struct buf *b, enum uapi_key key, const struct secret_key *k);
void uapi_put_endpoint(struct buf *b, const struct endpoint *e);
void uapi_put_allowed_ip(struct buf *b, const struct cidr *c, bool minus);
/* Our own keys: wg(8) ignores what it does not know. */
void uapi_put_extra(struct buf *b, const char *name, uint64_t v);

/*
 * What a `get` reply says. Secrets are dropped while reading: only whether they are there is kept,
 * and whether a preshared key is one that we know can be told.
 * Unknown keys count only with plain names ([a-z0-9_.-], up to 63); a value of theirs that could
 * be a key in hex or base64 is not kept, unless the name ends in "public_key".
 */
struct uapi_peer {
	struct public_key public_key;
	bool has_psk;
	struct key_digest psk; /* of has_psk; zero: not told */
	struct endpoint endpoint; /* family NONE when there is none or it was not understood */
	const char *endpoint_text; /* as the engine wrote it, the scope maybe a name; NULL: none */
	uint16_t keepalive_s;
	int64_t last_handshake_s, last_handshake_nsec; /* 0 = never */
	uint64_t tx_bytes, rx_bytes;
	struct cidr *allowed;
	size_t n_allowed;
	struct uapi_extra *extra; /* unknown keys after its public_key, in order */
	size_t n_extra;
};
struct uapi_extra {
	const char *name;
	uint64_t value;
	bool is_number;
	const char *text;
};
struct uapi_device {
	bool has_private_key;
	/* When has_private_key: derived, or own_public_key, since boringtun gives no more. */
	struct public_key public_key;
	uint16_t listen_port;
	uint32_t fwmark;
	struct uapi_peer *peers;
	size_t n_peers;
	struct uapi_extra *extra; /* unknown keys before the first peer */
	size_t n_extra;
	int errno_; /* as the reply said; 0 = fine */
};

/* The latest handshake as wall time; 0: never. */
static inline int64_t uapi_peer_handshake_ns(const struct uapi_peer *p)
{
	return p->last_handshake_s * NS_PER_S + p->last_handshake_nsec;
}

struct arena;
/*
 * A whole reply, up to and with its empty line. 0, or -EPROTO and in *e which line was wrong.
 * All memory comes from the arena.
 */
struct err;
int uapi_parse_get_reply(const char *text, size_t len, struct arena *a, struct uapi_device **out,
			 struct err *e);
/*
 * boringtun (0.7.1, measured) gives the age of a handshake where others give its time. A time
 * before there was WireGuard is none, so it is taken for an age and made a time.
 */
void uapi_handshake_times(struct uapi_device *d, int64_t wall_ns);
/* The number of the extra key, or `otherwise` when it is not there. */
uint64_t uapi_extra_number(const struct uapi_extra *x, size_t n, const char *name,
			   uint64_t otherwise);
/* Its text, as the engine wrote it; NULL: it is not there. */
const char *uapi_extra_text(const struct uapi_extra *x, size_t n, const char *name);

#endif
