/* config.live: the file beside the engine, the interface and its routes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "check/tunnel.h"
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

static void no_handshake(struct facts *f)
{
	file(f);
	f->handshake.complete = false;
}

static void handshake_unseen(struct facts *f)
{
	file(f);
	facts_gap(f, NEED_HANDSHAKE, "not provoked", NULL);
}

static void no_file(struct facts *f)
{
	(void)f;
}

static void file_unread(struct facts *f)
{
	f->intended.file = "wg0.conf";
	facts_gap(f, NEED_INTENDED, "read wg0.conf: Permission denied", "run as root");
}

static void other_key(struct facts *f)
{
	file(f);
	f->intended.own.b[3] ^= 1;
}

static void engine_without_key(struct facts *f)
{
	file(f);
	f->config[END_NEAR].has_private_key = 0;
}

static void key_not_told(struct facts *f)
{
	file(f);
	f->intended.own.b[3] ^= 1;
	f->config[END_NEAR].has_private_key = UNKNOWN;
}

static void peer_missing(struct facts *f)
{
	file(f);
	want_peers[1] = want_peers[0];
	want_peers[1].key.b[0] ^= 1;
	want_peers[1].n_allowed = 0;
	f->intended.n_peers = 2;
}

static void peer_extra(struct facts *f)
{
	struct config_facts *c = &f->config[END_NEAR];

	file(f);
	c->peers[1] = c->peers[0];
	c->peers[1].key.b[0] ^= 1;
	c->peers[1].n_allowed = 0;
	c->n_peers = 2;
}

static void allowed_missing(struct facts *f)
{
	file(f);
	want_allowed[want_peers[0].n_allowed] = made_net("172.31.7.0/24");
	more_routes[f->net_start[END_NEAR].n_routes++] =
		(struct route_facts){ .dst = made_net("172.31.0.0/16"),
				      .dev = f->tun[END_NEAR].name };
	want_peers[0].n_allowed++;
}

static void allowed_extra(struct facts *f)
{
	file(f);
	want_peers[0].n_allowed--;
}

/* The file names a network and one address in it; the engine was given the network only. */
static void allowed_covered(struct facts *f)
{
	file(f);
	more_routes[0].dst = made_net("10.90.17.0/24");
	f->config[END_NEAR].peers[0].allowed[0] = made_net("10.90.17.0/24");
	want_allowed[0] = made_net("10.90.17.0/24");
	want_allowed[want_peers[0].n_allowed] = made_net("10.90.17.9/32");
	want_peers[0].n_allowed++;
}

static void host_bits(struct facts *f)
{
	file(f);
	f->config[END_NEAR].peers[0].allowed[0] = made_net("10.90.17.0/24");
	want_allowed[0] = made_net("10.90.17.9/24");
	more_routes[0].dst = made_net("10.90.17.0/24");
}

static void psk_missing(struct facts *f)
{
	no_handshake(f);
	f->config[END_NEAR].peers[0].has_psk = 0;
}

static void psk_differs_and_works(struct facts *f)
{
	file(f);
	f->config[END_NEAR].peers[0].has_psk = 0;
}

static void psk_not_told(struct facts *f)
{
	no_handshake(f);
	f->config[END_NEAR].peers[0].has_psk = UNKNOWN;
}

static void moved(void)
{
	want_endpoint[0].addr = made_addr("203.0.113.7");
}

static void endpoint_roamed(struct facts *f)
{
	file(f);
	moved();
}

static void endpoint_stale(struct facts *f)
{
	no_handshake(f);
	moved();
}

static void endpoint_unwatched(struct facts *f)
{
	handshake_unseen(f);
	moved();
}

static void endpoint_second(struct facts *f)
{
	no_handshake(f);
	want_endpoint[1] = want_endpoint[0];
	moved();
	want_peers[0].n_resolved = 2;
}

static void endpoint_unresolved(struct facts *f)
{
	no_handshake(f);
	want_peers[0].n_resolved = 0;
}

static void keepalive(struct facts *f)
{
	file(f);
	want_peers[0].keepalive_s = 17;
}

static void keepalive_unsaid(struct facts *f)
{
	file(f);
	f->config[END_NEAR].peers[0].keepalive_s = 0;
	want_peers[0].keepalive_s = UNKNOWN;
}

static void mtu(struct facts *f)
{
	file(f);
	f->intended.mtu = 1311;
}

static void mtu_unsaid(struct facts *f)
{
	file(f);
	f->intended.mtu = UNKNOWN;
}

static void address_missing(struct facts *f)
{
	file(f);
	want_addrs[f->intended.n_addrs++] = made_net("10.77.0.2/24");
}

static void address_length(struct facts *f)
{
	file(f);
	want_addrs[0].len -= 3;
}

static void addresses_unseen(struct facts *f)
{
	address_missing(f);
	facts_gap(f, NEED_ADDRS, "no", NULL);
}

/* Nothing was asked of the kernel: only not found. */
static void route_missing(struct facts *f)
{
	file(f);
	f->n_paths = 0;
	f->net_start[END_NEAR].n_routes = 0;
}

static void route_elsewhere(struct facts *f)
{
	size_t i;

	file(f);
	f->net_start[END_NEAR].n_routes = 0;
	for (i = 0; i < f->n_paths; i++)
		f->paths[i].dev = "eth9";
}

static void route_by_a_rule(struct facts *f)
{
	file(f);
	f->net_start[END_NEAR].n_routes = 0;
}

static void route_off(struct facts *f)
{
	route_elsewhere(f);
	f->intended.table = INTENDED_OFF;
}

static void full_tunnel(struct facts *f)
{
	file(f);
	want_allowed[0] = f->config[END_NEAR].peers[0].allowed[0] = made_net("0.0.0.0/0");
	f->config[END_NEAR].fwmark = 51820;
	f->n_paths = 0;
}

static void full_in_own_table(struct facts *f)
{
	full_tunnel(f);
	more_routes[0].dst = made_net("0.0.0.0/0");
	more_routes[0].table = 51820;
}

static void full_in_halves(struct facts *f)
{
	full_tunnel(f);
	more_routes[0].dst = made_net("0.0.0.0/1");
	more_routes[f->net_start[END_NEAR].n_routes++] =
		(struct route_facts){ .dst = made_net("128.0.0.0/1"),
				      .dev = f->tun[END_NEAR].name };
}

static void full_in_one_half(struct facts *f)
{
	full_tunnel(f);
	more_routes[0].dst = made_net("0.0.0.0/1");
}

static void port(struct facts *f)
{
	file(f);
	f->intended.listen_port = f->config[END_NEAR].listen_port ^ 1;
}

static void port_of_a_server(struct facts *f)
{
	no_handshake(f);
	f->intended.listen_port = f->config[END_NEAR].listen_port ^ 1;
	want_peers[0].endpoint = NULL;
	want_peers[0].n_resolved = 0;
}

static void mark(struct facts *f)
{
	file(f);
	f->intended.fwmark = 7;
}

static void mark_extra(struct facts *f)
{
	file(f);
	f->config[END_NEAR].fwmark = 7;
}

static void no_config(struct facts *f)
{
	file(f);
	facts_gap(f, NEED_CONFIG, "wg0 does not answer", NULL);
}

static const struct check_case cases[] = {
	{ "no file", no_file, STATE_NA, "no file given", NULL },
	{ "file not read", file_unread, STATE_SKIP, "Permission denied", NULL },
	{ "equal", file, STATE_PASS, "1 peer, 2 allowed IPs as in the file", NULL },
	{ "equal, no handshake", no_handshake, STATE_PASS, "as in the file", NULL },
	{ "own key", other_key, STATE_FAIL, "own key is ", NULL },
	{ "no own key", engine_without_key, STATE_FAIL, "has no private key", NULL },
	{ "border: key not told", key_not_told, STATE_PASS, NULL, NULL },
	{ "peer missing", peer_missing, STATE_FAIL, "has no peer", NULL },
	{ "peer extra", peer_extra, STATE_WARN, "is not in the file", NULL },
	{ "allowed missing", allowed_missing, STATE_FAIL, "lacks 172.31.7.0/24 of", NULL },
	{ "allowed covered", allowed_covered, STATE_WARN, "lacks 10.90.17.9/32 of", NULL },
	{ "allowed extra", allowed_extra, STATE_WARN, "the file has not", NULL },
	{ "border: host bits", host_bits, STATE_PASS, NULL, NULL },
	{ "psk missing", psk_missing, STATE_FAIL, "has no preshared key", NULL },
	{ "psk differs, works", psk_differs_and_works, STATE_WARN, "no preshared key", NULL },
	{ "border: psk not told", psk_not_told, STATE_PASS, NULL, NULL },
	{ "roamed", endpoint_roamed, STATE_WARN, "it answers there: moved", NULL },
	{ "stale name", endpoint_stale, STATE_FAIL, "vpn.example.org:51820 is 203.0.113.7", NULL },
	{ "endpoint, handshake unseen", endpoint_unwatched, STATE_WARN, "203.0.113.7", NULL },
	{ "second address of the name", endpoint_second, STATE_PASS, NULL, NULL },
	{ "name not resolved", endpoint_unresolved, STATE_PASS, NULL, NULL },
	{ "keepalive", keepalive, STATE_WARN, "by the file 17 s", NULL },
	{ "border: no keepalive", keepalive_unsaid, STATE_PASS, NULL, NULL },
	{ "MTU", mtu, STATE_WARN, "by the file 1311", NULL },
	{ "border: no MTU", mtu_unsaid, STATE_PASS, NULL, NULL },
	{ "address missing", address_missing, STATE_FAIL, "10.77.0.2/24 of the file is", NULL },
	{ "address length", address_length, STATE_WARN, "address is ", NULL },
	{ "addresses unseen", addresses_unseen, STATE_PASS, NULL, NULL },
	{ "route not found", route_missing, STATE_WARN, "was found; and 1 more", NULL },
	{ "route elsewhere", route_elsewhere, STATE_FAIL, "goes to eth9", NULL },
	{ "routed by a rule", route_by_a_rule, STATE_PASS, NULL, NULL },
	{ "Table off", route_off, STATE_PASS, NULL, NULL },
	{ "full, own table and mark", full_in_own_table, STATE_PASS, NULL, NULL },
	{ "full, in halves", full_in_halves, STATE_PASS, NULL, NULL },
	{ "full, one half", full_in_one_half, STATE_WARN, "no route for 0.0.0.0/0", NULL },
	{ "port", port, STATE_WARN, "listens on port", NULL },
	{ "port of a server", port_of_a_server, STATE_FAIL, "listens on port", NULL },
	{ "mark", mark, STATE_WARN, "by the file 0x7", NULL },
	{ "mark extra", mark_extra, STATE_WARN, "fwmark is 0x7", NULL },
	{ "engine not asked", no_config, STATE_SKIP, "does not answer", NULL },
};

static void live(void **state)
{
	(void)state;
	check_cases_run("config.live", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(live) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
