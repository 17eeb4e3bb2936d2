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
	/*
	 * Of request i that with index i % n_payload_lens, none above payload_len; NULL: all are
	 * of that. Borrowed while the echo is open.
	 */
	const uint16_t *payload_lens;
	size_t n_payload_lens;
	bool df; /* never in fragments: what is larger than the way's MTU is refused */
	int64_t interval_ns, timeout_ns; /* timeout: per request, from its sending */
	/* in every other so many requests the interval is so many times as long; 0: in none */
	unsigned turn_every, turn_times;
	/* after each so many requests it rests so long more; 0: never */
	unsigned pause_every;
	int64_t pause_ns;
	/* interval 0 as ping -f: at each answer, or after 10 ms, with at most 16 unanswered */
	/* whose udp_errors() gives ICMP errors about the requests; NULL: they are not heard */
	const struct platform_ops *tells;
	uint16_t id;
	uint64_t seed; /* of the payload pattern; replies are compared with what was sent */
	/* Told as it goes: the system took a request; its first answer came. May be NULL. */
	void (*on_sent)(void *ctx, unsigned index, size_t payload_len);
	void (*on_answer)(void *ctx, unsigned index);
	void *ctx;
};

/*
 * Opens the socket (datagram ping socket where allowed, else raw) in this namespace; nothing is
 * sent yet.
 */
struct echo;
int echo_open(const struct echo_conf *c, struct loop *l, struct arena *a, struct echo **out,
	      struct err *e);
void echo_start(struct echo *x);
/* No more are sent; those that are out are waited for. */
void echo_stop(struct echo *x);
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
/*
 * Who sent an ICMP error about a request, the first one; false: nobody. Not one that claims to be
 * of the target, and that it cannot be reached.
 */
bool echo_error(const struct echo *x, struct ip_addr *from);
/*
 * Which request is it, or is it the answer to? By id, sequence number and, where it has room for
 * one, nonce, as they stand behind the ICMP header's first four bytes. false: none of these.
 */
bool echo_which(const struct echo *x, uint16_t id, uint16_t seq, const uint8_t *payload, size_t len,
		unsigned *index);
/* How many times one or more requests in a row expired and were never answered. */
int64_t echo_bursts(const struct echo *x);
/* How many were sent before the first of these; all, where there is none. */
int64_t echo_head(const struct echo *x);
/* How many of the last that were sent, in a row, were not answered until now. */
int64_t echo_tail(const struct echo *x);
/* The longest that an answer took, in time or late; 0: none came. */
int64_t echo_slowest_ns(const struct echo *x);
void echo_close(struct echo *x); /* NULL is fine */

#endif
