/*
 * loss.up and loss.down: the limits on both sides, too few, not watched, and captures with gaps. The
 * two are judged alike, so who includes this says which: LOSS_ROW, the member of facts; LOSS_NEED;
 * LOSS_ID.
 */
#ifndef TESTS_UNIT_LOSS_ROW_H
#define TESTS_UNIT_LOSS_ROW_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void lose(struct facts *f, int64_t lost, int64_t sent)
{
	f->LOSS_ROW.lost = lost;
	f->LOSS_ROW.sent = sent;
}

static void pass_border(struct facts *f)
{
	lose(f, 1, 200); /* lower end 0.09 % */
}

static void warn_border(struct facts *f)
{
	lose(f, 2, 200); /* 0.27 % */
}

static void warn_below_fail(struct facts *f)
{
	lose(f, 4, 200); /* 0.78 % */
}

static void fail_border(struct facts *f)
{
	lose(f, 5, 200); /* 1.07 % */
}

/* A radio link that is known to lose some. */
static void pass_by_given(struct facts *f)
{
	lose(f, 5, 200);
	f->loss_limits = (struct loss_limits){ 30000, 20000 };
}

static void warn_by_given(struct facts *f)
{
	lose(f, 5, 200);
	f->loss_limits.fail_ppm = 20000;
}

static void fail_by_given(struct facts *f)
{
	lose(f, 1, 200);
	f->loss_limits = (struct loss_limits){ 800, UNKNOWN };
}

static void same_by_given(struct facts *f)
{
	lose(f, 5, 200);
	f->loss_limits.fail_ppm = 10500;
}

/* Any at all. */
static void none_may_be(struct facts *f)
{
	lose(f, 1, 100000);
	f->loss_limits = (struct loss_limits){ 0, 0 };
}

static void none_was(struct facts *f)
{
	lose(f, 0, 200);
	f->loss_limits = (struct loss_limits){ 0, 0 };
}

static void all_lost(struct facts *f)
{
	lose(f, 200, 200);
}

static void few(struct facts *f)
{
	lose(f, 50, 99);
}

static void enough(struct facts *f)
{
	lose(f, 50, 100);
}

static void few_and_dead(struct facts *f)
{
	made_silent(f);
	lose(f, 0, 0);
}

static void none_sent(struct facts *f)
{
	lose(f, 0, 0);
}

static void receiver_unseen(struct facts *f)
{
	lose(f, UNKNOWN, 200);
}

static void nothing_seen(struct facts *f)
{
	lose(f, UNKNOWN, UNKNOWN);
}

static void capture_explains(struct facts *f)
{
	lose(f, 20, 200);
	f->LOSS_ROW.capture_dropped = 19;
}

static void capture_does_not_explain(struct facts *f)
{
	lose(f, 100, 200);
	f->LOSS_ROW.capture_dropped = 5;
}

static void capture_unknown(struct facts *f)
{
	lose(f, 20, 200);
	f->LOSS_ROW.capture_dropped = UNKNOWN;
}

static void capture_gaps_do_not_matter(struct facts *f)
{
	f->LOSS_ROW.capture_dropped = 7;
}

static void gap(struct facts *f)
{
	facts_gap(f, LOSS_NEED, "capture on x: Operation not permitted", "run as root");
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "0/202 on the wire (95 % CI 0 to", NULL },
	{ "border: one of 200", pass_border, STATE_PASS, "1/200 = 0.5 %", NULL },
	{ "border: two of 200", warn_border, STATE_WARN, "2/200 = 1.0 %", NULL },
	{ "border: four of 200", warn_below_fail, STATE_WARN, "4/200 = 2.0 %", NULL },
	{ "border: five of 200", fail_border, STATE_FAIL, "5/200 = 2.5 %", NULL },
	{ "limits given: below both", pass_by_given, STATE_PASS, "; limits given: 3 and 2 %",
	  NULL },
	{ "limits given: between", warn_by_given, STATE_WARN, "; limits given: 2 and 0.1 %", NULL },
	{ "limits given: above", fail_by_given, STATE_FAIL, "; limits given: 0.08 and 0.08 %",
	  NULL },
	{ "limits given: none may be lost", none_may_be, STATE_FAIL, "1/100000", NULL },
	{ "limits given: none was", none_was, STATE_PASS, "0/200", NULL },
	{ "limits given that change nothing", same_by_given, STATE_FAIL, "5/200", NULL },
	{ "all", all_lost, STATE_FAIL, "200/200 = 100 %", NULL },
	{ "border: 99 sent", few, STATE_UNSURE, "under 100", NULL },
	{ "border: 100 sent", enough, STATE_FAIL, "50/100", NULL },
	{ "none sent", none_sent, STATE_UNSURE, "no data message", NULL },
	{ "none sent: no handshake", few_and_dead, STATE_SKIP, "no data message",
	  "handshake.complete" },
	{ "receiver not watched", receiver_unseen, STATE_UNSURE, "not watched", NULL },
	{ "nothing seen", nothing_seen, STATE_UNSURE, "not seen", NULL },
	{ "the captures' own loss", capture_explains, STATE_UNSURE, "lost 19 frames", NULL },
	{ "more than the captures' own", capture_does_not_explain, STATE_FAIL, "100/200", NULL },
	{ "captures do not tell", capture_unknown, STATE_UNSURE, "not known", NULL },
	{ "gaps that hid nothing", capture_gaps_do_not_matter, STATE_PASS, "0/202", NULL },
	{ "gap", gap, STATE_SKIP, "Operation not permitted", NULL },
};

static void judges(void **state)
{
	(void)state;
	check_cases_run(LOSS_ID, cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
	};

	return cmocka_run_group_tests_name(LOSS_ID, tests, NULL, NULL);
}

#endif
