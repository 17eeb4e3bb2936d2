#include "engine/wg_ask.h"

#include <errno.h>

#include "engine/uapi_client.h"

enum wg_via wg_ask_via(const struct engine_ops *ops)
{
	return ops->in_kernel ? WG_VIA_KERNEL : WG_VIA_SOCKET;
}

static int no_way(const char *ifname, struct err *e)
{
	return err_say(e, ENODATA,
		       "%s has no control socket, and the kernel has no WireGuard there", ifname);
}

int wg_ask_get(const struct platform_ops *p, enum wg_via via, const char *ifname, int timeout_ms,
	       struct arena *a, struct uapi_device **out, struct err *e)
{
	switch (via) {
	case WG_VIA_KERNEL:
		return p->wg_get(ifname, a, out, e);
	case WG_VIA_SOCKET:
		return uapi_get(ifname, timeout_ms, a, out, e);
	case WG_VIA_NONE:
		break;
	}
	return no_way(ifname, e);
}

int wg_ask_set(const struct platform_ops *p, enum wg_via via, const char *ifname, int timeout_ms,
	       const struct buf *text, struct err *e)
{
	switch (via) {
	case WG_VIA_KERNEL:
		return p->wg_set(ifname, text, e);
	case WG_VIA_SOCKET:
		return uapi_set(ifname, timeout_ms, text, e);
	case WG_VIA_NONE:
		break;
	}
	return no_way(ifname, e);
}
