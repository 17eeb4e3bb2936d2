/*
 * The reaper: whose a process is, and that nothing of a program outlives it.
 *
 * needs: root
 * beside: others
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "own_netns.h"
#include "sys/linux/proc.h"
#include "sys/platform.h"
#include "sys/reaper.h"

enum { SOON_MS = 20000 };

/* A program of sh(1) that prints pids; *out reads them. All that lives of it holds the pipe. */
static pid_t start(struct reaper *r, const char *script, FILE **out)
{
	const char *argv[] = { "sh", "-c", script, "$0", NULL };
	const char *env[] = { "WORD=from outside", NULL };
	struct sys_spawn s = { .argv = (char *const *)argv,
			       .netns = -1,
			       .keep_fd = -1,
			       .env_extra = (char *const *)env,
			       .reaper = r };
	struct err e = { 0 };
	pid_t pid = -1;
	int fd[2];

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	s.out_fd = fd[1];
	assert_int_equal(reaper_start(r, &e), 0);
	assert_int_equal(platform_get()->spawn(&s, &pid, &e), 0);
	assert_int_equal(pid, r->pid);
	close(fd[1]);
	*out = fdopen(fd[0], "r");
	assert_non_null(*out);
	return pid;
}

static pid_t read_pid(FILE *f)
{
	int pid = -1;

	assert_int_equal(fscanf(f, "%d", &pid), 1);
	assert_int_equal(getc(f), '\n');
	return pid;
}

/* Everybody who had it open is gone. */
static void assert_closes(FILE *f)
{
	struct pollfd p = { .fd = fileno(f), .events = POLLIN };

	assert_int_equal(poll(&p, 1, SOON_MS), 1);
	assert_int_equal(getc(f), EOF);
	fclose(f);
}

static int status_of(pid_t pid)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static const char background[] = "sh -c 'setsid sh -c \"echo \\$\\$; exec sleep 1000\" &'; ";

static void whose_a_process_is(void **state)
{
	pid_t pid, other, far, gone;
	struct reaper r;
	char script[256];
	FILE *f;

	(void)state;
	snprintf(script, sizeof(script), "%s echo $$; exec sleep 1000", background);
	pid = start(&r, script, &f);
	far = read_pid(f);
	assert_int_equal(reaper_whose(&r, far), REAPER_OURS);
	assert_int_equal(reaper_whose(&r, read_pid(f)), REAPER_OURS);
	other = fork();
	if (other == 0)
		for (;;)
			pause();
	assert_int_equal(reaper_whose(&r, other), REAPER_OTHERS);
	assert_int_equal(reaper_whose(&r, getpid()), REAPER_OTHERS);
	assert_int_equal(reaper_whose(&r, 1), REAPER_OTHERS);
	assert_int_equal(reaper_whose(&r, 0), REAPER_OTHERS);
	gone = other;
	kill(other, SIGKILL);
	status_of(other);
	assert_int_equal(reaper_whose(&r, gone), REAPER_NOT_SEEN);
	kill(pid, SIGTERM);
	assert_int_equal(status_of(pid), 0);
	assert_closes(f);
	assert_int_equal(reaper_whose(&r, far), REAPER_NOT_SEEN);
	reaper_end(&r);
}

static void it_ends_as_its_program_and_nothing_is_left(void **state)
{
	static const struct {
		const char *end;
		int exited, signal;
	} rows[] = {
		{ "exit 7", 7, 0 },
		{ "exit 0", 0, 0 },
		{ "kill -USR1 $$", 0, SIGUSR1 },
		{ "kill -SEGV $$", 0, SIGSEGV },
		{ "kill -KILL $$", 0, SIGKILL },
	};
	struct reaper r;
	char script[256];
	int status = -1;
	pid_t pid;
	size_t i;
	FILE *f;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		/* It ends when that in the background is there. */
		snprintf(script, sizeof(script), "trap '' TERM; %s kill -STOP $$; %s", background,
			 rows[i].end);
		pid = start(&r, script, &f);
		read_pid(f);
		while (waitpid(pid, &status, WNOHANG) == 0)
			kill(r.child, SIGCONT);
		assert_closes(f);
		assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : 0, rows[i].exited);
		assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, rows[i].signal);
		reaper_end(&r);
	}
}

/* Also of what does not hear SIGTERM, or is stopped. */
static void it_dies_with_who_started_it(void **state)
{
	struct reaper r;
	char script[256];
	pid_t self;
	int fd[2];
	FILE *f;

	(void)state;
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	self = fork();
	if (self == 0) {
		snprintf(script, sizeof(script), "trap '' TERM; %s kill -STOP $$; exec sleep 1000",
			 background);
		start(&r, script, &f);
		read_pid(f);
		dup2(fileno(f), STDIN_FILENO);
		(void)!write(fd[1], "", 1);
		for (;;)
			pause();
	}
	close(fd[1]);
	f = fdopen(fd[0], "r");
	assert_non_null(f);
	assert_int_equal(getc(f), 0);
	fclose(f);
	snprintf(script, sizeof(script), "/proc/%d/fd/0", (int)self);
	f = fopen(script, "re");
	assert_non_null(f);
	assert_int_equal(kill(self, SIGKILL), 0);
	status_of(self);
	assert_closes(f);
}

static void words_and_environment_arrive(void **state)
{
	char line[64];
	struct reaper r;
	pid_t pid;
	FILE *f;

	(void)state;
	pid = start(&r, "echo \"$0 $WORD\"; pwd", &f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_string_equal(line, "$0 from outside\n");
	assert_non_null(fgets(line, sizeof(line), f));
	assert_int_equal(status_of(pid), 0);
	fclose(f);
	reaper_end(&r);
}

static void a_program_that_is_not_there(void **state)
{
	const char *argv[] = { "/no/such", NULL };
	bool exec_failed = false;
	struct reaper r;
	struct sys_spawn s = { .argv = (char *const *)argv,
			       .netns = -1,
			       .keep_fd = -1,
			       .out_fd = -1,
			       .exec_failed = &exec_failed,
			       .reaper = &r };
	struct err e = { 0 };
	pid_t pid = -1;

	(void)state;
	assert_int_equal(reaper_start(&r, &e), 0);
	assert_int_equal(platform_get()->spawn(&s, &pid, &e), -ENOENT);
	assert_true(exec_failed);
	assert_string_equal(e.text, "/no/such: No such file or directory");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	reaper_end(&r);
}

static void killed_before_it_was_needed(void **state)
{
	const char *argv[] = { "true", NULL };
	struct reaper r;
	struct sys_spawn s = {
		.argv = (char *const *)argv, .netns = -1, .keep_fd = -1, .out_fd = -1, .reaper = &r
	};
	struct err e = { 0 };
	pid_t pid = -1;

	(void)state;
	assert_int_equal(reaper_start(&r, &e), 0);
	kill(r.pid, SIGKILL);
	assert_int_equal(platform_get()->spawn(&s, &pid, &e), -ECHILD);
	assert_non_null(strstr(e.text, "start true: who was to start it (pid "));
	reaper_end(&r);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void who_holds_a_tun(void **state)
{
	struct sys_tun t = { .watch_fd = -1 };
	struct err e = { 0 };
	struct reaper r;
	pid_t pid;
	FILE *f;

	(void)state;
	assert_int_equal(platform_get()->tun_open("wgdr0", &t, &e), 0);
	pid = start(&r, "echo 1; exec sleep 1000", &f);
	read_pid(f);
	/* We hold it, and not the program; a longer name is another one. */
	assert_int_equal(proc_holds_tun(getpid(), "wgdr0"), 1);
	assert_int_equal(proc_holds_tun(getpid(), "wgdr"), 0);
	assert_int_equal(reaper_holds_tun(&r, "wgdr0"), 0);
	/* As if the program were below us. */
	r.pid = getppid();
	assert_int_equal(reaper_holds_tun(&r, "wgdr0"), 1);
	kill(pid, SIGTERM);
	status_of(pid);
	fclose(f);
	close(t.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whose_a_process_is),
		cmocka_unit_test(it_ends_as_its_program_and_nothing_is_left),
		cmocka_unit_test(it_dies_with_who_started_it),
		cmocka_unit_test(words_and_environment_arrive),
		cmocka_unit_test(a_program_that_is_not_there),
		cmocka_unit_test(killed_before_it_was_needed),
		cmocka_unit_test(who_holds_a_tun),
	};
	int rc = own_netns_enter();

	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
