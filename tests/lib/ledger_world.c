#include "ledger_world.h"

#include <math.h>
#include <string.h>

#include "base/defs.h"

struct packet {
	int64_t t_ns;
	ptrdiff_t probe; /* -1: another; -2: a keepalive */
	size_t len;
	uint32_t hash, receiver;
	uint64_t counter;
	size_t order;
	bool part; /* of a superpacket */
};
enum { MTU = 1420, SEGMENT = 1368 }; /* 52 bytes of each are headers */
struct packets {
	struct packet *list;
	size_t n;
};

struct world {
	struct seed *s;
	const struct world_plan *p;
	struct ledger *l;
	struct arena *a;
	struct truth *truth;
	uint32_t dropped_any;
	int64_t dropped[STAGE_COUNT];
};

static bool chance(struct world *w, double share)
{
	return (double)(seed_next(w->s) >> 11) < share * 9007199254740992.0;
}

static int64_t some(struct world *w, int64_t mean)
{
	double u = (double)((seed_next(w->s) >> 11) + 1) / 9007199254740993.0;

	return (int64_t)(-log(u) * (double)mean);
}

static struct packets room(struct world *w, size_t n)
{
	return (struct packets){ arena_alloc(w->a, (n + 1) * sizeof(struct packet)), 0 };
}

static int by_time(const void *a, const void *b)
{
	const struct packet *x = a, *y = b;

	if (x->t_ns != y->t_ns)
		return x->t_ns < y->t_ns ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static void in_time(struct packets *ps)
{
	size_t i;

	for (i = 0; i < ps->n; i++)
		ps->list[i].order = i;
	qsort(ps->list, ps->n, sizeof(*ps->list), by_time);
}

/* A packet passes a stage; the capture there may miss it. */
static void pass(struct world *w, enum stage s, const struct packet *k, size_t len)
{
	bool wire = s == STAGE_WIRE_OUT || s == STAGE_FAR_WIRE_IN || s == STAGE_FAR_WIRE_OUT ||
		    s == STAGE_WIRE_IN;

	if (k->probe >= 0 && w->truth[k->probe].reached < (int)s)
		w->truth[k->probe].reached = (int)s;
	if (chance(w, w->p->capture_drop[s])) {
		w->dropped[s]++;
		return;
	}
	if (wire)
		ledger_see_outer(w->l, s, k->t_ns, k->receiver, k->counter, len);
	else
		ledger_see_inner(w->l, s, k->t_ns, MAX(k->probe, (ptrdiff_t)LEDGER_OTHER), len,
				 w->p->trace ? k->hash : 0);
}

static size_t outer_len(const struct world *w, unsigned way, const struct packet *k)
{
	if (k->probe == -2)
		return 32;
	return 32 + (w->p->padded[way] ? (k->len + 15) / 16 * 16 : k->len);
}

static void record(struct world *w, enum trace_stage stage, const struct packet *k, bool sealed,
		   unsigned drop)
{
	struct trace_rec r = {
		.counter = sealed ? k->counter : 0,
		.session = sealed ? k->receiver ^ 0x55 : 0,
		.receiver = sealed ? k->receiver : 0,
		.inner_len = (uint32_t)k->len,
		.inner_hash = k->probe == -2 ? 0 : k->hash,
		.drop = (uint16_t)drop,
		.stage = (uint8_t)stage,
	};

	if (w->p->trace)
		ledger_trace(w->l, &r, 1, 0);
}

/* A keepalive now and then, and other packets, among those that are there. */
static struct packets mixed(struct world *w, unsigned way, const struct packets *in)
{
	struct packets out = room(w, 4 * in->n + 16);
	size_t i;

	for (i = 0; i < in->n; i++) {
		struct packet k = in->list[i];

		out.list[out.n++] = k;
		k.t_ns += some(w, w->p->interval_ns);
		k.hash = (uint32_t)seed_next(w->s) | 1;
		k.len = chance(w, w->p->super[way]) ? MTU + 1 + seed_below(w->s, 10 * SEGMENT) :
						      40 + seed_below(w->s, MTU - 39);
		k.probe = -1;
		if (chance(w, w->p->other[way]))
			out.list[out.n++] = k;
		k.t_ns += some(w, w->p->interval_ns);
		k.probe = -2;
		k.len = 0;
		if (chance(w, w->p->keepalive[way]))
			out.list[out.n++] = k;
	}
	in_time(&out);
	return out;
}

/* What an engine makes of a superpacket; others are one. */
static struct packets segments(struct world *w, const struct packets *in)
{
	struct packets out = room(w, 16 * in->n);
	size_t i;

	for (i = 0; i < in->n; i++) {
		struct packet k = in->list[i];

		for (; k.len > MTU; k.len -= SEGMENT) {
			struct packet part = k;

			part.len = MTU;
			part.part = true;
			out.list[out.n++] = part;
		}
		k.part = in->list[i].len > MTU;
		out.list[out.n++] = k;
	}
	return out;
}

/* One thread of an engine has some packets, and another one seals what came behind them. */
static void overtake(struct world *w, unsigned way, struct packets *ps)
{
	struct packet held[3];
	size_t i;

	for (i = 0; w->p->overtaken[way] > 0 && i + 6 < ps->n; i++) {
		size_t n = 1 + seed_below(w->s, 3), by = 1 + seed_below(w->s, 3), k;
		bool whole = true;

		for (k = i; k < i + n + by; k++)
			whole &= !ps->list[k].part && ps->list[k].probe != -2;
		if (!whole || !chance(w, w->p->overtaken[way]))
			continue;
		memcpy(held, &ps->list[i], n * sizeof(*held));
		memmove(&ps->list[i], &ps->list[i + n], by * sizeof(*held));
		memcpy(&ps->list[i + by], held, n * sizeof(*held));
		i += n + by;
	}
}

/* From a tun through an engine to a wire. */
static struct packets seal(struct world *w, unsigned way, const struct packets *in)
{
	enum stage tun = way ? STAGE_FAR_TUN_OUT : STAGE_TUN_OUT,
		   wire = way ? STAGE_FAR_WIRE_OUT : STAGE_WIRE_OUT;
	struct packets whole = *in, parts = segments(w, in), out = room(w, parts.n);
	uint64_t counter = w->p->first_counter[way];
	uint32_t receiver = (uint32_t)seed_next(w->s);
	int64_t busy = 0;
	size_t i, n = 0;

	for (i = 0; i < whole.n; i++)
		if (whole.list[i].probe != -2)
			pass(w, tun, &whole.list[i], whole.list[i].len);
	overtake(w, way, &parts);
	for (i = 0; i < parts.n; i++) {
		struct packet k = parts.list[i];
		bool drop = k.probe != -2 && chance(w, w->p->loss[wire]);

		if (drop && chance(w, w->p->unsealed)) {
			if (!way)
				record(w, TRACE_DROPPED, &k, false, 7);
			continue;
		}
		if (w->p->rekey_every && ++n % w->p->rekey_every == 0) {
			receiver = (uint32_t)seed_next(w->s);
			counter = 0;
		}
		busy = MAX(busy, k.t_ns) + 3000 + some(w, w->p->service_ns);
		if (chance(w, 0.01))
			busy += some(w, w->p->hiccup_ns);
		k.t_ns = busy;
		k.receiver = receiver;
		k.counter = counter++;
		if (k.probe >= 0) {
			w->truth[k.probe].sealed[way] = true;
			w->truth[k.probe].receiver[way] = receiver;
			w->truth[k.probe].counter[way] = k.counter;
		}
		if (!way)
			record(w, TRACE_SEALED, &k, true, 0);
		if (drop)
			continue;
		pass(w, wire, &k, outer_len(w, way, &k));
		out.list[out.n++] = k;
	}
	return out;
}

/* Between the wires. */
static struct packets carry(struct world *w, unsigned way, const struct packets *in)
{
	enum stage to = way ? STAGE_WIRE_IN : STAGE_FAR_WIRE_IN;
	struct packets out = room(w, 2 * in->n);
	size_t i;

	for (i = 0; i < in->n; i++) {
		struct packet k = in->list[i];

		k.t_ns += w->p->transit_ns + some(w, w->p->transit_ns / 1000 + 1);
		if (chance(w, w->p->loss[to]) || (w->p->sixteenth[way] && k.counter % 16 == 3))
			continue;
		if (chance(w, w->p->reordered))
			k.t_ns += some(w, 3 * w->p->interval_ns);
		out.list[out.n++] = k;
		k.t_ns += some(w, w->p->interval_ns);
		if (chance(w, w->p->doubled))
			out.list[out.n++] = k;
	}
	in_time(&out);
	return out;
}

static bool is_replay(const struct packets *in, size_t i)
{
	size_t k;

	/* doubled ones are not far behind */
	for (k = i > 400 ? i - 400 : 0; k < i; k++)
		if (in->list[k].receiver == in->list[i].receiver &&
		    in->list[k].counter == in->list[i].counter)
			return true;
	return false;
}

/* From a wire through an engine to a tun. */
static struct packets open_(struct world *w, unsigned way, const struct packets *in)
{
	enum stage wire = way ? STAGE_WIRE_IN : STAGE_FAR_WIRE_IN,
		   tun = way ? STAGE_TUN_IN : STAGE_FAR_TUN_IN;
	struct packets out = room(w, in->n);
	struct packet in_one = { .part = false }; /* GRO: segments that come together */
	int64_t busy = 0;
	size_t i;

	for (i = 0; i < in->n; i++) {
		struct packet k = in->list[i];
		bool replay = is_replay(in, i), drop = chance(w, w->p->loss[tun]);

		pass(w, wire, &k, outer_len(w, way, &k));
		if (replay)
			continue;
		busy = MAX(busy, k.t_ns) + 3000 + some(w, w->p->service_ns);
		k.t_ns = busy;
		if (way)
			record(w, TRACE_OPENED, &k, true, 0);
		if (way && drop)
			record(w, TRACE_DROPPED, &k, true, 9);
		if (drop || k.probe == -2)
			continue;
		if (k.part && in_one.part && in_one.len < 20000 && !chance(w, 0.3)) {
			in_one.len += k.len - 52;
			continue;
		}
		if (in_one.part)
			pass(w, tun, &in_one, in_one.len);
		in_one.part = false;
		if (k.part)
			in_one = k;
		else
			pass(w, tun, &k, k.len);
		out.list[out.n++] = k;
	}
	if (in_one.part)
		pass(w, tun, &in_one, in_one.len);
	return out;
}

static struct packets only_probes(struct world *w, const struct packets *in, enum stage next)
{
	struct packets out = room(w, in->n);
	size_t i;

	for (i = 0; i < in->n; i++)
		if (in->list[i].probe >= 0 && !chance(w, w->p->loss[next]))
			out.list[out.n++] = in->list[i];
	return out;
}

static struct packets send_probes(struct world *w)
{
	struct packets out = room(w, w->p->probes);
	int64_t t = NS_PER_S;
	size_t i;

	for (i = 0; i < w->p->probes; i++) {
		struct packet k = { .t_ns = t, .probe = (ptrdiff_t)i };

		k.len = w->p->size ? w->p->size : 60 + seed_below(w->s, 1341);
		k.hash = (uint32_t)seed_next(w->s) | 1;
		w->truth[i] = (struct truth){ .reached = -1 };
		ledger_sent(w->l, (int64_t)i, t, k.len);
		t += w->p->interval_ns + some(w, w->p->interval_ns / 50 + 1);
		k.t_ns += 2000;
		if (!chance(w, w->p->loss[STAGE_TUN_OUT]))
			out.list[out.n++] = k;
	}
	return out;
}

void world_run(struct seed *s, const struct world_plan *p, struct ledger *l, struct arena *a,
	       struct truth *truth)
{
	struct world w = { .s = s, .p = p, .l = l, .a = a, .truth = truth };
	struct packets ps;
	unsigned way, stage;
	size_t i;

	for (stage = 0; stage < STAGE_COUNT; stage++)
		if (p->watched & STAGE_BIT(stage))
			ledger_watch(l, (enum stage)stage);
	ps = send_probes(&w);
	for (way = 0; way < 2; way++) {
		ps = mixed(&w, way, &ps);
		ps = seal(&w, way, &ps);
		ps = carry(&w, way, &ps);
		ps = open_(&w, way, &ps);
		ps = only_probes(&w, &ps, way ? STAGE_COUNT : STAGE_FAR_TUN_OUT);
		for (i = 0; i < ps.n; i++) {
			ps.list[i].hash ^= 0x10000;
			ps.list[i].t_ns += 5000;
		}
	}
	for (i = 0; i < ps.n; i++) {
		truth[ps.list[i].probe].reached = STAGE_COUNT;
		ledger_answered(l, ps.list[i].probe, ps.list[i].t_ns);
	}
	for (stage = 0; stage < STAGE_COUNT; stage++)
		if (p->watched & STAGE_BIT(stage))
			ledger_capture_dropped(l, (enum stage)stage, w.dropped[stage]);
}

/* --- plans -------------------------------------------------------------------------- */

static double up_to(struct seed *s, double most)
{
	return most * (double)seed_below(s, 10001) / 10000;
}

void world_plan_of_chance(struct seed *s, struct world_plan *p)
{
	static const int64_t intervals[] = { NS_PER_MS, 2 * NS_PER_MS, 5 * NS_PER_MS,
					     10 * NS_PER_MS, 20 * NS_PER_MS };
	unsigned i;

	*p = (struct world_plan){ .probes = 200 + seed_below(s, 600) };
	p->interval_ns = intervals[seed_below(s, ARRAY_LEN(intervals))];
	p->size = seed_below(s, 3) ? 28 + seed_below(s, 1373) : 0;
	for (i = 0; i < HOP_COUNT; i++)
		p->loss[i] = seed_below(s, 2) ? up_to(s, seed_below(s, 3) ? 0.05 : 0.4) : 0;
	p->unsealed = seed_below(s, 2) ? up_to(s, 1) : 0;
	for (i = 0; i < 2; i++) {
		p->other[i] = seed_below(s, 2) ? up_to(s, 0.6) : 0;
		p->super[i] = seed_below(s, 2) ? 0 : up_to(s, 0.5);
		p->keepalive[i] = seed_below(s, 2) ? up_to(s, 0.03) : 0;
		p->padded[i] = seed_below(s, 2);
		p->first_counter[i] = seed_below(s, 2) ? seed_below(s, 100000) : 0;
	}
	p->reordered = seed_below(s, 3) ? 0 : up_to(s, 0.05);
	p->doubled = seed_below(s, 3) ? 0 : up_to(s, 0.05);
	p->rekey_every = seed_below(s, 2) ? 50 + seed_below(s, 1000) : 0;
	p->service_ns = 10000 + (int64_t)seed_below(s, 100000);
	p->hiccup_ns = (int64_t)seed_below(s, 5000000);
	p->transit_ns = 50000 + (int64_t)seed_below(s, 60000000);
	p->watched = (1u << STAGE_COUNT) - 1;
}

/* --- compared ----------------------------------------------------------------------- */

enum claim world_claim(const struct fates_facts *all, const struct fate_facts *f,
		       const struct truth *t)
{
	int before = f->before == STAGE_NONE ? STAGE_COUNT : (int)f->before;
	int reached = t->reached;

	if (f->result != FATE_LOST)
		return CLAIM_NONE;
	/* Of a wire that nobody watches the counters tell only that the engine had it. */
	if (f->after == STAGE_FAR_WIRE_OUT && !(all->watched & STAGE_BIT(STAGE_FAR_WIRE_OUT)) &&
	    t->sealed[1] && reached < STAGE_FAR_WIRE_OUT)
		reached = STAGE_FAR_WIRE_OUT;
	if (f->before == STAGE_NONE && f->after == STAGE_NONE)
		return CLAIM_WRONG;
	if (f->after != STAGE_NONE && (int)f->after > reached)
		return CLAIM_WRONG;
	return before > reached ? CLAIM_RIGHT : CLAIM_WRONG;
}

unsigned world_wrong_joins(const struct fate_facts *f, const struct truth *t)
{
	unsigned wrong = 0, s;

	if (f->counter != UNKNOWN)
		wrong += !t->sealed[0] || f->session != (int64_t)t->receiver[0] ||
			 f->counter != (int64_t)t->counter[0];
	if (f->counter_back != UNKNOWN)
		wrong += !t->sealed[1] || f->session_back != (int64_t)t->receiver[1] ||
			 f->counter_back != (int64_t)t->counter[1];
	for (s = 0; s < STAGE_COUNT; s++)
		wrong += f->seen_ns[s] != UNKNOWN && (int)s > t->reached;
	return wrong;
}
