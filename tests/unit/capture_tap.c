/*
 * Live taps on a veth pair and on a tun: what was sent is what is counted.
 * needs: root
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/tap.h"
#include "lib/seed.h"
#include "unit/own_netns.h"
#include "wire/ip.h"

enum { NEAR_PORT = 51820, FAR_PORT = 443, RECEIVER = 7 };

struct world {
	const struct platform_ops *p;
	struct arena a;
	struct loop *l;
	int home, away;
	int fd[END_COUNT];
	struct live_tap *tap[END_COUNT];
	uint64_t counter[END_COUNT];
	uint64_t n_came; /* to the far socket */
};

static struct ip_addr addr(const char *s)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(s, &a));
	return a;
}

static int udp_socket(const char *ip, uint16_t port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(inet_pton(AF_INET, ip, &sa.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static void tap_open(struct world *w, enum end e)
{
	struct tap_conf c = { .dev = e == END_NEAR ? "near0" : "far0", .kind = TAP_KIND_WIRE };
	struct endpoint near = { .addr = addr("192.0.2.1"), .port = NEAR_PORT };
	struct endpoint far = { .addr = addr("192.0.2.2"), .port = FAR_PORT };
	struct err err = { 0 };

	c.near = e == END_NEAR ? near : far;
	c.far = e == END_NEAR ? far : near;
	assert_int_equal(live_tap_open(&c, w->l, &w->a, &w->tap[e], &err), 0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err e = { 0 };

	assert_non_null(w);
	arena_init(&w->a);
	w->p = platform_get();
	w->l = loop_new(w->p->boot_ns);
	assert_int_equal(w->p->netns_get(&w->home, &e), 0);
	assert_int_equal(w->p->netns_new(&w->away, &e), 0);
	assert_int_equal(w->p->veth_add(w->home, "near0", w->away, "far0", &e), 0);
	assert_int_equal(own_addr("near0", "192.0.2.1/24"), 0);
	assert_int_equal(w->p->netns_enter(w->away, &e), 0);
	assert_int_equal(own_addr("far0", "192.0.2.2/24"), 0);
	tap_open(w, END_FAR);
	w->fd[END_FAR] = udp_socket("192.0.2.2", FAR_PORT);
	assert_int_equal(w->p->netns_enter(w->home, &e), 0);
	tap_open(w, END_NEAR);
	w->fd[END_NEAR] = udp_socket("192.0.2.1", NEAR_PORT);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };

	live_tap_close(w->tap[END_NEAR]);
	live_tap_close(w->tap[END_FAR]);
	live_tap_close(NULL);
	w->p->link_delete("near0", &e);
	close(w->fd[END_NEAR]);
	if (w->fd[END_FAR] >= 0)
		close(w->fd[END_FAR]);
	close(w->home);
	close(w->away);
	loop_free(w->l);
	arena_done(&w->a);
	free(w);
	return 0;
}

/* --- sending ------------------------------------------------------------------ */

static void send_bytes(struct world *w, enum end from, const void *b, size_t len, uint16_t segment)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(from == END_NEAR ? FAR_PORT : NEAR_PORT) };
	int n = segment;

	inet_pton(AF_INET, from == END_NEAR ? "192.0.2.2" : "192.0.2.1", &to.sin_addr);
	assert_int_equal(setsockopt(w->fd[from], SOL_UDP, UDP_SEGMENT, &n, sizeof(n)), 0);
	assert_int_equal(sendto(w->fd[from], b, len, 0, (struct sockaddr *)&to, sizeof(to)), len);
}

static void send_plain(struct world *w, enum end from, uint8_t type, size_t len)
{
	uint8_t b[2000] = { type };

	if (type == WG_MSG_DATA)
		wg_msg_write_data_header(RECEIVER, w->counter[from]++, b);
	send_bytes(w, from, b, len, 0);
}

/* n messages with one call: one frame on a link that leaves the cutting to others. */
static void send_batch(struct world *w, enum end from, unsigned n, size_t size, size_t last)
{
	uint8_t b[65536] = { 0 };
	unsigned i;

	for (i = 0; i < n; i++)
		wg_msg_write_data_header(RECEIVER, w->counter[from]++, b + i * size);
	send_bytes(w, from, b, (n - 1) * size + last, (uint16_t)size);
}

/* What is dealt with in a socket's queue must not push back on the sender. */
static void drain(struct world *w)
{
	char b[2048];
	unsigned e;

	for (e = 0; e < END_COUNT; e++)
		while (w->fd[e] >= 0 && recv(w->fd[e], b, sizeof(b), MSG_DONTWAIT) >= 0)
			w->n_came += e == END_FAR;
}

/* To its end: a machine that stalls may not get there in the time of one look. */
static void whole(struct live_tap *t, struct tap_facts *out)
{
	unsigned i;

	for (i = 0, out->dropped = UNKNOWN; i < 50 && out->dropped == UNKNOWN; i++)
		live_tap_facts(t, out);
}

static void expect_both(struct world *w, enum end from, enum wg_msg_type type, int64_t n)
{
	struct tap_facts near, far;

	whole(w->tap[END_NEAR], &near);
	whole(w->tap[END_FAR], &far);
	assert_int_equal(near.msgs[from == END_NEAR ? TAP_OUT : TAP_IN][type], n);
	assert_int_equal(far.msgs[from == END_FAR ? TAP_OUT : TAP_IN][type], n);
	assert_int_equal(near.dropped, 0);
	assert_int_equal(far.dropped, 0);
	assert_int_equal(near.truncated, 0);
	assert_int_equal(far.truncated, 0);
}

/* --- on a wire ---------------------------------------------------------------- */

static void test_exact(void **state)
{
	struct world *w = *state;
	struct tap_facts t;
	unsigned i;

	send_plain(w, END_NEAR, WG_MSG_INITIATION, WG_INITIATION_LEN);
	send_plain(w, END_FAR, WG_MSG_RESPONSE, WG_RESPONSE_LEN);
	send_plain(w, END_FAR, WG_MSG_COOKIE_REPLY, WG_COOKIE_REPLY_LEN);
	send_plain(w, END_NEAR, WG_MSG_DATA, WG_KEEPALIVE_LEN);
	for (i = 0; i < 500; i++) {
		send_plain(w, END_NEAR, WG_MSG_DATA, 128);
		drain(w);
	}
	for (i = 0; i < 300; i++) {
		send_plain(w, END_FAR, WG_MSG_DATA, 1452);
		drain(w);
	}
	send_plain(w, END_FAR, 'x', 100);
	expect_both(w, END_NEAR, WG_MSG_INITIATION, 1);
	expect_both(w, END_FAR, WG_MSG_RESPONSE, 1);
	expect_both(w, END_FAR, WG_MSG_COOKIE_REPLY, 1);
	expect_both(w, END_NEAR, WG_MSG_DATA, 501);
	expect_both(w, END_FAR, WG_MSG_DATA, 300);
	expect_both(w, END_FAR, WG_MSG_NONE, 1);
	whole(w->tap[END_NEAR], &t);
	assert_int_equal(t.keepalives[TAP_OUT], 1);
	assert_int_equal(t.keepalives[TAP_IN], 0);
	assert_int_equal(t.msg_bytes[TAP_OUT], 148 + 32 + 500 * 128);
	assert_int_equal(t.msg_bytes[TAP_IN], 92 + 64 + 300 * 1452);
	assert_int_equal(t.icmp_errors, 0);
	assert_true(t.first_response_ns > t.first_initiation_ns);
	assert_true(t.first_response_ns - t.first_initiation_ns < NS_PER_S);
	assert_true(w->p->wall_ns() - t.first_initiation_ns < 60 * NS_PER_S);
}

/* What was sent before that moment counts as before, though it is read after it. */
static void test_since(void **state)
{
	struct world *w = *state;
	struct seed lot = seed_start("since");
	unsigned i, before = 1 + (unsigned)seed_below(&lot, 40);
	unsigned after = 1 + (unsigned)seed_below(&lot, 40);
	struct tap_facts t;

	whole(w->tap[END_NEAR], &t);
	assert_int_equal(t.data_since, UNKNOWN);
	for (i = 0; i < before; i++)
		send_plain(w, END_FAR, WG_MSG_DATA, 128);
	live_tap_since(w->tap[END_NEAR], w->p->wall_ns());
	for (i = 0; i < after; i++)
		send_plain(w, END_FAR, WG_MSG_DATA, 128);
	send_plain(w, END_NEAR, WG_MSG_DATA, 128);
	send_plain(w, END_FAR, WG_MSG_RESPONSE, WG_RESPONSE_LEN);
	whole(w->tap[END_NEAR], &t);
	assert_int_equal(t.data_since, after);
	assert_int_equal(t.msgs[TAP_IN][WG_MSG_DATA], before + after);
	whole(w->tap[END_FAR], &t);
	assert_int_equal(t.data_since, UNKNOWN);
	live_tap_since(NULL, 0);
}

static bool never(void *ctx)
{
	(void)ctx;
	return false;
}

/* The sender leaves the cutting to the link: one long frame, many messages. */
static void test_segmentation_offload(void **state)
{
	struct world *w = *state;
	struct tap_facts t;
	int64_t n;

	send_batch(w, END_NEAR, 40, 1452, 1452);
	send_batch(w, END_NEAR, 7, 1452, 200);
	send_batch(w, END_NEAR, 64, 128, 32);
	send_batch(w, END_NEAR, 2, 500, 499);
	send_batch(w, END_FAR, 3, 1452, 48);
	n = 40 + 7 + 64 + 2;
	expect_both(w, END_NEAR, WG_MSG_DATA, n);
	expect_both(w, END_FAR, WG_MSG_DATA, 3);
	whole(w->tap[END_NEAR], &t);
	assert_int_equal(t.keepalives[TAP_OUT], 1);
	assert_int_equal(t.msg_bytes[TAP_OUT], 40 * 1452 + 6 * 1452 + 200 + 63 * 128 + 32 + 999);
	/* else this machine cuts before the tap, and nothing was tested */
	assert_true(t.frames < n);
}

static void test_icmp_error(void **state)
{
	struct world *w = *state;
	struct ip_addr far = addr("192.0.2.2");
	struct tap_facts t;

	close(w->fd[END_FAR]);
	w->fd[END_FAR] = -1;
	send_plain(w, END_NEAR, WG_MSG_INITIATION, WG_INITIATION_LEN);
	whole(w->tap[END_NEAR], &t);
	assert_int_equal(t.icmp_errors, 1);
	assert_true(ip_addr_equal(&t.icmp_from, &far));
	assert_int_equal(t.icmp_type, 3); /* destination */
	assert_int_equal(t.icmp_code, 3); /* port */
	assert_int_equal(t.msgs[TAP_IN][WG_MSG_NONE], 0);
}

/* Nobody reads meanwhile: several thousand frames fit, and what does not is said. */
static void test_burst_and_overflow(void **state)
{
	enum { BATCHES = 1200 }; /* of 64 KB: more than there is room for */
	struct world *w = *state;
	struct tap_facts t;
	unsigned i;

	for (i = 0; i < 4000; i++) {
		send_plain(w, END_NEAR, WG_MSG_DATA, 1452);
		drain(w);
	}
	whole(w->tap[END_NEAR], &t);
	/* A block with one frame in it is handed over in its time: a slow sender fills them all. */
	assert_int_equal(t.msgs[TAP_OUT][WG_MSG_DATA] + t.dropped, 4000);
	assert_true(t.msgs[TAP_OUT][WG_MSG_DATA] > 1000);
	/* A busy machine loses some on the link itself: what came is seen, whatever that is. */
	drain(w);
	whole(w->tap[END_FAR], &t);
	assert_in_range(t.msgs[TAP_IN][WG_MSG_DATA], 0, 4000);
	assert_true(t.msgs[TAP_IN][WG_MSG_DATA] + t.dropped >= (int64_t)w->n_came);
	assert_true(w->n_came > 0);
	for (i = 0; i < BATCHES; i++) {
		send_batch(w, END_NEAR, 45, 1452, 1452);
		drain(w);
	}
	whole(w->tap[END_NEAR], &t);
	assert_true(t.dropped > 0);
	assert_true(t.msgs[TAP_OUT][WG_MSG_DATA] < 4000 + BATCHES * 45);
	assert_true(t.msgs[TAP_OUT][WG_MSG_DATA] + 45 * t.dropped >= 4000 + BATCHES * 45);
}

/* --- a link that goes away, or is not there ------------------------------------- */

/* What came while the loop ran was read by the loop: it is there, though nothing can be read any more. */
static void test_link_deleted(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	struct tap_facts t;
	int64_t cpu;

	send_plain(w, END_NEAR, WG_MSG_INITIATION, WG_INITIATION_LEN);
	loop_run(w->l, w->p->boot_ns() + 50 * NS_PER_MS, never, NULL);
	assert_int_equal(w->p->link_delete("near0", &e), 0);
	cpu = clock();
	loop_run(w->l, w->p->boot_ns() + 100 * NS_PER_MS, never, NULL);
	/* an error that stays must not be polled for */
	assert_true(clock() - cpu < CLOCKS_PER_SEC / 20);
	live_tap_facts(w->tap[END_NEAR], &t);
	assert_int_equal(t.msgs[TAP_OUT][WG_MSG_INITIATION], 1);
	assert_int_equal(t.dropped, UNKNOWN);
}

static void test_no_link(void **state)
{
	struct world *w = *state;
	struct tap_conf c = { .dev = "nosuch0", .kind = TAP_KIND_TUN };
	struct live_tap *t = NULL;
	struct err e = { 0 };

	assert_int_equal(live_tap_open(&c, w->l, &w->a, &t, &e), -ENODEV);
	assert_null(t);
	assert_string_equal(e.text, "capture on nosuch0: No such device");
}

/* --- on a tun ------------------------------------------------------------------- */

static const uint8_t echo_in[28] = { 0x45, 0, 0,  28, 0, 1, 0, 0, 64, 1, 0, 0, 10, 0,
				     0,	   2, 10, 0,  0, 1, 8, 0, 0,  0, 0, 1, 0,  1 };

static struct live_tap *tun_tap(struct world *w, struct sys_tun *tun)
{
	struct ip_addr own = addr("10.0.0.1");
	struct tap_conf c = { .dev = "wgt0", .kind = TAP_KIND_TUN, .own = &own, .n_own = 1 };
	struct err e = { 0 };
	struct live_tap *t;

	assert_int_equal(w->p->tun_open("wgt0", tun, &e), 0);
	assert_int_equal(own_addr("wgt0", "10.0.0.1/24"), 0);
	assert_int_equal(live_tap_open(&c, w->l, &w->a, &t, &e), 0);
	return t;
}

/* What the tun itself drops (rx_dropped) is not dropped by the capture. */
static void test_tun(void **state)
{
	struct world *w = *state;
	static const uint8_t utun[8] = { 0, 0, 0, 2, 0x45 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct sys_tun tun;
	struct live_tap *t = tun_tap(w, &tun);
	int fd = udp_socket("10.0.0.1", 5000);
	struct tap_facts facts;
	unsigned i;

	inet_pton(AF_INET, "10.0.0.2", &to.sin_addr);
	for (i = 0; i < 20; i++)
		assert_int_equal(write(tun.fd, echo_in, sizeof(echo_in)), sizeof(echo_in));
	for (i = 0; i < 30; i++)
		assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	for (i = 0; i < 10; i++)
		assert_int_equal(write(tun.fd, utun, sizeof(utun)), -1);
	live_tap_facts(t, &facts);
	assert_int_equal(facts.packets[TAP_IN], 20);
	assert_true(facts.packets[TAP_OUT] >= 30); /* and what the kernel says by itself */
	assert_int_equal(facts.not_ip[TAP_IN], 0);
	assert_int_equal(facts.dropped, 0);
	assert_int_equal(facts.msgs[TAP_OUT][WG_MSG_DATA], UNKNOWN);
	live_tap_close(t);
	close(tun.fd);
	close(fd);
}

/*
 * A tun with a header (no IFF_NO_PI): a capture shows packets without it. Where the engine
 * writes none, the kernel takes the packet's first bytes for it, and the write succeeds.
 */
static int tun_with_header(const char *name)
{
	struct ifreq r = { .ifr_flags = IFF_TUN };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	memcpy(r.ifr_name, name, strlen(name));
	assert_int_equal(ioctl(fd, TUNSETIFF, &r), 0);
	return fd;
}

static void test_tun_with_header(void **state)
{
	struct world *w = *state;
	static const uint8_t head[4] = { 0, 0, 8, 0 };
	struct ip_addr own = addr("10.0.0.1");
	struct tap_conf c = { .dev = "wgp0", .kind = TAP_KIND_TUN, .own = &own, .n_own = 1 };
	uint8_t b[32];
	int fd = tun_with_header(c.dev);
	struct err e = { 0 };
	struct tap_facts facts;
	struct live_tap *t;
	uint16_t sum;

	assert_int_equal(own_addr(c.dev, "10.0.0.1/24"), 0);
	assert_int_equal(live_tap_open(&c, w->l, &w->a, &t, &e), 0);
	memcpy(b, head, sizeof(head));
	memcpy(b + 4, echo_in, sizeof(echo_in));
	sum = ip_sum_finish(ip_sum(b + 4, IP4_HEADER_LEN, 0));
	b[14] = (uint8_t)(sum >> 8);
	b[15] = (uint8_t)sum;
	assert_int_equal(write(fd, b, sizeof(b)), sizeof(b));
	live_tap_facts(t, &facts);
	assert_int_equal(facts.packets[TAP_IN], 1);
	assert_int_equal(facts.echo_requests[TAP_IN], 1);
	assert_int_equal(facts.not_ip[TAP_IN] + facts.shifted[TAP_IN], 0);
	assert_int_equal(write(fd, b + 4, sizeof(b) - 4), sizeof(b) - 4);
	live_tap_facts(t, &facts);
	assert_int_equal(facts.packets[TAP_IN], 1);
	assert_int_equal(facts.not_ip[TAP_IN], 1);
	assert_int_equal(facts.shifted[TAP_IN], 1);
	assert_memory_equal(facts.shifted_first, b + 8, sizeof(facts.shifted_first));
	live_tap_close(t);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_exact, setup, teardown),
		cmocka_unit_test_setup_teardown(test_since, setup, teardown),
		cmocka_unit_test_setup_teardown(test_segmentation_offload, setup, teardown),
		cmocka_unit_test_setup_teardown(test_icmp_error, setup, teardown),
		cmocka_unit_test_setup_teardown(test_burst_and_overflow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_link_deleted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tun, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tun_with_header, setup, teardown),
	};
	int rc = own_netns_enter();

	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
