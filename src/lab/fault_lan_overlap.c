/*
 * A network of the client's own holds the target: failure-modes.md, FM13.
 */
#include "lab/faults.h"
#include "lab/inside.h"

/* Its own link is in a network that is a part of what goes into the tunnel. */
static int connected(struct lab_world *w, unsigned wider, unsigned own, struct err *e)
{
	struct ip_addr target = lab_plug(w, LAB_LAN, LAB_INSIDE)->addr4;
	struct cidr net = { target, (uint8_t)wider }, addr = { target, (uint8_t)own };

	/* Another host of that network. */
	addr.addr.b[3] ^= (uint8_t)(1u << draw_below(&w->draw, 32 - own - 1));
	w->ping = target;
	lab_allow_net(w, END_NEAR, &net);
	return lab_addr(w, LAB_CLIENT, lab_plug(w, LAB_CLIENT, LAB_ACCESS)->dev, &addr, e);
}

static int wide(struct lab_world *w, struct err *e)
{
	return connected(w, 12 + (unsigned)draw_below(&w->draw, 9), 24, e);
}

static int same(struct lab_world *w, struct err *e)
{
	return connected(w, 24, 24, e);
}

static int part(struct lab_world *w, struct err *e)
{
	return connected(w, 24, 25 + (unsigned)draw_below(&w->draw, 4), e);
}

/* The server never hears of what did not enter the tunnel, which works. */
static const struct lab_scene scene_wide = { .before = wide, .near_only = true };
static const struct lab_scene scene_same = { .before = same, .near_only = true };
static const struct lab_scene scene_part = { .before = part, .near_only = true };

static const struct lab_variant variants[] = {
	{ "wide", "the client's network is a part of what goes into the tunnel", NULL, NULL,
	  &scene_wide },
	{ "same", "the client's network and the lan behind the server have the same addresses",
	  NULL, NULL, &scene_same },
	{ "part", "the client's network is a part of the lan behind the server", NULL, NULL,
	  &scene_part },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_lan_overlap = {
	.name = "lan-overlap",
	.says = "the client's own network holds what is to go into the tunnel",
	.side = "local",
	.variants = variants,
};
