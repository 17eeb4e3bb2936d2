/*
 * Starting a program, and knowing whether it was started.
 *
 * The child tells through a pipe what failed; exec closes the pipe, so silence is success.
 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/linux/linux.h"
#include "sys/linux/netns.h"
#include "sys/reaper.h"

/* --- what a new child has to tidy up -------------------------------------- */

void signals_default(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		sigaction(sig, &dfl, NULL); /* fails for those that cannot be changed, harmlessly */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* For kernels before 5.9 (close_range) and 5.11 (CLOSE_RANGE_CLOEXEC). */
static void each_open_fd(void (*fn)(int fd, const int *arg), const int *arg)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *d;
	int fd;

	while (dir && (d = readdir(dir))) {
		fd = atoi(d->d_name); /* "." gives 0 */
		if (fd > STDERR_FILENO && fd != dirfd(dir))
			fn(fd, arg);
	}
	if (dir)
		closedir(dir);
}

static void close_one(int fd, const int *keep)
{
	if (fd != keep[0] && fd != keep[1])
		close(fd);
}

void fds_close_but(int keep_a, int keep_b)
{
	int keep[2] = { MIN(keep_a, keep_b), MAX(keep_a, keep_b) };
	unsigned from = STDERR_FILENO + 1;
	int i, rc = 0;

	for (i = 0; i < 2; i++) {
		if (keep[i] < (int)from)
			continue;
		if (keep[i] > (int)from)
			rc |= (int)syscall(SYS_close_range, from, keep[i] - 1, 0);
		from = (unsigned)keep[i] + 1;
	}
	rc |= (int)syscall(SYS_close_range, from, ~0U, 0);
	if (rc < 0)
		each_open_fd(close_one, keep);
}

static void cloexec_one(int fd, const int *arg)
{
	(void)arg;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void fds_cloexec(void)
{
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		each_open_fd(cloexec_one, NULL);
}

/* --- the child ------------------------------------------------------------ */

enum step { STEP_NETNS, STEP_STDIO, STEP_EXEC };
struct failure {
	enum step step;
	int code;
};

static const char *const step_str[] = {
	[STEP_NETNS] = "enter its network namespace",
	[STEP_STDIO] = "open its standard streams",
	[STEP_EXEC] = "exec",
};

static bool set_stdio(int out_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return false;
	if (out_fd < 0)
		out_fd = null;
	return dup2(null, STDIN_FILENO) >= 0 && dup2(out_fd, STDOUT_FILENO) >= 0 &&
	       dup2(out_fd, STDERR_FILENO) >= 0;
}

/*
 * In a PID namespace the /proc of outside shows other processes under our numbers; the
 * leak sanitizer, for one, would look at a stranger's threads. Containers may forbid to
 * mount another; few programs care.
 */
static void mount_own_proc(void)
{
	if (unshare(CLONE_NEWNS) == 0)
		mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

static _Noreturn void run_child(const struct sys_spawn *s, char **env, pid_t parent, int report)
{
	struct failure f = { STEP_NETNS, 0 };
	pid_t seen;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* 0: the parent is outside our PID namespace, and then its init sees to it. */
	seen = getppid();
	if (seen && seen != parent)
		_exit(1);
	if (!seen)
		mount_own_proc();
	signals_default();
	setsid();
	if (s->netns >= 0 && setns(s->netns, CLONE_NEWNET) < 0)
		goto fail;
	f.step = STEP_STDIO;
	if (!set_stdio(s->out_fd))
		goto fail;
	f.step = STEP_EXEC;
	fds_cloexec();
	if (s->keep_fd >= 0)
		fcntl(s->keep_fd, F_SETFD, 0);
	execvpe(s->argv[0], s->argv, env);
fail:
	f.code = errno;
	(void)!write(report, &f, sizeof(f));
	_exit(127);
}

/* --- the parent ----------------------------------------------------------- */

/* Ours, and after it what was asked for: the first of a name counts, so more comes first. */
static char **make_env(char *const *more)
{
	size_t n = 0, k = 0, i;
	char **env;

	while (environ && environ[n])
		n++;
	while (more && more[k])
		k++;
	env = calloc(n + k + 1, sizeof(*env));
	if (!env)
		abort();
	for (i = 0; i < k; i++)
		env[i] = more[i];
	for (i = 0; i < n; i++)
		env[k + i] = environ[i];
	return env;
}

static int wait_exec(pid_t pid, int report, const struct sys_spawn *s, struct err *e)
{
	const char *program = s->argv[0];
	struct failure f;
	ssize_t n;

	do
		n = read(report, &f, sizeof(f));
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (n != sizeof(f))
		return err_say(e, ECHILD, "start %s: no word from the child", program);
	if (f.step == STEP_EXEC && s->exec_failed)
		*s->exec_failed = true;
	if (f.step == STEP_EXEC)
		return err_code(e, f.code, "%s", program);
	return err_code(e, f.code, "start %s: %s", program, step_str[f.step]);
}

int linux_spawn(const struct sys_spawn *s, pid_t *pid, struct err *e)
{
	pid_t child, self = getpid();
	int report[2], rc;
	char **env;

	assert(s->keep_fd < 0 || s->keep_fd > STDERR_FILENO);
	if (s->reaper)
		return reaper_spawn(s->reaper, s, pid, e);
	if (pipe2(report, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	env = make_env(s->env_extra);
	child = fork();
	if (!child)
		run_child(s, env, self, report[1]);
	/* In a PID namespace whose init is dead nothing can be started: that is how it is said. */
	if (child < 0 && errno == ENOMEM)
		rc = err_say(e, ENOMEM,
			     "start %s: no memory, or what holds the namespaces of this run was "
			     "killed",
			     s->argv[0]);
	else
		rc = child < 0 ? err_sys(e, "start %s", s->argv[0]) : 0;
	free(env);
	close(report[1]);
	if (!rc)
		rc = wait_exec(child, report[0], s, e);
	close(report[0]);
	if (!rc)
		*pid = child;
	return rc;
}
