/* config.file: what is noted of a file, and what came of it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/made_facts.h"
#include "model/conf.h"

#define K "PrivateKey = MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE=\n"

static struct arena arena;
static struct conf_notes notes;
static struct peer_config *near_peer;

static const char *key_of(const struct public_key *k)
{
	char text[KEY_BASE64_LEN + 1];

	public_key_base64(k, text);
	return arena_strdup(&arena, text);
}

/* The facts' tunnel as an interface's, with this file beside it; %P is its peer's key. */
static void with(struct facts *f, const char *text)
{
	const char *mark = strstr(text, "%P");
	struct conf *c;

	near_peer = &f->config[END_NEAR].peers[0];
	f->target.kind = TARGET_INTERFACE;
	for (; mark; mark = strstr(text, "%P"))
		text = arena_printf(&arena, "%.*s%s%s", (int)(mark - text), text,
				    key_of(&near_peer->key), mark + 2);
	assert_true(conf_parse(text, strlen(text), &arena, &c, &notes) < CONF_REFUSED);
	conf_facts(c, &notes, &arena, &f->intended);
	conf_wipe(c);
	f->intended.file = "wg0.conf";
	facts_have(f, NEED_INTENDED);
}

/* Nothing came back of anything. */
static void dead(struct facts *f)
{
	f->handshake.complete = false;
	f->crypto[END_NEAR].last_handshake_wall_ns = 0;
	f->ping_peer.received = 0;
}

#define PEER "[Peer]\nPublicKey = %P\nAllowedIPs = 10.90.17.2/32, fd5a:17::2/128\n"
#define OTHER "[Peer]\nPublicKey = IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIkI=\n"
#define HEAD "[Interface]\n" K

static void no_file(struct facts *f)
{
	(void)f;
}
static void unread(struct facts *f)
{
	f->intended.file = "wg0.conf";
	facts_gap(f, NEED_INTENDED, "read wg0.conf: Permission denied", NULL);
}
static void fine(struct facts *f)
{
	with(f, HEAD PEER "Endpoint = 192.0.2.9:51820\n");
}
static void of_old_facts(struct facts *f)
{
	fine(f);
	f->intended.more_notes = UNKNOWN;
}
static void host_bits(struct facts *f)
{
	with(f, HEAD "[Peer]\nPublicKey = %P\nAllowedIPs = 10.90.17.2/24\n");
}
static void many(struct facts *f)
{
	with(f, HEAD "[Peer]\nPublicKey = %P\nAllowedIPs = 10.90.17.2/24\n"
		     "AllowedIPs = 10.91.17.2/24\nAllowedIPs = 10.92.17.2/24\n"
		     "PersistentKeepalive = 1\nPersistentKeepalive = 2\n");
}
static void too_many(struct facts *f)
{
	fine(f);
	host_bits(f);
	f->intended.more_notes = 7;
}
static void port_zero(struct facts *f)
{
	with(f, HEAD PEER "Endpoint = 192.0.2.9:0\n");
	dead(f);
	near_peer->endpoint = (struct endpoint){ 0 };
}
static void port_zero_in_the_engine(struct facts *f)
{
	port_zero(f);
	near_peer->endpoint = (struct endpoint){ .addr = made_addr("192.0.2.9") };
}
static void port_zero_roamed(struct facts *f)
{
	with(f, HEAD PEER "Endpoint = 192.0.2.9:0\n");
	dead(f);
}
static void port_zero_alive(struct facts *f)
{
	with(f, HEAD PEER "Endpoint = 192.0.2.9:0\n");
	near_peer->endpoint = (struct endpoint){ 0 };
}
static void port_zero_of_another(struct facts *f)
{
	with(f, HEAD PEER OTHER "Endpoint = 192.0.2.9:0\nAllowedIPs = 10.5.5.5/32\n");
	dead(f);
}
static const char *own(void)
{
	struct secret_key k;
	struct public_key p;

	assert_true(secret_key_from_base64("MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE=", &k));
	assert_true(public_key_of(&k, &p));
	return arena_printf(&arena, "[Peer]\nPublicKey = %s\nAllowedIPs = 10.5.5.5/32\n",
			    key_of(&p));
}
static void own_among_others(struct facts *f)
{
	with(f, arena_printf(&arena, "%s%s", HEAD PEER, own()));
}
static void own_alone(struct facts *f)
{
	with(f, arena_printf(&arena, "%s%s", HEAD, own()));
	dead(f);
	f->config[END_NEAR].n_peers = 0;
}
static void own_alone_and_one_set(struct facts *f)
{
	own_alone(f);
	f->config[END_NEAR].n_peers = 1;
}
static void taken_by_other(struct facts *f)
{
	with(f, HEAD PEER OTHER "AllowedIPs = 10.90.17.2/32\n");
	f->target.peer = near_peer->key;
	f->config[END_NEAR].peers[1] = *near_peer;
	f->config[END_NEAR].peers[1].key.b[5] ^= 1;
	f->config[END_NEAR].peers[1].n_allowed = 1;
	f->config[END_NEAR].peers[1].allowed = &near_peer->allowed[0];
	f->config[END_NEAR].n_peers = 2;
	near_peer->allowed++;
	near_peer->n_allowed--;
}
/* The other one is looked at, has it, and answers. */
static void taken_and_good(struct facts *f)
{
	taken_by_other(f);
	f->target.peer = f->config[END_NEAR].peers[1].key;
}
static void taken_and_silent(struct facts *f)
{
	static struct inner_target_facts named = { .how = TARGET_GIVEN };

	taken_and_good(f);
	named.addr = f->ping_peer.target = made_addr("10.90.17.2");
	f->inner_targets = &named;
	f->n_inner_targets = 1;
	f->ping_peer.received = 0;
}
static void taken_and_silent_guess(struct facts *f)
{
	taken_and_silent(f);
	f->inner_targets[0].how = TARGET_SINGLE;
}
static void taken_and_no_handshake(struct facts *f)
{
	taken_and_silent(f);
	f->handshake.complete = false;
}
static void same_peer(struct facts *f)
{
	with(f, HEAD PEER PEER);
	f->target.peer = near_peer->key;
}
static void same_peer_other_nets(struct facts *f)
{
	with(f, HEAD PEER "[Peer]\nPublicKey = %P\nAllowedIPs = 10.5.5.5/32\n");
	f->target.peer = near_peer->key;
	near_peer->n_allowed = 1;
	near_peer->allowed[0] = made_net("10.5.5.5/32");
}
static void no_key(struct facts *f)
{
	with(f, "[Interface]\nListenPort = 5\n" PEER);
	f->config[END_NEAR].has_private_key = 0;
	dead(f);
}
static void key_set_since(struct facts *f)
{
	with(f, "[Interface]\nListenPort = 5\n" PEER);
}
static void key_by_hook(struct facts *f)
{
	with(f, "[Interface]\nPostUp = wg set %i private-key /root/k\n" PEER);
	f->config[END_NEAR].has_private_key = 0;
}
static void no_peer(struct facts *f)
{
	with(f, HEAD);
	f->config[END_NEAR].n_peers = 0;
	dead(f);
}
static void peers_set_since(struct facts *f)
{
	with(f, HEAD);
}
static void no_allowed(struct facts *f)
{
	with(f, HEAD "[Peer]\nPublicKey = %P\n");
	f->target.peer = near_peer->key;
	near_peer->n_allowed = 0;
}
static void allowed_since(struct facts *f)
{
	with(f, HEAD "[Peer]\nPublicKey = %P\n");
}
static void small_mtu(struct facts *f)
{
	with(f, "[Interface]\nMTU = 1200\nAddress = fd5a:17::1/64\n" K PEER);
}
static void small_mtu_ip6_only(struct facts *f)
{
	size_t i;

	small_mtu(f);
	dead(f);
	f->tun[END_NEAR].start.mtu = 1200;
	f->ping_peer.target = made_addr("fd5a:17::2");
	for (i = 0; i < f->n_paths; i++)
		if (f->paths[i].of == PATH_INNER)
			f->paths[i].to = f->ping_peer.target;
}
static void unasked(struct facts *f)
{
	port_zero(f);
	facts_gap(f, NEED_CONFIG, "not asked", NULL);
}

static const struct check_case cases[] = {
	{ "no file", no_file, STATE_NA, "no file given", NULL },
	{ "not read", unread, STATE_SKIP, "Permission denied", NULL },
	{ "fine", fine, STATE_PASS, "nothing is doubtful in wg0.conf", NULL },
	{ "facts of before", of_old_facts, STATE_SKIP, "did not keep", NULL },
	{ "host bits", host_bits, STATE_WARN,
	  "wg0.conf: line 5: AllowedIPs: \"10.90.17.2/24\" is taken as 10.90.17.0/24", NULL },
	{ "many", many, STATE_WARN, "10.90.17.0/24 (also line 6, 7); line 9: PersistentKeepalive",
	  NULL },
	{ "too many", too_many, STATE_WARN, "; and 7 more", NULL },
	{ "port 0", port_zero, STATE_FAIL, "wg0.conf: line 6: Endpoint: nobody listens on port 0",
	  NULL },
	{ "port 0, taken by the engine", port_zero_in_the_engine, STATE_FAIL, "port 0", NULL },
	{ "port 0, roamed", port_zero_roamed, STATE_WARN, "port 0", NULL },
	{ "port 0, it called us", port_zero_alive, STATE_WARN, "port 0", NULL },
	{ "port 0 of another", port_zero_of_another, STATE_WARN, "port 0", NULL },
	{ "own key in a list for all", own_among_others, STATE_WARN, "our own PrivateKey", NULL },
	{ "own key alone", own_alone, STATE_FAIL, "line 3: this [Peer]'s PublicKey is", NULL },
	{ "own key, and one set since", own_alone_and_one_set, STATE_WARN, "our own", NULL },
	{ "taken from the one looked at", taken_by_other, STATE_FAIL,
	  "line 6: this [Peer] takes 10.90.17.2/32 away from that of line 3", NULL },
	{ "taken, and good", taken_and_good, STATE_WARN, "takes 10.90.17.2/32", NULL },
	{ "taken, and silent", taken_and_silent, STATE_FAIL, "takes 10.90.17.2/32", NULL },
	{ "taken, a guess", taken_and_silent_guess, STATE_WARN, "takes 10.90.17.2/32", NULL },
	{ "taken, no handshake", taken_and_no_handshake, STATE_WARN, "takes 10.90.17.2/32", NULL },
	{ "same peer", same_peer, STATE_WARN, "line 6: the same PublicKey as in line 3's", NULL },
	{ "same peer, others", same_peer_other_nets, STATE_FAIL, "the same PublicKey", NULL },
	{ "no private key", no_key, STATE_FAIL, "no (valid) PrivateKey", NULL },
	{ "private key set since", key_set_since, STATE_PASS, NULL, NULL },
	{ "private key by a hook", key_by_hook, STATE_PASS, NULL, NULL },
	{ "no peer", no_peer, STATE_FAIL, "no [Peer]", NULL },
	{ "peers set since", peers_set_since, STATE_PASS, NULL, NULL },
	{ "no allowed IPs", no_allowed, STATE_FAIL, "has no AllowedIPs", NULL },
	{ "allowed IPs since", allowed_since, STATE_WARN, "has no AllowedIPs", NULL },
	{ "MTU, IPv4 too", small_mtu, STATE_WARN, "below 1280", NULL },
	{ "MTU, IPv6 only", small_mtu_ip6_only, STATE_FAIL, "below 1280", NULL },
	{ "engine not asked", unasked, STATE_WARN, "port 0", NULL },
};

static void of_file(void **state)
{
	(void)state;
	arena_init(&arena);
	check_cases_run("config.file", cases, ARRAY_LEN(cases));
	arena_done(&arena);
}

/* The rows that say the same of the engine are its consequences. */
static void explains(void **state)
{
	static const struct {
		void (*change)(struct facts *f);
		const char *row;
	} of[] = {
		{ no_key, "config.keys" },
		{ no_allowed, "config.allowed-ips" },
		{ taken_by_other, "config.allowed-ips" },
		{ port_zero, "handshake.complete" },
	};
	struct findings all;
	struct facts f;
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&arena);
	for (i = 0; i < ARRAY_LEN(of); i++) {
		const struct finding *row;

		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		of[i].change(&f);
		checks_run(&f, NULL, &all);
		row = made_row(&all, of[i].row);
		assert_int_equal(row->state, STATE_FAIL);
		assert_non_null(row->caused_by);
		assert_string_equal(row->caused_by, "config.file");
		arena_done(&a);
	}
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_file),
		cmocka_unit_test(explains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
