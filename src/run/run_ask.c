/*
 * What the engine of one end says, by its socket or by netlink.
 */
#include "run/run_priv.h"

struct asking {
	struct run *r;
	enum end end;
	int timeout_ms;
	struct arena *arena;
	struct uapi_device **out;
};

static int ask_here(void *ctx, struct err *e)
{
	struct asking *x = ctx;
	const struct run_end *end = &x->r->end[x->end];

	return wg_ask_get(x->r->p, end->via, end->tun, x->timeout_ms, x->arena, x->out, e);
}

int run_ask(struct run *r, enum end end, int timeout_ms, struct arena *a, struct uapi_device **out,
	    struct err *e)
{
	struct asking x = { r, end, timeout_ms, a, out };
	int rc = run_in(r, end, ask_here, &x, e);

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
