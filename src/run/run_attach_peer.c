/*
 * Which peer of a tunnel that runs is looked at, and whose silence is a fault.
 */
#include <errno.h>
#include <string.h>

#include "gather/gather.h"
#include "run/run_attach_priv.h"

static bool begins(const struct public_key *k, const char *with)
{
	char b64[KEY_BASE64_LEN + 1];

	public_key_base64(k, b64);
	return strncmp(b64, with, strlen(with)) == 0;
}

/* The one that was heard last; of those never heard one that can be spoken to. */
static const struct uapi_peer *liveliest(const struct uapi_device *d)
{
	const struct uapi_peer *best = NULL;
	size_t i;

	for (i = 0; i < d->n_peers; i++) {
		const struct uapi_peer *p = &d->peers[i];

		if (!best || uapi_peer_handshake_ns(p) > uapi_peer_handshake_ns(best) ||
		    (uapi_peer_handshake_ns(p) == uapi_peer_handshake_ns(best) &&
		     !best->endpoint.addr.family && p->endpoint.addr.family))
			best = p;
	}
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

/* The one whose key begins like that; NULL, and no failure: nobody asked for one. */
static int named_peer(const struct attach *x, const char *with, const struct uapi_peer **out,
		      struct err *e)
{
	const struct uapi_peer *p;
	size_t n;

	*out = NULL;
	if (!with)
		return 0;
	p = by_prefix(x->device, with, &n);
	if (n != 1)
		return err_say(e, ENOKEY, "%s has %s peer whose key begins with %s",
			       x->conf->ifname, n ? "more than one" : "no", with);
	*out = p;
	return 0;
}

static int require(struct attach *x, const struct uapi_peer **out, struct err *e)
{
	struct target_facts *t = &x->r.f->target;
	int rc;

	*out = NULL;
	if (t->all_required)
		return 0;
	rc = named_peer(x, x->conf->require, out, e);
	if (*out)
		t->required = (*out)->public_key;
	return rc;
}

int run_attach_peer(struct attach *x, struct err *e)
{
	struct config_facts *c = &x->r.f->config[END_NEAR];
	struct target_facts *t = &x->r.f->target;
	const struct uapi_device *d = x->device;
	const struct uapi_peer *p, *required;
	int rc;

	t->all_required = x->conf->require && !strcmp(x->conf->require, "all");
	if (!d) {
		/* Which one it is cannot be told then: what is asked for stays open. */
		t->all_required = x->conf->require != NULL;
		return 0;
	}
	gather_config(d, x->r.arena, c);
	facts_have(x->r.f, NEED_CONFIG);
	rc = named_peer(x, x->conf->peer, &p, e);
	if (!rc)
		rc = require(x, &required, e);
	if (rc < 0)
		return rc;
	t->peer_required = p != NULL;
	if (!p)
		p = by_ping(x, c);
	if (!p)
		p = required ? required : liveliest(d);
	if (!p)
		return 0;
	x->r.end[END_FAR].public_key = p->public_key;
	x->r.end[END_FAR].outer = p->endpoint.addr;
	x->r.end[END_FAR].port = p->endpoint.port;
	t->peer = p->public_key;
	return 0;
}
