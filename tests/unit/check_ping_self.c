/* ping.self: what it proves, and what it does not (FM35). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void dead_tunnel(struct facts *f)
{
	made_silent(f);
}

static void through_tun(struct facts *f)
{
	f->ping_self.dev_is_tun = 1;
}

static void way_unknown(struct facts *f)
{
	f->ping_self.dev_is_tun = UNKNOWN;
}

static void no_answer(struct facts *f)
{
	f->ping_self.received = 0;
	f->ping_self.avg_ns = UNKNOWN;
}

static void address_gone(struct facts *f)
{
	no_answer(f);
	f->net_start[END_NEAR].n_addrs = 1; /* the wire's */
}

static void addrs_not_seen(struct facts *f)
{
	no_answer(f);
	facts_gap(f, NEED_ADDRS, "dump addresses: Operation not permitted", NULL);
}

static void no_answer_through_tun(struct facts *f)
{
	no_answer(f);
	through_tun(f);
}

static void some(struct facts *f)
{
	f->ping_self.received = 9;
}

static void not_sent(struct facts *f)
{
	no_answer(f);
	f->ping_self.sent = 0;
	f->ping_self.send_errors = 10;
	f->ping_self.send_error = "sendto 10.90.17.1: Network is unreachable";
}

static void no_memory(struct facts *f)
{
	not_sent(f);
	f->ping_self.send_error = "No buffer space available";
	f->ping_self.shortage = true;
}

static void interrupted(struct facts *f)
{
	facts_gap(f, NEED_PING_SELF, "interrupted", NULL);
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "by lo: proves the address and lo, nothing of the tunnel",
	  NULL },
	{ "a dead tunnel passes too", dead_tunnel, STATE_PASS, "nothing of the tunnel", NULL },
	{ "through the tun", through_tun, STATE_PASS, "10/10 through the tun", NULL },
	{ "border: way not seen", way_unknown, STATE_PASS, "which way was not seen", NULL },
	{ "border: one lost", some, STATE_WARN, "9/10", NULL },
	{ "no answer from lo", no_answer, STATE_FAIL,
	  "0/10 answered, though the address is on this host: look at lo, icmp_echo_ignore_all",
	  NULL },
	{ "no address", address_gone, STATE_FAIL, "10.90.17.1 is not on this host", NULL },
	{ "no answer, addresses not seen", addrs_not_seen, STATE_FAIL, "0/10 answered: look at lo",
	  NULL },
	{ "no answer through the tun", no_answer_through_tun, STATE_UNSURE, "proves nothing",
	  NULL },
	{ "could not send", not_sent, STATE_FAIL, "Network is unreachable", NULL },
	{ "no memory of ours", no_memory, STATE_ERROR, "No buffer space", NULL },
	{ "gap", interrupted, STATE_SKIP, "interrupted", NULL },
};

static void pings(void **state)
{
	(void)state;
	check_cases_run("ping.self", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pings),
	};

	return cmocka_run_group_tests_name("ping.self", tests, NULL, NULL);
}
