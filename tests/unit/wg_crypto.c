/*
 * Both providers: the same bytes for every length, nothing forged gets through, nothing
 * outside the slack is touched.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/seed.h"
#include "wg/crypto.h"
#include "wg/noise_hash.h"

enum { LEN_MAX = 2048, TAG = 16, GUARD = 64, CANARY = 0xc5 };
/* | guard | slack before | packet and tag | slack behind | guard | */
enum { AT = GUARD + WG_CRYPTO_BEFORE, SLOT = AT + LEN_MAX + TAG + WG_CRYPTO_AFTER + GUARD };

static const struct wg_crypto_ops *const providers[] = { &wg_crypto_sodium, &wg_crypto_composed };

struct slot {
	uint8_t mem[SLOT];
	size_t len;
};

static uint8_t *packet(struct slot *s)
{
	return s->mem + AT;
}

static void fill(struct slot *s, const uint8_t *plain, size_t len)
{
	memset(s->mem, CANARY, sizeof(s->mem));
	memcpy(packet(s), plain, len);
	s->len = len;
}

/* Behind a packet of len bytes (as given to seal or open) the provider may use WG_CRYPTO_AFTER. */
static void check_guards(const struct slot *s)
{
	size_t i, end = AT + s->len + WG_CRYPTO_AFTER;

	for (i = 0; i < GUARD; i++)
		assert_int_equal(s->mem[i], CANARY);
	for (i = end; i < SLOT; i++)
		assert_int_equal(s->mem[i], CANARY);
}

static void check_length(struct seed *rnd, size_t len)
{
	uint8_t plain[LEN_MAX], key[32];
	uint64_t counter = seed_next(rnd);
	struct slot s[ARRAY_LEN(providers)];
	size_t i;

	seed_bytes(rnd, plain, len);
	seed_bytes(rnd, key, sizeof(key));
	for (i = 0; i < ARRAY_LEN(providers); i++) {
		fill(&s[i], plain, len);
		providers[i]->seal(packet(&s[i]), len, counter, key);
		check_guards(&s[i]);
	}
	assert_memory_equal(packet(&s[0]), packet(&s[1]), len + TAG);
	/* Each opens what the other sealed. */
	for (i = 0; i < ARRAY_LEN(providers); i++) {
		struct slot o;

		fill(&o, packet(&s[!i]), len + TAG);
		assert_true(providers[i]->open(packet(&o), len + TAG, counter, key));
		assert_memory_equal(packet(&o), plain, len);
		check_guards(&o);
	}
}

static void every_length(void **state)
{
	struct seed rnd = seed_start("every_length");
	size_t len;

	(void)state;
	for (len = 0; len <= LEN_MAX; len++)
		check_length(&rnd, len);
}

struct forgery {
	const uint8_t *sealed, *key;
	size_t len; /* with tag */
	uint64_t counter;
};

static void refused(const struct wg_crypto_ops *p, const struct forgery *f, const char *what)
{
	struct slot s;

	fill(&s, f->sealed, f->len);
	if (p->open(packet(&s), f->len, f->counter, f->key))
		fail_msg("%s: %s, length %zu: accepted", p->name, what, f->len);
	check_guards(&s);
}

/* One bit of the byte at `at` is wrong. */
static void refused_at(const struct wg_crypto_ops *p, struct forgery f, size_t at, const char *what)
{
	uint8_t sealed[LEN_MAX + TAG];

	memcpy(sealed, f.sealed, f.len);
	sealed[at] ^= 1 << at % 8;
	f.sealed = sealed;
	refused(p, &f, what);
}

static void check_forgeries(const struct wg_crypto_ops *p, const struct forgery *good)
{
	static const uint8_t other_key[32] = { 1 };
	struct forgery f = *good;
	size_t tag_at = f.len - TAG, i;

	for (i = 0; i < TAG; i++)
		refused_at(p, f, tag_at + i, "a byte of the tag");
	if (tag_at) {
		refused_at(p, f, 0, "first byte");
		refused_at(p, f, tag_at / 2, "a byte in the middle");
		refused_at(p, f, tag_at - 1, "last byte");
		f.len--;
		refused(p, &f, "one byte cut off");
		f = *good;
	}
	f.counter ^= 1;
	refused(p, &f, "another counter");
	f.counter = good->counter ^ UINT64_C(1) << 63;
	refused(p, &f, "another counter, upper half");
	f = *good;
	f.key = other_key;
	refused(p, &f, "another key");
}

static void forgeries(void **state)
{
	struct seed rnd = seed_start("forgeries");
	uint8_t key[32], sealed[LEN_MAX + TAG];
	size_t len, i;

	(void)state;
	seed_bytes(&rnd, key, sizeof(key));
	for (len = 0; len <= LEN_MAX; len++) {
		struct forgery f = { sealed, key, len + TAG, seed_next(&rnd) };

		seed_bytes(&rnd, sealed, len);
		wg_crypto_sodium.seal(sealed, len, f.counter, key);
		for (i = 0; i < ARRAY_LEN(providers); i++)
			check_forgeries(providers[i], &f);
	}
}

static void too_short_for_a_tag(void **state)
{
	static const uint8_t key[32];
	struct slot s;
	size_t len, i;

	(void)state;
	for (len = 0; len < TAG; len++) {
		for (i = 0; i < ARRAY_LEN(providers); i++) {
			fill(&s, key, len);
			assert_false(providers[i]->open(packet(&s), len, 0, key));
			check_guards(&s);
		}
	}
}

/*
 * key = 00 01 .. 1f, counter 0x0123456789abcdef, byte i of the packet = 3i; BLAKE2s of the result.
 * python3: blake2s(ChaCha20Poly1305(bytes(range(32))).encrypt(bytes(4) +
 *   (0x0123456789abcdef).to_bytes(8, 'little'), bytes(i * 3 & 255 for i in range(n)),
 *   None)).hexdigest()
 * with hashlib.blake2s, and ChaCha20Poly1305 of cryptography.hazmat.primitives.ciphers.aead
 */
static const struct known {
	size_t len;
	const char *hash;
} known[] = {
	{ 0, "a9d4ca69020538d0df2dc1cd14804c408444bceb41dc735c3f088cd95d2ad795" },
	{ 1, "9f6518ae1e7827d2f849c7a54d1cf9de3b333f80f2b23f67a3cda30dec268ae1" },
	{ 64, "9f30cf7c52675aa7160ad6737693d0632e7d73eaf2621a73febe618dcd04ac4c" },
	{ 300, "e946681a30be512e92f895804374090361fcb0cf7fb4260470dfef540c7333e0" },
	{ 1420, "1767b9d435fd2333d8cf7e517fb97767714597254366a2387cece966ade93294" },
};

static void known_answers(void **state)
{
	uint8_t key[32], hash[NOISE_HASH_LEN], plain[LEN_MAX];
	char hex[2 * NOISE_HASH_LEN + 1];
	struct slot s;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	for (i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(3 * i);
	for (k = 0; k < ARRAY_LEN(known); k++) {
		for (i = 0; i < ARRAY_LEN(providers); i++) {
			fill(&s, plain, known[k].len);
			providers[i]->seal(packet(&s), known[k].len, 0x0123456789abcdef, key);
			noise_hash(packet(&s), known[k].len + TAG, NULL, 0, hash);
			sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
			assert_string_equal(hex, known[k].hash);
		}
	}
}

/* The block before the packet held the Poly1305 key and the keystream's first block. */
static void leaves_no_key_behind(void **state)
{
	static const uint8_t zero[WG_CRYPTO_BEFORE], key[32] = { 7 };
	struct slot s;

	(void)state;
	fill(&s, key, sizeof(key));
	wg_crypto_composed.seal(packet(&s), sizeof(key), 1, key);
	assert_memory_equal(packet(&s) - WG_CRYPTO_BEFORE, zero, sizeof(zero));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length),
		cmocka_unit_test(forgeries),
		cmocka_unit_test(too_short_for_a_tag),
		cmocka_unit_test(known_answers),
		cmocka_unit_test(leaves_no_key_behind),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("wg_crypto", tests, NULL, NULL);
}
