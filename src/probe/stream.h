/*
 * A bulk transfer through the tunnel between two sockets of this process, one in each end's
 * namespace: TCP bytes or UDP datagrams of a seeded pattern, compared on arrival.
 */
#ifndef PROBE_STREAM_H
#define PROBE_STREAM_H

#include "base/arena.h"
#include "base/err.h"
#include "model/facts.h"
#include "sys/loop.h"
#include "sys/platform.h"

struct stream_conf {
	enum stream_kind kind; /* STREAM_TCP or STREAM_UDP */
	enum end from;
	int netns[END_COUNT], home_netns;
	struct ip_addr addr[END_COUNT]; /* inner addresses, of one family */
	int64_t amount; /* TCP: bytes; UDP: datagrams */
	/* bytes of a full inner packet (the tun's MTU): UDP datagrams fill it exactly */
	unsigned unit;
	uint64_t seed;
};
struct stream;
/* A namespace descriptor may be -1: the one the thread is in. Nothing is sent yet. */
int stream_open(const struct stream_conf *c, const struct platform_ops *p, struct loop *l,
		struct arena *a, struct stream **out, struct err *e);
void stream_start(struct stream *s);
bool stream_done(void *stream); /* all arrived, or an error */
/*
 * At any time. An unfinished transfer without another error says so in `error`. UDP: received
 * counts each datagram once, however often it came.
 */
void stream_facts(const struct stream *s, struct stream_facts *out);
void stream_close(struct stream *s); /* NULL is fine */

#endif
