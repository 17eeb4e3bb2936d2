/*
 * What each step of the alignment costs.
 */
#include <math.h>

#include "loss/ledger_align_priv.h"
#include "model/unknown.h"

/* A TCP segment has so much less than the tun's MTU at most. */
enum { SEGMENT_LESS = 64 };

static const float must_cost = 45;

static float cost_of_time(const struct align_model *m, int64_t item_ns, int64_t slot_ns)
{
	int64_t d = (m->item_first ? slot_ns - item_ns : item_ns - slot_ns) - m->delay_ns;
	float unit = (float)m->spread_ns, x = (float)d / unit;
	float cost;

	/* Much too early is nearly impossible, late is only rare. */
	if (x < -1)
		cost = 2 + 4 * (float)log(-x);
	else
		cost = x <= 3 ? 0 : 2.5f * (float)log(x / 3);
	return MIN(cost, 30);
}

bool align_size_fits(const struct align_model *m, const struct align_item *it, uint32_t payload)
{
	uint32_t padded = (it->len + 15) / 16 * 16;

	if (it->super)
		return payload > 0;
	if (!m->padded)
		return payload == it->len;
	return payload == padded ||
	       (payload == m->largest && payload >= it->len && payload < padded);
}

float cost_of_match(const struct walk *w, size_t j, size_t i)
{
	const struct align_slot *s = &w->slots[j];
	const struct align_item *it = &w->items[i];

	if (it->pin >= 0 || w->pinned[j] >= 0)
		return it->pin == (ptrdiff_t)j ? 0 : never;
	if (s->taken || s->kind == SLOT_BREAK)
		return never;
	if (s->kind == SLOT_HIDDEN)
		return it->must == MUST_BE_SEEN ? must_cost : 0;
	if (!align_size_fits(w->m, it, s->payload))
		return never;
	return w->m->take_seen + (s->t_ns == UNKNOWN ? 0 : cost_of_time(w->m, it->t_ns, s->t_ns));
}

static bool is_full(const struct walk *w, size_t j)
{
	const struct align_slot *s = &w->slots[j];

	return s->kind == SLOT_HIDDEN ||
	       (s->kind == SLOT_SEEN && s->payload + SEGMENT_LESS >= w->m->largest);
}

/* Of a superpacket's, all are full but the last. */
bool is_segment(const struct walk *w, size_t j)
{
	return is_full(w, j) || (j > 0 && w->slots[j].payload && is_full(w, j - 1));
}

/* The slot is nobody's; i items came before it. */
float cost_of_slot(const struct walk *w, size_t j, size_t i)
{
	const struct align_slot *s = &w->slots[j];

	if (s->taken || s->kind == SLOT_BREAK)
		return 0;
	if (w->pinned[j] >= 0)
		return must_cost;
	if (s->kind == SLOT_SEEN && s->payload == 0)
		return 0;
	if (i > 0 && w->items[i - 1].super && is_segment(w, j))
		return 1;
	if (s->loose)
		return MIN(w->m->skip_seen, 1);
	return s->kind == SLOT_HIDDEN ? w->m->skip_hidden : w->m->skip_seen;
}

float cost_of_item(const struct walk *w, size_t j, size_t i, unsigned layer)
{
	const struct align_item *it = &w->items[i];
	bool open_end = j == w->n_slots || w->slots[j].kind == SLOT_BREAK;

	if (it->pin >= 0 || it->must == MUST_BE_SEEN || (it->must == MUST_TAKE && !open_end))
		return must_cost;
	if (layer == 1)
		return w->m->skip_more;
	return open_end ? MIN(w->m->skip_item, 1) : w->m->skip_item;
}
