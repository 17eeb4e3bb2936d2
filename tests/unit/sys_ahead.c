/*
 * Notes of keys whose handshakes were dated ahead: written when the engine is ended, whoever was
 * killed; believed as long as they hold, and then gone.
 *
 * needs: root
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "own_netns.h"
#include "own_run.h"
#include "sys/ahead.h"

#define DIR_OF_RUNS "/run/wgdiag"
enum { AHEAD_S = 27 };

static const struct public_key key = { { 0xff, 1, 2, 3 } }, other = { { 9 } };
static struct undo_result left;

static int64_t now(void)
{
	return platform_get()->wall_ns();
}

static const char *path_of(const struct public_key *k)
{
	static char path[256];
	struct undo_step s = ahead_step(k, AHEAD_S);

	snprintf(path, sizeof(path), DIR_OF_RUNS "/%s", s.path);
	return path;
}

static void start(struct supervisor *s)
{
	struct err e = { 0 };

	memset(&left, 0, sizeof(left));
	if (supervisor_start(s, false, &left, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(left.n_failed, 0);
}

static void end(struct supervisor *s)
{
	struct undo_result r;

	assert_int_equal(supervisor_undo_all(s, &r, NULL), 0);
}

static void use_key(struct supervisor *s)
{
	struct undo_step step = ahead_step(&key, AHEAD_S);
	struct err e = { 0 };

	assert_int_equal(supervisor_add(s, &step, &e), 0);
}

/* From between these two moments on. */
static void holds(int64_t from, int64_t to)
{
	int64_t until = ahead_until(&key) - AHEAD_S * NS_PER_S;

	if (until < from || until > to)
		fail_msg("off by %" PRId64 " ns", until < from ? until - from : until - to);
	assert_int_equal(ahead_until(&other), 0);
}

static void nothing_is_left(void)
{
	assert_int_equal(ahead_until(&key), 0);
	assert_int_equal(access(DIR_OF_RUNS, F_OK), -1);
}

static void written_at_the_end(void **state)
{
	struct supervisor s;
	struct stat st;
	int64_t from;

	(void)state;
	nothing_is_left();
	start(&s);
	use_key(&s);
	assert_int_equal(ahead_until(&key), 0);
	from = now();
	end(&s);
	holds(from, now());
	assert_int_equal(stat(path_of(&key), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* Another run leaves it, and its own end is a later one. */
	start(&s);
	holds(from, now());
	use_key(&s);
	from = now();
	end(&s);
	holds(from, now());
	assert_int_equal(unlink(path_of(&key)), 0);
	nothing_is_left();
}

/* It sent none after all. */
static void taken_back(void **state)
{
	struct undo_step none = ahead_step(&key, 0);
	struct supervisor s;
	int64_t from;

	(void)state;
	nothing_is_left();
	start(&s);
	use_key(&s);
	assert_int_equal(supervisor_add(&s, &none, NULL), 0);
	assert_int_equal(s.n, 1);
	end(&s);
	nothing_is_left();
	/* What another run has noted stays as it was. */
	start(&s);
	use_key(&s);
	from = now();
	end(&s);
	holds(from, now());
	from = ahead_until(&key);
	start(&s);
	use_key(&s);
	assert_int_equal(supervisor_add(&s, &none, NULL), 0);
	end(&s);
	assert_int_equal(ahead_until(&key), from);
	assert_int_equal(unlink(path_of(&key)), 0);
	nothing_is_left();
}

static void killed(void **state)
{
	int64_t from = now();
	struct supervisor s;
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		start(&s);
		use_key(&s);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (!ahead_until(&key))
		assert_true(now() - from < 60 * NS_PER_S);
	holds(from, now());
	unlink(path_of(&key));
	while (access(DIR_OF_RUNS, F_OK) == 0) {
		assert_true(now() - from < 60 * NS_PER_S);
		rmdir(DIR_OF_RUNS);
	}
}

static void put(const char *text, mode_t mode)
{
	int fd;

	assert_true(mkdir(DIR_OF_RUNS, 0700) == 0 || access(DIR_OF_RUNS, W_OK) == 0);
	fd = open(path_of(&key), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static const char *in_s(int64_t s)
{
	static char text[32];

	snprintf(text, sizeof(text), "%" PRId64 "\n", now() + s * NS_PER_S);
	return text;
}

/* What is over, or was not written so by a run. */
static void not_believed(void **state)
{
	static const char *const texts[] = { "", "\n", "soon\n", "99999999999999999999999\n" };
	struct supervisor s;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		put(texts[i], 0600);
		nothing_is_left();
	}
	put(in_s(-1), 0600);
	nothing_is_left();
	put(in_s(AHEAD_MOST_S + 60), 0600);
	nothing_is_left();
	put(in_s(60), 0644);
	nothing_is_left();
	put(in_s(60), 0600);
	assert_true(ahead_until(&key) > 0);
	put(in_s(-1), 0600);
	start(&s);
	assert_int_equal(access(path_of(&key), F_OK), -1);
	assert_int_equal(left.n_done, 0);
	end(&s);
	nothing_is_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_at_the_end),
		cmocka_unit_test(taken_back),
		cmocka_unit_test(killed),
		cmocka_unit_test(not_believed),
	};
	int rc = own_netns_enter();

	if (!rc)
		rc = own_run_enter();
	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
