/*
 * What the far end recorded by itself while this end was not answered (`wgdiag serve`): its facts
 * are judged as its own, and what they show is turned round.
 */
#ifndef CHECK_FAR_VIEW_H
#define CHECK_FAR_VIEW_H

#include "check/check.h"

/* Adds to a row that failed. Without a recording, or by one of another time, nothing is shown. */
void far_view_outer(const struct facts *f, struct findings *out, struct finding *row);
/* target: what was asked inside, and is silent; others: another of its family answers. */
void far_view_inner(const struct facts *f, const struct ip_addr *target, bool others,
		    struct findings *out, struct finding *row);

#endif
