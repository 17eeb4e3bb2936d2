/* What comes out of the tunnel for others, at the host that is to forward it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "check/transit.h"
#include "lib/made_facts.h"
#include "verdict/verdict.h"

static struct rule_facts rule;
static struct rule_term terms[2];

static void passing(struct facts *f)
{
	struct tap_facts *t = &f->taps[TAP_NEAR_TUN];

	f->target.kind = TARGET_INTERFACE;
	facts_gap(f, NEED_STREAMS, "a far end that takes part is needed", NULL);
	facts_gap(f, NEED_CONFIG_FAR, "the far end is not here", NULL);
	t->foreign[TAP_IN] = 8;
	t->foreign[TAP_OUT] = 0;
	t->foreign_to = made_addr("10.90.50.9");
	f->near_host.ip4_forward = 1;
	f->near_host.ip6_forward = 0;
}

static void forwards_not(struct facts *f)
{
	passing(f);
	f->near_host.ip4_forward = 0;
}

static void not_known(struct facts *f)
{
	passing(f);
	f->near_host.ip4_forward = UNKNOWN;
}

static void answered(struct facts *f)
{
	forwards_not(f);
	f->taps[TAP_NEAR_TUN].foreign[TAP_OUT] = 1;
}

static void few(struct facts *f)
{
	forwards_not(f);
	f->taps[TAP_NEAR_TUN].foreign[TAP_IN] = 3;
}

/* Names are asked for like that. */
static void broadcast(struct facts *f)
{
	forwards_not(f);
	f->net_start[END_NEAR].addrs[0].addr = made_net("10.90.17.1/24");
	f->taps[TAP_NEAR_TUN].foreign_to = made_addr("10.90.17.255");
}

static void ruled(struct facts *f, const char *hook, enum rule_match match, const char *dev)
{
	passing(f);
	terms[0] = (struct rule_term){ .match = match, .text = dev };
	rule = (struct rule_facts){
		.family = "inet",
		.table = "filter",
		.chain = "forward",
		.hook = hook,
		.says = "drop",
		.handle = 7,
		.terms = terms,
		.n_terms = 1,
		.before = UNKNOWN,
		.after = UNKNOWN,
	};
	f->firewall.rules = &rule;
	f->firewall.n_rules = 1;
}

static void from_tun(struct facts *f)
{
	ruled(f, "forward", RULE_IIF, "wgd7f3a0");
}

static void back_into_tun(struct facts *f)
{
	ruled(f, "forward", RULE_OIF, "wgd7f3a0");
}

static void by_policy(struct facts *f)
{
	from_tun(f);
	rule.policy = true;
	rule.n_terms = 0;
}

static void from_elsewhere(struct facts *f)
{
	ruled(f, "forward", RULE_IIF, "lan0");
}

static void not_of_forwarding(struct facts *f)
{
	ruled(f, "output", RULE_OIF, "lan0");
}

/* It has a counter, and that did not move. */
static void took_nothing(struct facts *f)
{
	from_tun(f);
	rule.before = rule.after = 4;
}

static const struct {
	void (*change)(struct facts *f);
	const char *cause;
} cases[] = {
	{ passing, "" },
	{ forwards_not, "no-ip-forward" },
	{ not_known, "" },
	{ answered, "" },
	{ few, "" },
	{ broadcast, "" },
	{ from_tun, "forward-drop" },
	{ back_into_tun, "forward-drop" },
	{ by_policy, "forward-drop" },
	{ from_elsewhere, "" },
	{ not_of_forwarding, "" },
	{ took_nothing, "" },
};

static void at_the_host_that_forwards(void **state)
{
	struct findings all;
	struct verdict v;
	struct facts f;
	struct arena a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		cases[i].change(&f);
		checks_run(&f, NULL, &all);
		verdict_of(&f, &all, &v);
		print_message("# %zu: %s\n", i, v.summary);
		assert_string_equal(v.cause ? v.cause : "", cases[i].cause);
		if (cases[i].cause[0])
			assert_int_equal(v.side, SIDE_LOCAL);
		else
			assert_string_equal(state_str(made_row(&all, "route.inner")->state), "PASS");
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_the_host_that_forwards),
	};

	return cmocka_run_group_tests_name("transit", tests, NULL, NULL);
}
