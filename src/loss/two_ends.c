#include "loss/two_ends.h"

#include <stdbool.h>

#include "base/defs.h"

/* How many of the counters from low to high are in its list of those not seen? */
static int64_t missing(const struct counters_facts *c, int64_t low, int64_t high)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < c->n_missing; i++) {
		int64_t first = MAX(c->missing[i].first, low), last = MIN(c->missing[i].last, high);

		n += MAX(last - first + 1, 0);
	}
	return n;
}

/* In neither: it had its counter from the sender's engine, and never left the sender's host. */
static int64_t missing_of_both(const struct counters_facts *sender,
			       const struct counters_facts *receiver, int64_t low, int64_t high)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < sender->n_missing; i++) {
		int64_t first = MAX(sender->missing[i].first, low);
		int64_t last = MIN(sender->missing[i].last, high);

		if (first <= last)
			n += missing(receiver, first, last);
	}
	return n;
}

static const struct counters_facts *session_of(const struct recording_facts *r, int64_t out,
					       int64_t receiver)
{
	size_t i;

	for (i = 0; i < r->n_counters; i++)
		if (r->counters[i].out == out && r->counters[i].receiver == receiver)
			return &r->counters[i];
	return NULL;
}

static void add(const struct counters_facts *sender, const struct counters_facts *receiver,
		struct two_ends_loss *out)
{
	int64_t low = MAX(sender->low, receiver->low), high = MIN(sender->high, receiver->high);

	if (low > high)
		return;
	out->sent += high - low + 1;
	out->lost += missing(receiver, low, high);
	out->kept += missing_of_both(sender, receiver, low, high);
}

static bool is_whole(const struct counters_facts *c)
{
	return c->more_missing == 0;
}

static void one_way(const struct recording_facts *from, const struct recording_facts *to,
		    struct two_ends_loss *out)
{
	const struct counters_facts *sender, *receiver;
	size_t i, n = 0;

	*out = (struct two_ends_loss){ .capture_dropped = UNKNOWN };
	if (from->counters_dropped != UNKNOWN && to->counters_dropped != UNKNOWN)
		out->capture_dropped = from->counters_dropped + to->counters_dropped;
	for (i = 0; i < from->n_counters; i++) {
		sender = &from->counters[i];
		receiver = sender->out == 1 ? session_of(to, 0, sender->receiver) : NULL;
		if (!receiver)
			continue;
		if (!is_whole(sender) || !is_whole(receiver)) {
			n = 0;
			break;
		}
		add(sender, receiver, out);
		n++;
	}
	if (n == 0 || out->sent == 0)
		out->sent = out->lost = out->kept = UNKNOWN;
}

void two_ends(const struct recording_facts *here, const struct recording_facts *there,
	      struct two_ends_loss *up, struct two_ends_loss *down)
{
	one_way(here, there, up);
	one_way(there, here, down);
}

static int passed(const struct counters_facts *c, int64_t counter)
{
	if (!c || !is_whole(c) || counter < c->low || counter > c->high)
		return UNKNOWN;
	return missing(c, counter, counter) == 0;
}

int two_ends_came(const struct recording_facts *there, int64_t receiver, int64_t counter)
{
	return passed(session_of(there, 0, receiver), counter);
}

int two_ends_left(const struct recording_facts *there, int64_t receiver, int64_t counter)
{
	return passed(session_of(there, 1, receiver), counter);
}
