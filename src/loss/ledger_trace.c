/*
 * Packets at a tun and the records of our engine's trace, by the hash of the inner packet. Several
 * with the same hash are taken in their order, if there are as many of the one as of the other.
 */
#include <stdlib.h>
#include <string.h>

#include "loss/ledger_priv.h"

/* What became of one inner packet in the engine. */
struct outcome {
	const struct trace_rec *rec; /* SEALED, OPENED, or the DROPPED of one that got no counter */
	uint16_t drop; /* of the former two: afterwards */
	size_t order;
};
struct outcomes {
	struct outcome *list;
	size_t n;
};

static int by_packet(const void *a, const void *b)
{
	const struct outcome *x = a, *y = b;

	if (x->rec->inner_hash != y->rec->inner_hash)
		return x->rec->inner_hash < y->rec->inner_hash ? -1 : 1;
	if (x->rec->session != y->rec->session)
		return x->rec->session < y->rec->session ? -1 : 1;
	if (x->rec->counter != y->rec->counter)
		return x->rec->counter < y->rec->counter ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static int by_hash(const void *a, const void *b)
{
	const struct outcome *x = a, *y = b;

	if (x->rec->inner_hash != y->rec->inner_hash)
		return x->rec->inner_hash < y->rec->inner_hash ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/*
 * begun: SEALED for what left, OPENED for what came. known: set for records that are told by an
 * outcome.
 */
static struct outcomes outcomes_of(const struct ledger *l, enum trace_stage begun, bool *known,
				   struct arena *a)
{
	struct outcomes o = { arena_alloc(a, (l->n_trace + 1) * sizeof(*o.list)), 0 };
	size_t i, n = 0;

	for (i = 0; i < l->n_trace; i++) {
		const struct trace_rec *r = &l->trace[i];

		if (r->inner_hash && (r->stage == begun || r->stage == TRACE_DROPPED))
			o.list[n++] = (struct outcome){ r, 0, i };
	}
	qsort(o.list, n, sizeof(*o.list), by_packet);
	for (i = 0; i < n; i++) {
		const struct trace_rec *r = o.list[i].rec;
		struct outcome *last = o.n ? &o.list[o.n - 1] : NULL;

		if (r->stage == begun) {
			o.list[o.n++] = (struct outcome){ r, 0, o.list[i].order };
		} else if (last && last->rec->stage == begun &&
			   last->rec->inner_hash == r->inner_hash &&
			   last->rec->session == r->session && last->rec->counter == r->counter) {
			last->drop = r->drop;
			known[o.list[i].order] = true;
		} else if (begun == TRACE_SEALED) {
			o.list[o.n++] = (struct outcome){ r, r->drop, o.list[i].order };
		}
	}
	qsort(o.list, o.n, sizeof(*o.list), by_hash);
	return o;
}

/* --- packets and outcomes ----------------------------------------------------------- */

struct hashed {
	struct inner *packet;
	size_t order;
};

static int by_packet_hash(const void *a, const void *b)
{
	const struct hashed *x = a, *y = b;

	if (x->packet->hash != y->packet->hash)
		return x->packet->hash < y->packet->hash ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static void tell(struct inner *packet, const struct outcome *o)
{
	bool sealed = o->rec->stage != TRACE_DROPPED;

	packet->by = (struct carrier){
		.how = sealed ? JOIN_COUNTER : JOIN_SKIPPED,
		.traced = true,
		.drop = o->drop,
		.receiver = sealed ? o->rec->receiver : 0,
		.counter = sealed ? o->rec->counter : 0,
	};
}

/* only_written: what the engine dropped afterwards was never at this tun. */
static void join(struct inners *in, const struct outcomes *o, bool only_written, struct arena *a)
{
	struct hashed *h = arena_alloc(a, (in->n + 1) * sizeof(*h));
	const struct outcome **same = arena_alloc(a, (o->n + 1) * sizeof(*same));
	size_t i, k = 0, n = 0, end, n_same, t;

	for (i = 0; i < in->n; i++)
		if (in->list[i].hash)
			h[n++] = (struct hashed){ &in->list[i], i };
	qsort(h, n, sizeof(*h), by_packet_hash);
	for (i = 0; i < n; i = end) {
		uint32_t hash = h[i].packet->hash;

		for (end = i; end < n && h[end].packet->hash == hash;)
			end++;
		while (k < o->n && o->list[k].rec->inner_hash < hash)
			k++;
		for (n_same = 0; k < o->n && o->list[k].rec->inner_hash == hash; k++)
			if (!only_written || !o->list[k].drop)
				same[n_same++] = &o->list[k];
		for (t = 0; n_same == end - i && t < n_same; t++)
			tell(h[i + t].packet, same[t]);
	}
}

/* --- messages that were refused ----------------------------------------------------- */

static int by_session(const void *a, const void *b)
{
	const struct trace_rec *x = a, *y = b;

	if (x->session != y->session)
		return x->session < y->session ? -1 : 1;
	return (x->counter > y->counter) - (x->counter < y->counter);
}

/* Of what came in. What left has a session of ours too, and is known by its packet. */
static void refused(struct ledger *l, const bool *left)
{
	size_t i;

	l->refused = arena_alloc(l->a, (l->n_trace + 1) * sizeof(*l->refused));
	for (i = 0; i < l->n_trace; i++)
		if (l->trace[i].stage == TRACE_DROPPED && l->trace[i].session && !left[i])
			l->refused[l->n_refused++] = l->trace[i];
	qsort(l->refused, l->n_refused, sizeof(*l->refused), by_session);
}

uint16_t ledger_refused(const struct ledger *l, const struct carrier *c)
{
	struct trace_rec key = { .session = c->receiver, .counter = c->counter }, *r;

	if (c->how != JOIN_COUNTER || !l->n_refused)
		return 0;
	r = bsearch(&key, l->refused, l->n_refused, sizeof(*r), by_session);
	return r ? r->drop : 0;
}

void ledger_join_trace(struct ledger *l)
{
	struct outcomes left, came;
	struct arena scratch;
	bool *known[2];

	if (!l->traced)
		return;
	arena_init(&scratch);
	known[0] = arena_alloc(&scratch, l->n_trace + 1);
	known[1] = arena_alloc(&scratch, l->n_trace + 1);
	left = outcomes_of(l, TRACE_SEALED, known[0], &scratch);
	came = outcomes_of(l, TRACE_OPENED, known[1], &scratch);
	join(&l->inners[STAGE_TUN_OUT], &left, false, &scratch);
	join(&l->inners[STAGE_FAR_TUN_OUT], &came, false, &scratch);
	join(&l->inners[STAGE_TUN_IN], &came, true, &scratch);
	refused(l, known[0]);
	arena_done(&scratch);
}
