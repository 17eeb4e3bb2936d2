/*
 * Rules as nft prints them, and what is made of them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <errno.h>
#include <string.h>

#include "gather/nft_rules.h"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static struct firewall_facts parse(const char *json, const char *text)
{
	struct firewall_facts f;
	struct err e = { 0 };

	if (nft_rules_parse(json, text, &arena, &f, &e) < 0)
		fail_msg("%s", e.text);
	return f;
}

#define INPUT                                                                            \
	"{\"chain\":{\"family\":\"inet\",\"table\":\"fw\",\"name\":\"in\",\"handle\":1," \
	"\"type\":\"filter\",\"hook\":\"input\",\"prio\":0,\"policy\":\"accept\"}}"
#define LIST(items) "{\"nftables\":[{\"metainfo\":{\"json_schema_version\":1}}," items "]}"
#define RULE(n, expr)                                                                     \
	"{\"rule\":{\"family\":\"inet\",\"table\":\"fw\",\"chain\":\"in\",\"handle\":" #n \
	",\"expr\":[" expr "]}}"
#define MATCH(op, left, right) \
	"{\"match\":{\"op\":\"" op "\",\"left\":" left ",\"right\":" right "}}"
#define FIELD(p, f) "{\"payload\":{\"protocol\":\"" p "\",\"field\":\"" f "\"}}"
#define META(k) "{\"meta\":{\"key\":\"" k "\"}}"
#define COUNTER(n) "{\"counter\":{\"packets\":" #n ",\"bytes\":0}}"
#define DROP "{\"drop\":null}"

/* The only rule of a list that has one, with one chain. */
static struct rule_facts one(const char *expr)
{
	struct firewall_facts f =
		parse(arena_printf(&arena,
				   LIST(INPUT ",{\"rule\":{\"family\":\"inet\",\"table\":\"fw\","
					      "\"chain\":\"in\",\"handle\":7,\"expr\":[%s]}}"),
				   expr),
		      "");

	assert_int_equal(f.n_all_rules, 1);
	assert_int_equal(f.n_rules, 1);
	return f.rules[0];
}

static void text_net(const struct cidr *c, const char *want)
{
	char s[CIDR_STR_SIZE];

	assert_string_equal(cidr_str(c, s), want);
}

static void nothing_is_nothing(void **state)
{
	struct firewall_facts f;
	struct err e = { 0 };

	(void)state;
	f = parse("{\"nftables\":[]}", "");
	assert_int_equal(f.n_rules, 0);
	assert_int_equal(f.n_all_rules, 0);
	assert_int_equal(nft_rules_parse("", "", &arena, &f, &e), -EPROTO);
	assert_int_equal(nft_rules_parse("{\"nftables\":1}", "", &arena, &f, &e), -EPROTO);
	assert_non_null(strstr(e.text, "nftables"));
}

static void only_what_takes_away(void **state)
{
	struct firewall_facts f = parse(
		LIST(INPUT "," RULE(3, MATCH("==", META("iifname"), "\"lo\"") ",{\"accept\":null}") "," RULE(
			4,
			COUNTER(5) ",{\"log\":null}," DROP) "," RULE(5,
								     "{\"jump\":{\"target\":\"x\"}}") "," RULE(6,
													       COUNTER(2) ",{\"reject\":{\"type\":\"tcp reset\"}}")),
		"table inet fw { # handle 1\n"
		"\tchain in { # handle 1\n"
		"\t\taccept # handle 3\n"
		"\t}\n\n\tchain in { # handle 2\n"
		"\t\tcounter log drop # handle 4\n"
		"\t}\n}\n"
		"table ip fw { # handle 2\n\tchain in { # handle 1\n"
		"\t\tcounter reject # handle 6\n\t}\n}\n");

	(void)state;
	assert_int_equal(f.n_all_rules, 4);
	assert_int_equal(f.n_rules, 2);
	assert_string_equal(f.rules[0].family, "inet");
	assert_string_equal(f.rules[0].table, "fw");
	assert_string_equal(f.rules[0].chain, "in");
	assert_string_equal(f.rules[0].hook, "input");
	assert_int_equal(f.rules[0].handle, 4);
	assert_false(f.rules[0].reject);
	assert_int_equal(f.rules[0].before, 5);
	assert_int_equal(f.rules[0].after, UNKNOWN);
	assert_string_equal(f.rules[0].says, "counter log drop");
	assert_true(f.rules[1].reject);
	/* Handle 6 is another rule in another table. */
	assert_non_null(strstr(f.rules[1].says, "tcp reset"));
}

static void policy_that_drops(void **state)
{
	static const char chain[] =
		"{\"chain\":{\"family\":\"ip\",\"table\":\"t\",\"name\":\"out\",\"handle\":1,"
		"\"type\":\"filter\",\"hook\":\"output\",\"prio\":0,\"policy\":\"drop\"}}";
	static const char rule[] =
		"{\"rule\":{\"family\":\"ip\",\"table\":\"t\",\"chain\":\"out\",\"handle\":2,"
		"\"expr\":[{\"accept\":null}]}}";
	struct firewall_facts f = parse(arena_printf(&arena, "{\"nftables\":[%s]}", chain), "");

	(void)state;
	assert_int_equal(f.n_rules, 1);
	assert_int_equal(f.n_all_rules, 0);
	assert_true(f.rules[0].policy);
	assert_string_equal(f.rules[0].hook, "output");
	assert_int_equal(f.rules[0].handle, UNKNOWN);
	assert_int_equal(f.rules[0].before, UNKNOWN);
	assert_int_equal(f.rules[0].n_terms, 0);
	assert_int_equal(f.rules[0].n_pass, 0);
	/* What rules accept does not come to the policy. */
	f = parse(arena_printf(&arena, "{\"nftables\":[%s,%s]}", chain, rule), "");
	assert_int_equal(f.n_rules, 1);
	assert_int_equal(f.rules[0].n_terms, 0);
	assert_int_equal(f.rules[0].pass_from, 0);
	assert_int_equal(f.rules[0].n_pass, 1);
	assert_int_equal(f.n_passes, 1);
	assert_int_equal(f.passes[0].n_terms, 0);
}

/* What may let a packet go before a rule comes to it: an accept; a way elsewhere, not followed. */
static void what_stands_before(void **state)
{
	struct firewall_facts f = parse(
		LIST(INPUT
		     "," RULE(3, MATCH("==", META("iifname"), "\"lo\"") ",{\"accept\":null}") "," RULE(4, DROP) "," RULE(
			     5,
			     "{\"log\":null}") "," RULE(6,
							"{\"jump\":{\"target\":\"x\"}}") "," RULE(7,
												  DROP)),
		"");
	struct firewall_facts later = f;
	struct rule_facts rules[2];

	(void)state;
	assert_int_equal(f.n_rules, 2);
	assert_int_equal(f.n_passes, 2);
	assert_int_equal(f.rules[0].n_pass, 1);
	assert_int_equal(f.rules[1].n_pass, 2);
	assert_int_equal(f.passes[0].n_terms, 1);
	assert_int_equal(f.passes[0].terms[0].match, RULE_IIF);
	assert_int_equal(f.passes[1].n_terms, 1);
	assert_int_equal(f.passes[1].terms[0].match, RULE_OTHER);
	/* One was put before the second meanwhile. */
	memcpy(rules, f.rules, sizeof(rules));
	rules[1].n_pass = 3;
	later.rules = rules;
	nft_rules_after(&f, &later, &arena);
	assert_int_equal(f.rules[0].n_pass, 1);
	assert_int_equal(f.rules[1].n_pass, UNKNOWN);
}

static void fields(void **state)
{
	struct rule_facts r;

	(void)state;
	r = one(MATCH("==", META("iifname"), "\"wg*\"") "," MATCH("!=", META("oif"), "\"eth1\"") "," MATCH(
		"==", FIELD("ip", "saddr"),
		"{\"prefix\":{\"addr\":\"10.4.0.0\",\"len\":14}}") "," MATCH("!=",
									     FIELD("ip", "daddr"),
									     "\"192.0.2.9\"") "," DROP);
	assert_int_equal(r.n_terms, 4);
	assert_int_equal(r.terms[0].match, RULE_IIF);
	assert_string_equal(r.terms[0].text, "wg*");
	assert_false(r.terms[0].negated);
	assert_int_equal(r.terms[1].match, RULE_OIF);
	assert_true(r.terms[1].negated);
	assert_int_equal(r.terms[2].match, RULE_SADDR);
	text_net(&r.terms[2].net, "10.4.0.0/14");
	assert_int_equal(r.terms[3].match, RULE_DADDR);
	text_net(&r.terms[3].net, "192.0.2.9/32");
	assert_true(r.terms[3].negated);
	r = one(MATCH("==", FIELD("ip6", "daddr"), "\"fd00::7\"") "," MATCH(
		"==", META("nfproto"), "\"ipv6\"") "," MATCH("==", META("l4proto"), "58") "," DROP);
	assert_int_equal(r.n_terms, 3);
	text_net(&r.terms[0].net, "fd00::7/128");
	assert_int_equal(r.terms[1].match, RULE_FAMILY);
	assert_int_equal(r.terms[1].lo, FAMILY_IP6);
	assert_int_equal(r.terms[2].match, RULE_L4PROTO);
	assert_int_equal(r.terms[2].hi, 58);
	assert_int_equal(r.before, UNKNOWN);
}

static void ports(void **state)
{
	struct rule_facts r;

	(void)state;
	r = one(MATCH("==", FIELD("udp", "dport"), "{\"range\":[100,200]}") "," DROP);
	assert_int_equal(r.n_terms, 2);
	assert_int_equal(r.terms[0].match, RULE_L4PROTO);
	assert_int_equal(r.terms[0].lo, 17);
	assert_int_equal(r.terms[1].match, RULE_DPORT);
	assert_int_equal(r.terms[1].lo, 100);
	assert_int_equal(r.terms[1].hi, 200);
	r = one(MATCH("!=", FIELD("th", "sport"), "53") "," DROP);
	assert_int_equal(r.n_terms, 1);
	assert_int_equal(r.terms[0].match, RULE_SPORT);
	assert_true(r.terms[0].negated);
	r = one(MATCH("<", FIELD("tcp", "dport"), "1024") "," DROP);
	assert_int_equal(r.terms[1].lo, 0);
	assert_int_equal(r.terms[1].hi, 1023);
	r = one(MATCH(">=", FIELD("tcp", "dport"), "1024") "," DROP);
	assert_int_equal(r.terms[1].lo, 1024);
	assert_int_equal(r.terms[1].hi, 65535);
	r = one(MATCH("==", FIELD("udp", "dport"), "65536") "," DROP);
	assert_int_equal(r.terms[1].match, RULE_OTHER);
}

static void sets_are_several_rules(void **state)
{
	struct firewall_facts f = parse(
		LIST(INPUT "," RULE(
			9,
			MATCH("==", META("iifname"), "{\"set\":[\"a\",\"b\"]}") "," MATCH(
				"==", FIELD("udp", "dport"),
				"{\"set\":[1,{\"range\":[5,6]},"
				"{\"elem\":{\"val\":9,\"comment\":\"x\"}}]}") "," COUNTER(4) "," DROP)),
		"");
	bool seen[2][3] = { { false } };
	struct rule_facts r;
	size_t i;

	(void)state;
	assert_int_equal(f.n_all_rules, 1);
	assert_int_equal(f.n_rules, 6);
	for (i = 0; i < 6; i++) {
		const struct rule_term *t = f.rules[i].terms;

		assert_int_equal(f.rules[i].handle, 9);
		assert_int_equal(f.rules[i].before, 4);
		assert_int_equal(f.rules[i].n_terms, 3);
		seen[t[1].text[0] == 'b'][t[2].lo == 1 ? 0 : t[2].lo == 5 ? 1 : 2] = true;
	}
	for (i = 0; i < 6; i++)
		assert_true(seen[i / 3][i % 3]);
	/* Not one of them: none of them. */
	r = one(MATCH("!=", META("iifname"), "{\"set\":[\"a\",\"b\"]}") "," DROP);
	assert_int_equal(r.n_terms, 2);
	assert_true(r.terms[0].negated && r.terms[1].negated);
}

static void too_many_are_not_judged(void **state)
{
	struct rule_facts r = one(MATCH(
		"==", FIELD("udp", "dport"),
		"{\"set\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}") "," COUNTER(1) "," DROP);

	(void)state;
	assert_int_equal(r.n_terms, 2);
	assert_int_equal(r.terms[1].match, RULE_OTHER);
	assert_int_equal(r.before, 1);
}

static const char *const not_judged[] = {
	MATCH("==", FIELD("ip", "saddr"), "\"@bad\""),
	MATCH("==", FIELD("ip", "saddr"), "{\"range\":[\"10.0.0.1\",\"10.0.0.9\"]}"),
	MATCH("==", FIELD("ip", "saddr"), "\"fd00::1\""),
	MATCH("==", "{\"&\":[" META("mark") ",65280]}", "256"),
	MATCH("==", META("iifname"), "\"@nics\""),
	MATCH("!=", "{\"ct\":{\"key\":\"state\"}}", "\"invalid\""),
	MATCH("==", "{\"concat\":[" META("iif") "," META("oif") "]}", "\"@x\""),
	MATCH("==", FIELD("ip", "ttl"), "1"),
	MATCH("in", FIELD("tcp", "flags"), "\"syn\""),
	MATCH("==", META("protocol"), "\"arp\""),
	"{\"xt\":null}",
	"{\"xt\":{\"type\":\"match\",\"name\":\"owner\"}}",
	"{\"some-new-thing\":{}}",
};

static void what_is_not_understood_may_hit(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(not_judged); i++) {
		struct rule_facts r =
			one(arena_printf(&arena, "%s," COUNTER(3) "," DROP, not_judged[i]));
		bool other = false;

		for (k = 0; k < r.n_terms; k++)
			other |= r.terms[k].match == RULE_OTHER && r.terms[k].text[0];
		if (!other)
			fail_msg("%s", not_judged[i]);
		assert_int_equal(r.before, 3);
	}
}

/* What is counted before the rule has asked for all is not what it drops. */
static void counter_must_come_last(void **state)
{
	(void)state;
	assert_int_equal(one(COUNTER(8) "," MATCH("==", META("iif"), "\"lo\"") "," DROP).before,
			 UNKNOWN);
	assert_int_equal(one(COUNTER(8) ",{\"limit\":{\"rate\":1}}," DROP).before, UNKNOWN);
	assert_int_equal(one("{\"counter\":\"shared\"}," DROP).before, UNKNOWN);
	assert_int_equal(one(COUNTER(-8) "," DROP).before, UNKNOWN);
	assert_int_equal(one(COUNTER(8) ",{\"log\":{\"prefix\":\"x\"}}," DROP).before, 8);
}

static void other_ways_to_take_away(void **state)
{
	struct rule_facts r;

	(void)state;
	r = one("{\"queue\":{\"num\":3}}");
	assert_int_equal(r.terms[0].match, RULE_OTHER);
	r = one("{\"vmap\":{\"key\":" META("iif") ",\"data\":{\"set\":[[\"lo\"," DROP "]]}}}");
	assert_int_equal(r.terms[0].match, RULE_OTHER);
	r = one(COUNTER(4) ",{\"xt\":{\"type\":\"target\",\"name\":\"REJECT\"}}");
	assert_true(r.reject);
	assert_int_equal(r.before, 4);
	r = one("{\"xt\":null}"); /* a version that does not tell what it is */
	assert_int_equal(r.terms[0].match, RULE_OTHER);
	assert_int_equal(
		parse(LIST(INPUT "," RULE(
			      2,
			      "{\"vmap\":{\"key\":" META(
				      "iif") ",\"data\":{\"set\":[[\"lo\","
					     "{\"accept\":null}]]}}}") "," RULE(3,
										"{\"xt\":{\"type\":\"target\",\"name\":\"LOG\"}}")),
		      "")
			.n_rules,
		0);
}

static void chains_of_others_and_devices(void **state)
{
	struct firewall_facts f = parse(
		"{\"nftables\":[{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"sub\"}},"
		"{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"sub\",\"handle\":1,"
		"\"expr\":[" DROP "]}},"
		"{\"chain\":{\"family\":\"netdev\",\"table\":\"n\",\"name\":\"i\",\"hook\":\"ingress\","
		"\"dev\":\"eth7\",\"policy\":\"accept\"}},"
		"{\"rule\":{\"family\":\"netdev\",\"table\":\"n\",\"chain\":\"i\",\"handle\":1,"
		"\"expr\":[" DROP "]}}]}",
		"");

	(void)state;
	/* Nothing jumps to the first. */
	assert_int_equal(f.n_rules, 1);
	assert_string_equal(f.rules[0].hook, "ingress");
	assert_int_equal(f.rules[0].n_terms, 1);
	assert_int_equal(f.rules[0].terms[0].match, RULE_IIF);
	assert_string_equal(f.rules[0].terms[0].text, "eth7");
}

#define SUB "{\"chain\":{\"family\":\"inet\",\"table\":\"fw\",\"name\":\"sub\",\"handle\":2}}"
#define SUB_RULE(expr)                                                                    \
	"{\"rule\":{\"family\":\"inet\",\"table\":\"fw\",\"chain\":\"sub\",\"handle\":6," \
	"\"expr\":[" expr "]}}"

/* As nft 1.0.6 prints them. */
static void jumps_are_followed(void **state)
{
	struct firewall_facts f = parse(
		LIST("{\"set\":{\"family\":\"inet\",\"name\":\"ports\",\"table\":\"fw\",\"type\":"
		     "\"inet_service\",\"handle\":5,\"elem\":[53]}}," SUB "," INPUT
		     "," SUB_RULE(MATCH("==", FIELD("udp", "dport"), "\"@ports\"") "," COUNTER(3) "," DROP) "," RULE(
			     19,
			     MATCH("==", META("iifname"),
				   "\"wg0\"") ",{\"jump\":{\"target\":\"sub\"}}") "," RULE(21,
											   "{\"vmap\":{\"key\":" META(
												   "mark") ",\"data\":{\"set\":[[80,{\"jump\":{"
													   "\"target\":\"sub\"}}]]}}}")),
		"");

	(void)state;
	assert_int_equal(f.n_rules, 2);
	assert_string_equal(f.rules[0].hook, "input");
	assert_int_equal(f.rules[0].n_terms, 3);
	assert_int_equal(f.rules[0].terms[0].match, RULE_IIF);
	assert_int_equal(f.rules[0].terms[2].lo, 53);
	assert_int_equal(f.rules[0].before, 3);
	assert_null(strstr(f.rules[0].says, "packets"));
	assert_int_equal(f.rules[1].terms[0].match, RULE_OTHER);
}

static void marks_and_own_addresses(void **state)
{
	struct rule_facts r = one(MATCH("!=", META("mark"), "51820") "," MATCH(
		"!=", "{\"fib\":{\"result\":\"type\",\"flags\":[\"daddr\"]}}",
		"\"local\"") "," DROP);

	(void)state;
	assert_int_equal(r.n_terms, 2);
	assert_int_equal(r.terms[0].match, RULE_MARK);
	assert_int_equal(r.terms[0].lo, 51820);
	assert_true(r.terms[0].negated);
	assert_int_equal(r.terms[1].match, RULE_TO_LOCAL);
	assert_true(r.terms[1].negated);
	r = one(MATCH("==", "{\"fib\":{\"result\":\"type\",\"flags\":\"saddr\"}}",
		      "\"local\"") "," DROP);
	assert_int_equal(r.terms[0].match, RULE_LOCAL);
	r = one(MATCH("==", "{\"fib\":{\"result\":\"type\",\"flags\":[\"daddr\",\"iif\"]}}",
		      "\"local\"") "," DROP);
	assert_int_equal(r.terms[0].match, RULE_OTHER);
	r = one(MATCH("==", "{\"fib\":{\"result\":\"oif\",\"flags\":[\"daddr\"]}}",
		      "\"local\"") "," DROP);
	assert_int_equal(r.terms[0].match, RULE_OTHER);
}

static void types_and_shares(void **state)
{
	struct rule_facts r =
		one(MATCH("==", FIELD("icmpv6", "type"),
			  "{\"range\":[\"echo-request\",\"echo-reply\"]}") "," COUNTER(1) "," DROP);

	(void)state;
	assert_int_equal(r.terms[1].match, RULE_ICMPV6_TYPE);
	assert_int_equal(r.terms[1].lo, 128);
	assert_int_equal(r.terms[1].hi, 129);
	r = one(MATCH("==", "{\"numgen\":{\"mode\":\"random\",\"mod\":5,\"offset\":0}}",
		      "0") "," DROP);
	assert_int_equal(r.terms[0].match, RULE_SHARE);
}

#define CT_STATE "{\"ct\":{\"key\":\"state\"}}"

/* What is not tracked is one of the states that such a rule asks for, or it is not. */
static void states_of_connections(void **state)
{
	struct rule_facts r = one(MATCH("in", CT_STATE, "[\"established\",\"related\"]") "," DROP);

	(void)state;
	assert_int_equal(r.terms[0].match, RULE_KNOWN_FLOW);
	r = one(MATCH("in", CT_STATE, "[\"established\",\"new\"]") "," DROP);
	assert_int_equal(r.terms[0].match, RULE_CT_STATE);
	assert_string_equal(r.terms[0].text, "established,new");
	assert_int_equal(r.terms[0].lo, 0);
	r = one(MATCH("in", CT_STATE, "\"untracked\"") "," DROP);
	assert_int_equal(r.terms[0].match, RULE_CT_STATE);
	assert_int_equal(r.terms[0].lo, 1);
	/* Of these nothing is judged. */
	r = one(MATCH("!=", CT_STATE, "\"new\"") "," DROP);
	assert_int_equal(r.terms[0].match, RULE_OTHER);
	r = one(MATCH("in", CT_STATE, "[\"new\",7]") "," DROP);
	assert_int_equal(r.terms[0].match, RULE_OTHER);
	r = one(MATCH("in", "{\"ct\":{\"key\":\"mark\"}}", "[\"new\"]") "," DROP);
	assert_int_equal(r.terms[0].match, RULE_OTHER);
}

#define STATES(...) \
	"{\"vmap\":{\"key\":{\"ct\":{\"key\":\"state\"}},\"data\":{\"set\":[" __VA_ARGS__ "]}}}"

/* What connection tracking knows, and only that; of other states nothing is judged. */
static void known_flows(void **state)
{
	static const struct {
		const char *op, *right;
		bool known, negated;
	} of[] = {
		{ "in", "[\"established\",\"related\"]", true, false },
		{ "==", "{\"set\":[\"related\",\"established\"]}", true, false },
		{ "in", "\"established\"", true, false },
		{ "!=", "\"established\"", true, true },
		{ "!=", "{\"set\":[\"established\",\"related\"]}", true, true },
		{ "in", "[\"established\",\"new\"]", false, false },
		{ "in", "\"new\"", false, false },
		{ "in", "\"invalid\"", false, false },
		{ "in", "[]", false, false },
		{ ">", "\"established\"", false, false },
		{ "in", "8", false, false },
	};
	struct rule_facts r;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(of); i++) {
		char rule[256];

		snprintf(rule, sizeof(rule),
			 "{\"match\":{\"op\":\"%s\",\"left\":{\"ct\":{\"key\":\"state\"}},"
			 "\"right\":%s}}," DROP,
			 of[i].op, of[i].right);
		r = one(rule);
		print_message("# %s\n", rule);
		assert_int_equal(r.n_terms, 1);
		assert_int_equal(r.terms[0].match == RULE_KNOWN_FLOW, of[i].known);
		assert_int_equal(r.terms[0].negated, of[i].negated);
	}
	r = one(STATES("[\"established\",{\"accept\":null}],[\"invalid\",{\"drop\":null}]"));
	assert_int_equal(r.terms[0].match, RULE_KNOWN_FLOW);
	r = one(STATES("[\"new\",{\"accept\":null}],[\"invalid\",{\"drop\":null}]"));
	assert_int_equal(r.terms[0].match, RULE_OTHER);
	r = one(STATES("[\"established\",{\"accept\":null}],[\"new\",{\"drop\":null}]"));
	assert_int_equal(r.terms[0].match, RULE_OTHER);
	r = one(STATES(
		"[\"established\",{\"accept\":null}],[\"new\",{\"jump\":{\"target\":\"x\"}}],"
		"[\"invalid\",{\"drop\":null}]"));
	assert_int_equal(r.terms[0].match, RULE_OTHER);
}

/* A long set stands on several lines of nft's text. */
static void words_of_several_lines(void **state)
{
	struct firewall_facts f =
		parse(LIST(INPUT "," RULE(9, COUNTER(5) "," DROP)),
		      "table inet fw { # handle 1\n\tchain in { # handle 2\n"
		      "\t\ttype filter hook input priority filter; policy accept;\n"
		      "\t\tip saddr { 10.0.0.1, 10.0.0.2,\n"
		      "\t\t\t     10.0.0.3 } counter drop # handle 9\n\t}\n}\n");

	(void)state;
	assert_string_equal(f.rules[0].says,
			    "ip saddr { 10.0.0.1, 10.0.0.2, 10.0.0.3 } counter drop");
}

static void twice(void **state)
{
	struct firewall_facts f = parse(
		LIST(INPUT "," RULE(3, COUNTER(5) "," DROP) "," RULE(4, COUNTER(1) "," DROP)), "");
	struct firewall_facts later = parse(
		LIST(INPUT "," RULE(3, COUNTER(9) "," DROP) "," RULE(8, COUNTER(2) "," DROP)), "");

	(void)state;
	nft_rules_after(&f, &later, &arena);
	assert_int_equal(f.n_rules, 3);
	assert_int_equal(f.rules[0].before, 5);
	assert_int_equal(f.rules[0].after, 9);
	assert_int_equal(f.rules[1].before, 1);
	assert_int_equal(f.rules[1].after, UNKNOWN);
	assert_int_equal(f.rules[2].handle, 8);
	assert_int_equal(f.rules[2].before, UNKNOWN);
	assert_int_equal(f.rules[2].after, 2);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_nothing),
		TEST(only_what_takes_away),
		TEST(policy_that_drops),
		TEST(what_stands_before),
		TEST(fields),
		TEST(ports),
		TEST(sets_are_several_rules),
		TEST(too_many_are_not_judged),
		TEST(what_is_not_understood_may_hit),
		TEST(counter_must_come_last),
		TEST(other_ways_to_take_away),
		TEST(chains_of_others_and_devices),
		TEST(jumps_are_followed),
		TEST(marks_and_own_addresses),
		TEST(types_and_shares),
		TEST(states_of_connections),
		TEST(words_of_several_lines),
		TEST(known_flows),
		TEST(twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
