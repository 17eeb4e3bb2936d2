/*
 * Inner addresses of the far side, by what the engine says, or else the file.
 */
#include "run/run_attach_priv.h"

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

	dns_of(x, &ask);
	if (!x->device && x->file_peer) {
		ask.config = &x->file;
		ask.peer = config_peer(&x->file, &x->file_peer->key);
	}
	if (x->device)
		ask.peer = config_peer(c, &x->r.f->target.peer);
	targets_of(&ask, &x->targets);
}
