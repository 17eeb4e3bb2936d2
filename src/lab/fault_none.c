/*
 * No fault: the control of each fault. What was found healthy here must be found healthy.
 */
#include "lab/inherited.h"
#include "lab/faults.h"

/* Its rx_dropped may rise by itself, and is no fault. */
static int make_inherited(struct self_tunnel *t, struct self_conf *c, const char **made,
			  struct err *e)
{
	return inherited_choose(t, c, false, made, e);
}

static const struct lab_variant variants[] = {
	{ "plain", "the tunnel as wgdiag check makes it", NULL, NULL },
	{ "inherited", "the engine on a tun that it inherits, of the framing it takes for granted",
	  "wireguard-go", make_inherited },
	{ NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_none = {
	.name = "none",
	.says = "no fault, a healthy control",
	.variants = variants,
};
