/* underlay.out: all arrives, some, none, nothing sent, captures with gaps, no capture. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

enum { DATA = 402 }; /* 401 data messages and one of the handshake */

static void arrived(struct facts *f, int64_t n)
{
	f->taps[TAP_FAR_WIRE].msgs[TAP_IN][WG_MSG_DATA] -= DATA - n;
}

static void one_lost(struct facts *f)
{
	arrived(f, DATA - 1);
}

static void tenth_lost(struct facts *f)
{
	arrived(f, DATA - 40);
}

static void none_arrived(struct facts *f)
{
	unsigned i;

	for (i = 0; i <= WG_MSG_DATA; i++)
		f->taps[TAP_FAR_WIRE].msgs[TAP_IN][i] = 0;
}

static void more_arrived(struct facts *f)
{
	arrived(f, DATA + 2);
}

static void nothing_sent(struct facts *f)
{
	unsigned i;

	none_arrived(f);
	for (i = 0; i <= WG_MSG_DATA; i++)
		f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][i] = 0;
}

/* What a capture lost looks like a loss of the network, and is none. */
static void capture_lost_it(struct facts *f)
{
	one_lost(f);
	f->taps[TAP_FAR_WIRE].dropped = 1;
}

static void capture_does_not_count(struct facts *f)
{
	f->taps[TAP_NEAR_WIRE].dropped = UNKNOWN;
}

static void no_capture(struct facts *f)
{
	facts_gap(f, NEED_TAP_FAR_WIRE, "capturing on wgw0: Operation not permitted",
		  "run as root");
}

static void no_engine(struct facts *f)
{
	made_not_started(f, "no tun after 2.0 s");
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "402 sent, 402 arrived", NULL },
	{ "border: one lost", one_lost, STATE_WARN, "401 arrived: 0.2 % lost", NULL },
	{ "border: more arrived", more_arrived, STATE_WARN, "more than were sent", NULL },
	{ "a tenth lost", tenth_lost, STATE_FAIL, "362 arrived: 10.0 % lost", NULL },
	{ "none arrived", none_arrived, STATE_FAIL, "402 sent, 0 arrived: 100 % lost", NULL },
	{ "nothing sent", nothing_sent, STATE_SKIP, "the near engine sent nothing", NULL },
	{ "the capture's own loss", capture_lost_it, STATE_UNSURE, "captures themselves lost 1",
	  NULL },
	{ "the capture does not count", capture_does_not_count, STATE_UNSURE, NULL, NULL },
	{ "gap: no capture", no_capture, STATE_SKIP, "Operation not permitted", NULL },
	{ "gap: no engine", no_engine, STATE_SKIP, "did not start", "engine.start" },
};

static void judges(void **state)
{
	(void)state;
	check_cases_run("underlay.out", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
	};

	return cmocka_run_group_tests_name("underlay.out", tests, NULL, NULL);
}
