/*
 * Is loss bound to the size of a message, or to the pace at which it was sent?
 *
 * Loss that changes with time must not be taken for either. Where sizes change from one message
 * to the next, only messages of the same short stretch are compared with each other. Where they,
 * or rates, were held for a time, each such step is one case: that the steps above a limit are the
 * ones with loss must not be by chance, and they must not have been one behind the other.
 */
#include <math.h>
#include <stdlib.h>

#include "loss/pattern_priv.h"

enum {
	CLASSES_MAX = 64, /* limits between sizes, or rates, that are looked at */
	STEP_MIN = 8, /* as many on average, and it is a step */
	TURN_MAX = 16, /* sizes that come again and again in one order */
	TURNS_MIN = 3, /* so many times above a limit, with steps below it between */
};

static const double explains_min = 0.2, size_ratio_min = 1.25, rate_ratio_min = 3;
/* 20 steps, 4 of them above the limit, cannot say more; but a step is no accident either. */
static const double step_ln_alpha = -8; /* 0.0003 */
static const double apart_alpha = 1e-5;
static const double rising_gain_min = 12; /* ln likelihood: e^12 times as likely */

typedef double value_of(const struct seen *m);

static double size_of(const struct seen *m)
{
	return m->size;
}

static double rate_of(const struct seen *m)
{
	return m->rate;
}

struct classes {
	size_t n;
	double at[CLASSES_MAX]; /* rising */
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* All values there are; where they are many, as many of each part. None where one is not known. */
static void classes_of(const struct look *l, value_of *value, struct classes *c)
{
	double *all = arena_alloc(l->arena, (size_t)l->n * sizeof(*all));
	int64_t i, n = 0, step, distinct = 0;

	c->n = 0;
	for (i = 0; i < l->n; i++)
		if (value(&l->m[i]) > 0)
			all[n++] = value(&l->m[i]);
	if (n < l->n)
		return;
	qsort(all, (size_t)n, sizeof(*all), compare);
	for (i = 0; i < n; i++)
		distinct += i == 0 || all[i] > all[i - 1];
	step = distinct > CLASSES_MAX ? n / CLASSES_MAX + 1 : 1;
	for (i = 0; i < n && c->n < CLASSES_MAX; i += step)
		if (!c->n || all[i] > c->at[c->n - 1])
			c->at[c->n++] = all[i];
}

/* --- a limit ----------------------------------------------------------------------------- */

static struct pattern_split from_limit(const struct look *l, value_of *value, double limit,
				       struct pattern *p)
{
	int64_t i, in = 0, in_lost = 0;

	p->low = 0;
	p->high = INFINITY;
	for (i = 0; i < l->n; i++) {
		double v = value(&l->m[i]);

		if (v < limit) {
			p->low = fmax(p->low, v);
			continue;
		}
		p->high = fmin(p->high, v);
		in++;
		in_lost += l->m[i].lost;
	}
	return split_of(l, in, in_lost);
}

/* The limit that explains most. */
static void best_limit(const struct look *l, value_of *value, const struct classes *c,
		       double ratio_min, struct guess *out)
{
	size_t i;

	for (i = 1; i < c->n; i++) {
		struct guess g = { .is.kind = out->is.kind };

		g.is.split = from_limit(l, value, c->at[i], &g.is);
		if (split_share(&g.is.split, true) <= split_share(&g.is.split, false))
			continue;
		g.gain = split_gain(&g.is.split);
		g.ln_p = split_ln_p(l, &g.is.split) + stat_ln_many((double)c->n);
		g.large = split_explains(&g.is.split) >= explains_min &&
			  split_share(&g.is.split, true) >=
				  ratio_min * split_share(&g.is.split, false);
		if (g.gain > out->gain)
			*out = g;
	}
}

/* --- messages near each other -------------------------------------------------------------- */

static double near_each_other(const struct look *l, value_of *value, double limit)
{
	bool *large = arena_alloc(l->arena, (size_t)l->n * sizeof(*large));
	int64_t i;

	for (i = 0; i < l->n; i++)
		large[i] = value(&l->m[i]) >= limit;
	return stat_ln_nearby(l, large);
}

/* --- steps --------------------------------------------------------------------------------- */

struct steps {
	int64_t n, above, lossy, lossy_above, turns;
	bool was_above;
};

static void end_step(struct steps *s, bool above, double share, double middle)
{
	s->n++;
	s->turns += above && !(s->was_above && s->n > 1);
	s->was_above = above;
	s->above += above;
	s->lossy += share > middle;
	s->lossy_above += above && share > middle;
}

/* part: of the way from what is lost below the limit to what is lost above it. */
static struct steps steps_of(const struct look *l, value_of *value, const struct guess *g,
			     double part)
{
	double below = split_share(&g->is.split, false);
	double middle = below + part * (split_share(&g->is.split, true) - below);
	struct steps s = { 0 };
	int64_t i, from = 0, lost = 0;

	for (i = 0; i < l->n; i++) {
		double v = value(&l->m[i]);
		bool last = i + 1 == l->n || value(&l->m[i + 1]) < v || value(&l->m[i + 1]) > v;

		lost += l->m[i].lost;
		if (!last)
			continue;
		end_step(&s, v >= g->is.high, (double)lost / (double)(i + 1 - from), middle);
		from = i + 1;
		lost = 0;
	}
	return s;
}

/* -INFINITY: it is shown; else 0. Right above a limit little is lost, so less may do. */
static double by_steps(const struct look *l, value_of *value, const struct guess *g)
{
	static const double parts[] = { 0.5, 0.2 };
	double least = 0;
	size_t i;

	for (i = 0; i < ARRAY_LEN(parts); i++) {
		struct steps s = steps_of(l, value, g, parts[i]);

		if (s.n * STEP_MIN > l->n || s.turns < TURNS_MIN)
			return 0;
		least = fmin(least,
			     stat_ln_drawn(l->ln_fact, s.n, s.above, s.lossy, s.lossy_above));
	}
	return least + stat_ln_many(ARRAY_LEN(parts)) <= step_ln_alpha ? -INFINITY : 0;
}

/* --- all of it ---------------------------------------------------------------------------- */

/* From smallest to largest, in quarters: each more than the one before, and better so. */
static bool is_rising(const struct look *l, value_of *value, const struct classes *c, double gain)
{
	int64_t in[4] = { 0 }, lost[4] = { 0 }, i;
	double last = -1, better = -gain - stat_ln_likelihood(l->n, l->lost);
	size_t k;

	if (c->n < 4)
		return false;
	for (i = 0; i < l->n; i++) {
		for (k = 3; k && value(&l->m[i]) < c->at[k * c->n / 4]; k--)
			;
		in[k]++;
		lost[k] += l->m[i].lost;
	}
	for (k = 0; k < 4; k++) {
		double share = (double)lost[k] / (double)in[k];

		if (share <= last)
			return false;
		last = share;
		better += stat_ln_likelihood(in[k], lost[k]);
	}
	return better > rising_gain_min;
}

/* The size follows from the place: so does what is lost every so many messages, or by a limit. */
static bool is_in_turn(const struct look *l)
{
	uint64_t turn;
	int64_t i;

	for (turn = 2; turn <= TURN_MAX; turn++) {
		unsigned at[TURN_MAX] = { 0 };

		for (i = 0; i < l->n; i++) {
			unsigned *size = &at[l->m[i].place % turn];

			if (*size && *size != l->m[i].size)
				break;
			*size = l->m[i].size;
		}
		if (i == l->n)
			return true;
	}
	return false;
}

void guess_size(const struct look *l, struct guess *out)
{
	struct classes c;
	double near;

	out->is.kind = PATTERN_BY_SIZE;
	classes_of(l, size_of, &c);
	best_limit(l, size_of, &c, size_ratio_min, out);
	if (out->gain <= 0)
		return;
	near = near_each_other(l, size_of, out->is.high) + stat_ln_many((double)c.n);
	out->ln_p_clumped = fmin(near, by_steps(l, size_of, out));
	out->is.either = is_in_turn(l) && stat_ln_apart(l) < log(apart_alpha);
	out->is.rising = is_rising(l, size_of, &c, out->gain);
}

double stat_ln_small(const struct look *l, struct pattern *p)
{
	double least = 0, ln;
	struct classes c;
	size_t i;

	classes_of(l, size_of, &c);
	for (i = 1; i < c.n; i++) {
		struct pattern at = { 0 };
		struct pattern_split large = from_limit(l, size_of, c.at[i], &at), small;

		small = split_of(l, l->n - large.in, l->lost - large.in_lost);
		if (split_share(&small, true) <= split_share(&small, false))
			continue;
		ln = split_ln_p(l, &small);
		if (ln >= least)
			continue;
		least = ln;
		p->split = small;
		p->small = at.low;
	}
	return least + stat_ln_many((double)c.n);
}

static double passes(const struct look *l, double limit)
{
	double s = 0, passed = 0;
	int64_t i;

	for (i = 0; i < l->n; i++) {
		if (l->m[i].rate < limit)
			continue;
		s += 1 / l->m[i].rate;
		passed += !l->m[i].lost;
	}
	return passed / s;
}

void guess_rate(const struct look *l, struct guess *out)
{
	struct classes c;

	out->is.kind = PATTERN_BY_RATE;
	classes_of(l, rate_of, &c);
	best_limit(l, rate_of, &c, rate_ratio_min, out);
	if (out->gain <= 0)
		return;
	out->ln_p_clumped = by_steps(l, rate_of, out);
	out->is.passes = passes(l, out->is.high);
}
