/*
 * Round-trip statistics as ping prints them, and how sure a share is.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/moments.h"
#include "loss/stats.h"

/* --- moments --------------------------------------------------------------------- */

static const struct {
	int64_t v[4];
	size_t n;
	int64_t min, mean, max, mdev;
} few[] = {
	{ { 5 }, 1, 5, 5, 5, 0 },
	{ { 1, 3 }, 2, 1, 2, 3, 1 },
	{ { 3, 1 }, 2, 1, 2, 3, 1 },
	{ { 1, 2 }, 2, 1, 2, 2, 1 }, /* 1.5 and 0.5, rounded */
	{ { 2, 4, 4, 6 }, 4, 2, 4, 6, 1 }, /* the root of 2 */
	{ { 0, 0, 0, 0 }, 4, 0, 0, 0, 0 },
	/* Near the end of what a day has in nanoseconds: squares of these overflow 64 bits. */
	{ { 86400000000000, 86400000000002 },
	  2,
	  86400000000000,
	  86400000000001,
	  86400000000002,
	  1 },
	{ { 1000000000000, 3000000000000 },
	  2,
	  1000000000000,
	  2000000000000,
	  3000000000000,
	  1000000000000 },
};

static void test_few(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(few) / sizeof(few[0]); i++) {
		struct moments m = { 0 };

		for (k = 0; k < few[i].n; k++)
			moments_add(&m, few[i].v[k]);
		assert_int_equal(m.n, few[i].n);
		assert_int_equal(m.min, few[i].min);
		assert_int_equal(m.max, few[i].max);
		assert_int_equal(moments_mean(&m), few[i].mean);
		assert_int_equal(moments_mdev(&m), few[i].mdev);
	}
}

static void test_none(void **state)
{
	struct moments m = { 0 };

	(void)state;
	assert_int_equal(m.n, 0);
	assert_int_equal(moments_mdev(&m), 0);
}

/*
 * Against iputils' own arithmetic (ping_common.c, finish()): sums of times and of squares in
 * microseconds, mdev = sqrt(sum2 / n - (sum / n)²). It cuts to whole microseconds at each step.
 */
static void test_as_ping(void **state)
{
	const char *env = getenv("SEED");
	uint64_t x = env ? strtoull(env, NULL, 10) : (uint64_t)time(NULL);
	unsigned round, i;

	(void)state;
	print_message("SEED=%llu\n", (unsigned long long)x);
	x = x * 2 + 1;
	for (round = 0; round < 200; round++) {
		struct moments m = { 0 };
		int64_t sum = 0, n = 1 + (int64_t)(x % 500);
		double sum2 = 0, mean, mdev;

		for (i = 0; i < n; i++) {
			int64_t us = 500 + (int64_t)((x >> 20) % 100000);

			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			moments_add(&m, us * 1000);
			sum += us;
			sum2 += (double)us * (double)us;
		}
		mean = (double)sum / (double)n;
		mdev = sqrt(fmax(sum2 / (double)n - mean * mean, 0));
		assert_true(llabs(moments_mean(&m) - llround(mean * 1000)) <= 1);
		assert_true(llabs(moments_mdev(&m) - llround(mdev * 1000)) <= 50);
	}
}

/* --- shares ------------------------------------------------------------------------ */

static const struct {
	int64_t n, of;
	double low, high;
} intervals[] = {
	/*
	 * The closed form, computed in Python. The second one is the example of interface.md:
	 * 4.9 to 7.9 %.
	 */
	{ 0, 1000, 0, 0.00382676 }, { 62, 1000, 0.04866418, 0.07868806 },
	{ 0, 200, 0, 0.0188454 },   { 1, 2, 0.0945312, 0.9054688 },
	{ 200, 200, 0.9811546, 1 }, { 1, 1, 0.2065493, 1 },
	{ 0, 1, 0, 0.7934507 },
};

static void test_wilson(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
		struct stats_interval v;

		assert_true(stats_wilson95(intervals[i].n, intervals[i].of, &v));
		if (fabs(v.low - intervals[i].low) >= 1e-6 ||
		    fabs(v.high - intervals[i].high) >= 1e-6)
			fail_msg("%lld of %lld: %.8f to %.8f", (long long)intervals[i].n,
				 (long long)intervals[i].of, v.low, v.high);
	}
}

/* What defines it: at both ends the share is just 1.96 standard errors of that end away. */
static void test_wilson_definition(void **state)
{
	static const double z = 1.959963984540054;
	struct stats_interval v;
	int64_t n, of;
	unsigned i;

	(void)state;
	for (of = 1; of <= 3000; of += 1 + of / 7) {
		for (n = 0; n <= of; n += 1 + of / 50) {
			assert_true(stats_wilson95(n, of, &v));
			for (i = 0; i < 2; i++) {
				double end = i ? v.high : v.low, share = (double)n / (double)of;

				if (end > 0 && end < 1)
					assert_true(fabs(fabs(share - end) -
							 z * sqrt(end * (1 - end) / (double)of)) <
						    1e-9);
			}
		}
	}
}

/* It always holds the share, lies within 0 to 1, mirrors, and shrinks with more samples. */
static void test_wilson_properties(void **state)
{
	struct stats_interval v, w;
	int64_t n, of;
	double share;

	(void)state;
	for (of = 1; of < 120; of++) {
		for (n = 0; n <= of; n++) {
			assert_true(stats_share(n, of, &share));
			assert_true(stats_wilson95(n, of, &v));
			assert_true(0 <= v.low && v.low <= share && share <= v.high && v.high <= 1);
			assert_true(stats_wilson95(of - n, of, &w));
			assert_true(fabs(v.low - (1 - w.high)) < 1e-12);
			assert_true(stats_wilson95(n * 10, of * 10, &w));
			assert_true(w.high - w.low < v.high - v.low);
		}
	}
}

static void test_no_share(void **state)
{
	static const int64_t bad[][2] = { { 0, 0 },   { 1, 0 },	 { -1, 10 },
					  { 11, 10 }, { 0, -1 }, { -1, -1 } };
	struct stats_interval v = { 7, 8 };
	double share = 9;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(stats_share(bad[i][0], bad[i][1], &share));
		assert_false(stats_wilson95(bad[i][0], bad[i][1], &v));
	}
	assert_true(share == 9 && v.low == 7 && v.high == 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_as_ping),
		cmocka_unit_test(test_wilson),
		cmocka_unit_test(test_wilson_definition),
		cmocka_unit_test(test_wilson_properties),
		cmocka_unit_test(test_no_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
