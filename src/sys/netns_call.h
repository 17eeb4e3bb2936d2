/*
 * Something done in another network namespace by this thread.
 */
#ifndef SYS_NETNS_CALL_H
#define SYS_NETNS_CALL_H

#include "sys/platform.h"

/*
 * Runs fn there, and comes back to home (-1: where the thread is); what fn returns, or why it could
 * not be run. netns -1 is refused: what was meant for another namespace is never done in this one.
 * A thread that cannot come back would touch the wrong network from then on, so that ends the
 * program.
 */
int netns_call(const struct platform_ops *p, int netns, int home,
	       int (*fn)(void *ctx, struct err *e), void *ctx, struct err *e);

#endif
