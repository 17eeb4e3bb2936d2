/*
 * Keys as bytes and as text. libsodium's decoders are used for all of them: they take
 * the same time whatever the characters are, and refuse base64 with stray low bits.
 */
#include "model/key.h"

#include <sodium.h>
#include <string.h>

bool public_key_equal(const struct public_key *a, const struct public_key *b)
{
	return !memcmp(a->b, b->b, KEY_LEN);
}

bool public_key_is_zero(const struct public_key *k)
{
	return sodium_is_zero(k->b, KEY_LEN);
}

bool secret_key_is_zero(const struct secret_key *k)
{
	return sodium_is_zero(k->b, KEY_LEN);
}

void secret_key_done(struct secret_key *k)
{
	sodium_memzero(k->b, KEY_LEN);
}

void secret_key_digest(const struct secret_key *k, struct key_digest *out)
{
	static const uint8_t of[] = "wgdiag: is it the same secret?";

	crypto_generichash(out->b, sizeof(out->b), k->b, sizeof(k->b), of, sizeof(of));
}

bool key_digest_equal(const struct key_digest *a, const struct key_digest *b)
{
	return sodium_memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

void secret_key_clamp(struct secret_key *k)
{
	k->b[0] &= 248;
	k->b[31] = (k->b[31] & 127) | 64;
}

bool public_key_of(const struct secret_key *k, struct public_key *out)
{
	struct public_key p;

	/* Clamps a copy by itself. */
	if (crypto_scalarmult_base(p.b, k->b) || public_key_is_zero(&p))
		return false;
	*out = p;
	return true;
}

void public_key_base64(const struct public_key *k, char out[static KEY_BASE64_LEN + 1])
{
	sodium_bin2base64(out, KEY_BASE64_LEN + 1, k->b, KEY_LEN, sodium_base64_VARIANT_ORIGINAL);
}

void public_key_short(const struct public_key *k, char out[static KEY_SHORT_SIZE])
{
	static const char ellipsis[] = "\xe2\x80\xa6";
	char text[KEY_BASE64_LEN + 1];

	public_key_base64(k, text);
	memcpy(out, text, 4);
	memcpy(out + 4, ellipsis, 3);
	memcpy(out + 7, text + KEY_BASE64_LEN - 3, 4); /* with its NUL */
}

/* libsodium (1.0.18) reads each byte from 0x80 up as an "A". */
static bool is_ascii(const char *s, size_t len)
{
	unsigned char all = 0;
	size_t i;

	for (i = 0; i < len; i++)
		all |= (unsigned char)s[i];
	return all < 0x80;
}

/* Decoded elsewhere and copied on success: the decoders write before they know. */
static bool from_base64(const char *s, uint8_t out[static KEY_LEN])
{
	uint8_t b[KEY_LEN];
	size_t len;
	bool ok;

	if (strnlen(s, KEY_BASE64_LEN + 1) != KEY_BASE64_LEN || !is_ascii(s, KEY_BASE64_LEN))
		return false;
	ok = !sodium_base642bin(b, sizeof(b), s, KEY_BASE64_LEN, NULL, &len, NULL,
				sodium_base64_VARIANT_ORIGINAL) &&
	     len == KEY_LEN;
	if (ok)
		memcpy(out, b, KEY_LEN);
	sodium_memzero(b, sizeof(b));
	return ok;
}

static bool from_hex(const char *s, size_t len, uint8_t out[static KEY_LEN])
{
	uint8_t b[KEY_LEN];
	size_t n;
	bool ok;

	if (len != KEY_HEX_LEN)
		return false;
	ok = !sodium_hex2bin(b, sizeof(b), s, len, NULL, &n, NULL) && n == KEY_LEN;
	if (ok)
		memcpy(out, b, KEY_LEN);
	sodium_memzero(b, sizeof(b));
	return ok;
}

bool public_key_from_base64(const char *s, struct public_key *out)
{
	return from_base64(s, out->b);
}

bool public_key_from_hex(const char *s, size_t len, struct public_key *out)
{
	return from_hex(s, len, out->b);
}

bool secret_key_from_hex(const char *s, size_t len, struct secret_key *out)
{
	return from_hex(s, len, out->b);
}

bool secret_key_from_base64(const char *s, struct secret_key *out)
{
	return from_base64(s, out->b);
}

void key_hex(const uint8_t b[static KEY_LEN], char out[static KEY_HEX_LEN + 1])
{
	sodium_bin2hex(out, KEY_HEX_LEN + 1, b, KEY_LEN);
}
