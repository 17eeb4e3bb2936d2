/*
 * handshake.complete, host.firewall and kernel.drops where nobody can be asked: what comes in and
 * what leaves for it, and which cause is named for that; and who is only offline.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "check/calls.h"
#include "lib/made_facts.h"
#include "verdict/verdict.h"

enum { PORT = 51820, RULES = 2 };

static struct call_facts list[2];
static struct rule_term terms[2];
static struct rule_facts rules[RULES];
static struct pass_facts pass;

static struct endpoint at(const char *ip, uint16_t port)
{
	return (struct endpoint){ .addr = made_addr(ip), .port = port };
}

/* A server whose only client was never heard, and has no endpoint; listened was for 5.8 s. */
static void waiting(struct facts *f)
{
	static const enum need none[] = { NEED_ENGINE_FAR,   NEED_LINKS_FAR, NEED_TAP_FAR_TUN,
					  NEED_TAP_FAR_WIRE, NEED_STREAMS,   NEED_CONFIG_FAR,
					  NEED_ECHO_BACK,    NEED_INTENDED,  NEED_TAP_NEAR_WIRE,
					  NEED_PING_PEER,    NEED_PING_SELF, NEED_SIZES,
					  NEED_LOSS_UP,	     NEED_LOSS_DOWN };
	struct peer_config *p = &f->config[END_NEAR].peers[0];
	size_t i;

	made_silent(f);
	f->target.kind = TARGET_INTERFACE;
	f->target.peer = p->key;
	for (i = 0; i < ARRAY_LEN(none); i++)
		facts_gap(f, none[i], "nothing could be sent", NULL);
	f->n_streams = f->n_paths = f->n_inner_targets = 0;
	f->ping_peer.target = f->ping_self.target = (struct ip_addr){ 0 };
	p->endpoint = (struct endpoint){ 0 };
	p->handshake_wall_ns = 0;
	f->config[END_NEAR].listen_port = PORT;
	f->config[END_NEAR].n_peers = 1;
	f->handshake = (struct handshake_facts){ .age_ns = UNKNOWN, .response_ns = UNKNOWN };
	f->crypto[END_NEAR].rx_bytes = f->crypto[END_NEAR].tx_bytes = 0;
	f->crypto[END_NEAR].opened = f->crypto[END_NEAR].sealed = 0;
	f->crypto[END_NEAR].last_handshake_wall_ns = 0;
	f->calls = (struct calls_facts){ .waited_ns = 5800 * NS_PER_MS, .rp_filter = 0 };
	facts_have(f, NEED_CALLS);
}

static struct call_facts *called(struct facts *f, int64_t n)
{
	waiting(f);
	list[0] = (struct call_facts){ .from = at("198.51.100.7", 40000),
				       .to = at("192.0.2.1", PORT),
				       .link = "eth0",
				       .ours = true,
				       .initiations = n };
	f->calls.list = list;
	f->calls.n = 1;
	return &list[0];
}

static void silence(struct facts *f)
{
	waiting(f);
}

static void not_listened(struct facts *f)
{
	waiting(f);
	facts_gap(f, NEED_CALLS, "capture on all links: Operation not permitted", "run as root");
}

static void silence_required(struct facts *f)
{
	waiting(f);
	f->target.peer_required = true;
}

/* --- our engine: it counts -------------------------------------------------------- */

static void vanished(struct facts *f)
{
	called(f, 2);
}

static void vanished_once(struct facts *f)
{
	called(f, 1);
}

static void vanished_required(struct facts *f)
{
	called(f, 2);
	f->target.peer_required = true;
}

static void refused(struct facts *f)
{
	called(f, 2);
	made_refused(f, END_NEAR, "in_unknown_peer", "no peer of ours has that key", 2);
}

static void replayed(struct facts *f)
{
	called(f, 2);
	made_refused(f, END_NEAR, "in_replayed_initiation", "the timestamp is not newer", 2);
}

static void other_key(struct facts *f)
{
	called(f, 2)->ours = false;
	made_refused(f, END_NEAR, "in_mac1", "mac1 is not for our public key", 2);
}

/* --- one that does not ------------------------------------------------------------ */

static void untold(struct facts *f)
{
	f->crypto[END_NEAR].known = false;
}

static void unanswered(struct facts *f)
{
	called(f, 2);
	untold(f);
}

/* Whose clock may have gone back since. */
static void unanswered_heard_before(struct facts *f)
{
	unanswered(f);
	f->config[END_NEAR].peers[0].handshake_wall_ns = f->started_wall_ns - 3600 * NS_PER_S;
}

static void unanswered_by_gaps(struct facts *f)
{
	unanswered(f);
	f->calls.dropped = 1;
}

static void other_key_untold(struct facts *f)
{
	other_key(f);
	untold(f);
}

static void other_key_once(struct facts *f)
{
	called(f, 1)->ours = false;
	untold(f);
}

/* By another engine, behind the same port. */
static void other_key_answered(struct facts *f)
{
	other_key_untold(f);
	list[0].responses = 2;
}

static void in_vain(struct facts *f)
{
	unanswered(f);
	list[0].responses = 2;
}

static void answered_once(struct facts *f)
{
	in_vain(f);
	list[0].initiations = list[0].responses = 1;
}

static void taken(struct facts *f)
{
	in_vain(f);
	list[0].data = 1;
}

static void busy(struct facts *f)
{
	unanswered(f);
	list[0].cookie_replies = 2;
}

/* --- at another port --------------------------------------------------------------- */

static void other_port(struct facts *f)
{
	unanswered(f);
	list[0].to.port = PORT + 1;
}

static void other_port_once(struct facts *f)
{
	other_port(f);
	list[0].initiations = 1;
}

static void other_port_refused(struct facts *f)
{
	other_port_once(f);
	list[0].refused = 1;
}

static void other_port_answered(struct facts *f)
{
	other_port(f);
	list[0].responses = 1;
}

/* A file's, which says no port, or says one. */
static void other_port_drawn(struct facts *f)
{
	other_port(f);
	f->target.kind = TARGET_CONFIG;
	f->intended.listen_port = UNKNOWN;
}

static void other_port_of_file(struct facts *f)
{
	other_port_drawn(f);
	f->intended.listen_port = PORT;
}

/* A scan beside one that is ours: the weightier one is told. */
static void two(struct facts *f)
{
	unanswered(f);
	list[1] = list[0];
	list[0].ours = false;
	list[1].from = at("203.0.113.5", 1234);
	f->calls.n = 2;
}

/* --- a filter here ----------------------------------------------------------------- */

static struct rule_facts *rule(struct facts *f, size_t i)
{
	rules[i] = (struct rule_facts){ .family = "inet",
					.table = "filter",
					.chain = "input",
					.hook = "input",
					.says = "drop",
					.handle = 2 + (int64_t)i,
					.before = UNKNOWN,
					.after = UNKNOWN };
	f->firewall.rules = rules;
	f->firewall.n_rules = i + 1;
	facts_have(f, NEED_FIREWALL);
	return &rules[i];
}

/* udp dport 51820 drop */
static void port_dropped(struct facts *f)
{
	struct rule_facts *r;

	called(f, 1);
	terms[0] = (struct rule_term){ .match = RULE_L4PROTO, .lo = 17, .hi = 17 };
	terms[1] = (struct rule_term){ .match = RULE_DPORT, .lo = PORT, .hi = PORT };
	r = rule(f, 0);
	r->terms = terms;
	r->n_terms = 2;
}

static void port_dropped_untold(struct facts *f)
{
	port_dropped(f);
	untold(f);
}

static void port_dropped_counted(struct facts *f)
{
	port_dropped(f);
	rules[0].before = 7;
	rules[0].after = 8;
}

/* Nothing came to it: then something else took the call. */
static void port_dropped_idle(struct facts *f)
{
	port_dropped(f);
	list[0].initiations = 2;
	rules[0].before = rules[0].after = 7;
}

static void port_dropped_answered(struct facts *f)
{
	port_dropped_untold(f);
	list[0].responses = list[0].data = 1;
}

static void port_dropped_other_key(struct facts *f)
{
	port_dropped_untold(f);
	list[0].ours = false;
	list[0].initiations = 2;
}

static void port_dropped_for_gone(struct facts *f)
{
	port_dropped(f);
	rules[0].absent = "wg7";
}

static void some_dropped(struct facts *f)
{
	port_dropped_untold(f);
	list[0].initiations = 2;
	terms[0] = (struct rule_term){ .match = RULE_SHARE, .text = "limit" };
}

static void other_port_dropped(struct facts *f)
{
	port_dropped_untold(f);
	list[0].initiations = 2;
	terms[1].lo = terms[1].hi = PORT + 7;
}

static void by_a_set_of_addresses(struct facts *f)
{
	port_dropped_untold(f);
	list[0].initiations = 2;
	terms[0] = (struct rule_term){ .match = RULE_OTHER, .text = "ip saddr @banned" };
}

/* ct state established,related accept; policy drop */
static void by_policy(struct facts *f)
{
	struct rule_facts *r;

	called(f, 1);
	untold(f);
	terms[0] = (struct rule_term){ .match = RULE_KNOWN_FLOW };
	pass = (struct pass_facts){ .terms = terms, .n_terms = 1 };
	f->firewall.passes = &pass;
	f->firewall.n_passes = 1;
	r = rule(f, 0);
	r->policy = true;
	r->says = "policy drop";
	r->handle = UNKNOWN;
	r->pass_from = 0;
	r->n_pass = 1;
}

static void let_in_before_policy(struct facts *f)
{
	by_policy(f);
	list[0].initiations = 2;
	terms[0] = (struct rule_term){ .match = RULE_DPORT, .lo = PORT, .hi = PORT };
}

static void by_policy_perhaps(struct facts *f)
{
	by_policy(f);
	list[0].initiations = 2;
	terms[0] = (struct rule_term){ .match = RULE_OTHER, .text = "ct state vmap @states" };
}

/* Our engine has none of it, so that it is one of this host's. */
static void by_policy_perhaps_counted(struct facts *f)
{
	by_policy_perhaps(f);
	f->crypto[END_NEAR].known = true;
}

static void rules_not_read(struct facts *f)
{
	unanswered(f);
	facts_gap(f, NEED_FIREWALL, "list rules: Operation not permitted", "run as root");
}

/* --- the reverse path filter --------------------------------------------------------- */

static void by_reverse_path(struct facts *f)
{
	unanswered(f);
	f->calls.rp_filter = 1;
	f->kernel.rpfilter_before = 100;
	f->kernel.rpfilter_after = 102;
}

static void loose(struct facts *f)
{
	by_reverse_path(f);
	f->calls.rp_filter = 2;
}

static void others_by_reverse_path(struct facts *f)
{
	by_reverse_path(f);
	f->kernel.rpfilter_after = 100;
}

static void by_reverse_path_ip6(struct facts *f)
{
	by_reverse_path(f);
	list[0].from.addr = made_addr("2001:db8:1::7");
	list[0].to.addr = made_addr("2001:db8::1");
}

/* --- the rows ------------------------------------------------------------------------ */

static const struct check_case complete[] = {
	{ "silence", silence, STATE_NA, "offline; no initiation came in 5.8 s", NULL },
	{ "gap: not listened", not_listened, STATE_SKIP,
	  "whether it calls was not seen: capture on all links: Operation not permitted", NULL },
	{ "silence of one that must be there", silence_required, STATE_FAIL, "it has to come first",
	  NULL },
	{ "none reached our engine", vanished, STATE_FAIL,
	  "2 initiations for our key came from 198.51.100.7:40000, and the engine had none", NULL },
	{ "border: one, and no other", vanished_once, STATE_WARN, "and no other followed", NULL },
	{ "of one that must be there", vanished_required, STATE_FAIL, "and the engine had none",
	  NULL },
	{ "our engine refused them", refused, STATE_FAIL, "the engine refused what came",
	  "crypto.rejects" },
	{ "for another key", other_key, STATE_FAIL, "for another public key than ours",
	  "crypto.rejects" },
	{ "for another key, by one that counts nothing", other_key_untold, STATE_FAIL,
	  "2 initiations came from 198.51.100.7:40000, for another public key", NULL },
	{ "border: one for another key", other_key_once, STATE_WARN, "for another key than ours",
	  NULL },
	{ "for another key, and answered", other_key_answered, STATE_NA, "offline", NULL },
	{ "not answered", unanswered, STATE_FAIL, "and none was answered", NULL },
	{ "border: a capture with gaps", unanswered_by_gaps, STATE_UNSURE, "a capture with gaps",
	  NULL },
	{ "answered in vain", in_vain, STATE_FAIL, "answered (2), and it makes nothing of that",
	  NULL },
	{ "border: answered once", answered_once, STATE_WARN, "was answered, and no other", NULL },
	{ "answered, and data came", taken, STATE_NA, "offline", NULL },
	{ "answered with cookies", busy, STATE_WARN, "this engine is under load", NULL },
	{ "at another port", other_port, STATE_FAIL, "to port 51821, and this engine has 51820",
	  NULL },
	{ "at another port, refused", other_port_refused, STATE_FAIL,
	  "this host says that nobody has it", NULL },
	{ "border: once at another port", other_port_once, STATE_WARN, NULL, NULL },
	{ "at another port, and answered", other_port_answered, STATE_NA, NULL, NULL },
	{ "at a port of before this run", other_port_drawn, STATE_NA, NULL, NULL },
	{ "at another port than the file's", other_port_of_file, STATE_FAIL, "to port 51821",
	  NULL },
	{ "two callers", two, STATE_FAIL, "came from 203.0.113.5:1234, and none was", NULL },
	{ "dropped here", port_dropped, STATE_FAIL, "1 initiation for our key", "host.firewall" },
};

static const struct check_case firewall[] = {
	{ "a rule for the port", port_dropped, STATE_FAIL,
	  "drops (outer handshakes; 1 came by eth0 from 198.51.100.7:40000, and none was answered)",
	  NULL },
	{ "the same, and it counts", port_dropped_counted, STATE_FAIL, NULL, NULL },
	{ "a counter that did not move", port_dropped_idle, STATE_PASS, NULL, NULL },
	{ "what it would take was answered", port_dropped_answered, STATE_WARN, "could hit", NULL },
	{ "a rule for another port", other_port_dropped, STATE_PASS, NULL, NULL },
	{ "one that takes a share", some_dropped, STATE_WARN, "could hit", NULL },
	{ "a term that is not judged", by_a_set_of_addresses, STATE_WARN, "could hit", NULL },
	{ "a policy behind known flows", by_policy, STATE_FAIL,
	  "policy of inet filter input drops (outer handshakes", NULL },
	{ "a policy behind what lets it in", let_in_before_policy, STATE_PASS, NULL, NULL },
	{ "a policy behind what is not judged", by_policy_perhaps, STATE_WARN, "could hit", NULL },
};

static const struct check_case drops[] = {
	{ "by the reverse path filter", by_reverse_path, STATE_FAIL,
	  "2 handshakes came by eth0 and reached nobody", NULL },
	{ "border: a loose one", loose, STATE_PASS, NULL, NULL },
	{ "border: it counted none", others_by_reverse_path, STATE_PASS, NULL, NULL },
	{ "border: IPv6", by_reverse_path_ip6, STATE_PASS, NULL, NULL },
};

static void rows(void **state)
{
	(void)state;
	check_cases_run("handshake.complete", complete, ARRAY_LEN(complete));
	check_cases_run("host.firewall", firewall, ARRAY_LEN(firewall));
	check_cases_run("kernel.drops", drops, ARRAY_LEN(drops));
}

/* --- the causes ---------------------------------------------------------------------- */

struct named {
	const char *name;
	void (*change)(struct facts *f);
	enum state state;
	const char *cause; /* NULL: none */
	enum side side;
	size_t n_candidates;
};

static const struct named named[] = {
	{ "silence", silence, STATE_PASS, NULL, SIDE_NONE, 0 },
	{ "not listened", not_listened, STATE_UNSURE, NULL, SIDE_UNKNOWN, 0 },
	{ "once", vanished_once, STATE_WARN, NULL, SIDE_UNKNOWN, 0 },
	{ "once for another key", other_key_once, STATE_WARN, NULL, SIDE_UNKNOWN, 0 },
	{ "taken", taken, STATE_PASS, NULL, SIDE_NONE, 0 },
	{ "vanished", vanished, STATE_FAIL, "udp-blocked-inbound", SIDE_LOCAL, 1 },
	{ "dropped here", port_dropped, STATE_FAIL, "udp-blocked-inbound", SIDE_LOCAL, 1 },
	{ "dropped here, nothing told", port_dropped_untold, STATE_FAIL, "udp-blocked-inbound",
	  SIDE_LOCAL, 1 },
	{ "dropped by policy", by_policy, STATE_FAIL, "udp-blocked-inbound", SIDE_LOCAL, 1 },
	{ "perhaps by policy, and our engine has none", by_policy_perhaps_counted, STATE_FAIL,
	  "udp-blocked-inbound", SIDE_LOCAL, 1 },
	{ "perhaps by policy, or not known", by_policy_perhaps, STATE_FAIL, NULL, SIDE_UNKNOWN, 2 },
	{ "rules not read", rules_not_read, STATE_FAIL, NULL, SIDE_UNKNOWN, 2 },
	{ "dropped by a rule of a tunnel that is gone", port_dropped_for_gone, STATE_FAIL,
	  "leftover-rules", SIDE_LOCAL, 1 },
	{ "dropped, and for another key", port_dropped_other_key, STATE_FAIL, "wrong-key",
	  SIDE_UNKNOWN, 1 },
	{ "refused", refused, STATE_FAIL, "wrong-key", SIDE_UNKNOWN, 1 },
	{ "refused as a replay", replayed, STATE_FAIL, NULL, SIDE_UNKNOWN, 0 },
	{ "for another key", other_key, STATE_FAIL, "wrong-key", SIDE_UNKNOWN, 1 },
	{ "for another key, nothing told", other_key_untold, STATE_FAIL, "wrong-key", SIDE_UNKNOWN,
	  1 },
	{ "not answered", unanswered, STATE_FAIL, "wrong-key", SIDE_UNKNOWN, 1 },
	{ "not answered, one was heard before", unanswered_heard_before, STATE_FAIL, NULL,
	  SIDE_UNKNOWN, 0 },
	{ "answered in vain", in_vain, STATE_FAIL, "psk-mismatch", SIDE_UNKNOWN, 1 },
	{ "at another port", other_port, STATE_FAIL, "listener-absent", SIDE_LOCAL, 1 },
	{ "by the reverse path filter", by_reverse_path, STATE_FAIL, "rp-filter", SIDE_LOCAL, 1 },
};

static void causes_named(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(named); i++) {
		struct findings all;
		struct verdict v;
		struct arena a;
		struct facts f;

		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		named[i].change(&f);
		checks_run(&f, NULL, &all);
		verdict_of(&f, &all, &v);
		print_message("# %s: %s %s\n", named[i].name, state_str(v.state), v.summary);
		assert_int_equal(v.state, named[i].state);
		assert_string_equal(v.cause ? v.cause : "-", named[i].cause ? named[i].cause : "-");
		assert_int_equal(v.side, named[i].side);
		assert_int_equal(v.n_candidates, named[i].n_candidates);
		if (v.cause) {
			assert_non_null(v.fix);
			assert_true(v.n_fix_commands > 0);
		}
		arena_done(&a);
	}
}

/* Until when it is listened. */
static void enough(void **state)
{
	static const struct {
		void (*change)(struct facts *f);
		bool enough;
	} of[] = {
		{ silence, false },	    { vanished_once, false },
		{ vanished, true },	    { port_dropped, true },
		{ by_policy, true },	    { by_policy_perhaps, true },
		{ other_key_once, false },  { other_key_untold, true },
		{ other_port_once, false }, { other_port_refused, true },
		{ answered_once, false },   { in_vain, true },
		{ taken, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(of); i++) {
		struct facts f;

		made_healthy(&f);
		of[i].change(&f);
		print_message("# %zu\n", i);
		assert_int_equal(calls_are_enough(&f), of[i].enough);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(causes_named),
		cmocka_unit_test(enough),
	};

	return cmocka_run_group_tests_name("check/calls", tests, NULL, NULL);
}
