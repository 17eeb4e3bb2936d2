/*
 * The far host does not forward: failure-modes.md, FM04.
 */
#include "lab/faults.h"
#include "lab/inside.h"

static int off(struct lab_world *w, struct err *e)
{
	inside_ask(w, FAMILY_IP4);
	return lab_sysctl(w, LAB_SERVER, "net.ipv4.ip_forward", "0", e);
}

static int off6(struct lab_world *w, struct err *e)
{
	inside_ask(w, FAMILY_IP6);
	return lab_sysctl(w, LAB_SERVER, "net.ipv6.conf.all.forwarding", "0", e);
}

static const struct lab_scene scene_off = { .before = off };
static const struct lab_scene scene_off6 = { .before = off6 };

static const struct lab_variant variants[] = {
	{ "off", "the server does not forward to the network behind it", NULL, NULL, &scene_off },
	{ "off-ipv6", "the server does not forward IPv6", NULL, NULL, &scene_off6 },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_no_ip_forward = {
	.name = "no-ip-forward",
	.says = "the far host does not forward",
	.side = "far",
	.group = "not-forwarded",
	.variants = variants,
};
