/*
 * Is there a gateway on that way, and does it answer on its link?
 */
#include <errno.h>
#include <string.h>

#include "gather/gather.h"

static bool is_unanswered(const char *state)
{
	return !strcmp(state, "FAILED") || !strcmp(state, "INCOMPLETE");
}

int gather_gateway(const struct platform_ops *p, const struct path_facts *path, struct arena *a,
		   struct gateway_facts *out, struct err *e)
{
	struct gateway_facts g = { .addr = path->gateway, .dev = path->dev };
	struct sys_link *links;
	size_t n, i;
	int rc;

	bool on_link = g.addr.family == FAMILY_NONE;

	if (!g.dev || (on_link && (path->to.family == FAMILY_NONE || !p->neigh))) {
		*out = g;
		return 0;
	}
	if (!p->neigh)
		return err_say(e, EOPNOTSUPP, "%s cannot be asked for neighbours", p->name);
	rc = p->links(a, &links, &n, e);
	if (rc < 0)
		return rc;
	for (i = 0; i < n && strcmp(links[i].name, g.dev); i++)
		;
	if (i == n)
		return err_code(e, ENODEV, "read the neighbours on %s", g.dev);
	rc = p->neigh(links[i].ifindex, on_link ? &path->to : &g.addr, &g.neigh_state, e);
	if (rc < 0)
		return rc;
	/* Without a gateway it is the endpoint itself that has to answer on the link. */
	if (on_link && g.neigh_state && is_unanswered(g.neigh_state)) {
		g.addr = path->to;
		g.is_endpoint = true;
	} else if (on_link) {
		g.neigh_state = NULL;
	}
	*out = g;
	return 0;
}
