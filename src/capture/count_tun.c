/*
 * Inside: IP packets, and what should have been some.
 *
 * With segmentation offload one TCP packet here is many on the wire; it is counted as the one
 * IP packet that it is.
 *
 * A packet without its first four bytes is what a tun with a header delivers when the engine
 * writes none (the kernel takes the first four bytes of the packet for it). It then begins
 * with the IP id, and one id in eight looks like version 4 or 6. So the version nibble
 * decides last:
 *   1. a header that is right in length and checksum is a packet;
 *   2. a frame that becomes one when four bytes are taken off or put in front is shifted.
 *      What is missing is 45, the TOS and the length. Length and checksum determine it as one
 *      16-bit word, of which the 45 must come out (1 of 256 by chance), so an address of our
 *      own, or a length or checksum of the layer above, has to agree too;
 *   3. the rest is told by the nibble.
 * (Measured on 6.18: a tun with a header shows in a capture without it.)
 */
#include "capture/headers.h"

#include <string.h>

#include "wire/cursor.h"
#include "wire/ip.h"

enum {
	SHIFT = 4,
	IP4_LONGEST = 65535,
	UDP_PORT_AT = 2, /* RFC 768: of the destination */
	UDP_LEN_AT = 4,
	PADDED_TO = 16, /* whitepaper, section 5.4.6 */
};

static bool is_own(const struct tap_conf *c, const struct ip_addr *a)
{
	size_t i;

	for (i = 0; i < c->n_own; i++)
		if (ip_addr_equal(&c->own[i], a))
			return true;
	return false;
}

/* ::, or fe80::/10: router solicitations and group reports, which the kernel sends by itself. */
static bool is_link_chatter(const struct ip_addr *a)
{
	static const struct ip_addr unspecified = { .family = FAMILY_IP6 };

	if (a->family != FAMILY_IP6)
		return false;
	return ip6_is_link_local(a->b) || ip_addr_equal(a, &unspecified);
}

/*
 * Where the system does not tell: what is not IP has no address to tell its direction by. A
 * host's stack gives a tun nothing but IP, so the engine wrote it: in. A shifted packet has its
 * addresses.
 */
static enum tap_dir inner_dir(const struct tap_conf *c, const struct dgram *d)
{
	if (c->told != TAP_TOLD_NOTHING)
		return c->told == TAP_TOLD_OUT ? TAP_OUT : TAP_IN;
	if (is_own(c, &d->src))
		return TAP_OUT;
	if (is_own(c, &d->dst))
		return TAP_IN;
	return is_link_chatter(&d->src) ? TAP_OUT : TAP_IN;
}

/* --- right by its own header --------------------------------------------------- */

static bool is_right4(const uint8_t *b, size_t caplen, size_t len)
{
	size_t header_len = caplen ? (size_t)(b[0] & 0xf) * 4 : 0;
	size_t total;

	if (caplen < IP4_HEADER_LEN || b[0] >> 4 != 4)
		return false;
	if (header_len < IP4_HEADER_LEN || header_len > caplen)
		return false;
	total = (size_t)b[2] << 8 | b[3];
	/* Longer ones exist (BIG TCP); their length stands nowhere. */
	if (total != len && len <= IP4_LONGEST)
		return false;
	return ip_sum_finish(ip_sum(b, header_len, 0)) == 0;
}

static bool is_right6(const uint8_t *b, size_t caplen, size_t len)
{
	if (caplen < IP6_HEADER_LEN || b[0] >> 4 != 6)
		return false;
	return IP6_HEADER_LEN + ((size_t)b[4] << 8 | b[5]) == len;
}

/* --- shifted --------------------------------------------------------------------- */

/* The layer above says the same length, or its checksum fits. */
static bool upper_agrees(const struct dgram *d)
{
	if (d->later_fragment || d->more_fragments)
		return false;
	if (d->proto == IP_PROTO_UDP && d->have >= UDP_HEADER_LEN)
		return ((size_t)d->b[UDP_LEN_AT] << 8 | d->b[UDP_LEN_AT + 1]) == d->len;
	if (d->proto == IP_PROTO_ICMP && d->have == d->len && d->len >= UDP_HEADER_LEN)
		return ip_sum_finish(ip_sum(d->b, d->len, 0)) == 0;
	return false;
}

static bool agrees(const struct tap_conf *c, const struct dgram *d)
{
	return is_own(c, &d->src) || is_own(c, &d->dst) || upper_agrees(d);
}

/* b begins with the IP id. head: room for the header as it was. */
static bool lacks_four4(const struct tap_conf *c, const uint8_t *b, size_t caplen, size_t len,
			struct dgram *d)
{
	uint8_t head[IP4_HEADER_LEN] = { 0 };
	uint16_t first;

	if (caplen < IP4_HEADER_LEN - SHIFT || len + SHIFT > IP4_LONGEST)
		return false;
	memcpy(head + SHIFT, b, IP4_HEADER_LEN - SHIFT);
	head[2] = (uint8_t)((len + SHIFT) >> 8);
	head[3] = (uint8_t)(len + SHIFT);
	first = ip_sum_finish(ip_sum(head, sizeof(head), 0));
	head[0] = (uint8_t)(first >> 8);
	head[1] = (uint8_t)first;
	/* 45; the reserved bit of the flags; TTL */
	if (head[0] != 0x45 || head[6] & 0x80 || !head[8])
		return false;
	headers_read(head, sizeof(head), d);
	d->b = b + IP4_HEADER_LEN - SHIFT;
	d->have = MIN(caplen - (IP4_HEADER_LEN - SHIFT), d->len);
	return agrees(c, d);
}

/* b begins with the payload length. */
static bool lacks_four6(const struct tap_conf *c, const uint8_t *b, size_t caplen, size_t len,
			struct dgram *d)
{
	uint8_t head[IP6_HEADER_LEN] = { 0x60 };
	uint8_t next;

	if (caplen < IP6_HEADER_LEN - SHIFT)
		return false;
	memcpy(head + SHIFT, b, IP6_HEADER_LEN - SHIFT);
	if (!is_right6(head, sizeof(head), len + SHIFT) || !head[7])
		return false;
	next = head[6];
	headers_read(head, sizeof(head), d);
	d->proto = next;
	d->len = len - (IP6_HEADER_LEN - SHIFT);
	d->b = b + IP6_HEADER_LEN - SHIFT;
	d->have = MIN(caplen - (IP6_HEADER_LEN - SHIFT), d->len);
	return agrees(c, d);
}

/* A family as a BSD, Darwin or Linux numbers it, or an Ethernet type. */
static bool is_family_header(const uint8_t *b)
{
	static const uint16_t families[] = { 2, 10, 24, 28, 30, 0x0800, 0x86dd };
	uint16_t family = (uint16_t)(b[2] << 8 | b[3]);
	size_t i;

	for (i = 0; i < ARRAY_LEN(families); i++)
		if (!b[0] && !b[1] && family == families[i])
			return true;
	return false;
}

static bool has_four_more(const struct tap_conf *c, const uint8_t *b, size_t caplen, size_t len,
			  struct dgram *d)
{
	if (caplen < SHIFT)
		return false;
	headers_read(b + SHIFT, caplen - SHIFT, d);
	if (is_right4(b + SHIFT, caplen - SHIFT, len - SHIFT))
		return true;
	return is_right6(b + SHIFT, caplen - SHIFT, len - SHIFT) &&
	       (is_family_header(b) || is_own(c, &d->src) || is_own(c, &d->dst));
}

static void count_shifted(struct tap_facts *t, enum tap_dir dir, const uint8_t *b, size_t caplen)
{
	if (!t->shifted[TAP_OUT] && !t->shifted[TAP_IN])
		memcpy(t->shifted_first, b, MIN(caplen, sizeof(t->shifted_first)));
	t->shifted[dir]++;
	t->not_ip[dir]++;
}

/* ---------------------------------------------------------------------------------- */

static bool is_icmp(const struct dgram *d, uint8_t type4, uint8_t type6)
{
	if (d->later_fragment || !d->have)
		return false;
	if (d->proto == IP_PROTO_ICMP6 && d->src.family == FAMILY_IP6)
		return d->b[0] == type6;
	return d->proto == IP_PROTO_ICMP && d->src.family == FAMILY_IP4 && d->b[0] == type4;
}

static bool is_echo_request(const struct dgram *d)
{
	return is_icmp(d, ICMP_ECHO_REQUEST, ICMP_ECHO6_REQUEST);
}

static void count_echo(struct tap_facts *t, enum tap_dir dir, const struct dgram *d)
{
	t->echo_requests[dir] += is_echo_request(d);
	t->echo_replies[dir] += is_icmp(d, ICMP_ECHO_REPLY, ICMP_ECHO6_REPLY);
}

static bool is_multicast(const struct ip_addr *a)
{
	return a->family == FAMILY_IP6 ? a->b[0] == 0xff : a->b[0] >= 224;
}

static bool has_own_of(const struct tap_conf *c, uint8_t family)
{
	size_t i;

	for (i = 0; i < c->n_own; i++)
		if (c->own[i].family == family && !is_link_chatter(&c->own[i]))
			return true;
	return false;
}

static void count_own(struct tap_facts *t, const struct tap_conf *c, enum tap_dir dir,
		      const struct dgram *d)
{
	if (dir == TAP_OUT && is_echo_request(d) && is_own(c, &d->src))
		t->own_echoes[d->src.family == FAMILY_IP6]++;
}

/* Without an address of its own the tun borrows that of another link. */
static void count_foreign(struct tap_facts *t, const struct tap_conf *c, enum tap_dir dir,
			  const struct dgram *d)
{
	const struct ip_addr *a = dir == TAP_OUT ? &d->src : &d->dst;
	struct ip_addr *first = dir == TAP_OUT ? &t->foreign_from : &t->foreign_to;

	if (is_own(c, a) || is_multicast(a) || is_link_chatter(a) || !has_own_of(c, a->family))
		return;
	if (!t->foreign[dir]++)
		*first = *a;
	t->foreign_echoes[dir] += is_echo_request(d);
}

/* A message of the tunnel itself: it was routed into what it is to carry. */
static bool is_nested(const struct tap_conf *c, const struct dgram *d)
{
	if (d->proto != IP_PROTO_UDP || d->later_fragment || d->have < UDP_HEADER_LEN)
		return false;
	return c->far.port && ip_addr_equal(&d->dst, &c->far.addr) &&
	       (d->b[UDP_PORT_AT] << 8 | d->b[UDP_PORT_AT + 1]) == c->far.port;
}

/* What another peer was asked with, or answers. */
static bool is_others_echo(const struct tap_conf *c, const struct dgram *d)
{
	size_t i;

	if (d->proto != (d->src.family == FAMILY_IP6 ? IP_PROTO_ICMP6 : IP_PROTO_ICMP))
		return false;
	for (i = 0; i < c->n_others; i++)
		if (ip_addr_equal(&c->others[i], &d->src) || ip_addr_equal(&c->others[i], &d->dst))
			return true;
	return false;
}

static void tell_inner(const struct tap_conf *c, const struct dgram *d, const uint8_t *b,
		       size_t caplen, size_t len, int64_t t_ns)
{
	const struct tap_inner p = {
		.dir = inner_dir(c, d), .t_ns = t_ns, .b = b, .caplen = caplen, .len = len
	};

	if (c->on_inner)
		c->on_inner(c->on_inner_ctx, &p);
}

void count_tun(struct tap_facts *t, const struct tap_conf *c, const uint8_t *b, size_t caplen,
	       size_t len, int64_t t_ns)
{
	uint8_t version = caplen ? b[0] >> 4 : 0;
	struct dgram d;

	if (!caplen && len)
		return;
	if (!is_right4(b, caplen, len) && !is_right6(b, caplen, len)) {
		if (lacks_four4(c, b, caplen, len, &d) || lacks_four6(c, b, caplen, len, &d) ||
		    has_four_more(c, b, caplen, len, &d)) {
			count_shifted(t, inner_dir(c, &d), b, caplen);
			return;
		}
		if (version != 4 && version != 6) {
			t->not_ip[c->told == TAP_TOLD_OUT ? TAP_OUT : TAP_IN]++;
			return;
		}
	}
	if (headers_read(b, caplen, &d)) {
		tell_inner(c, &d, b, caplen, len, t_ns);
		if (is_others_echo(c, &d)) {
			t->others[inner_dir(c, &d)]++;
			return;
		}
		count_echo(t, inner_dir(c, &d), &d);
		count_own(t, c, inner_dir(c, &d), &d);
		count_foreign(t, c, inner_dir(c, &d), &d);
		t->nested += inner_dir(c, &d) == TAP_OUT && is_nested(c, &d);
	}
	t->packets[inner_dir(c, &d)]++;
	t->padded_bytes[inner_dir(c, &d)] +=
		(int64_t)((len + PADDED_TO - 1) / PADDED_TO * PADDED_TO);
}
