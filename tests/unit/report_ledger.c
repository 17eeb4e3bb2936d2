/*
 * The ledger as people and as programs read it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/made_facts.h"
#include "report/events.h"
#include "report/ledger_text.h"
#include "report/report.h"
#include "report/width.h"

#define MS(n) ((n)*NS_PER_MS)

static struct fate_facts list[] = {
	{ .probe = 0,
	  .size = 96,
	  .sent_ns = MS(10),
	  .seen_ns = { MS(11), MS(12), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, MS(14), MS(15) },
	  .session = 0x1a2b3c4d,
	  .counter = 7,
	  .session_back = 0x99,
	  .counter_back = 3,
	  .result = FATE_ANSWERED,
	  .after = STAGE_NONE,
	  .before = STAGE_NONE },
	{ .probe = 1,
	  .size = 1400,
	  .sent_ns = MS(20),
	  .seen_ns = { MS(21), MS(22), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN },
	  .session = 0x1a2b3c4d,
	  .counter = 8,
	  .session_back = UNKNOWN,
	  .counter_back = UNKNOWN,
	  .result = FATE_LOST,
	  .after = STAGE_FAR_WIRE_OUT,
	  .before = STAGE_WIRE_IN,
	  .reason = "a filter" },
	{ .probe = 2,
	  .size = 112,
	  .sent_ns = MS(30),
	  .seen_ns = { UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN },
	  .session = UNKNOWN,
	  .counter = UNKNOWN,
	  .session_back = UNKNOWN,
	  .counter_back = UNKNOWN,
	  .result = FATE_UNKNOWN,
	  .after = STAGE_NONE,
	  .before = STAGE_NONE },
};
static struct lost_facts lost[] = { { STAGE_FAR_WIRE_OUT, STAGE_WIRE_IN, "a filter", 1 } };

static void make(struct facts *f)
{
	made_healthy(f);
	f->fates = (struct fates_facts){
		.watched = STAGE_BIT(STAGE_TUN_OUT) | STAGE_BIT(STAGE_WIRE_OUT) |
			   STAGE_BIT(STAGE_WIRE_IN) | STAGE_BIT(STAGE_TUN_IN),
		.start_wall_ns = f->started_wall_ns + NS_PER_S,
		.sent = 3,
		.answered = 1,
		.unknown = 1,
		.trace_overrun = UNKNOWN,
		.lost = lost,
		.n_lost = ARRAY_LEN(lost),
		.list = list,
		.n = ARRAY_LEN(list),
	};
	f->fates.whole = f->fates.watched;
}

static const char page[] =
	"Ledger: t a tun, w a wire, capital at the far end; . not seen, - not watched\n"
	" PROBE  SIZE   SENT s  MESSAGE            SEEN      RESULT\n"
	"     0    96    0.010  1a2b3c4d:7         tw----wt  answered in 4.000 ms\n"
	"     1  1400    0.020  1a2b3c4d:8         tw----..  lost after far.wire.out, before wire.in: a filter\n"
	"     2   112    0.030  -                  ..----..  not answered; where it was lost is not known\n";

static void a_line_for_each(void **state)
{
	const struct report_style s = { .utf8 = true };
	struct buf out = { 0 };
	struct facts f;
	struct arena a;

	(void)state;
	arena_init(&a);
	make(&f);
	ledger_text(&f, false, &a, &s, &out);
	assert_string_equal(buf_str(&out), page);
	buf_done(&out);
	out = (struct buf){ 0 };
	ledger_text(&f, true, &a, &s, &out);
	assert_null(strstr(buf_str(&out), "answered in"));
	assert_non_null(strstr(buf_str(&out), "     2   112"));
	buf_done(&out);
	out = (struct buf){ 0 };
	ledger_text_lost(&f, &a, &s, &out);
	assert_string_equal(buf_str(&out),
			    "Lost:    1 after far.wire.out, before wire.in: a filter\n"
			    "         1 where is not known\n");
	buf_done(&out);
	arena_done(&a);
}

static void no_line_is_wider(void **state)
{
	unsigned width;

	(void)state;
	for (width = REPORT_WIDTH_MIN; width < 130; width++) {
		const struct report_style s = { .width = width };
		struct buf out = { 0 };
		struct facts f;
		struct arena a;
		char *line, *rest;

		arena_init(&a);
		make(&f);
		ledger_text(&f, false, &a, &s, &out);
		for (rest = arena_strdup(&a, buf_str(&out)); (line = strsep(&rest, "\n"));)
			assert_true(text_width(line, strlen(line)) <= width);
		/* Whatever the width, all of it is said. */
		assert_non_null(strstr(buf_str(&out), "1a2b3c4d:8"));
		buf_done(&out);
		arena_done(&a);
	}
}

static void nothing_of_what_was_not_followed(void **state)
{
	const struct report_style s = { .utf8 = true };
	struct buf out = { 0 };
	struct facts f;
	struct arena a;

	(void)state;
	arena_init(&a);
	made_healthy(&f);
	ledger_text(&f, false, &a, &s, &out);
	ledger_text_lost(&f, &a, &s, &out);
	assert_int_equal(out.len, 0);
	arena_done(&a);
}

static json_t *fates_of(const struct facts *f)
{
	struct findings all;
	struct verdict v = { .state = STATE_PASS, .summary = "x" };
	struct buf out = { 0 };
	struct arena a;
	json_t *o, *fates;

	arena_init(&a);
	findings_init(&all, &a);
	report_json.write(&(struct report){ f, &all, &v }, &(struct report_style){ 0 }, &out);
	o = json_loads(buf_str(&out), 0, NULL);
	assert_non_null(o);
	fates = json_incref(json_object_get(o, "fates"));
	json_decref(o);
	buf_done(&out);
	arena_done(&a);
	return fates;
}

static int64_t number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static const char *word(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void json_has_the_sums(void **state)
{
	struct facts f;
	json_t *o, *first;

	(void)state;
	make(&f);
	o = fates_of(&f);
	assert_int_equal(number(o, "sent"), 3);
	assert_int_equal(number(o, "answered"), 1);
	assert_int_equal(number(o, "unknown"), 1);
	first = json_array_get(json_object_get(o, "lost"), 0);
	assert_string_equal(word(first, "after"), "far.wire.out");
	assert_string_equal(word(first, "before"), "wire.in");
	assert_string_equal(word(first, "reason"), "a filter");
	assert_int_equal(number(first, "count"), 1);
	json_decref(o);
}

static void check_event(const json_t *o, unsigned *n_probes, unsigned *n_fates, int64_t *last)
{
	const char *type = word(o, "type");
	const json_t *stages;

	assert_non_null(type);
	assert_true(strlen(word(o, "ts")) == strlen("2026-11-30T01:02:03.123456789Z"));
	assert_true(number(o, "mono_ns") >= *last);
	*last = number(o, "mono_ns");
	*n_probes += strcmp(type, "probe") == 0;
	if (strcmp(type, "fate") != 0)
		return;
	/* It was told before that it was sent. */
	assert_true(number(o, "probe") < *n_probes);
	stages = json_object_get(o, "stages");
	assert_int_equal(json_object_size(stages), 4);
	if (++*n_fates == 1) {
		assert_int_equal(number(stages, "wire.in"), MS(4));
		assert_int_equal(number(o, "session"), 0x1a2b3c4d);
		assert_int_equal(number(o, "counter"), 7);
		assert_string_equal(word(o, "result"), "answered");
		assert_true(json_is_null(json_object_get(o, "reason")));
	} else if (*n_fates == 2) {
		assert_true(json_is_null(json_object_get(stages, "wire.in")));
		assert_string_equal(word(o, "result"), "lost");
		assert_string_equal(word(o, "reason"), "a filter");
	}
}

static void an_event_a_line(void **state)
{
	struct verdict v = { .state = STATE_PASS, .summary = "x" };
	unsigned n = 0, n_probes = 0, n_fates = 0;
	struct buf out = { 0 };
	struct findings all;
	char *line, *rest;
	int64_t last = 0;
	struct facts f;
	struct arena a;

	(void)state;
	arena_init(&a);
	findings_init(&all, &a);
	make(&f);
	report_ndjson.write(&(struct report){ &f, &all, &v }, &(struct report_style){ 0 }, &out);
	for (rest = arena_strdup(&a, buf_str(&out)); (line = strsep(&rest, "\n")) && *line; n++) {
		json_t *o = json_loads(line, 0, NULL);

		assert_non_null(o);
		if (n == 0)
			assert_string_equal(word(o, "type"), "start");
		check_event(o, &n_probes, &n_fates, &last);
		if (!rest || !*rest)
			assert_string_equal(word(o, "type"), "end");
		json_decref(o);
	}
	assert_int_equal(n_probes, 3);
	assert_int_equal(n_fates, 3);
	assert_int_equal(n, 9); /* start, those six, verdict, end */
	buf_done(&out);
	arena_done(&a);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The lines of it, sorted; from the arena. */
static size_t sorted(const struct buf *b, struct arena *a, const char **out, size_t cap)
{
	char *rest = arena_strdup(a, buf_str(b)), *line;
	size_t n = 0;

	while ((line = strsep(&rest, "\n")) && *line) {
		assert_true(n < cap);
		out[n++] = line;
	}
	qsort(out, n, sizeof(*out), by_text);
	return n;
}

/* One by one, as a run goes on, or all at once when it is over: the same lines. */
static void the_same_as_they_come(void **state)
{
	struct buf whole = { 0 }, parts = { 0 };
	struct verdict v = { .summary = "x" };
	const char *a_line[32], *b_line[32];
	struct findings all;
	struct facts f;
	struct arena a;
	struct report r = { &f, &all, &v };
	size_t i, n;

	(void)state;
	arena_init(&a);
	findings_init(&all, &a);
	make(&f);
	report_ndjson.write(&r, &(struct report_style){ 0 }, &whole);
	events_start(&f, &parts);
	for (i = 0; i < f.fates.n; i++)
		events_probe(&f, f.fates.list[i].probe, f.fates.list[i].size,
			     f.fates.start_wall_ns + f.fates.list[i].sent_ns, &parts);
	events_fates(&f, &parts);
	events_verdict(&r, &parts);
	n = sorted(&whole, &a, a_line, ARRAY_LEN(a_line));
	assert_int_equal(sorted(&parts, &a, b_line, ARRAY_LEN(b_line)), n);
	for (i = 0; i < n; i++)
		assert_string_equal(a_line[i], b_line[i]);
	buf_done(&whole);
	buf_done(&parts);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_for_each),
		cmocka_unit_test(no_line_is_wider),
		cmocka_unit_test(nothing_of_what_was_not_followed),
		cmocka_unit_test(json_has_the_sums),
		cmocka_unit_test(an_event_a_line),
		cmocka_unit_test(the_same_as_they_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
