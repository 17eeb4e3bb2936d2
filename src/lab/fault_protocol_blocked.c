/*
 * Somebody on the way drops WireGuard by its shape: failure-modes.md, FM14. From one end it is not
 * told from other silence.
 */
#include "lab/faults.h"

/* Type, three zeros, and the length of an initiation. */
static int by_type(struct lab_world *w, struct err *e)
{
	return lab_nft(w, LAB_ROUTER, e,
		       "add table inet shape;"
		       "add chain inet shape pass { type filter hook forward priority 0; };"
		       "add rule inet shape pass udp length 156 @th,64,32 0x01000000 drop");
}

/* Nothing gets to the server: to it the client is offline. */
static const struct lab_scene scene_by_type = { .before = by_type, .near_only = true };

static const struct lab_variant variants[] = {
	{ "initiation", "the router drops initiations", NULL, NULL, &scene_by_type },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_protocol_blocked = {
	.name = "protocol-blocked",
	.says = "somebody on the way drops WireGuard by its shape",
	.side = "path",
	.group = "no-answer",
	.variants = variants,
};
