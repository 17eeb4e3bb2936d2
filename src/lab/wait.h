/*
 * What comes about in its own time, which nothing tells of: it is looked for again and again.
 */
#ifndef LAB_WAIT_H
#define LAB_WAIT_H

#include "base/err.h"
#include "sys/loop.h"

/* The loop is served meanwhile: not to be called from inside a namespace. -EINTR: a signal came. */
int lab_pause(struct loop *l, int64_t ns, struct err *e);
/*
 * Until look says so, or a look failed, which is what is returned then; 0 otherwise, after
 * timeout_ns at the latest: *is tells which it was. One that failed with -ETIMEDOUT is tried again:
 * whoever was asked may have no processor just now. Of the last one it is what is returned.
 */
int lab_wait(struct loop *l, int64_t timeout_ns, int64_t every_ns,
	     int (*look)(void *ctx, bool *is, struct err *e), void *ctx, bool *is, struct err *e);

#endif
