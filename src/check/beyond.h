/*
 * Of an address inside the tunnel that was named and does not answer: what else answers, and what
 * is said of packets to it. So what lies behind the far end is told from the far end itself.
 */
#ifndef CHECK_BEYOND_H
#define CHECK_BEYOND_H

#include "model/facts.h"

struct beyond {
	/* the one that was named and pinged; it is this peer's, and its way leads into the tunnel;
	 * NULL: there is none, or it did answer */
	const struct inner_target_facts *silent;
	/* another address of this peer's and of that family, which answers; NULL: none does */
	const struct inner_target_facts *answers;
	/* somebody on the way refuses packets to it, as filters do; NULL: nobody said so */
	const struct inner_target_facts *refused;
	/* the far end forwards packets of that family: 1, 0, UNKNOWN */
	int64_t forwards;
	/* nothing of that family came back, though several were asked or it is the peer's own */
	bool nothing_back;
};
struct beyond beyond_of(const struct facts *f);

/*
 * The first address that was asked, if it was waited for in vain, as all of its family, before one
 * of the other family answered; NULL. Nobody said that it must answer, where it was not named.
 */
const struct inner_target_facts *beyond_silent_family(const struct facts *f);

/*
 * May the host that was pinged be another one than the far end? Only what was named may: not what
 * stands alone in the peer's allowed IPs, and not a neighbour in the tunnel's own network.
 */
bool beyond_may_be(const struct facts *f);

#endif
