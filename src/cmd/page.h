/*
 * Text for people on standard output: as wide as the terminal is, in characters that it can show.
 * Into a pipe without COLUMNS lines stay as they are.
 */
#ifndef CMD_PAGE_H
#define CMD_PAGE_H

#include "base/buf.h"
#include "report/report.h"

struct page {
	struct report_style style;
	struct buf out, paragraph; /* what is written at the end; what is being joined */
};

void page_open(struct page *p);
/*
 * A line of running text: those that belong together are broken anew. Tables, headings, code
 * (four blanks) and empty lines stay.
 */
void page_line(struct page *p, const char *line);
/* A line of a list: the first column as it is, the rest beside it. */
void page_entry(struct page *p, const char *first, const char *rest);
void page_close(struct page *p); /* writes it; main() tells when that fails */

#endif
