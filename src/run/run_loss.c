/*
 * How many data messages are lost on the way, in each direction?
 *
 * Paced echo requests make traffic; what is counted is every data message, by the counter that
 * stands in it in clear text, as the captures of both wires saw it. So neither the pings that
 * run beside it nor an answer that nobody sends can be mistaken for loss.
 *
 * Where something is lost, and the share could be on either side of a limit, it goes on.
 *
 * Where the far end is not looked at, its counters tell how many of our messages it answered; and
 * a host that answers only so many pings a second looks the same. So where answers are missing,
 * probes are sent at a fifth of that rate too: a limit has none missing there, loss has as many.
 */
#include "loss/stats.h"
#include "run/run_counters.h"
#include "run/run_loss_priv.h"
#include "wire/cursor.h"

enum {
	/* After the last one was sent: the captures are read until all is there, or still. */
	LOOK_MS = 3,
	STILL_MS = 150,
	SETTLE_MS = 300,
};

/* More is never answered than life is: it is asked again, at another rate. */
static const double MISSING_LEAST = 0.001;

struct way {
	enum need need;
	enum tap sender, receiver;
	struct loss_facts *out;
};

void run_loss_see(void *ctx, const struct tap_message *m)
{
	const struct run_tap *t = ctx;
	struct loss_window **w = t->r->windows[t->tap];

	run_ledger_outer(t->r->ledger, t->tap, m);
	if (!w[m->dir])
		return;
	if (m->cut)
		loss_window_see_cut(w[m->dir]);
	else
		loss_window_see(w[m->dir], m->receiver, m->counter);
}

void run_loss_see_handshake(const struct run_tap *t, const struct tap_outer *m)
{
	enum tap_dir back = m->dir == TAP_OUT ? TAP_IN : TAP_OUT;
	struct loss_window *w = t->r->windows[t->tap][back];
	struct rd r = rd_on(m->b, m->have);
	uint32_t sender;

	if (!w || !m->tunnel || m->icmp ||
	    (m->type != WG_MSG_INITIATION && m->type != WG_MSG_RESPONSE))
		return;
	rd_le32(&r); /* type */
	sender = rd_le32(&r);
	if (!r.bad)
		loss_window_born(w, sender);
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
		    loop_now(r->loop) - still >= STILL_MS * NS_PER_MS ||
		    (run_interrupted(r) && !r->conf->loss.count))
			return;
		before = now;
		loop_run(r->loop, run_until(r, LOOK_MS), NULL, NULL);
	}
}

/* --- probing -------------------------------------------------------------------- */

/* The verdict changes within what the share may be. */
static bool is_close(const struct run *r, int64_t lost, int64_t sent)
{
	const struct loss_limits *l = &r->f->loss_limits;
	const double limits[] = { loss_limit_warn(l), loss_limit_fail(l) };
	struct stats_interval i;
	size_t k;

	if (lost <= 0 || !stats_wilson95(lost, sent, &i))
		return false;
	for (k = 0; k < ARRAY_LEN(limits); k++)
		if (i.low < limits[k] && limits[k] < i.high)
			return true;
	return false;
}

/* What went by our wire until now, of both directions. */
static void look(const struct run *r, struct pace_facts *out)
{
	struct loss_facts l;

	loss_of_window(NULL, window(r, TAP_NEAR_WIRE, TAP_OUT), &l);
	out->left = l.sent == UNKNOWN ? UNKNOWN : l.sent - l.lost;
	loss_of_window(NULL, window(r, TAP_NEAR_WIRE, TAP_IN), &l);
	out->sent_back = l.sent;
	out->lost_back = l.lost;
}

static int64_t since(int64_t now, int64_t then)
{
	return now == UNKNOWN || then == UNKNOWN ? UNKNOWN : now - then;
}

static void look_since(const struct run *r, const struct pace_facts *then, struct pace_facts *out)
{
	struct pace_facts now;

	look(r, &now);
	out->left = since(now.left, then->left);
	out->sent_back = since(now.sent_back, then->sent_back);
	out->lost_back = since(now.lost_back, then->lost_back);
}

static bool may_go_on(struct run *r, int rc)
{
	return !rc && !run_interrupted(r) && loop_now(r->loop) < r->deadline_ns;
}

static bool is_way_close(const struct run *r, const struct way *w)
{
	return is_close(r, w->out->lost, w->out->sent);
}

/* By the answers alone, where the far end's wire is not watched. */
static bool is_answered_close(const struct run *r, const struct way ways[2],
			      const struct pace_facts *p)
{
	return !r->end[END_FAR].here && p->probes < RUN_SLOW_MAX * RUN_PROBES &&
	       is_close(r, p->probes - p->answered - MAX(ways[1].out->lost, 0), p->probes);
}

static int fast(struct run *r, const struct way ways[2], struct pace_facts *p, struct err *e)
{
	const struct run_pace pace = run_pace_fast(r);
	int64_t last;
	int rc;

	do {
		last = p->probes;
		rc = run_loss_probe(r, &pace, p, e);
		if (rc < 0 && !p->probes)
			return rc;
		settle(r, ways);
		/* So many were asked for. */
		if (r->conf->loss.count)
			return 0;
	} while (may_go_on(r, rc) && p->probes > last && p->probes < RUN_PROBES_MAX &&
		 (is_way_close(r, &ways[0]) || is_way_close(r, &ways[1]) ||
		  is_answered_close(r, ways, p)));
	return 0;
}

/*
 * Beyond what the way back lost, and more than life is. Who answers none has no limit of answers
 * to be told from.
 */
static bool answers_are_missing(const struct run *r, const struct pace_facts *p)
{
	struct stats_interval i;
	int64_t n = p->probes - p->answered;

	/* Whatever way: does the pace matter? */
	if (!r->conf->loss.count)
		n -= MAX(p->lost_back, 0);

	return n > 0 && p->answered > 0 && stats_wilson95(n, p->probes, &i) &&
	       i.low > MISSING_LEAST;
}

static void slow(struct run *r, const struct way ways[2], const struct pace_facts *then,
		 struct pace_facts *p)
{
	const struct run_pace pace = run_pace_slow(r);
	struct err e;
	int rc;

	do {
		rc = run_loss_probe(r, &pace, p, &e);
		settle(r, ways);
		look_since(r, then, p);
	} while (may_go_on(r, rc) && p->probes < RUN_SLOW_MAX * RUN_PROBES &&
		 is_close(r, p->probes - p->answered - MAX(p->lost_back, 0), p->probes));
}

/*
 * Both paces in turn, so that what comes and goes with the time is not taken for a matter of the
 * rate. Only the ledger hears of it: the row has its numbers.
 */
static void in_turn(struct run *r, const struct way ways[2])
{
	const struct run_pace pace = { 2 * RUN_TURNS * RUN_TURN_PROBES,
				       run_pace_fast(r).interval_ns, true };
	struct pace_facts ignored = { 0 };
	struct err e;

	if (may_go_on(r, 0) && run_loss_probe(r, &pace, &ignored, &e) == 0)
		settle(r, ways);
}

static int measure(struct run *r, const struct way ways[2], struct err *e)
{
	struct pace_facts *p = arena_alloc(r->arena, 2 * sizeof(*p)), start = { 0 }, then;
	int64_t from = loop_now(r->loop);
	unsigned i;
	int rc = fast(r, ways, &p[0], e);

	if (rc < 0)
		return rc;
	for (i = 0; i < 2; i++) {
		ways[i].out->probes = p[0].probes;
		ways[i].out->answered = p[0].answered;
		ways[i].out->elapsed_ns = loop_now(r->loop) - from;
	}
	if (r->end[END_FAR].here)
		return 0;
	look(r, &then);
	look_since(r, &start, &p[0]);
	r->f->paces = p;
	r->f->n_paces = 1;
	if (!may_go_on(r, 0) || !answers_are_missing(r, &p[0]))
		return 0;
	slow(r, ways, &then, &p[1]);
	if (!run_interrupted(r))
		r->f->n_paces = 2;
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
	if (r->conf->loss.count)
		run_ledger_begin(r);
	rc = measure(r, ways, &e);
	/* The senders' first, for the same reason as above; pings go on all the time. */
	for_wires(r, TAP_OUT, false);
	settle(r, ways);
	for_wires(r, TAP_IN, false);
	if (r->taps[TAP_NEAR_WIRE])
		run_counters_tell(r);
	if (rc == 0 && r->conf->loss.count && r->f->n_paces > 1)
		in_turn(r, ways);
	if (r->conf->loss.count)
		run_ledger_end(r);
	for (i = 0; i < 2; i++) {
		if (rc < 0)
			run_gap_raw(r, ways[i].need, rc, &e);
		else if (!run_interrupted(r) || r->conf->loss.count)
			tell(r, &ways[i]);
	}
	loop_set_stop_fd(r->loop, r->signal_fd);
}
