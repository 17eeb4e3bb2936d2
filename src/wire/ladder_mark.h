/*
 * By what a message of the hop-limit ladder is known again: behind type and sender index of an
 * initiation its bytes rise by a fixed step. In an initiation of an engine's they are a key and
 * ciphertext, which look so once in 2^120.
 */
#ifndef WIRE_LADDER_MARK_H
#define WIRE_LADDER_MARK_H

#include <stdbool.h>

#include "base/defs.h"

enum { LADDER_MARK_AT = 8, LADDER_MARK_LEN = 16 };

/* b: all that stands behind the sender index. */
static inline void ladder_mark_put(uint8_t *b, size_t len, uint8_t first)
{
	size_t i;

	for (i = 0; i < len; i++)
		b[i] = (uint8_t)(first + 0x2f * i);
}

/* b: the message, of which len bytes are there. */
static inline bool ladder_mark_is(const uint8_t *b, size_t len)
{
	size_t i;

	if (len < LADDER_MARK_AT + LADDER_MARK_LEN)
		return false;
	for (i = 1; i < LADDER_MARK_LEN; i++)
		if ((uint8_t)(b[LADDER_MARK_AT + i] - b[LADDER_MARK_AT + i - 1]) != 0x2f)
			return false;
	return true;
}

#endif
