/*
 * BLAKE2s in the three forms that WireGuard needs, and the key derivation over it
 * (whitepaper, section 5.4: HASH, MAC, HMAC, KDFn).
 */
#ifndef WG_NOISE_HASH_H
#define WG_NOISE_HASH_H

#include "base/defs.h"
#include "wire/wg_msg.h"

enum { NOISE_HASH_LEN = 32 };

/* HKDF over HMAC-BLAKE2s; the n outputs are 32 bytes each, n is 1 to 3. in may be NULL
 * when in_len is 0. out may overlap key.
 */
void noise_kdf(const uint8_t key[NOISE_HASH_LEN], const void *in, size_t in_len, size_t n,
	       uint8_t out[][NOISE_HASH_LEN]);
/* The same with a key of any length up to the 64 bytes of a block (the published vectors
 * have short ones).
 */
void noise_hkdf(const void *key, size_t key_len, const void *in, size_t in_len, size_t n,
		uint8_t out[][NOISE_HASH_LEN]);
/* BLAKE2s-256 of a ‖ b (b may be NULL/0). */
void noise_hash(const void *a, size_t a_len, const void *b, size_t b_len,
		uint8_t out[NOISE_HASH_LEN]);
/* Keyed BLAKE2s with 16 bytes of output: mac1, mac2, cookie. key_len is 1 to 32. */
void noise_mac(const void *key, size_t key_len, const void *a, size_t a_len,
	       uint8_t out[WG_MAC_LEN]);

#endif
