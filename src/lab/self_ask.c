#include "lab/self_ask.h"

#include "engine/wg_ask.h"

enum { ANSWER_TIMEOUT_MS = 1000 };

struct ask {
	struct self_tunnel *t;
	const struct self_end *end;
	const struct buf *text; /* of a set */
	struct arena *a;
	struct uapi_device **out; /* of a get */
};

static int get_here(void *ctx, struct err *e)
{
	struct ask *x = ctx;

	return wg_ask_get(x->t->p, wg_ask_via(x->end->ops), x->end->tun, ANSWER_TIMEOUT_MS, x->a,
			  x->out, e);
}

static int set_here(void *ctx, struct err *e)
{
	struct ask *x = ctx;

	return wg_ask_set(x->t->p, wg_ask_via(x->end->ops), x->end->tun, ANSWER_TIMEOUT_MS, x->text,
			  e);
}

int self_ask_get(struct self_tunnel *t, enum end end, struct arena *a, struct uapi_device **out,
		 struct err *e)
{
	struct ask x = { .t = t, .end = &t->end[end], .a = a, .out = out };

	return self_tunnel_in(t, end, get_here, &x, e);
}

int self_ask_set(struct self_tunnel *t, enum end end, const struct buf *text, struct err *e)
{
	struct ask x = { .t = t, .end = &t->end[end], .text = text };

	return self_tunnel_in(t, end, set_here, &x, e);
}
