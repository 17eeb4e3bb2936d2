/*
 * Which routes are there, and into which link does each lead?
 */
#include "gather/gather.h"
#include "gather/names.h"

int gather_routes(const struct platform_ops *p, struct arena *a, struct route_facts **out,
		  size_t *n, struct err *e)
{
	struct route_facts *facts;
	struct sys_route *routes;
	struct sys_link *links;
	size_t n_links, n_routes, i;
	int rc = p->links(a, &links, &n_links, e);

	if (!rc)
		rc = p->routes(a, &routes, &n_routes, e);
	if (rc < 0)
		return rc;
	facts = arena_alloc(a, (n_routes + 1) * sizeof(*facts));
	for (i = 0; i < n_routes; i++) {
		facts[i].dst = routes[i].dst;
		facts[i].gateway = routes[i].gateway;
		facts[i].prefsrc = routes[i].prefsrc;
		facts[i].dev = names_of(links, n_links, routes[i].oif, a);
		facts[i].table = routes[i].table;
		facts[i].metric = routes[i].metric;
		facts[i].type = routes[i].type;
	}
	*out = facts;
	*n = n_routes;
	return 0;
}
