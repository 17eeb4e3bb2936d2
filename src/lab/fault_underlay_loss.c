/*
 * The way loses messages, whoever's they are: failure-modes.md, FM52.
 */
#include "lab/faults.h"

/* So many in a hundred, of what comes in on that cable's plug and is passed on. */
static int lose(struct lab_world *w, enum lab_cable from, struct err *e)
{
	unsigned percent = 4 + (unsigned)draw_below(&w->draw, 30);

	return lab_nft(w, LAB_ROUTER, e,
		       "add table inet way;"
		       "add chain inet way pass { type filter hook forward priority 0; };"
		       "add rule inet way pass iifname %s numgen random mod 100 < %u drop",
		       lab_plug(w, LAB_ROUTER, from)->dev, percent);
}

static int lose_up(struct lab_world *w, struct err *e)
{
	return lose(w, LAB_ACCESS, e);
}

static int lose_down(struct lab_world *w, struct err *e)
{
	return lose(w, LAB_UPLINK, e);
}

static void lossy(struct draw *d, struct relay_conf *c)
{
	c->loss = 10000 * (unsigned)(3 + draw_below(d, 20));
	c->delay_us = 1000 * (unsigned)draw_below(d, 40);
	c->jitter_us = c->delay_us / 2;
}

static const struct lab_scene up = { .after = lose_up, .session = true };
static const struct lab_scene down = { .after = lose_down, .session = true };
static const struct lab_scene both = { .relay = lossy, .from = LAB_FROM_NEAR };

static const struct lab_variant variants[] = {
	{ "up", "what the client sends is lost in part", NULL, NULL, &up },
	{ "down", "what the server sends is lost in part", NULL, NULL, &down },
	{ "both", "a bad way, in both directions", NULL, NULL, &both },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_underlay_loss = {
	.name = "underlay-loss",
	.says = "the way between the two hosts loses messages",
	.side = "path",
	.variants = variants,
};
