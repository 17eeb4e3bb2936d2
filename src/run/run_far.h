/*
 * What was pasted of the far end becomes facts of it.
 */
#ifndef RUN_RUN_FAR_H
#define RUN_RUN_FAR_H

#include "base/arena.h"
#include "base/err.h"
#include "model/facts.h"

/*
 * text: what the line of `wgdiag explain far` printed, once or (before and after) more often. To be
 * called when all else is gathered, with the arena of the facts. Negative: *f is as it was.
 */
int run_far_apply(struct facts *f, const char *text, size_t len, struct arena *a, struct err *e);

#endif
