/*
 * What this host passes on for its peers under their own addresses, and who knocks at it: seen on
 * all links at once, beside the tunnel's own.
 */
#ifndef CAPTURE_PASSERS_H
#define CAPTURE_PASSERS_H

#include "base/arena.h"
#include "base/err.h"
#include "capture/all_links.h"
#include "model/facts.h"
#include "sys/loop.h"

struct passers_conf {
	uint16_t port; /* that the engine listens on */
	const char *tun; /* what is seen there is inside */
	unsigned tun_ifindex; /* 0: filled in at the opening */
	/* what peers may send from; a default route tells nobody apart, and is left out */
	const struct cidr *nets;
	size_t n_nets;
};

struct passers;

/* As of all_links_open(). */
int passers_open(const struct passers_conf *c, struct loop *l, struct arena *a,
		 struct passers **out, struct err *e);
/* Fills knocks and passed, in the namespace of its opening. */
void passers_facts(struct passers *x, struct arena *a, struct recording_facts *out);
void passers_close(struct passers *x); /* NULL is fine */

/* The pure part, for tests. */
struct passers *passers_new(const struct passers_conf *c, struct arena *a);
void passers_see(struct passers *x, const struct link_frame *f);
void passers_count(const struct passers *x, struct arena *a, struct recording_facts *out);

#endif
