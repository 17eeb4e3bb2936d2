/* route.endpoint: on the link, by a gateway, nowhere, into the tunnel itself, with a mark. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void by_gateway(struct facts *f)
{
	f->paths[2].gateway = made_addr("192.0.2.1");
}

static void nowhere(struct facts *f)
{
	f->paths[2].dev = NULL;
	f->paths[2].error = "Network is unreachable";
}

static void loop(struct facts *f)
{
	f->paths[2].dev = f->target.name;
}

/* wg-quick with 0.0.0.0/0: packets of the engine have a mark, and a rule for it. */
static void asked_without_mark(struct facts *f)
{
	loop(f);
	f->config[END_NEAR].fwmark = 51820;
}

static void asked_with_mark(struct facts *f)
{
	asked_without_mark(f);
	f->paths[2].mark = 51820;
}

static void mark_unseen(struct facts *f)
{
	loop(f);
	facts_gap(f, NEED_CONFIG, "wg0 does not answer", NULL);
}

static void marks_not_told(struct facts *f)
{
	loop(f);
	f->config[END_NEAR].fwmark = f->paths[2].mark = UNKNOWN;
}

/* Its socket is where it was started, and only the tun was moved to this namespace. */
static void socket_elsewhere(struct facts *f)
{
	nowhere(f);
	f->target.kind = TARGET_INTERFACE;
}

static void socket_elsewhere_silent(struct facts *f)
{
	socket_elsewhere(f);
	made_silent(f);
}

/* The usual container: the tunnel is all it has, and its default route. */
static void default_into_tunnel(struct facts *f)
{
	loop(f);
	f->target.kind = TARGET_INTERFACE;
}

static void default_into_tunnel_silent(struct facts *f)
{
	default_into_tunnel(f);
	made_silent(f);
}

/* Answered by what the route leads to elsewhere, and not through the tunnel. */
static void answered_outside(struct facts *f)
{
	default_into_tunnel_silent(f);
	f->ping_peer.received = f->ping_peer.sent;
	f->ping_peer.dev_is_tun = 0;
}

/* Nobody answers, but the session is there: from before the routes were so, or by another way. */
static void into_tunnel_with_session(struct facts *f)
{
	default_into_tunnel(f);
	f->ping_peer.received = 0;
}

static void into_tunnel_new_session(struct facts *f)
{
	into_tunnel_with_session(f);
	f->crypto[END_NEAR].last_handshake_wall_ns = f->started_wall_ns + NS_PER_S;
}

static void other_uplink_unused(struct facts *f)
{
	f->target.kind = TARGET_INTERFACE;
	memset(f->taps[TAP_NEAR_WIRE].msgs, 0, sizeof(f->taps[TAP_NEAR_WIRE].msgs));
}

static void other_uplink_capture_with_gaps(struct facts *f)
{
	other_uplink_unused(f);
	f->taps[TAP_NEAR_WIRE].dropped = 3;
}

static void not_asked(struct facts *f)
{
	f->n_paths = 2;
}

static void link_down(struct facts *f)
{
	nowhere(f);
	f->wire[END_NEAR].start.up = false;
}

/* An engine that holds on to the link by which it was called. */
static void loop_of_socket_here(struct facts *f)
{
	default_into_tunnel(f);
	f->near_host.has_port = 1;
}

static void loop_of_socket_elsewhere(struct facts *f)
{
	default_into_tunnel(f);
	f->near_host.has_port = 0;
}

static void socket_here_with_mark(struct facts *f)
{
	loop_of_socket_here(f);
	f->config[END_NEAR].fwmark = 51820;
}

static void socket_here_no_route(struct facts *f)
{
	socket_elsewhere(f);
	f->near_host.has_port = 1;
}

/* The routes went, and the session is from before. */
static void way_lost(struct facts *f)
{
	socket_elsewhere_silent(f);
	f->handshake.complete = true;
	f->near_host.has_port = 1;
}

static void way_lost_socket_unknown(struct facts *f)
{
	way_lost(f);
	f->near_host.has_port = UNKNOWN;
}

static void unseen(struct facts *f)
{
	facts_gap(f, NEED_PATHS, "reading routes: Operation not permitted", "run as root");
}

static void blackhole(struct facts *f)
{
	nowhere(f);
	f->paths[2].error = "Invalid argument";
}

/* An uplink that is there is not looked for. */
static void refused_is_no_want_of_an_uplink(void **state)
{
	void (*const edits[])(struct facts * f) = { nowhere, blackhole };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(edits); i++) {
		struct findings all;
		struct facts f;
		struct arena a;
		const struct finding *row;

		arena_init(&a);
		made_healthy(&f);
		edits[i](&f);
		findings_init(&all, &a);
		checks_run(&f, NULL, &all);
		row = made_row(&all, "route.endpoint");
		assert_int_equal((row->signs & SIGN_BIT(SIGN_NO_UPLINK)) != 0, i == 0);
		assert_int_equal(row->n_commands > 0, i == 1);
		arena_done(&a);
	}
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "192.0.2.20 by wgw7f3a0, on the link itself", NULL },
	{ "by a gateway", by_gateway, STATE_PASS, "by wgw7f3a0, gateway 192.0.2.1", NULL },
	{ "nowhere", nowhere, STATE_FAIL, "no route to 192.0.2.20: Network is unreachable", NULL },
	{ "a blackhole", blackhole, STATE_FAIL, "192.0.2.20 is refused by a route or a rule here",
	  NULL },
	{ "into the tunnel", loop, STATE_FAIL, "leads into the tunnel wgd7f3a0 itself: a loop",
	  NULL },
	{ "border: a mark, asked without", asked_without_mark, STATE_UNSURE,
	  "unless the engine's mark leads elsewhere", NULL },
	{ "a mark, asked with it", asked_with_mark, STATE_FAIL, "a loop", NULL },
	{ "border: whether there is a mark is not seen", mark_unseen, STATE_UNSURE,
	  "unless the engine's mark", NULL },
	{ "border: marks not told", marks_not_told, STATE_UNSURE, "unless the engine's mark",
	  NULL },
	{ "border: endpoint not known", not_asked, STATE_SKIP, "endpoint is not known", NULL },
	{ "no route, and answers come", socket_elsewhere, STATE_NA,
	  "no route to 192.0.2.20, yet answers come back", NULL },
	{ "no route, and no answers", socket_elsewhere_silent, STATE_FAIL, "no route", NULL },
	{ "into the tunnel, and answers come", default_into_tunnel, STATE_NA,
	  "192.0.2.20 by wgd7f3a0, yet answers come back", NULL },
	{ "into the tunnel, and no answers", default_into_tunnel_silent, STATE_FAIL, "a loop",
	  NULL },
	{ "border: into the tunnel, only a session", into_tunnel_with_session, STATE_UNSURE,
	  "leads into the tunnel itself, and yet there is a session", NULL },
	{ "into the tunnel, a handshake in this run", into_tunnel_new_session, STATE_NA,
	  "its messages go elsewhere", NULL },
	{ "into the tunnel, answers come, its socket is here", loop_of_socket_here, STATE_FAIL,
	  "kept only by the link that it last got a message by", NULL },
	{ "into the tunnel, answers come, its socket is elsewhere", loop_of_socket_elsewhere,
	  STATE_NA, "its messages go elsewhere", NULL },
	{ "border: the same with a mark that was not asked for", socket_here_with_mark, STATE_NA,
	  "its messages go elsewhere", NULL },
	{ "border: no route at all, its socket is here", socket_here_no_route, STATE_NA,
	  "yet answers come back", NULL },
	{ "border: answers that did not cross it", answered_outside, STATE_FAIL, "a loop", NULL },
	{ "a way that is not taken, and answers come", other_uplink_unused, STATE_NA,
	  "by wgw7f3a0, yet answers come back", NULL },
	{ "border: the capture has gaps", other_uplink_capture_with_gaps, STATE_PASS, "by wgw7f3a0",
	  NULL },
	{ "no route any more", way_lost, STATE_FAIL, "no route to 192.0.2.20", NULL },
	{ "border: it may be another namespace's", way_lost_socket_unknown, STATE_UNSURE,
	  "no route to 192.0.2.20, and yet there is a session", NULL },
	{ "link down", link_down, STATE_FAIL, "no route", "underlay.link" },
	{ "gap", unseen, STATE_SKIP, "Operation not permitted", NULL },
};

static void routes(void **state)
{
	(void)state;
	check_cases_run("route.endpoint", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_is_no_want_of_an_uplink),
		cmocka_unit_test(routes),
	};

	return cmocka_run_group_tests_name("route.endpoint", tests, NULL, NULL);
}
