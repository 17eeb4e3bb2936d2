#include "loss/ledger.h"

#include <string.h>

#include "loss/ledger_priv.h"

struct ledger *ledger_new(struct arena *a, int64_t start_wall_ns)
{
	struct ledger *l = arena_alloc(a, sizeof(*l));

	l->a = a;
	l->start_ns = start_wall_ns;
	l->ways[WAY_THERE] = (struct way){ .from_tun = STAGE_TUN_OUT,
					   .from_wire = STAGE_WIRE_OUT,
					   .to_wire = STAGE_FAR_WIRE_IN,
					   .to_tun = STAGE_FAR_TUN_IN };
	l->ways[WAY_BACK] = (struct way){ .from_tun = STAGE_FAR_TUN_OUT,
					  .from_wire = STAGE_FAR_WIRE_OUT,
					  .to_wire = STAGE_WIRE_IN,
					  .to_tun = STAGE_TUN_IN };
	return l;
}

/* --- what was seen ------------------------------------------------------------------ */

void ledger_sent(struct ledger *l, int64_t probe, int64_t t_ns, size_t size)
{
	l->probes = arena_grow(l->a, l->probes, l->n_probes, &l->cap_probes, sizeof(*l->probes));
	l->probes[l->n_probes++] = (struct probe){
		.number = probe,
		.t_ns = t_ns,
		.answered_ns = UNKNOWN,
		.unheard_ns = UNKNOWN,
		.size = (uint32_t)size,
	};
}

/* Index; -1: there is none of that number. */
static ptrdiff_t probe_index(const struct ledger *l, int64_t number)
{
	size_t lo = 0, hi = l->n_probes;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->probes[mid].number == number)
			return (ptrdiff_t)mid;
		if (l->probes[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return -1;
}

void ledger_answered(struct ledger *l, int64_t probe, int64_t t_ns)
{
	ptrdiff_t i = probe_index(l, probe);

	if (i >= 0 && l->probes[i].answered_ns == UNKNOWN)
		l->probes[i].answered_ns = t_ns;
}

void ledger_unheard(struct ledger *l, int64_t probe, int64_t from_ns)
{
	ptrdiff_t i = probe_index(l, probe);

	if (i >= 0)
		l->probes[i].unheard_ns = from_ns;
}

void ledger_cut(struct ledger *l)
{
	l->cut = true;
}

void ledger_watch(struct ledger *l, enum stage s)
{
	l->watched |= STAGE_BIT(s);
}

void ledger_capture_dropped(struct ledger *l, enum stage s, int64_t n)
{
	if (n == 0)
		return;
	l->dropped |= STAGE_BIT(s);
	l->n_dropped[s] =
		n == UNKNOWN || l->n_dropped[s] == UNKNOWN ? UNKNOWN : l->n_dropped[s] + n;
}

void ledger_see_inner(struct ledger *l, enum stage s, int64_t t_ns, int64_t probe, size_t len,
		      uint32_t hash)
{
	struct inners *in = &l->inners[s];

	in->list = arena_grow(l->a, in->list, in->n, &in->cap, sizeof(*in->list));
	/* the number for now: it may be seen before it is said to be sent */
	in->list[in->n++] = (struct inner){
		.t_ns = t_ns,
		.probe = (ptrdiff_t)probe,
		.len = (uint32_t)len,
		.hash = hash,
	};
}

void ledger_see_outer(struct ledger *l, enum stage s, int64_t t_ns, uint32_t receiver,
		      uint64_t counter, size_t len)
{
	struct outers *o = &l->outers[s];

	o->list = arena_grow(l->a, o->list, o->n, &o->cap, sizeof(*o->list));
	o->list[o->n++] = (struct outer){ t_ns, counter, receiver, (uint32_t)len };
}

void ledger_trace(struct ledger *l, const struct trace_rec *recs, size_t n, uint64_t overrun)
{
	size_t i;

	l->traced = true;
	l->overrun += overrun;
	for (i = 0; i < n; i++) {
		l->trace = arena_grow(l->a, l->trace, l->n_trace, &l->cap_trace, sizeof(*l->trace));
		l->trace[l->n_trace++] = recs[i];
	}
}

/* --- joined ------------------------------------------------------------------------- */

static void find_probes(struct ledger *l)
{
	unsigned s;
	size_t i;

	for (s = 0; s < STAGE_COUNT; s++) {
		struct inners *in = &l->inners[s];

		in->n = ledger_watched(l, (enum stage)s) ? in->n : 0;
		for (i = 0; i < in->n; i++) {
			struct inner *p = &in->list[i];

			p->probe = p->probe < 0 ? -1 : probe_index(l, p->probe);
			if (p->probe >= 0 && !l->probes[p->probe].at[s])
				l->probes[p->probe].at[s] = p;
		}
	}
}

bool ledger_passed(const struct probe *p, enum stage s)
{
	unsigned later;

	for (later = (unsigned)s + 1; later < STAGE_COUNT; later++)
		if (p->at[later])
			return true;
	return p->answered_ns != UNKNOWN;
}

/* Of what left one tun and came out of the other, the sender's word counts first. */
static void carry(struct ledger *l, unsigned way)
{
	const struct way *w = &l->ways[way];
	size_t i;

	for (i = 0; i < l->n_probes; i++) {
		struct probe *p = &l->probes[i];
		const struct inner *from = p->at[w->from_tun], *to = p->at[w->to_tun];

		if (from)
			p->by[way] = from->by;
		if (p->by[way].how == JOIN_UNSURE && to && to->by.how == JOIN_COUNTER)
			p->by[way] = to->by;
	}
}

/*
 * Without its own wire there are no times to compare, only numbers: those have to be whole.
 */
static bool can_join_sender(const struct ledger *l, const struct way *w)
{
	if (!ledger_watched(l, w->from_tun))
		return false;
	return ledger_watched(l, w->from_wire) ||
	       (ledger_whole(l, w->from_tun) && ledger_whole(l, w->to_wire));
}

static void join_way(struct ledger *l, unsigned way)
{
	struct way *w = &l->ways[way];
	bool sender = can_join_sender(l, w);

	ledger_messages(l, w);
	if (ledger_watched(l, w->to_wire) && ledger_watched(l, w->to_tun) &&
	    !(sender && ledger_watched(l, w->from_wire)))
		ledger_join_receiver(l, way);
	if (sender)
		ledger_join_sender(l, way);
	carry(l, way);
	ledger_places(l, way);
}

void ledger_close(struct ledger *l, ledger_drop_words *words, struct fates_facts *out)
{
	const struct way *back = &l->ways[WAY_BACK];

	find_probes(l);
	ledger_join_trace(l);
	join_way(l, WAY_THERE);
	join_way(l, WAY_BACK);
	if (!ledger_watched(l, back->from_tun) && ledger_whole(l, back->to_wire) &&
	    ledger_watched(l, back->to_tun)) {
		ledger_join_answers(l);
		ledger_places(l, WAY_BACK);
	}
	ledger_fates(l, words, out);
}
