/*
 * What changed over time, as rows of characters: one column for each part of the time.
 */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include "report/report.h"

enum plot_what {
	PLOT_LOSS, /* value: 1 lost, 0 not */
	PLOT_TIME, /* value: ns, as of a round trip */
};

/* value UNKNOWN: as if it was not there. */
struct plot_point {
	int64_t t_ns, value;
};

struct plot_row {
	const char *name; /* "loss, me → peer" */
	enum plot_what what;
	const struct plot_point *points; /* t_ns rises */
	size_t n;
};

/*
 * All rows have one time axis, from the first point to the last. A column where nothing is known
 * is blank, which one without loss is not; and a single loss is seen, whatever it is of.
 */
void plot_write(const struct plot_row *rows, size_t n, const struct report_style *s,
		struct buf *out);

#endif
