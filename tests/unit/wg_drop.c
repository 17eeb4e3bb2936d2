/* Every reason has its own id and a text, and the id leads back to it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "wg/drop.h"

static void each_has_words(void **state)
{
	unsigned d;

	(void)state;
	for (d = 0; d < WG_DROP_COUNT; d++) {
		assert_non_null(wg_drop_id((enum wg_drop)d));
		assert_non_null(wg_drop_str((enum wg_drop)d));
		assert_true(strlen(wg_drop_str((enum wg_drop)d)) > 5);
		assert_null(strchr(wg_drop_str((enum wg_drop)d), '\n'));
	}
}

/* Ids stand in the engine's `get` reply and in JSON: lower case and underscores only. */
static void ids_are_plain_and_unique(void **state)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	unsigned d, other;

	(void)state;
	for (d = 0; d < WG_DROP_COUNT; d++) {
		const char *id = wg_drop_id((enum wg_drop)d);

		assert_int_equal(strspn(id, plain), strlen(id));
		for (other = 0; other < d; other++) {
			assert_string_not_equal(id, wg_drop_id((enum wg_drop)other));
			assert_string_not_equal(wg_drop_str((enum wg_drop)d),
						wg_drop_str((enum wg_drop)other));
		}
	}
}

static void groups_are_in_the_id(void **state)
{
	unsigned d;

	(void)state;
	assert_string_equal(wg_drop_id(WG_DROP_NONE), "none");
	for (d = 1; d < WG_DROP_COUNT; d++) {
		const char *want = d >= WG_DROP_IO_FIRST ? "io_" :
				   d >= WG_DROP_IN_SHORT ? "in_" :
							   "out_";

		assert_memory_equal(wg_drop_id((enum wg_drop)d), want, strlen(want));
	}
}

static void round_trip(void **state)
{
	unsigned d;

	(void)state;
	for (d = 0; d < WG_DROP_COUNT; d++)
		assert_int_equal(wg_drop_from_id(wg_drop_id((enum wg_drop)d)), d);
	assert_int_equal(wg_drop_from_id("in_mac1"), WG_DROP_IN_MAC1);
	assert_int_equal(wg_drop_from_id("io_send_msgsize"), WG_DROP_IO_FIRST);
	assert_int_equal(wg_drop_from_id(""), WG_DROP_COUNT);
	assert_int_equal(wg_drop_from_id("in_mac"), WG_DROP_COUNT);
	assert_int_equal(wg_drop_from_id("in_mac11"), WG_DROP_COUNT);
	assert_int_equal(wg_drop_from_id("IN_MAC1"), WG_DROP_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_words),
		cmocka_unit_test(ids_are_plain_and_unique),
		cmocka_unit_test(groups_are_in_the_id),
		cmocka_unit_test(round_trip),
	};

	return cmocka_run_group_tests_name("wg_drop", tests, NULL, NULL);
}
