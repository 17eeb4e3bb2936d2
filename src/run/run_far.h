/*
 * What was pasted of the far end becomes facts of it.
 */
#ifndef RUN_RUN_FAR_H
#define RUN_RUN_FAR_H

#include "base/arena.h"
#include "base/err.h"
#include "model/facts.h"
#include "model/far_text.h"

/*
 * Is it of the far end of this tunnel? near: what our engine holds; peer: the far end's key, zero:
 * not known. -ENOKEY: it is of another one, with one line. What cannot be told fits.
 */
int run_far_fits(const struct far_text *t, const struct config_facts *near,
		 const struct public_key *peer, struct err *e);

/*
 * t: what the line of `wgdiag explain far` printed, once or (before and after) more often. To be
 * called when all else is gathered, with the arena of the facts. Negative: *f is as it was.
 */
int run_far_apply(struct facts *f, const struct far_text *t, struct arena *a, struct err *e);

#endif
