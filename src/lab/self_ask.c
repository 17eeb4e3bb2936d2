/*
 * Netlink speaks of the namespace that it is asked in; sockets lie in a folder for all.
 */
#include "lab/self_ask.h"

#include "engine/uapi_client.h"

enum { ANSWER_TIMEOUT_MS = 1000 };

struct ask {
	struct self_tunnel *t;
	const char *tun;
	const struct buf *text;
	struct arena *a;
	struct uapi_device **out;
};

static int set_in_kernel(void *ctx, struct err *e)
{
	struct ask *x = ctx;

	return x->t->p->wg_set(x->tun, x->text, e);
}

static int get_from_kernel(void *ctx, struct err *e)
{
	struct ask *x = ctx;

	return x->t->p->wg_get(x->tun, x->a, x->out, e);
}

int self_ask_get(struct self_tunnel *t, enum end end, struct arena *a, struct uapi_device **out,
		 struct err *e)
{
	struct ask x = { .t = t, .tun = t->end[end].tun, .a = a, .out = out };

	if (t->end[end].ops->in_kernel)
		return self_tunnel_in(t, end, get_from_kernel, &x, e);
	return uapi_get(x.tun, ANSWER_TIMEOUT_MS, a, out, e);
}

int self_ask_set(struct self_tunnel *t, enum end end, const struct buf *text, struct err *e)
{
	struct ask x = { .t = t, .tun = t->end[end].tun, .text = text };

	if (t->end[end].ops->in_kernel)
		return self_tunnel_in(t, end, set_in_kernel, &x, e);
	return uapi_set(x.tun, ANSWER_TIMEOUT_MS, text, e);
}
