/*
 * Whose a tun is: a program that went into the background is another process than the one that
 * made it, which has ended, and whose pid may be anybody's by now.
 *
 * What /proc tells of a descriptor is the name of the tun, which others may have in a network
 * namespace of their own: an engine whose tun was moved is in another than it, too. So a namespace
 * counts only where several hold such a one.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "sys/linux/linux.h"
#include "sys/linux/proc.h"

struct search {
	const char *ifname;
	struct stat here;
	pid_t any, near; /* the last one; near: of this namespace */
	unsigned n_any, n_near;
};

static bool look(void *ctx, pid_t pid)
{
	struct search *s = ctx;
	struct stat net;
	char path[40];

	if (proc_holds_tun(pid, s->ifname) != 1)
		return true;
	s->any = pid;
	s->n_any++;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	if (stat(path, &net) == 0 && net.st_dev == s->here.st_dev && net.st_ino == s->here.st_ino) {
		s->near = pid;
		s->n_near++;
	}
	return true;
}

pid_t linux_tun_holder(const char *ifname, pid_t likely)
{
	struct search s = { .ifname = ifname };

	if (!proc_is_own())
		return 0;
	if (likely > 0 && proc_holds_tun(likely, ifname) == 1)
		return likely;
	if (stat("/proc/thread-self/ns/net", &s.here) < 0 || !proc_each(look, &s))
		return 0;
	if (s.n_any == 1)
		return s.any;
	return s.n_near == 1 ? s.near : 0;
}
