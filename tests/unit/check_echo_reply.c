/* echo.reply: requests that reached our tun, and those that our stack answered. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void back(struct facts *f, int64_t received, int64_t requests, int64_t replies)
{
	f->echo_back[0].received = received;
	f->echo_back[1].sent = UNKNOWN;
	f->taps[TAP_NEAR_TUN].echo_requests[TAP_IN] = requests;
	f->taps[TAP_NEAR_TUN].echo_replies[TAP_OUT] = replies;
}

static void ignored(struct facts *f)
{
	back(f, 0, 3, 0);
}

static void part_ignored(struct facts *f)
{
	back(f, 2, 3, 2);
}

/* Those that this row is about came back, and a part of the others did not. */
static void others_unanswered(struct facts *f)
{
	f->taps[TAP_NEAR_TUN].echo_requests[TAP_IN] = 54;
	f->taps[TAP_NEAR_TUN].echo_replies[TAP_OUT] = 50;
}

static void one_of_many(struct facts *f)
{
	others_unanswered(f);
	f->taps[TAP_NEAR_TUN].echo_replies[TAP_OUT] = 53;
}

static void others_not_known(struct facts *f)
{
	others_unanswered(f);
	f->taps[TAP_NEAR_TUN].dropped = 1;
}

static void never_came(struct facts *f)
{
	back(f, 0, 0, 0);
}

static void never_came_shifted(struct facts *f)
{
	never_came(f);
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = 0;
	f->taps[TAP_NEAR_TUN].not_ip[TAP_IN] = f->taps[TAP_NEAR_TUN].shifted[TAP_IN] = 400;
}

static void lost_on_the_way_back(struct facts *f)
{
	back(f, 0, 3, 3);
}

static void one_family(struct facts *f)
{
	back(f, 3, 3, 3);
}

/* The sysctl is one family's. */
static void one_family_ignored(struct facts *f)
{
	back(f, 3, 6, 3);
	f->echo_back[0].received = 0;
	f->echo_back[0].sent = f->echo_back[1].sent = f->echo_back[1].received = 3;
}

static void late(struct facts *f)
{
	back(f, 2, 3, 3);
	f->echo_back[0].late = 1;
}

static void capture_with_gaps(struct facts *f)
{
	back(f, 2, 2, 2);
	f->taps[TAP_NEAR_TUN].dropped = 1;
}

static void none_sent(struct facts *f)
{
	f->echo_back[0].sent = f->echo_back[1].sent = 0;
	f->echo_back[0].received = f->echo_back[1].received = 0;
	f->echo_back[0].send_error = "Network is unreachable";
}

static void interrupted(struct facts *f)
{
	back(f, 1, 2, 1);
	f->interrupted = true;
}

static void gap(struct facts *f)
{
	facts_gap(f, NEED_ECHO_BACK, "not tried", NULL);
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "6/6 requests from the far side answered", NULL },
	{ "ignored", ignored, STATE_FAIL, "answered none: look at icmp_echo_ignore_all", NULL },
	{ "border: one ignored", part_ignored, STATE_FAIL, "3 requests reached our tun", NULL },
	{ "others unanswered", others_unanswered, STATE_FAIL,
	  "6/6 requests from the far side answered, but of all 54 that reached our tun our stack "
	  "answered 50",
	  NULL },
	{ "border: one of many", one_of_many, STATE_WARN, "our stack answered 53", NULL },
	{ "border: the capture has gaps", others_not_known, STATE_PASS, "6/6", NULL },
	{ "never came", never_came, STATE_FAIL, "none reached our tun", NULL },
	{ "never came: shifted", never_came_shifted, STATE_FAIL, "none reached", "tun.framing" },
	{ "answers lost", lost_on_the_way_back, STATE_PASS, "all 3 requests answered by our stack",
	  NULL },
	{ "one family ignored", one_family_ignored, STATE_FAIL,
	  "answered 3, over IPv4 none came back: look at icmp_echo_ignore_all", NULL },
	{ "one family", one_family, STATE_PASS, "3/3", NULL },
	{ "late is answered", late, STATE_PASS, "3/3", NULL },
	{ "the capture has gaps", capture_with_gaps, STATE_UNSURE, "not whole", NULL },
	{ "none sent", none_sent, STATE_UNSURE, "Network is unreachable", NULL },
	{ "interrupted", interrupted, STATE_UNSURE, "interrupted", NULL },
	{ "gap", gap, STATE_SKIP, "not tried", NULL },
};

static void judges(void **state)
{
	(void)state;
	check_cases_run("echo.reply", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
	};

	return cmocka_run_group_tests_name("echo.reply", tests, NULL, NULL);
}
