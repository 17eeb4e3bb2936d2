/*
 * The sentence of each pattern, with its numbers, and the name: of loss that is made by hand.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/seed.h"
#include "loss/pattern.h"

enum { SAID_MAX = 3000 };

struct said {
	struct pattern_message m[SAID_MAX];
	int64_t sessions_ns[20];
	size_t n, n_sessions;
	struct arena arena;
	struct pattern p;
};

static int said_begin(void **state)
{
	struct said *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	arena_init(&s->arena);
	*state = s;
	return 0;
}

static int said_end(void **state)
{
	struct said *s = *state;

	arena_done(&s->arena);
	free(s);
	return 0;
}

static bool by_chance(uint64_t *x, unsigned of_1000)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x % 1000 < of_1000;
}

enum { CHANCE = 88172645 }; /* where it begins: the numbers in the sentences depend on it */

static void send_evenly(struct said *s, size_t n)
{
	size_t i;

	memset(s->m, 0, sizeof(s->m));
	s->n = n;
	s->n_sessions = 0;
	for (i = 0; i < n; i++)
		s->m[i] = (struct pattern_message){ .t_ns = (int64_t)i * 10 * NS_PER_MS,
						    .count = i,
						    .known = true };
}

static void says(struct said *s, enum pattern_kind kind, const char *sentence)
{
	struct pattern_input in = { s->m, s->n, s->sessions_ns, s->n_sessions };

	pattern_find(&in, &s->arena, &s->p);
	assert_string_equal(s->p.sentence, sentence);
	assert_string_equal(pattern_kind_str(s->p.kind), pattern_kind_str(kind));
}

static void of_few_and_none(void **state)
{
	struct said *s = *state;
	size_t i;

	send_evenly(s, 0);
	says(s, PATTERN_TOO_FEW, "nothing is known of any message");
	send_evenly(s, 1);
	says(s, PATTERN_NONE, "none of 1 lost");
	s->m[0].lost = true;
	says(s, PATTERN_ALL, "all 1 lost");
	send_evenly(s, 2);
	s->m[0].lost = true;
	says(s, PATTERN_TOO_FEW, "1 of 2 lost: too few to tell a pattern");
	send_evenly(s, 500);
	for (i = 0; i < 9; i++)
		s->m[i * i * 5 + i].lost = true;
	says(s, PATTERN_TOO_FEW, "9 of 500 lost: too few to tell a pattern");
	for (i = 0; i < s->n; i++)
		s->m[i].lost = !s->m[i].lost;
	says(s, PATTERN_TOO_FEW, "491 of 500 lost: too few came through to tell a pattern");
	for (i = 0; i < s->n; i++)
		s->m[i].lost = true;
	says(s, PATTERN_ALL, "all 500 lost");
	/* What is not known is neither lost nor whole. */
	for (i = 0; i < s->n; i++)
		s->m[i].known = false;
	says(s, PATTERN_TOO_FEW, "nothing is known of any message");
	assert_int_equal(s->p.unknown, 500);
	assert_int_equal(s->p.sent, 0);
}

static void of_bursts(void **state)
{
	static const size_t at[] = { 31, 97, 160, 333, 340, 520, 701, 742, 888, 903, 1007, 1290 };
	struct said *s = *state;
	size_t i, k;

	send_evenly(s, 1500);
	for (i = 0; i < ARRAY_LEN(at); i++)
		for (k = 0; k < 3 + i % 4; k++)
			s->m[at[i] + k].lost = true;
	says(s, PATTERN_BURST, "bursts: 12 times 3 to 6 in a row, every other one is whole");
	assert_true(s->p.sure);
	assert_int_equal(s->p.bursts, 12);
	s->m[600].lost = s->m[1100].lost = true;
	says(s, PATTERN_BURST, "bursts: 12 times 3 to 6 in a row, and 2 alone");
	send_evenly(s, 1000);
	for (i = 300; i < 420; i++)
		s->m[i].lost = true;
	says(s, PATTERN_BURST, "bursts: once 120 in a row, every other one is whole");
}

static void of_periods(void **state)
{
	struct said *s = *state;
	size_t i;

	/* As the lab's rule drops them: by the WireGuard counter. */
	send_evenly(s, 2000);
	for (i = 0; i < s->n; i++)
		s->m[i].lost = i % 16 == 3;
	says(s, PATTERN_PERIODIC,
	     "every 16th message (or each 160 ms: the pace was even): all 125, none of 1875 of the "
	     "others");
	/* At another pace it is told from the other. */
	for (i = 0; i < s->n; i++)
		s->m[i].t_ns = (int64_t)(i * i) * NS_PER_MS / 100;
	says(s, PATTERN_PERIODIC, "every 16th message: all 125, none of 1875 of the others");
	assert_int_equal(s->p.every, 16);
	/* By a counter that others take numbers of as well. */
	for (i = 0; i < s->n; i++) {
		s->m[i].count = i + i / 7;
		s->m[i].lost = s->m[i].count % 21 == 5;
	}
	says(s, PATTERN_PERIODIC, "every 21st message: all 95, none of 1905 of the others");
	send_evenly(s, 3000);
	for (i = 0; i < s->n; i++)
		s->m[i].lost = i % 200 >= 70 && i % 200 < 75;
	says(s, PATTERN_PERIODIC,
	     "periodic: about each 2.00 s, for 40 ms: all 75 then, none of 2925 of the others");
	assert_int_equal(s->p.every, 0);
}

static void of_moments(void **state)
{
	struct said *s = *state;
	size_t i, k;

	send_evenly(s, 3000);
	for (i = 0; i < 13; i++) {
		s->sessions_ns[i] = (int64_t)(i * 2100 + (i * i * 37) % 400) * NS_PER_MS;
		for (k = 0; k < 7 && i != 5; k++)
			s->m[s->sessions_ns[i] / (10 * NS_PER_MS) + 1 + (int64_t)k].lost = true;
	}
	s->n_sessions = 13;
	says(s, PATTERN_AT_REKEY,
	     "at rekey: 84 of 84 lost within 70 ms of a new session, at 12 of 13 of them");
	send_evenly(s, 2000);
	for (i = 1; i < 2000; i++) {
		s->m[i].t_ns = s->m[i - 1].t_ns + (i % 173 ? 10 * NS_PER_MS : 10 * NS_PER_S);
		s->m[i].lost = i > 172 && i % 173 < 3;
	}
	says(s, PATTERN_AFTER_IDLE,
	     "after idle: the first 3 after each pause of 10.0 s or more: all 33, none of 1967 of "
	     "the others");
}

static void of_sizes(void **state)
{
	uint64_t x = CHANCE;
	struct said *s = *state;
	size_t i;

	send_evenly(s, 1500);
	for (i = 0; i < s->n; i++) {
		s->m[i].size = (i * i * 7 + i / 3) % 5 < 3 ? 1280 - 100 * (i % 3) : 1300 + i % 2;
		s->m[i].lost = s->m[i].size >= 1300;
	}
	says(s, PATTERN_BY_SIZE, "by size: none of 1000 up to 1280 B, all 500 from 1300 B on");
	assert_false(s->p.rising);
	/* One size in three, in turn, is every third message too: nobody can tell. */
	for (i = 0; i < s->n; i++) {
		s->m[i].size = 300 + 400 * (unsigned)(i % 3);
		s->m[i].lost = i % 3 == 2;
	}
	says(s, PATTERN_BY_SIZE,
	     "by size: none of 1000 up to 700 B, all 500 from 1100 B on (or every 3rd message: "
	     "sizes came in that order)");
	assert_true(s->p.either);
	/* All large ones were sent later, and later loss began. */
	for (i = 0; i < s->n; i++) {
		s->m[i].size = i < 1000 ? 300 : 1300;
		s->m[i].lost = i >= 1000 && by_chance(&x, 300);
	}
	says(s, PATTERN_UNEVEN,
	     "uneven: all 156 lost were sent between 10.0 s and 15.0 s; it may be by size, too few "
	     "cases to tell");
	assert_int_equal(s->p.may_be, PATTERN_BY_SIZE);
}

static void of_rates(void **state)
{
	uint64_t x = CHANCE;
	static const char order[] = "012120201021102210012120201021";
	struct said *s = *state;
	int64_t at = 0;
	size_t i;

	/* 30 steps, 100, 200 and 400 messages/s; every second one of the fastest is lost. */
	send_evenly(s, 1500);
	for (i = 0; i < s->n; i++) {
		s->m[i].rate = 100 << (order[i / 50] - '0');
		s->m[i].t_ns = at += (int64_t)(1e9 / s->m[i].rate);
		s->m[i].lost = s->m[i].rate > 300 && by_chance(&x, 400);
	}
	says(s, PATTERN_BY_RATE,
	     "by rate: none of 1000 up to 200 messages/s, 187 of 500 from 400 messages/s on, where about "
	     "250/s pass");
	/* Once from slow to fast: time may have done it as well. */
	for (i = at = 0; i < s->n; i++) {
		s->m[i].rate = 100 << i / 500;
		s->m[i].t_ns = at += (int64_t)(1e9 / s->m[i].rate);
		s->m[i].lost = s->m[i].rate > 300 && by_chance(&x, 400);
	}
	says(s, PATTERN_UNEVEN,
	     "uneven: all 193 lost were sent between 7.50 s and 8.74 s; it may be by rate, too few "
	     "cases to tell");
}

/*
 * 1000 messages each 3 ms and 200 each 15 ms, by a machine that stands still each 400 ms and sends
 * all at once then; 150/s pass, and 10 at once.
 */
static void of_limit(void **state)
{
	struct said *s = *state;
	double left = 10;
	int64_t at = 0;
	size_t i;

	send_evenly(s, 1200);
	for (i = 0; i < s->n; i++) {
		s->m[i].t_ns = at / (400 * NS_PER_MS) * (400 * NS_PER_MS) + 60 * NS_PER_MS;
		s->m[i].t_ns = MAX(s->m[i].t_ns, at);
		at += (i < 1000 ? 3 : 15) * NS_PER_MS;
		if (i)
			left += (double)(s->m[i].t_ns - s->m[i - 1].t_ns) * 150 / 1e9;
		left = left > 10 ? 10 : left;
		s->m[i].lost = left < 1;
		left -= s->m[i].lost ? 0 : 1;
	}
	says(s, PATTERN_BY_RATE,
	     "by rate: about 149 messages/s pass: 468 of 475 sent above that, 83 of 725 of the others");
}

/*
 * Loss in one step, whose even pace is a period too: all of its messages have one phase, and most
 * of the others, sent faster, another.
 */
static void of_one_slow_step(void **state)
{
	struct said *s = *state;
	uint64_t x = CHANCE;
	int64_t at = 0;
	size_t i;

	send_evenly(s, 1500);
	for (i = 0; i < s->n; i++) {
		bool slow = i >= 700 && i < 800;

		s->m[i].t_ns = at += slow ? 20 * NS_PER_MS : 1300 * NS_PER_US;
		s->m[i].lost = slow && by_chance(&x, 550);
	}
	says(s, PATTERN_BURST, "bursts: 13 times 2 to 7 in a row, and 9 alone");
}

static void of_random(void **state)
{
	struct said *s = *state;
	uint64_t x = CHANCE;
	size_t i;

	send_evenly(s, 3000);
	for (i = 0; i < s->n; i++)
		s->m[i].lost = by_chance(&x, 61);
	says(s, PATTERN_RANDOM, "random: 5.8 %");
	assert_true(s->p.sure);
}

/* Whatever comes in: no crash, and numbers that fit each other. */
static void of_anything(void **state)
{
	struct said *s = *state;
	struct seed seed = seed_start("of_anything");
	struct pattern_input in = { s->m, 0, s->sessions_ns, 0 };
	int round;
	size_t i;

	for (round = 0; round < 1500; round++) {
		uint64_t step = UINT64_C(1) << seed_below(&seed, 40),
			 of = 1 + seed_below(&seed, 20);

		in.n = seed_below(&seed, seed_below(&seed, 4) ? 60 : 2000);
		in.n_sessions = seed_below(&seed, 21);
		for (i = 0; i < in.n_sessions; i++)
			s->sessions_ns[i] = (int64_t)seed_below(&seed, step * 100);
		for (i = 0; i < in.n; i++)
			s->m[i] = (struct pattern_message){
				.t_ns = (int64_t)seed_below(&seed, step) + (int64_t)(i * step / 4),
				.count = seed_below(&seed, 9) ? i : seed_next(&seed),
				.size = (unsigned)seed_below(&seed, of),
				.rate = (double)seed_below(&seed, of),
				.known = seed_below(&seed, 20),
				.lost = seed_below(&seed, of) == 0,
			};
		pattern_find(&in, &s->arena, &s->p);
		assert_in_range(strlen(s->p.sentence), 1, 200);
		assert_true(s->p.lost <= s->p.sent);
		assert_int_equal(s->p.sent + s->p.unknown, in.n);
		if (s->p.kind <= PATTERN_RANDOM)
			continue;
		assert_int_equal(s->p.split.in + s->p.split.out, s->p.sent);
		assert_int_equal(s->p.split.in_lost + s->p.split.out_lost, s->p.lost);
		assert_true(s->p.log10_p < -8);
	}
}

#define SAID(t) cmocka_unit_test_setup_teardown(t, said_begin, said_end)

/* No link loses the small ones and carries the others: no name for it, but no chance either. */
static void of_small_ones(void **state)
{
	uint64_t x = CHANCE;
	struct said *s = *state;
	size_t i;

	send_evenly(s, 1200);
	for (i = 0; i < s->n; i++) {
		s->m[i].size = by_chance(&x, 120) ? 96 + 16 * (unsigned)(i % 9) :
						    240 + 16 * (unsigned)(i % 70);
		s->m[i].lost = s->m[i].size <= 224 && by_chance(&x, 400);
	}
	says(s, PATTERN_UNEVEN, "uneven: all 53 lost were of messages up to 224 bytes");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		SAID(of_few_and_none),	SAID(of_bursts),     SAID(of_periods), SAID(of_moments),
		SAID(of_sizes),		SAID(of_rates),	     SAID(of_random),  SAID(of_anything),
		SAID(of_one_slow_step), SAID(of_small_ones), SAID(of_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
