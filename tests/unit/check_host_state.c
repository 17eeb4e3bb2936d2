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
