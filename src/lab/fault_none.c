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

/* A household's router. */
static int masquerade(struct lab_world *w, struct err *e)
{
	return lab_nft(w, LAB_ROUTER, e,
		       "add table inet nat;"
		       "add chain inet nat post { type nat hook postrouting priority srcnat; };"
		       "add rule inet nat post oifname %s masquerade",
		       lab_plug(w, LAB_ROUTER, LAB_UPLINK)->dev);
}

static int full_tunnel(struct lab_world *w, struct err *e)
{
	struct conf *c = w->end[END_NEAR].conf;

	(void)e;
	c->peers[0].allowed[0] = (struct cidr){ { .family = FAMILY_IP4 }, 0 };
	c->peers[0].allowed[1] = (struct cidr){ { .family = FAMILY_IP6 }, 0 };
	c->fwmark = 51820;
	return 0;
}

/* A way over land and sea, where a few overtake or come twice: nothing is lost. */
static void disordered(struct draw *d, struct relay_conf *c)
{
	c->delay_us = 1000 * (unsigned)(2 + draw_below(d, 20));
	c->jitter_us = c->delay_us / 4;
	c->reorder = 10000 * (unsigned)(1 + draw_below(d, 3));
	c->duplicate = 10000 * (unsigned)(1 + draw_below(d, 3));
}

static const struct lab_scene out_of_order = { .relay = disordered };
static const struct lab_scene routed = { .before = NULL };
static const struct lab_scene in_use = { .session = true };
static const struct lab_scene nat = { .before = masquerade };
static const struct lab_scene full = { .before = full_tunnel };

static const struct lab_variant variants[] = {
	{ "plain", "the tunnel as wgdiag check makes it", NULL, NULL, NULL },
	{ "inherited", "the engine on a tun that it inherits, of the framing it takes for granted",
	  "wireguard-go", make_inherited, NULL },
	{ "routed", "over a router, and never used before", NULL, NULL, &routed },
	{ "in-use", "over a router, with a session", NULL, NULL, &in_use },
	{ "nat", "behind a router that masquerades", NULL, NULL, &nat },
	{ "out-of-order", "some messages overtake others, or come twice", NULL, NULL,
	  &out_of_order },
	{ "full-tunnel", "all traffic goes through the tunnel", NULL, NULL, &full },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_none = {
	.name = "none",
	.says = "no fault, a healthy control",
	.variants = variants,
};
