/*
 * Wilson's interval and not the textbook one (share ± 1.96 standard errors): that one is
 * empty at 0 lost of 200, which is just where a verdict has to know how little it knows.
 */
#include "loss/stats.h"

#include <math.h>

static const double z95 = 1.959963984540054; /* 0.975 quantile of the normal distribution */

bool stats_share(int64_t n, int64_t of, double *out)
{
	if (of < 1 || n < 0 || n > of)
		return false;
	*out = (double)n / (double)of;
	return true;
}

bool stats_wilson95(int64_t n, int64_t of, struct stats_interval *out)
{
	double share, count = (double)of, z2 = z95 * z95, middle, half, scale;

	if (!stats_share(n, of, &share))
		return false;
	scale = 1 + z2 / count;
	middle = (share + z2 / (2 * count)) / scale;
	half = z95 * sqrt(share * (1 - share) / count + z2 / (4 * count * count)) / scale;
	/* At the two ends the limits are exact, and rounding must not move them. */
	out->low = n == 0 ? 0 : fmax(middle - half, 0);
	out->high = n == of ? 1 : fmin(middle + half, 1);
	return true;
}
