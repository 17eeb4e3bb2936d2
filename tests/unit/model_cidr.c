#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "model/cidr.h"

static void texts(void **state)
{
	/* as given, printed (NULL: refused), masked */
	static const char *const rows[][3] = {
		{ "10.0.0.0/24", "10.0.0.0/24", "10.0.0.0/24" },
		{ "10.0.0.77/24", "10.0.0.77/24", "10.0.0.0/24" },
		{ "10.0.0.77", "10.0.0.77/32", "10.0.0.77/32" },
		{ "255.255.255.255/0", "255.255.255.255/0", "0.0.0.0/0" },
		{ "255.255.255.255/1", "255.255.255.255/1", "128.0.0.0/1" },
		{ "255.255.255.255/7", "255.255.255.255/7", "254.0.0.0/7" },
		{ "255.255.255.255/8", "255.255.255.255/8", "255.0.0.0/8" },
		{ "255.255.255.255/9", "255.255.255.255/9", "255.128.0.0/9" },
		{ "255.255.255.255/31", "255.255.255.255/31", "255.255.255.254/31" },
		{ "10.0.0.0/33", NULL, NULL },
		{ "10.0.0.0/-1", NULL, NULL },
		{ "10.0.0.0/", NULL, NULL },
		{ "/24", NULL, NULL },
		{ "10.0.0/24", NULL, NULL },
		{ "10.0.0.0/24/24", NULL, NULL },
		{ "10.0.0.0 /24", NULL, NULL },
		{ "10.0.0.0/255.255.255.0", NULL, NULL },
		{ "", NULL, NULL },
		{ "2001:DB8::1/32", "2001:db8::1/32", "2001:db8::/32" },
		{ "2001:db8::1", "2001:db8::1/128", "2001:db8::1/128" },
		{ "::/0", "::/0", "::/0" },
		{ "ffff::ffff/127", "ffff::ffff/127", "ffff::fffe/127" },
		{ "::1/129", NULL, NULL },
		{ "fe80::1%3/64", NULL, NULL },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128" },
		{ "2001:0000000000000000000000000000000000000000000000000000000db8::/32", NULL,
		  NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct cidr c = { .len = 99 }, masked;
		char s[CIDR_STR_SIZE];

		if (cidr_parse(rows[i][0], &c) != !!rows[i][1])
			fail_msg("\"%s\"", rows[i][0]);
		if (!rows[i][1]) {
			assert_int_equal(c.len, 99);
			continue;
		}
		assert_string_equal(cidr_str(&c, s), rows[i][1]);
		masked = c;
		cidr_mask(&masked);
		assert_string_equal(cidr_str(&masked, s), rows[i][2]);
		assert_true(cidr_equal(&c, &masked));
	}
}

static void contains(void **state)
{
	static const struct {
		const char *net, *addr;
		bool in;
	} rows[] = {
		{ "10.0.0.0/24", "10.0.0.0", true },
		{ "10.0.0.0/24", "10.0.0.255", true },
		{ "10.0.0.99/24", "10.0.0.1", true },
		{ "10.0.0.0/24", "10.0.1.0", false },
		{ "10.0.0.0/23", "10.0.1.255", true },
		{ "10.0.0.0/23", "10.0.2.0", false },
		{ "0.0.0.0/0", "255.1.2.3", true },
		{ "0.0.0.0/0", "::", false },
		{ "::/0", "0.0.0.0", false },
		{ "10.0.0.1/32", "10.0.0.1", true },
		{ "10.0.0.1/32", "10.0.0.0", false },
		{ "2001:db8::/33", "2001:db8:7fff::", true },
		{ "2001:db8::/33", "2001:db8:8000::", false },
		{ "::1/128", "::1", true },
		{ "::1/128", "::2", false },
		{ "::ffff:10.0.0.0/120", "10.0.0.1", false },
	};
	struct cidr none = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip_addr a;
		struct cidr c;

		assert_true(cidr_parse(rows[i].net, &c));
		assert_true(ip_addr_parse(rows[i].addr, &a));
		if (cidr_contains(&c, &a) != rows[i].in)
			fail_msg("%s in %s", rows[i].addr, rows[i].net);
	}
	assert_false(cidr_contains(&none, &none.addr));
	assert_true(cidr_equal(&none, &none));
}

static void equality(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{ "10.0.0.1/24", "10.0.0.2/24", true },
		{ "10.0.0.0/24", "10.0.0.0/25", false },
		{ "10.0.0.0/24", "10.0.1.0/24", false },
		{ "0.0.0.0/0", "1.2.3.4/0", true },
		{ "0.0.0.0/0", "::/0", false },
		{ "2001:db8::1/64", "2001:db8::2/64", true },
		{ "2001:db8::1/128", "2001:db8::2/128", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct cidr a, b;

		assert_true(cidr_parse(rows[i].a, &a));
		assert_true(cidr_parse(rows[i].b, &b));
		if (cidr_equal(&a, &b) != rows[i].equal || cidr_equal(&b, &a) != rows[i].equal)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
	}
}

/* Bit by bit, which is how anyone would write it who had the time. */
static bool stupid_contains(const struct cidr *c, const struct ip_addr *a)
{
	unsigned i;

	for (i = 0; i < c->len; i++) {
		if ((a->b[i / 8] ^ c->addr.b[i / 8]) >> (7 - i % 8) & 1)
			return false;
	}
	return true;
}

static void agrees_bit_by_bit(void **state)
{
	struct cidr c = { .addr = { .family = FAMILY_IP6,
				    .b = { 0x20, 0x01, 0x0d, 0xb8, 0xa5, 0x5a } } };
	struct cidr masked;
	unsigned len, bit;

	(void)state;
	for (len = 0; len <= 128; len++) {
		c.len = (uint8_t)len;
		masked = c;
		cidr_mask(&masked);
		for (bit = 0; bit < 128; bit++) {
			struct ip_addr a = c.addr;

			a.b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			assert_int_equal(cidr_contains(&c, &a), stupid_contains(&c, &a));
			assert_int_equal(cidr_contains(&c, &a), bit >= len);
			if (bit >= len)
				assert_int_equal(masked.addr.b[bit / 8] >> (7 - bit % 8) & 1, 0);
		}
	}
}

static void of_one_address(void **state)
{
	static const char *const single[] = { "10.0.0.1", "fd00::1", "0.0.0.0" };
	static const char *const more[] = { "10.0.0.1/31", "fd00::1/127", "fd00::1/32",
					    "0.0.0.0/0" };
	struct cidr c, one;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(single); i++) {
		assert_true(cidr_parse(single[i], &c));
		one = cidr_single(&c.addr);
		assert_true(cidr_is_single(&one) && cidr_is_single(&c));
		assert_true(cidr_equal(&one, &c));
	}
	for (i = 0; i < ARRAY_LEN(more); i++) {
		assert_true(cidr_parse(more[i], &c));
		assert_false(cidr_is_single(&c));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),	  cmocka_unit_test(contains),
		cmocka_unit_test(equality),	  cmocka_unit_test(agrees_bit_by_bit),
		cmocka_unit_test(of_one_address),
	};

	return cmocka_run_group_tests_name("model_cidr", tests, NULL, NULL);
}
