/*
 * The one reader of the near engine's trace ring. What comes of each initiation is told by it from
 * when the engine runs, and what becomes of each probe while probes are followed: each hears all
 * records of its time.
 */
#include "engine/trace_ring.h"
#include "engine/uapi_client.h"
#include "run/run_priv.h"

enum {
	ASK_MS = 500,
	READ_RECS = 512,
};

struct run_trace {
	struct run *r;
	struct trace_ring *ring;
};

static int attach_ring(void *ctx, struct err *e)
{
	struct run_trace *t = ctx;

	return uapi_trace_ring(t->r->end[END_NEAR].tun, ASK_MS, &t->ring, e);
}

bool run_trace_open(struct run *r)
{
	struct run_trace *t;
	struct err ignored;

	if (r->trace)
		return true;
	if (r->end[END_NEAR].via != WG_VIA_SOCKET)
		return false;
	t = arena_alloc(r->arena, sizeof(*t));
	*t = (struct run_trace){ .r = r };
	if (run_in(r, END_NEAR, attach_ring, t, &ignored) < 0)
		return false;
	r->trace = t;
	return true;
}

void run_trace_read(struct run *r)
{
	struct trace_rec recs[READ_RECS];
	uint64_t overrun;
	size_t n;

	if (!r->trace)
		return;
	do {
		overrun = 0;
		n = trace_ring_read(r->trace->ring, recs, READ_RECS, &overrun);
		run_attempts_trace(r->attempts, recs, n, overrun);
		run_ledger_trace(r->ledger, recs, n, overrun);
	} while (n == READ_RECS);
}

void run_trace_close(struct run *r)
{
	if (r->trace)
		trace_ring_free(r->trace->ring);
	r->trace = NULL;
}
