/*
 * What this machine's own platform tells, in a namespace where we know it.
 * needs: root
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/uapi_client.h"
#include "gather/gather.h"
#include "unit/own_netns.h"

struct world {
	const struct platform_ops *p;
	struct arena a;
	struct sys_tun tun;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err e = { 0 };

	assert_non_null(w);
	arena_init(&w->a);
	w->p = platform_get();
	assert_int_equal(w->p->tun_open("wgt0", &w->tun, &e), 0);
	assert_int_equal(w->p->link_mtu("wgt0", 1380, &e), 0);
	assert_int_equal(own_addr("wgt0", "10.0.0.1/24"), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	close(w->tun.fd);
	arena_done(&w->a);
	free(w);
	return 0;
}

static const uint8_t packet[28] = { 0x45, 0, 0,	 28, 0, 1, 0, 0, 64, 1, 0, 0, 10, 0,
				    0,	  2, 10, 0,  0, 1, 0, 0, 0,  0, 0, 1, 0,  1 };

static void test_link(void **state)
{
	struct world *w = *state;
	static const uint8_t no_ip[8] = { 0, 0, 0, 2, 0x45 };
	struct link_facts l = { 0 };
	struct err e = { 0 };
	unsigned i;

	assert_int_equal(gather_link(w->p, "wgt0", false, &w->a, &l, &e), 0);
	assert_string_equal(l.name, "wgt0");
	assert_string_equal(l.kind, "tun");
	assert_int_equal(l.start.mtu, 1380);
	assert_true(l.start.up && l.start.ifindex > 1);
	for (i = 0; i < 5; i++)
		assert_int_equal(write(w->tun.fd, packet, sizeof(packet)), sizeof(packet));
	for (i = 0; i < 3; i++)
		assert_int_equal(write(w->tun.fd, no_ip, sizeof(no_ip)), -1);
	assert_int_equal(gather_link(w->p, "wgt0", true, &w->a, &l, &e), 0);
	assert_int_equal(link_difference(&l, LINK_RX_PACKETS), 5);
	assert_int_equal(link_difference(&l, LINK_RX_BYTES), 5 * sizeof(packet));
	/* Where Linux counts what an engine wrote that is not IP. */
	assert_int_equal(link_difference(&l, LINK_RX_DROPPED), 3);
	assert_int_equal(link_difference(&l, LINK_RX_ERRORS), 0);
}

static void test_addrs_and_routes(void **state)
{
	struct world *w = *state;
	struct route_facts *r;
	struct addr_facts *f;
	struct err e = { 0 };
	char s[CIDR_STR_SIZE];
	bool found = false;
	size_t n, i;

	assert_int_equal(gather_addrs(w->p, &w->a, &f, &n, &e), 0);
	for (i = 0; i < n; i++)
		found |= !strcmp(f[i].link, "wgt0") &&
			 !strcmp(cidr_str(&f[i].addr, s), "10.0.0.1/24");
	assert_true(found);
	assert_int_equal(gather_routes(w->p, &w->a, &r, &n, &e), 0);
	for (found = false, i = 0; i < n; i++)
		found |= r[i].dev && !strcmp(r[i].dev, "wgt0") && r[i].table == 254 &&
			 !strcmp(cidr_str(&r[i].dst, s), "10.0.0.0/24");
	assert_true(found);
}

static void test_rules(void **state)
{
	struct world *w = *state;
	struct sys_rule add = { .family = FAMILY_IP4,
				.action = 1,
				.invert = true,
				.pref = 100,
				.table = 51820,
				.mark = 0xca6c,
				.mask = UINT32_MAX,
				.iif = "lo",
				.suppress_prefixlength = -1 };
	const struct policy_facts *r;
	struct policy_facts *f;
	struct err e = { 0 };
	size_t before, n, i;

	assert_int_equal(gather_rules(w->p, &w->a, &f, &before, &e), 0);
	assert_true(before >= 3);
	assert_int_equal(w->p->rule_add(&add, &e), 0);
	assert_int_equal(gather_rules(w->p, &w->a, &f, &n, &e), 0);
	assert_int_equal(n, before + 1);
	for (r = NULL, i = 0; i < n; i++)
		if (f[i].family == FAMILY_IP4 && f[i].pref == 100)
			r = &f[i];
	assert_non_null(r);
	assert_true(r->invert && r->action == 1 && r->table == 51820 && r->mark == 0xca6c &&
		    r->mask == UINT32_MAX && !r->oif && !strcmp(r->iif, "lo"));
	assert_int_equal(r->suppress_prefixlength, UNKNOWN);
	assert_int_equal(r->src.addr.family, FAMILY_NONE);
	assert_int_equal(w->p->rule_del(&add, &e), 0);
	add = (struct sys_rule){ .family = FAMILY_IP6,
				 .action = 1,
				 .pref = 101,
				 .table = 254,
				 .oif = "wgt0",
				 .suppress_prefixlength = 0 };
	assert_true(cidr_parse("2001:db8::/32", &add.src));
	if (w->p->rule_add(&add, &e) < 0)
		skip(); /* no IPv6 here */
	assert_int_equal(gather_rules(w->p, &w->a, &f, &n, &e), 0);
	for (r = NULL, i = 0; i < n; i++)
		if (f[i].family == FAMILY_IP6 && f[i].pref == 101)
			r = &f[i];
	assert_non_null(r);
	assert_true(!r->iif && !strcmp(r->oif, "wgt0") && cidr_equal(&r->src, &add.src) &&
		    r->suppress_prefixlength == 0 && !r->invert);
	assert_int_equal(w->p->rule_del(&add, &e), 0);
}

static int make_socket(const char *name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/%s.sock", UAPI_SOCKET_DIR, name);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static size_t names(struct world *w, const char ***out)
{
	struct err e = { 0 };
	size_t n;

	assert_int_equal(gather_wireguard_names(w->p, &w->a, out, &n, &e), 0);
	return n;
}

/* A tun alone is nobody's; a socket alone is stale; a file of that name is no socket. */
static void test_wireguard_names(void **state)
{
	struct world *w = *state;
	const char **name;
	struct sys_tun second;
	struct err e = { 0 };
	int fd, other;

	assert_int_equal(w->p->tun_open("wgt1", &second, &e), 0);
	assert_int_equal(names(w, &name), 0);
	other = make_socket("nosuch0");
	assert_int_equal(names(w, &name), 0);
	assert_int_equal(mkdir(UAPI_SOCKET_DIR "/wgt1.sock", 0700), 0);
	assert_int_equal(names(w, &name), 0);
	fd = make_socket("wgt0"); /* nobody listens: it would refuse to be connected to */
	assert_int_equal(names(w, &name), 1);
	assert_string_equal(name[0], "wgt0");
	close(fd);
	close(other);
	close(second.fd);
}

/* An empty folder for sockets, which only this process sees. */
static int own_run(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0 ||
	    (mkdir(UAPI_SOCKET_DIR, 0700) < 0 && errno != EEXIST)) {
		printf("needs: root (a mount namespace of its own: %s)\n", strerror(errno));
		return EXIT_SKIP;
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_addrs_and_routes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wireguard_names, setup, teardown),
	};
	int rc = own_netns_enter();

	if (!rc)
		rc = own_run();
	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
