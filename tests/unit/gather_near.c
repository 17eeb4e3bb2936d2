/*
 * Ways, neighbours, framing and firewall rules as this machine's kernel tells them, in a
 * namespace where we know them. Names and addresses are drawn from a printed seed.
 *
 * needs: root
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gather/gather.h"
#include "lab/draw.h"
#include "unit/own_netns.h"

enum { EXIT_NO_PROGRAM = 127 };

struct world {
	const struct platform_ops *p;
	struct arena a;
	struct sys_tun tun;
	struct ip_addr net4[2], net6[2]; /* ours and a neighbour's, on the tun */
	struct ip_addr beyond; /* through the neighbour */
	char name[SYS_IFNAME_SIZE];
	bool ip6;
};

static uint64_t seed;

static void must(int rc, const struct err *e)
{
	if (rc)
		fail_msg("%s (%d)", e->text, rc);
}

static const char *text(struct world *w, const struct ip_addr *a, int len)
{
	char s[IP_ADDR_STR_SIZE];

	return arena_printf(&w->a, "%s/%d", ip_addr_str(a, s), len);
}

static bool has_ip6(struct world *w)
{
	struct sys_addr *addrs;
	struct err e;
	bool found = false;
	size_t n, i;

	must(w->p->addrs(&w->a, &addrs, &n, &e), &e);
	for (i = 0; i < n; i++)
		found |= addrs[i].addr.addr.family == FAMILY_IP6;
	return found;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct ip_addr far[2];
	struct cidr beyond;
	struct draw d;
	struct err e;

	assert_non_null(w);
	arena_init(&w->a);
	w->p = platform_get();
	draw_init(&d, seed++);
	draw_outer4(&d, w->net4);
	draw_inner4(&d, far);
	draw_inner6(&d, w->net6);
	w->beyond = far[0];
	snprintf(w->name, sizeof(w->name), "t%05u", (unsigned)draw_below(&d, 100000));
	must(w->p->tun_open_as(w->name, false, &w->tun, &e), &e);
	w->ip6 = has_ip6(w);
	assert_int_equal(own_addr(w->name, text(w, &w->net4[0], 24)), 0);
	if (w->ip6)
		assert_int_equal(own_addr(w->name, text(w, &w->net6[0], 64)), 0);
	beyond = (struct cidr){ w->beyond, 32 };
	must(w->p->route_add(&beyond, w->name, &w->net4[1], &e), &e);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	close(w->tun.fd);
	arena_done(&w->a);
	free(w);
	return 0;
}

static struct path_facts path(struct world *w, const struct ip_addr *to, uint32_t mark)
{
	struct path_facts f;
	struct err e;

	must(gather_path(w->p, PATH_INNER, to, mark, &w->a, &f, &e), &e);
	assert_true(ip_addr_equal(&f.to, to));
	return f;
}

static struct ip_addr addr(const char *s)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(s, &a));
	return a;
}

static void ways(void **state)
{
	struct world *w = *state;
	struct path_facts f = path(w, &w->net4[1], 0);

	assert_string_equal(f.dev, w->name);
	assert_int_equal(f.gateway.family, FAMILY_NONE);
	assert_true(ip_addr_equal(&f.prefsrc, &w->net4[0]));
	assert_int_equal(f.table, 254);
	assert_null(f.error);
	f = path(w, &w->beyond, 0);
	assert_string_equal(f.dev, w->name);
	assert_true(ip_addr_equal(&f.gateway, &w->net4[1]));
	f = path(w, &w->net4[0], 0);
	assert_string_equal(f.dev, "lo");
	if (!w->ip6)
		return;
	f = path(w, &w->net6[1], 0);
	assert_string_equal(f.dev, w->name);
	assert_true(ip_addr_equal(&f.prefsrc, &w->net6[0]));
}

static void no_way(void **state)
{
	struct world *w = *state;
	struct ip_addr four = addr("198.19.1.1"), six = addr("2001:db8:77::1");
	struct path_facts f;

	f = path(w, &four, 0);
	assert_null(f.dev);
	assert_string_equal(f.error, "Network is unreachable");
	if (!w->ip6)
		return;
	f = path(w, &six, 0);
	assert_null(f.dev);
	assert_non_null(f.error);
}

static int run(const char *command)
{
	int status = system(command); /* a test's own words, and a seed's */

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void mark_leads_elsewhere(void **state)
{
	struct world *w = *state;
	uint32_t mark = 0x10000 + (uint32_t)(seed % 9999);
	char s[IP_ADDR_STR_SIZE];
	struct path_facts f;

	ip_addr_str(&w->net4[1], s);
	if (run(arena_printf(&w->a,
			     "ip route add unreachable %s table 7777 && "
			     "ip rule add fwmark %u lookup 7777 pref 77",
			     s, mark)))
		skip();
	f = path(w, &w->net4[1], mark);
	assert_null(f.dev);
	assert_string_equal(f.error, "No route to host");
	assert_int_equal(f.mark, mark);
	assert_string_equal(path(w, &w->net4[1], mark + 1).dev, w->name);
	assert_int_equal(run("ip rule del pref 77 && ip route flush table 7777"), 0);
}

static void gateway(void **state)
{
	struct world *w = *state;
	struct path_facts f = path(w, &w->beyond, 0);
	struct gateway_facts g = { 0 };
	struct err e;
	int a_ns, home;

	must(gather_gateway(w->p, &f, &w->a, &g, &e), &e);
	assert_true(ip_addr_equal(&g.addr, &w->net4[1]));
	assert_string_equal(g.dev, w->name);
	assert_null(g.neigh_state); /* nobody has sent */
	f = path(w, &w->net4[1], 0);
	must(gather_gateway(w->p, &f, &w->a, &g, &e), &e);
	assert_int_equal(g.addr.family, FAMILY_NONE);
	/* On a link with addresses of its own there are neighbours. */
	must(w->p->netns_get(&home, &e), &e);
	must(w->p->netns_new(&a_ns, &e), &e);
	must(w->p->veth_add(home, "gwa", a_ns, "gwb", &e), &e);
	assert_int_equal(own_addr("gwa", "198.18.7.1/24"), 0);
	if (run("ip neigh add 198.18.7.9 dev gwa lladdr 02:00:00:00:00:09 nud permanent && "
		"ip route add 198.18.99.0/24 via 198.18.7.9 dev gwa")) {
		close(a_ns);
		close(home);
		skip();
	}
	f = (struct path_facts){ .dev = "gwa", .gateway = addr("198.18.7.9") };
	must(gather_gateway(w->p, &f, &w->a, &g, &e), &e);
	assert_string_equal(g.neigh_state, "PERMANENT");
	/* On the link itself the endpoint has to answer. */
	f = (struct path_facts){ .dev = "gwa", .to = addr("198.18.7.9") };
	must(gather_gateway(w->p, &f, &w->a, &g, &e), &e);
	assert_int_equal(g.addr.family, FAMILY_NONE);
	assert_null(g.neigh_state);
	if (!run("ip neigh add 198.18.7.8 dev gwa nud failed")) {
		f.to = addr("198.18.7.8");
		must(gather_gateway(w->p, &f, &w->a, &g, &e), &e);
		assert_true(g.is_endpoint && ip_addr_equal(&g.addr, &f.to));
		assert_string_equal(g.neigh_state, "FAILED");
	}
	f = (struct path_facts){ .dev = "gwa", .gateway = addr("198.18.7.9") };
	f.dev = "no-such-link";
	assert_int_equal(gather_gateway(w->p, &f, &w->a, &g, &e), -ENODEV);
	close(a_ns); /* and with it the pair */
	close(home);
}

static void framing_of_a_tun(void **state)
{
	struct world *w = *state;
	struct link_facts l = { 0 };
	struct sys_tun pi;
	struct err e;

	must(w->p->tun_open_as("withpi", true, &pi, &e), &e);
	must(gather_link(w->p, w->name, false, &w->a, &l, &e), &e);
	assert_int_equal(l.tun_pi, 0);
	assert_int_equal(l.running, 1);
	must(gather_link(w->p, "withpi", false, &w->a, &l, &e), &e);
	assert_int_equal(l.tun_pi, 1);
	must(gather_link(w->p, "lo", false, &w->a, &l, &e), &e);
	assert_int_equal(l.tun_pi, UNKNOWN);
	close(pi.fd);
}

static void sends(const struct ip_addr *to, uint16_t port, unsigned n)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port) };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t rc;

	memcpy(&sa.sin_addr, to->b, 4);
	while (n--) {
		rc = sendto(s, "x", 1, 0, (struct sockaddr *)&sa, sizeof(sa));
		assert_true(rc == 1 || errno == EPERM); /* the rule says no */
	}
	close(s);
}

/* What our rule drops is counted between two readings. */
static void firewall_counts(void **state)
{
	struct world *w = *state;
	uint16_t port = (uint16_t)(1024 + seed % 40000);
	unsigned n = 3 + (unsigned)(seed % 9);
	struct firewall_facts f = { 0 };
	struct err e = { 0 };
	char s[IP_ADDR_STR_SIZE];
	int rc;

	must(gather_firewall(w->p, false, &w->a, &f, &e), &e);
	assert_int_equal(f.n_rules, 0);
	assert_int_equal(f.n_all_rules, 0);
	ip_addr_str(&w->net4[1], s);
	rc = run(arena_printf(&w->a,
			      "nft 'add table inet x%s; add chain inet x%s o "
			      "{ type filter hook output priority 3; }; "
			      "add rule inet x%s o meta mark 4 accept; "
			      "add rule inet x%s o oifname %s ip daddr %s udp dport { %u, %u } "
			      "counter drop'",
			      w->name, w->name, w->name, w->name, w->name, s, port, port + 2u));
	if (rc == EXIT_NO_PROGRAM)
		skip();
	assert_int_equal(rc, 0);
	sends(&w->net4[1], port, 2);
	must(gather_firewall(w->p, false, &w->a, &f, &e), &e);
	assert_int_equal(f.n_all_rules, 2);
	assert_int_equal(f.n_rules, 2); /* one for each port */
	assert_int_equal(f.rules[0].before, 2);
	sends(&w->net4[1], port, n);
	sends(&w->net4[1], (uint16_t)(port + 1), 7);
	must(gather_firewall(w->p, true, &w->a, &f, &e), &e);
	assert_int_equal(f.n_rules, 2);
	assert_int_equal(f.rules[0].before, 2);
	assert_int_equal(f.rules[0].after, 2 + n);
	assert_string_equal(f.rules[0].hook, "output");
	assert_non_null(strstr(f.rules[0].says, "counter drop"));
	assert_null(strstr(f.rules[0].says, "handle"));
	assert_int_equal(run(arena_printf(&w->a, "nft delete table inet x%s", w->name)), 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(ways),    TEST(no_way),	       TEST(mark_leads_elsewhere),
		TEST(gateway), TEST(framing_of_a_tun), TEST(firewall_counts),
	};
	int rc = own_netns_enter();

	seed = own_seed();
	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
