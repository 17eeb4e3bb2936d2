/* The trace ring: order, wrap, overrun, a reader that does not trust the file, seals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/trace_ring.h"

struct pair {
	struct trace_ring *writer, *reader;
	uint64_t overrun;
	struct trace_rec got[TRACE_RING_RECS];
};

static int setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	struct err e;

	assert_int_equal(trace_ring_create(&p->writer, &e), 0);
	assert_int_equal(trace_ring_attach(trace_ring_fd(p->writer), &p->reader, &e), 0);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	trace_ring_free(p->reader);
	trace_ring_free(p->writer);
	free(p);
	return 0;
}

static void put(struct pair *p, uint64_t from, uint64_t n)
{
	for (uint64_t i = from; i < from + n; i++) {
		struct trace_rec r = { .counter = i, .stage = TRACE_SEALED };

		trace_ring_put(p->writer, &r);
	}
}

static void expect(struct pair *p, size_t room, uint64_t first, size_t n)
{
	size_t got = trace_ring_read(p->reader, p->got, room, &p->overrun);

	assert_int_equal(got, n);
	for (size_t i = 0; i < got; i++)
		assert_int_equal(p->got[i].counter, first + i);
}

static void empty_gives_nothing(void **state)
{
	struct pair *p = *state;

	expect(p, 8, 0, 0);
	assert_int_equal(p->overrun, 0);
}

static void in_order_and_in_parts(void **state)
{
	struct pair *p = *state;

	put(p, 0, 5);
	expect(p, 2, 0, 2);
	expect(p, 8, 2, 3);
	put(p, 5, 1);
	expect(p, 8, 5, 1);
	assert_int_equal(p->overrun, 0);
}

/* All but one slot: the writer may be in the middle of that. */
static void full_without_overrun(void **state)
{
	struct pair *p = *state;

	put(p, 0, TRACE_RING_RECS - 1);
	expect(p, TRACE_RING_RECS, 0, TRACE_RING_RECS - 1);
	assert_int_equal(p->overrun, 0);
}

static void wraps(void **state)
{
	struct pair *p = *state;
	uint64_t at = 0;

	for (int i = 0; i < 5; i++) {
		put(p, at, TRACE_RING_RECS / 2 + 7);
		expect(p, TRACE_RING_RECS, at, TRACE_RING_RECS / 2 + 7);
		at += TRACE_RING_RECS / 2 + 7;
	}
	assert_int_equal(p->overrun, 0);
}

static void counts_what_was_overwritten(void **state)
{
	struct pair *p = *state;

	put(p, 0, TRACE_RING_RECS + 100);
	expect(p, TRACE_RING_RECS, 101, TRACE_RING_RECS - 1);
	assert_int_equal(p->overrun, 101);
	put(p, TRACE_RING_RECS + 100, 3);
	expect(p, 8, TRACE_RING_RECS + 100, 3);
	assert_int_equal(p->overrun, 101);
}

static void reader_refuses_other_files(void **state)
{
	struct trace_ring_head head = { .magic = TRACE_RING_MAGIC,
					.version = TRACE_RING_VERSION,
					.rec_len = sizeof(struct trace_rec),
					.n_recs = 8 };
	struct trace_ring *r = NULL;
	int fd = memfd_create("test", MFD_CLOEXEC);
	struct err e;

	(void)state;
	assert_int_equal(trace_ring_attach(fd, &r, &e), -EPROTO); /* empty */
	assert_int_equal(ftruncate(fd, TRACE_RING_HEAD_LEN), 0);
	assert_int_equal(trace_ring_attach(fd, &r, &e), -EPROTO); /* no magic */
	assert_int_equal(pwrite(fd, &head, sizeof(head), 0), sizeof(head));
	assert_int_equal(trace_ring_attach(fd, &r, &e), -EPROTO); /* shorter than it says */
	assert_int_equal(ftruncate(fd, TRACE_RING_HEAD_LEN + 8 * 64), 0);
	assert_int_equal(trace_ring_attach(fd, &r, &e), 0);
	trace_ring_free(r);
	head.n_recs = 7; /* no power of two */
	assert_int_equal(pwrite(fd, &head, sizeof(head), 0), sizeof(head));
	assert_int_equal(trace_ring_attach(fd, &r, &e), -EPROTO);
	head.n_recs = 8;
	head.rec_len = 128;
	assert_int_equal(pwrite(fd, &head, sizeof(head), 0), sizeof(head));
	assert_int_equal(trace_ring_attach(fd, &r, &e), -EPROTO);
	close(fd);
}

static void size_is_sealed(void **state)
{
	struct pair *p = *state;

	assert_int_equal(ftruncate(trace_ring_fd(p->writer), 0), -1);
	assert_int_equal(ftruncate(trace_ring_fd(p->writer), 1 << 30), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(empty_gives_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(in_order_and_in_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(full_without_overrun, setup, teardown),
		cmocka_unit_test_setup_teardown(wraps, setup, teardown),
		cmocka_unit_test_setup_teardown(counts_what_was_overwritten, setup, teardown),
		cmocka_unit_test(reader_refuses_other_files),
		cmocka_unit_test_setup_teardown(size_is_sealed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
