/*
 * By which way an engine is asked and told, and doing it.
 */
#ifndef ENGINE_WG_ASK_H
#define ENGINE_WG_ASK_H

#include "engine/engine.h"
#include "model/uapi_text.h"
#include "sys/platform.h"

enum wg_via {
	WG_VIA_NONE, /* it has no control socket: hidden in a program */
	WG_VIA_KERNEL, /* generic netlink */
	WG_VIA_SOCKET, /* /var/run/wireguard/NAME.sock */
};

enum wg_via wg_ask_via(const struct engine_ops *ops); /* of one that was started here */

/*
 * In the calling thread's namespace: netlink speaks of the one that it is asked in; sockets lie in
 * a folder for all. timeout_ms: of a socket; the kernel answers at once.
 */
int wg_ask_get(const struct platform_ops *p, enum wg_via via, const char *ifname, int timeout_ms,
	       struct arena *a, struct uapi_device **out, struct err *e);
/* The lines of a `set`. */
int wg_ask_set(const struct platform_ops *p, enum wg_via via, const char *ifname, int timeout_ms,
	       const struct buf *text, struct err *e);

#endif
