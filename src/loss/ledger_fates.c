/*
 * From what each stage saw of a probe to what became of it.
 */
#include "loss/fates_sum.h"
#include "loss/ledger_priv.h"

/* --- places ------------------------------------------------------------------------- */

static enum place absent(const struct ledger *l, enum stage s)
{
	return ledger_whole(l, s) ? PLACE_ABSENT : PLACE_UNSURE;
}

static enum place at_tun(const struct ledger *l, const struct probe *p, enum stage s)
{
	return p->at[s] ? PLACE_SEEN : absent(l, s);
}

/*
 * The sender's wire of the way back, which nobody watches from one end: whether the far side sent
 * an answer is told by its counters all the same. On the way there the engine itself may say it.
 */
static enum place untold(const struct ledger *l, unsigned way, const struct carrier *c)
{
	enum stage s = l->ways[way].from_wire;

	if (way == WAY_THERE)
		return c->traced && (c->how == JOIN_SKIPPED || c->drop) ? PLACE_ABSENT :
									  absent(l, s);
	if (ledger_watched(l, s))
		return absent(l, s);
	if (c->how == JOIN_SKIPPED)
		return PLACE_ABSENT;
	return c->how == JOIN_HIDDEN || c->how == JOIN_COUNTER ? PLACE_PROVEN : PLACE_UNSURE;
}

static void wires(const struct ledger *l, struct probe *p, unsigned way)
{
	const struct way *w = &l->ways[way];
	const struct carrier *c = &p->by[way];
	const struct message *m = NULL;

	p->place[w->from_wire] = p->place[w->to_wire] = PLACE_UNSURE;
	if (c->how == JOIN_UNSURE)
		return;
	if (c->how == JOIN_COUNTER)
		m = ledger_message(w, c->receiver, c->counter);
	p->place[w->from_wire] = m && m->t_ns[0] != UNKNOWN ? PLACE_SEEN : untold(l, way, c);
	p->place[w->to_wire] = m && m->t_ns[1] != UNKNOWN ? PLACE_SEEN : absent(l, w->to_wire);
}

void ledger_places(struct ledger *l, unsigned way)
{
	const struct way *w = &l->ways[way];
	size_t i;

	for (i = 0; i < l->n_probes; i++) {
		struct probe *p = &l->probes[i];

		p->place[w->from_tun] = at_tun(l, p, w->from_tun);
		p->place[w->to_tun] = at_tun(l, p, w->to_tun);
		wires(l, p, way);
	}
}

static bool is_seen(enum place p)
{
	return p == PLACE_SEEN || p == PLACE_PROVEN;
}

bool ledger_died_there(const struct probe *p)
{
	bool died = false;
	unsigned s;

	for (s = STAGE_TUN_OUT; s <= STAGE_FAR_TUN_IN; s++)
		died = is_seen(p->place[s]) ? false : died || p->place[s] == PLACE_ABSENT;
	return died;
}

/* --- one probe ---------------------------------------------------------------------- */

static const char *reason(const struct ledger *l, const struct probe *p, const struct fate_facts *f,
			  ledger_drop_words *words)
{
	uint16_t drop = 0;

	if (f->before == STAGE_WIRE_OUT)
		drop = p->by[WAY_THERE].drop;
	else if (f->after == STAGE_WIRE_IN)
		drop = ledger_refused(l, &p->by[WAY_BACK]);
	return drop && words ? words(drop) : NULL;
}

/* Nobody watched any more whether its socket would get it. */
static bool came_too_late(const struct probe *p)
{
	const struct inner *in = p->at[STAGE_TUN_IN];

	return in && p->unheard_ns != UNKNOWN && in->t_ns >= p->unheard_ns;
}

static void decide(const struct ledger *l, const struct probe *p, struct fate_facts *f)
{
	unsigned s, next = STAGE_TUN_OUT;

	f->after = f->before = STAGE_NONE;
	f->result = p->answered_ns == UNKNOWN ? FATE_UNKNOWN : FATE_ANSWERED;
	if (f->result == FATE_ANSWERED || l->cut || came_too_late(p))
		return;
	for (s = 0; s < STAGE_COUNT; s++) {
		if (!is_seen(p->place[s]))
			continue;
		f->after = (enum stage)s;
		next = s + 1;
	}
	for (s = next; s < STAGE_COUNT && p->place[s] != PLACE_ABSENT;)
		s++;
	/* Only its socket is behind the last stage. */
	if (s < STAGE_COUNT || p->place[STAGE_TUN_IN] == PLACE_SEEN) {
		f->before = (enum stage)s;
		f->result = FATE_LOST;
		return;
	}
	f->after = STAGE_NONE;
}

static int64_t since(const struct ledger *l, int64_t t_ns)
{
	return t_ns == UNKNOWN ? UNKNOWN : MAX(t_ns - l->start_ns, 0);
}

static void seen(const struct ledger *l, const struct probe *p, struct fate_facts *f)
{
	unsigned way, e, s;

	for (s = 0; s < STAGE_COUNT; s++)
		f->seen_ns[s] = p->at[s] ? since(l, p->at[s]->t_ns) : UNKNOWN;
	f->session = f->counter = f->session_back = f->counter_back = UNKNOWN;
	for (way = 0; way < WAY_COUNT; way++) {
		const struct way *w = &l->ways[way];
		const struct carrier *c = &p->by[way];
		const struct message *m;

		if (c->how != JOIN_COUNTER)
			continue;
		m = ledger_message(w, c->receiver, c->counter);
		*(way == WAY_THERE ? &f->session : &f->session_back) = c->receiver;
		*(way == WAY_THERE ? &f->counter : &f->counter_back) = (int64_t)c->counter;
		for (e = 0; m && e < 2; e++)
			f->seen_ns[e ? w->to_wire : w->from_wire] = since(l, m->t_ns[e]);
	}
}

/* --- all ---------------------------------------------------------------------------- */

void ledger_fates(struct ledger *l, ledger_drop_words *words, struct fates_facts *out)
{
	size_t i;

	*out = (struct fates_facts){
		.watched = l->watched,
		.whole = l->watched & ~l->dropped,
		.start_wall_ns = l->start_ns,
		.sent = (int64_t)l->n_probes,
		.late = UNKNOWN,
		.duplicates = UNKNOWN,
		.send_errors = UNKNOWN,
		.trace_overrun = l->traced ? (int64_t)l->overrun : UNKNOWN,
		.list = arena_alloc(l->a, (l->n_probes + 1) * sizeof(*out->list)),
		.n = l->n_probes,
	};
	for (i = 0; i < l->n_probes; i++) {
		const struct probe *p = &l->probes[i];
		struct fate_facts *f = &out->list[i];

		f->probe = p->number;
		f->size = p->size;
		f->sent_ns = since(l, p->t_ns);
		seen(l, p, f);
		decide(l, p, f);
		if (f->result == FATE_LOST)
			f->reason = reason(l, p, f, words);
	}
	fates_sum(out, l->a);
}
