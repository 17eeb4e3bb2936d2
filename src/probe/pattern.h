/*
 * Endless bytes that follow from a seed, from any position on: what was sent need not be
 * kept to know what must arrive.
 */
#ifndef PROBE_PATTERN_H
#define PROBE_PATTERN_H

#include <stdbool.h>

#include "base/defs.h"

void pattern_fill(uint64_t seed, uint64_t pos, uint8_t *b, size_t len);
/* How many of the bytes are not what pattern_fill() writes. */
size_t pattern_differs(uint64_t seed, uint64_t pos, const uint8_t *b, size_t len);

#endif
