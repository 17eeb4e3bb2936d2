/*
 * No two networks of one world overlap: each is drawn from a range that is its own, and which range
 * is whose is drawn as well.
 */
#include "lab/world_plan.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
	MTU_USUAL = 1420, /* wg-quick(8), on a way of 1500 */
	KEEPALIVE_USUAL = 25, /* wg(8), PersistentKeepalive */
};

/* The networks: that of each cable, and that of the tunnel. */
enum { NET_TUNNEL = LAB_CABLE_COUNT, NET_COUNT };

/* RFC 1918 and RFC 5737, a range each. */
static void draw_net4(struct draw *d, unsigned range, uint8_t net[3])
{
	static const uint8_t documentation[3][3] = { { 192, 0, 2 },
						     { 198, 51, 100 },
						     { 203, 0, 113 } };
	uint8_t b1 = (uint8_t)draw_below(d, 256), b2 = (uint8_t)draw_below(d, 256);

	switch (range) {
	case 0:
		memcpy(net, (uint8_t[]){ 10, b1, b2 }, 3);
		break;
	case 1:
		memcpy(net, (uint8_t[]){ 172, (uint8_t)(16 + b1 % 16), b2 }, 3);
		break;
	case 2:
		memcpy(net, (uint8_t[]){ 192, 168, b2 }, 3);
		break;
	default:
		memcpy(net, documentation[b1 % 3], 3);
	}
}

static void draw_nets(struct draw *d, struct ip_addr out4[NET_COUNT][2],
		      struct ip_addr out6[NET_COUNT][2])
{
	/* The server's uplink is public; who has which private range is drawn. */
	unsigned range[NET_COUNT] = {
		[LAB_ACCESS] = 0, [LAB_UPLINK] = 3, [LAB_INSIDE] = 1, [NET_TUNNEL] = 2
	};
	static const unsigned private[3] = { LAB_ACCESS, LAB_INSIDE, NET_TUNNEL };
	uint8_t net4[3], net6[8];
	unsigned i, j, k;

	for (i = 2; i > 0; i--) {
		j = (unsigned)draw_below(d, i + 1);
		k = range[private[i]];
		range[private[i]] = range[private[j]];
		range[private[j]] = k;
	}
	for (i = 0; i < NET_COUNT; i++) {
		draw_net4(d, range[i], net4);
		draw_two_hosts(d, net4, sizeof(net4), FAMILY_IP4, out4[i]);
		/* RFC 4193; its 40 random bits, and a subnet of its own for each. */
		net6[0] = 0xfd;
		for (k = 1; k < 7; k++)
			net6[k] = (uint8_t)draw_below(d, 256);
		net6[7] = (uint8_t)i;
		draw_two_hosts(d, net6, sizeof(net6), FAMILY_IP6, out6[i]);
	}
}

static uint16_t draw_port(struct draw *d)
{
	return (uint16_t)(10000 + draw_below(d, 20000)); /* below those the system gives out */
}

void lab_plan_network(struct lab_world *w)
{
	static const char letter[END_COUNT] = { [END_NEAR] = 'n', [END_FAR] = 'f' };
	struct ip_addr net4[NET_COUNT][2], net6[NET_COUNT][2];
	struct draw *d = &w->draw;
	unsigned tag, i, j;

	draw_nets(d, net4, net6);
	tag = (unsigned)draw_below(d, 0x10000);
	for (i = 0; i < LAB_CABLE_COUNT; i++) {
		for (j = 0; j < 2; j++) {
			struct lab_plug *plug = &w->plug[i][j];

			plug->node = (enum lab_node)(i + j);
			snprintf(plug->dev, sizeof(plug->dev), "wgl%04x%u%c", tag, i,
				 j ? 'b' : 'a');
			plug->addr4 = net4[i][j];
			plug->addr6 = net6[i][j];
		}
	}
	for (i = 0; i < END_COUNT; i++) {
		struct lab_end *end = &w->end[i];

		end->node = i == END_NEAR ? LAB_CLIENT : LAB_SERVER;
		snprintf(end->tun, sizeof(end->tun), "wgl%04x%c", tag, letter[i]);
		end->inner4 = net4[NET_TUNNEL][i];
		end->inner6 = net6[NET_TUNNEL][i];
	}
	w->listens.addr =
		draw_below(d, 4) ? w->plug[LAB_UPLINK][1].addr4 : w->plug[LAB_UPLINK][1].addr6;
	w->listens.port = draw_port(d);
}

/* --- configurations --------------------------------------------------------------- */

static struct conf *new_conf(struct lab_world *w, const struct lab_end *end)
{
	struct conf *c = arena_alloc(w->arena, sizeof(*c));

	/* Without the right to lock memory they are only wiped. */
	sodium_mlock(&c->private_key, sizeof(c->private_key));
	randombytes_buf(c->private_key.b, KEY_LEN);
	secret_key_clamp(&c->private_key);
	c->has_private_key = true;
	c->listen_port = c->fwmark = UNKNOWN;
	c->mtu = MTU_USUAL;
	c->addrs = arena_alloc(w->arena, 2 * sizeof(*c->addrs));
	c->addrs[0] = cidr_single(&end->inner4);
	c->addrs[1] = cidr_single(&end->inner6);
	c->n_addrs = 2;
	c->peers = arena_alloc(w->arena, sizeof(*c->peers));
	c->n_peers = 1;
	return c;
}

static void new_peer(struct lab_world *w, const struct lab_end *of, const struct lab_end *other)
{
	struct conf_peer *p = &of->conf->peers[0];

	p->has_key = true;
	assert(public_key_of(&other->conf->private_key, &p->key));
	p->keepalive_s = UNKNOWN;
	p->allowed = arena_alloc(w->arena, 2 * sizeof(*p->allowed));
	p->allowed[0] = cidr_single(&other->inner4);
	p->allowed[1] = cidr_single(&other->inner6);
	p->n_allowed = 2;
}

void lab_plan_confs(struct lab_world *w)
{
	struct lab_end *near = &w->end[END_NEAR], *far = &w->end[END_FAR];
	struct conf_peer *p;

	assert(sodium_init() >= 0);
	near->conf = new_conf(w, near);
	far->conf = new_conf(w, far);
	new_peer(w, near, far);
	new_peer(w, far, near);
	far->conf->listen_port = w->listens.port;
	p = &near->conf->peers[0];
	lab_endpoint(w, p, &w->listens);
	if (draw_below(&w->draw, 2))
		p->keepalive_s = KEEPALIVE_USUAL;
	if (draw_below(&w->draw, 2))
		lab_preshare(w);
}
