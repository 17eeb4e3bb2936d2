/*
 * What a user names on the command line to be read: a file, or "-" for standard input. A FIFO that
 * nobody writes to is refused after some seconds.
 */
#ifndef CMD_INPUT_H
#define CMD_INPUT_H

#include "base/buf.h"
#include "base/err.h"

/* Adds all of it to *out, which the caller ends whatever comes of it; -EFBIG: over max bytes. */
int input_read(const char *path, size_t max, struct buf *out, struct err *e);
/* Its last max bytes; *cut: there was more before them. */
int input_read_end(const char *path, size_t max, struct buf *out, bool *cut, struct err *e);
const char *input_name(const char *path); /* "standard input", or the path */

#endif
