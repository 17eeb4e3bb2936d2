/*
 * How a pattern is found.
 *
 * Each kind names a set of messages in which loss should gather: the large ones, every 16th, those
 * after a pause. Under uniform loss the lost ones among them are hypergeometric, so the chance of
 * as many is exact; it is multiplied by how many sets there were to choose from, and by the number
 * of kinds. Only when one such chance is below `uniform_alpha` is loss not uniform: this is what
 * keeps uniform loss from being called anything but random.
 *
 * Which kind it is, is another question. Loss in bursts makes all kinds look likely, since its
 * losses are not so many accidents as there are lost messages. So each kind has a second test, on
 * cases that are far from each other (bursts, sessions, pauses, cycles, steps), and it must explain
 * a good part of the loss. Of those that pass, the one that explains what was seen best is named;
 * of two that are about equal the one that says more: a rekey each two minutes is periodic too.
 * When none passes, loss came in bursts, or it is uneven and nothing more is said.
 */
#include "loss/pattern.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "loss/pattern_priv.h"

/* So few lost, or come through, have no pattern, whatever they look like. */
enum { FEW = 10 };
/* At an even pace a limit loses every so many, which is no period of its own: of up to so many. */
enum { BEAT = 12 };

static const double uniform_alpha = 1e-8, kind_alpha = 1e-5, hint_alpha = 1e-3;

struct kind {
	void (*guess)(const struct look *l, struct guess *out);
	/* Its gain counts as so much: it says more than another one that fits as well. */
	double worth;
};

enum {
	AT_REKEY,
	AFTER_IDLE,
	BY_SIZE,
	BY_RATE,
	BY_LIMIT,
	BY_COUNT,
	BY_TIME,
	IN_BURSTS,
	UNEVEN,
	N_KINDS
};

static const struct kind kinds[N_KINDS] = {
	[AT_REKEY] = { guess_rekey, 1.4 },  [AFTER_IDLE] = { guess_idle, 1.4 },
	[BY_SIZE] = { guess_size, 1.1 },    [BY_RATE] = { guess_rate, 1.1 },
	[BY_LIMIT] = { guess_bucket, 1.1 }, [BY_COUNT] = { guess_every, 1.1 },
	[BY_TIME] = { guess_period, 1 },    [IN_BURSTS] = { guess_clumps, 0 },
	[UNEVEN] = { guess_uneven, 0 },
};

static const char *const kind_str[] = {
	[PATTERN_NONE] = "none",	 [PATTERN_ALL] = "all",
	[PATTERN_TOO_FEW] = "too-few",	 [PATTERN_RANDOM] = "random",
	[PATTERN_BURST] = "burst",	 [PATTERN_BY_SIZE] = "by-size",
	[PATTERN_BY_RATE] = "by-rate",	 [PATTERN_PERIODIC] = "periodic",
	[PATTERN_AT_REKEY] = "at-rekey", [PATTERN_AFTER_IDLE] = "after-idle",
	[PATTERN_UNEVEN] = "uneven",
};
_Static_assert(ARRAY_LEN(kind_str) == PATTERN_KIND_COUNT, "a pattern has no name");

const char *pattern_kind_str(enum pattern_kind k)
{
	return kind_str[k];
}

/* --- what is looked at ------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t usual_gap(const struct look *l)
{
	int64_t *gaps = arena_alloc(l->arena, (size_t)l->n * sizeof(*gaps)), i;

	for (i = 0; i + 1 < l->n; i++)
		gaps[i] = l->m[i + 1].t_ns - l->m[i].t_ns;
	qsort(gaps, (size_t)(l->n - 1), sizeof(*gaps), compare);
	return l->n > 1 ? gaps[(l->n - 1) / 2] : 0;
}

static void look_at(const struct pattern_input *in, struct arena *a, struct look *l)
{
	struct seen *m = arena_alloc(a, (in->n + 1) * sizeof(*m));
	int64_t t_ns;
	size_t i;

	*l = (struct look){ .m = m, .arena = a };
	l->sessions_ns = in->sessions_ns;
	l->n_sessions = in->n_sessions;
	for (i = 0; i < in->n; i++) {
		const struct pattern_message *from = &in->messages[i];

		if (!from->known)
			continue;
		/* Two clocks, or a step of one: what was sent later was not sent earlier. */
		t_ns = l->n ? MAX(from->t_ns, m[l->n - 1].t_ns) : from->t_ns;
		m[l->n] = (struct seen){ t_ns, i, from->count, from->size, from->rate, from->lost };
		l->adjacent += from->lost && l->n && m[l->n - 1].lost;
		l->lost += from->lost;
		l->n++;
	}
}

/* --- the choice ---------------------------------------------------------------------------- */

static bool is_shown(const struct guess *g)
{
	return g->large && g->ln_p < log(kind_alpha) && g->ln_p_clumped < log(kind_alpha);
}

/*
 * Sizes in turn, and losses apart: only where every so many messages are lost it is a pattern, and
 * then it is not known which. A limit has a beat of its own, of which the steps are the cause.
 */
static bool is_other(const struct look *l, const struct guess *g, int k)
{
	if (k == BY_SIZE)
		return g[k].is.either && !is_shown(&g[BY_COUNT]);
	if (k == BY_TIME && is_shown(&g[BY_LIMIT]) && g[k].is.period_ns < BEAT * l->pace_ns)
		return true;
	return (k == BY_COUNT || k == BY_TIME) && is_shown(&g[BY_RATE]);
}

/* IN_BURSTS where no other is shown, UNEVEN where that is not either. */
static int choose(const struct look *l, const struct guess *g)
{
	double best = 0;
	int k, at = -1;

	for (k = 0; k < IN_BURSTS; k++) {
		if (!is_shown(&g[k]) || is_other(l, g, k) || g[k].gain * kinds[k].worth <= best)
			continue;
		best = g[k].gain * kinds[k].worth;
		at = k;
	}
	/* Of the two the one that says at which paces. */
	if (at == BY_LIMIT && is_shown(&g[BY_RATE]))
		return BY_RATE;
	if (at >= 0)
		return at;
	return is_shown(&g[IN_BURSTS]) ? IN_BURSTS : UNEVEN;
}

/* What fits, and may be by chance all the same as far as bursts go. */
static enum pattern_kind may_be(const struct guess *g)
{
	enum pattern_kind is = PATTERN_NONE;
	double best = 0;
	int k;

	for (k = 0; k < IN_BURSTS; k++) {
		if (!g[k].large || g[k].ln_p > log(uniform_alpha) || g[k].gain <= best)
			continue;
		best = g[k].gain;
		is = g[k].is.kind;
	}
	return is;
}

/* What cannot be told from what was chosen: the two pick out the same messages. */
static void say_either(const struct look *l, const struct guess *g, int at, struct pattern *p)
{
	bool count =
		at == BY_COUNT && is_shown(&g[BY_TIME]) && g[BY_TIME].gain > 0.9 * g[BY_COUNT].gain;

	if (at == BY_SIZE && p->either)
		p->every = g[BY_COUNT].is.every;
	if (count) {
		p->either = true;
		p->period_ns = p->every * l->pace_ns;
	}
}

static void find(struct look *l, struct pattern *p)
{
	struct guess g[N_KINDS];
	double least = 0;
	int k, at;

	memset(g, 0, sizeof(g));
	l->ln_fact = stat_ln_factorials(l->n, l->arena);
	l->pace_ns = usual_gap(l);
	for (k = 0; k < N_KINDS; k++) {
		kinds[k].guess(l, &g[k]);
		least = fmin(least, g[k].ln_p);
	}
	least = fmin(least + stat_ln_many(N_KINDS), 0);
	p->log10_p = least / log(10);
	p->sure = least > log(hint_alpha);
	if (least > log(uniform_alpha)) {
		p->kind = MIN(l->lost, l->n - l->lost) < FEW ? PATTERN_TOO_FEW : PATTERN_RANDOM;
		return;
	}
	at = choose(l, g);
	g[at].is.log10_p = p->log10_p;
	g[at].is.sure = at != UNEVEN;
	if (at == UNEVEN)
		g[at].is.may_be = may_be(g);
	*p = g[at].is;
	/* What came at once, by a machine that stood still, is in that one. */
	if (at == BY_RATE && is_shown(&g[BY_LIMIT]))
		p->passes = g[BY_LIMIT].is.passes;
	say_either(l, g, at, p);
}

void pattern_find(const struct pattern_input *in, struct arena *a, struct pattern *out)
{
	struct pattern p = { .sure = true };
	struct look l;

	look_at(in, a, &l);
	if (l.lost == 0)
		p.kind = l.n ? PATTERN_NONE : PATTERN_TOO_FEW;
	else if (l.lost == l.n)
		p.kind = PATTERN_ALL;
	else
		find(&l, &p);
	p.sent = l.n;
	p.lost = l.lost;
	p.unknown = (int64_t)in->n - l.n;
	p.sentence = pattern_say(&p, a);
	*out = p;
}
