/*
 * --far-file: what was pasted of the far end, from a file or standard input.
 */
#ifndef CMD_FAR_IO_H
#define CMD_FAR_IO_H

#include "base/arena.h"
#include "base/err.h"
#include "model/far_text.h"

int far_io_read(const char *path, struct arena *a, struct far_text *out, struct err *e);

#endif
