/* The text: golden pages, and what holds for every page at every width. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/golden.h"
#include "lib/made_facts.h"
#include "report/report.h"
#include "report/width.h"

static void healthy(struct facts *f)
{
	static const char *names[] = { "wg0", "office" };

	f->not_tested = names;
	f->n_not_tested = 2;
}

static void dead_wire(struct facts *f)
{
	made_silent(f);
	f->taps[TAP_FAR_WIRE].msgs[TAP_IN][WG_MSG_INITIATION] = 0;
}

static void no_engine(struct facts *f)
{
	made_wireguard_go(f);
	made_not_started(f, "wireguard-go exited with status 1: no /dev/net/tun");
	/* An engine of others prints what it likes. */
	f->engine[END_NEAR].log_tail = "starting\n\033]0;evil\007\033[2Jno /dev/net/tun";
}

static void refused(struct facts *f)
{
	made_refused(f, END_FAR, "in_not_ip",
		     "authentic, but the inner packet is neither IPv4 nor IPv6", 400);
	f->ping_peer.received = 0;
	f->ping_peer.min_ns = f->ping_peer.avg_ns = f->ping_peer.max_ns = UNKNOWN;
	f->ping_peer.mdev_ns = UNKNOWN;
}

static void lossy(struct facts *f)
{
	f->ping_peer.sent = 1000;
	f->ping_peer.received = 938;
	f->ping_peer.late = 3;
	f->ping_peer.elapsed_ns = 10003 * NS_PER_MS;
}

static void cut_short(struct facts *f)
{
	f->interrupted = true;
	f->ping_peer.sent = 4;
	f->ping_peer.received = 4;
	facts_gap(f, NEED_STREAMS, "interrupted", NULL);
}

static void not_all_sent(struct facts *f)
{
	f->ping_peer.sent = f->ping_peer.received = 7;
	f->ping_peer.send_errors = 3;
	f->ping_peer.send_error = "Network is unreachable";
}

static void no_right(struct facts *f)
{
	facts_gap(f, NEED_TAP_NEAR_WIRE, "capture on wgw7f3a0: Operation not permitted",
		  "run as root, or grant CAP_NET_RAW");
}

static void attached(struct facts *f)
{
	f->target.kind = TARGET_INTERFACE;
	f->target.name = "wg0";
	f->target.engine = "wireguard-go";
	memset(f->target.peer.b, 0x33, sizeof(f->target.peer.b));
}

static void attached_no_peer(struct facts *f)
{
	attached(f);
	memset(f->target.peer.b, 0, sizeof(f->target.peer.b));
}

static void of_a_file(struct facts *f)
{
	attached(f);
	f->target.kind = TARGET_CONFIG;
}

static void embedded(struct facts *f)
{
	attached(f);
	f->target.kind = TARGET_OPAQUE;
	f->target.engine = "an unknown engine";
}

static void self_test_with_peer(struct facts *f)
{
	attached(f);
	f->target.kind = TARGET_SELF_TEST;
}

static void mark(const struct findings *all, const char *id, enum sign sign)
{
	struct finding *f;

	for (f = all->first; f; f = f->next)
		if (strcmp(f->check->id, id) == 0)
			finding_sign(f, sign);
}

/* The near engine encrypts the header, and the far one says what it found. */
static void framing(const struct findings *all)
{
	mark(all, "crypto.rejects", SIGN_NEAR_SENDS_NO_IP);
}

static void framing_somewhere(const struct findings *all)
{
	framing(all);
	mark(all, "crypto.rejects", SIGN_FAR_OUTER_TOO_LARGE);
}

struct page {
	const char *name;
	void (*change)(struct facts *f);
	void (*mark)(const struct findings *all); /* what the checks would have seen; or NULL */
};

static const struct page pages[] = {
	{ "healthy", healthy, NULL },
	{ "wireguard-go", made_wireguard_go, NULL },
	{ "silent", made_silent, NULL },
	{ "dead-wire", dead_wire, NULL },
	{ "no-engine", no_engine, NULL },
	{ "refused", refused, NULL },
	{ "lossy", lossy, NULL },
	{ "cut-short", cut_short, NULL },
	{ "no-right", no_right, NULL },
	{ "tun-framing", refused, framing },
	{ "tie", refused, framing_somewhere },
	{ "attached", attached, NULL },
};

static const struct page *page(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(pages); i++)
		if (strcmp(pages[i].name, name) == 0)
			return &pages[i];
	fail_msg("no page %s", name);
	return NULL;
}

static void write_page(const struct page *p, const struct report_style *s, struct buf *out)
{
	struct findings all;
	struct verdict v;
	struct arena a;
	struct facts f;

	arena_init(&a);
	findings_init(&all, &a);
	made_healthy(&f);
	p->change(&f);
	checks_run(&f, NULL, &all);
	if (p->mark)
		p->mark(&all);
	verdict_of(&f, &all, &v);
	report_text.write(&(struct report){ &f, &all, &v }, s, out);
	arena_done(&a);
}

struct golden {
	const char *page, *file;
	struct report_style style;
};

static const struct golden goldens[] = {
	{ "healthy", "healthy.80.txt", { .width = 80, .utf8 = true } },
	{ "healthy", "healthy.40.ascii.txt", { .width = 40 } },
	{ "healthy", "healthy.20.txt", { .width = 20, .utf8 = true } },
	{ "dead-wire", "dead-wire.20.ascii.txt", { .width = 20 } },
	{ "healthy", "healthy.0.txt", { .utf8 = true } },
	{ "dead-wire", "dead-wire.200.txt", { .width = 200, .utf8 = true } },
	{ "dead-wire", "dead-wire.80.ascii.txt", { .width = 80 } },
	{ "dead-wire", "dead-wire.80.colour.txt", { .width = 80, .utf8 = true, .colour = true } },
	{ "refused", "refused.100.verbose.txt", { .width = 100, .utf8 = true, .verbose = true } },
	{ "no-engine",
	  "no-engine.100.verbose.txt",
	  { .width = 100, .utf8 = true, .verbose = true } },
	{ "lossy", "lossy.100.txt", { .width = 100, .utf8 = true } },
	{ "cut-short", "cut-short.100.txt", { .width = 100, .utf8 = true } },
	{ "no-right", "no-right.100.txt", { .width = 100, .utf8 = true } },
	{ "no-right", "no-right.100.quiet.txt", { .width = 100, .utf8 = true, .quiet = true } },
	{ "tun-framing", "tun-framing.40.ascii.txt", { .width = 40 } },
	{ "tun-framing", "tun-framing.80.txt", { .width = 80, .utf8 = true } },
	{ "tun-framing",
	  "tun-framing.200.verbose.txt",
	  { .width = 200, .utf8 = true, .verbose = true } },
	{ "tie", "tie.80.ascii.txt", { .width = 80 } },
	{ "dead-wire", "dead-wire.100.quiet.txt", { .width = 100, .utf8 = true, .quiet = true } },
};

static void golden_pages(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(goldens); i++) {
		struct buf b = { 0 };

		write_page(page(goldens[i].page), &goldens[i].style, &b);
		golden_check(goldens[i].file, buf_str(&b));
		buf_done(&b);
	}
}

static void what_was_not_sent_is_told(void **state)
{
	struct report_style s = { .width = 120 };
	struct page p = { "not-all-sent", not_all_sent, NULL };
	struct buf out = { 0 };

	(void)state;
	write_page(&p, &s, &out);
	assert_non_null(strstr(buf_str(&out), "7 sent, 3 not sent, 7 received, 0% loss"));
	buf_done(&out);
}

/* Whose tunnel it is: the peer that was judged is named, where its key is known. */
static void the_first_line_says_what_was_judged(void **state)
{
	static const struct {
		struct page page;
		const char *says;
	} cases[] = {
		{ { "interface", attached, NULL },
		  "  wg0  peer MzMz…zM=  engine wireguard-go  2026-11-24T15:00:00Z  WGD-" },
		{ { "no peer", attached_no_peer, NULL }, "  wg0  engine wireguard-go  2026-" },
		{ { "file", of_a_file, NULL }, "  wg0  peer MzMz…zM=  engine wireguard-go  2026-" },
		{ { "opaque", embedded, NULL },
		  "  wg0  peer MzMz…zM=  engine an unknown engine  2026-" },
		{ { "self-test", self_test_with_peer, NULL },
		  "  self-test on a private tunnel  engine wireguard-go  2026-" },
	};
	const struct report_style s = { .utf8 = true };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out = { 0 };
		const char *end;
		char *says;

		write_page(&cases[i].page, &s, &out);
		end = strchr(buf_str(&out), '\n');
		says = strstr(buf_str(&out), cases[i].says);
		if (!says || says > end)
			fail_msg("%s: not said: %s\n%.*s", cases[i].page.name, cases[i].says,
				 (int)(end - buf_str(&out)), buf_str(&out));
		buf_done(&out);
	}
}

/* The verdict's own is told first, whichever of those at work it is against; then each other. */
static void what_helps_is_told_once(void **state)
{
	const struct report_style s = { .width = 80 };
	const struct remedy of_the_last[] = { { 0 }, { .cause = "last", .text = "mend the way" } };
	const struct remedy of_both[] = { { .cause = "first", .text = "turn it on" },
					  of_the_last[1] };
	struct verdict v = { .state = STATE_FAIL, .summary = "two at once", .n_fixes = 2 };
	struct findings all;
	struct buf out = { 0 };
	struct arena a;
	struct facts f;

	(void)state;
	arena_init(&a);
	findings_init(&all, &a);
	made_healthy(&f);
	v.fixes = of_the_last;
	report_text.write(&(struct report){ &f, &all, &v }, &s, &out);
	assert_non_null(strstr(buf_str(&out), "Fix:     last: mend the way"));
	buf_done(&out);
	out = (struct buf){ 0 };
	v.fixes = of_both;
	v.fix = of_both[1].text;
	report_text.write(&(struct report){ &f, &all, &v }, &s, &out);
	assert_non_null(
		strstr(buf_str(&out), "Fix:     mend the way\nAnd:     first: turn it on\n"));
	assert_null(strstr(buf_str(&out), "last: mend the way"));
	buf_done(&out);
	arena_done(&a);
}

static void quiet_is_silent_when_all_is_well(void **state)
{
	const struct report_style s = { .width = 80, .quiet = true, .verbose = true };
	struct buf b = { 0 };

	(void)state;
	write_page(page("healthy"), &s, &b);
	assert_int_equal(b.len, 0);
	write_page(page("lossy"), &s, &b);
	assert_non_null(strstr(buf_str(&b), "FAIL"));
	assert_null(strstr(buf_str(&b), "PASS"));
	buf_done(&b);
}

static void lines_fit(const char *text, unsigned width)
{
	const char *end;

	for (; *text; text = end + 1) {
		end = strchr(text, '\n');
		assert_non_null(end);
		assert_true(text_width(text, (size_t)(end - text)) <= width);
		assert_true(end == text || end[-1] != ' ');
	}
}

/* All that stands there but blanks and line ends. */
static char *essence(const char *text, struct arena *a)
{
	char *s = arena_alloc(a, strlen(text) + 1), *p = s;

	for (; *text; text++)
		if (*text != ' ' && *text != '\n')
			*p++ = *text;
	return s;
}

/* The evidence of a line of the wide page: what follows the result. NULL: not such a line. */
static const char *evidence_in(const char *line)
{
	static const char *const results[] = {
		"PASS ", "WARN ", "FAIL ", "UNSURE ", "SKIP ", " NA "
	};
	const char *at;
	size_t i;

	for (i = 0; i < ARRAY_LEN(results); i++) {
		at = strstr(line, results[i]);
		if (!at)
			continue;
		at += strlen(results[i]);
		return strncmp(at, "<- ", 3) == 0 ? at + 3 : at;
	}
	return strstr(line, "LAYER") ? NULL : line;
}

/* Nothing is cut off: without blanks and line ends, each page says what the widest says. */
static void each_fact_is_there(const struct page *p, unsigned width)
{
	const struct report_style wide = { .verbose = true },
				  s = { .width = width, .verbose = true };
	struct buf want = { 0 }, got = { 0 };
	const char *words, *all;
	char *line, *rest;
	struct arena a;

	arena_init(&a);
	write_page(p, &wide, &want);
	write_page(p, &s, &got);
	all = essence(buf_str(&got), &a);
	rest = arena_strdup(&a, buf_str(&want));
	while ((line = strsep(&rest, "\n")) != NULL) {
		words = evidence_in(line);
		if (words && !strstr(all, essence(words, &a)))
			fail_msg("%s, %u columns: %s", p->name, width, words);
	}
	buf_done(&want);
	buf_done(&got);
	arena_done(&a);
}

static void page_fits(const struct page *p, unsigned width)
{
	unsigned how;

	for (how = 0; how < 4; how++) {
		const struct report_style s = { .width = width,
						.verbose = how & 1,
						.utf8 = how & 2 };
		struct buf b = { 0 };

		write_page(p, &s, &b);
		lines_fit(buf_str(&b), width);
		buf_done(&b);
	}
}

static void nothing_is_lost_at_any_width(void **state)
{
	unsigned width;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(pages); i++) {
		for (width = REPORT_WIDTH_MIN; width < 110; width++) {
			page_fits(&pages[i], width);
			each_fact_is_there(&pages[i], width);
		}
		page_fits(&pages[i], 200);
		each_fact_is_there(&pages[i], 200);
	}
}

/* Narrower than the narrowest page: that one. */
static void there_is_a_narrowest_page(void **state)
{
	unsigned width;

	(void)state;
	for (width = 1; width < REPORT_WIDTH_MIN; width++) {
		const struct report_style s = { .width = width },
					  least = { .width = REPORT_WIDTH_MIN };
		struct buf a = { 0 }, b = { 0 };

		write_page(page("lossy"), &s, &a);
		write_page(page("lossy"), &least, &b);
		assert_string_equal(buf_str(&a), buf_str(&b));
		buf_done(&a);
		buf_done(&b);
	}
}

static void only_harmless_bytes(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(pages); i++) {
		const struct report_style s = { .width = 80, .verbose = true };
		struct buf b = { 0 };

		write_page(&pages[i], &s, &b);
		for (k = 0; k < b.len; k++)
			assert_true(b.b[k] == '\n' || (b.b[k] >= ' ' && b.b[k] < 0x7f));
		buf_done(&b);
	}
}

/* Without its escape sequences, the coloured page is the plain one. */
static void colour_is_never_the_only_signal(void **state)
{
	const struct report_style plain = { .width = 80 }, colour = { .width = 80, .colour = true };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(pages); i++) {
		struct buf a = { 0 }, b = { 0 }, stripped = { 0 };
		const char *p;

		write_page(&pages[i], &plain, &a);
		write_page(&pages[i], &colour, &b);
		for (p = buf_str(&b); *p; p++) {
			if (*p == '\033')
				p = strchr(p, 'm');
			else
				buf_add(&stripped, p, 1);
		}
		assert_string_equal(buf_str(&stripped), buf_str(&a));
		buf_done(&a);
		buf_done(&b);
		buf_done(&stripped);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_pages),
		cmocka_unit_test(what_was_not_sent_is_told),
		cmocka_unit_test(the_first_line_says_what_was_judged),
		cmocka_unit_test(what_helps_is_told_once),
		cmocka_unit_test(quiet_is_silent_when_all_is_well),
		cmocka_unit_test(nothing_is_lost_at_any_width),
		cmocka_unit_test(there_is_a_narrowest_page),
		cmocka_unit_test(only_harmless_bytes),
		cmocka_unit_test(colour_is_never_the_only_signal),
	};

	return cmocka_run_group_tests_name("report/text", tests, NULL, NULL);
}
