/*
 * What the wire taps of both ends saw of one direction: sent there, arrived here.
 */
#ifndef CHECK_UNDERLAY_H
#define CHECK_UNDERLAY_H

#include "check/check.h"

void underlay_judge(const struct facts *facts, enum end from, struct findings *out);

#endif
