/*
 * The largest size that crosses the tunnel, to the byte, where some cross and larger ones do not.
 *
 * What was lost once may have been lost by chance, or while the way was only just learned (ICMP
 * "fragmentation needed" costs the first packet), so those sizes are asked again. Then the gap
 * between what passes and what does not is divided by many sizes at once, as a lost one costs its
 * whole timeout.
 */
#include <string.h>

#include "probe/echo.h"
#include "run/run_priv.h"

enum {
	PARTS = 15, /* a gap of 1400 is one of 5 after three rounds */
	ROUNDS = 4,
	TRIES = 2,
	INTERVAL_MS = 5,
	TIMEOUT_MS = 300, /* at least, as of run_loss.c */
	TIMEOUT_MOST_MS = 2000,
	SLACK_MS = 100,
};

struct asked {
	struct echo_conf conf;
	struct echo *echo;
	int64_t size;
};

struct edge {
	struct run *r;
	uint8_t family;
	int64_t passed, lost; /* the largest that passed; the smallest above it that did not */
	struct asked asked[PARTS + 1];
	size_t n;
	unsigned round;
};

static void look(struct edge *x)
{
	const struct facts *f = x->r->f;
	size_t i;

	x->passed = x->lost = 0;
	for (i = 0; i < f->n_sizes; i++) {
		const struct size_facts *s = &f->sizes[i];

		if (s->from == END_NEAR && s->family == x->family && s->received > 0)
			x->passed = MAX(x->passed, s->size);
	}
	for (i = 0; i < f->n_sizes; i++) {
		const struct size_facts *s = &f->sizes[i];

		if (s->from != END_NEAR || s->family != x->family || s->received > 0 ||
		    s->sent < 1 || s->size <= x->passed)
			continue;
		if (!x->lost || s->size < x->lost)
			x->lost = s->size;
	}
}

static void add(struct edge *x, int64_t size)
{
	const struct run *r = x->r;
	unsigned head = x->family == FAMILY_IP6 ? 48 : 28; /* IP, ICMP */
	int64_t timeout = MAX(TIMEOUT_MS * NS_PER_MS, 2 * r->slowest_ns);

	x->asked[x->n] = (struct asked){
		.conf = {
			.target = *run_target(r),
			.source = *run_source(r),
			.count = TRIES,
			.payload_len = (unsigned)(size - head),
			.df = true,
			.interval_ns = INTERVAL_MS * NS_PER_MS,
			.timeout_ns = MIN(timeout, TIMEOUT_MOST_MS * NS_PER_MS),
			.id = run_echo_id(r, ECHO_EDGE + x->round * (PARTS + 1) + (unsigned)x->n),
			.seed = r->conf->seed + 500 + 64 * x->round + x->n,
		},
		.size = size,
	};
	x->n++;
}

static void plan(struct edge *x)
{
	int64_t gap = x->lost - x->passed, parts = MIN(gap, PARTS + 1), i;

	x->n = 0;
	for (i = 1; i < parts; i++)
		add(x, x->passed + gap * i / parts);
	if (!x->round)
		add(x, x->lost);
}

static int open_here(void *ctx, struct err *e)
{
	struct edge *x = ctx;
	size_t i;
	int rc = 0;

	for (i = 0; i < x->n && !rc; i++)
		rc = echo_open(&x->asked[i].conf, x->r->loop, x->r->arena, &x->asked[i].echo, e);
	return rc;
}

static bool all_done(void *ctx)
{
	const struct edge *x = ctx;
	size_t i;

	for (i = 0; i < x->n; i++)
		if (!echo_done(x->asked[i].echo))
			return false;
	return true;
}

static void tell(struct edge *x)
{
	struct facts *f = x->r->f;
	struct size_facts *grown = arena_alloc(x->r->arena, (f->n_sizes + x->n) * sizeof(*grown));
	struct ping_facts p;
	size_t i;

	memcpy(grown, f->sizes, f->n_sizes * sizeof(*grown));
	for (i = 0; i < x->n; i++) {
		echo_facts(x->asked[i].echo, &p, NULL);
		grown[f->n_sizes++] = (struct size_facts){
			.from = END_NEAR,
			.family = x->family,
			.size = x->asked[i].size,
			.sent = p.sent,
			.received = p.received + MAX(p.late, 0),
			.error = p.send_error,
		};
	}
	f->sizes = grown;
}

static bool ask(struct edge *x)
{
	struct err e;
	size_t i;
	int rc = run_in(x->r, END_NEAR, open_here, x, &e);

	/* The largest first, as in run_sizes.c. */
	for (i = x->n; !rc && i-- > 0;)
		echo_start(x->asked[i].echo);
	if (!rc) {
		loop_run(x->r->loop,
			 run_until(x->r, TIMEOUT_MOST_MS + TRIES * INTERVAL_MS + SLACK_MS),
			 all_done, x);
		if (!run_interrupted(x->r))
			tell(x);
	}
	for (i = 0; i < x->n; i++)
		echo_close(x->asked[i].echo);
	return !rc && !run_interrupted(x->r);
}

void run_sizes_edge(struct run *r)
{
	struct edge *x = arena_alloc(r->arena, sizeof(*x));

	x->r = r;
	x->family = run_target(r)->family;
	for (x->round = 0; x->round < ROUNDS; x->round++) {
		look(x);
		if (!x->passed || !x->lost || (x->round && x->lost - x->passed <= 1))
			return;
		plan(x);
		if (!ask(x))
			return;
	}
}
