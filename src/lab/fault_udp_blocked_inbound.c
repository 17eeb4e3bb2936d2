/*
 * The far side's filter drops what comes to the listen port: failure-modes.md, FM01.
 */
#include "lab/faults.h"

static int drop(struct lab_world *w, struct err *e)
{
	return lab_nft(w, LAB_SERVER, e,
		       "add table inet filter;"
		       "add chain inet filter input { type filter hook input priority 0; };"
		       "add rule inet filter input udp dport %u drop",
		       w->listens.port);
}

/* As the stock rules of Oracle's images and of RHEL do. */
static int reject(struct lab_world *w, struct err *e)
{
	return lab_nft(w, LAB_SERVER, e,
		       "add table inet filter;"
		       "add chain inet filter input { type filter hook input priority 0; };"
		       "add rule inet filter input udp dport %u reject with icmpx host-unreachable;"
		       "add rule inet filter input udp dport %u reject with icmpx admin-prohibited",
		       w->listens.port + 1, w->listens.port);
}

/* All that was not asked for, pings too or not. */
static int policy(struct lab_world *w, struct err *e)
{
	return lab_nft(w, LAB_SERVER, e,
		       "add table inet filter;"
		       "add chain inet filter input { type filter hook input priority 0; "
		       "policy drop; };"
		       "add rule inet filter input ct state established,related accept;"
		       "add rule inet filter input icmpv6 type { nd-neighbor-solicit, "
		       "nd-neighbor-advert, nd-router-advert } accept;"
		       "add rule inet filter input %s",
		       draw_below(&w->draw, 2) ? "tcp dport 22 accept" :
						 "meta l4proto { icmp, icmpv6 } accept");
}

/* Of the far end's provider, or anybody's on the way, who says so. */
static int router(struct lab_world *w, struct err *e)
{
	return lab_nft(w, LAB_ROUTER, e,
		       "add table inet filter;"
		       "add chain inet filter pass { type filter hook forward priority 0; };"
		       "add rule inet filter pass udp dport %u reject with icmpx admin-prohibited",
		       w->listens.port);
}

/* Of that one nothing gets to the server. */
static const struct lab_scene on_way = { .before = router, .side = "path", .near_only = true };
static const struct lab_scene by_policy = { .before = policy };
static const struct lab_scene dropped = { .before = drop };
static const struct lab_scene rejected = { .before = reject };

static const struct lab_variant variants[] = {
	{ "drop", "the server's filter drops what comes to its port", NULL, NULL, &dropped },
	{ "reject", "the server's filter rejects what comes to its port", NULL, NULL, &rejected },
	{ "policy", "the server's filter lets in only what it lists", NULL, NULL, &by_policy },
	{ "router", "a router on the way rejects what goes to the server's port", NULL, NULL,
	  &on_way },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_udp_blocked_inbound = {
	.name = "udp-blocked-inbound",
	.says = "the far side's filter does not let the tunnel's messages in",
	.side = "far",
	.group = "no-answer",
	.variants = variants,
};
