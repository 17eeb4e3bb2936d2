/*
 * `wgdiag serve --once` at one end of the lab's tunnel, while the other one is looked at.
 */
#ifndef RUN_RUN_LAB_FAR_H
#define RUN_RUN_LAB_FAR_H

#include "lab/world.h"
#include "model/facts.h"

struct lab_far;

/* Returns when it records. NULL in *out and 0: there is no tunnel at that end to record at. */
int lab_far_start(struct lab_world *w, enum end end, struct lab_far **out, struct err *e);
/* Ends it; what it wrote becomes facts of the far end. */
int lab_far_end(struct lab_far *x, struct arena *a, struct facts *f, struct err *e);
void lab_far_stop(struct lab_far *x); /* NULL is fine; nothing of it is left */

#endif
