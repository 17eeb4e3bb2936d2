#include "wire/inner_hash.h"

enum {
	FNV_OFFSET = 0x811c9dc5, /* FNV-1a, 32 bits */
	FNV_PRIME = 0x01000193,
	HASHED_BYTES = 64,
	IP4_AFTER_MUTABLE = 12, /* past TOS, TTL and checksum: from the source address on */
	IP6_AFTER_MUTABLE = 8, /* past traffic class and hop limit: the same */
};

uint32_t trace_inner_hash(const uint8_t *b, size_t len)
{
	uint32_t h = (uint32_t)FNV_OFFSET;
	size_t from = 0;

	if (len && b[0] >> 4 == 4)
		from = IP4_AFTER_MUTABLE;
	else if (len && b[0] >> 4 == 6)
		from = IP6_AFTER_MUTABLE;
	for (size_t i = from; i < len && i < from + HASHED_BYTES; i++)
		h = (h ^ b[i]) * FNV_PRIME;
	return h;
}
