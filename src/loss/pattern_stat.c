/*
 * Chances, as natural logarithms: those that matter here are too small for anything else.
 *
 * Under uniform loss, with n messages of which so many are lost, every choice of the lost ones is
 * as likely as every other. So of a set of messages that was chosen without a look at the losses,
 * the number of lost ones has the hypergeometric distribution, exactly.
 */
#include <math.h>

#include "loss/pattern_priv.h"

const double *stat_ln_factorials(int64_t n, struct arena *a)
{
	double *f = arena_alloc(a, (size_t)(n + 2) * sizeof(*f));
	int64_t i;

	for (i = 1; i < n + 2; i++)
		f[i] = f[i - 1] + log((double)i);
	return f;
}

static double ln_choose(const double *f, int64_t n, int64_t k)
{
	return f[n] - f[k] - f[n - k];
}

double stat_ln_drawn(const double *f, int64_t n, int64_t marked, int64_t drawn, int64_t k)
{
	int64_t least = MAX(0, drawn - (n - marked)), most = MIN(marked, drawn), x;
	double term = 1, sum = 1, first;

	if (k <= least || (double)k * (double)n <= (double)marked * (double)drawn)
		return 0;
	if (k > most)
		return -INFINITY;
	first = ln_choose(f, marked, k) + ln_choose(f, n - marked, drawn - k) -
		ln_choose(f, n, drawn);
	/* Above the mean each term is smaller than the one before. */
	for (x = k; x < most && term > sum * 1e-12; x++) {
		term *= (double)(marked - x) * (double)(drawn - x) /
			((double)(x + 1) * (double)(n - marked - drawn + x + 1));
		sum += term;
	}
	return fmin(first + log(sum), 0);
}

static double x_ln_ratio(double x, double to)
{
	return x > 0 ? x * log(x / to) : 0;
}

double stat_ln_each(int64_t n, int64_t k, double q)
{
	double share;

	if (n < 1 || q >= 1)
		return 0;
	share = (double)k / (double)n;
	if (share <= q)
		return 0;
	if (q <= 0)
		return -INFINITY;
	return -(double)n * (x_ln_ratio(share, q) + x_ln_ratio(1 - share, 1 - q));
}

/*
 * Drawing without putting back spreads less than with it (Hoeffding, 1963), so a bound for the
 * second is one for the first.
 */
double stat_ln_near(const struct stretch *s, int64_t n, double inside)
{
	double least = 0, tilt;
	int64_t i;

	for (tilt = 0.05; tilt < 20; tilt *= 1.15) {
		double ln = -tilt * inside;

		for (i = 0; i < n; i++)
			ln += s[i].lost * log(1 - s[i].share + s[i].share * exp(tilt));
		least = fmin(least, ln);
	}
	return least;
}

double stat_ln_nearby(const struct look *l, const bool *inside)
{
	struct stretch *s = arena_alloc(l->arena, (size_t)(l->n / STRETCH + 1) * sizeof(*s));
	double inside_lost = 0, alone;
	int64_t n = l->n / STRETCH, i, k;

	for (i = 0; i < n; i++)
		for (k = i * STRETCH; k < (i + 1) * STRETCH; k++) {
			s[i].lost += l->m[k].lost;
			s[i].share += (double)inside[k] / STRETCH;
			inside_lost += inside[k] && l->m[k].lost;
		}
	/* What was lost in a row, but for what is by chance, is no more than one case. */
	alone = (double)(l->lost - l->adjacent) / (double)l->lost * (double)l->n /
		(double)(l->n - l->lost);
	return stat_ln_near(s, n, inside_lost) * fmin(alone, 1);
}

double stat_ln_many(double tried)
{
	return log(fmax(tried, 1));
}

bool stat_is_hit(int64_t sent, int64_t lost, double least)
{
	return lost > 0 && (double)lost >= least * (double)sent;
}

double stat_ln_likelihood(int64_t n, int64_t lost)
{
	double of = (double)n, k = (double)lost;

	return (lost > 0 ? k * log(k / of) : 0) + (lost < n ? (of - k) * log(1 - k / of) : 0);
}

double split_gain(const struct pattern_split *s)
{
	return stat_ln_likelihood(s->in, s->in_lost) + stat_ln_likelihood(s->out, s->out_lost) -
	       stat_ln_likelihood(s->in + s->out, s->in_lost + s->out_lost);
}

double split_share(const struct pattern_split *s, bool in)
{
	int64_t of = in ? s->in : s->out, lost = in ? s->in_lost : s->out_lost;

	return of ? (double)lost / (double)of : 0;
}

double split_explains(const struct pattern_split *s)
{
	int64_t lost = s->in_lost + s->out_lost;

	if (!lost)
		return 0;
	return ((double)s->in_lost - (double)s->in * split_share(s, false)) / (double)lost;
}

double split_ln_p(const struct look *l, const struct pattern_split *s)
{
	return stat_ln_drawn(l->ln_fact, l->n, s->in, l->lost, s->in_lost);
}

struct pattern_split split_of(const struct look *l, int64_t in, int64_t in_lost)
{
	return (struct pattern_split){ in, in_lost, l->n - in, l->lost - in_lost };
}
