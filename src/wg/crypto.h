/*
 * The two functions that every data packet goes through, so that a faster library
 * can stand behind them. libsodium's is always there and is the reference.
 *
 * ChaCha20-Poly1305 (RFC 8439), nonce = 4 zero bytes, then the counter little-endian;
 * no associated data (whitepaper, section 5.4.6).
 *
 * sodium_init() comes first, once: without it libsodium is right, but slow.
 */
#ifndef WG_CRYPTO_H
#define WG_CRYPTO_H

#include <stdbool.h>

#include "base/defs.h"

/*
 * Slack around a packet that a provider may scribble over: a composed
 * ChaCha20/Poly1305 wants one block before and up to 271 bytes behind it.
 */
enum { WG_CRYPTO_BEFORE = 64, WG_CRYPTO_AFTER = 271 };

struct wg_crypto_ops {
	const char *name;
	/* Encrypts len bytes in place and writes the 16-byte tag behind them. */
	void (*seal)(uint8_t *b, size_t len, uint64_t counter, const uint8_t key[32]);
	/* Decrypts in place; len counts the tag, >= 16. False: forged, the bytes are then
	 * undefined.
	 */
	bool (*open)(uint8_t *b, size_t len, uint64_t counter, const uint8_t key[32]);
};

/* libsodium's AEAD call: the reference; no slack needed */
extern const struct wg_crypto_ops wg_crypto_sodium;
/* libsodium composed, chosen by size; uses the slack */
extern const struct wg_crypto_ops wg_crypto_composed;

#endif
