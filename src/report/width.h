/*
 * Text as it stands on a terminal: columns, clean characters, line breaks.
 */
#ifndef REPORT_WIDTH_H
#define REPORT_WIDTH_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Appends s with nothing in it that could move a cursor: control characters and bytes that are
 * no UTF-8 become '?', line ends a blank. Without utf8, what has an ASCII likeness gets it.
 */
void text_clean(struct buf *out, const char *s, bool utf8);
/* The same where every byte counts, of an argument for one: "\x1b"; UTF-8 stays as it is. */
void text_escape(struct buf *out, const char *s);

/* Columns of clean text. */
unsigned text_width(const char *s, size_t len);

/*
 * How many bytes of clean text go on a line of that many columns: up to the last blank
 * that fits, or, for a word that is longer than the line, as much of it as fits. width 0: all.
 */
size_t text_line(const char *s, unsigned width);

/*
 * Appends clean text broken into lines of at most width columns (0: one line), each with a newline
 * and without blanks at its end, all but the first indented.
 */
void text_lines(struct buf *out, const char *s, unsigned width, unsigned indent);

/*
 * Appends `first`, then s broken into lines of at most width columns, the later ones indented
 * as far as `first` is wide; a newline at the end. Both are cleaned.
 */
void text_wrap(struct buf *out, const char *first, const char *s, unsigned width, bool utf8);

#endif
