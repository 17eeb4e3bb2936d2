/*
 * The pattern of the loss of one direction, of probes whose fates are known.
 */
#ifndef LOSS_FATES_PATTERN_H
#define LOSS_FATES_PATTERN_H

#include "loss/pattern.h"
#include "loss/way.h"
#include "model/facts_fates.h"

/*
 * way: UP or DOWN, or LOSS_WAY_COUNT for any. 1: it died there; 0: it went all that way; UNKNOWN:
 * neither was seen.
 */
int64_t fates_lost(const struct fate_facts *p, enum loss_way way);

/*
 * way: UP or DOWN; LOSS_WAY_COUNT: of all that were lost, whichever way. On the way back are only
 * those that were answered; what died where it is not known of which way is left out of both.
 */
void fates_pattern(const struct fates_facts *f, enum loss_way way, struct arena *a,
		   struct pattern *out);

#endif
