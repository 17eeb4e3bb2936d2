/*
 * One direction's loss, by the counters of its data messages.
 */
#ifndef CHECK_LOSS_H
#define CHECK_LOSS_H

#include "check/check.h"

/* What explains the loss of either direction, roots first; NULL-terminated. */
extern const char *const loss_after[];

void loss_judge(const struct facts *facts, const struct loss_facts *l, struct findings *out);

#endif
