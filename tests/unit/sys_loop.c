/* The poll loop: order, deadlines, what callbacks may do to it, the stop descriptor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "sys/loop.h"

static int64_t mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

struct scene {
	struct loop *l;
	int a[2], b[2]; /* pipes */
	int n_a, n_b, n_timer;
	char order[16];
	size_t n_order;
	short revents;
};

static int setup(void **state)
{
	static struct scene s;

	s = (struct scene){ .l = loop_new(mono_ns) };
	assert_int_equal(pipe2(s.a, O_NONBLOCK), 0);
	assert_int_equal(pipe2(s.b, O_NONBLOCK), 0);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	loop_free(s->l);
	close(s->a[0]);
	close(s->b[0]);
	if (s->a[1] >= 0)
		close(s->a[1]);
	close(s->b[1]);
	return 0;
}

static int64_t in_ms(struct scene *s, int64_t ms)
{
	return loop_now(s->l) + ms * NS_PER_MS;
}

static void on_a(void *ctx, short revents)
{
	struct scene *s = ctx;
	char c;

	s->n_a++;
	s->revents = revents;
	(void)!read(s->a[0], &c, 1);
}

static void on_b(void *ctx, short revents)
{
	struct scene *s = ctx;
	char c;

	(void)revents;
	s->n_b++;
	(void)!read(s->b[0], &c, 1);
}

static bool a_was_read(void *ctx)
{
	return ((struct scene *)ctx)->n_a > 0;
}

static bool always(void *ctx)
{
	(void)ctx;
	return true;
}

static void put(int fd)
{
	assert_int_equal(write(fd, "x", 1), 1);
}

static void readable_is_served_until_done(void **state)
{
	struct scene *s = *state;

	loop_add_fd(s->l, s->a[0], POLLIN, on_a, s);
	put(s->a[1]);
	assert_int_equal(loop_run(s->l, in_ms(s, 5000), a_was_read, s), 0);
	assert_int_equal(s->n_a, 1);
	assert_int_equal(s->revents, POLLIN);
}

static void hang_up_is_told(void **state)
{
	struct scene *s = *state;

	loop_add_fd(s->l, s->a[0], POLLIN, on_a, s);
	close(s->a[1]);
	s->a[1] = -1;
	assert_int_equal(loop_run(s->l, in_ms(s, 5000), a_was_read, s), 0);
	assert_true(s->revents & POLLHUP);
}

static void deadline_is_kept(void **state)
{
	struct scene *s = *state;
	int64_t at = in_ms(s, 20);

	assert_int_equal(loop_run(s->l, at, NULL, NULL), -ETIMEDOUT);
	assert_true(loop_now(s->l) >= at);
	/* One that has passed serves once all the same. */
	loop_add_fd(s->l, s->a[0], POLLIN, on_a, s);
	put(s->a[1]);
	assert_int_equal(loop_run(s->l, 0, NULL, NULL), -ETIMEDOUT);
	assert_int_equal(s->n_a, 1);
}

static void same_fd_and_fn_is_one_registration(void **state)
{
	struct scene *s = *state;

	loop_add_fd(s->l, s->a[0], 0, on_a, NULL);
	loop_add_fd(s->l, s->a[0], POLLIN, on_a, s);
	put(s->a[1]);
	put(s->a[1]);
	loop_run(s->l, 0, NULL, NULL);
	assert_int_equal(s->n_a, 1);
	loop_del_fd(s->l, s->a[0]);
	loop_run(s->l, 0, NULL, NULL);
	assert_int_equal(s->n_a, 1);
}

static void note(struct scene *s, char c)
{
	assert_true(s->n_order < sizeof(s->order) - 1);
	s->order[s->n_order++] = c;
}

static void timer_1(void *ctx)
{
	note(ctx, '1');
}

static void timer_2(void *ctx)
{
	note(ctx, '2');
}

static void timer_3(void *ctx)
{
	note(ctx, '3');
}

static void timers_fire_in_order_and_once(void **state)
{
	struct scene *s = *state;
	int64_t at = in_ms(s, 4);
	unsigned id;

	loop_add_timer(s->l, at + NS_PER_MS, timer_3, s);
	loop_add_timer(s->l, at, timer_1, s);
	id = loop_add_timer(s->l, at, timer_3, s);
	loop_add_timer(s->l, at, timer_2, s);
	loop_del_timer(s->l, id);
	assert_int_equal(loop_run(s->l, at - NS_PER_MS, NULL, NULL), -ETIMEDOUT);
	if (loop_now(s->l) < at)
		assert_int_equal(s->n_order, 0);
	loop_run(s->l, in_ms(s, 10), NULL, NULL);
	assert_string_equal(s->order, "123");
	loop_del_timer(s->l, id); /* harmless */
}

static void again_at_once(void *ctx)
{
	struct scene *s = ctx;

	s->n_timer++;
	loop_add_timer(s->l, 0, again_at_once, s);
}

static void timer_that_is_always_due_starves_nobody(void **state)
{
	struct scene *s = *state;

	loop_add_timer(s->l, 0, again_at_once, s);
	loop_add_fd(s->l, s->a[0], POLLIN, on_a, s);
	put(s->a[1]);
	assert_int_equal(loop_run(s->l, in_ms(s, 5000), a_was_read, s), 0);
	s->n_timer = 0;
	loop_drain(s->l);
	assert_in_range(s->n_timer, 1, 1000);
}

static void remove_b(void *ctx, short revents)
{
	struct scene *s = ctx;

	on_a(ctx, revents);
	loop_del_fd(s->l, s->b[0]);
	loop_del_fd(s->l, s->a[0]);
}

static void removed_meanwhile_is_not_called(void **state)
{
	struct scene *s = *state;

	loop_add_fd(s->l, s->a[0], POLLIN, remove_b, s);
	loop_add_fd(s->l, s->b[0], POLLIN, on_b, s);
	put(s->a[1]);
	put(s->b[1]);
	loop_drain(s->l);
	assert_int_equal(s->n_a, 1);
	assert_int_equal(s->n_b, 0);
}

static void add_many(void *ctx, short revents)
{
	struct scene *s = ctx;
	int i, fd;

	on_a(ctx, revents);
	loop_del_fd(s->l, s->a[0]);
	/* Enough for the arrays to move. */
	for (i = 0; i < 40; i++) {
		fd = dup(s->b[0]);
		loop_add_fd(s->l, fd, POLLIN, on_b, s);
		loop_del_fd(s->l, fd);
		close(fd);
	}
	loop_add_fd(s->l, s->b[0], POLLIN, on_b, s);
}

static void added_meanwhile_is_served_next(void **state)
{
	struct scene *s = *state;

	loop_add_fd(s->l, s->a[0], POLLIN, add_many, s);
	put(s->a[1]);
	put(s->b[1]);
	loop_drain(s->l);
	assert_int_equal(s->n_a, 1);
	assert_int_equal(s->n_b, 1);
}

static void stop_fd_ends_this_run_and_later_ones(void **state)
{
	struct scene *s = *state;

	loop_set_stop_fd(s->l, s->b[0]);
	put(s->b[1]);
	assert_int_equal(loop_run(s->l, in_ms(s, 5000), NULL, NULL), -EINTR);
	assert_int_equal(loop_run(s->l, in_ms(s, 5000), NULL, NULL), -EINTR);
	/* What is done is done. */
	assert_int_equal(loop_run(s->l, in_ms(s, 5000), always, NULL), 0);
	loop_drain(s->l);
	loop_set_stop_fd(s->l, -1);
	assert_int_equal(loop_run(s->l, 0, NULL, NULL), -ETIMEDOUT);
}

static void drain_takes_all_there_is(void **state)
{
	struct scene *s = *state;
	int i;

	loop_add_fd(s->l, s->a[0], POLLIN, on_a, s);
	loop_drain(s->l);
	assert_int_equal(s->n_a, 0);
	for (i = 0; i < 7; i++)
		put(s->a[1]);
	loop_drain(s->l);
	assert_int_equal(s->n_a, 7);
}

/* --- a clock that jumps, as it does for a process that was stopped ------------ */

static int64_t jumped_ns;

static int64_t jumping_ns(void)
{
	return mono_ns() + jumped_ns;
}

static void jump(void *ctx)
{
	struct scene *s = ctx;

	s->n_timer++;
	jumped_ns += 25 * NS_PER_S;
}

static void use_jumping_clock(struct scene *s)
{
	loop_free(s->l);
	jumped_ns = 0;
	s->l = loop_new(jumping_ns);
}

static void late_put(void *ctx)
{
	put(((struct scene *)ctx)->a[1]);
}

/* Without the jump there is all the time for what comes after it. */
static void pause_uses_up_no_time(void **state)
{
	struct scene *s = *state;
	int64_t from;

	use_jumping_clock(s);
	from = loop_now(s->l);
	loop_add_fd(s->l, s->a[0], POLLIN, on_a, s);
	loop_add_timer(s->l, in_ms(s, 1), jump, s);
	loop_add_timer(s->l, in_ms(s, 30), late_put, s);
	assert_int_equal(loop_run(s->l, in_ms(s, 5000), a_was_read, s), 0);
	assert_int_equal(s->n_timer, 1);
	assert_in_range(loop_now(s->l) - from, 30 * NS_PER_MS, 4000 * NS_PER_MS);
	assert_in_range(loop_paused_ns(s->l), 24 * NS_PER_S, 26 * NS_PER_S);
	/* Nor does one between two runs; and a deadline is still kept. */
	jumped_ns += 25 * NS_PER_S;
	assert_in_range(loop_now(s->l) - from, 30 * NS_PER_MS, 4000 * NS_PER_MS);
	assert_int_equal(loop_run(s->l, in_ms(s, 5), NULL, NULL), -ETIMEDOUT);
}

static void spend_20_ms(void *ctx)
{
	struct scene *s = ctx;
	int64_t until = in_ms(s, 20);

	while (loop_now(s->l) < until)
		;
	put(s->a[1]);
}

/* Made ready by the last callback before the deadline, which it overran. */
static void ready_at_the_deadline_counts(void **state)
{
	struct scene *s = *state;

	loop_add_fd(s->l, s->a[0], POLLIN, on_a, s);
	loop_add_fd(s->l, s->b[0], POLLIN, on_b, s);
	loop_add_timer(s->l, in_ms(s, 5), spend_20_ms, s);
	assert_int_equal(loop_run(s->l, in_ms(s, 10), a_was_read, s), 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(readable_is_served_until_done),
		TEST(hang_up_is_told),
		TEST(deadline_is_kept),
		TEST(same_fd_and_fn_is_one_registration),
		TEST(timers_fire_in_order_and_once),
		TEST(timer_that_is_always_due_starves_nobody),
		TEST(removed_meanwhile_is_not_called),
		TEST(added_meanwhile_is_served_next),
		TEST(stop_fd_ends_this_run_and_later_ones),
		TEST(drain_takes_all_there_is),
		TEST(pause_uses_up_no_time),
		TEST(ready_at_the_deadline_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
