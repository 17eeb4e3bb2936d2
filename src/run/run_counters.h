/*
 * The counters of the data messages on the wire, while a recording lasts.
 */
#ifndef RUN_RUN_COUNTERS_H
#define RUN_RUN_COUNTERS_H

#include "run/run_priv.h"

void run_counters_begin(struct run *r); /* before the tap opens */
/*
 * When all is read, and before it closes. Where no wire was watched, they are those of
 * run_callers.counters.
 */
void run_counters_end(struct run *r);
/* Of windows that were begun and ended elsewhere: those of the near wire, to facts.recording. */
void run_counters_tell(struct run *r);

#endif
