/*
 * The reaper's life: it waits to be told what to start, starts it, and ends with it.
 *
 * Whoever loses its parent below a subreaper becomes its child. So killing all its children, and
 * again those that come to it by that, ends everything, however often something went into the
 * background.
 */
#include "sys/reaper.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/linux/linux.h"
#include "sys/linux/netns.h"
#include "sys/linux/proc.h"

/* Then come len bytes: n_argv + n_env strings, each with its end. */
struct order {
	size_t n_argv, n_env, len;
};
struct answer {
	int rc;
	bool exec_failed;
	pid_t child;
	struct err why;
};

/* --- the reaper: its children ------------------------------------------------ */

struct brood {
	pid_t child; /* the program */
	int status; /* of it */
	bool ended; /* it has */
	bool none; /* nothing of it is left */
};

static void reap(struct brood *b)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != b->child)
			continue;
		b->ended = true;
		b->status = status;
	}
	b->none = pid < 0 && errno == ECHILD;
}

static bool term_below(void *ctx, pid_t pid)
{
	(void)ctx;
	if (proc_descends(pid, getpid()) == 1)
		kill(pid, SIGTERM);
	return true;
}

static bool kill_child(void *ctx, pid_t pid)
{
	struct proc_stat s;

	(void)ctx;
	if (proc_stat_read(pid, &s) && s.parent == getpid() && proc_stat_alive(&s))
		kill(pid, SIGKILL);
	return true;
}

/* In an other one's /proc there are no numbers of ours: then only its session is known. */
static void signal_all(const struct brood *b, bool (*each)(void *ctx, pid_t pid), int sig)
{
	if ((!proc_is_own() || !proc_each(each, NULL)) && !b->ended)
		kill(-b->child, sig);
}

static int64_t now_ms(void)
{
	return linux_boot_ns() / (NS_PER_S / 1000);
}

static void wait_child(int ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigtimedwait(&child, NULL, &t);
}

static void end_all(struct brood *b, bool asked)
{
	enum { LOOK_MS = 10 };
	int64_t until = now_ms() + REAPER_TERM_MS;

	reap(b);
	if (asked && !b->none)
		signal_all(b, term_below, SIGTERM);
	for (; asked && !b->none && now_ms() < until; reap(b))
		wait_child(LOOK_MS);
	/* Who is in a system call that cannot be interrupted is not waited for longer. */
	for (until = now_ms() + REAPER_KILL_MS; !b->none && now_ms() < until; reap(b)) {
		signal_all(b, kill_child, SIGKILL);
		wait_child(LOOK_MS);
	}
}

/* As the program did, for who waits for us. */
static _Noreturn void end_as(int status)
{
	const struct rlimit none = { 0, 0 };
	sigset_t one;

	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0); /* a core file into a program has no limit */
	sigemptyset(&one);
	sigaddset(&one, WTERMSIG(status));
	raise(WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	_exit(128 + WTERMSIG(status));
}

static _Noreturn void stay_with(pid_t child)
{
	struct brood b = { .child = child };
	sigset_t some;
	int sig = 0;

	sigemptyset(&some);
	sigaddset(&some, SIGCHLD);
	sigaddset(&some, SIGTERM);
	while (!b.ended && sig != SIGTERM) {
		sig = sigwaitinfo(&some, NULL);
		reap(&b);
	}
	end_all(&b, sig == SIGTERM);
	if (b.ended && sig != SIGTERM)
		end_as(b.status);
	_exit(0);
}

/* --- the reaper: what it is to start ------------------------------------------ */

static bool read_all(int fd, void *to, size_t len)
{
	ssize_t n;

	while (len) {
		n = read(fd, to, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		to = (char *)to + n;
		len -= (size_t)n;
	}
	return true;
}

static bool read_order(int fd, struct order *o, int *out_fd)
{
	union {
		char b[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec v = { o, sizeof(*o) };
	struct msghdr m = {
		.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = control.b,
		.msg_controllen = sizeof(control.b),
	};
	struct cmsghdr *c;
	ssize_t n;

	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	*out_fd = -1;
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(out_fd, CMSG_DATA(c), sizeof(*out_fd));
	return n == sizeof(*o);
}

/* The next n strings from *at on, NULL-terminated. */
static char **strings(char **at, size_t n)
{
	char **s = calloc(n + 1, sizeof(*s));
	size_t i;

	for (i = 0; s && i < n; i++) {
		s[i] = *at;
		*at += strlen(*at) + 1;
	}
	return s;
}

static void start(const struct order *o, char *text, int out_fd, struct answer *a)
{
	char **argv = strings(&text, o->n_argv), **env = strings(&text, o->n_env);
	struct sys_spawn s = {
		.argv = argv,
		.netns = -1,
		.out_fd = out_fd,
		.keep_fd = -1,
		.env_extra = env,
		.exec_failed = &a->exec_failed,
	};

	if (argv && env)
		a->rc = linux_spawn(&s, &a->child, &a->why);
	else
		a->rc = err_code(&a->why, ENOMEM, "start %s", text);
	free(argv);
	free(env);
}

static _Noreturn void serve(int fd)
{
	struct answer a = { 0 };
	struct order o;
	sigset_t all;
	char *text;
	int out_fd;

	/* Until now SIGTERM, of who starts us or because he died, just ends us. */
	if (!read_order(fd, &o, &out_fd))
		_exit(0);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	text = malloc(o.len + 1);
	if (!text || !read_all(fd, text, o.len))
		_exit(1);
	start(&o, text, out_fd, &a);
	free(text);
	if (out_fd >= 0)
		close(out_fd);
	send(fd, &a, sizeof(a), MSG_NOSIGNAL);
	close(fd);
	if (a.rc < 0)
		_exit(1);
	stay_with(a.child);
}

static _Noreturn void reaper_main(int fd)
{
	int null, i;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_NAME, "wgdiag-reaper");
	signals_default();
	setsid();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (i = 0; i < 3; i++)
		if (null < 0 || dup2(null, i) < 0)
			_exit(1);
	fds_close_but(fd, -1);
	serve(fd);
}

/* --- our side ------------------------------------------------------------------ */

int reaper_start(struct reaper *r, struct err *e)
{
	int pair[2], rc;

	*r = (struct reaper){ .pid = -1, .fd = -1 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair");
	r->pid = fork();
	if (r->pid == 0)
		reaper_main(pair[1]);
	close(pair[1]);
	if (r->pid < 0) {
		rc = err_sys(e, "start the reaper of what the engine leaves");
		close(pair[0]);
		return rc;
	}
	r->fd = pair[0];
	return 0;
}

/* Its end is near: the other end of its socket, or what it had to say, was the last. */
static void let_go(struct reaper *r)
{
	close(r->fd);
	while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*r = (struct reaper){ .pid = -1, .fd = -1 };
}

void reaper_end(struct reaper *r)
{
	if (r->fd >= 0)
		let_go(r);
}

static size_t put_strings(char *const *s, struct buf *b)
{
	size_t n;

	for (n = 0; s && s[n]; n++)
		buf_add(b, s[n], strlen(s[n]) + 1);
	return n;
}

static bool send_order(int fd, const struct order *o, int out_fd)
{
	union {
		char b[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .b = { 0 } };
	struct iovec v = { (void *)o, sizeof(*o) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (out_fd >= 0) {
		m.msg_control = control.b;
		m.msg_controllen = sizeof(control.b);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &out_fd, sizeof(int));
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL) == sizeof(*o);
}

static bool send_all(int fd, const char *from, size_t len)
{
	ssize_t n;

	while (len) {
		n = send(fd, from, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		from += n;
		len -= (size_t)n;
	}
	return true;
}

int reaper_spawn(struct reaper *r, const struct sys_spawn *s, pid_t *pid, struct err *e)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct answer a = { .rc = -ECHILD };
	struct order o = { 0 };

	assert(r->fd >= 0 && s->netns < 0 && s->keep_fd < 0);
	o.n_argv = put_strings(s->argv, &text);
	o.n_env = put_strings(s->env_extra, &text);
	o.len = text.len;
	if (!send_order(r->fd, &o, s->out_fd) || !send_all(r->fd, text.b, text.len) ||
	    !read_all(r->fd, &a, sizeof(a)))
		err_say(&a.why, ECHILD, "start %s: who was to start it (pid %d) was killed",
			s->argv[0], (int)r->pid);
	if (s->exec_failed && a.exec_failed)
		*s->exec_failed = true;
	if (a.rc < 0) {
		let_go(r);
		if (e)
			*e = a.why;
		return a.rc;
	}
	close(r->fd);
	r->fd = -1;
	r->child = a.child;
	*pid = r->pid;
	return 0;
}

enum reaper_of reaper_whose(const struct reaper *r, pid_t pid)
{
	int yes;

	if (pid <= 0)
		return REAPER_OTHERS;
	/* Without a /proc of ours the program itself is known, and nobody else. */
	if (!proc_is_own())
		return pid == r->child ? REAPER_OURS : REAPER_NOT_SEEN;
	yes = proc_descends(pid, r->pid);
	return yes < 0 ? REAPER_NOT_SEEN : yes ? REAPER_OURS : REAPER_OTHERS;
}

struct tun_search {
	const struct reaper *r;
	const char *ifname;
	int found;
};

static bool look_for_tun(void *ctx, pid_t pid)
{
	struct tun_search *x = ctx;
	int holds;

	if (proc_descends(pid, x->r->pid) != 1)
		return true;
	holds = proc_holds_tun(pid, x->ifname);
	if (holds)
		x->found = holds;
	return holds != 1;
}

int reaper_holds_tun(const struct reaper *r, const char *ifname)
{
	struct tun_search x = { .r = r, .ifname = ifname };

	if (!proc_is_own() || !proc_each(look_for_tun, &x))
		return -1;
	return x.found;
}
