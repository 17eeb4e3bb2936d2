/*
 * Nothing was sent, so there was no handshake: failure-modes.md, FM58. No fault. What looks old is
 * so only after three minutes, for which nobody waits here; so it need not be named.
 */
#include "lab/faults.h"

static int silent(struct lab_world *w, struct err *e)
{
	(void)e;
	w->end[END_NEAR].conf->peers[0].keepalive_s = UNKNOWN;
	lab_told(w, "client: no keepalive");
	return 0;
}

static int a_while(struct lab_world *w, struct err *e)
{
	return lab_world_pause(w, (500 + (int64_t)draw_below(&w->draw, 1500)) * NS_PER_MS, e);
}

static const struct lab_scene never_used = { .before = silent,
					     .after = a_while,
					     .from = LAB_FROM_NEAR };
static const struct lab_scene unused = { .before = silent, .after = a_while, .session = true };

static const struct lab_variant variants[] = {
	{ "never-used", "up for a while, and nothing was ever sent", NULL, NULL, &never_used },
	{ "unused", "used once, and not since", NULL, NULL, &unused },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_idle_not_broken = {
	.name = "idle-not-broken",
	.says = "nothing was sent, so there was no handshake, which is no fault",
	.unnoticed = true,
	.variants = variants,
};
