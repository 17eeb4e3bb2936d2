/* route.inner: into the tun, elsewhere, to ourselves, nowhere; with which source. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void elsewhere(struct facts *f)
{
	f->paths[0].dev = "eth0";
}

static void both_elsewhere(struct facts *f)
{
	f->paths[0].dev = f->paths[1].dev = "eth0";
}

static void itself(struct facts *f)
{
	f->paths[0].dev = "lo";
}

static void nowhere(struct facts *f)
{
	f->paths[1].dev = NULL;
	f->paths[1].error = "Network is unreachable";
}

static void foreign_source(struct facts *f)
{
	f->paths[0].prefsrc = made_addr("192.0.2.10");
	/* The far end takes it too. */
	f->config[END_FAR].peers[0].allowed[0] = made_net("0.0.0.0/0");
}

/* An unnumbered tun: the address of another link is used on purpose. */
static void unnumbered(struct facts *f)
{
	foreign_source(f);
	f->net_start[END_NEAR].addrs[1].link = "lan0";
}

static void no_source(struct facts *f)
{
	f->paths[0].prefsrc.family = FAMILY_NONE;
}

static void addrs_unseen(struct facts *f)
{
	foreign_source(f);
	facts_gap(f, NEED_ADDRS, "reading addresses: Operation not permitted", "run as root");
}

static void endpoint_only(struct facts *f)
{
	f->paths = &f->paths[2];
	f->n_paths = 1;
}

static void other_name(struct facts *f)
{
	f->target.name = "office";
}

/* A tunnel from a file, of which only what is probed was routed, and somebody had that route. */
static struct inner_target_facts target;
static struct cidr allowed[1];
static struct intended_peer peer;

static void from_file(struct facts *f, enum target_how how, const char *allows, const char *route)
{
	f->target.kind = TARGET_CONFIG;
	f->target.probed_routes_only = true;
	target = (struct inner_target_facts){ .addr = f->paths[0].to, .how = how };
	f->inner_targets = &target;
	f->n_inner_targets = 1;
	allowed[0] = made_net(allows);
	peer = (struct intended_peer){ .allowed = allowed, .n_allowed = 1 };
	f->intended = (struct intended_facts){ .peers = &peer, .n_peers = 1 };
	facts_have(f, NEED_INTENDED);
	f->paths[0].dev = "wg1";
	f->paths[0].table = 254;
	f->paths[0].route = made_net(route);
	f->paths[0].bound = true;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 1;
}

static void same_route(struct facts *f)
{
	from_file(f, TARGET_SINGLE, "10.90.17.2/32", "10.90.17.2/32");
}

static void same_route_of_guess(struct facts *f)
{
	from_file(f, TARGET_SUBNET, "10.90.17.0/24", "10.90.17.2/32");
}

static void longer_route_of_given(struct facts *f)
{
	from_file(f, TARGET_GIVEN, "0.0.0.0/0", "10.90.17.0/24");
}

static void shorter_route(struct facts *f)
{
	from_file(f, TARGET_SINGLE, "10.90.17.2/32", "10.90.17.0/24");
}

static void same_name(struct facts *f)
{
	same_route(f);
	f->target.wanted_name = "wg1";
}

static void another_name(struct facts *f)
{
	same_route(f);
	f->target.wanted_name = "office";
}

static void no_table(struct facts *f)
{
	same_route(f);
	f->intended.table = INTENDED_OFF;
}

static void no_table_all_routes(struct facts *f)
{
	no_table(f);
	f->target.probed_routes_only = false;
}

static void number_all_routes(struct facts *f)
{
	no_table_all_routes(f);
	f->intended.table = INTENDED_NUMBER;
	f->intended.table_number = 1234;
}

static void no_table_nowhere(struct facts *f)
{
	no_table_all_routes(f);
	f->paths[0].dev = NULL;
	f->paths[0].error = "Network is unreachable";
}

static void attached_no_table(struct facts *f)
{
	no_table_all_routes(f);
	f->target.kind = TARGET_INTERFACE;
}

static void nowhere_all_routes(struct facts *f)
{
	no_table_nowhere(f);
	f->intended.table = INTENDED_AUTO;
	f->net_start[END_NEAR].n_routes = 0;
}

static void by_rule(struct facts *f)
{
	same_route(f);
	f->paths[0].table = 100;
	f->paths[0].route = made_net("0.0.0.0/0");
}

static void all_by_rule(struct facts *f)
{
	from_file(f, TARGET_GIVEN, "0.0.0.0/0", "0.0.0.0/0");
	f->paths[0].table = 100;
}

static void own_address(struct facts *f)
{
	same_route(f);
	f->paths[0].dev = "lo";
	f->paths[0].table = 255;
}

static void all_routes(struct facts *f)
{
	same_name(f);
	f->target.probed_routes_only = false;
}

/* The tunnel is there, and so is its route: what is asked before the main table says otherwise. */
static void beaten(struct facts *f, const char *dev, unsigned table)
{
	static struct route_facts route;

	route = (struct route_facts){ .dst = made_net("10.90.17.0/24"),
				      .dev = "wgd7f3a0",
				      .table = 254 };
	f->target.kind = TARGET_INTERFACE;
	f->net_start[END_NEAR].routes = &route;
	f->net_start[END_NEAR].n_routes = 1;
	f->paths[0].dev = dev;
	f->paths[0].table = table;
	f->paths[0].error = dev ? NULL : "Network is unreachable";
}

static void beaten_by_table(struct facts *f)
{
	beaten(f, "eth0", 88);
}

static void beaten_by_refusal(struct facts *f)
{
	beaten(f, NULL, 0);
}

static void not_beaten_in_main(struct facts *f)
{
	beaten(f, "eth0", 254);
}

static void not_beaten_without_route(struct facts *f)
{
	beaten(f, "eth0", 88);
	f->net_start[END_NEAR].routes[0].dev = "wg9";
}

static void unseen(struct facts *f)
{
	facts_gap(f, NEED_PATHS, "reading routes: Operation not permitted", "run as root");
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS,
	  "10.90.17.2 by wgd7f3a0 from 10.90.17.1; fd5a:17::2 by wgd7f3a0 from fd5a:17::1", NULL },
	{ "elsewhere", elsewhere, STATE_FAIL, "10.90.17.2 leaves by eth0, not by wgd7f3a0", NULL },
	{ "both elsewhere", both_elsewhere, STATE_FAIL, "and 1 more of 2", NULL },
	{ "to ourselves", itself, STATE_FAIL, "10.90.17.2 is this machine itself", NULL },
	{ "nowhere", nowhere, STATE_FAIL, "no route to fd5a:17::2: Network is unreachable", NULL },
	{ "a source of another link", foreign_source, STATE_WARN,
	  "with source 192.0.2.10, which is not its address", NULL },
	{ "border: unnumbered tun", unnumbered, STATE_PASS, "from 192.0.2.10", NULL },
	{ "border: no source told", no_source, STATE_PASS, "10.90.17.2 by wgd7f3a0; fd5a", NULL },
	{ "border: addresses not seen", addrs_unseen, STATE_PASS, "from 192.0.2.10", NULL },
	{ "border: not asked", endpoint_only, STATE_SKIP, "no inner address was asked for", NULL },
	{ "another tun", other_name, STATE_FAIL, "not by office", NULL },
	{ "a file, and somebody has its route", same_route, STATE_FAIL,
	  "10.90.17.2 leaves by wg1 (10.90.17.2/32), not by wgd7f3a0", NULL },
	{ "of an address that was guessed", same_route_of_guess, STATE_UNSURE,
	  "by wg1 (10.90.17.2/32), not by wgd7f3a0: and nobody said", NULL },
	{ "a longer one, for who was named", longer_route_of_given, STATE_FAIL,
	  "by wg1 (10.90.17.0/24)", NULL },
	{ "a shorter one", shorter_route, STATE_UNSURE, "own routes come before", NULL },
	{ "of this file's own name", same_name, STATE_UNSURE, "maybe it is the same tunnel", NULL },
	{ "of another name", another_name, STATE_FAIL, "leaves by wg1", NULL },
	{ "a file that wants no routes", no_table, STATE_UNSURE,
	  "not by wgd7f3a0: Table = off makes no route", NULL },
	{ "the same with all routes", no_table_all_routes, STATE_UNSURE,
	  "not by wgd7f3a0: Table = off makes no route", NULL },
	{ "one that wants them in a table", number_all_routes, STATE_UNSURE,
	  "Table = 1234 is asked only where a rule says so", NULL },
	{ "one that wants none, and there is none", no_table_nowhere, STATE_UNSURE,
	  "no route to 10.90.17.2: Network is unreachable: Table = off", NULL },
	{ "border: one that wants routes, and there is none", nowhere_all_routes, STATE_FAIL,
	  "no route to 10.90.17.2", NULL },
	{ "border: of a tunnel that is there", attached_no_table, STATE_FAIL, "leaves by wg1",
	  NULL },
	{ "by a rule", by_rule, STATE_FAIL, "by wg1 (0.0.0.0/0)", NULL },
	{ "by a rule, and it is for all", all_by_rule, STATE_UNSURE, "rules may come before",
	  NULL },
	{ "an address of this host", own_address, STATE_FAIL, "is this machine itself", NULL },
	{ "a rule beats its route", beaten_by_table, STATE_FAIL,
	  "10.90.17.2 leaves by eth0, table 88, though wgd7f3a0 has a route for it", NULL },
	{ "a rule refuses", beaten_by_refusal, STATE_FAIL,
	  "is refused: Network is unreachable, though wgd7f3a0 has a route", NULL },
	{ "border: in the same table", not_beaten_in_main, STATE_FAIL,
	  "leaves by eth0, not by wgd7f3a0", NULL },
	{ "border: another's route", not_beaten_without_route, STATE_FAIL,
	  "leaves by eth0, not by wgd7f3a0", NULL },
	{ "all routes were made", all_routes, STATE_FAIL, "leaves by wg1", NULL },
	{ "gap", unseen, STATE_SKIP, "Operation not permitted", NULL },
};

static void routes(void **state)
{
	(void)state;
	check_cases_run("route.inner", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes),
	};

	return cmocka_run_group_tests_name("route.inner", tests, NULL, NULL);
}
