/*
 * What a far recording adds to the fates: of messages whose way is known, drawn at random.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "base/defs.h"
#include "lib/seed.h"
#include "loss/fates_far.h"

enum { MOST = 300, ROUNDS = 500, RECEIVER = 4711 };

/* Each probe's true way; what one end tells of it; and what the far end recorded. */
struct world {
	struct fate_facts list[MOST];
	bool came[MOST], answered[MOST];
	struct counters_missing missing[MOST];
	struct counters_facts c;
	struct recording_facts there;
	struct fates_facts f;
};

static void one(struct world *w, struct seed *s, int64_t i)
{
	struct fate_facts *p = &w->list[i];
	unsigned e;

	w->came[i] = seed_below(s, 4) > 0;
	w->answered[i] = w->came[i] && seed_below(s, 3) > 0;
	*p = (struct fate_facts){
		.probe = i,
		.session = RECEIVER,
		.counter = 10 + i,
		.result = w->answered[i] ? FATE_ANSWERED : FATE_LOST,
		.after = STAGE_NONE,
		.before = STAGE_NONE,
	};
	for (e = 0; e < STAGE_COUNT; e++)
		p->seen_ns[e] = e <= STAGE_WIRE_OUT || w->answered[i] ? i : UNKNOWN;
	if (w->answered[i])
		return;
	p->after = STAGE_WIRE_OUT;
	p->before = seed_below(s, 2) ? STAGE_WIRE_IN : STAGE_FAR_WIRE_OUT;
	if (seed_below(s, 5) == 0) {
		p->result = FATE_UNKNOWN;
		p->after = p->before = STAGE_NONE;
	}
}

/* From is the first that the far end watched, to the first that it did not. */
static void recorded(struct world *w, int64_t from, int64_t to)
{
	int64_t i;

	w->c = (struct counters_facts){ .receiver = RECEIVER, .missing = w->missing };
	w->c.low = UNKNOWN;
	for (i = from; i < to; i++) {
		if (!w->came[i])
			continue;
		if (w->c.low == UNKNOWN)
			w->c.low = 10 + i;
		else if (10 + i > w->c.high + 1)
			w->missing[w->c.n_missing++] =
				(struct counters_missing){ w->c.high + 1, 9 + i };
		w->c.high = 10 + i;
		w->c.distinct++;
	}
	w->there = (struct recording_facts){ .counters = &w->c, .n_counters = 1 };
}

static void draw(struct world *w, struct seed *s)
{
	int64_t i;

	for (i = 0; i < MOST; i++)
		one(w, s, i);
	recorded(w, (int64_t)seed_below(s, 60), MOST - (int64_t)seed_below(s, 60));
	w->f = (struct fates_facts){ .sent = MOST, .n = MOST, .list = w->list };
}

static int64_t lost_of(const struct fates_facts *f, enum stage after, enum stage before)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < f->n_lost; i++)
		if (f->lost[i].after == after && f->lost[i].before == before)
			n += f->lost[i].count;
	return n;
}

static int64_t all_of(const struct fates_facts *f)
{
	int64_t n = f->answered + f->unknown;
	size_t i;

	for (i = 0; i < f->n_lost; i++)
		n += f->lost[i].count;
	return n;
}

static void the_place_is_that_of_the_way(void **state)
{
	struct seed s = seed_start("loss_fates_far");
	static struct world w, was;
	struct arena a;
	int64_t i, k;

	(void)state;
	arena_init(&a);
	for (k = 0; k < ROUNDS; k++) {
		int64_t before_far = 0;

		draw(&w, &s);
		memcpy(was.list, w.list, sizeof(was.list));
		if (w.c.low == UNKNOWN)
			continue;
		fates_far(&w.f, &w.there, &a);
		assert_int_equal(all_of(&w.f), MOST);
		for (i = 0; i < MOST; i++) {
			const struct fate_facts *p = &w.list[i], *o = &was.list[i];
			bool watched = 10 + i >= w.c.low && 10 + i <= w.c.high;

			if (w.answered[i] || !watched) {
				assert_memory_equal(p, o, sizeof(*p));
				continue;
			}
			if (!w.came[i]) {
				assert_int_equal(p->result, FATE_LOST);
				assert_int_equal(p->after, STAGE_WIRE_OUT);
				assert_int_equal(p->before, STAGE_FAR_WIRE_IN);
				before_far++;
				continue;
			}
			assert_int_equal(p->result, o->result);
			assert_int_equal(p->before, o->before);
			assert_int_equal(p->after,
					 o->result == FATE_LOST ? STAGE_FAR_WIRE_IN : STAGE_NONE);
		}
		assert_int_equal(lost_of(&w.f, STAGE_WIRE_OUT, STAGE_FAR_WIRE_IN), before_far);
	}
	arena_done(&a);
}

static bool is_left_alone(struct world *w)
{
	static struct fate_facts was[MOST];
	struct arena a;

	memcpy(was, w->list, sizeof(was));
	arena_init(&a);
	fates_far(&w->f, &w->there, &a);
	arena_done(&a);
	return memcmp(was, w->list, sizeof(was)) == 0;
}

static void what_was_not_watched_whole_tells_nothing(void **state)
{
	struct seed s = seed_start("loss_fates_far");
	static struct world w;

	(void)state;
	draw(&w, &s);
	recorded(&w, 0, MOST);
	w.there.counters_dropped = 1;
	assert_true(is_left_alone(&w));
	w.there.counters_dropped = UNKNOWN;
	assert_true(is_left_alone(&w));
	w.there.counters_dropped = 0;
	w.c.more_missing = 1;
	assert_true(is_left_alone(&w));
	w.c.more_missing = 0;
	w.c.receiver++;
	assert_true(is_left_alone(&w));
	w.c.receiver--;
	w.c.out = 1;
	assert_true(is_left_alone(&w));
	w.c.out = 0;
	w.f.sent++;
	assert_true(is_left_alone(&w));
	w.f.sent = UNKNOWN;
	assert_true(is_left_alone(&w));
	w.f.sent = MOST;
	assert_false(is_left_alone(&w));
}

/* The kernel's reason for what died between the wires is none for what came over them. */
static void a_reason_goes_with_its_place(void **state)
{
	static struct world w;
	struct arena a;
	int64_t i;

	(void)state;
	arena_init(&a);
	for (i = 0; i < 4; i++) {
		unsigned e;

		w.came[i] = i != 1;
		w.list[i] = (struct fate_facts){
			.session = RECEIVER,
			.counter = 10 + i,
			.result = FATE_LOST,
			.after = STAGE_WIRE_OUT,
			.before = STAGE_WIRE_IN,
			.reason = "a queue",
		};
		for (e = STAGE_FAR_WIRE_IN; e < STAGE_COUNT; e++)
			w.list[i].seen_ns[e] = UNKNOWN;
	}
	w.list[0].result = w.list[3].result = FATE_ANSWERED;
	recorded(&w, 0, 4);
	w.f = (struct fates_facts){ .sent = 4, .n = 4, .list = w.list };
	fates_far(&w.f, &w.there, &a);
	assert_string_equal(w.list[1].reason, "a queue");
	assert_null(w.list[2].reason);
	assert_int_equal(w.list[2].after, STAGE_FAR_WIRE_IN);
	assert_int_equal(w.f.answered, 2);
	assert_int_equal(w.f.n_lost, 2);
	arena_done(&a);
}

/* Its answer was here, so it had come, by whatever link. */
static void who_answers_had_it(void **state)
{
	static struct world w;
	struct arena a;
	unsigned e;

	(void)state;
	arena_init(&a);
	w.came[0] = w.came[2] = true;
	w.list[1] = (struct fate_facts){ .session = RECEIVER, .counter = 11 };
	w.list[0] = w.list[2] = w.list[1];
	w.list[0].result = w.list[2].result = FATE_ANSWERED;
	for (e = STAGE_FAR_WIRE_IN; e < STAGE_COUNT; e++)
		w.list[1].seen_ns[e] = UNKNOWN;
	recorded(&w, 0, 3);
	w.f = (struct fates_facts){ .sent = 3, .n = 3, .list = w.list };
	w.list[1].seen_ns[STAGE_TUN_IN] = 7;
	fates_far(&w.f, &w.there, &a);
	assert_int_equal(w.list[1].result, FATE_UNKNOWN);
	w.list[1].seen_ns[STAGE_TUN_IN] = UNKNOWN;
	fates_far(&w.f, &w.there, &a);
	assert_int_equal(w.list[1].result, FATE_LOST);
	arena_done(&a);
}

/* Of answers that one end knows by their counters alone: did they leave the far host? */
static void an_answer_that_never_left_is_lost_there(void **state)
{
	struct counters_missing missing = { 21, 21 };
	struct counters_facts c = {
		.out = 1, .receiver = 99, .low = 20, .high = 23, .missing = &missing, .n_missing = 1
	};
	struct recording_facts there = { .counters = &c, .n_counters = 1 };
	static const struct {
		int64_t counter;
		enum stage after, before;
	} rows[] = {
		{ 21, STAGE_FAR_TUN_OUT, STAGE_FAR_WIRE_OUT },
		{ 22, STAGE_FAR_WIRE_OUT, STAGE_WIRE_IN },
		{ 24, STAGE_FAR_WIRE_OUT, STAGE_WIRE_IN },
		{ UNKNOWN, STAGE_FAR_WIRE_OUT, STAGE_WIRE_IN },
	};
	size_t i, s;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct fate_facts p = { .session = RECEIVER,
					.counter = 5,
					.session_back = 99,
					.counter_back = rows[i].counter,
					.result = FATE_LOST,
					.after = STAGE_FAR_WIRE_OUT,
					.before = STAGE_WIRE_IN };
		struct fates_facts f = { .sent = 1, .n = 1, .list = &p };
		struct arena a;

		for (s = 0; s < STAGE_COUNT; s++)
			p.seen_ns[s] = s <= STAGE_WIRE_OUT ? 1 : UNKNOWN;
		arena_init(&a);
		fates_far(&f, &there, &a);
		assert_int_equal(p.after, rows[i].after);
		assert_int_equal(p.before, rows[i].before);
		assert_int_equal(lost_of(&f, p.after, p.before), 1);
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_that_never_left_is_lost_there),
		cmocka_unit_test(the_place_is_that_of_the_way),
		cmocka_unit_test(what_was_not_watched_whole_tells_nothing),
		cmocka_unit_test(a_reason_goes_with_its_place),
		cmocka_unit_test(who_answers_had_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
