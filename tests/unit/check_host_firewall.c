/* host.firewall: blamed only for what was seen; "could hit" otherwise; never on a healthy tunnel. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/made_facts.h"

static struct rule_term terms[4];
static struct rule_facts rules[4];

static struct rule_facts *rule(struct facts *f, const char *hook, const char *says, int64_t moved)
{
	struct rule_facts *r = &rules[f->firewall.n_rules++];

	if (f->firewall.n_rules == 1)
		memset(terms, 0, sizeof(terms));
	*r = (struct rule_facts){
		.family = "inet",
		.table = "filter",
		.chain = hook ? hook : "sub",
		.hook = hook,
		.says = says,
		.handle = 7 + (int64_t)f->firewall.n_rules,
		.before = moved == UNKNOWN ? UNKNOWN : 1000,
		.after = moved == UNKNOWN ? UNKNOWN : 1000 + moved,
		.pass_from = UNKNOWN,
		.n_pass = UNKNOWN,
	};
	f->firewall.rules = rules;
	f->firewall.n_all_rules = 12;
	return r;
}

static void with(struct rule_facts *r, struct rule_term t)
{
	static size_t used;

	if (r == rules)
		used = 0;
	terms[used] = t;
	r->terms = &terms[used++];
	r->n_terms = 1;
}

static void nothing_comes(struct facts *f)
{
	f->ping_peer.received = 0;
	facts_gap(f, NEED_STREAMS, "nothing comes through", NULL);
}

static void tun_drop(struct facts *f, int64_t moved)
{
	with(rule(f, "input", "iifname \"wgd7f3a0\" counter drop", moved),
	     (struct rule_term){ .match = RULE_IIF, .text = "wgd7f3a0" });
}

static void drops(struct facts *f)
{
	nothing_comes(f);
	tun_drop(f, 10);
}

static void rejects(struct facts *f)
{
	drops(f);
	rules[0].reject = true;
}

static void drops_on_a_host(struct facts *f)
{
	drops(f);
	f->target.kind = TARGET_INTERFACE;
}

static void drops_twice(struct facts *f)
{
	drops(f);
	with(rule(f, "output", "ip daddr 10.90.17.2 counter drop", 3),
	     (struct rule_term){ .match = RULE_DADDR, .net = made_net("10.90.17.2/32") });
}

static void drops_outer(struct facts *f)
{
	made_silent(f);
	with(rule(f, "output", "udp dport 23456 counter drop", 3),
	     (struct rule_term){ .match = RULE_DPORT, .lo = 23456, .hi = 23456 });
}

static void healthy_and_moved(struct facts *f)
{
	tun_drop(f, 10);
}

static void did_not_move(struct facts *f)
{
	nothing_comes(f);
	tun_drop(f, 0);
}

static void no_counter(struct facts *f)
{
	nothing_comes(f);
	tun_drop(f, UNKNOWN);
}

static void healthy_no_counter(struct facts *f)
{
	tun_drop(f, UNKNOWN);
}

static void counter_set_back(struct facts *f)
{
	drops(f);
	rules[0].after = 4;
}

static void came_meanwhile(struct facts *f)
{
	drops(f);
	rules[0].before = UNKNOWN;
}

static void came_on_a_host(struct facts *f)
{
	came_meanwhile(f);
	f->target.kind = TARGET_INTERFACE;
}

/* One way to the rule is by our device; the counter may have moved by the other. */
static void two_ways_on_a_host(struct facts *f)
{
	drops_on_a_host(f);
	with(rule(f, "input", "iifname \"wgd7f3a0\" counter drop", 10),
	     (struct rule_term){ .match = RULE_IIF, .text = "eth7" });
	rules[1].handle = rules[0].handle;
}

static void by_chance(struct facts *f)
{
	nothing_comes(f);
	with(rule(f, "input", "numgen random mod 2 0 counter drop", 4),
	     (struct rule_term){ .match = RULE_SHARE, .text = "numgen" });
}

static void not_ours(struct facts *f)
{
	nothing_comes(f);
	with(rule(f, "input", "iifname \"eth7\" counter drop", 500),
	     (struct rule_term){ .match = RULE_IIF, .text = "eth7" });
}

static void forward_only(struct facts *f)
{
	drops(f);
	rules[0].hook = "forward";
}

static void other_term(struct facts *f)
{
	nothing_comes(f);
	with(rule(f, "input", "ct state invalid counter drop", 10),
	     (struct rule_term){ .match = RULE_OTHER, .text = "ct state invalid" });
}

/* Nobody else sends in a namespace of our own. */
static void catch_all(struct facts *f)
{
	nothing_comes(f);
	rule(f, "input", "counter drop", 10);
}

/* On a host anybody's packets move it. */
static void catch_all_on_a_host(struct facts *f)
{
	catch_all(f);
	f->target.kind = TARGET_INTERFACE;
}

/* What jumps there may ask for more. */
static void catch_all_jumped_to(struct facts *f)
{
	nothing_comes(f);
	rule(f, NULL, "counter drop", 10);
}

static void policy(struct facts *f)
{
	struct rule_facts *r;

	nothing_comes(f);
	r = rule(f, "input", "policy drop", UNKNOWN);
	r->policy = true;
	r->handle = UNKNOWN;
}

static void healthy_policy(struct facts *f)
{
	policy(f);
	made_healthy(f);
	f->firewall = (struct firewall_facts){ .rules = rules, .n_rules = 1, .n_all_rules = 12 };
}

/* The one that moved is told, not the one that may do nothing. */
static void policy_and_moved(struct facts *f)
{
	policy(f);
	with(rule(f, "output", "meta mark 1 counter drop", 4),
	     (struct rule_term){ .match = RULE_OTHER, .text = "meta mark 1" });
}

/* --- without a counter: what was seen to be taken --- */

static struct pass_facts passes[1];

/* Nothing before it lets a packet go. */
static struct rule_facts *reached(struct rule_facts *r)
{
	r->pass_from = r->n_pass = 0;
	return r;
}

/* One does, or may. */
static void let_go(struct facts *f, struct rule_facts *r, struct rule_term *t)
{
	passes[0] = (struct pass_facts){ .terms = t, .n_terms = 1 };
	f->firewall.passes = passes;
	f->firewall.n_passes = 1;
	r->pass_from = 0;
	r->n_pass = 1;
}

/* 16 replies came out of the tun. */
static void gone_in(struct facts *f)
{
	no_counter(f);
	reached(&rules[0]);
}

static void gone_in_none_came(struct facts *f)
{
	gone_in(f);
	f->taps[TAP_NEAR_TUN].echo_replies[TAP_IN] = 0;
}

static void gone_in_other_device(struct facts *f)
{
	static struct rule_term lo = { .match = RULE_IIF, .text = "lo" };

	gone_in(f);
	let_go(f, &rules[0], &lo);
}

static void gone_in_established(struct facts *f)
{
	static struct rule_term ct = { .match = RULE_OTHER, .text = "ct state established" };

	gone_in(f);
	let_go(f, &rules[0], &ct);
}

static void accepted_before(struct facts *f)
{
	static struct rule_term tun = { .match = RULE_IIF, .text = "wgd7f3a0" };

	gone_in(f);
	let_go(f, &rules[0], &tun);
}

static void accepted_by_chance(struct facts *f)
{
	static struct rule_term share = { .match = RULE_SHARE, .text = "limit" };

	gone_in(f);
	let_go(f, &rules[0], &share);
}

static void policy_gone_in(struct facts *f)
{
	policy(f);
	reached(&rules[0]);
}

static void policy_accepts_established(struct facts *f)
{
	static struct rule_term ct = { .match = RULE_OTHER, .text = "ct state established" };

	policy(f);
	let_go(f, &rules[0], &ct);
}

static void not_permitted(struct facts *f)
{
	nothing_comes(f);
	f->ping_peer.sent = 0;
	f->ping_peer.send_errors = 10;
	f->ping_peer.send_error = "Operation not permitted";
	f->ping_peer.not_permitted = true;
}

static void refused_out(struct facts *f)
{
	not_permitted(f);
	with(rule(f, "output", "oifname \"wgd7f3a0\" drop", UNKNOWN),
	     (struct rule_term){ .match = RULE_OIF, .text = "wgd7f3a0" });
}

/* That it did not count is told. */
static void refused_and_idle(struct facts *f)
{
	refused_out(f);
	rules[0].before = rules[0].after = 4;
}

static void refused_policy(struct facts *f)
{
	static struct rule_term ct = { .match = RULE_OTHER, .text = "ct state established" };
	struct rule_facts *r;

	not_permitted(f);
	r = rule(f, "output", "policy drop", UNKNOWN);
	r->policy = true;
	r->handle = UNKNOWN;
	let_go(f, r, &ct);
}

static void refused_by_which(struct facts *f)
{
	refused_policy(f);
	with(rule(f, "output", "meta mark 1 drop", UNKNOWN),
	     (struct rule_term){ .match = RULE_OTHER, .text = "meta mark 1" });
}

/* The one that surely takes it, and not the one that may. */
static void refused_surely(struct facts *f)
{
	refused_by_which(f);
	rules[1].terms[0] = (struct rule_term){ .match = RULE_OIF, .text = "wgd7f3a0" };
}

static void refused_by_none(struct facts *f)
{
	refused_out(f);
	rules[0].hook = "input";
	terms[0] = (struct rule_term){ .match = RULE_IIF, .text = "eth7" };
}

/* For want of a socket, say. */
static void not_sent_for_another_reason(struct facts *f)
{
	refused_out(f);
	f->ping_peer.not_permitted = false;
}

static void engine_refused(struct facts *f)
{
	made_silent(f);
	made_refused(f, END_NEAR, "io_send_perm", "send: refused", 12);
	with(rule(f, "output", "udp dport 23456 drop", UNKNOWN),
	     (struct rule_term){ .match = RULE_DPORT, .lo = 23456, .hi = 23456 });
}

/* An egress hook, whose device older versions of nft do not name; ENOBUFS, and the queue is whole. */
static void egress(struct facts *f, int64_t queue)
{
	static struct counter_facts c;

	made_silent(f);
	made_refused(f, END_NEAR, "io_send_nobufs", "queue full, or a firewall", 3);
	with(rule(f, "egress", "udp dport 23456 drop", UNKNOWN),
	     (struct rule_term){ .match = RULE_DPORT, .lo = 23456, .hi = 23456 });
	rules[0].family = "netdev";
	c = (struct counter_facts){ .name = COUNTER_QDISC_WIRE, .before = 7, .after = queue };
	f->kernel.counters = &c;
	f->kernel.n_counters = 1;
}

static void egress_took(struct facts *f)
{
	egress(f, 7);
}

static void queue_took(struct facts *f)
{
	egress(f, 8);
}

static void egress_and_queue_unseen(struct facts *f)
{
	egress(f, UNKNOWN);
}

static void none_left(struct facts *f)
{
	made_silent(f);
	with(reached(rule(f, "output", "udp dport 23456 drop", UNKNOWN)),
	     (struct rule_term){ .match = RULE_DPORT, .lo = 23456, .hi = 23456 });
	memset(f->taps[TAP_NEAR_WIRE].msgs, 0, sizeof(f->taps[TAP_NEAR_WIRE].msgs));
	f->taps[TAP_NEAR_TUN].packets[TAP_OUT] = 7;
	f->target.kind = TARGET_INTERFACE;
	facts_gap(f, NEED_PING_PEER, "no handshake", NULL);
	f->crypto[END_NEAR].last_handshake_wall_ns = 0;
}

static void some_left(struct facts *f)
{
	none_left(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 1;
}

/* By which link it leaves is the route's word. */
static void none_left_by_link(struct facts *f)
{
	none_left(f);
	terms[0] = (struct rule_term){ .match = RULE_OIF, .text = f->wire[END_NEAR].name };
}

static void none_taken(struct facts *f)
{
	none_left(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 2;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 2;
	f->crypto[END_NEAR].rx_bytes = 0;
	rules[0].hook = "input";
	terms[0] = (struct rule_term){ .match = RULE_SPORT, .lo = 23456, .hi = 23456 };
}

static void some_taken(struct facts *f)
{
	none_taken(f);
	f->crypto[END_NEAR].rx_bytes = 92;
}

static void cut_short(struct facts *f)
{
	drops(f);
	f->interrupted = true;
}

static void unread(struct facts *f)
{
	nothing_comes(f);
	f->firewall.unread = "iptables-legacy has rules";
}

static void healthy_unread(struct facts *f)
{
	f->firewall.unread = "iptables-legacy has rules";
}

static void one_datagram(struct facts *f)
{
	f->streams[4].received--;
	tun_drop(f, 1);
}

static void not_started(struct facts *f)
{
	made_not_started(f, "no /dev/net/tun");
}

static void unseen(struct facts *f)
{
	facts_gap(f, NEED_FIREWALL, "reading rules: Operation not permitted", "run as root");
}

/*
 * A chain of one device, which older versions of nft do not name. What came is missing in the
 * engine, the kernel says what took it, and the counter whose it was.
 */
static void told(struct facts *f, int64_t dropped, int64_t moved)
{
	static struct drop_facts d;
	struct tap_facts *wire = &f->taps[TAP_NEAR_WIRE];
	int i;

	f->target.kind = TARGET_INTERFACE;
	nothing_comes(f);
	f->crypto[END_NEAR].rx_bytes = f->crypto[END_NEAR].opened = 0;
	f->crypto[END_NEAR].last_handshake_wall_ns = f->started_wall_ns - NS_PER_S;
	for (i = WG_MSG_NONE; i <= WG_MSG_DATA; i++)
		wire->msgs[TAP_IN][i] = i == WG_MSG_DATA ? 37 : 0;
	d = (struct drop_facts){
		.dev = f->wire[END_NEAR].name,
		.dir = "in",
		.reason = "NETFILTER_DROP",
		.location = "nft_do_chain",
		.protocol = 0x0800,
		.count = dropped,
	};
	f->kernel.drops = &d;
	f->kernel.n_drops = 1;
	f->kernel.events_lost = 0;
	f->kernel.same_name = 1; /* an eth0 is everywhere */
	with(rule(f, "ingress", "ip protocol udp counter drop", moved),
	     (struct rule_term){ .match = RULE_L4PROTO, .lo = 17, .hi = 17 });
	rules[0].family = "netdev";
}

static void kernel_told(struct facts *f)
{
	told(f, 37, 37);
}

static void kernel_told_of_less(struct facts *f)
{
	told(f, 20, 20);
}

static void counter_told_of_less(struct facts *f)
{
	told(f, 37, 30);
}

static void kernel_told_and_lost_events(struct facts *f)
{
	told(f, 37, 37);
	f->kernel.events_lost = 1;
}

/* Nobody watched what the kernel drops. */
static void counted(struct facts *f, int64_t moved)
{
	told(f, 37, moved);
	f->kernel.n_drops = 0;
	f->kernel.events_lost = f->kernel.same_name = UNKNOWN;
}

static void counted_about(struct facts *f)
{
	counted(f, 34);
}

static void counted_less(struct facts *f)
{
	counted(f, 31);
}

static void counted_few(struct facts *f)
{
	counted(f, 4);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_DATA] = 4;
}

static void counted_by_two(struct facts *f)
{
	counted(f, 37);
	with(rule(f, "input", "ct state invalid counter drop", 37),
	     (struct rule_term){ .match = RULE_CT_STATE });
}

static void counted_and_taken(struct facts *f)
{
	counted(f, 37);
	f->crypto[END_NEAR].known = false;
	f->crypto[END_NEAR].rx_bytes = 4096;
}

/* Of a handshake only two come; who has that port is the peer. */
static void rule_took_two(struct facts *f)
{
	told(f, 2, UNKNOWN);
	f->kernel.same_name = 0;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_DATA] = 0;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 2;
}

static void own_rule_took_two(struct facts *f)
{
	rule_took_two(f);
	terms[0] = (struct rule_term){ .match = RULE_SPORT, .lo = 23456, .hi = 23456 };
}

/* The rule has no counter: it was that one where no other can have been. */
static void told_without_counter(struct facts *f)
{
	told(f, 37, UNKNOWN);
	f->kernel.same_name = 0;
}

static void told_of_that_name(struct facts *f)
{
	told(f, 37, UNKNOWN);
}

static void told_and_two_could(struct facts *f)
{
	told_without_counter(f);
	with(rule(f, "input", "udp dport 1-65535 limit rate 5/second drop", UNKNOWN),
	     (struct rule_term){ .match = RULE_L4PROTO, .lo = 17, .hi = 17 });
}

static void told_and_the_other_cannot(struct facts *f)
{
	told_and_two_could(f);
	rules[1].before = rules[1].after = 5;
	with(rule(f, "input", "tcp drop", UNKNOWN),
	     (struct rule_term){ .match = RULE_L4PROTO, .lo = 6, .hi = 6 });
}

static void told_and_not_all_read(struct facts *f)
{
	told_without_counter(f);
	f->firewall.unread = "the rules of iptables-legacy";
}

/* Before nft_do_chain told its own, and by iptables-legacy, it is whoever was asked. */
static void told_by_any_filter(struct facts *f)
{
	told_without_counter(f);
	f->kernel.drops[0].location = "nf_hook_slow";
}

/* It takes what is sent too fast: some passes, and whole transfers need a far end that takes part. */
static void refused_over_a_rate(struct facts *f)
{
	f->target.kind = TARGET_INTERFACE;
	facts_gap(f, NEED_STREAMS, "a far end that takes part is needed", NULL);
	facts_gap(f, NEED_ECHO_BACK, "the far end is not here", NULL);
	facts_gap(f, NEED_CONFIG_FAR, "the far end is not here", NULL);
	facts_gap(f, NEED_ENGINE_FAR, "the far end is not here", NULL);
	made_refused(f, END_NEAR, "io_send_perm", "refused", 120);
	f->loss_up.answered = f->loss_up.probes - 120;
	with(rule(f, "output", "udp dport 23456 limit rate over 40/second drop", UNKNOWN),
	     (struct rule_term){ .match = RULE_DPORT, .lo = 23456, .hi = 23456 });
}

static void refused_and_nothing_missing(struct facts *f)
{
	refused_over_a_rate(f);
	f->loss_up.answered = f->loss_up.probes;
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "no rule that drops in this namespace (0 rules read)",
	  NULL },
	{ "drops", drops, STATE_FAIL,
	  "rule 8 in inet filter input dropped 10 packets (inner in): iifname", NULL },
	{ "rejects", rejects, STATE_FAIL, "rejected 10 packets", NULL },
	{ "on a host too", drops_on_a_host, STATE_FAIL, "dropped 10 packets", NULL },
	{ "two", drops_twice, STATE_FAIL, "drop; and 1 more", NULL },
	{ "outside", drops_outer, STATE_FAIL, "dropped 3 packets (outer out)", NULL },
	{ "one datagram", one_datagram, STATE_FAIL, "dropped 1 packet (inner in)", NULL },
	{ "border: all came through", healthy_and_moved, STATE_PASS,
	  "all data came through; 1 of 1 rule that drop could hit it and did not (12 rules read)",
	  NULL },
	{ "border: it did not move", did_not_move, STATE_PASS, "none of 1 rule that drop hit",
	  NULL },
	{ "no counter", no_counter, STATE_WARN,
	  "could hit (inner in; no counter of its own): iifname", NULL },
	{ "border: no counter, all came through", healthy_no_counter, STATE_PASS, "all data came",
	  NULL },
	{ "counter set back", counter_set_back, STATE_WARN, "its counter was set back", NULL },
	{ "new", came_meanwhile, STATE_FAIL, "dropped 1010 packets", NULL },
	{ "border: new on a host", came_on_a_host, STATE_WARN, "new since the start, counter at ",
	  NULL },
	{ "two ways, one counter", two_ways_on_a_host, STATE_WARN, "could hit", NULL },
	{ "some by chance", by_chance, STATE_FAIL, "dropped 4 packets", NULL },
	{ "not ours", not_ours, STATE_PASS, "none of 1 rule that drop can hit", NULL },
	{ "border: forwarding only", forward_only, STATE_PASS, "can hit", NULL },
	{ "a term not judged", other_term, STATE_WARN, "could hit", NULL },
	{ "everything", catch_all, STATE_FAIL, "dropped 10 packets", NULL },
	{ "border: everything, on a host", catch_all_on_a_host, STATE_WARN,
	  "could hit (outer in; 10 packets over the run)", NULL },
	{ "border: everything, jumped to", catch_all_jumped_to, STATE_WARN, "could hit", NULL },
	{ "policy", policy, STATE_WARN, "policy of inet filter input could hit", NULL },
	{ "border: policy, all came through", healthy_policy, STATE_PASS, "all data came", NULL },
	{ "the one that moved first", policy_and_moved, STATE_WARN, "rule 9 in inet filter output",
	  NULL },
	{ "no counter, replies are gone", gone_in, STATE_FAIL,
	  "rule 8 in inet filter input drops (inner in; 16 replies came out of the tun, and none "
	  "was received): iifname",
	  NULL },
	{ "border: none came", gone_in_none_came, STATE_WARN, "could hit", NULL },
	{ "accepted before: other packets", gone_in_other_device, STATE_FAIL, "16 replies", NULL },
	{ "border: accepted before, it may be ours", gone_in_established, STATE_WARN, "could hit",
	  NULL },
	{ "border: accepted before, a share", accepted_by_chance, STATE_WARN, "could hit", NULL },
	{ "accepted before: ours", accepted_before, STATE_PASS, "can hit", NULL },
	{ "a policy alone, replies are gone", policy_gone_in, STATE_FAIL,
	  "policy of inet filter input drops (inner in; 16 replies", NULL },
	{ "border: a policy behind a rule not judged", policy_accepts_established, STATE_WARN,
	  "policy of inet filter input could hit", NULL },
	{ "sending was refused", refused_out, STATE_FAIL,
	  "rule 8 in inet filter output drops (inner out; sending was refused: Operation not "
	  "permitted): oifname",
	  NULL },
	{ "border: refused, and it counted nothing", refused_and_idle, STATE_WARN,
	  "Operation not permitted, and no rule that was read does that", NULL },
	{ "refused, one may have", refused_policy, STATE_FAIL,
	  "policy of inet filter output drops (inner out; sending was refused", NULL },
	{ "border: refused, two may have", refused_by_which, STATE_WARN, "could hit", NULL },
	{ "refused, one surely", refused_surely, STATE_FAIL, "rule 9 in inet filter output", NULL },
	{ "refused, by none that was read", refused_by_none, STATE_WARN,
	  "sending was refused: Operation not permitted, and no rule that was read", NULL },
	{ "border: not sent for another reason", not_sent_for_another_reason, STATE_WARN,
	  "could hit", NULL },
	{ "the engine was refused", engine_refused, STATE_FAIL,
	  "(outer out; the engine's sending was refused 12 times): udp", NULL },
	{ "an egress hook", egress_took, STATE_FAIL,
	  "(outer out; the engine's sending was refused 3 times, and no queue", NULL },
	{ "border: the queue took it", queue_took, STATE_WARN, "could hit", NULL },
	{ "border: the queue was not seen", egress_and_queue_unseen, STATE_WARN, "could hit",
	  NULL },
	{ "no message left", none_left, STATE_FAIL,
	  "(outer out; 7 packets entered the tun, and no message left wgw7f3a0): udp", NULL },
	{ "border: one left", some_left, STATE_WARN, "could hit", NULL },
	{ "border: a rule for a link", none_left_by_link, STATE_WARN, "could hit", NULL },
	{ "no message was taken", none_taken, STATE_FAIL,
	  "(outer in; 2 messages came on wgw7f3a0, and the engine took none): udp", NULL },
	{ "border: some were", some_taken, STATE_WARN, "could hit", NULL },
	{ "border: cut short", cut_short, STATE_UNSURE, "could hit", NULL },
	{ "some not read", unread, STATE_UNSURE, "not read: iptables-legacy has rules", NULL },
	{ "border: some not read, all came through", healthy_unread, STATE_PASS,
	  "not read: iptables-legacy has rules", NULL },
	{ "not started", not_started, STATE_SKIP, "did not start", "engine.start" },
	{ "gap", unseen, STATE_SKIP, "Operation not permitted", NULL },
	{ "the kernel told whose they are", kernel_told, STATE_FAIL,
	  "the kernel's filter dropped 37 that came in by", NULL },
	{ "border: the kernel took less than is missing", kernel_told_of_less, STATE_WARN,
	  "could hit", NULL },
	{ "border: that rule took less", counter_told_of_less, STATE_WARN, "could hit", NULL },
	{ "what the kernel told has gaps, and its counter has none", kernel_told_and_lost_events,
	  STATE_FAIL, "its counter rose by 37, and of what came by", NULL },
	{ "its counter told, one in ten beside", counted_about, STATE_FAIL, "rose by 34", NULL },
	{ "border: more beside", counted_less, STATE_WARN, "could hit", NULL },
	{ "border: too few to be sure", counted_few, STATE_WARN, "could hit", NULL },
	{ "border: two counters rose so", counted_by_two, STATE_WARN, "could hit", NULL },
	{ "border: the engine had them", counted_and_taken, STATE_WARN, "could hit", NULL },
	{ "a rule for this tunnel alone took two", own_rule_took_two, STATE_FAIL,
	  "the kernel's filter dropped 2 that came in by", NULL },
	{ "border: two, by a rule for all", rule_took_two, STATE_WARN, "could hit", NULL },
	{ "told, and it has no counter", told_without_counter, STATE_FAIL, "rule 8 in netdev",
	  NULL },
	{ "border: told, of a device of that name", told_of_that_name, STATE_WARN, "could hit",
	  NULL },
	{ "border: told, and two could have", told_and_two_could, STATE_WARN, "and 1 more", NULL },
	{ "told, and others cannot have", told_and_the_other_cannot, STATE_FAIL, "rule 8 in netdev",
	  NULL },
	{ "border: told, and not all was read", told_and_not_all_read, STATE_WARN, "could hit",
	  NULL },
	{ "border: told, by whichever filter", told_by_any_filter, STATE_WARN, "could hit", NULL },
	{ "over a rate, and the engine was told", refused_over_a_rate, STATE_FAIL,
	  "the engine's sending was refused 120 times", NULL },
	{ "border: and nothing is missing", refused_and_nothing_missing, STATE_UNSURE, "could hit",
	  NULL },
};

static void firewalls(void **state)
{
	(void)state;
	check_cases_run("host.firewall", cases, ARRAY_LEN(cases));
}

static const struct finding *row_of(void (*change)(struct facts *f), struct findings *all,
				    struct facts *f)
{
	made_healthy(f);
	change(f);
	checks_run(f, NULL, all);
	return made_row(all, "host.firewall");
}

static void left_over(struct facts *f)
{
	drops(f);
	f->firewall.rules[0].absent = "wg9";
}

static void remedy_can_be_typed(void **state)
{
	const struct finding *row;
	struct findings all;
	struct facts f;
	struct arena a;

	(void)state;
	arena_init(&a);
	findings_init(&all, &a);
	row = row_of(drops, &all, &f);
	assert_string_equal(row->commands[0], "nft delete rule inet filter input handle 8");
	assert_non_null(strstr(row->remedy, "nft -a list chain inet filter input"));
	assert_true((row->signs & SIGN_BIT(SIGN_FILTER_TOOK)) != 0);
	assert_true((row->signs & SIGN_BIT(SIGN_FILTER_LEFT_OVER)) == 0);
	findings_init(&all, &a);
	row = row_of(policy, &all, &f);
	assert_string_equal(row->commands[0], "nft chain inet filter input '{ policy accept; }'");
	/* Of a tunnel that is gone: the whole table. */
	findings_init(&all, &a);
	row = row_of(left_over, &all, &f);
	assert_true((row->signs & SIGN_BIT(SIGN_FILTER_LEFT_OVER)) != 0);
	assert_non_null(strstr(row->remedy, "it is for wg9,"));
	assert_string_equal(row->commands[0],
			    "nft list table inet filter; nft delete table inet filter");
	arena_done(&a);
}

/* A rule that drops echoes is the cause of a peer that does not answer them. */
static void explains_silence(void **state)
{
	struct findings all;
	struct facts f;
	struct arena a;

	(void)state;
	arena_init(&a);
	findings_init(&all, &a);
	assert_int_equal(row_of(drops, &all, &f)->takes & TRAFFIC_OUTER, 0);
	assert_string_equal(made_row(&all, "ping.peer")->caused_by, "host.firewall");
	findings_init(&all, &a);
	assert_int_equal(row_of(drops_outer, &all, &f)->takes, TRAFFIC_ALL);
	assert_string_equal(made_row(&all, "handshake.complete")->caused_by, "host.firewall");
	arena_done(&a);
}

/* A rule, what is missing beside it, and which rows are its consequences. */
static void drops_udp(struct facts *f)
{
	f->streams[4].received = 0; /* UDP, me → peer, IPv4 */
	f->ping_peer.received = 0;
	with(rule(f, "output", "oifname \"wgd7f3a0\" udp counter drop", 32),
	     (struct rule_term){ .match = RULE_OIF, .text = "wgd7f3a0" });
	terms[1] = (struct rule_term){ .match = RULE_L4PROTO, .lo = 17, .hi = 17 };
	rules[0].n_terms = 2;
}

/* Towards us it takes nothing. */
static void drops_udp_the_other_way(struct facts *f)
{
	drops_udp(f);
	f->ping_peer.received = f->ping_peer.sent;
	f->streams[4].received = f->streams[4].sent;
	f->streams[5].received = 0; /* UDP, peer → me, IPv4 */
}

static void drops_echo(struct facts *f)
{
	drops_udp(f);
	rules[0].terms[1].lo = rules[0].terms[1].hi = 1;
}

static void explains_what_it_can_take(void **state)
{
	static const struct {
		void (*change)(struct facts *f);
		const char *id, *cause;
	} rows[] = {
		{ drops_udp, "ping.peer", NULL },
		{ drops_udp, "data.both-ways", "host.firewall" },
		{ drops_udp_the_other_way, "data.both-ways", NULL },
		{ drops_echo, "ping.peer", "host.firewall" },
		/* It misses UDP too, which no rule takes; but nothing came back at all. */
		{ drops_echo, "data.both-ways", "ping.peer" },
	};
	struct findings all;
	struct facts f;
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		const struct finding *row;

		findings_init(&all, &a);
		assert_int_equal(row_of(rows[i].change, &all, &f)->state, STATE_FAIL);
		row = made_row(&all, rows[i].id);
		assert_int_equal(row->state, STATE_FAIL);
		assert_string_equal(row->caused_by ? row->caused_by : "-",
				    rows[i].cause ? rows[i].cause : "-");
	}
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(firewalls),
		cmocka_unit_test(remedy_can_be_typed),
		cmocka_unit_test(explains_silence),
		cmocka_unit_test(explains_what_it_can_take),
	};

	return cmocka_run_group_tests_name("host.firewall", tests, NULL, NULL);
}
