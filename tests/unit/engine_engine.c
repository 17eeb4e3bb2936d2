/*
 * Engines as children, with one of our own that misbehaves on demand.
 *
 * needs: root
 * beside: others
 *
 * This program plays the engine too, when it is started as `/proc/self/exe engine lo -f MODE`.
 * Its "tun" is lo, which is there in every namespace.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/uapi_client.h"

/* --- the engine ----------------------------------------------------------- */

static int listen_on(const char *ifname)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), UAPI_SOCKET_DIR "/%s.sock", ifname);
	unlink(a.sun_path);
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s, 5) < 0)
		_exit(90);
	return s;
}

static void answer_one(int s, const char *reply)
{
	char text[4096];
	size_t len = 0;
	ssize_t n;
	int c = accept(s, NULL, NULL);

	while (len < sizeof(text) && (n = read(c, text + len, sizeof(text) - len)) > 0) {
		len += (size_t)n;
		if (len > 1 && !memcmp(text + len - 2, "\n\n", 2))
			break;
	}
	(void)!write(c, reply, strlen(reply));
	close(c);
}

static void die(const char *mode)
{
	if (!strcmp(mode, "die")) {
		fputs("first line\nno tun for you\n\n", stderr);
		_exit(5);
	}
	if (!strcmp(mode, "refused")) {
		fputs("wgdiag engine: create a timer: Operation not permitted (ask her)\n", stderr);
		_exit(ENGINE_EXIT_REFUSED);
	}
	if (!strcmp(mode, "wordless"))
		_exit(ENGINE_EXIT_REFUSED);
	if (!strcmp(mode, "filtered"))
		raise(SIGSYS);
	if (!strcmp(mode, "signal"))
		raise(SIGUSR1);
}

static int play_engine(const char *ifname, const char *mode)
{
	const char *reply = "listen_port=0\nerrno=0\n\n";
	int i, s;

	die(mode);
	if (!strcmp(mode, "silent"))
		for (;;)
			pause();
	if (!strcmp(mode, "stubborn"))
		signal(SIGTERM, SIG_IGN);
	for (i = 0; !strcmp(mode, "chatty") && i < 30000; i++)
		printf("line %d \033[31m\n", i);
	fflush(stdout);
	s = listen_on(ifname);
	if (!strcmp(mode, "hang"))
		for (;;)
			pause();
	if (!strcmp(mode, "slow"))
		accept(s, NULL, NULL); /* whoever came first is never answered */
	if (!strcmp(mode, "garbage"))
		reply = "how do you do?\n\n";
	if (!strcmp(mode, "errno"))
		reply = "errno=1\n\n";
	for (i = 0;; i++) {
		answer_one(s, reply);
		if (!strcmp(mode, "die-late")) {
			printf("goodbye");
			fflush(stdout);
			_exit(7);
		}
	}
}

/* --- the tests ------------------------------------------------------------ */

struct scene {
	const struct platform_ops *p;
	struct sys_isolation isolation;
	struct loop *l;
	struct arena a;
	struct facts f;
	struct err e;
	int n_fds;
};

static int count_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += lseek(fd, 0, SEEK_CUR) >= 0 || errno != EBADF;
	return n;
}

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	s->p = platform_get();
	if (s->p->isolate(&s->isolation, &s->e) < 0) {
		print_error("%s\n", s->e.text);
		return -1;
	}
	s->l = loop_new(s->p->boot_ns);
	arena_init(&s->a);
	facts_init(&s->f);
	s->n_fds = count_fds();
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	int left = count_fds() - s->n_fds;

	s->p->isolate_end(&s->isolation);
	loop_free(s->l);
	arena_done(&s->a);
	free(s);
	if (left)
		print_error("%d descriptors left\n", left);
	return left;
}

static int start(struct scene *s, const char *ifname, const char *mode, int timeout_ms,
		 struct engine **g)
{
	const char *const extra[] = { mode, NULL };
	struct engine_conf c = { .ops = engine_ops_find("builtin"),
				 .program = "/proc/self/exe",
				 .ifname = ifname,
				 .netns = -1,
				 .extra_args = extra };

	memset(&s->e, 0, sizeof(s->e));
	return engine_start(&c, s->p, s->l, &s->a, timeout_ms, g, &s->f.engine[0], &s->e);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && !strcmp(s + n - k, end);
}

static void healthy_one_starts_and_stops(void **state)
{
	struct scene *s = *state;
	struct engine_facts *f = &s->f.engine[0];
	struct engine *g;

	assert_int_equal(start(s, "lo", "well", 5000, &g), 0);
	assert_in_range(f->start_ns, 1, 5 * NS_PER_S);
	assert_null(f->start_error);
	assert_true(engine_alive(g));
	assert_int_equal(engine_gone(g, &s->e), 0);
	engine_stop(g, &s->a, f);
	assert_int_equal(f->exit_status, UNKNOWN);
	assert_string_equal(f->log_tail, "");
	assert_int_equal(f->log_lines, 0);
	assert_false(engine_alive(g));
}

static void death_at_start_is_told_with_its_last_words(void **state)
{
	struct scene *s = *state;
	struct engine_facts *f = &s->f.engine[0];
	struct engine *g = NULL;
	int64_t from = loop_now(s->l);

	assert_int_equal(start(s, "lo", "die", 20000, &g), -ECHILD);
	assert_in_range(loop_now(s->l) - from, 0, 10 * NS_PER_S); /* at once, not at the timeout */
	assert_null(g);
	assert_string_equal(f->start_error, "builtin exited with status 5: no tun for you");
	assert_string_equal(s->e.text, f->start_error);
	assert_int_equal(WEXITSTATUS(f->exit_status), 5);
	assert_string_equal(f->log_tail, "first line\nno tun for you\n");
	assert_int_equal(f->log_lines, 3);
	assert_int_equal(f->start_ns, UNKNOWN);
}

/* Of our own engine: what this machine refuses it is no finding, and told in one line. */
static void refusal_is_no_finding(void **state)
{
	static const struct {
		const char *mode, *says;
	} rows[] = {
		{ "refused",
		  "start engine builtin: create a timer: Operation not permitted (ask her)" },
		{ "wordless", "start engine builtin: this machine refuses what it needs" },
		{ "filtered", "start engine builtin: killed for a system call" },
	};
	struct scene *s = *state;
	struct engine_facts *f = &s->f.engine[0];
	struct engine *g = NULL;
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(start(s, "lo", rows[i].mode, 20000, &g), -ECHILD);
		assert_null(g);
		assert_string_equal(s->e.text, rows[i].says);
		assert_null(f->start_error);
		assert_null(f->answer_error);
	}
}

/* Of another engine the same status, or the same signal, is its own. */
static void refusal_of_another_is_its_own(void **state)
{
	struct engine_ops other = *engine_ops_find("builtin");
	struct scene *s = *state;
	struct engine_facts *f = &s->f.engine[0];
	const char *const extra[] = { "refused", NULL };
	struct engine_conf c = { .ops = &other,
				 .program = other.program,
				 .ifname = "lo",
				 .netns = -1,
				 .extra_args = extra };
	struct engine *g = NULL;

	other.name = "other";
	other.tells_refusal = false;
	assert_int_equal(engine_start(&c, s->p, s->l, &s->a, 20000, &g, f, &s->e), -ECHILD);
	assert_non_null(f->start_error);
	assert_non_null(strstr(f->start_error, "other exited with status 3: "));
}

static void death_by_signal_is_told(void **state)
{
	struct scene *s = *state;
	struct engine *g;

	assert_int_equal(start(s, "lo", "signal", 20000, &g), -ECHILD);
	assert_string_equal(s->f.engine[0].start_error, "builtin was killed by signal 10");
	assert_true(WIFSIGNALED(s->f.engine[0].exit_status));
}

static void no_socket_is_a_start_error(void **state)
{
	struct scene *s = *state;
	const char *says;
	struct engine *g;

	assert_int_equal(start(s, "lo", "silent", 100, &g), -ETIMEDOUT);
	says = s->f.engine[0].start_error;
	assert_non_null(strstr(says, "builtin is not ready: "));
	assert_true(ends_with(says, ", 100 ms after its start"));
	assert_null(s->f.engine[0].answer_error);
	assert_int_equal(s->f.engine[0].exit_status, UNKNOWN);
}

static void no_tun_is_a_start_error(void **state)
{
	struct scene *s = *state;
	struct engine *g;

	assert_int_equal(start(s, "wgdnone", "well", 2000, &g), -ETIMEDOUT);
	assert_string_equal(s->f.engine[0].start_error,
			    "builtin answers, but there is no interface wgdnone, "
			    "2000 ms after its start");
}

static void bad_answers_are_told_as_such(void **state)
{
	static const char *const mode[] = { "hang", "garbage", "errno" };
	struct scene *s = *state;
	struct engine *g;
	int64_t from;
	size_t i;

	for (i = 0; i < ARRAY_LEN(mode); i++) {
		facts_init(&s->f);
		from = loop_now(s->l);
		assert_true(start(s, "lo", mode[i], 20000, &g) < 0);
		assert_in_range(loop_now(s->l) - from, 0, 10 * NS_PER_S);
		assert_null(s->f.engine[0].start_error);
		assert_non_null(s->f.engine[0].answer_error);
		assert_string_equal(s->e.text, s->f.engine[0].answer_error);
		assert_int_equal(s->f.engine[0].start_ns, UNKNOWN);
	}
}

/* As on a machine that has too much to do: it listens, and comes to its first answer later. */
static void who_is_slow_at_first_is_started(void **state)
{
	struct scene *s = *state;
	struct engine *g;

	assert_int_equal(start(s, "lo", "slow", 20000, &g), 0);
	assert_null(s->f.engine[0].answer_error);
	assert_null(s->f.engine[0].start_error);
	assert_int_not_equal(s->f.engine[0].start_ns, UNKNOWN);
	engine_stop(g, &s->a, &s->f.engine[0]);
}

static void program_that_cannot_run_is_a_start_error(void **state)
{
	struct scene *s = *state;
	struct engine_conf c = { .ops = engine_ops_find("wireguard-go"),
				 .program = "/no/such",
				 .ifname = "lo",
				 .netns = -1 };
	struct engine *g;

	assert_int_equal(engine_start(&c, s->p, s->l, &s->a, 1000, &g, &s->f.engine[0], &s->e),
			 -ENOENT);
	assert_string_equal(s->f.engine[0].start_error,
			    "engine wireguard-go: /no/such: No such file or directory");
	assert_string_equal(s->f.engine[0].log_tail, "");
}

static void only_some_can_be_given_a_tun(void **state)
{
	struct scene *s = *state;
	struct engine_conf c = { .ops = engine_ops_find("builtin"),
				 .program = "/bin/true",
				 .ifname = "lo",
				 .netns = -1,
				 .tun_fd = 3 };
	struct engine *g;

	assert_int_equal(engine_start(&c, s->p, s->l, &s->a, 1000, &g, &s->f.engine[0], &s->e),
			 -EOPNOTSUPP);
	assert_null(s->f.engine[0].start_error);
	assert_string_equal(s->e.text, "start engine builtin: builtin cannot be given an open tun");
}

static void what_this_machine_refuses_is_no_start_error(void **state)
{
	struct scene *s = *state;
	struct engine_conf c = { .ops = engine_ops_find("builtin"),
				 .program = "/bin/true",
				 .ifname = "lo",
				 .netns = -1 };
	struct rlimit old, few;
	struct engine *g;
	int rc;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = (struct rlimit){ 3, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	rc = engine_start(&c, s->p, s->l, &s->a, 1000, &g, &s->f.engine[0], &s->e);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(rc, -EMFILE);
	assert_null(s->f.engine[0].start_error);
	assert_string_equal(s->e.text, "start engine builtin: pipe: Too many open files");
}

/* Seen before the engine replaces it. */
static void a_stale_socket_is_seen(void **state)
{
	struct scene *s = *state;
	struct engine *g;

	close(listen_on("lo"));
	assert_int_equal(start(s, "lo", "well", 5000, &g), 0);
	assert_string_equal(s->f.engine[0].stale_socket, UAPI_SOCKET_DIR "/lo.sock");
	engine_stop(g, &s->a, NULL);
	s->f.engine[0].stale_socket = NULL;
	assert_int_equal(unlink(UAPI_SOCKET_DIR "/lo.sock"), 0);
	assert_int_equal(start(s, "lo", "well", 5000, &g), 0);
	assert_null(s->f.engine[0].stale_socket);
	engine_stop(g, &s->a, NULL);
}

static bool names_us(const char *s)
{
	char words[128];

	snprintf(words, sizeof(words), "start engine builtin: another one (pid %d, ",
		 (int)getpid());
	return !strncmp(s, words, strlen(words));
}

/* Its answers would be taken for those of ours. */
static void another_engine_is_left_alone(void **state)
{
	struct scene *s = *state;
	struct engine *g = NULL;
	int other = listen_on("lo");

	assert_int_equal(start(s, "lo", "well", 5000, &g), -EADDRINUSE);
	assert_null(g);
	assert_null(s->f.engine[0].start_error);
	assert_true(names_us(s->e.text));
	assert_true(ends_with(s->e.text, " listens on " UAPI_SOCKET_DIR "/lo.sock already"));
	assert_int_equal(access(UAPI_SOCKET_DIR "/lo.sock", F_OK), 0);
	close(other);
}

/* On the host itself anybody may take the name while ours starts: here we do. */
static void who_takes_the_name_meanwhile_is_left_alone(void **state)
{
	static const char *const mode[] = { "silent", "die" };
	struct scene *s = *state;
	struct engine *g = NULL;
	struct reaper r;
	size_t i;
	int other;

	for (i = 0; i < ARRAY_LEN(mode); i++) {
		const char *const extra[] = { mode[i], NULL };
		struct engine_conf c = { .ops = engine_ops_find("builtin"),
					 .program = "/proc/self/exe",
					 .ifname = "lo",
					 .netns = -1,
					 .extra_args = extra,
					 .reaper = &r };

		facts_init(&s->f);
		assert_int_equal(reaper_start(&r, &s->e), 0);
		assert_int_equal(engine_begin(&c, s->p, s->l, &s->a, &g, &s->f.engine[0], &s->e),
				 0);
		other = listen_on("lo");
		assert_int_equal(engine_wait(g, 20000, &s->f.engine[0], &s->e), -EADDRINUSE);
		assert_true(names_us(s->e.text));
		assert_true(ends_with(s->e.text, "/lo.sock while it started: left alone"));
		assert_null(s->f.engine[0].start_error);
		assert_null(s->f.engine[0].answer_error);
		reaper_end(&r);
		assert_int_equal(access(UAPI_SOCKET_DIR "/lo.sock", F_OK), 0);
		close(other);
		unlink(UAPI_SOCKET_DIR "/lo.sock");
	}
}

static void ours_is_known_by_its_reaper(void **state)
{
	const char *const extra[] = { "well", NULL };
	struct scene *s = *state;
	struct reaper r;
	struct engine_conf c = { .ops = engine_ops_find("builtin"),
				 .program = "/proc/self/exe",
				 .ifname = "lo",
				 .netns = -1,
				 .extra_args = extra,
				 .reaper = &r };
	struct engine *g;

	assert_int_equal(reaper_start(&r, &s->e), 0);
	assert_int_equal(engine_start(&c, s->p, s->l, &s->a, 20000, &g, &s->f.engine[0], &s->e), 0);
	assert_true(engine_alive(g));
	engine_stop(g, &s->a, &s->f.engine[0]);
	assert_int_equal(s->f.engine[0].exit_status, UNKNOWN);
	reaper_end(&r);
}

static bool is_gone(void *ctx)
{
	return !engine_alive(ctx);
}

static void later_death_keeps_status_and_words(void **state)
{
	struct scene *s = *state;
	struct engine_facts *f = &s->f.engine[0];
	struct engine *g;
	int i;

	assert_int_equal(start(s, "lo", "die-late", 5000, &g), 0);
	for (i = 0; i < 5000 && !is_gone(g); i++)
		loop_run(s->l, loop_now(s->l) + NS_PER_MS, is_gone, g);
	assert_int_equal(engine_gone(g, &s->e), -ECHILD);
	assert_string_equal(s->e.text, "builtin exited with status 7: goodbye");
	engine_stop(g, &s->a, f);
	assert_int_equal(WEXITSTATUS(f->exit_status), 7);
	assert_string_equal(f->log_tail, "goodbye");
	assert_int_equal(f->log_lines, 1);
}

static void talkative_one_is_not_blocked_and_cut(void **state)
{
	struct scene *s = *state;
	struct engine_facts *f = &s->f.engine[0];
	const char *at;
	struct engine *g;
	int n = 0;

	assert_int_equal(start(s, "lo", "chatty", 20000, &g), 0);
	loop_drain(s->l);
	engine_stop(g, &s->a, f);
	assert_int_equal(f->log_lines, 30000);
	assert_true(ends_with(f->log_tail, "line 29999 ?[31m"));
	for (at = f->log_tail; at; at = strchr(at + 1, '\n'))
		n++;
	assert_in_range(n, 10, 20);
}

static void one_that_ignores_sigterm_is_killed(void **state)
{
	struct scene *s = *state;
	struct engine *g;
	int64_t from;

	assert_int_equal(start(s, "lo", "stubborn", 5000, &g), 0);
	from = loop_now(s->l);
	engine_stop(g, &s->a, NULL);
	assert_in_range(loop_now(s->l) - from, NS_PER_S / 2, 5 * NS_PER_S);
	assert_false(engine_alive(g));
}

/* After Ctrl-C the loop serves no more, but the engine must still be ended. */
static void stop_works_when_interrupted(void **state)
{
	struct scene *s = *state;
	struct engine *g;
	int fd[2];

	assert_int_equal(start(s, "lo", "well", 5000, &g), 0);
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], "", 1), 1);
	loop_set_stop_fd(s->l, fd[0]);
	engine_stop(g, &s->a, NULL);
	assert_false(engine_alive(g));
	assert_int_equal(start(s, "lo", "silent", 5000, &g), -EINTR);
	assert_string_equal(s->f.engine[0].start_error, "interrupted");
	close(fd[0]);
	close(fd[1]);
}

int main(int argc, char **argv)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(healthy_one_starts_and_stops),
		TEST(death_at_start_is_told_with_its_last_words),
		TEST(refusal_is_no_finding),
		TEST(refusal_of_another_is_its_own),
		TEST(death_by_signal_is_told),
		TEST(no_socket_is_a_start_error),
		TEST(no_tun_is_a_start_error),
		TEST(bad_answers_are_told_as_such),
		TEST(who_is_slow_at_first_is_started),
		TEST(program_that_cannot_run_is_a_start_error),
		TEST(what_this_machine_refuses_is_no_start_error),
		TEST(only_some_can_be_given_a_tun),
		TEST(a_stale_socket_is_seen),
		TEST(another_engine_is_left_alone),
		TEST(who_takes_the_name_meanwhile_is_left_alone),
		TEST(ours_is_known_by_its_reaper),
		TEST(later_death_keeps_status_and_words),
		TEST(talkative_one_is_not_blocked_and_cut),
		TEST(one_that_ignores_sigterm_is_killed),
		TEST(stop_works_when_interrupted),
	};

	if (argc == 5 && !strcmp(argv[1], "engine"))
		return play_engine(argv[2], argv[4]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
