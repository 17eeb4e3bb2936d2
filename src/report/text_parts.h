/*
 * The page that the reports for people have in common.
 */
#ifndef REPORT_TEXT_PARTS_H
#define REPORT_TEXT_PARTS_H

#include "report/report.h"

/*
 * probes: what stands between the rows and the verdict, on what was sent for them. With `quiet` the
 * bad rows only.
 */
void text_page(const struct report *r, const struct report_style *wanted,
	       void (*probes)(const struct report *r, const struct report_style *s,
			      struct buf *out),
	       struct buf *out);

#endif
