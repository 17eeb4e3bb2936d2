/* Which inner addresses are asked, and in which order: interface.md, "Inner targets". */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <stdio.h>
#include <cmocka.h>

#include "lib/made_facts.h"
#include "model/targets.h"

enum { MANY = 8 };

/* What a case says, and room for what it becomes. */
struct scene {
	struct ip_addr given[MANY], dns[MANY];
	struct cidr allowed[MANY];
	struct addr_facts addrs[MANY];
	struct route_facts routes[MANY];
	struct peer_config peer[2];
	struct config_facts config;
	struct net_facts net;
	struct targets_ask ask;
};

static size_t words(const char *s, char out[MANY][64])
{
	size_t n = 0;
	int used;

	while (n < MANY && sscanf(s, " %63s%n", out[n], &used) == 1) {
		s += used;
		n++;
	}
	return n;
}

struct target_case {
	const char *name, *own, *allowed, *given, *dns, *routes, *want;
	bool no_peer;
};

static const struct target_case cases[] = {
	{ "single addresses", "10.0.0.1/24", "10.0.0.2/32 10.0.0.3/32", "", "", "",
	  "10.0.0.2=1 10.0.0.3=1", false },
	{ "given ones first", "10.0.0.1/24", "10.0.0.2/32", "10.9.9.9", "", "",
	  "10.9.9.9=0 10.0.0.2=1", false },
	{ "a name server of the file, if the peer has it", "10.0.0.1/32", "10.0.0.0/24", "",
	  "10.0.0.53 1.1.1.1", "", "10.0.0.53=2 10.0.0.2=5", false },
	{ "a full tunnel: who answers at the hop limit", "10.0.0.1/32", "0.0.0.0/0", "", "", "",
	  "192.0.2.1=3", false },
	{ "the first host of the own network", "10.0.0.7/24", "10.0.0.0/24", "", "", "",
	  "10.0.0.1=5", false },
	{ "which is us: the next", "10.0.0.1/24", "10.0.0.0/24", "", "", "", "10.0.0.2=5", false },
	{ "by IPv6", "fd00::1/64", "fd00::/64", "", "", "", "fd00::2=5", false },
	{ "and the next is us too", "10.0.0.1/24 10.0.0.2/24", "10.0.0.0/24", "", "", "", "",
	  false },
	{ "of a network of the peer's in which we are the first host", "10.0.0.1/32", "10.0.0.0/24",
	  "", "", "", "10.0.0.2=5", false },
	{ "the next is not the peer's", "10.0.0.1/24", "10.0.0.4/30", "", "", "", "", false },
	{ "a network of another", "10.0.0.7/24", "192.168.0.0/16", "", "", "", "", false },
	{ "IPv6, and the family that the tun has first", "fd00::2/64", "10.0.0.2/32 fd00::1/128",
	  "", "", "", "fd00::1=1 10.0.0.2=1", false },
	{ "neither multicast nor loopback", "10.0.0.1/24", "224.0.0.1/32 127.0.0.1/32", "", "", "",
	  "", false },
	{ "host routes, where the engine is silent", "10.0.0.1/24", "", "", "", "10.0.0.9/32",
	  "10.0.0.9=4 10.0.0.2=5", true },
	{ "of two addresses the other one", "10.0.0.2/31", "10.0.0.2/31", "", "", "", "10.0.0.3=5",
	  false },
	{ "whichever that is", "10.0.0.3/31", "10.0.0.2/31", "", "", "", "10.0.0.2=5", false },
	{ "a single address has no other", "10.0.0.1/32", "10.0.0.1/32", "", "", "", "", false },
};

static void scene_of(const struct target_case *c, struct scene *s)
{
	char w[MANY][64];
	size_t i, n;

	memset(s, 0, sizeof(*s));
	n = words(c->own, w);
	for (i = 0; i < n; i++) {
		s->addrs[i].link = "wg0";
		assert_true(cidr_parse(w[i], &s->addrs[i].addr));
	}
	s->net = (struct net_facts){ .known = true, .addrs = s->addrs, .n_addrs = n };
	n = words(c->routes, w);
	for (i = 0; i < n; i++) {
		s->routes[i] = (struct route_facts){ .dev = "wg0", .type = 1 };
		assert_true(cidr_parse(w[i], &s->routes[i].dst));
	}
	s->net.routes = s->routes;
	s->net.n_routes = n;
	n = words(c->allowed, w);
	for (i = 0; i < n; i++)
		assert_true(cidr_parse(w[i], &s->allowed[i]));
	s->peer[0].allowed = s->allowed;
	s->peer[0].n_allowed = n;
	s->config = (struct config_facts){ .peers = s->peer, .n_peers = 1 };
	n = words(c->given, w);
	for (i = 0; i < n; i++)
		assert_true(ip_addr_parse(w[i], &s->given[i]));
	s->ask = (struct targets_ask){
		.given = s->given, .n_given = n, .net = &s->net, .tun = "wg0"
	};
	n = words(c->dns, w);
	for (i = 0; i < n; i++)
		assert_true(ip_addr_parse(w[i], &s->dns[i]));
	s->ask.dns = s->dns;
	s->ask.n_dns = n;
	s->ask.config = c->no_peer ? NULL : &s->config;
	s->ask.peer = c->no_peer ? NULL : &s->peer[0];
}

static void order(void **state)
{
	char got[512], one[IP_ADDR_STR_SIZE];
	struct targets t;
	struct scene s;
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		scene_of(&cases[i], &s);
		targets_of(&s.ask, &t);
		got[0] = '\0';
		for (k = 0; k < t.n; k++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s=%d",
				 k ? " " : "", ip_addr_str(&t.t[k].addr, one), (int)t.t[k].how);
		if (strcmp(got, cases[i].want) != 0)
			print_message("# %s\n", cases[i].name);
		assert_string_equal(got, cases[i].want);
	}
}

/* Of a peer beside the one that is looked at, which owns what is in its longer prefixes. */
static const struct {
	const char *name, *own, *allowed, *probed, *want;
} others[] = {
	{ "single ones", "10.0.0.1/24", "10.0.0.3/32 192.168.7.0/24", "10.0.0.2/32",
	  "10.0.0.3=1 192.168.7.1=5 192.168.7.2=5" },
	{ "the first of its network is ours", "10.8.0.1/16", "10.8.0.0/24", "10.9.0.0/24",
	  "10.8.0.2=5" },
	{ "IPv6 only", "fd00::1/64", "fd00:7::/48", "fd00::2/128", "fd00:7::1=5 fd00:7::2=5" },
	{ "a network within it is another's", "10.0.0.1/24", "10.6.0.0/16", "10.6.0.0/24", "" },
	{ "all that is left", "10.0.0.1/24", "0.0.0.0/0", "10.0.0.2/32", "192.0.2.1=3" },
	{ "half of all", "10.0.0.1/24", "128.0.0.0/1 0.0.0.0/1", "10.0.0.2/32", "192.0.2.1=3" },
	{ "two addresses", "10.0.0.1/24", "10.7.0.4/31", "10.0.0.2/32", "10.7.0.5=5 10.7.0.4=5" },
	{ "nothing that anybody could have", "10.0.0.1/24", "224.0.0.0/4 fe80::/64", "10.0.0.2/32",
	  "" },
	{ "nothing", "10.0.0.1/24", "", "10.0.0.2/32", "" },
};

static void of_another(void **state)
{
	char got[512], one[IP_ADDR_STR_SIZE], w[MANY][64];
	static struct cidr probed[MANY];
	struct targets t;
	struct scene s;
	size_t i, k, n;

	(void)state;
	for (i = 0; i < ARRAY_LEN(others); i++) {
		const struct target_case c = { "", others[i].own, others[i].allowed, "", "", "",
					       "", false };

		scene_of(&c, &s);
		n = words(others[i].probed, w);
		for (k = 0; k < n; k++)
			assert_true(cidr_parse(w[k], &probed[k]));
		s.peer[1].allowed = probed;
		s.peer[1].n_allowed = n;
		s.config.n_peers = 2;
		targets_of_other(&s.ask, &t);
		got[0] = '\0';
		for (k = 0; k < t.n; k++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s=%d",
				 k ? " " : "", ip_addr_str(&t.t[k].addr, one), (int)t.t[k].how);
		if (strcmp(got, others[i].want) != 0)
			print_message("# %s\n", others[i].name);
		assert_string_equal(got, others[i].want);
	}
}

/* However many there are: no more than there is room for, each once. */
static void many(void **state)
{
	static struct cidr allowed[200];
	struct peer_config peer = { .allowed = allowed, .n_allowed = ARRAY_LEN(allowed) };
	struct config_facts config = { .peers = &peer, .n_peers = 1 };
	struct net_facts net = { .known = true };
	struct targets_ask ask = { .config = &config, .peer = &peer, .net = &net, .tun = "wg0" };
	struct targets t;
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(allowed); i++) {
		allowed[i].addr = made_addr("10.3.0.0");
		allowed[i].addr.b[3] = (uint8_t)(i / 2 + 1);
		allowed[i].len = 32;
	}
	targets_of(&ask, &t);
	assert_int_equal(t.n, TARGETS_MAX);
	for (i = 0; i < t.n; i++)
		for (k = i + 1; k < t.n; k++)
			assert_false(ip_addr_equal(&t.t[i].addr, &t.t[k].addr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(of_another),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests_name("targets", tests, NULL, NULL);
}
