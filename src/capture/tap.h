/*
 * A live tap: libpcap on one interface of one namespace, frames counted and classified as
 * they come. Tun taps see inner packets, wire taps see the outer ones.
 */
#ifndef CAPTURE_TAP_H
#define CAPTURE_TAP_H

#include "base/arena.h"
#include "base/err.h"
#include "model/facts.h"
#include "sys/loop.h"

enum tap_kind { TAP_KIND_TUN, TAP_KIND_WIRE };

/* One data message on a wire tap. cut: the capture cut its counter off. */
struct tap_message {
	enum tap_dir dir;
	uint32_t receiver;
	uint64_t counter;
	bool cut;
};

/* What is known of the direction before a frame is looked at. */
enum tap_told { TAP_TOLD_NOTHING, TAP_TOLD_OUT, TAP_TOLD_IN };

struct tap_conf {
	const char *dev;
	enum tap_kind kind;
	/* in the words of pcap-filter(7), for links that carry much else; NULL: all frames */
	const char *filter;
	/*
	 * wire: the tunnel's two sockets; a datagram between exactly these is the tunnel's. Of
	 * near the address may be FAMILY_NONE and the port 0: any.
	 */
	struct endpoint near, far; /* "near" is the end where this tap is: OUT = from near */
	/*
	 * wire: what is this host's own. A socket that is bound to no address answers from the one
	 * that was dialled, whatever the route prefers: any of these may stand for near's. None:
	 * near's only.
	 */
	const struct addr_facts *locals;
	size_t n_locals;
	/*
	 * tun: OUT = the host gives it to the engine. The system tells the direction of what it
	 * captures; where it does not (a capture file), it comes from the packet's source: one
	 * of these inner addresses of the tap's own end means OUT.
	 */
	const struct ip_addr *own;
	size_t n_own;
	enum tap_told told;
	/* tun: echoes from and to these addresses are no traffic of the peer that is looked at */
	const struct ip_addr *others;
	size_t n_others;
	/* wire: called for each data message as its frame is read, e.g. loss_window_see(); NULL */
	void (*on_data)(void *ctx, const struct tap_message *m);
	void *on_data_ctx;
};

struct live_tap;

/* Opens in the calling thread's namespace and serves itself from the loop. Whole frames (65535). */
int live_tap_open(const struct tap_conf *c, struct loop *l, struct arena *a, struct live_tap **out,
		  struct err *e);
/*
 * Reads all that was captured until now, then the drop counters; fills *out; the tap stays open.
 * dropped is UNKNOWN when the capture broke on the way (the link went away) or could not be read
 * to its end.
 */
void live_tap_facts(struct live_tap *t, struct tap_facts *out);
void live_tap_close(struct live_tap *t); /* NULL is fine */

/*
 * The pure part, for tests and for capture files. First: what this kind of tap watches is 0,
 * the rest UNKNOWN.
 */
void tap_count_start(struct tap_facts *t, const struct tap_conf *c);
/* One frame's bytes after the link header. len: as it was on the wire. t_ns: CLOCK_REALTIME */
void tap_count_frame(struct tap_facts *t, const struct tap_conf *c, const uint8_t *b, size_t caplen,
		     size_t len, int64_t t_ns);

#endif
