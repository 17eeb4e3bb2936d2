/*
 * The peer's messages that come in by another link than the one that ours leave by.
 */
#ifndef CAPTURE_ELSEWHERE_H
#define CAPTURE_ELSEWHERE_H

#include "base/arena.h"
#include "base/err.h"
#include "model/facts.h"
#include "sys/loop.h"

struct elsewhere_conf {
	const char *but; /* the link that is watched otherwise */
	struct endpoint from;
	uint16_t port; /* that they are for; 0: any */
};

struct elsewhere;

/* In the calling thread's namespace; serves itself from the loop. -EOPNOTSUPP: not here. */
int elsewhere_open(const struct elsewhere_conf *c, struct loop *l, struct arena *a,
		   struct elsewhere **out, struct err *e);
/* n_elsewhere and elsewhere; in the namespace of its opening, whose names they are. */
void elsewhere_facts(struct elsewhere *x, struct arena *a, struct kernel_facts *out);
void elsewhere_close(struct elsewhere *x); /* NULL is fine */

#endif
