/*
 * The first message of the handshake is lost, and nothing after it: failure-modes.md, FM51. No
 * fault.
 */
#include "lab/faults.h"

/* Counts from 0 on, so that it is the first of that type which comes in there. */
static int lose_first(struct lab_world *w, enum lab_cable from, unsigned type, struct err *e)
{
	return lab_nft(w, LAB_ROUTER, e,
		       "add table inet way;"
		       "add chain inet way pass { type filter hook forward priority 0; };"
		       "add rule inet way pass iifname %s meta l4proto udp @th,64,8 %u "
		       "numgen inc mod 1000 == 0 drop",
		       lab_plug(w, LAB_ROUTER, from)->dev, type);
}

static int first_initiation(struct lab_world *w, struct err *e)
{
	return lose_first(w, LAB_ACCESS, 1, e);
}

static int first_response(struct lab_world *w, struct err *e)
{
	return lose_first(w, LAB_UPLINK, 2, e);
}

static const struct lab_scene initiation = { .before = first_initiation, .from = LAB_FROM_NEAR };
static const struct lab_scene response = { .before = first_response, .from = LAB_FROM_NEAR };

static const struct lab_variant variants[] = {
	{ "initiation", "the first initiation is lost", NULL, NULL, &initiation },
	{ "response", "the answer to it is lost", NULL, NULL, &response },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_first_packets_lost = {
	.name = "first-packets-lost",
	.says = "the first message of the handshake is lost, which is no fault",
	.variants = variants,
};
