/*
 * Engines that date their handshakes ahead. The far side takes those of another engine with the
 * same key for replays until that time has come, silently: which would look like its fault. So
 * that a key was used so is written down when the engine ends, and who comes next waits.
 */
#include <string.h>

#include "engine/wg_ask.h"
#include "run/run_attach_priv.h"
#include "sys/ahead.h"

enum { ASK_MS = 500 };

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

/*
 * To whom it has no endpoint it cannot send, and from who comes it learns one. Of a message that
 * may have been sent a note too many costs a wait, and one too few a false alarm.
 */
static bool cannot_have_sent(const struct run_up *u)
{
	CLEANUP(arena_done) struct arena a = { 0 };
	const struct run *r = u->r;
	struct uapi_device *d;
	size_t i;

	if (!u->told)
		return true;
	if (wg_ask_get(r->p, wg_ask_via(r->conf->engine), u->ifname, ASK_MS, &a, &d, NULL) < 0)
		return false;
	for (i = 0; i < d->n_peers; i++)
		if (d->peers[i].endpoint.addr.family != FAMILY_NONE || d->peers[i].endpoint_text ||
		    uapi_peer_handshake_ns(&d->peers[i]))
			return false;
	return true;
}

void run_ahead_settle(struct run_up *u)
{
	struct undo_step none;

	if (!u->ahead || !cannot_have_sent(u))
		return;
	none = ahead_step(&u->file->intended->own, 0);
	u->ahead = run_up_will(u, &none, NULL) < 0;
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
