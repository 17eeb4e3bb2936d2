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

/*
 * The engine learns of the endpoint only when the routes are there. One that has had an answer
 * sends on by the link that it came by, whatever the routes say (sticky sockets), and has no loop;
 * and a link that comes up sends multicast of its own, which is an occasion for a handshake.
 */
static int before(struct lab_world *w, struct err *e)
{
	struct conf_peer *p = &w->end[END_NEAR].conf->peers[0];

	(void)e;
	all_in(w);
	p->host = NULL;
	p->literal = (struct endpoint){ 0 };
	return 0;
}

static int name_endpoint(struct lab_world *w, struct err *e)
{
	struct conf *c = w->end[END_NEAR].conf;
	struct buf text;
	int rc;

	lab_endpoint(w, &c->peers[0], &w->listens);
	buf_init(&text);
	conf_put_set(c, NULL, &text); /* all of it: boringtun changes no peer */
	rc = lab_world_set(w, END_NEAR, &text, e);
	buf_wipe_done(&text);
	return rc;
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
	return rc ? rc : name_endpoint(w, e);
}

static int host_route(struct lab_world *w, struct err *e)
{
	struct cidr to = cidr_single(&w->listens.addr), peer = cidr_single(&w->ping);
	int rc = lab_route(w, LAB_CLIENT, &peer, w->end[END_NEAR].tun, NULL, e);

	rc = rc ? rc : lab_route(w, LAB_CLIENT, &to, w->end[END_NEAR].tun, NULL, e);
	return rc ? rc : name_endpoint(w, e);
}

static const struct lab_scene scene_halves = { .before = before,
					       .after = halves,
					       .near_only = true };
static const struct lab_scene scene_host = { .before = before,
					     .after = host_route,
					     .near_only = true };

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
