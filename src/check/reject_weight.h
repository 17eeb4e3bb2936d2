/*
 * How much a message or packet that an engine refused says against the tunnel, by its reason.
 */
#ifndef CHECK_REJECT_WEIGHT_H
#define CHECK_REJECT_WEIGHT_H

#include "check/check.h"

/* By the counters of an engine. PASS: part of normal life. */
enum state reject_weight(const struct facts *f, enum end end, const struct refused_count *r);
/* By what one without counters says in its log of this run. */
enum state reject_log_weight(const struct facts *f, enum end end, enum engine_log_class class);

#endif
