/*
 * Facts to a file and back, for --save-facts and --facts.
 */
#ifndef CMD_FACTS_IO_H
#define CMD_FACTS_IO_H

#include "base/arena.h"
#include "base/err.h"
#include "model/facts.h"

/* Asked before a run of seconds: could they be written there? Leaves nothing behind. */
int facts_io_can_save(const char *path, struct err *e) MUST_CHECK;
/* The same without a try, for who must not touch anything. */
int facts_io_may_save(const char *path, struct err *e) MUST_CHECK;

/* Whole or not at all: under another name first, then renamed. */
int facts_io_save(const char *path, const struct facts *f, struct err *e) MUST_CHECK;

/* A recording of the far end, which only its owner can read; path NULL: to standard output. */
int facts_io_save_far(const char *path, const struct facts *f, struct err *e) MUST_CHECK;

/* "-" is standard input. -EINVAL: read, and no file of facts. */
int facts_io_load(const char *path, struct arena *a, struct facts *out, struct err *e) MUST_CHECK;

#endif
