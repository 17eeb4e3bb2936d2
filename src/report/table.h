/*
 * The table of rows: columns side by side while the last of them has room, else each row
 * as a heading with its evidence below.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "report/report.h"

struct table_row {
	const char *layer, *check, *result, *evidence;
	enum state state; /* gives the colour */
	const char **notes; /* more lines of evidence */
	size_t n_notes;
};

void table_write(const struct table_row *rows, size_t n, bool heading, const struct report_style *s,
		 struct buf *out);

#endif
