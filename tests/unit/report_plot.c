/* Plots: how they look, that no line is too wide, and that no loss is too small to be seen. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/golden.h"
#include "lib/seed.h"
#include "model/unknown.h"
#include "report/plot.h"
#include "report/width.h"

enum { POINTS = 1000, POINTS_MAX = 10000 };

static struct plot_point up[POINTS], down[POINTS], trip[POINTS];

static const struct plot_row rows[] = {
	{ "loss, me → peer", PLOT_LOSS, up, POINTS },
	{ "loss, peer → me", PLOT_LOSS, down, POINTS },
	{ "round trip", PLOT_TIME, trip, POINTS },
};

/*
 * Ten seconds. Up: a burst that grows and ends, and one alone at the very end. Down: nothing is
 * lost, and for a second nothing is known. The round trip rises and falls, and has one long one.
 */
static void make(void)
{
	int64_t i;

	for (i = 0; i < POINTS; i++) {
		int64_t t = INT64_C(1700000000) * NS_PER_S + i * 10 * NS_PER_MS;
		bool grows = i >= 300 && i < 500 && (i * i * 7 + i) % 200 < i - 300;

		up[i] = (struct plot_point){ t, grows || i == POINTS - 1 };
		down[i] = (struct plot_point){ t, i >= 600 && i < 700 ? UNKNOWN : 0 };
		trip[i] = (struct plot_point){ t, (1281 + labs(i - 500) * 5) * NS_PER_US };
		if (up[i].value || down[i].value == UNKNOWN)
			trip[i].value = UNKNOWN;
	}
	trip[123].value = 7501 * NS_PER_US;
}

static void looks(void **state)
{
	static const struct {
		const char *file;
		struct report_style style;
	} goldens[] = {
		{ "plot.80.txt", { .width = 80, .utf8 = true } },
		{ "plot.80.ascii.txt", { .width = 80 } },
		{ "plot.40.txt", { .width = 40, .utf8 = true } },
		{ "plot.20.ascii.txt", { .width = 20 } },
		{ "plot.80.txt", { .width = 0, .utf8 = true } },
		{ "plot.80.txt", { .width = 80, .utf8 = true, .colour = true } },
		{ "plot.130.txt", { .width = 130, .utf8 = true } },
	};
	size_t i;

	(void)state;
	make();
	for (i = 0; i < ARRAY_LEN(goldens); i++) {
		struct buf b = { 0 };

		plot_write(rows, ARRAY_LEN(rows), &goldens[i].style, &b);
		golden_check(goldens[i].file, buf_str(&b));
		buf_done(&b);
	}
}

static unsigned widest(const char *s)
{
	unsigned most = 0;

	while (*s) {
		size_t len = strcspn(s, "\n");

		most = MAX(most, text_width(s, len));
		s += len + (s[len] == '\n');
	}
	return most;
}

static size_t count(const char *s, const char *what)
{
	size_t n = 0;

	while ((s = strstr(s, what)) != NULL) {
		n++;
		s += strlen(what);
	}
	return n;
}

/* One of so many, anywhere, at any width: one column differs from the others, which are not blank. */
static void one_lost_is_seen(void **state)
{
	struct plot_point *p = calloc(POINTS_MAX, sizeof(*p));
	struct seed seed = seed_start("one_lost_is_seen");
	int round;

	(void)state;
	assert_non_null(p);
	for (round = 0; round < 300; round++) {
		size_t n = 2 + seed_below(&seed, POINTS_MAX - 1), lost = seed_below(&seed, n), i;
		struct plot_row row = { "loss", PLOT_LOSS, p, n };
		struct report_style s = { .width = 20 + (unsigned)seed_below(&seed, 200) };
		struct buf b = { 0 };
		const char *plot;

		for (i = 0; i < n; i++)
			p[i] = (struct plot_point){ (int64_t)i * NS_PER_MS, i == lost };
		plot_write(&row, 1, &s, &b);
		assert_in_range(widest(buf_str(&b)), 1, s.width);
		assert_int_equal(count(buf_str(&b), "#"), 1);
		assert_non_null(strstr(buf_str(&b), "1 of "));
		/* No column beside it is blank. */
		plot = strchr(buf_str(&b), '#');
		while (plot > buf_str(&b) && strchr(".#", plot[-1]))
			plot--;
		assert_true(plot[-1] == '\n' || strncmp(buf_str(&b), "loss  ", 6) == 0);
		assert_true(plot[-1] == '\n' || plot == buf_str(&b) + 6);
		plot += strspn(plot, ".#");
		assert_true(*plot == '\n' || strncmp(plot, "  1 of ", 7) == 0);
		buf_done(&b);
	}
	free(p);
}

/* A column with one of many lost beside one where all are. */
static void little_beside_much(void **state)
{
	struct plot_point *p = calloc(POINTS_MAX, sizeof(*p));
	struct plot_row row = { "loss", PLOT_LOSS, p, POINTS_MAX };
	struct report_style s = { .width = 80 };
	struct buf b = { 0 };
	size_t i;

	(void)state;
	assert_non_null(p);
	for (i = 0; i < POINTS_MAX; i++)
		p[i] = (struct plot_point){ (int64_t)i * NS_PER_MS, i >= 9000 || i == 77 };
	plot_write(&row, 1, &s, &b);
	assert_int_equal(count(buf_str(&b), ":"), 1);
	assert_non_null(strstr(buf_str(&b), "1001 of 10000, most 100 %"));
	buf_done(&b);
	free(p);
}

static void nothing_known(void **state)
{
	struct plot_point p[2] = { { 5, UNKNOWN }, { 5, UNKNOWN } };
	const struct plot_row some[] = { { "loss, me → peer", PLOT_LOSS, p, 2 },
					 { "round trip", PLOT_TIME, p, 2 } };
	const struct plot_row none = { "round trip", PLOT_TIME, NULL, 0 };
	struct report_style s = { .width = 80 };
	struct buf b = { 0 };

	(void)state;
	plot_write(some, 0, &s, &b);
	assert_string_equal(buf_str(&b), "");
	plot_write(some, 2, &s, &b);
	assert_string_equal(buf_str(&b), "loss, me -> peer     not known\n"
					 "round trip           not known\n");
	buf_clear(&b);
	plot_write(&none, 1, &s, &b);
	assert_non_null(strstr(buf_str(&b), "not known"));
	buf_done(&b);
}

/* Names, times and numbers of all kinds: no line is wider than the terminal. */
static void never_too_wide(void **state)
{
	static const char *const names[] = { "a", "loss, me → peer", "loss, peer → me",
					     "round trip to a far network, there and back" };
	struct seed seed = seed_start("never_too_wide");
	int round;

	(void)state;
	for (round = 0; round < 500; round++) {
		struct report_style s = { .width = 20 + (unsigned)seed_below(&seed, 120) };
		int64_t scale = INT64_C(1) << seed_below(&seed, 40), t = 0;
		struct plot_row some[3];
		struct buf b = { 0 };
		size_t i;

		s.utf8 = seed_below(&seed, 2);
		for (i = 0; i < POINTS; i++) {
			t += 1 + (int64_t)seed_below(&seed, (uint64_t)scale);
			up[i] = (struct plot_point){ t, seed_below(&seed, 3) == 0 };
			trip[i] = (struct plot_point){ t, (int64_t)seed_below(
								  &seed, 1 + (uint64_t)scale) };
		}
		for (i = 0; i < 3; i++)
			some[i] = (struct plot_row){ names[seed_below(&seed, ARRAY_LEN(names))],
						     i == 2 ? PLOT_TIME : PLOT_LOSS,
						     i == 2 ? trip : up,
						     1 + seed_below(&seed, POINTS) };
		plot_write(some, 3, &s, &b);
		assert_in_range(widest(buf_str(&b)), 1, s.width);
		buf_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks),
		cmocka_unit_test(one_lost_is_seen),
		cmocka_unit_test(little_beside_much),
		cmocka_unit_test(nothing_known),
		cmocka_unit_test(never_too_wide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
