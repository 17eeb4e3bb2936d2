/*
 * SIGINT and SIGTERM become a readable descriptor: the loop ends at once, what is finished
 * is told, and the tunnel is taken down in order.
 */
#include <sys/signalfd.h>
#include <unistd.h>

#include "run/run_priv.h"

static void wanted(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

int run_signal_open(int *fd, sigset_t *old, struct err *e)
{
	sigset_t set;

	wanted(&set);
	if (sigprocmask(SIG_BLOCK, &set, old) < 0)
		return err_sys(e, "block signals");
	*fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (*fd >= 0)
		return 0;
	sigprocmask(SIG_SETMASK, old, NULL);
	return err_sys(e, "signalfd");
}

void run_signal_take(int fd)
{
	struct signalfd_siginfo s;

	while (read(fd, &s, sizeof(s)) > 0)
		;
}

void run_signal_close(int fd, const sigset_t *old)
{
	run_signal_take(fd);
	close(fd);
	sigprocmask(SIG_SETMASK, old, NULL);
}
