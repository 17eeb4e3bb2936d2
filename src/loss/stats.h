/*
 * How sure a share of lost packets is.
 */
#ifndef LOSS_STATS_H
#define LOSS_STATS_H

#include <stdbool.h>

#include "base/defs.h"

struct stats_interval {
	double low, high; /* shares, 0 to 1 */
};

/* n of `of`; false, and *out untouched, when that is no share (of < 1, n < 0, n > of). */
bool stats_share(int64_t n, int64_t of, double *out);
/* The 95 % Wilson score interval of that share; false as above. */
bool stats_wilson95(int64_t n, int64_t of, struct stats_interval *out);

#endif
