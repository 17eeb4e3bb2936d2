/*
 * What does an engine hold? From its own `get`, which says of secrets only that they are there, and
 * of a preshared key whether it is one that we know.
 */
#include "gather/gather.h"

static void peer(const struct uapi_peer *from, struct peer_config *to)
{
	to->key = from->public_key;
	to->has_psk = from->has_psk;
	to->endpoint = from->endpoint;
	to->keepalive_s = from->keepalive_s;
	to->handshake_wall_ns = uapi_peer_handshake_ns(from);
	to->handshake_end_wall_ns = to->asked_ns = UNKNOWN;
	to->allowed = from->allowed; /* in the arena, as all that was parsed */
	to->n_allowed = from->n_allowed;
}

void gather_config(const struct uapi_device *d, struct arena *a, struct config_facts *out)
{
	size_t i;

	out->has_private_key = d->has_private_key;
	out->own = d->public_key;
	out->listen_port = d->listen_port;
	out->fwmark = d->fwmark;
	out->n_peers = d->n_peers;
	out->peers = arena_alloc(a, (d->n_peers + 1) * sizeof(*out->peers));
	for (i = 0; i < d->n_peers; i++)
		peer(&d->peers[i], &out->peers[i]);
}

static enum psk_as_file compare(const struct uapi_peer *have, const struct intended_facts *t,
				const struct key_digest *psks)
{
	static const struct key_digest none;
	const struct intended_peer *w = intended_peer(t, &have->public_key);

	if (!w || !w->has_psk || !have->has_psk || key_digest_equal(&have->psk, &none))
		return PSK_NOT_COMPARED;
	return key_digest_equal(&have->psk, &psks[w - t->peers]) ? PSK_EQUAL : PSK_DIFFERS;
}

void gather_psks(const struct uapi_device *d, const struct intended_facts *t,
		 const struct key_digest *psks, struct config_facts *out)
{
	size_t i;

	for (i = 0; i < d->n_peers; i++)
		out->peers[i].psk_as_file = compare(&d->peers[i], t, psks);
}
