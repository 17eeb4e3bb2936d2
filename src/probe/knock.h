/*
 * Is somebody at that address who does not answer ping? A TCP connection that is accepted,
 * or refused with RST, proves the way there and back as well as an echo does. What is
 * accepted is reset at once: no byte is sent.
 */
#ifndef PROBE_KNOCK_H
#define PROBE_KNOCK_H

#include "base/arena.h"
#include "base/err.h"
#include "model/endpoint.h"
#include "sys/loop.h"

struct knock_conf {
	struct ip_addr target, source; /* source FAMILY_NONE: by route */
	const char *link; /* bound to it; NULL: by route */
	const uint16_t *ports;
	unsigned n_ports;
	uint32_t mark; /* SO_MARK; 0: none */
};
struct knock;
/* In the calling thread's namespace; nothing is sent before knock_start. */
int knock_open(const struct knock_conf *c, struct loop *l, struct arena *a, struct knock **out,
	       struct err *e);
void knock_start(struct knock *k);
bool knock_done(void *knock); /* one answered, or all failed */
/* The port that answered, and whether it refused; 0: none did. */
uint16_t knock_answer(const struct knock *k, bool *refused);
void knock_close(struct knock *k); /* NULL is fine */

#endif
