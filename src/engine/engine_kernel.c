/*
 * The kernel's own engine: no program, a link of its kind.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/engine_list.h"

static const struct engine_known kernel_known[] = {
	{ NULL, "its RX errors count three things only, all after a message was authenticated: an "
		"inner source that is not allowed, no IP packet, a wrong length" },
	{ NULL, "says nothing of refused messages unless its dynamic debug lines are switched on" },
	{ NULL, NULL },
};

const struct engine_ops engine_kernel = {
	.name = "kernel",
	.program = "",
	.packages = "modprobe wireguard",
	.in_kernel = true,
	.known = kernel_known,
};

/* Calls fn there, and comes back. */
static int in_netns(const struct platform_ops *p, int netns,
		    int (*fn)(const char *name, struct err *e), const char *name, struct err *e)
{
	int home, rc;

	if (netns < 0)
		return fn(name, e);
	rc = p->netns_get(&home, e);
	if (rc < 0)
		return rc;
	rc = p->netns_enter(netns, e);
	if (!rc) {
		rc = fn(name, e);
		if (p->netns_enter(home, NULL) < 0)
			abort(); /* nothing may go on in the wrong network */
	}
	close(home);
	return rc;
}

int engine_kernel_add(const struct platform_ops *p, int netns, const char *name, struct err *e)
{
	return in_netns(p, netns, p->wg_link_add, name, e);
}

static int look_for(const char *name, struct err *e)
{
	if (if_nametoindex(name))
		return 0;
	return err_sys(e, "interface %s", name);
}

bool engine_kernel_is_there(const struct platform_ops *p, int netns, const char *name)
{
	return in_netns(p, netns, look_for, name, NULL) != -ENODEV;
}

void engine_kernel_delete(const struct platform_ops *p, int netns, const char *name)
{
	(void)in_netns(p, netns, p->link_delete, name, NULL);
}
