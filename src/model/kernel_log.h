/*
 * What the kernel's WireGuard says when its debug lines are switched on (dynamic debug): whose
 * message it was, and why it was refused. "wireguard: wg0: Invalid handshake initiation from ..."
 *
 * The kernel holds lines back when there are many, of all of its network code that is limited so:
 * what is counted here is "at least". It says how many it held back, and not whose they were.
 */
#ifndef MODEL_KERNEL_LOG_H
#define MODEL_KERNEL_LOG_H

#include "model/endpoint.h"
#include "model/engine_log.h"

enum { KERNEL_LOG_IFNAME_SIZE = 16, KERNEL_LOG_MAX = 32 };

struct kernel_log_line {
	char ifname[KERNEL_LOG_IFNAME_SIZE];
	enum engine_log_class class; /* ENGINE_LOG_COUNT: none of these */
	uint64_t peer; /* the kernel's own number of it; 0: the line names none */
	struct endpoint outer; /* whose message, or where to; FAMILY_NONE: it names none */
	struct ip_addr inner; /* of ENGINE_LOG_SOURCE: the source inside; FAMILY_NONE */
	uint64_t attempt; /* of a handshake that is tried again: which; 0: not told */
};

/* len without the newline. false: it is no line of an interface of WireGuard's. */
bool kernel_log_parse(const char *line, size_t len, struct kernel_log_line *out);

/* So many lines of one class about one address. */
struct kernel_log_count {
	enum engine_log_class class;
	struct endpoint outer;
	uint64_t peer; /* 0: no line of that address named one */
	struct ip_addr inner; /* as of kernel_log_line, of the first */
	int64_t n; /* at least */
};

/* Of one interface. */
struct kernel_log {
	const char *ifname;
	struct kernel_log_count list[KERNEL_LOG_MAX]; /* in the order of their first */
	size_t n;
	int64_t more; /* lines of others than these, which were not kept */
	int64_t suppressed; /* that the kernel says it held back, of whatever in it */
	/* addresses that lines gave to peers */
	struct kernel_log_peer {
		struct endpoint outer;
		uint64_t peer;
	} peers[KERNEL_LOG_MAX];
	size_t n_peers;
};

/* Adds a line: those of other interfaces, and of no class, are nobody's refusal. */
void kernel_log_take(struct kernel_log *k, const char *line, size_t len);
/*
 * Is that entry of k about the peer with this endpoint (family NONE: it has none), by the very
 * address and port, or by the number that lines gave to it? Behind one address may be many. What
 * names nobody is about the only peer, if it is that.
 */
bool kernel_log_is_of(const struct kernel_log *k, const struct kernel_log_count *l,
		      const struct endpoint *peer, bool only);

#endif
