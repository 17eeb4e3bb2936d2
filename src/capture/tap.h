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
	int64_t t_ns; /* CLOCK_REALTIME */
	uint32_t receiver;
	uint64_t counter;
	size_t len; /* of the UDP payload */
	bool cut;
};

/* One IP packet on a tun tap. */
struct tap_inner {
	enum tap_dir dir;
	int64_t t_ns; /* CLOCK_REALTIME */
	const uint8_t *b; /* from the IP header on; the first caplen bytes of len */
	size_t caplen, len;
};

/*
 * One WireGuard message at the near end's port, whoever is at its other side; or an ICMP error that
 * quotes one. Of a frame with several messages: the first.
 */
struct tap_outer {
	enum tap_dir dir; /* of the message */
	enum wg_msg_type type;
	bool tunnel; /* it is between exactly the tunnel's two sockets */
	struct endpoint from, to;
	const uint8_t *b; /* of the message, as far as it is there */
	size_t have;
	bool icmp;
	struct ip_addr icmp_from;
	uint8_t icmp_type, icmp_code;
	int64_t t_ns;
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
	/*
	 * More room for frames that are not read yet: what a fast engine sends while it is not our
	 * turn. It costs the kernel's memory as long as the tap is open.
	 */
	bool large;
	int64_t since_ns; /* wire: data_since, once it is a number, counts what came later */
	/* wire: called for each data message as its frame is read, e.g. loss_window_see(); NULL */
	void (*on_data)(void *ctx, const struct tap_message *m);
	void *on_data_ctx;
	/* tun: the same for each packet with addresses; NULL */
	void (*on_inner)(void *ctx, const struct tap_inner *p);
	void *on_inner_ctx;
	/* wire: called for each such message, e.g. attempts_see(); NULL */
	void (*on_outer)(void *ctx, const struct tap_outer *m);
	void *on_outer_ctx;
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
/*
 * From that moment on (CLOCK_REALTIME) data_since counts, whenever the frames are read; not before
 * any that was read already. NULL is fine.
 */
void live_tap_since(struct live_tap *t, int64_t wall_ns);
void live_tap_close(struct live_tap *t); /* NULL is fine */

/*
 * Calls on_data for each of the data messages in one datagram's payload, of which `have` of `len`
 * bytes are there; of what `whole` is: its direction and time.
 */
void tap_data_messages(const struct tap_message *whole, const uint8_t *b, size_t have, size_t len,
		       void (*on_data)(void *ctx, const struct tap_message *m), void *ctx);

/*
 * The pure part, for tests and for capture files. First: what this kind of tap watches is 0,
 * the rest UNKNOWN.
 */
void tap_count_start(struct tap_facts *t, const struct tap_conf *c);
/* One frame's bytes after the link header. len: as it was on the wire. t_ns: CLOCK_REALTIME */
void tap_count_frame(struct tap_facts *t, const struct tap_conf *c, const uint8_t *b, size_t caplen,
		     size_t len, int64_t t_ns);

#endif
