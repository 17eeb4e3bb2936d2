/*
 * The summary of `wgdiag loss`: as ping prints it, then the direction; what is not known of it is
 * left out.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/made_facts.h"
#include "report/report.h"
#include "report/width.h"

enum { N = 1000, LAST = N - 1, TIME_MS = 10003, LOST = 62 };

static struct fate_facts list[N];
static struct lost_facts lost[1];

/* Every 16th, from the second on, until there are so many: never an answer to it. */
static bool is_lost(size_t i)
{
	return i % 16 == 1 && i / 16 < LOST;
}

/* Half of the answers take 10 ms, the others 20. */
static void fill(void)
{
	size_t i, n = 0;
	unsigned s;

	for (i = 0; i < N; i++) {
		struct fate_facts *p = &list[i];

		*p = (struct fate_facts){
			.probe = (int64_t)i,
			.size = 96,
			.sent_ns = 7 * NS_PER_S + (int64_t)i * TIME_MS * NS_PER_MS / LAST,
			.after = STAGE_NONE,
			.before = STAGE_NONE,
		};
		for (s = 0; s < STAGE_COUNT; s++)
			p->seen_ns[s] = UNKNOWN;
		p->seen_ns[STAGE_TUN_OUT] = p->sent_ns + NS_PER_MS;
		p->result = FATE_LOST;
		if (is_lost(i))
			continue;
		p->result = FATE_ANSWERED;
		p->seen_ns[STAGE_TUN_IN] =
			p->seen_ns[STAGE_TUN_OUT] + (n++ % 2 ? 20 : 10) * NS_PER_MS;
	}
}

static void make(struct facts *f)
{
	made_healthy(f);
	fill();
	lost[0] = (struct lost_facts){ STAGE_FAR_WIRE_OUT, STAGE_WIRE_IN, NULL, LOST };
	f->target.kind = TARGET_INTERFACE;
	f->target.name = "wg0";
	f->fates = (struct fates_facts){
		.target = made_addr("10.0.0.2"),
		.sent = N,
		.answered = N - LOST,
		.late = 3,
		.duplicates = 0,
		.send_errors = 0,
		.trace_overrun = UNKNOWN,
		.lost = lost,
		.n_lost = ARRAY_LEN(lost),
		.list = list,
		.n = N,
	};
}

static void from_two_places(struct facts *f)
{
	f->fates.target = (struct ip_addr){ 0 };
	f->fates.send_errors = 5;
	f->fates.duplicates = 1;
}

/* A file of facts that an older wgdiag kept. */
static void not_heard(struct facts *f)
{
	f->fates.target = (struct ip_addr){ 0 };
	f->fates.late = f->fates.duplicates = f->fates.send_errors = UNKNOWN;
}

static void nowhere_seen(struct facts *f)
{
	(void)f;
	lost[0].after = STAGE_NONE;
	lost[0].before = STAGE_NONE;
}

static void at_the_far_host(struct facts *f)
{
	(void)f;
	lost[0].after = STAGE_FAR_TUN_IN;
	lost[0].before = STAGE_FAR_TUN_OUT;
}

static void all_answered(struct facts *f)
{
	f->fates.answered = N;
	f->fates.n_lost = 0;
}

static void none_answered(struct facts *f)
{
	size_t i;

	for (i = 0; i < N; i++) {
		list[i].result = FATE_LOST;
		list[i].seen_ns[STAGE_TUN_IN] = UNKNOWN;
	}
	f->fates.answered = 0;
	lost[0] = (struct lost_facts){ STAGE_WIRE_OUT, STAGE_FAR_WIRE_OUT, NULL, N };
	f->fates.late = 0;
}

static void tun_not_watched(struct facts *f)
{
	size_t i;

	(void)f;
	for (i = 0; i < N; i++)
		list[i].seen_ns[STAGE_TUN_OUT] = list[i].seen_ns[STAGE_TUN_IN] = UNKNOWN;
}

#define RTT "rtt min/avg/max/mdev = 10.000/15.000/20.000/5.000 ms\n"

static const struct summary_case {
	const char *name;
	void (*change)(struct facts *f);
	const char *says; /* whole lines */
} cases[] = {
	/* interface.md, The table */
	{ "the contract's", NULL,
	  "\n--- 10.0.0.2 in-tunnel ping ---\n"
	  "1000 sent, 938 received, 6.2% loss (up 0.0%, down 6.2%, unknown 0), 3 late, 0 dup, "
	  "time 10003 ms\n" RTT "Lost:    62 after far.wire.out, before wire.in\n" },
	{ "several addresses, not all sent", from_two_places,
	  "\n--- wg0 in-tunnel ping ---\n"
	  "1000 sent, 5 not sent, 938 received, 6.2% loss (up 0.0%, down 6.2%, unknown 0), "
	  "3 late, 1 dup, time 10003 ms\n" RTT },
	{ "late and duplicates not known", not_heard,
	  "\n--- wg0 in-tunnel ping ---\n"
	  "1000 sent, 938 received, 6.2% loss (up 0.0%, down 6.2%, unknown 0), time 10003 "
	  "ms\n" RTT },
	{ "no way known", nowhere_seen,
	  "\n1000 sent, 938 received, 6.2% loss (unknown 62), 3 late, 0 dup, time 10003 ms\n" RTT },
	{ "on neither way", at_the_far_host,
	  "\n1000 sent, 938 received, 6.2% loss (up 0.0%, down 0.0%, unknown 62), 3 late" },
	{ "all answered", all_answered,
	  "\n1000 sent, 1000 received, 0% loss (up 0.0%, down 0.0%, unknown 0), 3 late, 0 dup, "
	  "time 10003 ms\n" RTT },
	{ "none answered", none_answered,
	  "\n1000 sent, 0 received, 100% loss (up 100.0%, down 0.0%, unknown 0), 0 late, 0 dup, "
	  "time 10003 ms\nLost:    1000 after wire.out, before far.wire.out\n" },
	{ "no capture of the tun", tun_not_watched,
	  "0 dup, time 10003 ms\nLost:    62 after far.wire.out" },
};

static void write_page(const struct summary_case *c, unsigned width, struct buf *out)
{
	const struct report_style s = { .width = width, .utf8 = true };
	struct verdict v = { .state = STATE_PASS, .summary = "x" };
	struct findings all;
	struct arena a;
	struct facts f;

	arena_init(&a);
	findings_init(&all, &a);
	make(&f);
	if (c->change)
		c->change(&f);
	report_loss.write(&(struct report){ &f, &all, &v }, &s, out);
	arena_done(&a);
}

static void as_ping_says_it(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out = { 0 };

		write_page(&cases[i], 0, &out);
		if (!strstr(buf_str(&out), cases[i].says))
			fail_msg("%s: not said: %s\n%s", cases[i].name, cases[i].says,
				 buf_str(&out));
		buf_done(&out);
	}
}

static void no_line_is_wider(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out = { 0 };
		char *line, *rest;
		struct arena a;

		arena_init(&a);
		write_page(&cases[i], 80, &out);
		for (rest = arena_strdup(&a, buf_str(&out)); (line = strsep(&rest, "\n"));)
			assert_true(text_width(line, strlen(line)) <= 80);
		buf_done(&out);
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_ping_says_it),
		cmocka_unit_test(no_line_is_wider),
	};

	return cmocka_run_group_tests_name("report/loss", tests, NULL, NULL);
}
