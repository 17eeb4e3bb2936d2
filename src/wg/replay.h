/*
 * Which counters of a session were seen: RFC 6479, with the kernel driver's numbers
 * (8192 bits in 128 words, 8128 of them usable). Only asked after authentication.
 */
#ifndef WG_REPLAY_H
#define WG_REPLAY_H

#include "base/defs.h"
#include "wg/drop.h"

enum { REPLAY_BITS = 8192, REPLAY_WINDOW = REPLAY_BITS - 64, REPLAY_WORDS = REPLAY_BITS / 64 };

struct replay {
	uint64_t greatest; /* greatest counter seen + 1; 0 = none yet */
	uint64_t bits[REPLAY_WORDS];
};

void replay_init(struct replay *r);
/* WG_DROP_NONE and marked as seen, or WG_DROP_IN_REPLAY, WG_DROP_IN_TOO_OLD,
 * WG_DROP_IN_EXPIRED (at the message limit).
 */
enum wg_drop replay_accept(struct replay *r, uint64_t counter);

#endif
