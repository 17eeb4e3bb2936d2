/*
 * Which of the peers is looked at: the one that was named, whose host was pasted, whose address is
 * to be pinged, or the liveliest.
 */
#include <errno.h>
#include <string.h>

#include "gather/gather.h"
#include "run/run_attach_priv.h"
#include "run/run_far.h"
#include "wg/limits.h"

static bool begins(const struct public_key *k, const char *with)
{
	char b64[KEY_BASE64_LEN + 1];

	public_key_base64(k, b64);
	return strncmp(b64, with, strlen(with)) == 0;
}

static bool is_there(const struct uapi_peer *p, int64_t now_ns)
{
	return uapi_peer_handshake_ns(p) &&
	       now_ns - uapi_peer_handshake_ns(p) <= REJECT_AFTER_TIME_S * NS_PER_S;
}

/* Has it an address that is asked without guessing? */
static bool has_target(const struct uapi_peer *p)
{
	size_t i;

	for (i = 0; i < p->n_allowed; i++)
		if (p->allowed[i].len == 0 || cidr_is_single(&p->allowed[i]))
			return true;
	return false;
}

/* The file's order, as engines may tell their peers in any, and each time in another. */
static bool is_first(const struct attach *x, const struct uapi_peer *a, const struct uapi_peer *b)
{
	const struct intended_facts *t = x->conf->intended;
	const struct intended_peer *p = t ? intended_peer(t, &a->public_key) : NULL;
	const struct intended_peer *q = t ? intended_peer(t, &b->public_key) : NULL;

	if (p && q)
		return p < q;
	return p || (!q && memcmp(&a->public_key, &b->public_key, sizeof(a->public_key)) < 0);
}

static bool is_livelier(const struct attach *x, const struct uapi_peer *a,
			const struct uapi_peer *b)
{
	int64_t now = x->r.f->started_wall_ns;

	/* To one without allowed IPs nothing can be sent, whenever it was heard. */
	if (!a->n_allowed != !b->n_allowed)
		return a->n_allowed > 0;
	/* A run asks those that it does not look at: that must not make the next look at them. */
	if (is_there(a, now) && is_there(b, now) && a->rx_bytes != b->rx_bytes)
		return a->rx_bytes > b->rx_bytes;
	if (uapi_peer_handshake_ns(a) != uapi_peer_handshake_ns(b))
		return uapi_peer_handshake_ns(a) > uapi_peer_handshake_ns(b);
	if (!a->endpoint.addr.family != !b->endpoint.addr.family)
		return a->endpoint.addr.family;
	if (has_target(a) != has_target(b))
		return has_target(a);
	return is_first(x, a, b);
}

/*
 * Of those that are there the one that most came from; or else the one that was heard last; of
 * those never heard one that can be spoken to.
 */
static const struct uapi_peer *liveliest(const struct attach *x)
{
	const struct uapi_device *d = x->device;
	const struct uapi_peer *best = NULL;
	size_t i;

	for (i = 0; i < d->n_peers; i++)
		if (!best || is_livelier(x, &d->peers[i], best))
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

/* --- of a file, where the engine cannot be asked ------------------------------------ */

static void intended_config(const struct intended_facts *t, struct arena *a,
			    struct config_facts *out)
{
	size_t i;

	*out = (struct config_facts){ .has_private_key = UNKNOWN, .n_peers = t->n_peers };
	out->peers = arena_alloc(a, (t->n_peers + 1) * sizeof(*out->peers));
	for (i = 0; i < t->n_peers; i++)
		out->peers[i] = (struct peer_config){ .key = t->peers[i].key,
						      .allowed = t->peers[i].allowed,
						      .n_allowed = t->peers[i].n_allowed };
}

static int file_by_prefix(struct attach *x, struct err *e)
{
	const struct intended_facts *t = x->conf->intended;
	size_t i, n = 0;

	for (i = 0; i < t->n_peers; i++) {
		if (!begins(&t->peers[i].key, x->conf->peer))
			continue;
		x->file_peer = &t->peers[i];
		n++;
	}
	if (n == 1)
		return 0;
	return err_say(e, ENOKEY, "%s has %s peer whose key begins with %s", t->file,
		       n ? "more than one" : "no", x->conf->peer);
}

/* Who was pasted, whose the first named address is, or the first that can be spoken to. */
static const struct intended_peer *file_likeliest(const struct attach *x)
{
	const struct intended_facts *t = x->conf->intended;
	const struct far_text *far = x->conf->far;
	const struct intended_peer *p = NULL;
	const struct peer_config *owner;
	size_t i;

	if (far && far->last.has_private_key == 1)
		p = intended_peer(t, &far->last.own);
	owner = x->conf->n_pings ? config_owner(&x->file, &x->conf->pings[0], NULL) : NULL;
	if (!p && owner)
		p = intended_peer(t, &owner->key);
	for (i = 0; !p && i < t->n_peers; i++)
		if (t->peers[i].endpoint && t->peers[i].n_allowed)
			p = &t->peers[i];
	return p || !t->n_peers ? p : &t->peers[0];
}

static int of_file(struct attach *x, struct err *e)
{
	int rc = 0;

	if (x->conf->peer && !x->conf->intended && x->r.end[END_NEAR].via == WG_VIA_NONE)
		return err_say(e, ENOKEY,
			       "the engine of %s cannot be asked for its peers: --peer needs "
			       "--config FILE",
			       x->conf->ifname);
	if (!x->conf->intended)
		return 0;
	intended_config(x->conf->intended, x->r.arena, &x->file);
	if (x->conf->peer)
		rc = file_by_prefix(x, e);
	else
		x->file_peer = file_likeliest(x);
	if (rc < 0 || !x->file_peer)
		return rc;
	x->r.end[END_FAR].public_key = x->r.f->target.peer = x->file_peer->key;
	return 0;
}

/* --- by the engine's own word -------------------------------------------------------- */

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
	if (x->conf->n_pings)
		t->ping = x->conf->pings[0];
	if (!d) {
		/* Which one it is cannot be told then: what is asked for stays open. */
		t->all_required = x->conf->require != NULL;
		return of_file(x, e);
	}
	run_config(&x->r, END_NEAR, d);
	rc = named_peer(x, x->conf->peer, &p, e);
	if (!rc)
		rc = require(x, &required, e);
	if (rc < 0)
		return rc;
	t->peer_required = p != NULL;
	if (!p)
		p = by_far(x);
	if (!p)
		p = by_ping(x, c);
	if (!p)
		p = required ? required : liveliest(x);
	if (!p)
		return 0;
	x->r.end[END_FAR].public_key = p->public_key;
	x->r.end[END_FAR].outer = p->endpoint.addr;
	x->r.end[END_FAR].port = p->endpoint.port;
	t->peer = p->public_key;
	/* Before anything is sent. */
	return x->conf->far ? run_far_fits(x->conf->far, c, &p->public_key, e) : 0;
}
