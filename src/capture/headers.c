#include "capture/headers.h"

#include "wire/cursor.h"
#include "wire/ip.h"

/* RFC 791, section 3.1; RFC 8200, section 4. */
enum {
	IP4_MORE_FRAGMENTS = 0x2000,
	IP4_OFFSET = 0x1fff,
	IP6_HOP_BY_HOP = 0,
	IP6_ROUTING = 43,
	IP6_FRAGMENT = 44,
	IP6_DESTINATION = 60,
	IP6_FRAGMENT_LEN = 8,
	IP6_OFFSET = 0xfff8,
	IP6_MORE_FRAGMENTS = 1,
};

static bool read_ip4(struct rd *r, struct dgram *d)
{
	size_t header_len = (size_t)(rd_u8(r) & 0xf) * 4;
	uint16_t frag;

	d->tos = rd_u8(r);
	d->ip_len = rd_be16(r);
	rd_be16(r); /* id */
	frag = rd_be16(r);
	rd_u8(r); /* TTL */
	d->proto = rd_u8(r);
	rd_be16(r); /* checksum: not yet filled in what is sent with offload */
	d->src.family = d->dst.family = FAMILY_IP4;
	rd_copy(r, d->src.b, 4);
	rd_copy(r, d->dst.b, 4);
	if (header_len < IP4_HEADER_LEN || d->ip_len < header_len)
		return false;
	rd_bytes(r, header_len - IP4_HEADER_LEN);
	d->later_fragment = frag & IP4_OFFSET;
	d->more_fragments = frag & IP4_MORE_FRAGMENTS;
	d->len = d->ip_len - header_len;
	return !r->bad;
}

/* One extension header; false when d->proto is none. */
static bool skip_ip6_extension(struct rd *r, struct dgram *d)
{
	uint8_t next;
	size_t len;
	uint16_t frag;

	switch (d->proto) {
	case IP6_FRAGMENT:
		next = rd_u8(r);
		rd_u8(r); /* reserved */
		frag = rd_be16(r);
		rd_be32(r); /* id */
		d->later_fragment = frag & IP6_OFFSET;
		d->more_fragments = frag & IP6_MORE_FRAGMENTS;
		len = IP6_FRAGMENT_LEN;
		break;
	case IP6_HOP_BY_HOP:
	case IP6_ROUTING:
	case IP6_DESTINATION:
		next = rd_u8(r);
		len = ((size_t)rd_u8(r) + 1) * 8;
		rd_bytes(r, len - 2);
		break;
	default:
		return false;
	}
	r->bad |= d->len < len;
	d->len -= r->bad ? 0 : len;
	d->proto = next;
	return !r->bad;
}

static bool read_ip6(struct rd *r, struct dgram *d)
{
	uint32_t first = rd_be32(r);

	d->tos = (uint8_t)(first >> 20);
	d->flow = first & IP6_FLOW_MASK;
	d->len = rd_be16(r);
	d->ip_len = IP6_HEADER_LEN + d->len;
	d->proto = rd_u8(r);
	rd_u8(r); /* hop limit */
	d->src.family = d->dst.family = FAMILY_IP6;
	rd_copy(r, d->src.b, 16);
	rd_copy(r, d->dst.b, 16);
	while (!d->later_fragment && skip_ip6_extension(r, d))
		;
	return !r->bad;
}

bool headers_read(const uint8_t *b, size_t caplen, struct dgram *d)
{
	struct rd r = rd_on(b, caplen);
	uint8_t version = caplen ? b[0] >> 4 : 0;

	*d = (struct dgram){ 0 };
	if (!(version == 4 ? read_ip4(&r, d) : version == 6 ? read_ip6(&r, d) : false))
		return false;
	d->b = r.p;
	d->have = MIN(r.left, d->len);
	return true;
}
