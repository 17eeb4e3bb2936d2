#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "engine/trace_ring.h"
#include "engine/uapi_client.h"
#include "fake_uapi.h"

#define SECRET "5f4edb0cb90fd7386ac1b6bf4576d51e70dc8930f98f903e29afcf2c08f264e3"
#define PEER "ccc10081b101e08b8a0b762a31faee9df62c15da57afa605ae8656a94f3a16d8"
#define GOOD \
	"private_key=" SECRET "\nlisten_port=51820\npublic_key=" PEER "\nrx_bytes=1372\nerrno=0\n\n"

enum { LONG_MS = 20000, SHORT_MS = 60 };

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* One `get` of an engine that says this. */
static int get_from(struct fake_uapi *f, struct arena *a, struct uapi_device **out, struct err *e)
{
	fake_uapi_start(f);
	return uapi_get_at(f->dir, "wg0", LONG_MS, a, out, e);
}

/* --- there is nobody --- */

static void no_socket(void **state)
{
	struct uapi_device *dev = NULL;
	struct arena a = { 0 };
	struct err e = { 0 };
	struct fake_uapi f;
	char longest[200];

	(void)state;
	fake_uapi_dir(&f);
	assert_int_equal(uapi_get_at(f.dir, "wg0", LONG_MS, &a, &dev, &e), -ENOENT);
	assert_non_null(strstr(e.text, f.path));
	assert_int_equal(uapi_get_at("/nowhere/at/all", "wg0", LONG_MS, &a, &dev, &e), -ENOENT);
	assert_int_equal(uapi_get_at(f.dir, "", LONG_MS, &a, &dev, &e), -EINVAL);
	assert_int_equal(uapi_get_at(f.dir, "../wg0", LONG_MS, &a, &dev, &e), -EINVAL);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(uapi_get_at(f.dir, longest, LONG_MS, &a, &dev, &e), -ENAMETOOLONG);
	assert_null(dev);
	fake_uapi_close(&f);
}

/* It says that nobody listens, and leaves the file alone. */
static void stale_socket(void **state)
{
	struct uapi_device *dev = NULL;
	struct arena a = { 0 };
	struct err e = { 0 };
	struct stat st;
	struct fake_uapi f;

	(void)state;
	fake_uapi_open(&f, 1);
	close(f.listener);
	f.listener = -1;
	assert_int_equal(uapi_get_at(f.dir, "wg0", LONG_MS, &a, &dev, &e), -ECONNREFUSED);
	assert_non_null(strstr(e.text, "nobody listens"));
	assert_int_equal(uapi_look_at(f.dir, "wg0", LONG_MS, &e), -ECONNREFUSED);
	assert_int_equal(uapi_look_at(f.dir, "wg1", LONG_MS, &e), -ENOENT);
	assert_int_equal(stat(f.path, &st), 0);
	assert_int_equal(uapi_set_at(f.dir, "wg0", LONG_MS, &(struct buf){ 0 }, &e), -ECONNREFUSED);
	assert_int_equal(stat(f.path, &st), 0);
	assert_null(dev);
	fake_uapi_close(&f);
}

/* --- it answers nonsense, or too little --- */

static void wrong_replies(void **state)
{
	static const struct {
		const char *reply;
		int rc;
		const char *says;
	} rows[] = {
		{ "hello\n\n", -EPROTO, "wg0.sock: the reply to `get`: line 1: no key=value" },
		{ "\n", -EPROTO, "line 1: the end, and no errno" },
		{ "HTTP/1.0 400 Bad Request\r\n\r\n", -EPROTO, "line 1: no key=value" },
		{ "", -EPROTO, "hung up without an answer" },
		{ "listen_port=51820\npublic_k", -EPROTO, "line 2: cut" },
		{ "private_key=" SECRET, -EPROTO, "line 1: cut" },
		{ "private_key=" SECRET "0\n\n", -EPROTO, "line 1: private_key: a value" },
		{ GOOD "x", -EPROTO, NULL }, /* "more follows", when it came along */
		{ "errno=22\n\n", -EINVAL, "refuses `get`: Invalid argument" },
		/* Its own: none of those must look like ours, who could not reach it. */
		{ "errno=1\n\n", -EREMOTEIO, "refuses `get`: Operation not permitted" },
		{ "errno=-1\n\n", -EREMOTEIO, "refuses `get`: Operation not permitted" },
		{ "errno=2\n\n", -EREMOTEIO, "refuses `get`: No such file or directory" },
		{ "errno=-13\n\n", -EREMOTEIO, "refuses `get`: Permission denied" },
		{ "errno=111\n\n", -EREMOTEIO, "refuses `get`: Connection refused" },
		{ "errno=24\n\n", -EREMOTEIO, "refuses `get`: Too many open files" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct uapi_device *dev = NULL;
		struct arena a = { 0 };
		struct err e = { 0 };
		struct fake_uapi f;

		fake_uapi_open(&f, 1);
		f.reply = rows[i].reply;
		assert_int_equal(get_from(&f, &a, &dev, &e), rows[i].rc);
		if (rows[i].says && !strstr(e.text, rows[i].says))
			fail_msg("row %zu: %s", i, e.text);
		assert_null(strstr(e.text, "5f4e"));
		assert_null(dev);
		assert_string_equal(buf_str(&f.request), "get=1\n\n");
		arena_done(&a);
		fake_uapi_close(&f);
	}
}

/* A reply cut at each place, the engine gone. */
static void cut_replies(void **state)
{
	size_t cut;

	(void)state;
	for (cut = 1; cut < sizeof(GOOD) - 1; cut++) {
		struct uapi_device *dev = NULL;
		struct arena a = { 0 };
		struct err e = { 0 };
		struct fake_uapi f;

		fake_uapi_open(&f, 1);
		f.reply = GOOD;
		f.reply_len = cut;
		assert_int_equal(get_from(&f, &a, &dev, &e), -EPROTO);
		assert_non_null(strstr(e.text, "cut"));
		assert_null(dev);
		arena_done(&a);
		fake_uapi_close(&f);
	}
}

/* --- it answers too late --- */

static void expect_timeout(struct fake_uapi *f)
{
	struct uapi_device *dev = NULL;
	struct arena a = { 0 };
	struct err e = { 0 };
	int64_t before = now_ms(), took;

	assert_int_equal(uapi_get_at(f->dir, "wg0", SHORT_MS, &a, &dev, &e), -ETIMEDOUT);
	took = now_ms() - before;
	if (took < SHORT_MS - 1 || took > 100 * SHORT_MS)
		fail_msg("%d ms took %lld", SHORT_MS, (long long)took);
	assert_non_null(strstr(e.text, "did not answer within 60 ms"));
	assert_null(dev);
	arena_done(&a);
}

static void never_answers(void **state)
{
	struct fake_uapi f;

	(void)state;
	fake_uapi_open(&f, 1);
	expect_timeout(&f); /* nobody accepts */
	fake_uapi_close(&f);
	fake_uapi_open(&f, 1);
	f.hold = true;
	fake_uapi_start(&f);
	expect_timeout(&f);
	fake_uapi_close(&f);
}

/* The deadline is that of the whole call, not of one wait. */
static void never_ends(void **state)
{
	struct fake_uapi f;

	(void)state;
	fake_uapi_open(&f, 1);
	f.reply = "x=1\n";
	f.piece = 1;
	f.forever = true;
	fake_uapi_start(&f);
	expect_timeout(&f);
	fake_uapi_close(&f);
}

static void backlog_full(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fds[64], n = 0;
	struct fake_uapi f;

	(void)state;
	fake_uapi_open(&f, 0);
	memcpy(addr.sun_path, f.path, strlen(f.path) + 1);
	for (; n < (int)ARRAY_LEN(fds); n++) {
		fds[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (connect(fds[n], (struct sockaddr *)&addr, sizeof(addr)) < 0)
			break;
	}
	assert_true(n < (int)ARRAY_LEN(fds));
	expect_timeout(&f);
	for (; n >= 0; n--)
		close(fds[n]);
	fake_uapi_close(&f);
}

/* --- it answers --- */

static void good_replies(void **state)
{
	static const size_t pieces[] = { 0, 1, 2, 7, 64 };
	size_t i;

	(void)state;
	for (i = 0; i < 2 * ARRAY_LEN(pieces); i++) {
		struct uapi_device *dev = NULL;
		struct arena a = { 0 };
		struct err e = { 0 };
		struct fake_uapi f;

		fake_uapi_open(&f, 1);
		f.reply = GOOD;
		f.piece = pieces[i / 2];
		f.hold = i % 2;
		if (get_from(&f, &a, &dev, &e))
			fail_msg("pieces of %zu: %s", f.piece, e.text);
		assert_true(dev->has_private_key);
		assert_int_equal(dev->listen_port, 51820);
		assert_int_equal(dev->n_peers, 1);
		assert_int_equal(dev->peers->rx_bytes, 1372);
		arena_done(&a);
		fake_uapi_close(&f);
	}
}

static void large_reply(void **state)
{
	enum { N = 20000 };
	struct uapi_device *dev = NULL;
	struct arena a = { 0 };
	struct err e = { 0 };
	struct buf b = { 0 };
	struct fake_uapi f;
	int i;

	(void)state;
	buf_puts(&b, "public_key=" PEER "\n");
	for (i = 0; i < N; i++)
		buf_printf(&b, "allowed_ip=10.%d.%d.%d/32\n", i >> 16, i >> 8 & 255, i & 255);
	buf_puts(&b, "errno=0\n\n");
	fake_uapi_open(&f, 1);
	f.reply = b.b;
	f.hold = true;
	if (get_from(&f, &a, &dev, &e))
		fail_msg("%s", e.text);
	assert_int_equal(dev->peers->n_allowed, N);
	assert_int_equal(dev->peers->allowed[N - 1].addr.b[3], (N - 1) & 255);
	arena_done(&a);
	buf_done(&b);
	fake_uapi_close(&f);
}

static void names_of_scopes(void **state)
{
	static const char *const rows[][2] = {
		{ "[fe80::1%lo]:5", "[fe80::1%1]:5" },
		{ "[fe80::1%nosuchlink]:5", "(none)" },
		{ "[fe80::1%]:5", "(none)" },
		{ "[fe80::1%a-name-that-no-link-can-have]:5", "(none)" },
		{ "[fe80::1%lo:5", "(none)" },
		{ "%lo]", "(none)" },
		{ "[fe80::1%2]:5", "[fe80::1%2]:5" },
	};
	size_t i;

	(void)state;
	if (if_nametoindex("lo") != 1)
		skip();
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct uapi_device *dev = NULL;
		struct arena a = { 0 };
		struct err e = { 0 };
		struct fake_uapi f;
		char reply[256], text[ENDPOINT_STR_SIZE];

		snprintf(reply, sizeof(reply), "public_key=" PEER "\nendpoint=%s\nerrno=0\n\n",
			 rows[i][0]);
		fake_uapi_open(&f, 1);
		f.reply = reply;
		if (get_from(&f, &a, &dev, &e))
			fail_msg("%s", e.text);
		assert_string_equal(endpoint_str(&dev->peers->endpoint, text), rows[i][1]);
		arena_done(&a);
		fake_uapi_close(&f);
	}
}

/* --- set --- */

static void sets(void **state)
{
	static const struct {
		const char *text, *reply;
		int rc;
	} rows[] = {
		{ "listen_port=5\n", "errno=0\n\n", 0 },
		{ "", "errno=0\n\n", 0 },
		{ "private_key=" SECRET "\n", "errno=22\n\n", -EINVAL },
		{ "private_key=" SECRET "\n", "errno=-22\n\n", -EINVAL },
		{ "private_key=" SECRET "\n", "errno=98\n\n", -EADDRINUSE },
		/* The engine's own shortage must not look like ours. */
		{ "private_key=" SECRET "\n", "errno=24\n\n", -EREMOTEIO },
		{ "private_key=" SECRET "\n", "errno=-105\n\n", -EREMOTEIO },
		{ "private_key=" SECRET "\n", "errno\n\n", -EPROTO },
		{ "private_key=" SECRET "\n", "", -EPROTO },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = { 0 };
		struct buf text = { 0 };
		struct fake_uapi f;

		fake_uapi_open(&f, 1);
		f.reply = rows[i].reply;
		buf_puts(&text, rows[i].text);
		fake_uapi_start(&f);
		if (uapi_set_at(f.dir, "wg0", LONG_MS, &text, &e) != rows[i].rc)
			fail_msg("row %zu: %s", i, e.text);
		assert_null(strstr(e.text, "5f4e"));
		assert_int_equal(f.request.len, text.len + 7);
		assert_memory_equal(f.request.b, "set=1\n", 6);
		assert_memory_equal(f.request.b + 6, text.b, text.len);
		buf_done(&text);
		fake_uapi_close(&f);
	}
}

/* Larger than any socket buffer; read to its end, or refused after the first bytes. */
static void large_set(void **state)
{
	static const size_t read_only[] = { 0, 100 };
	struct buf text = { 0 };
	size_t i;

	(void)state;
	buf_puts(&text, "public_key=" PEER "\n");
	while (text.len < 4 << 20)
		buf_puts(&text, "allowed_ip=2001:db8:1111:2222:3333:4444:5555:6666/128\n");
	for (i = 0; i < ARRAY_LEN(read_only); i++) {
		struct err e = { 0 };
		struct fake_uapi f;

		fake_uapi_open(&f, 1);
		f.reply = read_only[i] ? "errno=22\n\n" : "errno=0\n\n";
		f.read_only = read_only[i];
		fake_uapi_start(&f);
		if (uapi_set_at(f.dir, "wg0", LONG_MS, &text, &e) != (read_only[i] ? -EINVAL : 0))
			fail_msg("%s", e.text);
		fake_uapi_close(&f);
	}
	buf_done(&text);
}

/* Nobody reads: also writing is under the deadline. */
static void set_blocked(void **state)
{
	struct err e = { 0 };
	struct buf text = { 0 };
	struct fake_uapi f;

	(void)state;
	while (text.len < 4 << 20)
		buf_puts(&text, "allowed_ip=2001:db8:1111:2222:3333:4444:5555:6666/128\n");
	fake_uapi_open(&f, 1);
	assert_int_equal(uapi_set_at(f.dir, "wg0", SHORT_MS, &text, &e), -ETIMEDOUT);
	buf_done(&text);
	fake_uapi_close(&f);
}

/* --- trace ring --- */

static int ring_from(const char *reply, struct trace_ring **out, struct err *e)
{
	struct fake_uapi f;
	int rc;

	fake_uapi_open(&f, 1);
	f.reply = reply;
	fake_uapi_start(&f);
	rc = uapi_trace_ring_at(f.dir, "wg0", LONG_MS, out, e);
	fake_uapi_close(&f);
	return rc;
}

static void finds_the_ring(void **state)
{
	struct trace_ring *writer = NULL, *reader = NULL;
	struct trace_rec rec = { .t_ns = 4711, .stage = TRACE_SEALED }, got;
	struct err e = { 0 };
	char reply[64];
	uint64_t overrun = 0;

	(void)state;
	if (trace_ring_create(&writer, &e))
		fail_msg("%s", e.text);
	snprintf(reply, sizeof(reply), "trace_fd=%d\nerrno=0\n\n", trace_ring_fd(writer));
	if (ring_from(reply, &reader, &e))
		fail_msg("%s", e.text);
	trace_ring_put(writer, &rec);
	assert_int_equal(trace_ring_read(reader, &got, 1, &overrun), 1);
	assert_int_equal(got.t_ns, 4711);
	assert_int_equal(overrun, 0);
	trace_ring_free(reader);
	trace_ring_free(writer);
}

static void no_ring(void **state)
{
	struct trace_ring *reader = NULL;
	struct err e = { 0 };
	char reply[64];
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(ring_from("listen_port=5\nerrno=0\n\n", &reader, &e), -ENOENT);
	assert_non_null(strstr(e.text, "no trace ring"));
	assert_int_equal(ring_from("trace_fd=x\nerrno=0\n\n", &reader, &e), -ENOENT);
	assert_int_equal(ring_from("trace_fd=99999999999\nerrno=0\n\n", &reader, &e), -ENOENT);
	assert_int_equal(ring_from("trace_fd=99999\nerrno=0\n\n", &reader, &e), -ENOENT);
	assert_non_null(strstr(e.text, "/fd/99999"));
	assert_int_equal(ring_from("errno=13\n\n", &reader, &e), -EREMOTEIO);
	snprintf(reply, sizeof(reply), "trace_fd=%d\nerrno=0\n\n", fd);
	assert_true(ring_from(reply, &reader, &e) < 0); /* no ring behind it */
	assert_null(reader);
	close(fd);
}

static int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static int before_all(void **state)
{
	static int n;

	n = count_fds();
	*state = &n;
	return 0;
}

static int after_all(void **state)
{
	const int *n = *state;

	return count_fds() == *n ? 0 : -1;
}

/* The socket is this program's; others may write its file or not. */
static void owner_is_this_program(void **state)
{
	struct arena a = { 0 };
	struct uapi_owner o;
	struct fake_uapi f;
	struct err e;
	char exe[4096];
	struct stat st;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	mode_t mode;
	size_t i;

	(void)state;
	assert_true(n > 0);
	exe[n] = '\0';
	assert_int_equal(stat(exe, &st), 0);
	mode = st.st_mode & 07777;
	for (i = 0; i < 2; i++) {
		if (chmod(exe, i ? mode | S_IWGRP : mode & ~(mode_t)(S_IWGRP | S_IWOTH)) < 0)
			skip();
		fake_uapi_open(&f, 2);
		o = (struct uapi_owner){ .is_same = i == 1 };
		assert_int_equal(uapi_look_at(f.dir, "wg0", LONG_MS, &e), 0);
		assert_int_equal(uapi_owner_at(f.dir, "wg0", LONG_MS, &a, &o, &e), 0);
		assert_string_equal(o.program, exe);
		assert_int_equal(o.is_same, i == 0);
		fake_uapi_close(&f);
		assert_int_equal(uapi_owner_at(f.dir, "wg0", LONG_MS, &a, &o, &e), -ENOENT);
	}
	chmod(exe, mode);
	arena_done(&a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_socket),	 cmocka_unit_test(stale_socket),
		cmocka_unit_test(wrong_replies), cmocka_unit_test(cut_replies),
		cmocka_unit_test(never_answers), cmocka_unit_test(never_ends),
		cmocka_unit_test(backlog_full),	 cmocka_unit_test(good_replies),
		cmocka_unit_test(large_reply),	 cmocka_unit_test(names_of_scopes),
		cmocka_unit_test(sets),		 cmocka_unit_test(large_set),
		cmocka_unit_test(set_blocked),	 cmocka_unit_test(finds_the_ring),
		cmocka_unit_test(no_ring),	 cmocka_unit_test(owner_is_this_program),
	};

	return cmocka_run_group_tests_name("engine_uapi_client", tests, before_all, after_all);
}
