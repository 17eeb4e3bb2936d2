/*
 * Waiting in the lab for what comes in its own time, on a machine that may stall.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "lab/wait.h"
#include "lib/seed.h"
#include "sys/loop.h"
#include "sys/platform.h"

enum { EVERY_MS = 1 };

/* What is seen at each look; the last one goes on. */
struct view {
	int rc;
	bool is;
};
struct looks {
	const struct view *list;
	unsigned n, done;
};

static int look(void *ctx, bool *is, struct err *e)
{
	struct looks *x = ctx;
	const struct view *v = &x->list[x->done < x->n ? x->done : x->n - 1];

	x->done++;
	*is = v->is;
	return v->rc ? err_say(e, -v->rc, "look %u", x->done) : 0;
}

static const struct {
	const char *name;
	struct view list[3];
	unsigned n;
	int64_t limit_ms;
	int rc;
	bool is;
	unsigned least, most; /* looks */
} rows[] = {
	{ "there at once", { { 0, true } }, 1, 10000, 0, true, 1, 1 },
	{ "there later", { { 0, false }, { 0, false }, { 0, true } }, 3, 10000, 0, true, 3, 3 },
	{ "never", { { 0, false } }, 1, 20, 0, false, 1, 1000 },
	{ "no time", { { 0, false } }, 1, 0, 0, false, 1, 1 },
	/* One that stalls for longer than a question waits is asked again. */
	{ "silent at first", { { -ETIMEDOUT, false }, { 0, true } }, 2, 10000, 0, true, 2, 2 },
	{ "silent for ever", { { -ETIMEDOUT, false } }, 1, 20, -ETIMEDOUT, false, 1, 1000 },
	{ "gone",
	  { { 0, false }, { -ECONNREFUSED, false } },
	  2,
	  10000,
	  -ECONNREFUSED,
	  false,
	  2,
	  2 },
};

static void waits(void **state)
{
	struct loop *l = loop_new(platform_get()->boot_ns);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct looks x = { rows[i].list, rows[i].n, 0 };
		struct err e = { 0 };
		bool is = true;
		int rc = lab_wait(l, rows[i].limit_ms * NS_PER_MS, EVERY_MS * NS_PER_MS, look, &x,
				  &is, &e);

		if (rc != rows[i].rc || is != rows[i].is || x.done < rows[i].least ||
		    x.done > rows[i].most)
			fail_msg("%s: %d, %d after %u looks: %s", rows[i].name, rc, is, x.done,
				 e.text);
	}
	loop_free(l);
}

/* However often it is silent, while there is time. */
static void silent_many_times(void **state)
{
	struct seed lot = seed_start("silent_many_times");
	struct loop *l = loop_new(platform_get()->boot_ns);
	struct view list[16];
	struct looks x = { list, 2 + (unsigned)seed_below(&lot, 14), 0 };
	struct err e = { 0 };
	unsigned i;
	bool is;

	(void)state;
	for (i = 0; i < x.n; i++)
		list[i] = (struct view){ seed_below(&lot, 2) ? -ETIMEDOUT : 0, false };
	list[x.n - 1] = (struct view){ 0, true };
	assert_int_equal(lab_wait(l, 60 * NS_PER_S, EVERY_MS * NS_PER_MS, look, &x, &is, &e), 0);
	assert_true(is);
	assert_int_equal(x.done, x.n);
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits),
		cmocka_unit_test(silent_many_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
