/*
 * Which UDP sockets the engine has: both families on one port, or one family where the other
 * does not exist; what fails leaves what was there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/daemon_priv.h"

enum { CHOSEN = 40000, WISHED = 51820, OTHER = 51821 };

/* A system that says no as told, and chooses ports from CHOSEN on. */
struct host {
	struct platform_ops os;
	struct daemon d;
	int error[2]; /* of IPv4 and IPv6, negative errno */
	unsigned n_times; /* how often that error comes for a socket, then it works */
	unsigned n_chosen, n_opened;
	unsigned n_sent; /* by the core, whether there are sockets or not */
	bool up;
};

/* The ops have no context of their own. */
static struct host *host;

static int64_t fake_boot_ns(void)
{
	return NS_PER_S;
}

static int64_t fake_wall_ns(void *ctx)
{
	(void)ctx;
	return NS_PER_S;
}

static int fake_tun_state(const struct sys_tun *t, struct sys_tun_state *out, struct err *e)
{
	(void)t;
	(void)e;
	*out = (struct sys_tun_state){ .up = host->up, .mtu = DAEMON_MTU, .ifindex = 1 };
	return 0;
}

static int fake_udp_open(enum addr_family family, uint16_t port, uint32_t fwmark,
			 struct sys_udp *out, struct err *e)
{
	int error = host->error[family == FAMILY_IP6];

	(void)fwmark;
	host->n_opened++;
	if (error && host->n_times) {
		host->n_times--;
		return err_code(e, error, "bind");
	}
	*out = (struct sys_udp){
		.fd = eventfd(0, EFD_CLOEXEC),
		.family = (uint8_t)family,
		.port = port ? port : (uint16_t)(CHOSEN + host->n_chosen++),
	};
	return 0;
}

static void fake_random(void *ctx, void *out, size_t len)
{
	(void)ctx;
	randombytes_buf(out, len);
}

static void fake_send(void *ctx, struct wg_peer *peer, const struct endpoint *to,
		      const struct wg_pkt *pkts, size_t n)
{
	(void)ctx, (void)to, (void)pkts;
	/* As daemon_io.c: the core is told what found no socket. */
	if (host->d.udp[0].fd < 0)
		wg_device_count_drop(host->d.dev, peer, WG_DROP_IO_NO_SOCKET, n);
	else
		host->n_sent += (unsigned)n;
}

static void fake_deliver(void *ctx, struct wg_peer *peer, const struct wg_pkt *pkts, size_t n)
{
	(void)ctx, (void)peer, (void)pkts, (void)n;
}

static int setup(void **state)
{
	const struct wg_env env = { .random = fake_random,
				    .wall_ns = fake_wall_ns,
				    .send = fake_send,
				    .deliver = fake_deliver };

	if (sodium_init() < 0)
		return -1;
	host = calloc(1, sizeof(*host));
	host->os = (struct platform_ops){ .boot_ns = fake_boot_ns,
					  .tun_state = fake_tun_state,
					  .udp_open = fake_udp_open };
	host->d.os = &host->os;
	host->d.log.level = -1;
	host->d.tun.watch_fd = -1;
	host->d.udp[0].fd = host->d.udp[1].fd = -1;
	host->d.epoll = epoll_create1(EPOLL_CLOEXEC);
	host->d.dev = wg_device_new(&env, NULL);
	host->n_times = UINT32_MAX;
	*state = host;
	return 0;
}

static int next_fd(void)
{
	int fd = dup(STDIN_FILENO);

	close(fd);
	return fd;
}

static int teardown(void **state)
{
	struct host *h = *state;

	daemon_link_close(&h->d);
	wg_device_free(h->d.dev);
	close(h->d.epoll);
	free(h);
	return 0;
}

static void link_is(struct host *h, bool up)
{
	h->up = up;
	daemon_link_refresh(&h->d);
	assert_int_equal(h->d.up, up);
}

static int bind_to(struct host *h, uint16_t port)
{
	const struct daemon_set_bind b = { .has_port = true, .port = port };

	return daemon_link_bind(&h->d, &b);
}

static void assert_sockets(struct host *h, bool v4, bool v6)
{
	assert_int_equal(h->d.udp[0].fd >= 0, v4);
	assert_int_equal(h->d.udp[1].fd >= 0, v6);
	if (v4)
		assert_int_equal(h->d.udp[0].port, h->d.port);
	if (v6)
		assert_int_equal(h->d.udp[1].port, h->d.port);
}

static void both_are_on_one_port_while_it_is_up(void **state)
{
	struct host *h = *state;
	int before = next_fd();

	link_is(h, false);
	assert_sockets(h, false, false);
	link_is(h, true);
	assert_sockets(h, true, true);
	assert_int_equal(h->d.port, CHOSEN);
	assert_int_equal(bind_to(h, WISHED), 0);
	assert_sockets(h, true, true);
	assert_int_equal(h->d.port, WISHED);
	link_is(h, false);
	assert_sockets(h, false, false);
	assert_int_equal(next_fd(), before);
}

static const int absent[] = { -EAFNOSUPPORT, -EADDRNOTAVAIL, -EPROTONOSUPPORT };

static void one_family_is_enough(void **state)
{
	struct host *h = *state;

	for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
		for (int lacks = 0; lacks < 2; lacks++) {
			h->error[lacks] = absent[i];
			h->error[!lacks] = 0;
			link_is(h, true);
			assert_sockets(h, lacks != 0, lacks != 1);
			assert_int_equal(bind_to(h, WISHED), 0);
			assert_sockets(h, lacks != 0, lacks != 1);
			assert_int_equal(h->d.port, WISHED);
			link_is(h, false);
			assert_int_equal(bind_to(h, 0), 0);
		}
	}
}

static void no_family_is_told(void **state)
{
	struct host *h = *state;

	h->error[0] = h->error[1] = -EAFNOSUPPORT;
	link_is(h, true);
	assert_sockets(h, false, false);
	assert_int_equal(bind_to(h, WISHED), -EAFNOSUPPORT);
	h->error[0] = h->error[1] = 0;
	assert_int_equal(bind_to(h, WISHED), 0);
	assert_sockets(h, true, true);
}

static void add_peer(struct host *h)
{
	struct secret_key ours, theirs;
	struct public_key key;
	struct endpoint to;
	struct wg_peer *p;

	randombytes_buf(ours.b, KEY_LEN);
	randombytes_buf(theirs.b, KEY_LEN);
	secret_key_clamp(&ours);
	secret_key_clamp(&theirs);
	assert_true(public_key_of(&theirs, &key));
	assert_true(endpoint_parse("192.0.2.1:51820", &to));
	wg_device_set_private_key(h->d.dev, &ours, NS_PER_S);
	p = wg_device_peer_add(h->d.dev, &key, NS_PER_S);
	wg_peer_set_endpoint(p, &to);
	wg_peer_set_keepalive(p, 25, NS_PER_S);
}

/* As a port conflict is solved: not after the core has waited for an answer to nothing. */
static void once_there_are_sockets_it_begins_at_once(void **state)
{
	struct host *h = *state;

	add_peer(h);
	h->error[0] = h->error[1] = -EADDRINUSE;
	link_is(h, true);
	assert_sockets(h, false, false);
	h->n_sent = 0;
	assert_int_equal(bind_to(h, WISHED), -EADDRINUSE);
	assert_int_equal(h->n_sent, 0);
	h->error[0] = h->error[1] = 0;
	assert_int_equal(bind_to(h, OTHER), 0);
	/* The shortest time between two initiations that a peer accepts is 20 ms. */
	wg_device_tick(h->d.dev, h->d.now_ns + 25 * NS_PER_MS);
	assert_int_equal(h->n_sent, 1);
	/* Not when it had some all the time. */
	assert_int_equal(bind_to(h, WISHED), 0);
	wg_device_tick(h->d.dev, h->d.now_ns + 50 * NS_PER_MS);
	assert_int_equal(h->n_sent, 1);
}

static void a_chosen_port_is_free_in_both(void **state)
{
	struct host *h = *state;
	int before = next_fd();

	h->error[1] = -EADDRINUSE;
	h->n_times = 3;
	link_is(h, true);
	assert_sockets(h, true, true);
	assert_int_equal(h->d.port, CHOSEN + 3);
	link_is(h, false);
	assert_int_equal(next_fd(), before);
}

static void it_does_not_choose_for_ever(void **state)
{
	struct host *h = *state;
	int before = next_fd();

	h->error[1] = -EADDRINUSE;
	link_is(h, true);
	assert_sockets(h, false, false);
	assert_int_equal(next_fd(), before);
	assert_true(h->n_opened <= 1000);
}

/* The errors that do not say that a family is absent, of either. */
static void what_fails_leaves_what_was_there(void **state)
{
	static const int errors[] = { -EADDRINUSE, -EMFILE, -EACCES };
	struct host *h = *state;
	int before;

	link_is(h, true);
	assert_int_equal(bind_to(h, WISHED), 0);
	before = next_fd();
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		for (int fails = 0; fails < 2; fails++) {
			h->error[fails] = errors[i];
			h->error[!fails] = 0;
			h->n_opened = 0;
			assert_int_equal(bind_to(h, OTHER), errors[i]);
			/* One who asks for a port gets that one or none. */
			assert_true(h->n_opened <= 2);
			assert_sockets(h, true, true);
			assert_int_equal(h->d.port, WISHED);
			assert_int_equal(next_fd(), before);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_are_on_one_port_while_it_is_up, setup,
						teardown),
		cmocka_unit_test_setup_teardown(one_family_is_enough, setup, teardown),
		cmocka_unit_test_setup_teardown(no_family_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(once_there_are_sockets_it_begins_at_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_chosen_port_is_free_in_both, setup, teardown),
		cmocka_unit_test_setup_teardown(it_does_not_choose_for_ever, setup, teardown),
		cmocka_unit_test_setup_teardown(what_fails_leaves_what_was_there, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
