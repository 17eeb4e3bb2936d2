/*
 * What the configurations at the two ends say: what faults and healthy controls change in them,
 * before anything is up.
 */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "lab/world.h"

void lab_endpoint(struct lab_world *w, struct conf_peer *p, const struct endpoint *to)
{
	char *host = arena_alloc(w->arena, IP_ADDR_STR_SIZE);

	p->literal = *to;
	p->port = to->port;
	p->host = ip_addr_str(&to->addr, host);
}

void lab_full_tunnel(struct lab_world *w)
{
	struct conf *c = w->end[END_NEAR].conf;

	c->peers[0].allowed[0] = (struct cidr){ { .family = FAMILY_IP4 }, 0 };
	c->peers[0].allowed[1] = (struct cidr){ { .family = FAMILY_IP6 }, 0 };
	c->fwmark = LAB_FULL_TABLE;
}

void lab_preshare(struct lab_world *w)
{
	struct conf_peer *near = &w->end[END_NEAR].conf->peers[0];
	struct conf_peer *far = &w->end[END_FAR].conf->peers[0];

	randombytes_buf(near->psk.b, KEY_LEN);
	far->psk = near->psk;
	near->has_psk = far->has_psk = true;
}

void lab_nobodys_key(struct public_key *out)
{
	struct secret_key s;

	randombytes_buf(s.b, KEY_LEN);
	secret_key_clamp(&s);
	assert(public_key_of(&s, out));
	secret_key_done(&s);
}

void lab_allow_net(struct lab_world *w, enum end end, const struct cidr *net)
{
	struct conf_peer *p = &w->end[end].conf->peers[0];
	struct cidr *grown = arena_alloc(w->arena, (p->n_allowed + 1) * sizeof(*grown));

	memcpy(grown, p->allowed, p->n_allowed * sizeof(*grown));
	grown[p->n_allowed] = *net;
	cidr_mask(&grown[p->n_allowed++]);
	p->allowed = grown;
}

void lab_allow(struct lab_world *w, enum end end, enum lab_cable cable)
{
	struct cidr net = { w->plug[cable][0].addr4, 24 };

	lab_allow_net(w, end, &net);
}

unsigned lab_outer_mtu(const struct lab_world *w)
{
	/* IPv4 or IPv6, UDP, and a data message's header and tag. */
	unsigned over = w->listens.addr.family == FAMILY_IP6 ? 40 + 8 + 32 : 20 + 8 + 32;

	return (unsigned)w->end[END_NEAR].conf->mtu + over;
}
