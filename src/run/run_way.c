/*
 * Which way do packets to an inner address go, and do probes go that way?
 *
 * Of a tunnel that is there the user's own routes decide. Of one that is brought up from a file
 * the routes are this run's to make; where somebody has them already, probes are bound to the
 * interface. So the tunnel is judged all the same, and the route by a row of its own.
 */
#include <string.h>

#include "check/tunnel.h"
#include "gather/gather.h"
#include "run/run_priv.h"

struct way_ctx {
	struct run *r;
	const struct ip_addr *to;
	struct path_facts *out;
};

static int way_here(void *ctx, struct err *e)
{
	struct way_ctx *x = ctx;

	return gather_path(x->r->p, PATH_INNER, x->to, 0, x->r->arena, x->out, e);
}

static bool by_tun(const struct run *r, const struct path_facts *way)
{
	return way->dev && !strcmp(way->dev, r->end[END_NEAR].tun);
}

/* Which of the routes is it? The kernel does not say; that they cannot be read is no loss. */
static int name_route(void *ctx, struct err *e)
{
	struct way_ctx *x = ctx;
	struct path_facts *way = x->out;
	struct route_facts *all;
	size_t n, i;
	int rc = gather_routes(x->r->p, x->r->arena, &all, &n, e);

	for (i = 0; !rc && i < n; i++)
		if (all[i].table == way->table && all[i].dev && !strcmp(all[i].dev, way->dev) &&
		    cidr_contains(&all[i].dst, x->to) &&
		    (way->route.addr.family == FAMILY_NONE || all[i].dst.len > way->route.len))
			way->route = all[i].dst;
	return rc;
}

int run_way(struct run *r, const struct ip_addr *to, struct path_facts *out)
{
	struct way_ctx x = { r, to, out };
	struct err e;
	int rc = run_in(r, END_NEAR, way_here, &x, &e);

	if (rc < 0)
		*out = (struct path_facts){ .of = PATH_INNER, .to = *to };
	else if (out->dev && !by_tun(r, out))
		run_in(r, END_NEAR, name_route, &x, &e);
	out->bound = r->bind_to && !by_tun(r, out);
	return rc;
}

bool run_way_leads_in(const struct run *r, const struct path_facts *way)
{
	return way->bound || by_tun(r, way);
}

struct ip_addr run_way_source(const struct run *r, const struct path_facts *way)
{
	const struct run_end *near = &r->end[END_NEAR];
	size_t i;

	if (!way->bound)
		return way->prefsrc;
	for (i = 0; i < near->n_own; i++)
		if (near->own[i].family == way->to.family &&
		    !tunnel_addr_is_link_local(&near->own[i]))
			return near->own[i];
	return (struct ip_addr){ 0 };
}
