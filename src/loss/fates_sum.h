/*
 * The sums of a ledger.
 */
#ifndef LOSS_FATES_SUM_H
#define LOSS_FATES_SUM_H

#include "base/arena.h"
#include "model/facts_fates.h"

/* answered, unknown and lost[] of f, from its list; lost[] from a. */
void fates_sum(struct fates_facts *f, struct arena *a);

#endif
