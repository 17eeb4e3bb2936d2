/*
 * Can a firewall rule hit a packet of the tunnel, and can it hit others too?
 *
 * A rule is a list of terms that must all match. What is not known of the packet (a port
 * that the kernel chose) and what we do not judge of the rule (RULE_OTHER) give MAYBE.
 */
#ifndef CHECK_RULE_MATCH_H
#define CHECK_RULE_MATCH_H

#include "base/arena.h"
#include "check/check.h"
#include "model/facts.h"
#include "wire/ip.h"

/* A kind of packet that the run sent or waited for. */
struct packet {
	const char *name; /* "inner out", "outer in", "neighbour out" */
	enum tap_dir dir; /* out: hooks output, postrouting, egress; in: the others */
	const char *dev; /* it leaves or comes by */
	struct ip_addr src, dst; /* FAMILY_NONE: not known, of either family */
	int64_t proto; /* IPPROTO_*; UNKNOWN */
	int64_t sport, dport; /* UNKNOWN: not known; only TCP and UDP have them */
	int64_t icmp; /* type; UNKNOWN */
	int64_t mark; /* UNKNOWN: what a program sends may have any */
	/* Nothing was ever sent the other way: connection tracking takes it for new. */
	bool is_new;
	const struct call_facts *call; /* somebody's initiation that was seen; NULL: it is none */
};

/* RFC 4861; of echoes: wire/ip.h */
enum { ICMP6_NEIGHBOUR_QUESTION = 135, ICMP6_NEIGHBOUR_ANSWER = 136 };
enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58 };

enum hit { HIT_NO, HIT_MAYBE, HIT_YES };
enum hit rule_match(const struct rule_facts *r, const struct packet *p);
/* Does such a packet come to it at all? YES: no rule before it in its chain lets it go. */
enum hit rule_comes(const struct firewall_facts *w, const struct rule_facts *r,
		    const struct packet *p);
/*
 * Some term binds the rule to what this packet has and little else has: its device, one of
 * its addresses, its port. Without one its counter may have moved by anybody's packets.
 */
bool rule_match_is_narrow(const struct rule_facts *r, const struct packet *p);

/*
 * Can it take an echo request that this host sends to its own tunnel address, or the reply? Those
 * go by lo, whatever the tunnel does.
 */
enum hit rule_hits_self_ping(const struct facts *f, const struct rule_facts *r);

/* Is it the question for the next host on its link, or the answer? */
bool rule_is_neighbour(const struct packet *p);

/* One rule: where it has alternatives it stands there once for each. */
bool rule_is_same(const struct rule_facts *x, const struct rule_facts *y);
/* Does it take only some of what it matches, by a limit or by chance? */
bool rule_takes_a_share(const struct rule_facts *r);

/* Does it surely take that packet? It matches all of them, and no rule before lets it go. */
bool rule_takes_surely(const struct firewall_facts *w, const struct rule_facts *r,
		       const struct packet *p);
/* Its counter was watched, and stood still. */
bool rule_is_idle(const struct rule_facts *r);
/* Does some rule surely take such an initiation? */
bool rule_takes_call(const struct facts *f, const struct call_facts *c);

/*
 * All kinds of packets of this tunnel in the near namespace; from the arena. Where IPv6 is asked on
 * its link for the way to the endpoint, and does not answer, that question and its answer as well:
 * rules of inet and ip6 take them as any other packet (and those of IPv4, ARP, never).
 */
size_t rule_packets(const struct facts *f, struct arena *a, struct packet **out);

#endif
