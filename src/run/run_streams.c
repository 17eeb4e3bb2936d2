/*
 * Bulk data: echo that fills the packets, UDP, TCP; both directions and each inner family
 * at once, one kind after the other.
 */
#include <errno.h>

#include "probe/echo.h"
#include "probe/stream.h"
#include "run/run_priv.h"

enum {
	ECHO_INTERVAL_MS = 2,
	ECHO_TIMEOUT_MS = 1000,
	/* without one more byte: what does not move is not slow, but stuck */
	STALL_MS = 1500,
	KIND_MS = 10000, /* for all transfers of one kind, on however busy a machine */
	KINDS = 3,
	WAYS = 4, /* two directions, two families */
	ICMP_HEADER_LEN = 8,
	IP4_LEN = 20,
	IP6_LEN = 40,
};

struct way {
	enum end from;
	bool v6;
	struct stream *stream;
	struct echo *echo;
};

struct all {
	struct way way[WAYS];
	size_t n;
};

static struct ip_addr inner_of(const struct run *r, enum end end, bool v6)
{
	return v6 ? r->end[end].inner6 : r->end[end].inner4;
}

static enum end other(enum end e)
{
	return e == END_NEAR ? END_FAR : END_NEAR;
}

static bool all_done(void *ctx)
{
	struct all *x = ctx;
	size_t i;

	for (i = 0; i < x->n; i++) {
		if (x->way[i].stream && !stream_done(x->way[i].stream))
			return false;
		if (x->way[i].echo && !echo_done(x->way[i].echo))
			return false;
	}
	return true;
}

/* Always room for all: KINDS * WAYS. */
static struct stream_facts *next_facts(struct run *r)
{
	return &r->f->streams[r->f->n_streams++];
}

static void not_opened(struct run *r, const struct way *w, enum stream_kind kind,
		       const struct err *e)
{
	*next_facts(r) = (struct stream_facts){
		.kind = kind,
		.from = w->from,
		.family = w->v6 ? FAMILY_IP6 : FAMILY_IP4,
		.unit = r->mtu,
		.error = arena_strdup(r->arena, e->text),
	};
}

/* --- echo ------------------------------------------------------------------- */

struct opening {
	struct run *r;
	struct way *way;
};

static int open_echo_here(void *ctx, struct err *e)
{
	struct opening *o = ctx;
	struct run *r = o->r;
	struct way *w = o->way;
	struct echo_conf c = {
		.target = inner_of(r, other(w->from), w->v6),
		.source = inner_of(r, w->from, w->v6),
		.count = RUN_ECHOES,
		.payload_len = r->mtu - ICMP_HEADER_LEN - (w->v6 ? IP6_LEN : IP4_LEN),
		.interval_ns = ECHO_INTERVAL_MS * NS_PER_MS,
		.timeout_ns = ECHO_TIMEOUT_MS * NS_PER_MS,
		.id = run_echo_id(r, ECHO_STREAMS),
		.seed = r->conf->seed + 3,
	};

	return echo_open(&c, r->loop, r->arena, &w->echo, e);
}

static void open_echo(struct run *r, struct way *w)
{
	struct opening o = { r, w };
	struct err e;

	if (run_in(r, w->from, open_echo_here, &o, &e) < 0)
		not_opened(r, w, STREAM_ECHO, &e);
	else
		echo_start(w->echo);
}

static void close_echo(struct run *r, struct way *w)
{
	struct ping_facts p;
	int64_t corrupt;

	if (!w->echo)
		return;
	echo_facts(w->echo, &p, &corrupt);
	*next_facts(r) = (struct stream_facts){
		.kind = STREAM_ECHO,
		.from = w->from,
		.family = w->v6 ? FAMILY_IP6 : FAMILY_IP4,
		.sent = p.sent,
		.received = p.received,
		.corrupt = corrupt,
		.unit = p.size,
		.elapsed_ns = p.elapsed_ns,
		.error = p.send_error,
		.shortage = p.shortage,
	};
	echo_close(w->echo);
	w->echo = NULL;
}

/* --- streams ------------------------------------------------------------------ */

static void open_stream(struct run *r, struct way *w, enum stream_kind kind)
{
	struct stream_conf c = {
		.kind = kind,
		.from = w->from,
		.netns = { r->end[END_NEAR].netns, r->end[END_FAR].netns },
		.home_netns = r->home_netns,
		.addr = { inner_of(r, END_NEAR, w->v6), inner_of(r, END_FAR, w->v6) },
		.amount = kind == STREAM_TCP ? RUN_TCP_BYTES : RUN_DATAGRAMS,
		.unit = r->mtu,
		.seed = r->conf->seed + 4 + kind,
	};
	struct err e;

	if (stream_open(&c, r->p, r->loop, r->arena, &w->stream, &e) < 0) {
		w->stream = NULL;
		not_opened(r, w, kind, &e);
		return;
	}
	stream_start(w->stream);
}

static void close_stream(struct run *r, struct way *w)
{
	if (!w->stream)
		return;
	stream_facts(w->stream, next_facts(r));
	stream_close(w->stream);
	w->stream = NULL;
}

static int64_t arrived(const struct all *x)
{
	struct stream_facts sf;
	struct ping_facts pf;
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < x->n; i++) {
		if (x->way[i].stream) {
			stream_facts(x->way[i].stream, &sf);
			sum += sf.received;
		}
		if (x->way[i].echo) {
			echo_facts(x->way[i].echo, &pf, NULL);
			sum += pf.received;
		}
	}
	return sum;
}

/* As long as it moves, it is waited for. */
static void wait_for_all(struct run *r, struct all *x)
{
	int64_t until = run_until(r, KIND_MS), before;
	int rc;

	do {
		before = arrived(x);
		rc = loop_run(r->loop, MIN(until, run_until(r, STALL_MS)), all_done, x);
	} while (rc == -ETIMEDOUT && arrived(x) != before && loop_now(r->loop) < until);
}

static void one_kind(struct run *r, enum stream_kind kind)
{
	struct all x = { .n = r->end[END_NEAR].inner6.family ? WAYS : WAYS / 2 };
	size_t i;

	for (i = 0; i < x.n; i++) {
		x.way[i].from = i % 2 ? END_FAR : END_NEAR;
		x.way[i].v6 = i >= WAYS / 2;
		if (kind == STREAM_ECHO)
			open_echo(r, &x.way[i]);
		else
			open_stream(r, &x.way[i], kind);
	}
	wait_for_all(r, &x);
	for (i = 0; i < x.n; i++) {
		close_echo(r, &x.way[i]);
		close_stream(r, &x.way[i]);
	}
}

void run_streams(struct run *r)
{
	static const enum stream_kind kinds[KINDS] = { STREAM_ECHO, STREAM_UDP, STREAM_TCP };
	unsigned i;

	if (run_gap_no_session(r, NEED_STREAMS))
		return;
	r->f->streams = arena_alloc(r->arena, KINDS * WAYS * sizeof(*r->f->streams));
	for (i = 0; i < KINDS; i++) {
		one_kind(r, kinds[i]);
		/* What was cut off is no finding. */
		if (run_interrupted(r))
			return;
	}
	facts_have(r->f, NEED_STREAMS);
}
