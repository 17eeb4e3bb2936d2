/*
 * The engine's life: open all, tell whoever waits for it, run, put all back.
 *
 * In the background it is the child that opens everything, since a tun and sockets belong
 * to who opened them; the parent waits at a pipe for the child's word, so that the command
 * returns when tun and socket answer, or with the reason why they do not.
 */
#include "engine/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/daemon_priv.h"

static const char family_header[] = "family-header", tun_header[] = "tun-header",
		  force_cookie[] = "force-cookie", no_padding[] = "no-padding";
const char *const daemon_faults[] = { family_header, tun_header, force_cookie, no_padding, NULL };

enum { TUN_HEADER_LEN = 4 }; /* of a macOS tun, and of a Linux one without IFF_NO_PI */

static bool has_fault(const struct daemon *d, const char *name)
{
	return d->conf->fault && !strcmp(d->conf->fault, name);
}

static void fill_random(void *ctx, void *out, size_t len)
{
	(void)ctx;
	randombytes_buf(out, len);
}

static int64_t wall_ns(void *ctx)
{
	const struct daemon *d = ctx;

	return d->os->wall_ns();
}

/* As the host itself would deliver to it. */
static bool is_own(void *ctx, const struct ip_addr *a)
{
	enum { ROUTE_LOCAL = 2 }; /* rtnetlink: to this host itself */
	const struct daemon *d = ctx;
	const struct sys_flow flow = { .to = *a };
	struct sys_path way = { 0 };
	struct err ignored;

	return d->os->route_get && d->os->route_get(&flow, &way, &ignored) == 0 && way.answered &&
	       !way.error && way.type == ROUTE_LOCAL;
}

static int open_core(struct daemon *d, struct err *e)
{
	/* What a macOS tun puts before each packet: its AF_INET and AF_INET6. */
	static const uint8_t header4[TUN_HEADER_LEN] = { 0, 0, 0, 2 };
	static const uint8_t header6[TUN_HEADER_LEN] = { 0, 0, 0, 30 };
	const struct wg_env env = {
		.ctx = d,
		.random = fill_random,
		.wall_ns = wall_ns,
		.send = daemon_io_send,
		.deliver = daemon_io_deliver,
		.is_own = is_own,
		.event = daemon_log_event,
		.trace = daemon_log_trace,
	};

	if (sodium_init() < 0)
		return err_say(e, ENOSYS, "libsodium does not start");
	d->dev = wg_device_new(&env, NULL);
	if (has_fault(d, family_header) || has_fault(d, tun_header))
		wg_device_fault_prefix(d->dev, header4, header6, sizeof(header4));
	if (has_fault(d, force_cookie))
		wg_device_force_load(d->dev, true);
	if (has_fault(d, no_padding))
		wg_device_no_padding(d->dev);
	return 0;
}

static int open_tun(struct daemon *d, struct err *e)
{
	struct err ignored;
	int watch, rc;

	/*
	 * Told by the core's header, not by the device's own, since the fault is that of macOS;
	 * what is written goes out bare, and the device takes its first bytes for the header.
	 */
	d->tun_header = has_fault(d, tun_header) ? TUN_HEADER_LEN : 0;
	if (d->tun_header)
		rc = d->os->tun_open_as(d->conf->ifname, true, &d->tun, e);
	else
		rc = d->os->tun_open(d->conf->ifname, &d->tun, e);
	if (rc < 0)
		return rc;
	/* A persistent one may be somebody else's to configure. */
	d->os->link_mtu(d->tun.name, DAEMON_MTU, &ignored);
	rc = d->os->link_watch_open(&d->tun, &watch, e);
	if (!rc)
		rc = daemon_loop_watch(d, watch, SOURCE_LINK, e);
	if (!rc)
		rc = daemon_loop_watch(d, d->tun.fd, SOURCE_TUN, e);
	if (!rc)
		rc = d->os->route_watch_open(&d->route_watch, e);
	if (!rc)
		rc = daemon_loop_watch(d, d->route_watch, SOURCE_ROUTE, e);
	return rc;
}

static int open_all(struct daemon *d, struct err *e)
{
	int rc;

	daemon_secrets_open(d);
	rc = daemon_loop_open(d, e);
	if (!rc)
		rc = open_core(d, e);
	if (!rc)
		rc = trace_ring_create(&d->ring, e);
	if (!rc)
		rc = daemon_io_open(d, e);
	if (!rc)
		rc = daemon_uapi_open(d, e);
	if (!rc)
		rc = open_tun(d, e);
	if (!rc)
		daemon_link_refresh(d);
	return rc;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void close_all(struct daemon *d)
{
	/* First what others see; they may start a successor at once. */
	daemon_uapi_close(d);
	wg_device_free(d->dev);
	daemon_link_close(d);
	close_fd(d->tun.fd);
	close_fd(d->tun.watch_fd);
	close_fd(d->route_watch);
	daemon_io_close(d);
	trace_ring_free(d->ring);
	close_fd(d->timer);
	close_fd(d->signals);
	close_fd(d->epoll);
}

static struct daemon *daemon_new(const struct daemon_conf *c)
{
	struct daemon *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->os = platform_get();
	d->conf = c;
	d->log.level = c->foreground ? c->verbose : -1;
	d->epoll = d->timer = d->signals = d->route_watch = -1;
	d->tun.fd = d->tun.watch_fd = -1;
	d->udp[0].fd = d->udp[1].fd = -1;
	d->uapi.fd = d->uapi.watch = -1;
	for (int i = 0; i < DAEMON_CLIENTS; i++)
		d->uapi.client[i].fd = -1;
	d->now_ns = d->log.start_ns = d->os->boot_ns();
	return d;
}

/* tell: the pipe to who waits for us, or -1. */
static int live(const struct daemon_conf *c, int tell, struct err *e)
{
	struct daemon *d = daemon_new(c);
	int rc;

	if (!d)
		return err_code(e, ENOMEM, "start");
	rc = open_all(d, e);
	if (!rc && tell >= 0) {
		struct err fine = { 0 };

		/* Too short for a pipe to split; who waited may be gone, and we live on. */
		if (write(tell, &fine, sizeof(fine)) < 0)
			errno = 0;
		close(tell);
	}
	if (!rc)
		daemon_loop_run(d);
	close_all(d);
	free(d);
	return rc;
}

/* --- into the background --- */

/* keep: above the standard streams, which are replaced. */
static void detach(int keep)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && null >= 0; fd++)
		dup2(null, fd);
	/* Whoever started us may wait for the end of a pipe, or hold a lock. */
	if (keep > 3)
		close_range(3, (unsigned)keep - 1, 0);
	close_range((unsigned)keep + 1, ~0u, 0);
	if (chdir("/") < 0)
		errno = 0;
}

static void live_in_background(const struct daemon_conf *c, int tell)
{
	struct err e = { 0 };
	int rc;

	if (tell <= STDERR_FILENO)
		tell = fcntl(tell, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (tell < 0)
		_exit(1);
	detach(tell);
	rc = live(c, tell, &e);
	if (rc < 0 && write(tell, &e, sizeof(e)) < 0)
		_exit(1);
	_exit(rc < 0 ? 1 : 0);
}

static int wait_for_word(int from, pid_t child, struct err *e)
{
	struct err word = { 0 };
	ssize_t n;
	int status;

	do {
		n = read(from, &word, sizeof(word));
	} while (n < 0 && errno == EINTR);
	if (n != sizeof(word)) {
		waitpid(child, &status, 0);
		return err_say(e, EIO, "the engine ended before it was ready");
	}
	if (!word.code)
		return 0;
	waitpid(child, &status, 0);
	word.text[sizeof(word.text) - 1] = '\0';
	*e = word;
	return -word.code;
}

int daemon_run(const struct daemon_conf *c, struct err *e)
{
	int pipefd[2], rc;
	pid_t child;

	if (c->foreground)
		return live(c, -1, e);
	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	child = fork();
	if (child < 0) {
		rc = err_sys(e, "fork");
		close(pipefd[0]);
		close(pipefd[1]);
		return rc;
	}
	if (child == 0) {
		signal(SIGPIPE, SIG_IGN);
		close(pipefd[0]);
		live_in_background(c, pipefd[1]);
	}
	close(pipefd[1]);
	rc = wait_for_word(pipefd[0], child, e);
	close(pipefd[0]);
	return rc;
}
