/*
 * Hooks of wg-quick(8), run as it runs them: by bash, which stops at the first command that fails,
 * also in a pipe; the locale is C.
 *
 * The command goes to the shell by its standard input, which is /dev/null before the command sees
 * it: what stands in argv is for everybody to read.
 */
#include "sys/linux/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/conf.h"
#include "sys/linux/netns.h"
#include "sys/linux/proc.h"
#include "sys/linux/undo.h"

enum { TERM_MS = 500, KILL_TRIES = 200, KILL_EACH_MS = 10 };

static const char script[] = "IFS= read -r REPLY; exec </dev/null; eval \"$REPLY\"";

/* --- the child ---------------------------------------------------------------------- */

static _Noreturn void child(const struct hook_place *at, int text, int report)
{
	static const char *const bash[] = { "bash",    "-e", "-o",   "pipefail", "-O",
					    "extglob", "-c", script, NULL };
	static const char *const sh[] = { "sh", "-e", "-c", script, NULL };
	int code;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signals_default();
	setsid();
	if (setenv("LC_ALL", "C", 1) < 0 || fchdir(at->cwd_fd) < 0 ||
	    dup2(text, STDIN_FILENO) < 0 || dup2(at->err_fd, STDOUT_FILENO) < 0 ||
	    dup2(at->err_fd, STDERR_FILENO) < 0)
		goto fail;
	fds_cloexec();
	execvp(bash[0], (char *const *)bash);
	if (errno == ENOENT)
		execvp(sh[0], (char *const *)sh);
fail:
	code = errno;
	(void)!write(report, &code, sizeof(code));
	_exit(127);
}

/* The command and a newline; a pipe takes 64 KiB before anybody reads. */
static int text_pipe(const char *hook, int *out, struct err *e)
{
	char line[UNDO_HOOK_MAX + 1];
	int fd[2], len = snprintf(line, sizeof(line), "%s\n", hook);
	ssize_t n;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	n = write(fd[1], line, (size_t)len);
	close(fd[1]);
	*out = fd[0];
	if (n == len)
		return 0;
	close(fd[0]);
	return err_say(e, EIO, "write to a pipe");
}

static int wait_exec(pid_t pid, int report, struct err *e)
{
	ssize_t n;
	int code;

	do
		n = read(report, &code, sizeof(code));
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	waitpid(pid, NULL, 0);
	if (n == (ssize_t)sizeof(code) && code == ENOENT)
		return err_say(e, ENOENT, "there is neither bash nor sh in PATH, or no folder");
	return err_code(e, n == (ssize_t)sizeof(code) ? code : ECHILD, "start a shell");
}

static int begin(const struct hook_place *at, const char *hook, pid_t *out, struct err *e)
{
	int text, report[2], rc = text_pipe(hook, &text, e);
	pid_t pid;

	if (rc < 0)
		return rc;
	if (pipe2(report, O_CLOEXEC) < 0) {
		rc = err_sys(e, "pipe");
		close(text);
		return rc;
	}
	pid = fork();
	if (pid == 0)
		child(at, text, report[1]);
	if (pid < 0)
		rc = err_sys(e, "start a shell");
	close(report[1]);
	close(text);
	if (!rc)
		rc = wait_exec(pid, report[0], e);
	close(report[0]);
	if (!rc)
		*out = pid;
	return rc;
}

/* --- its end ------------------------------------------------------------------------ */

struct session {
	pid_t sid;
	int sig;
	bool any;
};

static bool signal_member(void *ctx, pid_t pid)
{
	struct session *x = ctx;
	struct proc_stat s;

	if (!proc_stat_read(pid, &s) || s.session != x->sid || !proc_stat_alive(&s))
		return true;
	x->any = true;
	kill(pid, x->sig);
	return true;
}

/* False: there is none of it any more. Its leader is not reaped yet, so its number is its own. */
static bool signal_session(pid_t sid, int sig)
{
	struct session x = { .sid = sid, .sig = sig };

	return proc_each(signal_member, &x) ? x.any : kill(-sid, sig) == 0;
}

/* Also what has a process group of its own, as what timeout(1) runs. */
static void end_session(pid_t sid, int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int tries = KILL_TRIES;

	signal_session(sid, SIGTERM);
	poll(&p, 1, TERM_MS);
	while (signal_session(sid, SIGKILL) && tries--)
		poll(NULL, 0, KILL_EACH_MS);
}

static void watch(pid_t pid, int limit_ms, int stop_fd, struct hook_end *out)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), n, status = 0;
	struct pollfd p[2] = { { .fd = pidfd, .events = POLLIN },
			       { .fd = stop_fd, .events = POLLIN } };

	do
		n = poll(p, 2, limit_ms);
	while (n < 0 && errno == EINTR);
	/* Without a pidfd it may have ended unnoticed. */
	if (waitpid(pid, &status, p[0].revents & POLLIN ? 0 : WNOHANG) != pid) {
		out->how = n > 0 ? HOOK_STOPPED : HOOK_TOO_LONG;
		out->code = limit_ms;
		end_session(pid, pidfd);
		waitpid(pid, NULL, 0);
	}
	if (pidfd >= 0)
		close(pidfd);
	if (out->how != HOOK_EXITED)
		return;
	if (WIFSIGNALED(status))
		out->how = HOOK_SIGNAL;
	out->code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

void hook_run(const struct hook_place *at, const struct undo_step *hook, int stop_fd,
	      struct hook_end *out)
{
	pid_t pid = -1;

	*out = (struct hook_end){ .how = HOOK_NOT_BEGUN };
	if (begin(at, hook->hook, &pid, &out->why) < 0)
		return;
	out->how = HOOK_EXITED;
	watch(pid, hook->limit_ms, stop_fd, out);
}

const char *hook_words(const struct hook_end *h, char out[static HOOK_WORDS_SIZE])
{
	switch (h->how) {
	case HOOK_NOT_BEGUN:
		snprintf(out, HOOK_WORDS_SIZE, "could not be run: %s", h->why.text);
		break;
	case HOOK_EXITED:
		snprintf(out, HOOK_WORDS_SIZE, "exited with status %d", h->code);
		break;
	case HOOK_SIGNAL:
		snprintf(out, HOOK_WORDS_SIZE, "was ended by signal %d (%s)", h->code,
			 strsignal(h->code));
		break;
	case HOOK_TOO_LONG:
		snprintf(out, HOOK_WORDS_SIZE,
			 "did not end within %g s and was killed, with what it had started",
			 h->code / 1000.0);
		break;
	case HOOK_STOPPED:
		snprintf(out, HOOK_WORDS_SIZE, "was interrupted and killed");
		break;
	}
	return out;
}

/* --- as something to undo ------------------------------------------------------------ */

/* In one write, so that it stays one line beside what the hook's own programs say. */
static void say(const struct hook_place *at, const struct undo_step *hook, const char *words)
{
	CLEANUP(buf_done) struct buf b = { 0 };

	if (!at->say)
		return;
	buf_printf(&b, "wgdiag: %s", words ? "" : "running ");
	/* The name of a file is in it. */
	conf_hook_show(hook->path, &b);
	buf_printf(&b, "%s: ", words ? words : "");
	conf_hook_show(hook->hook, &b);
	buf_puts(&b, "\n");
	(void)!write(at->err_fd, b.b, b.len);
}

int hook_undo(const struct hook_place *at, const struct undo_step *hook, struct err *e)
{
	char words[HOOK_WORDS_SIZE], text[HOOK_WORDS_SIZE + 1];
	struct hook_end end;

	if (!hook->armed)
		return 0;
	if (!at)
		return err_say(e, ECANCELED,
			       "%s: whether it ran is not known, since who runs it was killed too",
			       hook->path);
	say(at, hook, NULL);
	hook_run(at, hook, -1, &end);
	if (end.how == HOOK_EXITED && end.code == 0)
		return 0;
	snprintf(text, sizeof(text), " %s", hook_words(&end, words));
	say(at, hook, text);
	return err_say(e, ECANCELED, "%s%s", hook->path, text);
}
