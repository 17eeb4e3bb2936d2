/* Configuration files: line by line what is taken and what is refused; and a random round trip. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/seed.h"
#include "model/conf.h"

#define K1 "ERERERERERERERERERERERERERERERERERERERERERE="
#define K2 "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI="
#define K3 "MzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzM="
#define K1_PUBLIC "e06Qm75//kTEZaIgA31gjuNYl9Me+XLwf3SJLLD3PxM="
#define HEAD "[Interface]\nPrivateKey=" K1 "\n"
#define PEER "[Peer]\nPublicKey=" K2 "\nAllowedIPs=10.0.0.0/8\n"

static struct arena arena;
static struct conf *c;
static struct conf_notes notes;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static enum conf_grade parse(const char *text)
{
	return conf_parse(text, strlen(text), &arena, &c, &notes);
}

struct line_case {
	const char *text; /* behind HEAD */
	const char *says; /* part of the first note; NULL: none */
	enum conf_fault fault;
	unsigned line;
};

static const struct line_case lines[] = {
	{ PEER, NULL, 0, 0 },
	{ "  # c\n\n\t\r\n" PEER "#\n", NULL, 0, 0 },
	{ "LISTENPORT = 0\nfwmark=off\nMtu = 1420 # x\nTable = off\n" PEER, NULL, 0, 0 },
	{ "FwMark=0xCA6C\nTable=51820\nSaveConfig=true\nDNS=\nPostUp=\n" PEER, NULL, 0, 0 },
	{ "Address=10.0.0.1, fd00::1/64 10.0.0.2/24\nTable=main\n" PEER, NULL, 0, 0 },
	{ PEER "Endpoint=a.b:1\n[PEER]\nPublic Key=" K3 "\nAllowedIPs=\nAllowedIPs=::/0\n", NULL, 0,
	  0 },
	{ PEER "Endpoint=[2001:db8::1]:65535\nPersistentKeepalive=65535\n", NULL, 0, 0 },
	{ PEER "Endpoint=[fe80::1%eth0]:5\nPersistentKeepalive=off", NULL, 0, 0 },
	{ "; c\n" PEER, "comments begin with #", CONF_NO_EQUALS, 3 },
	{ "hello\n" PEER, "neither a [section]", CONF_NO_EQUALS, 3 },
	{ "Adress=10.0.0.1\n" PEER, "maybe Address?", CONF_UNKNOWN_KEY, 3 },
	{ K3 "\n" PEER, "what stands before", CONF_UNKNOWN_KEY, 3 },
	{ "PublicKey=" K2 "\n" PEER, "PublicKey stands in [Interface]", CONF_WRONG_SECTION, 3 },
	{ PEER "Address=10.0.0.1\n", "Address stands in [Peer]", CONF_WRONG_SECTION, 6 },
	{ "[Pear]\nPublicKey=x\n" PEER, "no section \"[Pear]\"", CONF_UNKNOWN_SECTION, 3 },
	{ PEER "PublicKey=" K3 "\n", "second PublicKey in the [Peer] of line 3",
	  CONF_SECOND_PUBLIC_KEY, 6 },
	{ PEER "PresharedKey=abc\n", "PresharedKey has 3 characters", CONF_BAD_KEY, 6 },
	{ PEER "PresharedKey=IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiJ=\n", "not the base64",
	  CONF_BAD_KEY, 6 },
	{ "Address=10.0.0.256\n" PEER, "\"10.0.0.256\" is no IP", CONF_BAD_ADDRESS, 3 },
	{ "Address=10.0.0.1/33\n" PEER, "/33", CONF_BAD_ADDRESS, 3 },
	{ PEER "AllowedIPs=10.0.0.0/8,\n", "AllowedIPs: \"\"", CONF_BAD_ADDRESS, 6 },
	{ PEER "AllowedIPs=example.org\n", "example.org", CONF_BAD_ADDRESS, 6 },
	{ PEER "AllowedIPs=192.0.2.77/24\n", "is taken as 192.0.2.0/24", CONF_HOST_BITS, 6 },
	{ PEER "Endpoint=a.b\n", "not name:port", CONF_BAD_ENDPOINT, 6 },
	{ PEER "Endpoint=:51820\n", "not name:port", CONF_BAD_ENDPOINT, 6 },
	{ PEER "Endpoint=[::1\n", "not name:port", CONF_BAD_ENDPOINT, 6 },
	{ PEER "Endpoint=a]:b%c:5\n", "not name:port", CONF_BAD_ENDPOINT, 6 },
	{ PEER "Endpoint=[fe80::1%]:5\n", "not name:port", CONF_BAD_ENDPOINT, 6 },
	{ PEER "Endpoint=a.b:65536\n", "the port of", CONF_BAD_PORT, 6 },
	{ PEER "Endpoint=a.b:-1\n", "the port of", CONF_BAD_PORT, 6 },
	{ PEER "Endpoint=a.b:0\n", "port 0", CONF_PORT_ZERO, 6 },
	{ PEER "Endpoint=2001:db8::1:99\n", "taken as [2001:db8::1]:99", CONF_BARE_IP6, 6 },
	{ PEER "Endpoint=[2001:zz::1]:99\n", "not name:port", CONF_BAD_ENDPOINT, 6 },
	{ "ListenPort=65536\n" PEER, "no port", CONF_BAD_PORT, 3 },
	{ "ListenPort=\n" PEER, "no port", CONF_BAD_PORT, 3 },
	{ "FwMark=0x100000000\n" PEER, "32 bits", CONF_BAD_NUMBER, 3 },
	{ "FwMark=0x\n" PEER, "32 bits", CONF_BAD_NUMBER, 3 },
	{ PEER "PersistentKeepalive=65536\n", "65535 seconds", CONF_BAD_NUMBER, 6 },
	{ "MTU=67\n" PEER, "68 to 65535", CONF_BAD_NUMBER, 3 },
	{ "MTU=1279\nAddress=fd00::1\n" PEER, "below 1280", CONF_IP6_MTU, 0 },
	{ "Table=-1\n" PEER, "neither off", CONF_BAD_WORD, 3 },
	{ "SaveConfig=yes\n" PEER, "neither true", CONF_BAD_WORD, 3 },
	{ "ListenPort=1\nListenPort=2\n" PEER, "twice", CONF_TWICE, 4 },
	{ "", "no [Peer]", CONF_NO_PEER, 0 },
	{ "[Peer]\nAllowedIPs=::/0\n", "no (valid) PublicKey", CONF_NO_PUBLIC_KEY, 3 },
	{ "[Peer]\nPublicKey=" K2 "\n", "no AllowedIPs", CONF_NO_ALLOWED, 3 },
	{ "[Peer]\nPublicKey=" K1_PUBLIC "\nAllowedIPs=::/0\n", "our own", CONF_OWN_PEER, 3 },
	{ PEER PEER, "the same PublicKey as in line 3", CONF_SAME_PEER, 6 },
	{ PEER "[Peer]\nPublicKey=" K3 "\nAllowedIPs=10.0.0.0/8\n", "takes 10.0.0.0/8 away",
	  CONF_SAME_ALLOWED, 6 },
};

static void each_line(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		const struct line_case *l = &lines[i];
		enum conf_grade g = parse(arena_printf(&arena, "%s%s", HEAD, l->text));

		if (!l->says ? notes.n > 0 :
			       !notes.n || notes.note[0].fault != l->fault ||
				       notes.note[0].line != l->line ||
				       !strstr(notes.note[0].text, l->says) ||
				       g < conf_fault_grade(l->fault))
			fail_msg("case %zu:\n%s\n%s", i, l->text,
				 notes.n ? notes.note[0].text : "no note");
		conf_wipe(c);
	}
}

static const char *const cr_only[] = {
	"[Interface]\rPrivateKey=" K1 "\r[Peer]\rPublicKey=" K2 "\rAllowedIPs=::/0\r",
	"# office\r[Interface]\rPrivateKey=" K1, /* to wg a comment, and nothing else */
	"\r[Interface]\rPrivateKey=" K1 "\r\n", /* an editor ended it */
	"\xef\xbb\xbf[Interface]\rPrivateKey=" K1 "\r",
};
static const char *const with_cr[] = { "[Interface]\r", "[Interface]\r\nMTU=1400\r\n", "\r\n \r" };

static void whole_text(void **state)
{
	char *noise = malloc(10000000);
	size_t i;

	(void)state;
	assert_non_null(noise);
	for (i = 0; i < 10000000; i++)
		noise[i] = (char)(i * 7 % 251);
	assert_int_equal(conf_parse(noise, 10000000, &arena, &c, &notes), CONF_REFUSED);
	assert_true(notes.n == 1 && notes.note[0].fault == CONF_TOO_LARGE);
	assert_int_equal(conf_parse("[Interface]\0", 12, &arena, &c, &notes), CONF_REFUSED);
	assert_true(notes.n == 1 && notes.note[0].fault == CONF_NOT_TEXT);
	for (i = 0; i < ARRAY_LEN(cr_only); i++) {
		assert_int_equal(parse(cr_only[i]), CONF_REFUSED);
		assert_true(notes.n == 1 && notes.note[0].fault == CONF_NOT_TEXT);
		assert_int_equal(notes.note[0].line, 0);
		assert_non_null(strstr(notes.note[0].text, "line ends are CR only"));
	}
	for (i = 0; i < ARRAY_LEN(with_cr); i++) {
		parse(with_cr[i]);
		assert_true(notes.n > 0 && notes.note[0].fault != CONF_NOT_TEXT);
	}
	memset(noise, 'x', CONF_MAX);
	assert_int_equal(conf_parse(noise, CONF_MAX, &arena, &c, &notes), CONF_REFUSED);
	assert_int_equal(notes.note[0].fault, CONF_LINE_TOO_LONG);
	free(noise);
	assert_int_equal(parse(""), CONF_REFUSED);
	assert_int_equal(notes.note[0].fault, CONF_NO_SECTION);
	assert_int_equal(parse("PrivateKey=" K1 "\n"), CONF_REFUSED);
	assert_int_equal(notes.note[0].fault, CONF_BEFORE_SECTION);
	assert_int_equal(parse("\xef\xbb\xbf" HEAD PEER), CONF_REFUSED);
	assert_true(notes.n == 1 && notes.note[0].fault == CONF_BYTE_ORDER_MARK);
	assert_int_equal(parse("[Interface]\n" PEER), CONF_CANNOT_WORK);
	assert_int_equal(notes.note[0].fault, CONF_NO_PRIVATE_KEY);
}

/* No note may hold a key, wherever it was put. */
static void no_secret_told(void **state)
{
	static const char *const form[] = { "%s",   "Address=%s", "Endpoint=%s",   "MTU=%s",
					    "%s=x", "[%s]",	  "PublicKey=%sx", "Table=%s=",
					    "%s:=1" };
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(form); i++) {
		const char *line = arena_printf(&arena, "%s", form[i]);
		char *at = strstr(line, "%s");
		char *text = arena_printf(&arena, HEAD "%.*s" K3 "%s\n" PEER, (int)(at - line),
					  line, at + 2);

		parse(text);
		for (k = 0; k < notes.n; k++)
			assert_null(strstr(notes.note[k].text, "MzMzMzMz"));
	}
}

static void values(void **state)
{
	struct intended_facts w;
	struct conf_peer *p;

	(void)state;
	assert_int_equal(parse(HEAD "Address=10.8.0.2/24,fd08::2\r\nDNS=10.8.0.1, example.org\r\n"
				    "FwMark=0x10\nTable=7\nPostUp = ip rule add %i  x=y ; z # c\n"
				    "[Peer]\nPublicKey=" K2 "\nPresharedKey=" K3
				    "\nAllowedIPs=0.0.0.0/0\nAllowedIPs=10.1.2.3\n"
				    "Endpoint=[2001:db8::7]:4500\n"),
			 CONF_FINE);
	assert_true(c->n_addrs == 2 && c->addrs[1].len == 128 && c->n_dns == 2);
	assert_true(c->fwmark == 16 && c->table == INTENDED_NUMBER && c->table_number == 7);
	assert_true(c->n_hooks == 1 && c->hooks[0].hook == CONF_POST_UP && c->hooks[0].line == 7);
	assert_string_equal(c->hooks[0].text, "ip rule add %i  x=y ; z");
	p = &c->peers[0];
	assert_true(p->n_allowed == 2 && p->has_psk && p->port == 4500);
	assert_true(p->literal.addr.family == FAMILY_IP6 && p->keepalive_s == UNKNOWN);
	conf_facts(c, &notes, &arena, &w);
	assert_true(w.has_private_key && w.n_peers == 1 && w.peers[0].n_resolved == 1);
	assert_string_equal(w.peers[0].endpoint, "[2001:db8::7]:4500");
	conf_wipe(c);
	assert_true(secret_key_is_zero(&c->private_key) && secret_key_is_zero(&p->psk));
}

/* With whom it harms: of two that claim the same the earlier, though its key comes after. */
static void notes_in_facts(void **state)
{
	struct intended_facts w;
	struct cidr net;

	(void)state;
	parse(HEAD PEER "[Peer]\nEndpoint=a.b:0\nAllowedIPs=10.0.0.0/8\nPublicKey=" K3 "\n");
	conf_facts(c, &notes, &arena, &w);
	conf_wipe(c);
	assert_true(w.n_notes == 2 && w.more_notes == 0);
	assert_true(w.notes[0].fault == CONF_PORT_ZERO && w.notes[0].line == 7);
	assert_true(public_key_equal(&w.notes[0].peer, &w.peers[1].key));
	assert_string_equal(w.notes[0].text, "line 7: Endpoint: nobody listens on port 0");
	assert_true(w.notes[1].fault == CONF_SAME_ALLOWED && w.notes[1].line == 6);
	assert_true(public_key_equal(&w.notes[1].peer, &w.peers[0].key));
	assert_true(cidr_parse("10.0.0.0/8", &net) && cidr_equal(&w.notes[1].net, &net));
	assert_int_equal(parse("[Interface]\nPostUp=wg set %i private-key /k\n" PEER), CONF_FINE);
	assert_int_equal(parse("[Interface]\nPostDown=wg set %i private-key /k\n" PEER),
			 CONF_CANNOT_WORK);
}

static void names_replaced(void **state)
{
	struct endpoint to;
	struct buf b = { 0 };

	(void)state;
	parse(HEAD PEER "Endpoint=vpn.example.org:51820\n");
	conf_put_setconf(c, NULL, &b);
	assert_non_null(strstr(b.b, "Endpoint = vpn.example.org:51820\n"));
	buf_clear(&b);
	conf_put_set(c, NULL, &b);
	assert_null(strstr(b.b, "endpoint="));
	assert_true(endpoint_parse("192.0.2.9:51820", &to));
	buf_clear(&b);
	conf_put_set(c, &to, &b);
	assert_non_null(strstr(b.b, "endpoint=192.0.2.9:51820\n"));
	buf_clear(&b);
	conf_put_setconf(c, &to, &b);
	assert_non_null(strstr(b.b, "Endpoint = 192.0.2.9:51820\n"));
	buf_wipe_done(&b);
}

/* --- random files ------------------------------------------------------------------- */

static void random_peer(struct seed *s, struct conf_peer *p)
{
	size_t i;

	*p = (struct conf_peer){ .has_key = true, .keepalive_s = UNKNOWN };
	seed_bytes(s, p->key.b, KEY_LEN);
	p->has_psk = seed_below(s, 2);
	if (p->has_psk)
		seed_bytes(s, p->psk.b, KEY_LEN);
	if (seed_below(s, 2))
		p->keepalive_s = (int64_t)seed_below(s, 65536);
	if (seed_below(s, 2)) {
		p->host = arena_printf(&arena, "h%u.example", (unsigned)seed_below(s, 1000));
		p->port = (uint16_t)(1 + seed_below(s, 65535));
	}
	p->n_allowed = 1 + seed_below(s, 6);
	p->allowed = arena_alloc(&arena, p->n_allowed * sizeof(*p->allowed));
	for (i = 0; i < p->n_allowed; i++) {
		struct cidr *n = &p->allowed[i];

		n->addr.family = seed_below(s, 2) ? FAMILY_IP4 : FAMILY_IP6;
		seed_bytes(s, n->addr.b, ip_addr_len(&n->addr));
		n->len = (uint8_t)seed_below(s, 8 * ip_addr_len(&n->addr) + 1);
	}
}

static void same_conf(const struct conf *a, const struct conf *b)
{
	size_t i, k;

	assert_memory_equal(&a->private_key, &b->private_key, KEY_LEN);
	assert_true(a->listen_port == b->listen_port && a->fwmark == b->fwmark);
	assert_int_equal(a->n_peers, b->n_peers);
	for (i = 0; i < a->n_peers; i++) {
		const struct conf_peer *p = &a->peers[i], *q = &b->peers[i];

		assert_true(public_key_equal(&p->key, &q->key) && p->has_psk == q->has_psk);
		assert_memory_equal(&p->psk, &q->psk, KEY_LEN);
		assert_true(p->keepalive_s == q->keepalive_s && p->port == q->port);
		assert_true(!p->host == !q->host && (!p->host || !strcmp(p->host, q->host)));
		assert_int_equal(p->n_allowed, q->n_allowed);
		for (k = 0; k < p->n_allowed; k++)
			assert_true(p->allowed[k].len == q->allowed[k].len &&
				    ip_addr_equal(&p->allowed[k].addr, &q->allowed[k].addr));
	}
}

static void round_trip(void **state)
{
	struct seed s = seed_start("model_conf");
	unsigned round;
	size_t i;

	(void)state;
	for (round = 0; round < 300; round++) {
		struct conf made = { .has_private_key = true, .mtu = UNKNOWN };
		struct buf b = { 0 };

		seed_bytes(&s, made.private_key.b, KEY_LEN);
		made.listen_port = seed_below(&s, 2) ? (int64_t)seed_below(&s, 65536) : UNKNOWN;
		made.fwmark = seed_below(&s, 2) ? (int64_t)(uint32_t)seed_next(&s) : UNKNOWN;
		made.n_peers = 1 + seed_below(&s, 9);
		made.peers = arena_alloc(&arena, made.n_peers * sizeof(*made.peers));
		for (i = 0; i < made.n_peers; i++)
			random_peer(&s, &made.peers[i]);
		conf_put_setconf(&made, NULL, &b);
		assert_true(conf_parse(b.b, b.len, &arena, &c, &notes) < CONF_REFUSED);
		same_conf(&made, c);
		buf_wipe_done(&b);
	}
}

#define KEY43 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO+/"

static void hooks_filled_and_shown(void **state)
{
	static const struct {
		const char *text, *command, *shown;
	} of[] = {
		{ "", "", "" },
		{ "ip link show", "ip link show", "ip link show" },
		{ "a %i b%i%%i", "a wg0 bwg0%wg0", "a wg0 bwg0%wg0" },
		{ "%", "%", "%" },
		{ "wg set %i private-key <(echo " KEY43 "=)",
		  "wg set wg0 private-key <(echo " KEY43 "=)",
		  "wg set wg0 private-key <(echo (key))" },
		/* stuck to a path: what is before it goes, rather than that it stays */
		{ "x/" KEY43 "=", "x/" KEY43 "=", "(key)" },
		{ KEY43 "=" KEY43 "=", KEY43 "=" KEY43 "=", "(key)(key)" },
		{ KEY43, KEY43, KEY43 },
		{ "bcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO+/=",
		  "bcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO+/=",
		  "bcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO+/=" },
		{ "a\tb\033[31m\177", "a\tb\033[31m\177", "a?b?[31m?" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(of); i++) {
		CLEANUP(buf_done) struct buf command = { 0 }, shown = { 0 };

		conf_hook_fill(of[i].text, "wg0", &command);
		assert_string_equal(buf_str(&command), of[i].command);
		conf_hook_show(buf_str(&command), &shown);
		assert_string_equal(buf_str(&shown), of[i].shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hooks_filled_and_shown),
		cmocka_unit_test(each_line),
		cmocka_unit_test(whole_text),
		cmocka_unit_test(no_secret_told),
		cmocka_unit_test(values),
		cmocka_unit_test(notes_in_facts),
		cmocka_unit_test(names_replaced),
		cmocka_unit_test(round_trip),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
