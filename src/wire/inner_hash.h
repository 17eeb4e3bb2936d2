/*
 * By what an inner packet is known again: the same in an engine's trace and in a capture.
 */
#ifndef WIRE_INNER_HASH_H
#define WIRE_INNER_HASH_H

#include "base/defs.h"

/* Of its first 64 bytes past the header fields that routers change. */
uint32_t trace_inner_hash(const uint8_t *b, size_t len);

#endif
