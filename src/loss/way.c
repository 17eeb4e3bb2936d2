#include "loss/way.h"

#include <stdbool.h>

#include "base/defs.h"

/*
 * By the counters of its messages the far side is known to have answered: that an answer came to
 * its wire is known though nobody watches there. What was never answered died on the way up, or it
 * was not answered: from one end that is one.
 */
enum loss_way loss_way_of(enum stage after, enum stage before)
{
	bool from_start = after == STAGE_NONE || after <= STAGE_FAR_WIRE_IN;

	if (after == STAGE_NONE && before == STAGE_NONE)
		return LOSS_WAY_OPEN;
	if (from_start && before <= STAGE_FAR_WIRE_OUT)
		return LOSS_WAY_UP;
	if (from_start)
		return LOSS_WAY_OPEN;
	if (after >= STAGE_FAR_TUN_OUT)
		return LOSS_WAY_DOWN;
	return before == STAGE_FAR_TUN_OUT ? LOSS_WAY_THERE : LOSS_WAY_OPEN;
}

void loss_ways(const struct fates_facts *f, int64_t out[static LOSS_WAY_COUNT])
{
	size_t i;

	for (i = 0; i < LOSS_WAY_COUNT; i++)
		out[i] = 0;
	for (i = 0; i < f->n_lost; i++)
		out[loss_way_of(f->lost[i].after, f->lost[i].before)] += f->lost[i].count;
}
