#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/uapi_text.h"

#define HEX "00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef"

/* Of the files in fixtures/uapi, made up. */
#define OWN_PUBLIC "746ef142d133a8879eab09c2520d77ae816ce778ddcc04df78eed3162651b788"
#define OWN_SECRET "5f4edb0cb90fd7386ac1b6bf4576d51e70dc8930f98f903e29afcf2c08f264e3"
#define PEER_1 "ccc10081b101e08b8a0b762a31faee9df62c15da57afa605ae8656a94f3a16d8"
#define PEER_2 "4f14865e8648e9fb3a98d524929caf3f8fb5317145d90874172c50299489ad1d"
#define PSK_1 "cdeceac04f63cf1f8d0184840b656a57f3b1e39f32f837aabcf048a0965f8746"

static char *fixture(const char *name, size_t *len)
{
	const char *top = getenv("TOP");
	char path[4096], *text = malloc(65536);
	FILE *f;

	assert_non_null(text);
	snprintf(path, sizeof(path), "%s/fixtures/uapi/%s.txt", top ? top : ".", name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s cannot be read", path);
	*len = fread(text, 1, 65536, f);
	fclose(f);
	return text;
}

static struct uapi_device *read_fixture(const char *name, struct arena *a)
{
	struct uapi_device *dev = NULL;
	struct err e = { 0 };
	size_t len;
	char *text = fixture(name, &len);

	if (uapi_parse_get_reply(text, len, a, &dev, &e))
		fail_msg("%s: %s", name, e.text);
	free(text);
	return dev;
}

static void expect_key(const struct public_key *k, const char *hex)
{
	char text[KEY_HEX_LEN + 1];

	key_hex(k->b, text);
	assert_string_equal(text, hex);
}

static void expect_endpoint(const struct uapi_peer *p, const char *want)
{
	char text[ENDPOINT_STR_SIZE];

	assert_string_equal(endpoint_str(&p->endpoint, text), want);
}

static void reads_wireguard_go(void **state)
{
	struct arena a = { 0 };
	struct uapi_device *dev = read_fixture("wireguard-go", &a);
	const struct uapi_peer *p = dev->peers;
	struct public_key own;
	struct secret_key s;
	char text[CIDR_STR_SIZE];

	(void)state;
	assert_true(secret_key_from_hex(OWN_SECRET, KEY_HEX_LEN, &s));
	assert_true(public_key_of(&s, &own));
	assert_true(dev->has_private_key);
	assert_true(public_key_equal(&dev->public_key, &own));
	assert_int_equal(dev->listen_port, 51820);
	assert_int_equal(dev->fwmark, 51820);
	assert_int_equal(dev->errno_, 0);
	assert_int_equal(dev->n_extra, 0);
	assert_int_equal(dev->n_peers, 2);
	expect_key(&p[0].public_key, PEER_1);
	assert_true(p[0].has_psk);
	expect_endpoint(&p[0], "192.0.2.7:51821");
	assert_string_equal(p[0].endpoint_text, "192.0.2.7:51821");
	assert_int_equal(p[0].last_handshake_s, 1700000000);
	assert_int_equal(p[0].last_handshake_nsec, 123456789);
	assert_int_equal(p[0].tx_bytes, 1428);
	assert_int_equal(p[0].rx_bytes, 1372);
	assert_int_equal(p[0].keepalive_s, 25);
	assert_int_equal(p[0].n_allowed, 3);
	assert_string_equal(cidr_str(&p[0].allowed[0], text), "10.77.0.2/32");
	assert_string_equal(cidr_str(&p[0].allowed[1], text), "fd77::2/128");
	assert_string_equal(cidr_str(&p[0].allowed[2], text), "192.168.0.0/16");
	expect_key(&p[1].public_key, PEER_2);
	assert_false(p[1].has_psk); /* printed as zeros */
	assert_int_equal(p[1].n_allowed, 0);
	expect_endpoint(&p[1], "(none)");
	assert_null(p[1].endpoint_text);
	arena_done(&a);
}

static void reads_boringtun(void **state)
{
	struct arena a = { 0 };
	struct uapi_device *dev = read_fixture("boringtun", &a);
	const struct uapi_peer *p = dev->peers;

	(void)state;
	assert_true(dev->has_private_key);
	expect_key(&dev->public_key, OWN_PUBLIC);
	assert_int_equal(dev->n_extra, 1);
	assert_string_equal(dev->extra[0].text, OWN_PUBLIC);
	assert_false(dev->extra[0].is_number);
	assert_int_equal(dev->n_peers, 2);
	assert_true(p[0].has_psk);
	expect_endpoint(&p[0], "[fe80::1%3]:51821");
	assert_int_equal(p[0].n_allowed, 2);
	assert_int_equal(p[0].rx_bytes, 1280);
	assert_false(p[1].has_psk);
	assert_int_equal(p[1].last_handshake_s, 0);
	arena_done(&a);
}

static void reads_gotatun(void **state)
{
	struct arena a = { 0 };
	struct uapi_device *dev = read_fixture("gotatun", &a);
	const struct uapi_peer *p = dev->peers;

	(void)state;
	assert_int_equal(dev->n_peers, 1);
	assert_int_equal(dev->fwmark, 7);
	assert_int_equal(p->n_allowed, 1); /* behind the extra keys */
	assert_int_equal(p->n_extra, 7); /* without the one that is too long */
	assert_string_equal(p->extra[0].name, "daita_enable");
	assert_string_equal(p->extra[1].name, "daita_machine");
	assert_false(p->extra[1].is_number);
	assert_int_equal(uapi_extra_number(p->extra, p->n_extra, "daita_max_blocked_packets", 0),
			 1000);
	assert_int_equal(uapi_extra_number(p->extra, p->n_extra, "daita_max_padding_frac", 9), 9);
	assert_int_equal(uapi_extra_number(p->extra, p->n_extra, "sealed", 9), 9);
	arena_done(&a);
}

static void reads_the_rest(void **state)
{
	struct arena a = { 0 };
	struct uapi_device *dev = read_fixture("builtin", &a);

	(void)state;
	assert_int_equal(uapi_extra_number(dev->extra, dev->n_extra, "trace_fd", 0), 9);
	assert_int_equal(uapi_extra_number(dev->extra, dev->n_extra, "drop_in_mac1", 0), 3);
	assert_int_equal(uapi_extra_number(dev->extra, dev->n_extra, "sealed", 7), 7);
	assert_string_equal(uapi_extra_text(dev->extra, dev->n_extra, "trace_fd"), "9");
	assert_null(uapi_extra_text(dev->extra, dev->n_extra, "sealed"));
	assert_int_equal(uapi_extra_number(dev->peers->extra, dev->peers->n_extra, "sealed", 0),
			 10);
	assert_false(dev->peers->has_psk);
	expect_endpoint(dev->peers, "[2001:db8::7]:51821");

	dev = read_fixture("odd", &a);
	assert_false(dev->has_private_key);
	assert_true(public_key_is_zero(&dev->public_key));
	assert_int_equal(dev->fwmark, 0xca6c);
	expect_key(&dev->peers->public_key, PEER_1);
	expect_endpoint(dev->peers, "(none)"); /* for the other half to resolve */
	assert_string_equal(dev->peers->endpoint_text, "[fe80::1%eth0]:51821");

	dev = read_fixture("unconfigured", &a);
	assert_int_equal(dev->listen_port, 40000);
	assert_int_equal(dev->n_peers, 0);
	assert_false(dev->has_private_key);

	dev = read_fixture("refused", &a);
	assert_int_equal(dev->errno_, 1);
	dev = read_fixture("refused-wireguard-go", &a);
	assert_int_equal(dev->errno_, 22);
	arena_done(&a);
}

static void refuses(void **state)
{
	static const char *const rows[][2] = {
		{ "", "line 1: cut: the reply has no empty line at its end" },
		{ "errno=0", "line 1: cut: the reply has no empty line at its end" },
		{ "errno=0\n", "line 2: cut: the reply has no empty line at its end" },
		{ "\n", "line 1: the end, and no errno before it" },
		{ "listen_port=1\n\n", "line 2: the end, and no errno before it" },
		{ "errno=0\n\nerrno=0\n\n", "line 3: more follows after the end" },
		{ "errno=0\n\n\n", "line 3: more follows after the end" },
		{ "HTTP/1.0 400 Bad Request\nerrno=0\n\n", "line 1: no key=value" },
		{ "listen_port=1\r\nerrno=0\r\n\r\n",
		  "line 1: listen_port: a value it cannot have" },
		{ "listen_port=1\nprivate_key=" HEX "0\nerrno=0\n\n",
		  "line 2: private_key: a value it cannot have" },
		{ HEX "\nerrno=0\n\n", "line 1: no key=value" },
		{ "endpoint=1.2.3.4:5\nerrno=0\n\n", "line 1: endpoint: it does not belong there" },
		{ "allowed_ip=1.2.3.4\nerrno=0\n\n",
		  "line 1: allowed_ip: it does not belong there" },
		{ "public_key=" PEER_1 "\nlisten_port=1\nerrno=0\n\n",
		  "line 2: listen_port: it does not belong there" },
		{ "public_key=" PEER_1 "\nallowed_ip=-1.2.3.4\nerrno=0\n\n",
		  "line 2: allowed_ip: it does not belong there" },
		{ "set=1\nerrno=0\n\n", "line 1: set: it does not belong there" },
		{ "public_key=" PEER_1 "\nremove=true\nerrno=0\n\n",
		  "line 2: remove: it does not belong there" },
		{ "x=\x01\nerrno=0\n\n", "line 1: a value it cannot have" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct uapi_device *dev = NULL;
		struct arena a = { 0 };
		struct err e = { 0 };

		if (uapi_parse_get_reply(rows[i][0], strlen(rows[i][0]), &a, &dev, &e) != -EPROTO)
			fail_msg("row %zu", i);
		assert_string_equal(e.text, rows[i][1]);
		assert_int_equal(e.code, EPROTO);
		assert_null(dev);
		arena_done(&a);
	}
}

/* Every cut of every reply is refused; the sanitizers see whether it is read past its end. */
static void refuses_cut_replies(void **state)
{
	static const char *const names[] = { "wireguard-go", "boringtun", "gotatun", "builtin" };
	size_t i, cut, len;

	(void)state;
	for (i = 0; i < ARRAY_LEN(names); i++) {
		char *text = fixture(names[i], &len);

		for (cut = 0; cut < len; cut++) {
			struct uapi_device *dev = NULL;
			struct arena a = { 0 };
			struct err e = { 0 };
			char *piece = malloc(cut + 1);

			assert_non_null(piece);
			memcpy(piece, text, cut);
			assert_int_equal(uapi_parse_get_reply(piece, cut, &a, &dev, &e), -EPROTO);
			free(piece);
			arena_done(&a);
		}
		free(text);
	}
}

/* --- secrets --- */

/* As arena.c has it; kept here so that no test hook is needed there. */
struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	_Alignas(max_align_t) unsigned char mem[];
};

static bool arena_holds(const struct arena *a, const void *what, size_t len)
{
	const struct arena_block *b;

	for (b = a->head; b; b = b->next) {
		if (memmem(b->mem, b->cap, what, len))
			return true;
	}
	return false;
}

static void expect_no_secret(const struct arena *a, const struct err *e, const char *hex)
{
	struct secret_key s;
	char upper[KEY_HEX_LEN + 1];
	size_t i;

	assert_true(secret_key_from_hex(hex, KEY_HEX_LEN, &s));
	for (i = 0; i <= KEY_HEX_LEN; i++)
		upper[i] = (char)(hex[i] >= 'a' ? hex[i] - 32 : hex[i]);
	assert_false(arena_holds(a, s.b, 8));
	assert_false(arena_holds(a, s.b + 24, 8));
	assert_false(arena_holds(a, hex, 8));
	assert_false(arena_holds(a, upper, 8));
	assert_null(memmem(e, sizeof(*e), hex, 8));
	assert_null(memmem(e, sizeof(*e), hex + 56, 8));
}

static void keeps_no_secret(void **state)
{
	static const char *const texts[] = {
		"private_key=" OWN_SECRET "\npublic_key=" PEER_1 "\npreshared_key=" PSK_1
		"\nerrno=0\n\n",
		/* misspelt, cut, at the wrong place, as a value of its own */
		"privat_key=" OWN_SECRET "\nerrno=0\n\n",
		"private_key=" OWN_SECRET,
		"private_key=" OWN_SECRET "0\n",
		"private_key:" OWN_SECRET "\n",
		OWN_SECRET "=1\nerrno=0\n\n",
		OWN_SECRET "\n",
		"preshared_key=" PSK_1 "\n",
		"listen_port=" OWN_SECRET "\n",
		"fwmark=" OWN_SECRET "\n",
		"public_key=" PEER_1 "\nold_psk=" PSK_1 "\nerrno=0\n\n",
		"public_key=" PEER_1 "\nprivate_key=" OWN_SECRET "\nerrno=0\n\n",
	};
	struct public_key k;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		struct uapi_device *dev = NULL;
		struct arena a = { 0 };
		struct err e = { 0 };

		(void)uapi_parse_get_reply(texts[i], strlen(texts[i]), &a, &dev, &e);
		expect_no_secret(&a, &e, PSK_1);
		expect_no_secret(&a, &e, OWN_SECRET);
		arena_done(&a);
	}
	/* That the search finds what is there: */
	{
		struct uapi_device *dev;
		struct arena a = { 0 };
		const char *text = "public_key=" PEER_1 "\nerrno=0\n\n";

		assert_int_equal(uapi_parse_get_reply(text, strlen(text), &a, &dev, NULL), 0);
		assert_true(public_key_from_hex(PEER_1, KEY_HEX_LEN, &k));
		assert_true(arena_holds(&a, k.b, 8));
		arena_done(&a);
	}
}

/* --- many --- */

static void reads_many(void **state)
{
	enum { N = 130560 };
	struct uapi_device *dev;
	struct arena a = { 0 };
	struct buf b = { 0 };
	struct public_key k;
	struct cidr c = { .addr.family = FAMILY_IP4, .len = 32 };
	unsigned i;

	(void)state;
	assert_true(public_key_from_hex(PEER_1, KEY_HEX_LEN, &k));
	for (i = 0; i < N; i++) {
		if (i % (N / 4) == 0)
			uapi_put_public_key(&b, &k);
		c.addr.b[1] = (uint8_t)(i >> 16);
		c.addr.b[2] = (uint8_t)(i >> 8);
		c.addr.b[3] = (uint8_t)i;
		uapi_put_allowed_ip(&b, &c, false);
	}
	buf_puts(&b, "errno=0\n\n");
	assert_int_equal(uapi_parse_get_reply(b.b, b.len, &a, &dev, NULL), 0);
	assert_int_equal(dev->n_peers, 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(dev->peers[i].n_allowed, N / 4);
	assert_true(cidr_equal(&dev->peers[3].allowed[N / 4 - 1], &c));
	arena_done(&a);
	buf_done(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_wireguard_go),
		cmocka_unit_test(reads_boringtun),
		cmocka_unit_test(reads_gotatun),
		cmocka_unit_test(reads_the_rest),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_cut_replies),
		cmocka_unit_test(keeps_no_secret),
		cmocka_unit_test(reads_many),
	};

	return cmocka_run_group_tests_name("model_uapi_reply", tests, NULL, NULL);
}
