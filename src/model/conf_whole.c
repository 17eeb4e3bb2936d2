/*
 * What only the whole file can tell: what is missing, and what two peers both claim.
 */
#include <stdlib.h>
#include <string.h>

#include "model/conf_priv.h"

enum { IP6_LEAST_MTU = 1280 }; /* RFC 8200, section 5 */

/* One allowed prefix, masked, and whose. */
struct claim {
	struct cidr net;
	size_t peer;
};

static int by_net(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int d = (int)x->net.addr.family - (int)y->net.addr.family;

	if (!d)
		d = (int)x->net.len - (int)y->net.len;
	if (!d)
		d = memcmp(x->net.addr.b, y->net.addr.b, sizeof(x->net.addr.b));
	if (!d)
		d = (x->peer > y->peer) - (x->peer < y->peer);
	return d;
}

/* Whom it is to the harm of. */
static void harms(struct conf_note *n, const struct conf_peer *p)
{
	if (n)
		n->peer_line = p->line;
}

static void taken(struct conf_reader *r, const struct claim *from, const struct claim *by)
{
	const struct conf_peer *peers = r->c->peers;
	char text[CIDR_STR_SIZE];
	struct conf_note *n = conf_note(r, CONF_SAME_ALLOWED, peers[by->peer].line,
					"this [Peer] takes %s away from that of line %u",
					cidr_str(&by->net, text), peers[from->peer].line);

	harms(n, &peers[from->peer]);
	if (n)
		n->net = by->net;
}

static void same_allowed(struct conf_reader *r)
{
	const struct conf *c = r->c;
	size_t i, k, n = 0;
	struct claim *all;

	for (i = 0; i < c->n_peers; i++)
		n += c->peers[i].n_allowed;
	all = arena_alloc(r->a, (n + 1) * sizeof(*all));
	for (n = 0, i = 0; i < c->n_peers; i++)
		for (k = 0; k < c->peers[i].n_allowed; k++, n++) {
			all[n] = (struct claim){ c->peers[i].allowed[k], i };
			cidr_mask(&all[n].net);
		}
	qsort(all, n, sizeof(*all), by_net);
	for (i = 1; i < n; i++)
		if (all[i].peer != all[i - 1].peer && cidr_equal(&all[i].net, &all[i - 1].net))
			taken(r, &all[i - 1], &all[i]);
}

struct owner {
	const struct conf_peer *peer;
};
static int by_key(const void *a, const void *b)
{
	const struct conf_peer *x = ((const struct owner *)a)->peer;
	const struct conf_peer *y = ((const struct owner *)b)->peer;
	int d = memcmp(x->key.b, y->key.b, KEY_LEN);

	return d ? d : (x->line > y->line) - (x->line < y->line);
}

static void same_peer(struct conf_reader *r)
{
	const struct conf *c = r->c;
	struct owner *all = arena_alloc(r->a, (c->n_peers + 1) * sizeof(*all));
	size_t i, n = 0;

	for (i = 0; i < c->n_peers; i++)
		if (c->peers[i].has_key)
			all[n++].peer = &c->peers[i];
	qsort(all, n, sizeof(*all), by_key);
	for (i = 1; i < n; i++)
		if (public_key_equal(&all[i].peer->key, &all[i - 1].peer->key))
			harms(conf_note(r, CONF_SAME_PEER, all[i].peer->line,
					"the same PublicKey as in line %u's [Peer], which it "
					"replaces",
					all[i - 1].peer->line),
			      all[i - 1].peer);
}

static void each_peer(struct conf_reader *r, const struct public_key *own)
{
	size_t i;

	for (i = 0; i < r->c->n_peers; i++) {
		const struct conf_peer *p = &r->c->peers[i];

		if (!p->has_key)
			conf_note(r, CONF_NO_PUBLIC_KEY, p->line,
				  "this [Peer] has no (valid) PublicKey");
		else if (own && public_key_equal(own, &p->key))
			harms(conf_note(r, CONF_OWN_PEER, p->line,
					"this [Peer]'s PublicKey is that of our own PrivateKey"),
			      p);
		if (!p->n_allowed)
			harms(conf_note(r, CONF_NO_ALLOWED, p->line,
					"this [Peer] has no AllowedIPs: nothing is sent to it"),
			      p);
	}
}

static bool has_ip6(const struct conf *c)
{
	size_t i;

	for (i = 0; i < c->n_addrs; i++)
		if (c->addrs[i].addr.family == FAMILY_IP6)
			return true;
	return false;
}

/* As wg-quick(8) proposes: PostUp = wg set %i private-key <(...) */
static bool hook_sets_key(const struct conf *c)
{
	size_t i;

	for (i = 0; i < c->n_hooks; i++)
		if (c->hooks[i].hook <= CONF_POST_UP && strstr(c->hooks[i].text, "private-key"))
			return true;
	return false;
}

void conf_check_whole(struct conf_reader *r)
{
	const struct conf *c = r->c;
	struct public_key own;
	bool have_own = c->has_private_key && public_key_of(&c->private_key, &own);

	if (r->section == IN_NOTHING) {
		conf_note(r, CONF_NO_SECTION, 0, "no [Interface] in it: no configuration file");
		return;
	}
	r->section = IN_NOTHING;
	if (!c->has_private_key && !hook_sets_key(c))
		conf_note(r, CONF_NO_PRIVATE_KEY, 0, "no (valid) PrivateKey in [Interface]");
	if (!c->n_peers)
		conf_note(r, CONF_NO_PEER, 0, "no [Peer]: nothing can be sent");
	each_peer(r, have_own ? &own : NULL);
	same_peer(r);
	same_allowed(r);
	if (c->mtu != UNKNOWN && c->mtu < IP6_LEAST_MTU && has_ip6(c))
		conf_note(r, CONF_IP6_MTU, 0, "MTU %d: below %d a link has no IPv6 address",
			  (int)c->mtu, IP6_LEAST_MTU);
}
