/*
 * The endpoint itself is routed into the tunnel: failure-modes.md, FM20.
 */
#include "lab/faults.h"
#include "lab/inside.h"

/* What goes to the internet goes into the tunnel, without a mark, by routes as people type them. */
static void all_in(struct lab_world *w)
{
	struct conf *c = w->end[END_NEAR].conf;

	c->peers[0].allowed[0] = (struct cidr){ { .family = FAMILY_IP4 }, 0 };
	c->peers[0].allowed[1] = (struct cidr){ { .family = FAMILY_IP6 }, 0 };
	c->table = INTENDED_OFF;
	w->ping = w->end[END_FAR].inner4;
}

static int before(struct lab_world *w, struct err *e)
{
	(void)e;
	all_in(w);
	return 0;
}

static int halves(struct lab_world *w, struct err *e)
{
	struct cidr half[2] = { { { .family = w->listens.addr.family }, 1 },
				{ { .family = w->listens.addr.family }, 1 } };
	struct cidr peer = cidr_single(&w->ping);
	int rc = lab_route(w, LAB_CLIENT, &peer, w->end[END_NEAR].tun, NULL, e);
	size_t i;

	half[1].addr.b[0] = 0x80;
	for (i = 0; i < 2 && !rc; i++)
		rc = lab_route(w, LAB_CLIENT, &half[i], w->end[END_NEAR].tun, NULL, e);
	return rc;
}

static int host_route(struct lab_world *w, struct err *e)
{
	struct cidr to = cidr_single(&w->listens.addr), peer = cidr_single(&w->ping);
	int rc = lab_route(w, LAB_CLIENT, &peer, w->end[END_NEAR].tun, NULL, e);

	return rc ? rc : lab_route(w, LAB_CLIENT, &to, w->end[END_NEAR].tun, NULL, e);
}

static const struct lab_scene scene_halves = { .before = before, .after = halves };
static const struct lab_scene scene_host = { .before = before, .after = host_route };

static const struct lab_variant variants[] = {
	{ "halves",
	  "two routes of half the internet each lead into the tunnel, the endpoint with them", NULL,
	  NULL, &scene_halves },
	{ "host-route", "a host route to the endpoint leads into the tunnel", NULL, NULL,
	  &scene_host },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_routing_loop = {
	.name = "routing-loop",
	.says = "the endpoint itself is routed into the tunnel",
	.side = "local",
	.variants = variants,
};
