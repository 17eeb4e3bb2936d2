/*
 * A tun that is moved to other network namespaces: what is told of it there, and that
 * nothing of ours keeps those namespaces alive.
 *
 * needs: root
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <net/if.h>
#include <netlink/route/link.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "own_netns.h"
#include "sys/platform.h"

enum { WITHIN_MS = 5000, MTU_THERE = 1300 };

struct scene {
	const struct platform_ops *p;
	struct sys_tun tun;
	struct err e;
	int home, a_ns, b_ns, watch;
};

static void must(struct scene *s, int rc)
{
	if (rc)
		fail_msg("%s (%d)", s->e.text, rc);
}

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	s->p = platform_get();
	s->watch = -1;
	if (s->p->netns_get(&s->home, &s->e) < 0 || s->p->netns_new(&s->a_ns, &s->e) < 0 ||
	    s->p->netns_new(&s->b_ns, &s->e) < 0 ||
	    s->p->tun_open("wgt0", &s->tun, &s->e) < 0) {
		print_error("%s\n", s->e.text);
		return -1;
	}
	*state = s;
	return 0;
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	int rc = s->p->netns_enter(s->home, &s->e);

	shut(&s->tun.fd);
	shut(&s->tun.watch_fd);
	shut(&s->a_ns);
	shut(&s->b_ns);
	shut(&s->home);
	free(s);
	return rc;
}

static void watch(struct scene *s)
{
	must(s, s->p->link_watch_open(&s->tun, &s->watch, &s->e));
	assert_int_equal(s->watch, s->tun.watch_fd);
}

static struct sys_tun_state ask(struct scene *s)
{
	struct sys_tun_state st;

	must(s, s->p->tun_state(&s->tun, &st, &s->e));
	return st;
}

/* From the namespace where it is to another one. */
static void move(struct scene *s, int from, int to)
{
	struct rtnl_link *which = rtnl_link_alloc(), *change = rtnl_link_alloc();
	struct nl_sock *sock = nl_socket_alloc();

	must(s, s->p->netns_enter(from, &s->e));
	assert_int_equal(nl_connect(sock, NETLINK_ROUTE), 0);
	rtnl_link_set_ifindex(which, (int)if_nametoindex("wgt0"));
	rtnl_link_set_ns_fd(change, to);
	assert_int_equal(rtnl_link_change(sock, which, change, 0), 0);
	rtnl_link_put(which);
	rtnl_link_put(change);
	nl_socket_free(sock);
	must(s, s->p->netns_enter(s->home, &s->e));
}

static void set(struct scene *s, int netns, bool up, unsigned mtu)
{
	must(s, s->p->netns_enter(netns, &s->e));
	must(s, s->p->link_mtu("wgt0", mtu, &s->e));
	must(s, s->p->link_up("wgt0", up, &s->e));
	must(s, s->p->netns_enter(s->home, &s->e));
}

static bool speaks(int fd, int within_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, within_ms) == 1;
}

/* Reads away the packets the system sends by itself. */
static bool ends(int fd)
{
	char packet[2048];

	while (speaks(fd, WITHIN_MS))
		if (read(fd, packet, sizeof(packet)) < 0 && errno == EBADFD)
			return true;
	return false;
}

static void is_followed_in(struct scene *s, int netns)
{
	struct sys_tun_state st;

	watch(s);
	s->p->link_watch_drain(s->watch);
	assert_false(speaks(s->watch, 0));
	assert_false(ask(s).up);
	set(s, netns, true, MTU_THERE);
	assert_true(speaks(s->watch, WITHIN_MS));
	st = ask(s);
	assert_true(st.up);
	assert_int_equal(st.mtu, MTU_THERE);
	assert_int_not_equal(st.ifindex, 0);
	assert_string_equal(st.name, "wgt0");
	s->p->link_watch_drain(s->watch);
	set(s, netns, false, MTU_THERE + 1);
	assert_true(speaks(s->watch, WITHIN_MS));
	st = ask(s);
	assert_false(st.up);
	assert_int_equal(st.mtu, MTU_THERE + 1);
}

static void it_is_followed_wherever_it_goes(void **state)
{
	struct scene *s = *state;

	is_followed_in(s, s->home);
	move(s, s->home, s->a_ns);
	assert_true(ask(s).moved);
	is_followed_in(s, s->a_ns);
	/* The kernel gives numbers to where it moves links, and here b has none yet. */
	move(s, s->a_ns, s->b_ns);
	assert_true(ask(s).moved);
	is_followed_in(s, s->b_ns);
	move(s, s->b_ns, s->home);
	assert_true(ask(s).moved);
	is_followed_in(s, s->home);
}

static void deleted_elsewhere_it_is_gone(void **state)
{
	struct scene *s = *state;

	move(s, s->home, s->a_ns);
	watch(s);
	must(s, s->p->netns_enter(s->a_ns, &s->e));
	must(s, s->p->link_delete("wgt0", &s->e));
	must(s, s->p->netns_enter(s->home, &s->e));
	assert_true(ends(s->tun.fd));
	assert_true(ask(s).gone);
}

static void it_goes_with_its_namespace(void **state)
{
	struct scene *s = *state;

	move(s, s->home, s->a_ns);
	watch(s);
	set(s, s->a_ns, true, MTU_THERE);
	assert_true(ask(s).up);
	/* The last that holds it, if nothing of the watch does. */
	shut(&s->a_ns);
	assert_true(ends(s->tun.fd));
	assert_true(ask(s).gone);
}

static void a_taken_name_is_told(void **state)
{
	struct scene *s = *state;
	struct sys_tun t;
	struct err e;

	assert_int_equal(s->p->tun_open("lo", &t, &e), -EEXIST);
	assert_string_equal(e.text, "interface lo exists and is no tun we can open");
	assert_int_equal(s->p->tun_open("wgt0", &t, &e), -EBUSY);
	assert_string_equal(e.text, "tun device wgt0 is in use by another program");
	/* No name at all is none that exists. */
	assert_int_equal(s->p->tun_open("a/b", &t, &e), -EINVAL);
	assert_string_equal(e.text, "create tun device a/b: Invalid argument");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_followed_wherever_it_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(deleted_elsewhere_it_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_taken_name_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(it_goes_with_its_namespace, setup, teardown),
	};
	int rc = own_netns_enter();

	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
