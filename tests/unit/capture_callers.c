/*
 * Who calls, from frames made by hand: whose calls are told apart, what is counted for each, what is
 * nobody's call; and that the filter of the live capture lets all of it by.
 * needs: root
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/callers.h"
#include "unit/own_netns.h"
#include "wire/cursor.h"
#include "wire/ip.h"

enum { PORT = 51820, FRAME_MAX = 512, DATA_LEN = 32, OURS = 0xaa };

struct world {
	struct arena a;
	struct addr_facts locals[2];
	struct callers *x;
	uint8_t salt; /* of the next initiation: another ephemeral key */
};

static struct ip_addr addr(const char *s)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(s, &a));
	return a;
}

/* The last byte of what is made here stands for a mac1. */
static bool is_ours(void *ctx, const uint8_t *initiation)
{
	(void)ctx;
	return initiation[WG_INITIATION_LEN - 1] == OURS;
}

static struct callers_conf conf_of(struct world *w)
{
	return (struct callers_conf){
		.port = PORT, .locals = w->locals, .n_locals = 2, .is_ours = is_ours
	};
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct callers_conf c;

	assert_non_null(w);
	arena_init(&w->a);
	w->locals[0].addr = (struct cidr){ addr("192.0.2.1"), 32 };
	w->locals[1].addr = (struct cidr){ addr("2001:db8::1"), 128 };
	c = conf_of(w);
	w->x = callers_new(&c, &w->a);
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

/* --- making frames ---------------------------------------------------------- */

static void put_ip(struct wr *r, const struct ip_addr *src, const struct ip_addr *dst,
		   uint8_t proto, size_t len)
{
	if (src->family == FAMILY_IP4) {
		wr_be16(r, 0x4500);
		wr_be16(r, (uint16_t)(len + IP4_HEADER_LEN));
		wr_be32(r, 0);
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
		    const uint8_t *b, size_t len)
{
	put_ip(r, &from->addr, &to->addr, IP_PROTO_UDP, len + UDP_HEADER_LEN);
	wr_be16(r, from->port);
	wr_be16(r, to->port);
	wr_be16(r, (uint16_t)(len + UDP_HEADER_LEN));
	wr_be16(r, 0xbeef);
	wr_bytes(r, b, len);
}

static struct endpoint at(const char *ip, uint16_t port)
{
	return (struct endpoint){ .addr = addr(ip), .port = port };
}

static void see(struct world *w, bool out, const uint8_t *b, size_t len)
{
	struct link_frame f = { .ifindex = 3, .out = out, .b = b, .caplen = len };

	callers_see(w->x, &f);
}

static void message(struct world *w, bool out, struct endpoint from, struct endpoint to,
		    const uint8_t *b, size_t len)
{
	uint8_t frame[FRAME_MAX];
	struct wr r = wr_on(frame, sizeof(frame));

	put_udp(&r, &from, &to, b, len);
	see(w, out, frame, sizeof(frame) - r.left);
}

static void initiation(struct world *w, uint8_t b[WG_INITIATION_LEN], bool ours)
{
	memset(b, 0, WG_INITIATION_LEN);
	b[0] = WG_MSG_INITIATION;
	b[8] = ++w->salt;
	b[WG_INITIATION_LEN - 1] = ours ? OURS : 0;
}

static void call(struct world *w, struct endpoint from, struct endpoint to, bool ours)
{
	uint8_t b[WG_INITIATION_LEN];

	initiation(w, b, ours);
	message(w, false, from, to, b, sizeof(b));
}

static void other(struct world *w, bool out, struct endpoint from, struct endpoint to,
		  enum wg_msg_type type)
{
	static const size_t lens[] = { [WG_MSG_RESPONSE] = WG_RESPONSE_LEN,
				       [WG_MSG_COOKIE_REPLY] = WG_COOKIE_REPLY_LEN,
				       [WG_MSG_DATA] = DATA_LEN };
	uint8_t b[WG_INITIATION_LEN] = { (uint8_t)type };

	message(w, out, from, to, b, lens[type]);
}

/* This host says of a message that nobody has the port; quoted are its headers and 8 bytes. */
static void refuse(struct world *w, struct endpoint from, struct endpoint to, bool out)
{
	bool six = from.addr.family == FAMILY_IP6;
	uint8_t frame[FRAME_MAX], b[8] = { WG_MSG_INITIATION };
	size_t quoted = (six ? IP6_HEADER_LEN : IP4_HEADER_LEN) + UDP_HEADER_LEN + sizeof(b);
	struct wr r = wr_on(frame, sizeof(frame));

	put_ip(&r, &to.addr, &from.addr, six ? IP_PROTO_ICMP6 : IP_PROTO_ICMP, 8 + quoted);
	wr_u8(&r, six ? 1 : 3);
	wr_u8(&r, six ? 4 : 3);
	wr_be16(&r, 0);
	wr_be32(&r, 0);
	put_udp(&r, &from, &to, b, sizeof(b));
	see(w, out, frame, sizeof(frame) - r.left);
}

static const struct call_facts *only(struct world *w)
{
	const struct call_facts *list;

	assert_int_equal(callers_list(w->x, &list), 1);
	return list;
}

static void nobody(struct world *w)
{
	const struct call_facts *list;

	assert_int_equal(callers_list(w->x, &list), 0);
}

/* --- what is counted ---------------------------------------------------------- */

static void both_families(void **state)
{
	static const struct {
		const char *from, *to;
	} of[] = { { "198.51.100.7", "192.0.2.1" }, { "2001:db8:1::7", "2001:db8::1" } };
	size_t i;

	for (i = 0; i < ARRAY_LEN(of); i++) {
		struct endpoint from = at(of[i].from, 40000), to = at(of[i].to, PORT);
		struct world *w;
		const struct call_facts *c;
		void *own;

		(void)state;
		setup(&own);
		w = own;
		call(w, from, to, true);
		call(w, from, to, true);
		other(w, true, to, from, WG_MSG_RESPONSE);
		other(w, true, to, from, WG_MSG_COOKIE_REPLY);
		other(w, false, from, to, WG_MSG_DATA);
		other(w, false, from, to, WG_MSG_DATA);
		refuse(w, from, to, true);
		c = only(w);
		assert_true(endpoint_equal(&c->from, &from) && endpoint_equal(&c->to, &to));
		assert_true(c->ours);
		assert_int_equal(c->initiations, 2);
		assert_int_equal(c->responses, 1);
		assert_int_equal(c->cookie_replies, 1);
		assert_int_equal(c->data, 2);
		assert_int_equal(c->refused, 1);
		teardown(&own);
	}
}

/* A socket that is bound to no address may answer from another one. */
static void answered_from_elsewhere(void **state)
{
	struct world *w = *state;

	call(w, at("198.51.100.7", 40000), at("192.0.2.1", PORT), true);
	other(w, true, at("192.0.2.99", PORT), at("198.51.100.7", 40000), WG_MSG_RESPONSE);
	assert_int_equal(only(w)->responses, 1);
	other(w, true, at("192.0.2.1", PORT + 1), at("198.51.100.7", 40000), WG_MSG_RESPONSE);
	assert_int_equal(only(w)->responses, 1);
}

static void seen_twice_is_one(void **state)
{
	struct endpoint from = at("198.51.100.7", 40000), to = at("192.0.2.1", PORT);
	uint8_t b[WG_INITIATION_LEN];
	struct world *w = *state;

	initiation(w, b, true);
	message(w, false, from, to, b, sizeof(b));
	message(w, false, from, to, b, sizeof(b));
	assert_int_equal(only(w)->initiations, 1);
	call(w, from, to, true);
	assert_int_equal(only(w)->initiations, 2);
}

static void of_another_key(void **state)
{
	struct world *w = *state;

	call(w, at("198.51.100.7", 40000), at("192.0.2.1", PORT), false);
	assert_false(only(w)->ours);
}

/* At another port it is only a call if it is for us: others have ports here too. */
static void at_another_port(void **state)
{
	struct world *w = *state;

	call(w, at("198.51.100.7", 40000), at("192.0.2.1", PORT + 1), false);
	nobody(w);
	call(w, at("198.51.100.7", 40000), at("192.0.2.1", PORT + 1), true);
	assert_int_equal(only(w)->to.port, PORT + 1);
}

/* What only passes through, what we send ourselves, and what is no call. */
static void nobodys(void **state)
{
	struct endpoint from = at("198.51.100.7", 40000), to = at("192.0.2.1", PORT);
	uint8_t b[WG_INITIATION_LEN];
	struct world *w = *state;

	call(w, from, at("203.0.113.9", PORT), true);
	initiation(w, b, true);
	message(w, true, from, to, b, sizeof(b));
	message(w, false, from, to, b, sizeof(b) - 1);
	b[1] = 1;
	message(w, false, from, to, b, sizeof(b));
	other(w, false, from, to, WG_MSG_RESPONSE);
	other(w, false, from, to, WG_MSG_DATA);
	other(w, true, to, from, WG_MSG_RESPONSE);
	refuse(w, from, to, true);
	nobody(w);
	call(w, from, to, true);
	/* Another's refusal that only comes by. */
	refuse(w, from, to, false);
	assert_int_equal(only(w)->refused, 0);
}

/* Cut at any place, nothing is read that is not there (the sanitizers watch). */
static void cut(void **state)
{
	uint8_t frame[FRAME_MAX], b[WG_INITIATION_LEN];
	struct endpoint from = at("198.51.100.7", 40000), to = at("192.0.2.1", PORT);
	struct world *w = *state;
	struct wr r = wr_on(frame, sizeof(frame));
	size_t len, i;

	initiation(w, b, true);
	put_udp(&r, &from, &to, b, sizeof(b));
	len = sizeof(frame) - r.left;
	for (i = 0; i < len; i++) {
		uint8_t *part = malloc(i + 1);

		assert_non_null(part);
		memcpy(part, frame, i);
		see(w, false, part, i);
		see(w, true, part, i);
		free(part);
	}
	nobody(w);
	see(w, false, frame, len);
	only(w);
}

/* --- the messages with data ----------------------------------------------------- */

struct heard {
	struct tap_message list[8];
	size_t n;
};

static void hear(void *ctx, const struct tap_message *m)
{
	struct heard *h = ctx;

	assert_true(h->n < ARRAY_LEN(h->list));
	h->list[h->n++] = *m;
}

/* n messages in one frame, the last one shorter, from counter on. */
static size_t put_data(uint8_t *b, uint32_t receiver, uint64_t counter, size_t n, size_t size)
{
	size_t i;

	memset(b, 0xa5, n * size);
	for (i = 0; i < n; i++) {
		struct wr r = wr_on(b + i * size, size);

		wr_le32(&r, WG_MSG_DATA);
		wr_le32(&r, receiver);
		wr_le64(&r, counter + i);
	}
	return n * size - (n > 1 ? 16 : 0);
}

static void data_is_told_message_by_message(void **state)
{
	struct world *w = *state;
	struct endpoint here = at("192.0.2.1", PORT), there = at("198.51.100.7", 4444);
	struct callers_conf c = conf_of(w);
	struct heard h = { .n = 0 };
	uint8_t b[FRAME_MAX];
	size_t i;

	c.on_data = hear;
	c.on_data_ctx = &h;
	w->x = callers_new(&c, &w->a);
	message(w, false, there, here, b, put_data(b, 7, 40, 4, 96));
	message(w, true, here, there, b, put_data(b, 9, 3, 1, 64));
	/* Others pass through, or are to another port of ours. */
	message(w, false, there, at("192.0.2.77", PORT), b, put_data(b, 7, 50, 1, 64));
	message(w, true, there, at("192.0.2.77", PORT), b, put_data(b, 7, 51, 1, 64));
	message(w, false, there, at("192.0.2.1", PORT + 1), b, put_data(b, 7, 52, 1, 64));
	other(w, false, there, here, WG_MSG_RESPONSE);
	assert_int_equal(h.n, 5);
	for (i = 0; i < 4; i++) {
		assert_int_equal(h.list[i].dir, TAP_IN);
		assert_int_equal(h.list[i].receiver, 7);
		assert_int_equal(h.list[i].counter, 40 + i);
		assert_int_equal(h.list[i].len, i < 3 ? 96 : 80);
		assert_false(h.list[i].cut);
	}
	assert_int_equal(h.list[4].dir, TAP_OUT);
	assert_int_equal(h.list[4].receiver, 9);
	assert_int_equal(h.list[4].counter, 3);
}

static void too_many(void **state)
{
	const struct call_facts *list;
	struct world *w = *state;
	unsigned i;

	for (i = 0; i < 100; i++)
		call(w, at("198.51.100.7", (uint16_t)(40000 + i)), at("192.0.2.1", PORT), true);
	assert_int_equal(callers_list(w->x, &list), 16);
	assert_int_equal(list[15].from.port, 40015);
}

/* --- live --------------------------------------------------------------------- */

static void send_from(struct ip_addr a, uint16_t from, uint16_t to, const uint8_t *b, size_t len)
{
	int fd = socket(a.family == FAMILY_IP6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in4_6 {
		union {
			struct sockaddr_in in;
			struct sockaddr_in6 in6;
		};
	} sa[2];
	socklen_t len_sa = a.family == FAMILY_IP6 ? sizeof(sa->in6) : sizeof(sa->in);
	unsigned i;

	assert_true(fd >= 0);
	memset(sa, 0, sizeof(sa));
	for (i = 0; i < 2; i++) {
		if (a.family == FAMILY_IP6) {
			sa[i].in6.sin6_family = AF_INET6;
			sa[i].in6.sin6_port = htons(i ? to : from);
			memcpy(&sa[i].in6.sin6_addr, a.b, 16);
		} else {
			sa[i].in.sin_family = AF_INET;
			sa[i].in.sin_port = htons(i ? to : from);
			memcpy(&sa[i].in.sin_addr, a.b, 4);
		}
	}
	assert_int_equal(bind(fd, (struct sockaddr *)&sa[0], len_sa), 0);
	assert_int_equal(sendto(fd, b, len, 0, (struct sockaddr *)&sa[1], len_sa), (ssize_t)len);
	close(fd);
}

/* By lo, of both families: a call, an answer, a call at another port, which the kernel refuses. */
static void live(void **state)
{
	static const char *const own[] = { "127.0.0.1", "::1" };
	struct world *w = *state;
	struct loop *l = loop_new(platform_get()->boot_ns);
	uint8_t b[WG_INITIATION_LEN], response[WG_RESPONSE_LEN] = { WG_MSG_RESPONSE };
	struct calls_facts f = { 0 };
	struct callers_conf c;
	struct callers *x;
	struct err e = { 0 };
	unsigned i;

	for (i = 0; i < 2; i++)
		w->locals[i].addr = (struct cidr){ addr(own[i]), i ? 128 : 8 };
	c = conf_of(w);
	assert_int_equal(callers_open(&c, l, &w->a, &x, &e), 0);
	for (i = 0; i < 2; i++) {
		initiation(w, b, false);
		send_from(addr(own[i]), 40000, PORT, b, sizeof(b));
		send_from(addr(own[i]), PORT, 40000, response, sizeof(response));
		initiation(w, b, true);
		send_from(addr(own[i]), 40001, PORT + 1, b, sizeof(b));
	}
	callers_facts(x, &w->a, &f);
	assert_int_equal(f.n, 4);
	assert_int_equal(f.dropped, 0);
	for (i = 0; i < 4; i += 2) {
		assert_string_equal(f.list[i].link, "lo");
		assert_int_equal(f.list[i].to.port, PORT);
		assert_int_equal(f.list[i].initiations, 1);
		assert_int_equal(f.list[i].responses, 1);
		assert_int_equal(f.list[i + 1].to.port, PORT + 1);
		assert_int_equal(f.list[i + 1].refused, 1);
	}
	callers_close(x);
	callers_close(NULL);
	loop_free(l);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_families),
		TEST(answered_from_elsewhere),
		TEST(seen_twice_is_one),
		TEST(of_another_key),
		TEST(at_another_port),
		TEST(nobodys),
		TEST(cut),
		TEST(data_is_told_message_by_message),
		TEST(too_many),
		TEST(live),
	};
	int rc = own_netns_enter();

	return rc ? rc : cmocka_run_group_tests_name("capture/callers", tests, NULL, NULL);
}
