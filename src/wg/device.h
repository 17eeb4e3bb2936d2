/*
 * The protocol core: one WireGuard device. Bytes in, time in; bytes, events and the
 * next deadline out. No socket, no clock, no thread: two of them can be run against
 * each other for a simulated week.
 *
 * Times are nanoseconds of a clock that never steps back and runs on in suspend
 * (CLOCK_BOOTTIME); `now_ns` is read once per batch by the caller.
 *
 * Not thread-safe; callbacks run inside the calls and must not call back into the
 * device, except where it says so.
 */
#ifndef WG_DEVICE_H
#define WG_DEVICE_H

#include <stdbool.h>

#include "model/cidr.h"
#include "model/endpoint.h"
#include "model/key.h"
#include "model/trace.h"
#include "wg/crypto.h"
#include "wg/drop.h"
#include "wg/limits.h"
#include "wire/wg_msg.h"

struct wg_device;
struct wg_peer;

/*
 * A packet in a slot of the caller's: len bytes at mem + off. Sealing and opening are
 * in place, so there must be room around it:
 * off >= WG_PKT_HEADROOM and cap >= off + len + WG_PKT_TAILROOM.
 */
enum {
	WG_PKT_HEADROOM = WG_CRYPTO_BEFORE + WG_DATA_HEADER_LEN,
	WG_PKT_TAILROOM = PADDING + WG_TAG_LEN + WG_CRYPTO_AFTER,
};
struct wg_pkt {
	uint8_t *mem;
	uint32_t cap, off, len;
	uint8_t tos; /* outer TOS or traffic class: as received; to be sent with */
	uint8_t msg_type; /* enum wg_msg_type of an outgoing message */
	uint8_t why, attempt; /* of an initiation, as in its trace record */
	/* inbound only: the sender, and as its `src` the address it arrived at */
	const struct endpoint *from;
	/* Filled by the core when it gives a packet out, for the trace of what comes after: */
	uint32_t session, inner_len, inner_hash;
	uint64_t counter;
};

static inline uint8_t *wg_pkt_bytes(const struct wg_pkt *p)
{
	return p->mem + p->off;
}

/* Why an initiation was sent. */
enum wg_why {
	WG_WHY_STAGED, /* data waits and there is no session */
	WG_WHY_AGE, /* session 120 s old on sending */
	WG_WHY_AGE_RECEIVE, /* 165 s old on receiving */
	WG_WHY_MESSAGES, /* 2^60 messages */
	WG_WHY_SILENCE, /* 15 s without an answer after data */
	WG_WHY_RETRY,
	WG_WHY_KEEPALIVE, /* a persistent keepalive is due and there is no session */
	WG_WHY_COUNT
};
const char *wg_why_str(enum wg_why w);

enum wg_event_type {
	WG_EVENT_INITIATION_SENT, /* why, attempt */
	WG_EVENT_INITIATION_RECEIVED,
	WG_EVENT_RESPONSE_SENT,
	WG_EVENT_HANDSHAKE_COMPLETE, /* initiator: rtt_ns; responder: by the first data */
	WG_EVENT_GIVE_UP, /* after 20 initiations */
	WG_EVENT_ENDPOINT, /* roamed: old -> new endpoint */
	WG_EVENT_COOKIE_SENT,
	WG_EVENT_COOKIE_RECEIVED,
	WG_EVENT_KEYS_WIPED,
	WG_EVENT_KEEPALIVE_SENT,
	WG_EVENT_UNKNOWN_PEER, /* key: whose initiation that was; index */
	WG_EVENT_SOURCE, /* addr: a disallowed inner source; owner: its rightful peer or NULL */
	WG_EVENT_COUNT
};
struct wg_event {
	enum wg_event_type type;
	int64_t now_ns;
	struct wg_peer *peer; /* NULL when unknown */
	enum wg_why why;
	unsigned attempt; /* 1 = the first initiation of this attempt */
	int64_t rtt_ns;
	struct endpoint old_endpoint, endpoint;
	struct public_key key;
	uint32_t index; /* sender index of that initiation */
	struct ip_addr addr;
	struct wg_peer *owner;
};

/* What the core asks of the world. */
struct wg_env {
	void *ctx;
	void (*random)(void *ctx, void *out, size_t len);
	/* CLOCK_REALTIME: timestamps and last-handshake display only */
	int64_t (*wall_ns)(void *ctx);
	/*
	 * n messages of one peer, in order, to one endpoint. The bytes stay as they are until
	 * the call into the device that caused this returns (and, for the packets that were
	 * passed in, until the caller changes them): so they can be collected and sent at once.
	 * peer is NULL for cookie replies.
	 */
	void (*send)(void *ctx, struct wg_peer *peer, const struct endpoint *to,
		     const struct wg_pkt *pkts, size_t n);
	/*
	 * n inner packets for the tun, in order, same lifetime. peer is NULL for our own ICMP
	 * errors.
	 */
	void (*deliver)(void *ctx, struct wg_peer *peer, const struct wg_pkt *pkts, size_t n);
	/*
	 * Is it an address of this host? Our ICMP errors come from where the packet went to, which
	 * only the host itself may be told: to others somebody would seem to be there. NULL: any
	 * is.
	 */
	bool (*is_own)(void *ctx, const struct ip_addr *a);
	void (*event)(void *ctx, const struct wg_event *ev); /* may be NULL */
	void (*trace)(void *ctx, const struct trace_rec *r); /* may be NULL */
};

/* env is copied. crypto may be NULL (the default provider). */
struct wg_device *wg_device_new(const struct wg_env *env, const struct wg_crypto_ops *crypto);
void wg_device_free(struct wg_device *d); /* wipes all keys */

/* --- configuration; semantics as the kernel's and wg(8)'s --- */

/*
 * Zero removes it. Removes a peer with that very public key; expires sessions; next packet
 * handshakes at once.
 */
void wg_device_set_private_key(struct wg_device *d, const struct secret_key *k, int64_t now_ns);
/* clamped; false: none */
bool wg_device_private_key(const struct wg_device *d, struct secret_key *out);
bool wg_device_public_key(const struct wg_device *d, struct public_key *out);
/* padding never goes beyond it; 0 = unknown, no clamp */
void wg_device_set_mtu(struct wg_device *d, unsigned mtu);
/*
 * Up: keepalives and staged packets go out. Down: timers stop, keys are wiped, nothing is sent.
 * Starts down.
 */
void wg_device_set_up(struct wg_device *d, bool up, int64_t now_ns);
/*
 * After a change of port, mark or routes: every sticky source is forgotten. And a handshake
 * message that was counted as WG_DROP_IO_NO_SOCKET holds back the next one no longer: the
 * timer is due, and what waits need not wait for 5 s.
 */
void wg_device_clear_sources(struct wg_device *d);
/* Tests and teaching: behave as under load. */
void wg_device_force_load(struct wg_device *d, bool on);
/*
 * Tests and teaching: put these bytes before each inner packet that is sealed (a tun framing
 * fault), one kind for each family; len 0 = off, <= 8.
 */
void wg_device_fault_prefix(struct wg_device *d, const void *b4, const void *b6, size_t len);
/* Tests and teaching: messages as long as their packets, as some engines send them. */
void wg_device_no_padding(struct wg_device *d);

struct wg_peer *wg_device_peer(struct wg_device *d, const struct public_key *k); /* NULL: none */
/* NULL when k is our own public key (such a peer is silently ignored, as in the driver). */
struct wg_peer *wg_device_peer_add(struct wg_device *d, const struct public_key *k, int64_t now_ns);
void wg_device_peer_remove(struct wg_device *d, struct wg_peer *p);
void wg_device_remove_all_peers(struct wg_device *d);
/* in order of creation; NULL first, NULL at the end */
struct wg_peer *wg_device_next_peer(struct wg_device *d, struct wg_peer *after);

void wg_peer_set_psk(struct wg_peer *p, const struct secret_key *psk); /* zero: none */
/* forgets the sticky source */
void wg_peer_set_endpoint(struct wg_peer *p, const struct endpoint *e);
/* the system refused to send from it; may be called from send */
void wg_peer_clear_src(struct wg_peer *p);
/* Seconds, 0 = off. Raising it from 0 while up sends a keepalive at once. */
void wg_peer_set_keepalive(struct wg_peer *p, uint16_t seconds, int64_t now_ns);
void wg_peer_allow(struct wg_peer *p, const struct cidr *c);
void wg_peer_disallow(struct wg_peer *p, const struct cidr *c); /* only if it is this peer's */
void wg_peer_disallow_all(struct wg_peer *p);
void wg_peer_each_allowed(const struct wg_peer *p, bool (*fn)(void *ctx, const struct cidr *c),
			  void *ctx);
/* What UAPI does at the end of a peer's section while the device is up: send what is staged. */
void wg_peer_kick(struct wg_peer *p, int64_t now_ns);

struct wg_peer_status {
	uint32_t number; /* as in trace records */
	struct public_key public_key;
	struct secret_key psk; /* caller wipes */
	struct endpoint endpoint;
	uint16_t keepalive_s;
	int64_t last_handshake_wall_ns; /* 0 = never */
	/* message bytes, handshakes and keepalives included, as the kernel counts */
	uint64_t rx_bytes, tx_bytes;
	/* data messages incl. keepalives: sealed and handed out; authenticated and new */
	uint64_t sealed, opened;
	/* inner packets delivered, and sealed (keepalives excluded) */
	uint64_t rx_packets, tx_packets;
	uint64_t handshakes; /* completed */
	uint64_t initiations_sent, responses_sent, cookies_received;
	unsigned n_staged;
	const uint64_t *drops; /* [WG_DROP_COUNT], borrowed */
};
void wg_peer_status(const struct wg_peer *p, struct wg_peer_status *out);
/* [WG_DROP_COUNT], all peers and what belongs to none */
const uint64_t *wg_device_drops(const struct wg_device *d);
/* For what the system refused. p may be NULL. May be called from send and deliver. */
void wg_device_count_drop(struct wg_device *d, struct wg_peer *p, enum wg_drop why, uint64_t n);
/* A message of that length that the peer's send() was given, and that did not leave. */
void wg_device_not_sent(struct wg_device *d, struct wg_peer *p, enum wg_drop why, size_t len);

/* --- traffic --- */

/* Inner packets from the tun. Staged ones are copied. */
void wg_device_transmit(struct wg_device *d, struct wg_pkt *pkts, size_t n, int64_t now_ns);
/* Datagrams from the UDP sockets; pkt->from set. */
void wg_device_receive(struct wg_device *d, struct wg_pkt *pkts, size_t n, int64_t now_ns);
/*
 * The earliest time wg_device_tick() has something to do; INT64_MAX: never. May be early, never
 * late.
 */
int64_t wg_device_next_due(const struct wg_device *d);
void wg_device_tick(struct wg_device *d, int64_t now_ns);

#endif
