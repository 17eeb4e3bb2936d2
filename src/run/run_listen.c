/*
 * Nobody can be asked, for no peer is there and the one that is looked at has no endpoint: it is
 * they who have to come. So it is listened whether somebody tries to.
 *
 * An engine with something to send repeats an initiation that was not answered after 5 s, and up to
 * a third more; for so long nothing is heard of one that is there. The second of the same caller
 * tells that it is one who wants something, and that the answer to the first, if any was given, did
 * not do. Where a rule here was seen to take the first, or nobody has the port, that is enough.
 */
#include <errno.h>

#include "check/calls.h"
#include "run/run_attach_priv.h"
#include "run/run_callers.h"
#include "wg/limits.h"

enum {
	REPEATED_MS = REKEY_TIMEOUT_S * 1000 + REKEY_TIMEOUT_JITTER_MS,
	WAY_MS = 500, /* and its way here */
	ANSWER_MS = 300, /* of our engine; and of its peer's to that */
	LOOK_MS = 20,
	ASK_MS = 1000,
};

struct listening {
	struct attach *x;
	struct run_callers ears;
	int64_t heard_at, n; /* the last initiation, and how many there were */
	int64_t n_data;
};

/* --- what was heard until now ------------------------------------------------------ */

/* Reading the capture to its end takes its time: only when there is something new. */
static bool heard_anew(struct listening *s)
{
	struct run *r = &s->x->r;
	const struct call_facts *list;
	size_t n = callers_list(s->ears.callers, &list), i;
	int64_t initiations = 0;

	for (i = 0; i < n; i++)
		initiations += list[i].initiations;
	if (initiations == s->n)
		return false;
	s->n = initiations;
	s->heard_at = loop_now(r->loop);
	return true;
}

/* Whoever sends data has taken our answer. */
static bool has_data(struct listening *s)
{
	const struct call_facts *list;
	size_t n = callers_list(s->ears.callers, &list), i;
	int64_t data = 0;

	for (i = 0; i < n; i++)
		data += list[i].data;
	if (data == s->n_data)
		return false;
	s->n_data = data;
	return true;
}

/* A session was made meanwhile: with the peer that was named, or else with any. */
static bool somebody_came(struct listening *s)
{
	struct run *r = &s->x->r;
	struct uapi_device *d;
	struct arena tmp;
	bool came = false;
	struct err e;
	size_t i;

	arena_init(&tmp);
	if (run_ask(r, END_NEAR, ASK_MS, &tmp, &d, &e) == 0)
		for (i = 0; i < d->n_peers; i++)
			came |= uapi_peer_handshake_ns(&d->peers[i]) > r->f->started_wall_ns &&
				(!s->x->conf->peer ||
				 public_key_equal(&d->peers[i].public_key, &r->f->target.peer));
	arena_done(&tmp);
	return came;
}

/* --- until when -------------------------------------------------------------------- */

static int64_t until(const struct listening *s, int64_t from)
{
	const struct run *r = &s->x->r;
	int64_t longest = (REPEATED_MS + WAY_MS) * NS_PER_MS, to;

	if (!s->n)
		to = from + longest;
	else if (calls_are_enough(r->f))
		to = s->heard_at + ANSWER_MS * NS_PER_MS;
	else
		to = s->heard_at + longest;
	return MIN(to, r->deadline_ns);
}

static void wait_for_calls(struct listening *s)
{
	struct run *r = &s->x->r;
	int64_t from = loop_now(r->loop);

	while (!run_interrupted(r) && !s->x->came) {
		if (loop_now(r->loop) >= until(s, from)) {
			/* What left for it in the meantime may make it another thing. */
			run_callers_facts(&s->ears);
			if (loop_now(r->loop) >= until(s, from))
				break;
		}
		if (loop_run(r->loop, run_until(r, LOOK_MS), NULL, NULL) == -EINTR)
			break;
		if (heard_anew(s))
			run_callers_facts(&s->ears);
		if (has_data(s))
			s->x->came = somebody_came(s);
	}
	run_callers_facts(&s->ears);
	r->f->calls.waited_ns = loop_now(r->loop) - from;
}

void run_listen(struct attach *x)
{
	struct run *r = &x->r;
	struct listening s = { .x = x, .ears = { .r = r, .attempts = true } };
	struct err e;
	int rc;

	if (!run_has(r, NEED_BIT(NEED_CALLS)))
		return;
	rc = run_callers_open(&s.ears, &x->device->public_key, &e);
	if (rc < 0) {
		run_gap_raw(r, NEED_CALLS, rc, &e);
		return;
	}
	run_tell(r, RUN_STEP_HANDSHAKE, "waiting for a call");
	wait_for_calls(&s);
	callers_close(s.ears.callers);
	if (!run_interrupted(r) || s.n)
		facts_have(r->f, NEED_CALLS);
}
