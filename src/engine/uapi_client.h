/*
 * Talks to a userspace engine over /var/run/wireguard/NAME.sock.
 */
#ifndef ENGINE_UAPI_CLIENT_H
#define ENGINE_UAPI_CLIENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/uapi_text.h"

#define UAPI_SOCKET_DIR "/var/run/wireguard"

/* Connects, or -errno: -ENOENT no socket, -ECONNREFUSED stale socket. deadline_ms bounds each call as a whole. */
int uapi_get(const char *ifname, int timeout_ms, struct arena *a, struct uapi_device **out, struct err *e);
/* text: the lines of a set without "set=1" and without the empty line. The engine's errno comes back as -errno. */
int uapi_set(const char *ifname, int timeout_ms, const struct buf *text, struct err *e);
/* The engine's trace ring: its process by the socket's credentials, its descriptor by `get`. -ENOENT: it has none. */
struct trace_ring;
int uapi_trace_ring(const char *ifname, int timeout_ms, struct trace_ring **out, struct err *e);

/* The same with the sockets elsewhere, for tests. */
int uapi_get_at(const char *dir, const char *ifname, int timeout_ms, struct arena *a,
		struct uapi_device **out, struct err *e);
int uapi_set_at(const char *dir, const char *ifname, int timeout_ms, const struct buf *text,
		struct err *e);
int uapi_trace_ring_at(const char *dir, const char *ifname, int timeout_ms,
		       struct trace_ring **out, struct err *e);

#endif
