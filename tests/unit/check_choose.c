/*
 * --only and --skip: which rows a list of words chooses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "check/choose.h"

static size_t count(const struct check_choice *c)
{
	size_t i, n = 0;

	for (i = 0; checks[i]; i++)
		n += c->on[i];
	return n;
}

static const struct check *find(const char *id)
{
	size_t i;

	for (i = 0; checks[i]; i++)
		if (strcmp(checks[i]->id, id) == 0)
			return checks[i];
	fail_msg("no check %s", id);
	return NULL;
}

static void all_without_a_word(void **state)
{
	struct check_choice c;
	struct arena a;
	const char *bad = NULL;
	uint32_t needs = 0;
	size_t i;

	(void)state;
	arena_init(&a);
	assert_true(choose(NULL, NULL, &a, &c, &bad));
	assert_false(c.partial);
	for (i = 0; checks[i]; i++) {
		assert_true(is_chosen(&c, checks[i]));
		needs |= checks[i]->needs | checks[i]->wants;
		/* Else a run for it alone would look at nothing. */
		assert_true(checks[i]->needs | checks[i]->wants);
	}
	assert_int_equal(choose_needs(&c), needs);
	arena_done(&a);
}

static void words(void **state)
{
	struct check_choice c;
	struct arena a;
	const char *bad = NULL;

	(void)state;
	arena_init(&a);
	assert_true(choose("ping.peer", NULL, &a, &c, &bad));
	assert_true(c.partial);
	assert_int_equal(count(&c), 1);
	assert_true(is_chosen(&c, find("ping.peer")));
	assert_int_equal(choose_needs(&c), find("ping.peer")->needs | find("ping.peer")->wants);

	assert_true(choose("ping,handshake.complete", "ping.self", &a, &c, &bad));
	assert_true(is_chosen(&c, find("ping.peer")));
	assert_true(is_chosen(&c, find("handshake.complete")));
	assert_false(is_chosen(&c, find("ping.self")));
	assert_false(is_chosen(&c, find("data.both-ways")));

	/* a layer */
	assert_true(choose(NULL, "underlay", &a, &c, &bad));
	assert_true(c.partial);
	assert_false(is_chosen(&c, find("underlay.out")));
	assert_true(is_chosen(&c, find("engine.start")));
	/* twice the same is once */
	assert_true(choose("ping.peer,ping.peer,ping", NULL, &a, &c, &bad));
	assert_true(is_chosen(&c, find("ping.self")));
	arena_done(&a);
}

static void what_names_nothing(void **state)
{
	static const char *const wrong[] = { "pings", "ping.", ".peer", "", "ping.peer,,", "PING" };
	struct check_choice c = { .partial = true };
	struct arena a;
	const char *bad;
	size_t i;

	(void)state;
	arena_init(&a);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		bad = NULL;
		assert_false(choose(wrong[i], NULL, &a, &c, &bad));
		assert_non_null(bad);
		assert_false(choose(NULL, wrong[i], &a, &c, &bad));
	}
	assert_false(choose("ping.peer,pong.peer", NULL, &a, &c, &bad));
	assert_string_equal(bad, "pong.peer");
	/* nothing is left */
	assert_false(choose("ping", "ping.self,ping", &a, &c, &bad));
	assert_string_equal(bad, "");
	assert_int_equal(count(&c), 0);
	assert_true(c.partial);
	arena_done(&a);
}

static void all_words_are_known(void **state)
{
	struct check_choice c;
	struct arena a;
	const char *const *list, *bad;
	size_t n, i;

	(void)state;
	arena_init(&a);
	list = choose_words(&a, &n);
	assert_true(n > 10);
	for (i = 0; i < n; i++)
		assert_true(choose(list[i], NULL, &a, &c, &bad));
	arena_done(&a);
}

/* What facts remember of the choice gives it back; another choice narrows it further. */
static void the_choice_of_a_run(void **state)
{
	static const char *const newer[] = { "ping.peer", "row.of-tomorrow" };
	struct check_choice c, again;
	const char *bad = NULL, **ids;
	struct arena a;
	size_t n;

	(void)state;
	arena_init(&a);
	choose_all(&c);
	choose_ids(&c, &a, &ids, &n);
	assert_int_equal(n, 0);
	assert_true(choose("ping,underlay.out", NULL, &a, &c, &bad));
	choose_ids(&c, &a, &ids, &n);
	assert_int_equal(n, count(&c));
	choose_all(&again);
	assert_true(choose_within(&again, ids, n));
	assert_memory_equal(&again, &c, sizeof(c));

	assert_true(choose("ping.self,loss", NULL, &a, &again, &bad));
	assert_true(choose_within(&again, ids, n));
	assert_int_equal(count(&again), 1);
	assert_true(choose("loss", NULL, &a, &again, &bad));
	c = again;
	assert_false(choose_within(&again, ids, n));
	assert_memory_equal(&again, &c, sizeof(c));

	choose_all(&again);
	assert_true(choose_within(&again, newer, ARRAY_LEN(newer)));
	assert_int_equal(count(&again), 1);
	assert_true(again.partial);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_without_a_word),
		cmocka_unit_test(words),
		cmocka_unit_test(what_names_nothing),
		cmocka_unit_test(all_words_are_known),
		cmocka_unit_test(the_choice_of_a_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
