/*
 * The pattern is one sequence, wherever one begins to read it, and every changed byte shows.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "probe/pattern.h"

enum { LEN = 1000 };

static void test_position(void **state)
{
	uint8_t whole[LEN], part[LEN];
	size_t from, len;

	(void)state;
	pattern_fill(7, 0, whole, LEN);
	for (from = 0; from < 40; from++) {
		for (len = 0; len < 40; len++) {
			memset(part, 0, sizeof(part));
			pattern_fill(7, from, part, len);
			assert_memory_equal(part, whole + from, len);
			assert_int_equal(part[len], 0); /* and not one more */
			assert_int_equal(pattern_differs(7, from, part, len), 0);
		}
	}
	for (from = 0; from < LEN; from++)
		assert_int_equal(pattern_differs(7, from, whole + from, LEN - from), 0);
}

static void test_every_change_shows(void **state)
{
	uint8_t b[LEN];
	size_t i;

	(void)state;
	pattern_fill(7, 12345, b, LEN);
	for (i = 0; i < LEN; i++) {
		b[i] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(pattern_differs(7, 12345, b, LEN), 1);
		b[i] ^= (uint8_t)(1 << i % 8);
	}
	memset(b, 0, LEN);
	assert_true(pattern_differs(7, 12345, b, LEN) > LEN * 9 / 10);
}

/* Swapped, shifted or repeated parts are not taken for the right ones. */
static void test_no_period(void **state)
{
	uint8_t b[LEN];
	uint64_t shift;

	(void)state;
	pattern_fill(7, 0, b, LEN);
	for (shift = 1; shift < 4096; shift++)
		assert_true(pattern_differs(7, shift, b, LEN) > LEN * 9 / 10);
	assert_true(pattern_differs(8, 0, b, LEN) > LEN * 9 / 10);
	assert_true(pattern_differs(7, UINT64_C(1) << 17, b, LEN) > LEN * 9 / 10);
	assert_true(pattern_differs(7, UINT64_C(1) << 63, b, LEN) > LEN * 9 / 10);
}

/* Splitmix64 of seed 0, from its authors' reference: e220a8397b1dcdaf 6e789e6aa1b965f4. */
static void test_vector(void **state)
{
	static const uint8_t want[16] = { 0xaf, 0xcd, 0x1d, 0x7b, 0x39, 0xa8, 0x20, 0xe2,
					  0xf4, 0x65, 0xb9, 0xa1, 0x6a, 0x9e, 0x78, 0x6e };
	uint8_t b[16];

	(void)state;
	pattern_fill(0, 0, b, sizeof(b));
	assert_memory_equal(b, want, sizeof(b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_position),
		cmocka_unit_test(test_every_change_shows),
		cmocka_unit_test(test_no_period),
		cmocka_unit_test(test_vector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
