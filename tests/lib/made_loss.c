#include "lib/made_loss.h"

#include <math.h>
#include <string.h>

double made_real(struct made_loss *w, double low, double high)
{
	return low + (high - low) * (double)(seed_next(&w->seed) >> 11) / 9007199254740992.0;
}

double made_log(struct made_loss *w, double low, double high)
{
	return exp(made_real(w, log(low), log(high)));
}

bool made_chance(struct made_loss *w, double share)
{
	return made_real(w, 0, 1) < share;
}

static void draw_sizes(struct made_loss *w)
{
	unsigned at = 60 + (unsigned)seed_below(&w->seed, 60);
	size_t i;

	w->n_sizes = made_chance(w, 0.5) ? 1 : 3 + seed_below(&w->seed, MADE_SIZES - 2);
	for (i = 0; i < w->n_sizes; i++, at += 50 + (unsigned)seed_below(&w->seed, 200))
		w->sizes[i] = at;
}

void made_send(struct made_loss *w, size_t n, int64_t pace_ns)
{
	int64_t at = (int64_t)seed_below(&w->seed, 1000000) * NS_PER_S, jitter;
	uint64_t first = seed_below(&w->seed, 100000);
	size_t i;

	w->n = n;
	w->in_turn = made_chance(w, 0.2);
	w->n_sessions = 0;
	w->pace_ns = pace_ns;
	w->says[0] = '\0';
	jitter = made_chance(w, 0.5) ? 1 : (int64_t)((double)pace_ns * made_real(w, 0, 0.3)) + 1;
	draw_sizes(w);
	for (i = 0; i < n; i++) {
		size_t size = w->in_turn ? i % w->n_sizes : seed_below(&w->seed, w->n_sizes);

		w->m[i] = (struct pattern_message){
			.t_ns = at + (int64_t)i * pace_ns +
				(int64_t)seed_below(&w->seed, (uint64_t)jitter),
			.count = first + i,
			.size = w->sizes[size],
			.known = true,
		};
	}
}

void made_pauses(struct made_loss *w, size_t pauses, int64_t pause_ns)
{
	size_t i, k, at;

	for (i = 0; i < pauses; i++) {
		at = (i * w->n + 1 + seed_below(&w->seed, w->n / 2)) / pauses;
		for (k = MAX(at, 1U); k < w->n; k++)
			w->m[k].t_ns += pause_ns;
	}
}

void made_sessions(struct made_loss *w, size_t sessions)
{
	int64_t span = w->m[w->n - 1].t_ns - w->m[0].t_ns, each = span / (int64_t)sessions;
	size_t i;

	for (i = 0; i < sessions; i++)
		w->sessions_ns[i] = w->m[0].t_ns + (int64_t)i * each + each / 8 +
				    (int64_t)seed_below(&w->seed, (uint64_t)each / 2);
	w->n_sessions = sessions;
}

void made_rates(struct made_loss *w, const double *rates, size_t n_rates, size_t rounds,
		size_t each)
{
	size_t order[16], r, i, k, n = 0;
	double at = (double)w->m[0].t_ns;

	for (r = 0; r < rounds; r++) {
		for (i = 0; i < n_rates; i++) {
			k = seed_below(&w->seed, i + 1);
			order[i] = order[k];
			order[k] = i;
		}
		for (i = 0; i < n_rates * each && n < w->n; i++, n++) {
			w->m[n].rate = rates[order[i / each]];
			w->m[n].t_ns = (int64_t)at;
			at += 1e9 / w->m[n].rate;
		}
	}
	w->n = n;
}

void made_stalls(struct made_loss *w, size_t stalls, int64_t longest_ns)
{
	int64_t span = w->m[w->n - 1].t_ns - w->m[0].t_ns;
	size_t i, k;

	for (i = 0; i < stalls; i++) {
		int64_t from = w->m[0].t_ns + (int64_t)seed_below(&w->seed, (uint64_t)span);
		int64_t to = from + 1 + (int64_t)seed_below(&w->seed, (uint64_t)longest_ns);

		for (k = 0; k < w->n; k++)
			if (w->m[k].t_ns >= from && w->m[k].t_ns < to)
				w->m[k].t_ns = to;
	}
}

void made_slower(struct made_loss *w, size_t last, double times)
{
	int64_t begins = w->m[w->n - last].t_ns;
	size_t i;

	for (i = 0; i < w->n; i++) {
		bool slow = i >= w->n - last;

		w->m[i].rate = 1e9 / ((double)w->pace_ns * (slow ? times : 1));
		if (slow)
			w->m[i].t_ns = begins + (int64_t)((double)(w->m[i].t_ns - begins) * times);
	}
}

void made_unknown(struct made_loss *w, double share)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		w->m[i].known = !made_chance(w, share);
}

/* --- loss --------------------------------------------------------------------------------- */

void made_uniform(struct made_loss *w, double share)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		w->m[i].lost |= made_chance(w, share);
}

void made_burst(struct made_loss *w, double begin, double end, double share)
{
	bool bad = false;
	size_t i;

	for (i = 0; i < w->n; i++) {
		bad = bad ? !made_chance(w, end) : made_chance(w, begin);
		w->m[i].lost |= bad && made_chance(w, share);
	}
}

void made_by_size(struct made_loss *w, unsigned from, double share)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		w->m[i].lost |= w->m[i].size >= from && made_chance(w, share);
}

void made_by_size_rising(struct made_loss *w, double most)
{
	double largest = w->sizes[w->n_sizes - 1];
	size_t i;

	for (i = 0; i < w->n; i++)
		w->m[i].lost |= made_chance(w, most * w->m[i].size / largest);
}

static void by_limit(struct made_loss *w, double rate, double bucket, bool bytes)
{
	double full = bucket;
	size_t i;

	for (i = 0; i < w->n; i++) {
		double gone = i ? (double)(w->m[i].t_ns - w->m[i - 1].t_ns) / 1e9 : 0;
		double cost = bytes ? w->m[i].size : 1;

		full = fmin(full + gone * rate, bucket);
		if (full >= cost)
			full -= cost;
		else
			w->m[i].lost = true;
	}
}

void made_by_rate(struct made_loss *w, double rate, double bucket)
{
	by_limit(w, rate, bucket, false);
}

void made_by_bytes(struct made_loss *w, double rate, double bucket)
{
	by_limit(w, rate, bucket, true);
}

void made_periodic(struct made_loss *w, int64_t period_ns, int64_t wide_ns, double share)
{
	int64_t phase = (int64_t)seed_below(&w->seed, (uint64_t)period_ns);
	size_t i;

	for (i = 0; i < w->n; i++)
		if ((w->m[i].t_ns + phase) % period_ns < wide_ns)
			w->m[i].lost |= made_chance(w, share);
}

void made_every(struct made_loss *w, uint64_t every)
{
	uint64_t rest = seed_below(&w->seed, every);
	size_t i;

	for (i = 0; i < w->n; i++)
		w->m[i].lost |= w->m[i].count % every == rest;
}

void made_at_rekey(struct made_loss *w, int64_t wide_ns, double share)
{
	size_t i, s;

	for (i = 0; i < w->n; i++)
		for (s = 0; s < w->n_sessions; s++)
			if (w->m[i].t_ns >= w->sessions_ns[s] &&
			    w->m[i].t_ns < w->sessions_ns[s] + wide_ns)
				w->m[i].lost |= made_chance(w, share);
}

void made_after_idle(struct made_loss *w, int64_t idle_ns, size_t first)
{
	size_t i, since = MADE_LOSS_MAX;

	for (i = 0; i < w->n; i++) {
		if (i && w->m[i].t_ns - w->m[i - 1].t_ns >= idle_ns)
			since = 0;
		w->m[i].lost |= since < first;
		since++;
	}
}
