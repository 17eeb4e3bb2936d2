/*
 * The summary of pings, as ping(8) prints it, and then the direction of what was lost.
 */
#ifndef REPORT_TEXT_PING_H
#define REPORT_TEXT_PING_H

#include "report/report.h"

/* What is UNKNOWN is left out, but for sent, received and elapsed_ns, which are known. */
struct text_ping {
	const char *to; /* the address, or which tunnel */
	int64_t sent, unsent, received;
	/* Of the lost; both UNKNOWN: it was not seen of any which way it was lost. */
	int64_t up, down;
	int64_t late, duplicates;
	int64_t elapsed_ns;
	int64_t min_ns, avg_ns, max_ns, mdev_ns;
};
void text_ping(const struct text_ping *p, struct arena *a, const struct report_style *s,
	       struct buf *out);

#endif
