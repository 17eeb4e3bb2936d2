/*
 * The target is in no peer's allowed IPs, or no route leads into the tunnel: failure-modes.md,
 * FM15.
 */
#include "lab/faults.h"
#include "lab/inside.h"

static struct cidr lan_net(const struct lab_world *w)
{
	struct cidr net = { w->ping, w->ping.family == FAMILY_IP6 ? 64 : 24 };

	cidr_mask(&net);
	return net;
}

/* A route into the tunnel, and no peer that has it. */
static int unallow(struct lab_world *w, struct err *e)
{
	(void)e;
	inside_ask(w, FAMILY_NONE);
	w->end[END_NEAR].conf->peers[0].n_allowed--;
	lab_told(w, "client: the lan is in no peer's allowed IPs");
	return 0;
}

static int route(struct lab_world *w, struct err *e)
{
	struct cidr net = lan_net(w);

	return lab_route(w, LAB_CLIENT, &net, w->end[END_NEAR].tun, NULL, e);
}

static int ask(struct lab_world *w, struct err *e)
{
	(void)e;
	inside_ask(w, FAMILY_NONE);
	return 0;
}

/* As with `Table = off`, or a network manager that restarted. */
static int unroute(struct lab_world *w, struct err *e)
{
	struct cidr net = lan_net(w);

	return lab_unroute(w, LAB_CLIENT, &net, e);
}

/* The server never hears of what did not enter the tunnel, which works. */
static const struct lab_scene scene_allow = { .before = unallow,
					      .after = route,
					      .near_only = true };
static const struct lab_scene scene_route = { .before = ask, .after = unroute, .near_only = true };
static const struct lab_scene scene_neither = { .before = unallow, .near_only = true };

static const struct lab_variant variants[] = {
	{ "not-allowed", "a route leads into the tunnel, and no peer's allowed IPs have it", NULL,
	  NULL, &scene_allow },
	{ "not-routed", "a peer's allowed IPs have it, and no route leads into the tunnel", NULL,
	  NULL, &scene_route },
	{ "neither", "the target is neither routed nor allowed", NULL, NULL, &scene_neither },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_not_routed = {
	.name = "not-routed-or-not-allowed",
	.says = "the target is in no peer's allowed IPs, or no route leads into the tunnel",
	.side = "local",
	.variants = variants,
};
