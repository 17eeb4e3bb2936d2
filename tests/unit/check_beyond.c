/*
 * What lies behind the far end, what comes back from it, and what is said of it: the signs of an
 * address that was named and is silent.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "check/beyond.h"
#include "lib/made_facts.h"
#include "verdict/verdict.h"

static struct inner_target_facts targets[3];

/* 10.90.50.9 was named, lies behind the peer, and is silent; the peer's own address answers. */
static void silent(struct facts *f)
{
	static struct cidr allowed[3];

	f->target.kind = TARGET_INTERFACE;
	f->ping_peer.target = made_addr("10.90.50.9");
	f->ping_peer.received = 0;
	f->ping_peer.min_ns = f->ping_peer.avg_ns = f->ping_peer.max_ns = UNKNOWN;
	f->ping_peer.mdev_ns = UNKNOWN;
	f->paths[0].to = made_addr("10.90.50.9");
	allowed[0] = made_net("10.90.17.2/32");
	allowed[1] = made_net("10.90.50.0/24");
	allowed[2] = made_net("fd5a:17::2/128");
	f->config[END_NEAR].peers[0].allowed = allowed;
	f->config[END_NEAR].peers[0].n_allowed = 3;
	memset(targets, 0, sizeof(targets));
	targets[0].addr = made_addr("10.90.50.9");
	targets[0].how = TARGET_GIVEN;
	targets[1].addr = targets[1].from = made_addr("10.90.17.2");
	targets[1].how = TARGET_SINGLE;
	targets[1].answered = ANSWERED_ECHO;
	targets[2].addr = targets[2].from = made_addr("fd5a:17::2");
	targets[2].how = TARGET_SINGLE;
	f->inner_targets = targets;
	f->n_inner_targets = 2;
	facts_gap(f, NEED_STREAMS, "a far end that takes part is needed", NULL);
	facts_gap(f, NEED_CONFIG_FAR, "the far end is not here", NULL);
	facts_gap(f, NEED_SIZES, "nobody inside the tunnel answers pings", NULL);
	facts_gap(f, NEED_ECHO_BACK, "the far end is not here", NULL);
}

static void counted_down(struct facts *f)
{
	silent(f);
	targets[0].hop = made_addr("10.90.17.2");
}

static void told_no(struct facts *f)
{
	silent(f);
	facts_have(f, NEED_FAR_TEXT);
	f->far_host.ip4_forward = 0;
	f->far_host.when_wall_ns = f->started_wall_ns;
}

/* Of the other family it does not. */
static void told_no_ip6(struct facts *f)
{
	told_no(f);
	f->far_host.ip4_forward = 1;
	f->far_host.ip6_forward = 0;
}

static void refused(struct facts *f, const char *from, unsigned type, unsigned code)
{
	silent(f);
	targets[0].icmp_from = made_addr(from);
	targets[0].icmp_type = type;
	targets[0].icmp_code = code;
}

static void prohibited(struct facts *f)
{
	refused(f, "10.90.17.2", 3, 13);
}

static void no_port(struct facts *f)
{
	refused(f, "10.90.17.2", 3, 3);
}

/* Nobody is there: no filter says so. */
static void no_host(struct facts *f)
{
	refused(f, "10.90.17.2", 3, 1);
}

/* Our own filter. */
static void prohibited_here(struct facts *f)
{
	refused(f, "10.90.17.1", 3, 13);
}

static void answers_tcp(struct facts *f)
{
	silent(f);
	targets[0].answered = ANSWERED_TCP;
	targets[0].from = targets[0].addr;
	targets[0].port = 22;
}

static void answers_icmp(struct facts *f)
{
	answers_tcp(f);
	targets[0].answered = ANSWERED_ERROR;
	targets[0].port = 0;
}

/* Not even the peer's own address answers, nor does anything come in. */
static void all_silent(struct facts *f)
{
	struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];

	silent(f);
	targets[1].answered = ANSWERED_NONE;
	t->msgs[TAP_IN][WG_MSG_DATA] = t->keepalives[TAP_IN] = 3;
	t->msgs[TAP_OUT][WG_MSG_DATA] = 20;
	t->keepalives[TAP_OUT] = 1;
}

static void data_comes_in(struct facts *f)
{
	all_silent(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_DATA] = 9;
}

static void wire_unseen(struct facts *f)
{
	all_silent(f);
	facts_gap(f, NEED_TAP_NEAR_WIRE, "capturing: Operation not permitted", "run as root");
}

/* Of the other family all comes back. */
static void one_family(struct facts *f)
{
	data_comes_in(f);
	targets[2].answered = ANSWERED_ECHO;
	f->n_inner_targets = 3;
}

static void no_session(struct facts *f)
{
	all_silent(f);
	f->handshake.complete = false;
}

static void translated(struct facts *f)
{
	struct tap_facts *t = &f->taps[TAP_NEAR_TUN];

	all_silent(f);
	t->foreign[TAP_OUT] = t->foreign_echoes[TAP_OUT] = t->echo_requests[TAP_OUT] = 20;
	t->foreign_from = made_addr("192.0.2.10");
}

/* Others' packets pass as well, and ours have the right source. */
static void others_pass(struct facts *f)
{
	translated(f);
	f->taps[TAP_NEAR_TUN].echo_requests[TAP_OUT] = 60;
}

/* What was asked by the other family, from its right source, is another story. */
static void translated_one_family(struct facts *f)
{
	struct tap_facts *t = &f->taps[TAP_NEAR_TUN];

	translated(f);
	one_family(f);
	t->echo_requests[TAP_OUT] = 220;
	t->own_echoes[0] = 9;
	t->own_echoes[1] = 200;
}

/* One ping fewer was translated than there were. */
static void own_pings_pass(struct facts *f)
{
	translated_one_family(f);
	f->taps[TAP_NEAR_TUN].own_echoes[0] = f->ping_peer.sent;
}

static void translated_with_gaps(struct facts *f)
{
	translated_one_family(f);
	f->taps[TAP_NEAR_TUN].dropped = 1;
}

/* The far end allows what ours became, too. */
static void translated_and_allowed(struct facts *f)
{
	static struct cidr allowed[3];

	translated_one_family(f);
	allowed[0] = f->config[END_FAR].peers[0].allowed[0];
	allowed[1] = f->config[END_FAR].peers[0].allowed[1];
	allowed[2] = made_net("192.0.2.0/24");
	facts_have(f, NEED_CONFIG_FAR);
	f->config[END_FAR].peers[0].allowed = allowed;
	f->config[END_FAR].peers[0].n_allowed = 3;
}

static void by_another_link(struct facts *f)
{
	silent(f);
	f->paths[0].dev = "lan0";
	f->ping_peer.dev_is_tun = 0;
}

static void interrupted(struct facts *f)
{
	silent(f);
	f->interrupted = true;
}

struct sign_case {
	void (*change)(struct facts *f);
	sign_set signs;
	const char *cause; /* of the whole; "": none */
	size_t n_candidates;
};

#define S(x) SIGN_BIT(SIGN_##x)

static const struct sign_case cases[] = {
	{ silent, S(BEYOND_SILENT), "not-forwarded", 4 },
	{ counted_down, S(BEYOND_SILENT) | S(FAR_FORWARDS), "not-forwarded", 3 },
	{ told_no, S(BEYOND_SILENT) | S(FAR_FORWARDS_NOT), "no-ip-forward", 1 },
	{ told_no_ip6, S(BEYOND_SILENT) | S(FAR_FORWARDS), "not-forwarded", 3 },
	{ prohibited, S(BEYOND_REFUSED), "forward-drop", 1 },
	{ no_port, S(BEYOND_REFUSED), "forward-drop", 1 },
	{ no_host, 0, "", 0 },
	{ prohibited_here, 0, "", 0 },
	{ answers_tcp, S(TARGET_ANSWERS_OTHERWISE), "icmp-filtered", 1 },
	{ answers_icmp, S(TARGET_ANSWERS_OTHERWISE), "icmp-filtered", 1 },
	{ all_silent, S(NO_DATA_BACK), "no-data-back", 4 },
	{ data_comes_in, 0, "", 0 },
	{ wire_unseen, 0, "", 0 },
	{ one_family, S(NO_DATA_BACK), "no-data-back", 4 },
	{ no_session, 0, "", 0 },
	{ translated, S(NO_DATA_BACK) | S(NEAR_SOURCE_FOREIGN), "inner-source-not-allowed", 1 },
	{ others_pass, S(NO_DATA_BACK), "no-data-back", 4 },
	{ translated_one_family, S(NO_DATA_BACK) | S(NEAR_SOURCE_FOREIGN),
	  "inner-source-not-allowed", 1 },
	{ own_pings_pass, S(NO_DATA_BACK), "no-data-back", 4 },
	{ translated_with_gaps, S(NO_DATA_BACK), "no-data-back", 4 },
	{ translated_and_allowed, S(NO_DATA_BACK), "no-data-back", 4 },
	{ by_another_link, 0, "not-routed-or-not-allowed", 1 },
	{ interrupted, 0, "", 0 },
};

static void signs(void **state)
{
	struct findings all;
	struct verdict v;
	struct facts f;
	struct arena a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		cases[i].change(&f);
		checks_run(&f, NULL, &all);
		print_message("# %zu: %s\n", i, made_row(&all, "ping.peer")->summary);
		assert_int_equal(made_row(&all, "ping.peer")->signs, cases[i].signs);
		verdict_of(&f, &all, &v);
		print_message("#    %s\n", v.summary);
		assert_string_equal(v.cause ? v.cause : "", cases[i].cause);
		assert_int_equal(v.n_candidates, cases[i].n_candidates);
		arena_done(&a);
	}
}

/* --- what is asked of routes and tables ------------------------------------------------- */

static void lan_takes(struct facts *f)
{
	by_another_link(f);
	targets[0].taken_by = "lan0";
	targets[0].taken_net = made_net("10.90.50.0/25");
}

/* The run's own route wins, those of the file would not. */
static void lan_takes_by_file(struct facts *f)
{
	silent(f);
	targets[0].taken_by = "lan0";
	targets[0].taken_net = made_net("10.90.50.0/25");
	f->target.probed_routes_only = true;
}

static void in_nobodys(struct facts *f)
{
	silent(f);
	f->config[END_NEAR].peers[0].n_allowed = 1;
}

static struct peer_config *second_peer(struct facts *f)
{
	struct peer_config *p = &f->config[END_NEAR].peers[1];

	all_silent(f);
	f->target.peer = f->config[END_NEAR].peers[0].key;
	*p = f->config[END_NEAR].peers[0];
	p->key.b[0] ^= 1;
	p->n_allowed = 0;
	f->config[END_NEAR].n_peers = 2;
	return p;
}

static void nothing_left(struct facts *f)
{
	second_peer(f)->endpoint = (struct endpoint){ .addr = made_addr("192.0.2.99"), .port = 9 };
}

/* A place for somebody who has not come yet. */
static void placeholder(struct facts *f)
{
	second_peer(f)->endpoint = (struct endpoint){ 0 };
}

static void nothing_left_and_it_works(struct facts *f)
{
	nothing_left(f);
	f->ping_peer.received = f->ping_peer.sent;
	targets[0].answered = ANSWERED_ECHO;
	targets[0].from = targets[0].addr;
}

static void loop(struct facts *f)
{
	all_silent(f);
	f->paths[2].dev = "wgd7f3a0";
	f->handshake.complete = false;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 0;
}

/* Its session was there before the route was. */
static void hot_loop(struct facts *f)
{
	all_silent(f);
	f->paths[2].dev = "wgd7f3a0";
	f->taps[TAP_NEAR_TUN].nested = 2000;
}

static const struct {
	void (*change)(struct facts *f);
	const char *row, *cause;
	enum state state;
} rows[] = {
	{ lan_takes, "route.inner", "lan-overlap", STATE_FAIL },
	{ lan_takes_by_file, "route.inner", "lan-overlap", STATE_FAIL },
	{ by_another_link, "route.inner", "not-routed-or-not-allowed", STATE_FAIL },
	{ in_nobodys, "config.allowed-ips", "not-routed-or-not-allowed", STATE_FAIL },
	{ nothing_left, "config.allowed-ips", "allowedips-overlap", STATE_FAIL },
	{ placeholder, "config.allowed-ips", "no-data-back", STATE_PASS },
	{ nothing_left_and_it_works, "config.allowed-ips", "", STATE_PASS },
	{ loop, "route.endpoint", "routing-loop", STATE_FAIL },
	{ hot_loop, "route.endpoint", "routing-loop", STATE_FAIL },
};

static void routes_and_tables(void **state)
{
	struct findings all;
	struct verdict v;
	struct facts f;
	struct arena a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		rows[i].change(&f);
		checks_run(&f, NULL, &all);
		verdict_of(&f, &all, &v);
		print_message("# %zu: %s; %s\n", i, made_row(&all, rows[i].row)->summary,
			      v.summary);
		assert_int_equal(made_row(&all, rows[i].row)->state, rows[i].state);
		assert_string_equal(v.cause ? v.cause : "", rows[i].cause);
		arena_done(&a);
	}
}

/* Whose loss it is that probes of it show: the far end's own addresses are at the end of the way. */
static void may_be_behind(void **state)
{
	struct facts f;

	(void)state;
	made_healthy(&f);
	silent(&f);
	assert_true(beyond_may_be(&f));
	targets[0].how = TARGET_DNS;
	assert_true(beyond_may_be(&f));
	/* One that was guessed is the far end's. */
	targets[0].how = TARGET_HOST_ROUTE;
	assert_false(beyond_may_be(&f));
	/* Named, and it stands alone in the allowed IPs; or it is our tun's neighbour. */
	targets[0].how = TARGET_GIVEN;
	f.config[END_NEAR].peers[0].allowed[1] = made_net("10.90.50.9/32");
	assert_false(beyond_may_be(&f));
	f.config[END_NEAR].peers[0].allowed[1] = made_net("10.90.0.0/16");
	assert_true(beyond_may_be(&f));
	f.net_start[END_NEAR].addrs[0].addr = made_net("10.90.50.1/24");
	f.net_start[END_NEAR].addrs[0].link = f.target.name;
	assert_false(beyond_may_be(&f));
}

/* Waited for are only those that were asked before the one that answers. */
static void silent_family(void **state)
{
	struct facts f;

	(void)state;
	made_healthy(&f);
	silent(&f);
	f.n_inner_targets = 3;
	assert_null(beyond_silent_family(&f)); /* its family answers */
	targets[1].answered = ANSWERED_NONE;
	assert_null(beyond_silent_family(&f)); /* nobody does */
	targets[2].answered = ANSWERED_ECHO;
	assert_ptr_equal(beyond_silent_family(&f), &targets[0]);
	targets[0].answered = ANSWERED_ECHO;
	targets[2].answered = ANSWERED_NONE;
	assert_null(beyond_silent_family(&f)); /* nobody waited for the others */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs),
		cmocka_unit_test(routes_and_tables),
		cmocka_unit_test(may_be_behind),
		cmocka_unit_test(silent_family),
	};

	return cmocka_run_group_tests_name("beyond", tests, NULL, NULL);
}
