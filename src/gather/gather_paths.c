/*
 * Which way does the kernel send a packet to this address?
 */
#include <errno.h>
#include <string.h>

#include "gather/gather.h"
#include "gather/names.h"

int gather_path(const struct platform_ops *p, enum path_of of, const struct ip_addr *to,
		uint32_t mark, struct arena *a, struct path_facts *out, struct err *e)
{
	struct sys_link *links;
	struct sys_path path;
	size_t n;
	int rc;

	if (!p->route_get)
		return err_say(e, EOPNOTSUPP, "%s cannot be asked for a route", p->name);
	rc = p->route_get(to, mark, &path, e);
	if (!rc)
		rc = p->links(a, &links, &n, e);
	if (rc < 0)
		return rc;
	*out = (struct path_facts){ .of = of, .to = *to, .mark = mark };
	if (path.error) {
		out->error = arena_strdup(a, strerror(path.error));
		return 0;
	}
	out->dev = names_of(links, n, path.oif, a);
	out->gateway = path.gateway;
	out->prefsrc = path.prefsrc;
	out->table = path.table;
	return 0;
}
