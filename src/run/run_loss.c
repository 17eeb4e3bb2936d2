/*
 * How many data messages are lost on the way, in each direction?
 *
 * Paced echo requests make traffic; what is counted is every data message, by the counter that
 * stands in it in clear text, as the captures of both wires saw it. So neither the pings that
 * run beside it nor an answer that nobody sends can be mistaken for loss.
 *
 * Where something is lost, and the share could be on either side of a limit, it goes on.
 */
#include "loss/stats.h"
#include "probe/echo.h"
#include "run/run_priv.h"

enum {
	PACE_US = 2000,
	/* At least; by a slow way twice what the slowest answer took that was seen on it. */
	ANSWER_MS = 300,
	ANSWER_MOST_MS = 3000,
	PAYLOAD_LEN = 56,
	/* After the last one was sent: the captures are read until all is there, or still. */
	LOOK_MS = 3,
	STILL_MS = 150,
	SETTLE_MS = 300,
};

/* The shares at which the verdict changes: 0.1 % and 1 %. */
static const double limits[] = { 0.001, 0.01 };

struct way {
	enum need need;
	enum tap sender, receiver;
	struct loss_facts *out;
};

void run_loss_see(void *ctx, const struct tap_message *m)
{
	struct loss_window **w = ctx;

	if (!w[m->dir])
		return;
	if (m->cut)
		loss_window_see_cut(w[m->dir]);
	else
		loss_window_see(w[m->dir], m->receiver, m->counter);
}

static struct loss_window *window(const struct run *r, enum tap tap, enum tap_dir dir)
{
	return r->taps[tap] ? r->windows[tap][dir] : NULL;
}

/* Reads what was captured until now into the windows that are open. */
static int64_t read_tap(struct run *r, enum tap tap)
{
	struct tap_facts t = { .dropped = UNKNOWN };

	if (r->taps[tap])
		live_tap_facts(r->taps[tap], &t);
	return t.dropped;
}

static void for_wires(struct run *r, enum tap_dir dir, bool begin)
{
	static const enum tap wires[] = { TAP_NEAR_WIRE, TAP_FAR_WIRE };
	size_t i;

	for (i = 0; i < ARRAY_LEN(wires); i++) {
		struct loss_window *w = window(r, wires[i], dir);
		int64_t dropped = read_tap(r, wires[i]);

		if (w && begin)
			loss_window_begin(w, dropped);
		else if (w)
			loss_window_end(w, dropped);
	}
}

static void open_windows(struct run *r)
{
	static const enum tap wires[] = { TAP_NEAR_WIRE, TAP_FAR_WIRE };
	enum tap_dir dir;
	size_t i;

	for (i = 0; i < ARRAY_LEN(wires); i++)
		for (dir = 0; dir < TAP_DIR_COUNT; dir++)
			r->windows[wires[i]][dir] =
				arena_alloc(r->arena, sizeof(struct loss_window));
	/* The receivers' first: then each has all that its sender has, but what was lost. */
	for_wires(r, TAP_IN, true);
	for_wires(r, TAP_OUT, true);
}

static void compare(const struct run *r, const struct way *w)
{
	int64_t probes = w->out->probes, elapsed_ns = w->out->elapsed_ns;
	int64_t answered = w->out->answered;

	loss_of_window(window(r, w->sender, TAP_OUT), window(r, w->receiver, TAP_IN), w->out);
	w->out->probes = probes;
	w->out->answered = answered;
	w->out->elapsed_ns = elapsed_ns;
}

/* --- settling ------------------------------------------------------------------- */

static int64_t missing(const struct run *r, const struct way ways[2])
{
	int64_t sum = 0;
	unsigned i;

	for (i = 0; i < 2; i++) {
		compare(r, &ways[i]);
		sum += MAX(ways[i].out->lost, 0);
	}
	return sum;
}

/* What is under way is seen by the sender and not yet by the receiver. */
static void settle(struct run *r, const struct way ways[2])
{
	int64_t until = run_until(r, SETTLE_MS), still = loop_now(r->loop);
	int64_t before = -1, now;

	for (;;) {
		read_tap(r, TAP_NEAR_WIRE);
		read_tap(r, TAP_FAR_WIRE);
		now = missing(r, ways);
		if (now != before)
			still = loop_now(r->loop);
		if (!now || loop_now(r->loop) >= until ||
		    loop_now(r->loop) - still >= STILL_MS * NS_PER_MS || run_interrupted(r))
			return;
		before = now;
		loop_run(r->loop, run_until(r, LOOK_MS), NULL, NULL);
	}
}

/* --- probing -------------------------------------------------------------------- */

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
	return MIN(MAX(ANSWER_MS * NS_PER_MS, 2 * r->slowest_ns), ANSWER_MOST_MS * NS_PER_MS);
}

static int probe(struct run *r, int64_t *sent, int64_t *answered, struct err *e)
{
	struct opening o = {
		.r = r,
		.conf = {
			.target = *run_target(r),
			.source = *run_source(r),
			.link = r->bind_to,
			.count = RUN_PROBES,
			.payload_len = PAYLOAD_LEN,
			.interval_ns = PACE_US * NS_PER_US,
			.timeout_ns = answer_ns(r),
			.id = run_echo_id(r, ECHO_LOSS),
			.seed = r->conf->seed + 30 + (uint64_t)*sent,
		},
	};
	int64_t longest = echo_longest_ns(&o.conf) * 2;
	struct ping_facts p;
	int rc = run_in(r, END_NEAR, open_here, &o, e);

	if (rc < 0)
		return rc;
	echo_start(o.echo);
	loop_run(r->loop, MIN(loop_now(r->loop) + longest, r->deadline_ns), echo_done, o.echo);
	echo_facts(o.echo, &p, NULL);
	echo_close(o.echo);
	*sent += p.sent;
	*answered += p.received + MAX(p.late, 0);
	return 0;
}

static bool is_close(const struct loss_facts *l)
{
	struct stats_interval i;
	size_t k;

	if (l->lost <= 0 || !stats_wilson95(l->lost, l->sent, &i))
		return false;
	for (k = 0; k < ARRAY_LEN(limits); k++)
		if (i.low < limits[k] && limits[k] < i.high)
			return true;
	return false;
}

static int measure(struct run *r, const struct way ways[2], struct err *e)
{
	int64_t from = loop_now(r->loop), sent = 0, answered = 0, last;
	unsigned i;
	int rc;

	do {
		last = sent;
		rc = probe(r, &sent, &answered, e);
		if (rc < 0 && !sent)
			return rc;
		settle(r, ways);
	} while (!rc && sent > last && sent < RUN_PROBES_MAX && !run_interrupted(r) &&
		 loop_now(r->loop) < r->deadline_ns &&
		 (is_close(ways[0].out) || is_close(ways[1].out)));
	for (i = 0; i < 2; i++) {
		ways[i].out->probes = sent;
		ways[i].out->answered = answered;
		ways[i].out->elapsed_ns = loop_now(r->loop) - from;
	}
	return 0;
}

static void tell(struct run *r, const struct way *w)
{
	const struct gap *gap = &r->f->gaps[NEED_TAP_NEAR_TUN + w->receiver];

	compare(r, w);
	/* A far end that is elsewhere has no capture; what it answered is something too. */
	if (r->taps[w->receiver] || (!r->end[end_of_tap(w->receiver)].here && r->taps[w->sender]))
		facts_have(r->f, w->need);
	else
		facts_gap(r->f, w->need, gap->why, gap->remedy);
}

void run_loss(struct run *r)
{
	const struct way ways[2] = {
		{ NEED_LOSS_UP, TAP_NEAR_WIRE, TAP_FAR_WIRE, &r->f->loss_up },
		{ NEED_LOSS_DOWN, TAP_FAR_WIRE, TAP_NEAR_WIRE, &r->f->loss_down },
	};
	struct err e;
	unsigned i;
	int rc;

	if (run_gap_no_session(r, NEED_LOSS_UP)) {
		run_gap_no_session(r, NEED_LOSS_DOWN);
		return;
	}
	open_windows(r);
	rc = measure(r, ways, &e);
	/* The senders' first, for the same reason as above; pings go on all the time. */
	for_wires(r, TAP_OUT, false);
	settle(r, ways);
	for_wires(r, TAP_IN, false);
	for (i = 0; i < 2; i++) {
		if (rc < 0)
			run_gap_raw(r, ways[i].need, rc, &e);
		else if (!run_interrupted(r))
			tell(r, &ways[i]);
	}
}
