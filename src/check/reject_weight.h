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
/*
 * The row of refused messages, where all that was refused at this end its own system would not
 * send: whose that is, and what to look at.
 */
void reject_sending(const struct facts *f, struct findings *out, struct finding *row);

#endif
