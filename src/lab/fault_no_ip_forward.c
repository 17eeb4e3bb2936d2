/*
 * The far host does not forward: failure-modes.md, FM04.
 */
#include "lab/faults.h"

static int off(struct lab_world *w, struct err *e)
{
	w->ping = lab_plug(w, LAB_LAN, LAB_INSIDE)->addr4;
	lab_allow(w, END_NEAR, LAB_INSIDE);
	return lab_sysctl(w, LAB_SERVER, "net.ipv4.ip_forward", "0", e);
}

static const struct lab_scene scene_off = { .before = off };

static const struct lab_variant variants[] = {
	{ "off", "the server does not forward to the network behind it", NULL, NULL, &scene_off },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_no_ip_forward = {
	.name = "no-ip-forward",
	.says = "the far host does not forward",
	.side = "far",
	.group = "not-forwarded",
	.variants = variants,
};
