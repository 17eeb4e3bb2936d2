/* rx.errors: what the kernel refused, as a share, by class; and what is no evidence. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void frame(struct facts *f, enum end end, int64_t errors, int64_t accepted)
{
	f->tun[end].after[LINK_RX_ERRORS] = errors;
	f->tun[end].after[LINK_RX_FRAME] = errors;
	f->tun[end].after[LINK_RX_PACKETS] = accepted;
}

static void third(struct facts *f)
{
	frame(f, END_FAR, 32, 68);
}

static void third_by_kernel_engine(struct facts *f)
{
	frame(f, END_FAR, 32, 68);
	f->tun[END_FAR].kind = "wireguard";
}

static void all(struct facts *f)
{
	frame(f, END_NEAR, 10, 0);
}

static void one(struct facts *f)
{
	frame(f, END_NEAR, 1, 399);
}

static void no_class(struct facts *f)
{
	f->tun[END_NEAR].after[LINK_RX_ERRORS] = 100;
}

/* A healthy tun of the newest wireguard-go gains these by itself. */
static void dropped_only(struct facts *f)
{
	f->tun[END_NEAR].after[LINK_RX_DROPPED] = 7;
}

/* Those of before the run are not this run's. */
static void old_errors(struct facts *f)
{
	f->tun[END_NEAR].before[LINK_RX_ERRORS] = f->tun[END_NEAR].after[LINK_RX_ERRORS] = 5000;
}

static void went_backwards(struct facts *f)
{
	f->tun[END_NEAR].before[LINK_RX_ERRORS] = 5;
}

static void far_unseen(struct facts *f)
{
	facts_gap(f, NEED_LINKS_FAR, "reading links: Operation not permitted", "run as root");
}

static void unseen(struct facts *f)
{
	facts_gap(f, NEED_LINKS, "reading links: Operation not permitted", "run as root");
}

static void near_empty(struct facts *f)
{
	f->tun[END_NEAR].after[LINK_RX_PACKETS] = 0;
}

static void far_empty(struct facts *f)
{
	f->tun[END_FAR].after[LINK_RX_PACKETS] = 0;
}

static void both_empty(struct facts *f)
{
	near_empty(f);
	far_empty(f);
}

static void near_empty_far_unseen(struct facts *f)
{
	near_empty(f);
	far_unseen(f);
}

static void near_empty_far_refuses(struct facts *f)
{
	near_empty(f);
	third(f);
}

/* The kernel counts them as received, and as nothing else while a capture is open. */
static void no_ip(struct facts *f)
{
	struct tap_facts *t = &f->taps[TAP_NEAR_TUN];

	t->not_ip[TAP_IN] = t->shifted[TAP_IN] = t->packets[TAP_IN];
	t->packets[TAP_IN] = 0;
}

static void no_ip_far(struct facts *f)
{
	struct tap_facts *t = &f->taps[TAP_FAR_TUN];

	t->not_ip[TAP_IN] = t->shifted[TAP_IN] = t->packets[TAP_IN];
	t->packets[TAP_IN] = 0;
}

static void no_ip_and_refused(struct facts *f)
{
	no_ip(f);
	third(f);
}

static void few_no_ip(struct facts *f)
{
	f->taps[TAP_NEAR_TUN].not_ip[TAP_IN] = 9;
}

static const struct check_case cases[] = {
	{ "no IP", no_ip, STATE_UNSURE, "near 0 of 400, but 400 were no IP", NULL },
	{ "no IP at the far end", no_ip_far, STATE_UNSURE, "far 0 of 400, but 400 were no IP",
	  NULL },
	{ "no IP, and others refused", no_ip_and_refused, STATE_FAIL, "far 32 of 100",
	  "tun.framing" },
	{ "border: a few may be anybody's", few_no_ip, STATE_PASS, "near 0 of 400; far", NULL },
	{ "healthy", NULL, STATE_PASS, "near 0 of 400; far 0 of 400", NULL },
	{ "the seed: 32 % at the far end", third, STATE_FAIL,
	  "far 32 of 100 = 32.0 % refused: 32 malformed header", NULL },
	{ "in the words of the kernel's engine", third_by_kernel_engine, STATE_FAIL,
	  "inner source is not allowed, or neither IPv4 nor IPv6", NULL },
	{ "all refused", all, STATE_FAIL, "near 10 of 10 = 100 % refused", NULL },
	{ "border: one of 400", one, STATE_WARN, "1 of 400 = 0.2 %", NULL },
	{ "no class", no_class, STATE_FAIL, "the kernel gives no class", NULL },
	{ "border: rx_dropped alone", dropped_only, STATE_PASS, "near 0 of 400", NULL },
	{ "border: errors of before", old_errors, STATE_PASS, "near 0 of 400", NULL },
	{ "a counter went backwards", went_backwards, STATE_UNSURE, "cannot be compared", NULL },
	{ "far end not seen", far_unseen, STATE_PASS, "far end not seen", NULL },
	{ "both empty", both_empty, STATE_SKIP, "nothing was written into the tun", NULL },
	{ "border: near empty", near_empty, STATE_PASS,
	  "near: nothing was written into the tun; far 0 of 400", NULL },
	{ "border: far empty", far_empty, STATE_PASS,
	  "near 0 of 400; far: nothing was written into the tun", NULL },
	{ "near empty, far not seen", near_empty_far_unseen, STATE_SKIP,
	  "near: nothing was written into the tun; far end not seen", NULL },
	{ "near empty, far refuses", near_empty_far_refuses, STATE_FAIL, "32 malformed header",
	  NULL },
	{ "gap", unseen, STATE_SKIP, "Operation not permitted", NULL },
};

static void counts(void **state)
{
	(void)state;
	check_cases_run("rx.errors", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
	};

	return cmocka_run_group_tests_name("rx.errors", tests, NULL, NULL);
}
