#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gather/fd.h"

enum { LEN = 40000 }; /* more than one read */

static FILE *file_of(const char *b, size_t len)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(fwrite(b, 1, len, f), len);
	assert_int_equal(fflush(f), 0);
	rewind(f);
	return f;
}

static void whole_and_border(void **state)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	static char b[LEN];
	size_t i;
	FILE *f;

	(void)state;
	for (i = 0; i < LEN; i++)
		b[i] = (char)(i * 7 + i / 256);
	f = file_of(b, LEN);
	buf_puts(&out, "before");
	assert_int_equal(fd_read_all(fileno(f), LEN, &out), 0);
	assert_int_equal(out.len, 6 + LEN);
	assert_memory_equal(out.b, "before", 6);
	assert_memory_equal(out.b + 6, b, LEN);
	buf_clear(&out);
	rewind(f);
	assert_int_equal(fd_read_all(fileno(f), LEN - 1, &out), -EFBIG);
	assert_true(out.len < LEN);
	fclose(f);
}

static void nothing(void **state)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	close(fd[1]);
	assert_int_equal(fd_read_all(fd[0], 0, &out), 0);
	assert_int_equal(out.len, 0);
	close(fd[0]);
	assert_int_equal(fd_read_all(fd[0], 10, &out), -EBADF);
}

static void its_end(void **state)
{
	static const size_t maxes[] = { 1, 7, 16384, LEN / 2 - 1, LEN - 1, LEN, LEN + 1 };
	static char b[LEN];
	size_t i;

	(void)state;
	for (i = 0; i < LEN; i++)
		b[i] = (char)(i * 7 + i / 256);
	for (i = 0; i < 2 * ARRAY_LEN(maxes); i++) {
		CLEANUP(buf_done) struct buf out = { 0 };
		size_t max = maxes[i / 2], want = max < LEN ? max : LEN;
		FILE *f = i % 2 ? file_of(b, LEN) : NULL;
		bool cut = max >= LEN; /* so that it is seen to be set */
		int fd[2] = { f ? fileno(f) : -1, -1 };

		/* In a pipe nothing can be sought; it holds all of it. */
		if (!f) {
			assert_int_equal(pipe(fd), 0);
			assert_int_equal(write(fd[1], b, LEN), LEN);
			close(fd[1]);
		}
		assert_int_equal(fd_read_end(fd[0], max, &out, &cut), 0);
		assert_int_equal(out.len, want);
		assert_memory_equal(out.b, b + LEN - want, want);
		assert_int_equal(cut, max < LEN);
		if (f)
			fclose(f);
		else
			close(fd[0]);
	}
}

static void no_end(void **state)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	bool cut;
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fd_read_end(fd, LEN, &out, &cut), -EFBIG);
	assert_true(out.len <= LEN);
	close(fd);
	assert_int_equal(fd_read_end(fd, LEN, &out, &cut), -EBADF);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_and_border),
		cmocka_unit_test(nothing),
		cmocka_unit_test(its_end),
		cmocka_unit_test(no_end),
	};

	return cmocka_run_group_tests_name("gather_fd", tests, NULL, NULL);
}
