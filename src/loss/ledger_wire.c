/*
 * The messages of one way: what two wires saw, by receiver index and counter.
 */
#include <stdlib.h>

#include "loss/ledger_priv.h"

struct sighting {
	struct outer o;
	unsigned end; /* 0: at the sender's wire; 1: at the receiver's */
	size_t order;
};

static int by_counter(const void *a, const void *b)
{
	const struct sighting *x = a, *y = b;

	if (x->o.receiver != y->o.receiver)
		return x->o.receiver < y->o.receiver ? -1 : 1;
	if (x->o.counter != y->o.counter)
		return x->o.counter < y->o.counter ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static int by_begin(const void *a, const void *b)
{
	const struct session *x = a, *y = b;

	if (x->begin_ns != y->begin_ns)
		return x->begin_ns < y->begin_ns ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

static size_t collect(const struct ledger *l, const struct way *w, struct sighting *out)
{
	enum stage at[2] = { w->from_wire, w->to_wire };
	size_t i, n = 0;
	unsigned e;

	for (e = 0; e < 2; e++)
		for (i = 0; ledger_watched(l, at[e]) && i < l->outers[at[e]].n; i++)
			out[n++] = (struct sighting){ l->outers[at[e]].list[i], e, i };
	qsort(out, n, sizeof(*out), by_counter);
	return n;
}

static void see(struct way *w, const struct sighting *s)
{
	struct message *m = w->n_messages ? &w->messages[w->n_messages - 1] : NULL;
	struct session *ses = w->n_sessions ? &w->sessions[w->n_sessions - 1] : NULL;

	if (!ses || ses->receiver != s->o.receiver) {
		ses = &w->sessions[w->n_sessions++];
		*ses = (struct session){ w->n_messages, 0, s->o.t_ns, s->o.receiver };
		m = NULL;
	}
	if (!m || m->counter != s->o.counter) {
		m = &w->messages[w->n_messages++];
		*m = (struct message){ .counter = s->o.counter, .receiver = s->o.receiver };
		m->len = s->o.len;
		m->t_ns[0] = m->t_ns[1] = UNKNOWN;
		ses->n++;
	}
	/* The first of its copies is the one that counts. */
	if (m->t_ns[s->end] == UNKNOWN)
		m->t_ns[s->end] = s->o.t_ns;
	ses->begin_ns = MIN(ses->begin_ns, s->o.t_ns);
}

/* Whoever pads to 16 has no other size, but the largest that the tun's MTU lets pass. */
static void learn_padding(struct way *w)
{
	size_t i;

	w->padded = true;
	w->largest = 0;
	for (i = 0; i < w->n_messages; i++)
		if (w->messages[i].len > w->largest + LEDGER_OVERHEAD)
			w->largest = w->messages[i].len - LEDGER_OVERHEAD;
	for (i = 0; i < w->n_messages; i++) {
		uint32_t payload = ledger_payload(&w->messages[i]);

		w->padded &= payload % 16 == 0 || payload == w->largest;
	}
}

void ledger_messages(struct ledger *l, struct way *w)
{
	size_t most = l->outers[w->from_wire].n + l->outers[w->to_wire].n, i, n;
	struct sighting *all;
	struct arena scratch;

	arena_init(&scratch);
	all = arena_alloc(&scratch, (most + 1) * sizeof(*all));
	n = collect(l, w, all);
	w->messages = arena_alloc(l->a, (n + 1) * sizeof(*w->messages));
	w->sessions = arena_alloc(l->a, (n + 1) * sizeof(*w->sessions));
	for (i = 0; i < n; i++)
		see(w, &all[i]);
	qsort(w->sessions, w->n_sessions, sizeof(*w->sessions), by_begin);
	learn_padding(w);
	arena_done(&scratch);
}

struct message *ledger_message(const struct way *w, uint32_t receiver, uint64_t counter)
{
	size_t lo = 0, hi = w->n_messages;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct message *m = &w->messages[mid];

		if (m->receiver == receiver && m->counter == counter)
			return m;
		if (m->receiver < receiver || (m->receiver == receiver && m->counter < counter))
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}
