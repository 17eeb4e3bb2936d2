/*
 * A parsed IP header, written again from its fields, gives the same bytes back; what is
 * made from a packet (ECN, unreachable) can be parsed again and is what it should be.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fuzz.h"
#include "wire/cursor.h"
#include "wire/ip.h"

/* Only the bits that no field holds are taken from the packet. */
static void check_fields4(const uint8_t *b, const struct ip_packet *ip)
{
	uint8_t again[IP4_HEADER_LEN];
	struct wr w = wr_on(again, sizeof(again));
	struct rd r = rd_on(b + 6, 2);
	uint16_t frag = rd_be16(&r);

	wr_u8(&w, (uint8_t)(4 << 4 | ip->header_len / 4));
	wr_u8(&w, (uint8_t)((b[1] & 0xfc) | ip->ecn));
	wr_be16(&w, (uint16_t)ip->total_len);
	wr_bytes(&w, b + 4, 2);
	wr_be16(&w, (uint16_t)((frag & ~0x4000) | (ip->dont_fragment ? 0x4000 : 0)));
	wr_u8(&w, ip->ttl);
	wr_u8(&w, ip->proto);
	wr_bytes(&w, b + 10, 2);
	wr_bytes(&w, ip->src, 4);
	wr_bytes(&w, ip->dst, 4);
	assert(!w.bad && !w.left && !memcmp(b, again, sizeof(again)));
	assert(ip->fragment == ((frag & 0x1fff) != 0));
}

static void check_fields6(const uint8_t *b, const struct ip_packet *ip)
{
	uint8_t again[IP6_HEADER_LEN];
	struct wr w = wr_on(again, sizeof(again));

	wr_u8(&w, (uint8_t)(6 << 4 | (b[0] & 0xf)));
	wr_u8(&w, (uint8_t)((b[1] & 0xcf) | ip->ecn << 4));
	wr_bytes(&w, b + 2, 2);
	wr_be16(&w, (uint16_t)(ip->total_len - IP6_HEADER_LEN));
	wr_u8(&w, ip->proto);
	wr_u8(&w, ip->ttl);
	wr_bytes(&w, ip->src, 16);
	wr_bytes(&w, ip->dst, 16);
	assert(!w.bad && !w.left && !memcmp(b, again, sizeof(again)));
	assert(!ip->fragment && ip->dont_fragment && ip->header_len == IP6_HEADER_LEN);
}

/* The header's sum is as right or wrong after the change as before: 0 stays 0. */
static void check_ecn(const uint8_t *b, size_t len, const struct ip_packet *ip, uint8_t outer)
{
	uint8_t *copy = malloc(len);
	struct ip_packet after;
	bool was_right = !ip_sum_finish(ip_sum(b, IP4_HEADER_LEN, 0));

	assert(copy);
	memcpy(copy, b, len);
	if (!ip_ecn_decapsulate(copy, len, outer)) {
		assert(ip->ecn == 0 && outer == 3 && !memcmp(copy, b, len));
	} else {
		assert(ip_parse(copy, len, &after) == IP_OK);
		assert(after.total_len == ip->total_len && after.proto == ip->proto);
		assert(outer != 3 || after.ecn == 3);
		if (ip->version == 4 && ip->header_len == IP4_HEADER_LEN && was_right)
			assert(!ip_sum_finish(ip_sum(copy, IP4_HEADER_LEN, 0)));
	}
	free(copy);
}

/* An answer is an ICMP error, so it is never answered itself. */
static void check_unreachable(const uint8_t *b, size_t len, const struct ip_packet *ip)
{
	uint8_t out[IP_UNREACHABLE_MAX], none[IP_UNREACHABLE_MAX];
	size_t n = ip_unreachable(b, len, NULL, out);
	struct ip_packet answer;
	size_t addr_len = ip->version == 4 ? 4 : 16;

	if (!n)
		return;
	assert(n <= sizeof(out) && ip_parse(out, n, &answer) == IP_OK);
	assert(answer.version == ip->version && answer.total_len == n);
	assert(!memcmp(answer.src, ip->dst, addr_len) && !memcmp(answer.dst, ip->src, addr_len));
	assert(!memcmp(answer.payload + 8, b, n - answer.header_len - 8));
	assert(!ip_unreachable(out, n, NULL, none));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct ip_packet ip;
	uint8_t outer;

	if (ip_parse(bytes, len, &ip) != IP_OK) {
		uint8_t out[IP_UNREACHABLE_MAX];

		assert(!ip_unreachable(bytes, len, NULL, out));
		return 0;
	}
	assert(ip.header_len <= ip.total_len && ip.total_len <= len);
	assert(ip.payload == bytes + ip.header_len);
	if (ip.version == 4)
		check_fields4(bytes, &ip);
	else
		check_fields6(bytes, &ip);
	for (outer = 0; outer < 4; outer++)
		check_ecn(bytes, len, &ip, outer);
	check_unreachable(bytes, len, &ip);
	return 0;
}
