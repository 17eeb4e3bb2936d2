#include "loss/fates_far.h"

#include <stdbool.h>

#include "loss/fates_sum.h"
#include "loss/two_ends.h"

/* Where in the order; NONE of `after` is before the first. */
static bool is_before(enum stage after, enum stage s)
{
	return after == STAGE_NONE || after < s;
}

static void came(struct fate_facts *p)
{
	if (!is_before(p->after, STAGE_FAR_WIRE_IN))
		return;
	/* What was thought of it between the wires is not so, nor is the reason for it. */
	p->reason = NULL;
	if (p->before <= STAGE_FAR_WIRE_IN) {
		p->result = FATE_UNKNOWN;
		p->after = p->before = STAGE_NONE;
		return;
	}
	p->after = STAGE_FAR_WIRE_IN;
}

/* Behind the far wire it was seen: then its message took a way that is not listed there. */
static bool was_there(const struct fate_facts *p)
{
	unsigned s;

	for (s = STAGE_FAR_WIRE_IN; s < STAGE_COUNT; s++)
		if (p->seen_ns[s] != UNKNOWN)
			return true;
	return false;
}

static void never_came(struct fate_facts *p)
{
	p->result = FATE_LOST;
	p->after = STAGE_WIRE_OUT;
	p->before = STAGE_FAR_WIRE_IN;
}

/* Of an answer that one end knows by its counter alone. */
static void never_left(struct fate_facts *p, const struct recording_facts *there)
{
	if (p->result == FATE_LOST && p->after == STAGE_FAR_WIRE_OUT &&
	    p->counter_back != UNKNOWN &&
	    two_ends_left(there, p->session_back, p->counter_back) == 0) {
		p->after = STAGE_FAR_TUN_OUT;
		p->before = STAGE_FAR_WIRE_OUT;
	}
}

void fates_far(struct fates_facts *f, const struct recording_facts *there, struct arena *a)
{
	size_t i;

	if (there->counters_dropped != 0 || f->sent == UNKNOWN || f->n != (size_t)f->sent)
		return;
	for (i = 0; i < f->n; i++) {
		struct fate_facts *p = &f->list[i];

		if (p->result == FATE_ANSWERED || p->seen_ns[STAGE_WIRE_OUT] == UNKNOWN ||
		    was_there(p))
			continue;
		never_left(p, there);
		switch (two_ends_came(there, p->session, p->counter)) {
		case 0:
			never_came(p);
			break;
		case 1:
			if (p->result == FATE_LOST)
				came(p);
			break;
		default:
			break;
		}
	}
	fates_sum(f, a);
}
