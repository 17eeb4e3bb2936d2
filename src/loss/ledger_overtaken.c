/*
 * An engine of several threads, or a busy machine: a packet gets its counter behind ones that came
 * after it. No alignment of two orders can hold it; its size can, if nothing else near has that.
 */
#include "base/defs.h"
#include "loss/ledger_align.h"
#include "model/unknown.h"

enum { NEAR = 16 }; /* places to either side */

static bool is_open_item(const struct align_item *it, enum item_fate fate)
{
	return fate != ITEM_TOOK && it->pin < 0;
}

static bool is_open_slot(const struct align_slot *s, enum slot_fate fate)
{
	return fate != SLOT_TAKEN && s->kind == SLOT_SEEN && s->payload && !s->taken && !s->loose &&
	       s->t_ns != UNKNOWN;
}

static bool could_take(const struct align_model *m, const struct align_item *it,
		       const struct align_slot *s)
{
	return (m->item_first ? it->t_ns <= s->t_ns : s->t_ns <= it->t_ns) &&
	       align_size_fits(m, it, s->payload);
}

/* The only open item near place i that could take it; -1. wanted: how many slots want an item. */
static ptrdiff_t only_one(const struct align_sides *x, const struct align_result *r, size_t j,
			  size_t i, unsigned *wanted)
{
	ptrdiff_t one = -1;
	unsigned n = 0;
	size_t k;

	for (k = i > NEAR ? i - NEAR : 0; k < x->n_items && k < i + NEAR; k++) {
		/* what it took besides its first slot stays open */
		n += x->items[k].super ? 2 : 0;
		if (!is_open_item(&x->items[k], r->items[k]) ||
		    !could_take(x->m, &x->items[k], &x->slots[j]))
			continue;
		one = (ptrdiff_t)k;
		wanted[k]++;
		n++;
	}
	return n == 1 ? one : -1;
}

size_t align_overtaken(const struct align_sides *x, const struct align_result *r, struct arena *a,
		       struct align_pair **pairs)
{
	unsigned *wanted = arena_alloc(a, (x->n_items + 1) * sizeof(*wanted));
	struct align_pair *p = arena_alloc(a, (x->n_slots + 1) * sizeof(*p));
	size_t i = 0, j, n = 0, kept = 0;

	for (j = 0; j < x->n_slots; j++) {
		while (i < x->n_items && (r->items[i] != ITEM_TOOK || r->slot_of[i] < (ptrdiff_t)j))
			i++;
		if (!is_open_slot(&x->slots[j], r->slots[j]))
			continue;
		p[n] = (struct align_pair){ only_one(x, r, j, i, wanted), (ptrdiff_t)j };
		n += p[n].item >= 0;
	}
	for (j = 0; j < n; j++)
		if (wanted[p[j].item] == 1)
			p[kept++] = p[j];
	*pairs = p;
	return kept;
}
