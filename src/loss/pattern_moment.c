/*
 * Is loss bound to moments that are known: a new session, the end of a pause?
 *
 * Bursts may lie on such a moment by chance. So beside the test on messages there is one on
 * moments, which are far from each other: of so many, how many have a loss?
 */
#include <math.h>
#include <string.h>

#include "loss/pattern_priv.h"

enum {
	HEAD_MAX = 16, /* messages after a pause that are looked at */
	PAUSES_MIN = 3,
	PAUSE_TIMES = 8, /* a pause is so many times the usual distance */
	SESSIONS_MIN = 3,
};

static const double explains_min = 0.5, head_share = 0.5;

/* --- new sessions ---------------------------------------------------------------------- */

static const int64_t windows_ms[] = { 20,  30,	 50,   70,   100,  150,	 200,  300,  500,
				      700, 1000, 1500, 2000, 3000, 5000, 7000, 10000 };

/* Of what is usual in a window, so much is enough: where loss is heavy, more tells better. */
static const double window_parts[] = { 0.5, 0.8 };

/* From `before` ahead of a moment to `after` it. */
struct window {
	int64_t before_ns, after_ns;
};

static int64_t first_at(const struct look *l, int64_t t_ns)
{
	int64_t low = 0, high = l->n;

	while (low < high) {
		int64_t middle = (low + high) / 2;

		if (l->m[middle].t_ns < t_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* before[i]: losses before message i */
static const int64_t *losses_before(const struct look *l)
{
	int64_t *before = arena_alloc(l->arena, (size_t)(l->n + 1) * sizeof(*before)), i;

	for (i = 0; i < l->n; i++)
		before[i + 1] = before[i] + l->m[i].lost;
	return before;
}

/* Which share of all moments at which something was sent has its window lost? */
static double covered(const struct look *l, const struct window *w, double least)
{
	const int64_t *before = losses_before(l);
	int64_t i, from = 0, to = 0, hit = 0;

	for (i = 0; i < l->n; i++) {
		while (l->m[from].t_ns < l->m[i].t_ns - w->before_ns)
			from++;
		while (to < l->n && l->m[to].t_ns <= l->m[i].t_ns + w->after_ns)
			to++;
		hit += stat_is_hit(to - from, before[to] - before[from], least);
	}
	return (double)hit / (double)l->n;
}

/* The same of the sessions: bursts are apart, and so are they. */
static double ln_covered(const struct look *l, const struct window *w, double least)
{
	const int64_t *before = losses_before(l);
	int64_t had = 0, hit = 0;
	size_t s;

	for (s = 0; s < l->n_sessions; s++) {
		int64_t from = first_at(l, l->sessions_ns[s] - w->before_ns);
		int64_t to = first_at(l, l->sessions_ns[s] + w->after_ns + 1);

		had += to > from;
		hit += stat_is_hit(to - from, before[to] - before[from], least);
	}
	return stat_ln_each(had, hit, covered(l, w, least));
}

static void at_sessions(const struct look *l, const struct window *w, double tried,
			struct guess *out)
{
	int64_t in = 0, in_lost = 0, i, next = 0, had;
	size_t s;

	out->is.moments = out->is.moments_hit = out->is.window_ns = 0;
	for (s = 0; s < l->n_sessions; s++) {
		int64_t at = l->sessions_ns[s], first = first_at(l, at - w->before_ns);

		had = in_lost;
		for (i = MAX(first, next); i < l->n && l->m[i].t_ns <= at + w->after_ns; i++) {
			int64_t off = l->m[i].t_ns > at ? l->m[i].t_ns - at : at - l->m[i].t_ns;

			in++;
			in_lost += l->m[i].lost;
			if (l->m[i].lost)
				out->is.window_ns = MAX(out->is.window_ns, off);
		}
		out->is.moments += i > MAX(first, next);
		out->is.moments_hit += in_lost > had;
		next = MAX(next, i);
	}
	out->is.split = split_of(l, in, in_lost);
	out->gain = split_gain(&out->is.split);
	out->ln_p = split_ln_p(l, &out->is.split) + stat_ln_many(tried);
	out->large =
		out->is.moments >= SESSIONS_MIN && split_explains(&out->is.split) >= explains_min;
}

void guess_rekey(const struct look *l, struct guess *out)
{
	double tried = 2 * (double)ARRAY_LEN(windows_ms);
	struct window best = { 0 };
	size_t i;

	for (i = 0; i < 2 * ARRAY_LEN(windows_ms); i++) {
		int64_t w = windows_ms[i / 2] * NS_PER_MS;
		struct window is = { i % 2 ? w : 0, w };
		struct guess g = { .is.kind = PATTERN_AT_REKEY };

		at_sessions(l, &is, tried, &g);
		if (!g.is.moments_hit || g.gain <= out->gain)
			continue;
		*out = g;
		best = is;
	}
	if (out->is.kind != PATTERN_AT_REKEY)
		return;
	for (i = 0; i < ARRAY_LEN(window_parts); i++) {
		double least = window_parts[i] * split_share(&out->is.split, true);

		out->ln_p_clumped = fmin(out->ln_p_clumped, ln_covered(l, &best, least));
	}
	out->ln_p_clumped += stat_ln_many(tried * (double)ARRAY_LEN(window_parts));
}

/* --- pauses ---------------------------------------------------------------------------- */

static const int64_t pauses_ms[] = { 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000 };

/* What became of the first, second, ... after each pause of at least so long. */
struct heads {
	int64_t pauses, shortest_ns, at[HEAD_MAX], lost_at[HEAD_MAX];
};

static void look_at_heads(const struct look *l, int64_t least_ns, struct heads *h)
{
	int64_t i, since = HEAD_MAX;

	memset(h, 0, sizeof(*h));
	for (i = 1; i < l->n; i++) {
		int64_t gap = l->m[i].t_ns - l->m[i - 1].t_ns;

		/* Where some between are not known, it is no pause. */
		if (gap >= least_ns && l->m[i].place == l->m[i - 1].place + 1) {
			h->shortest_ns = h->pauses ? MIN(h->shortest_ns, gap) : gap;
			h->pauses++;
			since = 0;
		}
		if (since < HEAD_MAX) {
			h->at[since]++;
			h->lost_at[since] += l->m[i].lost;
		}
		since++;
	}
}

static void after_pauses(const struct look *l, const struct heads *h, double tried,
			 struct guess *out)
{
	int64_t first, in = 0, in_lost = 0;
	struct pattern_split one;

	for (first = 0; first < HEAD_MAX; first++) {
		if ((double)h->lost_at[first] < head_share * (double)h->at[first] || !h->at[first])
			break;
		in += h->at[first];
		in_lost += h->lost_at[first];
	}
	out->is.first = first;
	out->is.idle_ns = h->shortest_ns;
	out->is.moments = h->pauses;
	out->is.moments_hit = h->lost_at[0];
	out->is.split = split_of(l, in, in_lost);
	out->gain = split_gain(&out->is.split);
	out->ln_p = split_ln_p(l, &out->is.split) + stat_ln_many(tried * HEAD_MAX);
	/* The first ones of each: pauses are apart, so that a burst hits one at the most. */
	one = split_of(l, h->pauses, h->lost_at[0]);
	out->ln_p_clumped = split_ln_p(l, &one) + stat_ln_many(tried);
	out->large = split_explains(&out->is.split) >= explains_min;
}

void guess_idle(const struct look *l, struct guess *out)
{
	double tried = (double)ARRAY_LEN(pauses_ms);
	struct heads h;
	size_t i;

	for (i = 0; i < ARRAY_LEN(pauses_ms); i++) {
		struct guess g = { .is.kind = PATTERN_AFTER_IDLE };
		int64_t least = pauses_ms[i] * NS_PER_MS;

		if (least < PAUSE_TIMES * l->pace_ns)
			continue;
		look_at_heads(l, least, &h);
		if (h.pauses < PAUSES_MIN)
			break;
		after_pauses(l, &h, tried, &g);
		if (g.is.first && g.gain > out->gain)
			*out = g;
	}
}
