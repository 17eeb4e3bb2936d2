/*
 * The near side of wire/probe_msg.h: asks who serves at the far end to record, and for what it
 * recorded.
 */
#ifndef PROBE_FAR_ASK_H
#define PROBE_FAR_ASK_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/endpoint.h"
#include "sys/loop.h"

struct far_ask_conf {
	struct endpoint to;
	uint64_t token; /* of this run, and nobody else's */
};
struct far_ask;

/* In the calling thread's namespace; by route. Nothing is sent yet. */
int far_ask_open(const struct far_ask_conf *c, struct loop *l, struct arena *a,
		 struct far_ask **out, struct err *e);
/* 0: it records; -ETIMEDOUT: nobody answered until then; -EINTR: a signal came. */
int far_ask_record(struct far_ask *x, int64_t until_ns);
/* The same for the text of it, which is appended. */
int far_ask_fetch(struct far_ask *x, int64_t until_ns, struct buf *out);
void far_ask_close(struct far_ask *x); /* NULL is fine */

#endif
