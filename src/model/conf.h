/*
 * A configuration file of wg-quick(8), as people have it: text in, a struct and a list of what is
 * wrong with it out. Nothing is read, resolved or run here; PreUp and its like are only text.
 *
 * What counts is what the real readers do: wg-quick takes its own keys out of [Interface] and
 * hands the rest to `wg setconf`, which removes all blanks and everything behind a "#".
 */
#ifndef MODEL_CONF_H
#define MODEL_CONF_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/conf_fault.h"
#include "model/facts.h"

const char *conf_fault_str(enum conf_fault f); /* "key in the wrong section" */
enum conf_grade conf_fault_grade(enum conf_fault f);

/* Limits of ours: a file over them is noise. */
enum { CONF_MAX = 1 << 20, CONF_LINE_MAX = 1 << 16, CONF_NOTES_MAX = 20 };

struct conf_note {
	enum conf_fault fault;
	unsigned line; /* 0: of the whole file */
	const char *text; /* one line with its number: "line 7: PublicKey stands in ..." */
	/* Of which [Peer], or 0; of SAME_PEER and SAME_ALLOWED the one that comes off worse. */
	unsigned peer_line;
	struct cidr net; /* of SAME_ALLOWED */
};
struct conf_notes {
	struct conf_note note[CONF_NOTES_MAX]; /* the first ones; of one grade, in file order */
	size_t n, more; /* more: that did not fit */
	enum conf_grade worst;
};

struct conf_peer {
	unsigned line; /* of its [Peer] */
	bool has_key, has_psk;
	struct public_key key;
	struct secret_key psk;
	const char *host; /* name or address, without brackets; NULL: no endpoint */
	uint16_t port;
	struct endpoint literal; /* when host is an address; else family NONE */
	int64_t keepalive_s; /* 0: off, UNKNOWN: not given */
	struct cidr *allowed; /* host bits as given */
	size_t n_allowed;
};

enum conf_hook { CONF_PRE_UP, CONF_POST_UP, CONF_PRE_DOWN, CONF_POST_DOWN, CONF_HOOK_COUNT };
struct conf_hook_line {
	enum conf_hook hook;
	unsigned line;
	const char *text; /* as it stands there, "%i" too */
};

struct conf {
	bool has_private_key;
	struct secret_key private_key;
	int64_t listen_port, fwmark, mtu; /* UNKNOWN: not given; fwmark 0: off */
	enum intended_table table;
	int64_t table_number;
	const char *table_name; /* of INTENDED_NAME */
	bool save_config;
	struct cidr *addrs;
	size_t n_addrs;
	const char **dns; /* addresses and search domains, in order */
	size_t n_dns;
	struct conf_hook_line *hooks; /* in file order */
	size_t n_hooks;
	struct conf_peer *peers;
	size_t n_peers;
};

/*
 * Reads all of it whatever the faults are, and gives the worst grade. *out is never NULL, and
 * holds what was understood; from CONF_REFUSED on only for showing. The caller wipes text and,
 * with conf_wipe(), *out.
 */
enum conf_grade conf_parse(const char *text, size_t len, struct arena *a, struct conf **out,
			   struct conf_notes *notes);
void conf_wipe(struct conf *c);
const char *conf_hook_str(enum conf_hook h); /* "PostUp" */
/* Added to *b: a hook's text with the interface's name for each "%i"; the command to run. */
void conf_hook_fill(const char *text, const char *ifname, struct buf *b);
/* The same command for people: without what could be a key, and in one line. */
void conf_hook_show(const char *command, struct buf *b);

/*
 * What the facts may hold of it, and of what was noted. Endpoints that are names stay without
 * addresses.
 */
void conf_facts(const struct conf *c, const struct conf_notes *notes, struct arena *a,
		struct intended_facts *out);

/* Of each peer's preshared key, in the order of these facts; zero: it has none. */
struct key_digest *conf_psk_digests(const struct conf *c, struct arena *a);

/*
 * As text with keys, which the caller wipes. resolved has one endpoint per peer (family NONE: not
 * given), or is NULL; without one, an address of the file is taken.
 */
/* Body of a `set` of the configuration protocol, replacing all peers; without a name's endpoint. */
void conf_put_set(const struct conf *c, const struct endpoint *resolved, struct buf *b);
/* The same in pieces: all but the peers, and one of them, which has a key. */
void conf_put_set_device(const struct conf *c, struct buf *b);
void conf_put_set_peer(const struct conf *c, size_t i, const struct endpoint *resolved,
		       struct buf *b);
/* For `wg setconf`: no key of wg-quick; a name not resolved stays a name. */
void conf_put_setconf(const struct conf *c, const struct endpoint *resolved, struct buf *b);

#endif
