/*
 * This machine has no working way out: failure-modes.md, FM62.
 */
#include "lab/faults.h"

static int down(struct lab_world *w, struct err *e)
{
	return lab_link_up(w, LAB_CLIENT, lab_plug(w, LAB_CLIENT, LAB_ACCESS)->dev, false, e);
}

/* Only of IPv4 there is one then, or only of IPv6; the endpoint's is gone. */
static int no_route(struct lab_world *w, struct err *e)
{
	struct cidr all = { { .family = w->listens.addr.family }, 0 };

	return lab_unroute(w, LAB_CLIENT, &all, e);
}

/* The router's end of the cable is out of use; carrier there is none of either. */
static int unplugged(struct lab_world *w, struct err *e)
{
	return lab_link_up(w, LAB_ROUTER, lab_plug(w, LAB_ROUTER, LAB_ACCESS)->dev, false, e);
}

static const struct lab_scene scene_link_down = { .before = down };
static const struct lab_scene scene_no_route = { .before = no_route };
static const struct lab_scene scene_unplugged = { .after = unplugged, .session = true };

static const struct lab_variant variants[] = {
	{ "link-down", "the client's link is down", NULL, NULL, &scene_link_down },
	{ "no-route", "the client has no route to the endpoint", NULL, NULL, &scene_no_route },
	{ "unplugged", "the other end of the client's cable is down", NULL, NULL,
	  &scene_unplugged },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_no_uplink = {
	.name = "no-uplink",
	.says = "this machine has no working way out",
	.side = "local",
	.variants = variants,
};
