/*
 * The counters of both ends' captures against a model that remembers every message in a list:
 * seeded loss, reordering, duplicates, and sessions that change on the way.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "loss/counters.h"

enum { MESSAGES_MAX = 3000, ROUNDS = 300 };

struct message {
	uint32_t receiver;
	uint64_t counter;
};

struct world {
	uint64_t rng;
	struct loss_window sender, receiver;
	struct message sent[MESSAGES_MAX], came[2 * MESSAGES_MAX];
	size_t n_sent, n_came;
};

static uint64_t next_random(struct world *w)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 7;
	w->rng ^= w->rng << 17;
	return w->rng;
}

static bool chance(struct world *w, unsigned percent)
{
	return next_random(w) % 100 < percent;
}

/* --- the model ---------------------------------------------------------------------- */

static bool came(const struct world *w, const struct message *m, size_t until)
{
	size_t i;

	for (i = 0; i < until; i++)
		if (w->came[i].receiver == m->receiver && w->came[i].counter == m->counter)
			return true;
	return false;
}

static int64_t model_lost(const struct world *w)
{
	int64_t lost = 0;
	size_t i;

	for (i = 0; i < w->n_sent; i++)
		lost += !came(w, &w->sent[i], w->n_came);
	return lost;
}

static bool overtaken(const struct world *w, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (w->came[i].receiver == w->came[at].receiver &&
		    w->came[i].counter > w->came[at].counter)
			return true;
	return false;
}

static void model_order(const struct world *w, int64_t *duplicates, int64_t *reordered)
{
	size_t i;

	*duplicates = *reordered = 0;
	for (i = 0; i < w->n_came; i++) {
		if (came(w, &w->came[i], i))
			++*duplicates;
		else if (overtaken(w, i))
			++*reordered;
	}
}

/* What lies between the first and the last that came, session by session. */
static int64_t model_gaps(const struct world *w, int64_t *range)
{
	int64_t gaps = 0;
	size_t i, k;

	*range = 0;
	for (i = 0; i < w->n_sent; i++) {
		bool below = false, above = false;

		for (k = 0; k < w->n_came; k++) {
			if (w->came[k].receiver != w->sent[i].receiver)
				continue;
			below |= w->came[k].counter <= w->sent[i].counter;
			above |= w->came[k].counter >= w->sent[i].counter;
		}
		*range += below && above;
		gaps += below && above && !came(w, &w->sent[i], w->n_came);
	}
	return gaps;
}

/* --- traffic -------------------------------------------------------------------------- */

static void make(struct world *w, unsigned loss, unsigned twice, unsigned swap)
{
	size_t n = 1 + next_random(w) % 300, rekey = next_random(w) % 400, i;
	uint64_t counter = chance(w, 30) ? 0 : next_random(w) >> 20;
	uint32_t receiver = (uint32_t)next_random(w);

	w->n_sent = w->n_came = 0;
	for (i = 0; i < n; i++) {
		if (i == rekey) {
			receiver++;
			counter = 0;
		}
		w->sent[w->n_sent++] = (struct message){ receiver, counter++ };
	}
	for (i = 0; i < n; i++) {
		if (chance(w, loss))
			continue;
		w->came[w->n_came++] = w->sent[i];
		if (chance(w, twice))
			w->came[w->n_came++] = w->sent[i];
	}
	for (i = 0; i + 1 < w->n_came; i++) {
		size_t to = i + next_random(w) % MIN(w->n_came - i, (size_t)40);
		struct message m = w->came[i];

		if (!chance(w, swap))
			continue;
		w->came[i] = w->came[to];
		w->came[to] = m;
	}
}

static void show(struct loss_window *v, const struct message *m, size_t n)
{
	size_t i;

	loss_window_see(v, 1, 1); /* before the window: not seen */
	loss_window_begin(v, 5);
	for (i = 0; i < n; i++)
		loss_window_see(v, m[i].receiver, m[i].counter);
	loss_window_end(v, 7);
	loss_window_see(v, 1, 2);
}

static void one_round(struct world *w, unsigned loss, unsigned twice, unsigned swap)
{
	int64_t duplicates, reordered, sent, gaps;
	struct loss_facts l;

	make(w, loss, twice, swap);
	show(&w->sender, w->sent, w->n_sent);
	show(&w->receiver, w->came, w->n_came);
	model_order(w, &duplicates, &reordered);
	loss_of_window(&w->sender, &w->receiver, &l);
	assert_int_equal(l.sent, w->n_sent);
	assert_int_equal(l.lost, model_lost(w));
	assert_int_equal(l.duplicates, duplicates);
	assert_int_equal(l.reordered, reordered);
	assert_int_equal(l.capture_dropped, 4);
	loss_of_window(&w->sender, NULL, &l);
	assert_int_equal(l.sent, w->n_sent);
	assert_int_equal(l.lost, UNKNOWN);
	assert_int_equal(l.duplicates, UNKNOWN);
	assert_int_equal(l.capture_dropped, 2);
	loss_of_window(NULL, &w->receiver, &l);
	gaps = model_gaps(w, &sent);
	assert_int_equal(l.sent, w->n_came ? sent : UNKNOWN);
	assert_int_equal(l.lost, w->n_came ? gaps : UNKNOWN);
	assert_int_equal(l.duplicates, duplicates);
}

static void test_against_model(void **state)
{
	struct world *w = *state;
	unsigned i;

	for (i = 0; i < ROUNDS; i++)
		one_round(w, i % 4 * 10, i % 3 * 10, i % 5 * 10);
	one_round(w, 0, 0, 0);
	one_round(w, 100, 0, 0);
}

static void begin_both(struct world *w)
{
	loss_window_begin(&w->sender, 0);
	loss_window_begin(&w->receiver, 0);
}

static void end_both(struct world *w, struct loss_facts *l)
{
	loss_window_end(&w->sender, 0);
	loss_window_end(&w->receiver, 0);
	loss_of_window(&w->sender, &w->receiver, l);
}

/* Where there is no room nothing is told, and the other end alone may still tell. */
static void test_limits(void **state)
{
	struct world *w = *state;
	struct loss_facts l;
	unsigned i;

	begin_both(w);
	for (i = 0; i <= LOSS_SPAN; i++) {
		loss_window_see(&w->sender, 1, i);
		if (i < 100 && i % 2 == 0)
			loss_window_see(&w->receiver, 1, i);
	}
	end_both(w, &l);
	assert_int_equal(l.sent, 99); /* 0 to 98 by the receiver */
	assert_int_equal(l.lost, 49);
	begin_both(w);
	for (i = 0; i < LOSS_SPAN; i++)
		loss_window_see(&w->sender, 1, i);
	end_both(w, &l);
	assert_int_equal(l.sent, LOSS_SPAN);
	assert_int_equal(l.lost, LOSS_SPAN);
	begin_both(w);
	for (i = 0; i <= LOSS_SESSIONS_MAX; i++)
		loss_window_see(&w->sender, i, 0);
	loss_window_see_cut(&w->receiver);
	end_both(w, &l);
	assert_int_equal(l.sent, UNKNOWN);
	assert_int_equal(l.lost, UNKNOWN);
	assert_int_equal(l.capture_dropped, UNKNOWN);
}

/* A counter far below the first: not of this stream. The largest there is: no overflow. */
static void test_far_apart(void **state)
{
	struct world *w = *state;
	struct loss_facts l;

	begin_both(w);
	loss_window_see(&w->sender, 1, UINT64_MAX);
	loss_window_see(&w->receiver, 1, UINT64_MAX);
	end_both(w, &l);
	assert_int_equal(l.sent, 1);
	assert_int_equal(l.lost, 0);
	begin_both(w);
	loss_window_see(&w->sender, 1, 20000);
	loss_window_see(&w->sender, 1, 20000 - LOSS_BEFORE_FIRST);
	end_both(w, &l);
	assert_int_equal(l.sent, LOSS_BEFORE_FIRST + 1);
	begin_both(w);
	loss_window_see(&w->sender, 1, 20000);
	loss_window_see(&w->sender, 1, 20000 - LOSS_BEFORE_FIRST - 1);
	end_both(w, &l);
	assert_int_equal(l.sent, UNKNOWN);
}

/* What is lost before the first that came is lost where the session began in the window only. */
static void test_born(void **state)
{
	struct world *w = *state;
	struct loss_facts l;

	begin_both(w);
	loss_window_born(&w->receiver, 7);
	loss_window_see(&w->receiver, 7, 5);
	loss_window_see(&w->receiver, 7, 3);
	loss_window_see(&w->receiver, 8, 50);
	loss_window_end(&w->receiver, 0);
	loss_of_window(NULL, &w->receiver, &l);
	assert_int_equal(l.sent, 6 + 1);
	assert_int_equal(l.lost, 4);
	assert_int_equal(l.reordered, 1);
	/* One that was never used; and one of before the window. */
	loss_window_born(&w->receiver, 9);
	begin_both(w);
	loss_window_born(&w->receiver, 10);
	loss_window_see(&w->receiver, 9, 5);
	loss_window_end(&w->receiver, 0);
	loss_of_window(NULL, &w->receiver, &l);
	assert_int_equal(l.sent, 1);
	assert_int_equal(l.lost, 0);
}

static void test_nothing(void **state)
{
	struct world *w = *state;
	struct loss_facts l;

	begin_both(w);
	end_both(w, &l);
	assert_int_equal(l.sent, 0);
	assert_int_equal(l.lost, 0);
	loss_of_window(NULL, NULL, &l);
	assert_int_equal(l.sent, UNKNOWN);
	loss_window_begin(&w->receiver, 3);
	loss_window_end(&w->receiver, UNKNOWN);
	loss_of_window(NULL, &w->receiver, &l);
	assert_int_equal(l.sent, UNKNOWN);
	assert_int_equal(l.lost, UNKNOWN);
	assert_int_equal(l.duplicates, 0);
	assert_int_equal(l.capture_dropped, UNKNOWN);
}

static int setup(void **state)
{
	const char *seed = getenv("SEED");
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	w->rng = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	print_message("SEED=%llu\n", (unsigned long long)w->rng);
	w->rng = w->rng * 2 + 1;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_far_apart),
		cmocka_unit_test(test_born),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests_name("loss.counters", tests, setup, teardown);
}
