/*
 * Rows are slots, columns are items: cell (j, i) is what the first j slots and i items cost. A row
 * keeps only the columns that are within BEAM of its cheapest, so that memory is linear in the
 * number of slots. Forwards all rows are kept; backwards one at a time, and each step's cheapest
 * way through is known at once.
 */
#include "loss/ledger_align_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/defs.h"
#include "model/unknown.h"

/* Far beyond the margin: what was overtaken must be paid for before the rest fits again. */
static const float beam = 300;
static const float margin = 7; /* one in a thousand */

enum {
	AHEAD_NS = 20 * 1000 * 1000, /* by so much a clock may be wrong and still be looked at */
	/* columns of a row at most: after a pause many, if rows are small on average */
	WIDTH_MAX = 4096,
	WIDTH_MEAN = 128,
	CONTRADICTED = 16, /* so far around what cannot be nothing is believed */
};

/* The cheapest ways through that give an item this fate. */
struct ways {
	float seen, seen_other, hidden, hidden_other, skipped;
	ptrdiff_t seen_slot, hidden_slot;
};

static float *floats(struct walk *w, size_t n)
{
	enum { CHUNK = 1 << 16 };
	float *p;

	if (n > w->pool_left) {
		w->pool_left = MAX(n, (size_t)CHUNK);
		w->pool = arena_alloc(w->a, w->pool_left * sizeof(*w->pool));
	}
	p = w->pool;
	w->pool += n;
	w->pool_left -= n;
	return p;
}

/* --- forwards ----------------------------------------------------------------------- */

/* Items far behind a slot that has a time are not looked at before that slot. */
static void limits(struct walk *w)
{
	const struct align_model *m = w->m;
	int64_t t = INT64_MAX, after = AHEAD_NS;
	size_t j = w->n_slots;

	after += m->item_first ? 0 : m->delay_ns + 20 * m->spread_ns;

	w->until[j] = w->n_items;
	while (j-- > 0) {
		if (w->slots[j].kind == SLOT_SEEN && w->slots[j].t_ns != UNKNOWN)
			t = MIN(t, w->slots[j].t_ns);
		w->until[j] = w->until[j + 1];
		while (t != INT64_MAX && w->until[j] > 0 &&
		       w->items[w->until[j] - 1].t_ns > t + after)
			w->until[j]--;
	}
}

static float at(const struct row *r, unsigned layer, size_t i)
{
	return i < r->lo || i >= r->lo + r->n ? never : r->cost[layer][i - r->lo];
}

static void lower(float *cost, float to)
{
	if (to < *cost)
		*cost = to;
}

static struct row row_new(struct walk *w, size_t lo, size_t n)
{
	struct row r = { .lo = lo, .n = n };
	size_t i;

	r.cost[0] = floats(w, 2 * n);
	r.cost[1] = r.cost[0] + n;
	for (i = 0; i < 2 * n; i++)
		r.cost[0][i] = never;
	return r;
}

/* Skips items within the row. */
static void skip_along(const struct walk *w, size_t j, struct row *r)
{
	size_t i;

	for (i = 0; i + 1 < r->n; i++) {
		float *to = &r->cost[1][i + 1];

		lower(to, r->cost[0][i] + cost_of_item(w, j, r->lo + i, 0));
		lower(to, r->cost[1][i] + cost_of_item(w, j, r->lo + i, 1));
	}
}

static float cheapest(const struct row *r, size_t i)
{
	return MIN(r->cost[0][i], r->cost[1][i]);
}

/* What a narrowed row has too much; it is the last that was taken from the pool. */
static void give_back(struct walk *w, struct row *r, size_t skip)
{
	float *end = r->cost[0] + 2 * r->n;

	memmove(r->cost[0], r->cost[0] + skip, r->n * sizeof(*end));
	memmove(r->cost[0] + r->n, r->cost[1] + skip, r->n * sizeof(*end));
	r->cost[1] = r->cost[0] + r->n;
	w->pool_left += (size_t)(w->pool - end);
	w->pool = end;
}

static void narrow(struct walk *w, struct row *r, size_t most)
{
	float best = never;
	size_t i, skip = 0;

	for (i = 0; i < r->n; i++)
		best = MIN(best, cheapest(r, i));
	while (r->n > 1 && cheapest(r, r->n - 1) > best + beam)
		r->n--;
	while (skip + 1 < r->n && cheapest(r, skip) > best + beam)
		skip++;
	/* Of the two ends the dearer one goes. */
	while (r->n - skip > most) {
		if (cheapest(r, skip) > cheapest(r, r->n - 1))
			skip++;
		else
			r->n--;
	}
	r->lo += skip;
	r->n -= skip;
	give_back(w, r, skip);
}

static size_t width_max(const struct walk *w, size_t j)
{
	return w->cells < WIDTH_MEAN * (j + WIDTH_MAX) ? WIDTH_MAX : WIDTH_MEAN;
}

/* How many columns row j has, when it begins with lo and the row above ends with `last`. */
static size_t width(const struct walk *w, size_t j, size_t lo, size_t last)
{
	size_t until = MAX(w->until[j], last) + 1;

	until = MIN(until, w->n_items + 1);
	if (j == w->n_slots)
		return w->n_items + 1 - lo;
	return MIN(until - lo, MAX(width_max(w, j), last + 1 - lo));
}

static void forwards(struct walk *w)
{
	size_t i, j;

	w->rows[0] = row_new(w, 0, width(w, 0, 0, 0));
	w->rows[0].cost[0][0] = 0;
	for (j = 0;; j++) {
		struct row *r = &w->rows[j], *next = r + 1;

		skip_along(w, j, r);
		if (j == w->n_slots)
			return;
		narrow(w, r, width_max(w, j));
		w->cells += r->n;
		*next = row_new(w, r->lo, width(w, j + 1, r->lo, MIN(r->lo + r->n, w->n_items)));
		for (i = r->lo; i < r->lo + r->n; i++) {
			float skip = cost_of_slot(w, j, i);

			lower(&next->cost[0][i - next->lo], at(r, 0, i) + skip);
			lower(&next->cost[1][i - next->lo], at(r, 1, i) + skip);
			if (i < w->n_items)
				lower(&next->cost[0][i + 1 - next->lo],
				      cheapest(r, i - r->lo) + cost_of_match(w, j, i));
		}
	}
}

/* --- backwards ---------------------------------------------------------------------- */

static void note(float cost, ptrdiff_t slot, float *best, ptrdiff_t *best_slot, float *other)
{
	if (*best_slot == slot || cost < *best) {
		if (*best_slot != slot && *best_slot != -1)
			lower(other, *best);
		*best = *best_slot == slot ? MIN(*best, cost) : cost;
		*best_slot = slot;
	} else {
		lower(other, cost);
	}
}

static void note_match(const struct walk *w, struct ways *ways, size_t j, float cost)
{
	if (w->slots[j].kind == SLOT_SEEN || w->pinned[j] >= 0)
		note(cost, (ptrdiff_t)j, &ways->seen, &ways->seen_slot, &ways->seen_other);
	else
		note(cost, (ptrdiff_t)j, &ways->hidden, &ways->hidden_slot, &ways->hidden_other);
}

/* Behind a break's skipped item may be a counter that nobody knows of. */
static void note_skip(const struct walk *w, struct ways *ways, size_t j, float cost)
{
	lower(&ways->skipped, cost);
	if (j == w->n_slots || w->slots[j].kind == SLOT_BREAK)
		note(cost, -2, &ways->hidden, &ways->hidden_slot, &ways->hidden_other);
}

/* What is left to pay from each cell of row j. below: the same of row j + 1. */
static void backwards_row(struct walk *w, size_t j, const struct row *below, struct row *b,
			  struct ways *ways, float *slot_skipped, float *slot_taken)
{
	const struct row *f = &w->rows[j];
	size_t i = f->lo + f->n;

	while (i-- > f->lo) {
		float come = cheapest(f, i - f->lo), skip, match, item;
		float *left0 = &b->cost[0][i - b->lo], *left1 = &b->cost[1][i - b->lo];

		skip = cost_of_slot(w, j, i);
		*left0 = skip + at(below, 0, i);
		*left1 = skip + at(below, 1, i);
		lower(slot_skipped, MIN(at(f, 0, i) + *left0, at(f, 1, i) + *left1));
		if (i == w->n_items)
			continue;
		match = cost_of_match(w, j, i) + at(below, 0, i + 1);
		lower(left0, match);
		lower(left1, match);
		if (match < never) {
			note_match(w, &ways[i], j, come + match);
			lower(slot_taken, come + match);
		}
		item = at(b, 1, i + 1);
		note_skip(w, &ways[i], j,
			  MIN(at(f, 0, i) + cost_of_item(w, j, i, 0),
			      at(f, 1, i) + cost_of_item(w, j, i, 1)) +
				  item);
		lower(left0, cost_of_item(w, j, i, 0) + item);
		lower(left1, cost_of_item(w, j, i, 1) + item);
	}
}

static struct row backwards_last(struct walk *w, struct ways *ways)
{
	const struct row *f = &w->rows[w->n_slots];
	struct row b = row_new(w, f->lo, f->n);
	size_t i = f->n;

	b.cost[0][f->n - 1] = b.cost[1][f->n - 1] = 0;
	while (--i > 0) {
		size_t item = f->lo + i - 1;
		float rest = b.cost[1][i], open = cost_of_item(w, w->n_slots, item, 0),
		      more = cost_of_item(w, w->n_slots, item, 1);

		b.cost[0][i - 1] = open + rest;
		b.cost[1][i - 1] = more + rest;
		note_skip(w, &ways[item], w->n_slots,
			  MIN(f->cost[0][i - 1] + open, f->cost[1][i - 1] + more) + rest);
	}
	return b;
}

static void backwards(struct walk *w, struct ways *ways, float best, enum slot_fate *fates)
{
	struct row below = backwards_last(w, ways);
	size_t j = w->n_slots;

	while (j-- > 0) {
		float skipped = never, taken = never;
		struct row b = row_new(w, w->rows[j].lo, w->rows[j].n);

		backwards_row(w, j, &below, &b, ways, &skipped, &taken);
		below = b;
		fates[j] = skipped > best + margin ? SLOT_TAKEN :
			   taken > best + margin   ? SLOT_FREE :
						     SLOT_UNSURE;
	}
}

/* --- what is sure ------------------------------------------------------------------- */

static enum item_fate judged(const struct ways *w, float limit, ptrdiff_t *slot)
{
	*slot = -1;
	if (w->seen <= limit) {
		if (w->seen_other <= limit || MIN(w->hidden, w->skipped) <= limit)
			return ITEM_UNSURE;
		*slot = w->seen_slot;
		return ITEM_TOOK;
	}
	if (w->skipped <= limit)
		return w->hidden <= limit ? ITEM_NOT_SEEN : ITEM_SKIPPED;
	if (w->hidden_other > limit && w->hidden_slot >= 0)
		*slot = w->hidden_slot;
	return ITEM_HIDDEN;
}

static bool is_contradicted(const struct walk *w, const struct align_result *r, size_t i)
{
	return w->items[i].must != MUST_NOTHING &&
	       (r->items[i] == ITEM_SKIPPED || r->items[i] == ITEM_NOT_SEEN);
}

/* A message of a packet that nobody saw at a tun that was watched without a gap. */
static bool is_nobodys(const struct walk *w, const struct align_result *r, size_t j)
{
	const struct align_slot *s = &w->slots[j];

	return r->slots[j] == SLOT_FREE && w->m->skip_seen >= margin && s->kind == SLOT_SEEN &&
	       s->payload && !s->taken && !s->loose && !(w->any_super && is_segment(w, j));
}

static void unbelieve(const struct walk *w, struct align_result *r, bool *doubted, size_t i)
{
	size_t k;

	for (k = i > CONTRADICTED ? i - CONTRADICTED : 0; k < w->n_items && k < i + CONTRADICTED;
	     k++)
		doubted[k] |= r->items[k] != ITEM_TOOK;
}

/* What cannot be was taken for want of better: too much of it, and nothing is believed. */
static void contradictions(const struct walk *w, struct align_result *r)
{
	bool *doubted = arena_alloc(w->a, w->n_items + 1);
	size_t i = 0, j, bad = 0;

	for (j = 0; j < w->n_slots; j++) {
		while (i < w->n_items && (r->items[i] != ITEM_TOOK || r->slot_of[i] < (ptrdiff_t)j))
			i++;
		if (!is_nobodys(w, r, j))
			continue;
		unbelieve(w, r, doubted, i);
		bad++;
	}
	for (i = 0; i < w->n_items; i++) {
		if (!is_contradicted(w, r, i))
			continue;
		unbelieve(w, r, doubted, i);
		bad++;
	}
	for (i = 0; i < w->n_items; i++)
		if (doubted[i])
			r->items[i] = ITEM_UNSURE;
	r->failed |= bad > 3 + (w->n_items + w->n_slots) / 20;
}

static void judge(struct walk *w, struct align_result *out)
{
	struct ways *ways = arena_alloc(w->a, (w->n_items + 1) * sizeof(*ways));
	const struct row *last = &w->rows[w->n_slots];
	float best = cheapest(last, last->n - 1);
	size_t i;

	for (i = 0; i < w->n_items; i++)
		ways[i] = (struct ways){ never, never, never, never, never, -1, -1 };
	backwards(w, ways, best, out->slots);
	for (i = 0; i < w->n_items; i++)
		out->items[i] = judged(&ways[i], best + margin, &out->slot_of[i]);
	out->failed = best > never / 2;
	contradictions(w, out);
}

void align(const struct align_sides *x, struct arena *a, struct align_result *out)
{
	struct arena scratch;
	struct walk w = { .m = x->m, .items = x->items, .slots = x->slots, .a = &scratch };
	size_t i;

	arena_init(&scratch);
	w.n_items = x->n_items;
	w.n_slots = x->n_slots;
	w.rows = arena_alloc(&scratch, (w.n_slots + 1) * sizeof(*w.rows));
	w.until = arena_alloc(&scratch, (w.n_slots + 1) * sizeof(*w.until));
	w.pinned = arena_alloc(&scratch, (w.n_slots + 1) * sizeof(*w.pinned));
	for (i = 0; i < w.n_slots; i++)
		w.pinned[i] = -1;
	for (i = 0; i < w.n_items; i++) {
		w.any_super |= w.items[i].super;
		if (w.items[i].pin >= 0)
			w.pinned[w.items[i].pin] = (ptrdiff_t)i;
	}
	out->items = arena_alloc(a, (w.n_items + 1) * sizeof(*out->items));
	out->slot_of = arena_alloc(a, (w.n_items + 1) * sizeof(*out->slot_of));
	out->slots = arena_alloc(a, (w.n_slots + 1) * sizeof(*out->slots));
	limits(&w);
	forwards(&w);
	judge(&w, out);
	arena_done(&scratch);
}
