/*
 * Do losses come together?
 *
 * Under uniform loss the number of losses that follow right on a loss is hypergeometric too: of
 * n messages, lost - 1 are marked, and `lost` are drawn (Vandermonde; the runs test of Wald and
 * Wolfowitz in other words). Losses that keep their distance, as those of a limiter at an even
 * pace, are told by the other tail.
 */
#include <math.h>

#include "loss/pattern_priv.h"

/* In a row and not alone: this much longer than by chance, or it is not called a burst. */
static const double longer_min = 1.5;
static const double said_ln_alpha = -11.5; /* 0.00001 */

static double ln_adjacent(const struct look *l)
{
	return stat_ln_drawn(l->ln_fact, l->n, l->lost - 1, l->lost, l->adjacent);
}

/* As few of them as that: so many messages after a loss that are whole. */
double stat_ln_apart(const struct look *l)
{
	int64_t whole = l->n - l->lost + 1, apart = l->lost - l->adjacent;

	return stat_ln_drawn(l->ln_fact, l->n, whole, l->lost, apart);
}

static void count_runs(const struct look *l, struct pattern *p)
{
	int64_t i, run = 0;

	p->bursts = p->longest = 0;
	p->shortest = l->n;
	for (i = 0; i <= l->n; i++) {
		if (i < l->n && l->m[i].lost) {
			run++;
			continue;
		}
		if (run > 1) {
			p->bursts++;
			p->shortest = MIN(p->shortest, run);
			p->longest = MAX(p->longest, run);
			p->split.in_lost += run;
		}
		run = 0;
	}
	p->split = split_of(l, p->split.in_lost, p->split.in_lost);
}

/* A chain that remembers one message, against one that remembers none. */
static double chain_gain(const struct look *l)
{
	struct pattern_split after = { .in = l->lost, .in_lost = l->adjacent };

	after.out = l->n - l->lost;
	after.out_lost = l->lost - l->adjacent;
	return after.out_lost <= after.out ? split_gain(&after) : 0;
}

void guess_clumps(const struct look *l, struct guess *out)
{
	double runs = (double)(l->lost - l->adjacent);
	double by_chance = (double)l->n / (double)(l->n - l->lost + 1);

	out->is.kind = PATTERN_BURST;
	out->ln_p = out->ln_p_clumped = ln_adjacent(l);
	out->gain = chain_gain(l);
	out->large = (double)l->lost / runs >= longer_min * by_chance;
	count_runs(l, &out->is);
}

/* A window as it is told: from the first loss in it to the last one. */
static void trim(const struct look *l, int64_t from, int64_t to, struct pattern *p)
{
	int64_t i, in_lost = 0;

	while (from < to && !l->m[from].lost)
		from++;
	while (to > from + 1 && !l->m[to - 1].lost)
		to--;
	for (i = from; i < to; i++)
		in_lost += l->m[i].lost;
	p->split = split_of(l, to - from, in_lost);
	p->from_ns = l->m[from].t_ns - l->m[0].t_ns;
	p->to_ns = l->m[to - 1].t_ns - l->m[0].t_ns;
}

/* Windows of n / 2, n / 4 and so on, each half over the one before. */
static double fullest(const struct look *l, struct pattern *p)
{
	int64_t *before = arena_alloc(l->arena, (size_t)(l->n + 1) * sizeof(*before));
	double tried = 1, least = 0;
	int64_t i, len;

	for (i = 0; i < l->n; i++)
		before[i + 1] = before[i] + l->m[i].lost;
	for (len = l->n / 2; len >= 16; len /= 2) {
		for (i = 0; i + len <= l->n; i += len / 2) {
			struct pattern_split s = split_of(l, len, before[i + len] - before[i]);
			double ln = split_ln_p(l, &s);

			tried++;
			if (ln >= least)
				continue;
			least = ln;
			trim(l, i, i + len, p);
		}
	}
	return least + stat_ln_many(tried);
}

void guess_uneven(const struct look *l, struct guess *out)
{
	double ln_full = fullest(l, &out->is), ln_apart = stat_ln_apart(l), ln_small;
	struct pattern small = { .kind = PATTERN_UNEVEN };

	ln_small = stat_ln_small(l, &small);
	out->is.kind = PATTERN_UNEVEN;
	out->ln_p = fmin(fmin(ln_full, ln_apart), ln_small) + stat_ln_many(3);
	if (ln_small < fmin(said_ln_alpha, fmin(ln_full, ln_apart))) {
		out->is = small;
		return;
	}
	out->is.apart = ln_apart < fmin(said_ln_alpha, ln_full);
	if (!out->is.apart && ln_full < said_ln_alpha)
		return;
	out->is.split = split_of(l, 0, 0);
	out->is.from_ns = out->is.to_ns = 0;
}
