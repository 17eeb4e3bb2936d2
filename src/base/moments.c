/*
 * iputils keeps the sum of squares and subtracts the square of the mean. In nanoseconds
 * that overflows 64 bits with the first answer slower than 3 s, and in doubles the
 * difference of two such sums loses what it is about. Welford's update gives the same
 * number without either.
 */
#include "base/moments.h"

#include <math.h>

void moments_add(struct moments *m, int64_t v)
{
	double off = (double)v - m->mean;

	m->min = m->n ? MIN(m->min, v) : v;
	m->max = m->n ? MAX(m->max, v) : v;
	m->n++;
	m->mean += off / (double)m->n;
	m->sum_sq += off * ((double)v - m->mean);
}

int64_t moments_mean(const struct moments *m)
{
	return llround(m->mean);
}

int64_t moments_mdev(const struct moments *m)
{
	return m->n ? llround(sqrt(m->sum_sq / (double)m->n)) : 0;
}
