/*
 * Least, mean, greatest and deviation of numbers that come one by one; what ping(8)
 * prints as min/avg/max/mdev.
 */
#ifndef BASE_MOMENTS_H
#define BASE_MOMENTS_H

#include "base/defs.h"

struct moments {
	int64_t n, min, max;
	double mean, sum_sq; /* sum_sq: of the distances from the mean */
};

void moments_add(struct moments *m, int64_t v); /* *m starts as zeroes */
/* Rounded to whole units; 0 while nothing was added. */
int64_t moments_mean(const struct moments *m);
/*
 * As iputils' mdev: the root of mean(v²) - mean(v)², so the deviation of these n, not an
 * estimate for more.
 */
int64_t moments_mdev(const struct moments *m);

#endif
