/*
 * What does an engine hold? From its own `get`, which says of secrets only that they are there.
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
