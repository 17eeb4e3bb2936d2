/*
 * ping: ICMP and ICMPv6 echo with sizes, intervals and timeouts as in ping(8), from the
 * calling thread's namespace, served by the loop.
 */
#ifndef PROBE_ECHO_H
#define PROBE_ECHO_H

#include "base/arena.h"
#include "base/err.h"
#include "model/facts.h"
#include "sys/loop.h"
#include "sys/platform.h"

struct echo_conf {
	struct ip_addr target, source; /* source FAMILY_NONE: by route */
	const char *link; /* bound to it; NULL: by route */
	/* payload bytes behind the 8-byte ICMP header, as ping -s; 56 = 84-byte packet */
	unsigned count, payload_len;
	bool df; /* never in fragments: what is larger than the way's MTU is refused */
	int64_t interval_ns, timeout_ns; /* timeout: per request, from its sending */
	/* interval 0 as ping -f: at each answer, or after 10 ms, with at most 16 unanswered */
	/* whose udp_errors() gives ICMP errors about the requests; NULL: they are not heard */
	const struct platform_ops *tells;
	uint16_t id;
	uint64_t seed; /* of the payload pattern; replies are compared with what was sent */
};

/*
 * Opens the socket (datagram ping socket where allowed, else raw) in this namespace; nothing is
 * sent yet.
 */
struct echo;
int echo_open(const struct echo_conf *c, struct loop *l, struct arena *a, struct echo **out,
	      struct err *e);
void echo_start(struct echo *x);
int64_t echo_longest_ns(const struct echo_conf *c); /* from start to done, when nothing answers */
bool echo_done(void *echo); /* all answered or timed out; a loop_run condition */
/*
 * Every request was answered, in time or later, or refused: then nothing more can come that would
 * change what is lost. A loop_run condition too, for a wait after echo_done.
 */
bool echo_all_back(void *echo);
/*
 * Statistics so far, mdev as ping computes it. sent: requests that the system took; those it
 * refused are send_errors. An answer with other bytes than were sent is received, and counted in
 * *corrupt; corrupt may be NULL. dev_is_tun is left UNKNOWN.
 */
void echo_facts(const struct echo *x, struct ping_facts *out, int64_t *corrupt);
/* Who sent an ICMP error about a request, the first one; false: nobody. */
bool echo_error(const struct echo *x, struct ip_addr *from);
/* How many times one or more requests in a row expired and were never answered. */
int64_t echo_bursts(const struct echo *x);
/* How many were sent before the first of these; all, where there is none. */
int64_t echo_head(const struct echo *x);
void echo_close(struct echo *x); /* NULL is fine */

#endif
