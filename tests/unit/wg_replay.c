/* The window of counters: a truth table as in the driver's selftest, and a stupid model. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/seed.h"
#include "wg/limits.h"

enum { LIM = REPLAY_WINDOW + 1 }; /* the driver's T_LIM */

#define YES WG_DROP_NONE
#define SEEN WG_DROP_IN_REPLAY
#define OLD WG_DROP_IN_TOO_OLD
#define END WG_DROP_IN_EXPIRED

struct row {
	uint64_t counter;
	enum wg_drop want;
};

static void check_rows(const struct row *rows, size_t n)
{
	struct replay r;
	size_t i;

	replay_init(&r);
	for (i = 0; i < n; i++) {
		enum wg_drop got = replay_accept(&r, rows[i].counter);

		if (got != rows[i].want)
			fail_msg("row %zu, counter %llu: got %s, want %s", i + 1,
				 (unsigned long long)rows[i].counter, wg_drop_id(got),
				 wg_drop_id(rows[i].want));
	}
}

static void truth_table(void **state)
{
	const struct row rows[] = {
		{ 0, YES },
		{ 1, YES },
		{ 1, SEEN },
		{ 9, YES },
		{ 8, YES },
		{ 7, YES },
		{ 7, SEEN },
		{ LIM, YES },
		{ LIM - 1, YES },
		{ LIM - 1, SEEN },
		{ LIM - 2, YES },
		{ 2, YES },
		{ 2, SEEN },
		{ LIM + 16, YES },
		{ 3, OLD },
		{ LIM + 16, SEEN },
		{ LIM * 4, YES },
		{ LIM * 4 - (LIM - 1), YES },
		{ 10, OLD },
		{ LIM * 4 - LIM, OLD },
		{ LIM * 4 - (LIM + 1), OLD },
		{ LIM * 4 - (LIM - 2), YES },
		{ LIM * 4 + 1 - LIM, SEEN },
		{ 0, OLD },
		{ REJECT_AFTER_MESSAGES, END },
		{ REJECT_AFTER_MESSAGES - 1, YES },
		{ REJECT_AFTER_MESSAGES, END },
		{ REJECT_AFTER_MESSAGES - 1, SEEN },
		{ REJECT_AFTER_MESSAGES - 2, YES },
		{ REJECT_AFTER_MESSAGES + 1, END },
		{ REJECT_AFTER_MESSAGES + 2, END },
		{ UINT64_MAX, END },
		{ REJECT_AFTER_MESSAGES - 2, SEEN },
		{ REJECT_AFTER_MESSAGES - 3, YES },
		{ 0, OLD },
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows));
}

/* Fresh: everything within the window of the very first counter is still open. */
static void first_counter_may_be_any(void **state)
{
	const struct row rows[] = {
		{ 1000000, YES },
		{ 1000000 - REPLAY_WINDOW, YES },
		{ 1000000 - REPLAY_WINDOW - 1, OLD },
		{ 1000000, SEEN },
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows));
}

/* Each counter of [from, to] in one direction, all new. */
static void run(struct replay *r, uint64_t from, uint64_t to)
{
	for (;; from < to ? from++ : from--) {
		assert_int_equal(replay_accept(r, from), YES);
		if (from == to)
			return;
	}
}

static void a_whole_window(void **state)
{
	struct replay r;

	(void)state;
	replay_init(&r);
	run(&r, 1, REPLAY_WINDOW);
	assert_int_equal(replay_accept(&r, 0), YES);
	assert_int_equal(replay_accept(&r, 0), SEEN);

	replay_init(&r);
	run(&r, 2, REPLAY_WINDOW + 1);
	assert_int_equal(replay_accept(&r, 1), YES);
	assert_int_equal(replay_accept(&r, 0), OLD);

	replay_init(&r);
	run(&r, REPLAY_WINDOW, 0);

	replay_init(&r);
	run(&r, REPLAY_WINDOW + 1, 1);
	assert_int_equal(replay_accept(&r, 0), OLD);

	replay_init(&r);
	run(&r, REPLAY_WINDOW, 1);
	assert_int_equal(replay_accept(&r, REPLAY_WINDOW + 1), YES);
	assert_int_equal(replay_accept(&r, 0), OLD);

	replay_init(&r);
	run(&r, REPLAY_WINDOW, 1);
	assert_int_equal(replay_accept(&r, 0), YES);
	assert_int_equal(replay_accept(&r, REPLAY_WINDOW + 1), YES);
}

/* What was refused leaves no trace: the same counter is judged the same way again. */
static void refusals_change_nothing(void **state)
{
	struct replay r, before;

	(void)state;
	replay_init(&r);
	run(&r, 0, 20000);
	before = r;
	assert_int_equal(replay_accept(&r, 5), OLD);
	assert_int_equal(replay_accept(&r, 20000), SEEN);
	assert_int_equal(replay_accept(&r, REJECT_AFTER_MESSAGES), END);
	assert_memory_equal(&r, &before, sizeof(r));
}

/* --- the stupid one: remembers every counter, offset by base --- */

enum { MODEL_RANGE = 1 << 20 };
struct model {
	uint64_t base, max;
	bool any;
	bool seen[MODEL_RANGE];
};

static enum wg_drop model_accept(struct model *m, uint64_t counter)
{
	if (counter >= REJECT_AFTER_MESSAGES)
		return END;
	if (m->any && counter < m->max && m->max - counter > REPLAY_WINDOW)
		return OLD;
	if (m->seen[counter - m->base])
		return SEEN;
	m->seen[counter - m->base] = true;
	if (!m->any || counter > m->max)
		m->max = counter;
	m->any = true;
	return YES;
}

/* Near the newest counter, forwards and backwards, by steps from one to several windows. */
static uint64_t pick(struct seed *s, const struct model *m)
{
	static const uint64_t reach[] = { 2, 2, 2, 2, 70, 70, 70, 130, 130, 130,
					  REPLAY_WINDOW + 70, 3 * REPLAY_BITS };
	uint64_t step = seed_below(s, reach[seed_below(s, ARRAY_LEN(reach))]);
	uint64_t at = m->any ? m->max : m->base;

	if (seed_below(s, 3)) {
		step = MIN(step, REPLAY_WINDOW + UINT64_C(70));
		return at - m->base < step ? m->base : at - step;
	}
	return at + step;
}

static void compare(struct seed *s, uint64_t base)
{
	struct model *m = calloc(1, sizeof(*m));
	struct replay r;
	unsigned i;

	assert_non_null(m);
	m->base = base;
	replay_init(&r);
	for (i = 0; i < 200000; i++) {
		uint64_t counter = pick(s, m);

		if (counter - base >= MODEL_RANGE)
			break;
		assert_int_equal(replay_accept(&r, counter), model_accept(m, counter));
	}
	free(m);
}

static void same_as_a_set(void **state)
{
	const uint64_t bases[] = { 0, 1, 63, UINT32_MAX - 5000ULL, UINT64_C(1) << 60,
				   REJECT_AFTER_MESSAGES - 100000 };
	struct seed s = seed_start("same_as_a_set");
	unsigned round;
	size_t i;

	(void)state;
	for (round = 0; round < 32; round++) {
		for (i = 0; i < ARRAY_LEN(bases); i++)
			compare(&s, bases[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truth_table),
		cmocka_unit_test(first_counter_may_be_any),
		cmocka_unit_test(a_whole_window),
		cmocka_unit_test(refusals_change_nothing),
		cmocka_unit_test(same_as_a_set),
	};

	return cmocka_run_group_tests_name("wg_replay", tests, NULL, NULL);
}
