/*
 * A small network on this machine, with a tunnel across it, for faults that need more than the two
 * ends of one cable:
 *
 *   client ----- router ----- server ----- lan
 *     tun = = = = = = = = = = = tun
 *
 * Each is a network namespace without a name. Nothing of the host's network is touched, and nothing
 * is left, whatever ends this process (as of lab/self_tunnel.h).
 *
 * What a fault finds: all of it up and routed, both families, the router and the server forward;
 * the client has the server's address as its peer's endpoint, the server has none of the client.
 * Names, addresses, ports, and whatever else a healthy set-up may have or not are drawn by lot.
 */
#ifndef LAB_WORLD_H
#define LAB_WORLD_H

#include "engine/engine.h"
#include "lab/draw.h"
#include "lab/relay.h"
#include "model/conf.h"

/* wg-quick(8): table and mark of a default route through the tunnel. */
enum { LAB_FULL_TABLE = 51820 };

enum lab_node { LAB_CLIENT, LAB_ROUTER, LAB_SERVER, LAB_LAN, LAB_NODE_COUNT };
/* Each leads from the node of its number to the next one. */
enum lab_cable { LAB_ACCESS, LAB_UPLINK, LAB_INSIDE, LAB_CABLE_COUNT };

struct lab_plug {
	enum lab_node node;
	char dev[SYS_IFNAME_SIZE];
	struct ip_addr addr4, addr6; /* of a /24 and a /64 */
};

struct lab_end {
	enum lab_node node;
	char tun[SYS_IFNAME_SIZE]; /* sockets share one folder, so no two are called alike */
	struct ip_addr inner4, inner6;
	struct conf *conf; /* as wg-quick takes it; its keys are throw-away, and wiped at the end */
	const struct engine_ops *ops;
	const char *program;
	const char *const *args; /* more for its command line (faults of the built-in one) */
	struct engine *engine; /* NULL: it does not run */
	struct engine_facts facts; /* of its start */
};

struct lab_world {
	const struct platform_ops *p;
	struct loop *loop;
	struct arena *arena;
	struct draw draw; /* goes on: what a fault draws comes after what was drawn for it */
	struct sys_isolation isolation;
	bool isolated;
	int host_netns;
	int netns[LAB_NODE_COUNT];
	struct lab_plug plug[LAB_CABLE_COUNT][2];
	struct lab_end end[END_COUNT];
	/* Between router and server, if relayed: its namespace, and the program. */
	bool relayed;
	int relay_netns;
	pid_t relay_pid;
	struct relay_conf relay;
	struct endpoint listens; /* where the client sends to, if the fault does not change it */
	/* What is pinged because somebody said so; family NONE: what wgdiag finds out itself. */
	struct ip_addr ping;
	struct ip_addr ping_from_far; /* the same of who looks from the far end */
	/*
	 * The client's engine cannot be asked, as if inside a program; what its user knows is
	 * `listens`.
	 */
	bool hidden;
	int web_fd; /* lab_web's, -1: none */
	/* Who looks at the interface has its configuration file beside it (--config). */
	bool with_file;
	struct buf made; /* what was made, in words, for people */
	struct lab_talk *talk; /* who sends into the tunnel; NULL: nobody does */
	struct lab_world *second; /* lab_second's tunnel; NULL: there is none */
};

struct lab_world_conf {
	const struct engine_ops *engine[END_COUNT];
	const char *program[END_COUNT];
	uint64_t seed;
	/* Draws what the way between router and server is like; NULL: a cable. */
	void (*relay)(struct draw *d, struct relay_conf *out);
};

/*
 * Network and configurations; no engine yet. -errno: this machine cannot. The world is the arena's,
 * what it holds goes with lab_world_free.
 */
int lab_world_build(const struct lab_world_conf *c, const struct platform_ops *p, struct loop *l,
		    struct arena *a, struct lab_world **out, struct err *e);
void lab_world_free(struct lab_world *w); /* NULL: nothing */

/* Runs fn with this thread in that node's namespace. */
int lab_world_in(struct lab_world *w, enum lab_node node, int (*fn)(void *ctx, struct err *e),
		 void *ctx, struct err *e);
/* Serves the loop meanwhile. -EINTR: a signal came. */
int lab_world_pause(struct lab_world *w, int64_t ns, struct err *e);

const char *lab_node_str(enum lab_node node); /* "client", ... */
/* The plug of that node on that cable. */
const struct lab_plug *lab_plug(const struct lab_world *w, enum lab_node node,
				enum lab_cable cable);

/* world_change.c: what faults do. Each is also told to people (w->made). */

/* Commands of nft(8), as one transaction, there. */
int lab_nft(struct lab_world *w, enum lab_node node, struct err *e, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
int lab_sysctl(struct lab_world *w, enum lab_node node, const char *name, const char *value,
	       struct err *e);
int lab_link_up(struct lab_world *w, enum lab_node node, const char *dev, bool up, struct err *e);
int lab_link_mtu(struct lab_world *w, enum lab_node node, const char *dev, unsigned mtu,
		 struct err *e);
int lab_addr(struct lab_world *w, enum lab_node node, const char *dev, const struct cidr *addr,
	     struct err *e);
/* gateway NULL: it is on the link. */
int lab_route(struct lab_world *w, enum lab_node node, const struct cidr *dst, const char *dev,
	      const struct ip_addr *gateway, struct err *e);
/* Deletes all routes there to just that prefix. */
int lab_unroute(struct lab_world *w, enum lab_node node, const struct cidr *dst, struct err *e);
void lab_told(struct lab_world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * web.c: a server there that answers each HTTP request alike, by a redirection to that URL, as long
 * as this process serves its loop.
 */
int lab_web(struct lab_world *w, enum lab_node node, uint16_t port, const char *url, struct err *e);
void lab_web_done(struct lab_world *w);

/* It hides behind that link's own address whatever it sends out there. */
int lab_masquerade(struct lab_world *w, enum lab_node node, enum lab_cable cable, struct err *e);
int lab_masquerade_at(struct lab_world *w, enum lab_node node, const char *dev, struct err *e);
/* The router's link to the server carries no more than mtu, and nobody is told what is too long. */
int lab_narrow_quietly(struct lab_world *w, unsigned mtu, struct err *e);

/* What names mean from now on: lines of hosts(5). All of them, each time. */
int lab_hosts(struct lab_world *w, struct err *e, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* second.c: another tunnel between the two, with all its own, which somebody uses. */
int lab_second(struct lab_world *w, struct err *e);

/* The client's engine's socket is put where nobody looks. When it runs. */
int lab_hide(struct lab_world *w, struct err *e);
/* world_conf.c: what the configurations say, before anything is up */

/* Where that peer of the client's is said to be: a literal address. */
void lab_endpoint(struct lab_world *w, struct conf_peer *p, const struct endpoint *to);
/* All that the client sends goes to the server, as wg-quick(8) marks and routes it. */
void lab_full_tunnel(struct lab_world *w);
/* Both have the same new one. */
void lab_preshare(struct lab_world *w);
/* A key whose secret half nobody has. */
void lab_nobodys_key(struct public_key *out);
/* The network of that cable becomes one of what that end's peer may be sent and send. */
void lab_allow(struct lab_world *w, enum end end, enum lab_cable cable);
void lab_allow_net(struct lab_world *w, enum end end, const struct cidr *net);
/* The bytes of the longest outer packet: of a full one in the tunnel. */
unsigned lab_outer_mtu(const struct lab_world *w);

/* world_tunnel.c */

/*
 * Engines started and configured as in conf, interfaces up with their addresses, routes as wg-quick
 * makes them. only: that end, or END_COUNT for both. -errno: an engine did not start or take it.
 */
int lab_world_start(struct lab_world *w, enum end only, struct err *e);
/* What its engine says of itself now. */
int lab_world_get(struct lab_world *w, enum end end, struct arena *a, struct uapi_device **out,
		  struct err *e);
/* Lines of a `set` to it; text may hold keys: the caller wipes. */
int lab_world_set(struct lab_world *w, enum end end, const struct buf *text, struct err *e);

/* world_talk.c: somebody who wants to use the tunnel */

/* Sends into the tunnel until that end has a session; -ETIMEDOUT: none came. */
int lab_world_session(struct lab_world *w, enum end end, struct err *e);
/*
 * From now on somebody at that end sends a datagram to that address every now and then: what a user
 * does who cannot get through, while the other end is looked at.
 */
int lab_world_use(struct lab_world *w, enum end end, const struct ip_addr *to, struct err *e);
/*
 * From now on somebody at that end sends something into the tunnel each second; returns when the
 * other end's engine knows where from, or does not come to know it.
 */
int lab_world_talk(struct lab_world *w, enum end end, struct err *e);
/*
 * From now on somebody at that end's host sends to a port what it takes for a good guess, five
 * datagrams at a time: what each open port of the internet meets.
 */
int lab_world_scan(struct lab_world *w, enum end end, const struct endpoint *port, struct err *e);
void lab_world_hush(struct lab_world *w); /* lab_world_free does */

#endif
