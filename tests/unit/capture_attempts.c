/*
 * What came of each initiation, from messages made by hand: each outcome, what joins what, what a
 * healthy tunnel must not be said to be; then the same from frames, and what our engine adds.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "capture/attempts.h"
#include "lib/seed.h"
#include "wire/cursor.h"
#include "wire/ip.h"

enum { OURS = 0xaa, FRAME_MAX = 512, PEER = 7 };

struct world {
	struct arena a;
	struct seed seed;
	struct endpoint near, far, other; /* other: of the far host, by another of its addresses */
	int64_t start_ns, now_ns;
	struct attempts *x;
	struct handshakes_facts h;
	uint8_t salt;
};

static int64_t is_ours(void *ctx, const uint8_t *initiation)
{
	(void)ctx;
	return initiation[WG_INITIATION_LEN - 1] == OURS;
}

static struct endpoint at(struct world *w, const char *net)
{
	char text[IP_ADDR_STR_SIZE + 8];
	struct endpoint e = { .port = (uint16_t)(1024 + seed_below(&w->seed, 60000)) };

	snprintf(text, sizeof(text), "%s%u", net, (unsigned)(1 + seed_below(&w->seed, 80)));
	assert_true(ip_addr_parse(text, &e.addr));
	return e;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct attempts_conf c = { .is_ours = is_ours };

	assert_non_null(w);
	arena_init(&w->a);
	w->seed = seed_start("capture/attempts");
	w->near = at(w, "192.0.2.");
	w->far = at(w, "198.51.100.");
	w->other = w->far;
	w->other.addr.b[3] ^= 0x80;
	c.start_wall_ns = w->start_ns = (int64_t)(seed_next(&w->seed) >> 4);
	c.start_boot_ns = NS_PER_S;
	c.far = w->far.addr;
	w->now_ns = w->start_ns;
	w->x = attempts_new(&c, &w->a);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	arena_done(&w->a);
	free(w);
	return 0;
}

/* --- messages ------------------------------------------------------------------ */

static void later(struct world *w, int64_t ms)
{
	w->now_ns += ms * NS_PER_MS;
}

static struct tap_outer between(struct world *w, enum tap_dir dir, enum wg_msg_type type,
				const uint8_t *b, size_t len)
{
	return (struct tap_outer){
		.dir = dir,
		.type = type,
		.tunnel = true,
		.from = dir == TAP_OUT ? w->near : w->far,
		.to = dir == TAP_OUT ? w->far : w->near,
		.b = b,
		.have = len,
		.t_ns = w->now_ns,
	};
}

static void put_initiation(struct world *w, uint32_t sender, bool ours,
			   uint8_t b[WG_INITIATION_LEN])
{
	struct wr r = wr_on(b, WG_INITIATION_LEN);

	memset(b, 0, WG_INITIATION_LEN);
	wr_le32(&r, WG_MSG_INITIATION);
	wr_le32(&r, sender);
	wr_u8(&r, ++w->salt);
	b[WG_INITIATION_LEN - 1] = ours ? OURS : 0;
}

static void ask(struct world *w, enum tap_dir dir, uint32_t sender)
{
	uint8_t b[WG_INITIATION_LEN] = { 0 };
	struct tap_outer m = between(w, dir, WG_MSG_INITIATION, b, sizeof(b));

	put_initiation(w, sender, true, b);
	attempts_see(w->x, &m);
}

static void ask_from(struct world *w, const struct endpoint *from, uint32_t sender, bool ours)
{
	uint8_t b[WG_INITIATION_LEN] = { 0 };
	struct tap_outer m = between(w, TAP_IN, WG_MSG_INITIATION, b, sizeof(b));

	put_initiation(w, sender, ours, b);
	m.tunnel = endpoint_equal(from, &w->far);
	m.from = *from;
	attempts_see(w->x, &m);
}

static void ask_to(struct world *w, const struct endpoint *to, uint32_t sender)
{
	uint8_t b[WG_INITIATION_LEN] = { 0 };
	struct tap_outer m = between(w, TAP_OUT, WG_MSG_INITIATION, b, sizeof(b));

	put_initiation(w, sender, false, b);
	m.tunnel = false;
	m.to = *to;
	attempts_see(w->x, &m);
}

static size_t put_answer(enum wg_msg_type type, uint32_t sender, uint32_t receiver,
			 uint8_t b[WG_RESPONSE_LEN])
{
	struct wr r = wr_on(b, WG_RESPONSE_LEN);

	memset(b, 0, WG_RESPONSE_LEN);
	wr_le32(&r, type);
	if (type == WG_MSG_RESPONSE)
		wr_le32(&r, sender);
	wr_le32(&r, receiver);
	return type == WG_MSG_RESPONSE	   ? WG_RESPONSE_LEN :
	       type == WG_MSG_COOKIE_REPLY ? WG_COOKIE_REPLY_LEN :
					     WG_KEEPALIVE_LEN;
}

static void answer_from(struct world *w, enum tap_dir dir, const struct endpoint *from,
			enum wg_msg_type type, uint32_t sender, uint32_t receiver)
{
	uint8_t b[WG_RESPONSE_LEN] = { 0 };
	size_t len = put_answer(type, sender, receiver, b);
	struct tap_outer m = between(w, dir, type, b, len);

	m.tunnel = !from;
	if (from)
		m.from = *from;
	attempts_see(w->x, &m);
}

static void answer(struct world *w, enum tap_dir dir, uint32_t sender, uint32_t receiver)
{
	answer_from(w, dir, NULL, WG_MSG_RESPONSE, sender, receiver);
}

static void data(struct world *w, enum tap_dir dir, uint32_t receiver)
{
	answer_from(w, dir, NULL, WG_MSG_DATA, 0, receiver);
}

static void icmp(struct world *w, uint32_t sender, size_t have)
{
	uint8_t b[WG_INITIATION_LEN] = { 0 };
	struct tap_outer m = between(w, TAP_OUT, WG_MSG_INITIATION, b, have);

	put_initiation(w, sender, true, b);
	m.icmp = true;
	m.icmp_from = w->other.addr;
	m.icmp_type = 3;
	m.icmp_code = 13;
	attempts_see(w->x, &m);
}

static void trace(struct world *w, enum trace_stage stage, enum wg_msg_type type, uint32_t index,
		  const char *refused)
{
	struct trace_rec r = {
		.t_ns = NS_PER_S + (w->now_ns - w->start_ns),
		.peer = PEER,
		.stage = (uint8_t)stage,
		.msg_type = (uint8_t)type,
	};

	if (type == WG_MSG_RESPONSE)
		r.receiver = index;
	else
		r.sender = r.session = index;
	if (stage == TRACE_HANDSHAKE_SENT) {
		r.why = ATTEMPT_WHY_SILENCE;
		r.attempt = 1;
	}
	attempts_trace(w->x, &r, PEER, refused);
}

/* --- what is found --------------------------------------------------------------- */

static void look(struct world *w, int64_t dropped)
{
	attempts_facts(w->x, w->now_ns, dropped, &w->a, &w->h);
}

static void is(struct world *w, size_t i, enum end by, enum attempt_outcome o)
{
	assert_true(i < w->h.n);
	assert_int_equal(w->h.list[i].by, by);
	assert_int_equal(w->h.list[i].outcome, o);
}

static void each_outcome(void **state)
{
	struct world *w = *state;

	ask(w, TAP_OUT, 1);
	later(w, 5100);
	ask(w, TAP_OUT, 2);
	icmp(w, 2, WG_INITIATION_LEN);
	later(w, 5100);
	ask(w, TAP_OUT, 3);
	icmp(w, 0, 0); /* quoted up to the UDP header: of the last */
	later(w, 5100);
	ask(w, TAP_OUT, 4);
	answer_from(w, TAP_IN, NULL, WG_MSG_COOKIE_REPLY, 0, 4);
	later(w, 5100);
	ask(w, TAP_OUT, 5);
	later(w, 20);
	answer(w, TAP_IN, 50, 5);
	later(w, 5100);
	ask(w, TAP_OUT, 6);
	later(w, 30);
	answer(w, TAP_IN, 60, 6);
	data(w, TAP_OUT, 60);
	later(w, 1000);
	look(w, 0);
	assert_int_equal(w->h.n, 6);
	is(w, 0, END_NEAR, ATTEMPT_SILENT);
	is(w, 1, END_NEAR, ATTEMPT_ICMP);
	is(w, 2, END_NEAR, ATTEMPT_ICMP);
	is(w, 3, END_NEAR, ATTEMPT_COOKIE);
	is(w, 4, END_NEAR, ATTEMPT_UNUSED);
	is(w, 5, END_NEAR, ATTEMPT_COMPLETE);
	assert_int_equal(w->h.list[0].t_ns, 0);
	assert_int_equal(w->h.list[1].t_ns, 5100 * NS_PER_MS);
	assert_int_equal(w->h.list[1].icmp_code, 13);
	assert_true(ip_addr_equal(&w->h.list[2].icmp_from, &w->other.addr));
	assert_int_equal(w->h.list[5].answer_ns, 30 * NS_PER_MS);
	assert_int_equal(w->h.list[5].in_row, 6);
	assert_int_equal(w->h.list[5].number, UNKNOWN);
	/* The capture lost frames: that nothing came is not known, what came is. */
	look(w, 1);
	is(w, 0, END_NEAR, ATTEMPT_OPEN);
	is(w, 1, END_NEAR, ATTEMPT_ICMP);
	is(w, 4, END_NEAR, ATTEMPT_ANSWERED);
	is(w, 5, END_NEAR, ATTEMPT_COMPLETE);
	look(w, UNKNOWN);
	is(w, 0, END_NEAR, ATTEMPT_OPEN);
}

static void too_early_to_say(void **state)
{
	struct world *w = *state;

	ask(w, TAP_OUT, 1);
	later(w, 4990);
	look(w, 0);
	is(w, 0, END_NEAR, ATTEMPT_OPEN);
	later(w, 10);
	look(w, 0);
	is(w, 0, END_NEAR, ATTEMPT_SILENT);
	/* It comes late, and is told. */
	answer(w, TAP_IN, 10, 1);
	look(w, 0);
	is(w, 0, END_NEAR, ATTEMPT_ANSWERED);
}

/* Both ends ask at once: one of the two sessions is used, and nobody refused anything. */
static void crossing(void **state)
{
	struct world *w = *state;

	ask(w, TAP_OUT, 1);
	ask(w, TAP_IN, 2);
	later(w, 10);
	answer(w, TAP_IN, 21, 1);
	answer(w, TAP_OUT, 11, 2);
	later(w, 10);
	data(w, TAP_IN, 11);
	data(w, TAP_OUT, 2);
	/* And a rekey soon after, as by a restart there. */
	later(w, 5000);
	ask(w, TAP_OUT, 3);
	later(w, 10);
	answer(w, TAP_IN, 23, 3);
	data(w, TAP_OUT, 23);
	look(w, 0);
	is(w, 0, END_NEAR, ATTEMPT_ANSWERED);
	is(w, 1, END_FAR, ATTEMPT_COMPLETE);
	is(w, 2, END_NEAR, ATTEMPT_COMPLETE);
}

static void of_the_far_end(void **state)
{
	struct endpoint stranger;
	struct world *w = *state;

	stranger = at(w, "203.0.113.");
	ask(w, TAP_IN, 1);
	later(w, 5200);
	ask_from(w, &w->far, 2, false);
	later(w, 5200);
	ask(w, TAP_IN, 3);
	answer(w, TAP_OUT, 30, 3);
	later(w, 5200);
	ask(w, TAP_IN, 4);
	answer_from(w, TAP_OUT, NULL, WG_MSG_COOKIE_REPLY, 0, 4);
	later(w, 5200);
	ask(w, TAP_IN, 5);
	answer(w, TAP_OUT, 50, 5);
	data(w, TAP_IN, 50);
	/* Somebody else gets a session, and one has a wrong key. */
	ask_from(w, &stranger, 6, true);
	answer(w, TAP_OUT, 60, 6);
	ask_from(w, &stranger, 7, false);
	later(w, 6000);
	look(w, 0);
	assert_int_equal(w->h.n, 6);
	is(w, 0, END_FAR, ATTEMPT_SILENT);
	assert_int_equal(w->h.list[0].for_us, 1);
	is(w, 1, END_FAR, ATTEMPT_SILENT);
	assert_int_equal(w->h.list[1].for_us, 0);
	assert_false(w->h.list[1].elsewhere);
	is(w, 2, END_FAR, ATTEMPT_UNUSED);
	is(w, 3, END_FAR, ATTEMPT_COOKIE);
	is(w, 4, END_FAR, ATTEMPT_COMPLETE);
	is(w, 5, END_FAR, ATTEMPT_SILENT);
	assert_true(w->h.list[5].elsewhere);
}

static void from_another_address(void **state)
{
	struct world *w = *state;

	ask(w, TAP_OUT, 1);
	later(w, 20);
	answer_from(w, TAP_IN, &w->other, WG_MSG_RESPONSE, 10, 1);
	look(w, 0);
	is(w, 0, END_NEAR, ATTEMPT_ANSWERED);
	assert_true(endpoint_equal(&w->h.list[0].answer, &w->other));
	/* The engine takes it, and goes there from now on. */
	data(w, TAP_OUT, 10);
	look(w, 0);
	is(w, 0, END_NEAR, ATTEMPT_COMPLETE);
}

/*
 * It roams: what is asked where it was stays without an answer, and its own initiation comes from
 * where it is. That is no other caller's, and nothing of it was refused.
 */
static void the_peer_moves(void **state)
{
	struct world *w = *state;
	struct tap_outer m;
	uint8_t b[WG_RESPONSE_LEN];
	size_t len;

	ask(w, TAP_OUT, 1);
	answer(w, TAP_IN, 10, 1);
	data(w, TAP_OUT, 10);
	later(w, 6000);
	ask(w, TAP_OUT, 2);
	later(w, 100);
	ask_from(w, &w->other, 20, true);
	len = put_answer(WG_MSG_RESPONSE, 3, 20, b);
	m = between(w, TAP_OUT, WG_MSG_RESPONSE, b, len);
	m.tunnel = false;
	m.to = w->other;
	attempts_see(w->x, &m);
	answer_from(w, TAP_IN, &w->other, WG_MSG_DATA, 0, 3);
	later(w, 6000);
	look(w, 0);
	assert_int_equal(w->h.n, 2);
	is(w, 0, END_NEAR, ATTEMPT_COMPLETE);
	is(w, 1, END_NEAR, ATTEMPT_SILENT);
	/* Asked there, it answers from there. */
	ask_to(w, &w->other, 3);
	later(w, 20);
	answer_from(w, TAP_IN, &w->other, WG_MSG_RESPONSE, 30, 3);
	look(w, 0);
	assert_int_equal(w->h.n, 2);
}

static void same_twice(void **state)
{
	uint8_t b[WG_INITIATION_LEN] = { 0 };
	struct world *w = *state;
	struct tap_outer m = between(w, TAP_OUT, WG_MSG_INITIATION, b, sizeof(b));
	int i;

	put_initiation(w, 9, true, b);
	attempts_see(w->x, &m);
	attempts_see(w->x, &m);
	/* Some engines use an index again. */
	ask(w, TAP_OUT, 9);
	/* One that goes to somebody else, and an answer to nobody. */
	m.tunnel = false;
	b[4] = 77;
	attempts_see(w->x, &m);
	answer(w, TAP_IN, 1, 1234);
	look(w, 0);
	assert_int_equal(w->h.n, 2);
	for (i = 0; i < 2 * ATTEMPTS_MAX; i++)
		ask(w, TAP_OUT, 100 + (uint32_t)i);
	for (i = 0; i < 2 * ATTEMPTS_MAX; i++)
		ask_from(w, &w->other, 1000 + (uint32_t)i, false);
	look(w, 0);
	assert_int_equal(w->h.n, ATTEMPTS_MAX + ATTEMPTS_ELSEWHERE_MAX);
	assert_int_equal(w->h.more, ATTEMPTS_MAX + 2);
}

/* --- what the engine says -------------------------------------------------------- */

static void by_the_engine(void **state)
{
	struct public_key key = { .b = { 1, 2, 3 } };
	struct world *w = *state;

	/* Told before it is seen, and after. */
	trace(w, TRACE_HANDSHAKE_SENT, WG_MSG_INITIATION, 1, NULL);
	ask(w, TAP_OUT, 1);
	answer(w, TAP_IN, 10, 1);
	trace(w, TRACE_DROPPED, WG_MSG_RESPONSE, 1, "in_response");
	later(w, 5100);
	ask(w, TAP_OUT, 2);
	trace(w, TRACE_HANDSHAKE_SENT, WG_MSG_INITIATION, 2, NULL);
	answer(w, TAP_IN, 20, 2);
	trace(w, TRACE_HANDSHAKE_RECEIVED, WG_MSG_RESPONSE, 2, NULL);
	trace(w, TRACE_DROPPED, WG_MSG_RESPONSE, 2, "in_wrong_state"); /* it came twice */
	later(w, 100);
	trace(w, TRACE_DROPPED, WG_MSG_INITIATION, 3, "in_unknown_peer");
	ask(w, TAP_IN, 3);
	attempts_unknown_peer(w->x, 3, &key);
	attempts_unknown_peer(w->x, 99, &key);
	later(w, 100);
	trace(w, TRACE_HANDSHAKE_SENT, WG_MSG_INITIATION, 4, NULL);
	trace(w, TRACE_DROPPED, WG_MSG_INITIATION, 4, "io_send_perm");
	look(w, 0);
	assert_int_equal(w->h.n, 4);
	is(w, 0, END_NEAR, ATTEMPT_REFUSED);
	assert_string_equal(w->h.list[0].refused, "in_response");
	assert_int_equal(w->h.list[0].why, ATTEMPT_WHY_SILENCE);
	assert_int_equal(w->h.list[0].number, 1);
	is(w, 1, END_NEAR, ATTEMPT_COMPLETE);
	is(w, 2, END_FAR, ATTEMPT_REFUSED);
	assert_string_equal(w->h.list[2].refused, "in_unknown_peer");
	assert_true(public_key_equal(&w->h.list[2].key, &key));
	is(w, 3, END_NEAR, ATTEMPT_UNSENT);
	assert_string_equal(w->h.list[3].refused, "io_send_perm");
	assert_int_equal(w->h.list[3].t_ns, 5300 * NS_PER_MS);
}

/* Of another peer, of before the run, and of what never was seen outside: nothing is told. */
static void not_ours_to_tell(void **state)
{
	struct trace_rec r = {
		.t_ns = NS_PER_S,
		.peer = PEER + 1,
		.sender = 5,
		.stage = TRACE_HANDSHAKE_SENT,
		.msg_type = WG_MSG_INITIATION,
	};
	struct world *w = *state;

	attempts_trace(w->x, &r, PEER, NULL);
	r.stage = TRACE_DROPPED;
	attempts_trace(w->x, &r, PEER, "in_mac1");
	r.peer = PEER;
	r.t_ns = NS_PER_S - 1;
	attempts_trace(w->x, &r, PEER, "in_replayed_initiation");
	look(w, 0);
	assert_int_equal(w->h.n, 0);
}

/* --- frames ---------------------------------------------------------------------- */

static void put_udp(struct wr *r, const struct endpoint *from, const struct endpoint *to,
		    const uint8_t *b, size_t len)
{
	wr_be16(r, 0x4500);
	wr_be16(r, (uint16_t)(len + UDP_HEADER_LEN + IP4_HEADER_LEN));
	wr_be32(r, 0);
	wr_u8(r, 64);
	wr_u8(r, IP_PROTO_UDP);
	wr_be16(r, 0);
	wr_bytes(r, from->addr.b, 4);
	wr_bytes(r, to->addr.b, 4);
	wr_be16(r, from->port);
	wr_be16(r, to->port);
	wr_be16(r, (uint16_t)(len + UDP_HEADER_LEN));
	wr_be16(r, 0);
	wr_bytes(r, b, len);
}

static void on_outer(void *ctx, const struct tap_outer *m)
{
	struct world *w = ctx;

	attempts_see(w->x, m);
}

static void frame(struct world *w, struct tap_facts *t, const struct tap_conf *c, const uint8_t *b,
		  size_t len)
{
	tap_count_frame(t, c, b, len, len, w->now_ns);
}

/* An ICMP error that quotes so many bytes of it behind the IP header. */
static void refuse(struct world *w, struct tap_facts *t, const struct tap_conf *c, const uint8_t *b,
		   size_t quoted)
{
	uint8_t f[FRAME_MAX];
	struct wr r = wr_on(f, sizeof(f));

	wr_be16(&r, 0x4500);
	wr_be16(&r, (uint16_t)(IP4_HEADER_LEN + 8 + IP4_HEADER_LEN + quoted));
	wr_be32(&r, 0);
	wr_u8(&r, 64);
	wr_u8(&r, IP_PROTO_ICMP);
	wr_be16(&r, 0);
	wr_bytes(&r, w->other.addr.b, 4);
	wr_bytes(&r, w->near.addr.b, 4);
	wr_be16(&r, 0x0303);
	wr_be16(&r, 0);
	wr_be32(&r, 0);
	wr_bytes(&r, b, IP4_HEADER_LEN + quoted);
	frame(w, t, c, f, sizeof(f) - r.left);
}

static void from_frames(void **state)
{
	struct world *w = *state;
	struct tap_conf c = {
		.kind = TAP_KIND_WIRE,
		.near = w->near,
		.far = w->far,
		.on_outer = on_outer,
		.on_outer_ctx = w,
	};
	uint8_t b[WG_INITIATION_LEN] = { 0 }, f[FRAME_MAX];
	struct tap_facts t;
	struct wr r;
	size_t len, n;

	tap_count_start(&t, &c);
	for (n = 1; n <= 3; n++) {
		put_initiation(w, (uint32_t)n, true, b);
		r = wr_on(f, sizeof(f));
		put_udp(&r, &w->near, &w->far, b, sizeof(b));
		frame(w, &t, &c, f, sizeof(f) - r.left);
		if (n < 3)
			refuse(w, &t, &c, f, n == 1 ? UDP_HEADER_LEN : UDP_HEADER_LEN + 60);
		later(w, 5100);
	}
	len = put_answer(WG_MSG_RESPONSE, 40, 3, b);
	r = wr_on(f, sizeof(f));
	put_udp(&r, &w->other, &w->near, b, len);
	frame(w, &t, &c, f, sizeof(f) - r.left);
	look(w, 0);
	assert_int_equal(w->h.n, 3);
	is(w, 0, END_NEAR, ATTEMPT_ICMP);
	is(w, 1, END_NEAR, ATTEMPT_ICMP);
	is(w, 2, END_NEAR, ATTEMPT_ANSWERED);
	assert_true(endpoint_equal(&w->h.list[2].answer, &w->other));
	assert_true(endpoint_equal(&w->h.list[2].to, &w->far));
	/* Of what the tap counts that one is none: it is not from the far socket. */
	assert_int_equal(t.msgs[TAP_IN][WG_MSG_RESPONSE], 0);
	assert_int_equal(t.icmp_errors, 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_outcome),   TEST(too_early_to_say),	  TEST(crossing),
		TEST(of_the_far_end), TEST(from_another_address), TEST(the_peer_moves),
		TEST(same_twice),     TEST(by_the_engine),	  TEST(not_ours_to_tell),
		TEST(from_frames),
	};

	return cmocka_run_group_tests_name("capture/attempts", tests, NULL, NULL);
}
