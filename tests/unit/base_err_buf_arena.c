#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

static void err_words(void **state)
{
	struct err e = { 0 };

	(void)state;
	errno = EACCES;
	assert_int_equal(err_sys(&e, "open %s", "/dev/net/tun"), -EACCES);
	assert_int_equal(e.code, EACCES);
	assert_string_equal(e.text, "open /dev/net/tun: Permission denied");
	assert_int_equal(err_prefix(&e, "engine %s", "wg0"), -EACCES);
	assert_string_equal(e.text, "engine wg0: open /dev/net/tun: Permission denied");

	assert_int_equal(err_code(&e, -ENOENT, "bind"), -ENOENT);
	assert_string_equal(e.text, "bind: No such file or directory");
	assert_int_equal(err_code(&e, ENOENT, "bind"), -ENOENT);
	assert_int_equal(err_say(&e, -EINVAL, "no such engine"), -EINVAL);
	assert_int_equal(e.code, EINVAL);
	assert_string_equal(e.text, "no such engine");
}

/* A failure never turns into success, and nobody has to want the words. */
static void err_borders(void **state)
{
	struct err e = { 0 };
	char longest[400];

	(void)state;
	errno = 0;
	assert_int_equal(err_sys(&e, "x"), -EIO);
	assert_int_equal(err_code(&e, 0, "x"), -EIO);
	assert_int_equal(err_say(NULL, EPERM, "x"), -EPERM);
	assert_true(err_prefix(NULL, "x") < 0);
	memset(longest, 'y', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(err_say(&e, EPERM, "%s", longest), -EPERM);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_int_equal(err_prefix(&e, "before"), -EPERM);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_memory_equal(e.text, "before: yyy", 11);
}

static void err_shortage(void **state)
{
	static const int ours[] = { EMFILE, ENFILE, ENOMEM, ENOBUFS };
	static const int others[] = { 0, EPERM, EAGAIN, ENOSPC, ECONNREFUSED, EREMOTEIO };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(ours); i++) {
		assert_true(err_is_shortage(ours[i]));
		assert_true(err_is_shortage(-ours[i]));
	}
	for (i = 0; i < ARRAY_LEN(others); i++) {
		assert_false(err_is_shortage(others[i]));
		assert_false(err_is_shortage(-others[i]));
	}
}

static void buf_text(void **state)
{
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b);
	assert_string_equal(buf_str(&b), "");
	buf_clear(&b);
	buf_puts(&b, "key=");
	buf_printf(&b, "%d\n", 42);
	assert_string_equal(buf_str(&b), "key=42\n");
	buf_consume(&b, 4);
	assert_string_equal(buf_str(&b), "42\n");
	buf_consume(&b, 0);
	buf_consume(&b, b.len);
	assert_string_equal(buf_str(&b), "");
	for (i = 0; i < 100000; i++)
		buf_add(&b, &"0123456789"[i % 10], 1);
	assert_int_equal(b.len, 100000);
	for (i = 0; i < b.len; i++)
		assert_int_equal(b.b[i], '0' + (int)(i % 10));
	buf_clear(&b);
	assert_string_equal(buf_str(&b), "");
	buf_add(&b, NULL, 0);
	buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 3);
	buf_wipe_done(&b);
	assert_null(b.b);
	buf_wipe_done(&b);
	buf_done(&b);
}

static void arena_pieces(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 16384, 1, 16385, 1 << 20, 3 };
	struct arena a;
	unsigned char *p[ARRAY_LEN(sizes)];
	size_t i, k;

	(void)state;
	arena_init(&a);
	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		p[i] = arena_alloc(&a, sizes[i]);
		assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
		for (k = 0; k < sizes[i]; k++)
			assert_int_equal(p[i][k], 0);
		memset(p[i], (int)i + 1, sizes[i]);
	}
	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		for (k = 0; k < sizes[i]; k++)
			assert_int_equal(p[i][k], i + 1);
	}
	assert_string_equal(arena_strdup(&a, "wg0"), "wg0");
	assert_string_equal(arena_strdup(&a, ""), "");
	assert_string_equal(arena_printf(&a, "%s-%d", "peer", 7), "peer-7");
	arena_done(&a);
	assert_null(a.head);
	arena_done(&a);
}

static void arena_lists(void **state)
{
	size_t n = 0, cap = 0, i;
	struct arena a;
	int *list = NULL;

	(void)state;
	arena_init(&a);
	for (; n < 1000; n++) {
		list = arena_grow(&a, list, n, &cap, sizeof(*list));
		assert_true(cap > n);
		list[n] = (int)n;
	}
	for (i = 0; i < n; i++)
		assert_int_equal(list[i], i);
	n = cap - 1;
	assert_ptr_equal(arena_grow(&a, list, n, &cap, sizeof(*list)), list);
	arena_done(&a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_words),	cmocka_unit_test(err_borders),
		cmocka_unit_test(err_shortage), cmocka_unit_test(buf_text),
		cmocka_unit_test(arena_pieces), cmocka_unit_test(arena_lists),
	};

	return cmocka_run_group_tests_name("base_err_buf_arena", tests, NULL, NULL);
}
