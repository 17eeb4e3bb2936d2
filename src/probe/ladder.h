/*
 * How far do the tunnel's messages get on the way to the endpoint, and how far do echo requests?
 *
 * First echo requests of all hop limits tell who is on the way and how far the host is; then
 * messages on the tunnel's own addresses and ports, with hop limits that end before the host. Where
 * a router answered the one and not the other, it is asked again, several times, the message always
 * first: routers answer only so many packets a second, and so the echo request never takes the
 * answer away from the message. Then that router, and the host, are sent other UDP: some tell of
 * pings only.
 */
#ifndef PROBE_LADDER_H
#define PROBE_LADDER_H

#include "base/arena.h"
#include "base/err.h"
#include "model/facts_ladder.h"
#include "sys/loop.h"

struct ladder_conf {
	struct endpoint from, to; /* from: our address and the port of the engine's socket */
	uint32_t mark; /* SO_MARK, as the engine's socket has; 0: none */
	uint8_t tos; /* as the engine's handshakes have; and of IPv6 the flow label */
	uint32_t flow;
	/* The first hop is a router: an echo reply by the host from there is somebody else's. */
	bool has_gateway;
	uint16_t echo_id, token; /* drawn; nobody else's in this run */
	/*
	 * How long to wait: for a host that may not answer at all; for routers at least, else twice
	 * the longest time that one took.
	 */
	int64_t host_wait_ns, hop_wait_ns;
};
struct ladder;
/* In the calling thread's namespace; sends nothing yet. -EPERM: needs CAP_NET_RAW */
int ladder_open(const struct ladder_conf *c, struct loop *l, struct arena *a, struct ladder **out,
		struct err *e);
void ladder_start(struct ladder *l);
bool ladder_done(void *ladder);
/* All but the control probe by TCP. Rungs from the arena of the opening. */
void ladder_facts(const struct ladder *l, struct ladder_facts *out);
void ladder_close(struct ladder *l); /* NULL is fine */

#endif
