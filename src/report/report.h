/*
 * Telling: facts, findings and verdict as text for people or JSON for programs. A report
 * is built in memory; who asked for it writes it out.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/buf.h"
#include "check/check.h"
#include "verdict/verdict.h"

struct report {
	const struct facts *facts;
	const struct findings *findings;
	const struct verdict *verdict;
};

/* On a terminal narrower than this a line is as long as on this one. */
enum { REPORT_WIDTH_MIN = 20 };

struct report_style {
	unsigned width; /* columns of the terminal; 0: lines are never broken */
	bool colour; /* never the only signal */
	bool utf8; /* else arrows and the like become ASCII */
	bool quiet; /* only what failed; nothing when all is well */
	bool warn_fails; /* with quiet: a warning counts as a failure */
	bool verbose; /* all evidence */
};

struct report_ops {
	const char *name;
	void (*write)(const struct report *r, const struct report_style *s, struct buf *out);
};

extern const struct report_ops report_text, report_json;
extern const struct report_ops report_ndjson; /* a line for each event */
extern const struct report_ops report_loss; /* text, of wgdiag loss */

#endif
