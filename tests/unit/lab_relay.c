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
	assert_int_equal(
		relay_parse("a0,b1,burst=0.5:25,large=1280:99.5,rate=350.5:20,period=2000:40,"
			    "idle=10000.5:3,rekey=1200,from=b1",
			    &c, NULL),
		0);
	assert_int_equal(c.burst_begin, 5000);
	assert_int_equal(c.burst_end, 250000);
	assert_int_equal(c.large_bytes, 1280);
	assert_int_equal(c.large, 995000);
	assert_int_equal(c.rate_per_1000_s, 350500);
	assert_int_equal(c.bucket, 20);
	assert_int_equal(c.period_us, 2000000);
	assert_int_equal(c.bad_us, 40000);
	assert_int_equal(c.idle_us, 10000500);
	assert_int_equal(c.idle_first, 3);
	assert_int_equal(c.rekey_us, 1200000);
	assert_int_equal(c.from, 2);
	assert_int_equal(relay_parse("a,b", &c, NULL), 0);
	assert_int_equal(c.delay_us, 0);
}

/* Some of them, each with all of its numbers. */
static void draw_rules(struct draw *d, struct relay_conf *c)
{
	unsigned which = (unsigned)draw_below(d, 128);

	if (which & 1) {
		c->burst_begin = 1 + (unsigned)draw_below(d, 1000000);
		c->burst_end = (unsigned)draw_below(d, 1000001);
	}
	if (which & 2) {
		c->large_bytes = 1 + (unsigned)draw_below(d, 65535);
		c->large = (unsigned)draw_below(d, 1000001);
	}
	if (which & 4) {
		c->rate_per_1000_s = 1 + (unsigned)draw_below(d, 1000000000);
		c->bucket = 1 + (unsigned)draw_below(d, 1000000);
	}
	if (which & 8) {
		c->period_us = 1 + (unsigned)draw_below(d, 1000000000);
		c->bad_us = (unsigned)draw_below(d, c->period_us + 1);
	}
	if (which & 16) {
		c->idle_us = 1 + (unsigned)draw_below(d, 1000000000);
		c->idle_first = 1 + (unsigned)draw_below(d, 1000000);
	}
	c->rekey_us = which & 32 ? (unsigned)draw_below(d, 1000000001) : 0;
	c->from = which & 64 ? 1 + (unsigned)draw_below(d, 2) : 0;
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
		draw_rules(&d, &c);
		memset(&again, 0, sizeof(again));
		assert_int_equal(relay_parse(relay_text(&c, &a), &again, NULL), 0);
		assert_int_equal(again.delay_us, c.delay_us);
		assert_int_equal(again.jitter_us, c.jitter_us);
		assert_int_equal(again.reorder, c.reorder);
		assert_int_equal(again.duplicate, c.duplicate);
		assert_int_equal(again.loss, c.loss);
		assert_int_equal(again.corrupt, c.corrupt);
		assert_true(again.seed == c.seed);
		assert_memory_equal(&again, &c, sizeof(c));
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
		"a,b,seed",
		"a,b,burst=5",
		"a,b,burst=5:",
		"a,b,burst=:5",
		"a,b,burst=5:6:7",
		"a,b,burst=5:101",
		"a,b,large=0:50",
		"a,b,large=1280",
		"a,b,rate=0:5",
		"a,b,rate=100:0",
		"a,b,period=0:0",
		"a,b,period=40:41",
		"a,b,idle=1000:0",
		"a,b,idle=:3",
		"a,b,rekey=",
		"a,b,rekey=5:5",
		"a,b,from=c",
		"a,b,from=",
		"a,b,per=1:1",
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
		assert_null(strchr(e.text, '\n'));
		assert_int_equal(c.delay_us, 77);
	}
}

static void what_was_meant_is_said(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "wan0,wan1,period=40:41",
		  "'period=40:41' is not of the form period=MS:MS, the second no longer than the "
		  "first" },
		{ "wan0,wan1,burst=x",
		  "'burst=x' is not of the form burst=PERCENT:PERCENT, that one begins and that it "
		  "ends" },
		{ "wan0,wan1,from=wan2", "'from=wan2': from=wan0 or from=wan1" },
	};
	struct relay_conf c;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		memset(&e, 0, sizeof(e));
		assert_int_equal(relay_parse(cases[i].text, &c, &e), -EINVAL);
		assert_string_equal(e.text, cases[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_may_be_said),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(what_was_meant_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
