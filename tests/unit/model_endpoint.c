#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/endpoint.h"

/* NULL: refused. */
static void addresses(void **state)
{
	static const char *const rows[][2] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "256.0.0.0", NULL },
		{ "1.2.3", NULL },
		{ "1.2.3.4.5", NULL },
		{ "1.2.3.", NULL },
		{ ".1.2.3.4", NULL },
		{ "1..2.3", NULL },
		{ "01.2.3.4", NULL },
		{ "1.2.3.04", NULL },
		{ "1.2.3.00", NULL },
		{ "1.2.3.4 ", NULL },
		{ " 1.2.3.4", NULL },
		{ "1.2.3.0x4", NULL },
		{ "1.2.3.99999999999", NULL },
		{ "", NULL },
		{ "none", NULL },
		{ "example.org", NULL },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "2001:DB8::A", "2001:db8::a" },
		{ "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8" }, /* RFC 5952, 4.2.2 */
		{ "1::3:4:5:6:7:8", "1:0:3:4:5:6:7:8" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "1:0:0:4:0:0:0:8", "1:0:0:4::8" }, /* 4.2.3, the longest */
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" }, /* the first of equals */
		{ "0:0:3:4:5:6:0:0", "::3:4:5:6:0:0" },
		{ "1:2:3:4:5:6:0:0", "1:2:3:4:5:6::" },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
		{ "::ffff:c000:201", "::ffff:192.0.2.1" },
		{ "::192.0.2.1", "::c000:201" },
		{ "64:ff9b::192.0.2.1", "64:ff9b::c000:201" },
		{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
		{ "1:2:3:4:5:6:7:1.2.3.4", NULL },
		{ "1.2.3.4::", NULL },
		{ "::1.2.3.4:5", NULL },
		{ "::1.2.3", NULL },
		{ ":", NULL },
		{ ":::", NULL },
		{ ":1", NULL },
		{ "1:", NULL },
		{ "::1:", NULL },
		{ "1:::2", NULL },
		{ "1::2::3", NULL },
		{ "1:2:3:4:5:6:7", NULL },
		{ "1:2:3:4:5:6:7:8:9", NULL },
		{ "1:2:3:4::5:6:7:8", NULL }, /* the gap stands for nothing */
		{ "::1:2:3:4:5:6:7:8", NULL },
		{ "1:2:3:4:5:6:7:8::", NULL },
		{ "12345::", NULL },
		{ "00001::", NULL },
		{ "g::", NULL },
		{ "fe80::1%3", NULL },
		{ "[::1]", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip_addr a = { .family = 99 };
		char s[IP_ADDR_STR_SIZE];

		if (ip_addr_parse(rows[i][0], &a) != !!rows[i][1])
			fail_msg("\"%s\"", rows[i][0]);
		if (rows[i][1])
			assert_string_equal(ip_addr_str(&a, s), rows[i][1]);
		else
			assert_int_equal(a.family, 99);
	}
}

static uint64_t next_random(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* glibc prints the last 32 bits of ::a.b.c.d dotted, RFC 5952 does not ask for it. */
static bool is_compatible(const uint8_t b[16])
{
	static const uint8_t zero[12];

	return !memcmp(b, zero, 12);
}

/* The clever thing against the stupid one: libc. */
static void agrees_with_libc(void **state)
{
	const char *env = getenv("SEED");
	uint64_t seed = (env ? strtoull(env, NULL, 10) : 1) * 2 + 1, s = seed;
	int i, k;

	(void)state;
	for (i = 0; i < 100000; i++) {
		struct ip_addr a = { .family = i % 4 ? FAMILY_IP6 : FAMILY_IP4 }, back;
		uint64_t holes = next_random(&s);
		char ours[IP_ADDR_STR_SIZE], theirs[INET6_ADDRSTRLEN];
		uint8_t b[16];

		for (k = 0; k < (int)ip_addr_len(&a); k++)
			a.b[k] = holes >> (k / 2) & 1 ? (uint8_t)next_random(&s) : 0;
		if (a.family == FAMILY_IP6 && is_compatible(a.b))
			continue;
		ip_addr_str(&a, ours);
		inet_ntop(a.family == FAMILY_IP4 ? AF_INET : AF_INET6, a.b, theirs, sizeof(theirs));
		if (strcmp(ours, theirs))
			fail_msg("ours %s, libc's %s, SEED=%s", ours, theirs, env ? env : "1");
		assert_true(ip_addr_parse(ours, &back));
		assert_true(ip_addr_equal(&a, &back));
		/* One character of it changed: both parsers take it, or both refuse. */
		ours[next_random(&s) % strlen(ours)] =
			"0123456789abcdefF:.% g"[next_random(&s) % 22];
		k = inet_pton(strchr(ours, ':') ? AF_INET6 : AF_INET, ours, b);
		if (ip_addr_parse(ours, &back) != (k == 1))
			fail_msg("%s, which libc %s", ours, k == 1 ? "takes" : "refuses");
		if (k == 1)
			assert_memory_equal(back.b, b, ip_addr_len(&back));
	}
}

static void families(void **state)
{
	struct ip_addr none = { 0 }, four = { .family = FAMILY_IP4 },
		       six = { .family = FAMILY_IP6 };
	char s[IP_ADDR_STR_SIZE];

	(void)state;
	assert_int_equal(ip_addr_len(&none), 0);
	assert_int_equal(ip_addr_len(&four), 4);
	assert_int_equal(ip_addr_len(&six), 16);
	assert_string_equal(ip_addr_str(&none, s), "none");
	assert_true(ip_addr_equal(&none, &none));
	assert_false(ip_addr_equal(&none, &four));
	assert_false(ip_addr_equal(&four, &six));
	four.b[7] = 1; /* past the address */
	assert_true(ip_addr_equal(&four, &(struct ip_addr){ .family = FAMILY_IP4 }));
}

static void endpoints(void **state)
{
	static const char *const rows[][2] = {
		{ "192.0.2.1:51820", "192.0.2.1:51820" },
		{ "192.0.2.1:1", "192.0.2.1:1" },
		{ "192.0.2.1:65535", "192.0.2.1:65535" },
		{ "192.0.2.1:65536", NULL },
		{ "192.0.2.1:0", NULL },
		{ "192.0.2.1:", NULL },
		{ "192.0.2.1", NULL },
		{ ":51820", NULL },
		{ "192.0.2.1: 1", NULL },
		{ "192.0.2.1:-1", NULL },
		{ "[192.0.2.1]:51820", NULL },
		{ "[2001:db8::1]:51820", "[2001:db8::1]:51820" },
		{ "[2001:DB8:0::1]:051820", "[2001:db8::1]:51820" },
		{ "2001:db8::1:51820", NULL },
		{ "[2001:db8::1]", NULL },
		{ "[2001:db8::1]51820", NULL },
		{ "2001:db8::1]:51820", NULL },
		{ "[2001:db8::1:51820", NULL },
		{ "[fe80::1%3]:51820", "[fe80::1%3]:51820" },
		{ "[fe80::1%4294967295]:51820", "[fe80::1%4294967295]:51820" },
		{ "[fe80::1%4294967296]:51820", NULL },
		{ "[fe80::1%0]:51820", NULL },
		{ "[fe80::1%]:51820", NULL },
		{ "[fe80::1%eth0]:51820", NULL },
		{ "[fe80::1%3%4]:51820", NULL },
		{ "192.0.2.1%3:51820", NULL },
		{ "[::ffff:192.0.2.1]:5", "[::ffff:192.0.2.1]:5" },
		{ "[]:5", NULL },
		{ "[:5", NULL },
		{ "]:5", NULL },
		{ "(none)", NULL },
		{ "", NULL },
		{ "example.org:51820", NULL },
		{ "[2001:db8::1]:51820                                                    ", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct endpoint e = { .port = 7 };
		char s[ENDPOINT_STR_SIZE];

		if (endpoint_parse(rows[i][0], &e) != !!rows[i][1])
			fail_msg("\"%s\"", rows[i][0]);
		if (rows[i][1])
			assert_string_equal(endpoint_str(&e, s), rows[i][1]);
		else
			assert_int_equal(e.port, 7);
	}
	assert_string_equal(endpoint_str(&(struct endpoint){ 0 }, (char[ENDPOINT_STR_SIZE]){ 0 }),
			    "(none)");
}

/* The longest text there can be fits, and is taken back. */
static void longest(void **state)
{
	struct endpoint e = { .port = 65535, .scope_id = UINT32_MAX }, back;
	char s[ENDPOINT_STR_SIZE];

	(void)state;
	e.addr.family = FAMILY_IP6;
	memset(e.addr.b, 0xff, sizeof(e.addr.b));
	assert_string_equal(endpoint_str(&e, s),
			    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
	assert_true(endpoint_parse(s, &back));
	assert_true(endpoint_equal(&e, &back));
}

static void equality(void **state)
{
	struct endpoint a, b;

	(void)state;
	assert_true(endpoint_parse("[fe80::1%3]:5", &a));
	b = a;
	b.src.family = FAMILY_IP6;
	b.src_ifindex = 4;
	assert_true(endpoint_equal(&a, &b)); /* the source does not count */
	endpoint_clear_src(&b);
	assert_int_equal(b.src.family, FAMILY_NONE);
	assert_int_equal(b.src_ifindex, 0);
	b.port++;
	assert_false(endpoint_equal(&a, &b));
	b = a;
	b.scope_id++;
	assert_false(endpoint_equal(&a, &b));
	b = a;
	b.addr.b[15]++;
	assert_false(endpoint_equal(&a, &b));
	assert_true(endpoint_parse("[::ffff:192.0.2.1]:5", &a));
	assert_true(endpoint_parse("192.0.2.1:5", &b));
	assert_false(endpoint_equal(&a, &b));
}

/* RFC 4291: the first ten bits; RFC 3927: the first sixteen. */
static void link_local(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} rows[] = {
		{ "fe80::1", true },	  { "febf:ffff::", true },  { "fe7f::1", false },
		{ "fec0::1", false },	  { "::", false },	    { "ff02::1", false },
		{ "2001:db8::1", false }, { "169.254.0.1", true },  { "169.254.255.255", true },
		{ "169.253.0.1", false }, { "170.254.0.1", false }, { "10.0.0.1", false },
	};
	struct ip_addr a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(ip_addr_parse(rows[i].text, &a));
		assert_int_equal(a.family == FAMILY_IP6 ? ip6_is_link_local(a.b) :
							  ip4_is_link_local(a.b),
				 rows[i].is);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),  cmocka_unit_test(agrees_with_libc),
		cmocka_unit_test(families),   cmocka_unit_test(endpoints),
		cmocka_unit_test(longest),    cmocka_unit_test(equality),
		cmocka_unit_test(link_local),
	};

	return cmocka_run_group_tests_name("model_endpoint", tests, NULL, NULL);
}
