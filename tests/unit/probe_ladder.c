/*
 * The ladder over a tun behind which routers and a host are played: who drops, who is silent, who
 * answers few, who quotes little, who changes the IP id.
 * needs: root
 * beside: others
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

#include "probe/ladder.h"
#include "probe/ladder_wire.h"
#include "unit/own_netns.h"
#include "wire/ip.h"

enum { PACKET_MAX = 2048, QUOTE_ALL = 1000, HOPS_MAX = 31, EVER = 1000 };

/* What is behind the tun. */
struct way {
	unsigned hops; /* the host is the last one */
	unsigned dies_before; /* that hop, of UDP; 0: does not */
	unsigned refuses; /* that hop answers to UDP that it would forward; 0: none */
	unsigned quiet; /* bit of hop: tells of no hop limit */
	unsigned answers; /* so many packets each router answers in all */
	bool host_quiet, new_id, fill;
	bool no_pings; /* routers tell nothing of echo requests */
	bool all_udp; /* not only messages die there */
	bool proxy; /* the first router answers pings for everybody */
	size_t quote; /* bytes behind the IP header */
	unsigned lost_echo; /* the first request with this hop limit is lost */
	bool others; /* errors about somebody else's packets come too */
	bool like_ours; /* new_id gives ids that look like ours, of rungs there are none of */
};

struct world {
	const struct platform_ops *p;
	struct arena a;
	struct loop *l;
	struct sys_tun tun;
	bool v6;
	struct way way;
	unsigned answered[HOPS_MAX + 1], highest_udp, lost;
	struct ladder_conf c;
	struct ladder_facts f;
};

static struct ip_addr addr(const char *s)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(s, &a));
	return a;
}

static struct ip_addr router(const struct world *w, unsigned hop)
{
	struct ip_addr a = addr(w->v6 ? "fd00::1:0" : "10.0.0.100");

	a.b[w->v6 ? 15 : 3] = (uint8_t)(a.b[w->v6 ? 15 : 3] + hop);
	return a;
}

static void put16(uint8_t *b, unsigned v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

/* len bytes of ICMP stand behind the room for the header. */
static void send_icmp(struct world *w, const struct ip_addr *from, uint8_t *b, size_t len)
{
	size_t head = w->v6 ? IP6_HEADER_LEN : IP4_HEADER_LEN, n = w->v6 ? 16 : 4;
	uint8_t *icmp = b + head;
	uint32_t sum = 0;

	memset(b, 0, head);
	b[0] = w->v6 ? 0x60 : 0x45;
	put16(b + (w->v6 ? 4 : 2), (unsigned)(w->v6 ? len : head + len));
	b[w->v6 ? 6 : 9] = w->v6 ? IP_PROTO_ICMP6 : IP_PROTO_ICMP;
	b[w->v6 ? 7 : 8] = 64;
	memcpy(b + (w->v6 ? 8 : 12), from->b, n);
	memcpy(b + (w->v6 ? 24 : 16), w->c.from.addr.b, n);
	if (w->v6)
		sum = ip_sum(b + 8, 32, (uint32_t)len + IP_PROTO_ICMP6);
	else
		put16(b + 10, ip_sum_finish(ip_sum(b, head, 0)));
	put16(icmp + 2, 0);
	put16(icmp + 2, ip_sum_finish(ip_sum(icmp, len, sum)));
	assert_int_equal(write(w->tun.fd, b, head + len), head + len);
}

static void send_error(struct world *w, const struct ip_addr *from, uint8_t type, uint8_t code,
		       const uint8_t *packet, const struct ip_packet *ip)
{
	enum { FILLED = 128 }; /* RFC 4884, section 5.5 */
	size_t head = w->v6 ? IP6_HEADER_LEN : IP4_HEADER_LEN;
	size_t quote = MIN(ip->total_len, ip->header_len + w->way.quote), len = quote;
	uint8_t b[PACKET_MAX] = { 0 };

	b[head] = type;
	b[head + 1] = code;
	memcpy(b + head + 8, packet, quote);
	if (w->way.fill && len < FILLED)
		len = FILLED;
	if (w->way.like_ours && !w->v6)
		put16(b + head + 8 + 4, (unsigned)(w->c.token & 0xff) << 8 | 29);
	if (w->way.new_id && !w->v6)
		b[head + 8 + 4] ^= 0xff; /* the half that tells whose it is */
	send_icmp(w, from, b, 8 + len);
}

static void somebody_elses(struct world *w, const uint8_t *packet, const struct ip_packet *ip)
{
	struct ip_addr from = router(w, 25);
	uint8_t copy[PACKET_MAX];

	memcpy(copy, packet, ip->total_len);
	copy[ip->header_len + (ip->proto == IP_PROTO_UDP ? 1 : 5)] ^= 1; /* port, or id */
	copy[ip->header_len + UDP_HEADER_LEN + 4] ^= 1; /* sender index */
	send_error(w, &from, w->v6 ? 3 : 11, 0, copy, ip);
}

static void host_answers(struct world *w, const uint8_t *packet, const struct ip_packet *ip)
{
	size_t head = w->v6 ? IP6_HEADER_LEN : IP4_HEADER_LEN, len = ip->total_len - head;
	uint8_t b[PACKET_MAX];

	if (w->way.host_quiet || (ip->proto == IP_PROTO_UDP && ip->payload[UDP_HEADER_LEN] == 1))
		return;
	if (ip->proto == IP_PROTO_UDP) {
		send_error(w, &w->c.to.addr, w->v6 ? 1 : 3, w->v6 ? 4 : 3, packet, ip);
		return;
	}
	memcpy(b + head, ip->payload, len);
	b[head] = w->v6 ? 129 : 0;
	send_icmp(w, &w->c.to.addr, b, len);
}

static void on_tun(void *ctx, short revents)
{
	struct world *w = ctx;
	uint8_t packet[PACKET_MAX];
	ssize_t n = read(w->tun.fd, packet, sizeof(packet));
	bool udp, message, dies, refused;
	struct ip_packet ip;
	struct ip_addr from;

	(void)revents;
	if (n <= 0 || ip_parse(packet, (size_t)n, &ip) != IP_OK)
		return;
	if (memcmp(ip.dst, w->c.to.addr.b, ip_addr_len(&w->c.to.addr)) != 0)
		return; /* the kernel's own */
	udp = ip.proto == IP_PROTO_UDP;
	message = udp && ip.payload[UDP_HEADER_LEN] == 1;
	w->highest_udp = MAX(w->highest_udp, message ? ip.ttl : 0);
	assert_true(!message ||
		    (w->v6 ? (packet[0] & 0xf) << 4 | packet[1] >> 4 : packet[1]) == w->c.tos);
	if (w->way.others)
		somebody_elses(w, packet, &ip);
	dies = (message || (udp && w->way.all_udp)) && w->way.dies_before &&
	       ip.ttl >= w->way.dies_before;
	refused = message && w->way.refuses && ip.ttl > w->way.refuses;
	if (w->way.proxy && !udp) {
		host_answers(w, packet, &ip);
	} else if (refused) {
		from = router(w, w->way.refuses);
		send_error(w, &from, w->v6 ? 1 : 3, w->v6 ? 1 : 13, packet, &ip);
	} else if (!dies && ip.ttl >= w->way.hops) {
		if (udp || ip.ttl != w->way.lost_echo || w->lost++)
			host_answers(w, packet, &ip);
	} else if (!dies && !(w->way.quiet & 1U << ip.ttl) && (udp || !w->way.no_pings) &&
		   w->answered[ip.ttl]++ < w->way.answers) {
		from = router(w, ip.ttl);
		send_error(w, &from, w->v6 ? 3 : 11, 0, packet, &ip);
	}
}

static void begin(struct world *w, bool v6, const struct way *way)
{
	w->v6 = v6;
	w->way = *way;
	w->way.quote = way->quote ? way->quote : QUOTE_ALL;
	w->way.answers = way->answers ? way->answers : EVER;
	w->highest_udp = w->lost = 0;
	memset(w->answered, 0, sizeof(w->answered));
	w->c.from.addr = addr(v6 ? "fd00::1" : "10.0.0.1");
	w->c.to.addr = addr(v6 ? "fd00::99" : "10.0.0.99");
}

static void climb(struct world *w, bool v6, const struct way *way)
{
	struct err e = { 0 };
	struct ladder *x;

	begin(w, v6, way);
	assert_int_equal(ladder_open(&w->c, w->l, &w->a, &x, &e), 0);
	assert_false(ladder_done(x));
	ladder_start(x);
	assert_int_equal(loop_run(w->l, w->p->boot_ns() + 60 * NS_PER_S, ladder_done, x), 0);
	ladder_facts(x, &w->f);
	ladder_close(x);
	ladder_close(NULL);
	assert_true(w->f.asked);
	assert_null(w->f.error);
	w->c.token++;
	w->c.echo_id++;
}

/* The rungs from 1 to n, each by the router that is there. */
static void expect_seen(const struct world *w, unsigned n)
{
	unsigned h;

	assert_true(w->f.n_rungs >= n);
	for (h = 1; h <= n; h++) {
		const struct rung_facts *r = &w->f.rungs[h - 1];
		struct ip_addr from = router(w, h);

		assert_int_equal(r->hop_limit, h);
		assert_int_equal(r->tunnel.answer, RUNG_HOP);
		assert_true(ip_addr_equal(&r->tunnel.from, &from));
		assert_int_equal(r->tunnel.type, w->v6 ? 3 : 11);
		assert_int_equal(r->only_echo, 0);
	}
}

static void test_good(void **state)
{
	struct world *w = *state;
	unsigned v6, hops;

	for (v6 = 0; v6 < 2; v6++) {
		for (hops = 1; hops <= 7; hops += 2) {
			climb(w, v6, &(struct way){ .hops = hops, .others = true });
			expect_seen(w, hops - 1);
			assert_int_equal(w->f.host, HOST_ECHO);
			assert_int_equal(w->f.host_hops, hops);
			assert_int_equal(w->f.unplaced, 0);
			assert_int_equal(w->f.rungs[hops - 1].echo.answer, RUNG_HOST);
			/* No message is meant for the endpoint. */
			assert_true(w->highest_udp < hops);
			assert_int_equal(w->f.control_hop, 0);
		}
	}
}

static void test_dies(void **state)
{
	struct world *w = *state;
	unsigned v6, at, h;

	for (v6 = 0; v6 < 2; v6++) {
		for (at = 1; at <= 4; at++) {
			climb(w, v6, &(struct way){ .hops = 5, .dies_before = at });
			expect_seen(w, at - 1);
			for (h = at; h < 5; h++) {
				const struct rung_facts *r = &w->f.rungs[h - 1];

				assert_int_equal(r->tunnel.answer, RUNG_SILENT);
				assert_int_equal(r->tunnel.sent, 1 + LADDER_ROUNDS);
				assert_int_equal(r->echo.answer, RUNG_HOP);
				assert_int_equal(r->only_echo, LADDER_ROUNDS);
			}
			assert_int_equal(w->f.host_hops, 5);
			assert_int_equal(w->f.control_hop, at);
			assert_int_equal(w->f.control_sent, LADDER_ROUNDS);
			assert_int_equal(w->f.control_seen, LADDER_ROUNDS);
			assert_int_equal(w->f.control_host, LADDER_ROUNDS);
		}
	}
}

static void test_all_udp_dies(void **state)
{
	struct world *w = *state;
	unsigned v6;

	for (v6 = 0; v6 < 2; v6++) {
		climb(w, v6, &(struct way){ .hops = 4, .dies_before = 2, .all_udp = true });
		expect_seen(w, 1);
		assert_int_equal(w->f.control_hop, 2);
		assert_int_equal(w->f.control_sent, LADDER_ROUNDS);
		assert_int_equal(w->f.control_seen, 0);
		assert_int_equal(w->f.control_host, 0);
	}
}

/* Behind a gateway no host is one hop away; what is at the gateway is seen all the same. */
static void test_proxy(void **state)
{
	struct world *w = *state;
	unsigned v6;

	w->c.has_gateway = true;
	for (v6 = 0; v6 < 2; v6++) {
		climb(w, v6, &(struct way){ .hops = 4, .proxy = true });
		assert_int_equal(w->f.host, HOST_PROXY);
		assert_int_equal(w->f.host_hops, UNKNOWN);
		assert_int_equal(w->f.n_rungs, 1);
		assert_int_equal(w->f.rungs[0].tunnel.answer, RUNG_HOP);
		assert_int_equal(w->highest_udp, 1);
	}
	w->c.has_gateway = false;
}

/* A router that is silent to both is no place where anything died. */
static void test_quiet_router(void **state)
{
	struct world *w = *state;

	climb(w, false, &(struct way){ .hops = 3, .quiet = 1U << 1 });
	assert_int_equal(w->f.rungs[0].only_echo, 0);
	assert_int_equal(w->f.rungs[0].tunnel.answer, RUNG_SILENT);
	assert_int_equal(w->f.rungs[1].tunnel.answer, RUNG_HOP);
}

static void test_refused(void **state)
{
	struct world *w = *state;
	struct ip_addr from;
	unsigned v6;

	for (v6 = 0; v6 < 2; v6++) {
		climb(w, v6, &(struct way){ .hops = 5, .refuses = 2 });
		expect_seen(w, 2);
		from = router(w, 2);
		assert_int_equal(w->f.rungs[2].tunnel.answer, RUNG_REFUSED);
		assert_true(ip_addr_equal(&w->f.rungs[2].tunnel.from, &from));
		assert_int_equal(w->f.rungs[2].tunnel.type, v6 ? 1 : 3);
		assert_int_equal(w->f.rungs[2].tunnel.code, v6 ? 1 : 13);
		assert_int_equal(w->f.rungs[2].only_echo, 0);
	}
}

/* Routers need not quote more than eight bytes behind the IP header, and some NAT boxes renumber. */
static void test_little_quoted(void **state)
{
	struct world *w = *state;
	unsigned v6, i;

	for (v6 = 0; v6 < 2; v6++) {
		for (i = 0; i < 4; i++) {
			climb(w, v6,
			      &(struct way){
				      .hops = 4, .quote = 8, .fill = i & 1, .new_id = i & 2 });
			expect_seen(w, 3);
			assert_int_equal(w->f.unplaced, 0);
		}
		climb(w, v6, &(struct way){ .hops = 4, .new_id = true });
		expect_seen(w, 3);
	}
}

/* A router that answers for a message that was never sent: it is told by what is there. */
static void test_like_ours(void **state)
{
	struct world *w = *state;

	climb(w, false, &(struct way){ .hops = 4, .quote = 8, .like_ours = true });
	expect_seen(w, 3);
}

/* Which message it is about cannot be told of a router that answered no echo request. */
static void test_unplaced(void **state)
{
	struct world *w = *state;

	climb(w, false, &(struct way){ .hops = 4, .quote = 8, .new_id = true, .no_pings = true });
	assert_int_equal(w->f.host_hops, 4);
	assert_true(w->f.unplaced > 0);
	assert_int_equal(w->f.rungs[0].tunnel.answer, RUNG_SILENT);
}

static void test_host_is_silent(void **state)
{
	struct world *w = *state;

	climb(w, false, &(struct way){ .hops = 4, .host_quiet = true });
	expect_seen(w, 3);
	assert_int_equal(w->f.host, HOST_SILENT);
	assert_int_equal(w->f.host_hops, UNKNOWN);
	assert_int_equal(w->f.rungs[2].tunnel.sent, 1);
}

/* A lost request must not move the host farther away. */
static void test_lost_echo(void **state)
{
	struct world *w = *state;
	unsigned v6;

	for (v6 = 0; v6 < 2; v6++) {
		climb(w, v6, &(struct way){ .hops = 4, .lost_echo = 4 });
		assert_int_equal(w->f.host_hops, 4);
		assert_int_equal(w->lost, 2);
		expect_seen(w, 3);
	}
}

/*
 * Routers that answer few packets: the message is never the one that stays unanswered while the
 * echo requests after it are.
 */
static void test_few_answers(void **state)
{
	struct world *w = *state;
	unsigned v6, n, h;

	for (v6 = 0; v6 < 2; v6++) {
		for (n = 1; n <= 3; n++) {
			climb(w, v6, &(struct way){ .hops = 4, .answers = n });
			assert_int_equal(w->f.host_hops, 4);
			for (h = 1; h < 4; h++)
				assert_int_equal(w->f.rungs[h - 1].only_echo, 0);
		}
	}
}

static void test_nobody(void **state)
{
	struct world *w = *state;

	climb(w, false, &(struct way){ .hops = 3, .quiet = ~0U, .host_quiet = true });
	assert_int_equal(w->f.host, HOST_SILENT);
	assert_int_equal(w->f.n_rungs, 0);
	assert_int_equal(w->highest_udp, 0); /* who knows where the host is */
	w->c.has_gateway = true;
	climb(w, false, &(struct way){ .hops = 3, .quiet = ~0U, .host_quiet = true });
	assert_int_equal(w->highest_udp, 1);
	w->c.has_gateway = false;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err e = { 0 };

	assert_non_null(w);
	arena_init(&w->a);
	w->p = platform_get();
	w->l = loop_new(w->p->boot_ns);
	assert_int_equal(w->p->tun_open("wgt0", &w->tun, &e), 0);
	assert_int_equal(own_addr("wgt0", "10.0.0.1/24"), 0);
	assert_int_equal(own_addr("wgt0", "fd00::1/64"), 0);
	loop_add_fd(w->l, w->tun.fd, POLLIN, on_tun, w);
	/* What is played here answers at once. */
	w->c.host_wait_ns = 150 * NS_PER_MS;
	w->c.hop_wait_ns = 60 * NS_PER_MS;
	w->c.tos = 0x88;
	w->c.flow = 0x12345;
	w->c.from.port = 41000;
	w->c.to.port = 51000;
	w->c.echo_id = w->c.token = (uint16_t)own_seed();
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	close(w->tun.fd);
	loop_free(w->l);
	arena_done(&w->a);
	free(w);
	return 0;
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good),	   TEST(test_dies),	    TEST(test_quiet_router),
		TEST(test_refused),	   TEST(test_unplaced),	    TEST(test_little_quoted),
		TEST(test_host_is_silent), TEST(test_lost_echo),    TEST(test_few_answers),
		TEST(test_nobody),	   TEST(test_all_udp_dies), TEST(test_proxy),
		TEST(test_like_ours),
	};
	int rc = own_netns_enter();

	return rc ? rc : cmocka_run_group_tests_name("probe/ladder", tests, NULL, NULL);
}
