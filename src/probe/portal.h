/*
 * Does somebody before the endpoint's host take TCP connections to it, as a network does that wants
 * a login first? One is made to its port 80, of which no packet gets beyond the first router: if it
 * is accepted all the same, that is not the host. Then one plain request is sent, and of the answer
 * the status is read, and the host that it sends to.
 */
#ifndef PROBE_PORTAL_H
#define PROBE_PORTAL_H

#include "base/arena.h"
#include "base/err.h"
#include "model/facts_ladder.h"
#include "sys/loop.h"

struct portal_conf {
	struct ip_addr target, source; /* target: behind a gateway; source FAMILY_NONE: by route */
	uint32_t mark; /* SO_MARK; 0: none */
};
struct portal;
/* In the calling thread's namespace; nothing is sent before portal_start. */
int portal_open(const struct portal_conf *c, struct loop *l, struct arena *a, struct portal **out,
		struct err *e);
void portal_start(struct portal *p);
bool portal_done(void *portal);
void portal_facts(const struct portal *p, struct portal_facts *out);
void portal_close(struct portal *p); /* NULL is fine */

/*
 * Of the beginning of an answer: its status, UNKNOWN: none; and the host of "Location", "" for
 * none.
 */
enum { PORTAL_HOST_SIZE = 128 };
int64_t portal_read(const char *text, char host[static PORTAL_HOST_SIZE]);

#endif
