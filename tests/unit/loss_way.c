/*
 * Which way a lost probe went lost, by the two stages between which it was.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/defs.h"
#include "loss/way.h"

static const struct {
	enum stage after, before;
	enum loss_way way;
} table[] = {
	{ STAGE_NONE, STAGE_TUN_OUT, LOSS_WAY_UP },
	{ STAGE_TUN_OUT, STAGE_WIRE_OUT, LOSS_WAY_UP },
	{ STAGE_WIRE_OUT, STAGE_FAR_WIRE_IN, LOSS_WAY_UP },
	{ STAGE_FAR_WIRE_IN, STAGE_FAR_TUN_IN, LOSS_WAY_UP },
	/* of one end: it was never answered */
	{ STAGE_WIRE_OUT, STAGE_FAR_WIRE_OUT, LOSS_WAY_UP },
	{ STAGE_FAR_TUN_IN, STAGE_FAR_TUN_OUT, LOSS_WAY_THERE },
	{ STAGE_FAR_TUN_OUT, STAGE_FAR_WIRE_OUT, LOSS_WAY_DOWN },
	{ STAGE_FAR_WIRE_OUT, STAGE_WIRE_IN, LOSS_WAY_DOWN },
	{ STAGE_WIRE_IN, STAGE_TUN_IN, LOSS_WAY_DOWN },
	{ STAGE_TUN_IN, STAGE_NONE, LOSS_WAY_DOWN },
	/* what was between was not watched */
	{ STAGE_WIRE_OUT, STAGE_WIRE_IN, LOSS_WAY_OPEN },
	{ STAGE_TUN_OUT, STAGE_TUN_IN, LOSS_WAY_OPEN },
	{ STAGE_NONE, STAGE_TUN_IN, LOSS_WAY_OPEN },
	{ STAGE_NONE, STAGE_NONE, LOSS_WAY_OPEN },
	{ STAGE_FAR_TUN_IN, STAGE_WIRE_IN, LOSS_WAY_OPEN },
	{ STAGE_FAR_WIRE_IN, STAGE_NONE, LOSS_WAY_OPEN },
};

static void of_two_stages(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(table); i++)
		assert_int_equal(loss_way_of(table[i].after, table[i].before), table[i].way);
}

static void they_add_up(void **state)
{
	struct lost_facts lost[ARRAY_LEN(table)];
	struct fates_facts f = { .lost = lost, .n_lost = ARRAY_LEN(table) };
	int64_t way[LOSS_WAY_COUNT], sum = 0;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(table); i++) {
		lost[i] = (struct lost_facts){ table[i].after, table[i].before, NULL,
					       (int64_t)1 << i };
		sum += (int64_t)1 << i;
	}
	loss_ways(&f, way);
	assert_int_equal(way[LOSS_WAY_UP], 0x1f);
	assert_int_equal(way[LOSS_WAY_THERE], 0x20);
	assert_int_equal(way[LOSS_WAY_DOWN], 0x3c0);
	for (i = 0; i < LOSS_WAY_COUNT; i++)
		sum -= way[i];
	assert_int_equal(sum, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_two_stages),
		cmocka_unit_test(they_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
