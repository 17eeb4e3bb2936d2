#include "lab/near_tun.h"

#include <errno.h>
#include <unistd.h>

struct tun_here {
	struct self_tunnel *t;
	bool pi;
	struct sys_tun tun;
};

static int open_tun_here(void *ctx, struct err *e)
{
	struct tun_here *x = ctx;

	return x->t->p->tun_open_as(x->t->end[END_NEAR].tun, x->pi, &x->tun, e);
}

int near_tun_begin(struct self_tunnel *t, enum near_tun kind, struct engine_conf *ec,
		   struct engine_facts *ef, struct err *e)
{
	struct tun_here x = { .t = t, .pi = kind == NEAR_TUN_PI };
	int rc;

	if (!t->p->tun_open_as)
		return err_say(e, EOPNOTSUPP, "%s has one kind of tun only", t->p->name);
	rc = self_tunnel_in(t, END_NEAR, open_tun_here, &x, e);
	if (rc < 0)
		return rc;
	ec->tun_fd = x.tun.fd;
	rc = engine_begin(ec, t->p, t->loop, t->arena, &t->end[END_NEAR].engine, ef, e);
	/* At once: the device is to go with the engine, as one of its own does. */
	close(x.tun.fd);
	return rc;
}
