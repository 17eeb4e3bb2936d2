/*
 * The self-made tunnel: built, started with each engine there is, used, and gone.
 *
 * needs: root
 * beside: others
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "engine/uapi_client.h"
#include "lab/self_tunnel.h"

struct scene {
	struct platform_ops p;
	struct loop *l;
	struct arena a;
	struct facts f;
	struct err e;
	struct self_conf c;
	struct self_tunnel *t;
	int n_fds;
	char *traces; /* before */
};

/*
 * How much of ours is where it does not belong: in this namespace, and in the true /run.
 * Not all that is there: others may change it meanwhile.
 */
static char *traces(struct scene *s)
{
	struct sys_link *l;
	struct stat st;
	size_t n, i, ours = 0;

	assert_int_equal(platform_get()->links(&s->a, &l, &n, &s->e), 0);
	for (i = 0; i < n; i++)
		ours += str_has_prefix(l[i].name, "wgd") || str_has_prefix(l[i].name, "wgw");
	assert_int_equal(stat("/var/run/", &st), 0);
	return arena_printf(&s->a, "%zu links of ours, /var/run on device %lx", ours,
			    (unsigned long)st.st_dev);
}

static int count_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	const char *wgdiag = getenv("WGDIAG");
	int i;

	s->p = *platform_get();
	s->l = loop_new(s->p.boot_ns);
	arena_init(&s->a);
	facts_init(&s->f);
	for (i = 0; i < END_COUNT; i++) {
		s->c.engine[i] = engine_ops_find("builtin");
		s->c.program[i] = wgdiag ? wgdiag : "build/wgdiag";
	}
	s->c.seed = (uint64_t)s->p.boot_ns();
	s->c.start_timeout_ms = 10000;
	s->n_fds = count_fds();
	s->traces = traces(s);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	char *after;
	int left, child;

	self_tunnel_free(s->t, NULL);
	left = count_fds() - s->n_fds;
	child = waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD;
	after = traces(s);
	if (left || child || strcmp(after, s->traces)) {
		print_error("%d descriptors left, %d child left; before: %s; after: %s\n", left,
			    child, s->traces, after);
		left = -1;
	}
	loop_free(s->l);
	arena_done(&s->a);
	free(s);
	return left;
}

static void must(struct scene *s, int rc)
{
	if (rc)
		fail_msg("%s (%d)", s->e.text, rc);
}

static void build(struct scene *s)
{
	must(s, self_tunnel_build(&s->c, &s->p, s->l, &s->a, &s->t, &s->e));
}

/* --- traffic -------------------------------------------------------------- */

/* ping's exit status, from the near end. */
static int ping(struct scene *s, const struct ip_addr *to, const char *size)
{
	char dst[IP_ADDR_STR_SIZE];
	char *argv[] = { "ping", "-c3", "-i0.01", "-W2", "-s", (char *)size, dst, NULL };
	struct sys_spawn sp = {
		.argv = argv, .netns = s->t->end[END_NEAR].netns, .out_fd = -1, .keep_fd = -1
	};
	int status;
	pid_t pid;

	ip_addr_str(to, dst);
	must(s, s->p.spawn(&sp, &pid, &s->e));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool have_ping(void)
{
	return !access("/bin/ping", X_OK) || !access("/usr/bin/ping", X_OK);
}

static void end_is_well(struct scene *s, enum end i)
{
	struct engine_facts *f = &s->f.engine[i];
	struct uapi_device *d;

	assert_in_range(f->start_ns, 1, 10 * NS_PER_S);
	assert_in_range(f->answer_ns, 1, NS_PER_S);
	assert_null(f->start_error);
	assert_null(f->answer_error);
	assert_null(f->config_difference);
	assert_true(f->configured);
	assert_true(secret_key_is_zero(&s->t->end[i].private_key));
	assert_true(secret_key_is_zero(&s->t->end[i].psk));
	must(s, uapi_get(s->t->end[i].tun, 1000, &s->a, &d, &s->e));
	assert_int_equal(d->listen_port, s->t->end[i].port);
}

static void traffic_crosses(struct scene *s)
{
	const struct self_end *far;

	build(s);
	must(s, self_tunnel_start(s->t, &s->c, &s->f, &s->e));
	end_is_well(s, END_NEAR);
	end_is_well(s, END_FAR);
	assert_true(s->f.have & NEED_BIT(NEED_ENGINE_START));
	assert_true(s->f.have & NEED_BIT(NEED_ENGINE));
	assert_true(s->f.have & NEED_BIT(NEED_ENGINE_FAR));
	far = &s->t->end[END_FAR];
	if (have_ping()) {
		assert_int_equal(ping(s, &far->inner4, "56"), 0);
		assert_int_equal(ping(s, &far->inner4, "1392"), 0); /* 1420 in all */
		if (far->inner6.family)
			assert_int_equal(ping(s, &far->inner6, "56"), 0);
	}
	self_tunnel_free(s->t, &s->f);
	s->t = NULL;
	assert_int_equal(s->f.engine[END_NEAR].exit_status, UNKNOWN);
	assert_int_equal(s->f.engine[END_FAR].exit_status, UNKNOWN);
}

static void builtin_to_builtin(void **state)
{
	struct scene *s = *state;

	traffic_crosses(s);
	/* And once more in the same process. */
	facts_init(&s->f);
	s->c.seed++;
	traffic_crosses(s);
}

static void wireguard_go_to_builtin(void **state)
{
	struct scene *s = *state;

	s->c.engine[END_NEAR] = engine_ops_find("wireguard-go");
	if (engine_program(s->c.engine[END_NEAR], &s->a, &s->c.program[END_NEAR], &s->e) < 0)
		skip();
	traffic_crosses(s);
	assert_true(s->f.engine[END_NEAR].log_lines > 0);
}

/* --- its shape ------------------------------------------------------------ */

static int see_only_own_links(void *ctx, struct err *e)
{
	struct scene *s = ctx;
	struct sys_link *l;
	size_t n, i;
	int rc = s->p.links(&s->a, &l, &n, e);

	for (i = 0; !rc && i < n; i++)
		if (strcmp(l[i].name, "lo") && strncmp(l[i].name, "wgw", 3) &&
		    !str_has_prefix(l[i].kind, "tun"))
			return err_say(e, EEXIST, "%s is there", l[i].name);
	return rc;
}

static void ends_differ_and_are_private(void **state)
{
	struct scene *s = *state;
	const struct self_end *n, *f;

	build(s);
	n = &s->t->end[END_NEAR];
	f = &s->t->end[END_FAR];
	assert_string_not_equal(n->tun, f->tun);
	assert_int_not_equal(n->port, f->port);
	assert_false(ip_addr_equal(&n->outer, &f->outer));
	assert_false(ip_addr_equal(&n->inner4, &f->inner4));
	assert_int_equal(s->t->mtu, 1420);
	must(s, self_tunnel_in(s->t, END_NEAR, see_only_own_links, s, &s->e));
	must(s, self_tunnel_in(s->t, END_FAR, see_only_own_links, s, &s->e));
}

static int addrs_without_ip6(struct arena *a, struct sys_addr **out, size_t *n, struct err *e)
{
	int rc = platform_get()->addrs(a, out, n, e);
	size_t i, k = 0;

	for (i = 0; !rc && i < *n; i++)
		if ((*out)[i].addr.addr.family == FAMILY_IP4)
			(*out)[k++] = (*out)[i];
	*n = rc ? *n : k;
	return rc;
}

static void machine_without_ip6_gets_ip4_only(void **state)
{
	struct scene *s = *state;

	s->p.addrs = addrs_without_ip6;
	build(s);
	assert_int_equal(s->t->end[END_NEAR].inner6.family, FAMILY_NONE);
	assert_int_equal(s->t->end[END_FAR].inner6.family, FAMILY_NONE);
	must(s, self_tunnel_start(s->t, &s->c, &s->f, &s->e));
	end_is_well(s, END_NEAR);
	if (have_ping())
		assert_int_equal(ping(s, &s->t->end[END_FAR].inner4, "56"), 0);
}

static int refuse_tun(const char *name, struct sys_tun *out, struct err *e)
{
	(void)name;
	(void)out;
	return err_code(e, ENOENT, "open /dev/net/tun");
}

static int refuse_isolate(struct sys_isolation *out, struct err *e)
{
	(void)out;
	return err_code(e, EPERM, "create a PID and a mount namespace");
}

static void machine_that_cannot_says_why(void **state)
{
	struct scene *s = *state;

	s->p.tun_open = refuse_tun;
	assert_int_equal(self_tunnel_build(&s->c, &s->p, s->l, &s->a, &s->t, &s->e), -ENOENT);
	assert_string_equal(s->e.text, "open /dev/net/tun: No such file or directory");
	s->p.isolate = refuse_isolate;
	assert_int_equal(self_tunnel_build(&s->c, &s->p, s->l, &s->a, &s->t, &s->e), -EPERM);
	s->p.isolate = NULL;
	assert_int_equal(self_tunnel_build(&s->c, &s->p, s->l, &s->a, &s->t, &s->e), -EOPNOTSUPP);
	assert_null(s->t);
}

static void no_engine_is_blamed(struct scene *s)
{
	unsigned i;

	for (i = 0; i < END_COUNT; i++) {
		assert_null(s->f.engine[i].start_error);
		assert_null(s->f.engine[i].answer_error);
	}
}

static void stop_engines(struct scene *s)
{
	unsigned i;

	for (i = 0; i < END_COUNT; i++) {
		engine_stop(s->t->end[i].engine, &s->a, NULL);
		s->t->end[i].engine = NULL;
	}
}

/* --- engines that fail ---------------------------------------------------- */

static void near_that_dies_is_a_finding(void **state)
{
	struct scene *s = *state;

	s->c.engine[END_NEAR] = engine_ops_find("wireguard-go");
	s->c.program[END_NEAR] = access("/bin/false", X_OK) ? "/usr/bin/false" : "/bin/false";
	build(s);
	assert_int_equal(self_tunnel_start(s->t, &s->c, &s->f, &s->e), -ECHILD);
	assert_string_equal(s->f.engine[END_NEAR].start_error, "wireguard-go exited with status 1");
	assert_true(s->f.have & NEED_BIT(NEED_ENGINE_START));
	assert_false(s->f.have & NEED_BIT(NEED_ENGINE));
	assert_string_equal(s->f.gaps[NEED_ENGINE].why, "wireguard-go exited with status 1");
	assert_false(s->f.have & NEED_BIT(NEED_ENGINE_FAR));
}

static void far_that_is_missing_is_a_finding(void **state)
{
	struct scene *s = *state;

	s->c.program[END_FAR] = "/no/such/engine";
	build(s);
	assert_int_equal(self_tunnel_start(s->t, &s->c, &s->f, &s->e), -ENOENT);
	assert_string_equal(s->f.engine[END_FAR].start_error,
			    "engine builtin: /no/such/engine: No such file or directory");
	assert_null(s->f.engine[END_NEAR].start_error);
}

/* An engine ends when its tun is deleted; here, while it is being set up. */
static int delete_instead(const char *name, unsigned mtu, struct err *e)
{
	(void)mtu;
	return platform_get()->link_delete(name, e);
}

static void death_while_it_is_set_up_is_a_finding(void **state)
{
	struct scene *s = *state;

	s->p.link_mtu = delete_instead;
	build(s);
	assert_true(self_tunnel_start(s->t, &s->c, &s->f, &s->e) < 0);
	assert_false(s->f.have & NEED_BIT(NEED_ENGINE));
	assert_string_equal(s->f.gaps[NEED_ENGINE].why, s->e.text);
	assert_true(secret_key_is_zero(&s->t->end[END_NEAR].private_key));
}

static void extra_arguments_reach_the_near_engine(void **state)
{
	static const char *const bad[] = { "--no-such-option", NULL };
	struct scene *s = *state;

	s->c.near_args = bad;
	build(s);
	assert_int_equal(self_tunnel_start(s->t, &s->c, &s->f, &s->e), -ECHILD);
	assert_non_null(s->f.engine[END_NEAR].start_error);
	assert_null(s->f.engine[END_FAR].start_error);
}

/* None from that one on; the namespaces that are open can still be entered. */
static void no_descriptor_from(int fd)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)fd;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void no_more_descriptors(void)
{
	int top = dup(0);

	assert_true(top >= 0);
	close(top);
	no_descriptor_from(top);
}

static int pipe_then_none(struct scene *s)
{
	no_more_descriptors();
	return self_tunnel_start(s->t, &s->c, &s->f, &s->e);
}

/* The far engine is started; whether the near one answers can no longer be asked. */
static int spawn_then_none(const struct sys_spawn *sp, pid_t *pid, struct err *e)
{
	int rc = platform_get()->spawn(sp, pid, e);

	/* Our end of its output is closed after this: that is no place for another. */
	if (sp->argv[2][strlen(sp->argv[2]) - 1] == 'f')
		no_descriptor_from(sp->out_fd);
	return rc;
}

/* The last thing before they are configured is that the far tun comes up. */
static int up_then_none(const char *name, bool up, struct err *e)
{
	int rc = platform_get()->link_up(name, up, e);

	if (str_has_prefix(name, "wgd") && name[strlen(name) - 1] == 'f')
		no_more_descriptors();
	return rc;
}

/* Whenever we run out of descriptors: it says what we lack, and blames no engine. */
static void own_lack_of_descriptors_is_no_finding(void **state)
{
	struct scene *s = *state;
	struct rlimit limit;
	unsigned when;
	int rc;

	build(s);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	for (when = 0; when < 3; when++) {
		facts_init(&s->f);
		s->p.spawn = when == 1 ? spawn_then_none : platform_get()->spawn;
		s->p.link_up = when == 2 ? up_then_none : platform_get()->link_up;
		rc = when ? self_tunnel_start(s->t, &s->c, &s->f, &s->e) : pipe_then_none(s);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		print_message("# %s\n", rc ? s->e.text : "it starts");
		assert_int_equal(rc, -EMFILE);
		no_engine_is_blamed(s);
		stop_engines(s);
	}
}

static void never_ready_argv(const char *program, const char *ifname,
			     const char *argv[ENGINE_ARGV_MAX])
{
	(void)ifname;
	argv[0] = program;
	argv[1] = "-f";
	argv[2] = "/dev/null";
	argv[3] = NULL;
}

static void interrupt_ends_the_start(void **state)
{
	const struct engine_ops slow = { .name = "slow",
					 .program = "tail",
					 .argv = never_ready_argv };
	struct scene *s = *state;
	int fd[2];

	s->c.engine[END_NEAR] = &slow;
	s->c.program[END_NEAR] = slow.program;
	build(s);
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], "", 1), 1);
	loop_set_stop_fd(s->l, fd[0]);
	assert_int_equal(self_tunnel_start(s->t, &s->c, &s->f, &s->e), -EINTR);
	self_tunnel_free(s->t, &s->f);
	s->t = NULL;
	close(fd[0]);
	close(fd[1]);
}

/* --- SIGKILL -------------------------------------------------------------- */

/* Builds a tunnel, tells its names, and waits to be killed. */
static _Noreturn void live_and_be_killed(struct scene *s, int fd)
{
	if (self_tunnel_build(&s->c, &s->p, s->l, &s->a, &s->t, &s->e) < 0 ||
	    self_tunnel_start(s->t, &s->c, &s->f, &s->e) < 0)
		_exit(1);
	dprintf(fd, "%s %s\n", s->t->end[END_NEAR].tun, s->t->end[END_FAR].tun);
	for (;;)
		pause();
}

/* Whether a process has this word in its command line. */
static bool runs(const char *word)
{
	char path[300], text[1024];
	DIR *proc = opendir("/proc");
	struct dirent *d;
	bool found = false;
	ssize_t n;
	int fd;

	while (proc && !found && (d = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/cmdline", d->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		n = read(fd, text, sizeof(text));
		close(fd);
		found = n > 0 && memmem(text, (size_t)n, word, strlen(word));
	}
	if (proc)
		closedir(proc);
	return found;
}

static void sigkill_leaves_no_engine(void **state)
{
	struct scene *s = *state;
	char text[64] = "", near[32], far[32];
	int fd[2], i;
	pid_t victim;

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	victim = fork();
	if (!victim)
		live_and_be_killed(s, fd[1]);
	close(fd[1]);
	assert_true(read(fd[0], text, sizeof(text) - 1) > 0);
	assert_int_equal(sscanf(text, "%31s %31s", near, far), 2);
	assert_true(runs(near) && runs(far));
	kill(victim, SIGKILL);
	assert_int_equal(waitpid(victim, NULL, 0), victim);
	for (i = 0; i < 1000 && (runs(near) || runs(far)); i++)
		poll(NULL, 0, 5);
	assert_in_range(i, 0, 999);
	close(fd[0]);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(builtin_to_builtin),
		TEST(wireguard_go_to_builtin),
		TEST(ends_differ_and_are_private),
		TEST(machine_without_ip6_gets_ip4_only),
		TEST(machine_that_cannot_says_why),
		TEST(near_that_dies_is_a_finding),
		TEST(far_that_is_missing_is_a_finding),
		TEST(death_while_it_is_set_up_is_a_finding),
		TEST(extra_arguments_reach_the_near_engine),
		TEST(own_lack_of_descriptors_is_no_finding),
		TEST(interrupt_ends_the_start),
		TEST(sigkill_leaves_no_engine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
