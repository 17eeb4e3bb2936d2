/*
 * Which of the peers is looked at: the one that was named, whose host was pasted, whose address is
 * to be pinged, or who was heard last.
 */
#include <errno.h>
#include <string.h>

#include "gather/gather.h"
#include "run/run_attach_priv.h"
#include "run/run_far.h"

static bool begins(const struct public_key *k, const char *with)
{
	char b64[KEY_BASE64_LEN + 1];

	public_key_base64(k, b64);
	return strncmp(b64, with, strlen(with)) == 0;
}

static bool is_livelier(const struct uapi_peer *a, const struct uapi_peer *b)
{
	/* To one without allowed IPs nothing can be sent, whenever it was heard. */
	if (!a->n_allowed != !b->n_allowed)
		return a->n_allowed > 0;
	if (uapi_peer_handshake_ns(a) != uapi_peer_handshake_ns(b))
		return uapi_peer_handshake_ns(a) > uapi_peer_handshake_ns(b);
	return !b->endpoint.addr.family && a->endpoint.addr.family;
}

/* The one that was heard last; of those never heard one that can be spoken to. */
static const struct uapi_peer *liveliest(const struct uapi_device *d)
{
	const struct uapi_peer *best = NULL;
	size_t i;

	for (i = 0; i < d->n_peers; i++)
		if (!best || is_livelier(&d->peers[i], best))
			best = &d->peers[i];
	return best;
}

static const struct uapi_peer *by_prefix(const struct uapi_device *d, const char *with, size_t *n)
{
	const struct uapi_peer *found = NULL;
	size_t i;

	for (i = *n = 0; i < d->n_peers; i++) {
		if (!begins(&d->peers[i].public_key, with))
			continue;
		found = &d->peers[i];
		++*n;
	}
	return found;
}

/* Whose the first of the named addresses is. */
static const struct uapi_peer *by_ping(const struct attach *x, const struct config_facts *c)
{
	const struct peer_config *p;

	if (!x->conf->n_pings)
		return NULL;
	p = config_owner(c, &x->conf->pings[0], NULL);
	return p ? &x->device->peers[p - c->peers] : NULL;
}

/* Whose the pasted far end is. */
static const struct uapi_peer *by_far(const struct attach *x)
{
	const struct far_text *t = x->conf->far;
	const struct uapi_device *d = x->device;
	size_t i;

	for (i = 0; t && t->last.has_private_key == 1 && i < d->n_peers; i++)
		if (public_key_equal(&d->peers[i].public_key, &t->last.own))
			return &d->peers[i];
	return NULL;
}

int run_attach_peer(struct attach *x, struct err *e)
{
	struct config_facts *c = &x->r.f->config[END_NEAR];
	const struct uapi_device *d = x->device;
	const struct uapi_peer *p = NULL;
	size_t n;

	if (!d)
		return 0;
	gather_config(d, x->r.arena, c);
	facts_have(x->r.f, NEED_CONFIG);
	if (x->conf->peer) {
		p = by_prefix(d, x->conf->peer, &n);
		if (n != 1)
			return err_say(e, ENOKEY, "%s has %s peer whose key begins with %s",
				       x->conf->ifname, n ? "more than one" : "no", x->conf->peer);
	}
	if (!p)
		p = by_far(x);
	if (!p)
		p = by_ping(x, c);
	if (!p)
		p = liveliest(d);
	if (!p)
		return 0;
	x->r.end[END_FAR].public_key = p->public_key;
	x->r.end[END_FAR].outer = p->endpoint.addr;
	x->r.end[END_FAR].port = p->endpoint.port;
	x->r.f->target.peer = p->public_key;
	/* Before anything is sent. */
	return x->conf->far ? run_far_fits(x->conf->far, c, &p->public_key, e) : 0;
}
