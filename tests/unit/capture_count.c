/*
 * One frame, made by hand, and the counters it must move.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/tap.h"
#include "wire/cursor.h"
#include "wire/ip.h"

enum { FRAME_MAX = 66000, RECEIVER = 0x11223344, T_NS = 1234567 };

struct world {
	struct tap_conf c;
	struct ip_addr own[2];
	uint64_t rng;
	uint8_t frame[FRAME_MAX], payload[FRAME_MAX];
	size_t frame_len;
	struct tap_message told;
	size_t n_told, told_bytes;
	struct tap_inner inner;
	size_t n_inner;
};

static void on_data(void *ctx, const struct tap_message *m)
{
	struct world *w = ctx;

	assert_int_equal(m->t_ns, T_NS);
	w->told = *m;
	w->told_bytes += m->len;
	w->n_told++;
}

static void on_inner(void *ctx, const struct tap_inner *p)
{
	struct world *w = ctx;

	assert_int_equal(p->t_ns, T_NS);
	w->inner = *p;
	w->n_inner++;
}

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void random_fill(struct world *w, uint8_t *b, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		b[i] = (uint8_t)next_random(&w->rng);
}

static struct ip_addr addr(const char *s)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(s, &a));
	return a;
}

static void use_family(struct world *w, unsigned family)
{
	w->c = (struct tap_conf){ .dev = "veth0", .kind = TAP_KIND_WIRE };
	w->c.near.addr = addr(family == 4 ? "192.0.2.1" : "2001:db8::1");
	w->c.far.addr = addr(family == 4 ? "198.51.100.7" : "2001:db8:1::7");
	w->c.near.port = 51820;
	w->c.far.port = 443;
}

static void use_tun(struct world *w)
{
	w->own[0] = addr("10.0.0.1");
	w->own[1] = addr("fd00::1");
	w->c = (struct tap_conf){ .dev = "wg0", .kind = TAP_KIND_TUN, .own = w->own, .n_own = 2 };
}

/* --- making frames ---------------------------------------------------------- */

static void put_ip(struct wr *r, const struct ip_addr *src, const struct ip_addr *dst,
		   uint8_t proto, size_t len, uint16_t frag)
{
	if (src->family == FAMILY_IP4) {
		wr_be16(r, 0x4500);
		wr_be16(r, (uint16_t)(len + IP4_HEADER_LEN));
		wr_be16(r, 7); /* id */
		wr_be16(r, frag);
		wr_u8(r, 64);
		wr_u8(r, proto);
		wr_be16(r, 0);
	} else {
		wr_be32(r, UINT32_C(6) << 28);
		wr_be16(r, (uint16_t)len);
		wr_u8(r, proto);
		wr_u8(r, 64);
	}
	wr_bytes(r, src->b, ip_addr_len(src));
	wr_bytes(r, dst->b, ip_addr_len(dst));
}

static void put_udp(struct wr *r, const struct endpoint *from, const struct endpoint *to,
		    const uint8_t *payload, size_t len)
{
	wr_be16(r, from->port);
	wr_be16(r, to->port);
	wr_be16(r, (uint16_t)(len + UDP_HEADER_LEN));
	wr_be16(r, 0xbeef); /* an unfinished checksum */
	wr_bytes(r, payload, len);
}

static void finish(struct world *w, const struct wr *r)
{
	assert_false(r->bad);
	w->frame_len = FRAME_MAX - r->left;
}

static void make_udp(struct world *w, enum tap_dir dir, const uint8_t *payload, size_t len)
{
	const struct endpoint *from = dir == TAP_OUT ? &w->c.near : &w->c.far;
	const struct endpoint *to = dir == TAP_OUT ? &w->c.far : &w->c.near;
	struct wr r = wr_on(w->frame, FRAME_MAX);

	put_ip(&r, &from->addr, &to->addr, IP_PROTO_UDP, len + UDP_HEADER_LEN, 0x4000);
	put_udp(&r, from, to, payload, len);
	finish(w, &r);
}

static void put_data(struct world *w, uint8_t *b, uint32_t receiver, uint64_t counter, size_t len)
{
	wg_msg_write_data_header(receiver, counter, b);
	random_fill(w, b + WG_DATA_HEADER_LEN, len - WG_DATA_HEADER_LEN);
}

static struct tap_facts count(struct world *w, size_t caplen)
{
	struct tap_facts t;
	uint8_t *exact = malloc(caplen + 1); /* so that the sanitizers see one byte too far */

	assert_non_null(exact);
	memcpy(exact, w->frame, caplen);
	w->n_told = w->told_bytes = w->n_inner = 0;
	w->c.on_data = on_data;
	w->c.on_inner = on_inner;
	w->c.on_data_ctx = w->c.on_inner_ctx = w;
	tap_count_start(&t, &w->c);
	tap_count_frame(&t, &w->c, exact, caplen, w->frame_len, T_NS);
	free(exact);
	return t;
}

static int64_t messages(const struct tap_facts *t, enum tap_dir dir)
{
	return t->msgs[dir][0] + t->msgs[dir][1] + t->msgs[dir][2] + t->msgs[dir][3] +
	       t->msgs[dir][4];
}

/* n messages of that type, and nothing else of any kind. */
static void expect_only(const struct tap_facts *t, enum tap_dir dir, enum wg_msg_type type,
			int64_t n, int64_t keepalives, int64_t bytes)
{
	enum tap_dir other = dir == TAP_OUT ? TAP_IN : TAP_OUT;

	assert_int_equal(t->frames, 1);
	assert_int_equal(t->truncated, 0);
	assert_int_equal(t->msgs[dir][type], n);
	assert_int_equal(messages(t, dir), n);
	assert_int_equal(t->keepalives[dir], keepalives);
	assert_int_equal(t->msg_bytes[dir], bytes);
	assert_int_equal(messages(t, other), 0);
	assert_int_equal(t->keepalives[other], 0);
	assert_int_equal(t->msg_bytes[other], 0);
	assert_int_equal(t->icmp_errors, 0);
	assert_int_equal(t->packets[dir], UNKNOWN);
	assert_int_equal(t->not_ip[dir], UNKNOWN);
}

static void expect_nothing(const struct tap_facts *t)
{
	expect_only(t, TAP_OUT, WG_MSG_NONE, 0, 0, 0);
}

/* --- one message ------------------------------------------------------------- */

static const struct {
	uint32_t word; /* the first four bytes, little-endian */
	size_t len;
	enum wg_msg_type type;
	int64_t keepalives;
} singles[] = {
	{ 1, 148, WG_MSG_INITIATION, 0 },
	{ 1, 147, WG_MSG_NONE, 0 },
	{ 1, 149, WG_MSG_NONE, 0 },
	{ 2, 92, WG_MSG_RESPONSE, 0 },
	{ 2, 184, WG_MSG_NONE, 0 },
	{ 3, 64, WG_MSG_COOKIE_REPLY, 0 },
	{ 3, 63, WG_MSG_NONE, 0 },
	{ 4, 31, WG_MSG_NONE, 0 },
	{ 4, 32, WG_MSG_DATA, 1 },
	{ 4, 33, WG_MSG_DATA, 0 },
	{ 4, 48, WG_MSG_DATA, 0 },
	{ 4, 1452, WG_MSG_DATA, 0 },
	{ 4, 65000, WG_MSG_DATA, 0 },
	{ 0, 148, WG_MSG_NONE, 0 },
	{ 5, 148, WG_MSG_NONE, 0 },
	{ 0x00000104, 128, WG_MSG_NONE, 0 }, /* reserved bytes set */
	{ 0x80000001, 148, WG_MSG_NONE, 0 },
	{ 4, 3, WG_MSG_NONE, 0 },
	{ 4, 1, WG_MSG_NONE, 0 },
	{ 4, 0, WG_MSG_NONE, 0 },
};

static void single(struct world *w, size_t i, enum tap_dir dir)
{
	size_t len = singles[i].len;
	bool none = singles[i].type == WG_MSG_NONE;
	struct tap_facts t;
	struct wr r = wr_on(w->payload, 4);

	random_fill(w, w->payload, len);
	if (len >= 4)
		wr_le32(&r, singles[i].word);
	make_udp(w, dir, w->payload, len);
	t = count(w, w->frame_len);
	expect_only(&t, dir, singles[i].type, 1, singles[i].keepalives, none ? 0 : (int64_t)len);
	assert_int_equal(t.first_initiation_ns,
			 singles[i].type == WG_MSG_INITIATION ? T_NS : UNKNOWN);
	assert_int_equal(t.first_response_ns, singles[i].type == WG_MSG_RESPONSE ? T_NS : UNKNOWN);
}

static void test_singles(void **state)
{
	struct world *w = *state;
	unsigned family;
	size_t i;

	for (family = 4; family <= 6; family += 2) {
		use_family(w, family);
		for (i = 0; i < ARRAY_LEN(singles); i++) {
			single(w, i, TAP_OUT);
			single(w, i, TAP_IN);
		}
	}
}

static void test_first_times_stay(void **state)
{
	struct world *w = *state;
	struct tap_facts t;
	uint8_t init[WG_INITIATION_LEN] = { 1 };

	use_family(w, 4);
	tap_count_start(&t, &w->c);
	make_udp(w, TAP_OUT, init, sizeof(init));
	tap_count_frame(&t, &w->c, w->frame, w->frame_len, w->frame_len, 10);
	tap_count_frame(&t, &w->c, w->frame, w->frame_len, w->frame_len, 20);
	assert_int_equal(t.first_initiation_ns, 10);
	assert_int_equal(t.msgs[TAP_OUT][WG_MSG_INITIATION], 2);
}

/* Another address or port is another tunnel. */
static void test_foreign(void **state)
{
	struct world *w = *state;
	struct tap_facts t;
	unsigned family, what;

	for (family = 4; family <= 6; family += 2) {
		for (what = 0; what < 5; what++) {
			use_family(w, family);
			put_data(w, w->payload, RECEIVER, 1, 128);
			make_udp(w, TAP_OUT, w->payload, 128);
			w->c.near.port = (uint16_t)(w->c.near.port + (what == 0));
			w->c.far.port = (uint16_t)(w->c.far.port + (what == 1));
			w->c.near.addr.b[3] ^= what == 2;
			w->c.far.addr.b[3] ^= what == 3;
			if (what == 4) /* of the other family */
				w->c.far.addr.family = family == 4 ? FAMILY_IP6 : FAMILY_IP4;
			t = count(w, w->frame_len);
			expect_nothing(&t);
		}
	}
}

/* --- other addresses of this host ---------------------------------------------- */

/* One message that has that address and that port in near's place. */
static struct tap_facts from_near(struct world *w, const char *near, uint16_t port,
				  enum tap_dir dir)
{
	const struct endpoint was = w->c.near;

	if (near)
		w->c.near.addr = addr(near);
	w->c.near.port = port;
	put_data(w, w->payload, RECEIVER, 1, 128);
	make_udp(w, dir, w->payload, 128);
	w->c.near = was;
	return count(w, w->frame_len);
}

/* The socket answers from the address that was dialled; what is only routed here is not ours. */
static void test_locals(void **state)
{
	static struct addr_facts locals[3];
	struct world *w = *state;
	struct tap_facts t;
	enum tap_dir dir;

	use_family(w, 4);
	locals[0] = (struct addr_facts){ "e0", .addr = { addr("192.0.2.1"), 32 } };
	locals[1] = (struct addr_facts){ "e1", .addr = { addr("192.0.2.77"), 32 } };
	locals[2] = (struct addr_facts){ "lo", .addr = { addr("203.0.113.0"), 24 } };
	for (dir = TAP_OUT; dir < TAP_DIR_COUNT; dir++) {
		w->c.locals = locals;
		w->c.n_locals = 3;
		t = from_near(w, NULL, 51820, dir);
		expect_only(&t, dir, WG_MSG_DATA, 1, 0, 128);
		assert_int_equal(t.other_near[TAP_OUT] + t.other_near[TAP_IN], 0);
		assert_int_equal(t.other_addr.family, FAMILY_NONE);

		t = from_near(w, "192.0.2.77", 51820, dir);
		expect_only(&t, dir, WG_MSG_DATA, 1, 0, 128);
		assert_int_equal(t.other_near[dir], 1);
		assert_int_equal(t.other_near[TAP_OUT] + t.other_near[TAP_IN], 1);
		assert_true(ip_addr_equal(&t.other_addr, &locals[1].addr.addr));
		assert_string_equal(t.other_link, "e1");
		assert_true(dir == TAP_IN || ip_addr_equal(&t.near_addr, &locals[1].addr.addr));

		t = from_near(w, "203.0.113.9", 51820, dir);
		expect_only(&t, dir, WG_MSG_DATA, 1, 0, 128);
		assert_string_equal(t.other_link, "lo");

		t = from_near(w, "192.0.2.2", 51820, dir);
		expect_nothing(&t);
		t = from_near(w, "192.0.2.77", 51821, dir);
		expect_nothing(&t);

		/* A hidden socket: its port may be any, its address must be ours all the same. */
		w->c.near.port = 0;
		t = from_near(w, "192.0.2.77", 4711, dir);
		expect_only(&t, dir, WG_MSG_DATA, 1, 0, 128);
		t = from_near(w, "192.0.2.2", 4711, dir);
		expect_nothing(&t);
		w->c.near.port = 51820;

		w->c.n_locals = 0;
		t = from_near(w, "192.0.2.77", 51820, dir);
		expect_nothing(&t);
	}
}

/* Whatever is cut off: no more than one message is seen, and never another kind. */
static void test_cut_frames(void **state)
{
	struct world *w = *state;
	unsigned family;
	struct tap_facts t;
	size_t cap, visible;

	for (family = 4; family <= 6; family += 2) {
		use_family(w, family);
		put_data(w, w->payload, RECEIVER, 1, 128);
		make_udp(w, TAP_OUT, w->payload, 128);
		visible = w->frame_len - 128 + 4; /* with the four bytes of its type */
		for (cap = 0; cap < w->frame_len; cap++) {
			t = count(w, cap);
			assert_int_equal(t.frames, 1);
			assert_int_equal(t.truncated, 1);
			assert_int_equal(messages(&t, TAP_OUT), cap >= visible);
			assert_int_equal(t.msgs[TAP_OUT][WG_MSG_DATA], cap >= visible);
			assert_int_equal(t.msg_bytes[TAP_OUT], cap >= visible ? 128 : 0);
			assert_int_equal(messages(&t, TAP_IN), 0);
			assert_int_equal(w->n_told, cap >= visible);
			if (w->n_told)
				assert_int_equal(w->told.cut, cap < visible + 12);
		}
	}
}

/* --- headers that lie, fragments, extension headers ---------------------------- */

static void test_bad_lengths(void **state)
{
	struct world *w = *state;
	struct tap_facts t;

	use_family(w, 4);
	put_data(w, w->payload, RECEIVER, 1, 128);
	make_udp(w, TAP_OUT, w->payload, 128);
	w->frame[3]++; /* IP: one byte more than there is */
	t = count(w, w->frame_len);
	expect_nothing(&t);

	make_udp(w, TAP_OUT, w->payload, 128);
	w->frame[25]++; /* UDP: more than the IP packet holds */
	t = count(w, w->frame_len);
	expect_only(&t, TAP_OUT, WG_MSG_NONE, 1, 0, 0);

	make_udp(w, TAP_OUT, w->payload, 128);
	w->frame[25] = 7; /* UDP: less than its header */
	t = count(w, w->frame_len);
	expect_only(&t, TAP_OUT, WG_MSG_NONE, 1, 0, 0);

	make_udp(w, TAP_OUT, w->payload, 128);
	w->frame[0] = 0x44; /* IP: a header of 16 bytes */
	t = count(w, w->frame_len);
	expect_nothing(&t);

	make_udp(w, TAP_OUT, w->payload, 128);
	w->frame_len += 18; /* Ethernet pads short frames */
	t = count(w, w->frame_len);
	expect_only(&t, TAP_OUT, WG_MSG_DATA, 1, 0, 128);
}

static void test_fragments4(void **state)
{
	struct world *w = *state;
	struct tap_facts t;
	struct wr r = wr_on(w->frame, FRAME_MAX);
	uint8_t udp[UDP_HEADER_LEN + 1000];
	struct wr u = wr_on(udp, sizeof(udp));

	use_family(w, 4);
	put_data(w, w->payload, RECEIVER, 1, 1452);
	put_udp(&u, &w->c.near, &w->c.far, w->payload, 1000);
	udp[4] = (1452 + 8) >> 8; /* of the whole datagram */
	udp[5] = (1452 + 8) & 0xff;
	put_ip(&r, &w->c.near.addr, &w->c.far.addr, IP_PROTO_UDP, sizeof(udp), 0x2000);
	wr_bytes(&r, udp, sizeof(udp));
	finish(w, &r);
	t = count(w, w->frame_len);
	expect_only(&t, TAP_OUT, WG_MSG_DATA, 1, 0, 1452);

	/* the rest; it begins as a UDP header of the tunnel would */
	r = wr_on(w->frame, FRAME_MAX);
	put_ip(&r, &w->c.near.addr, &w->c.far.addr, IP_PROTO_UDP, 452, 1008 / 8);
	wr_bytes(&r, udp, 452);
	finish(w, &r);
	t = count(w, w->frame_len);
	expect_nothing(&t);
}

static void test_extension_headers6(void **state)
{
	struct world *w = *state;
	static const uint8_t hop[16] = { 44, 1 }; /* 16 bytes, then a fragment header */
	static const uint8_t atomic[8] = { IP_PROTO_UDP };
	static const uint8_t later[8] = { IP_PROTO_UDP, 0, 0x04, 0x00 };
	size_t len = sizeof(hop) + sizeof(atomic) + UDP_HEADER_LEN + 128, cap;
	struct tap_facts t;
	struct wr r = wr_on(w->frame, FRAME_MAX);

	use_family(w, 6);
	put_data(w, w->payload, RECEIVER, 1, 128);
	put_ip(&r, &w->c.far.addr, &w->c.near.addr, 0, len, 0);
	wr_bytes(&r, hop, sizeof(hop));
	wr_bytes(&r, atomic, sizeof(atomic));
	put_udp(&r, &w->c.far, &w->c.near, w->payload, 128);
	finish(w, &r);
	t = count(w, w->frame_len);
	expect_only(&t, TAP_IN, WG_MSG_DATA, 1, 0, 128);
	for (cap = 0; cap < w->frame_len - 128; cap++) {
		t = count(w, cap);
		assert_int_equal(messages(&t, TAP_IN), 0);
	}

	memcpy(w->frame + IP6_HEADER_LEN + sizeof(hop), later, sizeof(later));
	t = count(w, w->frame_len);
	expect_nothing(&t);
	w->frame[IP6_HEADER_LEN + 1] = 250; /* an extension longer than the packet */
	t = count(w, w->frame_len);
	expect_nothing(&t);
}

/* --- ICMP errors ---------------------------------------------------------------- */

static void make_icmp(struct world *w, const struct ip_addr *from, uint8_t type, enum tap_dir about,
		      size_t quoted_udp)
{
	bool v6 = from->family == FAMILY_IP6;
	const struct endpoint *a = about == TAP_OUT ? &w->c.near : &w->c.far;
	const struct endpoint *b = about == TAP_OUT ? &w->c.far : &w->c.near;
	uint8_t quote[2000];
	struct wr q = wr_on(quote, sizeof(quote)), r = wr_on(w->frame, FRAME_MAX);
	size_t ip_len = v6 ? IP6_HEADER_LEN : IP4_HEADER_LEN;

	put_data(w, w->payload, RECEIVER, 1, 1452);
	put_ip(&q, &a->addr, &b->addr, IP_PROTO_UDP, UDP_HEADER_LEN + 1452, 0);
	put_udp(&q, a, b, w->payload, 1452);
	put_ip(&r, from, &a->addr, v6 ? IP_PROTO_ICMP6 : IP_PROTO_ICMP, 8 + ip_len + quoted_udp, 0);
	wr_u8(&r, type);
	wr_u8(&r, 3); /* code */
	wr_zero(&r, 6);
	wr_bytes(&r, quote, ip_len + quoted_udp);
	finish(w, &r);
}

static void icmp_types(struct world *w, const char *router, unsigned family)
{
	static const uint8_t errors[][8] = { { 3, 4, 11, 12 }, { 1, 2, 3, 4 } };
	struct ip_addr from = addr(router);
	struct tap_facts t;
	unsigned type, about;

	use_family(w, family);
	for (type = 0; type < 256; type++) {
		bool want = memchr(errors[family == 6], (int)type, 4) != NULL;

		for (about = 0; about < TAP_DIR_COUNT; about++) {
			make_icmp(w, &from, (uint8_t)type, (enum tap_dir)about, 8);
			t = count(w, w->frame_len);
			assert_int_equal(t.icmp_errors, want);
			assert_int_equal(messages(&t, TAP_OUT) + messages(&t, TAP_IN), 0);
			assert_true(t.icmp_from.family == (want ? from.family : FAMILY_NONE));
			assert_int_equal(t.icmp_type, want ? type : 0);
			assert_int_equal(t.icmp_code, want ? 3 : 0);
		}
	}
}

static void test_icmp_types(void **state)
{
	icmp_types(*state, "203.0.113.254", 4);
	icmp_types(*state, "2001:db8:ffff::1", 6);
}

static void test_icmp_first_and_foreign(void **state)
{
	struct world *w = *state;
	struct ip_addr one = addr("203.0.113.1"), two = addr("203.0.113.2");
	struct tap_facts t;
	size_t quoted;

	use_family(w, 4);
	tap_count_start(&t, &w->c);
	make_icmp(w, &one, 3, TAP_OUT, 500);
	tap_count_frame(&t, &w->c, w->frame, w->frame_len, w->frame_len, 1);
	make_icmp(w, &two, 11, TAP_OUT, 500);
	tap_count_frame(&t, &w->c, w->frame, w->frame_len, w->frame_len, 2);
	assert_int_equal(t.icmp_errors, 2);
	assert_true(ip_addr_equal(&t.icmp_from, &one));
	assert_int_equal(t.icmp_type, 3);

	w->c.far.port++; /* about someone else's datagram */
	t = count(w, w->frame_len);
	expect_nothing(&t);
	w->c.far.port--;
	for (quoted = 0; quoted < 12; quoted++) { /* the ports and the length must be there */
		make_icmp(w, &one, 3, TAP_OUT, quoted);
		t = count(w, w->frame_len);
		assert_int_equal(t.icmp_errors, quoted >= 6);
	}
}

/* --- many messages in one frame --------------------------------------------------- */

/* n messages of `size`, the last of `last`; counters from `counter`, `step` apart. */
static size_t make_batch(struct world *w, size_t n, size_t size, size_t last, uint64_t counter,
			 uint64_t step)
{
	size_t i, len = 0;

	for (i = 0; i < n; i++) {
		size_t one = i + 1 < n ? size : last;

		put_data(w, w->payload + len, RECEIVER, counter + i * step, one);
		len += one;
	}
	return len;
}

static void expect_batch(struct world *w, size_t n, size_t size, size_t last, uint64_t step)
{
	uint64_t counter = next_random(&w->rng) >> 8;
	size_t len = make_batch(w, n, size, last, counter, step);
	int64_t keepalives = (size == 32 ? (int64_t)n - 1 : 0) + (last == 32);
	struct tap_facts t;

	make_udp(w, TAP_OUT, w->payload, len);
	t = count(w, w->frame_len);
	expect_only(&t, TAP_OUT, WG_MSG_DATA, (int64_t)n, keepalives, (int64_t)len);
	assert_int_equal(t.unpadded[TAP_OUT], (size % 16 ? (int64_t)n - 1 : 0) + (last % 16 != 0));
	assert_int_equal(t.unpadded[TAP_IN], 0);
	assert_int_equal(w->n_told, n);
	assert_int_equal(w->told_bytes, len);
	assert_int_equal(w->told.len, last);
	assert_int_equal(w->told.receiver, RECEIVER);
	assert_true(w->told.counter == counter + (n - 1) * step);
	assert_false(w->told.cut);
}

static void test_batches(void **state)
{
	struct world *w = *state;
	static const size_t sizes[] = { 32, 48, 64, 116, 128, 1280, 1420, 1452, 1456, 8952 };
	unsigned family;
	size_t i, n;

	for (family = 4; family <= 6; family += 2) {
		use_family(w, family);
		for (i = 0; i < ARRAY_LEN(sizes); i++) {
			for (n = 2; n <= 64 && n * sizes[i] < 65480; n += n < 8 ? 1 : 13) {
				expect_batch(w, n, sizes[i], sizes[i], 1);
				expect_batch(w, n, sizes[i], 32, 1);
				expect_batch(w, n, sizes[i], (32 + sizes[i]) / 2, 1);
				/* receive offload over a gap */
				expect_batch(w, n, sizes[i], sizes[i], 3);
				/* reordered */
				expect_batch(w, n, sizes[i], sizes[i], (uint64_t)-1);
			}
		}
	}
}

/*
 * As long as a datagram can be: the frame is longer than the snap length, the count is not
 * shorter.
 */
/* By the time of the frame, not by when it is read; all messages of one frame have one time. */
static void test_since(void **state)
{
	struct world *w = *state;
	struct tap_facts t;
	size_t n = 2 + next_random(&w->rng) % 20, i;

	use_family(w, 4);
	tap_count_start(&t, &w->c);
	assert_int_equal(t.data_since, UNKNOWN);
	make_udp(w, TAP_IN, w->payload, make_batch(w, n, 128, 96, 7, 1));
	tap_count_frame(&t, &w->c, w->frame, w->frame_len, w->frame_len, T_NS);
	assert_int_equal(t.data_since, UNKNOWN);
	w->c.since_ns = T_NS;
	t.data_since = 0;
	for (i = 0; i < 3; i++) {
		tap_count_frame(&t, &w->c, w->frame, w->frame_len, w->frame_len,
				T_NS - 1 + (int64_t)i);
		assert_int_equal(t.data_since, i < 2 ? 0 : n);
	}
	assert_int_equal(t.msgs[TAP_IN][WG_MSG_DATA], 4 * n);
	make_udp(w, TAP_OUT, w->payload, make_batch(w, n, 128, 96, 7, 1));
	tap_count_frame(&t, &w->c, w->frame, w->frame_len, w->frame_len, T_NS + 2);
	make_udp(w, TAP_IN, (uint8_t[WG_RESPONSE_LEN]){ WG_MSG_RESPONSE }, WG_RESPONSE_LEN);
	tap_count_frame(&t, &w->c, w->frame, w->frame_len, w->frame_len, T_NS + 2);
	assert_int_equal(t.data_since, n);
	w->c.since_ns = 0;
}

/* Whatever was sent since the largest question: only what is larger than that counts. */
static void test_larger_answers(void **state)
{
	static const struct {
		enum tap_dir dir;
		size_t size, n;
	} seen[] = {
		{ TAP_IN, 1232, 1 }, /* nothing was asked yet */
		{ TAP_OUT, 128, 3 }, { TAP_IN, 128, 2 },   { TAP_IN, 144, 2 }, { TAP_OUT, 80, 1 },
		{ TAP_IN, 132, 1 },  { TAP_OUT, 1232, 1 }, { TAP_IN, 144, 9 }, { TAP_IN, 32, 1 },
	};
	struct world *w = *state;
	struct tap_facts t;
	size_t i, len;

	use_family(w, 4);
	tap_count_start(&t, &w->c);
	assert_int_equal(t.larger, 0);
	for (i = 0; i < ARRAY_LEN(seen); i++) {
		len = make_batch(w, seen[i].n, seen[i].size, seen[i].size, 7, 1);
		make_udp(w, seen[i].dir, w->payload, len);
		tap_count_frame(&t, &w->c, w->frame, w->frame_len, w->frame_len, T_NS);
	}
	assert_int_equal(t.larger, 2 + 1);
	assert_int_equal(t.larger_bytes, 2 * 16 + 4);
	assert_int_equal(t.largest[TAP_OUT], 1232);
	assert_int_equal(t.largest[TAP_IN], 1232);
}

static void test_longest_batch(void **state)
{
	struct world *w = *state;
	size_t len, cap;
	struct tap_facts t;

	use_family(w, 4);
	len = make_batch(w, 46, 1452, 65507 - 45 * 1452, 7, 1);
	assert_int_equal(len, 65507);
	make_udp(w, TAP_IN, w->payload, len);
	t = count(w, w->frame_len);
	expect_only(&t, TAP_IN, WG_MSG_DATA, 46, 0, 65507);
	for (cap = w->frame_len - 14; cap > 3100; cap -= 997) {
		t = count(w, cap);
		assert_int_equal(t.truncated, 1);
		assert_int_equal(t.msgs[TAP_IN][WG_MSG_DATA], 46);
		assert_int_equal(t.msg_bytes[TAP_IN], 65507);
	}
}

static void expect_count(struct world *w, size_t len, int64_t n)
{
	struct tap_facts t;

	make_udp(w, TAP_OUT, w->payload, len);
	t = count(w, w->frame_len);
	expect_only(&t, TAP_OUT, WG_MSG_DATA, n, 0, (int64_t)len);
}

/* What looks like the next message, but stands where none can begin. */
static void test_lookalikes(void **state)
{
	struct world *w = *state;
	size_t len, at;

	use_family(w, 4);
	/* Within the first of five: multiples of that place hold nothing. */
	for (at = 32; at < 128; at += 16) {
		len = make_batch(w, 5, 128, 128, 100, 1);
		wg_msg_write_data_header(RECEIVER, 101, w->payload + at);
		expect_count(w, len, 5);
	}
	/* In one long message, with enough behind it that there would have to be a third. */
	len = make_batch(w, 1, 1452, 1452, 100, 1);
	wg_msg_write_data_header(RECEIVER, 101, w->payload + 400);
	expect_count(w, len, 1);
	/* Where the rest would be too short for a message. */
	len = make_batch(w, 1, 1452, 1452, 100, 1);
	wg_msg_write_data_header(RECEIVER, 101, w->payload + 1452 - 31);
	expect_count(w, len, 1);
	/* Of another session, or a counter no window spans. */
	len = make_batch(w, 2, 500, 500, 100, 1);
	wg_msg_write_data_header(RECEIVER + 1, 101, w->payload + 500);
	expect_count(w, len, 1);
	len = make_batch(w, 2, 500, 500, 100, 1);
	wg_msg_write_data_header(RECEIVER, 100 + 8193, w->payload + 500);
	expect_count(w, len, 1);
	/* Too early: the first would not be a message. */
	len = make_batch(w, 1, 62, 62, 100, 1);
	wg_msg_write_data_header(RECEIVER, 101, w->payload + 31);
	expect_count(w, len, 1);
}

/* Against the truth, on whatever comes. */
static void test_random_batches(void **state)
{
	struct world *w = *state;
	unsigned i;

	use_family(w, 6);
	for (i = 0; i < 2000; i++) {
		size_t size = 32 + next_random(&w->rng) % 1500;
		size_t n = 1 + next_random(&w->rng) % MIN((size_t)64, 65000 / size);
		size_t last = 32 + next_random(&w->rng) % (size - 31);

		expect_batch(w, n, n == 1 ? last : size, last, 1 + next_random(&w->rng) % 64);
	}
}

/* --- inside ------------------------------------------------------------------------ */

static const struct {
	const char *src, *dst;
	enum tap_dir dir;
} inner[] = {
	{ "10.0.0.1", "10.0.0.2", TAP_OUT },
	{ "10.0.0.2", "10.0.0.1", TAP_IN },
	{ "fd00::1", "fd00::2", TAP_OUT },
	{ "fd00::2", "fd00::1", TAP_IN },
	{ "10.9.9.9", "10.0.0.1", TAP_IN },
	{ "10.9.9.9", "10.8.8.8", TAP_IN }, /* forwarded, or misrouted: not ours */
	{ "10.0.0.1", "10.0.0.1", TAP_OUT },
	{ "fe80::1234", "ff02::2", TAP_OUT }, /* what the kernel says by itself */
	{ "::", "ff02::16", TAP_OUT },
	{ "fe80::1234", "fd00::1", TAP_IN },
	{ "fd00::2", "ff02::1", TAP_IN },
	{ "febf::1", "ff02::2", TAP_OUT },
	{ "fec0::1", "ff02::2", TAP_IN },
};

static void test_tun(void **state)
{
	struct world *w = *state;
	struct tap_facts t;
	size_t i;

	use_tun(w);
	for (i = 0; i < ARRAY_LEN(inner); i++) {
		struct ip_addr src = addr(inner[i].src), dst = addr(inner[i].dst);
		enum tap_dir other = inner[i].dir == TAP_OUT ? TAP_IN : TAP_OUT;
		struct wr r = wr_on(w->frame, FRAME_MAX);

		/* as long as segmentation offload makes them */
		put_ip(&r, &src, &dst, IP_PROTO_TCP, 60000, 0);
		wr_zero(&r, 60000);
		finish(w, &r);
		t = count(w, w->frame_len);
		assert_int_equal(t.frames, 1);
		assert_int_equal(t.truncated, 0);
		assert_int_equal(t.packets[inner[i].dir], 1);
		assert_int_equal(t.packets[other], 0);
		assert_int_equal(w->n_inner, 1);
		assert_int_equal(w->inner.dir, inner[i].dir);
		assert_int_equal(w->inner.len, w->frame_len);
		assert_int_equal(w->inner.caplen, w->frame_len);
		assert_int_equal(t.not_ip[TAP_IN] + t.not_ip[TAP_OUT], 0);
		assert_int_equal(t.msgs[TAP_OUT][WG_MSG_DATA], UNKNOWN);
		assert_int_equal(t.icmp_errors, UNKNOWN);
	}
}

static void test_tun_not_ip(void **state)
{
	struct world *w = *state;
	static const uint8_t utun[] = { 0, 0, 0, 2, 0x45 }; /* the family header of a macOS utun */
	struct tap_facts t;
	unsigned version;

	use_tun(w);
	for (version = 0; version < 16; version++) {
		bool ip = version == 4 || version == 6;

		memset(w->frame, (int)(version << 4), 60);
		w->frame_len = 60;
		t = count(w, 60);
		assert_true(w->n_inner <= (size_t)ip);
		assert_int_equal(t.not_ip[TAP_IN], !ip);
		assert_int_equal(t.packets[TAP_IN], ip);
		assert_int_equal(t.packets[TAP_OUT] + t.not_ip[TAP_OUT], 0);
	}
	memcpy(w->frame, utun, sizeof(utun));
	t = count(w, 60);
	assert_int_equal(t.not_ip[TAP_IN], 1);
	w->frame_len = 0;
	t = count(w, 0);
	assert_int_equal(t.not_ip[TAP_IN], 1);
}

static int setup(void **state)
{
	const char *seed = getenv("SEED");
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	w->rng = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	print_message("SEED=%llu\n", (unsigned long long)w->rng);
	w->rng = w->rng * 2 + 1;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_singles),
		cmocka_unit_test(test_first_times_stay),
		cmocka_unit_test(test_since),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_locals),
		cmocka_unit_test(test_cut_frames),
		cmocka_unit_test(test_bad_lengths),
		cmocka_unit_test(test_fragments4),
		cmocka_unit_test(test_extension_headers6),
		cmocka_unit_test(test_icmp_types),
		cmocka_unit_test(test_icmp_first_and_foreign),
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_longest_batch),
		cmocka_unit_test(test_lookalikes),
		cmocka_unit_test(test_random_batches),
		cmocka_unit_test(test_tun),
		cmocka_unit_test(test_tun_not_ip),
		cmocka_unit_test(test_larger_answers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
