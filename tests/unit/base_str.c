#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/str.h"

static void numbers(void **state)
{
	static const struct {
		const char *s;
		uint64_t max;
		bool ok;
		uint64_t v;
	} rows[] = {
		{ "0", 0, true, 0 },
		{ "1", 0, false, 0 },
		{ "65535", 65535, true, 65535 },
		{ "65536", 65535, false, 0 },
		{ "007", 9, true, 7 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
		{ "99999999999999999999", UINT64_MAX, false, 0 },
		{ "184467440737095516150", UINT64_MAX, false, 0 },
		{ "", 9, false, 0 },
		{ " 1", 9, false, 0 },
		{ "1 ", 9, false, 0 },
		{ "+1", 9, false, 0 },
		{ "-1", UINT64_MAX, false, 0 },
		{ "0x1", 9, false, 0 },
		{ "1a", 99, false, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t v = 4711;

		if (str_to_u64(rows[i].s, rows[i].max, &v) != rows[i].ok)
			fail_msg("\"%s\" up to %llu", rows[i].s, (unsigned long long)rows[i].max);
		assert_int_equal(v, rows[i].ok ? rows[i].v : 4711);
	}
}

static void seconds(void **state)
{
	static const struct {
		const char *s;
		int64_t max, v; /* v < 0: refused */
	} rows[] = {
		{ "1", NS_PER_S, NS_PER_S },
		{ "0.2", NS_PER_S, 200 * NS_PER_MS },
		{ "0.000000001", NS_PER_S, 1 },
		{ "0.0000000001", NS_PER_S, -1 },
		{ ".5", NS_PER_S, 500 * NS_PER_MS },
		{ "1.", NS_PER_S, NS_PER_S },
		{ "1.000000001", NS_PER_S, -1 },
		{ "2", NS_PER_S, -1 },
		{ "9223372036", INT64_MAX, INT64_C(9223372036) * NS_PER_S },
		{ "9223372036.854775807", INT64_MAX, INT64_MAX },
		{ "9223372036.854775808", INT64_MAX, -1 },
		{ "9223372037", INT64_MAX, -1 },
		{ "99999999999999999999", INT64_MAX, -1 },
		{ "", NS_PER_S, -1 },
		{ ".", NS_PER_S, -1 },
		{ "-1", NS_PER_S, -1 },
		{ "1s", NS_PER_S, -1 },
		{ "1e3", INT64_MAX, -1 },
		{ "0.5.5", NS_PER_S, -1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t v = -1;

		if (str_to_ns(rows[i].s, rows[i].max, &v) != (rows[i].v >= 0))
			fail_msg("\"%s\" up to %lld", rows[i].s, (long long)rows[i].max);
		assert_int_equal(v, rows[i].v);
	}
}

static void prefixes(void **state)
{
	(void)state;
	assert_true(str_has_prefix("drop_mac1", "drop_"));
	assert_true(str_has_prefix("drop_", "drop_"));
	assert_true(str_has_prefix("x", ""));
	assert_false(str_has_prefix("drop", "drop_"));
	assert_false(str_has_prefix("xdrop_", "drop_"));
}

static void distances(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned d;
	} rows[] = {
		{ "", "", 0 },		 { "", "abc", 3 },	   { "check", "check", 0 },
		{ "chekc", "check", 1 }, { "chek", "check", 1 },   { "checkk", "check", 1 },
		{ "chack", "check", 1 }, { "engine", "check", 6 }, { "kitten", "sitting", 3 },
		{ "ab", "ba", 1 },	 { "CHECK", "check", 0 },  { "CHekc", "check", 1 },
		{ "aB", "bA", 1 },	 { "[", "{", 1 },
	};
	char longest[65];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(str_distance(rows[i].a, rows[i].b), rows[i].d);
		assert_int_equal(str_distance(rows[i].b, rows[i].a), rows[i].d);
	}
	memset(longest, 'a', 64);
	longest[64] = '\0';
	assert_int_equal(str_distance(longest, longest), 63); /* too long: far away from all */
	longest[63] = '\0';
	assert_int_equal(str_distance(longest, longest), 0);
}

static void nearest(void **state)
{
	static const char *const names[] = { "check", "engine", "report", "ls" };

	(void)state;
	assert_string_equal(str_nearest("chekc", names, ARRAY_LEN(names)), "check");
	assert_string_equal(str_nearest("engin", names, ARRAY_LEN(names)), "engine");
	assert_string_equal(str_nearest("repo", names, ARRAY_LEN(names)), "report");
	assert_string_equal(str_nearest("REPORT", names, ARRAY_LEN(names)), "report");
	assert_null(str_nearest("lx", names, ARRAY_LEN(names))); /* half of it is wrong */
	assert_null(str_nearest("banana", names, ARRAY_LEN(names)));
	assert_null(str_nearest("check", names, 0));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),   cmocka_unit_test(seconds), cmocka_unit_test(prefixes),
		cmocka_unit_test(distances), cmocka_unit_test(nearest),
	};

	return cmocka_run_group_tests_name("base_str", tests, NULL, NULL);
}
