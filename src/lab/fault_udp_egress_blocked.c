/*
 * The network that the client is in lets TCP and pings out, and no UDP: failure-modes.md, FM63.
 */
#include "lab/faults.h"

/* Its own services but DNS are not let through either. */
static int rule(struct lab_world *w, const char *hook, int priority, const char *what,
		struct err *e)
{
	const char *dev = lab_plug(w, LAB_ROUTER, LAB_ACCESS)->dev;

	return lab_nft(w, LAB_ROUTER, e,
		       "add table inet guest;"
		       "add chain inet guest out { type filter hook %s priority %d; };"
		       "add rule inet guest out iifname %s udp dport 53 accept;"
		       "add rule inet guest out iifname %s meta l4proto udp %s",
		       hook, priority, dev, dev, what);
}

static int forwarded(struct lab_world *w, struct err *e)
{
	return rule(w, "forward", 0, "drop", e);
}

static int before_routing(struct lab_world *w, struct err *e)
{
	return rule(w, "prerouting", -300, "drop", e);
}

static int refused(struct lab_world *w, struct err *e)
{
	return rule(w, "forward", 0, "reject with icmpx admin-prohibited", e);
}

/* Nothing gets to the server: to it the client is offline. */
static const struct lab_scene scene_forwarded = { .before = forwarded, .near_only = true };
static const struct lab_scene scene_before = { .before = before_routing, .near_only = true };
static const struct lab_scene scene_refused = { .before = refused, .near_only = true };

static const struct lab_variant variants[] = {
	{ "drop", "the client's router drops the UDP that it would pass on", NULL, NULL,
	  &scene_forwarded },
	{ "drop-all", "the client's router drops all UDP that comes to it", NULL, NULL,
	  &scene_before },
	{ "reject", "the client's router rejects the UDP that it would pass on", NULL, NULL,
	  &scene_refused },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_udp_egress_blocked = {
	.name = "udp-egress-blocked",
	.says = "the network that the client is in lets no UDP out",
	.side = "path",
	.group = "no-answer",
	.variants = variants,
};
