/*
 * Is there a gateway on that way, and does it answer on its link?
 */
#include <errno.h>
#include <string.h>

#include "gather/gather.h"

int gather_gateway(const struct platform_ops *p, const struct path_facts *path, struct arena *a,
		   struct gateway_facts *out, struct err *e)
{
	struct gateway_facts g = { .addr = path->gateway, .dev = path->dev };
	struct sys_link *links;
	size_t n, i;
	int rc;

	if (!g.dev || g.addr.family == FAMILY_NONE) {
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
	rc = p->neigh(links[i].ifindex, &g.addr, &g.neigh_state, e);
	if (!rc)
		*out = g;
	return rc;
}
