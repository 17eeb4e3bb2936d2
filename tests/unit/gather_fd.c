#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_and_border),
		cmocka_unit_test(nothing),
	};

	return cmocka_run_group_tests_name("gather_fd", tests, NULL, NULL);
}
