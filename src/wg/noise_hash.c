#include "wg/noise_hash.h"

#include <assert.h>
#include <blake2.h>
#include <sodium.h>
#include <string.h>

void noise_hash(const void *a, size_t a_len, const void *b, size_t b_len,
		uint8_t out[NOISE_HASH_LEN])
{
	blake2s_state s;

	blake2s_init(&s, NOISE_HASH_LEN);
	if (a_len)
		blake2s_update(&s, a, a_len);
	if (b_len)
		blake2s_update(&s, b, b_len);
	blake2s_final(&s, out, NOISE_HASH_LEN);
	sodium_memzero(&s, sizeof(s));
}

void noise_mac(const void *key, size_t key_len, const void *a, size_t a_len,
	       uint8_t out[WG_MAC_LEN])
{
	blake2s_state s;

	assert(key_len && key_len <= BLAKE2S_KEYBYTES);
	blake2s_init_key(&s, WG_MAC_LEN, key, key_len);
	if (a_len)
		blake2s_update(&s, a, a_len);
	blake2s_final(&s, out, WG_MAC_LEN);
	sodium_memzero(&s, sizeof(s));
}

/* RFC 2104 with BLAKE2s-256; `in` is given in two pieces. out may overlap all of them. */
static void hmac(const void *key, size_t key_len, const void *a, size_t a_len, const void *b,
		 size_t b_len, uint8_t out[NOISE_HASH_LEN])
{
	uint8_t pad[BLAKE2S_BLOCKBYTES] = { 0 }, inner[NOISE_HASH_LEN];
	blake2s_state s;
	size_t i;

	assert(key_len <= sizeof(pad));
	if (key_len)
		memcpy(pad, key, key_len);
	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	blake2s_init(&s, NOISE_HASH_LEN);
	blake2s_update(&s, pad, sizeof(pad));
	if (a_len)
		blake2s_update(&s, a, a_len);
	if (b_len)
		blake2s_update(&s, b, b_len);
	blake2s_final(&s, inner, sizeof(inner));
	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	noise_hash(pad, sizeof(pad), inner, sizeof(inner), out);
	sodium_memzero(&s, sizeof(s));
	sodium_memzero(pad, sizeof(pad));
	sodium_memzero(inner, sizeof(inner));
}

void noise_hkdf(const void *key, size_t key_len, const void *in, size_t in_len, size_t n,
		uint8_t out[][NOISE_HASH_LEN])
{
	uint8_t secret[NOISE_HASH_LEN];
	size_t i;

	assert(n >= 1 && n <= 3);
	hmac(key, key_len, in, in_len, NULL, 0, secret);
	for (i = 0; i < n; i++) {
		uint8_t number = (uint8_t)(i + 1);

		hmac(secret, sizeof(secret), i ? out[i - 1] : NULL, i ? NOISE_HASH_LEN : 0,
		     &number, 1, out[i]);
	}
	sodium_memzero(secret, sizeof(secret));
}

void noise_kdf(const uint8_t key[NOISE_HASH_LEN], const void *in, size_t in_len, size_t n,
	       uint8_t out[][NOISE_HASH_LEN])
{
	noise_hkdf(key, NOISE_HASH_LEN, in, in_len, n, out);
}
