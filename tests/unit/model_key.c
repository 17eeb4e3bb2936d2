#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "model/key.h"

/* RFC 7748, section 6.1 */
#define ALICE_SECRET "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
#define ALICE_PUBLIC "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
#define BOB_SECRET "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"
#define BOB_PUBLIC "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"

static void derivation(void **state)
{
	static const char *const rows[][2] = {
		{ ALICE_SECRET, ALICE_PUBLIC },
		{ BOB_SECRET, BOB_PUBLIC },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct public_key want, got;
		struct secret_key s;

		assert_true(secret_key_from_hex(rows[i][0], KEY_HEX_LEN, &s));
		assert_true(public_key_from_hex(rows[i][1], KEY_HEX_LEN, &want));
		assert_true(public_key_of(&s, &got));
		assert_true(public_key_equal(&got, &want));
		/* Clamping is part of the derivation. */
		secret_key_clamp(&s);
		assert_true(public_key_of(&s, &got));
		assert_true(public_key_equal(&got, &want));
		got.b[31] ^= 1;
		assert_false(public_key_equal(&got, &want));
		secret_key_done(&s);
		assert_true(secret_key_is_zero(&s));
	}
}

static void clamping(void **state)
{
	struct secret_key ones, zero = { { 0 } };

	(void)state;
	memset(&ones, 0xff, sizeof(ones));
	secret_key_clamp(&ones);
	assert_int_equal(ones.b[0], 0xf8);
	assert_int_equal(ones.b[1], 0xff);
	assert_int_equal(ones.b[31], 0x7f);
	assert_true(secret_key_is_zero(&zero));
	secret_key_clamp(&zero);
	assert_int_equal(zero.b[31], 0x40);
	assert_false(secret_key_is_zero(&zero));
}

static void zero_keys(void **state)
{
	struct public_key k = { { 0 } };
	size_t i;

	(void)state;
	assert_true(public_key_is_zero(&k));
	for (i = 0; i < KEY_LEN; i++) {
		k.b[i] = 0x80;
		assert_false(public_key_is_zero(&k));
		k.b[i] = 0;
	}
}

static void strict_base64(void **state)
{
	static const struct {
		const char *s;
		bool ok;
	} rows[] = {
		{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=", true },
		{ "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", true },
		{ "//////////////////////////////////////////8=", true },
		{ "//////////////////////////////////////////9=", false }, /* unused bits */
		{ "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", false },
		{ "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAC=", false },
		{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo", false },
		{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo==", false },
		{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmoA", false }, /* 33 bytes */
		{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTg==", false }, /* 31 bytes */
		{ "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo=", false }, /* URL's alphabet */
		{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo =", false },
		{ " hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo", false },
		{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTm=o", false },
		{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066Sp\nqqbTmo=", false },
		{ "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066Spj\xc3\xa4"
		  "bTmo=",
		  false },
		{ "", false },
		{ "=", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct public_key k, before;
		struct secret_key s;
		char back[KEY_BASE64_LEN + 1];

		memset(&before, 0x5a, sizeof(before));
		k = before;
		if (public_key_from_base64(rows[i].s, &k) != rows[i].ok ||
		    secret_key_from_base64(rows[i].s, &s) != rows[i].ok)
			fail_msg("row %zu: %s", i, rows[i].s);
		if (rows[i].ok) {
			public_key_base64(&k, back);
			assert_string_equal(back, rows[i].s);
			assert_memory_equal(s.b, k.b, KEY_LEN);
		} else {
			assert_true(public_key_equal(&k, &before));
		}
	}
}

static void strict_hex(void **state)
{
	static const struct {
		const char *s;
		bool ok;
	} rows[] = {
		{ ALICE_PUBLIC, true },
		{ "8520F0098930A754748B7DDCB43EF75A0DBF3A0D26381AF4EBA4A98EAA9B4E6A", true },
		{ "8520f0098930A754748B7DDCB43EF75A0DBF3A0D26381AF4EBA4A98EAA9B4E6a", true },
		{ "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6", false },
		{ "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a0", false },
		{ "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a00", false },
		{ "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4eg6", false },
		{ "g520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", false },
		{ "85:20f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", false },
		{ "8520f0098930a754748b7ddcb43ef75a 0dbf3a0d26381af4eba4a98eaa9b4e6", false },
		{ "0x20f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", false },
		{ "", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct public_key k, alice, before;
		struct secret_key s;
		size_t len = strlen(rows[i].s);
		char back[KEY_HEX_LEN + 1];

		memset(&before, 0x5a, sizeof(before));
		k = before;
		if (public_key_from_hex(rows[i].s, len, &k) != rows[i].ok ||
		    secret_key_from_hex(rows[i].s, len, &s) != rows[i].ok)
			fail_msg("row %zu: %s", i, rows[i].s);
		if (!rows[i].ok) {
			assert_true(public_key_equal(&k, &before));
			continue;
		}
		assert_true(public_key_from_hex(ALICE_PUBLIC, KEY_HEX_LEN, &alice));
		assert_true(public_key_equal(&k, &alice));
		key_hex(k.b, back);
		assert_string_equal(back, ALICE_PUBLIC);
	}
	/* The length counts, not a NUL. */
	assert_false(public_key_from_hex(ALICE_PUBLIC, 62, &(struct public_key){ { 0 } }));
	assert_true(public_key_from_hex(ALICE_PUBLIC "00", 64, &(struct public_key){ { 0 } }));
}

/* Every byte at every place of a good text: what is taken must be what would be printed. */
static void every_byte(void **state)
{
	static const char base64[] = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";
	char text[KEY_HEX_LEN + 1], back[KEY_HEX_LEN + 1];
	struct public_key k;
	size_t at;
	int c;

	(void)state;
	for (at = 0; at < KEY_BASE64_LEN; at++) {
		for (c = 0; c < 256; c++) {
			memcpy(text, base64, sizeof(base64));
			text[at] = (char)c;
			if (!public_key_from_base64(text, &k))
				continue;
			public_key_base64(&k, back);
			assert_string_equal(text, back);
		}
	}
	for (at = 0; at < KEY_HEX_LEN; at++) {
		for (c = 0; c < 256; c++) {
			memcpy(text, ALICE_PUBLIC, sizeof(text));
			text[at] = (char)c;
			if (public_key_from_hex(text, KEY_HEX_LEN, &k) != !!isxdigit(c))
				fail_msg("byte %d at %zu", c, at);
			key_hex(k.b, back);
			if (isxdigit(c))
				assert_int_equal(back[at], tolower(c));
		}
	}
}

static void short_form(void **state)
{
	struct public_key k;
	char s[KEY_SHORT_SIZE];

	(void)state;
	assert_true(public_key_from_hex(ALICE_PUBLIC, KEY_HEX_LEN, &k));
	public_key_short(&k, s);
	assert_string_equal(s, "hSDw\xe2\x80\xa6mo=");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(derivation), cmocka_unit_test(clamping),
		cmocka_unit_test(zero_keys),  cmocka_unit_test(strict_base64),
		cmocka_unit_test(strict_hex), cmocka_unit_test(every_byte),
		cmocka_unit_test(short_form),
	};

	return cmocka_run_group_tests_name("model_key", tests, NULL, NULL);
}
