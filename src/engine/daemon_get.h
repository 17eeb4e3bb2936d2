/*
 * The reply to a `get` of the configuration protocol.
 */
#ifndef ENGINE_DAEMON_GET_H
#define ENGINE_DAEMON_GET_H

#include "base/buf.h"
#include "wg/device.h"

/* What the core does not know. */
struct daemon_get_host {
	uint16_t port;
	uint32_t fwmark;
	int trace_fd;
	bool up;
	unsigned mtu;
	unsigned rcvbuf, sndbuf; /* of the UDP sockets, 0 when there are none */
	uint64_t icmp_errors;
};

/* Appends the reply without its errno line. It holds keys: the caller wipes. */
void daemon_get_write(struct buf *out, const struct wg_device *dev,
		      const struct daemon_get_host *h);

#endif
