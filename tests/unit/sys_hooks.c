/*
 * Commands that the supervisor runs: how they end, and which of them are run when something is
 * undone, whoever was killed.
 *
 * needs: root
 * beside: others
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "own_netns.h"
#include "own_run.h"
#include "sys/supervisor.h"

enum { PLENTY_MS = 20000, SHORT_MS = 200 };

static struct supervisor sup;
static char dir[] = "/tmp/wgdiag-hooks-XXXXXX";

static struct undo_step hook(const char *command, int limit_ms)
{
	struct undo_step s = { .kind = UNDO_HOOK, .limit_ms = limit_ms };

	snprintf(s.path, sizeof(s.path), "the hook");
	snprintf(s.hook, sizeof(s.hook), "%s", command);
	return s;
}

static void start(void)
{
	struct undo_result left = { 0 };
	struct err e = { 0 };

	if (supervisor_start(&sup, true, &left, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(left.n_failed, 0);
}

static struct undo_result undo_all(void)
{
	struct undo_result r;

	supervisor_undo_all(&sup, &r, NULL);
	assert_int_equal(access("/run/wgdiag", F_OK), -1);
	return r;
}

static struct hook_end run(const char *command, int limit_ms)
{
	struct undo_step s = hook(command, limit_ms);
	struct hook_end end;
	struct err e = { 0 };

	assert_int_equal(supervisor_hook_begin(&sup, &s, &e), 0);
	assert_int_equal(supervisor_hook_end(&sup, &end, &e), 0);
	return end;
}

static void add(const char *command)
{
	struct undo_step s = hook(command, PLENTY_MS);
	struct err e = { 0 };

	assert_int_equal(supervisor_add(&sup, &s, &e), 0);
}

/* What the hooks wrote, without the ends of lines; "" if none did. */
static const char *written(void)
{
	static char text[256];
	ssize_t n = 0;
	int fd = open("log", O_RDONLY | O_CLOEXEC);
	char *at;

	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[MAX(n, 0)] = '\0';
	while ((at = strchr(text, '\n')))
		*at = ' ';
	return text;
}

static bool is_alive(pid_t pid)
{
	char path[40], line[256] = "", *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	p = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	return p && p[2] != 'Z' && p[2] != 'X';
}

static void ends(void **state)
{
	static const struct {
		const char *command;
		enum hook_how how;
		int code;
		const char *words;
	} of[] = {
		{ ":", HOOK_EXITED, 0, "exited with status 0" },
		{ "", HOOK_EXITED, 0, "exited with status 0" },
		{ "exit 7", HOOK_EXITED, 7, "exited with status 7" },
		{ "false; :", HOOK_EXITED, 1, "exited with status 1" },
		{ "no-such-command-here", HOOK_EXITED, 127, "exited with status 127" },
		{ "kill -TERM $$", HOOK_SIGNAL, SIGTERM, "was ended by signal 15 (Terminated)" },
		{ "[ \"$(cat)\" = '' ]", HOOK_EXITED, 0, "exited with status 0" },
		{ "[ 'a  \\b' = \"a  \\\\b\" ]", HOOK_EXITED, 0, "exited with status 0" },
		{ "tail -f /dev/null", HOOK_TOO_LONG, SHORT_MS,
		  "did not end within 0.2 s and was killed, with what it had started" },
	};
	char words[HOOK_WORDS_SIZE];
	size_t i;

	(void)state;
	start();
	for (i = 0; i < ARRAY_LEN(of); i++) {
		struct hook_end end =
			run(of[i].command, of[i].how == HOOK_TOO_LONG ? SHORT_MS : PLENTY_MS);

		if (end.how != of[i].how || end.code != of[i].code)
			fail_msg("%s: %s", of[i].command, hook_words(&end, words));
		assert_string_equal(hook_words(&end, words), of[i].words);
	}
	undo_all();
}

/* One that hears no SIGTERM, one in a process group of its own: none is left. */
static void too_long_with_children(void **state)
{
	struct hook_end end;
	int a = 0, b = 0, c = 0;

	(void)state;
	start();
	end = run(
		"trap '' TERM; tail -f /dev/null & a=$!; set -m; tail -f /dev/null & b=$!; set +m;"
		" echo $$ $a $b >log; wait",
		SHORT_MS * 5);
	assert_int_equal(end.how, HOOK_TOO_LONG);
	assert_int_equal(sscanf(written(), "%d %d %d", &a, &b, &c), 3);
	assert_false(is_alive(a) || is_alive(b) || is_alive(c));
	undo_all();
	unlink("log");
}

static void stopped(void **state)
{
	struct undo_step s = hook("echo $$ >log; tail -f /dev/null", PLENTY_MS);
	struct hook_end end;
	struct err e = { 0 };

	(void)state;
	start();
	assert_int_equal(supervisor_hook_begin(&sup, &s, &e), 0);
	while (!written()[0])
		sched_yield();
	supervisor_hook_stop(&sup);
	assert_int_equal(supervisor_hook_end(&sup, &end, &e), 0);
	assert_int_equal(end.how, HOOK_STOPPED);
	assert_false(is_alive(atoi(written())));
	/* One that comes too late stops nothing. */
	supervisor_hook_stop(&sup);
	assert_int_equal(run(":", PLENTY_MS).how, HOOK_EXITED);
	undo_all();
	unlink("log");
}

/* Only those that were there when another began; in their order, and once. */
static void armed(void **state)
{
	struct undo_result r = { 0 };
	struct err e = { 0 };

	(void)state;
	start();
	add("echo a >>log");
	assert_int_equal(undo_all().n_failed, 0);
	assert_string_equal(written(), "");

	start();
	add("echo a >>log");
	add("exit 3");
	add("echo b >>log");
	run("exit 1", PLENTY_MS);
	add("echo c >>log");
	assert_int_equal(sup.n, 4);
	assert_int_equal(supervisor_ask_undo(&sup, 2, &e), 0);
	assert_int_equal(supervisor_undone(&sup, &r, &e), 0);
	assert_int_equal(r.n_failed, 0);
	assert_string_equal(written(), "b ");
	r = undo_all();
	assert_string_equal(written(), "b a ");
	assert_int_equal(r.n_failed, 1);
	assert_string_equal(r.failed[0].what, "the hook exited with status 3");
	assert_string_equal(r.failed[0].command, "exit 3");
	unlink("log");

	start();
	add("echo a >>log");
	assert_int_equal(supervisor_arm(&sup, &e), 0);
	undo_all();
	assert_string_equal(written(), "a ");
	unlink("log");
}

/* A shell that is not there began nothing. */
static void not_begun(void **state)
{
	char *path = strdup(getenv("PATH"));
	struct hook_end end;

	(void)state;
	setenv("PATH", "/nowhere", 1);
	start();
	setenv("PATH", path, 1);
	free(path);
	add("echo a >>log");
	end = run(":", PLENTY_MS);
	assert_int_equal(end.how, HOOK_NOT_BEGUN);
	assert_non_null(strstr(end.why.text, "neither bash nor sh"));
	assert_int_equal(undo_all().n_failed, 0);
	assert_string_equal(written(), "");
}

/* A command that is cut, or lacks its key, is none to type. */
static void by_hand(void **state)
{
	static const char key[] = "exit 3; : aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=";
	struct undo_result r;
	struct err e = { 0 };
	char wide[400];

	(void)state;
	snprintf(wide, sizeof(wide), "exit 3; %0*d", 300, 0);
	start();
	add(key);
	add(wide);
	assert_int_equal(supervisor_arm(&sup, &e), 0);
	r = undo_all();
	assert_int_equal(r.n_failed, 2);
	assert_string_equal(r.failed[0].command, "the command of that line");
	assert_string_equal(r.failed[1].command, "the command of that line");
}

/* What an engine left in the place of its socket: it stays, and is told once. */
static void no_socket(void **state)
{
	struct undo_step folder = { .kind = UNDO_SOCKET }, file = { .kind = UNDO_SOCKET };
	char command[sizeof(folder.path) + 8];
	struct undo_result r;
	FILE *f;

	(void)state;
	snprintf(folder.path, sizeof(folder.path), "%s/folder.sock", dir);
	snprintf(file.path, sizeof(file.path), "%s/file.sock", dir);
	start();
	assert_int_equal(supervisor_add(&sup, &folder, NULL), 0);
	assert_int_equal(supervisor_add(&sup, &file, NULL), 0);
	assert_int_equal(mkdir(folder.path, 0700), 0);
	f = fopen(file.path, "w");
	assert_non_null(f);
	fclose(f);
	r = undo_all();
	assert_int_equal(r.n_failed, 2);
	assert_int_equal(r.n_kept, 0);
	snprintf(command, sizeof(command), "rm %s", file.path);
	assert_string_equal(r.failed[0].command, command);
	assert_non_null(strstr(r.failed[0].what, "is a file and no socket, so it was left"));
	snprintf(command, sizeof(command), "rm -r %s", folder.path);
	assert_string_equal(r.failed[1].command, command);
	assert_non_null(strstr(r.failed[1].what, "is a folder and no socket, so it was left"));
	/* None of it is written down any more. */
	start();
	assert_int_equal(undo_all().n_failed, 0);
	assert_int_equal(rmdir(folder.path), 0);
	assert_int_equal(unlink(file.path), 0);
}

/* Who knows what ran is gone: it is told, and not run. */
static void supervisor_killed(void **state)
{
	struct undo_result r;
	struct err e = { 0 };

	(void)state;
	start();
	add("echo a >>log");
	assert_int_equal(supervisor_arm(&sup, &e), 0);
	add("echo b >>log");
	assert_int_equal(kill(sup.pid, SIGKILL), 0);
	r = undo_all();
	assert_int_equal(r.n_failed, 1);
	assert_non_null(strstr(r.failed[0].what, "whether it ran is not known"));
	assert_string_equal(r.failed[0].command, "echo a >>log");
	assert_string_equal(written(), "");
}

/* In another process, which dies while a hook runs; all that is said goes to *out. */
static void die_in_hook(int out)
{
	struct undo_step s = hook("echo $$ >up; tail -f /dev/null", PLENTY_MS);
	struct undo_result left;

	if (dup2(out, STDERR_FILENO) < 0 || supervisor_start(&sup, true, &left, NULL) < 0)
		_exit(1);
	add("echo a >>log");
	supervisor_hook_begin(&sup, &s, NULL);
	while (access("up", F_OK) < 0)
		sched_yield();
	kill(getpid(), SIGKILL);
}

static void owner_killed(void **state)
{
	CLEANUP(buf_done) struct buf said = { 0 };
	char part[256];
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		die_in_hook(fd[1]);
	close(fd[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	/* Its end is that of the supervisor, and of all that it started. */
	while ((n = read(fd[0], part, sizeof(part))) > 0)
		buf_add(&said, part, (size_t)n);
	close(fd[0]);
	assert_string_equal(buf_str(&said), "wgdiag: running the hook: echo a >>log\n");
	assert_string_equal(written(), "a ");
	assert_int_equal(access("/run/wgdiag", F_OK), -1);
	unlink("log");
	unlink("up");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends),
		cmocka_unit_test(too_long_with_children),
		cmocka_unit_test(stopped),
		cmocka_unit_test(armed),
		cmocka_unit_test(not_begun),
		cmocka_unit_test(by_hand),
		cmocka_unit_test(no_socket),
		cmocka_unit_test(supervisor_killed),
		cmocka_unit_test(owner_killed),
	};
	int rc = own_netns_enter();

	if (!rc)
		rc = own_run_enter();
	if (rc)
		return rc;
	if (!mkdtemp(dir) || chdir(dir) < 0) {
		printf("not ok 1 - a folder of its own\n");
		return 1;
	}
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	if (chdir("/") == 0)
		rmdir(dir);
	return rc;
}
