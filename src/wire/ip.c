#include "wire/ip.h"

#include "wire/cursor.h"

enum { ECN_NOT_ECT = 0, ECN_ECT1 = 1, ECN_ECT0 = 2, ECN_CE = 3, ECN_MASK = 3 }; /* RFC 3168 */

/* Offsets and bits within the headers: RFC 791, section 3.1; RFC 8200, section 3. */
enum {
	IP4_TOS_AT = 1,
	IP4_SUM_AT = 10,
	IP4_DF = 0x4000,
	IP4_OFFSET_MASK = 0x1fff,
};

static enum ip_fault parse_ip4(const void *b, size_t len, struct ip_packet *out)
{
	struct rd r = rd_on(b, len);
	size_t header_len, total_len;
	uint16_t frag;

	if (len < IP4_HEADER_LEN)
		return IP_SHORT;
	header_len = (size_t)(rd_u8(&r) & 0xf) * 4;
	out->ecn = rd_u8(&r) & ECN_MASK;
	total_len = rd_be16(&r);
	rd_be16(&r); /* id */
	frag = rd_be16(&r);
	out->dont_fragment = frag & IP4_DF;
	out->fragment = frag & IP4_OFFSET_MASK;
	out->ttl = rd_u8(&r);
	out->proto = rd_u8(&r);
	rd_be16(&r); /* checksum */
	out->src = rd_bytes(&r, 4);
	out->dst = rd_bytes(&r, 4);
	if (header_len < IP4_HEADER_LEN)
		return IP_LENGTH;
	if (len < header_len)
		return IP_SHORT;
	out->header_len = header_len;
	if (total_len < header_len || total_len > len)
		return IP_LENGTH;
	out->total_len = total_len;
	return IP_OK;
}

static enum ip_fault parse_ip6(const void *b, size_t len, struct ip_packet *out)
{
	struct rd r = rd_on(b, len);
	size_t total_len;

	if (len < IP6_HEADER_LEN)
		return IP_SHORT;
	out->ecn = (uint8_t)(rd_be32(&r) >> 20 & ECN_MASK);
	total_len = IP6_HEADER_LEN + (size_t)rd_be16(&r);
	out->proto = rd_u8(&r);
	out->ttl = rd_u8(&r);
	out->src = rd_bytes(&r, 16);
	out->dst = rd_bytes(&r, 16);
	out->dont_fragment = true;
	out->header_len = IP6_HEADER_LEN;
	if (total_len > len)
		return IP_LENGTH;
	out->total_len = total_len;
	return IP_OK;
}

enum ip_fault ip_parse(const void *b, size_t len, struct ip_packet *out)
{
	struct rd r = rd_on(b, len);
	enum ip_fault fault;

	memset(out, 0, sizeof(*out));
	if (!len)
		return IP_EMPTY;
	out->version = rd_u8(&r) >> 4;
	if (out->version == 4)
		fault = parse_ip4(b, len, out);
	else if (out->version == 6)
		fault = parse_ip6(b, len, out);
	else
		return IP_VERSION;
	if (!fault)
		out->payload = (const uint8_t *)b + out->header_len;
	return fault;
}

uint32_t ip_sum(const void *b, size_t len, uint32_t sum)
{
	struct rd r = rd_on(b, len);
	uint64_t s = sum;

	while (r.left >= 2)
		s += rd_be16(&r);
	if (r.left)
		s += (uint64_t)rd_u8(&r) << 8;
	while (s >> 32)
		s = (s & UINT32_MAX) + (s >> 32);
	return (uint32_t)s;
}

uint16_t ip_sum_finish(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* RFC 6040, figure 4. */
static bool ecn_combine(uint8_t inner, uint8_t outer, uint8_t *out)
{
	*out = inner;
	if (outer == ECN_CE) {
		*out = ECN_CE;
		return inner != ECN_NOT_ECT;
	}
	if (inner == ECN_ECT0 && outer == ECN_ECT1)
		*out = ECN_ECT1;
	return true;
}

/* RFC 1624, equation 3: the sum follows one changed word without reading the others. */
static void ip4_set_ecn(uint8_t *packet, uint8_t ecn)
{
	struct rd r = rd_on(packet, IP4_HEADER_LEN);
	uint16_t old = rd_be16(&r), new = (uint16_t)((old & ~ECN_MASK) | ecn);
	struct wr w = wr_on(packet + IP4_SUM_AT, 2);
	uint16_t sum;

	r = rd_on(packet + IP4_SUM_AT, 2);
	sum = rd_be16(&r);
	wr_be16(&w, ip_sum_finish((uint32_t)(uint16_t)~sum + (uint16_t)~old + new));
	packet[IP4_TOS_AT] = (uint8_t)new;
}

bool ip_ecn_decapsulate(uint8_t *packet, size_t len, uint8_t outer_ecn)
{
	struct ip_packet ip;
	uint8_t ecn;

	if (ip_parse(packet, len, &ip) != IP_OK)
		return true; /* not for us to judge */
	if (!ecn_combine(ip.ecn, outer_ecn & ECN_MASK, &ecn))
		return false;
	if (ecn == ip.ecn)
		return true;
	if (ip.version == 4)
		ip4_set_ecn(packet, ecn);
	else /* the traffic class begins in the middle of a byte */
		packet[1] = (uint8_t)((packet[1] & ~(ECN_MASK << 4)) | ecn << 4);
	return true;
}
