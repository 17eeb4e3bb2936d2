/*
 * One direction's loss, by the counters of its data messages.
 */
#ifndef CHECK_LOSS_H
#define CHECK_LOSS_H

#include "check/check.h"

void loss_judge(const struct facts *facts, const struct loss_facts *l, struct findings *out);

#endif
