/* config.live: the file beside the engine, the interface and its routes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "check/tunnel.h"
#include "unit/live_file.h"

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

static void other_key_and_dead(struct facts *f)
{
	other_key(f);
	f->handshake.complete = false;
	f->crypto[END_NEAR].last_handshake_wall_ns = 0;
	f->ping_peer.received = 0;
	f->target.kind = TARGET_INTERFACE;
}

static void other_key_unseen(struct facts *f)
{
	other_key_and_dead(f);
	facts_gap(f, NEED_HANDSHAKE, "not provoked", NULL);
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

static struct peer_config two_peers[2];

/* The second peer, which is not looked at, was given what the first one has. */
static void carried(struct facts *f, const char *engine)
{
	no_handshake(f);
	f->target.engine = engine;
	want_peers[1] = (struct intended_peer){ .keepalive_s = UNKNOWN };
	memset(want_peers[1].key.b, 7, KEY_LEN);
	f->intended.n_peers = 2;
	two_peers[0] = f->config[END_NEAR].peers[0];
	two_peers[1] = (struct peer_config){ .key = want_peers[1].key,
					     .has_psk = want_peers[0].has_psk,
					     .keepalive_s = 0 };
	f->config[END_NEAR].peers = two_peers;
	f->config[END_NEAR].n_peers = 2;
}

static void psk_carried(struct facts *f)
{
	carried(f, "boringtun");
}

static void keepalive_carried(struct facts *f)
{
	carried(f, "boringtun");
	two_peers[1].has_psk = 0;
	two_peers[0].keepalive_s = two_peers[1].keepalive_s = want_peers[0].keepalive_s = 25;
}

static void psk_not_carried(struct facts *f)
{
	carried(f, "wireguard-go");
}

static void psk_unwatched(struct facts *f)
{
	handshake_unseen(f);
	f->config[END_NEAR].peers[0].has_psk = 0;
	f->config[END_NEAR].peers[0].handshake_wall_ns = 0;
}

static void psk_another(struct facts *f)
{
	no_handshake(f);
	f->config[END_NEAR].peers[0].psk_as_file = PSK_DIFFERS;
}

static void psk_another_and_works(struct facts *f)
{
	file(f);
	f->config[END_NEAR].peers[0].psk_as_file = PSK_DIFFERS;
}

static void psk_equal(struct facts *f)
{
	no_handshake(f);
	f->config[END_NEAR].peers[0].psk_as_file = PSK_EQUAL;
}

/* A list of peers for all hosts of a mesh: no engine takes its own key for a peer. */
static void own_key_in_file(struct facts *f)
{
	file(f);
	want_peers[1] = (struct intended_peer){ .key = f->intended.own, .keepalive_s = UNKNOWN };
	f->intended.n_peers = 2;
}

/* The later section replaces the earlier. */
static void peer_twice(struct facts *f)
{
	file(f);
	want_peers[1] = want_peers[0];
	want_peers[0].allowed = &want_allowed[4];
	want_allowed[4] = made_net("172.31.0.0/16");
	want_peers[0].n_allowed = 1;
	f->intended.n_peers = 2;
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
	{ "own key, works", other_key, STATE_WARN, "own key is ", NULL },
	{ "own key", other_key_and_dead, STATE_FAIL, "own key is ", NULL },
	{ "own key, handshake unseen", other_key_unseen, STATE_WARN, "own key is ", NULL },
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
	{ "psk missing, unseen", psk_unwatched, STATE_WARN, "has no preshared key", NULL },
	{ "psk carried over", psk_carried, STATE_WARN,
	  "a preshared key, by the file none; boringtun does that", NULL },
	{ "keepalive carried over", keepalive_carried, STATE_WARN, "by the file 0 s; boringtun",
	  NULL },
	{ "psk of another engine", psk_not_carried, STATE_WARN, "by the file none", NULL },
	{ "another psk", psk_another, STATE_FAIL, "has another preshared key than the file", NULL },
	{ "another psk, works", psk_another_and_works, STATE_WARN, "shakes hands with", NULL },
	{ "border: psk equal", psk_equal, STATE_PASS, NULL, NULL },
	{ "border: own key among the peers", own_key_in_file, STATE_PASS, NULL, NULL },
	{ "border: a peer twice", peer_twice, STATE_PASS, NULL, NULL },
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
	{ "port", port, STATE_WARN, "rules and forwards for the latter miss it", NULL },
	{ "port of a server", port_of_a_server, STATE_WARN, "are not heard", NULL },
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
