/*
 * Keys stay in memory: they are kept out of core files, and out of swap as far as the
 * system allows.
 *
 * Keys are in the heap, among much else. With the right to lock without a limit all memory
 * is locked, once and for what comes later; with a limit that would let a later allocation
 * fail, so then only the heap is, as it is at the moment, and again when it has grown. What
 * is not locked is wiped all the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/daemon_priv.h"

/*
 * PR_SET_DUMPABLE would also hide the trace ring from the user the engine runs as, since
 * /proc/PID/fd then belongs to root.
 */
static void no_core_files(void)
{
	const struct rlimit none = { 0, 0 };
	int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);

	setrlimit(RLIMIT_CORE, &none);
	/* The limit does not hold for a core file that is piped into a program. */
	if (fd >= 0 && write(fd, "0", 1) < 0)
		errno = 0;
	if (fd >= 0)
		close(fd);
}

/*
 * Only where no limit holds: with a limit of none at all, this works with CAP_IPC_LOCK alone,
 * and not with one that is worth something in a user namespace only.
 * On fault: buffers that a jumbo packet would reach need no memory before one comes.
 */
static bool lock_all(void)
{
	struct rlimit was, none;
	bool locked;

	if (getrlimit(RLIMIT_MEMLOCK, &was) < 0)
		return false;
	none = (struct rlimit){ 0, was.rlim_max };
	if (was.rlim_cur != RLIM_INFINITY && setrlimit(RLIMIT_MEMLOCK, &none) < 0)
		return false;
	locked = mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
	setrlimit(RLIMIT_MEMLOCK, &was);
	return locked;
}

/* What was locked before and what has come since are two lines there. */
static bool find_heap(unsigned long *from, unsigned long *to)
{
	FILE *f = fopen("/proc/self/maps", "re");
	unsigned long a, b;
	char line[512];

	*from = *to = 0;
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		if (!strstr(line, "[heap]") || sscanf(line, "%lx-%lx", &a, &b) != 2)
			continue;
		*from = *to ? *from : a;
		*to = b;
	}
	fclose(f);
	return *to;
}

static bool lock_heap(void)
{
	unsigned long from, to;

	return find_heap(&from, &to) && mlock2((void *)from, to - from, MLOCK_ONFAULT) == 0;
}

void daemon_secrets_open(struct daemon *d)
{
	no_core_files();
	d->all_locked = lock_all();
	if (!d->all_locked && !lock_heap())
		daemon_log(d, 1, "memory cannot be locked (errno %d): keys may be swapped out",
			   errno);
}

void daemon_secrets_grown(struct daemon *d)
{
	if (!d->all_locked)
		lock_heap();
}
