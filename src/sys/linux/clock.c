#include <time.h>

#include "sys/linux/linux.h"

static int64_t read_clock(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

int64_t linux_boot_ns(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

int64_t linux_wall_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}
