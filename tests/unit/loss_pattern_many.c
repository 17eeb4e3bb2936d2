/*
 * Each pattern made many times, in many manners, and named; what is uniform is random and nothing
 * else, and what only looks like a pattern is not called one. ROUNDS=20000 looks longer, and
 * RULE=uniform only at that.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "lib/made_loss.h"

/* --- many times ------------------------------------------------------------------------- */

/* What a rule may be called; a bit for each kind. */
#define MAY(kind) (1u << PATTERN_##kind)
#define UNNAMED (MAY(RANDOM) | MAY(TOO_FEW) | MAY(UNEVEN))

struct rule {
	const char *name;
	bool (*make)(struct made_loss *w); /* false: too weak to be told, or nothing to be seen */
	unsigned right, also; /* kinds; also: not wrong, and not what is asked for */
	unsigned times; /* ROUNDS */
};

/* How often it is right is counted in the ordinary build: the sanitizers need no such number. */
#ifdef __SANITIZE_ADDRESS__
enum { ROUNDS = 20 };
#else
enum { ROUNDS = 100 };
#endif

static unsigned rounds_of(const struct rule *r)
{
	const char *env = getenv("ROUNDS");
	unsigned long n = env ? strtoul(env, NULL, 10) : ROUNDS;

	return (unsigned)n * r->times;
}

/* By size, where sizes came in turn, says that it may be every so many messages as well. */
static bool is_right(const struct rule *r, const struct pattern *p)
{
	return (1u << p->kind & r->right) || (p->either && p->every && MAY(PERIODIC) & r->right);
}

static void judge(const struct rule *r, struct made_loss *w, struct pattern *p, struct arena *a)
{
	struct pattern_input in = { w->m, w->n, w->sessions_ns, w->n_sessions };

	memset(p, 0, sizeof(*p));
	pattern_find(&in, a, p);
	if (!is_right(r, p))
		print_message("# %s: %s\n#  %s\n", r->name, w->says, p->sentence);
}

/* Right in at least 99 of 100, wrong never. */
static void named(void **state)
{
	const struct rule *r = *state;
	struct made_loss *w = calloc(1, sizeof(*w));
	unsigned i, made = 0, right = 0, wrong = 0, n = rounds_of(r);
	struct pattern p;
	struct arena a;

	assert_non_null(w);
	w->seed = seed_start(r->name);
	for (i = 0; made < n && i < 20 * n; i++) {
		arena_init(&a);
		if (r->make(w)) {
			made++;
			judge(r, w, &p, &a);
			right += is_right(r, &p);
			wrong += !is_right(r, &p) && !(1u << p.kind & r->also);
		}
		arena_done(&a);
	}
	print_message("# %s: %u of %u named, %u wrong\n", r->name, right, made, wrong);
	free(w);
	assert_int_equal(wrong, 0);
	assert_int_equal(made, n);
	/* 99 of 100, and as much less as chance has it for so few. */
	assert_true(n - right <= n / 100.0 + 3 * sqrt(n / 100.0));
}

/* --- manners of sending ----------------------------------------------------------------- */

#define SAYS(w, ...) snprintf((w)->says, sizeof((w)->says), __VA_ARGS__)

static size_t lost(const struct made_loss *w)
{
	size_t i, n = 0;

	for (i = 0; i < w->n; i++)
		n += w->m[i].lost;
	return n;
}

static int64_t pace(struct made_loss *w)
{
	return (int64_t)(made_log(w, 1, 200) * 1e6);
}

/* Steps of a sweep: rates that double or so, each several times. */
static double sweep(struct made_loss *w, size_t rounds)
{
	double rates[5], at = made_log(w, 20, 200);
	size_t i, each = 20 + seed_below(&w->seed, 60);

	for (i = 0; i < ARRAY_LEN(rates); i++, at *= made_real(w, 1.5, 2.2))
		rates[i] = at;
	made_send(w, MADE_LOSS_MAX, NS_PER_MS);
	made_rates(w, rates, ARRAY_LEN(rates), rounds, each);
	return rates[2 + seed_below(&w->seed, 3)];
}

/* All that may be beside loss and not matter. */
static void any_sending(struct made_loss *w, double n_min, double n_max)
{
	unsigned what = (unsigned)seed_below(&w->seed, 5);

	if (what == 0)
		sweep(w, 4 + seed_below(&w->seed, 4));
	else
		made_send(w, (size_t)made_log(w, n_min, n_max), pace(w));
	if (what == 1 || what == 2)
		made_pauses(w, 4 + seed_below(&w->seed, 12), (int64_t)(made_log(w, 2, 20) * 1e9));
	if (what == 2 || what == 3)
		made_sessions(w, 3 + seed_below(&w->seed, 20));
	if (made_chance(w, 0.3))
		made_stalls(w, 1 + w->n / (20 + seed_below(&w->seed, 500)),
			    (int64_t)made_log(w, 5e6, 4e8));
	if (made_chance(w, 0.2))
		made_unknown(w, made_real(w, 0, 0.2));
}

/* --- the rules -------------------------------------------------------------------------- */

static bool uniform(struct made_loss *w)
{
	double share = made_log(w, 0.001, 0.6);

	any_sending(w, 100, MADE_LOSS_MAX);
	made_uniform(w, share);
	SAYS(w, "%zu messages, %.4f", w->n, share);
	return true;
}

static bool burst(struct made_loss *w)
{
	double begin = made_log(w, 0.002, 0.05), end = made_real(w, 0.1, 0.35);

	any_sending(w, 1000, MADE_LOSS_MAX);
	made_burst(w, begin, end, made_chance(w, 0.5) ? 1 : made_real(w, 0.8, 1));
	SAYS(w, "%zu messages, %.4f %.3f, %zu lost", w->n, begin, end, lost(w));
	return (double)w->n * begin >= 20;
}

static bool by_size(struct made_loss *w)
{
	double share = made_real(w, 0.4, 1), beside = made_real(w, 0, 0.03);
	unsigned from;

	do {
		made_send(w, (size_t)made_log(w, 400, 10000), pace(w));
	} while (w->n_sizes < 3 || w->in_turn);
	from = w->sizes[1 + seed_below(&w->seed, w->n_sizes - 1)];
	made_by_size(w, from, share);
	made_uniform(w, beside);
	SAYS(w, "%zu messages, from %u B %.2f, %.4f beside", w->n, from, share, beside);
	return true;
}

static bool by_size_rising(struct made_loss *w)
{
	double most = made_real(w, 0.2, 0.7);

	do {
		made_send(w, (size_t)made_log(w, 3000, MADE_LOSS_MAX), pace(w));
	} while (w->n_sizes < 4 || w->sizes[w->n_sizes - 1] < 4 * w->sizes[0]);
	made_by_size_rising(w, most);
	SAYS(w, "%zu messages, up to %.2f", w->n, most);
	return true;
}

static bool by_rate(struct made_loss *w)
{
	double limit = sweep(w, 5 + seed_below(&w->seed, 3)) * made_real(w, 0.55, 0.8);
	double bucket = made_real(w, 2, 8), beside = made_real(w, 0, 0.01);

	made_by_rate(w, limit, bucket);
	made_uniform(w, beside);
	SAYS(w, "%zu messages, %.0f/s, bucket %.0f, %.3f beside", w->n, limit, bucket, beside);
	return 12 * lost(w) >= w->n;
}

/* As wgdiag loss sends: at a pace, and at a slower one; on a machine that has other work, too. */
static void two_paces(struct made_loss *w)
{
	size_t slow = 200 + seed_below(&w->seed, 400);

	made_send(w, 800 + slow + seed_below(&w->seed, 3000), (int64_t)(made_log(w, 1, 10) * 1e6));
	made_slower(w, slow, made_real(w, 4, 6));
	if (made_chance(w, 0.7))
		made_stalls(w, w->n / (20 + seed_below(&w->seed, 200)),
			    (int64_t)(made_real(w, 3, 40) * (double)w->pace_ns));
}

static bool by_limit(struct made_loss *w)
{
	double over = made_real(w, 1.3, 3), bucket = made_log(w, 1.5, 40);
	double beside = made_chance(w, 0.5) ? 0 : made_real(w, 0, 0.01);

	two_paces(w);
	made_by_rate(w, 1e9 / (double)w->pace_ns / over, bucket);
	made_uniform(w, beside);
	SAYS(w, "%zu messages, %.2f over, bucket %.0f, %.3f beside", w->n, over, bucket, beside);
	return 12 * lost(w) >= w->n;
}

static bool by_bytes(struct made_loss *w)
{
	double over = made_real(w, 1.3, 3), bucket, mean = 0;
	size_t i;

	two_paces(w);
	for (i = 0; i < w->n; i++)
		mean += (double)w->m[i].size / (double)w->n;
	bucket = w->sizes[w->n_sizes - 1] + mean * made_log(w, 0.5, 20);
	made_by_bytes(w, mean * 1e9 / (double)w->pace_ns / over, bucket);
	SAYS(w, "%zu messages, %.2f over, bucket %.1f", w->n, over, bucket / mean);
	return 12 * lost(w) >= w->n;
}

/* What is no limit, sent so. */
static bool burst_two_paces(struct made_loss *w)
{
	double begin = made_log(w, 0.005, 0.05), end = made_real(w, 0.1, 0.35);

	two_paces(w);
	made_burst(w, begin, end, made_chance(w, 0.5) ? 1 : made_real(w, 0.8, 1));
	SAYS(w, "%zu messages, %.4f %.3f", w->n, begin, end);
	return (double)w->n * begin >= 20;
}

static bool size_two_paces(struct made_loss *w)
{
	double share = made_real(w, 0.4, 1);

	do {
		two_paces(w);
	} while (w->n_sizes < 3 || w->in_turn);
	made_by_size(w, w->sizes[1 + seed_below(&w->seed, w->n_sizes - 1)], share);
	SAYS(w, "%zu messages, %.2f", w->n, share);
	return true;
}

static bool every_two_paces(struct made_loss *w)
{
	uint64_t k = 2 + seed_below(&w->seed, 30);

	two_paces(w);
	made_every(w, k);
	SAYS(w, "%zu messages, every %d", w->n, (int)k);
	return true;
}

static bool uniform_two_paces(struct made_loss *w)
{
	double share = made_log(w, 0.001, 0.6);

	two_paces(w);
	made_uniform(w, share);
	SAYS(w, "%zu messages, %.4f", w->n, share);
	return true;
}

static bool periodic(struct made_loss *w)
{
	int64_t period, wide, at = pace(w);
	double cycles = made_log(w, 14, 200), beside = made_real(w, 0, 0.01);

	made_send(w, (size_t)made_log(w, 1000, 10000), at);
	period = (int64_t)((double)(int64_t)w->n * (double)at / cycles);
	wide = period / (int64_t)(6 + seed_below(&w->seed, 20));
	wide = MAX(wide, 2 * at);
	made_periodic(w, period, wide, made_chance(w, 0.6) ? 1 : made_real(w, 0.7, 1));
	made_uniform(w, beside);
	SAYS(w, "%zu messages each %.1f ms, T %.1f ms for %.1f ms, %.3f beside", w->n, at / 1e6,
	     period / 1e6, wide / 1e6, beside);
	return period >= 12 * at;
}

static bool every(struct made_loss *w)
{
	uint64_t k = 2 + seed_below(&w->seed, 100);

	made_send(w, (size_t)made_log(w, 20 * (double)k, MADE_LOSS_MAX), pace(w));
	made_every(w, k);
	made_uniform(w, made_chance(w, 0.5) ? 0 : 0.1 / (double)k);
	SAYS(w, "%zu messages, every %d", w->n, (int)k);
	return true;
}

static bool at_rekey(struct made_loss *w)
{
	int64_t wide, at = pace(w);
	size_t there;

	made_send(w, (size_t)made_log(w, 2000, MADE_LOSS_MAX), at);
	made_sessions(w, 8 + seed_below(&w->seed, 20));
	wide = at * (int64_t)(2 + seed_below(&w->seed, 10));
	made_at_rekey(w, wide, made_real(w, 0.7, 1));
	there = lost(w);
	made_uniform(w, made_real(w, 0, 0.002));
	SAYS(w, "%zu messages each %.1f ms, %zu sessions, %.1f ms", w->n, at / 1e6, w->n_sessions,
	     wide / 1e6);
	return wide >= 20 * NS_PER_MS && wide < 5 * NS_PER_S && 3 * there >= 2 * lost(w);
}

static bool after_idle(struct made_loss *w)
{
	size_t first = 1 + seed_below(&w->seed, 6), pauses = 8 + seed_below(&w->seed, 20);
	int64_t at = pace(w), idle = (int64_t)made_log(w, 12e9, 40e9);

	made_send(w, (size_t)made_log(w, 1000, 10000), at);
	made_pauses(w, pauses, idle);
	/* Shorter ones do not matter. */
	if (made_chance(w, 0.5))
		made_pauses(w, pauses, idle / 6);
	made_after_idle(w, idle, first);
	made_uniform(w, made_real(w, 0, 0.001));
	SAYS(w, "%zu messages, %zu pauses of %.1f s, the first %zu", w->n, pauses, idle / 1e9,
	     first);
	return true;
}

/* One time that was bad, whatever was sent then. */
static bool bad_time(struct made_loss *w)
{
	double share = made_real(w, 0.2, 1), part = made_real(w, 0.1, 0.5);
	size_t from, i;

	any_sending(w, 400, MADE_LOSS_MAX);
	from = (size_t)((double)w->n * made_real(w, 0, 1 - part));
	for (i = from; i < from + (size_t)((double)w->n * part); i++)
		w->m[i].lost = made_chance(w, share);
	SAYS(w, "%zu messages, %.2f of them, %.2f lost", w->n, part, share);
	return lost(w) >= 40;
}

/* Long times of good and bad, over a sweep: few changes, that may lie well for a wrong name. */
static bool good_and_bad(struct made_loss *w)
{
	double share = made_real(w, 0.3, 1), turn;

	if (made_chance(w, 0.5))
		sweep(w, 4 + seed_below(&w->seed, 5));
	else
		any_sending(w, 400, 5000);
	turn = made_log(w, 4, 40) / (double)w->n;
	made_burst(w, turn, turn * made_real(w, 1, 4), share);
	SAYS(w, "%zu messages, %.4f, %.2f lost", w->n, turn, share);
	return lost(w) >= 40 && lost(w) < w->n;
}

/* A limit, and one pace above it: what is lost stands apart, evenly. */
static bool one_pace(struct made_loss *w)
{
	double over = made_real(w, 1.1, 1.9);

	made_send(w, (size_t)made_log(w, 400, 5000), 10 * NS_PER_MS);
	made_by_rate(w, 100 / over, made_real(w, 1, 20));
	SAYS(w, "%zu messages, %.2f over", w->n, over);
	return true;
}

static const struct rule rules[] = {
	{ "uniform", uniform, MAY(RANDOM) | MAY(TOO_FEW) | MAY(NONE), 0, 4 },
	{ "burst", burst, MAY(BURST), UNNAMED, 1 },
	{ "by size", by_size, MAY(BY_SIZE), UNNAMED, 1 },
	{ "by size, rising", by_size_rising, MAY(BY_SIZE), UNNAMED, 1 },
	{ "by rate", by_rate, MAY(BY_RATE), UNNAMED | MAY(BURST), 1 },
	{ "periodic", periodic, MAY(PERIODIC), UNNAMED | MAY(BURST), 1 },
	{ "every", every, MAY(PERIODIC), UNNAMED | MAY(BURST), 1 },
	{ "at rekey", at_rekey, MAY(AT_REKEY), UNNAMED | MAY(BURST), 1 },
	{ "after idle", after_idle, MAY(AFTER_IDLE), UNNAMED | MAY(BURST), 1 },
	{ "a bad time", bad_time, MAY(BURST) | UNNAMED, 0, 1 },
	{ "good and bad times", good_and_bad, MAY(BURST) | UNNAMED, 0, 1 },
	{ "one pace above a limit", one_pace, UNNAMED | MAY(PERIODIC) | MAY(BY_RATE), 0, 1 },
	{ "two paces, by rate", by_limit, MAY(BY_RATE), UNNAMED | MAY(BURST), 1 },
	{ "two paces, by bytes", by_bytes, MAY(BY_RATE), UNNAMED | MAY(BURST), 1 },
	{ "two paces, burst", burst_two_paces, MAY(BURST), UNNAMED, 1 },
	{ "two paces, by size", size_two_paces, MAY(BY_SIZE), UNNAMED, 1 },
	{ "two paces, every", every_two_paces, MAY(PERIODIC), UNNAMED | MAY(BURST), 1 },
	{ "two paces, uniform", uniform_two_paces, MAY(RANDOM) | MAY(TOO_FEW) | MAY(NONE), 0, 2 },
};

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(rules)];
	const char *only = getenv("RULE");
	size_t i, n = 0;

	for (i = 0; i < ARRAY_LEN(rules); i++)
		if (!only || strcmp(only, rules[i].name) == 0)
			tests[n++] = (struct CMUnitTest){ rules[i].name, named, NULL, NULL,
							  (void *)(uintptr_t)&rules[i] };
	return _cmocka_run_group_tests("loss_pattern_many", tests, n, NULL, NULL);
}
