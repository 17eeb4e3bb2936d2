/*
 * All links are watched at once, through a filter that lets nothing by but datagrams of the peer's
 * socket; so on a busy host too it costs next to nothing.
 */
#include "capture/elsewhere.h"

#include <errno.h>
#include <net/if.h>

#include "capture/all_links.h"

struct elsewhere {
	struct all_links *links;
	unsigned but, first;
	int64_t n;
};

static void on_frame(void *ctx, const struct link_frame *f)
{
	struct elsewhere *x = ctx;

	if (f->out || f->ifindex == x->but)
		return;
	if (!x->n++)
		x->first = f->ifindex;
}

int elsewhere_open(const struct elsewhere_conf *c, struct loop *l, struct arena *a,
		   struct elsewhere **out, struct err *e)
{
	struct elsewhere *x = arena_alloc(a, sizeof(*x));
	char from[IP_ADDR_STR_SIZE];
	struct all_links_conf all = { .on_frame = on_frame, .ctx = x };
	int rc;

	if (c->from.addr.family == FAMILY_NONE || !c->from.port)
		return err_say(e, EINVAL, "the peer's socket is not known");
	x->but = if_nametoindex(c->but);
	all.filter = arena_printf(a, "udp and src host %s and src port %u",
				  ip_addr_str(&c->from.addr, from), c->from.port);
	if (c->port)
		all.filter = arena_printf(a, "%s and dst port %u", all.filter, c->port);
	rc = all_links_open(&all, l, a, &x->links, e);
	if (!rc)
		*out = x;
	return rc;
}

void elsewhere_facts(struct elsewhere *x, struct arena *a, struct kernel_facts *out)
{
	char name[IF_NAMESIZE];

	all_links_read(x->links);
	out->n_elsewhere = x->n;
	out->elsewhere = x->first && if_indextoname(x->first, name) ? arena_strdup(a, name) : NULL;
}

void elsewhere_close(struct elsewhere *x)
{
	if (x)
		all_links_close(x->links);
}
