/*
 * A capture on all links of a namespace at once, through a filter.
 */
#ifndef CAPTURE_ALL_LINKS_H
#define CAPTURE_ALL_LINKS_H

#include "base/arena.h"
#include "base/err.h"
#include "sys/loop.h"

struct link_frame {
	unsigned ifindex;
	bool out; /* this host sends it */
	bool to_itself; /* by the loopback: it is seen once, as one that comes */
	const uint8_t *b; /* from the IP header on */
	size_t caplen;
	int64_t t_ns; /* CLOCK_REALTIME */
};

struct all_links_conf {
	const char *filter; /* in the words of pcap-filter(7) */
	bool whole; /* each frame to its end; else as much as an initiation has, with its headers */
	int ring_bytes; /* for what comes while it is not read; 0: enough for a few messages */
	void (*on_frame)(void *ctx, const struct link_frame *f);
	void *ctx;
};

struct all_links;

/*
 * In the calling thread's namespace; serves itself from the loop. -EOPNOTSUPP: not here; -EPERM:
 * not for this user.
 */
int all_links_open(const struct all_links_conf *c, struct loop *l, struct arena *a,
		   struct all_links **out, struct err *e);
/* What was captured until now is told. */
void all_links_read(struct all_links *x);
/* Frames that the capture itself lost; UNKNOWN: it cannot say, or it broke. */
int64_t all_links_dropped(struct all_links *x);
void all_links_close(struct all_links *x); /* NULL is fine */

#endif
