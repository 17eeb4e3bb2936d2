/*
 * Loss of one direction, told by the counters that stand in clear text in data messages.
 *
 * A window is one direction at one tap between two moments. To compare two taps, the
 * receiver's window is opened before the sender's and closed after it (when nothing is under
 * way any more): then what the sender's has and the receiver's has not is lost.
 */
#ifndef LOSS_COUNTERS_H
#define LOSS_COUNTERS_H

#include "model/facts.h"

enum {
	LOSS_SESSIONS_MAX = 64, /* one per rekey, 120 s apart: two hours */
	LOSS_BORN_MAX = 64, /* handshakes that are remembered, answered or not */
	LOSS_SPAN = 65536, /* counters of one session */
	/* below the first one seen: what it overtook. As far as any receiver's window (8128). */
	LOSS_BEFORE_FIRST = 8192,
};

/* The counters of one session, which its receiver index names. */
struct loss_session {
	uint32_t receiver;
	uint64_t base; /* counter of bit 0 */
	uint64_t low, high; /* seen; of one that was born in the window low is 0 */
	int64_t distinct;
	uint64_t bits[LOSS_SPAN / 64];
};

struct loss_window {
	bool open;
	/* more sessions or counters than there is room for, or one was cut off: nothing is told */
	bool incomplete;
	size_t n_sessions;
	int64_t duplicates, reordered;
	int64_t dropped_before, capture_dropped; /* by the capture; UNKNOWN */
	struct loss_session sessions[LOSS_SESSIONS_MAX];
	uint32_t born[LOSS_BORN_MAX]; /* a ring */
	size_t n_born;
};

/* dropped: what the capture has lost so far (tap_facts.dropped), or UNKNOWN */
void loss_window_begin(struct loss_window *w, int64_t dropped);
void loss_window_end(struct loss_window *w, int64_t dropped);
/* One data message; nothing happens outside of begin and end. */
void loss_window_see(struct loss_window *w, uint32_t receiver, uint64_t counter);
/*
 * A handshake message goes the other way, whose sender index is this: a session of that receiver
 * index, if there will be one, begins with counter 0 (whitepaper, section 5.4.6). Of others the
 * first ones may have been before the window.
 */
void loss_window_born(struct loss_window *w, uint32_t receiver);
/* A message whose counter could not be read. */
void loss_window_see_cut(struct loss_window *w);

/* Runs of counters that were not seen, between the lowest and the highest. */
struct loss_gap {
	uint64_t next; /* where to look on: first the session's low */
	uint64_t first, last;
};
bool loss_session_gap(const struct loss_session *s, struct loss_gap *g); /* false: no more */

/*
 * sender: OUT at the sender's tap; receiver: IN at the receiver's. Either may be NULL (not
 * watched). With the receiver alone its gaps are the loss, but for what was lost after the
 * last one that came. Fills sent, lost, duplicates, reordered and capture_dropped.
 */
void loss_of_window(const struct loss_window *sender, const struct loss_window *receiver,
		    struct loss_facts *out);

#endif
