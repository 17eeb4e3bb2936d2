/*
 * Which way does the kernel send a packet to this address?
 */
#include <errno.h>
#include <string.h>

#include "gather/gather.h"
#include "gather/names.h"

enum { SOURCES_MAX = 64 }; /* a question each */

int gather_path(const struct platform_ops *p, enum path_of of, const struct ip_addr *to,
		uint32_t mark, struct arena *a, struct path_facts *out, struct err *e)
{
	struct sys_link *links;
	struct sys_path path;
	size_t n;
	int rc;

	if (!p->route_get)
		return err_say(e, EOPNOTSUPP, "%s cannot be asked for a route", p->name);
	rc = p->route_get(&(struct sys_flow){ .to = *to, .mark = mark }, &path, e);
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

/* The link that it would take, if that is another than the path's; NULL. */
static const char *other_link(const struct platform_ops *p, const struct path_facts *path,
			      struct sys_flow flow, struct arena *a)
{
	struct sys_link *links;
	struct sys_path way;
	const char *dev;
	size_t n;

	flow.to = path->to;
	flow.mark = (uint32_t)path->mark;
	if (p->route_get(&flow, &way, NULL) < 0 || way.error || p->links(a, &links, &n, NULL) < 0)
		return NULL;
	dev = names_of(links, n, way.oif, a);
	return dev && path->dev && strcmp(dev, path->dev) != 0 ? dev : NULL;
}

/* One that packets to the outer network may have. */
static bool is_source(const struct addr_facts *l, const struct ip_addr *to, const char *tun)
{
	return l->addr.addr.family == to->family && cidr_is_single(&l->addr) && l->link &&
	       strcmp(l->link, tun) != 0;
}

void gather_path_other(const struct platform_ops *p, const struct path_sources *s, struct arena *a,
		       struct path_facts *path)
{
	struct sys_flow flow = { .sport = s->sport, .dport = s->dport };
	size_t i;

	path->other_dev = other_link(p, path, flow, a);
	if (path->other_dev)
		return;
	for (i = 0; i < MIN(s->n, SOURCES_MAX); i++) {
		const char *dev;

		if (!is_source(&s->locals[i], &path->to, s->tun))
			continue;
		flow.from = s->locals[i].addr.addr;
		dev = other_link(p, path, flow, a);
		if (!dev || !strcmp(dev, s->tun) || !strcmp(dev, "lo"))
			continue;
		if (path->other_dev && strcmp(path->other_dev, dev) != 0) {
			path->other_dev = NULL;
			path->other_from = (struct ip_addr){ 0 };
			return;
		}
		if (!path->other_dev)
			path->other_from = flow.from;
		path->other_dev = dev;
	}
}
