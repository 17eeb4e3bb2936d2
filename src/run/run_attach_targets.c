/*
 * Inner addresses of the far side, by what the engine says, or else the file.
 */
#include "run/run_attach_priv.h"

/* The file's peers as if the engine had told them, for one that cannot be asked. */
static void intended_config(const struct intended_facts *t, struct arena *a,
			    struct config_facts *out)
{
	size_t i;

	*out = (struct config_facts){ .n_peers = t->n_peers };
	out->peers = arena_alloc(a, (t->n_peers + 1) * sizeof(*out->peers));
	for (i = 0; i < t->n_peers; i++)
		out->peers[i] = (struct peer_config){ .key = t->peers[i].key,
						      .allowed = t->peers[i].allowed,
						      .n_allowed = t->peers[i].n_allowed };
}

static void dns_of(const struct attach *x, struct targets_ask *ask)
{
	const struct intended_facts *t = x->conf->intended;
	struct ip_addr *dns;
	size_t i;

	if (!t)
		return;
	dns = arena_alloc(x->r.arena, (t->n_dns + 1) * sizeof(*dns));
	for (i = 0; i < t->n_dns; i++)
		if (ip_addr_parse(t->dns[i], &dns[ask->n_dns]))
			ask->n_dns++;
	ask->dns = dns;
}

void run_attach_targets(struct attach *x)
{
	const struct config_facts *c = &x->r.f->config[END_NEAR];
	struct targets_ask ask = {
		.given = x->conf->pings,
		.n_given = x->conf->n_pings,
		.config = x->device ? c : NULL,
		.net = &x->net,
		.tun = x->conf->ifname,
	};
	struct config_facts file;

	dns_of(x, &ask);
	if (!x->device && x->conf->intended) {
		intended_config(x->conf->intended, x->r.arena, &file);
		ask.config = &file;
		ask.peer = file.n_peers ? &file.peers[0] : NULL;
	}
	if (x->device)
		ask.peer = config_peer(c, &x->r.f->target.peer);
	targets_of(&ask, &x->targets);
}
