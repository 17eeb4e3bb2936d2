/* config.live: routes of the file, and the rules that lead to them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "unit/live_file.h"

/* Nothing was asked of the kernel: only not found. */
static void route_missing(struct facts *f)
{
	file(f);
	f->n_paths = 0;
	f->net_start[END_NEAR].n_routes = 0;
}

static void route_elsewhere(struct facts *f)
{
	size_t i;

	file(f);
	f->net_start[END_NEAR].n_routes = 0;
	for (i = 0; i < f->n_paths; i++)
		f->paths[i].dev = "eth9";
}

static void route_by_a_rule(struct facts *f)
{
	file(f);
	f->net_start[END_NEAR].n_routes = 0;
}

static void route_off(struct facts *f)
{
	route_elsewhere(f);
	f->intended.table = INTENDED_OFF;
}

/* A part of the prefix is routed, and what is asked is in it: the rest goes elsewhere. */
static void route_to_a_part(struct facts *f)
{
	file(f);
	want_allowed[0] = f->config[END_NEAR].peers[0].allowed[0] = made_net("10.0.0.0/8");
}

static void route_not_needed(struct facts *f)
{
	route_elsewhere(f);
	want_allowed[0] = f->config[END_NEAR].peers[0].allowed[0] = made_net("172.31.0.0/16");
	more_routes[0] = (struct route_facts){ .dst = made_net("fd5a:17::/32"),
					       .dev = f->tun[END_NEAR].name };
	f->net_start[END_NEAR].n_routes = 1;
}

static void in_table(struct facts *f, unsigned table)
{
	size_t i;

	file(f);
	f->intended.table = INTENDED_NUMBER;
	f->intended.table_number = 4242;
	for (i = 0; i < f->net_start[END_NEAR].n_routes; i++)
		more_routes[i].table = table;
}

static void table_as_in_file(struct facts *f)
{
	in_table(f, 4242);
}

static void table_another(struct facts *f)
{
	in_table(f, 254);
}

static void table_another_and_elsewhere(struct facts *f)
{
	size_t i;

	in_table(f, 254);
	for (i = 0; i < f->n_paths; i++)
		f->paths[i].dev = "eth9";
}

static void full_tunnel(struct facts *f)
{
	file(f);
	want_allowed[0] = f->config[END_NEAR].peers[0].allowed[0] = made_net("0.0.0.0/0");
	f->config[END_NEAR].fwmark = 51820;
	f->n_paths = 0;
}

static void full_in_own_table(struct facts *f)
{
	full_tunnel(f);
	more_routes[0].dst = made_net("0.0.0.0/0");
	more_routes[0].table = 51820;
}

static struct policy_facts quick_rules[2];

/* As wg-quick has them. */
static void full_by_rules(struct facts *f)
{
	full_in_own_table(f);
	quick_rules[0] = (struct policy_facts){
		.family = FAMILY_IP4, .action = 1, .pref = 32764, .table = 254
	};
	quick_rules[1] = (struct policy_facts){ .family = FAMILY_IP4,
						.action = 1,
						.invert = true,
						.pref = 32765,
						.table = 51820,
						.mark = 51820,
						.mask = UINT32_MAX,
						.suppress_prefixlength = UNKNOWN };
	f->net_start[END_NEAR].rules_known = true;
	f->net_start[END_NEAR].rules = quick_rules;
	f->net_start[END_NEAR].n_rules = 2;
}

static struct path_facts full_paths[2];
static void asks(struct facts *f, const char *inner_by, const char *endpoint_by)
{
	full_paths[0] = (struct path_facts){ .of = PATH_INNER,
					     .to = made_addr("10.90.17.2"),
					     .dev = inner_by };
	full_paths[1] = (struct path_facts){ .of = PATH_ENDPOINT,
					     .to = f->config[END_NEAR].peers[0].endpoint.addr,
					     .dev = endpoint_by };
	f->paths = full_paths;
	f->n_paths = 2;
}

static void rule_missing(struct facts *f)
{
	full_by_rules(f);
	f->net_start[END_NEAR].n_rules = 1;
}

static void rule_missing_and_needed(struct facts *f)
{
	rule_missing(f);
	asks(f, "eth9", "eth9");
}

/* The file has a network of its own for what is asked. */
static void rule_missing_and_not_needed(struct facts *f)
{
	rule_missing_and_needed(f);
	want_allowed[want_peers[0].n_allowed++] = made_net("10.90.17.0/24");
	more_routes[f->net_start[END_NEAR].n_routes++] =
		(struct route_facts){ .dst = made_net("10.90.17.0/24"),
				      .dev = f->tun[END_NEAR].name };
	f->config[END_NEAR].peers[0].allowed = want_allowed;
	f->config[END_NEAR].peers[0].n_allowed = want_peers[0].n_allowed;
}

static void default_missing_and_needed(struct facts *f)
{
	full_by_rules(f);
	more_routes[0].dst = made_net("10.90.17.0/28");
	asks(f, "eth9", "eth9");
}

static void local_rule_missing(struct facts *f)
{
	full_by_rules(f);
	quick_rules[0].suppress_prefixlength = UNKNOWN;
}

static void mark_missing(struct facts *f)
{
	full_by_rules(f);
	f->config[END_NEAR].fwmark = 0;
	asks(f, f->tun[END_NEAR].name, "eth9");
}

static void mark_missing_and_a_loop(struct facts *f)
{
	mark_missing(f);
	asks(f, f->tun[END_NEAR].name, f->tun[END_NEAR].name);
}

/* Somebody's own rule, not of wg-quick's form. */
static void rule_of_another_kind(struct facts *f)
{
	local_rule_missing(f);
	quick_rules[1].invert = false;
	quick_rules[1].mark = quick_rules[1].mask = 0;
	f->config[END_NEAR].fwmark = 0;
}

static void rules_unseen(struct facts *f)
{
	rule_missing(f);
	f->net_start[END_NEAR].rules_known = false;
}

static void full_in_halves(struct facts *f)
{
	full_tunnel(f);
	more_routes[0].dst = made_net("0.0.0.0/1");
	more_routes[f->net_start[END_NEAR].n_routes++] =
		(struct route_facts){ .dst = made_net("128.0.0.0/1"),
				      .dev = f->tun[END_NEAR].name };
}

static void full_in_one_half(struct facts *f)
{
	full_tunnel(f);
	more_routes[0].dst = made_net("0.0.0.0/1");
}

static const struct check_case cases[] = {
	{ "route not found", route_missing, STATE_WARN, "was found; and 1 more", NULL },
	{ "route elsewhere", route_elsewhere, STATE_FAIL, "goes to eth9", NULL },
	{ "routed by a rule", route_by_a_rule, STATE_PASS, NULL, NULL },
	{ "route to a part", route_to_a_part, STATE_WARN, "no route for 10.0.0.0/8 into", NULL },
	{ "missing route not needed", route_not_needed, STATE_WARN, "172.31.0.0/16", NULL },
	{ "Table, a number", table_as_in_file, STATE_PASS, NULL, NULL },
	{ "Table, another", table_another, STATE_WARN, "is not in table 4242 of the file", NULL },
	{ "Table, another, needed", table_another_and_elsewhere, STATE_FAIL, "goes to eth9", NULL },
	{ "Table off", route_off, STATE_PASS, NULL, NULL },
	{ "full, own table and mark", full_in_own_table, STATE_PASS, NULL, NULL },
	{ "full, by wg-quick's rules", full_by_rules, STATE_PASS, NULL, NULL },
	{ "full, no rule", rule_missing, STATE_WARN, "no rule leads to table 51820", NULL },
	{ "full, no rule, needed", rule_missing_and_needed, STATE_FAIL,
	  "into wgd7f3a0 is: 10.90.17.2 goes to eth9", NULL },
	{ "full, no rule, not needed", rule_missing_and_not_needed, STATE_WARN, "no rule leads",
	  NULL },
	{ "full, no default, needed", default_missing_and_needed, STATE_FAIL,
	  "no route for 0.0.0.0/0 into wgd7f3a0: 10.90.17.2 goes to eth9", NULL },
	{ "full, local networks too", local_rule_missing, STATE_WARN, "suppress_prefixlength 0",
	  NULL },
	{ "full, no mark", mark_missing, STATE_WARN, "its own packets match the rule 32765: not",
	  NULL },
	{ "full, no mark, a loop", mark_missing_and_a_loop, STATE_FAIL, "mark is 0x0", NULL },
	{ "full, a rule of one's own", rule_of_another_kind, STATE_PASS, NULL, NULL },
	{ "full, rules not seen", rules_unseen, STATE_PASS, NULL, NULL },
	{ "full, in halves", full_in_halves, STATE_PASS, NULL, NULL },
	{ "full, one half", full_in_one_half, STATE_WARN, "no route for 0.0.0.0/0", NULL },
};

static void live(void **state)
{
	(void)state;
	check_cases_run("config.live", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(live) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
