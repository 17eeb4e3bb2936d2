/*
 * The pattern of one direction, of probes whose fates are known.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "loss/fates_pattern.h"

enum { N = 1600 };

static struct fate_facts list[N];
static const struct fate_facts answered = { .result = FATE_ANSWERED,
					    .after = STAGE_NONE,
					    .before = STAGE_NONE };

static struct fates_facts all_answered(void)
{
	size_t i;

	for (i = 0; i < N; i++) {
		list[i] = answered;
		list[i].probe = (int64_t)i;
		list[i].size = 96 + (int64_t)(i * 7 % 80) * 16;
		list[i].sent_ns = (int64_t)i * 5 * NS_PER_MS;
		list[i].session = 7;
		list[i].counter = 1000 + (int64_t)i;
		list[i].session_back = list[i].counter_back = UNKNOWN;
	}
	return (struct fates_facts){ .sent = N, .answered = N, .list = list, .n = N };
}

static void lose(size_t i, enum stage after, enum stage before)
{
	list[i].result = FATE_LOST;
	list[i].after = after;
	list[i].before = before;
}

static struct pattern find(const struct fates_facts *f, enum loss_way way, struct arena *a)
{
	struct pattern p;

	fates_pattern(f, way, a, &p);
	print_message("# %s\n", p.sentence);
	return p;
}

static void of_each_fate(void **state)
{
	struct fates_facts f = all_answered();

	(void)state;
	(void)f;
	assert_int_equal(fates_lost(&list[0], LOSS_WAY_UP), 0);
	assert_int_equal(fates_lost(&list[0], LOSS_WAY_DOWN), 0);
	lose(0, STAGE_WIRE_OUT, STAGE_FAR_WIRE_IN);
	assert_int_equal(fates_lost(&list[0], LOSS_WAY_UP), 1);
	assert_int_equal(fates_lost(&list[0], LOSS_WAY_DOWN), UNKNOWN);
	lose(0, STAGE_WIRE_IN, STAGE_TUN_IN);
	assert_int_equal(fates_lost(&list[0], LOSS_WAY_UP), 0);
	assert_int_equal(fates_lost(&list[0], LOSS_WAY_DOWN), 1);
	lose(0, STAGE_FAR_TUN_IN, STAGE_FAR_TUN_OUT);
	assert_int_equal(fates_lost(&list[0], LOSS_WAY_UP), 0);
	assert_int_equal(fates_lost(&list[0], LOSS_WAY_DOWN), UNKNOWN);
	lose(0, STAGE_WIRE_OUT, STAGE_WIRE_IN);
	assert_int_equal(fates_lost(&list[0], LOSS_WAY_UP), UNKNOWN);
	assert_int_equal(fates_lost(&list[0], LOSS_WAY_DOWN), UNKNOWN);
	list[0].result = FATE_UNKNOWN;
	assert_int_equal(fates_lost(&list[0], LOSS_WAY_UP), UNKNOWN);
}

/* By the counter, whatever else takes counters between; and the other way has nothing of it. */
static void every_sixteenth_up(void **state)
{
	struct fates_facts f = all_answered();
	struct pattern p;
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a);
	for (i = 0; i < N; i++) {
		list[i].counter += (int64_t)i / 100;
		if (list[i].counter % 16 == 3)
			lose(i, STAGE_WIRE_OUT, STAGE_FAR_WIRE_OUT);
	}
	p = find(&f, LOSS_WAY_UP, &a);
	assert_int_equal(p.kind, PATTERN_PERIODIC);
	assert_int_equal(p.every, 16);
	assert_int_equal(find(&f, LOSS_WAY_DOWN, &a).kind, PATTERN_NONE);
	arena_done(&a);
}

static void by_size_down(void **state)
{
	struct fates_facts f = all_answered();
	struct pattern p;
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a);
	for (i = 0; i < N; i++)
		if (list[i].size > 1000)
			lose(i, STAGE_FAR_WIRE_OUT, STAGE_WIRE_IN);
		else if (i % 31 == 0)
			lose(i, STAGE_WIRE_OUT, STAGE_WIRE_IN);
	p = find(&f, LOSS_WAY_DOWN, &a);
	assert_int_equal(p.kind, PATTERN_BY_SIZE);
	assert_true(p.low > 900 && p.high < 1100);
	/* Those that died where it is not known of which way are in neither. */
	assert_int_equal(find(&f, LOSS_WAY_UP, &a).lost, 0);
	arena_done(&a);
}

/* Two paces in turn, neither of them even; what comes faster than a limit is lost in part. */
static void by_rate(void **state)
{
	struct fates_facts f = all_answered();
	struct pattern p;
	struct arena a;
	int64_t at = 0;
	size_t i;

	(void)state;
	arena_init(&a);
	for (i = 0; i < N; i++) {
		bool slow = i / 25 % 2 == 0;

		at += (slow ? 20 : 4) * NS_PER_MS + (int64_t)(i * 7919 % 13) * 100 * NS_PER_US;
		list[i].sent_ns = at;
		if (!slow && i % 25 > 5 && i * 2654435761u >> 7 & 1)
			lose(i, STAGE_WIRE_OUT, STAGE_FAR_WIRE_OUT);
	}
	p = find(&f, LOSS_WAY_UP, &a);
	assert_int_equal(p.kind, PATTERN_BY_RATE);
	assert_true(p.low < 60 && p.high > 150);
	arena_done(&a);
}

/* A new session is where the receiver index changes. */
static void at_new_sessions(void **state)
{
	struct fates_facts f = all_answered();
	struct pattern p;
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a);
	for (i = 0; i < N; i++) {
		/* They do not come at even times, which would be a period. */
		static const size_t begins[] = { 0,   90,   310,  380,	590, 730,
						 790, 1010, 1200, 1250, 1480 };
		size_t k, since = i;

		for (k = 0; k < ARRAY_LEN(begins) && begins[k] <= i; k++) {
			list[i].session = (int64_t)(100 + k);
			since = i - begins[k];
		}
		list[i].counter = (int64_t)since;
		if (since < 6 && i >= 90)
			lose(i, STAGE_WIRE_OUT, STAGE_FAR_WIRE_OUT);
	}
	p = find(&f, LOSS_WAY_UP, &a);
	assert_int_equal(p.kind, PATTERN_AT_REKEY);
	assert_int_equal(p.moments_hit, 10);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_each_fate),	   cmocka_unit_test(every_sixteenth_up),
		cmocka_unit_test(by_size_down),	   cmocka_unit_test(by_rate),
		cmocka_unit_test(at_new_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
