/*
 * The endpoint's name has an address of a family that does not work here: failure-modes.md, FM28.
 */
#include "lab/faults.h"

/* The engine takes the first that the name gives: that of IPv6. */
static int named(struct lab_world *w, bool only6, struct err *e)
{
	const struct lab_plug *server = lab_plug(w, LAB_SERVER, LAB_UPLINK);
	struct conf_peer *p = &w->end[END_NEAR].conf->peers[0];
	char *name =
		arena_printf(w->arena, "vpn%u.example.org", (unsigned)draw_below(&w->draw, 1000));
	char a[IP_ADDR_STR_SIZE], b[IP_ADDR_STR_SIZE];

	p->host = name;
	p->literal.addr = server->addr6;
	w->with_file = true;
	if (only6)
		return lab_hosts(w, e, "%s %s\n", ip_addr_str(&server->addr6, a), name);
	return lab_hosts(w, e, "%s %s\n%s %s\n", ip_addr_str(&server->addr6, a), name,
			 ip_addr_str(&server->addr4, b), name);
}

/* There are addresses and routes of IPv6, and the provider carries none of it. */
static int not_carried(struct lab_world *w, struct err *e)
{
	int rc = lab_nft(w, LAB_ROUTER, e,
			 "add table ip6 way;"
			 "add chain ip6 way pass { type filter hook forward priority 0; };"
			 "add rule ip6 way pass drop");

	return rc ? rc : named(w, false, e);
}

static int no_route(struct lab_world *w, struct err *e)
{
	struct cidr all = { { .family = FAMILY_IP6 }, 0 };
	int rc = lab_unroute(w, LAB_CLIENT, &all, e);

	return rc ? rc : named(w, true, e);
}

/* Nothing gets to the server: to it the client is offline. */
static const struct lab_scene scene_not_carried = { .before = not_carried, .near_only = true };
static const struct lab_scene scene_no_route = { .before = no_route, .near_only = true };

static const struct lab_variant variants[] = {
	{ "not-carried", "the name has both, and IPv6 is not carried", NULL, NULL,
	  &scene_not_carried },
	{ "no-route", "the name has IPv6 only, and there is no route of it", NULL, NULL,
	  &scene_no_route },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_endpoint_family = {
	.name = "endpoint-family",
	.says = "the endpoint's name has an address of a family that does not work here",
	.side = "local",
	.variants = variants,
};
