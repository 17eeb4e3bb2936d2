/*
 * What the files of the paced probes share.
 */
#ifndef RUN_RUN_LOSS_PRIV_H
#define RUN_RUN_LOSS_PRIV_H

#include "run/run_priv.h"

enum {
	RUN_SLOW_MAX = 3, /* times RUN_PROBES; and by answers alone */
	/* Of `wgdiag loss`: the two paces in turn, each so many times, so many probes. */
	RUN_TURNS = 18,
	RUN_TURN_PROBES = 24,
};

struct run_pace {
	unsigned count; /* of one round */
	int64_t interval_ns;
	bool in_turn; /* every other RUN_TURN_PROBES slower, as run_pace_slow() */
};

/* That of a check, or the one that was asked for; and a fifth of it. */
struct run_pace run_pace_fast(const struct run *r);
struct run_pace run_pace_slow(const struct run *r);
/* Sends and waits for the answers; adds to *out what became of them. */
int run_loss_probe(struct run *r, const struct run_pace *pace, struct pace_facts *out,
		   struct err *e);

#endif
