/*
 * What the line of `wgdiag explain far` prints at the far end, read back.
 *
 * It comes by way of a terminal: wrapped anywhere, with prompts around it, with the command
 * itself in front, blanks in other places, twice in a row. So each line of it begins with a mark
 * and
 * its number, holds no blank, and ends with a semicolon; whatever is not that is passed over, and a
 * line that is missing is noticed.
 */
#ifndef MODEL_FAR_TEXT_H
#define MODEL_FAR_TEXT_H

#include "base/arena.h"
#include "base/err.h"
#include "model/facts.h"

#define FAR_TEXT_MARK "wgd1:"

struct far_peer {
	struct public_key key;
	struct endpoint endpoint; /* family NONE: none */
	struct cidr *allowed;
	size_t n_allowed;
	int64_t rx_bytes, tx_bytes, handshake_s; /* UNKNOWN; of a handshake 0 is never */
};

/* One look at the far end. */
struct far_look {
	const char *link; /* the device asked for */
	const char *kind; /* "wireguard", "tun"; NULL: not told */
	const char *kernel;
	int64_t when_s, mtu; /* UNKNOWN */
	int64_t ip4_forward, ip6_forward, rp_filter; /* UNKNOWN */
	int64_t counters[LINK_COUNTER_COUNT];
	bool has_counters;
	bool link_absent; /* neither ip nor /sys knows such a device */
	int64_t has_private_key; /* UNKNOWN: `wg show` was refused, or is not there */
	struct public_key own;
	int64_t listen_port, fwmark;
	bool has_peers; /* `wg show allowed-ips` was answered: the list is whole */
	struct far_peer *peers;
	size_t n_peers;
};

struct far_text {
	size_t n_looks; /* 1 or more; with 1 first and last are the same */
	struct far_look first, last;
	const struct facts *seen; /* by `wgdiag serve` there (far_seen.h); NULL: it was pasted */
};

/*
 * 0, or -EINVAL with one line for people: nothing of it in the text, a line of it missing or
 * damaged, a text that holds what may be a private key, of which nothing is kept; or no such device
 * there.
 */
int far_text_parse(const char *s, size_t len, struct arena *a, struct far_text *out, struct err *e);

#endif
