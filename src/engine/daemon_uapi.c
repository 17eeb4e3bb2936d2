/*
 * The configuration socket, /var/run/wireguard/NAME.sock.
 *
 * The path is not per network namespace, so of two engines with one name the second is
 * refused. A socket that nobody answers at is replaced. All of that happens under a lock on
 * the folder, and the new socket is renamed into place when it already listens: wg(8)
 * removes what refuses a connection.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/daemon_priv.h"
#include "engine/uapi_client.h"

enum {
	READ_MAX = 1 << 16, /* per round and client */
	LINE_LIMIT = 4096, /* without a newline so far: this is no client of ours */
	PAUSE_MS = 200, /* without looking at new clients, when there is no descriptor for one */
};

/* --- the socket file --- */

static struct sockaddr_un unix_addr(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	return a;
}

static int lock_folder(struct err *e)
{
	int fd;

	if (mkdir(UAPI_SOCKET_DIR, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "mkdir " UAPI_SOCKET_DIR);
	fd = open(UAPI_SOCKET_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open " UAPI_SOCKET_DIR);
	if (flock(fd, LOCK_EX) < 0) {
		int rc = err_sys(e, "lock " UAPI_SOCKET_DIR);

		close(fd);
		return rc;
	}
	return fd;
}

/* It was not made by an engine, so it is not ours to replace. */
static int refuse_no_socket(const struct daemon *d, struct err *e)
{
	struct stat st;

	if (lstat(d->uapi.path, &st) < 0 || S_ISSOCK(st.st_mode))
		return 0;
	return err_say(e, EEXIST, "%s is in the way: it is no socket", d->uapi.path);
}

static int refuse_living(const struct daemon *d, struct err *e)
{
	struct sockaddr_un a = unix_addr(d->uapi.path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc = fd < 0 ? -errno : 0;

	/* EAGAIN: it lives, and its queue is full. */
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	if (rc == 0 || rc == -EAGAIN)
		return err_say(e, EADDRINUSE, "%s: an engine is already running at %s",
			       d->conf->ifname, d->uapi.path);
	if (rc == -ENOENT || rc == -ECONNREFUSED)
		return 0;
	return err_code(e, rc, "%s", d->uapi.path);
}

static int listen_at(struct daemon_uapi *u, const char *path, struct err *e)
{
	struct sockaddr_un a = unix_addr(path);
	mode_t old = umask(0177);
	int rc = bind(u->fd, (struct sockaddr *)&a, sizeof(a)) < 0 ? -errno : 0;
	struct stat st;

	umask(old);
	if (rc < 0)
		return err_code(e, rc, "bind %s", path);
	if (listen(u->fd, SOMAXCONN) < 0 || lstat(path, &st) < 0 || rename(path, u->path) < 0) {
		rc = err_sys(e, "listen at %s", u->path);
		unlink(path);
		return rc;
	}
	u->dev = st.st_dev;
	u->ino = st.st_ino;
	return 0;
}

/* Where there are no more instances, the engine ends in the other ways only. */
static void watch_folder(struct daemon *d)
{
	const uint32_t what = IN_DELETE | IN_MOVE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
	struct daemon_uapi *u = &d->uapi;

	u->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (u->watch >= 0 && inotify_add_watch(u->watch, UAPI_SOCKET_DIR, what) >= 0 &&
	    daemon_loop_watch(d, u->watch, SOURCE_FOLDER, NULL) == 0)
		return;
	daemon_log(d, 0, "does not see when its socket is removed: %s", strerror(errno));
	if (u->watch >= 0)
		close(u->watch);
	u->watch = -1;
}

int daemon_uapi_open(struct daemon *d, struct err *e)
{
	struct daemon_uapi *u = &d->uapi;
	char tmp[sizeof(u->path) + 16];
	int lock, rc;

	snprintf(u->path, sizeof(u->path), UAPI_SOCKET_DIR "/%s.sock", d->conf->ifname);
	/* Not ending in .sock: wg(8) looks at those. */
	snprintf(tmp, sizeof(tmp), UAPI_SOCKET_DIR "/.%s.%d", d->conf->ifname, (int)getpid());
	lock = lock_folder(e);
	if (lock < 0)
		return lock;
	rc = refuse_no_socket(d, e);
	if (!rc)
		rc = refuse_living(d, e);
	if (!rc) {
		watch_folder(d);
		u->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		rc = u->fd < 0 ? err_sys(e, "socket") : listen_at(u, tmp, e);
	}
	close(lock);
	if (rc < 0)
		return rc;
	return daemon_loop_watch(d, u->fd, SOURCE_UAPI, e);
}

static bool is_own(const struct daemon_uapi *u, const struct stat *st)
{
	return u->ino && st->st_dev == u->dev && st->st_ino == u->ino;
}

/* Only our own file: a successor may have put its socket there already. */
static void remove_own(struct daemon_uapi *u)
{
	int lock = lock_folder(NULL);
	struct stat st;

	if (lstat(u->path, &st) == 0 && is_own(u, &st))
		unlink(u->path);
	if (lock >= 0)
		close(lock);
}

/* Without its socket nobody can reach it, and wg-quick on some systems ends it that way. */
void daemon_uapi_folder(struct daemon *d)
{
	struct stat st;
	char b[4096];

	while (read(d->uapi.watch, b, sizeof(b)) > 0)
		;
	if (lstat(d->uapi.path, &st) == 0 ? is_own(&d->uapi, &st) :
					    errno != ENOENT && errno != ENOTDIR)
		return;
	daemon_log(d, 1, "its socket was removed");
	d->stop = true;
}

/* --- clients --- */

static void client_close(struct daemon_client *c)
{
	close(c->fd);
	daemon_set_free(c->set);
	buf_wipe_done(&c->in);
	buf_wipe_done(&c->out);
	memset(c, 0, sizeof(*c));
	c->fd = -1;
}

void daemon_uapi_close(struct daemon *d)
{
	struct daemon_uapi *u = &d->uapi;

	for (int i = 0; i < DAEMON_CLIENTS; i++)
		if (u->client[i].fd >= 0)
			client_close(&u->client[i]);
	if (u->watch >= 0)
		close(u->watch);
	u->watch = -1;
	if (u->fd < 0)
		return;
	remove_own(u);
	close(u->fd);
	u->fd = -1;
}

/* The client that was silent longest, NULL when there is none. */
static struct daemon_client *silent_longest(struct daemon_uapi *u)
{
	struct daemon_client *found = NULL;

	for (int i = 0; i < DAEMON_CLIENTS; i++) {
		struct daemon_client *c = &u->client[i];

		if (c->fd >= 0 && (!found || c->heard < found->heard))
			found = c;
	}
	return found;
}

static void watch_new_clients(struct daemon *d, bool watch)
{
	struct epoll_event ev = { .events = watch ? EPOLLIN : 0, .data.u32 = SOURCE_UAPI };

	epoll_ctl(d->epoll, EPOLL_CTL_MOD, d->uapi.fd, &ev);
}

/* One that is not accepted keeps the listener readable; the loop must not spin for it. */
static void no_descriptor(struct daemon *d, int error)
{
	struct daemon_client *c = silent_longest(&d->uapi);

	if (c) {
		client_close(c);
		return;
	}
	daemon_log(d, 0, "a configuration client has to wait: %s", strerror(error));
	d->uapi.resume_ns = d->os->boot_ns() + PAUSE_MS * NS_PER_MS;
	watch_new_clients(d, false);
}

int64_t daemon_uapi_next_due(const struct daemon *d)
{
	return d->uapi.resume_ns ? d->uapi.resume_ns : INT64_MAX;
}

void daemon_uapi_tick(struct daemon *d)
{
	if (daemon_uapi_next_due(d) > d->os->boot_ns())
		return;
	d->uapi.resume_ns = 0;
	watch_new_clients(d, true);
}

/* A free place; when there is none, the client that was silent longest has to go. */
static unsigned free_place(struct daemon_uapi *u)
{
	struct daemon_client *c;

	for (unsigned i = 0; i < DAEMON_CLIENTS; i++)
		if (u->client[i].fd < 0)
			return i;
	c = silent_longest(u);
	client_close(c);
	return (unsigned)(c - u->client);
}

void daemon_uapi_accept(struct daemon *d)
{
	int fd = accept4(d->uapi.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	unsigned i;

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			no_descriptor(d, errno);
		return;
	}
	i = free_place(&d->uapi);
	if (daemon_loop_watch(d, fd, SOURCE_CLIENT + i, NULL) < 0) {
		daemon_log(d, 0, "a configuration client was turned away: errno %d", errno);
		close(fd);
		return;
	}
	d->uapi.client[i].fd = fd;
	d->uapi.client[i].heard = ++d->uapi.turn;
}

static void reply_get(struct daemon *d, struct daemon_client *c)
{
	const struct sys_udp *s = &d->udp[d->udp[0].fd < 0];
	struct daemon_get_host h = {
		.port = d->port,
		.fwmark = d->fwmark,
		.trace_fd = trace_ring_fd(d->ring),
		.up = d->up,
		.mtu = d->mtu,
		.rcvbuf = s->fd >= 0 ? s->rcvbuf : 0,
		.sndbuf = s->fd >= 0 ? s->sndbuf : 0,
		.icmp_errors = d->icmp_errors,
		.unknown = d->unknown,
		.n_unknown = d->n_unknown,
	};

	daemon_get_write(&c->out, d->dev, &h);
	buf_puts(&c->out, "errno=0\n\n");
}

/* Negative, as wireguard-go sends it: wg(8) makes "Unknown error -98" of a positive one. */
static void reply_errno(struct daemon_client *c, int rc)
{
	buf_printf(&c->out, "errno=%d\n\n", rc);
}

static void reply_set(struct daemon *d, struct daemon_client *c)
{
	const struct daemon_set_host h = { .dev = d->dev, .ctx = d, .bind = daemon_link_bind };

	d->now_ns = d->os->boot_ns();
	reply_errno(c, daemon_set_apply(c->set, &h, d->now_ns));
	daemon_secrets_grown(d);
}

static void client_idle(struct daemon_client *c)
{
	daemon_set_free(c->set);
	c->set = NULL;
	c->state = CLIENT_IDLE;
}

/* From here to the empty line nothing counts; then it is told why. */
static void client_skip(struct daemon_client *c, int rc)
{
	client_idle(c);
	c->state = CLIENT_SKIP;
	c->fault = -rc;
}

static void client_begin(struct daemon_client *c, const char *line, size_t len)
{
	if (len == 5 && !memcmp(line, "get=1", 5)) {
		c->state = CLIENT_GET;
	} else if (len == 5 && !memcmp(line, "set=1", 5)) {
		c->set = daemon_set_new();
		c->state = CLIENT_SET;
		if (!c->set)
			client_skip(c, -ENOMEM);
	} else if (len) {
		client_skip(c, -EINVAL);
	}
}

static void client_end(struct daemon *d, struct daemon_client *c)
{
	if (c->state == CLIENT_GET)
		reply_get(d, c);
	else if (c->state == CLIENT_SET)
		reply_set(d, c);
	else if (c->state == CLIENT_SKIP)
		reply_errno(c, -c->fault);
	client_idle(c);
}

static void client_line(struct daemon *d, struct daemon_client *c, const char *line, size_t len)
{
	int rc = 0;

	if (!len) {
		client_end(d, c);
		return;
	}
	if (c->state == CLIENT_IDLE)
		client_begin(c, line, len);
	else if (c->state == CLIENT_GET)
		rc = -EINVAL;
	else if (c->state == CLIENT_SET)
		rc = daemon_set_line(c->set, line, len);
	if (rc < 0)
		client_skip(c, rc);
}

/* As long as a reply waits to be read, no further request is looked at. */
static void client_lines(struct daemon *d, struct daemon_client *c)
{
	size_t at = 0;

	while (!c->out.len && at < c->in.len) {
		const char *line = c->in.b + at, *nl = memchr(line, '\n', c->in.len - at);

		if (!nl)
			break;
		client_line(d, c, line, (size_t)(nl - line));
		at += (size_t)(nl - line) + 1;
	}
	buf_consume(&c->in, at);
	if (!c->closing && !c->out.len && c->in.len > LINE_LIMIT) {
		/* Forgotten, or it would be refused again each time it is looked at. */
		buf_wipe_done(&c->in);
		reply_errno(c, -EINVAL);
		c->closing = true;
	}
}

static void client_read(struct daemon_client *c)
{
	char b[READ_MAX];
	ssize_t n = read(c->fd, b, sizeof(b));

	if (n > 0)
		buf_add(&c->in, b, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		c->closing = true;
	if (n > 0)
		explicit_bzero(b, (size_t)n);
}

static void client_write(struct daemon_client *c)
{
	ssize_t n = write(c->fd, c->out.b + c->sent, c->out.len - c->sent);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		/* Nobody is there to read it. */
		c->closing = true;
		c->sent = c->out.len;
	}
	if (n > 0)
		c->sent += (size_t)n;
	if (c->sent < c->out.len)
		return;
	buf_wipe_done(&c->out);
	c->sent = 0;
}

void daemon_uapi_serve(struct daemon *d, unsigned client, bool readable, bool writable)
{
	struct daemon_client *c = &d->uapi.client[client];

	/* Closed by what was served before, in the same round. */
	if (c->fd < 0)
		return;
	c->heard = ++d->uapi.turn;
	if (readable && !c->out.len)
		client_read(c);
	if (writable && c->out.len)
		client_write(c);
	client_lines(d, c);
	/* Most replies are gone at once, and the next request can be looked at. */
	while (c->out.len && !c->sent) {
		client_write(c);
		if (c->out.len || c->closing)
			break;
		client_lines(d, c);
	}
	if (c->closing && !c->out.len)
		client_close(c);
	else
		daemon_loop_want_write(d, c->fd, SOURCE_CLIENT + client, c->out.len);
}
