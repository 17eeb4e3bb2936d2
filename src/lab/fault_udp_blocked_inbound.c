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

static const struct lab_scene dropped = { .before = drop };
static const struct lab_scene rejected = { .before = reject };

static const struct lab_variant variants[] = {
	{ "drop", "the server's filter drops what comes to its port", NULL, NULL, &dropped },
	{ "reject", "the server's filter rejects what comes to its port", NULL, NULL, &rejected },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_udp_blocked_inbound = {
	.name = "udp-blocked-inbound",
	.says = "the far side's filter does not let the tunnel's messages in",
	.side = "far",
	.group = "no-answer",
	.variants = variants,
};
