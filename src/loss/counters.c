#include "loss/counters.h"

#include <string.h>

/* n_sessions: none. */
static size_t index_of(const struct loss_window *w, uint32_t receiver)
{
	size_t i;

	for (i = 0; i < w->n_sessions; i++)
		if (w->sessions[i].receiver == receiver)
			break;
	return i;
}

static bool has(const struct loss_session *s, uint64_t counter)
{
	uint64_t bit = counter - s->base;

	return counter >= s->base && bit < LOSS_SPAN && s->bits[bit / 64] >> bit % 64 & 1;
}

void loss_window_begin(struct loss_window *w, int64_t dropped)
{
	/* It is too large for the stack. */
	memset(w, 0, sizeof(*w));
	w->open = true;
	w->dropped_before = dropped;
	w->capture_dropped = UNKNOWN;
}

void loss_window_end(struct loss_window *w, int64_t dropped)
{
	if (!w->open)
		return;
	w->open = false;
	if (dropped != UNKNOWN && w->dropped_before != UNKNOWN && dropped >= w->dropped_before)
		w->capture_dropped = dropped - w->dropped_before;
}

void loss_window_born(struct loss_window *w, uint32_t receiver)
{
	if (w->open)
		w->born[w->n_born++ % LOSS_BORN_MAX] = receiver;
}

static bool is_born(const struct loss_window *w, uint32_t receiver)
{
	size_t i;

	for (i = 0; i < MIN(w->n_born, (size_t)LOSS_BORN_MAX); i++)
		if (w->born[i] == receiver)
			return true;
	return false;
}

static struct loss_session *session_new(struct loss_window *w, uint32_t receiver, uint64_t counter)
{
	struct loss_session *s;

	if (w->n_sessions == LOSS_SESSIONS_MAX)
		return NULL;
	s = &w->sessions[w->n_sessions++];
	memset(s, 0, sizeof(*s));
	s->receiver = receiver;
	s->base = counter - MIN(counter, (uint64_t)LOSS_BEFORE_FIRST);
	s->low = s->high = counter;
	if (!is_born(w, receiver) || counter >= LOSS_SPAN)
		return s;
	s->base = s->low = 0;
	return s;
}

void loss_window_see(struct loss_window *w, uint32_t receiver, uint64_t counter)
{
	size_t i = index_of(w, receiver);
	struct loss_session *s;
	uint64_t bit;

	if (!w->open)
		return;
	s = i < w->n_sessions ? &w->sessions[i] : session_new(w, receiver, counter);
	if (!s || counter < s->base || counter - s->base >= LOSS_SPAN) {
		w->incomplete = true;
		return;
	}
	if (has(s, counter)) {
		w->duplicates++;
		return;
	}
	bit = counter - s->base;
	s->bits[bit / 64] |= UINT64_C(1) << bit % 64;
	s->distinct++;
	w->reordered += counter < s->high;
	s->low = MIN(s->low, counter);
	s->high = MAX(s->high, counter);
}

void loss_window_see_cut(struct loss_window *w)
{
	w->incomplete |= w->open;
}

bool loss_session_gap(const struct loss_session *s, struct loss_gap *g)
{
	while (g->next < s->high && has(s, g->next))
		g->next++;
	if (g->next >= s->high)
		return false;
	g->first = g->next;
	while (!has(s, g->next))
		g->next++;
	g->last = g->next - 1;
	return true;
}

/* --- judged ------------------------------------------------------------------------- */

static int64_t range(const struct loss_window *w)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < w->n_sessions; i++)
		sum += (int64_t)(w->sessions[i].high - w->sessions[i].low) + 1;
	return sum;
}

static int64_t distinct(const struct loss_window *w)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < w->n_sessions; i++)
		sum += w->sessions[i].distinct;
	return sum;
}

/* Of the sender's range, how many has the receiver not? */
static int64_t not_seen(const struct loss_window *sender, const struct loss_window *receiver)
{
	int64_t lost = 0;
	size_t i;

	for (i = 0; i < sender->n_sessions; i++) {
		const struct loss_session *s = &sender->sessions[i];
		size_t at = index_of(receiver, s->receiver);
		uint64_t c;

		for (c = 0; c <= s->high - s->low; c++)
			lost += at == receiver->n_sessions ||
				!has(&receiver->sessions[at], s->low + c);
	}
	return lost;
}

static int64_t dropped_of(const struct loss_window *sender, const struct loss_window *receiver)
{
	int64_t sum = 0;

	if ((sender && sender->capture_dropped == UNKNOWN) ||
	    (receiver && receiver->capture_dropped == UNKNOWN))
		return UNKNOWN;
	sum += sender ? sender->capture_dropped : 0;
	sum += receiver ? receiver->capture_dropped : 0;
	return sum;
}

void loss_of_window(const struct loss_window *sender, const struct loss_window *receiver,
		    struct loss_facts *out)
{
	out->sent = out->lost = out->duplicates = out->reordered = UNKNOWN;
	out->kept = out->capture_dropped = UNKNOWN;
	if (sender && sender->incomplete)
		sender = NULL;
	if (receiver && receiver->incomplete)
		receiver = NULL;
	if (!sender && !receiver)
		return;
	out->capture_dropped = dropped_of(sender, receiver);
	if (receiver) {
		out->duplicates = receiver->duplicates;
		out->reordered = receiver->reordered;
	}
	if (sender) {
		out->sent = range(sender);
		out->lost = receiver ? not_seen(sender, receiver) : UNKNOWN;
		return;
	}
	/* Nothing came: whether anything was sent is not to be seen from here. */
	if (!receiver->n_sessions)
		return;
	out->sent = range(receiver);
	out->lost = out->sent - distinct(receiver);
}
