/* host.state: as it was, links changed, addresses and routes gone or new, not read again. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void far_down(struct facts *f)
{
	f->tun[END_FAR].end.up = false;
	/* What the kernel takes along. */
	f->net_end[END_FAR].n_routes = 0;
}

static void near_gone(struct facts *f)
{
	f->tun[END_NEAR].end = (struct link_state){ .known = true, .gone = true };
	facts_gap(f, NEED_LINKS, "read the counters of wgd7f3a0: No such device", NULL);
}

static void made_again(struct facts *f)
{
	f->tun[END_NEAR].end.ifindex = 9;
}

static void wire_down(struct facts *f)
{
	f->wire[END_FAR].end.up = false;
}

static void mtu(struct facts *f)
{
	f->tun[END_FAR].end.mtu = 1280;
}

static void addr_gone(struct facts *f)
{
	f->net_end[END_FAR].addrs[1] = f->net_end[END_FAR].addrs[2];
	f->net_end[END_FAR].n_addrs = 2;
}

static void route_gone(struct facts *f)
{
	f->net_end[END_NEAR].routes[0] = f->net_end[END_NEAR].routes[1];
	f->net_end[END_NEAR].n_routes = 1;
}

static void route_moved(struct facts *f)
{
	f->net_end[END_NEAR].routes[0].dev = "wgw7f3a0";
}

static void new_route(struct facts *f, const char *dst, uint8_t type)
{
	struct net_facts *n = &f->net_end[END_NEAR];

	n->routes[n->n_routes] = (struct route_facts){ .table = 254, .type = type };
	assert_true(cidr_parse(dst, &n->routes[n->n_routes++].dst));
}

static void blackhole(struct facts *f)
{
	new_route(f, "10.90.17.2/32", 6);
}

/* Links up, DAD over: the kernel's own business, later than the addresses. */
static void by_kernel(struct facts *f)
{
	struct net_facts *n = &f->net_end[END_FAR];

	new_route(f, "fd00::1/128", 2);
	n->addrs[n->n_addrs].link = "wgw7f3a1";
	assert_true(cidr_parse("fe80::1/64", &n->addrs[n->n_addrs++].addr));
	n->routes[n->n_routes] = (struct route_facts){ .dev = "wgw7f3a1", .table = 254, .type = 1 };
	assert_true(cidr_parse("fe80::/64", &n->routes[n->n_routes++].dst));
}

static void by_kernel_gone(struct facts *f)
{
	struct net_facts *n = &f->net_start[END_NEAR];

	n->addrs[n->n_addrs].link = "wgw7f3a0";
	assert_true(cidr_parse("fe80::1/64", &n->addrs[n->n_addrs++].addr));
	assert_true(cidr_parse("ff00::/8", &n->routes[n->n_routes++].dst));
}

static void not_again(struct facts *f)
{
	f->net_end[END_FAR].known = false;
}

static void link_not_again(struct facts *f)
{
	f->wire[END_NEAR].end.known = false;
}

static void not_again_and_down(struct facts *f)
{
	not_again(f);
	f->tun[END_FAR].end.up = false;
}

/* --- rules of `ip rule` --- */

enum { RULES = 4 };
static struct policy_facts rules[2][RULES]; /* start, end */

/* Read at both ends of the run, as a new namespace has them. */
static void with_rules(struct facts *f)
{
	static const unsigned tables[] = { 255, 254, 253 }, prefs[] = { 0, 32766, 32767 };
	unsigned i, k;

	for (i = 0; i < 2; i++) {
		struct net_facts *n = i ? &f->net_end[END_NEAR] : &f->net_start[END_NEAR];

		for (k = 0; k < ARRAY_LEN(tables); k++)
			rules[i][k] = (struct policy_facts){ .family = FAMILY_IP4,
							     .action = 1,
							     .pref = prefs[k],
							     .table = tables[k],
							     .suppress_prefixlength = UNKNOWN };
		n->rules_known = true;
		n->rules = rules[i];
		n->n_rules = ARRAY_LEN(tables);
	}
	f->net_start[END_FAR].rules_known = f->net_end[END_FAR].rules_known = true;
}

/* wg-quick's, at the end only. */
static struct policy_facts *one_more(struct facts *f)
{
	struct policy_facts *r;

	with_rules(f);
	r = &rules[1][f->net_end[END_NEAR].n_rules++];
	*r = (struct policy_facts){ .family = FAMILY_IP4,
				    .action = 1,
				    .invert = true,
				    .pref = 32764,
				    .table = 51820,
				    .mark = 0xca6c,
				    .mask = UINT32_MAX,
				    .suppress_prefixlength = UNKNOWN };
	return r;
}

static void rule_new(struct facts *f)
{
	one_more(f);
}

static void rule_gone(struct facts *f)
{
	with_rules(f);
	f->net_end[END_NEAR].n_rules--;
}

static void rule_changed(struct facts *f)
{
	with_rules(f);
	rules[1][1].suppress_prefixlength = 0;
}

static void rules_not_again(struct facts *f)
{
	with_rules(f);
	f->net_end[END_NEAR].rules_known = false;
}

static void rules_never(struct facts *f)
{
	one_more(f);
	f->net_start[END_NEAR].rules_known = false;
}

/* A host's, where others have rules too: by iif, oif, source, destination, mark, table. */
static struct policy_facts *on_a_host(struct facts *f)
{
	struct policy_facts *r = one_more(f);

	f->target.kind = TARGET_INTERFACE;
	r->invert = false;
	r->mark = r->mask = 0;
	r->table = 100;
	return r;
}

static void host_any(struct facts *f)
{
	on_a_host(f);
}

static void host_other_mark(struct facts *f)
{
	on_a_host(f)->mark = 7;
}

static void host_our_mark(struct facts *f)
{
	f->config[END_NEAR].fwmark = 7;
	on_a_host(f)->mark = 7;
}

static void host_other_link(struct facts *f)
{
	on_a_host(f)->iif = "br0";
}

static void host_out_by_other_link(struct facts *f)
{
	on_a_host(f)->oif = "br0";
}

static void host_our_link(struct facts *f)
{
	on_a_host(f)->iif = "wgd7f3a0";
}

static void host_sends(struct facts *f)
{
	on_a_host(f)->iif = "lo";
}

static void host_other_source(struct facts *f)
{
	on_a_host(f)->src = made_net("198.51.100.0/24");
}

static void host_our_source(struct facts *f)
{
	on_a_host(f)->src = made_net("10.90.17.1/32");
}

static void host_other_target(struct facts *f)
{
	on_a_host(f)->dst = made_net("198.51.100.0/24");
}

static void host_our_target(struct facts *f)
{
	on_a_host(f)->dst = made_net("10.90.17.0/24");
}

static void host_our_endpoint(struct facts *f)
{
	on_a_host(f)->dst = made_net("192.0.2.20/32");
}

static void host_all_but_another(struct facts *f)
{
	struct policy_facts *r = on_a_host(f);

	r->invert = true;
	r->src = made_net("198.51.100.0/24");
}

/* Its table has a route into the tun, so it is ours whoever's packets it takes. */
static void host_our_table(struct facts *f)
{
	struct net_facts *n = &f->net_start[END_NEAR];

	host_other_source(f);
	n->routes[n->n_routes] = n->routes[0];
	n->routes[n->n_routes++].table = 100;
	n = &f->net_end[END_NEAR];
	n->routes[n->n_routes] = n->routes[0];
	n->routes[n->n_routes++].table = 100;
}

/* --- this host roams, and the far end is not on it --- */

static struct addr_facts moved[2]; /* of the underlay, start and end */
static struct route_facts derived[2][3]; /* what the kernel made of it, and a default route */

/* To another address of the same network; the tunnel is one that ran before. */
static void roams(struct facts *f)
{
	static const char *const addrs[] = { "192.0.2.10/24", "192.0.2.77/24" };
	static const char *const own[] = { "192.0.2.10/32", "192.0.2.77/32" };
	unsigned i;

	f->target.kind = TARGET_INTERFACE;
	for (i = 0; i < 2; i++) {
		struct net_facts *n = i ? &f->net_end[END_NEAR] : &f->net_start[END_NEAR];

		moved[i].link = f->wire[END_NEAR].name;
		assert_true(cidr_parse(addrs[i], &moved[i].addr));
		n->addrs = &moved[i];
		n->n_addrs = 1;
		derived[i][0] = (struct route_facts){ .dst = made_net(own[i]),
						      .dev = moved[i].link,
						      .table = 255,
						      .type = 2 };
		derived[i][1] = (struct route_facts){ .dst = made_net("192.0.2.0/24"),
						      .dev = moved[i].link,
						      .table = 254,
						      .type = 1 };
		derived[i][2] = (struct route_facts){ .dst = made_net("0.0.0.0/0"),
						      .gateway = made_addr("192.0.2.1"),
						      .dev = moved[i].link,
						      .table = 254,
						      .type = 1 };
		n->routes = derived[i];
		n->n_routes = 3;
	}
}

static void roams_without_echo(struct facts *f)
{
	static struct inner_target_facts t;

	roams(f);
	f->ping_peer.received = 0;
	t = (struct inner_target_facts){ .addr = f->ping_peer.target,
					 .answered = ANSWERED_TCP,
					 .port = 22 };
	f->inner_targets = &t;
	f->n_inner_targets = 1;
}

static void roams_to_another_net(struct facts *f)
{
	roams(f);
	derived[1][2].gateway = made_addr("198.51.100.1");
}

static void roams_badly(struct facts *f)
{
	roams(f);
	f->ping_peer.received = 4;
}

static void roams_silently(struct facts *f)
{
	roams(f);
	f->ping_peer.received = 0;
}

static void tun_addr_moves(struct facts *f)
{
	roams(f);
	moved[0].link = moved[1].link = f->tun[END_NEAR].name;
}

static void roams_and_link_down(struct facts *f)
{
	roams(f);
	f->wire[END_NEAR].end.up = false;
}

static void moved_in_our_lab(struct facts *f)
{
	enum target_kind kind = f->target.kind;

	roams(f);
	f->target.kind = kind;
}

static void gap(struct facts *f)
{
	facts_gap(f, NEED_ROUTES, "dump routes: Operation not permitted", NULL);
}

static void not_started(struct facts *f)
{
	made_not_started(f, "wireguard-go exited with status 1");
}

static void engine_died(struct facts *f)
{
	near_gone(f);
	f->engine[END_NEAR].exit_status = 9;
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "as at the start", NULL },
	{ "the far tun is down", far_down, STATE_FAIL,
	  "far wgd7f3a1 was up at the start, is down at the end; and 2 more", NULL },
	{ "the near tun is gone", near_gone, STATE_FAIL,
	  "near wgd7f3a0 was there at the start, is gone at the end", NULL },
	{ "another link of that name", made_again, STATE_FAIL, "wgd7f3a0 is another link", NULL },
	{ "the wire is down", wire_down, STATE_FAIL, "far wgw7f3a1 was up", NULL },
	{ "another MTU", mtu, STATE_FAIL, "wgd7f3a1 had MTU 1420 at the start, has 1280", NULL },
	{ "an address is gone", addr_gone, STATE_FAIL,
	  "far address 10.90.17.2/24 of wgd7f3a1 is gone", NULL },
	{ "a route is gone", route_gone, STATE_FAIL,
	  "near route to 10.90.17.2/32 through wgd7f3a0 is gone", NULL },
	{ "a route leads elsewhere", route_moved, STATE_FAIL,
	  "through wgd7f3a0 is gone; and 1 more", NULL },
	{ "border: a route is new", blackhole, STATE_WARN,
	  "near route to 10.90.17.2/32 nowhere is new", NULL },
	{ "border: the kernel's own are new", by_kernel, STATE_PASS, "as at the start", NULL },
	{ "border: the kernel's own are gone", by_kernel_gone, STATE_PASS, "as at the start",
	  NULL },
	{ "addresses not read again", not_again, STATE_UNSURE, "not all was read again", NULL },
	{ "a link not read again", link_not_again, STATE_UNSURE, "not all was read again", NULL },
	{ "not all read, and a change", not_again_and_down, STATE_FAIL, "is down at the end",
	  NULL },
	{ "rules as they were", with_rules, STATE_PASS,
	  "links, addresses, routes and rules are as at the start", NULL },
	{ "border: a rule is new", rule_new, STATE_WARN,
	  "near rule 32764: not from all fwmark 0xca6c lookup 51820 is new", NULL },
	{ "a rule is gone", rule_gone, STATE_FAIL,
	  "near rule 32767: from all lookup default is gone", NULL },
	{ "a rule was changed", rule_changed, STATE_FAIL,
	  "near rule 32766: from all lookup main is gone; and 1 more", NULL },
	{ "rules not read again", rules_not_again, STATE_UNSURE, "not all was read again", NULL },
	{ "gap: rules never read", rules_never, STATE_PASS,
	  "links, addresses and routes are as at the start", NULL },
	{ "host: a rule for all", host_any, STATE_WARN, "32764: from all lookup 100 is new", NULL },
	{ "host: another mark", host_other_mark, STATE_PASS, NULL, NULL },
	{ "host: our mark", host_our_mark, STATE_WARN, "fwmark 0x7/0x0 lookup 100", NULL },
	{ "host: in by another link", host_other_link, STATE_PASS, NULL, NULL },
	{ "host: out by another link", host_out_by_other_link, STATE_PASS, NULL, NULL },
	{ "host: in by our link", host_our_link, STATE_WARN, "iif wgd7f3a0 lookup 100", NULL },
	{ "host: what it sends", host_sends, STATE_WARN, "iif lo", NULL },
	{ "host: another source", host_other_source, STATE_PASS, NULL, NULL },
	{ "host: our source", host_our_source, STATE_WARN, "from 10.90.17.1/32 lookup", NULL },
	{ "host: another destination", host_other_target, STATE_PASS, NULL, NULL },
	{ "host: our destination", host_our_target, STATE_WARN, "from all to 10.90.17.0/24", NULL },
	{ "host: our endpoint", host_our_endpoint, STATE_WARN, "to 192.0.2.20/32", NULL },
	{ "host: all but another source", host_all_but_another, STATE_WARN, "not from 198", NULL },
	{ "host: our table", host_our_table, STATE_WARN, "from 198.51.100.0/24 lookup 100", NULL },
	{ "roams, and each ping is answered", roams, STATE_WARN,
	  "near address 192.0.2.10/24 of wgw7f3a0 is gone; and 1 more", NULL },
	{ "roams, and who is there answers no pings", roams_without_echo, STATE_WARN,
	  "near address 192.0.2.10/24 of wgw7f3a0 is gone; and 1 more", NULL },
	{ "roams, by another gateway", roams_to_another_net, STATE_WARN, "is gone; and 3 more",
	  NULL },
	{ "roams, and pings are lost", roams_badly, STATE_FAIL, "192.0.2.10/24 of wgw7f3a0 is gone",
	  NULL },
	{ "roams, and nothing answers", roams_silently, STATE_FAIL,
	  "192.0.2.10/24 of wgw7f3a0 is gone", NULL },
	{ "the tun's address moves", tun_addr_moves, STATE_FAIL, "192.0.2.10/24 of wgd7f3a0 is gone",
	  NULL },
	{ "roams, and the link is down", roams_and_link_down, STATE_FAIL,
	  "near wgw7f3a0 was up at the start, is down at the end; and 2 more", NULL },
	{ "the underlay of our own changes", moved_in_our_lab, STATE_FAIL,
	  "192.0.2.10/24 of wgw7f3a0 is gone", NULL },
	{ "gap", gap, STATE_SKIP, "dump routes: Operation not permitted", NULL },
	{ "gap: no engine", not_started, STATE_SKIP, "the engine did not start", "engine.start" },
	{ "an engine that died took its tun along", engine_died, STATE_FAIL, "is gone",
	  "engine.answers" },
};

static void states(void **state)
{
	(void)state;
	check_cases_run("host.state", cases, ARRAY_LEN(cases));
}

/* It is the root of what failed for it. */
static void pings_down(struct facts *f)
{
	far_down(f);
	f->ping_peer.received = 4;
}

static void explains(void **state)
{
	static const struct check_case c[] = {
		{ "lost", pings_down, STATE_FAIL, "4/10", "host.state" },
	};

	(void)state;
	check_cases_run("ping.peer", c, ARRAY_LEN(c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states),
		cmocka_unit_test(explains),
	};

	return cmocka_run_group_tests_name("host.state", tests, NULL, NULL);
}
