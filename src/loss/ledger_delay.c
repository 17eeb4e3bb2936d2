/*
 * How long a packet usually takes from a tun to the wire beside it, or back.
 */
#include <stdlib.h>

#include "base/defs.h"
#include "loss/ledger_align.h"
#include "model/unknown.h"

enum { SPREAD_NS_MIN = 20 * 1000 };

static int by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void align_delay_of(struct align_model *m, int64_t *delays, size_t n)
{
	m->delay_ns = 0;
	m->spread_ns = NS_PER_MS;
	if (!n)
		return;
	/* Up to a quarter may be to another one than its own, where a capture has not all. */
	qsort(delays, n, sizeof(*delays), by_value);
	m->delay_ns = delays[n / 2];
	m->spread_ns = MAX(2 * (delays[3 * n / 4] - delays[n / 2]), (int64_t)SPREAD_NS_MIN);
}

/* Each slot's to the item next to it: the right one, unless they come in a crowd. */
void align_learn_delay(struct align_model *m, const struct align_item *items, size_t n_items,
		       const struct align_slot *slots, size_t n_slots, struct arena *a)
{
	int64_t *delays = arena_alloc(a, (n_slots + 1) * sizeof(*delays));
	size_t i = 0, j, n = 0;

	for (j = 0; j < n_slots; j++) {
		int64_t t = slots[j].t_ns;

		if (slots[j].kind != SLOT_SEEN || slots[j].taken || !slots[j].payload ||
		    t == UNKNOWN)
			continue;
		/* the first item behind it */
		while (i < n_items && items[i].t_ns <= t)
			i++;
		while (i > 0 && items[i - 1].t_ns > t)
			i--;
		if (m->item_first && i > 0)
			delays[n++] = t - items[i - 1].t_ns;
		else if (!m->item_first && i < n_items)
			delays[n++] = items[i].t_ns - t;
	}
	align_delay_of(m, delays, n);
}
