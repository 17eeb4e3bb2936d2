/* tun.delivery: written and seen, nothing, part no IP, fewer by joining, captures with gaps. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void none(struct facts *f)
{
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = 0;
}

static void none_and_gaps(struct facts *f)
{
	none(f);
	f->taps[TAP_NEAR_TUN].dropped = 3;
}

static void none_valid(struct facts *f)
{
	none(f);
	f->taps[TAP_NEAR_TUN].not_ip[TAP_IN] = 400;
}

static void all_shifted(struct facts *f)
{
	none_valid(f);
	f->taps[TAP_NEAR_TUN].shifted[TAP_IN] = 400;
}

static void one_no_ip(struct facts *f)
{
	f->taps[TAP_NEAR_TUN].not_ip[TAP_IN] = 1;
}

/* The device took in 410 packets, and 10 of them are none. */
static void many_no_ip(struct facts *f)
{
	f->taps[TAP_NEAR_TUN].not_ip[TAP_IN] = 10;
	f->tun[END_NEAR].after[LINK_RX_PACKETS] += 10;
}

static void fewer_no_ip(struct facts *f)
{
	many_no_ip(f);
	f->tun[END_NEAR].after[LINK_RX_PACKETS]--;
}

/* A program put them onto the tun: the device took in no more than the packets. */
static void no_ip_of_others(struct facts *f)
{
	f->taps[TAP_NEAR_TUN].not_ip[TAP_IN] = 300;
}

static void some_shifted(struct facts *f)
{
	f->taps[TAP_NEAR_TUN].not_ip[TAP_IN] = f->taps[TAP_NEAR_TUN].shifted[TAP_IN] = 10;
}

static void too_small_a_share(struct facts *f)
{
	some_shifted(f);
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = 991;
}

static void joined(struct facts *f)
{
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = 30;
	f->tun[END_NEAR].after[LINK_RX_PACKETS] = 30;
}

static void nothing_came(struct facts *f)
{
	none(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_DATA] = 1;
}

static void silent(struct facts *f)
{
	made_silent(f);
	none(f);
}

static void refused(struct facts *f)
{
	none(f);
	made_refused(f, END_NEAR, "in_tag", "does not authenticate", 400);
}

/* From one end, nine messages came. */
static void nine(struct facts *f)
{
	none(f);
	f->target.kind = TARGET_INTERFACE;
	facts_gap(f, NEED_ENGINE_FAR, "the far end is not on this machine", NULL);
	f->crypto[END_FAR].known = false;
	f->taps[TAP_NEAR_WIRE].keepalives[TAP_IN] = 0;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_DATA] = 9;
}

static void errors_refused(struct facts *f)
{
	nine(f);
	made_refused(f, END_NEAR, "in_source_error", "an ICMP error", 9);
}

static void of_the_link(struct facts *f)
{
	nine(f);
	made_refused(f, END_NEAR, "in_source_link", "link-local", 9);
}

static void one_more(struct facts *f)
{
	nine(f);
	made_refused(f, END_NEAR, "in_source_error", "an ICMP error", 8);
}

static void maybe_errors(struct facts *f)
{
	nine(f);
	f->crypto[END_NEAR].known = false;
	f->taps[TAP_NEAR_WIRE].larger = 5;
	f->taps[TAP_NEAR_WIRE].larger_bytes = 5 * 32;
	f->taps[TAP_NEAR_WIRE].largest[TAP_OUT] = 128;
	f->taps[TAP_NEAR_WIRE].largest[TAP_IN] = 160;
}

/* It counts them, and they were none. */
static void no_errors(struct facts *f)
{
	maybe_errors(f);
	f->crypto[END_NEAR].known = true;
}

/* Whether more than that is to be said of it: only where the engine may have opened any. */
static void which_sign(void **state)
{
	static const struct {
		bool known;
		int64_t opened;
		bool sign;
	} c[] = { { true, 0, false }, { true, 9, true }, { false, UNKNOWN, true } };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(c); i++) {
		struct findings all;
		struct arena a;
		struct facts f;

		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		nine(&f);
		f.crypto[END_NEAR].known = c[i].known;
		f.crypto[END_NEAR].opened = c[i].opened;
		checks_run(&f, NULL, &all);
		assert_int_equal(made_row(&all, "tun.delivery")->state, STATE_FAIL);
		assert_int_equal(!!(made_row(&all, "tun.delivery")->signs &
				    SIGN_BIT(SIGN_NOTHING_DELIVERED)),
				 c[i].sign);
		arena_done(&a);
	}
}

static void no_counts(struct facts *f)
{
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = UNKNOWN;
}

static void no_links(struct facts *f)
{
	facts_gap(f, NEED_LINKS, "reading links: Operation not permitted", NULL);
}

static void no_tap(struct facts *f)
{
	facts_gap(f, NEED_TAP_NEAR_TUN, "capture on x: Operation not permitted", "run as root");
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "written 400, seen by the stack 400", NULL },
	{ "nothing", none, STATE_FAIL, "400 data messages arrived, nothing came out", NULL },
	{ "nothing, but gaps", none_and_gaps, STATE_UNSURE, "lost frames themselves", NULL },
	{ "nothing valid", none_valid, STATE_FAIL, "nothing valid came out", NULL },
	{ "all shifted", all_shifted, STATE_FAIL, "nothing valid came out", "tun.framing" },
	{ "one no IP", one_no_ip, STATE_WARN, "written 400, seen by the stack 400; 1 more", NULL },
	{ "border: ten no IP", many_no_ip, STATE_FAIL,
	  "written 410, 10 of them no IP; the device took 4", NULL },
	{ "border: nine for sure", fewer_no_ip, STATE_WARN, "10 more on the tun", NULL },
	{ "somebody else's", no_ip_of_others, STATE_WARN, "300 more", NULL },
	{ "ten shifted", some_shifted, STATE_FAIL, "10 of them no IP", NULL },
	{ "border: under 1 %", too_small_a_share, STATE_WARN, "10 more", NULL },
	{ "joined", joined, STATE_PASS, "written 30, seen by the stack 30", NULL },
	{ "border: a keepalive only", nothing_came, STATE_SKIP, "no data message arrived",
	  "underlay.back" },
	{ "no handshake", silent, STATE_SKIP, "no data message arrived", "handshake.complete" },
	{ "engine refuses", refused, STATE_FAIL, "nothing came out", "crypto.rejects" },
	{ "errors, refused for their source", errors_refused, STATE_SKIP,
	  "none of them for the tun", NULL },
	{ "of the link alone", of_the_link, STATE_SKIP, "none of them for the tun", NULL },
	{ "border: one more than the errors", one_more, STATE_FAIL,
	  "9 data messages arrived, nothing", NULL },
	{ "by their sizes errors", maybe_errors, STATE_UNSURE, "may be ICMP errors", NULL },
	{ "border: the engine tells them", no_errors, STATE_FAIL, "nothing came out", NULL },
	{ "not counted", no_counts, STATE_UNSURE, "cannot say", NULL },
	{ "no link counters", no_links, STATE_PASS, "not known", NULL },
	{ "gap", no_tap, STATE_SKIP, "Operation not permitted", NULL },
};

static void judges(void **state)
{
	(void)state;
	check_cases_run("tun.delivery", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(which_sign),
	};

	return cmocka_run_group_tests_name("tun.delivery", tests, NULL, NULL);
}
