/*
 * Which rules are for a link that is not there, and which only look so.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "gather/nft_absent.h"

static const struct sys_link links[] = { { .name = "lo" }, { .name = "eth0" }, { .name = "wg0" } };

#define IIF(name, not )                                         \
	{                                                       \
		.match = RULE_IIF, .text = name, .negated = not \
	}

static const char *absent(const char *table, struct rule_term *terms, size_t n,
			  struct pass_facts *passes, size_t n_passes)
{
	struct rule_facts r = {
		.table = table,
		.terms = terms,
		.n_terms = n,
		.pass_from = passes ? 0 : UNKNOWN,
		.n_pass = passes ? (int64_t)n_passes : UNKNOWN,
	};
	struct firewall_facts f = {
		.rules = &r, .n_rules = 1, .passes = passes, .n_passes = n_passes
	};
	static char name[64];
	struct arena a;

	arena_init(&a);
	nft_absent(&f, links, ARRAY_LEN(links), &a);
	snprintf(name, sizeof(name), "%s", r.absent ? r.absent : "");
	arena_done(&a);
	return r.absent ? name : NULL;
}

static void by_the_table(void **state)
{
	(void)state;
	assert_string_equal(absent("wg-quick-wg9", NULL, 0, NULL, 0), "wg9");
	assert_null(absent("wg-quick-wg0", NULL, 0, NULL, 0));
	assert_null(absent("filter", NULL, 0, NULL, 0));
}

static void all_but_one(void **state)
{
	struct rule_term gone[] = { IIF("wg9", true) }, there[] = { IIF("wg0", true) };
	struct rule_term of_it[] = { IIF("wg9", false) }, several[] = { IIF("wg*", true) };

	(void)state;
	assert_string_equal(absent("vpn", gone, 1, NULL, 0), "wg9");
	assert_null(absent("vpn", there, 1, NULL, 0));
	/* Against what comes by it: nothing does. */
	assert_null(absent("vpn", of_it, 1, NULL, 0));
	assert_null(absent("vpn", several, 1, NULL, 0));
}

static void all_that_was_let_pass(void **state)
{
	struct rule_term lo[] = { IIF("lo", false) }, gone[] = { IIF("wg9", false) };
	struct rule_term uplink[] = { IIF("eth0", false) };
	struct pass_facts guard[] = { { lo, 1 }, { gone, 1 } };
	struct pass_facts server[] = { { lo, 1 }, { gone, 1 }, { uplink, 1 } };

	(void)state;
	assert_string_equal(absent("guard", NULL, 0, guard, 2), "wg9");
	assert_null(absent("filter", NULL, 0, server, 3));
	assert_null(absent("filter", NULL, 0, guard, 1));
	/* What stands before it is not known. */
	assert_null(absent("guard", NULL, 0, NULL, 0));
	/* One that asks for a link itself is not for the rest. */
	assert_null(absent("guard", uplink, 1, guard, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_the_table),
		cmocka_unit_test(all_but_one),
		cmocka_unit_test(all_that_was_let_pass),
	};

	return cmocka_run_group_tests_name("gather/nft_absent", tests, NULL, NULL);
}
