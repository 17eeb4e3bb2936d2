/*
 * The words of the ledger, and that the file of facts has the same.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "model/facts.h"
#include "model/facts_file.h"

static void a_stage_has_its_name(void **state)
{
	(void)state;
	assert_string_equal(stage_str(STAGE_TUN_OUT), "tun.out");
	assert_string_equal(stage_str(STAGE_FAR_WIRE_IN), "far.wire.in");
	assert_string_equal(stage_str(STAGE_TUN_IN), "tun.in");
	assert_null(stage_str(STAGE_NONE));
	assert_string_equal(fate_result_str(FATE_LOST), "lost");
}

static void says(const char *text, const char *key, const char *word)
{
	char want[80];

	snprintf(want, sizeof(want), "\"%s\": \"%s\"", key, word ? word : "none");
	if (!strstr(text, want))
		fail_msg("no %s in %s", want, text);
}

/* One lost between each pair of neighbours, written with the words of model/fates.c. */
static void the_file_has_these_names(void **state)
{
	unsigned s;

	(void)state;
	for (s = 0; s <= STAGE_NONE; s++) {
		struct lost_facts lost = { (enum stage)s, (enum stage)s, NULL, 1 };
		struct fate_facts fate = { .result = (enum fate_result)(s % FATE_RESULT_COUNT) };
		struct buf text = { 0 };
		struct facts f;

		facts_init(&f);
		f.marker = f.target.name = f.target.engine = "x";
		f.fates.lost = &lost;
		f.fates.list = &fate;
		f.fates.n_lost = f.fates.n = 1;
		facts_write(&f, &text);
		says(buf_str(&text), "after", stage_str((enum stage)s));
		says(buf_str(&text), "before", stage_str((enum stage)s));
		says(buf_str(&text), "result", fate_result_str(fate.result));
		buf_done(&text);
	}
}

static void without_a_ledger_nothing_is_known(void **state)
{
	static const char text[] = "{\"schema\": \"wgdiag.facts/1\", \"marker\": \"m\","
				   " \"target\": {\"name\": \"n\", \"engine\": \"e\"}}";
	struct err e = { 0 };
	struct arena a;
	struct facts f;

	(void)state;
	arena_init(&a);
	assert_true(facts_read(text, strlen(text), &a, &f, &e) >= 0);
	assert_int_equal(f.fates.sent, UNKNOWN);
	assert_int_equal(f.fates.watched, 0);
	assert_int_equal(f.fates.n, 0);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stage_has_its_name),
		cmocka_unit_test(the_file_has_these_names),
		cmocka_unit_test(without_a_ledger_nothing_is_known),
	};

	return cmocka_run_group_tests_name("model/fates", tests, NULL, NULL);
}
