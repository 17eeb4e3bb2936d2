/* underlay.link: up, down, no carrier, errors of this run and of before. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void down(struct facts *f)
{
	f->wire[END_NEAR].start.up = f->wire[END_NEAR].end.up = false;
}

static void no_carrier(struct facts *f)
{
	f->wire[END_NEAR].running = 0;
}

static void no_carrier_all_along(struct facts *f)
{
	f->wire[END_NEAR].running = f->wire[END_NEAR].running_end = 0;
}

static void set_down(struct facts *f)
{
	f->wire[END_NEAR].end.up = false;
	f->wire[END_NEAR].running_end = 0;
}

static void deleted(struct facts *f)
{
	f->wire[END_NEAR].end = (struct link_state){ .known = true, .gone = true };
}

static void lost_carrier(struct facts *f)
{
	f->wire[END_NEAR].running_end = 0;
}

static void end_unread(struct facts *f)
{
	f->wire[END_NEAR].end.known = false;
	f->wire[END_NEAR].running_end = UNKNOWN;
}

static void carrier_not_told(struct facts *f)
{
	f->wire[END_NEAR].running = UNKNOWN;
}

static void errors(struct facts *f)
{
	f->wire[END_NEAR].after[LINK_RX_ERRORS] = 7;
	f->wire[END_NEAR].after[LINK_TX_ERRORS] = 2;
}

static void old_errors(struct facts *f)
{
	errors(f);
	f->wire[END_NEAR].before[LINK_RX_ERRORS] = 7;
	f->wire[END_NEAR].before[LINK_TX_ERRORS] = 2;
}

static void not_counted(struct facts *f)
{
	f->wire[END_NEAR].after[LINK_TX_ERRORS] = UNKNOWN;
}

static void other_link(struct facts *f)
{
	f->paths[2].dev = "wlan0";
	f->wire[END_NEAR].start.up = false;
}

static void far_is_down(struct facts *f)
{
	f->wire[END_FAR].start.up = false;
}

static void not_looked_at(struct facts *f)
{
	f->wire[END_NEAR].name = NULL;
}

static void unseen(struct facts *f)
{
	facts_gap(f, NEED_LINKS, "reading links: Operation not permitted", "run as root");
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "wgw7f3a0 up with carrier, 0 errors, MTU 1500", NULL },
	{ "down", down, STATE_FAIL, "wgw7f3a0 is down", NULL },
	{ "no carrier", no_carrier_all_along, STATE_FAIL, "is up and has no carrier", NULL },
	{ "border: came up meanwhile", no_carrier, STATE_WARN, "had no carrier at the start", NULL },
	{ "set down in the run", set_down, STATE_FAIL, "was set down during the run", "host.state" },
	{ "deleted in the run", deleted, STATE_FAIL, "was deleted during the run", "host.state" },
	{ "lost its carrier", lost_carrier, STATE_FAIL, "lost its carrier during the run", NULL },
	{ "the end was not read", end_unread, STATE_PASS, "up with carrier", NULL },
	{ "border: carrier not told", carrier_not_told, STATE_PASS, "up (carrier not told)", NULL },
	{ "errors", errors, STATE_WARN, "7 receive and 2 send errors", NULL },
	{ "border: errors of before", old_errors, STATE_PASS, "0 errors", NULL },
	{ "not counted", not_counted, STATE_UNSURE, "cannot be compared", NULL },
	{ "border: the route uses another", other_link, STATE_UNSURE,
	  "route uses wlan0, wgw7f3a0 was watched", NULL },
	{ "border: not ours", far_is_down, STATE_PASS, "up with carrier", NULL },
	{ "not looked at", not_looked_at, STATE_SKIP, "not looked at", NULL },
	{ "gap", unseen, STATE_SKIP, "Operation not permitted", NULL },
};

static void links(void **state)
{
	(void)state;
	check_cases_run("underlay.link", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links),
	};

	return cmocka_run_group_tests_name("underlay.link", tests, NULL, NULL);
}
