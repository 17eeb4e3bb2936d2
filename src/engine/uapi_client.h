/*
 * Talks to a userspace engine over /var/run/wireguard/NAME.sock.
 */
#ifndef ENGINE_UAPI_CLIENT_H
#define ENGINE_UAPI_CLIENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/uapi_text.h"

#define UAPI_SOCKET_DIR "/var/run/wireguard"
/* Where an engine of that name has its socket. */
const char *uapi_socket_path(const char *ifname, struct arena *a);

/*
 * Each call connects anew, and takes timeout_ms at the most. -ENOENT no socket, -ECONNREFUSED
 * stale socket, -ETIMEDOUT no answer, -EPROTO garbage or a cut reply (with its line in *e).
 * The engine's own errno comes back as -errno too; what it is, the words tell. Only where it
 * would be a shortage (err_is_shortage), or to a get one of those that connecting has (no
 * permission, no socket, nobody listens), it is -EREMOTEIO, so that those are always our own.
 */
int uapi_get(const char *ifname, int timeout_ms, struct arena *a, struct uapi_device **out,
	     struct err *e);
/*
 * A get only of a process that it may be asked of, else -EADDRINUSE. 0: one that we do not see. It
 * is one connection, since an engine may not bear to be hung up on.
 */
int uapi_get_from(const char *ifname, int timeout_ms, bool (*may)(void *ctx, pid_t pid), void *ctx,
		  struct arena *a, struct uapi_device **out, struct err *e);
/* text: the lines of a set without "set=1" and without the empty line. */
int uapi_set(const char *ifname, int timeout_ms, const struct buf *text, struct err *e);
/*
 * The engine's trace ring: its process by the socket's credentials, its descriptor by `get`.
 * -ENOENT: it has none.
 */
struct trace_ring;
int uapi_trace_ring(const char *ifname, int timeout_ms, struct trace_ring **out, struct err *e);

/* Whether somebody listens on its socket: 0, or as above. */
int uapi_look(const char *ifname, int timeout_ms, struct err *e);
/* The process that does; -ESRCH: it lives where we do not see it. */
int uapi_listener(const char *ifname, int timeout_ms, pid_t *out, struct err *e);
/* Its program. */
struct uapi_owner {
	const char *program; /* path */
	/* what lies there is what runs, and nobody could have put it there but root and we */
	bool is_same;
	pid_t pid;
	char state[2]; /* as in /proc/PID/stat: "S", "T"; "": not seen */
};
/*
 * By the socket's credentials, and by who has the tun of that name in this network namespace.
 * -ESRCH: it lives where we do not see it.
 */
int uapi_owner(const char *ifname, int timeout_ms, struct arena *a, struct uapi_owner *out,
	       struct err *e);

/* The same with the sockets elsewhere, for tests. */
int uapi_get_at(const char *dir, const char *ifname, int timeout_ms, struct arena *a,
		struct uapi_device **out, struct err *e);
int uapi_set_at(const char *dir, const char *ifname, int timeout_ms, const struct buf *text,
		struct err *e);
int uapi_look_at(const char *dir, const char *ifname, int timeout_ms, struct err *e);
int uapi_listener_at(const char *dir, const char *ifname, int timeout_ms, pid_t *out,
		     struct err *e);
int uapi_owner_at(const char *dir, const char *ifname, int timeout_ms, struct arena *a,
		  struct uapi_owner *out, struct err *e);
int uapi_trace_ring_at(const char *dir, const char *ifname, int timeout_ms, struct trace_ring **out,
		       struct err *e);

#endif
