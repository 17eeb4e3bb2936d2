/*
 * Descriptors enough for a whole run, before it begins: one that runs out of them in the
 * middle has measured itself and not the tunnel.
 *
 * The soft limit is raised, to what is enough and no further: programs of others may still
 * close all descriptors up to it, one by one, and in a container that is a thousand
 * million. Engines inherit it, so that theirs is no smaller than ours; Go's raise it
 * by themselves. The hard limit is somebody's decision and stays.
 */
#include <errno.h>
#include <fcntl.h>

#include "run/run_priv.h"

/*
 * With each engine 23 more than are open at the start are held at once, of them 12 by TCP in
 * both directions and families (measured: with 0 to 3 open, `ulimit -n 27` is enough and
 * 26 is not). The rest is reserve.
 */
enum { NEEDED = 32, ENOUGH = 256 };

/* How many more can be opened below that limit; counted up to NEEDED. */
static unsigned free_below(rlim_t limit)
{
	unsigned n = 0;
	int fd;

	for (fd = 0; n < NEEDED && (rlim_t)fd < limit; fd++)
		n += fcntl(fd, F_GETFD) < 0;
	return n;
}

int run_limits_raise(struct rlimit *old, struct err *e)
{
	struct rlimit want;
	unsigned n;

	if (getrlimit(RLIMIT_NOFILE, old) < 0)
		return err_sys(e, "read the limit of open files");
	want = *old;
	if (want.rlim_cur < ENOUGH)
		want.rlim_cur = MIN((rlim_t)ENOUGH, want.rlim_max);
	if (want.rlim_cur != old->rlim_cur && setrlimit(RLIMIT_NOFILE, &want) < 0)
		want = *old;
	n = free_below(want.rlim_cur);
	if (n >= NEEDED)
		return 0;
	run_limits_restore(old);
	return err_say(e, EMFILE,
		       "%u more files can be opened here, a run needs %d: raise the hard limit "
		       "of open files (ulimit -Hn)",
		       n, NEEDED);
}

void run_limits_restore(const struct rlimit *old)
{
	/* It can only be lower than now, and that is always allowed. */
	(void)!setrlimit(RLIMIT_NOFILE, old);
}
