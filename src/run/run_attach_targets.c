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

/* No peer takes what has no place in allowed IPs: the engine drops it, and asks nobody. */
static bool is_taken(const struct attach *x, const struct ip_addr *a)
{
	const struct facts *f = x->r.f;
	const struct peer_config *owner;

	if (!(f->have & NEED_BIT(NEED_CONFIG)))
		return true;
	owner = config_owner(&f->config[END_NEAR], a, NULL);
	return owner && public_key_equal(&owner->key, &f->target.peer);
}

void run_attach_first_target(struct attach *x)
{
	struct run_end *far = &x->r.end[END_FAR];
	const struct ip_addr *first = NULL, *enters = NULL, *a;
	struct path_facts way;
	size_t i;

	for (i = 0; i < x->targets.n && !first; i++) {
		a = &x->targets.t[i].addr;
		if (run_way(&x->r, a, &way) < 0 || !run_way_leads_in(&x->r, &way))
			continue;
		enters = enters ? enters : a;
		first = is_taken(x, a) ? a : NULL;
	}
	if (!x->targets.n)
		return;
	first = first ? first : enters ? enters : &x->targets.t[0].addr;
	far->inner4 = far->inner6 = (struct ip_addr){ 0 };
	*(first->family == FAMILY_IP6 ? &far->inner6 : &far->inner4) = *first;
}
