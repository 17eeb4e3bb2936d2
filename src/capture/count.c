/*
 * What is in one captured frame, and to which counter it goes.
 *
 * The headers are read here and not by ip_parse(): that wants whole packets, and here
 * are frames cut by the snap length, and quotes in ICMP errors, which end after the
 * first bytes of UDP by design. So `have` (bytes that are there) and `len` (bytes the
 * headers tell of) are kept apart all the way down.
 *
 * One frame is not one message. Where an engine uses UDP segmentation offload, a tap sees
 * what the engine gave the kernel: one datagram of up to 64 KiB that becomes many, all of
 * one size but the last. Receive offload makes the same of what arrived. The size is found
 * by what must stand at each multiple of it: a data header of the same session with a
 * near counter. Chance finds one such place in random bytes once in 2^115.
 * On a tun the same offload makes one TCP packet of many; it is counted as the one IP
 * packet that it is there.
 */
#include "capture/tap.h"

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

enum { ICMP_HEADER_LEN = 8 };

/*
 * How far the counters of one frame's messages may lie apart. Sent they follow one another;
 * received there may be gaps. More than the replay window (8128) no receiver would accept.
 */
enum { COUNTERS_APART_MAX = 8192 };

struct dgram {
	uint8_t proto;
	bool later_fragment, more_fragments;
	struct ip_addr src, dst;
	const uint8_t *b; /* behind the IP headers */
	size_t have, len;
	size_t ip_len; /* with headers */
};

static bool read_ip4(struct rd *r, struct dgram *d)
{
	size_t header_len = (size_t)(rd_u8(r) & 0xf) * 4;
	uint16_t frag;

	rd_u8(r); /* TOS */
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
	rd_be32(r); /* version, class, flow */
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

/* The addresses are filled as far as they are there, also when the rest is bad. */
static bool read_ip(const uint8_t *b, size_t caplen, struct dgram *d)
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

/* --- outside: the messages of one tunnel ---------------------------------- */

/*
 * Is it between the tunnel's two sockets, and which way? *udp_len as the UDP header says,
 * header included.
 */
static bool tunnel_dir(const struct tap_conf *c, const struct dgram *d, enum tap_dir *dir,
		       size_t *udp_len)
{
	struct rd r = rd_on(d->b, d->have);
	uint16_t sport = rd_be16(&r), dport = rd_be16(&r);

	*udp_len = rd_be16(&r);
	if (r.bad || d->proto != IP_PROTO_UDP || d->later_fragment)
		return false;
	if (sport == c->near.port && dport == c->far.port &&
	    ip_addr_equal(&d->src, &c->near.addr) && ip_addr_equal(&d->dst, &c->far.addr))
		*dir = TAP_OUT;
	else if (sport == c->far.port && dport == c->near.port &&
		 ip_addr_equal(&d->src, &c->far.addr) && ip_addr_equal(&d->dst, &c->near.addr))
		*dir = TAP_IN;
	else
		return false;
	return true;
}

/* Both have the 16 bytes of a data header. */
static bool same_session(const uint8_t *first, const uint8_t *other)
{
	struct rd a = rd_on(first, WG_DATA_HEADER_LEN), b = rd_on(other, WG_DATA_HEADER_LEN);
	uint64_t apart;

	if (rd_le64(&a) != rd_le64(&b)) /* type and receiver index */
		return false;
	apart = rd_le64(&b) - rd_le64(&a);
	return apart <= COUNTERS_APART_MAX || -apart <= COUNTERS_APART_MAX;
}

static bool size_fits(const uint8_t *b, size_t have, size_t len, size_t size)
{
	size_t at;

	for (at = size; at < len; at += size) {
		if (len - at < WG_DATA_OVERHEAD)
			return false;
		if (at + WG_DATA_HEADER_LEN <= have && !same_session(b, b + at))
			return false;
	}
	return true;
}

/* Of what size are the messages in this datagram? len: there is only one. */
static size_t message_size(const uint8_t *b, size_t have, size_t len)
{
	enum wg_msg_type type;
	size_t size;

	if (have < WG_DATA_OVERHEAD || wg_msg_classify(b, len, &type) != WG_MSG_OK ||
	    type != WG_MSG_DATA)
		return len;
	for (size = WG_DATA_OVERHEAD; size + WG_DATA_HEADER_LEN <= have; size++)
		if (b[size] == WG_MSG_DATA && same_session(b, b + size) &&
		    size_fits(b, have, len, size))
			return size;
	return len;
}

static void count_message(struct tap_facts *t, enum tap_dir dir, enum wg_msg_type type, size_t len,
			  int64_t t_ns)
{
	t->msgs[dir][type]++;
	if (type == WG_MSG_NONE)
		return;
	t->msg_bytes[dir] += (int64_t)len;
	if (type == WG_MSG_DATA && len == WG_KEEPALIVE_LEN)
		t->keepalives[dir]++;
	if (type == WG_MSG_INITIATION && t->first_initiation_ns == UNKNOWN)
		t->first_initiation_ns = t_ns;
	if (type == WG_MSG_RESPONSE && t->first_response_ns == UNKNOWN)
		t->first_response_ns = t_ns;
}

static void count_datagram(struct tap_facts *t, enum tap_dir dir, const uint8_t *b, size_t have,
			   size_t len, int64_t t_ns)
{
	size_t size = message_size(b, have, len), at;
	enum wg_msg_type type;

	/*
	 * The type is read once: what follows in the same datagram is data, or size would be
	 * len.
	 */
	if (have < MIN(len, 4))
		return; /* cut before its type */
	if (wg_msg_classify(b, len, &type) != WG_MSG_OK)
		type = WG_MSG_NONE;
	if (!len)
		count_message(t, dir, type, len, t_ns);
	for (at = 0; at < len; at += size)
		count_message(t, dir, type, MIN(size, len - at), t_ns);
}

static void count_udp(struct tap_facts *t, const struct tap_conf *c, const struct dgram *d,
		      int64_t t_ns)
{
	enum tap_dir dir;
	size_t udp_len;

	if (!tunnel_dir(c, d, &dir, &udp_len))
		return;
	/* The first fragment's UDP header tells the length of the whole datagram. */
	if (udp_len < UDP_HEADER_LEN || (udp_len > d->len && !d->more_fragments)) {
		count_message(t, dir, WG_MSG_NONE, 0, t_ns);
		return;
	}
	if (d->have < UDP_HEADER_LEN)
		return;
	udp_len -= UDP_HEADER_LEN;
	count_datagram(t, dir, d->b + UDP_HEADER_LEN, MIN(d->have - UDP_HEADER_LEN, udp_len),
		       udp_len, t_ns);
}

/* A redirect (type 5) is no sign that anything was lost. RFC 792; RFC 4443, section 2.1. */
static bool is_icmp_error(uint8_t proto, uint8_t type)
{
	if (proto == IP_PROTO_ICMP)
		return type == 3 || type == 4 || type == 11 || type == 12;
	return type >= 1 && type <= 4;
}

static void count_icmp(struct tap_facts *t, const struct tap_conf *c, const struct dgram *d)
{
	struct dgram quoted;
	enum tap_dir dir;
	size_t udp_len;

	if (d->have < ICMP_HEADER_LEN || d->later_fragment || !is_icmp_error(d->proto, d->b[0]))
		return;
	if (!read_ip(d->b + ICMP_HEADER_LEN, d->have - ICMP_HEADER_LEN, &quoted) ||
	    !tunnel_dir(c, &quoted, &dir, &udp_len))
		return;
	if (!t->icmp_errors++) {
		t->icmp_from = d->src;
		t->icmp_type = d->b[0];
		t->icmp_code = d->b[1];
	}
}

static void count_wire(struct tap_facts *t, const struct tap_conf *c, const uint8_t *b,
		       size_t caplen, size_t len, int64_t t_ns)
{
	struct dgram d;

	if (!read_ip(b, caplen, &d) || d.ip_len > len)
		return;
	if (d.proto == IP_PROTO_UDP)
		count_udp(t, c, &d, t_ns);
	else if (d.proto == IP_PROTO_ICMP || d.proto == IP_PROTO_ICMP6)
		count_icmp(t, c, &d);
}

/* --- inside: IP packets ---------------------------------------------------- */

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
	return (a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80) || ip_addr_equal(a, &unspecified);
}

static enum tap_dir inner_dir(const struct tap_conf *c, const struct dgram *d)
{
	if (is_own(c, &d->src))
		return TAP_OUT;
	if (is_own(c, &d->dst))
		return TAP_IN;
	return is_link_chatter(&d->src) ? TAP_OUT : TAP_IN;
}

/*
 * What is not IP has no address to tell its direction by. A host's stack gives a tun
 * nothing but IP, so the engine wrote it: in.
 */
static void count_tun(struct tap_facts *t, const struct tap_conf *c, const uint8_t *b,
		      size_t caplen, size_t len)
{
	uint8_t version = caplen ? b[0] >> 4 : 0;
	struct dgram d;

	if (!caplen && len)
		return;
	if (version != 4 && version != 6) {
		t->not_ip[TAP_IN]++;
		return;
	}
	read_ip(b, caplen, &d);
	t->packets[inner_dir(c, &d)]++;
}

/* -------------------------------------------------------------------------- */

void tap_count_start(struct tap_facts *t, const struct tap_conf *c)
{
	bool wire = c->kind == TAP_KIND_WIRE;
	unsigned dir, type;

	*t = (struct tap_facts){ .dev = c->dev };
	t->first_initiation_ns = t->first_response_ns = UNKNOWN;
	t->icmp_errors = wire ? 0 : UNKNOWN;
	for (dir = 0; dir < TAP_DIR_COUNT; dir++) {
		for (type = 0; type <= WG_MSG_DATA; type++)
			t->msgs[dir][type] = wire ? 0 : UNKNOWN;
		t->keepalives[dir] = t->msg_bytes[dir] = wire ? 0 : UNKNOWN;
		t->packets[dir] = t->not_ip[dir] = wire ? UNKNOWN : 0;
	}
}

void tap_count_frame(struct tap_facts *t, const struct tap_conf *c, const uint8_t *b, size_t caplen,
		     size_t len, int64_t t_ns)
{
	t->frames++;
	t->truncated += caplen < len;
	if (c->kind == TAP_KIND_WIRE)
		count_wire(t, c, b, caplen, len, t_ns);
	else
		count_tun(t, c, b, caplen, len);
}
