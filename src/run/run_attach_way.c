/*
 * Of a tunnel that is there already: where its own messages go, and what is this host's own.
 */
#include <string.h>

#include "gather/gather.h"
#include "run/run_attach_priv.h"

enum {
	RTN_LOCAL_TYPE = 2, /* rtnetlink: what is delivered on this host */
	RT_TABLE_LOCAL_ID = 255, /* in other tables they take what is for others, too */
};

/* Each address, and the networks that are this host's as a whole (`ip route add local`). */
static void locals(struct attach *x)
{
	size_t max = x->net.n_addrs + x->net.n_routes + 1, n = 0, i;
	struct addr_facts *l = arena_alloc(x->r.arena, max * sizeof(*l));

	for (i = 0; i < x->net.n_addrs; i++) {
		l[n] = x->net.addrs[i];
		l[n].addr.len = (uint8_t)(8 * ip_addr_len(&l[n].addr.addr));
		n++;
	}
	for (i = 0; i < x->net.n_routes; i++) {
		const struct route_facts *r = &x->net.routes[i];

		if (r->type == RTN_LOCAL_TYPE && r->table == RT_TABLE_LOCAL_ID)
			l[n++] = (struct addr_facts){ .link = r->dev, .addr = r->dst };
	}
	x->r.end[END_NEAR].locals = l;
	x->r.end[END_NEAR].n_locals = n;
}

static int look_at_way(void *ctx, struct err *e)
{
	struct attach *x = ctx;
	struct run_end *near = &x->r.end[END_NEAR], *far = &x->r.end[END_FAR];
	struct path_facts way;
	int rc;

	rc = gather_addrs(x->r.p, x->r.arena, &x->net.addrs, &x->net.n_addrs, e);
	if (!rc)
		rc = gather_routes(x->r.p, x->r.arena, &x->net.routes, &x->net.n_routes, e);
	if (rc < 0)
		return rc;
	locals(x);
	if (far->outer.family == FAMILY_NONE)
		return 0;
	x->net.known = true;
	rc = gather_path(x->r.p, PATH_ENDPOINT, &far->outer, x->device ? x->device->fwmark : 0,
			 x->r.arena, &way, e);
	if (rc < 0)
		return rc;
	/* What its own tun shows are no outer messages. Of an engine that tells no mark it may. */
	near->wire = x->device && way.dev && !strcmp(way.dev, near->tun) ? NULL : way.dev;
	near->outer = way.prefsrc;
	return 0;
}

static void own_addresses(struct attach *x)
{
	struct run_end *near = &x->r.end[END_NEAR];
	struct ip_addr *own = arena_alloc(x->r.arena, (x->net.n_addrs + 1) * sizeof(*own));
	size_t i;

	for (i = 0; i < x->net.n_addrs; i++)
		if (!strcmp(x->net.addrs[i].link, near->tun))
			own[near->n_own++] = x->net.addrs[i].addr.addr;
	near->own = own;
}

/* What the user says, or else the file. */
const struct endpoint *run_attach_endpoint(const struct attach *x)
{
	/* One that roams has none, whatever anybody says: the engine knows better. */
	if (x->device)
		return NULL;
	if (x->conf->endpoint.addr.family != FAMILY_NONE)
		return &x->conf->endpoint;
	if (!x->file_peer || x->file_peer->n_resolved == 0)
		return NULL;
	return &x->file_peer->resolved[0];
}

void run_attach_way(struct attach *x)
{
	struct run_end *near = &x->r.end[END_NEAR], *far = &x->r.end[END_FAR];
	struct err e;

	if (x->device)
		near->port = x->device->listen_port;
	if (far->outer.family == FAMILY_NONE) {
		const struct endpoint *at = run_attach_endpoint(x);

		far->outer = at ? at->addr : far->outer;
		far->port = at ? at->port : 0;
	}
	if (run_in(&x->r, END_NEAR, look_at_way, x, &e) < 0)
		facts_gap(x->r.f, NEED_PATHS, arena_strdup(x->r.arena, e.text), NULL);
	own_addresses(x);
}
