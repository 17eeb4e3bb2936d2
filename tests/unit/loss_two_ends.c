/*
 * Loss by the counters of two ends, beside a stupid count of the same sets.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/defs.h"
#include "lib/seed.h"
#include "loss/two_ends.h"

enum { MOST = 400, ROUNDS = 2000 };

struct end {
	bool saw[MOST];
	struct counters_facts c;
	struct counters_missing missing[MOST];
};

/* What that end saw, as a list of one session. */
static void list(struct end *e, int64_t out)
{
	int64_t i;

	e->c = (struct counters_facts){
		.out = out, .receiver = 77, .low = UNKNOWN, .missing = e->missing
	};
	for (i = 0; i < MOST; i++) {
		if (!e->saw[i])
			continue;
		if (e->c.low == UNKNOWN)
			e->c.low = i;
		else if (i > e->c.high + 1)
			e->missing[e->c.n_missing++] =
				(struct counters_missing){ e->c.high + 1, i - 1 };
		e->c.high = i;
		e->c.distinct++;
	}
}

static struct two_ends_loss up_of(const struct end *sender, const struct end *receiver)
{
	struct counters_facts here[2] = { sender->c }, there[2] = { receiver->c };
	struct recording_facts a = { .counters = here, .n_counters = 1 };
	struct recording_facts b = { .counters = there, .n_counters = 1 };
	struct two_ends_loss up, down;

	two_ends(&a, &b, &up, &down);
	assert_int_equal(down.sent, UNKNOWN);
	two_ends(&b, &a, &down, &up);
	assert_int_equal(down.sent, UNKNOWN);
	return up;
}

static void as_counted(void **state)
{
	struct seed s = seed_start("loss_two_ends");
	static struct end a, b;
	int64_t sent, lost, kept, i, k;

	(void)state;
	for (k = 0; k < ROUNDS; k++) {
		int64_t from_a = (int64_t)seed_below(&s, 50),
			to_a = MOST - (int64_t)seed_below(&s, 50);
		int64_t from_b = (int64_t)seed_below(&s, 50),
			to_b = MOST - (int64_t)seed_below(&s, 50);
		uint64_t gone = seed_below(&s, 101), before = seed_below(&s, 30);

		for (i = 0; i < MOST; i++) {
			a.saw[i] = i >= from_a && i < to_a && seed_below(&s, 100) >= before;
			b.saw[i] = i >= from_b && i < to_b && seed_below(&s, 100) >= gone;
		}
		list(&a, 1);
		list(&b, 0);
		if (a.c.low == UNKNOWN || b.c.low == UNKNOWN)
			continue;
		sent = lost = kept = 0;
		for (i = MAX(a.c.low, b.c.low); i <= MIN(a.c.high, b.c.high); i++) {
			sent++;
			lost += !b.saw[i];
			kept += !a.saw[i] && !b.saw[i];
		}
		assert_int_equal(up_of(&a, &b).sent, sent ? sent : UNKNOWN);
		assert_int_equal(up_of(&a, &b).lost, sent ? lost : UNKNOWN);
		assert_int_equal(up_of(&a, &b).kept, sent ? kept : UNKNOWN);
	}
}

static void what_is_not_known_is_not_told(void **state)
{
	static struct end a, b;
	struct recording_facts none = { .counters_dropped = UNKNOWN }, here = { 0 };
	struct two_ends_loss up, down;
	int64_t i;

	(void)state;
	for (i = 0; i < MOST; i++) {
		a.saw[i] = true;
		b.saw[i] = i % 3 != 0;
	}
	list(&a, 1);
	list(&b, 0);
	assert_int_equal(up_of(&a, &b).lost, 132); /* 3, 6 ... 396: the edges are nobody's */
	b.c.more_missing = 1;
	assert_int_equal(up_of(&a, &b).lost, UNKNOWN);
	b.c.more_missing = 0;
	/* Another session; the same direction at both. */
	b.c.receiver = 78;
	assert_int_equal(up_of(&a, &b).lost, UNKNOWN);
	b.c.receiver = 77;
	b.c.out = 1;
	assert_int_equal(up_of(&a, &b).lost, UNKNOWN);
	here.counters = &a.c;
	here.n_counters = 1;
	two_ends(&here, &none, &up, &down);
	assert_int_equal(up.lost, UNKNOWN);
	assert_int_equal(up.capture_dropped, UNKNOWN);
	assert_int_equal(down.lost, UNKNOWN);
}

/* One counter: it came, it did not, nobody looked; and of the other direction nothing is told. */
static void of_one_message(void **state)
{
	static struct end a;
	struct recording_facts there = { .counters = &a.c, .n_counters = 1 };

	(void)state;
	memset(&a, 0, sizeof(a));
	a.saw[10] = a.saw[12] = true;
	list(&a, 0);
	assert_int_equal(two_ends_came(&there, 77, 10), 1);
	assert_int_equal(two_ends_came(&there, 77, 11), 0);
	assert_int_equal(two_ends_came(&there, 77, 13), UNKNOWN);
	assert_int_equal(two_ends_came(&there, 78, 11), UNKNOWN);
	assert_int_equal(two_ends_left(&there, 77, 11), UNKNOWN);
	a.c.out = 1;
	assert_int_equal(two_ends_left(&there, 77, 12), 1);
	assert_int_equal(two_ends_left(&there, 77, 11), 0);
	assert_int_equal(two_ends_left(&there, 77, 9), UNKNOWN);
	assert_int_equal(two_ends_came(&there, 77, 11), UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_counted),
		cmocka_unit_test(what_is_not_known_is_not_told),
		cmocka_unit_test(of_one_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
