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

/* A mere guess that packets do not even enter the tunnel for tells nothing of it. */
static void leave_out_unrouted(struct attach *x)
{
	struct targets *t = &x->targets;
	size_t i, kept = 0;

	for (i = 0; i < t->n; i++) {
		struct path_facts way;
		bool guess = t->t[i].how == TARGET_HOP || t->t[i].how == TARGET_SUBNET;

		if (guess && run_way(&x->r, &t->t[i].addr, &way) == 0 &&
		    !run_way_leads_in(&x->r, &way))
			continue;
		t->t[kept++] = t->t[i];
	}
	t->n = kept;
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
	/* For a file's tunnel the routes are made only now. */
	if (!x->up)
		leave_out_unrouted(x);
}
