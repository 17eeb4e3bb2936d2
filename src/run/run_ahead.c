/*
 * Engines that date their handshakes ahead. The far side takes those of another engine with the
 * same key for replays until that time has come, silently: which would look like its fault. So
 * that a key was used so is written down when the engine ends, and who comes next waits.
 */
#include <string.h>

#include "run/run_attach_priv.h"
#include "sys/ahead.h"

int run_ahead_will_note(struct run_up *u, struct err *e)
{
	const struct engine_ops *ops = u->r->conf->engine;
	const struct intended_facts *t = u->file->intended;
	struct undo_step s;
	int rc;

	if (!ops->ahead_s || !t->has_private_key)
		return 0;
	s = ahead_step(&t->own, ops->ahead_s);
	rc = run_up_will(u, &s, e);
	u->ahead = !rc;
	return rc;
}

void run_ahead_tell(const struct run_up *u)
{
	const struct engine_ops *ops = u->r->conf->engine;

	if (u->ahead)
		run_notice(u->r, RUN_MUST_KNOW,
			   "%s dates its handshakes %u s ahead: for so long from now the far side "
			   "refuses any other engine with this key, also a tunnel of yours that "
			   "is up (wgdiag itself waits)",
			   ops->name, ops->ahead_s);
}

static bool is_interrupted(void *ctx)
{
	return run_interrupted(ctx);
}

static bool own_key(const struct attach *x, struct public_key *out)
{
	const struct intended_facts *t = x->conf->intended;

	if (x->device && x->device->has_private_key)
		*out = x->device->public_key;
	else if (t && t->has_private_key)
		*out = t->own;
	else
		return false;
	return true;
}

/* That time is not the run's own: it is bounded by what a note may say. */
void run_ahead_wait(struct attach *x)
{
	struct run *r = &x->r;
	const struct engine_ops *ops = r->end[END_NEAR].ops;
	int64_t wait, from = loop_now(r->loop);
	struct public_key own;

	if (!own_key(x, &own))
		return;
	wait = ahead_until(&own) - r->p->wall_ns() - (ops ? ops->ahead_s : 0) * NS_PER_S;
	if (wait <= 0)
		return;
	run_notice(r, RUN_TOLD,
		   "an engine that dates its handshakes ahead had this key: waiting %d s, until "
		   "the far side takes those of another",
		   (int)(wait / NS_PER_S) + 1);
	run_tell(r, RUN_STEP_HANDSHAKE, "waiting for the far side to take handshakes again");
	loop_run(r->loop, from + wait, is_interrupted, r);
	r->deadline_ns += loop_now(r->loop) - from;
	if (x->up)
		x->up->hooks_ns += loop_now(r->loop) - from;
}
