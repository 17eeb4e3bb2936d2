/*
 * The keys of WireGuard, each kind its own type; what is secret cannot be printed by accident.
 */
#ifndef MODEL_KEY_H
#define MODEL_KEY_H

#include <stdbool.h>

#include "base/defs.h"

enum { KEY_LEN = 32, KEY_BASE64_LEN = 44, KEY_HEX_LEN = 64 }; /* text lengths without NUL */

struct public_key { uint8_t b[KEY_LEN]; };
/* Curve25519 private, or preshared. No _str() on purpose. */
struct secret_key { uint8_t b[KEY_LEN]; };

bool public_key_equal(const struct public_key *a, const struct public_key *b);
bool public_key_is_zero(const struct public_key *k);
bool secret_key_is_zero(const struct secret_key *k); /* constant time */
void secret_key_done(struct secret_key *k); /* wipes */

void secret_key_clamp(struct secret_key *k); /* RFC 7748, section 5 */
/*
 * Whether two secrets are one can be told by these where the secrets themselves do not stay. Not
 * for showing or keeping either.
 */
struct key_digest { uint8_t b[16]; };
void secret_key_digest(const struct secret_key *k, struct key_digest *out);
bool key_digest_equal(const struct key_digest *a, const struct key_digest *b); /* constant time */

/* Public key of a private key. False for the (impossible after clamping) zero result. */
bool public_key_of(const struct secret_key *k, struct public_key *out);

void public_key_base64(const struct public_key *k, char out[static KEY_BASE64_LEN + 1]);
/* "AbCd…9w=" for tables, UTF-8. */
enum { KEY_SHORT_SIZE = 12 };
void public_key_short(const struct public_key *k, char out[static KEY_SHORT_SIZE]);

/* Strict: 44 characters of canonical base64, or 64 of hex (either case); else *out untouched. */
bool public_key_from_base64(const char *s, struct public_key *out);
bool public_key_from_hex(const char *s, size_t len, struct public_key *out);
bool secret_key_from_hex(const char *s, size_t len, struct secret_key *out);
bool secret_key_from_base64(const char *s, struct secret_key *out);
/* For the one place where keys may leave: an engine's own socket. The caller wipes out. */
void key_hex(const uint8_t b[static KEY_LEN], char out[static KEY_HEX_LEN + 1]);

#endif
