/*
 * The configuration protocol's client: one connection per call, the whole call under one
 * deadline, so that an engine that hangs costs a line in the report and not the run.
 *
 * It only ever connects. wg(8) removes a socket that refuses; here that is evidence.
 * The reply holds the private key: all memory it passes through is wiped.
 */
#include "engine/uapi_client.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "engine/trace_ring.h"

enum {
	PIECE_BYTES = 16384,
	LATE_MS = 500, /* poll() returning so long after its time: we were stopped, or all asleep */
	REPLY_MAX_BYTES = 64 << 20, /* 130 560 allowed IPs, which `wg` is tested with, are 6 MiB */
};

struct call {
	int fd;
	int timeout_ms;
	int64_t deadline_ns; /* moves on by what this process was paused */
	struct sockaddr_un addr;
};

static void call_done(struct call *c)
{
	if (c->fd >= 0)
		close(c->fd);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* Rounded up, so that the last wait is not a busy loop; 0 when the time is over. */
static int left_ms(const struct call *c)
{
	int64_t left = c->deadline_ns - now_ns();

	return left > 0 ? (int)((left + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

static int no_answer(const struct call *c, struct err *e)
{
	return err_say(e, ETIMEDOUT, "%s: the engine did not answer within %d ms", c->addr.sun_path,
		       c->timeout_ms);
}

static int set_path(struct call *c, const char *dir, const char *ifname, struct err *e)
{
	int n;

	if (!*ifname || strchr(ifname, '/'))
		return err_say(e, EINVAL, "\"%s\" is no name of an interface", ifname);
	c->addr.sun_family = AF_UNIX;
	n = snprintf(c->addr.sun_path, sizeof(c->addr.sun_path), "%s/%s.sock", dir, ifname);
	if (n < 0 || (size_t)n >= sizeof(c->addr.sun_path))
		return err_code(e, ENAMETOOLONG, "%s/%s.sock", dir, ifname);
	return 0;
}

/*
 * With a full backlog a non-blocking connect to a unix socket fails with EAGAIN, and poll()
 * tells nothing about when to try again; a blocking one waits, for SO_SNDTIMEO at the most.
 */
static int connect_in_time(struct call *c)
{
	int ms = left_ms(c), flags;
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (!ms)
		return -EAGAIN;
	if (setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) < 0)
		return -errno;
	if (connect(c->fd, (const struct sockaddr *)&c->addr, sizeof(c->addr)) < 0)
		return -errno;
	flags = fcntl(c->fd, F_GETFL);
	if (flags < 0 || fcntl(c->fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

static int call_open(struct call *c, const char *dir, const char *ifname, int timeout_ms,
		     struct err *e)
{
	const char *path = c->addr.sun_path;
	int rc;

	memset(c, 0, sizeof(*c));
	c->fd = -1;
	c->timeout_ms = timeout_ms;
	c->deadline_ns = now_ns() + timeout_ms * NS_PER_MS;
	rc = set_path(c, dir, ifname, e);
	if (rc < 0)
		return rc;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return err_sys(e, "socket");
	do {
		rc = connect_in_time(c);
	} while (rc == -EINTR);
	switch (rc) {
	case 0:
		return 0;
	case -ENOENT:
		return err_say(e, ENOENT, "%s: there is no such socket", path);
	case -ECONNREFUSED:
		return err_say(e, ECONNREFUSED,
			       "%s: nobody listens, its engine has ended or lost it", path);
	case -EAGAIN:
		return no_answer(c, e);
	default:
		return err_code(e, rc, "connect %s", path);
	}
}

/* Until the socket is ready or the time is over. */
static int wait_ready(struct call *c, short events, struct err *e)
{
	struct pollfd p = { .fd = c->fd, .events = events };
	int64_t late;
	int n;

	do {
		n = poll(&p, 1, left_ms(c));
		late = now_ns() - c->deadline_ns;
		if (late > LATE_MS * NS_PER_MS)
			c->deadline_ns += late + c->timeout_ms * NS_PER_MS;
	} while ((n < 0 && errno == EINTR) || (!n && late > LATE_MS * NS_PER_MS));
	if (n < 0)
		return err_sys(e, "poll %s", c->addr.sun_path);
	return n ? 0 : no_answer(c, e);
}

/*
 * 0 also when the engine hung up before it had read all: it may have said why, which the
 * reply tells.
 */
static int send_all(struct call *c, const char *p, size_t len, struct err *e)
{
	while (len) {
		ssize_t n = send(c->fd, p, len, MSG_NOSIGNAL);
		int rc = 0;

		if (n >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			rc = wait_ready(c, POLLOUT, e);
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return 0;
		} else if (errno != EINTR) {
			rc = err_sys(e, "write to %s", c->addr.sun_path);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* The reply ends with an empty line; looked for from where it was not looked before. */
static bool has_end(const struct buf *b, size_t from)
{
	if (b->len && b->b[0] == '\n')
		return true;
	from -= from > 0;
	return b->len > from && memmem(b->b + from, b->len - from, "\n\n", 2);
}

/* 1: more may come; 0: nothing will; or negative. */
static int receive_piece(struct call *c, struct buf *reply, struct err *e)
{
	char piece[PIECE_BYTES];
	ssize_t n = recv(c->fd, piece, sizeof(piece), 0);
	int rc;

	if (n > 0) {
		buf_add(reply, piece, (size_t)n);
		sodium_memzero(piece, (size_t)n);
		return 1;
	}
	if (!n || errno == ECONNRESET)
		return 0;
	if (errno == EAGAIN) {
		rc = wait_ready(c, POLLIN, e);
		return rc < 0 ? rc : 1;
	}
	return errno == EINTR ? 1 : err_sys(e, "read from %s", c->addr.sun_path);
}

static int receive_all(struct call *c, struct buf *reply, struct err *e)
{
	size_t seen = 0;
	int rc = 1;

	while (rc > 0 && !has_end(reply, seen)) {
		seen = reply->len;
		if (seen > REPLY_MAX_BYTES)
			return err_say(e, EPROTO, "%s: the reply does not end", c->addr.sun_path);
		if (!left_ms(c))
			return no_answer(c, e);
		rc = receive_piece(c, reply, e);
	}
	if (rc < 0)
		return rc;
	if (!reply->len)
		return err_say(e, EPROTO, "%s: the engine hung up without an answer",
			       c->addr.sun_path);
	return 0;
}

/* What our own end may meet as well, and what then would be said of it. */
static bool looks_like_ours(int rc, const char *verb)
{
	if (err_is_shortage(rc))
		return true;
	/* A set may need a privilege that this machine does not give to the engine. */
	return !strcmp(verb, "get") &&
	       (rc == -EPERM || rc == -EACCES || rc == -ENOENT || rc == -ECONNREFUSED);
}

static int parse_reply(const struct call *c, const struct buf *reply, const char *verb,
		       struct arena *a, struct uapi_device **out, struct err *e)
{
	struct uapi_device *dev;
	int rc = uapi_parse_get_reply(buf_str(reply), reply->len, a, &dev, e);

	if (rc < 0) {
		err_prefix(e, "%s: the reply to `%s`", c->addr.sun_path, verb);
		return rc;
	}
	if (!dev->errno_) {
		*out = dev;
		return 0;
	}
	rc = err_code(e, dev->errno_, "%s: the engine refuses `%s`", c->addr.sun_path, verb);
	if (!looks_like_ours(rc, verb))
		return rc;
	if (e)
		e->code = EREMOTEIO;
	return -EREMOTEIO;
}

/* The scope may be named ("fe80::1%eth0"), which only this half can turn into an index. */
static void resolve_scope(struct uapi_peer *peer)
{
	const char *text = peer->endpoint_text, *percent, *end;
	char name[IF_NAMESIZE], numeric[ENDPOINT_STR_SIZE];
	unsigned index;
	int n;

	if (!text || peer->endpoint.addr.family != FAMILY_NONE)
		return;
	percent = strchr(text, '%');
	end = percent ? strchr(percent, ']') : NULL;
	if (!end || (size_t)(end - percent) > sizeof(name))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(end - percent - 1), percent + 1);
	index = if_nametoindex(name);
	if (!index)
		return;
	n = snprintf(numeric, sizeof(numeric), "%.*s%u%s", (int)(percent + 1 - text), text, index,
		     end);
	if (n > 0 && (size_t)n < sizeof(numeric))
		(void)endpoint_parse(numeric, &peer->endpoint);
}

static int get(struct call *c, struct arena *a, struct uapi_device **out, struct err *e)
{
	static const char request[] = "get=1\n\n";
	CLEANUP(buf_wipe_done) struct buf reply = { 0 };
	struct uapi_device *dev;
	size_t i;
	int rc;

	rc = send_all(c, request, sizeof(request) - 1, e);
	if (rc == 0)
		rc = receive_all(c, &reply, e);
	if (rc == 0)
		rc = parse_reply(c, &reply, "get", a, &dev, e);
	if (rc < 0)
		return rc;
	for (i = 0; i < dev->n_peers; i++)
		resolve_scope(&dev->peers[i]);
	*out = dev;
	return 0;
}

int uapi_get_at(const char *dir, const char *ifname, int timeout_ms, struct arena *a,
		struct uapi_device **out, struct err *e)
{
	CLEANUP(call_done) struct call c;
	int rc = call_open(&c, dir, ifname, timeout_ms, e);

	return rc < 0 ? rc : get(&c, a, out, e);
}

int uapi_set_at(const char *dir, const char *ifname, int timeout_ms, const struct buf *text,
		struct err *e)
{
	CLEANUP(buf_wipe_done) struct buf reply = { 0 };
	CLEANUP(arena_done) struct arena a = { 0 };
	CLEANUP(call_done) struct call c;
	struct uapi_device *dev;
	int rc;

	assert(!text->len || text->b[text->len - 1] == '\n');
	rc = call_open(&c, dir, ifname, timeout_ms, e);
	if (rc == 0)
		rc = send_all(&c, "set=1\n", 6, e);
	if (rc == 0)
		rc = send_all(&c, buf_str(text), text->len, e);
	if (rc == 0)
		rc = send_all(&c, "\n", 1, e);
	if (rc == 0)
		rc = receive_all(&c, &reply, e);
	return rc < 0 ? rc : parse_reply(&c, &reply, "set", &a, &dev, e);
}

/* The credentials are those of the process that called listen(). */
static int peer_pid(const struct call *c, pid_t *out, struct err *e)
{
	struct ucred peer = { .pid = 0 };
	socklen_t len = sizeof(peer);

	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return err_sys(e, "credentials of %s", c->addr.sun_path);
	if (peer.pid <= 0)
		return err_say(e, ESRCH, "%s: its engine lives in a PID namespace we do not see",
			       c->addr.sun_path);
	*out = peer.pid;
	return 0;
}

static int open_ring(struct call *c, uint64_t number, struct trace_ring **out, struct err *e)
{
	char path[64];
	pid_t pid = 0;
	int fd, rc;

	rc = peer_pid(c, &pid, e);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "/proc/%ld/fd/%llu", (long)pid, (unsigned long long)number);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return err_sys(e, "open %s, the trace ring", path);
	rc = trace_ring_attach(fd, out, e);
	close(fd);
	return rc;
}

int uapi_trace_ring_at(const char *dir, const char *ifname, int timeout_ms, struct trace_ring **out,
		       struct err *e)
{
	CLEANUP(arena_done) struct arena a = { 0 };
	CLEANUP(call_done) struct call c;
	struct uapi_device *dev;
	uint64_t number;
	int rc;

	rc = call_open(&c, dir, ifname, timeout_ms, e);
	if (rc == 0)
		rc = get(&c, &a, &dev, e);
	if (rc < 0)
		return rc;
	number = uapi_extra_number(dev->extra, dev->n_extra, "trace_fd", UINT64_MAX);
	if (number > INT32_MAX)
		return err_say(e, ENOENT, "%s: the engine has no trace ring", c.addr.sun_path);
	return open_ring(&c, number, out, e);
}

int uapi_get(const char *ifname, int timeout_ms, struct arena *a, struct uapi_device **out,
	     struct err *e)
{
	return uapi_get_at(UAPI_SOCKET_DIR, ifname, timeout_ms, a, out, e);
}

int uapi_set(const char *ifname, int timeout_ms, const struct buf *text, struct err *e)
{
	return uapi_set_at(UAPI_SOCKET_DIR, ifname, timeout_ms, text, e);
}

int uapi_trace_ring(const char *ifname, int timeout_ms, struct trace_ring **out, struct err *e)
{
	return uapi_trace_ring_at(UAPI_SOCKET_DIR, ifname, timeout_ms, out, e);
}

const char *uapi_socket_path(const char *ifname, struct arena *a)
{
	return arena_printf(a, UAPI_SOCKET_DIR "/%s.sock", ifname);
}

int uapi_look_at(const char *dir, const char *ifname, int timeout_ms, struct err *e)
{
	CLEANUP(call_done) struct call c;

	return call_open(&c, dir, ifname, timeout_ms, e);
}

int uapi_look(const char *ifname, int timeout_ms, struct err *e)
{
	return uapi_look_at(UAPI_SOCKET_DIR, ifname, timeout_ms, e);
}

int uapi_get_from(const char *ifname, int timeout_ms, bool (*may)(void *ctx, pid_t pid), void *ctx,
		  struct arena *a, struct uapi_device **out, struct err *e)
{
	CLEANUP(call_done) struct call c;
	int rc = call_open(&c, UAPI_SOCKET_DIR, ifname, timeout_ms, e);
	pid_t pid = 0;

	if (rc == 0 && peer_pid(&c, &pid, e) == -ESRCH)
		pid = 0;
	if (rc == 0 && !may(ctx, pid))
		rc = err_say(e, EADDRINUSE, "%s is another's", c.addr.sun_path);
	return rc < 0 ? rc : get(&c, a, out, e);
}

int uapi_listener_at(const char *dir, const char *ifname, int timeout_ms, pid_t *out, struct err *e)
{
	CLEANUP(call_done) struct call c;
	int rc = call_open(&c, dir, ifname, timeout_ms, e);

	return rc < 0 ? rc : peer_pid(&c, out, e);
}

int uapi_listener(const char *ifname, int timeout_ms, pid_t *out, struct err *e)
{
	return uapi_listener_at(UAPI_SOCKET_DIR, ifname, timeout_ms, out, e);
}
