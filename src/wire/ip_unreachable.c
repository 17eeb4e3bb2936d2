/*
 * "Destination unreachable" for a packet that nobody will take: what the sender's
 * own system would have heard from a router, so that connections fail at once.
 */
#include "wire/cursor.h"
#include "wire/ip.h"

enum {
	ICMP_HEADER_LEN = 8,
	ICMP_UNREACHABLE = 3, /* RFC 792 */
	ICMP_HOST = 1,
	ICMP6_UNREACHABLE = 1, /* RFC 4443, section 3.1 */
	ICMP6_ADDRESS = 3,
	ICMP6_INFORMATIONAL = 128, /* types from here on are no errors */
	ICMP6_REDIRECT = 137, /* but this one counts as one (RFC 4443, section 2.4 e.2) */
	IP4_UNREACHABLE_MAX = 576, /* RFC 1812, section 4.3.2.3 */
	TOS_INTERNETWORK_CONTROL = 0xc0, /* RFC 1812, section 4.3.2.5 */
	TTL = 64, /* RFC 1700 */
};

static bool icmp4_is_error(uint8_t type)
{
	/* RFC 1122, section 3.2.2: unreachable, source quench, redirect, time exceeded,
	 * parameter problem.
	 */
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/* RFC 1122, section 3.2.2: the source must be one single host; nor is a multicast or
 * broadcast answered.
 */
static bool ip4_one_host(const uint8_t a[4])
{
	return a[0] != 0 && a[0] != 127 && a[0] < 224;
}

static bool ip6_one_host(const uint8_t a[16])
{
	static const uint8_t zero[15];

	return a[0] != 0xff && !(!memcmp(a, zero, sizeof(zero)) && a[15] <= 1); /* nor :: nor ::1 */
}

static bool ip4_may_answer(const struct ip_packet *ip)
{
	size_t payload_len = ip->total_len - ip->header_len;

	if (ip->fragment || !ip4_one_host(ip->src) || !ip4_one_host(ip->dst))
		return false;
	if (ip->proto != IP_PROTO_ICMP)
		return true;
	return payload_len && !icmp4_is_error(ip->payload[0]);
}

enum { EXT_HOP_BY_HOP = 0, EXT_ROUTING = 43, EXT_FRAGMENT = 44, EXT_AUTH = 51, EXT_OPTIONS = 60 };

static bool is_extension(uint8_t next)
{
	return next == EXT_HOP_BY_HOP || next == EXT_ROUTING || next == EXT_FRAGMENT ||
	       next == EXT_AUTH || next == EXT_OPTIONS;
}

/* Walks one extension header. False: it is cut short, or this is a later fragment. */
static bool skip_extension(struct rd *r, uint8_t *next)
{
	uint8_t this = *next, len8;
	size_t rest;

	*next = rd_u8(r);
	len8 = rd_u8(r);
	if (this == EXT_FRAGMENT) {
		bool later = rd_be16(r) & 0xfff8; /* the offset, above three bits of flags */

		rd_be32(r); /* id */
		return !r->bad && !later;
	}
	rest = this == EXT_AUTH ? ((size_t)len8 + 2) * 4 - 2 : ((size_t)len8 + 1) * 8 - 2;
	rd_bytes(r, rest);
	return !r->bad;
}

/* An ICMPv6 error behind extension headers is one too; what cannot be read to its end
 * is not answered.
 */
static bool ip6_may_answer(const struct ip_packet *ip)
{
	struct rd r = rd_on(ip->payload, ip->total_len - ip->header_len);
	uint8_t next = ip->proto, type;

	if (!ip6_one_host(ip->src) || !ip6_one_host(ip->dst))
		return false;
	while (is_extension(next)) {
		if (!skip_extension(&r, &next))
			return false;
	}
	if (next != IP_PROTO_ICMP6)
		return true;
	type = rd_u8(&r);
	return !r.bad && type >= ICMP6_INFORMATIONAL && type != ICMP6_REDIRECT;
}

static void put_sum(uint8_t *at, uint32_t sum)
{
	struct wr w = wr_on(at, 2);

	wr_be16(&w, ip_sum_finish(sum));
}

static size_t put_icmp(struct wr *w, uint8_t type, uint8_t code, const void *packet, size_t quoted)
{
	wr_u8(w, type);
	wr_u8(w, code);
	wr_be16(w, 0); /* checksum, later */
	wr_be32(w, 0); /* unused */
	wr_bytes(w, packet, quoted);
	return ICMP_HEADER_LEN + quoted;
}

static size_t unreachable4(const void *packet, const struct ip_packet *ip, const uint8_t *from,
			   uint8_t *out)
{
	size_t room = IP4_UNREACHABLE_MAX - IP4_HEADER_LEN - ICMP_HEADER_LEN;
	size_t quoted = MIN(ip->total_len, room), icmp_len;
	size_t total = IP4_HEADER_LEN + ICMP_HEADER_LEN + quoted;
	struct wr w = wr_on(out, IP_UNREACHABLE_MAX);

	wr_u8(&w, 0x45);
	wr_u8(&w, TOS_INTERNETWORK_CONTROL);
	wr_be16(&w, (uint16_t)total);
	wr_be32(&w, 0); /* id, no flags, offset 0 */
	wr_u8(&w, TTL);
	wr_u8(&w, IP_PROTO_ICMP);
	wr_be16(&w, 0);
	wr_bytes(&w, from ? from : ip->dst, 4);
	wr_bytes(&w, ip->src, 4);
	icmp_len = put_icmp(&w, ICMP_UNREACHABLE, ICMP_HOST, packet, quoted);
	put_sum(out + 10, ip_sum(out, IP4_HEADER_LEN, 0));
	put_sum(out + IP4_HEADER_LEN + 2, ip_sum(out + IP4_HEADER_LEN, icmp_len, 0));
	return total;
}

static size_t unreachable6(const void *packet, const struct ip_packet *ip, const uint8_t *from,
			   uint8_t *out)
{
	size_t room = IP_UNREACHABLE_MAX - IP6_HEADER_LEN - ICMP_HEADER_LEN;
	size_t quoted = MIN(ip->total_len, room), icmp_len = ICMP_HEADER_LEN + quoted;
	struct wr w = wr_on(out, IP_UNREACHABLE_MAX);
	uint32_t sum;

	wr_be32(&w, UINT32_C(6) << 28);
	wr_be16(&w, (uint16_t)icmp_len);
	wr_u8(&w, IP_PROTO_ICMP6);
	wr_u8(&w, TTL);
	wr_bytes(&w, from ? from : ip->dst, 16);
	wr_bytes(&w, ip->src, 16);
	put_icmp(&w, ICMP6_UNREACHABLE, ICMP6_ADDRESS, packet, quoted);
	/* The pseudo-header: both addresses, length, next header (RFC 8200, section 8.1). */
	sum = ip_sum(out + 8, 32, (uint32_t)icmp_len + IP_PROTO_ICMP6);
	put_sum(out + IP6_HEADER_LEN + 2, ip_sum(out + IP6_HEADER_LEN, icmp_len, sum));
	return IP6_HEADER_LEN + icmp_len;
}

size_t ip_unreachable(const void *packet, size_t len, const uint8_t *from,
		      uint8_t out[IP_UNREACHABLE_MAX])
{
	struct ip_packet ip;

	if (ip_parse(packet, len, &ip) != IP_OK)
		return 0;
	if (ip.version == 4)
		return ip4_may_answer(&ip) ? unreachable4(packet, &ip, from, out) : 0;
	return ip6_may_answer(&ip) ? unreachable6(packet, &ip, from, out) : 0;
}
