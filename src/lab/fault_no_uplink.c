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

/* A network of ours that its gateway has left, or an address mistyped. */
static int no_gateway(struct lab_world *w, struct err *e)
{
	const struct lab_plug *own = lab_plug(w, LAB_CLIENT, LAB_ACCESS);
	const struct lab_plug *router = lab_plug(w, LAB_ROUTER, LAB_ACCESS);
	bool is4 = w->listens.addr.family == FAMILY_IP4;
	struct cidr all = { { .family = w->listens.addr.family }, 0 };
	struct ip_addr nobody = is4 ? own->addr4 : own->addr6;
	uint8_t *last = &nobody.b[is4 ? 3 : 15];
	int rc = lab_unroute(w, LAB_CLIENT, &all, e);

	do
		*last = (uint8_t)(1 + draw_below(&w->draw, 254));
	while (ip_addr_equal(&nobody, is4 ? &own->addr4 : &own->addr6) ||
	       ip_addr_equal(&nobody, is4 ? &router->addr4 : &router->addr6));
	return rc ? rc : lab_route(w, LAB_CLIENT, &all, own->dev, &nobody, e);
}

/* Nothing leaves the client: to the server it is offline, or gone. */
static const struct lab_scene scene_no_gateway = { .before = no_gateway, .near_only = true };
static const struct lab_scene scene_link_down = { .before = down, .near_only = true };
static const struct lab_scene scene_no_route = { .before = no_route, .near_only = true };
static const struct lab_scene scene_unplugged = { .after = unplugged,
						  .session = true,
						  .near_only = true };

static const struct lab_variant variants[] = {
	{ "link-down", "the client's link is down", NULL, NULL, &scene_link_down },
	{ "no-route", "the client has no route to the endpoint", NULL, NULL, &scene_no_route },
	{ "unplugged", "the other end of the client's cable is down", NULL, NULL,
	  &scene_unplugged },
	{ "no-gateway", "the client's gateway is an address that nobody has", NULL, NULL,
	  &scene_no_gateway },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_no_uplink = {
	.name = "no-uplink",
	.says = "this machine has no working way out",
	.side = "local",
	.variants = variants,
};
