/*
 * Which device a dropped packet is joined to, line by line; and the whole compared with a stupid
 * join on drawn histories of buffers.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/defs.h"
#include "lib/seed.h"
#include "model/drop_trace.h"

#define HEAD "            ping-77      [001] b.s2.   100.000001: "
#define LATER "            ping-77      [001] b.s2.   106.000001: "
#define AT(a) "skbaddr=00000000000000" a
#define DROP(a, at, why) \
	HEAD "kfree_skb: " AT(a) " rx_sk=00000000 protocol=2048 location=" at " reason: " why
#define IN(dev, a) HEAD "netif_receive_skb: dev=" dev " " AT(a) " len=84"
#define OUT(dev, a) HEAD "net_dev_queue: dev=" dev " " AT(a) " len=84"
#define SENT(dev, a, rc) HEAD "net_dev_xmit: dev=" dev " " AT(a) " len=84 rc=" rc
#define USED(a) HEAD "consume_skb: " AT(a) " location=skb_free_datagram+0x10/0x20"

enum { LINES = 4 };
/* What the lines leave: "dev in reason location" of the one kind; NULL: none. */
static const struct {
	const char *name, *line[LINES], *want;
} joins[] = {
	{ "came in",
	  { IN("wg0", "01"), DROP("01", "nft_do_chain+0x4/0x9 [nf_tables]", "X_Y") },
	  "wg0 in X_Y nft_do_chain" },
	{ "was to go out",
	  { OUT("eth0", "02"), DROP("02", "__dev_queue_xmit+0x1/0x2", "QDISC") },
	  "eth0 out QDISC __dev_queue_xmit" },
	{ "netif_rx",
	  { HEAD "netif_rx: dev=wg0 " AT("03") " len=1", DROP("03", "a", "R") },
	  "wg0 in R a" },
	{ "no device", { DROP("01", "a", "R") }, NULL },
	{ "another buffer", { IN("wg0", "01"), DROP("02", "a", "R") }, NULL },
	{ "another's device", { IN("wg1", "01"), DROP("01", "a", "R") }, NULL },
	{ "name that begins alike", { IN("wg00", "01"), DROP("01", "a", "R") }, NULL },
	{ "used up, and taken again", { IN("wg0", "01"), USED("01"), DROP("01", "a", "R") }, NULL },
	{ "the driver has it",
	  { OUT("wg0", "01"), SENT("wg0", "01", "0"), DROP("01", "a", "R") },
	  NULL },
	{ "the driver was busy",
	  { OUT("wg0", "01"), SENT("wg0", "01", "16"), DROP("01", "a", "R") },
	  "wg0 out R a" },
	{ "went on to another's device",
	  { IN("wg0", "01"), OUT("br0", "01"), DROP("01", "a", "R") },
	  NULL },
	{ "dropped once",
	  { IN("wg0", "01"), DROP("01", "a", "R"), DROP("01", "b", "R") },
	  "wg0 in R a" },
	{ "too long ago",
	  { IN("wg0", "01"), LATER "kfree_skb: " AT("01") " protocol=2048 location=a reason: R" },
	  NULL },
	{ "a bare address is no function",
	  { IN("wg0", "01"), DROP("01", "00000000ab", "R") },
	  "wg0 in R " },
	{ "no reason",
	  { IN("wg0", "01"), HEAD "kfree_skb: " AT("01") " protocol=2048 location=a" },
	  NULL },
	{ "the task is called as an event",
	  { IN("wg0", "01"), ": consume_skb: s-77      [001] b.s2.   100.000001: x: " AT("01"),
	    DROP("01", "a", "R") },
	  "wg0 in R a" },
	{ "the task has brackets",
	  { "   a] [0] 1.0: b-77      [001] b.s2.   100.000001: netif_rx: dev=wg0 " AT("01"),
	    DROP("01", "a", "R") },
	  "wg0 in R a" },
	{ "cut",
	  { IN("wg0", "01"), "            ping-77      [001] b.s2.   100.000001: kfree_skb" },
	  NULL },
};

static struct drop_trace *start(void)
{
	struct drop_trace *t = drop_trace_new();

	assert_non_null(t);
	assert_true(drop_trace_device(t, "wg0"));
	assert_true(drop_trace_device(t, "eth0"));
	assert_false(drop_trace_device(t, ""));
	assert_false(drop_trace_device(t, "a-name-too-long-"));
	return t;
}

static void joined(void **state)
{
	const struct drop_kind *k;
	struct drop_trace *t;
	char got[160];
	uint64_t lost;
	size_t i, j, n;

	(void)state;
	for (i = 0; i < ARRAY_LEN(joins); i++) {
		t = start();
		for (j = 0; j < LINES && joins[i].line[j]; j++)
			drop_trace_line(t, joins[i].line[j]);
		k = drop_trace_kinds(t, &n, &lost);
		if (n != (joins[i].want ? 1U : 0U) || lost)
			fail_msg("%s: %zu kinds", joins[i].name, n);
		if (!n) {
			drop_trace_free(t);
			continue;
		}
		snprintf(got, sizeof(got), "%s %s %s %s", k->dev, k->in ? "in" : "out", k->reason,
			 k->location);
		if (strcmp(got, joins[i].want) != 0)
			fail_msg("%s: %s", joins[i].name, got);
		assert_int_equal(k->first_ns, INT64_C(100000001000));
		assert_int_equal(k->protocol, 2048);
		drop_trace_free(t);
	}
}

static void counted(void **state)
{
	const struct drop_kind *k;
	struct drop_trace *t = start();
	uint64_t lost, in, out;
	char line[200];
	size_t n;
	int i;

	(void)state;
	drop_trace_line(t, "CPU:1 [LOST 12 EVENTS]");
	drop_trace_line(t, "CPU:0 [LOST EVENTS]");
	for (i = 0; i < 5; i++) {
		drop_trace_line(t, IN("wg0", "01"));
		drop_trace_line(t, DROP("01", "a", "R"));
		drop_trace_line(t, SENT("eth0", "02", "0"));
	}
	k = drop_trace_kinds(t, &n, &lost);
	assert_int_equal(n, 1);
	assert_int_equal(k->n, 5);
	assert_int_equal(lost, 13);
	drop_trace_seen(t, "wg0", &in, &out);
	assert_int_equal(in, 5);
	assert_int_equal(out, 0);
	drop_trace_seen(t, "eth0", &in, &out);
	assert_int_equal(out, 5);
	drop_trace_seen(t, "none", &in, &out);
	assert_int_equal(in + out, 0);
	/* More kinds than there is room for are no silence. */
	for (i = 0; i < DROP_KINDS_MAX + 3; i++) {
		drop_trace_line(t, IN("wg0", "01"));
		snprintf(line, sizeof(line), DROP("01", "f%d", "R"), i);
		drop_trace_line(t, line);
	}
	drop_trace_kinds(t, &n, &lost);
	assert_int_equal(n, DROP_KINDS_MAX);
	assert_int_equal(lost, 13 + 4);
	drop_trace_free(t);
}

/* Few buffers, used again at once, and each one's place kept in a plain array. */
static void as_a_stupid_join(void **state)
{
	enum { BUFFERS = 64, STEPS = 20000 };
	struct seed s = seed_start("model_drop_trace");
	struct drop_trace *t = start();
	static const char *const devs[] = { "wg0", "eth0", "other" };
	unsigned at[BUFFERS] = { 0 }; /* 0: nowhere; 1 + device, and 10 more when it came in */
	uint64_t want[2][2] = { { 0 } }, got[2][2] = { { 0 } }, lost;
	const struct drop_kind *k;
	char line[200];
	size_t n, i;

	(void)state;
	for (i = 0; i < STEPS; i++) {
		unsigned b = (unsigned)seed_below(&s, BUFFERS), d = (unsigned)seed_below(&s, 3);
		const char *head = HEAD;

		switch (seed_below(&s, 4)) {
		case 0:
			snprintf(line, sizeof(line), "%snetif_receive_skb: dev=%s skbaddr=%x len=9",
				 head, devs[d], 0xabc000 + b * 256);
			at[b] = d < 2 ? 11 + d : 0;
			break;
		case 1:
			snprintf(line, sizeof(line), "%snet_dev_queue: dev=%s skbaddr=%x len=9",
				 head, devs[d], 0xabc000 + b * 256);
			at[b] = d < 2 ? 1 + d : 0;
			break;
		case 2:
			snprintf(line, sizeof(line), "%sconsume_skb: skbaddr=%x location=x", head,
				 0xabc000 + b * 256);
			at[b] = 0;
			break;
		default:
			snprintf(line, sizeof(line),
				 "%skfree_skb: skbaddr=%x protocol=1 location=x reason: R", head,
				 0xabc000 + b * 256);
			if (at[b])
				want[at[b] > 10][(at[b] - 1) % 10]++;
			at[b] = 0;
		}
		drop_trace_line(t, line);
	}
	k = drop_trace_kinds(t, &n, &lost);
	for (i = 0; i < n; i++)
		got[k[i].in][!strcmp(k[i].dev, "eth0")] += k[i].n;
	assert_memory_equal(got, want, sizeof(got));
	assert_true(want[0][0] > 0 && want[1][1] > 0);
	drop_trace_free(t);
}

static void other_files(void **state)
{
	static const char stats[] = "entries: 5\noverrun: 30\ncommit overrun: 200\nbytes: 9\n"
				    "dropped events: 1000\nread events: 7\n";

	(void)state;
	assert_int_equal(drop_stats_lost(stats, false), 1230);
	assert_int_equal(drop_stats_lost(stats, true), 1235);
	assert_int_equal(drop_stats_lost("", true), 0);
	assert_true(drop_format_has_reason("\tfield:void * skbaddr;\toffset:8;\n"
					   "\tfield:enum skb_drop_reason reason;\toffset:36;\n"));
	assert_false(drop_format_has_reason("\tfield:void * skbaddr;\toffset:8;\n"
					    "print fmt: \"protocol=%u no reason;\"\n"));
	assert_false(drop_format_has_reason(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joined),
		cmocka_unit_test(counted),
		cmocka_unit_test(as_a_stupid_join),
		cmocka_unit_test(other_files),
	};

	return cmocka_run_group_tests_name("model.drop_trace", tests, NULL, NULL);
}
