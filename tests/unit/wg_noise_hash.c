/* BLAKE2s, keyed and plain, and the key derivation over it: published and independent answers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "lib/noise_ends.h"

/* wireguard-go device/kdf_test.go */
static void kdf_vectors(void **state)
{
	static const struct {
		const char *key, *in, *t[3];
	} rows[] = {
		{ "test-key",
		  "test-input",
		  { "6f0e5ad38daba1bea8a0d213688736f19763239305e0f58aba697f9ffc41c633",
		    "df1194df20802a4fe594cde27e92991c8cae66c366e8106aaa937a55fa371e8a",
		    "fac6e2745a325f5dc5d11a5b165aad08b0ada28e7b4e666b7c077934a4d76c24" } },
		{ "wireguard",
		  "wireguard",
		  { "491d43bbfdaa8750aaf535e334ecbfe5129967cd64635101c566d4caefda96e8",
		    "1e71a379baefd8a79aa4662212fcafe19a23e2b609a3db7d6bcba8f560e3d25f",
		    "31e1ae48bddfbe5de38f295e5452b1909a1b4e38e183926af3780b0c1e1f0160" } },
		{ "",
		  "",
		  { "8387b46bf43eccfcf349552a095d8315c4055beb90208fb1be23b894bc2ed5d0",
		    "58a0e5f6faefccf4807bff1f05fa8a9217945762040bcec2f4b4a62bdfe0e86e",
		    "0ce6ea98ec548f8e281e93e32db65621c45eb18dc6f0a7ad94178610a2f7338e" } },
	};
	uint8_t t[3][NOISE_HASH_LEN];
	size_t i, n, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		for (n = 1; n <= 3; n++) {
			memset(t, 0, sizeof(t));
			noise_hkdf(rows[i].key, strlen(rows[i].key), rows[i].in,
				   strlen(rows[i].in), n, t);
			for (k = 0; k < n; k++)
				hex_equal(t[k], sizeof(t[k]), rows[i].t[k]);
			for (; k < 3; k++)
				assert_true(sodium_is_zero(t[k], sizeof(t[k])));
		}
	}
}

static void kdf_may_write_over_its_key(void **state)
{
	uint8_t key[NOISE_HASH_LEN] = { 1, 2, 3 }, apart[2][NOISE_HASH_LEN];
	uint8_t over[2][NOISE_HASH_LEN] = { { 1, 2, 3 } };

	(void)state;
	noise_kdf(key, "x", 1, 2, apart);
	noise_kdf(over[0], "x", 1, 2, over);
	assert_memory_equal(apart, over, sizeof(apart));
}

/* python3: hashlib.blake2s(bytes(range(n)), key=bytes(range(key_len)), digest_size=16)
 * .hexdigest()
 */
static void keyed_blake2s(void **state)
{
	static const struct {
		size_t key_len, n;
		const char *want;
	} rows[] = {
		{ 32, 0, "9536f9b267655743dee97b8a670f9f53" },
		{ 32, 64, "f1efa90d2547036841ecd3627fafbc36" },
		{ 32, 200, "42a6f8ff590af21b512e9e088257aa34" },
		{ 16, 100, "56301549e674c3b72a0e1dafb7a2c620" },
	};
	uint8_t ramp[200], out[WG_MAC_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ramp); i++)
		ramp[i] = (uint8_t)i;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		noise_mac(ramp, rows[i].key_len, ramp, rows[i].n, out);
		hex_equal(out, sizeof(out), rows[i].want);
	}
	/* key=bytes(range(32)) over b'abc' */
	noise_mac(ramp, 32, "abc", 3, out);
	hex_equal(out, sizeof(out), "61ba5f165c194692e09d12520cc4c74a");
}

/* RFC 7693, appendix B; also in two pieces. */
static void plain_blake2s(void **state)
{
	static const char want[] =
		"508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982";
	uint8_t out[NOISE_HASH_LEN];

	(void)state;
	noise_hash("abc", 3, NULL, 0, out);
	hex_equal(out, sizeof(out), want);
	noise_hash("a", 1, "bc", 2, out);
	hex_equal(out, sizeof(out), want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kdf_vectors),
		cmocka_unit_test(kdf_may_write_over_its_key),
		cmocka_unit_test(keyed_blake2s),
		cmocka_unit_test(plain_blake2s),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("wg_noise_hash", tests, NULL, NULL);
}
