/*
 * `amount` datagrams that each fill one inner packet of `unit` bytes to the last, numbered.
 *
 * Datagram n carries its number, then the pattern from a position of its own, so that each
 * byte can be verified in whatever order they come. A number that is out of range, a
 * length that is not the agreed one or a byte that differs makes a datagram corrupt; with a
 * valid number it has arrived nevertheless.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/pattern.h"
#include "sys/sockaddr.h"
#include "probe/stream_priv.h"

enum {
	IP4_LEN = 20,
	IP6_LEN = 40,
	UDP_LEN = 8,
	NUMBER_LEN = 8,
	/* datagrams at once, then a pause: a tun's queue holds 500, an engine's perhaps fewer */
	BURST = 4,
	BUFFER_BYTES = 1 << 20,
};
static const int64_t pause_ns = NS_PER_MS;

static uint64_t pattern_pos(uint64_t number)
{
	return number << 17; /* longer than any datagram */
}

static void put_be64(uint8_t *b, uint64_t v)
{
	unsigned i;

	for (i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> (56 - 8 * i));
}

static uint64_t get_be64(const uint8_t *b)
{
	uint64_t v = 0;
	unsigned i;

	for (i = 0; i < 8; i++)
		v = v << 8 | b[i];
	return v;
}

static void arrived(struct stream *s, const uint8_t *b, size_t len)
{
	uint64_t number = len >= NUMBER_LEN ? get_be64(b) : UINT64_MAX;

	if (number >= (uint64_t)s->conf.amount) {
		s->corrupt++;
		return;
	}
	if (len != s->payload_len ||
	    pattern_differs(s->conf.seed, pattern_pos(number), b + NUMBER_LEN, len - NUMBER_LEN))
		s->corrupt++;
	if (s->seen[number / 8] & 1 << number % 8)
		return;
	s->seen[number / 8] |= (uint8_t)(1 << number % 8);
	if (++s->received == s->conf.amount)
		stream_finish(s);
}

static void on_received(void *ctx, short revents)
{
	struct stream *s = ctx;
	ssize_t n;

	(void)revents;
	while (!s->finished_ns) {
		n = recv(s->recv_fd, s->buf, STREAM_BUF_BYTES, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (errno != EAGAIN)
				stream_fail(s, "receive", errno);
			return;
		}
		arrived(s, s->buf, (size_t)n);
	}
}

/* True when there was room for it. */
static bool send_one(struct stream *s)
{
	ssize_t n;

	put_be64(s->buf, (uint64_t)s->sent);
	pattern_fill(s->conf.seed, pattern_pos((uint64_t)s->sent), s->buf + NUMBER_LEN,
		     s->payload_len - NUMBER_LEN);
	n = send(s->send_fd, s->buf, s->payload_len, MSG_NOSIGNAL);
	if (n >= 0) {
		s->sent++;
		return true;
	}
	if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
		stream_fail(s, "send", errno);
	return false;
}

static void on_timer(void *ctx)
{
	struct stream *s = ctx;
	unsigned i;

	s->timer = 0;
	for (i = 0; i < BURST && s->sent < s->conf.amount; i++)
		if (!send_one(s))
			break;
	if (s->sent < s->conf.amount && !s->finished_ns)
		s->timer = loop_add_timer(s->loop, loop_now(s->loop) + pause_ns, on_timer, s);
}

int stream_udp_open(struct stream *s, const struct platform_ops *p, struct err *e)
{
	unsigned headers =
		UDP_LEN + (s->conf.addr[END_NEAR].family == FAMILY_IP6 ? IP6_LEN : IP4_LEN);
	int rc, bytes = BUFFER_BYTES;

	if (s->conf.unit < headers + NUMBER_LEN || s->conf.unit > STREAM_BUF_BYTES - 1)
		return err_say(e, EINVAL, "packets of %u bytes cannot be sent", s->conf.unit);
	s->payload_len = s->conf.unit - headers;
	s->seen = arena_alloc(s->arena, (size_t)s->conf.amount / 8 + 1);
	rc = stream_socket(s, p, stream_to(s), SOCK_DGRAM, &s->recv_fd, e);
	if (!rc)
		rc = stream_socket(s, p, s->conf.from, SOCK_DGRAM, &s->send_fd, e);
	if (!rc)
		setsockopt(s->recv_fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	return rc;
}

void stream_udp_start(struct stream *s)
{
	struct sockaddr_storage sa;
	struct err e = { 0 };
	socklen_t len;

	if (stream_bound(s->recv_fd, &sa, &len, &e) < 0) {
		stream_fail(s, "connect", e.code);
		return;
	}
	/* Connected, so that an ICMP error about them becomes an error of the next send. */
	if (connect(s->send_fd, (struct sockaddr *)&sa, len) < 0) {
		stream_fail(s, "connect", errno);
		return;
	}
	loop_add_fd(s->loop, s->recv_fd, POLLIN, on_received, s);
	on_timer(s);
}
