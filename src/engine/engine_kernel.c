/*
 * The kernel's own engine: no program, a link of its kind.
 */
#include <errno.h>
#include <net/if.h>

#include "engine/engine_list.h"
#include "sys/netns_call.h"

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

struct link_call {
	int (*fn)(const char *name, struct err *e);
	const char *name;
};

static int call(void *ctx, struct err *e)
{
	const struct link_call *x = ctx;

	return x->fn(x->name, e);
}

static int in_netns(const struct platform_ops *p, int netns,
		    int (*fn)(const char *name, struct err *e), const char *name, struct err *e)
{
	struct link_call x = { fn, name };

	return netns < 0 ? call(&x, e) : netns_call(p, netns, -1, call, &x, e);
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

int engine_link_look(const struct platform_ops *p, int netns, const char *name, struct err *e)
{
	return in_netns(p, netns, look_for, name, e);
}

void engine_kernel_delete(const struct platform_ops *p, int netns, const char *name)
{
	(void)in_netns(p, netns, p->link_delete, name, NULL);
}
