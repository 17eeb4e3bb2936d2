/*
 * Which packet took which counter: packets in their order against messages in theirs.
 *
 * A sequence alignment. Slots are counters, seen or not (a gap in the counters is slots whose size
 * and time nobody saw); items are inner packets. Each item takes a slot, or is skipped; each slot
 * is taken, or is skipped. Every step has a cost, the logarithm of how unlikely it is, and the
 * cheapest way through is the likeliest. What is told of an item is told only if each way through
 * that says otherwise costs more by a margin: two equally good assignments leave it unsure.
 */
#ifndef LOSS_LEDGER_ALIGN_H
#define LOSS_LEDGER_ALIGN_H

#include <stdbool.h>

#include "base/arena.h"

enum slot_kind {
	SLOT_SEEN,
	SLOT_HIDDEN, /* a counter that no capture has */
	SLOT_BREAK, /* here any number of counters may be missing, or none */
};

struct align_slot {
	enum slot_kind kind;
	bool taken; /* it is known to be none of the items */
	bool loose; /* SEEN: it may well be none */
	uint32_t payload; /* of SEEN: bytes of the message without its 32 of WireGuard's */
	int64_t t_ns; /* of SEEN; UNKNOWN: not to be compared with the items' */
	size_t ref; /* the caller's */
};

enum item_must {
	MUST_NOTHING,
	MUST_TAKE, /* it went on: it had a counter */
	MUST_BE_SEEN, /* and a capture that lost nothing was on its way */
};
struct align_item {
	int64_t t_ns;
	uint32_t len;
	enum item_must must;
	bool super; /* TSO or GRO: it may have taken several slots */
	ptrdiff_t pin; /* the slot it is known to have taken; -1 */
};

/* Costs are natural logarithms. */
struct align_model {
	bool padded; /* to 16, but for what exceeds the largest payload */
	uint32_t largest;
	/* a slot's time less its item's: usual, and by how much it usually differs from that */
	int64_t delay_ns, spread_ns;
	bool item_first; /* an item comes before its slot; else after it */
	float skip_item, skip_more; /* the first one, and each further one next to it */
	float skip_seen, skip_hidden; /* a slot that no item took; one without payload: nothing */
	float take_seen; /* a slot that is not pinned */
};

struct align_sides {
	const struct align_model *m;
	const struct align_item *items;
	size_t n_items;
	const struct align_slot *slots;
	size_t n_slots;
};

enum item_fate {
	ITEM_UNSURE,
	ITEM_TOOK, /* slot */
	ITEM_HIDDEN, /* a counter that nobody saw; slot: which, -1: it is not clear */
	ITEM_SKIPPED, /* it took none */
	ITEM_NOT_SEEN, /* one of the former two */
};
enum slot_fate { SLOT_UNSURE, SLOT_TAKEN, SLOT_FREE };

struct align_result {
	bool failed; /* they do not fit at all: everything is unsure */
	enum item_fate *items;
	ptrdiff_t *slot_of;
	enum slot_fate *slots;
};

/* Can a message with that payload hold this item? */
bool align_size_fits(const struct align_model *m, const struct align_item *it, uint32_t payload);

/* The usual delay, from those of items whose slot is known. Sorts them. */
void align_delay_of(struct align_model *m, int64_t *delays, size_t n);
/* The same, from the two sequences themselves. */
void align_learn_delay(struct align_model *m, const struct align_item *items, size_t n_items,
		       const struct align_slot *slots, size_t n_slots, struct arena *a);
/* Pins rise with the items. Arrays of *out are the arena's. */
void align(const struct align_sides *x, struct arena *a, struct align_result *out);

struct align_pair {
	ptrdiff_t item, slot;
};
/*
 * Items that order left unsure and that their size gives to one slot: where both sides were seen
 * whole. How many; *pairs, in the order of the slots, are the arena's.
 */
size_t align_overtaken(const struct align_sides *x, const struct align_result *r, struct arena *a,
		       struct align_pair **pairs);

#endif
