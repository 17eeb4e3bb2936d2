/*
 * The last lines of what an engine prints, and how often it said what.
 */
#ifndef ENGINE_LOG_RING_H
#define ENGINE_LOG_RING_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/engine_log.h"

enum { LOG_RING_LINES = 20, LOG_RING_LINE_SIZE = 256 };

/* Begins as zeros. */
struct log_ring {
	char line[LOG_RING_LINES][LOG_RING_LINE_SIZE]; /* the last one may be unfinished */
	size_t len; /* of the unfinished one */
	int64_t n; /* lines that were finished */
	int64_t says[ENGINE_LOG_COUNT]; /* of those, by class */
};

void log_ring_byte(struct log_ring *g, char c);
int64_t log_ring_lines(const struct log_ring *g); /* the unfinished one too */
/* What there still is, lines with a newline between them; "" for nothing. */
const char *log_ring_tail(const struct log_ring *g, struct arena *a);
/* The last line that is not empty, or NULL; as long as g. */
const char *log_ring_last(const struct log_ring *g);

#endif
