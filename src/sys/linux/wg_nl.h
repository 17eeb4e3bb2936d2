/*
 * The answers of the kernel's WireGuard to WG_CMD_GET_DEVICE, put together.
 */
#ifndef SYS_LINUX_WG_NL_H
#define SYS_LINUX_WG_NL_H

#include <linux/netlink.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/uapi_text.h"

/*
 * A generic netlink socket in the namespace where the thread is now, and the number of WireGuard's
 * family. *s may be set also on failure: the caller frees it.
 */
struct nl_sock;
int wg_nl_open(struct nl_sock **s, int *family, struct err *e);

/* One dump: several messages, of which a later one may go on with the peer of the one before. */
struct wg_nl {
	struct arena *arena;
	struct uapi_device device;
	size_t peers_cap, allowed_cap; /* of the array of peers, of the last peer's prefixes */
	bool bad; /* a message that makes no sense */
};

/* One message of the dump, from its generic header on. */
void wg_nl_take(struct wg_nl *w, struct nlmsghdr *h);

/*
 * Overwrites every private and preshared key in what was received; of one that is not zero its
 * first byte becomes 1, and of a preshared one its digest follows: more is never asked of them.
 */
void wg_nl_scrub(void *buf, size_t len);

#endif
