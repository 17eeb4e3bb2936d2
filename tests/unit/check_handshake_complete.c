/* handshake.complete: complete, slow, refused in each of its ways, not watched. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void silent(struct facts *f)
{
	made_silent(f);
}

static void lost_on_the_way(struct facts *f)
{
	made_silent(f);
	f->taps[TAP_FAR_WIRE].msgs[TAP_IN][WG_MSG_INITIATION] = 0;
}

static void response_refused(struct facts *f)
{
	made_silent(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 2;
	f->taps[TAP_FAR_WIRE].msgs[TAP_OUT][WG_MSG_RESPONSE] = 2;
	made_refused(f, END_NEAR, "in_response", "the response does not open", 2);
}

static void cookie(struct facts *f)
{
	made_silent(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_COOKIE_REPLY] = 2;
	f->taps[TAP_FAR_WIRE].msgs[TAP_OUT][WG_MSG_COOKIE_REPLY] = 2;
}

static void icmp(struct facts *f)
{
	struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];

	made_silent(f);
	t->icmp_errors = 2;
	ip_addr_parse("192.0.2.9", &t->icmp_from);
	t->icmp_type = 3;
	t->icmp_code = 3;
}

static void never_asked(struct facts *f)
{
	made_silent(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 0;
	f->taps[TAP_FAR_WIRE].msgs[TAP_IN][WG_MSG_INITIATION] = 0;
}

static void capture_with_gaps(struct facts *f)
{
	made_silent(f);
	f->taps[TAP_NEAR_WIRE].dropped = 3;
}

static void incomplete_unwatched(struct facts *f)
{
	made_silent(f);
	facts_gap(f, NEED_TAP_NEAR_WIRE, "capturing on wgw0: Operation not permitted",
		  "run as root");
}

static void complete_unwatched(struct facts *f)
{
	facts_gap(f, NEED_TAP_NEAR_WIRE, "capturing on wgw0: Operation not permitted",
		  "run as root");
	f->handshake.response_ns = UNKNOWN;
}

static void second_try(struct facts *f)
{
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 2;
	f->taps[TAP_FAR_WIRE].msgs[TAP_IN][WG_MSG_INITIATION] = 2;
	f->handshake.response_ns = 5100 * NS_PER_MS;
}

/* 120 s later, in a long run. */
static void rekeyed(struct facts *f)
{
	second_try(f);
	f->handshake.response_ns = 1240 * NS_PER_US;
}

static void engine_gone(struct facts *f)
{
	made_not_started(f, "no tun after 2.0 s");
}

static void engine_died(struct facts *f)
{
	made_silent(f);
	f->engine[END_NEAR].exit_status = 11;
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "response in 1.24 ms, 1 initiation", NULL },
	{ "border: second try", second_try, STATE_WARN, "only after 2 initiations", NULL },
	{ "healthy, and a rekey", rekeyed, STATE_PASS, "1.24 ms to the first of 2", NULL },
	{ "border: complete, not watched", complete_unwatched, STATE_PASS, "not watched", NULL },
	{ "silence", silent, STATE_FAIL, "2 initiations in 6.0 s, nothing came back", NULL },
	{ "lost outside", lost_on_the_way, STATE_FAIL, "nothing came back", "underlay.out" },
	{ "response refused", response_refused, STATE_FAIL, "2 responses came back",
	  "crypto.rejects" },
	{ "cookies only", cookie, STATE_FAIL, "under load", NULL },
	{ "ICMP", icmp, STATE_FAIL, "port unreachable (3/3) came back from 192.0.2.9", NULL },
	{ "no initiation", never_asked, STATE_FAIL, "no initiation left within 6.0 s", NULL },
	{ "border: capture lost frames", capture_with_gaps, STATE_FAIL, "by a capture with gaps",
	  NULL },
	{ "incomplete, not watched", incomplete_unwatched, STATE_FAIL, "wire was not watched",
	  NULL },
	{ "gap: no engine", engine_gone, STATE_SKIP, "did not start", "engine.start" },
	{ "the engine died", engine_died, STATE_FAIL, NULL, "engine.answers" },
};

static void completes(void **state)
{
	(void)state;
	check_cases_run("handshake.complete", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(completes),
	};

	return cmocka_run_group_tests_name("handshake.complete", tests, NULL, NULL);
}
