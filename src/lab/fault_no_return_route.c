/*
 * What lies behind the far host has no way back to the tunnel's addresses: failure-modes.md, FM17.
 */
#include "lab/faults.h"
#include "lab/inside.h"

static int no_route(struct lab_world *w, struct err *e)
{
	struct cidr all;

	inside_ask(w, FAMILY_NONE);
	all = (struct cidr){ { .family = w->ping.family }, 0 };
	return lab_unroute(w, LAB_LAN, &all, e);
}

/* Its gateway is another machine, which knows nothing of the tunnel. */
static int other_gateway(struct lab_world *w, struct err *e)
{
	const struct lab_plug *lan = lab_plug(w, LAB_LAN, LAB_INSIDE);
	const struct lab_plug *server = lab_plug(w, LAB_SERVER, LAB_INSIDE);
	struct ip_addr gw = lan->addr4;
	struct cidr all = { { .family = FAMILY_IP4 }, 0 };
	int rc;

	inside_ask(w, FAMILY_IP4);
	do {
		gw.b[3] = (uint8_t)(1 + draw_below(&w->draw, 254));
	} while (gw.b[3] == lan->addr4.b[3] || gw.b[3] == server->addr4.b[3]);
	rc = lab_unroute(w, LAB_LAN, &all, e);
	return rc ? rc : lab_route(w, LAB_LAN, &all, lan->dev, &gw, e);
}

/* As of fault_masquerade.c: the server passes it on, and knows of nobody who has to answer. */
static const struct lab_scene scene_none = { .before = no_route, .near_only = true };
static const struct lab_scene scene_other = { .before = other_gateway, .near_only = true };

static const struct lab_variant variants[] = {
	{ "no-route", "the host of the lan has no route but to its own network", NULL, NULL,
	  &scene_none },
	{ "other-gateway", "the gateway of the lan is not the server", NULL, NULL, &scene_other },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_no_return_route = {
	.name = "no-return-route",
	.says = "the network behind the far host has no route back",
	.side = "far",
	.group = "not-forwarded",
	.variants = variants,
};
