/*
 * What the files of the alignment share.
 */
#ifndef LOSS_LEDGER_ALIGN_PRIV_H
#define LOSS_LEDGER_ALIGN_PRIV_H

#include "base/defs.h"
#include "loss/ledger_align.h"

static const float never = 1e9f;

/* Two layers of a row: [0] the last item took a slot, [1] it was skipped. */
struct row {
	size_t lo, n;
	float *cost[2];
};

struct walk {
	const struct align_model *m;
	const struct align_item *items;
	const struct align_slot *slots;
	size_t n_items, n_slots;
	struct arena *a;
	float *pool;
	size_t pool_left, cells;
	struct row *rows; /* n_slots + 1 */
	size_t *until; /* of each row: no item from here on is looked at yet */
	ptrdiff_t *pinned; /* of each slot: its item, or -1 */
	bool any_super;
};

/* ledger_cost.c. Slot j takes item i; is nobody's, behind i items; item i is skipped before it. */
float cost_of_match(const struct walk *w, size_t j, size_t i);
float cost_of_slot(const struct walk *w, size_t j, size_t i);
float cost_of_item(const struct walk *w, size_t j, size_t i, unsigned layer);
/* It may be a part of a superpacket. */
bool is_segment(const struct walk *w, size_t j);

#endif
