/*
 * Is it a limit: so much a second passes, and so much at once?
 *
 * A policer and a queue that is full do the same: what comes too soon after what passed is lost.
 * So what passed is known, and with it how much of the limit is left for the next one; one that
 * comes when too little is left is inside. Loss in bursts does the contrary (in a burst nothing
 * passes, so more and more is left), and so does loss after a pause. What is lost every so many
 * messages looks the same at an even pace: the limit must explain more than it does when each
 * message is taken to come as long after the one before.
 */
#include <math.h>

#include "loss/pattern_priv.h"

enum {
	SIZES_TRIED = 6, /* 1, 3, 9 ... messages at once */
	RATE_STEPS = 5, /* around the best one, to either side */
	SIZE_STEPS = 2,
	GOOD_PART = 4, /* of a stretch, one in so many */
};

static const double coarse_rate = 1.08, finer_rate = 1.015, finest_rate = 1.003;
static const double coarse_size = 3, finer_size = 1.4, finest_size = 1.12;
static const double gain_least = 10; /* with less it is not looked at more closely */
/* The clocks of whoever limits and of whoever looks differ by jitter: nearly enough is enough. */
static const double enough = 0.75;
static const double explains_min = 0.2, ratio_min = 3;
static const double even_gain_min = 20; /* ln likelihood: e^20 times as likely */

struct limit {
	double rate; /* a second */
	double at_once;
	bool bytes; /* of these, else of messages */
	bool even; /* as if all came at an even pace */
	bool *inside; /* of each message; NULL: they are only counted */
};

static struct pattern_split held_against(const struct look *l, const struct limit *x)
{
	double left = x->at_once, pace = (double)l->pace_ns / 1e9;
	int64_t i, in = 0, in_lost = 0;

	for (i = 0; i < l->n; i++) {
		const struct seen *m = &l->m[i];
		double cost = x->bytes ? m->size : 1;
		double gone = i ? (double)(m->t_ns - m[-1].t_ns) / 1e9 : 0;
		bool inside;

		left = fmin(left + (x->even && i ? pace : gone) * x->rate, x->at_once);
		inside = left < enough * cost;
		in += inside;
		in_lost += inside && m->lost;
		/* What became of it tells on which side of its cost it was. */
		left = m->lost ? fmin(left, cost) : fmax(left - cost, 0);
		if (x->inside)
			x->inside[i] = inside;
	}
	return split_of(l, in, in_lost);
}

/* All that was looked at is counted in *tried. */
static void better(const struct look *l, const struct limit *x, struct limit *best,
		   struct guess *out, double *tried)
{
	struct pattern_split s = held_against(l, x);

	*tried += 1;
	if (split_share(&s, true) <= split_share(&s, false) || split_gain(&s) <= out->gain)
		return;
	*best = *x;
	out->gain = split_gain(&s);
	out->is.split = s;
}

static double mean_size(const struct look *l, double *largest)
{
	double sum = 0;
	int64_t i;

	*largest = 0;
	for (i = 0; i < l->n; i++) {
		if (!l->m[i].size)
			return 0;
		sum += l->m[i].size;
		*largest = fmax(*largest, l->m[i].size);
	}
	return sum / (double)l->n;
}

/* Around the best one until now, so many steps to either side. */
static void finer(const struct look *l, double rate_step, double size_step, double least,
		  struct limit *best, struct guess *out, double *tried)
{
	const struct limit x = *best;
	int i, k;

	for (i = -SIZE_STEPS; i <= SIZE_STEPS; i++)
		for (k = -RATE_STEPS; k <= RATE_STEPS; k++) {
			struct limit near = x;

			near.rate *= pow(rate_step, k);
			near.at_once = fmax(near.at_once * pow(size_step, i), least);
			better(l, &near, best, out, tried);
		}
}

/* unit: what a message costs on average; least: a limit lets each pass that comes alone. */
static void best_limit(const struct look *l, double unit, double least, bool even,
		       struct limit *best, struct guess *out, double *tried)
{
	double span = (double)(l->m[l->n - 1].t_ns - l->m[0].t_ns) / 1e9;
	double usual = 1e9 / (double)l->pace_ns, passed = (double)(l->n - l->lost), rate;
	struct guess here = { .is.kind = out->is.kind };
	struct limit x = { .bytes = unit > 1, .even = even }, found = { 0 };
	int k;

	if (even)
		span = (double)l->n * (double)l->pace_ns / 1e9;
	for (rate = passed / span / 4; rate < 2 * usual; rate *= coarse_rate)
		for (k = 0; k < SIZES_TRIED; k++) {
			x.rate = rate * unit;
			x.at_once = fmax(pow(coarse_size, k) * unit, least);
			better(l, &x, &found, &here, tried);
		}
	if (here.gain < gain_least)
		return;
	finer(l, finer_rate, finer_size, least, &found, &here, tried);
	finer(l, finest_rate, finest_size, least, &found, &here, tried);
	if (here.gain <= out->gain)
		return;
	*out = here;
	*best = found;
}

static void search(const struct look *l, bool even, struct limit *best, struct guess *out,
		   double *tried)
{
	double largest, size = mean_size(l, &largest);

	best_limit(l, 1, 1, even, best, out, tried);
	/* Of one size they are the same. */
	if (size > 1 && largest > size)
		best_limit(l, size, largest, even, best, out, tried);
}

/* What came through while a good part was lost; the limit that fits best may be a lower one. */
static double passes(const struct look *l, const struct limit *x)
{
	double passed = 0, span = 0;
	int64_t i, k;

	for (i = 0; i + STRETCH < l->n; i += STRETCH) {
		int64_t lost = 0;

		for (k = i; k < i + STRETCH; k++)
			lost += x->inside[k] && l->m[k].lost;
		if (lost * GOOD_PART < STRETCH)
			continue;
		for (k = i; k < i + STRETCH; k++)
			passed += !l->m[k].lost;
		span += (double)(l->m[i + STRETCH].t_ns - l->m[i].t_ns) / 1e9;
	}
	return span > 0 ? passed / span : 0;
}

void guess_bucket(const struct look *l, struct guess *out)
{
	struct guess even = { 0 };
	struct limit best = { 0 }, best_even = { 0 };
	double tried = 0, tried_even = 0;

	out->is.kind = PATTERN_BY_RATE;
	if (l->pace_ns < 1 || l->lost < 1 || l->lost >= l->n)
		return;
	search(l, false, &best, out, &tried);
	if (out->gain <= 0)
		return;
	search(l, true, &best_even, &even, &tried_even);
	/* What fits the one is tried for the other: it is not by luck that one is better. */
	best_even.even = false;
	better(l, &best_even, &best, out, &tried);
	best_even = best;
	best_even.even = true;
	better(l, &best_even, &best_even, &even, &tried_even);
	best.inside = arena_alloc(l->arena, (size_t)l->n * sizeof(*best.inside));
	held_against(l, &best);
	out->is.passes = passes(l, &best);
	out->is.limit = true;
	out->is.bytes = best.bytes;
	out->ln_p = split_ln_p(l, &out->is.split) + stat_ln_many(tried);
	out->ln_p_clumped = stat_ln_nearby(l, best.inside) + stat_ln_many(tried);
	out->large = split_explains(&out->is.split) >= explains_min &&
		     split_share(&out->is.split, true) >=
			     ratio_min * split_share(&out->is.split, false) &&
		     out->gain > even.gain + even_gain_min;
}
