/* underlay.gateway: none, every word of the neighbour table; with and without answers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void gateway(struct facts *f, const char *state)
{
	f->target.kind = TARGET_INTERFACE;
	f->gateway.addr = made_addr("192.0.2.1");
	f->gateway.dev = "eth0";
	f->gateway.neigh_state = state;
}

#define WORD(name, state)                          \
	static void name(struct facts *f)          \
	{                                          \
		gateway(f, state);                 \
	}                                          \
	static void name##_silent(struct facts *f) \
	{                                          \
		gateway(f, state);                 \
		made_silent(f);                    \
	}
WORD(reachable, "REACHABLE")
WORD(stale, "STALE")
WORD(delay, "DELAY")
WORD(probe, "PROBE")
WORD(permanent, "PERMANENT")
WORD(noarp, "NOARP")
WORD(failed, "FAILED")
WORD(incomplete, "INCOMPLETE")
WORD(no_entry, NULL)
WORD(odd, "MAYBE")

static void on_link(struct facts *f)
{
	f->target.kind = TARGET_INTERFACE;
}

static void no_route(struct facts *f)
{
	on_link(f);
	f->paths[2].dev = NULL;
	f->paths[2].error = "Network is unreachable";
	made_silent(f);
}

/* Answers come, and nothing of the tunnel goes where the routes of this namespace say. */
static void another_way(struct facts *f)
{
	failed(f);
	memset(f->taps[TAP_NEAR_WIRE].msgs, 0, sizeof(f->taps[TAP_NEAR_WIRE].msgs));
}

static void carrier_lost(struct facts *f)
{
	failed_silent(f);
	f->wire[END_NEAR].running = f->wire[END_NEAR].running_end = 0;
}

static void no_endpoint_there(struct facts *f)
{
	failed_silent(f);
	f->gateway.is_endpoint = true;
}

static void unseen(struct facts *f)
{
	facts_gap(f, NEED_GATEWAY, "reading neighbours: Operation not permitted", "run as root");
}

static const struct check_case cases[] = {
	{ "healthy self-test", NULL, STATE_NA, "made by wgdiag: both ends on one link, no gateway",
	  NULL },
	{ "on the link", on_link, STATE_NA, "on the link itself", NULL },
	{ "reachable", reachable, STATE_PASS, "192.0.2.1 on eth0 answered just now (REACHABLE)",
	  NULL },
	{ "reachable, peer silent", reachable_silent, STATE_PASS, "answered just now", NULL },
	{ "stale", stale, STATE_PASS, "answered before (STALE)", NULL },
	{ "stale, peer silent", stale_silent, STATE_PASS, "answered before", NULL },
	{ "delay", delay, STATE_PASS, "(DELAY)", NULL },
	{ "delay, peer silent", delay_silent, STATE_PASS, "(DELAY)", NULL },
	{ "probe", probe, STATE_PASS, "(PROBE)", NULL },
	{ "probe, peer silent", probe_silent, STATE_PASS, "(PROBE)", NULL },
	{ "permanent", permanent, STATE_PASS, "(PERMANENT)", NULL },
	{ "permanent, peer silent", permanent_silent, STATE_PASS, "(PERMANENT)", NULL },
	{ "noarp", noarp, STATE_PASS, "(NOARP)", NULL },
	{ "noarp, peer silent", noarp_silent, STATE_PASS, "(NOARP)", NULL },
	{ "border: failed, and the peer answered", failed, STATE_UNSURE, "yet the peer answered",
	  NULL },
	{ "failed", failed_silent, STATE_FAIL, "192.0.2.1 on eth0 does not answer (FAILED)", NULL },
	{ "the endpoint itself is not there", no_endpoint_there, STATE_FAIL,
	  "the endpoint itself, 192.0.2.1 on eth0 does not answer (FAILED)", NULL },
	{ "incomplete", incomplete, STATE_UNSURE, "(INCOMPLETE)", NULL },
	{ "incomplete, peer silent", incomplete_silent, STATE_UNSURE, "(INCOMPLETE)", NULL },
	{ "border: no entry, and the peer answered", no_entry, STATE_PASS, "the peer answered",
	  NULL },
	{ "no entry", no_entry_silent, STATE_UNSURE, "nobody has asked", NULL },
	{ "a word nobody knows", odd, STATE_UNSURE, "entry says MAYBE", NULL },
	{ "a word nobody knows, silent", odd_silent, STATE_UNSURE, "entry says MAYBE", NULL },
	{ "no route", no_route, STATE_SKIP, "no route to the endpoint", "route.endpoint" },
	{ "its messages go elsewhere", another_way, STATE_NA, "do not go the way of this host",
	  NULL },
	{ "because of the link", carrier_lost, STATE_FAIL, "FAILED", "underlay.link" },
	{ "gap", unseen, STATE_SKIP, "Operation not permitted", NULL },
};

static void gateways(void **state)
{
	(void)state;
	check_cases_run("underlay.gateway", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gateways),
	};

	return cmocka_run_group_tests_name("underlay.gateway", tests, NULL, NULL);
}
