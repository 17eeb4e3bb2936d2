/*
 * Links, addresses, routes, namespaces, children and isolation on Linux.
 *
 * needs: root
 * beside: others
 *
 * All that touches a network does so in unnamed namespaces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/loop.h"
#include "sys/platform.h"

struct scene {
	const struct platform_ops *p;
	struct arena a;
	struct err e;
	int home, a_ns, b_ns;
};

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	s->p = platform_get();
	arena_init(&s->a);
	if (s->p->netns_get(&s->home, &s->e) < 0 || s->p->netns_new(&s->a_ns, &s->e) < 0 ||
	    s->p->netns_new(&s->b_ns, &s->e) < 0) {
		print_error("%s\n", s->e.text);
		return -1;
	}
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	int rc = s->p->netns_enter(s->home, &s->e);

	close(s->home);
	close(s->a_ns);
	close(s->b_ns);
	arena_done(&s->a);
	free(s);
	return rc;
}

static void must(struct scene *s, int rc)
{
	if (rc)
		fail_msg("%s (%d)", s->e.text, rc);
}

static struct cidr cidr(const char *text)
{
	struct cidr c;

	assert_true(cidr_parse(text, &c));
	return c;
}

static const struct sys_link *link_named(struct scene *s, const char *name)
{
	struct sys_link *l;
	size_t n, i;

	must(s, s->p->links(&s->a, &l, &n, &s->e));
	for (i = 0; i < n; i++)
		if (!strcmp(l[i].name, name))
			return &l[i];
	return NULL;
}

static ino_t own_netns(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/thread-self/ns/net", &st), 0);
	return st.st_ino;
}

/* --- namespaces ----------------------------------------------------------- */

static void new_namespace_is_empty_and_left(void **state)
{
	struct scene *s = *state;
	ino_t before = own_netns();
	struct sys_link *l;
	size_t n;
	int fd;

	must(s, s->p->netns_new(&fd, &s->e));
	assert_int_equal(own_netns(), before);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	must(s, s->p->netns_enter(fd, &s->e));
	assert_int_not_equal(own_netns(), before);
	must(s, s->p->links(&s->a, &l, &n, &s->e));
	assert_non_null(link_named(s, "lo"));
	assert_true(link_named(s, "lo")->up);
	assert_true(link_named(s, "lo")->loopback);
	assert_null(link_named(s, "eth0"));
	must(s, s->p->netns_enter(s->home, &s->e));
	close(fd);
	assert_int_equal(s->p->netns_enter(STDIN_FILENO, &s->e), -EINVAL);
	assert_int_equal(own_netns(), before);
}

/* --- rtnetlink ------------------------------------------------------------ */

static void wire(struct scene *s)
{
	const struct cidr a = cidr("192.0.2.1/24"), b = cidr("192.0.2.2/24");

	must(s, s->p->veth_add(s->a_ns, "left", s->b_ns, "right", &s->e));
	must(s, s->p->netns_enter(s->b_ns, &s->e));
	must(s, s->p->addr_add("right", &b, &s->e));
	must(s, s->p->link_up("right", true, &s->e));
	must(s, s->p->netns_enter(s->a_ns, &s->e));
	must(s, s->p->addr_add("left", &a, &s->e));
	must(s, s->p->link_up("left", true, &s->e));
}

static void veth_joins_two_namespaces(void **state)
{
	struct scene *s = *state;
	ino_t before = own_netns();

	must(s, s->p->veth_add(s->a_ns, "left", s->b_ns, "right", &s->e));
	assert_int_equal(own_netns(), before);
	assert_null(link_named(s, "left"));
	assert_null(link_named(s, "right"));
	must(s, s->p->netns_enter(s->a_ns, &s->e));
	assert_string_equal(link_named(s, "left")->kind, "veth");
	assert_false(link_named(s, "left")->up);
	assert_null(link_named(s, "right"));
	must(s, s->p->netns_enter(s->b_ns, &s->e));
	assert_non_null(link_named(s, "right"));
	assert_int_equal(s->p->veth_add(s->a_ns, "left", s->b_ns, "other", &s->e), -EEXIST);
	assert_string_equal(s->e.text, "create veth left: File exists");
}

static void link_is_changed(void **state)
{
	struct scene *s = *state;

	wire(s);
	assert_true(link_named(s, "left")->up);
	must(s, s->p->link_mtu("left", 1380, &s->e));
	assert_int_equal(link_named(s, "left")->mtu, 1380);
	must(s, s->p->link_up("left", false, &s->e));
	assert_false(link_named(s, "left")->up);
	assert_int_equal(link_named(s, "left")->mtu, 1380);
	must(s, s->p->link_delete("left", &s->e));
	assert_null(link_named(s, "left"));
	must(s, s->p->netns_enter(s->b_ns, &s->e));
	assert_null(link_named(s, "right"));
}

static void absent_link_is_named(void **state)
{
	struct scene *s = *state;
	const struct cidr c = cidr("10.1.2.3/32");

	must(s, s->p->netns_enter(s->a_ns, &s->e));
	assert_int_equal(s->p->link_up("nolink", true, &s->e), -ENODEV);
	assert_string_equal(s->e.text, "interface nolink: No such device");
	assert_int_equal(s->p->link_mtu("nolink", 1400, &s->e), -ENODEV);
	assert_int_equal(s->p->link_delete("nolink", &s->e), -ENODEV);
	assert_int_equal(s->p->addr_add("nolink", &c, &s->e), -ENODEV);
	assert_int_equal(s->p->route_add(&c, "nolink", NULL, &s->e), -ENODEV);
}

static void refusals_keep_their_errno(void **state)
{
	struct scene *s = *state;
	const struct cidr own = cidr("192.0.2.1/24"), far = cidr("10.9.0.0/16");
	const struct cidr bits = cidr("10.9.0.1/16");
	struct ip_addr nowhere;

	wire(s);
	assert_int_equal(s->p->addr_add("left", &own, &s->e), -EEXIST);
	assert_string_equal(s->e.text, "add 192.0.2.1/24 to left: File exists");
	assert_int_equal(s->p->link_mtu("left", 1, &s->e), -EINVAL);
	assert_true(ip_addr_parse("203.0.113.1", &nowhere));
	assert_true(s->p->route_add(&far, "left", &nowhere, &s->e) < 0);
	assert_int_equal(s->p->route_add(&bits, "left", NULL, &s->e), -EINVAL);
	must(s, s->p->route_add(&far, "left", NULL, &s->e));
	assert_int_equal(s->p->route_add(&far, "left", NULL, &s->e), -EEXIST);
	assert_string_equal(s->e.text, "route 10.9.0.0/16 into left: File exists");
}

static const struct sys_addr *addr_of(struct scene *s, const char *text)
{
	const struct cidr c = cidr(text);
	struct sys_addr *all;
	size_t n, i;

	must(s, s->p->addrs(&s->a, &all, &n, &s->e));
	for (i = 0; i < n; i++)
		if (ip_addr_equal(&all[i].addr.addr, &c.addr))
			return &all[i];
	return NULL;
}

static void addresses_are_read_back(void **state)
{
	struct scene *s = *state;
	const struct cidr six = cidr("fd00::5/64");
	const struct sys_addr *a;

	wire(s);
	a = addr_of(s, "192.0.2.1");
	assert_non_null(a);
	assert_int_equal(a->addr.len, 24);
	assert_int_equal(a->ifindex, link_named(s, "left")->ifindex);
	assert_int_equal(a->peer.family, FAMILY_NONE);
	assert_int_equal(addr_of(s, "127.0.0.1")->addr.len, 8);
	if (!addr_of(s, "::1"))
		return; /* no IPv6 on this machine */
	must(s, s->p->addr_add("left", &six, &s->e));
	a = addr_of(s, "fd00::5");
	assert_non_null(a);
	assert_int_equal(a->addr.len, 64);
	assert_false(a->tentative);
	assert_false(a->dad_failed);
}

static const struct sys_route *route_to(struct scene *s, const char *text, unsigned table)
{
	const struct cidr c = cidr(text);
	struct sys_route *all;
	size_t n, i;

	must(s, s->p->routes(&s->a, &all, &n, &s->e));
	for (i = 0; i < n; i++)
		if (all[i].table == table && all[i].dst.addr.family == c.addr.family &&
		    cidr_equal(&all[i].dst, &c))
			return &all[i];
	return NULL;
}

enum { TABLE_MAIN = 254, TABLE_LOCAL = 255, TYPE_UNICAST = 1, TYPE_LOCAL = 2 };

static void routes_are_read_back(void **state)
{
	struct scene *s = *state;
	const struct cidr host = cidr("10.9.8.7/32"), all = cidr("0.0.0.0/0");
	const struct sys_route *r;
	struct ip_addr gw;

	wire(s);
	must(s, s->p->route_add(&host, "left", NULL, &s->e));
	r = route_to(s, "10.9.8.7/32", TABLE_MAIN);
	assert_non_null(r);
	assert_int_equal(r->oif, link_named(s, "left")->ifindex);
	assert_int_equal(r->type, TYPE_UNICAST);
	assert_int_equal(r->gateway.family, FAMILY_NONE);

	assert_true(ip_addr_parse("192.0.2.2", &gw));
	must(s, s->p->route_add(&all, "left", &gw, &s->e));
	r = route_to(s, "0.0.0.0/0", TABLE_MAIN);
	assert_non_null(r);
	assert_true(ip_addr_equal(&r->gateway, &gw));

	r = route_to(s, "192.0.2.0/24", TABLE_MAIN);
	assert_non_null(r);
	assert_true(ip_addr_equal(&r->prefsrc, &addr_of(s, "192.0.2.1")->addr.addr));
	r = route_to(s, "192.0.2.1/32", TABLE_LOCAL);
	assert_non_null(r);
	assert_int_equal(r->type, TYPE_LOCAL);
}

static void counters_count(void **state)
{
	struct scene *s = *state;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct sys_link_stats before;
	const struct sys_link *lo;
	char text[100] = { 0 };
	int fd;

	must(s, s->p->netns_enter(s->a_ns, &s->e));
	before = link_named(s, "lo")->stats;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(sendto(fd, text, 100, 0, (struct sockaddr *)&to, sizeof(to)), 100);
	close(fd);
	lo = link_named(s, "lo");
	/* The port is closed, so an ICMP error comes back through lo as well. */
	assert_in_range(lo->stats.tx_packets - before.tx_packets, 1, 2);
	assert_true(lo->stats.tx_bytes - before.tx_bytes >= 142);
	assert_int_equal(lo->stats.rx_bytes, lo->stats.tx_bytes);
	assert_int_equal(lo->stats.rx_errors, 0);
}

/* --- children ------------------------------------------------------------- */

static char *output_of(struct scene *s, const char *const *argv, int netns,
		       const char *const *env, int *status)
{
	struct sys_spawn sp = { .argv = (char *const *)argv, .netns = netns, .keep_fd = -1,
				.env_extra = (char *const *)env };
	char text[4096];
	size_t len = 0;
	ssize_t n;
	int fd[2];
	pid_t pid;

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	sp.out_fd = fd[1];
	must(s, s->p->spawn(&sp, &pid, &s->e));
	close(fd[1]);
	while ((n = read(fd[0], text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(fd[0]);
	text[len] = '\0';
	assert_int_equal(waitpid(pid, status, 0), pid);
	return arena_strdup(&s->a, text);
}

static void child_runs_where_and_with_what_it_was_told(void **state)
{
	const char *const argv[] = { "sh", "-c",
				     "readlink /proc/self/ns/net; echo $MORE >&2; exit 5", NULL };
	const char *const env[] = { "MORE=yes", NULL };
	struct scene *s = *state;
	char *wanted;
	int status;

	must(s, s->p->netns_enter(s->a_ns, &s->e));
	wanted = arena_printf(&s->a, "net:[%lu]\nyes\n", (unsigned long)own_netns());
	must(s, s->p->netns_enter(s->home, &s->e));
	assert_string_equal(output_of(s, argv, s->a_ns, env, &status), wanted);
	assert_int_equal(WEXITSTATUS(status), 5);
}

static void child_starts_clean(void **state)
{
	const char *const argv[] = { "sh", "-c",
				     "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status; "
				     "ls /proc/self/fd | tr '\\n' ' '", NULL };
	struct scene *s = *state;
	int status, leaky = open("/dev/null", O_RDONLY); /* of a library without O_CLOEXEC */
	char *got;
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	signal(SIGPIPE, SIG_IGN);
	got = output_of(s, argv, -1, NULL, &status);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(leaky);
	assert_non_null(strstr(got, "SigBlk:\t0000000000000000"));
	/* 32 and 33 are glibc's own, which nobody may change: as whoever started us left them. */
	assert_true(strstr(got, "SigIgn:\t0000000000000000") ||
		    strstr(got, "SigIgn:\t0000000180000000"));
	/* ls has its own, the folder, as well */
	assert_non_null(strstr(got, "0 1 2 3 "));
	assert_null(strstr(got, " 4 "));
}

static void missing_program_is_enoent(void **state)
{
	const char *const argv[] = { "/no/such/program", NULL };
	struct sys_spawn sp = { .argv = (char *const *)argv, .netns = -1, .out_fd = -1,
				.keep_fd = -1 };
	struct scene *s = *state;
	pid_t pid = 77;

	assert_int_equal(s->p->spawn(&sp, &pid, &s->e), -ENOENT);
	assert_string_equal(s->e.text, "/no/such/program: No such file or directory");
	assert_int_equal(pid, 77);
	sp.netns = STDIN_FILENO;
	assert_int_equal(s->p->spawn(&sp, &pid, &s->e), -EINVAL);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

static void kept_descriptor_is_there(void **state)
{
	const char *argv[] = { "sh", "-c", NULL, NULL };
	struct scene *s = *state;
	struct sys_spawn sp = { .argv = (char *const *)argv, .netns = -1, .out_fd = -1 };
	int fd[2], status;
	char text[8] = "";
	pid_t pid;

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	sp.keep_fd = fd[1];
	argv[2] = arena_printf(&s->a, "echo kept >/proc/self/fd/%d", fd[1]);
	must(s, s->p->spawn(&sp, &pid, &s->e));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(read(fd[0], text, sizeof(text) - 1), 5);
	assert_string_equal(text, "kept\n");
	close(fd[0]);
	close(fd[1]);
}

/* --- isolation ------------------------------------------------------------ */

static pid_t tail_forever(struct scene *s)
{
	const char *const argv[] = { "tail", "-f", "/dev/null", NULL };
	struct sys_spawn sp = { .argv = (char *const *)argv, .netns = -1, .out_fd = -1,
				.keep_fd = -1 };
	pid_t pid;

	must(s, s->p->spawn(&sp, &pid, &s->e));
	return pid;
}

static char *pid_ns_of(struct scene *s, pid_t pid)
{
	char link[64], to[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/ns/pid", pid);
	n = readlink(link, to, sizeof(to) - 1);
	assert_true(n > 0);
	to[n] = '\0';
	return arena_strdup(&s->a, to);
}

static dev_t run_dev(void)
{
	struct stat st;

	assert_int_equal(stat("/var/run/", &st), 0);
	return st.st_dev;
}

static void isolation_hides_and_comes_back(void **state)
{
	struct scene *s = *state;
	struct sys_isolation i;
	dev_t before = run_dev();
	char cwd[4096], now[4096];
	struct stat st;
	pid_t child;
	int round;

	assert_non_null(getcwd(cwd, sizeof(cwd)));
	/* Twice: one run may build more than one tunnel. */
	for (round = 0; round < 2; round++) {
		must(s, s->p->isolate(&i, &s->e));
		assert_int_not_equal(run_dev(), before);
		assert_int_equal(stat("/var/run/wireguard", &st), 0);
		assert_int_equal(st.st_mode & 07777, 0700);
		child = tail_forever(s);
		assert_string_not_equal(pid_ns_of(s, child), pid_ns_of(s, getpid()));
		assert_string_equal(pid_ns_of(s, child), pid_ns_of(s, i.init));
		kill(child, SIGTERM);
		assert_int_equal(waitpid(child, NULL, 0), child);

		s->p->isolate_end(&i);
		assert_int_equal(run_dev(), before);
		assert_string_equal(getcwd(now, sizeof(now)), cwd);
		child = tail_forever(s);
		assert_string_equal(pid_ns_of(s, child), pid_ns_of(s, getpid()));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void isolated_child_sees_its_own_proc(void **state)
{
	const char *const argv[] = { "sh", "-c", "readlink /proc/self; echo /proc/[0-9]*", NULL };
	struct scene *s = *state;
	struct sys_isolation i;
	const char *got;
	int status;

	must(s, s->p->isolate(&i, &s->e));
	got = output_of(s, argv, -1, NULL, &status);
	s->p->isolate_end(&i);
	/* init, the shell, and readlink before it */
	assert_string_equal(got, "3\n/proc/1 /proc/2\n");
	must(s, s->p->netns_get(&status, &s->e)); /* our own is as it was */
	close(status);
}

static void isolation_end_ends_what_still_runs(void **state)
{
	struct scene *s = *state;
	struct sys_isolation i;
	int status = 0;
	pid_t child;

	must(s, s->p->isolate(&i, &s->e));
	child = tail_forever(s);
	s->p->isolate_end(&i);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void init_holds_nothing(void **state)
{
	struct scene *s = *state;
	struct sys_isolation i;
	struct pollfd p;
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	must(s, s->p->isolate(&i, &s->e));
	close(fd[1]);
	p = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_true(p.revents & POLLHUP);
	close(fd[0]);
	s->p->isolate_end(&i);
}

/* A process that isolates itself, starts two children, says so on fd, and waits to be killed. */
static _Noreturn void be_killed(struct scene *s, int fd)
{
	const char *const argv[] = { "sh", "-c", "setsid tail -f /dev/null & exec tail -f /dev/null",
				     NULL };
	struct sys_spawn sp = { .argv = (char *const *)argv, .netns = s->a_ns, .out_fd = fd,
				.keep_fd = -1 };
	struct sys_isolation i;
	pid_t pid;

	if (s->p->isolate(&i, &s->e) < 0 || s->p->spawn(&sp, &pid, &s->e) < 0)
		_exit(1);
	(void)!write(fd, "", 1);
	for (;;)
		pause();
}

/* The pipe has no writer any more only when the last of them is dead, grandchildren included. */
static void sigkill_takes_all_along(void **state)
{
	struct scene *s = *state;
	struct pollfd p;
	int fd[2], n;
	pid_t victim;
	char c;

	for (n = 0; n < 5; n++) {
		assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
		victim = fork();
		if (!victim)
			be_killed(s, fd[1]);
		close(fd[1]);
		assert_int_equal(read(fd[0], &c, 1), 1);
		kill(victim, SIGKILL);
		assert_int_equal(waitpid(victim, NULL, 0), victim);
		p = (struct pollfd){ .fd = fd[0], .events = POLLIN };
		assert_int_equal(poll(&p, 1, 10000), 1);
		assert_true(p.revents & POLLHUP);
		close(fd[0]);
	}
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(new_namespace_is_empty_and_left),
		TEST(veth_joins_two_namespaces),
		TEST(link_is_changed),
		TEST(absent_link_is_named),
		TEST(refusals_keep_their_errno),
		TEST(addresses_are_read_back),
		TEST(routes_are_read_back),
		TEST(counters_count),
		TEST(child_runs_where_and_with_what_it_was_told),
		TEST(child_starts_clean),
		TEST(missing_program_is_enoent),
		TEST(kept_descriptor_is_there),
		TEST(isolation_hides_and_comes_back),
		TEST(isolated_child_sees_its_own_proc),
		TEST(isolation_end_ends_what_still_runs),
		TEST(init_holds_nothing),
		TEST(sigkill_takes_all_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
