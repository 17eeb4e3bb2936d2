/*
 * A private WireGuard tunnel on this machine:
 *
 *   near namespace                                       far namespace
 *   [ tun, inner addresses ] near engine                 far engine [ tun, inner addresses ]
 *   [ veth, outer addresses ] ------- underlay --------- [ veth, outer addresses ]
 *
 * Both namespaces are unnamed and live as long as this process; engines are children in a
 * PID namespace that dies with it; sockets lie on a private /run. Nothing of the host's
 * network is touched, and nothing is left, whatever ends this process.
 */
#ifndef LAB_SELF_TUNNEL_H
#define LAB_SELF_TUNNEL_H

#include "engine/engine.h"

struct self_end {
	int netns;
	/* tun names differ between the ends: sockets share one folder */
	char tun[SYS_IFNAME_SIZE], veth[SYS_IFNAME_SIZE];
	struct ip_addr outer; /* IPv4 */
	struct ip_addr inner4, inner6; /* inner6 FAMILY_NONE where the machine has no IPv6 */
	uint16_t port;
	uint16_t keepalive_s; /* of its peer, as it is set now */
	struct secret_key private_key, psk; /* throw-away; wiped after configuring */
	struct public_key public_key;
	const struct engine_ops *ops;
	struct engine *engine;
};

struct self_tunnel {
	const struct platform_ops *p;
	struct loop *loop;
	struct arena *arena;
	struct sys_isolation isolation;
	bool isolated;
	int host_netns;
	unsigned mtu;
	struct self_end end[END_COUNT];
};

/* Whose the near tun is: the engine opens it, or is handed an open one of either framing. */
enum near_tun {
	NEAR_TUN_OWN,
	NEAR_TUN_RAW, /* one read is one IP packet (IFF_NO_PI) */
	NEAR_TUN_PI, /* 4 bytes of flags and protocol before it */
};

struct self_conf {
	const struct engine_ops *engine[END_COUNT];
	const char *program[END_COUNT];
	const char *const *near_args; /* extra arguments of the near engine, or NULL */
	enum near_tun near_tun;
	uint16_t near_keepalive_s; /* persistent keepalive of the near end, 0: none */
	uint64_t seed; /* names, addresses and ports are drawn from it */
	int start_timeout_ms;
};

/* Names, addresses and ports of both ends (END_COUNT of them): the same for the same seed. */
void self_tunnel_draw(struct self_end *ends, uint64_t seed);
/*
 * Step 1: namespaces, veth, outer addresses; -errno: this machine cannot (facts: nothing was
 * measured).
 */
int self_tunnel_build(const struct self_conf *c, const struct platform_ops *p, struct loop *l,
		      struct arena *a, struct self_tunnel **out, struct err *e);
/*
 * Step 2: engines started, configured over their sockets, links up, inner addresses and routes.
 * Fills facts->engine[] and the ENGINE needs. Negative when an engine failed (a finding, not an
 * error: facts tell).
 */
int self_tunnel_start(struct self_tunnel *t, const struct self_conf *c, struct facts *f,
		      struct err *e);
/*
 * After the start, sets the keepalive of the near end, if it is to have one. The first keepalive
 * makes a handshake even where the engine takes nothing that it reads for a packet.
 */
int self_tunnel_keepalive(struct self_tunnel *t, const struct self_conf *c, struct err *e);
/* Runs fn with this thread in that end's namespace. */
int self_tunnel_in(struct self_tunnel *t, enum end end, int (*fn)(void *ctx, struct err *e),
		   void *ctx, struct err *e);
/*
 * Stops the engines, whose tuns go with them (facts get exit status and logs; f may be NULL).
 * Then it may be started anew.
 */
void self_tunnel_stop(struct self_tunnel *t, struct facts *f);
/* Stops engines, deletes what is there, closes all. f may be NULL. */
void self_tunnel_free(struct self_tunnel *t, struct facts *f);

#endif
