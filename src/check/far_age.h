/*
 * Is what was pasted of the far end of the time of this run? By the clocks of two hosts, which
 * need not agree: so only a large difference counts, and it is a caveat. What such a text shows is
 * no proof of a fault of now.
 */
#ifndef CHECK_FAR_AGE_H
#define CHECK_FAR_AGE_H

#include "check/check.h"

bool far_is_old(const struct facts *f);
/* "; the far end's words are 3 h older than this run, if both clocks are right"; else "" */
const char *far_age_words(const struct facts *f, struct arena *a);

#endif
