/*
 * One round of paced echo requests: at which pace, of which sizes, with which pauses.
 */
#include <errno.h>

#include "probe/echo.h"
#include "run/run_loss_priv.h"

enum {
	PACE_US = 2000,
	SLOWER = 5,
	/* At least; by a slow way twice what the slowest answer took that was seen on it. */
	ANSWER_MS = 300,
	ANSWER_MOST_MS = 3000,
	/*
	 * Where so many are silent at the end, one after the other, it may be that somebody on the
	 * way has no processor just now: the answers then get this much more time to be late.
	 */
	TAIL = 6,
	LATE_MS = 1000,
	MOST_LATE_MS = 5000, /* a way that takes longer is none that anybody works with */
	PAYLOAD_LEN = 56,
	PAUSES = 5,
	OTHER_ROUNDS = 2, /* than the slow ones */
	IN_TURN_SEED = 1 << 20, /* another one than of any round before */
	SIZES = 1024, /* then they begin anew */
};

struct opening {
	struct run *r;
	struct echo_conf conf;
	struct echo *echo;
};

static int open_here(void *ctx, struct err *e)
{
	struct opening *o = ctx;

	return echo_open(&o->conf, o->r->loop, o->r->arena, &o->echo, e);
}

static int64_t answer_ns(const struct run *r)
{
	if (r->conf->loss.timeout_ns)
		return r->conf->loss.timeout_ns;
	return MIN(MAX(ANSWER_MS * NS_PER_MS, 2 * r->slowest_ns), ANSWER_MOST_MS * NS_PER_MS);
}

struct run_pace run_pace_fast(const struct run *r)
{
	const struct run_loss_conf *l = &r->conf->loss;

	return l->count ? (struct run_pace){ l->count, l->interval_ns, false } :
			  (struct run_pace){ RUN_PROBES, PACE_US * NS_PER_US, false };
}

struct run_pace run_pace_slow(const struct run *r)
{
	return (struct run_pace){ RUN_PROBES, SLOWER * run_pace_fast(r).interval_ns, false };
}

int64_t run_loss_longest_ns(const struct run_loss_conf *c)
{
	/* What it takes beside its probes is in the time of a check. */
	if (!c->count)
		return 0;
	return (c->count + (int64_t)RUN_SLOW_MAX * SLOWER * RUN_PROBES +
		(int64_t)RUN_TURNS * (SLOWER + 1) * RUN_TURN_PROBES) *
		       c->interval_ns +
	       (PAUSES + 1) * c->pause_ns + (RUN_SLOW_MAX + OTHER_ROUNDS) * c->timeout_ns;
}

static void choose_sizes(const struct run *r, struct echo_conf *c)
{
	const struct run_loss_conf *l = &r->conf->loss;

	c->payload_len = l->count && l->payload >= 0 ? (unsigned)l->payload : PAYLOAD_LEN;
	if (!l->count || l->payload != RUN_LOSS_MIXED)
		return;
	c->payload_lens = run_loss_sizes(r, &c->target, SIZES, &c->payload_len);
	c->n_payload_lens = SIZES;
}

/*
 * A signal ends `wgdiag loss` as it ends ping: what was sent until then is told. What is under way
 * is waited for, or it would look lost; so the signal, which would end each wait, is put aside. So
 * does the time, on a machine that is too busy to send them all in twice as much as it takes.
 */
static void serve(struct run *r, struct echo *echo, int64_t until)
{
	int rc = loop_run(r->loop, until, echo_done, echo);

	if (rc == -EINTR && (!r->conf->loss.count || !run_interrupted(r)))
		return;
	if (rc == -EINTR)
		loop_set_stop_fd(r->loop, -1);
	if (rc) {
		echo_stop(echo);
		/* Who has had enough does not wait for long. */
		loop_run(r->loop,
			 MIN(loop_now(r->loop) + MIN(answer_ns(r), ANSWER_MOST_MS * NS_PER_MS),
			     r->deadline_ns),
			 echo_done, echo);
	}
	if (echo_tail(echo) >= TAIL)
		loop_run(r->loop, run_until(r, LATE_MS), echo_all_back, echo);
	/* By a way so slow that the first answers were late the last take as long. */
	if (echo_slowest_ns(echo) > answer_ns(r))
		loop_run(r->loop,
			 MIN(loop_now(r->loop) +
				     MIN(echo_slowest_ns(echo), MOST_LATE_MS * NS_PER_MS),
			     r->deadline_ns),
			 echo_all_back, echo);
	r->slowest_ns = MAX(r->slowest_ns, echo_slowest_ns(echo));
}

/* Of the long round only. */
static void choose_pauses(const struct run *r, struct echo_conf *c)
{
	const struct run_loss_conf *l = &r->conf->loss;

	if (!l->pause_ns || c->count != l->count || r->loss_began)
		return;
	c->pause_every = (c->count + PAUSES) / (PAUSES + 1);
	c->pause_ns = l->pause_ns;
}

int run_loss_probe(struct run *r, const struct run_pace *pace, struct pace_facts *out,
		   struct err *e)
{
	struct opening o = {
		.r = r,
		.conf = {
			.target = *run_target(r),
			.source = *run_source(r),
			.link = r->bind_to,
			.count = pace->count,
			.interval_ns = pace->interval_ns,
			.timeout_ns = answer_ns(r),
			.id = run_echo_id(r, ECHO_LOSS),
			.seed = r->conf->seed + 30 + (uint64_t)out->probes +
				(uint64_t)(pace->interval_ns / NS_PER_US),
		},
	};
	int64_t longest;
	struct run_loss_ends *ends;
	struct ping_facts p;
	int rc;

	choose_sizes(r, &o.conf);
	choose_pauses(r, &o.conf);
	if (pace->in_turn) {
		o.conf.seed += IN_TURN_SEED;
		o.conf.turn_every = RUN_TURN_PROBES;
		o.conf.turn_times = SLOWER;
	}
	longest = echo_longest_ns(&o.conf) * 2;
	run_ledger_round(r->ledger, &o.conf);
	rc = run_in(r, END_NEAR, open_here, &o, e);
	if (rc < 0)
		return rc;
	run_ledger_opened(r->ledger, o.echo);
	rc = run_loss_ends_open(r, o.echo, &ends, e);
	if (rc < 0) {
		echo_close(o.echo);
		return rc;
	}
	echo_start(o.echo);
	serve(r, o.echo, MIN(loop_now(r->loop) + longest, r->deadline_ns));
	run_loss_ends_close(ends);
	echo_facts(o.echo, &p, NULL);
	out->interval_ns = o.conf.interval_ns;
	if (out->head == out->probes)
		out->head += echo_head(o.echo);
	out->probes += p.sent;
	out->answered += p.received + MAX(p.late, 0);
	out->bursts += echo_bursts(o.echo);
	echo_close(o.echo);
	run_ledger_closed(r->ledger, o.echo);
	return 0;
}
