/*
 * Opens, gathers, stirs, freezes: the steps of a self-test in their order.
 *
 * Each step either fills its part of the facts or leaves a gap with the reason. A step that
 * a signal cut off, or that came after it, is a gap too.
 */
#include "run/run.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gather/gather.h"
#include "loss/settled.h"
#include "probe/echo.h"
#include "run/run_debug.h"
#include "run/run_priv.h"
#include "sys/netns_call.h"

enum {
	START_MS = 2000,
	SETTLE_MS = 1000, /* for the last messages to arrive everywhere */
	/* All but the pings, whose length the user chooses: start, handshake, streams, the end. */
	WHOLE_MS = 20000,
	/*
	 * What may still come when that is over, each at its own limit: a start and a handshake
	 * that took all of it and a bit (2 s), the self-ping and the pings' slack (2 s), four
	 * captures read to their end, twice (3.2 s), a question to each engine (2 s), their
	 * end (2 × 2.5 s) and that of their PID namespace (2 s).
	 */
	AFTER_MS = 17000,
};

_Static_assert(WHOLE_MS + AFTER_MS <= RUN_LONGEST_S * 1000, "a run may take longer than it says");

int64_t run_until(const struct run *r, int ms)
{
	return MIN(loop_now(r->loop) + ms * NS_PER_MS, r->deadline_ns);
}

int run_in(struct run *r, enum end end, int (*fn)(void *ctx, struct err *e), void *ctx,
	   struct err *e)
{
	const struct run_end *x = &r->end[end];

	if (!x->here)
		return err_say(e, ENODEV, "the far end is not on this machine");
	if (x->netns < 0)
		return fn(ctx, e);
	return netns_call(r->p, x->netns, r->home_netns, fn, ctx, e);
}

bool run_interrupted(struct run *r)
{
	struct pollfd p = { .fd = r->signal_fd, .events = POLLIN };

	if (poll(&p, 1, 0) > 0)
		r->f->interrupted = true;
	return r->f->interrupted;
}

void run_gap_raw(struct run *r, enum need need, int rc, const struct err *e)
{
	facts_gap(r->f, need, arena_strdup(r->arena, e->text),
		  rc == -EPERM || rc == -EACCES ? "run as root, or grant CAP_NET_RAW" : NULL);
}

bool run_may_have_session(const struct run *r)
{
	const struct tap_facts *t = &r->f->taps[TAP_NEAR_WIRE];

	return r->f->target.kind == TARGET_OPAQUE && (r->f->have & NEED_BIT(NEED_TAP_NEAR_WIRE)) &&
	       t->msgs[TAP_OUT][WG_MSG_INITIATION] == 0 && t->msgs[TAP_OUT][WG_MSG_DATA] > 0;
}

void run_aim(struct run *r, const struct ip_addr *to, struct path_facts *way)
{
	struct run_end *near = &r->end[END_NEAR], *far = &r->end[END_FAR];
	bool v6 = to->family == FAMILY_IP6;

	run_way(r, to, way);
	*(v6 ? &far->inner6 : &far->inner4) = *to;
	*(v6 ? &far->inner4 : &far->inner6) = (struct ip_addr){ 0 };
	*(v6 ? &near->inner6 : &near->inner4) = run_way_source(r, way);
}

const struct ip_addr *run_target(const struct run *r)
{
	const struct run_end *far = &r->end[END_FAR];

	return far->inner4.family ? &far->inner4 : &far->inner6;
}

const struct ip_addr *run_source(const struct run *r)
{
	const struct run_end *near = &r->end[END_NEAR];

	return r->end[END_FAR].inner4.family ? &near->inner4 : &near->inner6;
}

bool run_has_no_session(const struct run *r)
{
	return (r->f->have & NEED_BIT(NEED_HANDSHAKE)) && !r->f->handshake.complete &&
	       !run_may_have_session(r);
}

bool run_is_shut(const struct run *r)
{
	struct tap_facts t;

	if (!run_has_no_session(r) || !r->taps[TAP_NEAR_WIRE])
		return false;
	live_tap_facts(r->taps[TAP_NEAR_WIRE], &t);
	return t.msgs[TAP_IN][WG_MSG_DATA] + t.msgs[TAP_OUT][WG_MSG_DATA] == 0;
}

bool run_gap_no_session(struct run *r, enum need need)
{
	const struct gap *g = &r->f->gaps[NEED_HANDSHAKE];

	/* Whether there is one could not be asked; that something answers was seen. */
	if (!r->t && !(r->f->have & NEED_BIT(NEED_HANDSHAKE)))
		return false;
	if (!(r->f->have & NEED_BIT(NEED_HANDSHAKE)))
		facts_gap(r->f, need, g->why, g->remedy);
	else if (run_has_no_session(r))
		facts_gap(r->f, need, "the handshake did not complete", NULL);
	else
		return false;
	return true;
}

static const char *marker(struct arena *a, int64_t wall_ns)
{
	time_t t = (time_t)(wall_ns / NS_PER_S);
	char when[32] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	return arena_printf(a, "WGD-%s-%06x", when, (unsigned)randombytes_uniform(0x1000000));
}

/* What nobody came to look at. */
void run_fill_gaps(struct facts *f, const char *why)
{
	unsigned i;

	for (i = 0; i < NEED_COUNT; i++)
		if (!(f->have & NEED_BIT(i)) && strcmp(f->gaps[i].why, "not looked at") == 0)
			facts_gap(f, (enum need)i, why, NULL);
}

void run_forget_start(struct facts *f)
{
	unsigned i;

	for (i = 0; i < END_COUNT; i++)
		f->engine[i].start_error = f->engine[i].answer_error = NULL;
	facts_gap(f, NEED_ENGINE_START, "interrupted", NULL);
	facts_gap(f, NEED_ENGINE, "interrupted", NULL);
	facts_gap(f, NEED_ENGINE_FAR, "interrupted", NULL);
}

struct version_ctx {
	struct run *r;
	const char *version;
};

/* In the tunnel's own namespace: a program that is not what it is called does no harm there. */
static int version_here(void *ctx, struct err *e)
{
	struct version_ctx *x = ctx;
	struct run *r = x->r;

	(void)e;
	x->version = engine_version(r->conf->engine, r->conf->program, r->p, r->loop, r->arena);
	return 0;
}

/* Each end of the tunnel that was made; again when its engines were started. */
void run_adopt(struct run *r)
{
	unsigned i;

	for (i = 0; i < END_COUNT; i++) {
		const struct self_end *from = &r->t->end[i];
		struct ip_addr *own = arena_alloc(r->arena, 2 * sizeof(*own));

		own[0] = from->inner4;
		own[1] = from->inner6;
		r->end[i] = (struct run_end){
			.here = true,
			.netns = from->netns,
			.tun = from->tun,
			.wire = from->veth,
			.outer = from->outer,
			.port = from->port,
			.inner4 = from->inner4,
			.inner6 = from->inner6,
			.own = own,
			.n_own = from->inner6.family ? 2 : 1,
			.public_key = from->public_key,
			.via = wg_ask_via(from->ops),
			.ops = from->ops,
			.engine = from->engine,
		};
	}
	r->home_netns = r->t->host_netns;
	r->mtu = r->t->mtu;
}

static void describe_target(struct run *r)
{
	struct version_ctx x = { .r = r };
	struct err e;

	run_in(r, END_NEAR, version_here, &x, &e);
	r->f->target.name = r->end[END_NEAR].tun;
	r->f->target.engine_version = x.version;
	if (r->conf->engine != engine_ops_find("builtin"))
		r->f->target.program = r->conf->program;
	if (r->conf->begun)
		r->conf->begun(r->conf->ctx, r->f);
}

bool run_engine_died(const struct run *r, enum end end)
{
	return r->end[end].engine && !engine_alive(r->end[end].engine);
}

bool run_engine_failed(const struct facts *f)
{
	unsigned i;

	for (i = 0; i < END_COUNT; i++)
		if (f->engine[i].start_error || f->engine[i].answer_error)
			return true;
	return false;
}

/*
 * Engines after the captures: what they have not counted by then was not theirs. What is
 * still missing may be on its way on a busy machine, so it is looked again for a while.
 */
void run_last_look(struct run *r)
{
	int64_t until = run_until(r, SETTLE_MS);

	do {
		run_taps_settle(r);
		run_gather_engines(r);
	} while (!loss_settled(r->f) && !run_interrupted(r) && loop_now(r->loop) < until);
}

/* Steps 4 and 5 on a tunnel that runs. */
static void measure(struct run *r, const struct self_conf *sc)
{
	struct err e;

	run_taps_open(r, TAP_NEAR_TUN, TAP_FAR_TUN);
	run_attempts_listen(r);
	run_gather_before(r);
	if (run_has(r, NEED_BIT(NEED_FRAMING)))
		run_framing(r);
	if (run_has(r, NEED_BIT(NEED_HANDSHAKE))) {
		run_tell(r, RUN_STEP_HANDSHAKE, "handshake");
		/* Only now, for what it sends is counted. Without it the ping does the same. */
		self_tunnel_keepalive(r->t, sc, &e);
		run_handshake(r);
	}
	if (run_has(r, RUN_PING_NEEDS) && !run_interrupted(r)) {
		run_tell(r, RUN_STEP_PING, "ping");
		run_pings(r);
	}
	if (run_has(r, NEED_BIT(NEED_STREAMS)) && !run_interrupted(r)) {
		run_tell(r, RUN_STEP_DATA, "data both ways");
		run_streams(r);
	}
	if (!run_has(r, ~NEED_BIT(NEED_ENGINE_START)))
		return;
	run_tell(r, RUN_STEP_COUNTERS, "counters");
	run_last_look(r);
	run_gather_after(r);
}

void run_response_time(struct facts *f)
{
	const struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];

	if (!(f->have & NEED_BIT(NEED_TAP_NEAR_WIRE)))
		return;
	if (t->first_initiation_ns == UNKNOWN || t->first_response_ns < t->first_initiation_ns)
		return;
	f->handshake.response_ns = t->first_response_ns - t->first_initiation_ns;
}

/* 0, or negative when this machine could not set it up (and not: an engine failed). */
static int with_tunnel(struct run *r, const struct self_conf *sc, struct err *e)
{
	int rc;

	run_taps_open(r, TAP_NEAR_WIRE, TAP_FAR_WIRE);
	run_tell(r, RUN_STEP_START, arena_printf(r->arena, "starting %s", r->conf->engine->name));
	rc = self_tunnel_start(r->t, sc, r->f, e);
	run_adopt(r);
	if (run_interrupted(r) && rc < 0) {
		run_forget_start(r->f);
		return 0;
	}
	if (rc < 0 && !run_engine_failed(r->f))
		return rc;
	if (rc < 0) {
		run_taps_settle(r);
		run_fill_gaps(r->f, r->f->engine[END_NEAR].start_error ?
					    "the engine did not start" :
					    "the engine was not ready");
		return 0;
	}
	measure(r, sc);
	return 0;
}

static int64_t whole_ns(const struct run_conf *c)
{
	struct echo_conf ping = {
		.count = c->ping_count,
		.interval_ns = c->ping_interval_ns,
		.timeout_ns = c->ping_timeout_ns,
	};

	return WHOLE_MS * NS_PER_MS + echo_longest_ns(&ping) + run_loss_longest_ns(&c->loss);
}

/* What the lab makes; nobody who judges asks for it. */
static int make_fault(struct run *r, struct self_conf *sc, struct err *e)
{
	const struct run_conf *c = r->conf;
	const char *made = NULL;
	int rc = 0;

	if (!c->fault)
		return 0;
	r->f->target.lab = c->fault->name;
	r->f->target.lab_variant = c->variant->name;
	if (c->variant->make)
		rc = c->variant->make(r->t, sc, &made, e);
	r->f->target.tun_inherited = sc->near_tun != NEAR_TUN_OWN;
	if (!rc && made && c->changed)
		c->changed(c->ctx, made);
	return rc < 0 ? err_prefix(e, "make %s, %s", c->fault->name, c->variant->name) : 0;
}

static int self_test(struct run *r, struct err *e)
{
	const struct run_conf *c = r->conf;
	struct self_conf sc = {
		.engine = { c->engine, engine_ops_find("builtin") },
		.program = { c->program, engine_ops_find("builtin")->program },
		.seed = c->seed,
		.start_timeout_ms = START_MS,
	};
	int rc;

	run_tell(r, RUN_STEP_TUNNEL, "making the tunnel");
	rc = self_tunnel_build(&sc, r->p, r->loop, r->arena, &r->t, e);
	if (rc < 0)
		return rc;
	if (c->changed)
		c->changed(c->ctx, arena_printf(r->arena,
						"created two network namespaces with %s and %s "
						"(removed on exit)",
						r->t->end[END_NEAR].tun, r->t->end[END_FAR].tun));
	run_adopt(r);
	describe_target(r);
	rc = make_fault(r, &sc, e);
	if (rc < 0 && run_interrupted(r))
		rc = 0; /* nothing was measured, and that is what is told */
	else if (!rc)
		rc = with_tunnel(r, &sc, e);
	run_tell(r, RUN_STEP_CLEAN, "cleaning up");
	/* From here on a signal must not cut anything short. */
	loop_set_stop_fd(r->loop, -1);
	run_taps_close(r);
	self_tunnel_free(r->t, r->f);
	run_response_time(r->f);
	if (r->f->interrupted)
		run_fill_gaps(r->f, "interrupted");
	run_mark_left_out(r);
	return rc;
}

int run_open(struct run *r, const struct run_conf *c, struct arena *a, struct facts *f,
	     struct err *e)
{
	int rc;

	*r = (struct run){
		.conf = c,
		.p = platform_get(),
		.arena = a,
		.f = f,
		.left_out = ~run_plan(c->needs),
		.signal_fd = -1,
		.home_netns = -1,
	};
	if (sodium_init() < 0)
		return err_say(e, EIO, "libsodium cannot be used here");
	facts_init(f);
	if (c->loss_limits)
		f->loss_limits = *c->loss_limits;
	rc = run_limits_raise(&r->limit, e);
	if (!rc)
		rc = run_signal_open(&r->signal_fd, &r->old_signals, e);
	if (rc < 0)
		return rc;
	f->started_wall_ns = r->p->wall_ns();
	f->marker = marker(a, f->started_wall_ns);
	r->loop = c->loop ? c->loop : loop_new(r->p->boot_ns);
	loop_set_stop_fd(r->loop, r->signal_fd);
	r->deadline_ns = loop_now(r->loop) + whole_ns(c);
	return 0;
}

void run_close(struct run *r)
{
	/* Of one that came when all was done: what was finished is told, and it is said. */
	run_interrupted(r);
	run_drops_close(r);
	run_debug_close(r->debug);
	loop_set_stop_fd(r->loop, -1);
	if (!r->conf->loop)
		loop_free(r->loop);
	run_signal_close(r->signal_fd, &r->old_signals);
	run_limits_restore(&r->limit);
}

int run_self_test(const struct run_conf *c, struct arena *a, struct facts *f, struct err *e)
{
	struct run r;
	int rc = run_open(&r, c, a, f, e);

	if (rc < 0)
		return rc;
	f->target = (struct target_facts){ .kind = TARGET_SELF_TEST, .engine = c->engine->name };
	f->target.by_command = c->engine->words != NULL;
	run_drops_open(&r);
	run_mark_left_out(&r);
	facts_gap(f, NEED_LADDER, "both ends are on one link", NULL);
	/* Not to know them is no reason not to go on: they are a hint. */
	gather_wireguard_names(r.p, a, &f->not_tested, &f->n_not_tested, NULL);
	rc = self_test(&r, e);
	run_close(&r);
	return rc;
}
