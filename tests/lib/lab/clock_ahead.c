/* A host whose clock is CLOCK_AHEAD_S seconds ahead: for LD_PRELOAD. Other clocks are as they are. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *ts)
{
	const char *ahead = getenv("CLOCK_AHEAD_S");
	int rc = (int)syscall(SYS_clock_gettime, id, ts);

	if (rc == 0 && id == CLOCK_REALTIME && ahead)
		ts->tv_sec += atol(ahead);
	return rc;
}
