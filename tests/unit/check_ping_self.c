/* ping.self: what it proves, and what it does not (FM35). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void dead_tunnel(struct facts *f)
{
	made_silent(f);
}

static void through_tun(struct facts *f)
{
	f->ping_self.dev_is_tun = 1;
}

static void way_unknown(struct facts *f)
{
	f->ping_self.dev_is_tun = UNKNOWN;
}

static void no_answer(struct facts *f)
{
	f->ping_self.received = 0;
	f->ping_self.avg_ns = UNKNOWN;
}

static void address_gone(struct facts *f)
{
	no_answer(f);
	f->net_start[END_NEAR].n_addrs = 1; /* the wire's */
}

static void addrs_not_seen(struct facts *f)
{
	no_answer(f);
	facts_gap(f, NEED_ADDRS, "dump addresses: Operation not permitted", NULL);
}

static void no_answer_through_tun(struct facts *f)
{
	no_answer(f);
	through_tun(f);
}

static void some(struct facts *f)
{
	f->ping_self.received = 9;
}

static void some_late(struct facts *f)
{
	f->ping_self.received = 7;
	f->ping_self.late = 3;
}

static void all_late(struct facts *f)
{
	no_answer(f);
	f->ping_self.late = 10;
}

static void not_sent(struct facts *f)
{
	no_answer(f);
	f->ping_self.sent = 0;
	f->ping_self.send_errors = 10;
	f->ping_self.send_error = "sendto 10.90.17.1: Network is unreachable";
}

static void no_memory(struct facts *f)
{
	not_sent(f);
	f->ping_self.send_error = "No buffer space available";
	f->ping_self.shortage = true;
}

/* --- from one end, on a host with rules --- */

static struct rule_term terms[2];
static struct rule_facts rule;

/* Nothing is answered here, and data crosses the tunnel. */
static void works(struct facts *f)
{
	no_answer(f);
	f->target.kind = TARGET_INTERFACE;
}

static void and_dead(struct facts *f)
{
	works(f);
	f->ping_peer.received = 0;
	f->n_inner_targets = 0;
}

/* nft add rule inet filter input icmp type N drop */
static void filtered(struct facts *f, int64_t type)
{
	works(f);
	terms[0] = (struct rule_term){ .match = RULE_L4PROTO, .lo = 1, .hi = 1 };
	terms[1] = (struct rule_term){ .match = RULE_ICMP_TYPE, .lo = type, .hi = type };
	rule = (struct rule_facts){
		.family = "inet",
		.table = "filter",
		.chain = "input",
		.hook = "input",
		.says = "drop",
		.handle = 2,
		.terms = terms,
		.n_terms = 2,
		.before = UNKNOWN,
		.after = UNKNOWN,
	};
	f->firewall.rules = &rule;
	f->firewall.n_rules = 1;
	facts_have(f, NEED_FIREWALL);
}

static void requests_filtered(struct facts *f)
{
	filtered(f, 8);
}

static void replies_filtered(struct facts *f)
{
	filtered(f, 0);
}

static void filtered_and_dead(struct facts *f)
{
	filtered(f, 8);
	f->ping_peer.received = 0;
}

static void other_type(struct facts *f)
{
	filtered(f, 13);
}

static void other_link(struct facts *f)
{
	filtered(f, 8);
	terms[0] = (struct rule_term){ .match = RULE_IIF, .text = "eth0" };
}

static void not_judged(struct facts *f)
{
	filtered(f, 8);
	terms[0] = (struct rule_term){ .match = RULE_OTHER, .text = "ct mark 1" };
}

static void hit_by_nothing(struct facts *f)
{
	filtered(f, 8);
	rule.before = rule.after = 7;
}

static void counted(struct facts *f)
{
	filtered(f, 8);
	rule.before = 7;
	rule.after = 17;
}

static void rules_not_read(struct facts *f)
{
	filtered(f, 8);
	facts_gap(f, NEED_FIREWALL, "list rules: Operation not permitted", "run as root");
}

static void no_echo_set(struct facts *f)
{
	works(f);
	f->near_host.ip4_no_echo = 1;
}

static void no_echo_of_ip6(struct facts *f)
{
	works(f);
	f->near_host.ip4_no_echo = 0;
	f->near_host.ip6_no_echo = 1;
}

static void interrupted(struct facts *f)
{
	facts_gap(f, NEED_PING_SELF, "interrupted", NULL);
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "by lo: proves the address and lo, nothing of the tunnel",
	  NULL },
	{ "a dead tunnel passes too", dead_tunnel, STATE_PASS, "nothing of the tunnel", NULL },
	{ "through the tun", through_tun, STATE_PASS, "10/10 through the tun", NULL },
	{ "border: way not seen", way_unknown, STATE_PASS, "which way was not seen", NULL },
	{ "border: one lost", some, STATE_WARN, "9/10", NULL },
	{ "a busy machine: some late", some_late, STATE_PASS, "10/10 by lo", NULL },
	{ "a busy machine: all late", all_late, STATE_PASS, "10/10 by lo", NULL },
	{ "no answer from lo", no_answer, STATE_WARN,
	  "0/10 answered, though the address is on this host: look at lo and the firewall", NULL },
	{ "the same, and the tunnel works", works, STATE_WARN, "the tunnel works", NULL },
	{ "the same, and it does not", and_dead, STATE_FAIL, "look at lo and the firewall", NULL },
	{ "requests are filtered", requests_filtered, STATE_UNSURE,
	  "answers no pings, so silence proves nothing (inet filter input: drop)", NULL },
	{ "replies are filtered", replies_filtered, STATE_UNSURE, "answers no pings", NULL },
	{ "filtered, and a dead tunnel", filtered_and_dead, STATE_UNSURE, "proves nothing", NULL },
	{ "filtered, and counted", counted, STATE_UNSURE, "answers no pings", NULL },
	{ "border: a rule that nothing hit", hit_by_nothing, STATE_WARN, NULL, NULL },
	{ "border: another ICMP type is filtered", other_type, STATE_WARN, NULL, NULL },
	{ "border: filtered on another link", other_link, STATE_WARN, NULL, NULL },
	{ "border: a rule that is not judged", not_judged, STATE_WARN, NULL, NULL },
	{ "gap: rules not read", rules_not_read, STATE_WARN, NULL, NULL },
	{ "the setting says so", no_echo_set, STATE_UNSURE, "net.ipv4.icmp_echo_ignore_all is 1",
	  NULL },
	{ "border: the setting of the other family", no_echo_of_ip6, STATE_WARN, NULL, NULL },
	{ "no address", address_gone, STATE_FAIL, "10.90.17.1 is not on this host", NULL },
	{ "no answer, addresses not seen", addrs_not_seen, STATE_WARN, "0/10 answered: look at lo",
	  NULL },
	{ "no answer through the tun", no_answer_through_tun, STATE_UNSURE, "proves nothing",
	  NULL },
	{ "could not send", not_sent, STATE_FAIL, "Network is unreachable", NULL },
	{ "no memory of ours", no_memory, STATE_ERROR, "No buffer space", NULL },
	{ "gap", interrupted, STATE_SKIP, "interrupted", NULL },
};

static void pings(void **state)
{
	(void)state;
	check_cases_run("ping.self", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pings),
	};

	return cmocka_run_group_tests_name("ping.self", tests, NULL, NULL);
}
