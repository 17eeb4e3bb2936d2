/*
 * The far side of a check, inside the tunnel: answers wgdiag's own datagrams (wire/probe_msg.h), to
 * addresses of peers only, and never with more than it was asked with, unless the question has the
 * cookie that was sent to where it comes from.
 */
#ifndef PROBE_RESPONDER_H
#define PROBE_RESPONDER_H

#include "base/arena.h"
#include "base/err.h"
#include "model/endpoint.h"
#include "sys/loop.h"

struct responder_conf {
	const struct ip_addr *addrs; /* a socket for each */
	size_t n_addrs;
	const char *link; /* heard is only what comes in by it */
	uint16_t port;
	bool (*is_peers)(void *ctx, const struct ip_addr *from);
	void *ctx;
};
struct responder;

/* In the calling thread's namespace. -EADDRINUSE: somebody has the port; -EPERM */
int responder_open(const struct responder_conf *c, struct loop *l, struct arena *a,
		   struct responder **out, struct err *e);
void responder_close(struct responder *r); /* NULL is fine */

/* Somebody asked for a recording, which is not begun. */
bool responder_is_asked(void *responder);
void responder_began(struct responder *r);
/* What it is to hold is asked for. */
bool responder_is_due(void *responder);
/* It ended; copied. */
void responder_give(struct responder *r, const char *text, size_t len);

#endif
