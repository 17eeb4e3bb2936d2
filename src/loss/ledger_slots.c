/*
 * Messages as slots: in the order of sending, with the counters between them that nobody saw, and
 * in the order of arrival.
 */
#include <stdlib.h>
#include <string.h>

#include "loss/ledger_priv.h"

enum {
	GAP_MAX = 256, /* a longer one only says that something is missing */
	/* and in all no more than this, so that memory goes with what was seen */
	HIDDEN_MAX = 4096,
	HIDDEN_SHARE = 4,
	WINDOW = 8128, /* how far behind the greatest counter a receiver takes one */
};

static void put(struct slots *s, struct arena *a, struct align_slot slot, uint32_t receiver,
		uint64_t counter)
{
	s->list = arena_grow(a, s->list, s->n, &s->cap[0], sizeof(*s->list));
	s->counter = arena_grow(a, s->counter, s->n, &s->cap[1], sizeof(*s->counter));
	s->receiver = arena_grow(a, s->receiver, s->n, &s->cap[2], sizeof(*s->receiver));
	s->list[s->n] = slot;
	s->counter[s->n] = counter;
	s->receiver[s->n++] = receiver;
}

/* --- as they were sent -------------------------------------------------------------- */

/* Sessions follow each other; where they overlap, by time. */
struct placed {
	size_t message, rank;
	int64_t key;
};

static int by_key(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->rank > y->rank) - (x->rank < y->rank);
}

static struct placed *in_order(const struct ledger *l, const struct way *w, struct arena *a)
{
	struct placed *p = arena_alloc(a, (w->n_messages + 1) * sizeof(*p));
	bool timed = ledger_watched(l, w->from_wire);
	size_t i, k, n = 0;

	for (k = 0; k < w->n_sessions; k++) {
		const struct session *s = &w->sessions[k];
		int64_t key = timed ? s->begin_ns : (int64_t)k;

		for (i = s->first; i < s->first + s->n; i++) {
			if (timed)
				key = MAX(key, w->messages[i].t_ns[0]);
			p[n] = (struct placed){ i, n, key };
			n++;
		}
	}
	qsort(p, n, sizeof(*p), by_key);
	return p;
}

/* The counters from `from` to before `to`. */
static void put_gap(struct slots *s, struct arena *a, uint32_t receiver, uint64_t from, uint64_t to)
{
	if (to - from > GAP_MAX || s->hidden > HIDDEN_MAX + HIDDEN_SHARE * (s->n - s->hidden)) {
		put(s, a, (struct align_slot){ .kind = SLOT_BREAK }, 0, 0);
		return;
	}
	s->hidden += to - from;
	for (; from < to; from++)
		put(s, a, (struct align_slot){ .kind = SLOT_HIDDEN }, receiver, from);
}

static const struct session *session_at(const struct way *w, size_t message, size_t *index)
{
	for (*index = 0; *index < w->n_sessions; ++*index) {
		const struct session *s = &w->sessions[*index];

		if (message >= s->first && message < s->first + s->n)
			return s;
	}
	return NULL;
}

void ledger_slots_sent(const struct ledger *l, const struct way *w, int at, struct arena *a,
		       struct slots *out)
{
	struct placed *p = in_order(l, w, a);
	const struct session *s = NULL;
	size_t i, index = 0;

	for (i = 0; i < w->n_messages; i++) {
		const struct message *m = &w->messages[p[i].message];
		struct align_slot slot = { .kind = SLOT_SEEN, .t_ns = UNKNOWN };

		if (!s || s->receiver != m->receiver)
			s = session_at(w, p[i].message, &index);
		if (p[i].message > s->first)
			put_gap(out, a, m->receiver, m[-1].counter + 1, m->counter);
		else if (index > 0) /* it began while we looked: with 0 */
			put_gap(out, a, m->receiver, 0, m->counter);
		else
			put(out, a, (struct align_slot){ .kind = SLOT_BREAK }, 0, 0);
		slot.payload = ledger_payload(m);
		slot.ref = p[i].message;
		if (at >= 0)
			slot.t_ns = m->t_ns[at];
		put(out, a, slot, m->receiver, m->counter);
		/* its last ones may have been lost */
		if (p[i].message + 1 == s->first + s->n)
			put(out, a, (struct align_slot){ .kind = SLOT_BREAK }, 0, 0);
	}
}

/* --- as they came ------------------------------------------------------------------- */

struct newest {
	uint64_t greatest;
	bool any;
};

void ledger_slots_came(const struct ledger *l, const struct way *w, struct arena *a,
		       struct slots *out)
{
	struct newest *newest = arena_alloc(a, (w->n_sessions + 1) * sizeof(*newest));
	bool *came = arena_alloc(a, w->n_messages + 1);
	const struct outers *o = &l->outers[w->to_wire];
	const struct session *s = NULL;
	size_t i, index = 0;

	for (i = 0; i < o->n; i++) {
		const struct message *m =
			ledger_message(w, o->list[i].receiver, o->list[i].counter);
		size_t at = (size_t)(m - w->messages);
		struct align_slot slot = { .kind = SLOT_SEEN, .t_ns = o->list[i].t_ns };

		if (!s || s->receiver != m->receiver)
			s = session_at(w, at, &index);
		if (came[at] || (newest[index].any && m->counter + WINDOW < newest[index].greatest))
			continue;
		came[at] = true;
		newest[index].greatest = MAX(newest[index].greatest, m->counter);
		newest[index].any = true;
		slot.payload = ledger_payload(m);
		slot.ref = at;
		put(out, a, slot, m->receiver, m->counter);
	}
}
