/*
 * The far end takes the handshake, and nothing that comes after it: failure-modes.md, FM44.
 */
#include "lab/faults.h"

/* What a provider does with a key whose account has ended. */
static int drop(struct lab_world *w, struct err *e)
{
	w->ping = draw_below(&w->draw, 3) ? w->end[END_FAR].inner4 : w->end[END_FAR].inner6;
	return lab_nft(w, LAB_SERVER, e,
		       "add table inet filter;"
		       "add chain inet filter early { type filter hook prerouting priority -300; };"
		       "add rule inet filter early iifname %s drop",
		       w->end[END_FAR].tun);
}

/* Who looks there sees by what. */
static const struct lab_scene scene_drop = { .before = drop, .far.name = "local-firewall" };

static const struct lab_variant variants[] = {
	{ "drop", "the server drops all that comes out of the tunnel", NULL, NULL, &scene_drop },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_provider = {
	.name = "provider-accepts-but-drops",
	.says = "the far end takes the handshake and none of the data",
	.side = "far",
	.group = "no-data-back",
	.variants = variants,
};
