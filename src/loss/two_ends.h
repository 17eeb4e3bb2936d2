/*
 * Loss of both directions from two lists of counters: what this end saw on its wire, and what the
 * far end recorded on its.
 *
 * The two were not begun nor ended at one moment. So of each session only the counters are judged
 * that lie within what both saw: exact but for the messages at the edges, and nothing is taken for
 * lost because one of them did not look yet, or no more. A way that loses all is not seen here.
 */
#ifndef LOSS_TWO_ENDS_H
#define LOSS_TWO_ENDS_H

#include "model/facts_recording.h"

struct two_ends_loss {
	/*
	 * Counters that the sender's engine gave; of these those that the other did not see; and of
	 * these those that the sender's own wire did not see either: its host kept them.
	 * UNKNOWN: there is no session that both saw, or not all is listed.
	 */
	int64_t sent, lost, kept;
	int64_t capture_dropped; /* by the captures themselves; UNKNOWN */
};

/* Here and there: recording_facts of either end, of which `counters` and what was dropped count. */
void two_ends(const struct recording_facts *here, const struct recording_facts *there,
	      struct two_ends_loss *up, struct two_ends_loss *down);

/*
 * Did this message come to that end's wire? 1; 0: it did not, though messages before and behind it
 * did; UNKNOWN: it was not watched then, or not all that it missed is listed.
 */
int two_ends_came(const struct recording_facts *there, int64_t receiver, int64_t counter);
/* The same of one that it sent itself: did it leave? */
int two_ends_left(const struct recording_facts *there, int64_t receiver, int64_t counter);

#endif
