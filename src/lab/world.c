/*
 * The network: namespaces, cables, addresses, routes. No engine and no key is used here.
 */
#include "lab/world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab/wait.h"
#include "lab/world_plan.h"
#include "lab/world_relay.h"
#include "sys/netns_call.h"

enum { CARRIER_MS = 10000, LOOK_US = 1000 };

/* A few packets, of the 212992 bytes that are usual and the 130000 or so that a sender has. */
#define UNRESOLVED_BYTES "8192"

int lab_world_in(struct lab_world *w, enum lab_node node, int (*fn)(void *ctx, struct err *e),
		 void *ctx, struct err *e)
{
	return netns_call(w->p, w->netns[node], w->host_netns, fn, ctx, e);
}

int lab_world_pause(struct lab_world *w, int64_t ns, struct err *e)
{
	return lab_pause(w->loop, ns, e);
}

const struct lab_plug *lab_plug(const struct lab_world *w, enum lab_node node, enum lab_cable cable)
{
	return &w->plug[cable][w->plug[cable][0].node == node ? 0 : 1];
}

/* --- each node -------------------------------------------------------------------- */

struct at_node {
	struct lab_world *w;
	enum lab_node node;
};

static int set_up_plugs(void *ctx, struct err *e)
{
	struct at_node *x = ctx;
	const struct platform_ops *p = x->w->p;
	unsigned i;
	int rc = 0;

	for (i = 0; i < LAB_CABLE_COUNT * 2 && !rc; i++) {
		const struct lab_plug *plug = &x->w->plug[i / 2][i % 2];
		struct cidr net4 = { plug->addr4, 24 }, net6 = { plug->addr6, 64 };

		if (plug->node != x->node)
			continue;
		rc = p->addr_add(plug->dev, &net4, e);
		if (!rc)
			rc = p->link_up(plug->dev, true, e);
		if (!rc)
			rc = p->addr_add(plug->dev, &net6, e);
	}
	return rc;
}

struct carrier {
	struct lab_world *w;
	enum lab_node node;
	bool *there; /* on all its cables */
};

static int look_at_plugs(void *ctx, struct err *e)
{
	struct carrier *x = ctx;
	struct sys_link *links;
	struct arena tmp;
	size_t n, i;
	int rc;

	arena_init(&tmp);
	rc = x->w->p->links(&tmp, &links, &n, e);
	for (i = 0, *x->there = !rc; !rc && i < n; i++)
		*x->there = *x->there && links[i].running;
	arena_done(&tmp);
	return rc;
}

static int has_carrier(void *ctx, bool *there, struct err *e)
{
	struct carrier *x = ctx;

	x->there = there;
	return lab_world_in(x->w, x->node, look_at_plugs, x, e);
}

/* As of lab/self_tunnel.c: the kernel notices a carrier in its own time. */
static int wait_carrier(struct lab_world *w, enum lab_node node, struct err *e)
{
	struct carrier x = { w, node, NULL };
	bool there;
	int rc = lab_wait(w->loop, CARRIER_MS * NS_PER_MS, LOOK_US * NS_PER_US, has_carrier, &x,
			  &there, e);

	return rc || there ? rc : err_say(e, ETIMEDOUT, "a cable of the lab has no carrier");
}

static const struct lab_plug *other_plug(const struct lab_world *w, const struct lab_plug *plug)
{
	unsigned i;

	for (i = 0; i < LAB_CABLE_COUNT; i++)
		if (plug == &w->plug[i][0] || plug == &w->plug[i][1])
			return &w->plug[i][plug == &w->plug[i][0]];
	return NULL;
}

/* The router knows all networks but the one behind the server, which is private. */
static int default_routes(void *ctx, struct err *e)
{
	static const enum lab_cable way[LAB_NODE_COUNT] = {
		[LAB_CLIENT] = LAB_ACCESS, [LAB_SERVER] = LAB_UPLINK, [LAB_LAN] = LAB_INSIDE
	};
	struct at_node *x = ctx;
	const struct lab_plug *own = lab_plug(x->w, x->node, way[x->node]);
	const struct lab_plug *other = other_plug(x->w, own);
	struct cidr all4 = { { .family = FAMILY_IP4 }, 0 }, all6 = { { .family = FAMILY_IP6 }, 0 };
	int rc = x->w->p->route_add(&all4, own->dev, &other->addr4, e);

	return rc ? rc : x->w->p->route_add(&all6, own->dev, &other->addr6, e);
}

static int forward(struct lab_world *w, enum lab_node node, struct err *e)
{
	int rc = w->p->netns_sysctl(w->netns[node], "net.ipv4.ip_forward", "1", e);

	if (!rc)
		rc = w->p->netns_sysctl(w->netns[node], "net.ipv6.conf.all.forwarding", "1", e);
	return rc;
}

static int each_node(struct lab_world *w, int (*fn)(void *ctx, struct err *e), enum lab_node but,
		     struct err *e)
{
	unsigned i;
	int rc = 0;

	for (i = 0; i < LAB_NODE_COUNT && !rc; i++) {
		struct at_node x = { w, (enum lab_node)i };

		if (x.node != but)
			rc = lab_world_in(w, x.node, fn, &x, e);
	}
	return rc;
}

/* --- all of it -------------------------------------------------------------------- */

/* An address that is not known to be free for a second or two is nobody's to send from. */
static void no_dad(struct lab_world *w, int netns)
{
	struct err ignored;

	w->p->netns_sysctl(netns, "net.ipv6.conf.all.accept_dad", "0", &ignored);
	w->p->netns_sysctl(netns, "net.ipv6.conf.default.accept_dad", "0", &ignored);
}

/*
 * What waits for a neighbour that is not there is its sender's until then, and all answers to pings
 * that this kernel gives, in whichever namespace, have one sender per processor: a host of the lab
 * whose gateway is nobody would take them from all others. An ordinary user cannot change it.
 */
static void few_wait_for_nobody(struct lab_world *w, const struct lab_plug *plug)
{
	static const char *const families[] = { "ipv4", "ipv6" };
	struct err ignored;
	char name[64];
	size_t i;

	for (i = 0; i < ARRAY_LEN(families); i++) {
		snprintf(name, sizeof(name), "net.%s.neigh.%s.unres_qlen_bytes", families[i],
			 plug->dev);
		w->p->netns_sysctl(w->netns[plug->node], name, UNRESOLVED_BYTES, &ignored);
	}
}

static int lay_cables(struct lab_world *w, struct err *e)
{
	unsigned i;
	int rc = 0;

	for (i = 0; i < LAB_NODE_COUNT && !rc; i++) {
		rc = w->p->netns_new(&w->netns[i], e);
		if (!rc)
			no_dad(w, w->netns[i]);
	}
	for (i = 0; i < LAB_CABLE_COUNT && !rc; i++) {
		const struct lab_plug *a = &w->plug[i][0], *b = &w->plug[i][1];

		if (i == LAB_UPLINK && w->relayed)
			rc = world_relay_lay(w, e);
		else
			rc = w->p->veth_add(w->netns[a->node], a->dev, w->netns[b->node], b->dev,
					    e);
		if (!rc) {
			few_wait_for_nobody(w, a);
			few_wait_for_nobody(w, b);
		}
	}
	return rc;
}

static int build(struct lab_world *w, struct err *e)
{
	unsigned i;
	int rc = w->p->isolate(&w->isolation, e);

	if (rc < 0)
		return rc;
	w->isolated = true;
	rc = w->p->netns_get(&w->host_netns, e);
	if (!rc)
		rc = lay_cables(w, e);
	if (!rc && w->relayed)
		rc = world_relay_start(w, e);
	if (!rc)
		rc = each_node(w, set_up_plugs, LAB_NODE_COUNT, e);
	for (i = 0; i < LAB_NODE_COUNT && !rc; i++)
		rc = wait_carrier(w, (enum lab_node)i, e);
	if (!rc)
		rc = each_node(w, default_routes, LAB_ROUTER, e);
	if (!rc)
		rc = forward(w, LAB_ROUTER, e);
	return rc ? rc : forward(w, LAB_SERVER, e);
}

int lab_world_build(const struct lab_world_conf *c, const struct platform_ops *p, struct loop *l,
		    struct arena *a, struct lab_world **out, struct err *e)
{
	struct lab_world *w = arena_alloc(a, sizeof(*w));
	unsigned i;
	int rc;

	if (!p->isolate || !p->netns_new || !p->veth_add || !p->netns_sysctl)
		return err_say(e, EOPNOTSUPP, "%s has no network namespaces", p->name);
	w->p = p;
	w->loop = l;
	w->arena = a;
	w->host_netns = w->relay_netns = -1;
	buf_init(&w->made);
	for (i = 0; i < LAB_NODE_COUNT; i++)
		w->netns[i] = -1;
	for (i = 0; i < END_COUNT; i++) {
		w->end[i].ops = c->engine[i];
		w->end[i].program = c->program[i];
	}
	draw_init(&w->draw, c->seed);
	lab_plan_network(w);
	lab_plan_confs(w);
	w->relayed = c->relay != NULL;
	if (c->relay) {
		c->relay(&w->draw, &w->relay);
		w->relay.seed = draw_below(&w->draw, UINT32_MAX);
	}
	rc = build(w, e);
	if (rc < 0) {
		lab_world_free(w);
		return rc;
	}
	*out = w;
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Of one tunnel: who uses it, engines and keys. */
static void end_tunnel(struct lab_world *w)
{
	unsigned i;

	lab_world_hush(w);
	for (i = 0; i < END_COUNT; i++) {
		engine_stop(w->end[i].engine, w->arena, NULL);
		w->end[i].engine = NULL;
		if (w->end[i].conf)
			conf_wipe(w->end[i].conf);
	}
	buf_done(&w->made);
}

void lab_world_free(struct lab_world *w)
{
	unsigned i;

	if (!w)
		return;
	if (w->second)
		end_tunnel(w->second);
	end_tunnel(w);
	world_relay_done(w);
	lab_web_done(w);
	for (i = 0; i < LAB_NODE_COUNT; i++)
		close_fd(&w->netns[i]);
	close_fd(&w->host_netns);
	if (w->isolated)
		w->p->isolate_end(&w->isolation);
	w->isolated = false;
}
