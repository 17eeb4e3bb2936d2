/*
 * Descriptors and stack enough for a whole run, before it begins: one that runs out of them in
 * the middle has measured itself and not the tunnel.
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
/*
 * Of the stack (measured: 112 kB are enough and 108 are not, of which a packet's buffer of 64 kB
 * is most). Our own engine inherits it.
 */
enum { STACK_NEEDED_KB = 192, STACK_ENOUGH_KB = 1024, BYTES_PER_KB = 1024 };

/* How many more can be opened below that limit; counted up to NEEDED. */
static unsigned free_below(rlim_t limit)
{
	unsigned n = 0;
	int fd;

	for (fd = 0; n < NEEDED && (rlim_t)fd < limit; fd++)
		n += fcntl(fd, F_GETFD) < 0;
	return n;
}

/* It grows up to what the limit is at that moment, so that it stays raised. */
static int raise_stack(struct err *e)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_STACK, &l) < 0)
		return err_sys(e, "read the limit of the stack");
	if (l.rlim_cur < STACK_ENOUGH_KB * BYTES_PER_KB) {
		l.rlim_cur = MIN((rlim_t)STACK_ENOUGH_KB * BYTES_PER_KB, l.rlim_max);
		if (setrlimit(RLIMIT_STACK, &l) < 0)
			return err_sys(e, "raise the limit of the stack");
	}
	if (l.rlim_cur >= STACK_NEEDED_KB * BYTES_PER_KB)
		return 0;
	return err_say(e, ENOMEM,
		       "the stack may have %llu kB here, a run needs %d: raise the hard limit of "
		       "its size (ulimit -Hs)",
		       (unsigned long long)l.rlim_cur / BYTES_PER_KB, STACK_NEEDED_KB);
}

int run_limits_raise(struct rlimit *old, struct err *e)
{
	struct rlimit want;
	unsigned n;
	int rc = raise_stack(e);

	if (rc < 0)
		return rc;
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
