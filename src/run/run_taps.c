/*
 * The four captures: opened where their links are, and read to their end.
 */
#include <errno.h>

#include "run/run_priv.h"

enum {
	SETTLE_MS = 600,
	LOOK_MS = 5,
};

struct opening {
	struct run *r;
	enum tap tap;
};

static struct endpoint outer_of(const struct run_end *e)
{
	return (struct endpoint){ .addr = e->outer, .port = e->port };
}

static const char *dev_of(const struct run *r, enum tap tap)
{
	const struct run_end *own = &r->end[end_of_tap(tap)];

	return tap == TAP_NEAR_TUN || tap == TAP_FAR_TUN ? own->tun : own->wire;
}

/* The tunnel's own datagrams, what follows in their fragments, and ICMP about them. */
static const char *wire_filter(const struct run *r, const struct run_end *own)
{
	return arena_printf(
		r->arena, "udp port %u or icmp or icmp6 or (ip[6:2] & 0x1fff != 0) or ip6[6] = 44",
		own->port ? own->port : r->end[END_FAR].port);
}

static void see_outer(void *ctx, const struct tap_outer *m)
{
	const struct run_tap *t = ctx;

	if (t->tap == TAP_NEAR_WIRE && t->r->attempts)
		run_attempts_see(t->r->attempts, m);
	run_loss_see_handshake(t, m);
}

static int open_here(void *ctx, struct err *e)
{
	struct opening *o = ctx;
	struct run *r = o->r;
	enum end end = end_of_tap(o->tap);
	const struct run_end *own = &r->end[end];
	const struct run_end *other = &r->end[end == END_NEAR ? END_FAR : END_NEAR];
	bool tun = o->tap == TAP_NEAR_TUN || o->tap == TAP_FAR_TUN;
	struct tap_conf c = {
		.dev = tun ? own->tun : own->wire,
		.kind = tun ? TAP_KIND_TUN : TAP_KIND_WIRE,
		.near = outer_of(own),
		.far = outer_of(other),
		.locals = own->locals,
		.n_locals = own->n_locals,
		.own = own->own,
		.n_own = own->n_own,
		.others = own->others,
		.n_others = own->n_others,
		.filter = tun || r->t ? NULL : wire_filter(r, own),
		.large = r->conf->loss.count > 0,
		.on_data = tun ? NULL : run_loss_see,
		.on_data_ctx = &r->tap_ctx[o->tap],
		.on_inner = tun ? run_ledger_inner : NULL,
		.on_inner_ctx = &r->tap_ctx[o->tap],
		.on_outer = tun ? NULL : see_outer,
		.on_outer_ctx = &r->tap_ctx[o->tap],
	};

	r->tap_ctx[o->tap] = (struct run_tap){ r, o->tap };
	return live_tap_open(&c, r->loop, r->arena, &r->taps[o->tap], e);
}

static void open_one(struct run *r, enum tap tap)
{
	struct opening o = { r, tap };
	enum need need = NEED_TAP_NEAR_TUN + tap;
	struct err e;
	int rc;

	if (!run_has(r, NEED_BIT(need)))
		return;
	if (!dev_of(r, tap)) {
		facts_gap(r->f, need, "the way to the endpoint is not known",
			  r->f->gaps[NEED_ENGINE].remedy);
		return;
	}
	rc = run_in(r, end_of_tap(tap), open_here, &o, &e);
	if (rc < 0) {
		run_gap_raw(r, need, rc, &e);
		return;
	}
	facts_have(r->f, need);
	/* Also when an interruption comes before it is read. */
	r->f->taps[tap].dev = dev_of(r, tap);
}

static int open_elsewhere(void *ctx, struct err *e)
{
	struct run *r = ctx;
	const struct run_end *near = &r->end[END_NEAR], *far = &r->end[END_FAR];
	struct elsewhere_conf c = {
		.but = near->wire,
		.from = outer_of(far),
		.port = near->port,
	};

	return elsewhere_open(&c, r->loop, r->arena, &r->elsewhere, e);
}

void run_taps_open(struct run *r, enum tap first, enum tap second)
{
	struct err ignored;

	if (!r->attempts)
		run_attempts_open(r);
	open_one(r, first);
	open_one(r, second);
	/* Without it, it is not known whether something came there; no row waits for it. */
	if (!r->t && !r->elsewhere && r->taps[TAP_NEAR_WIRE])
		run_in(r, END_NEAR, open_elsewhere, r, &ignored);
}

static void read_all(struct run *r, struct tap_facts out[TAP_COUNT])
{
	unsigned i;

	for (i = 0; i < TAP_COUNT; i++)
		if (r->taps[i])
			live_tap_facts(r->taps[i], &out[i]);
}

static int64_t seen(const struct tap_facts taps[TAP_COUNT])
{
	int64_t sum = 0;
	unsigned i;

	for (i = 0; i < TAP_COUNT; i++)
		sum += taps[i].frames;
	return sum;
}

void run_taps_settle(struct run *r)
{
	int64_t until = run_until(r, SETTLE_MS), before;
	unsigned i;

	read_all(r, r->f->taps);
	do {
		before = seen(r->f->taps);
		/* What is on its way is seen by one end and not yet by the other. */
		if (loop_run(r->loop, MIN(until, run_until(r, LOOK_MS)), NULL, NULL) == -EINTR)
			r->f->interrupted = true;
		read_all(r, r->f->taps);
	} while (seen(r->f->taps) != before && !r->f->interrupted && loop_now(r->loop) < until);
	for (i = 0; i < TAP_COUNT; i++)
		if (r->taps[i] && !r->f->taps[i].dev)
			r->f->taps[i].dev = r->end[end_of_tap((enum tap)i)].wire;
}

void run_taps_close(struct run *r)
{
	unsigned i;

	run_attempts_close(r);
	run_trace_close(r);
	elsewhere_close(r->elsewhere);
	r->elsewhere = NULL;
	for (i = 0; i < TAP_COUNT; i++) {
		live_tap_close(r->taps[i]);
		r->taps[i] = NULL;
	}
}
