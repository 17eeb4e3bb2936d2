/*
 * ping to our own tunnel address, then to the peer's.
 */
#include <errno.h>
#include <string.h>

#include "probe/echo.h"
#include "run/run_priv.h"

enum {
	NO_SESSION_COUNT = 3, /* without a handshake the answer is known */
	SLACK_MS = 500,
	LATE_MS = 1000,
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

/* false: it could not be started, and that is a gap. */
static bool begin(struct run *r, struct opening *o, enum need need)
{
	struct err e;
	int rc = run_in(r, END_NEAR, open_here, o, &e);

	if (rc < 0)
		run_gap_raw(r, need, rc, &e);
	else
		echo_start(o->echo);
	return !rc;
}

static void finish(struct run *r, struct opening *o, int64_t until, enum need need,
		   struct ping_facts *out)
{
	int timeout_ms = (int)(o->conf.timeout_ns / NS_PER_MS) + 1;

	/* On a machine that stalls some were sent late: what is under way is not lost for that. */
	if (loop_run(r->loop, until, echo_done, o->echo) == -ETIMEDOUT) {
		echo_stop(o->echo);
		loop_run(r->loop, run_until(r, timeout_ms), echo_done, o->echo);
	}
	/* Late is not lost: with a short timeout it must be given the time to be late. */
	if (o->conf.timeout_ns < LATE_MS * NS_PER_MS)
		loop_run(r->loop, run_until(r, LATE_MS), echo_all_back, o->echo);
	echo_facts(o->echo, out, NULL);
	echo_close(o->echo);
	run_ledger_closed(r->ledger, o->echo);
	out->dev_is_tun = run_leads_into_tun(r->f, &o->conf.target, r->end[END_NEAR].tun);
	/* Cut short, it is told if there is something to tell. */
	if (!run_interrupted(r) || out->received > 0)
		facts_have(r->f, need);
}

static int64_t until(const struct run *r, const struct echo_conf *c)
{
	return loop_now(r->loop) + echo_longest_ns(c) + SLACK_MS * NS_PER_MS;
}

/* That the table of this host's own addresses is asked first is usual, and no law. */
static void ping_self(struct run *r, const struct echo_conf *c)
{
	struct opening o = { r, *c, NULL };
	struct path_facts way;

	if (!begin(r, &o, NEED_PING_SELF))
		return;
	finish(r, &o, until(r, c), NEED_PING_SELF, &r->f->ping_self);
	if (run_way(r, &c->target, &way) == 0 && way.dev)
		r->f->ping_self.dev_is_tun = strcmp(way.dev, r->end[END_NEAR].tun) == 0;
}

/* Of one that is silent neither sizes nor losses tell anything: then of another that answers. */
static void measure(struct run *r)
{
	const struct ip_addr pinged = *run_target(r);
	struct path_facts way;

	if (r->f->measured.family != FAMILY_NONE)
		run_aim(r, &r->f->measured, &way);
	if (run_has(r, RUN_SIZES_NEEDS) && !r->conf->loss.count)
		run_sizes(r);
	if (run_has(r, RUN_LOSS_NEEDS) && !run_interrupted(r))
		run_loss(r);
	if (r->f->measured.family != FAMILY_NONE)
		run_aim(r, &pinged, &way);
}

/* Its own probes only are followed; where none of them is answered, the peer is pinged. */
static void loss(struct run *r, const struct echo_conf *c)
{
	struct opening o = { r, *c, NULL };
	int64_t end;

	measure(r);
	if (r->f->fates.answered > 0 || run_interrupted(r) || !run_has(r, NEED_BIT(NEED_PING_PEER)))
		return;
	end = until(r, c);
	if (begin(r, &o, NEED_PING_PEER))
		finish(r, &o, end, NEED_PING_PEER, &r->f->ping_peer);
}

/* The pings take most of the time, and little of anything else: the rest goes beside them. */
static void ping_peer(struct run *r, const struct echo_conf *c)
{
	struct opening o = { r, *c, NULL };
	int64_t end = until(r, c);
	bool begun = false;

	if (r->conf->loss.count) {
		loss(r, c);
		return;
	}
	run_ledger_begin(r);
	if (run_has(r, NEED_BIT(NEED_PING_PEER))) {
		run_ledger_round(r->ledger, &o.conf);
		begun = begin(r, &o, NEED_PING_PEER);
		if (begun)
			run_ledger_opened(r->ledger, o.echo);
	}
	measure(r);
	if (begun)
		finish(r, &o, end, NEED_PING_PEER, &r->f->ping_peer);
	run_ledger_end(r);
}

void run_pings(struct run *r)
{
	const struct run_conf *c = r->conf;
	struct echo_conf self = {
		.target = *run_source(r),
		.count = RUN_PINGS_SELF,
		.payload_len = 56,
		.interval_ns = NS_PER_MS,
		.timeout_ns = NS_PER_S,
		.id = run_echo_id(r, ECHO_SELF),
		.seed = c->seed + 1,
	};
	struct echo_conf peer = {
		.target = *run_target(r),
		.source = *run_source(r),
		.link = r->bind_to,
		.count = c->ping_count,
		.payload_len = c->ping_payload,
		.interval_ns = c->ping_interval_ns,
		.timeout_ns = c->ping_timeout_ns,
		.id = run_echo_id(r, ECHO_PEER),
		.seed = c->seed + 2,
	};

	if (run_has_no_session(r))
		peer.count = MIN(peer.count, NO_SESSION_COUNT);
	if (run_has(r, NEED_BIT(NEED_PING_SELF)) && self.target.family == FAMILY_NONE)
		facts_gap(r->f, NEED_PING_SELF, "we have no address of our own there", NULL);
	else if (run_has(r, NEED_BIT(NEED_PING_SELF)))
		ping_self(r, &self);
	if (!run_interrupted(r))
		ping_peer(r, &peer);
}
