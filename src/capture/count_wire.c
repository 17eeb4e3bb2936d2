/*
 * Outside: the messages of one tunnel, and the ICMP errors about them.
 *
 * One frame is not one message. Where an engine uses UDP segmentation offload, a tap sees
 * what the engine gave the kernel: one datagram of up to 64 KiB that becomes many, all of
 * one size but the last. Receive offload makes the same of what arrived. The size is found
 * by what must stand at each multiple of it: a data header of the same session with a
 * near counter. Chance finds one such place in random bytes once in 2^115.
 */
#include "capture/headers.h"

#include "wire/cursor.h"
#include "wire/ladder_mark.h"
#include "wire/ip.h"

enum {
	ICMP_HEADER_LEN = 8,
	WG_PADDED_TO = 16, /* whitepaper, section 5.4.6; header and tag are 32 */
};

/*
 * How far the counters of one frame's messages may lie apart. Sent they follow one another;
 * received there may be gaps. More than the replay window (8128) no receiver would accept.
 */
enum { COUNTERS_APART_MAX = 8192 };

static const struct addr_facts *local_of(const struct tap_conf *c, const struct ip_addr *a)
{
	size_t i;

	for (i = 0; i < c->n_locals; i++)
		if (cidr_contains(&c->locals[i].addr, a))
			return &c->locals[i];
	return NULL;
}

/* What is not known of our own socket may be anything. */
static bool is_near(const struct tap_conf *c, const struct ip_addr *a, uint16_t port)
{
	if (c->near.port != 0 && c->near.port != port)
		return false;
	if (ip_addr_equal(a, &c->near.addr) || local_of(c, a))
		return true;
	return c->near.addr.family == FAMILY_NONE && c->n_locals == 0;
}

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
	if (dport == c->far.port && is_near(c, &d->src, sport) &&
	    ip_addr_equal(&d->dst, &c->far.addr))
		*dir = TAP_OUT;
	else if (sport == c->far.port && is_near(c, &d->dst, dport) &&
		 ip_addr_equal(&d->src, &c->far.addr))
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

/* An answer is as large as what it answers, or smaller. */
static void count_size(struct tap_facts *t, enum tap_dir dir, int64_t len)
{
	if (dir == TAP_IN && t->largest[TAP_OUT] > 0 && len > t->largest[TAP_OUT]) {
		t->larger++;
		t->larger_bytes += len - t->largest[TAP_OUT];
	}
	t->largest[dir] = MAX(t->largest[dir], len);
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
	if (type == WG_MSG_DATA && len % WG_PADDED_TO != 0)
		t->unpadded[dir]++;
	if (type == WG_MSG_DATA)
		count_size(t, dir, (int64_t)len);
	if (type == WG_MSG_INITIATION && t->first_initiation_ns == UNKNOWN)
		t->first_initiation_ns = t_ns;
	if (type == WG_MSG_RESPONSE && t->first_response_ns == UNKNOWN)
		t->first_response_ns = t_ns;
}

/* Whoever counts counters is told of each message, also of one whose counter was cut off. */
static void tell_data(const struct tap_message *whole, const uint8_t *b, size_t have, size_t len,
		      size_t size, void (*on_data)(void *ctx, const struct tap_message *m),
		      void *ctx)
{
	size_t at;

	for (at = 0; at < len; at += size) {
		struct tap_message m = *whole;
		struct rd r = rd_on(b, have);

		rd_bytes(&r, at);
		rd_le32(&r); /* type */
		m.receiver = rd_le32(&r);
		m.counter = rd_le64(&r);
		m.len = MIN(size, len - at);
		m.cut = r.bad;
		on_data(ctx, &m);
	}
}

void tap_data_messages(const struct tap_message *whole, const uint8_t *b, size_t have, size_t len,
		       void (*on_data)(void *ctx, const struct tap_message *m), void *ctx)
{
	tell_data(whole, b, have, len, message_size(b, have, len), on_data, ctx);
}

static void count_datagram(struct tap_facts *t, const struct tap_conf *c, enum tap_dir dir,
			   const uint8_t *b, size_t have, size_t len, int64_t t_ns)
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
	for (at = 0; at < len; at += size) {
		count_message(t, dir, type, MIN(size, len - at), t_ns);
		if (type == WG_MSG_DATA && dir == TAP_IN && t->data_since != UNKNOWN)
			t->data_since += t_ns > c->since_ns;
	}
	if (type == WG_MSG_DATA && c->on_data)
		tell_data(&(struct tap_message){ .dir = dir, .t_ns = t_ns }, b, have, len, size,
			  c->on_data, c->on_data_ctx);
}

/* Of our own ladder, or that of another run: no message of an engine's. */
static bool is_ladder(const struct dgram *d)
{
	return d->have > UDP_HEADER_LEN &&
	       ladder_mark_is(d->b + UDP_HEADER_LEN, d->have - UDP_HEADER_LEN);
}

static void see_near(struct tap_facts *t, const struct dgram *d)
{
	bool initiation = d->have > UDP_HEADER_LEN && d->b[UDP_HEADER_LEN] == WG_MSG_INITIATION;

	if (t->near_port != UNKNOWN && (!initiation || t->msgs[TAP_OUT][WG_MSG_INITIATION] > 0))
		return;
	t->near_port = d->b[0] << 8 | d->b[1];
	t->near_addr = d->src;
	t->near_tos = d->tos;
	t->near_flow = d->flow;
}

static int64_t messages(const struct tap_facts *t, enum tap_dir dir)
{
	int64_t n = 0;
	unsigned i;

	for (i = WG_MSG_INITIATION; i <= WG_MSG_DATA; i++)
		n += t->msgs[dir][i];
	return n;
}

/* n messages of this datagram. */
static void see_other(struct tap_facts *t, const struct tap_conf *c, enum tap_dir dir,
		      const struct ip_addr *near, int64_t n)
{
	const struct addr_facts *local = local_of(c, near);

	if (c->near.addr.family == FAMILY_NONE || ip_addr_equal(near, &c->near.addr))
		return;
	t->other_near[dir] += n;
	if (n == 0 || t->other_addr.family != FAMILY_NONE)
		return;
	t->other_addr = *near;
	t->other_link = local ? local->link : NULL;
}

static void count_udp(struct tap_facts *t, const struct tap_conf *c, const struct dgram *d,
		      int64_t t_ns)
{
	enum tap_dir dir;
	size_t udp_len;
	int64_t before;

	if (!tunnel_dir(c, d, &dir, &udp_len))
		return;
	if (is_ladder(d))
		return;
	if (dir == TAP_OUT)
		see_near(t, d);
	/* The first fragment's UDP header tells the length of the whole datagram. */
	if (udp_len < UDP_HEADER_LEN || (udp_len > d->len && !d->more_fragments)) {
		count_message(t, dir, WG_MSG_NONE, 0, t_ns);
		return;
	}
	if (d->have < UDP_HEADER_LEN)
		return;
	udp_len -= UDP_HEADER_LEN;
	before = messages(t, dir);
	count_datagram(t, c, dir, d->b + UDP_HEADER_LEN, MIN(d->have - UDP_HEADER_LEN, udp_len),
		       udp_len, t_ns);
	see_other(t, c, dir, dir == TAP_OUT ? &d->src : &d->dst, messages(t, dir) - before);
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
	if (!headers_read(d->b + ICMP_HEADER_LEN, d->have - ICMP_HEADER_LEN, &quoted) ||
	    !tunnel_dir(c, &quoted, &dir, &udp_len) || is_ladder(&quoted))
		return;
	if (!t->icmp_errors++) {
		t->icmp_from = d->src;
		t->icmp_type = d->b[0];
		t->icmp_code = d->b[1];
	}
}

/* --- whoever wants to know each message ------------------------------------------------- */

/* Where it is not between the tunnel's two sockets: of the near one, if its port is known. */
static bool outer_dir(const struct tap_conf *c, const struct dgram *d, struct tap_outer *m)
{
	size_t udp_len;

	m->tunnel = tunnel_dir(c, d, &m->dir, &udp_len);
	if (m->tunnel)
		return true;
	if (c->near.port == 0)
		return false;
	m->dir = is_near(c, &m->to.addr, m->to.port) ? TAP_IN : TAP_OUT;
	return m->dir == TAP_IN || is_near(c, &m->from.addr, m->from.port);
}

static bool outer_of(const struct tap_conf *c, const struct dgram *d, struct tap_outer *m)
{
	struct rd r = rd_on(d->b, d->have);
	size_t len;

	m->from = (struct endpoint){ .addr = d->src, .port = rd_be16(&r) };
	m->to = (struct endpoint){ .addr = d->dst, .port = rd_be16(&r) };
	len = rd_be16(&r);
	rd_be16(&r); /* checksum */
	if (r.bad || d->proto != IP_PROTO_UDP || d->later_fragment || len < UDP_HEADER_LEN ||
	    is_ladder(d) || !outer_dir(c, d, m))
		return false;
	len -= UDP_HEADER_LEN;
	m->b = r.p;
	m->have = MIN(r.left, len);
	/* An error need not quote more than the header; then its length tells the type. */
	if (m->icmp && m->have < 4)
		m->type = len == WG_INITIATION_LEN ? WG_MSG_INITIATION : WG_MSG_NONE;
	else if (m->have < 4 || wg_msg_classify(m->b, len, &m->type) != WG_MSG_OK)
		return false;
	return m->type != WG_MSG_NONE;
}

static void tell_outer(const struct tap_conf *c, const struct dgram *d, int64_t t_ns)
{
	bool icmp = d->proto == IP_PROTO_ICMP || d->proto == IP_PROTO_ICMP6;
	struct tap_outer m = { .icmp = icmp, .t_ns = t_ns };
	struct dgram quoted;

	if (icmp) {
		if (d->have < ICMP_HEADER_LEN || d->later_fragment ||
		    !is_icmp_error(d->proto, d->b[0]) ||
		    !headers_read(d->b + ICMP_HEADER_LEN, d->have - ICMP_HEADER_LEN, &quoted))
			return;
		m.icmp_from = d->src;
		m.icmp_type = d->b[0];
		m.icmp_code = d->b[1];
		d = &quoted;
	}
	if (outer_of(c, d, &m))
		c->on_outer(c->on_outer_ctx, &m);
}

void count_wire(struct tap_facts *t, const struct tap_conf *c, const uint8_t *b, size_t caplen,
		size_t len, int64_t t_ns)
{
	struct dgram d;

	if (!headers_read(b, caplen, &d) || d.ip_len > len)
		return;
	if (c->on_outer)
		tell_outer(c, &d, t_ns);
	if (d.proto == IP_PROTO_UDP)
		count_udp(t, c, &d, t_ns);
	else if (d.proto == IP_PROTO_ICMP || d.proto == IP_PROTO_ICMP6)
		count_icmp(t, c, &d);
}
