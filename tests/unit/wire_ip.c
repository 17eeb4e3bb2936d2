/* IP headers: borders of the parser, checksums, ECN, and who gets an "unreachable". */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "wire/cursor.h"
#include "wire/ip.h"

enum { BIG = 2048 };

/* --- packets to begin with --- */

static size_t make4(uint8_t *b, uint8_t proto, size_t payload_len)
{
	struct wr w = wr_on(b, BIG);
	size_t total = IP4_HEADER_LEN + payload_len;
	uint16_t sum;

	wr_be16(&w, 0x4500);
	wr_be16(&w, (uint16_t)total);
	wr_be32(&w, 0x12344000); /* id, DF */
	wr_u8(&w, 63);
	wr_u8(&w, proto);
	wr_be16(&w, 0);
	wr_be32(&w, 0x0a000001);
	wr_be32(&w, 0x0a000002);
	wr_zero(&w, payload_len);
	sum = ip_sum_finish(ip_sum(b, IP4_HEADER_LEN, 0));
	w = wr_on(b + 10, 2);
	wr_be16(&w, sum);
	return total;
}

static size_t make6(uint8_t *b, uint8_t next, size_t payload_len)
{
	struct wr w = wr_on(b, BIG);

	wr_be32(&w, 0x60012345);
	wr_be16(&w, (uint16_t)payload_len);
	wr_u8(&w, next);
	wr_u8(&w, 62);
	wr_be64(&w, 0x20010db800000000);
	wr_be64(&w, 1);
	wr_be64(&w, 0x20010db800000000);
	wr_be64(&w, 2);
	wr_zero(&w, payload_len);
	return IP6_HEADER_LEN + payload_len;
}

/* Parsed from a copy of exactly len bytes, so that the sanitizer sees any byte read beyond. */
static enum ip_fault parse_exact(const uint8_t *b, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct ip_packet ip;
	enum ip_fault fault;

	assert_non_null(copy);
	memcpy(copy, b, len);
	fault = ip_parse(copy, len, &ip);
	if (fault == IP_OK) {
		assert_true(ip.total_len <= len && ip.header_len <= ip.total_len);
		assert_ptr_equal(ip.payload, copy + ip.header_len);
	}
	free(copy);
	return fault;
}

static void fields_of_ip4(void **state)
{
	uint8_t b[BIG];
	struct ip_packet ip;
	size_t len = make4(b, IP_PROTO_UDP, 30);

	(void)state;
	b[1] = 0xb9; /* DSCP 46, ECT(1) */
	assert_int_equal(ip_parse(b, len + 5, &ip), IP_OK); /* with padding behind */
	assert_int_equal(ip.version, 4);
	assert_int_equal(ip.proto, IP_PROTO_UDP);
	assert_int_equal(ip.ttl, 63);
	assert_int_equal(ip.ecn, 1);
	assert_false(ip.fragment);
	assert_true(ip.dont_fragment);
	assert_int_equal(ip.header_len, 20);
	assert_int_equal(ip.total_len, 50);
	assert_ptr_equal(ip.src, b + 12);
	assert_ptr_equal(ip.dst, b + 16);
	assert_ptr_equal(ip.payload, b + 20);
	b[6] = 0x20; /* more fragments, the first one */
	assert_int_equal(ip_parse(b, len, &ip), IP_OK);
	assert_false(ip.fragment);
	assert_false(ip.dont_fragment);
	b[7] = 1;
	assert_int_equal(ip_parse(b, len, &ip), IP_OK);
	assert_true(ip.fragment);
}

static void fields_of_ip6(void **state)
{
	uint8_t b[BIG];
	struct ip_packet ip;
	size_t len = make6(b, IP_PROTO_TCP, 30);

	(void)state;
	b[0] = 0x6b; /* traffic class 0xb9: DSCP 46, ECT(1) */
	b[1] = 0x91;
	assert_int_equal(ip_parse(b, len + 5, &ip), IP_OK);
	assert_int_equal(ip.version, 6);
	assert_int_equal(ip.proto, IP_PROTO_TCP);
	assert_int_equal(ip.ttl, 62);
	assert_int_equal(ip.ecn, 1);
	assert_false(ip.fragment);
	assert_true(ip.dont_fragment);
	assert_int_equal(ip.header_len, 40);
	assert_int_equal(ip.total_len, 70);
	assert_ptr_equal(ip.src, b + 8);
	assert_ptr_equal(ip.dst, b + 24);
	assert_ptr_equal(ip.payload, b + 40);
}

static void faults(void **state)
{
	uint8_t b[BIG] = { 0 };
	size_t len, v;

	(void)state;
	assert_int_equal(parse_exact(b, 0), IP_EMPTY);
	for (v = 0; v < 16; v++) {
		memset(b, 0, sizeof(b));
		b[0] = (uint8_t)(v << 4);
		assert_int_equal(parse_exact(b, 60), v == 4 ? IP_LENGTH :
						     v == 6 ? IP_OK :
							      IP_VERSION);
	}
	len = make4(b, IP_PROTO_UDP, 0);
	assert_int_equal(parse_exact(b, len), IP_OK);
	assert_int_equal(parse_exact(b, 19), IP_SHORT);
	assert_int_equal(parse_exact(b, 1), IP_SHORT);
	b[3] = 19; /* total below the header */
	assert_int_equal(parse_exact(b, len), IP_LENGTH);
	b[3] = 21; /* beyond what there is */
	assert_int_equal(parse_exact(b, len), IP_LENGTH);
	b[3] = 20;
	b[0] = 0x46; /* options that are not there */
	assert_int_equal(parse_exact(b, len), IP_SHORT);
	b[0] = 0x44; /* a header of 16 bytes */
	assert_int_equal(parse_exact(b, len), IP_LENGTH);
	b[0] = 0x46;
	b[3] = 24;
	assert_int_equal(parse_exact(b, 24), IP_OK);
	b[3] = 23; /* total within the options */
	assert_int_equal(parse_exact(b, 24), IP_LENGTH);

	len = make6(b, IP_PROTO_UDP, 8);
	assert_int_equal(parse_exact(b, len), IP_OK);
	assert_int_equal(parse_exact(b, len - 1), IP_LENGTH);
	assert_int_equal(parse_exact(b, 40), IP_LENGTH);
	assert_int_equal(parse_exact(b, 39), IP_SHORT);
	b[5] = 0;
	assert_int_equal(parse_exact(b, 40), IP_OK);
}

/* The example of RFC 1071, section 3; and pieces, and the odd byte. */
static void checksum(void **state)
{
	static const uint8_t b[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	static uint8_t ones[65535];

	(void)state;
	assert_int_equal(ip_sum_finish(ip_sum(b, sizeof(b), 0)), 0x220d);
	assert_int_equal(ip_sum_finish(ip_sum(b + 4, 4, ip_sum(b, 4, 0))), 0x220d);
	assert_int_equal(ip_sum_finish(ip_sum(b, 7, 0)), (uint16_t)~0xdcfb);
	assert_int_equal(ip_sum_finish(ip_sum(b, 0, 0)), 0xffff);
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(ip_sum_finish(ip_sum(ones, 65534, 0)), 0);
	assert_int_equal(ip_sum_finish(ip_sum(ones, 65534, UINT32_MAX)), 0);
	assert_int_equal(ip_sum_finish(ip_sum(ones, 65535, 0)), 0x00ff);
}

/* RFC 6040, figure 4; rows: inner, columns: outer, both 00 Not-ECT, 01 ECT(1), 10 ECT(0), 11 CE. */
enum { DROP = 4 };
static const uint8_t ecn_table[4][4] = {
	{ 0, 0, 0, DROP },
	{ 1, 1, 1, 3 },
	{ 2, 1, 2, 3 },
	{ 3, 3, 3, 3 },
};

static void ecn_one(uint8_t *b, size_t len, uint8_t outer, uint8_t want)
{
	uint8_t before[BIG];
	struct ip_packet ip;

	memcpy(before, b, len);
	if (want == DROP) {
		assert_false(ip_ecn_decapsulate(b, len, outer));
		assert_memory_equal(b, before, len);
		return;
	}
	/* the upper bits of outer, its DSCP, do not matter */
	assert_true(ip_ecn_decapsulate(b, len, (uint8_t)(outer | 0xa8)));
	assert_int_equal(ip_parse(b, len, &ip), IP_OK);
	assert_int_equal(ip.ecn, want);
	assert_memory_equal(b + 12, before + 12, len - 12);
	if (ip.version == 4) {
		assert_int_equal(b[1] & 0xfc, before[1] & 0xfc);
		assert_int_equal(ip_sum_finish(ip_sum(b, IP4_HEADER_LEN, 0)), 0);
	} else {
		assert_int_equal(b[0], before[0]);
		assert_int_equal(b[1] & 0xcf, before[1] & 0xcf);
		assert_memory_equal(b + 2, before + 2, 10);
	}
}

static void ecn(void **state)
{
	uint8_t b[BIG], inner, outer;
	size_t len;

	(void)state;
	for (inner = 0; inner < 4; inner++) {
		for (outer = 0; outer < 4; outer++) {
			struct wr w = wr_on(b + 10, 2);

			len = make4(b, IP_PROTO_UDP, 8);
			b[1] = (uint8_t)(0xb8 | inner);
			wr_be16(&w, 0);
			w = wr_on(b + 10, 2);
			wr_be16(&w, ip_sum_finish(ip_sum(b, IP4_HEADER_LEN, 0)));
			ecn_one(b, len, outer, ecn_table[inner][outer]);
			len = make6(b, IP_PROTO_UDP, 8);
			b[1] = (uint8_t)(b[1] | inner << 4);
			ecn_one(b, len, outer, ecn_table[inner][outer]);
		}
	}
	assert_true(ip_ecn_decapsulate(b, 0, 3));
	assert_true(ip_ecn_decapsulate(b, 19, 3));
}

/* --- unreachable --- */

static void unreachable4(void **state)
{
	static const uint8_t from[4] = { 10, 9, 8, 7 };
	uint8_t b[BIG], out[IP_UNREACHABLE_MAX];
	struct ip_packet ip;
	size_t len = make4(b, IP_PROTO_UDP, 30), n;

	(void)state;
	n = ip_unreachable(b, len + 7, NULL, out);
	assert_int_equal(n, 20 + 8 + 50);
	assert_int_equal(ip_parse(out, n, &ip), IP_OK);
	assert_int_equal(ip.total_len, n);
	assert_int_equal(ip.proto, IP_PROTO_ICMP);
	assert_memory_equal(ip.src, b + 16, 4);
	assert_memory_equal(ip.dst, b + 12, 4);
	assert_int_equal(out[20], 3);
	assert_int_equal(out[21], 1);
	assert_memory_equal(out + 28, b, 50);
	assert_int_equal(ip_sum_finish(ip_sum(out, 20, 0)), 0);
	assert_int_equal(ip_sum_finish(ip_sum(out + 20, n - 20, 0)), 0);

	assert_int_equal(ip_unreachable(b, len, from, out), n);
	assert_memory_equal(out + 12, from, 4);
	assert_int_equal(ip_sum_finish(ip_sum(out, 20, 0)), 0);

	len = make4(b, IP_PROTO_TCP, 1400);
	n = ip_unreachable(b, len, NULL, out);
	assert_int_equal(n, 576);
	assert_int_equal(ip_parse(out, n, &ip), IP_OK);
	assert_int_equal(ip_sum_finish(ip_sum(out + 20, n - 20, 0)), 0);
}

static uint16_t icmp6_sum(const uint8_t *b, size_t len)
{
	return ip_sum_finish(
		ip_sum(b + 40, len - 40, ip_sum(b + 8, 32, (uint32_t)len - 40 + IP_PROTO_ICMP6)));
}

static void unreachable6(void **state)
{
	static const uint8_t from[16] = { 0xfd, 9, 8, 7 };
	uint8_t b[BIG], out[IP_UNREACHABLE_MAX];
	struct ip_packet ip;
	size_t len = make6(b, IP_PROTO_UDP, 30), n;

	(void)state;
	n = ip_unreachable(b, len + 7, NULL, out);
	assert_int_equal(n, 40 + 8 + 70);
	assert_int_equal(ip_parse(out, n, &ip), IP_OK);
	assert_int_equal(ip.total_len, n);
	assert_int_equal(ip.proto, IP_PROTO_ICMP6);
	assert_memory_equal(ip.src, b + 24, 16);
	assert_memory_equal(ip.dst, b + 8, 16);
	assert_int_equal(out[40], 1);
	assert_int_equal(out[41], 3);
	assert_memory_equal(out + 48, b, 70);
	assert_int_equal(icmp6_sum(out, n), 0);

	assert_int_equal(ip_unreachable(b, len, from, out), n);
	assert_memory_equal(out + 8, from, 16);
	assert_int_equal(icmp6_sum(out, n), 0);

	len = make6(b, IP_PROTO_TCP, 1400);
	n = ip_unreachable(b, len, NULL, out);
	assert_int_equal(n, 1280);
	assert_int_equal(ip_parse(out, n, &ip), IP_OK);
	assert_int_equal(icmp6_sum(out, n), 0);
}

static bool answered4(uint8_t proto, uint8_t first, uint32_t src, uint32_t dst, uint16_t frag)
{
	uint8_t b[BIG], out[IP_UNREACHABLE_MAX];
	size_t len = make4(b, proto, 8);
	struct wr w = wr_on(b + 6, 2);

	b[20] = first;
	wr_be16(&w, frag);
	w = wr_on(b + 12, 8);
	wr_be32(&w, src);
	wr_be32(&w, dst);
	return ip_unreachable(b, len, NULL, out) > 0;
}

static void who_is_answered4(void **state)
{
	const uint32_t a = 0x0a000001, b = 0xc0000201;
	unsigned type;

	(void)state;
	assert_true(answered4(IP_PROTO_UDP, 0, a, b, 0));
	assert_true(answered4(IP_PROTO_UDP, 0, a, b, 0x2000)); /* a first fragment */
	assert_false(answered4(IP_PROTO_UDP, 0, a, b, 0x2001)); /* a later one */
	assert_false(answered4(IP_PROTO_UDP, 0, a, b, 1));
	for (type = 0; type < 256; type++)
		assert_int_equal(answered4(IP_PROTO_ICMP, (uint8_t)type, a, b, 0),
				 type != 3 && type != 4 && type != 5 && type != 11 && type != 12);
	assert_false(answered4(IP_PROTO_UDP, 0, 0, b, 0));
	assert_false(answered4(IP_PROTO_UDP, 0, 0x7f000001, b, 0));
	assert_false(answered4(IP_PROTO_UDP, 0, 0xe0000001, b, 0));
	assert_false(answered4(IP_PROTO_UDP, 0, 0xffffffff, b, 0));
	assert_false(answered4(IP_PROTO_UDP, 0, a, 0, 0));
	assert_false(answered4(IP_PROTO_UDP, 0, a, 0xe00000fb, 0));
	assert_false(answered4(IP_PROTO_UDP, 0, a, 0xffffffff, 0));
	assert_true(answered4(IP_PROTO_UDP, 0, 0xdfffffff, 0x01000000, 0));
}

static size_t answer6(uint8_t next, const void *payload, size_t payload_len, uint8_t src0,
		      uint8_t dst0)
{
	uint8_t b[BIG], out[IP_UNREACHABLE_MAX];
	size_t len = make6(b, next, payload_len);

	memcpy(b + 40, payload, payload_len);
	b[8] = src0;
	b[24] = dst0;
	return ip_unreachable(b, len, NULL, out);
}

static void who_is_answered6(void **state)
{
	/* hop-by-hop, then a destination-options header of 16 bytes, then ICMPv6 */
	uint8_t ext[40] = { [0] = 60, [8] = IP_PROTO_ICMP6, [9] = 1, [24] = 1 };
	uint8_t frag[16] = { [0] = IP_PROTO_ICMP6, [8] = 128 };
	uint8_t auth[24] = { [0] = IP_PROTO_ICMP6, [1] = 2, [16] = 1 };
	uint8_t one[1];
	unsigned type;

	(void)state;
	for (type = 0; type < 256; type++) {
		one[0] = (uint8_t)type;
		assert_int_equal(answer6(IP_PROTO_ICMP6, one, 1, 0x20, 0x20) > 0,
				 type >= 128 && type != 137);
	}
	assert_int_equal(answer6(IP_PROTO_ICMP6, one, 0, 0x20, 0x20), 0); /* no type to be read */
	assert_int_equal(answer6(IP_PROTO_UDP, one, 0, 0xff, 0x20), 0);
	assert_int_equal(answer6(IP_PROTO_UDP, one, 0, 0x20, 0xff), 0);
	/* an error behind two headers */
	assert_int_equal(answer6(0, ext, sizeof(ext), 0x20, 0x20), 0);
	ext[24] = 128;
	assert_true(answer6(0, ext, sizeof(ext), 0x20, 0x20) > 0);
	assert_int_equal(answer6(0, ext, 24, 0x20, 0x20), 0); /* cut before the type */
	assert_int_equal(answer6(0, ext, 12, 0x20, 0x20), 0);
	assert_true(answer6(44, frag, sizeof(frag), 0x20, 0x20) > 0);
	frag[3] = 1; /* the first of several */
	assert_true(answer6(44, frag, sizeof(frag), 0x20, 0x20) > 0);
	frag[3] = 8; /* offset 8: a later fragment */
	assert_int_equal(answer6(44, frag, sizeof(frag), 0x20, 0x20), 0);
	assert_int_equal(answer6(51, auth, sizeof(auth), 0x20, 0x20), 0);
	auth[16] = 129;
	assert_true(answer6(51, auth, sizeof(auth), 0x20, 0x20) > 0);
}

static void zero_address6(void **state)
{
	uint8_t b[BIG], out[IP_UNREACHABLE_MAX];
	size_t len = make6(b, IP_PROTO_UDP, 8), at;

	(void)state;
	for (at = 8; at <= 24; at += 16) {
		make6(b, IP_PROTO_UDP, 8);
		memset(b + at, 0, 16);
		assert_int_equal(ip_unreachable(b, len, NULL, out), 0);
		b[at + 15] = 1;
		assert_int_equal(ip_unreachable(b, len, NULL, out), 0);
		b[at + 15] = 2;
		assert_true(ip_unreachable(b, len, NULL, out) > 0);
	}
}

static void broken_packets_get_no_answer(void **state)
{
	uint8_t b[BIG], out[IP_UNREACHABLE_MAX];
	size_t len = make4(b, IP_PROTO_UDP, 8);

	(void)state;
	assert_int_equal(ip_unreachable(b, 0, NULL, out), 0);
	assert_int_equal(ip_unreachable(b, len - 1, NULL, out), 0);
	b[0] = 0;
	assert_int_equal(ip_unreachable(b, len, NULL, out), 0);
}

/* Each type, of what it quotes each length, and of which family. */
static const uint8_t *about(const uint8_t *b, size_t len, struct ip_packet *ip)
{
	assert_int_equal(ip_parse(b, len, ip), IP_OK);
	return ip_error_about(ip);
}

static void errors_about4(void **state)
{
	uint8_t b[BIG];
	struct ip_packet ip;
	size_t len = make4(b, IP_PROTO_ICMP, 8 + 20);
	unsigned type;

	(void)state;
	b[28] = 0x45;
	for (type = 0; type < 256; type++) {
		b[20] = (uint8_t)type;
		if (type == 3 || type == 4 || type == 11 || type == 12)
			assert_ptr_equal(about(b, len, &ip), b + 28 + 16);
		else
			assert_null(about(b, len, &ip));
	}
	b[20] = 3;
	b[28] = 0x60;
	assert_null(about(b, len, &ip));
	b[28] = 0x45;
	b[9] = IP_PROTO_UDP;
	assert_null(about(b, len, &ip));
	len = make4(b, IP_PROTO_ICMP, 8 + 19);
	b[20] = 3;
	b[28] = 0x45;
	assert_null(about(b, len, &ip));
	len = make4(b, IP_PROTO_ICMP, 8 + 20);
	b[20] = 3;
	b[28] = 0x45;
	b[7] = 1; /* a later fragment has no such header */
	assert_null(about(b, len, &ip));
}

static void errors_about6(void **state)
{
	uint8_t b[BIG];
	struct ip_packet ip;
	size_t len = make6(b, IP_PROTO_ICMP6, 8 + 40);
	unsigned type;

	(void)state;
	b[48] = 0x60;
	for (type = 0; type < 256; type++) {
		b[40] = (uint8_t)type;
		if (type >= 1 && type <= 4)
			assert_ptr_equal(about(b, len, &ip), b + 48 + 24);
		else
			assert_null(about(b, len, &ip));
	}
	b[40] = 1;
	b[6] = IP_PROTO_ICMP;
	assert_null(about(b, len, &ip));
	len = make6(b, IP_PROTO_ICMP6, 8 + 39);
	b[40] = 1;
	b[48] = 0x60;
	assert_null(about(b, len, &ip));
	len = make6(b, IP_PROTO_ICMP6, 0);
	assert_null(about(b, len, &ip));
}

static void errors_of_a_host(void **state)
{
	static const uint8_t of4[] = { 2, 3, 9, 10, 13 };
	unsigned code, i;

	(void)state;
	for (code = 0; code < 16; code++) {
		bool want = false;

		for (i = 0; i < sizeof(of4); i++)
			want |= code == of4[i];
		assert_int_equal(ip_error_is_of_host(4, 3, (uint8_t)code), want);
		assert_int_equal(ip_error_is_of_host(4, 11, (uint8_t)code), code == 1);
		assert_int_equal(ip_error_is_of_host(6, 1, (uint8_t)code), code == 1 || code == 4);
		assert_int_equal(ip_error_is_of_host(6, 3, (uint8_t)code), code == 1);
		assert_false(ip_error_is_of_host(6, 2, (uint8_t)code));
	}
	assert_true(ip_error_is_of_host(4, 12, 0));
	assert_true(ip_error_is_of_host(6, 4, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_ip4),
		cmocka_unit_test(fields_of_ip6),
		cmocka_unit_test(faults),
		cmocka_unit_test(checksum),
		cmocka_unit_test(ecn),
		cmocka_unit_test(unreachable4),
		cmocka_unit_test(unreachable6),
		cmocka_unit_test(who_is_answered4),
		cmocka_unit_test(who_is_answered6),
		cmocka_unit_test(zero_address6),
		cmocka_unit_test(errors_about4),
		cmocka_unit_test(errors_about6),
		cmocka_unit_test(errors_of_a_host),
		cmocka_unit_test(broken_packets_get_no_answer),
	};

	return cmocka_run_group_tests_name("wire_ip", tests, NULL, NULL);
}
