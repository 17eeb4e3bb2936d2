#include "probe/ladder_wire.h"

#include <string.h>

#include "wire/cursor.h"
#include "wire/ip.h"
#include "wire/ladder_mark.h"
#include "wire/wg_msg.h"

enum {
	/* RFC 792; RFC 4443 */
	ICMP4_UNREACHABLE = 3,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAMETER = 12,
	ICMP6_UNREACHABLE = 1,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER = 4,
	ICMP_HEADER = 8,
	CONTROL_SPORT = 0xc000, /* of the dynamic ports */
	HOP_BITS = 5,
	HOP_MASK = (1 << HOP_BITS) - 1,
	ROUND_BITS = 3,
	ROUND_MASK = (1 << ROUND_BITS) - 1,
	UDP_SUM_AT = 6,
};
_Static_assert((int)LADDER_RUNGS_MAX <= (int)HOP_MASK, "a hop limit must fit");
_Static_assert((int)LADDER_TRIES_MAX <= (int)ROUND_MASK, "a round must fit");
_Static_assert(LADDER_PACKET_MAX == IP6_HEADER_LEN + UDP_HEADER_LEN + WG_INITIATION_LEN, "");

/* Never 0, in whose place the kernel would put one of its own: no hop limit is. */
static uint16_t id_of(const struct ladder_ids *ids, unsigned hop_limit, unsigned round)
{
	unsigned low = (round & ROUND_MASK) << HOP_BITS | (hop_limit & HOP_MASK);

	return (uint16_t)((unsigned)(ids->token & 0xff) << 8 | low);
}

static uint32_t index_of(const struct ladder_ids *ids, uint16_t id)
{
	return (uint32_t)ids->token << 16 | id;
}

/* A message, or what only has its length. */
struct shape {
	uint16_t sport, dport, id;
	uint8_t hop_limit;
	bool message;
};

static void put_udp(const struct ladder_ids *ids, const struct shape *s, uint8_t *b)
{
	enum { LEN = UDP_HEADER_LEN + WG_INITIATION_LEN };
	size_t n = ip_addr_len(&ids->from.addr);
	struct wr w = wr_on(b, LEN);
	uint32_t sum;

	wr_be16(&w, s->sport);
	wr_be16(&w, s->dport);
	wr_be16(&w, LEN);
	wr_be16(&w, 0);
	wr_le32(&w, s->message ? WG_MSG_INITIATION : 0);
	wr_be32(&w, index_of(ids, s->id));
	/* Not zero, as nothing encrypted is. */
	ladder_mark_put(b + UDP_HEADER_LEN + LADDER_MARK_AT, WG_INITIATION_LEN - LADDER_MARK_AT,
			(uint8_t)ids->token);
	/* RFC 768, RFC 8200 section 8.1 */
	sum = ip_sum(ids->from.addr.b, n, (uint32_t)LEN + IP_PROTO_UDP);
	sum = ip_sum(ids->to.addr.b, n, sum);
	sum = ip_sum_finish(ip_sum(b, LEN, sum));
	w = wr_on(b + UDP_SUM_AT, 2);
	wr_be16(&w, sum ? (uint16_t)sum : 0xffff);
}

/* May be fragmented, as the engines' are. */
static size_t put_ip4(const struct ladder_ids *ids, const struct shape *s, uint8_t *out)
{
	enum { LEN = IP4_HEADER_LEN + UDP_HEADER_LEN + WG_INITIATION_LEN };
	struct wr w = wr_on(out, IP4_HEADER_LEN);

	wr_u8(&w, 0x45);
	wr_u8(&w, ids->tos);
	wr_be16(&w, LEN);
	wr_be16(&w, s->id);
	wr_be16(&w, 0);
	wr_u8(&w, s->hop_limit);
	wr_u8(&w, IP_PROTO_UDP);
	wr_be16(&w, 0); /* the kernel sums the header */
	wr_bytes(&w, ids->from.addr.b, 4);
	wr_bytes(&w, ids->to.addr.b, 4);
	put_udp(ids, s, out + IP4_HEADER_LEN);
	return LEN;
}

static size_t put_ip6(const struct ladder_ids *ids, const struct shape *s, uint8_t *out)
{
	struct wr w = wr_on(out, IP6_HEADER_LEN);

	wr_be32(&w, UINT32_C(6) << 28 | (uint32_t)ids->tos << 20 | (ids->flow & IP6_FLOW_MASK));
	wr_be16(&w, UDP_HEADER_LEN + WG_INITIATION_LEN);
	wr_u8(&w, IP_PROTO_UDP);
	wr_u8(&w, s->hop_limit);
	wr_bytes(&w, ids->from.addr.b, 16);
	wr_bytes(&w, ids->to.addr.b, 16);
	put_udp(ids, s, out + IP6_HEADER_LEN);
	return IP6_HEADER_LEN + UDP_HEADER_LEN + WG_INITIATION_LEN;
}

static size_t put(const struct ladder_ids *ids, const struct shape *s, uint8_t *out)
{
	return (ids->from.addr.family == FAMILY_IP6 ? put_ip6 : put_ip4)(ids, s, out);
}

size_t ladder_put(const struct ladder_ids *ids, unsigned hop_limit, unsigned round,
		  uint8_t out[static LADDER_PACKET_MAX])
{
	struct shape s = {
		.sport = ids->from.port,
		.dport = ids->to.port,
		.id = id_of(ids, hop_limit, round),
		.hop_limit = (uint8_t)hop_limit,
		.message = true,
	};

	return put(ids, &s, out);
}

/* Of another flow each time, since some routers send each flow another way. */
static uint16_t control_sport(const struct ladder_ids *ids, unsigned round)
{
	return (uint16_t)(CONTROL_SPORT | (ids->token & 0x7ff) << ROUND_BITS | round);
}

static uint16_t control_dport(unsigned hop, unsigned round)
{
	return (uint16_t)(LADDER_CONTROL_PORT + (round << HOP_BITS | hop));
}

size_t ladder_put_control(const struct ladder_ids *ids, unsigned hop_limit, unsigned round,
			  uint8_t out[static LADDER_PACKET_MAX])
{
	unsigned hop = hop_limit == LADDER_WHOLE_WAY ? 0 : hop_limit;
	struct shape s = {
		.sport = control_sport(ids, round),
		.dport = control_dport(hop, round),
		.id = id_of(ids, hop | 1, round),
		.hop_limit = (uint8_t)hop_limit,
	};

	return put(ids, &s, out);
}

size_t ladder_put_echo(const struct ladder_ids *ids, unsigned hop_limit, unsigned round,
		       uint8_t *out, size_t len)
{
	bool v6 = ids->from.addr.family == FAMILY_IP6;
	struct wr w = wr_on(out, len);

	wr_u8(&w, v6 ? ICMP_ECHO6_REQUEST : ICMP_ECHO_REQUEST);
	wr_u8(&w, 0);
	wr_be16(&w, 0);
	wr_be16(&w, ids->echo_id);
	wr_be16(&w, (uint16_t)(round << HOP_BITS | hop_limit));
	wr_zero(&w, w.left);
	if (v6) /* the system does it for ICMPv6: RFC 3542, section 3.1 */
		return len;
	w = wr_on(out + 2, 2);
	wr_be16(&w, ip_sum_finish(ip_sum(out, len, 0)));
	return len;
}

/* --- what comes back ------------------------------------------------------------------ */

struct quoted {
	uint16_t id; /* IPv4 */
	uint8_t proto;
	bool to_host, from_us; /* its addresses are those of the ladder */
	struct rd rest; /* behind the IP header, as much as is quoted */
};

static bool read_ip4(const struct ladder_ids *ids, struct rd *r, struct quoted *q)
{
	uint8_t first = rd_u8(r);
	const uint8_t *src, *dst;

	rd_bytes(r, 3);
	q->id = rd_be16(r);
	rd_bytes(r, 3);
	q->proto = rd_u8(r);
	rd_be16(r);
	src = rd_bytes(r, 4);
	dst = rd_bytes(r, 4);
	if ((first & 0xf) < 5)
		return false;
	rd_bytes(r, (size_t)(first & 0xf) * 4 - IP4_HEADER_LEN);
	if (r->bad || first >> 4 != 4)
		return false;
	q->from_us = !memcmp(src, ids->from.addr.b, 4);
	q->to_host = !memcmp(dst, ids->to.addr.b, 4);
	return true;
}

static bool read_ip6(const struct ladder_ids *ids, struct rd *r, struct quoted *q)
{
	uint8_t first = rd_u8(r);
	const uint8_t *src, *dst;

	rd_bytes(r, 5);
	q->proto = rd_u8(r);
	rd_u8(r);
	src = rd_bytes(r, 16);
	dst = rd_bytes(r, 16);
	if (r->bad || first >> 4 != 6)
		return false;
	q->from_us = !memcmp(src, ids->from.addr.b, 16);
	q->to_host = !memcmp(dst, ids->to.addr.b, 16);
	return true;
}

static void place(struct ladder_reply *out, unsigned low)
{
	out->hop_limit = low & HOP_MASK;
	out->round = low >> HOP_BITS & ROUND_MASK;
}

/*
 * The index where it is quoted, else the IP id, which some NAT boxes write anew. Some routers fill
 * up with zeros what they do not quote (RFC 4884, section 5); and not every NAT box gives back our
 * address and port in what is quoted.
 */
static void of_tunnel(const struct ladder_ids *ids, const struct quoted *q, uint16_t sport,
		      struct ladder_reply *out)
{
	struct rd r = q->rest;
	uint32_t type = rd_le32(&r), index = rd_be32(&r);

	if (!r.bad && (type || index)) {
		/* A message of the engine's own is none of the ladder's. */
		if (type != WG_MSG_INITIATION || index >> 16 != ids->token)
			return;
		out->of = LADDER_OF_TUNNEL;
		place(out, index);
		return;
	}
	if (!q->from_us || sport != ids->from.port)
		return;
	out->of = LADDER_OF_TUNNEL;
	if (ids->from.addr.family == FAMILY_IP4 && q->id >> 8 == (ids->token & 0xff))
		place(out, q->id);
}

static void of_udp(const struct ladder_ids *ids, struct quoted *q, struct ladder_reply *out)
{
	uint16_t sport = rd_be16(&q->rest), dport = rd_be16(&q->rest);
	unsigned n = (unsigned)dport - LADDER_CONTROL_PORT;

	rd_be32(&q->rest);
	if (q->rest.bad)
		return;
	if (dport == ids->to.port) {
		of_tunnel(ids, q, sport, out);
	} else if (q->from_us && n < 1U << (HOP_BITS + ROUND_BITS) &&
		   sport == control_sport(ids, n >> HOP_BITS)) {
		out->of = LADDER_OF_CONTROL;
		place(out, n);
	}
}

static void of_echo(const struct ladder_ids *ids, struct quoted *q, struct ladder_reply *out)
{
	bool v6 = ids->from.addr.family == FAMILY_IP6;
	uint8_t type = rd_u8(&q->rest);
	uint16_t id;

	rd_bytes(&q->rest, 3);
	id = rd_be16(&q->rest);
	place(out, rd_be16(&q->rest));
	if (!q->rest.bad && type == (v6 ? ICMP_ECHO6_REQUEST : ICMP_ECHO_REQUEST) &&
	    id == ids->echo_id && out->hop_limit)
		out->of = LADDER_OF_ECHO;
}

static void quoted(const struct ladder_ids *ids, struct rd r, struct ladder_reply *out)
{
	bool v6 = ids->from.addr.family == FAMILY_IP6;
	struct quoted q = { 0 };

	if (!(v6 ? read_ip6 : read_ip4)(ids, &r, &q) || !q.to_host)
		return;
	q.rest = r;
	if (q.proto == IP_PROTO_UDP)
		of_udp(ids, &q, out);
	else if (q.from_us && q.proto == (v6 ? IP_PROTO_ICMP6 : IP_PROTO_ICMP))
		of_echo(ids, &q, out);
}

static bool is_error(bool v6, uint8_t type)
{
	if (v6)
		return type == ICMP6_UNREACHABLE || type == ICMP6_TIME_EXCEEDED ||
		       type == ICMP6_PARAMETER;
	return type == ICMP4_UNREACHABLE || type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAMETER;
}

struct ladder_reply ladder_parse(const struct ladder_ids *ids, const uint8_t *b, size_t len)
{
	bool v6 = ids->from.addr.family == FAMILY_IP6;
	struct rd r = rd_on(b, len);
	struct ladder_reply out = { .type = rd_u8(&r), .code = rd_u8(&r) };
	uint16_t id;

	rd_be16(&r);
	if (r.bad)
		return out;
	if (out.type == (v6 ? ICMP_ECHO6_REPLY : ICMP_ECHO_REPLY)) {
		id = rd_be16(&r);
		place(&out, rd_be16(&r));
		out.echo_reply = true;
		if (!r.bad && id == ids->echo_id && out.hop_limit)
			out.of = LADDER_OF_ECHO;
		return out;
	}
	if (!is_error(v6, out.type))
		return out;
	out.time_exceeded = out.type == (v6 ? ICMP6_TIME_EXCEEDED : ICMP4_TIME_EXCEEDED);
	rd_be32(&r);
	quoted(ids, r, &out);
	return out;
}
