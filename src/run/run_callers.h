/*
 * Who asks this end for a handshake, in a run.
 */
#ifndef RUN_RUN_CALLERS_H
#define RUN_RUN_CALLERS_H

#include "capture/callers.h"
#include "run/run_priv.h"
#include "wg/cookie.h"

struct run_callers {
	struct run *r;
	struct cookie_checker own;
	bool attempts; /* each is told to r->attempts as well */
	bool counters; /* data messages to the windows of TAP_NEAR_WIRE, which is not open */
	struct callers *callers; /* NULL: not open */
};

/* own: our public key, by which a caller's mac1 is checked. As of callers_open(). */
int run_callers_open(struct run_callers *x, const struct public_key *own, struct err *e);
/* Fills facts.calls, but for waited_ns; may be asked again. */
void run_callers_facts(struct run_callers *x);

#endif
