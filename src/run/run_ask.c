/*
 * What the engine of one end says, by its socket or by netlink.
 */
#include <errno.h>

#include "engine/uapi_client.h"
#include "run/run_priv.h"

struct asking {
	struct run *r;
	enum end end;
	int timeout_ms;
	struct arena *arena;
	struct uapi_device **out;
};

/* Netlink speaks of the namespace that it is asked in; sockets lie in a folder for all. */
static int ask_here(void *ctx, struct err *e)
{
	struct asking *x = ctx;
	struct run *r = x->r;

	if (r->end[x->end].via == WG_VIA_KERNEL)
		return r->p->wg_get(r->end[x->end].tun, x->arena, x->out, e);
	return uapi_get(r->end[x->end].tun, x->timeout_ms, x->arena, x->out, e);
}

int run_ask(struct run *r, enum end end, int timeout_ms, struct arena *a, struct uapi_device **out,
	    struct err *e)
{
	struct asking x = { r, end, timeout_ms, a, out };
	int rc;

	if (r->end[end].via == WG_VIA_NONE)
		return err_say(e, ENODATA,
			       "%s has no control socket, and the kernel has no "
			       "WireGuard there",
			       r->end[end].tun);
	rc = run_in(r, end, ask_here, &x, e);
	if (!rc)
		uapi_handshake_times(*out, r->p->wall_ns());
	return rc;
}

const struct uapi_peer *run_peer(const struct run *r, enum end end, const struct uapi_device *d)
{
	const struct public_key *key = &r->end[end == END_NEAR ? END_FAR : END_NEAR].public_key;
	size_t i;

	for (i = 0; i < d->n_peers; i++)
		if (public_key_equal(&d->peers[i].public_key, key))
			return &d->peers[i];
	return NULL;
}
