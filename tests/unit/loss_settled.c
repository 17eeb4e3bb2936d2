/* Settled or on its way: each place between two readings, and where nobody can say. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"
#include "loss/settled.h"

/* One more left the near wire after the far one was read; or the reverse. */
static void leaving(struct facts *f)
{
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_DATA]++;
}

static void coming_back(struct facts *f)
{
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_DATA]--;
}

/* The sender's capture was read too early. */
static void ahead(struct facts *f)
{
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION]--;
}

/* On both wires, and in the engine's socket. */
static void not_yet_opened(struct facts *f)
{
	f->crypto[END_FAR].opened--;
}

static void refused_instead(struct facts *f)
{
	f->crypto[END_FAR].opened--;
	made_refused(f, END_FAR, "in_tag", "data that does not authenticate", 1);
}

/* It is counted as opened, too. */
static void opened_and_refused(struct facts *f)
{
	f->crypto[END_FAR].opened--;
	made_refused(f, END_FAR, "in_source", "its source is not allowed", 1);
}

/* The engine was asked after the capture, and has seen more: as it should be. */
static void engine_ahead(struct facts *f)
{
	f->crypto[END_NEAR].opened += 3;
}

/* In use before it was asked the first time: its counters have some that the capture saw. */
static void asked_later(struct facts *f)
{
	struct tap_facts *t = &f->taps[TAP_FAR_WIRE];

	f->crypto[END_FAR].opened -= 9;
	t->data_since = t->msgs[TAP_IN][WG_MSG_DATA] - 9;
}

static void asked_later_and_missing(struct facts *f)
{
	asked_later(f);
	not_yet_opened(f);
}

static void wire_not_watched(struct facts *f)
{
	leaving(f);
	facts_gap(f, NEED_TAP_FAR_WIRE, "not allowed", NULL);
}

static void capture_lost_some(struct facts *f)
{
	leaving(f);
	not_yet_opened(f);
	f->taps[TAP_FAR_WIRE].dropped = 1;
}

static void no_counters(struct facts *f)
{
	not_yet_opened(f);
	f->crypto[END_FAR].known = false;
}

static void no_answer(struct facts *f)
{
	not_yet_opened(f);
	facts_gap(f, NEED_ENGINE_FAR, "the engine no longer answers", NULL);
}

static const struct {
	const char *name;
	void (*change)(struct facts *f);
	bool settled;
} rows[] = {
	{ "healthy", NULL, true },
	{ "leaving", leaving, false },
	{ "coming back", coming_back, false },
	{ "ahead", ahead, false },
	{ "not yet opened", not_yet_opened, false },
	{ "refused instead", refused_instead, true },
	{ "opened and refused", opened_and_refused, false },
	{ "engine ahead", engine_ahead, true },
	{ "asked later", asked_later, true },
	{ "asked later, and one is missing", asked_later_and_missing, false },
	{ "wire not watched", wire_not_watched, true },
	{ "a capture lost some", capture_lost_some, true },
	{ "no counters", no_counters, true },
	{ "no answer", no_answer, true },
};

static void settled(void **state)
{
	struct facts f;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		made_healthy(&f);
		if (rows[i].change)
			rows[i].change(&f);
		if (loss_settled(&f) != rows[i].settled)
			fail_msg("%s", rows[i].name);
	}
}

/* What is looked at again is just what would be told as a loss. */
static void what_is_told_is_looked_at_again(void **state)
{
	static const char *const ids[] = { "underlay.out", "underlay.back", "crypto.rejects" };
	struct findings all;
	struct facts f;
	struct arena a;
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		bool all_pass = true;

		if (rows[i].settled)
			continue;
		arena_init(&a);
		made_healthy(&f);
		rows[i].change(&f);
		findings_init(&all, &a);
		checks_run(&f, NULL, &all);
		for (k = 0; k < ARRAY_LEN(ids); k++)
			all_pass = all_pass && made_row(&all, ids[k])->state == STATE_PASS;
		if (all_pass)
			fail_msg("%s: nothing would be told", rows[i].name);
		arena_done(&a);
	}
}

static void counts(void **state)
{
	struct facts f;
	int64_t arrived;

	(void)state;
	made_healthy(&f);
	assert_int_equal(loss_messages(&f.taps[TAP_NEAR_WIRE], TAP_OUT), 402);
	not_yet_opened(&f);
	assert_int_equal(loss_before_engine(&f, END_FAR, &arrived), 1);
	assert_int_equal(arrived, 401);
	assert_int_equal(loss_before_engine(&f, END_NEAR, &arrived), 0);
	asked_later(&f);
	assert_int_equal(loss_before_engine(&f, END_FAR, &arrived), 1);
	assert_int_equal(arrived, 401 - 9);
	leaving(&f);
	assert_int_equal(loss_on_wire(&f, END_NEAR), 1);
	assert_int_equal(loss_on_wire(&f, END_FAR), 0);
	facts_init(&f);
	assert_int_equal(loss_messages(&f.taps[TAP_NEAR_WIRE], TAP_OUT), UNKNOWN);
	assert_true(loss_settled(&f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settled),
		cmocka_unit_test(what_is_told_is_looked_at_again),
		cmocka_unit_test(counts),
	};

	return cmocka_run_group_tests_name("loss/settled", tests, NULL, NULL);
}
