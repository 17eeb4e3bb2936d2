/*
 * Engine and tun disagree about 4 bytes before each packet: failure-modes.md, FM34.
 *
 * both-ways: what a program does that knows nothing of the header of a macOS tun. Our engine, on
 * a tun that has one, encrypts it with the packet, and writes packets without it.
 *
 * encrypted: only the first half of that; the far side opens the message and finds no IP packet,
 * and at the near side nothing but that is wrong.
 *
 * inherited: an engine as it is in use, on a tun of the framing that it does not take for
 * granted. It cuts off 4 bytes too many, or leaves 4 in place, of all that it reads, and writes
 * what the kernel refuses or, given a device with a header, takes and throws away.
 */
#include "lab/inherited.h"
#include "lab/faults.h"

static int make_encrypted(struct self_tunnel *t, struct self_conf *c, const char **made,
			  struct err *e)
{
	static const char *const args[] = { "--fault", "family-header", NULL };

	(void)t;
	(void)e;
	c->near_args = args;
	*made = "the near engine encrypts a 4-byte family header before each packet";
	return 0;
}

static int make_both_ways(struct self_tunnel *t, struct self_conf *c, const char **made,
			  struct err *e)
{
	static const char *const args[] = { "--fault", "tun-header", NULL };

	(void)t;
	(void)e;
	c->near_args = args;
	*made = "the near engine encrypts the 4-byte header of its tun, and writes packets without";
	return 0;
}

static int make_inherited(struct self_tunnel *t, struct self_conf *c, const char **made,
			  struct err *e)
{
	return inherited_choose(t, c, true, made, e);
}

/* --- in the lab's network -------------------------------------------------------------- */

static const char *const encrypts[] = { "--fault", "family-header", NULL };
static const char *const knows_nothing[] = { "--fault", "tun-header", NULL };

/* It is our engine's fault to make, whichever was to run there. */
static int ours(struct lab_world *w, enum end end, const char *const *args)
{
	const struct engine_ops *ops = engine_ops_find("builtin");

	w->end[end].ops = ops;
	w->end[end].program = ops->program;
	w->end[end].args = args;
	lab_told(w, "%s: the engine was started with %s %s", end == END_NEAR ? "client" : "server",
		 args[0], args[1]);
	return 0;
}

static int near_encrypts(struct lab_world *w, struct err *e)
{
	(void)e;
	return ours(w, END_NEAR, encrypts);
}

static int near_knows_nothing(struct lab_world *w, struct err *e)
{
	(void)e;
	return ours(w, END_NEAR, knows_nothing);
}

static int far_encrypts(struct lab_world *w, struct err *e)
{
	(void)e;
	return ours(w, END_FAR, encrypts);
}

static int far_knows_nothing(struct lab_world *w, struct err *e)
{
	(void)e;
	w->ping = w->end[END_FAR].inner4;
	return ours(w, END_FAR, knows_nothing);
}

static const struct lab_scene scene_near_encrypts = {
	.before = near_encrypts,
	.up_only = true,
	.far.group = "no-data-back",
};
static const struct lab_scene scene_near_both = {
	.before = near_knows_nothing,
	.up_only = true,
	.far.group = "no-data-back",
};
/* Without a word of an engine that opened it, what comes of that is that nothing does. */
static const struct lab_scene scene_far_encrypts = {
	.before = far_encrypts,
	.side = "far",
	.group = "no-data-back",
};
static const struct lab_scene scene_far_both = {
	.before = far_knows_nothing,
	.side = "far",
	.group = "no-data-back",
};

static const struct lab_variant variants[] = {
	{ "encrypted", "the engine encrypts the 4-byte header of a macOS tun with each packet",
	  "builtin", make_encrypted, NULL },
	{ "both-ways", "the engine knows nothing of the 4-byte header that its tun has", "builtin",
	  make_both_ways, NULL },
	{ "inherited", "the engine inherits a tun whose framing is not what it takes for granted",
	  "wireguard-go", make_inherited, NULL },
	{ "routed-encrypted", "as encrypted, over a router", "builtin", NULL,
	  &scene_near_encrypts },
	{ "routed-both-ways", "as both-ways, over a router", "builtin", NULL, &scene_near_both },
	{ "far-encrypted", "the server's engine encrypts the header, over a router", NULL, NULL,
	  &scene_far_encrypts },
	{ "far-both-ways", "the server's engine knows nothing of the header, over a router", NULL,
	  NULL, &scene_far_both },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_tun_framing = {
	.name = "tun-framing",
	.side = "local",
	.says = "engine and tun device disagree about 4 bytes before each packet",
	.variants = variants,
};
