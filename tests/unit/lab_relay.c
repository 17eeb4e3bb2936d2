/* What a way may be told to be like: read, written, refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <errno.h>

#include "lab/relay.h"

static void all_that_may_be_said(void **state)
{
	struct relay_conf c;

	(void)state;
	assert_int_equal(relay_parse("a0,b1,delay=20.5,jitter=3,reorder=0.5,duplicate=1,loss=100,"
				     "corrupt=0.0001,seed=18446744073709551615",
				     &c, NULL),
			 0);
	assert_string_equal(c.dev[0], "a0");
	assert_string_equal(c.dev[1], "b1");
	assert_int_equal(c.delay_us, 20500);
	assert_int_equal(c.jitter_us, 3000);
	assert_int_equal(c.reorder, 5000);
	assert_int_equal(c.duplicate, 10000);
	assert_int_equal(c.loss, 1000000);
	assert_int_equal(c.corrupt, 1);
	assert_true(c.seed == UINT64_MAX);
	assert_int_equal(relay_parse("a,b", &c, NULL), 0);
	assert_int_equal(c.delay_us, 0);
}

static void what_is_written_is_read(void **state)
{
	struct relay_conf c, again;
	struct arena a;
	struct draw d;
	int i;

	(void)state;
	arena_init(&a);
	draw_init(&d, 5);
	for (i = 0; i < 2000; i++) {
		memset(&c, 0, sizeof(c));
		strcpy(c.dev[0], "first");
		strcpy(c.dev[1], "second");
		c.delay_us = (unsigned)draw_below(&d, 10000001);
		c.jitter_us = (unsigned)draw_below(&d, 10000001);
		c.reorder = (unsigned)draw_below(&d, 1000001);
		c.duplicate = (unsigned)draw_below(&d, 1000001);
		c.loss = (unsigned)draw_below(&d, 1000001);
		c.corrupt = (unsigned)draw_below(&d, 1000001);
		c.seed = draw_below(&d, UINT64_MAX);
		memset(&again, 0, sizeof(again));
		assert_int_equal(relay_parse(relay_text(&c, &a), &again, NULL), 0);
		assert_int_equal(again.delay_us, c.delay_us);
		assert_int_equal(again.jitter_us, c.jitter_us);
		assert_int_equal(again.reorder, c.reorder);
		assert_int_equal(again.duplicate, c.duplicate);
		assert_int_equal(again.loss, c.loss);
		assert_int_equal(again.corrupt, c.corrupt);
		assert_true(again.seed == c.seed);
	}
	arena_done(&a);
}

static void what_is_wrong_is_said(void **state)
{
	static const char *const bad[] = {
		"",
		"a",
		"a,",
		",b",
		"a,,b",
		"a,b,delay",
		"a,b,delay=",
		"a,b,delay=-1",
		"a,b,delay=nan",
		"a,b,delay=1e",
		"a,b,delay=10001",
		"a,b,loss=100.1",
		"a,b,loss=5%",
		"a,b,speed=3",
		"a,b,seed=x",
		"a,b,seed=18446744073709551616",
		"a_name_that_is_16,b",
	};
	struct relay_conf c = { .delay_us = 77 };
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		memset(&e, 0, sizeof(e));
		print_message("# %s\n", bad[i]);
		assert_int_equal(relay_parse(bad[i], &c, &e), -EINVAL);
		assert_true(e.text[0]);
		assert_int_equal(c.delay_us, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_may_be_said),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_wrong_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
