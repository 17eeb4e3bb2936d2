/*
 * kernel.drops: the filter is blamed only for as many as were seen to arrive and reached nobody;
 * other drops at the tunnel's own devices only where probes are missing.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "check/drops.h"
#include "lib/made_facts.h"

static void counted(struct facts *f, int64_t n)
{
	f->kernel.rpfilter_before = 1000;
	f->kernel.rpfilter_after = 1000 + n;
	f->kernel.rp_wire = f->kernel.rp_tun = f->kernel.rp_elsewhere = 1;
	f->kernel.src_valid_mark = 0;
	f->kernel.n_elsewhere = 0;
}

/* A tunnel of an interface whose peer answers twice, and the engine has none of it. */
static void unheard(struct facts *f)
{
	int i;

	made_silent(f);
	f->target.kind = TARGET_INTERFACE;
	f->crypto[END_NEAR].rx_bytes = 0;
	f->crypto[END_NEAR].opened = 0;
	f->ping_peer.received = 0;
	for (i = WG_MSG_NONE; i <= WG_MSG_DATA; i++)
		f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][i] = 0;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 2;
	counted(f, 2);
}

static void none(struct facts *f)
{
	counted(f, 0);
}

/* A busy host's, of a tunnel that works. */
static void others(struct facts *f)
{
	counted(f, 500);
}

static void elsewhere(struct facts *f)
{
	unheard(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 0;
	f->kernel.n_elsewhere = 2;
	f->kernel.elsewhere = "eth1";
}

static void too_few(struct facts *f)
{
	unheard(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 5;
}

static void loose(struct facts *f)
{
	unheard(f);
	f->kernel.rp_wire = 2;
}

/* It had them, and said why they were of no use. */
static void refused(struct facts *f)
{
	unheard(f);
	made_refused(f, END_NEAR, "in_response", "the response does not open", 2);
}

static void heard(struct facts *f)
{
	unheard(f);
	f->crypto[END_NEAR].rx_bytes = 92;
}

static void replies(struct facts *f)
{
	counted(f, 10);
	f->target.kind = TARGET_INTERFACE;
	f->ping_peer.received = f->ping_peer.late = 0;
	f->taps[TAP_NEAR_TUN].echo_replies[TAP_IN] = 10;
}

static void uncounted(struct facts *f)
{
	unheard(f);
	f->kernel.rpfilter_before = UNKNOWN;
}

/* --- what was watched -------------------------------------------------------------- */

/* A table that is read again by each case. */
static struct drop_facts seen[4];

static void watched(struct facts *f)
{
	counted(f, 0);
	f->target.kind = TARGET_INTERFACE;
	f->kernel.events_lost = 0;
	f->kernel.same_name = 0;
	f->kernel.drops = seen;
	f->kernel.n_drops = 0;
}

static void add(struct facts *f, const char *reason, const char *location, const char *dev,
		const char *dir, int64_t n)
{
	f->kernel.drops[f->kernel.n_drops++] = (struct drop_facts){
		.reason = reason,
		.location = location,
		.dev = dev,
		.dir = dir,
		.protocol = 0x0800,
		.count = n,
	};
}

/* Six of ten pings; at the tun that explains them. */
static void lossy(struct facts *f)
{
	watched(f);
	f->ping_peer.sent = 10;
	f->ping_peer.received = 4;
	f->ping_peer.late = 0;
}

static void silent(struct facts *f)
{
	lossy(f);
	f->ping_peer.received = 0;
}

static const char *tun_of(const struct facts *f)
{
	return f->tun[END_NEAR].name;
}

static const char *wire_of(const struct facts *f)
{
	return f->wire[END_NEAR].name;
}

static void watched_none(struct facts *f)
{
	watched(f);
}

static void noise_only(struct facts *f)
{
	lossy(f);
	add(f, "NO_SOCKET", "ping_rcv", tun_of(f), "in", 10);
	add(f, "NOT_SPECIFIED", "ip6_mc_input", wire_of(f), "in", 10);
	add(f, "TCP_OLD_DATA", "tcp_data_queue", tun_of(f), "in", 10);
	add(f, "QDISC_DROP", "__dev_queue_xmit", "docker0", "out", 10);
}

static void nothing_missing(struct facts *f)
{
	watched(f);
	add(f, "NETFILTER_DROP", "nft_do_chain", wire_of(f), "in", 10);
}

static void full_ring(struct facts *f)
{
	silent(f);
	add(f, "FULL_RING", "tun_net_xmit", tun_of(f), "out", 10);
}

static void some_full_ring(struct facts *f)
{
	lossy(f);
	add(f, "FULL_RING", "tun_net_xmit", tun_of(f), "out", 6);
}

static void too_few_dropped(struct facts *f)
{
	lossy(f);
	add(f, "FULL_RING", "tun_net_xmit", tun_of(f), "out", 2);
}

static void half_dropped(struct facts *f)
{
	lossy(f);
	add(f, "FULL_RING", "tun_net_xmit", tun_of(f), "out", 3);
}

static void unknown_reason(struct facts *f)
{
	silent(f);
	add(f, "WHAT_COMES_NEXT", NULL, tun_of(f), "in", 10);
}

static void no_room_for_pings(struct facts *f)
{
	silent(f);
	add(f, "NO_SOCKET", "__udp4_lib_rcv", tun_of(f), "in", 10);
}

/* A busy host's wire: the tunnel's messages all came out of the tun. */
static void others_wire(struct facts *f)
{
	lossy(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_DATA] = 50;
	f->taps[TAP_NEAR_WIRE].keepalives[TAP_IN] = 1;
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = 49;
	f->crypto[END_NEAR].known = false;
	add(f, "NO_SOCKET", "__udp4_lib_rcv", wire_of(f), "in", 100);
}

static void own_wire(struct facts *f)
{
	others_wire(f);
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = 43;
	f->kernel.drops[0].reason = "SOCKET_RCVBUFF";
	f->kernel.drops[0].count = 6;
}

static void own_wire_two_peers(struct facts *f)
{
	own_wire(f);
	f->config[END_NEAR].n_peers = 2;
}

static void own_wire_cut(struct facts *f)
{
	own_wire(f);
	f->taps[TAP_NEAR_WIRE].dropped = 1;
}

static void shaped(struct facts *f)
{
	lossy(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_DATA] = 44;
	f->taps[TAP_NEAR_TUN].packets[TAP_OUT] = 50;
	add(f, "QDISC_DROP", "__dev_queue_xmit", wire_of(f), "out", 6);
}

/* No session: what goes into the tun waits, and others' packets leave by the wire. */
static void shaped_no_session(struct facts *f)
{
	shaped(f);
	f->handshake.complete = false;
}

/* And nothing of what the engine sent was seen to leave. */
static void shaped_all(struct facts *f)
{
	int i;

	shaped_no_session(f);
	f->ping_peer.received = 0;
	for (i = WG_MSG_NONE; i <= WG_MSG_DATA; i++)
		f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][i] = 0;
	f->crypto[END_NEAR].tx_bytes = 148;
	f->kernel.drops[0].count = 1;
}

/* A host that is scanned while the peer's messages do not open. */
static void scanned(struct facts *f)
{
	unheard(f);
	f->handshake.complete = false;
	f->near_host.has_port = 1;
	f->kernel.rpfilter_after = f->kernel.rpfilter_before;
	f->kernel.events_lost = f->kernel.same_name = 0;
	f->kernel.drops = seen;
	f->kernel.n_drops = 0;
	add(f, "NO_SOCKET", "__udp4_lib_rcv", wire_of(f), "in", 2);
	add(f, "NETFILTER_DROP", "nf_hook_slow", wire_of(f), "in", 100);
}

static void no_port(struct facts *f)
{
	scanned(f);
	f->near_host.has_port = 0;
}

/* What is missing never came back to the tun. */
static void lost_far_away(struct facts *f)
{
	lossy(f);
	f->taps[TAP_NEAR_TUN].echo_requests[TAP_OUT] = 20;
	f->taps[TAP_NEAR_TUN].echo_replies[TAP_IN] = 14;
	add(f, "NETFILTER_DROP", "nft_do_chain", tun_of(f), "in", 10);
}

static void by_rule(struct facts *f)
{
	static struct rule_facts r = {
		.family = "inet",
		.table = "t",
		.chain = "c",
		.says = "drop",
		.handle = 7,
		.before = 3,
		.after = 13,
	};

	silent(f);
	f->firewall.rules = &r;
	f->firewall.n_rules = 1;
	f->have |= NEED_BIT(NEED_FIREWALL);
	add(f, "NETFILTER_DROP", "nft_do_chain", tun_of(f), "in", 10);
}

static void by_unread_rule(struct facts *f)
{
	by_rule(f);
	f->firewall.n_rules = 0;
	f->firewall.unread = "iptables-legacy";
}

static void overrun(struct facts *f)
{
	full_ring(f);
	f->kernel.events_lost = 1;
}

static void overrun_unseen(struct facts *f)
{
	silent(f);
	f->kernel.events_lost = 1000;
}

static void overrun_healthy(struct facts *f)
{
	watched(f);
	f->kernel.events_lost = 1000;
}

static void same_name(struct facts *f)
{
	full_ring(f);
	f->kernel.same_name = 1;
}

/* Of those it is not known whose they are, and some of ours are missing. */
static void same_name_wire(struct facts *f)
{
	own_wire(f);
	f->kernel.drops[0].reason = "NETFILTER_DROP";
	f->kernel.drops[0].count = 100;
	f->kernel.same_name = 1;
}

static void same_name_none_missing(struct facts *f)
{
	same_name_wire(f);
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = 49;
}

static void same_name_none_dropped(struct facts *f)
{
	same_name_wire(f);
	f->kernel.n_drops = 0;
}

static void same_name_inside(struct facts *f)
{
	same_name_wire(f);
	f->kernel.drops[0].dev = tun_of(f);
	f->taps[TAP_NEAR_TUN].echo_requests[TAP_OUT] = 20;
	f->taps[TAP_NEAR_TUN].echo_replies[TAP_IN] = 14;
}

static void strangers_wire(struct facts *f)
{
	same_name_wire(f);
	f->kernel.same_name = 0;
}

static void not_watched(struct facts *f)
{
	lossy(f);
	f->kernel.events_lost = UNKNOWN;
	f->kernel.unwatched = "open tracefs: Operation not permitted";
	f->kernel.unwatched_remedy = "run as root";
}

static void not_watched_healthy(struct facts *f)
{
	not_watched(f);
	f->ping_peer.received = f->ping_peer.sent;
}

static void not_watched_unsent(struct facts *f)
{
	not_watched(f);
	facts_gap(f, NEED_PING_PEER, "open an ICMP socket: Operation not permitted", "run as root");
	facts_gap(f, NEED_LOSS_UP, "the same", NULL);
}

static void not_watched_and_filter(struct facts *f)
{
	unheard(f);
	f->kernel.unwatched = "open tracefs: Operation not permitted";
}

static const struct check_case cases[] = {
	{ "none", none, STATE_PASS, "none by the reverse path filter", NULL },
	{ "of others", others, STATE_PASS, "500 packets", NULL },
	{ "all that came", unheard, STATE_FAIL, "2 messages of the peer", NULL },
	{ "all that came by another link", elsewhere, STATE_FAIL, "came by eth1", NULL },
	{ "replies out of the tun", replies, STATE_FAIL, "10 echo replies", NULL },
	{ "border: more came than it dropped", too_few, STATE_PASS, NULL, NULL },
	{ "border: it is loose there", loose, STATE_PASS, NULL, NULL },
	{ "border: the engine had them", refused, STATE_PASS, NULL, NULL },
	{ "border: the engine took bytes", heard, STATE_PASS, NULL, NULL },
	{ "not counted", uncounted, STATE_SKIP, "not counted", NULL },
	{ "watched, none", watched_none, STATE_PASS, "none at the tunnel's devices", NULL },
	{ "watched, noise and others'", noise_only, STATE_PASS, "none at", NULL },
	{ "nothing is missing", nothing_missing, STATE_PASS, "10 packets at", NULL },
	{ "the tun's queue", full_ring, STATE_FAIL, "FULL_RING in tun_net_xmit: the queue", NULL },
	{ "some by the tun's queue", some_full_ring, STATE_WARN, "6 packets that were to leave",
	  NULL },
	{ "border: half of what is missing", half_dropped, STATE_WARN, "3 packets", NULL },
	{ "border: fewer than half", too_few_dropped, STATE_PASS, "2 packets at", NULL },
	{ "a reason without words", unknown_reason, STATE_FAIL, "by WHAT_COMES_NEXT", NULL },
	{ "border: pings need no socket", no_room_for_pings, STATE_PASS, NULL, NULL },
	{ "others' on the wire", others_wire, STATE_PASS, "100 packets at", NULL },
	{ "the tunnel's on the wire", own_wire, STATE_WARN, "that came in by", NULL },
	{ "border: of two peers nothing is known", own_wire_two_peers, STATE_PASS, NULL, NULL },
	{ "border: the capture lost frames", own_wire_cut, STATE_PASS, NULL, NULL },
	{ "a shaper", shaped, STATE_WARN, "QDISC_DROP", NULL },
	{ "border: a shaper, and no session", shaped_no_session, STATE_PASS, NULL, NULL },
	{ "a shaper that takes all", shaped_all, STATE_FAIL, "QDISC_DROP", NULL },
	{ "border: scans, and the engine has its port", scanned, STATE_PASS, NULL, NULL },
	{ "the engine has not its port", no_port, STATE_FAIL, "NO_SOCKET", NULL },
	{ "border: lost far away, drops of others inside", lost_far_away, STATE_PASS, NULL, NULL },
	{ "a rule", by_rule, STATE_WARN, "(handle 7 in inet t c)", NULL },
	{ "a rule that nobody read", by_unread_rule, STATE_FAIL, "NETFILTER_DROP", NULL },
	{ "events were lost, and drops seen", overrun, STATE_UNSURE, "1 events were lost", NULL },
	{ "events were lost", overrun_unseen, STATE_UNSURE, "1000 events were lost", NULL },
	{ "events were lost, nothing else", overrun_healthy, STATE_PASS, NULL, NULL },
	{ "a device of that name elsewhere", same_name, STATE_UNSURE, "another network namespace",
	  NULL },
	{ "more, and messages are missing", same_name_wire, STATE_UNSURE,
	  "6 messages that came by wgw7f3a0 are missing behind it; 100 of what came in", NULL },
	{ "more, and none is missing", same_name_none_missing, STATE_PASS, "another namespace",
	  NULL },
	{ "more, at the tun's name", same_name_inside, STATE_PASS, "another namespace", NULL },
	{ "none of that name at all", same_name_none_dropped, STATE_PASS, "none at", NULL },
	{ "more, and the name is nobody else's", strangers_wire, STATE_PASS, "100 packets at",
	  NULL },
	{ "not watched", not_watched, STATE_SKIP, "not permitted", NULL },
	{ "not watched, and nothing is missing", not_watched_healthy, STATE_PASS,
	  "not watched, and nothing", NULL },
	{ "not watched, and nothing was sent", not_watched_unsent, STATE_SKIP,
	  "Operation not permitted (run as root)", NULL },
	{ "not watched, and the filter", not_watched_and_filter, STATE_FAIL, "2 messages", NULL },
};

static void drops(void **state)
{
	(void)state;
	check_cases_run("kernel.drops", cases, ARRAY_LEN(cases));
}

static void stages(void **state)
{
	static const struct {
		const char *dir, *location;
		bool wire;
		enum stage after, before;
	} cases_of[] = {
		{ "out", "__dev_queue_xmit", false, STAGE_NONE, STAGE_TUN_OUT },
		{ "out", "tun_net_xmit", false, STAGE_TUN_OUT, STAGE_WIRE_OUT },
		{ "out", NULL, true, STAGE_TUN_OUT, STAGE_WIRE_OUT },
		{ "out", "veth_xmit", true, STAGE_WIRE_OUT, STAGE_FAR_WIRE_IN },
		{ "in", "ip_rcv_core", true, STAGE_WIRE_IN, STAGE_TUN_IN },
		{ "in", "nft_do_chain", false, STAGE_TUN_IN, STAGE_NONE },
	};
	enum stage after, before;
	struct drop_facts d = { .reason = "R" };
	struct facts f;
	size_t i;

	(void)state;
	made_healthy(&f);
	for (i = 0; i < ARRAY_LEN(cases_of); i++) {
		d.dir = cases_of[i].dir;
		d.location = cases_of[i].location;
		d.dev = cases_of[i].wire ? wire_of(&f) : tun_of(&f);
		assert_true(drop_stages(&f, &d, &after, &before));
		assert_int_equal(after, cases_of[i].after);
		assert_int_equal(before, cases_of[i].before);
	}
	d.dev = "another";
	assert_false(drop_stages(&f, &d, &after, &before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drops),
		cmocka_unit_test(stages),
	};

	return cmocka_run_group_tests_name("kernel.drops", tests, NULL, NULL);
}
