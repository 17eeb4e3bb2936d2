/*
 * Counters of the kernel's, from a system that has some of them, and from the real one.
 *
 * needs: root
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gather/gather.h"

/* Each look finds one more of what there is. */
static int count_one(const char *name, uint64_t *out, struct err *e)
{
	if (strcmp(name, "UdpNoPorts") != 0)
		return err_say(e, ENOENT, "no %s", name);
	*out = 7;
	return 0;
}

static int count_more(const char *name, uint64_t *out, struct err *e)
{
	int rc = count_one(name, out, e);

	*out += !rc;
	return rc;
}

static int drops_of_port(uint16_t port, uint64_t *out, struct err *e)
{
	(void)e;
	*out = port;
	return 0;
}

static const struct counter_facts *named(const struct kernel_facts *k, const char *name)
{
	size_t i;

	for (i = 0; i < k->n_counters; i++)
		if (!strcmp(k->counters[i].name, name))
			return &k->counters[i];
	fail_msg("no counter %s", name);
	return NULL;
}

static void what_there_is(void **state)
{
	struct platform_ops p = { .net_count = count_one, .udp_port_drops = drops_of_port };
	struct counted x = { "wg0", NULL, 9 };
	struct kernel_facts k = { 0 };
	struct arena a;

	(void)state;
	arena_init(&a);
	gather_counters(&p, false, &x, &a, &k);
	p.net_count = count_more;
	gather_counters(&p, true, &x, &a, &k);
	assert_int_equal(named(&k, "UdpNoPorts")->before, 7);
	assert_int_equal(named(&k, "UdpNoPorts")->after, 8);
	assert_int_equal(named(&k, "UdpInErrors")->after, UNKNOWN);
	assert_int_equal(named(&k, COUNTER_SOCKET_DROPS)->after, 9);
	assert_int_equal(named(&k, "qdisc_drops_tun")->before, UNKNOWN);
	assert_string_equal(named(&k, "qdisc_drops_tun")->of, "wg0");
	assert_null(named(&k, "qdisc_drops_wire")->of);
	arena_done(&a);
}

/* The end without the beginning: nobody looked. */
static void only_after(void **state)
{
	struct platform_ops p = { .net_count = count_one };
	struct counted x = { 0 };
	struct kernel_facts k = { 0 };
	struct arena a;

	(void)state;
	arena_init(&a);
	gather_counters(&p, true, &x, &a, &k);
	assert_int_equal(k.n_counters, 0);
	arena_done(&a);
}

/* A socket that nobody reads takes what its buffer holds, and no more. */
static void a_full_socket(void **state)
{
	const struct platform_ops *p = platform_get();
	struct sockaddr_in to = { .sin_family = AF_INET };
	socklen_t len = sizeof(to);
	uint64_t before, after, all, all_after;
	int home = -1, there = -1, in, out, i, small = 1;
	struct err e;

	(void)state;
	if (!p->udp_port_drops || p->netns_get(&home, &e) < 0 || p->netns_new(&there, &e) < 0)
		skip();
	assert_int_equal(p->netns_enter(there, &e), 0);
	in = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_return_code(setsockopt(in, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), errno);
	assert_return_code(bind(in, (struct sockaddr *)&to, sizeof(to)), errno);
	assert_return_code(getsockname(in, (struct sockaddr *)&to, &len), errno);
	assert_int_equal(p->udp_port_drops(ntohs(to.sin_port), &before, &e), 0);
	assert_int_equal(p->net_count("UdpRcvbufErrors", &all, &e), 0);
	assert_int_equal(before, 0);
	for (i = 0; i < 200; i++)
		sendto(out, "0123456789", 10, 0, (struct sockaddr *)&to, sizeof(to));
	assert_int_equal(p->udp_port_drops(ntohs(to.sin_port), &after, &e), 0);
	assert_int_equal(p->net_count("UdpRcvbufErrors", &all_after, &e), 0);
	assert_in_range(after, 1, 199);
	assert_true(all_after >= all + after);
	close(in);
	close(out);
	assert_int_equal(p->udp_port_drops(ntohs(to.sin_port), &after, &e), -ENOENT);
	assert_int_equal(p->netns_enter(home, &e), 0);
	close(there);
	close(home);
}

static void names(void **state)
{
	const struct platform_ops *p = platform_get();
	uint64_t n;
	struct err e;

	(void)state;
	if (!p->net_count)
		skip();
	assert_int_equal(p->net_count("TcpExtIPReversePathFilter", &n, &e), 0);
	assert_int_equal(p->net_count("IpInHdrErrors", &n, &e), 0);
	assert_int_equal(p->net_count("UdpNoPorts", &n, &e), 0);
	assert_int_equal(p->net_count("UdpNoPort", &n, &e), -ENOENT);
	assert_int_equal(p->net_count("Ip", &n, &e), -ENOENT);
	assert_int_equal(p->net_count("conntrack_nothing", &n, &e), -ENOENT);
	assert_int_equal(p->net_count("", &n, &e), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_there_is),
		cmocka_unit_test(only_after),
		cmocka_unit_test(a_full_socket),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("gather.counters", tests, NULL, NULL);
}
