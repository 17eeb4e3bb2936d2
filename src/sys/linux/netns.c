/*
 * Network namespaces without a name: they live as long as a descriptor, a process or a
 * socket is in them, so nothing has to be deleted.
 */
#include "sys/linux/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/linux/linux.h"

/* Not /proc/self: in a program with threads that is the main thread's. */
#define OWN_NETNS "/proc/thread-self/ns/net"

int linux_netns_get(int *out, struct err *e)
{
	int fd = open(OWN_NETNS, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "open %s", OWN_NETNS);
	*out = fd;
	return 0;
}

int linux_netns_enter(int fd, struct err *e)
{
	if (setns(fd, CLONE_NEWNET) < 0)
		return err_sys(e, "enter a network namespace");
	return 0;
}

bool netns_is_own(const struct stat *netns)
{
	struct stat own;

	return stat(OWN_NETNS, &own) < 0 ||
	       (own.st_ino == netns->st_ino && own.st_dev == netns->st_dev);
}

void netns_return(int home)
{
	if (setns(home, CLONE_NEWNET) < 0)
		abort();
}

int linux_netns_new(int *out, struct err *e)
{
	int home = -1, fd = -1, rc;

	rc = linux_netns_get(&home, e);
	if (rc < 0)
		return rc;
	/* Shows, before the thread has moved, that it may come back. */
	rc = linux_netns_enter(home, e);
	if (!rc && unshare(CLONE_NEWNET) < 0)
		rc = err_sys(e, "create a network namespace");
	if (rc < 0) {
		close(home);
		return rc;
	}
	rc = linux_link_up("lo", true, e);
	if (!rc)
		rc = linux_netns_get(&fd, e);
	netns_return(home);
	close(home);
	if (!rc)
		*out = fd;
	return rc;
}
