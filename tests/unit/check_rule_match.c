/* Can a rule hit a packet: a table of terms, hooks and families; and which packets there are. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "check/rule_match.h"
#include "lib/made_facts.h"

/* TCP from us to 10.0.0.2 port 443 by wg0, and what comes back. */
static struct packet packet(enum tap_dir dir)
{
	struct ip_addr us = made_addr("10.0.0.1"), them = made_addr("10.0.0.2");

	return (struct packet){
		.dir = dir,
		.dev = "wg0",
		.src = dir == TAP_OUT ? us : them,
		.dst = dir == TAP_OUT ? them : us,
		.proto = PROTO_TCP,
		.sport = dir == TAP_OUT ? UNKNOWN : 443,
		.dport = dir == TAP_OUT ? 443 : UNKNOWN,
		.mark = UNKNOWN,
	};
}

struct term_case {
	enum rule_match match;
	const char *text; /* a name, or a net; NULL: numbers */
	int64_t lo, hi;
	bool negated;
	enum hit out, in;
	bool narrow_out;
};

static const struct term_case terms[] = {
	{ RULE_OIF, "wg0", 0, 0, false, HIT_YES, HIT_NO, true },
	{ RULE_IIF, "wg0", 0, 0, false, HIT_NO, HIT_YES, false },
	{ RULE_OIF, "wg*", 0, 0, false, HIT_YES, HIT_NO, true },
	{ RULE_OIF, "wg", 0, 0, false, HIT_NO, HIT_NO, false },
	{ RULE_OIF, "wg00", 0, 0, false, HIT_NO, HIT_NO, false },
	{ RULE_OIF, "eth0", 0, 0, true, HIT_YES, HIT_MAYBE, false },
	{ RULE_OIF, "wg0", 0, 0, true, HIT_NO, HIT_MAYBE, false },
	{ RULE_DADDR, "10.0.0.2/32", 0, 0, false, HIT_YES, HIT_NO, true },
	{ RULE_DADDR, "10.0.0.0/24", 0, 0, false, HIT_YES, HIT_YES, true },
	{ RULE_DADDR, "10.0.0.0/8", 0, 0, false, HIT_YES, HIT_YES, false },
	{ RULE_DADDR, "0.0.0.0/0", 0, 0, false, HIT_YES, HIT_YES, false },
	{ RULE_DADDR, "10.0.0.2/32", 0, 0, true, HIT_NO, HIT_YES, false },
	{ RULE_SADDR, "10.0.0.1/32", 0, 0, false, HIT_YES, HIT_NO, true },
	{ RULE_SADDR, "2001:db8::/32", 0, 0, false, HIT_NO, HIT_NO, false },
	{ RULE_SADDR, "2001:db8::/32", 0, 0, true, HIT_NO, HIT_NO, false },
	{ RULE_L4PROTO, NULL, 6, 6, false, HIT_YES, HIT_YES, false },
	{ RULE_L4PROTO, NULL, 17, 17, false, HIT_NO, HIT_NO, false },
	{ RULE_L4PROTO, NULL, 17, 17, true, HIT_YES, HIT_YES, false },
	{ RULE_DPORT, NULL, 443, 443, false, HIT_YES, HIT_MAYBE, true },
	{ RULE_DPORT, NULL, 400, 500, false, HIT_YES, HIT_MAYBE, false },
	{ RULE_DPORT, NULL, 444, 500, false, HIT_NO, HIT_MAYBE, false },
	{ RULE_DPORT, NULL, 443, 443, true, HIT_NO, HIT_MAYBE, false },
	{ RULE_SPORT, NULL, 443, 443, false, HIT_MAYBE, HIT_YES, false },
	{ RULE_FAMILY, NULL, 4, 4, false, HIT_YES, HIT_YES, false },
	{ RULE_FAMILY, NULL, 6, 6, false, HIT_NO, HIT_NO, false },
	{ RULE_OTHER, "ct state invalid", 0, 0, false, HIT_MAYBE, HIT_MAYBE, false },
	{ RULE_LOCAL, NULL, 0, 0, false, HIT_YES, HIT_NO, false },
	{ RULE_LOCAL, NULL, 0, 0, true, HIT_NO, HIT_YES, false },
	{ RULE_TO_LOCAL, NULL, 0, 0, false, HIT_NO, HIT_YES, false },
	{ RULE_TO_LOCAL, NULL, 0, 0, true, HIT_YES, HIT_NO, false },
	{ RULE_MARK, NULL, 51820, 51820, true, HIT_MAYBE, HIT_MAYBE, false },
	{ RULE_CT_STATE, "established", 0, 0, false, HIT_MAYBE, HIT_MAYBE, false },
	{ RULE_CT_STATE, "untracked", 1, 1, false, HIT_MAYBE, HIT_MAYBE, false },
	{ RULE_KNOWN_FLOW, NULL, 0, 0, false, HIT_MAYBE, HIT_MAYBE, false },
	{ RULE_KNOWN_FLOW, NULL, 0, 0, true, HIT_MAYBE, HIT_MAYBE, false },
	{ RULE_SHARE, "limit", 0, 0, false, HIT_YES, HIT_YES, false },
	{ RULE_ICMP_TYPE, NULL, 8, 8, false, HIT_NO, HIT_NO, false },
	{ RULE_OTHER, "ct state invalid", 0, 0, true, HIT_MAYBE, HIT_MAYBE, false },
};

static enum hit hit(struct rule_facts r, const struct packet *p)
{
	r.hook = p->dir == TAP_OUT ? "output" : "input";
	return rule_match(&r, p);
}

static struct rule_facts rule_of(const struct term_case *c, struct rule_term *t)
{
	*t = (struct rule_term){ .match = c->match, .negated = c->negated, .text = c->text };
	t->lo = c->lo;
	t->hi = c->hi;
	if (c->match == RULE_SADDR || c->match == RULE_DADDR)
		t->net = made_net(c->text);
	return (struct rule_facts){ .family = "inet", .terms = t, .n_terms = 1 };
}

static void each_term(void **state)
{
	const struct packet out = packet(TAP_OUT), in = packet(TAP_IN);
	struct rule_term t;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(terms); i++) {
		const struct rule_facts r = rule_of(&terms[i], &t);

		if (hit(r, &out) != terms[i].out || hit(r, &in) != terms[i].in ||
		    rule_match_is_narrow(&r, &out) != terms[i].narrow_out)
			print_message("# row %zu\n", i);
		assert_int_equal(hit(r, &out), terms[i].out);
		assert_int_equal(hit(r, &in), terms[i].in);
		assert_int_equal(rule_match_is_narrow(&r, &out), terms[i].narrow_out);
	}
}

static void ports_only_where_there_are_some(void **state)
{
	const struct term_case c = { .match = RULE_DPORT, .lo = 0, .hi = 65535 };
	struct packet p = packet(TAP_OUT);
	struct rule_term t;
	struct rule_facts r = rule_of(&c, &t);

	(void)state;
	assert_int_equal(hit(r, &p), HIT_YES);
	p.proto = PROTO_ICMP;
	p.dport = UNKNOWN;
	assert_int_equal(hit(r, &p), HIT_NO);
	t.negated = true;
	assert_int_equal(hit(r, &p), HIT_NO);
	p.proto = UNKNOWN;
	assert_int_equal(hit(r, &p), HIT_MAYBE);
}

/* Whatever the port is, it is one of these. */
static void all_ports(void **state)
{
	struct term_case c = { .match = RULE_DPORT, .lo = 1, .hi = 65535 };
	struct packet p = packet(TAP_OUT);
	struct rule_term t;
	struct rule_facts r = rule_of(&c, &t);

	(void)state;
	p.dport = UNKNOWN;
	assert_int_equal(hit(r, &p), HIT_YES);
	assert_false(rule_match_is_narrow(&r, &p));
	t.negated = true;
	assert_int_equal(hit(r, &p), HIT_MAYBE);
	t = (struct rule_term){ .match = RULE_DPORT, .lo = 2, .hi = 65535 };
	assert_int_equal(hit(r, &p), HIT_MAYBE);
}

/* Of a packet that goes out, and nothing more is known of it. */
static enum hit of_unknown(const struct rule_term *t)
{
	bool goes_out = t->match == RULE_LOCAL || t->match == RULE_TO_LOCAL;

	if (t->match == RULE_SHARE)
		return HIT_YES;
	if (t->match == RULE_IIF && !t->negated)
		return HIT_NO;
	return !goes_out ? HIT_MAYBE : (t->match == RULE_LOCAL) != t->negated ? HIT_YES : HIT_NO;
}

static void unknown_is_maybe(void **state)
{
	struct packet p = { .dir = TAP_OUT,
			    .proto = UNKNOWN,
			    .sport = UNKNOWN,
			    .dport = UNKNOWN,
			    .icmp = UNKNOWN,
			    .mark = UNKNOWN };
	struct rule_term t;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(terms); i++) {
		const struct rule_facts r = rule_of(&terms[i], &t);

		assert_int_equal(hit(r, &p), of_unknown(&t));
		assert_false(rule_match_is_narrow(&r, &p));
	}
}

static void all_terms_must_match(void **state)
{
	struct rule_term t[3] = {
		{ .match = RULE_OIF, .text = "wg0" },
		{ .match = RULE_L4PROTO, .lo = 6, .hi = 6 },
		{ .match = RULE_OTHER, .text = "meta mark 1" },
	};
	struct rule_facts r = { .family = "ip", .hook = "output", .terms = t };
	const struct packet p = packet(TAP_OUT);

	(void)state;
	for (r.n_terms = 0; r.n_terms < 3; r.n_terms++)
		assert_int_equal(rule_match(&r, &p), HIT_YES);
	assert_int_equal(rule_match(&r, &p), HIT_MAYBE);
	t[1].lo = t[1].hi = 17;
	assert_int_equal(rule_match(&r, &p), HIT_NO);
}

struct chain_case {
	const char *family, *hook;
	enum hit out, in;
};

static const struct chain_case chains[] = {
	{ "inet", "output", HIT_YES, HIT_NO },	    { "inet", "postrouting", HIT_YES, HIT_NO },
	{ "inet", "input", HIT_NO, HIT_YES },	    { "inet", "prerouting", HIT_NO, HIT_YES },
	{ "inet", "ingress", HIT_NO, HIT_YES },	    { "inet", "forward", HIT_NO, HIT_NO },
	{ "inet", NULL, HIT_MAYBE, HIT_MAYBE },	    { "inet", "new-hook", HIT_MAYBE, HIT_MAYBE },
	{ "ip", "output", HIT_YES, HIT_NO },	    { "ip6", "output", HIT_NO, HIT_NO },
	{ "netdev", "ingress", HIT_NO, HIT_MAYBE }, { "netdev", "egress", HIT_MAYBE, HIT_NO },
	{ "arp", "input", HIT_NO, HIT_NO },	    { "bridge", "input", HIT_NO, HIT_NO },
};

static void hooks_and_families(void **state)
{
	const struct packet out = packet(TAP_OUT), in = packet(TAP_IN);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(chains); i++) {
		const struct rule_facts r = { .family = chains[i].family, .hook = chains[i].hook };

		assert_int_equal(rule_match(&r, &out), chains[i].out);
		assert_int_equal(rule_match(&r, &in), chains[i].in);
	}
}

static bool has(const struct packet *p, size_t n, const char *name, const char *dst, int64_t proto)
{
	struct ip_addr a = made_addr(dst);
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(p[i].name, name) == 0 && ip_addr_equal(&p[i].dst, &a) &&
		    p[i].proto == proto)
			return true;
	return false;
}

static void packets_of_a_tunnel(void **state)
{
	struct packet *p;
	struct facts f;
	struct arena a;
	size_t n;

	(void)state;
	arena_init(&a);
	made_healthy(&f);
	n = rule_packets(&f, &a, &p);
	/* outer, and two families of ICMP, TCP, UDP; both directions */
	assert_int_equal(n, 2 + 2 * 2 * 4);
	assert_true(has(p, n, "outer out", "192.0.2.20", PROTO_UDP));
	assert_true(has(p, n, "outer in", "192.0.2.10", PROTO_UDP));
	assert_true(has(p, n, "inner out", "10.90.17.2", PROTO_ICMP));
	assert_true(has(p, n, "inner in", "10.90.17.1", PROTO_TCP));
	assert_true(has(p, n, "inner out", "fd5a:17::2", PROTO_ICMPV6));
	assert_true(has(p, n, "inner in", "fd5a:17::1", PROTO_UDP));
	assert_false(has(p, n, "inner out", "10.90.17.2", PROTO_ICMPV6));
	assert_int_equal(p[0].sport, 12345);
	assert_int_equal(p[0].dport, 23456);
	assert_string_equal(p[0].dev, "wgw7f3a0");
	assert_string_equal(p[2].dev, "wgd7f3a0");
	arena_done(&a);
}

/* Nothing is made up of what a gap covers. */
static void packets_with_gaps(void **state)
{
	struct packet *p;
	struct facts f;
	struct arena a;

	(void)state;
	arena_init(&a);
	made_healthy(&f);
	facts_gap(&f, NEED_PATHS, "no", NULL);
	facts_gap(&f, NEED_CONFIG, "no", NULL);
	assert_int_equal(rule_packets(&f, &a, &p), 2 + 2 * 4);
	assert_int_equal(p[0].src.family, FAMILY_NONE);
	assert_int_equal(p[0].dst.family, FAMILY_NONE);
	assert_int_equal(p[0].sport, UNKNOWN);
	arena_done(&a);
}

/* IPv6 asks for the next host on its link by packets; IPv4, or one that answers, does not. */
static void packets_for_the_next_host(void **state)
{
	struct rule_term t = { .match = RULE_CT_STATE, .text = "established,related" };
	struct rule_facts r = { .family = "ip6", .hook = "output", .terms = &t, .n_terms = 1 };
	struct packet *p;
	struct facts f;
	struct arena a;
	size_t n;

	(void)state;
	arena_init(&a);
	made_healthy(&f);
	n = rule_packets(&f, &a, &p);
	f.gateway = (struct gateway_facts){ .addr = made_addr("2001:db8::12:3456"),
					    .dev = "eth0",
					    .neigh_state = "REACHABLE" };
	assert_int_equal(rule_packets(&f, &a, &p), n);
	f.gateway.neigh_state = "INCOMPLETE";
	assert_int_equal(rule_packets(&f, &a, &p), n + 2);
	assert_true(rule_is_neighbour(&p[2]) && rule_is_neighbour(&p[3]));
	assert_int_equal(p[2].dir, TAP_OUT);
	assert_memory_equal(p[2].dst.b, made_addr("ff02::1:ff12:3456").b, 16);
	assert_int_equal(p[3].dir, TAP_IN);
	assert_string_equal(p[3].dev, "eth0");
	/* Such packets belong to no connection. */
	assert_int_equal(rule_match(&r, &p[2]), HIT_NO);
	t.lo = t.hi = 1;
	assert_int_equal(rule_match(&r, &p[2]), HIT_YES);
	r.n_terms = 0;
	r.family = "ip";
	assert_int_equal(rule_match(&r, &p[2]), HIT_NO);
	f.gateway.addr = made_addr("192.0.2.1");
	assert_int_equal(rule_packets(&f, &a, &p), n);
	arena_done(&a);
}

/* The engine's own messages have its mark, and questions on a link have none. */
static void marks(void **state)
{
	struct rule_term t = { .match = RULE_MARK, .negated = true, .lo = 51820, .hi = 51820 };
	struct rule_facts r = { .family = "inet", .hook = "output", .terms = &t, .n_terms = 1 };
	struct packet *p;
	struct facts f;
	struct arena a;

	(void)state;
	arena_init(&a);
	made_healthy(&f);
	f.gateway = (struct gateway_facts){ .addr = made_addr("fe80::1"),
					    .dev = "eth0",
					    .neigh_state = "FAILED" };
	f.config[END_NEAR].fwmark = 51820;
	rule_packets(&f, &a, &p);
	assert_int_equal(rule_match(&r, &p[0]), HIT_NO);
	assert_int_equal(rule_match(&r, &p[2]), HIT_YES);
	assert_int_equal(rule_match(&r, &p[4]), HIT_MAYBE);
	f.config[END_NEAR].fwmark = 0;
	rule_packets(&f, &a, &p);
	assert_int_equal(rule_match(&r, &p[0]), HIT_YES);
	facts_gap(&f, NEED_CONFIG, "no", NULL);
	rule_packets(&f, &a, &p);
	assert_int_equal(rule_match(&r, &p[0]), HIT_MAYBE);
	arena_done(&a);
}

static void icmp_types(void **state)
{
	struct rule_term t = { .match = RULE_ICMP_TYPE, .lo = 8, .hi = 8 };
	struct rule_facts r = { .family = "inet", .hook = "input", .terms = &t, .n_terms = 1 };
	struct packet p = packet(TAP_IN);

	(void)state;
	p.proto = PROTO_ICMP;
	p.icmp = 8;
	assert_int_equal(rule_match(&r, &p), HIT_YES);
	p.icmp = 0;
	assert_int_equal(rule_match(&r, &p), HIT_NO);
	t.match = RULE_ICMPV6_TYPE;
	assert_int_equal(rule_match(&r, &p), HIT_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_term),
		cmocka_unit_test(ports_only_where_there_are_some),
		cmocka_unit_test(all_ports),
		cmocka_unit_test(unknown_is_maybe),
		cmocka_unit_test(all_terms_must_match),
		cmocka_unit_test(icmp_types),
		cmocka_unit_test(hooks_and_families),
		cmocka_unit_test(packets_of_a_tunnel),
		cmocka_unit_test(packets_with_gaps),
		cmocka_unit_test(packets_for_the_next_host),
		cmocka_unit_test(marks),
	};

	return cmocka_run_group_tests_name("rule match", tests, NULL, NULL);
}
