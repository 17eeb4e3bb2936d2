/*
 * --engine-log: what an engine wrote that we did not start, from a file or standard input.
 */
#ifndef CMD_LOG_IO_H
#define CMD_LOG_IO_H

#include "base/arena.h"
#include "base/err.h"
#include "model/engine_log.h"

/* Of a long one the end. What is odd in it is said on stderr. */
int log_io_read(const char *cmd, const char *path, struct arena *a, struct engine_log_given *out,
		struct err *e) MUST_CHECK;

#endif
