/*
 * --kernel-debug: what the kernel's engine says of the near interface, from before it is asked for
 * anything to the end of the run.
 */
#ifndef RUN_RUN_DEBUG_H
#define RUN_RUN_DEBUG_H

#include "run/run.h"

struct run;
struct run_debug;

/* It is a fork: before there are keys. NULL: it was not asked for. */
struct run_debug *run_debug_open(const struct run_conf *c, struct arena *a);
void run_debug_close(struct run_debug *d); /* NULL is fine */

/*
 * Of these each is fine without r->debug. start: once the interface's name is known, in its
 * network namespace; only the first one counts.
 */
void run_debug_start(struct run *r, const char *ifname);
/* The engine is not the kernel's. */
void run_debug_not_kernel(struct run *r);
/* Off again; fills facts.kernel.debug, and of the peer that is looked at facts.engine.log_says. */
void run_debug_end(struct run *r);

#endif
