/*
 * The reply to a `get` of the configuration protocol.
 */
#ifndef ENGINE_DAEMON_GET_H
#define ENGINE_DAEMON_GET_H

#include "base/buf.h"
#include "wg/device.h"

/* Whose initiation was refused because it is no peer: its public key, and the sender index. */
struct daemon_unknown {
	struct public_key key;
	uint32_t index;
};
enum { DAEMON_UNKNOWN_KEPT = 16 };

/* What the core does not know. */
struct daemon_get_host {
	uint16_t port;
	uint32_t fwmark;
	int trace_fd;
	bool up;
	unsigned mtu;
	unsigned rcvbuf, sndbuf; /* of the UDP sockets, 0 when there are none */
	uint64_t icmp_errors;
	const struct daemon_unknown *unknown; /* a ring of DAEMON_UNKNOWN_KEPT */
	uint64_t n_unknown; /* ever */
};

/* Appends the reply without its errno line. It holds keys: the caller wipes. */
void daemon_get_write(struct buf *out, const struct wg_device *dev,
		      const struct daemon_get_host *h);

#endif
