/*
 * This host's own filter drops the tunnel's inner packets: failure-modes.md, FM61.
 */
#include "lab/faults.h"

static int input(struct lab_world *w, struct err *e)
{
	return lab_nft(w, LAB_CLIENT, e,
		       "add table inet own;"
		       "add chain inet own in { type filter hook input priority 0; };"
		       "add rule inet own in iifname %s drop",
		       w->end[END_NEAR].tun);
}

static int output(struct lab_world *w, struct err *e)
{
	return lab_nft(w, LAB_CLIENT, e,
		       "add table inet own;"
		       "add chain inet own out { type filter hook output priority 0; };"
		       "add rule inet own out oifname %s drop",
		       w->end[END_NEAR].tun);
}

static const struct lab_scene scene_input = { .before = input };
static const struct lab_scene scene_output = { .before = output };

static const struct lab_variant variants[] = {
	{ "input", "the client's filter drops what comes out of the tunnel", NULL, NULL,
	  &scene_input },
	{ "output", "the client's filter drops what goes into the tunnel", NULL, NULL,
	  &scene_output },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_local_firewall = {
	.name = "local-firewall",
	.says = "this host's filter drops the tunnel's inner packets",
	.side = "local",
	.variants = variants,
};
