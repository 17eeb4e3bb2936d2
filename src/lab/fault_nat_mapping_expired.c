/*
 * A router forgets the way back while the tunnel is idle: failure-modes.md, FM12. The end behind it
 * heals it with whatever it sends, so only the other one sees anything.
 */
#include "lab/faults.h"

#define STREAM_TIMEOUT "net.netfilter.nf_conntrack_udp_timeout_stream"

/* Either timeout of an entry: one that was answered, and one that was answered often. */
static int forgetful(struct lab_world *w, struct err *e)
{
	int rc;

	w->ping_from_far = w->end[END_NEAR].inner4;

	w->end[END_NEAR].conf->peers[0].keepalive_s = UNKNOWN;
	rc = lab_sysctl(w, LAB_ROUTER, "net.netfilter.nf_conntrack_udp_timeout", "1", e);
	if (!rc)
		rc = lab_sysctl(w, LAB_ROUTER, STREAM_TIMEOUT, "1", e);
	return rc ? rc : lab_masquerade(w, LAB_ROUTER, LAB_UPLINK, e);
}

/* Longer than the router remembers. */
static int idle(struct lab_world *w, struct err *e)
{
	return lab_world_pause(w, (2500 + (int64_t)draw_below(&w->draw, 1500)) * NS_PER_MS, e);
}

static const struct lab_scene idle_long = { .before = forgetful,
					    .after = idle,
					    .session = true,
					    .from = LAB_FROM_FAR };

static const struct lab_variant variants[] = {
	{ "idle", "the router forgot the client's way while nothing was sent", NULL, NULL,
	  &idle_long },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_nat_mapping_expired = {
	.name = "nat-mapping-expired",
	.says = "a router forgets the way back while the tunnel is idle",
	.side = "local",
	.variants = variants,
};
