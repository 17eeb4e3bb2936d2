/* A command line as an engine: its words, and what is known of a version of one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/engine_list.h"

static void expect_words(const char *text, const char *const *want)
{
	const char *argv[ENGINE_ARGV_MAX];
	struct engine_conf c = { .ifname = "wg7", .program = "/found/it" };
	struct err e = { 0 };
	struct arena a;
	int i;

	arena_init(&a);
	if (engine_cmd_parse(text, &a, &c.ops, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	assert_string_equal(c.ops->program, want[0]);
	engine_cmd_argv(&c, &a, argv);
	assert_string_equal(argv[0], "/found/it");
	for (i = 1; want[i]; i++) {
		assert_non_null(argv[i]);
		assert_string_equal(argv[i], want[i]);
	}
	assert_null(argv[i]);
	arena_done(&a);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void words_are_as_in_a_shell(void **state)
{
	(void)state;
	expect_words("prog {name}", WORDS("prog", "wg7"));
	expect_words("  prog\t-f   {name} ", WORDS("prog", "-f", "wg7"));
	expect_words("/opt/my\\ prog {name}", WORDS("/opt/my prog", "wg7"));
	expect_words("'/opt/my prog' --if={name},{name}", WORDS("/opt/my prog", "--if=wg7,wg7"));
	expect_words("p \"a b\"'c d'e {name} ''", WORDS("p", "a bc de", "wg7", ""));
	expect_words("p '\\' \"\\\"\" {name}", WORDS("p", "\\", "\"", "wg7"));
	expect_words("p '\"' \"'\" '{name}'", WORDS("p", "\"", "'", "wg7"));
	expect_words("p $(x) `y` $HOME *;| {name}",
		     WORDS("p", "$(x)", "`y`", "$HOME", "*;|", "wg7"));
	expect_words("p {nam {name} }", WORDS("p", "{nam", "wg7", "}"));
}

static void its_name_is_the_programs(void **state)
{
	const struct engine_ops *ops;
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_int_equal(engine_cmd_parse("/a/b/prog {name}", &a, &ops, NULL), 0);
	assert_string_equal(ops->name, "prog");
	assert_int_equal(engine_cmd_parse("prog {name}", &a, &ops, NULL), 0);
	assert_string_equal(ops->name, "prog");
	assert_false(ops->counts_drops);
	arena_done(&a);
}

static void what_is_wrong_is_told(void **state)
{
	static const struct {
		const char *text, *says;
	} wrong[] = {
		{ "", "no program" },
		{ "   ", "no program" },
		{ "'' {name}", "no program" },
		{ "prog", "{name}" },
		{ "{name}", "{name}" },
		{ "prog wg0", "{name}" },
		{ "prog '{name}", "single quote" },
		{ "prog \"{name}", "double quote" },
		{ "prog {name} \\", "backslash" },
		{ "p 1 2 3 4 5 6 7 8 9 10 11 12 13 14 {name}", "more than 15 words" },
	};
	const struct engine_ops *ops = NULL;
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a);
	for (i = 0; i < ARRAY_LEN(wrong); i++) {
		struct err e = { 0 };

		assert_true(engine_cmd_parse(wrong[i].text, &a, &ops, &e) < 0);
		if (!strstr(e.text, wrong[i].says))
			fail_msg("%s: %s", wrong[i].text, e.text);
		assert_null(ops);
	}
	arena_done(&a);
}

static size_t known_of(const char *version)
{
	static const struct engine_known known[] = {
		{ "0.0.20230223", "old" },
		{ NULL, "always" },
		{ "1.2", "older" },
		{ NULL, NULL },
	};
	const struct engine_ops ops = { .name = "x", .known = known };
	size_t at = 0, n = 0;

	while (engine_known_next(&ops, version, &at))
		n++;
	return n;
}

static void known_is_of_a_version(void **state)
{
	const struct engine_ops none = { .name = "x" };
	size_t at = 0;

	(void)state;
	assert_int_equal(known_of(NULL), 3);
	assert_int_equal(known_of("0.0.20220316"), 3);
	assert_int_equal(known_of("0.0.20230223"), 2);
	assert_int_equal(known_of("0.0.20250522"), 2);
	assert_int_equal(known_of("0.0"), 3);
	assert_int_equal(known_of("0.0.20230223.1"), 2);
	assert_int_equal(known_of("1.1.9"), 2);
	assert_int_equal(known_of("1.2"), 1);
	assert_int_equal(known_of("1.10"), 1);
	assert_null(engine_known_next(&none, NULL, &at));
}

/* Each says what is known, and how it is got. */
static void rows_are_whole(void **state)
{
	size_t i, at;

	(void)state;
	for (i = 0; engines[i]; i++) {
		at = 0;
		assert_non_null(engines[i]->packages);
		assert_non_null(engine_known_next(engines[i], NULL, &at));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_as_in_a_shell),
		cmocka_unit_test(its_name_is_the_programs),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(known_is_of_a_version),
		cmocka_unit_test(rows_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
