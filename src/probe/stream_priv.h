/*
 * What stream.c shares with the two kinds of transfer.
 */
#ifndef PROBE_STREAM_PRIV_H
#define PROBE_STREAM_PRIV_H

#include "probe/stream.h"

enum { STREAM_BUF_BYTES = 65536 };

struct stream {
	struct stream_conf conf;
	struct loop *loop;
	struct arena *arena;
	int send_fd, recv_fd, listen_fd; /* -1: none; TCP has a listener until it has accepted */
	unsigned timer; /* 0: none */
	int64_t started_ns, finished_ns; /* 0: not yet */
	int64_t sent, received, corrupt;
	const char *error;
	bool shortage; /* of descriptors or memory here: that was the error */
	uint8_t *buf; /* STREAM_BUF_BYTES */
	bool connected; /* TCP */
	size_t payload_len; /* UDP */
	uint8_t *seen; /* UDP: one bit for each datagram */
};

/* The other end, as seen from `from`. */
static inline enum end stream_to(const struct stream *s)
{
	return s->conf.from == END_NEAR ? END_FAR : END_NEAR;
}

void stream_finish(struct stream *s); /* all has arrived */
void stream_fail(struct stream *s, const char *what, int code); /* the first one counts */
void stream_forget(struct stream *s, int *fd); /* out of the loop, closed, -1 */

int stream_tcp_open(struct stream *s, const struct platform_ops *p, struct err *e);
void stream_tcp_start(struct stream *s);
int stream_udp_open(struct stream *s, const struct platform_ops *p, struct err *e);
void stream_udp_start(struct stream *s);

/*
 * A non-blocking socket in the namespace of one end, bound to that end's address and a
 * port of the system's choice. The thread is back home whatever happens.
 */
int stream_socket(const struct stream *s, const struct platform_ops *p, enum end where, int type,
		  int *out, struct err *e);
/* Where the socket is bound. */
int stream_bound(int fd, struct sockaddr_storage *sa, socklen_t *len, struct err *e);

#endif
