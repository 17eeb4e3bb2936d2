/*
 * --far-file: what was pasted of the far end, from a file or standard input, into the facts.
 */
#ifndef CMD_FAR_IO_H
#define CMD_FAR_IO_H

#include "base/arena.h"
#include "base/err.h"
#include "model/facts.h"

int far_io_apply(const char *path, struct arena *a, struct facts *f, struct err *e);

#endif
