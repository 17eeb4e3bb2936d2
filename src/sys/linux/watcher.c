#include "sys/linux/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/linux/linux.h"
#include "sys/linux/netns.h"

/*
 * A PID namespace that was made for a tunnel kills all that is in it when we are killed; this one
 * has to live a little longer, so it is born in ours.
 */
static pid_t fork_beside(void)
{
	int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	int children = open("/proc/self/ns/pid_for_children", O_RDONLY | O_CLOEXEC);
	bool moved = own >= 0 && children >= 0 && setns(own, CLONE_NEWPID) == 0;
	pid_t pid = fork();

	if (pid && moved && setns(children, CLONE_NEWPID) < 0)
		abort();
	if (pid && own >= 0)
		close(own);
	if (pid && children >= 0)
		close(children);
	return pid;
}

static _Noreturn void run(const struct watcher_conf *c, int fd)
{
	sigset_t all;
	int null;

	setsid();
	prctl(PR_SET_NAME, c->process);
	signals_default();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	fds_close_but(fd, -1);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || chdir("/") < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(1);
	c->serve(fd);
	_exit(0);
}

int watcher_start(const struct watcher_conf *c, int *fd, pid_t *pid, struct err *e)
{
	int pair[2], rc;

	*fd = -1;
	*pid = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair");
	*pid = fork_beside();
	if (*pid == 0)
		run(c, pair[1]);
	rc = *pid < 0 ? err_sys(e, "start %s", c->what) : 0;
	close(pair[1]);
	if (rc < 0)
		close(pair[0]);
	else
		*fd = pair[0];
	return rc;
}

int watcher_ask(const struct watcher_conf *c, int fd, const void *question, size_t len,
		void *answer, size_t answer_len, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t until = linux_boot_ns() + c->answer_ms * (NS_PER_S / 1000), left;

	if (fd < 0)
		return err_say(e, ECHILD, "%s is not there", c->what);
	if (send(fd, question, len, MSG_NOSIGNAL) != (ssize_t)len)
		return err_sys(e, "ask %s", c->what);
	do {
		left = (until - linux_boot_ns()) / (NS_PER_S / 1000);
		poll(&p, 1, left > 0 ? (int)left : 0);
	} while (!p.revents && left > 0);
	if (p.revents && recv(fd, answer, answer_len, MSG_DONTWAIT) == (ssize_t)answer_len)
		return 0;
	/* What it says later would be taken for the answer to something else. */
	shutdown(fd, SHUT_RDWR);
	return err_say(e, ETIMEDOUT, "%s does not answer", c->what);
}

void watcher_end(int *fd, pid_t *pid)
{
	if (*fd < 0)
		return;
	close(*fd);
	waitpid(*pid, NULL, 0);
	*fd = -1;
	*pid = -1;
}
