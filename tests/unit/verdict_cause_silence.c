/*
 * Causes of silence outside, from facts made by hand: who says what by ICMP, what a control probe
 * shows, which of them are left when nobody says anything; and what must not be named.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "check/refusal.h"
#include "lib/made_facts.h"
#include "verdict/verdict.h"

#define ENDPOINT "203.0.113.9"
#define GATEWAY "192.0.2.254"

static struct rung_facts rungs[3];
static struct path_facts paths[2];
static struct endpoint resolved[2];
static struct intended_peer wanted;

static void way(struct facts *f)
{
	paths[0] = (struct path_facts){ .of = PATH_ENDPOINT,
					.to = made_addr(ENDPOINT),
					.dev = f->wire[END_NEAR].name,
					.gateway = made_addr(GATEWAY),
					.prefsrc = made_addr("192.0.2.1") };
	f->paths = paths;
	f->n_paths = 1;
	f->gateway = (struct gateway_facts){ .addr = made_addr(GATEWAY),
					     .dev = f->wire[END_NEAR].name,
					     .neigh_state = "REACHABLE" };
	facts_have(f, NEED_PATHS);
	facts_have(f, NEED_GATEWAY);
}

/* Nothing came back; the gateway, a router and the host are there. */
static void silent(struct facts *f)
{
	unsigned h;

	made_silent(f);
	f->target.kind = TARGET_INTERFACE;
	f->config[END_NEAR].peers[0].endpoint =
		(struct endpoint){ .addr = made_addr(ENDPOINT), .port = 51820 };
	way(f);
	memset(rungs, 0, sizeof(rungs));
	for (h = 0; h < 3; h++) {
		rungs[h].hop_limit = h + 1;
		rungs[h].echo = (struct rung_side){ .sent = 1, .answer = RUNG_HOP };
		rungs[h].echo.from = made_addr(h ? "198.51.100.2" : GATEWAY);
		rungs[h].tunnel = rungs[h].echo;
	}
	rungs[2].echo.answer = RUNG_HOST;
	rungs[2].tunnel = (struct rung_side){ .sent = 0 };
	f->ladder = (struct ladder_facts){ .asked = true,
					   .from = { .addr = made_addr("192.0.2.1") },
					   .to = { .addr = made_addr(ENDPOINT), .port = 51820 },
					   .rungs = rungs,
					   .n_rungs = 3,
					   .host = HOST_ECHO,
					   .host_hops = 3,
					   .control_sent = 3 };
	facts_have(f, NEED_LADDER);
}

static void other_udp_answered(struct facts *f)
{
	silent(f);
	f->ladder.control_host = 3;
}

static void nobody_there(struct facts *f)
{
	silent(f);
	f->ladder.n_rungs = 0;
	f->ladder.host = HOST_SILENT;
	f->ladder.host_hops = UNKNOWN;
}

static void only_tcp(struct facts *f)
{
	nobody_there(f);
	f->ladder.host = HOST_TCP;
	f->ladder.host_port = 22;
}

static void says(struct facts *f, const char *who, uint8_t type, uint8_t code)
{
	struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];

	t->icmp_errors = 2;
	t->icmp_from = made_addr(who);
	t->icmp_type = type;
	t->icmp_code = code;
}

static void closed(struct facts *f)
{
	silent(f);
	says(f, ENDPOINT, 3, 3);
}

/* Data only: the session is older than the run. */
static void closed_in_use(struct facts *f)
{
	closed(f);
	f->handshake.complete = true;
	f->handshake.age_ns = 30 * NS_PER_S;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 0;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_DATA] = 9;
	f->config[END_NEAR].peers[0].keepalive_s = 25;
}

/* A hub's client that is gone: there is nothing to be put right. */
static void client_gone(struct facts *f)
{
	static struct cidr single;

	closed_in_use(f);
	single = made_net("10.90.17.2/32");
	f->config[END_NEAR].peers[0].allowed = &single;
	f->config[END_NEAR].peers[0].n_allowed = 1;
	f->config[END_NEAR].peers[0].keepalive_s = 0;
	f->config[END_NEAR].peers[0].handshake_wall_ns = f->started_wall_ns - 30 * NS_PER_S;
}

static void closed_at_router(struct facts *f)
{
	closed(f);
	f->ladder.host = HOST_PROXY;
	f->ladder.host_hops = UNKNOWN;
}

static void prohibited_there(struct facts *f)
{
	silent(f);
	says(f, ENDPOINT, 3, 10);
}

static void prohibited_on_way(struct facts *f)
{
	silent(f);
	says(f, "198.51.100.2", 3, 13);
}

static void rejected_on_way(struct facts *f)
{
	silent(f);
	says(f, "198.51.100.2", 3, 3);
}

static void prohibited_near(struct facts *f)
{
	silent(f);
	says(f, GATEWAY, 3, 13);
	f->ladder.control_refused = 3;
}

/* The gateway lets other UDP pass. */
static void prohibited_near_only_this(struct facts *f)
{
	silent(f);
	says(f, GATEWAY, 3, 13);
	f->ladder.control_host = 3;
}

static void prohibited_here(struct facts *f)
{
	silent(f);
	says(f, "192.0.2.1", 3, 13);
}

static void forwarded_to_nobody(struct facts *f)
{
	silent(f);
	says(f, ENDPOINT, 3, 1);
}

static void no_such_host(struct facts *f)
{
	silent(f);
	says(f, "198.51.100.2", 3, 1);
}

static void only_too_large(struct facts *f)
{
	silent(f);
	says(f, "198.51.100.2", 3, 4);
}

static void stops_at(struct facts *f, unsigned hop, unsigned seen)
{
	silent(f);
	for (; hop <= 2; hop++) {
		rungs[hop - 1].tunnel = (struct rung_side){ .sent = 4 };
		rungs[hop - 1].only_echo = 3;
		if (!f->ladder.control_hop)
			f->ladder.control_hop = hop;
	}
	f->ladder.control_seen = seen;
}

static void udp_stops_at_once(struct facts *f)
{
	stops_at(f, 1, 0);
}

static void udp_stops_near(struct facts *f)
{
	stops_at(f, 2, 0);
}

static void tunnel_stops(struct facts *f)
{
	stops_at(f, 2, 3);
}

static void tunnel_stops_at_once(struct facts *f)
{
	stops_at(f, 1, 3);
}

/* Behind the second of three routers. */
static void udp_stops_far(struct facts *f)
{
	static struct rung_facts more[4];

	silent(f);
	memcpy(more, rungs, 2 * sizeof(*more));
	more[2] = more[1];
	more[2].hop_limit = 3;
	more[2].echo.from = made_addr("198.51.100.3");
	more[2].tunnel = (struct rung_side){ .sent = 4 };
	more[2].only_echo = 3;
	more[3] = rungs[2];
	more[3].hop_limit = 4;
	f->ladder.rungs = more;
	f->ladder.n_rungs = f->ladder.host_hops = 4;
	f->ladder.control_hop = 3;
}

/* Messages go round, and their hop limit ends. */
static void goes_round(struct facts *f)
{
	silent(f);
	says(f, "198.51.100.2", 11, 0);
	rungs[2].tunnel = rungs[1].tunnel;
}

static void portal(struct facts *f, int64_t status, const char *to)
{
	only_tcp(f);
	f->portal = (struct portal_facts){
		.asked = true, .taken = true, .status = status, .sends_to = to
	};
}

static void login(struct facts *f)
{
	portal(f, 302, "login.example.net");
}

static void login_511(struct facts *f)
{
	portal(f, 511, NULL);
}

static void login_rejects(struct facts *f)
{
	login(f);
	says(f, GATEWAY, 3, 13);
}

static void web_proxy(struct facts *f)
{
	portal(f, 200, NULL);
}

/* It hands on what the host says of itself. */
static void web_proxy_redirected(struct facts *f)
{
	portal(f, 301, ENDPOINT);
}

static void no_route(struct facts *f)
{
	nobody_there(f);
	f->have &= ~(NEED_BIT(NEED_LADDER) | NEED_BIT(NEED_TAP_NEAR_WIRE));
	paths[0].dev = NULL;
	paths[0].gateway.family = FAMILY_NONE;
	paths[0].error = "Network is unreachable";
}

static void gateway_state(struct facts *f, const char *state)
{
	nobody_there(f);
	f->gateway.neigh_state = state;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 0;
}

static void gateway_failed(struct facts *f)
{
	gateway_state(f, "FAILED");
}

static void gateway_asked(struct facts *f)
{
	gateway_state(f, "INCOMPLETE");
}

static void no_carrier(struct facts *f)
{
	nobody_there(f);
	f->wire[END_NEAR].running = f->wire[END_NEAR].running_end = 0;
}

static void named(struct facts *f, const char *endpoint, const char *now)
{
	wanted = (struct intended_peer){ .key = f->config[END_NEAR].peers[0].key,
					 .endpoint = endpoint,
					 .resolved = resolved,
					 .n_resolved = 1,
					 .keepalive_s = UNKNOWN };
	resolved[0] = (struct endpoint){ .addr = made_addr(now), .port = 51820 };
	f->intended = (struct intended_facts){ .file = "wg0.conf",
					       .listen_port = UNKNOWN,
					       .fwmark = UNKNOWN,
					       .mtu = UNKNOWN,
					       .table = INTENDED_OFF,
					       .peers = &wanted,
					       .n_peers = 1 };
	wanted.has_psk = f->config[END_NEAR].peers[0].has_psk == 1;
	facts_have(f, NEED_INTENDED);
}

static void moved(struct facts *f)
{
	silent(f);
	named(f, "vpn.example.org:51820", "203.0.113.77");
}

static void moved_and_closed(struct facts *f)
{
	closed(f);
	named(f, "vpn.example.org:51820", "203.0.113.77");
}

static void not_moved(struct facts *f)
{
	silent(f);
	named(f, "vpn.example.org:51820", ENDPOINT);
}

static void other_family(struct facts *f)
{
	nobody_there(f);
	named(f, "vpn.example.org:51820", ENDPOINT);
	f->other_family.to = made_addr("2001:db8::9");
	f->other_family.host = HOST_ECHO;
}

static void other_family_silent(struct facts *f)
{
	nobody_there(f);
	named(f, "vpn.example.org:51820", ENDPOINT);
	f->other_family.to = made_addr("2001:db8::9");
}

static void no_route_of_family(struct facts *f)
{
	no_route(f);
	named(f, "vpn.example.org:51820", ENDPOINT);
	f->other_family.way = 1;
}

/* An address was asked for, and has none. */
static void no_route_of_literal(struct facts *f)
{
	no_route(f);
	named(f, ENDPOINT ":51820", ENDPOINT);
	f->other_family.way = 1;
}

static void own_key(struct facts *f)
{
	silent(f);
	named(f, ENDPOINT ":51820", ENDPOINT);
	f->intended.has_private_key = true;
	f->intended.own = wanted.key;
}

static void another_key_lives(struct facts *f)
{
	silent(f);
	named(f, ENDPOINT ":51820", ENDPOINT);
	f->intended.has_private_key = true;
	f->intended.own = f->config[END_NEAR].own;
	f->intended.own.b[0] ^= 1;
}

static void for_another_key(struct facts *f)
{
	silent(f);
	made_refused(f, END_NEAR, "in_mac1", "mac1 is not for our public key", 3);
}

static const struct {
	const char *name;
	void (*change)(struct facts *f);
	const char *cause; /* NULL: none is to be named */
	enum side side;
	const char *candidates;
} cases[] = {
	{ "silence", silent, "no-answer", SIDE_UNKNOWN,
	  "udp-blocked-inbound nat-no-forward wrong-key protocol-blocked udp-egress-blocked "
	  "listener-absent " },
	{ "silence, other UDP answered", other_udp_answered, "no-answer", SIDE_UNKNOWN,
	  "udp-blocked-inbound nat-no-forward wrong-key protocol-blocked " },
	{ "silence, only TCP", only_tcp, "no-answer", SIDE_UNKNOWN, NULL },
	{ "no control probe", nobody_there, NULL, SIDE_UNKNOWN, "" },
	{ "too large is no refusal", only_too_large, "no-answer", SIDE_UNKNOWN, NULL },
	{ "port closed", closed, "listener-absent", SIDE_FAR, NULL },
	{ "port closed, with a session", closed_in_use, "listener-absent", SIDE_FAR, NULL },
	{ "port closed at a router", closed_at_router, "no-answer", SIDE_UNKNOWN,
	  "listener-absent nat-no-forward " },
	{ "prohibited there", prohibited_there, "udp-blocked-inbound", SIDE_FAR, NULL },
	{ "prohibited on the way", prohibited_on_way, "udp-blocked-inbound", SIDE_PATH, NULL },
	{ "rejected on the way", rejected_on_way, "udp-blocked-inbound", SIDE_PATH, NULL },
	{ "prohibited near, all UDP", prohibited_near, "udp-egress-blocked", SIDE_PATH, NULL },
	{ "prohibited near, only this", prohibited_near_only_this, "udp-blocked-inbound", SIDE_PATH,
	  NULL },
	{ "prohibited by this host", prohibited_here, NULL, SIDE_LOCAL, "" },
	{ "forwarded to nobody", forwarded_to_nobody, "nat-no-forward", SIDE_PATH, NULL },
	{ "no such host", no_such_host, NULL, SIDE_UNKNOWN, "" },
	{ "UDP stops before the first hop", udp_stops_at_once, "udp-egress-blocked", SIDE_PATH,
	  NULL },
	{ "UDP stops at the first hop", udp_stops_near, "udp-egress-blocked", SIDE_PATH, NULL },
	{ "only the tunnel's stops", tunnel_stops, "no-answer", SIDE_PATH,
	  "udp-blocked-inbound protocol-blocked " },
	{ "only the tunnel's stops, at once", tunnel_stops_at_once, "no-answer", SIDE_UNKNOWN,
	  "udp-blocked-inbound protocol-blocked " },
	{ "UDP stops farther away", udp_stops_far, "no-answer", SIDE_PATH,
	  "udp-blocked-inbound udp-egress-blocked " },
	{ "a loop", goes_round, NULL, SIDE_PATH, "" },
	{ "login first", login, "captive-portal", SIDE_PATH, NULL },
	{ "login first, 511", login_511, "captive-portal", SIDE_PATH, NULL },
	{ "login first, the rest rejected", login_rejects, "captive-portal", SIDE_PATH, NULL },
	{ "a web proxy is no portal", web_proxy, "no-answer", SIDE_UNKNOWN, NULL },
	{ "nor is it with the host's redirection", web_proxy_redirected, "no-answer", SIDE_UNKNOWN,
	  NULL },
	{ "no route", no_route, "no-uplink", SIDE_LOCAL, NULL },
	{ "gateway failed", gateway_failed, "no-uplink", SIDE_LOCAL, NULL },
	{ "gateway asked for seconds", gateway_asked, "no-uplink", SIDE_LOCAL, NULL },
	{ "no carrier", no_carrier, "no-uplink", SIDE_LOCAL, NULL },
	{ "the name moved", moved, "endpoint-stale-dns", SIDE_LOCAL, NULL },
	{ "the name moved, the old port is closed", moved_and_closed, "endpoint-stale-dns",
	  SIDE_LOCAL, NULL },
	{ "the name did not move", not_moved, "no-answer", SIDE_UNKNOWN, NULL },
	{ "there by the other family", other_family, "endpoint-family", SIDE_LOCAL, NULL },
	{ "not there by the other family", other_family_silent, NULL, SIDE_UNKNOWN, "" },
	{ "no route of the name's family", no_route_of_family, "endpoint-family", SIDE_LOCAL,
	  NULL },
	{ "no route of an address's family", no_route_of_literal, "no-uplink", SIDE_LOCAL, NULL },
	{ "own key as the peer's", own_key, "wrong-key", SIDE_LOCAL, NULL },
	{ "another key lives", another_key_lives, "wrong-key", SIDE_LOCAL, NULL },
	{ "handshakes for another key come", for_another_key, "wrong-key", SIDE_UNKNOWN, NULL },
};

static void causes_named(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		char list[512] = "";
		struct findings all;
		struct verdict v;
		struct arena a;
		struct facts f;

		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		cases[i].change(&f);
		checks_run(&f, NULL, &all);
		verdict_of(&f, &all, &v);
		for (k = 0; k < v.n_candidates; k++) {
			strcat(list, v.candidates[k].cause);
			strcat(list, " ");
		}
		print_message("# %s: %s (%s)\n", cases[i].name, v.summary, list);
		assert_int_equal(v.state, STATE_FAIL);
		assert_string_equal(v.cause ? v.cause : "-", cases[i].cause ? cases[i].cause : "-");
		assert_string_equal(side_str(v.side), side_str(cases[i].side));
		if (cases[i].candidates)
			assert_string_equal(list, cases[i].candidates);
		if (v.cause) {
			assert_non_null(v.fix);
			assert_true(v.n_fix_commands > 0);
		}
		arena_done(&a);
	}
}

static void gone_is_no_fault(void **state)
{
	struct findings all;
	struct verdict v;
	struct arena a;
	struct facts f;

	(void)state;
	arena_init(&a);
	findings_init(&all, &a);
	made_healthy(&f);
	client_gone(&f);
	checks_run(&f, NULL, &all);
	verdict_of(&f, &all, &v);
	print_message("# %s\n", v.summary);
	assert_int_not_equal(made_row(&all, "underlay.back")->state, STATE_FAIL);
	assert_null(v.cause);
	arena_done(&a);
}

/* Healthy, whatever else is seen. */
static void no_false_alarm(void **state)
{
	struct findings all;
	struct verdict v;
	struct arena a;
	struct facts f;

	(void)state;
	arena_init(&a);
	findings_init(&all, &a);
	made_healthy(&f);
	says(&f, ENDPOINT, 3, 3);
	f.portal.taken = true;
	f.portal.status = 302;
	f.portal.sends_to = "login.example.net";
	checks_run(&f, NULL, &all);
	verdict_of(&f, &all, &v);
	assert_int_equal(v.state, STATE_PASS);
	arena_done(&a);
}

static void kinds_of_refusal(void **state)
{
	static const struct {
		const char *from;
		uint8_t type, code;
		enum refusal kind;
	} kinds[] = {
		{ "192.0.2.1", 3, 3, REFUSAL_PORT },
		{ "192.0.2.1", 3, 1, REFUSAL_NOWHERE },
		{ "192.0.2.1", 3, 9, REFUSAL_PROHIBITED },
		{ "192.0.2.1", 3, 4, REFUSAL_NONE },
		{ "192.0.2.1", 3, 13, REFUSAL_PROHIBITED },
		{ "192.0.2.1", 11, 0, REFUSAL_NONE },
		{ "2001:db8::1", 1, 4, REFUSAL_PORT },
		{ "2001:db8::1", 1, 1, REFUSAL_PROHIBITED },
		{ "2001:db8::1", 1, 3, REFUSAL_NOWHERE },
		{ "2001:db8::1", 2, 0, REFUSAL_NONE },
		{ "2001:db8::1", 3, 3, REFUSAL_NONE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		struct ip_addr from = made_addr(kinds[i].from);

		assert_int_equal(refusal_of(&from, kinds[i].type, kinds[i].code), kinds[i].kind);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(causes_named),
		cmocka_unit_test(gone_is_no_fault),
		cmocka_unit_test(no_false_alarm),
		cmocka_unit_test(kinds_of_refusal),
	};

	return cmocka_run_group_tests_name("causes of silence", tests, NULL, NULL);
}
