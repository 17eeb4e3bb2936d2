/*
 * One packet into the tunnel provokes the handshake; that it is done is the engine's word.
 *
 * The packet waits in the engine for the session, and is answered late or never, so it is none of
 * the pings that are measured (failure-modes.md, FM51).
 */
#include <string.h>

#include "probe/echo.h"
#include "run/run_priv.h"
#include "wg/limits.h"

enum {
	/* An engine repeats a lost initiation after 5 s, plus 1/3 s; an answer takes its time. */
	HANDSHAKE_MS = 6500,
	FIRST_ANSWER_MS = 1000, /* for the packet itself, once there is a session */
	LOOK_MS = 3,
	GET_TIMEOUT_MS = 500,
};

struct waiting {
	struct run *r;
	struct echo *echo;
	bool complete;
	bool over; /* an engine died: there will be no handshake */
	struct err shortage; /* of ours, for which the engine could not be asked; code 0: none */
	unsigned timer;
};

/* A session that is older is refused by both ends. */
static bool is_fresh(const struct run *r, const struct uapi_peer *p)
{
	int64_t at = uapi_peer_handshake_ns(p);

	if (at == 0 || r->t)
		return at != 0;
	return r->p->wall_ns() - at < REJECT_AFTER_TIME_S * NS_PER_S;
}

/* Of an engine that cannot be asked: a response came, or data goes both ways. */
static bool wire_says(const struct run *r)
{
	struct tap_facts t;

	if (!r->taps[TAP_NEAR_WIRE])
		return false;
	live_tap_facts(r->taps[TAP_NEAR_WIRE], &t);
	return t.msgs[TAP_IN][WG_MSG_RESPONSE] > 0 ||
	       (t.msgs[TAP_IN][WG_MSG_DATA] > 0 && t.msgs[TAP_OUT][WG_MSG_DATA] > 0);
}

static bool engine_says(struct waiting *w)
{
	const struct uapi_peer *peer;
	struct uapi_device *d;
	bool complete = false;
	struct arena tmp;
	struct err e;
	int rc;

	if (w->r->end[END_NEAR].via == WG_VIA_NONE)
		return wire_says(w->r);
	arena_init(&tmp);
	rc = run_ask(w->r, END_NEAR, GET_TIMEOUT_MS, &tmp, &d, &e);
	w->shortage = err_is_shortage(rc) ? e : (struct err){ 0 };
	peer = rc == 0 ? run_peer(w->r, END_NEAR, d) : NULL;
	complete = peer && is_fresh(w->r, peer);
	arena_done(&tmp);
	return complete;
}

static void look(void *ctx)
{
	struct waiting *w = ctx;

	w->timer = 0;
	w->complete = engine_says(w);
	w->over = run_engine_died(w->r, END_NEAR) || run_engine_died(w->r, END_FAR);
	if (!w->complete && !w->over)
		w->timer = loop_add_timer(w->r->loop, loop_now(w->r->loop) + LOOK_MS * NS_PER_MS,
					  look, w);
}

static bool is_over(void *ctx)
{
	struct waiting *w = ctx;

	return w->complete || w->over;
}

struct opening {
	struct run *r;
	struct echo **out;
};

static int open_here(void *ctx, struct err *e)
{
	struct opening *o = ctx;
	struct run *r = o->r;
	struct echo_conf c = {
		.target = *run_target(r),
		.source = *run_source(r),
		.link = r->bind_to,
		.count = 1,
		.payload_len = run_echo_payload(run_target(r)),
		.timeout_ns = (HANDSHAKE_MS + FIRST_ANSWER_MS) * NS_PER_MS,
		.id = run_echo_id(r, ECHO_HANDSHAKE),
		.seed = r->conf->seed,
	};

	return echo_open(&c, r->loop, r->arena, o->out, e);
}

static void wait_for_it(struct waiting *w)
{
	struct run *r = w->r;
	struct handshake_facts *h = &r->f->handshake;
	int64_t from = loop_now(r->loop);

	echo_start(w->echo);
	w->timer = loop_add_timer(r->loop, from, look, w);
	loop_run(r->loop, run_until(r, HANDSHAKE_MS), is_over, w);
	h->waited_ns = loop_now(r->loop) - from;
	/* It may have been done since the last look. */
	h->complete = w->complete || engine_says(w);
	if (w->timer)
		loop_del_timer(r->loop, w->timer);
	if (run_interrupted(r) && !h->complete)
		return;
	if (!h->complete && w->shortage.code) {
		run_gap_raw(r, NEED_HANDSHAKE, -w->shortage.code, &w->shortage);
		return;
	}
	facts_have(r->f, NEED_HANDSHAKE);
	if (h->complete)
		loop_run(r->loop, run_until(r, FIRST_ANSWER_MS), echo_done, w->echo);
}

void run_handshake(struct run *r)
{
	struct waiting w = { .r = r };
	struct opening o = { r, &w.echo };
	struct err e;
	int rc = run_in(r, END_NEAR, open_here, &o, &e);

	if (rc < 0) {
		run_gap_raw(r, NEED_HANDSHAKE, rc, &e);
		return;
	}
	wait_for_it(&w);
	echo_close(w.echo);
}
