/*
 * Which rules give what leaves another source, as `nft -j list ruleset` shows them: nftables' own
 * words and iptables', and what only looks so.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "gather/nft_hides.h"

#define RULE(expr)                                                                                  \
	"{\"rule\":{\"family\":\"ip\",\"table\":\"t\",\"chain\":\"c\",\"handle\":4,\"expr\":[" expr \
	"]}}"
#define OIF                                                                              \
	"{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"oifname\"}},\"right\":" \
	"\"eth0\"}}"
#define MASQUERADE "{\"masquerade\":null}"
#define MASQUERADE_FLAGS "{\"masquerade\":{\"flags\":\"random\"}}"
#define SNAT "{\"snat\":{\"addr\":\"192.0.2.1\"}}"
#define DNAT "{\"dnat\":{\"addr\":\"10.0.0.2\"}}"
#define XT(name) "{\"xt\":{\"type\":\"target\",\"name\":\"" name "\"}}"

static const struct {
	const char *name, *items;
	int64_t n;
} cases[] = {
	{ "no ruleset", NULL, 0 },
	{ "an empty one", "[]", 0 },
	{ "no list", "{}", 0 },
	{ "a table and a chain",
	  "[{\"table\":{\"family\":\"ip\",\"name\":\"snat\"}},{\"chain\":{\"family\":\"ip\","
	  "\"table\":\"nat\",\"name\":\"masquerade\",\"type\":\"nat\",\"hook\":\"postrouting\"}}]",
	  0 },
	{ "masquerade", "[" RULE(MASQUERADE) "]", 1 },
	{ "masquerade, with flags", "[" RULE(MASQUERADE_FLAGS) "]", 1 },
	{ "behind what it matches", "[" RULE(OIF "," MASQUERADE) "]", 1 },
	{ "snat", "[" RULE(OIF "," SNAT) "]", 1 },
	{ "dnat", "[" RULE(OIF "," DNAT) "]", 0 },
	{ "accept", "[" RULE(OIF ",{\"accept\":null}") "]", 0 },
	{ "a rule of nothing", "[" RULE("") "]", 0 },
	{ "a rule without statements", "[{\"rule\":{\"family\":\"ip\"}}]", 0 },
	{ "iptables' MASQUERADE", "[" RULE(XT("MASQUERADE")) "]", 1 },
	{ "iptables' SNAT", "[" RULE(XT("SNAT")) "]", 1 },
	{ "iptables' DNAT", "[" RULE(XT("DNAT")) "]", 0 },
	{ "a word of a comment", "[" RULE("{\"log\":{\"prefix\":\"snat\"}}") "]", 0 },
	/* Two statements of one rule are one. */
	{ "each rule once", "[" RULE(SNAT "," MASQUERADE) "," RULE(DNAT) "," RULE(SNAT) "]", 2 },
};

static void each(void **state)
{
	json_t *items;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("# %s\n", cases[i].name);
		items = cases[i].items ? json_loads(cases[i].items, 0, NULL) : NULL;
		assert_true(!cases[i].items == !items);
		assert_int_equal(nft_hides(items), cases[i].n);
		json_decref(items);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each) };

	return cmocka_run_group_tests_name("gather/nft_hides", tests, NULL, NULL);
}
