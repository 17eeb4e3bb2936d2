/*
 * Does loss come back after so many messages, or after so much time?
 *
 * By count, each remainder of each number is looked at. By time, the distances between losses say
 * which periods may be worth it; each is then made exact over more and more of its multiples, and
 * all messages are laid over each other by it. How many periods, phases and widths there are to
 * choose from is accounted for, not how many were tried.
 */
#include <math.h>
#include <stdlib.h>

#include "loss/pattern_priv.h"

enum {
	EVERY_MAX = 256,
	CYCLES_MIN = 5,
	PACES_MIN = 4, /* a period of fewer messages than that is one by count */
	BINS = 256, /* of a period */
	WIDE_MAX = BINS / 4,
	LAGS_MAX = 65536,
	STARTS_MAX = 4000,
	CHOICES = 8, /* periods that are looked at closely */
};

static const double explains_min = 0.5, every_share_min = 0.5;

/* --- by count -------------------------------------------------------------------------- */

static uint64_t number_of(const struct seen *m, bool place)
{
	return place ? m->place : m->count;
}

/* All with that remainder; onsets: losses in it that follow on none. */
static struct pattern_split with_remainder(const struct look *l, uint64_t every, uint64_t rest,
					   bool place, int64_t *onsets)
{
	int64_t i, in = 0, in_lost = 0;

	*onsets = 0;
	for (i = 0; i < l->n; i++) {
		if (number_of(&l->m[i], place) % every != rest)
			continue;
		in++;
		in_lost += l->m[i].lost;
		*onsets += l->m[i].lost && !(i && l->m[i - 1].lost);
	}
	return split_of(l, in, in_lost);
}

static uint64_t fullest_remainder(const struct look *l, uint64_t every, bool place, int64_t *lost)
{
	int64_t in[EVERY_MAX] = { 0 }, i;
	uint64_t rest, best = 0;

	for (i = 0; i < l->n; i++)
		if (l->m[i].lost)
			in[number_of(&l->m[i], place) % every]++;
	for (rest = 1; rest < every; rest++)
		if (in[rest] > in[best])
			best = rest;
	*lost = in[best];
	return best;
}

static void try_every(const struct look *l, uint64_t every, bool place, double tried,
		      struct guess *out)
{
	struct guess g = { .is.kind = PATTERN_PERIODIC, .is.every = (int64_t)every };
	int64_t lost, onsets;
	uint64_t rest = fullest_remainder(l, every, place, &lost);

	if ((double)lost < explains_min * (double)l->lost / 2)
		return;
	g.is.split = with_remainder(l, every, rest, place, &onsets);
	g.gain = split_share(&g.is.split, true) > split_share(&g.is.split, false) ?
			 split_gain(&g.is.split) :
			 0;
	if (g.gain <= out->gain)
		return;
	g.ln_p = split_ln_p(l, &g.is.split) + stat_ln_many(tried);
	g.ln_p_clumped =
		stat_ln_drawn(l->ln_fact, l->n, g.is.split.in, l->lost - l->adjacent, onsets) +
		stat_ln_many(tried);
	g.large = split_explains(&g.is.split) >= explains_min &&
		  split_share(&g.is.split, true) >= every_share_min;
	*out = g;
}

void guess_every(const struct look *l, struct guess *out)
{
	uint64_t most = (uint64_t)MIN(l->n / CYCLES_MIN, EVERY_MAX), every;
	double tried = (double)(most * most);

	for (every = 2; every <= most; every++) {
		try_every(l, every, true, tried, out);
		try_every(l, every, false, tried, out);
	}
}

/* --- by time: which periods may it be? ------------------------------------------------- */

struct starts {
	int64_t n, *t_ns; /* of losses that follow on none */
};

static struct starts starts_of(const struct look *l)
{
	struct starts s = { 0, arena_alloc(l->arena, STARTS_MAX * sizeof(int64_t)) };
	int64_t i;

	for (i = 0; i < l->n && s.n < STARTS_MAX; i++)
		if (l->m[i].lost && !(i && l->m[i - 1].lost))
			s.t_ns[s.n++] = l->m[i].t_ns - l->m[0].t_ns;
	return s;
}

static void count_lags(const struct starts *s, int64_t pace_ns, int64_t n_lags, int32_t *lags)
{
	int64_t i, k;

	for (i = 0; i < s->n; i++)
		for (k = i + 1; k < s->n; k++) {
			int64_t lag = (s->t_ns[k] - s->t_ns[i] + pace_ns / 2) / pace_ns;

			if (lag >= n_lags)
				break;
			lags[lag]++;
		}
}

/* More pairs at this distance than there are by chance, in standard errors. */
static double lag_score(const struct starts *s, const int32_t *lags, int64_t lag, double span)
{
	double there = (double)lags[lag - 1] + (double)lags[lag] + (double)lags[lag + 1];
	double n = (double)s->n, usual = 3 * n * n / span * (1 - (double)lag / span);

	return (there - usual) / sqrt(usual + 1);
}

/* The best ones, as lags; how many there are. */
static size_t choose_lags(const struct starts *s, const int32_t *lags, int64_t n_lags, double span,
			  int64_t chosen[CHOICES])
{
	double score[CHOICES];
	size_t n = 0, at;
	int64_t lag;

	for (lag = PACES_MIN; lag + 1 < n_lags; lag++) {
		double is = lag_score(s, lags, lag, span);

		if (is < 2 || lags[lag] < lags[lag - 1] || lags[lag] < lags[lag + 1])
			continue;
		if (n == CHOICES && is <= score[n - 1])
			continue;
		at = n < CHOICES ? n++ : n - 1;
		for (; at && score[at - 1] < is; at--) {
			score[at] = score[at - 1];
			chosen[at] = chosen[at - 1];
		}
		score[at] = is;
		chosen[at] = lag;
	}
	return n;
}

/* The mean of the distances that are about that, or that itself. */
static double about(const struct starts *s, double lag_ns, double off_ns)
{
	double sum = 0, n = 0;
	int64_t i, from = 0, k;

	for (i = 0; i < s->n; i++) {
		double at = (double)s->t_ns[i] + lag_ns;

		while (from < s->n && (double)s->t_ns[from] < at - off_ns)
			from++;
		for (k = from; k < s->n && (double)s->t_ns[k] <= at + off_ns; k++) {
			sum += (double)(s->t_ns[k] - s->t_ns[i]);
			n++;
		}
	}
	return n > 0 ? sum / n : lag_ns;
}

static double exact_period(const struct look *l, const struct starts *s, double period)
{
	double off = 1.5 * (double)l->pace_ns, many;
	double span = (double)(l->m[l->n - 1].t_ns - l->m[0].t_ns);

	off = fmax(off, period / 16);
	for (many = 1; many * period < span / 2; many *= 2)
		period = about(s, many * period, off) / many;
	return period;
}

/* --- by time: messages laid over each other ---------------------------------------------- */

struct fold {
	double period_ns;
	int64_t sent[BINS], lost[BINS];
	int from, wide; /* the window, in bins */
};

static int bin_of(const struct look *l, const struct fold *f, int64_t i)
{
	double cycles = (double)(l->m[i].t_ns - l->m[0].t_ns) / f->period_ns;

	return MIN((int)((cycles - floor(cycles)) * BINS), BINS - 1);
}

static bool in_window(const struct fold *f, int bin)
{
	return (bin - f->from + BINS) % BINS < f->wide;
}

static double best_window(const struct look *l, struct fold *f, struct pattern_split *split)
{
	double best = 0;
	int from, wide;

	for (from = 0; from < BINS; from++) {
		int64_t in = 0, in_lost = 0;

		for (wide = 1; wide <= WIDE_MAX; wide++) {
			int bin = (from + wide - 1) % BINS;
			struct pattern_split s;
			double gain;

			in += f->sent[bin];
			in_lost += f->lost[bin];
			s = split_of(l, in, in_lost);
			gain = split_share(&s, true) > split_share(&s, false) ? split_gain(&s) : 0;
			if (gain <= best)
				continue;
			best = gain;
			f->from = from;
			f->wide = wide;
			*split = s;
		}
	}
	return best;
}

struct cycle {
	int64_t sent, lost, beside, beside_lost; /* in the window, and outside of it */
};

struct cycles {
	int64_t n, had, hit; /* with anything; with a message in the window; which is lost */
	struct cycle *at;
};

static struct cycles cycles_of(const struct look *l, const struct fold *f, double least)
{
	struct cycles c = { .at = arena_alloc(l->arena, (size_t)l->n * sizeof(*c.at)) };
	double begin = (double)f->from / BINS;
	int64_t i, cycle, last = INT64_MIN;

	for (i = 0; i < l->n; i++) {
		double at = (double)(l->m[i].t_ns - l->m[0].t_ns) / f->period_ns - begin;
		bool in = in_window(f, bin_of(l, f, i));

		cycle = (int64_t)floor(at);
		c.n += cycle != last;
		last = cycle;
		c.at[c.n - 1].sent += in;
		c.at[c.n - 1].lost += in && l->m[i].lost;
		c.at[c.n - 1].beside += !in;
		c.at[c.n - 1].beside_lost += !in && l->m[i].lost;
	}
	for (i = 0; i < c.n; i++) {
		c.had += c.at[i].sent > 0;
		c.hit += stat_is_hit(c.at[i].sent, c.at[i].lost, least);
	}
	return c;
}

/*
 * Of the cycles with loss, so many have most of it in the window. Where loss is of one time only,
 * and the pace of that time goes with the period, those of the other times prove nothing.
 */
static double ln_in_cycles(const struct look *l, const struct cycles *c)
{
	struct stretch *s = arena_alloc(l->arena, (size_t)c->n * sizeof(*s));
	double inside = 0;
	int64_t i;

	for (i = 0; i < c->n; i++) {
		const struct cycle *at = &c->at[i];

		if (!at->lost && !at->beside_lost)
			continue;
		s[i].lost = 1;
		s[i].share = (double)at->sent / (double)(at->sent + at->beside);
		inside += at->lost > at->beside_lost;
	}
	return stat_ln_near(s, c->n, inside);
}

/* Which share of windows of that width, wherever, is lost so? */
static double covered(const struct look *l, double wide_ns, double least)
{
	int64_t i, to = 0, lost = 0, hit = 0;

	for (i = 0; i < l->n; i++) {
		while (to < l->n && (double)(l->m[to].t_ns - l->m[i].t_ns) <= wide_ns)
			lost += l->m[to++].lost;
		hit += stat_is_hit(to - i, lost, least);
		lost -= l->m[i].lost;
	}
	return (double)hit / (double)l->n;
}

/* Where in its cycle it is, from the begin of the window. */
static double phase_of(const struct look *l, const struct fold *f, int64_t i)
{
	double at = (double)(l->m[i].t_ns - l->m[0].t_ns) / f->period_ns - (double)f->from / BINS;

	return at - floor(at);
}

/* The window as it is told: from the first loss in it to the last one, over all cycles. */
static void trim(const struct look *l, const struct fold *f, struct pattern *p)
{
	double low = 1, high = 0;
	int64_t i, in = 0;

	for (i = 0; i < l->n; i++) {
		if (!l->m[i].lost || !in_window(f, bin_of(l, f, i)))
			continue;
		low = fmin(low, phase_of(l, f, i));
		high = fmax(high, phase_of(l, f, i));
	}
	for (i = 0; i < l->n; i++) {
		double at = phase_of(l, f, i);

		in += at >= low && at <= high && in_window(f, bin_of(l, f, i));
	}
	p->split = split_of(l, in, p->split.in_lost);
	p->width_ns = high > low ? (int64_t)((high - low) * f->period_ns) : 0;
}

static void try_period(const struct look *l, double period_ns, struct guess *out)
{
	double span = (double)(l->m[l->n - 1].t_ns - l->m[0].t_ns), share, tried, least;
	struct guess g = { .is.kind = PATTERN_PERIODIC, .is.period_ns = (int64_t)period_ns };
	struct fold f = { .period_ns = period_ns };
	struct cycles c;
	int64_t i;

	if (period_ns * CYCLES_MIN > span || period_ns < 2 * (double)l->pace_ns)
		return;
	for (i = 0; i < l->n; i++) {
		int bin = bin_of(l, &f, i);

		f.sent[bin]++;
		f.lost[bin] += l->m[i].lost;
	}
	g.gain = best_window(l, &f, &g.is.split);
	if (g.gain <= out->gain)
		return;
	/* Periods that differ by less than a window over all of the time are one. */
	share = (double)f.wide / BINS;
	tried = 4 * span / (double)l->pace_ns / PACES_MIN / (share * share);
	least = split_share(&g.is.split, true) / 2;
	c = cycles_of(l, &f, least);
	g.ln_p = split_ln_p(l, &g.is.split) + stat_ln_many(tried);
	/* Bursts are apart: so many cycles, and so few windows elsewhere. */
	g.ln_p_clumped = stat_ln_each(c.had, c.hit, covered(l, share * period_ns, least));
	g.ln_p_clumped = fmax(g.ln_p_clumped, ln_in_cycles(l, &c)) + stat_ln_many(tried);
	g.is.moments = c.had;
	g.is.moments_hit = c.hit;
	g.large = split_explains(&g.is.split) >= explains_min && 2 * c.hit >= c.had;
	trim(l, &f, &g.is);
	*out = g;
}

void guess_period(const struct look *l, struct guess *out)
{
	struct starts s = starts_of(l);
	double span = (double)(l->m[l->n - 1].t_ns - l->m[0].t_ns) / (double)MAX(l->pace_ns, 1);
	int64_t n_lags = MIN((int64_t)span / CYCLES_MIN + 2, LAGS_MAX), chosen[CHOICES];
	int32_t *lags;
	size_t n, i;
	int part;

	if (n_lags <= PACES_MIN + 2 || s.n < CYCLES_MIN || l->pace_ns < 1)
		return;
	lags = arena_alloc(l->arena, (size_t)n_lags * sizeof(*lags));
	count_lags(&s, l->pace_ns, n_lags, lags);
	n = choose_lags(&s, lags, n_lags, span, chosen);
	for (i = 0; i < n; i++) {
		double period = exact_period(l, &s, (double)(chosen[i] * l->pace_ns));

		/* What comes back after one period does so after two and three as well. */
		try_period(l, period, out);
		for (part = 2; part <= 3; part++)
			try_period(l, exact_period(l, &s, period / part), out);
	}
}
