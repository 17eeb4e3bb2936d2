/* underlay.path: how far the messages were seen, who refused, what cannot be told. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/made_facts.h"

enum { RUNGS = 5 };
static struct rung_facts rungs[RUNGS];

static struct ip_addr router(unsigned hop)
{
	struct ip_addr a = made_addr("198.51.100.0");

	a.b[3] = (uint8_t)hop;
	return a;
}

static void answer(struct rung_side *s, unsigned hop, enum rung_answer answer)
{
	*s = (struct rung_side){ .sent = 1, .answer = answer, .type = 11 };
	if (answer != RUNG_SILENT)
		s->from = answer == RUNG_HOST ? made_addr("203.0.113.9") : router(hop);
}

/* A chain of hosts, the last one the endpoint's; all of them answer pings, and messages up to seen. */
static void chain(struct facts *f, unsigned hops, unsigned seen)
{
	unsigned h;

	f->target.kind = TARGET_INTERFACE;
	made_silent(f);
	f->ladder = (struct ladder_facts){
		.asked = true,
		.from = { .addr = made_addr("192.0.2.1"), .port = 41000 },
		.to = { .addr = made_addr("203.0.113.9"), .port = 51820 },
		.rungs = rungs,
		.n_rungs = hops,
		.host = HOST_ECHO,
		.host_hops = hops,
	};
	memset(rungs, 0, sizeof(rungs));
	for (h = 1; h <= hops; h++) {
		struct rung_facts *r = &rungs[h - 1];

		r->hop_limit = h;
		answer(&r->echo, h, h == hops ? RUNG_HOST : RUNG_HOP);
		if (h < hops)
			answer(&r->tunnel, h, h <= seen ? RUNG_HOP : RUNG_SILENT);
	}
}

/* As the closer look leaves it. */
static void only_echo(unsigned from, unsigned to, unsigned rounds)
{
	for (; from <= to; from++)
		rungs[from - 1].only_echo = rounds;
}

/* Other UDP to that hop: seen there, and answered by the host. */
static void control(struct facts *f, unsigned hop, unsigned seen, unsigned host)
{
	f->ladder.control_hop = hop;
	f->ladder.control_sent = 3;
	f->ladder.control_seen = seen;
	f->ladder.control_host = host;
}

static void no_host(struct facts *f)
{
	f->ladder.host = HOST_SILENT;
	f->ladder.host_hops = UNKNOWN;
	rungs[f->ladder.n_rungs - 1].echo = (struct rung_side){ .sent = 1 };
}

static void attached(struct facts *f)
{
	f->target.kind = TARGET_INTERFACE;
}

static void answered(struct facts *f)
{
	made_silent(f);
	attached(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 1;
}

/* As the engine tells it: a new session, in which nothing came back. */
static void new_session_unwatched(struct facts *f)
{
	answered(f);
	facts_gap(f, NEED_TAP_NEAR_WIRE, "capture on eth0: Operation not permitted", NULL);
	f->crypto[END_NEAR].last_handshake_wall_ns = f->started_wall_ns + NS_PER_S;
}

static void attached_unwatched(struct facts *f)
{
	attached(f);
	facts_gap(f, NEED_TAP_NEAR_WIRE, "capture on eth0: Operation not permitted", NULL);
}

static void to_the_last(struct facts *f)
{
	chain(f, 4, 3);
}

static void next_to_us(struct facts *f)
{
	chain(f, 1, 0);
}

static void dies(struct facts *f)
{
	chain(f, 4, 1);
	only_echo(2, 3, 3);
	control(f, 2, 3, 0);
}

static void dies_at_once(struct facts *f)
{
	chain(f, 4, 0);
	only_echo(1, 3, 3);
	control(f, 1, 3, 2);
}

static void all_udp_dies(struct facts *f)
{
	dies(f);
	control(f, 2, 0, 0);
}

/* The router there tells of pings only. */
static void udp_gets_there(struct facts *f)
{
	dies(f);
	control(f, 2, 0, 1);
}

/* Routers that send each flow another way. */
static void some_flows(struct facts *f)
{
	dies(f);
	control(f, 2, 2, 3);
}

static void no_control(struct facts *f)
{
	dies(f);
	control(f, 0, 0, 0);
}

static void proxy(struct facts *f)
{
	chain(f, 1, 0);
	answer(&rungs[0].tunnel, 1, RUNG_HOP);
	f->ladder.host = HOST_PROXY;
	f->ladder.host_hops = UNKNOWN;
}

/* Two rounds of three: the routers answer only so often. */
static void dies_perhaps(struct facts *f)
{
	chain(f, 4, 1);
	only_echo(2, 3, 2);
}

static void dies_perhaps_no_host(struct facts *f)
{
	chain(f, 4, 0);
	only_echo(1, 3, 2);
	no_host(f);
}

static void dies_perhaps_at_once(struct facts *f)
{
	chain(f, 4, 0);
	only_echo(1, 3, 2);
}

/* A session that lives, or may: nobody had to answer. */
static void no_handshake(struct facts *f)
{
	dies(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 0;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_DATA] = 24;
}

/* One behind it has answered a message: then this one is only a quiet router. */
static void quiet_between(struct facts *f)
{
	chain(f, 4, 3);
	answer(&rungs[1].tunnel, 2, RUNG_SILENT);
	only_echo(2, 2, 3);
}

static void unplaced(struct facts *f)
{
	dies(f);
	f->ladder.unplaced = 2;
}

static void dies_no_host(struct facts *f)
{
	dies(f);
	no_host(f);
}

static void silent_host(struct facts *f)
{
	chain(f, 4, 3);
	no_host(f);
}

static void tcp_host(struct facts *f)
{
	silent_host(f);
	f->ladder.host = HOST_TCP;
	f->ladder.host_port = 443;
}

static void quiet_routers(struct facts *f)
{
	chain(f, 4, 1);
	rungs[1].echo = rungs[2].echo = (struct rung_side){ .sent = 2 };
}

static void quiet_all(struct facts *f)
{
	chain(f, 4, 0);
	rungs[0].echo = rungs[1].echo = rungs[2].echo = (struct rung_side){ .sent = 2 };
}

static void quiet_all_no_host(struct facts *f)
{
	quiet_all(f);
	no_host(f);
}

static void refuse(struct facts *f, const char *from, uint8_t type, uint8_t code)
{
	struct rung_side *s = &rungs[2].tunnel;

	chain(f, 4, 2);
	*s = (struct rung_side){ .sent = 1,
				 .answer = RUNG_REFUSED,
				 .from = made_addr(from),
				 .type = type,
				 .code = code };
}

static void refused(struct facts *f)
{
	refuse(f, "198.51.100.2", 3, 13);
}

static void too_large(struct facts *f)
{
	refuse(f, "198.51.100.2", 3, 4);
}

static void refused_here(struct facts *f)
{
	refuse(f, "192.0.2.1", 3, 1);
}

static void no_such_host(struct facts *f)
{
	refuse(f, "198.51.100.3", 3, 1);
}

static void refused_engine(struct facts *f, const char *from, uint8_t type, uint8_t code)
{
	to_the_last(f);
	f->taps[TAP_NEAR_WIRE].icmp_errors = 2;
	f->taps[TAP_NEAR_WIRE].icmp_from = made_addr(from);
	f->taps[TAP_NEAR_WIRE].icmp_type = type;
	f->taps[TAP_NEAR_WIRE].icmp_code = code;
}

static void engine_refused(struct facts *f)
{
	refused_engine(f, "198.51.100.3", 3, 10);
}

static void engine_loop(struct facts *f)
{
	refused_engine(f, "198.51.100.2", 11, 0);
	answer(&rungs[2].tunnel, 2, RUNG_HOP);
}

/* The hop limit of another's message, with the same ports. */
static void engine_no_loop(struct facts *f)
{
	refused_engine(f, "198.51.100.3", 11, 0);
}

static void engine_reassembly(struct facts *f)
{
	engine_loop(f);
	f->taps[TAP_NEAR_WIRE].icmp_code = 1;
}

static void engine_too_large(struct facts *f)
{
	refused_engine(f, "198.51.100.3", 3, 4);
}

static void engine_no_listener(struct facts *f)
{
	refused_engine(f, "203.0.113.9", 3, 3);
}

static void engine_refused6(struct facts *f)
{
	refused_engine(f, "2001:db8::3", 1, 1);
}

static void engine_too_large6(struct facts *f)
{
	refused_engine(f, "2001:db8::3", 2, 0);
}

static void not_sent(struct facts *f)
{
	dies(f);
	f->ladder.error = "Operation not permitted";
}

static void no_gateway(struct facts *f)
{
	dies_at_once(f);
	f->gateway.addr = made_addr("192.0.2.254");
	f->gateway.dev = "eth0";
	f->gateway.neigh_state = "FAILED";
}

static void unseen(struct facts *f)
{
	attached(f);
	made_silent(f);
	facts_gap(f, NEED_LADDER, "open a raw socket: Operation not permitted",
		  "run as root, or grant CAP_NET_RAW");
}

static void elsewhere(struct facts *f)
{
	attached(f);
	memset(f->taps[TAP_NEAR_WIRE].msgs, 0, sizeof(f->taps[TAP_NEAR_WIRE].msgs));
}

static const struct check_case cases[] = {
	{ "healthy self-test", NULL, STATE_NA, "both ends on one link, no router", NULL },
	{ "healthy", attached, STATE_PASS, "answers come through the tunnel", NULL },
	{ "healthy, and the wire not watched", attached_unwatched, STATE_PASS,
	  "answers come through the tunnel", NULL },
	{ "the handshake is answered", answered, STATE_PASS, "answered the handshake", NULL },
	{ "the engine has a new session, and nothing comes through it", new_session_unwatched,
	  STATE_PASS, "answered the handshake", NULL },
	{ "its messages go elsewhere", elsewhere, STATE_NA, "do not go the way of this host",
	  NULL },
	{ "as far as one can see", to_the_last, STATE_PASS,
	  "get to hop 3 (198.51.100.3), the last before the host, which answers ping", NULL },
	{ "no router between", next_to_us, STATE_PASS, "203.0.113.9 is the next hop", NULL },
	{ "not seen at the second", dies, STATE_FAIL,
	  "the tunnel's messages get out of sight between hop 1 (198.51.100.1) and hop 2 "
	  "(198.51.100.2), where pings and other UDP are seen",
	  NULL },
	{ "not seen at the first", dies_at_once, STATE_FAIL,
	  "between this host and hop 1 (198.51.100.1), where pings and other UDP are seen", NULL },
	{ "no UDP", all_udp_dies, STATE_FAIL,
	  "all UDP gets out of sight between hop 1 (198.51.100.1) and hop 2 (198.51.100.2), where "
	  "pings are seen",
	  NULL },
	{ "border: a router tells of pings only", udp_gets_there, STATE_UNSURE, "gets to the host",
	  NULL },
	{ "border: flows have their own ways", some_flows, STATE_UNSURE, "some flows are", NULL },
	{ "other UDP was not tried", no_control, STATE_UNSURE, "was not tried", NULL },
	{ "somebody answers pings for the host", proxy, STATE_UNSURE,
	  "get to hop 1 (198.51.100.1); nobody behind it answers; pings to the host are answered",
	  NULL },
	{ "and the host is silent", dies_no_host, STATE_FAIL, "between hop 1", NULL },
	{ "border: no handshake was asked for", no_handshake, STATE_UNSURE,
	  "not seen at hop 2 (198.51.100.2), which pings get to; no handshake", NULL },
	{ "border: not each time, from the first on", dies_perhaps_at_once, STATE_UNSURE,
	  "pings get to hop 3 (198.51.100.3) and the host (hop 4)", NULL },
	{ "border: too large to be passed on in one", too_large, STATE_UNSURE, "(3/4)", NULL },
	{ "border: not each time", dies_perhaps, STATE_UNSURE, "get to hop 1", NULL },
	{ "border: not each time, and the host is silent", dies_perhaps_no_host, STATE_UNSURE,
	  "not seen there every time", NULL },
	{ "a quiet router between", quiet_between, STATE_PASS, "get to hop 3", NULL },
	{ "answers that are nobody's", unplaced, STATE_UNSURE, "2 answers do not tell", NULL },
	{ "the host is silent", silent_host, STATE_UNSURE, "answers neither ping nor TCP", NULL },
	{ "the host answers TCP", tcp_host, STATE_UNSURE,
	  "TCP port 443 is answered for the host, not ping", NULL },
	{ "quiet routers", quiet_routers, STATE_UNSURE, "(hop 4) answer nobody", NULL },
	{ "only quiet routers", quiet_all, STATE_UNSURE, "no router on the way answers", NULL },
	{ "nobody", quiet_all_no_host, STATE_UNSURE, "no router on the way answers; the host",
	  NULL },
	{ "refused", refused, STATE_FAIL,
	  "198.51.100.2 on the way says of the tunnel's messages: prohibited by a filter (3/13)",
	  NULL },
	{ "refused by this host", refused_here, STATE_FAIL, "this host itself says", NULL },
	{ "no such host", no_such_host, STATE_FAIL, "host unreachable (3/1)", NULL },
	{ "the engine's were refused", engine_refused, STATE_FAIL, "host prohibited (3/10)", NULL },
	{ "the engine's go round", engine_loop, STATE_FAIL, "hop limit exceeded (11/0)", NULL },
	{ "border: another's hop limit", engine_no_loop, STATE_PASS, "get to hop 3", NULL },
	{ "border: fragments", engine_reassembly, STATE_PASS, "get to hop 3", NULL },
	{ "the engine's were refused, IPv6", engine_refused6, STATE_FAIL, "(1/1)", NULL },
	{ "border: only too large", engine_too_large, STATE_PASS, "get to hop 3", NULL },
	{ "border: only too large, IPv6", engine_too_large6, STATE_PASS, "get to hop 3", NULL },
	{ "nobody listens", engine_no_listener, STATE_PASS,
	  "the endpoint's host itself answers: port unreachable (3/3)", NULL },
	{ "this host does not send it", not_sent, STATE_UNSURE, "Operation not permitted", NULL },
	{ "because of the gateway", no_gateway, STATE_FAIL, "between this host and hop 1",
	  "underlay.gateway" },
	{ "gap", unseen, STATE_SKIP, "Operation not permitted", NULL },
};

static void paths(void **state)
{
	(void)state;
	check_cases_run("underlay.path", cases, ARRAY_LEN(cases));
}

/* Whose it is, where the row tells. */
static void whose(void **state)
{
	static const struct {
		void (*change)(struct facts *f);
		enum whose whose;
	} rows[] = {
		{ dies, WHOSE_PATH },		{ dies_at_once, WHOSE_UNTOLD },
		{ refused, WHOSE_PATH },	{ refused_here, WHOSE_LOCAL },
		{ no_such_host, WHOSE_UNTOLD }, { engine_refused, WHOSE_PATH },
	};
	struct findings all;
	struct arena a;
	struct facts f;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		const struct finding *row;

		arena_init(&a);
		made_healthy(&f);
		rows[i].change(&f);
		findings_init(&all, &a);
		checks_run(&f, NULL, &all);
		row = made_row(&all, "underlay.path");
		assert_non_null(row);
		assert_int_equal(row->whose, rows[i].whose);
		assert_true(row->whose == WHOSE_LOCAL || row->n_commands == 1);
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(whose),
	};

	return cmocka_run_group_tests_name("underlay.path", tests, NULL, NULL);
}
