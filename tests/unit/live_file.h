/* For the tests of config.live: a file that wants exactly what the healthy facts have. */
#ifndef TESTS_UNIT_LIVE_FILE_H
#define TESTS_UNIT_LIVE_FILE_H

#include <string.h>

#include "lib/made_facts.h"

static struct intended_peer want_peers[2];
static struct endpoint want_endpoint[2];
static struct cidr want_allowed[8], want_addrs[4];
static struct route_facts more_routes[32];

/* A file that wants exactly what the healthy facts have. */
static void file(struct facts *f)
{
	const struct config_facts *c = &f->config[END_NEAR];
	const struct peer_config *p = &c->peers[0];
	struct net_facts *n = &f->net_start[END_NEAR];
	struct intended_facts *w = &f->intended;
	size_t i;

	memset(want_peers, 0, sizeof(want_peers));
	assert_true(p->n_allowed > 0 && p->n_allowed <= 4);
	memcpy(want_allowed, p->allowed, p->n_allowed * sizeof(want_allowed[0]));
	want_endpoint[0] = p->endpoint;
	want_peers[0] = (struct intended_peer){
		.key = p->key,
		.has_psk = p->has_psk == 1,
		.endpoint = "vpn.example.org:51820",
		.resolved = want_endpoint,
		.n_resolved = 1,
		.keepalive_s = p->keepalive_s,
		.allowed = want_allowed,
		.n_allowed = p->n_allowed,
	};
	w->file = "wg0.conf";
	w->has_private_key = true;
	w->own = c->own;
	w->listen_port = c->listen_port;
	w->mtu = f->tun[END_NEAR].start.mtu;
	w->peers = want_peers;
	w->n_peers = 1;
	w->addrs = want_addrs;
	for (i = 0; i < n->n_addrs; i++)
		if (!strcmp(n->addrs[i].link, f->tun[END_NEAR].name))
			want_addrs[w->n_addrs++] = n->addrs[i].addr;
	assert_true(w->n_addrs > 0);
	for (i = 0; i < p->n_allowed; i++)
		more_routes[i] =
			(struct route_facts){ .dst = p->allowed[i], .dev = f->tun[END_NEAR].name };
	n->routes = more_routes;
	n->n_routes = p->n_allowed;
	facts_have(f, NEED_INTENDED);
}

#endif
