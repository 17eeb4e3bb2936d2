/*
 * This host's own tunnel address leads into the tunnel, as a point-to-point utun has it:
 * failure-modes.md, FM35. No fault. Here a rule before that for the host's own addresses does it,
 * for what the host sends; what comes out of the tunnel is still taken.
 */
#include <string.h>

#include "lab/faults.h"

enum { OWN_TABLE = 35, TO_TABLE = 1, UNICAST = 1, LOCAL = 255 };

struct own {
	struct lab_world *w;
	struct ip_addr addr;
};

/* Where the rule for this host's own addresses was first it is third, and one finds room before. */
static int local_later(const struct platform_ops *p, uint8_t family, struct err *e)
{
	struct sys_rule local = {
		.family = family,
		.action = TO_TABLE,
		.pref = 200,
		.table = LOCAL,
		.suppress_prefixlength = -1,
	};
	int rc = p->rule_add(&local, e);

	local.pref = 0; /* any: it is the first */
	return rc ? rc : p->rule_del(&local, e);
}

static int into_tun(void *ctx, struct err *e)
{
	const struct own *x = ctx;
	const struct platform_ops *p = x->w->p;
	const struct lab_end *near = &x->w->end[END_NEAR];
	struct sys_route route = { .dst = cidr_single(&x->addr),
				   .table = OWN_TABLE,
				   .type = UNICAST };
	struct sys_rule ours = {
		.family = x->addr.family,
		.action = TO_TABLE,
		.pref = 100,
		.table = OWN_TABLE,
		.dst = route.dst,
		.iif = "lo", /* what this host sends */
		.suppress_prefixlength = -1,
	};
	struct sys_link *links;
	size_t n, i;
	int rc = p->links(x->w->arena, &links, &n, e);

	for (i = 0; !rc && i < n; i++)
		if (!strcmp(links[i].name, near->tun))
			route.oif = links[i].ifindex;
	rc = rc ? rc : p->route_put(&route, e);
	rc = rc ? rc : local_later(p, x->addr.family, e);
	return rc ? rc : p->rule_add(&ours, e);
}

static int lead_in(struct lab_world *w, const struct ip_addr *addr, struct err *e)
{
	struct own x = { w, *addr };
	char text[IP_ADDR_STR_SIZE];

	ip_addr_str(addr, text);
	lab_told(w,
		 "client: ip route add %s dev %s table %d; ip rule add pref 200 lookup local; "
		 "ip rule del pref 0; ip rule add pref 100 iif lo to %s lookup %d",
		 text, w->end[END_NEAR].tun, OWN_TABLE, text, OWN_TABLE);
	return lab_world_in(w, LAB_CLIENT, into_tun, &x, e);
}

static int own_address(struct lab_world *w, struct err *e)
{
	int rc = lead_in(w, &w->end[END_NEAR].inner4, e);

	return rc ? rc : lead_in(w, &w->end[END_NEAR].inner6, e);
}

static const struct lab_scene scene_own = { .after = own_address, .from = LAB_FROM_NEAR };

static const struct lab_variant variants[] = {
	{ "own-address", "the client's own tunnel address leads into the tunnel", NULL, NULL,
	  &scene_own },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_self_ping_utun = {
	.name = "self-ping-utun",
	.says = "the own tunnel address leads into the tunnel, which is no fault",
	.variants = variants,
};
