/*
 * `amount` bytes from one end to the other, then end of file. The receiving end listens.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/pattern.h"
#include "sys/sockaddr.h"
#include "probe/stream_priv.h"

static void on_received(void *ctx, short revents)
{
	struct stream *s = ctx;
	ssize_t n = recv(s->recv_fd, s->buf, STREAM_BUF_BYTES, 0);

	(void)revents;
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			stream_fail(s, "receive", errno);
		return;
	}
	if (n > 0) {
		s->corrupt += (int64_t)pattern_differs(s->conf.seed, (uint64_t)s->received, s->buf,
						       (size_t)n);
		s->received += n;
		return;
	}
	if (s->received == s->conf.amount)
		stream_finish(s);
	else
		stream_fail(s, "the connection ended early", ECONNABORTED);
}

static void on_connection(void *ctx, short revents)
{
	struct stream *s = ctx;
	int fd = accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)revents;
	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			stream_fail(s, "accept", errno);
		return;
	}
	stream_forget(s, &s->listen_fd);
	s->recv_fd = fd;
	loop_add_fd(s->loop, fd, POLLIN, on_received, s);
}

/* One buffer per turn: the taps, which share the loop, must not fall behind. */
static void send_some(struct stream *s)
{
	int64_t left = s->conf.amount - s->sent;
	size_t len = (size_t)MIN(left, (int64_t)STREAM_BUF_BYTES);
	ssize_t n;

	pattern_fill(s->conf.seed, (uint64_t)s->sent, s->buf, len);
	n = send(s->send_fd, s->buf, len, MSG_NOSIGNAL);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			stream_fail(s, "send", errno);
		return;
	}
	s->sent += n;
	if (s->sent < s->conf.amount)
		return;
	loop_del_fd(s->loop, s->send_fd);
	if (shutdown(s->send_fd, SHUT_WR) < 0)
		stream_fail(s, "end the connection", errno);
}

static void on_writable(void *ctx, short revents)
{
	struct stream *s = ctx;
	int code = 0;
	socklen_t len = sizeof(code);

	(void)revents;
	if (!s->connected) {
		if (getsockopt(s->send_fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
			code = errno;
		if (code) {
			stream_fail(s, "connect", code);
			return;
		}
		s->connected = true;
	}
	send_some(s);
}

int stream_tcp_open(struct stream *s, const struct platform_ops *p, struct err *e)
{
	int rc, on = 1;

	rc = stream_socket(s, p, stream_to(s), SOCK_STREAM, &s->listen_fd, e);
	if (!rc && listen(s->listen_fd, 1) < 0)
		rc = err_sys(e, "listen");
	if (!rc)
		rc = stream_socket(s, p, s->conf.from, SOCK_STREAM, &s->send_fd, e);
	if (!rc) /* the last bytes are not to wait for an acknowledgement */
		setsockopt(s->send_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return rc;
}

void stream_tcp_start(struct stream *s)
{
	struct sockaddr_storage sa;
	struct err e = { 0 };
	socklen_t len;

	if (stream_bound(s->listen_fd, &sa, &len, &e) < 0) {
		stream_fail(s, "connect", e.code);
		return;
	}
	loop_add_fd(s->loop, s->listen_fd, POLLIN, on_connection, s);
	if (connect(s->send_fd, (struct sockaddr *)&sa, len) < 0 && errno != EINPROGRESS) {
		stream_fail(s, "connect", errno);
		return;
	}
	loop_add_fd(s->loop, s->send_fd, POLLOUT, on_writable, s);
}
