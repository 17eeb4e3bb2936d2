/*
 * From a tun to the wire beside it, by order and size.
 */
#include <math.h>
#include <stdlib.h>

#include "loss/ledger_priv.h"

enum { ROUNDS_MAX = 4 }; /* each makes more sure; two are mostly enough */

/* What an alignment is made of, and whose its items are. */
struct pairing {
	struct arena scratch;
	struct slots slots;
	struct align_item *items;
	struct inner **of; /* each item's packet */
	size_t n;
	struct align_model m;
};

/* --- slots that are known ----------------------------------------------------------- */

struct numbered {
	uint64_t counter;
	uint32_t receiver;
	ptrdiff_t slot;
};

static int by_counter(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->receiver != y->receiver)
		return x->receiver < y->receiver ? -1 : 1;
	return (x->counter > y->counter) - (x->counter < y->counter);
}

static struct numbered *number(struct pairing *g, size_t *n)
{
	struct numbered *all = arena_alloc(&g->scratch, (g->slots.n + 1) * sizeof(*all));
	size_t i;

	*n = 0;
	for (i = 0; i < g->slots.n; i++)
		if (g->slots.list[i].kind != SLOT_BREAK)
			all[(*n)++] = (struct numbered){ g->slots.counter[i], g->slots.receiver[i],
							 (ptrdiff_t)i };
	qsort(all, *n, sizeof(*all), by_counter);
	return all;
}

/* By what a packet is known to have gone: the engine said it, or (to) its receiver's end did. */
static const struct carrier *known(const struct ledger *l, const struct inner *p, enum stage from,
				   enum stage to)
{
	const struct probe *probe = p->probe < 0 ? NULL : &l->probes[p->probe];

	if (p->by.traced)
		return &p->by;
	if (to == STAGE_NONE || !probe || probe->at[from] != p || !probe->at[to] ||
	    probe->at[to]->by.how != JOIN_COUNTER)
		return NULL;
	return &probe->at[to]->by;
}

/* Pins must rise: a packet that was overtaken is known, and out of the question with its slot. */
static void pin_known(struct pairing *g, const struct ledger *l, enum stage from, enum stage to)
{
	size_t i, n = 0, n_all;
	struct numbered *all = number(g, &n_all), *found;
	ptrdiff_t last = -1;

	for (i = 0; i < g->n; i++) {
		const struct carrier *c = known(l, g->of[i], from, to);
		struct numbered key;

		found = NULL;
		if (c && c->how == JOIN_COUNTER) {
			key = (struct numbered){ c->counter, c->receiver, 0 };
			found = bsearch(&key, all, n_all, sizeof(*all), by_counter);
		}
		if (found && found->slot <= last)
			g->slots.list[found->slot].taken = true;
		if (c && (!found || found->slot <= last)) {
			g->of[i]->by = *c;
			continue;
		}
		last = found ? found->slot : last;
		g->items[n] = g->items[i];
		g->items[n].pin = found ? found->slot : -1;
		g->of[n++] = g->of[i];
	}
	g->n = n;
}

/* --- items and costs ---------------------------------------------------------------- */

static void items_of(struct pairing *g, const struct ledger *l, const struct inners *in,
		     enum stage tun, enum item_must at_most)
{
	size_t i;

	g->items = arena_alloc(&g->scratch, (in->n + 1) * sizeof(*g->items));
	g->of = arena_alloc(&g->scratch, (in->n + 1) * sizeof(*g->of));
	for (i = 0; i < in->n; i++) {
		struct inner *p = &in->list[i];
		const struct probe *probe = p->probe < 0 ? NULL : &l->probes[p->probe];

		g->of[g->n] = p;
		g->items[g->n++] = (struct align_item){
			.t_ns = p->t_ns,
			.len = p->len,
			.super = p->len > g->m.largest,
			.pin = -1,
			.must = probe && probe->at[tun] == p && ledger_passed(probe, tun) ?
					at_most :
					MUST_NOTHING,
		};
	}
}

static float cost(double share, double low, double high)
{
	return (float)fmax(low, fmin(high, -log(share)));
}

/* How many slots could be packets; how many are none, or may be. */
static void count(const struct pairing *g, double *packets, double *others)
{
	size_t i;

	*packets = *others = 0;
	for (i = 0; i < g->slots.n; i++) {
		const struct align_slot *s = &g->slots.list[i];

		if (s->taken || s->kind == SLOT_BREAK)
			continue;
		*(s->kind == SLOT_SEEN && !s->payload ? others : packets) += 1;
	}
}

static double share_over(double of, double than)
{
	return fmax((of - than) / fmax(of, 1), 0.005);
}

static void keep_one(const struct pairing *g, size_t i, ptrdiff_t slot)
{
	struct carrier *by = &g->of[i]->by;

	if (by->traced)
		return;
	by->how = JOIN_COUNTER;
	by->receiver = g->slots.receiver[slot];
	by->counter = g->slots.counter[slot];
}

/* Those that were overtaken are known, and out of the question with their slots. */
static void take_out(struct pairing *g, const struct align_pair *pairs, size_t n)
{
	bool *gone = arena_alloc(&g->scratch, g->n + 1);
	size_t i, kept = 0;

	for (i = 0; i < n; i++) {
		keep_one(g, (size_t)pairs[i].item, pairs[i].slot);
		g->slots.list[pairs[i].slot].taken = true;
		gone[pairs[i].item] = true;
	}
	for (i = 0; i < g->n; i++) {
		if (gone[i])
			continue;
		g->items[kept] = g->items[i];
		g->of[kept++] = g->of[i];
	}
	g->n = kept;
}

/* whole: both sides were seen without a gap. */
static void align_all(struct pairing *g, bool whole, struct align_result *r)
{
	struct align_pair *pairs;
	size_t n;
	int round;

	/* What is taken out last is aligned without, too: the result is of what is left. */
	for (round = 0;; round++) {
		struct align_sides x = { &g->m, g->items, g->n, g->slots.list, g->slots.n };

		align(&x, &g->scratch, r);
		if (!whole || r->failed || round == ROUNDS_MAX)
			return;
		n = align_overtaken(&x, r, &g->scratch, &pairs);
		if (!n)
			return;
		take_out(g, pairs, n);
	}
}

static void keep(struct pairing *g, struct align_result *r)
{
	size_t i;

	for (i = 0; i < g->n && !r->failed; i++) {
		struct carrier *by = &g->of[i]->by;

		if (by->traced)
			continue;
		if (r->slot_of[i] >= 0) {
			keep_one(g, i, r->slot_of[i]);
		} else if (r->items[i] == ITEM_HIDDEN) {
			by->how = JOIN_HIDDEN;
		} else if (r->items[i] == ITEM_SKIPPED) {
			by->how = JOIN_SKIPPED;
		} else if (r->items[i] == ITEM_NOT_SEEN) {
			by->how = JOIN_NOT_SEEN;
		}
	}
}

/* --- where it was sent -------------------------------------------------------------- */

static void costs_of_sender(struct pairing *g, const struct ledger *l, const struct way *w)
{
	double packets, others;
	bool whole = ledger_whole(l, w->from_tun);
	int64_t n = l->n_dropped[w->from_tun];
	double unseen;

	count(g, &packets, &others);
	unseen = n == UNKNOWN ? packets / 20 : (double)n;
	g->m.skip_item = cost(share_over((double)g->n + unseen, packets), 0.7, 5.3);
	g->m.skip_more = ledger_watched(l, w->from_wire) ? 0.03f : g->m.skip_item;
	g->m.skip_seen = whole ? 30 : cost((unseen + 1) / (packets + 1), 2, 12);
	g->m.skip_hidden = whole ? cost((others + 1) / (packets + others + 2), 2, 7) : 1;
}

void ledger_join_sender(struct ledger *l, unsigned way)
{
	struct way *w = &l->ways[way];
	bool timed = ledger_watched(l, w->from_wire);
	bool whole = ledger_whole(l, w->from_wire);
	struct pairing g = { .m = { .padded = w->padded, .largest = w->largest } };
	struct align_result r;

	g.m.item_first = true;
	arena_init(&g.scratch);
	ledger_slots_sent(l, w, timed ? 0 : -1, &g.scratch, &g.slots);
	items_of(&g, l, &l->inners[w->from_tun], w->from_tun, whole ? MUST_BE_SEEN : MUST_TAKE);
	pin_known(&g, l, w->from_tun, timed ? STAGE_NONE : w->to_tun);
	costs_of_sender(&g, l, w);
	align_learn_delay(&g.m, g.items, g.n, g.slots.list, g.slots.n, &g.scratch);
	align_all(&g, whole && ledger_whole(l, w->from_tun), &r);
	keep(&g, &r);
	arena_done(&g.scratch);
}

/* --- where it came ------------------------------------------------------------------ */

static void keep_delivered(const struct pairing *g, const struct align_result *r, struct way *w)
{
	size_t j;

	for (j = 0; j < g->slots.n; j++) {
		struct message *m = &w->messages[g->slots.list[j].ref];
		bool taken = g->slots.list[j].taken;

		m->delivered = taken || (!r->failed && r->slots[j] == SLOT_TAKEN);
		m->maybe_delivered = r->failed || (!taken && r->slots[j] == SLOT_UNSURE);
	}
}

void ledger_join_receiver(struct ledger *l, unsigned way)
{
	struct way *w = &l->ways[way];
	bool whole = ledger_whole(l, w->to_wire);
	struct pairing g = { .m = { .padded = w->padded, .largest = w->largest } };
	struct align_result r;
	double packets, others;
	size_t i;

	arena_init(&g.scratch);
	ledger_slots_came(l, w, &g.scratch, &g.slots);
	items_of(&g, l, &l->inners[w->to_tun], w->to_tun, MUST_NOTHING);
	pin_known(&g, l, w->to_tun, STAGE_NONE);
	for (i = 0; i < g.n; i++)
		g.items[i].must = whole ? MUST_BE_SEEN : MUST_NOTHING;
	count(&g, &packets, &others);
	g.m.skip_item = g.m.skip_more = 3;
	g.m.skip_seen =
		ledger_whole(l, w->to_tun) ? cost(share_over(packets, (double)g.n), 0.7, 5.3) : 1;
	align_learn_delay(&g.m, g.items, g.n, g.slots.list, g.slots.n, &g.scratch);
	align_all(&g, whole && ledger_whole(l, w->to_tun), &r);
	keep(&g, &r);
	keep_delivered(&g, &r, w);
	arena_done(&g.scratch);
}
