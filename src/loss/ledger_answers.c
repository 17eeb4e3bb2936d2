/*
 * What became of requests that were not answered, told from this end by the counters of what came
 * back: the far side's counters advance only for what it sent. Between two answers whose counters
 * are known, a missing counter is an answer that was lost on the way back, and a request without
 * one was never answered. If there are fewer missing counters than requests, which is which is not
 * known; then it is only said that they were lost between the two wires.
 *
 * The far side's keepalives and its other packets take counters too, and may be lost: how likely a
 * missing counter is one of those is taken from what came (ledger_align.h has the margin).
 */
#include <math.h>
#include <stdlib.h>

#include "loss/ledger_priv.h"

/* Packets that wait together may change places on any way: by so many at least. */
enum { REACH = 3 };
enum { MOST_COST = 7 }; /* of what is taken for somebody else's: one in a thousand */

struct answers {
	struct arena scratch;
	struct slots slots;
	struct align_item *items;
	struct probe **of;
	size_t n;
	size_t inverted; /* by how many places an answer was overtaken at most */
	struct align_model m;
};

/* Each slot's place by message. */
static ptrdiff_t *slot_index(struct answers *g, const struct way *w)
{
	ptrdiff_t *of = arena_alloc(&g->scratch, (w->n_messages + 1) * sizeof(*of));
	size_t j;

	for (j = 0; j < g->slots.n; j++) {
		struct align_slot *s = &g->slots.list[j];

		if (s->kind != SLOT_SEEN)
			continue;
		of[s->ref] = (ptrdiff_t)j;
		s->taken = w->messages[s->ref].delivered;
		s->loose = w->messages[s->ref].maybe_delivered;
	}
	return of;
}

static void add(struct answers *g, struct probe *p, ptrdiff_t slot)
{
	g->of[g->n] = p;
	g->items[g->n++] = (struct align_item){
		.t_ns = p->t_ns,
		.len = p->size,
		.pin = slot,
		.must = p->answered_ns == UNKNOWN ? MUST_NOTHING : MUST_BE_SEEN,
	};
}

/* Answers that were overtaken are out of the order, and both they and their slots are left out. */
static void items_of(struct answers *g, struct ledger *l, const struct way *w)
{
	ptrdiff_t *slot_of = slot_index(g, w), last = -1;
	size_t i, n_last = 0;

	g->items = arena_alloc(&g->scratch, (l->n_probes + 1) * sizeof(*g->items));
	g->of = arena_alloc(&g->scratch, (l->n_probes + 1) * sizeof(*g->of));
	for (i = 0; i < l->n_probes; i++) {
		struct probe *p = &l->probes[i];
		const struct message *m = NULL;
		ptrdiff_t slot = -1;

		if (p->by[WAY_BACK].how == JOIN_COUNTER)
			m = ledger_message(w, p->by[WAY_BACK].receiver, p->by[WAY_BACK].counter);
		if (m)
			slot = slot_of[m - w->messages];
		if (slot >= 0 && slot < last) {
			g->slots.list[slot].taken = true;
			g->inverted = MAX(g->inverted, g->n - n_last + 1);
			continue;
		}
		if (p->answered_ns == UNKNOWN && ledger_died_there(p))
			continue;
		if (slot >= 0) {
			g->slots.list[slot].taken = false;
			last = slot;
			n_last = g->n;
		}
		add(g, p, slot);
	}
}

/*
 * A message that came and brought nothing to the tun may be an answer that died here, or somebody
 * else's. How likely is the latter? As among those that brought something; and more of them than
 * there are requests without an answer are others' for sure.
 */
static float others_cost(const struct answers *g, double silent, double pinned)
{
	double others = 0, died = 0;
	size_t j;

	for (j = 0; j < g->slots.n; j++) {
		const struct align_slot *s = &g->slots.list[j];

		if (s->kind != SLOT_SEEN || !s->payload)
			continue;
		others += s->taken || s->loose;
		died += !s->taken && !s->loose;
	}
	others += fmax(0, died - pinned - silent);
	return (float)fmin(MOST_COST, -log((others + 0.1) / (others + pinned + 1)));
}

static void costs(struct answers *g)
{
	double seen = 0, pinned = 0, silent = 0;
	int64_t *delays = arena_alloc(&g->scratch, (g->n + 1) * sizeof(*delays));
	size_t i, n = 0;

	for (i = 0; i < g->slots.n; i++)
		seen += g->slots.list[i].kind == SLOT_SEEN;
	for (i = 0; i < g->n; i++) {
		silent += g->of[i]->answered_ns == UNKNOWN;
		if (g->items[i].pin < 0)
			continue;
		pinned += 1;
		delays[n++] = g->slots.list[g->items[i].pin].t_ns - g->items[i].t_ns;
	}
	align_delay_of(&g->m, delays, n);
	g->m.item_first = true;
	g->m.take_seen = 1;
	g->m.skip_item = (float)fmax(1, fmin(4, -log((silent + 1) / ((double)g->n + 2))));
	g->m.skip_more = g->m.skip_item / 2;
	g->m.skip_hidden = (float)fmin(MOST_COST, -log((seen - pinned + 0.1) / (seen + 1)));
	g->m.skip_seen = others_cost(g, silent, pinned);
}

/* --- where order cannot be trusted -------------------------------------------------- */

static bool either(enum item_fate f)
{
	return f == ITEM_SKIPPED || f == ITEM_HIDDEN;
}

/* The answer that stands in the order next behind slot j, from i on. */
static size_t item_behind(const struct answers *g, const struct align_result *r, size_t i, size_t j)
{
	while (i < g->n && (r->items[i] != ITEM_TOOK || r->slot_of[i] < (ptrdiff_t)j))
		i++;
	return i;
}

/*
 * A counter that is no answer's, or may be none: those next to it may be wrong by one place; where
 * answers overtook each other, by more. If the counter was seen, it may be of any of them.
 */
static void doubt(const struct answers *g, struct align_result *r, bool *doubted)
{
	size_t i = 0, j, k, reach = REACH + 4 * g->inverted;

	for (j = 0; j < g->slots.n; j++) {
		const struct align_slot *s = &g->slots.list[j];
		size_t from;

		i = item_behind(g, r, i, j);
		if (s->kind == SLOT_BREAK || s->taken || r->slots[j] == SLOT_TAKEN ||
		    (s->kind == SLOT_SEEN && !s->payload))
			continue;
		for (from = i; from > 0 && r->items[from - 1] != ITEM_TOOK;)
			from--;
		from = MIN(from, i > reach ? i - reach : 0);
		for (k = from; k < g->n && k < i + reach; k++) {
			doubted[k] = true;
			if (s->kind == SLOT_SEEN && r->items[k] != ITEM_TOOK &&
			    align_size_fits(&g->m, &g->items[k], s->payload))
				r->items[k] = ITEM_UNSURE;
		}
	}
}

/* Of two that are nearer than answers overtake, one lost there and one lost back: which? */
static void doubt_mixed(const struct answers *g, const struct align_result *r, bool *doubted)
{
	size_t i, k;

	for (i = 0; i < g->n && g->inverted; i++) {
		if (r->items[i] == ITEM_TOOK)
			continue;
		for (k = i + 1; k < g->n && k <= i + 2 * g->inverted; k++)
			if (r->items[k] != ITEM_TOOK && r->items[k] != r->items[i])
				doubted[i] = doubted[k] = true;
	}
}

static void keep(const struct answers *g, const struct align_result *r, const bool *doubted)
{
	size_t i;

	for (i = 0; i < g->n && !r->failed; i++) {
		struct carrier *by = &g->of[i]->by[WAY_BACK];
		ptrdiff_t slot = r->slot_of[i];

		if (by->how != JOIN_UNSURE || r->items[i] == ITEM_UNSURE)
			continue;
		if (r->items[i] == ITEM_NOT_SEEN || (either(r->items[i]) && doubted[i])) {
			by->how = JOIN_NOT_SEEN;
		} else if (r->items[i] == ITEM_SKIPPED) {
			by->how = JOIN_SKIPPED;
		} else if (slot < 0) {
			by->how = JOIN_HIDDEN;
		} else {
			by->how = JOIN_COUNTER;
			by->receiver = g->slots.receiver[slot];
			by->counter = g->slots.counter[slot];
		}
	}
}

void ledger_join_answers(struct ledger *l)
{
	const struct way *w = &l->ways[WAY_BACK];
	struct answers g = { .m = { .padded = w->padded, .largest = w->largest } };
	struct align_result r;
	struct align_sides x;
	bool *doubted;

	arena_init(&g.scratch);
	ledger_slots_sent(l, w, 1, &g.scratch, &g.slots);
	items_of(&g, l, w);
	costs(&g);
	x = (struct align_sides){ &g.m, g.items, g.n, g.slots.list, g.slots.n };
	align(&x, &g.scratch, &r);
	doubted = arena_alloc(&g.scratch, g.n + 1);
	doubt(&g, &r, doubted);
	doubt_mixed(&g, &r, doubted);
	keep(&g, &r, doubted);
	arena_done(&g.scratch);
}
