#include "wg/replay.h"

#include <string.h>

#include "wg/limits.h"

/*
 * Theory of operation
 *
 * A ring of 128 words of 64 bits; counter + 1 (so that 0 can mean "none yet") picks
 * the word by its upper bits and the bit by its lower six. When the greatest counter
 * moves into another word, the words between are cleared, at most all of them. The
 * word being entered may so be shared with the oldest 64 counters: hence only
 * REPLAY_BITS - 64 of them are usable, and older ones are refused unseen.
 */
enum { WORD_BITS = 64 };

void replay_init(struct replay *r)
{
	memset(r, 0, sizeof(*r));
}

static void advance(struct replay *r, uint64_t to)
{
	uint64_t word = r->greatest / WORD_BITS;
	uint64_t n = MIN(to / WORD_BITS - word, (uint64_t)REPLAY_WORDS);

	while (n--)
		r->bits[++word % REPLAY_WORDS] = 0;
	r->greatest = to;
}

enum wg_drop replay_accept(struct replay *r, uint64_t counter)
{
	uint64_t seen, *word;

	/* The first condition: after a counter at the limit nothing comes any more (driver). */
	if (r->greatest > REJECT_AFTER_MESSAGES || counter >= REJECT_AFTER_MESSAGES)
		return WG_DROP_IN_EXPIRED;
	counter++;
	if (counter + REPLAY_WINDOW < r->greatest)
		return WG_DROP_IN_TOO_OLD;
	if (counter > r->greatest)
		advance(r, counter);
	word = &r->bits[counter / WORD_BITS % REPLAY_WORDS];
	seen = UINT64_C(1) << counter % WORD_BITS;
	if (*word & seen)
		return WG_DROP_IN_REPLAY;
	*word |= seen;
	return WG_DROP_NONE;
}
