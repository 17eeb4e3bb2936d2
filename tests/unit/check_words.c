/* How the answers of a row's parts become one: every pair. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "check/words.h"

/* From good to worst. */
static const enum state order[] = { STATE_PASS, STATE_UNSURE, STATE_WARN, STATE_ERROR, STATE_FAIL };

static void worse_of_each_pair(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(order); i++)
		for (k = 0; k < ARRAY_LEN(order); k++)
			assert_string_equal(state_str(state_worse(order[i], order[k])),
					    state_str(order[MAX(i, k)]));
}

/* What broke in the check is neither a fault of the tunnel, nor does it hide one, nor pass. */
static void error_is_no_fail(void **state)
{
	(void)state;
	assert_int_equal(state_worse(STATE_ERROR, STATE_ERROR), STATE_ERROR);
	assert_int_equal(state_worse(STATE_ERROR, STATE_FAIL), STATE_FAIL);
	assert_int_equal(state_worse(STATE_WARN, STATE_ERROR), STATE_ERROR);
	assert_int_equal(state_worse(STATE_PASS, STATE_ERROR), STATE_ERROR);
}

/* No answer at all adds nothing to another. */
static void not_run_adds_nothing(void **state)
{
	size_t i;

	(void)state;
	for (i = 1; i < ARRAY_LEN(order); i++) {
		assert_int_equal(state_worse(STATE_SKIP, order[i]), order[i]);
		assert_int_equal(state_worse(order[i], STATE_NA), order[i]);
	}
}

/* Nothing of a file's name is more than a name. */
static void a_word_for_a_shell(void **state)
{
	static const char *const words[][2] = {
		{ "wg0", "wg0" },
		{ "/etc/wireguard/my-home_1.conf", "/etc/wireguard/my-home_1.conf" },
		{ "", "''" },
		{ "my home.conf", "'my home.conf'" },
		{ "a;b", "'a;b'" },
		{ "$(x)`y`", "'$(x)`y`'" },
		{ "it's", "'it'\\''s'" },
		{ "büro.conf", "'büro.conf'" },
		{ "~x", "'~x'" },
	};
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a);
	for (i = 0; i < ARRAY_LEN(words); i++)
		assert_string_equal(words_shell(&a, words[i][0]), words[i][1]);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worse_of_each_pair),
		cmocka_unit_test(error_is_no_fail),
		cmocka_unit_test(not_run_adds_nothing),
		cmocka_unit_test(a_word_for_a_shell),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
