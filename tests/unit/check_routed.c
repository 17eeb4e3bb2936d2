/*
 * Rows of a tunnel past which the routes to its inner addresses lead: what was sent beside it
 * tells nothing of it, and what was bound to it is not told to be lost.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/made_facts.h"
#include "verdict/verdict.h"

static struct inner_target_facts target;

/* Nobody answers one who was named, and every inner route leads to another link. */
static void beside(struct facts *f)
{
	static const enum need far[] = { NEED_ENGINE_FAR,   NEED_LINKS_FAR, NEED_TAP_FAR_TUN,
					 NEED_TAP_FAR_WIRE, NEED_STREAMS,   NEED_CONFIG_FAR,
					 NEED_ECHO_BACK,    NEED_LOSS_DOWN, NEED_LOSS_UP,
					 NEED_SIZES };
	size_t i;

	f->target.kind = TARGET_INTERFACE;
	for (i = 0; i < ARRAY_LEN(far); i++)
		facts_gap(f, far[i], "not asked for", NULL);
	f->n_streams = 0;
	target = (struct inner_target_facts){ .addr = f->ping_peer.target, .how = TARGET_GIVEN };
	f->inner_targets = &target;
	f->n_inner_targets = 1;
	f->paths[0].dev = f->paths[1].dev = "lan";
	f->paths[0].route = made_net("10.90.17.2/32");
	f->ping_peer.received = 0;
	f->ping_peer.dev_is_tun = 0;
	f->handshake = (struct handshake_facts){ .age_ns = UNKNOWN,
						 .response_ns = UNKNOWN,
						 .waited_ns = 6 * NS_PER_S };
	f->crypto[END_NEAR].last_handshake_wall_ns = 0;
	memset(f->taps[TAP_NEAR_WIRE].msgs, 0, sizeof(f->taps[TAP_NEAR_WIRE].msgs));
	memset(f->taps[TAP_NEAR_WIRE].keepalives, 0, sizeof(f->taps[TAP_NEAR_WIRE].keepalives));
}

/* Somebody else has that address. */
static void answered_beside(struct facts *f)
{
	beside(f);
	f->ping_peer.received = f->ping_peer.sent;
}

/* Others on this host use the tunnel, and the far end is silent. */
static void beside_and_silent(struct facts *f)
{
	beside(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 2;
}

static void bound(struct facts *f)
{
	beside(f);
	f->target.kind = TARGET_CONFIG;
	f->target.probed_routes_only = true;
	f->paths[0].bound = f->paths[1].bound = true;
	f->ping_peer.dev_is_tun = 1;
	f->handshake.complete = true;
	f->handshake.waited_ns = 3 * NS_PER_MS;
	f->handshake.response_ns = NS_PER_MS;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 1;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 1;
}

static void bound_guess(struct facts *f)
{
	bound(f);
	target.how = TARGET_SUBNET;
}

static void bound_and_answered(struct facts *f)
{
	bound(f);
	target.answered = ANSWERED_ECHO;
	target.from = target.addr;
	f->ping_peer.received = f->ping_peer.sent;
}

/* Who was bound to it asked, and the far end is silent: that is no matter of routes. */
static void bound_no_handshake(struct facts *f)
{
	bound(f);
	f->handshake.complete = false;
	f->handshake.response_ns = UNKNOWN;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 0;
}

/* An ICMP error came out of the tunnel, of the very address that was pinged. */
static void rejects_pings(struct facts *f)
{
	bound(f);
	f->paths[0].dev = f->paths[1].dev = f->target.name;
	f->paths[0].bound = f->paths[1].bound = false;
	target.answered = ANSWERED_ERROR;
	target.from = target.addr;
}

static void peer_cannot_reach_it(struct facts *f)
{
	rejects_pings(f);
	target.from = made_addr("10.90.17.1");
}

static const struct check_case handshake[] = {
	{ "nothing was given to it", beside, STATE_FAIL, "no initiation left", "route.inner" },
	{ "another answered the pings", answered_beside, STATE_FAIL, "no initiation left",
	  "route.inner" },
	{ "and others did give it something", beside_and_silent, STATE_FAIL, "2 initiations",
	  "underlay.back" },
	{ "bound", bound, STATE_PASS, "response in", NULL },
	{ "bound, and the far end is silent", bound_no_handshake, STATE_FAIL, "1 initiation",
	  "underlay.back" },
};

static const struct check_case ping[] = {
	{ "beside", beside, STATE_FAIL, "0/10 answered", "route.inner" },
	{ "bound", bound, STATE_UNSURE, "did not answer what was bound to", NULL },
	{ "bound, a guess", bound_guess, STATE_UNSURE, "did not answer what was bound to", NULL },
	{ "bound, and answered", bound_and_answered, STATE_PASS, "10/10 answered", NULL },
	{ "an ICMP error of itself", rejects_pings, STATE_PASS, "answers no ping, but", NULL },
	{ "an ICMP error of another", peer_cannot_reach_it, STATE_FAIL, "0/10 answered", NULL },
};

static const struct check_case data[] = {
	{ "beside", beside, STATE_FAIL, "nothing came back through the tunnel", "route.inner" },
	{ "answered beside", answered_beside, STATE_FAIL, "nothing came back", "route.inner" },
	{ "bound", bound, STATE_UNSURE, "nothing came back of what was bound to", NULL },
	{ "bound, and answered", bound_and_answered, STATE_PASS, "come back whole", NULL },
	{ "an ICMP error", peer_cannot_reach_it, STATE_PASS, "(an ICMP error)", NULL },
};

static void rows(void **state)
{
	(void)state;
	check_cases_run("handshake.complete", handshake, ARRAY_LEN(handshake));
	check_cases_run("ping.peer", ping, ARRAY_LEN(ping));
	check_cases_run("data.both-ways", data, ARRAY_LEN(data));
}

/* Whose side it is. */
static void sides(void **state)
{
	static const struct {
		void (*change)(struct facts *f);
		enum state state;
		enum side side;
	} all[] = {
		{ beside, STATE_FAIL, SIDE_LOCAL },
		{ answered_beside, STATE_FAIL, SIDE_LOCAL },
		{ beside_and_silent, STATE_FAIL, SIDE_UNKNOWN },
		{ bound_guess, STATE_UNSURE, SIDE_UNKNOWN },
		{ bound_no_handshake, STATE_FAIL, SIDE_UNKNOWN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(all); i++) {
		struct findings found;
		struct verdict v;
		struct arena a;
		struct facts f;

		arena_init(&a);
		made_healthy(&f);
		all[i].change(&f);
		findings_init(&found, &a);
		checks_run(&f, NULL, &found);
		verdict_of(&f, &found, &v);
		if (v.state != all[i].state || v.side != all[i].side)
			print_message("# case %zu: %s\n", i, v.summary);
		assert_int_equal(v.state, all[i].state);
		assert_int_equal(v.side, all[i].side);
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(sides),
	};

	return cmocka_run_group_tests_name("routed elsewhere", tests, NULL, NULL);
}
