/*
 * The JSON: golden objects (tests/cli/json.sh holds them against the schema), null for what
 * is not known, no key in it, and valid text whatever an engine printed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "lib/golden.h"
#include "lib/made_facts.h"
#include "report/report.h"

static void dead_wire(struct facts *f)
{
	made_silent(f);
	f->taps[TAP_FAR_WIRE].msgs[TAP_IN][WG_MSG_INITIATION] = 0;
}

static void no_right(struct facts *f)
{
	unsigned i;

	for (i = NEED_TAP_NEAR_TUN; i <= NEED_TAP_FAR_WIRE; i++)
		facts_gap(f, (enum need)i, "capture on wgw7f3a0: Operation not permitted",
			  "run as root, or grant CAP_NET_RAW");
	f->handshake.response_ns = UNKNOWN;
}

static void cut_short(struct facts *f)
{
	f->interrupted = true;
	f->ping_peer.sent = 6;
	f->ping_peer.received = 4;
	f->ping_peer.late = 1;
	facts_gap(f, NEED_STREAMS, "interrupted", NULL);
}

static void bad_bytes(struct facts *f)
{
	static const char *names[] = { "wg\xff\033" };

	made_wireguard_go(f);
	made_not_started(f, "\xff\xfe \033[2J \xed\xa0\x80 \"quoted\" \\");
	f->not_tested = names;
	f->n_not_tested = 1;
}

/* The near engine encrypts the header, and the far one says what it found. */
static void framing(struct facts *f)
{
	made_refused(f, END_FAR, "in_not_ip", "the inner packet is neither IPv4 nor IPv6", 400);
	f->ping_peer.received = 0;
}

static void mark(const struct facts *f, const struct findings *all)
{
	struct finding *row;

	for (row = all->first; row; row = row->next)
		if (strcmp(row->check->id, "crypto.rejects") == 0 && f->crypto[END_FAR].n_refused &&
		    row->state == STATE_FAIL)
			finding_sign(row, SIGN_NEAR_SENDS_NO_IP);
}

/* Keys are in the facts of no text; should one ever come there, this test sees it. */
static void with_key(struct facts *f)
{
	memset(f->target.peer.b, 0xab, sizeof(f->target.peer.b));
}

static json_t *made(void (*change)(struct facts *f), struct buf *text)
{
	const struct report_style s = { 0 };
	struct findings all;
	struct verdict v;
	struct arena a;
	struct facts f;
	json_t *o;

	arena_init(&a);
	findings_init(&all, &a);
	made_healthy(&f);
	if (change)
		change(&f);
	checks_run(&f, NULL, &all);
	mark(&f, &all);
	verdict_of(&f, &all, &v);
	report_json.write(&(struct report){ &f, &all, &v }, &s, text);
	arena_done(&a);
	o = json_loads(buf_str(text), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	return o;
}

struct golden {
	const char *file;
	void (*change)(struct facts *f);
};

static const struct golden goldens[] = {
	{ "healthy.json", NULL },	 { "wireguard-go.json", made_wireguard_go },
	{ "dead-wire.json", dead_wire }, { "no-right.json", no_right },
	{ "cut-short.json", cut_short }, { "bad-bytes.json", bad_bytes },
	{ "tun-framing.json", framing },
};

static void golden_objects(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(goldens); i++) {
		struct buf text = { 0 };

		json_decref(made(goldens[i].change, &text));
		/* One line: a log collector takes it whole. */
		assert_ptr_equal(strchr(buf_str(&text), '\n'), buf_str(&text) + text.len - 1);
		golden_check(goldens[i].file, buf_str(&text));
		buf_done(&text);
	}
}

static json_t *evidence_of(json_t *o, const char *id, const char *name)
{
	json_t *rows = json_object_get(o, "checks"), *row;
	size_t i;

	json_array_foreach(
		rows, i, row) if (strcmp(json_string_value(json_object_get(row, "id")), id) ==
				  0) return json_object_get(json_object_get(row, "evidence"), name);
	return NULL;
}

static void unknown_is_null(void **state)
{
	struct buf text = { 0 };
	json_t *o = made(made_wireguard_go, &text), *quality;

	(void)state;
	assert_true(json_is_null(evidence_of(o, "crypto.rejects", "near_sealed")));
	assert_true(json_is_null(evidence_of(o, "crypto.rejects", "near_refused")));
	assert_int_equal(json_integer_value(evidence_of(o, "crypto.rejects", "far_refused")), 0);
	json_decref(o);
	buf_clear(&text);
	o = made(no_right, &text);
	quality = json_object_get(o, "evidence_quality");
	assert_true(json_is_null(json_object_get(quality, "capture_dropped")));
	assert_true(json_is_null(evidence_of(o, "handshake.complete", "initiations")));
	quality = json_object_get(quality, "missing_privileges");
	assert_int_equal(json_array_size(quality), 1);
	assert_string_equal(json_string_value(json_array_get(quality, 0)), "CAP_NET_RAW");
	json_decref(o);
	buf_done(&text);
}

static void fates_add_up(void **state)
{
	struct buf text = { 0 };
	json_t *o = made(cut_short, &text), *fates = json_object_get(o, "fates");

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(fates, "sent")), 6);
	/* A late answer is one. */
	assert_int_equal(json_integer_value(json_object_get(fates, "answered")), 5);
	assert_int_equal(json_integer_value(json_object_get(fates, "unknown")), 1);
	assert_int_equal(json_array_size(json_object_get(fates, "lost")), 0);
	assert_string_equal(json_string_value(json_object_get(o, "end_reason")), "interrupted");
	json_decref(o);
	buf_done(&text);
}

static void no_key_is_in_it(void **state)
{
	char base64[KEY_BASE64_LEN + 1];
	struct public_key k;
	struct buf text = { 0 };

	(void)state;
	memset(k.b, 0xab, sizeof(k.b));
	public_key_base64(&k, base64);
	json_decref(made(with_key, &text));
	assert_null(strstr(buf_str(&text), base64));
	assert_null(strstr(buf_str(&text), "abababababababab"));
	buf_done(&text);
}

static void twice_the_same_bytes(void **state)
{
	struct buf a = { 0 }, b = { 0 };

	(void)state;
	json_decref(made(dead_wire, &a));
	json_decref(made(dead_wire, &b));
	assert_string_equal(buf_str(&a), buf_str(&b));
	buf_done(&a);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_objects),	cmocka_unit_test(unknown_is_null),
		cmocka_unit_test(fates_add_up),		cmocka_unit_test(no_key_is_in_it),
		cmocka_unit_test(twice_the_same_bytes),
	};

	return cmocka_run_group_tests_name("report/json", tests, NULL, NULL);
}
