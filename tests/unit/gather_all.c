/*
 * What a platform tells, as facts: a made-up platform with every number different.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "gather/gather.h"

/* --- a platform that has what the test wants ------------------------------------- */

static int fake_links(struct arena *a, struct sys_link **out, size_t *n, struct err *e)
{
	struct sys_link *l = arena_alloc(a, 4 * sizeof(*l));
	uint64_t *v = (uint64_t *)&l[1].stats;
	size_t i;

	(void)e;
	l[0] = (struct sys_link){
		.ifindex = 1, .mtu = 65536, .name = "lo", .up = true, .loopback = true
	};
	l[1] = (struct sys_link){
		.ifindex = 7, .mtu = 1420, .name = "wg0", .kind = "tun", .up = true
	};
	l[2] = (struct sys_link){ .ifindex = 9, .mtu = 1420, .name = "wg1", .kind = "wireguard" };
	l[3] = (struct sys_link){ .ifindex = 10, .mtu = 1500, .name = "tap0", .kind = "tun" };
	for (i = 0; i < sizeof(l->stats) / sizeof(*v); i++)
		v[i] = 1000 + i;
	l[1].stats.rx_nohandler = UINT64_MAX; /* a system without that counter */
	*out = l;
	*n = 4;
	return 0;
}

static int links_fail(struct arena *a, struct sys_link **out, size_t *n, struct err *e)
{
	(void)a;
	(void)out;
	(void)n;
	return err_code(e, EPERM, "read links");
}

static struct ip_addr addr(const char *s)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(s, &a));
	return a;
}

static int fake_addrs(struct arena *a, struct sys_addr **out, size_t *n, struct err *e)
{
	struct sys_addr *s = arena_alloc(a, 2 * sizeof(*s));

	(void)e;
	s[0] = (struct sys_addr){ .ifindex = 7,
				  .addr = { .addr = addr("10.0.0.1"), .len = 24 },
				  .peer = addr("10.0.0.2") };
	s[1] = (struct sys_addr){ .ifindex = 77, .addr = { .addr = addr("fd00::1"), .len = 64 } };
	*out = s;
	*n = 2;
	return 0;
}

static int addrs_fail(struct arena *a, struct sys_addr **out, size_t *n, struct err *e)
{
	(void)a;
	(void)out;
	(void)n;
	return err_code(e, EACCES, "read addresses");
}

static int fake_routes(struct arena *a, struct sys_route **out, size_t *n, struct err *e)
{
	struct sys_route *r = arena_alloc(a, 2 * sizeof(*r));

	(void)e;
	r[0] = (struct sys_route){ .dst = { .addr = addr("10.1.0.0"), .len = 16 },
				   .gateway = addr("10.0.0.2"),
				   .prefsrc = addr("10.0.0.1"),
				   .oif = 9,
				   .table = 254,
				   .metric = 50,
				   .type = 1 };
	r[1] = (struct sys_route){ .dst = { .addr = addr("10.2.0.0"), .len = 16 },
				   .table = 51820,
				   .type = 6 };
	*out = r;
	*n = 2;
	return 0;
}

static const struct platform_ops fake = { .name = "fake",
					  .links = fake_links,
					  .addrs = fake_addrs,
					  .routes = fake_routes };
static const struct platform_ops broken = { .name = "broken",
					    .links = links_fail,
					    .addrs = fake_addrs,
					    .routes = fake_routes };
static const struct platform_ops half = { .name = "half",
					  .links = fake_links,
					  .addrs = addrs_fail };

/* ----------------------------------------------------------------------------------- */

static int setup(void **state)
{
	static struct arena a;

	arena_init(&a);
	*state = &a;
	return 0;
}

static int teardown(void **state)
{
	arena_done(*state);
	return 0;
}

static struct link_facts unknown_link(void)
{
	struct facts *f = test_malloc(sizeof(*f));
	struct link_facts l;

	facts_init(f);
	l = f->tun[END_NEAR];
	test_free(f);
	return l;
}

/* Every counter has the place of its own name: their order in the structure is that of the enum. */
static void test_link(void **state)
{
	struct link_facts l = unknown_link();
	struct err e = { 0 };
	unsigned c;

	assert_int_equal(gather_link(&fake, "wg0", false, *state, &l, &e), 0);
	assert_string_equal(l.name, "wg0");
	assert_string_equal(l.kind, "tun");
	assert_true(l.start.known && l.start.up && !l.start.gone && !l.end.known);
	assert_int_equal(l.start.ifindex, 7);
	assert_int_equal(l.start.mtu, 1420);
	assert_int_equal(l.before[LINK_RX_PACKETS], 1000);
	assert_int_equal(l.before[LINK_RX_DROPPED], 1003);
	assert_int_equal(l.before[LINK_RX_FRAME], 1007);
	assert_int_equal(l.before[LINK_TX_PACKETS], 1011);
	assert_int_equal(l.before[LINK_TX_WINDOW], 1019);
	for (c = 0; c < LINK_COUNTER_COUNT; c++) {
		assert_int_equal(l.before[c], c == LINK_RX_NOHANDLER ? UNKNOWN : 1000 + (int64_t)c);
		assert_int_equal(l.after[c], UNKNOWN);
	}
}

static void test_link_after(void **state)
{
	struct link_facts l = unknown_link();
	struct err e = { 0 };

	assert_int_equal(gather_link(&fake, "wg0", false, *state, &l, &e), 0);
	l.before[LINK_RX_ERRORS] = 2;
	assert_int_equal(gather_link(&fake, "wg0", true, *state, &l, &e), 0);
	assert_int_equal(l.before[LINK_RX_ERRORS], 2);
	assert_int_equal(link_difference(&l, LINK_RX_ERRORS), 1000);
	assert_int_equal(link_difference(&l, LINK_RX_NOHANDLER), UNKNOWN);
	assert_int_equal(link_difference(&l, LINK_TX_ERRORS), 0);

	assert_true(l.start.known && l.end.known && l.end.up && l.end.mtu == 1420);
	l.start.ifindex = 6; /* it was another link of that name when `before` was read */
	assert_int_equal(gather_link(&fake, "wg0", true, *state, &l, &e), 0);
	assert_int_equal(l.start.ifindex, 6);
	assert_int_equal(l.end.ifindex, 7);
	assert_int_equal(link_difference(&l, LINK_RX_ERRORS), UNKNOWN);
	/* That there is none any more is an error and a fact. */
	assert_int_equal(gather_link(&fake, "wg9", true, *state, &l, &e), -ENODEV);
	assert_true(l.end.known && l.end.gone && l.start.known);
}

static void test_failures(void **state)
{
	struct link_facts l = { .start.mtu = 1 };
	struct addr_facts *addrs = NULL;
	struct route_facts *routes = NULL;
	struct policy_facts *rules = NULL;
	const char **names = NULL;
	struct err e = { 0 };
	size_t n = 99;

	/* A platform that has none. */
	assert_int_equal(gather_rules(&fake, *state, &rules, &n, &e), -EOPNOTSUPP);
	assert_null(rules);
	assert_int_equal(gather_link(&fake, "wg9", false, *state, &l, &e), -ENODEV);
	assert_string_equal(e.text, "read the counters of wg9: No such device");
	assert_int_equal(gather_link(&broken, "wg0", false, *state, &l, &e), -EPERM);
	assert_int_equal(gather_addrs(&broken, *state, &addrs, &n, &e), -EPERM);
	assert_int_equal(gather_addrs(&half, *state, &addrs, &n, &e), -EACCES);
	assert_int_equal(gather_routes(&broken, *state, &routes, &n, &e), -EPERM);
	assert_int_equal(gather_wireguard_names(&broken, *state, &names, &n, &e), -EPERM);
	assert_true(l.start.mtu == 1 && !l.start.known && !l.name && !addrs && !routes && !names &&
		    n == 99);
}

static void test_addrs(void **state)
{
	struct addr_facts *f;
	struct err e = { 0 };
	char s[CIDR_STR_SIZE];
	size_t n;

	assert_int_equal(gather_addrs(&fake, *state, &f, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_string_equal(f[0].link, "wg0");
	assert_string_equal(cidr_str(&f[0].addr, s), "10.0.0.1/24");
	assert_int_equal(f[0].peer.family, FAMILY_IP4);
	assert_string_equal(f[1].link, "if77"); /* gone in between */
	assert_int_equal(f[1].peer.family, FAMILY_NONE);
}

static void test_routes(void **state)
{
	struct route_facts *f;
	struct err e = { 0 };
	char s[CIDR_STR_SIZE], ip[IP_ADDR_STR_SIZE];
	size_t n;

	assert_int_equal(gather_routes(&fake, *state, &f, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_string_equal(cidr_str(&f[0].dst, s), "10.1.0.0/16");
	assert_string_equal(ip_addr_str(&f[0].gateway, ip), "10.0.0.2");
	assert_string_equal(ip_addr_str(&f[0].prefsrc, ip), "10.0.0.1");
	assert_string_equal(f[0].dev, "wg1");
	assert_int_equal(f[0].table, 254);
	assert_int_equal(f[0].metric, 50);
	assert_int_equal(f[0].type, 1);
	assert_null(f[1].dev); /* a blackhole leads into no link */
	assert_int_equal(f[1].table, 51820);
	assert_int_equal(f[1].type, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_link_after, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_addrs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_routes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
