/*
 * The far host hides nothing behind its own address, or at the wrong interface: failure-modes.md,
 * FM05.
 */
#include "lab/faults.h"
#include "lab/inside.h"

/* The rule of another machine, where that was the name of the way out. */
static int wrong_interface(struct lab_world *w, struct err *e)
{
	static const char *const names[] = { "eth0", "ens3", "enp1s0", "wlan0" };

	inside_ask_internet(w);
	return lab_masquerade_at(w, LAB_SERVER, names[draw_below(&w->draw, ARRAY_LEN(names))], e);
}

/* The way out, and not the one to the network behind it, whose host has no other way. */
static int uplink_only(struct lab_world *w, struct err *e)
{
	struct cidr all;
	int rc;

	inside_ask(w, FAMILY_NONE);
	all = (struct cidr){ { .family = w->ping.family }, 0 };
	rc = lab_unroute(w, LAB_LAN, &all, e);
	return rc ? rc : lab_masquerade(w, LAB_SERVER, LAB_UPLINK, e);
}

static int missing(struct lab_world *w, struct err *e)
{
	(void)e;
	inside_ask_internet(w);
	lab_told(w, "server: no masquerade");
	return 0;
}

/*
 * The server passes it on, and nobody answers: so does a target that is off, or wants nothing of
 * who asks. It would have to be known there that somebody has to answer.
 */
static const struct lab_scene scene_wrong = { .before = wrong_interface, .near_only = true };
static const struct lab_scene scene_uplink = { .before = uplink_only, .near_only = true };
static const struct lab_scene scene_missing = { .before = missing, .near_only = true };

static const struct lab_variant variants[] = {
	{ "wrong-interface", "the server masquerades at an interface that it does not have", NULL,
	  NULL, &scene_wrong },
	{ "uplink-only", "the server masquerades at its way out, and not towards its lan", NULL,
	  NULL, &scene_uplink },
	{ "missing", "the server does not masquerade", NULL, NULL, &scene_missing },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_masquerade = {
	.name = "masquerade-missing-or-wrong-if",
	.says = "the far host does not masquerade where it must",
	.side = "far",
	.group = "not-forwarded",
	.variants = variants,
};
