/*
 * Who knocks, and what is passed on for peers, from frames made by hand: which is which, and what is
 * neither; and that the filter of the live capture lets all of it by.
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

#include "capture/passers.h"
#include "unit/own_netns.h"
#include "wire/cursor.h"
#include "wire/ip.h"
#include "wire/ladder_mark.h"
#include "wire/probe_msg.h"
#include "wire/wg_msg.h"

enum { PORT = 51820, DNS = 53, OTHER = 33434, FRAME_MAX = 512, TUN = 7, LAN = 8, MOST = 32 };

struct world {
	struct arena a;
	struct cidr nets[3];
	struct passers *x;
	struct recording_facts f;
};

static struct ip_addr addr(const char *s)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(s, &a));
	return a;
}

static struct passers_conf conf_of(struct world *w)
{
	return (struct passers_conf){
		.port = PORT, .tun = "nosuch9", .tun_ifindex = TUN, .nets = w->nets, .n_nets = 3
	};
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct passers_conf c;

	assert_non_null(w);
	arena_init(&w->a);
	w->nets[0] = (struct cidr){ addr("10.9.0.0"), 24 };
	w->nets[1] = (struct cidr){ addr("fd00::"), 64 };
	w->nets[2] = (struct cidr){ addr("0.0.0.0"), 0 };
	c = conf_of(w);
	w->x = passers_new(&c, &w->a);
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

struct sent {
	const char *from, *to;
	uint8_t proto;
	uint16_t port; /* of the destination */
	bool fragment; /* a later one */
};

static size_t put(uint8_t *frame, const struct sent *s, const uint8_t *b, size_t len)
{
	struct ip_addr from = addr(s->from), to = addr(s->to);
	struct wr w = wr_on(frame, FRAME_MAX);

	if (from.family == FAMILY_IP4) {
		wr_be16(&w, 0x4500);
		wr_be16(&w, (uint16_t)(len + IP4_HEADER_LEN + UDP_HEADER_LEN));
		wr_be32(&w, s->fragment ? 1 : 0);
		wr_u8(&w, 64);
		wr_u8(&w, s->proto);
		wr_be16(&w, 0);
	} else {
		wr_be32(&w, UINT32_C(6) << 28);
		wr_be16(&w, (uint16_t)(len + UDP_HEADER_LEN));
		wr_u8(&w, s->proto);
		wr_u8(&w, 64);
	}
	wr_bytes(&w, from.b, ip_addr_len(&from));
	wr_bytes(&w, to.b, ip_addr_len(&to));
	wr_be16(&w, 40000);
	wr_be16(&w, s->port);
	wr_be16(&w, (uint16_t)(len + UDP_HEADER_LEN));
	wr_be16(&w, 0xbeef);
	wr_bytes(&w, b, len);
	return FRAME_MAX - w.left;
}

static void see(struct world *w, const struct link_frame *how, const struct sent *s,
		const uint8_t *b, size_t len)
{
	uint8_t frame[FRAME_MAX];
	struct link_frame f = *how;

	f.b = frame;
	f.caplen = put(frame, s, b, len);
	if (how->caplen)
		f.caplen = MIN(f.caplen, how->caplen);
	passers_see(w->x, &f);
	passers_count(w->x, &w->a, &w->f);
}

static size_t a_knock(uint8_t *b, enum probe_type type)
{
	struct probe_msg m = { .type = type, .token = 7, .seq = 1 };

	return probe_msg_put(&m, b, PROBE_HEADER_LEN);
}

static void a_shape(uint8_t b[WG_INITIATION_LEN])
{
	memset(b, 0, WG_INITIATION_LEN);
	b[0] = WG_MSG_INITIATION;
	ladder_mark_put(b + LADDER_MARK_AT, WG_INITIATION_LEN - LADDER_MARK_AT, 0x11);
}

static const struct link_frame in = { .ifindex = LAN }, out = { .ifindex = LAN, .out = true };

/* --- knocks ------------------------------------------------------------------- */

static void counted(const struct world *w, int64_t knocks, int64_t dns, int64_t other,
		    int64_t shaped)
{
	assert_int_equal(w->f.knocks, knocks);
	assert_int_equal(w->f.knocks_dns, dns);
	assert_int_equal(w->f.knocks_other, other);
	assert_int_equal(w->f.shaped, shaped);
	assert_int_equal(w->f.n_passed, 0);
}

/* Of both families, by the port that it goes to. */
static void each_by_its_port(void **state)
{
	static const char *const from[] = { "198.51.100.7", "2001:db8::7" };
	static const char *const to[] = { "192.0.2.1", "2001:db8::1" };
	struct world *w = *state;
	uint8_t b[PROBE_HEADER_LEN], shape[WG_INITIATION_LEN];
	size_t len = a_knock(b, PROBE_KNOCK), i;

	a_shape(shape);
	for (i = 0; i < 2; i++) {
		struct sent s = { from[i], to[i], IP_PROTO_UDP, PORT, false };
		int64_t n = (int64_t)i;

		see(w, &in, &s, b, len);
		counted(w, n + 1, n, n, n);
		s.port = DNS;
		see(w, &in, &s, b, len);
		counted(w, n + 1, n + 1, n, n);
		s.port = OTHER;
		see(w, &in, &s, b, len);
		counted(w, n + 1, n + 1, n + 1, n);
		s.port = PORT;
		see(w, &in, &s, shape, sizeof(shape));
		counted(w, n + 1, n + 1, n + 1, n + 1);
	}
}

static void no_knock(void **state)
{
	static const struct link_frame cut = { .ifindex = LAN,
					       .caplen = IP4_HEADER_LEN + UDP_HEADER_LEN + 20 };
	struct sent s = { "198.51.100.7", "192.0.2.1", IP_PROTO_UDP, PORT, false };
	struct sent tcp = s, fragment = s, other = s;
	struct world *w = *state;
	uint8_t b[PROBE_HEADER_LEN], echo[PROBE_HEADER_LEN], shape[WG_INITIATION_LEN];
	size_t len = a_knock(b, PROBE_KNOCK);

	tcp.proto = IP_PROTO_TCP;
	fragment.fragment = true;
	other.port = OTHER;
	/* This host's own. */
	see(w, &out, &s, b, len);
	see(w, &in, &tcp, b, len);
	see(w, &in, &fragment, b, len);
	see(w, &cut, &s, b, len);
	/* What is asked inside. */
	see(w, &in, &s, echo, a_knock(echo, PROBE_ECHO));
	b[0] ^= 1;
	see(w, &in, &s, b, len);
	/* An engine's own initiation; one with the mark at another port; one that is too short. */
	a_shape(shape);
	see(w, &in, &other, shape, sizeof(shape));
	see(w, &in, &s, shape, sizeof(shape) - 1);
	shape[LADDER_MARK_AT + 1] ^= 1;
	see(w, &in, &s, shape, sizeof(shape));
	counted(w, 0, 0, 0, 0);
}

/* --- passing ------------------------------------------------------------------- */

static void is_passed(const struct world *w, size_t i, const char *from, const char *to,
		      int64_t left, int64_t came)
{
	const struct passed_facts *p = &w->f.passed[i];
	struct ip_addr a = addr(from), b = addr(to);

	assert_true(ip_addr_equal(&p->from, &a));
	assert_true(ip_addr_equal(&p->to, &b));
	assert_int_equal(p->left, left);
	assert_int_equal(p->came, came);
}

/* Each pair by each link, whichever way a packet goes. */
static void passed_and_answered(void **state)
{
	static const struct sent there = { "10.9.0.2", "10.77.0.9", IP_PROTO_ICMP, 0, false };
	static const struct sent back = { "10.77.0.9", "10.9.0.2", IP_PROTO_ICMP, 0, false };
	static const struct sent six = { "fd00::2", "fd77::9", IP_PROTO_TCP, 22, false };
	static const struct link_frame by_other = { .ifindex = LAN + 1, .out = true };
	struct world *w = *state;
	uint8_t b[8] = { 0 };

	see(w, &out, &there, b, sizeof(b));
	see(w, &out, &there, b, sizeof(b));
	see(w, &in, &back, b, sizeof(b));
	see(w, &out, &six, b, sizeof(b));
	see(w, &by_other, &there, b, sizeof(b));
	assert_int_equal(w->f.n_passed, 3);
	is_passed(w, 0, "10.9.0.2", "10.77.0.9", 2, 1);
	is_passed(w, 1, "fd00::2", "fd77::9", 1, 0);
	is_passed(w, 2, "10.9.0.2", "10.77.0.9", 1, 0);
	assert_int_equal(w->f.passed_dropped, 0);
	assert_int_equal(w->f.knocks, 0);
}

/* Inside the tunnel; to this host itself; from or to whom no peer is allowed, or anybody may be. */
static void not_passed(void **state)
{
	static const struct sent peers = { "10.9.0.2", "10.77.0.9", IP_PROTO_UDP, 9, false };
	static const struct sent others = { "10.9.1.2", "10.77.0.9", IP_PROTO_UDP, 9, false };
	static const struct link_frame tun = { .ifindex = TUN, .out = true };
	static const struct link_frame itself = { .ifindex = 1, .to_itself = true };
	struct world *w = *state;
	uint8_t b[8] = { 0 };

	see(w, &tun, &peers, b, sizeof(b));
	see(w, &itself, &peers, b, sizeof(b));
	see(w, &out, &others, b, sizeof(b));
	/* Under another source, as it is hidden. */
	see(w, &in, &peers, b, sizeof(b));
	counted(w, 0, 0, 0, 0);
}

/* What does not fit is not said to be all. */
static void too_many(void **state)
{
	struct world *w = *state;
	char to[IP_ADDR_STR_SIZE];
	struct sent s = { "10.9.0.2", to, IP_PROTO_UDP, 9, false };
	uint8_t b[8] = { 0 };
	unsigned i;

	for (i = 0; i < MOST; i++) {
		snprintf(to, sizeof(to), "10.77.0.%u", i + 1);
		see(w, &out, &s, b, sizeof(b));
	}
	assert_int_equal(w->f.n_passed, MOST);
	assert_int_equal(w->f.passed_dropped, 0);
	see(w, &out, &s, b, sizeof(b));
	assert_int_equal(w->f.passed_dropped, 0);
	snprintf(to, sizeof(to), "10.78.0.1");
	see(w, &out, &s, b, sizeof(b));
	assert_int_equal(w->f.n_passed, MOST);
	assert_int_equal(w->f.passed_dropped, UNKNOWN);
}

/* --- live --------------------------------------------------------------------- */

static void send_to(int family, uint16_t port, const uint8_t *b, size_t len)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr *sa = family == AF_INET ? (struct sockaddr *)&in4 : (struct sockaddr *)&in6;

	in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(sendto(fd, b, len, 0, sa, family == AF_INET ? sizeof(in4) : sizeof(in6)),
			 (ssize_t)len);
	close(fd);
}

/* By lo, of both families; what is no knock has its length. */
static void live(void **state)
{
	static const uint16_t ports[] = { PORT, DNS, OTHER };
	struct world *w = *state;
	struct loop *l = loop_new(platform_get()->boot_ns);
	uint8_t b[PROBE_HEADER_LEN], shape[WG_INITIATION_LEN], none[WG_INITIATION_LEN] = { 1 };
	size_t len = a_knock(b, PROBE_KNOCK), i;
	struct passers_conf c = conf_of(w);
	struct err e = { 0 };
	int family;

	a_shape(shape);
	c.tun_ifindex = 0;
	assert_int_equal(passers_open(&c, l, &w->a, &w->x, &e), 0);
	for (family = AF_INET; family; family = family == AF_INET ? AF_INET6 : 0) {
		for (i = 0; i < ARRAY_LEN(ports); i++)
			send_to(family, ports[i], b, len);
		send_to(family, PORT, shape, sizeof(shape));
		send_to(family, PORT, none, sizeof(none));
	}
	passers_facts(w->x, &w->a, &w->f);
	counted(w, 2, 2, 2, 2);
	assert_int_equal(w->f.passed_dropped, 0);
	passers_close(w->x);
	passers_close(NULL);
	loop_free(l);
}

/* More networks than a filter holds: what is passed on may have been missed. */
static void too_many_nets(void **state)
{
	struct world *w = *state;
	struct loop *l = loop_new(platform_get()->boot_ns);
	struct passers_conf c = conf_of(w);
	struct cidr nets[65];
	struct err e = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_LEN(nets); i++) {
		nets[i] = (struct cidr){ addr("10.9.0.0"), 32 };
		nets[i].addr.b[3] = (uint8_t)i;
	}
	c.nets = nets;
	for (c.n_nets = 64; c.n_nets <= 65; c.n_nets++) {
		assert_int_equal(passers_open(&c, l, &w->a, &w->x, &e), 0);
		passers_facts(w->x, &w->a, &w->f);
		assert_int_equal(w->f.passed_dropped, c.n_nets == 64 ? 0 : UNKNOWN);
		passers_close(w->x);
	}
	loop_free(l);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_by_its_port), TEST(no_knock), TEST(passed_and_answered), TEST(not_passed),
		TEST(too_many),		TEST(live),	TEST(too_many_nets),
	};
	int rc = own_netns_enter();

	return rc ? rc : cmocka_run_group_tests_name("capture/passers", tests, NULL, NULL);
}
