#include "probe/stream.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/sockaddr.h"
#include "probe/stream_priv.h"

void stream_forget(struct stream *s, int *fd)
{
	if (*fd < 0)
		return;
	loop_del_fd(s->loop, *fd);
	close(*fd);
	*fd = -1;
}

/*
 * The sockets stay open: closing the sender's now could reset what the other end still
 * acknowledges.
 */
static void stop_serving(struct stream *s)
{
	int fds[] = { s->send_fd, s->recv_fd, s->listen_fd };
	size_t i;

	if (!s->finished_ns)
		s->finished_ns = loop_now(s->loop);
	loop_del_timer(s->loop, s->timer);
	s->timer = 0;
	for (i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			loop_del_fd(s->loop, fds[i]);
}

void stream_finish(struct stream *s)
{
	stop_serving(s);
}

void stream_fail(struct stream *s, const char *what, int code)
{
	if (!s->error) {
		s->error = arena_printf(s->arena, "%s: %s", what, strerror(code));
		s->shortage = err_is_shortage(code);
	}
	stop_serving(s);
}

/* --- sockets in two namespaces ---------------------------------------------- */

static int socket_in(const struct platform_ops *p, int netns, int home, int domain, int type,
		     struct err *e)
{
	int fd, rc = netns < 0 ? 0 : p->netns_enter(netns, e);

	if (rc < 0)
		return rc;
	/* A socket belongs to the namespace it was made in: all else works from home. */
	fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fd = err_sys(e, "open a socket in the tunnel's end");
	rc = netns < 0 ? 0 : p->netns_enter(home, e);
	/*
	 * Everything later would happen in the wrong place, and nothing can be done about it
	 * here.
	 */
	assert(rc >= 0);
	return fd;
}

int stream_socket(const struct stream *s, const struct platform_ops *p, enum end where, int type,
		  int *out, struct err *e)
{
	const struct ip_addr *a = &s->conf.addr[where];
	int domain = a->family == FAMILY_IP6 ? AF_INET6 : AF_INET;
	char name[IP_ADDR_STR_SIZE];
	struct sockaddr_storage sa;
	socklen_t len = sockaddr_from(a, 0, &sa);
	int fd, rc;

	fd = socket_in(p, s->conf.netns[where], s->conf.home_netns, domain, type, e);
	if (fd < 0)
		return fd;
	if (bind(fd, (struct sockaddr *)&sa, len) < 0) {
		rc = err_sys(e, "bind to %s", ip_addr_str(a, name));
		close(fd);
		return rc;
	}
	*out = fd;
	return 0;
}

int stream_bound(int fd, struct sockaddr_storage *sa, socklen_t *len, struct err *e)
{
	*len = sizeof(*sa);
	if (getsockname(fd, (struct sockaddr *)sa, len) < 0)
		return err_sys(e, "read a socket's address");
	return 0;
}

/* ----------------------------------------------------------------------------- */

int stream_open(const struct stream_conf *c, const struct platform_ops *p, struct loop *l,
		struct arena *a, struct stream **out, struct err *e)
{
	struct stream *s = arena_alloc(a, sizeof(*s));
	int rc;

	assert(c->kind == STREAM_TCP || c->kind == STREAM_UDP);
	assert(c->amount > 0 && c->addr[END_NEAR].family == c->addr[END_FAR].family);
	s->conf = *c;
	s->loop = l;
	s->arena = a;
	s->send_fd = s->recv_fd = s->listen_fd = -1;
	s->buf = arena_alloc(a, STREAM_BUF_BYTES);
	rc = c->kind == STREAM_TCP ? stream_tcp_open(s, p, e) : stream_udp_open(s, p, e);
	if (rc < 0) {
		stream_close(s);
		return rc;
	}
	*out = s;
	return 0;
}

void stream_start(struct stream *s)
{
	s->started_ns = loop_now(s->loop);
	if (s->conf.kind == STREAM_TCP)
		stream_tcp_start(s);
	else
		stream_udp_start(s);
}

bool stream_done(void *stream)
{
	const struct stream *s = stream;

	return s->finished_ns != 0;
}

void stream_facts(const struct stream *s, struct stream_facts *out)
{
	int64_t until = s->finished_ns ? s->finished_ns : loop_now(s->loop);
	struct stream_facts f = {
		.kind = s->conf.kind,
		.from = s->conf.from,
		.family = s->conf.addr[END_NEAR].family,
		.sent = s->sent,
		.received = s->received,
		.corrupt = s->corrupt,
		.unit = s->conf.unit,
		.elapsed_ns = s->started_ns ? until - s->started_ns : 0,
		.error = s->error,
		.shortage = s->shortage,
	};

	if (!f.error && !s->finished_ns)
		f.error = arena_printf(s->arena, "not finished after %.1f s: %lld of %lld arrived",
				       (double)f.elapsed_ns / NS_PER_S, (long long)s->received,
				       (long long)s->conf.amount);
	*out = f;
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	loop_del_timer(s->loop, s->timer);
	stream_forget(s, &s->send_fd);
	stream_forget(s, &s->recv_fd);
	stream_forget(s, &s->listen_fd);
}
