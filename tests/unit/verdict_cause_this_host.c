/*
 * Causes of this host: what is named for which facts, and what for facts that only look so.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/made_facts.h"
#include "verdict/verdict.h"

/* An interface whose handshake was asked for twice and answered as often. */
static void answered(struct facts *f)
{
	made_silent(f);
	f->target.kind = TARGET_INTERFACE;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 2;
	f->crypto[END_NEAR].rx_bytes = f->crypto[END_NEAR].opened = 0;
}

static void not_opened(struct facts *f)
{
	answered(f);
	made_refused(f, END_NEAR, "in_response", "the response does not open", 2);
}

static void unsaid(struct facts *f)
{
	answered(f);
	f->crypto[END_NEAR].known = false;
}

static void go_says(struct facts *f)
{
	unsaid(f);
	f->engine[END_NEAR].log_says[ENGINE_LOG_RESPONSE] = 2;
}

/* One that counts, and counted none: they never reached it. */
static void vanished(struct facts *f)
{
	answered(f);
}

static void by_rp_filter(struct facts *f)
{
	unsaid(f);
	f->kernel.rpfilter_before = 7;
	f->kernel.rpfilter_after = 9;
	f->kernel.rp_wire = 1;
	f->kernel.src_valid_mark = 0;
}

static void in_vain(struct facts *f)
{
	struct tap_facts *w = &f->taps[TAP_NEAR_WIRE];

	made_silent(f);
	f->target.kind = TARGET_INTERFACE;
	f->handshake.age_ns = UNKNOWN;
	w->msgs[TAP_OUT][WG_MSG_INITIATION] = w->msgs[TAP_IN][WG_MSG_DATA] = 0;
	w->msgs[TAP_IN][WG_MSG_INITIATION] = w->msgs[TAP_OUT][WG_MSG_RESPONSE] = 3;
}

/* It had a session before, and is not heard now. */
static void had_one(struct facts *f)
{
	in_vain(f);
	f->handshake.age_ns = 900 * NS_PER_S;
}

/* What came then shows that it has a session. */
static void made_use(struct facts *f)
{
	in_vain(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_DATA] = 1;
}

static void attached(struct facts *f)
{
	f->target.kind = TARGET_INTERFACE;
	facts_gap(f, NEED_ENGINE, "no answer", NULL);
}

static void stopped(struct facts *f)
{
	attached(f);
	f->engine[END_NEAR].answer_error = "the engine did not answer within 1000 ms";
	f->engine[END_NEAR].silent = true;
	f->engine[END_NEAR].pid = 77;
	f->engine[END_NEAR].process_state = "T";
}

static void garbage(struct facts *f)
{
	attached(f);
	f->engine[END_NEAR].answer_error = "line 1 of its answer is no key=value";
}

static void gone(struct facts *f)
{
	attached(f);
	f->target.kind = TARGET_OPAQUE;
	f->engine[END_NEAR].stale_socket = "/var/run/wireguard/wg0.sock";
	f->tun[END_NEAR].start.known = f->tun[END_NEAR].start.up = true;
	f->tun[END_NEAR].running = f->tun[END_NEAR].running_end = 0;
}

static void not_started(struct facts *f)
{
	f->target.kind = TARGET_CONFIG;
	made_not_started(f, "open /dev/net/tun: No such file or directory");
	f->engine[END_NEAR].lack = LACK_TUN;
}

static void self_ping(struct facts *f)
{
	f->ping_self.received = 0;
	f->ping_self.dev_is_tun = 1;
}

/* On Linux it is answered by lo; where it is not, something is wrong. */
static void self_ping_by_lo(struct facts *f)
{
	f->ping_self.received = 0;
	f->ping_self.dev_is_tun = 0;
}

/* --- the next host on the link is asked by packets that rules take ------------------------ */

static struct rule_facts rule;
static struct rule_term neighbour_term;

static void gateway_is_silent(struct facts *f, const char *addr)
{
	made_silent(f);
	f->target.kind = TARGET_INTERFACE;
	facts_gap(f, NEED_PING_PEER, "no handshake", NULL);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 0;
	f->gateway = (struct gateway_facts){ .addr = made_addr(addr),
					     .dev = "eth0",
					     .neigh_state = "FAILED" };
	rule = (struct rule_facts){ .family = "inet",
				    .table = "guard",
				    .chain = "out",
				    .hook = "output",
				    .says = "policy drop",
				    .policy = true,
				    .handle = UNKNOWN,
				    .before = UNKNOWN,
				    .after = UNKNOWN };
	f->firewall.rules = &rule;
	f->firewall.n_rules = f->firewall.n_all_rules = 1;
}

static void filtered_neighbour(struct facts *f)
{
	gateway_is_silent(f, "fe80::1");
}

static void left_over_neighbour(struct facts *f)
{
	filtered_neighbour(f);
	rule.absent = "wg9";
}

static void filtered_answer(struct facts *f)
{
	filtered_neighbour(f);
	neighbour_term = (struct rule_term){ .match = RULE_ICMPV6_TYPE, .lo = 133, .hi = 137 };
	rule.hook = "input";
	rule.policy = false;
	rule.terms = &neighbour_term;
	rule.n_terms = 1;
}

/* ARP is no packet of such a chain. */
static void filtered_no_arp(struct facts *f)
{
	gateway_is_silent(f, "192.0.2.1");
}

static void filter_is_idle(struct facts *f)
{
	filtered_neighbour(f);
	rule.before = rule.after = 12;
}

static void filter_lets_it_go(struct facts *f)
{
	static struct pass_facts pass = { .terms = &neighbour_term, .n_terms = 1 };

	filtered_neighbour(f);
	neighbour_term = (struct rule_term){ .match = RULE_ICMPV6_TYPE, .lo = 133, .hi = 137 };
	f->firewall.passes = &pass;
	f->firewall.n_passes = 1;
	rule.pass_from = 0;
	rule.n_pass = 1;
}

static void filter_takes_some(struct facts *f)
{
	filtered_neighbour(f);
	neighbour_term = (struct rule_term){ .match = RULE_SHARE };
	rule.terms = &neighbour_term;
	rule.n_terms = 1;
}

/* --- what came in and the engine has nothing of, who counts nothing --------------------- */

static struct drop_facts drop;

/* A rule that may have taken the answers, of connections that are not known here. */
static void maybe_filtered(struct facts *f)
{
	static struct rule_term unknown_flow = { .match = RULE_CT_STATE };

	unsaid(f);
	rule = (struct rule_facts){ .family = "inet",
				    .table = "guard",
				    .chain = "in",
				    .hook = "input",
				    .says = "ct state invalid drop",
				    .terms = &unknown_flow,
				    .n_terms = 1,
				    .handle = 8,
				    .before = UNKNOWN,
				    .after = UNKNOWN };
	f->firewall.rules = &rule;
	f->firewall.n_rules = f->firewall.n_all_rules = 1;
	f->kernel.events_lost = UNKNOWN;
}

static void dropped(struct facts *f, const char *reason, int64_t n)
{
	drop = (struct drop_facts){ .dev = f->wire[END_NEAR].name,
				    .dir = "in",
				    .reason = reason,
				    .protocol = 0x0800,
				    .count = n };
	f->kernel.drops = &drop;
	f->kernel.n_drops = 1;
	f->kernel.events_lost = f->kernel.same_name = 0;
}

static void filtered_as_many(struct facts *f)
{
	maybe_filtered(f);
	dropped(f, "NETFILTER_DROP", 2);
}

static void filtered_none(struct facts *f)
{
	maybe_filtered(f);
	dropped(f, "NETFILTER_DROP", 2);
	f->kernel.n_drops = 0;
}

static void filtered_strangers(struct facts *f)
{
	maybe_filtered(f);
	dropped(f, "NETFILTER_DROP", 30);
}

static void filter_counted_strangers(struct facts *f)
{
	maybe_filtered(f);
	rule.before = 7;
	rule.after = 40;
}

static void filter_cannot(struct facts *f)
{
	static struct rule_term tcp = { .match = RULE_L4PROTO, .lo = 6, .hi = 6 };

	filtered_as_many(f);
	rule.terms = &tcp;
}

/* This namespace's own counters tell of as many. */
static void counted(struct facts *f, int64_t n)
{
	static struct counter_facts c;

	c = (struct counter_facts){ .name = "UdpInErrors", .before = 4, .after = 4 + n };
	f->kernel.counters = &c;
	f->kernel.n_counters = 1;
}

static void wrong_sums(struct facts *f)
{
	unsaid(f);
	dropped(f, "UDP_CSUM", 2);
	counted(f, 2);
}

/* Two packets are dropped on any link, of whomever. */
static void drops_of_others(struct facts *f)
{
	unsaid(f);
	dropped(f, "NOT_SPECIFIED", 2);
	counted(f, 0);
}

static void drops_of_the_other_family(struct facts *f)
{
	wrong_sums(f);
	drop.protocol = 0x86dd;
}

/* Who has the name elsewhere may have had them: then nothing is known. */
static void wrong_sums_of_that_name(struct facts *f)
{
	wrong_sums(f);
	f->kernel.same_name = 1;
}

static void wrong_sums_of_few(struct facts *f)
{
	unsaid(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 20;
	dropped(f, "UDP_CSUM", 2);
}

/* --- data came in a session, and nothing out of the tun ---------------------------------- */

static void takes_nothing(struct facts *f, bool counts, int64_t rx_bytes)
{
	f->target.kind = TARGET_INTERFACE;
	facts_gap(f, NEED_STREAMS, "a far end that takes part is needed", NULL);
	facts_gap(f, NEED_ECHO_BACK, "the far end is not here", NULL);
	facts_gap(f, NEED_CONFIG_FAR, "the far end is not here", NULL);
	facts_gap(f, NEED_ENGINE_FAR, "the far end is not here", NULL);
	facts_gap(f, NEED_TAP_FAR_WIRE, "the far end is not here", NULL);
	facts_gap(f, NEED_TAP_FAR_TUN, "the far end is not here", NULL);
	f->ping_peer.received = f->loss_up.answered = 0;
	f->config[END_NEAR].n_peers = 1;
	memset(f->taps[TAP_NEAR_WIRE].msgs[TAP_IN], 0, sizeof(f->taps[TAP_NEAR_WIRE].msgs[TAP_IN]));
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_DATA] = 40;
	f->taps[TAP_NEAR_WIRE].keepalives[TAP_IN] = 0;
	f->taps[TAP_NEAR_WIRE].data_since = UNKNOWN;
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = f->taps[TAP_NEAR_TUN].echo_replies[TAP_IN] = 0;
	f->crypto[END_NEAR].known = counts;
	f->crypto[END_NEAR].opened = 0;
	f->crypto[END_NEAR].rx_bytes = rx_bytes;
	f->handshake.age_ns = 10 * NS_PER_S;
}

static void took_some(struct facts *f)
{
	takes_nothing(f, false, 4096);
}

static void never_had(struct facts *f)
{
	takes_nothing(f, true, 0);
}

static void socket_dropped(struct facts *f)
{
	takes_nothing(f, true, 0);
	made_refused(f, END_NEAR, "io_recv_overflow", "receive: the socket's buffer was full", 40);
}

static void sums_in_a_session(struct facts *f)
{
	takes_nothing(f, false, 0);
	dropped(f, "UDP_CSUM", 40);
	counted(f, 40);
}

static void filter_maybe_in_a_session(struct facts *f)
{
	maybe_filtered(f);
	made_healthy(f);
	takes_nothing(f, false, 0);
	f->firewall.rules = &rule;
	f->firewall.n_rules = f->firewall.n_all_rules = 1;
	f->kernel.events_lost = UNKNOWN;
}

static void another_session(struct facts *f, uint64_t n)
{
	takes_nothing(f, true, 0);
	made_refused(f, END_NEAR, "in_unknown_index", "no session of ours has that index", n);
}

static void of_another_session(struct facts *f)
{
	another_session(f, 40);
}

struct row {
	const char *name;
	void (*change)(struct facts *f);
	const char *cause; /* NULL: none of this file's */
	enum side side;
	const char *command; /* part of the first to type, or NULL */
};

static const struct row table[] = {
	{ "does not open", not_opened, "psk-mismatch", SIDE_UNKNOWN, "sha256sum" },
	{ "not used, and not said why", unsaid, "psk-mismatch", SIDE_UNKNOWN, "sha256sum" },
	{ "the log says so", go_says, "psk-mismatch", SIDE_UNKNOWN, "sha256sum" },
	{ "answered in vain", in_vain, "psk-mismatch", SIDE_UNKNOWN, "sha256sum" },
	{ "border: never had them", vanished, NULL, SIDE_UNKNOWN, NULL },
	{ "border: the kernel took them", by_rp_filter, "rp-filter", SIDE_LOCAL, "src_valid" },
	{ "border: it had a session", had_one, NULL, SIDE_UNKNOWN, NULL },
	{ "border: it made use of it, and the engine never had that", made_use, NULL, SIDE_LOCAL,
	  NULL },
	{ "border: the log does not say so, and a filter may", maybe_filtered, NULL, SIDE_UNKNOWN,
	  "nft -a" },
	{ "border: filters dropped as many", filtered_as_many, NULL, SIDE_UNKNOWN, NULL },
	{ "filters dropped none", filtered_none, "psk-mismatch", SIDE_UNKNOWN, "sha256sum" },
	{ "filters dropped strangers'", filtered_strangers, "psk-mismatch", SIDE_UNKNOWN, NULL },
	{ "a filter counted strangers'", filter_counted_strangers, "psk-mismatch", SIDE_UNKNOWN,
	  NULL },
	{ "no rule can have taken them", filter_cannot, "psk-mismatch", SIDE_UNKNOWN, NULL },
	{ "border: their checksums are wrong", wrong_sums, NULL, SIDE_LOCAL, NULL },
	{ "border: those of somebody are", wrong_sums_of_that_name, NULL, SIDE_UNKNOWN, NULL },
	{ "drops of others", drops_of_others, "psk-mismatch", SIDE_UNKNOWN, NULL },
	{ "drops of the other family", drops_of_the_other_family, "psk-mismatch", SIDE_UNKNOWN,
	  NULL },
	{ "those of a few are", wrong_sums_of_few, "psk-mismatch", SIDE_UNKNOWN, NULL },
	{ "it took what came", took_some, "no-data-back", SIDE_UNKNOWN, "at the far end" },
	{ "border: it never had what came", never_had, NULL, SIDE_LOCAL, NULL },
	{ "border: its socket dropped what came", socket_dropped, NULL, SIDE_LOCAL, NULL },
	{ "border: the checksums are wrong", sums_in_a_session, NULL, SIDE_LOCAL, NULL },
	{ "border: a filter may take what comes", filter_maybe_in_a_session, NULL, SIDE_UNKNOWN,
	  NULL },
	{ "border: another session is meant", of_another_session, NULL, SIDE_UNKNOWN, NULL },
	{ "stopped", stopped, "dead-engine", SIDE_LOCAL, "kill -CONT 77" },
	{ "gone", gone, "dead-engine", SIDE_LOCAL, NULL },
	{ "border: answers garbage", garbage, NULL, SIDE_LOCAL, NULL },
	{ "no tun device", not_started, "engine-cannot-start", SIDE_LOCAL, "modprobe tun" },
	{ "self ping into the tun", self_ping, "self-ping-utun", SIDE_NONE, "route" },
	{ "a filter takes the question for the gateway", filtered_neighbour, "local-firewall",
	  SIDE_LOCAL, "nft chain" },
	{ "one that is left over", left_over_neighbour, "leftover-rules", SIDE_LOCAL, "nft list" },
	{ "a filter takes its answer", filtered_answer, "local-firewall", SIDE_LOCAL, NULL },
	{ "border: the question is ARP", filtered_no_arp, "no-uplink", SIDE_LOCAL, NULL },
	{ "border: the filter took nothing", filter_is_idle, "no-uplink", SIDE_LOCAL, NULL },
	{ "border: it lets it go", filter_lets_it_go, "no-uplink", SIDE_LOCAL, NULL },
	{ "border: it takes some", filter_takes_some, "no-uplink", SIDE_LOCAL, NULL },
	{ "border: self ping by lo", self_ping_by_lo, NULL, SIDE_LOCAL, NULL },
};

static void each(void **state)
{
	struct findings all;
	struct verdict v;
	struct facts f;
	struct arena a;
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(table); i++) {
		const struct row *r = &table[i];

		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		r->change(&f);
		checks_run(&f, NULL, &all);
		verdict_of(&f, &all, &v);
		print_message("# %s: %s %s: %s\n", r->name, state_str(v.state),
			      v.cause ? v.cause : "-", v.summary);
		assert_string_equal(v.cause ? v.cause : "-", r->cause ? r->cause : "-");
		assert_int_equal(v.side, r->side);
		for (k = 0; k < v.n_next; k++)
			assert_null(strstr(v.next[k], "{if}"));
		if (r->cause)
			assert_non_null(v.fix);
		if (r->cause && r->command) {
			assert_true(v.n_fix_commands > 0);
			assert_non_null(strstr(v.fix_commands[0], r->command));
		}
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each),
	};

	return cmocka_run_group_tests_name("verdict/cause_this_host", tests, NULL, NULL);
}
