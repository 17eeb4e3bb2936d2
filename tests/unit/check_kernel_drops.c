/*
 * kernel.drops: blamed only for as many as were seen to arrive and reached nobody.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void counted(struct facts *f, int64_t n)
{
	f->kernel.rpfilter_before = 1000;
	f->kernel.rpfilter_after = 1000 + n;
	f->kernel.rp_wire = f->kernel.rp_tun = f->kernel.rp_elsewhere = 1;
	f->kernel.src_valid_mark = 0;
	f->kernel.n_elsewhere = 0;
}

/* A tunnel of an interface whose peer answers twice, and the engine has none of it. */
static void unheard(struct facts *f)
{
	int i;

	made_silent(f);
	f->target.kind = TARGET_INTERFACE;
	f->crypto[END_NEAR].rx_bytes = 0;
	f->crypto[END_NEAR].opened = 0;
	f->ping_peer.received = 0;
	for (i = WG_MSG_NONE; i <= WG_MSG_DATA; i++)
		f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][i] = 0;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 2;
	counted(f, 2);
}

static void none(struct facts *f)
{
	counted(f, 0);
}

/* A busy host's, of a tunnel that works. */
static void others(struct facts *f)
{
	counted(f, 500);
}

static void elsewhere(struct facts *f)
{
	unheard(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 0;
	f->kernel.n_elsewhere = 2;
	f->kernel.elsewhere = "eth1";
}

static void too_few(struct facts *f)
{
	unheard(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 5;
}

static void loose(struct facts *f)
{
	unheard(f);
	f->kernel.rp_wire = 2;
}

/* It had them, and said why they were of no use. */
static void refused(struct facts *f)
{
	unheard(f);
	made_refused(f, END_NEAR, "in_response", "the response does not open", 2);
}

static void heard(struct facts *f)
{
	unheard(f);
	f->crypto[END_NEAR].rx_bytes = 92;
}

static void replies(struct facts *f)
{
	counted(f, 10);
	f->target.kind = TARGET_INTERFACE;
	f->ping_peer.received = f->ping_peer.late = 0;
	f->taps[TAP_NEAR_TUN].echo_replies[TAP_IN] = 10;
}

static void uncounted(struct facts *f)
{
	unheard(f);
	f->kernel.rpfilter_before = UNKNOWN;
}

static const struct check_case cases[] = {
	{ "none", none, STATE_PASS, "none by the reverse path filter", NULL },
	{ "of others", others, STATE_PASS, "500 packets", NULL },
	{ "all that came", unheard, STATE_FAIL, "2 messages of the peer", NULL },
	{ "all that came by another link", elsewhere, STATE_FAIL, "came by eth1", NULL },
	{ "replies out of the tun", replies, STATE_FAIL, "10 echo replies", NULL },
	{ "border: more came than it dropped", too_few, STATE_PASS, NULL, NULL },
	{ "border: it is loose there", loose, STATE_PASS, NULL, NULL },
	{ "border: the engine had them", refused, STATE_PASS, NULL, NULL },
	{ "border: the engine took bytes", heard, STATE_PASS, NULL, NULL },
	{ "not counted", uncounted, STATE_SKIP, "not counted", NULL },
};

static void drops(void **state)
{
	(void)state;
	check_cases_run("kernel.drops", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drops),
	};

	return cmocka_run_group_tests_name("kernel.drops", tests, NULL, NULL);
}
