#include "probe/portal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/sock_option.h"
#include "sys/sockaddr.h"

enum { HTTP = 80, ANSWER_MAX = 2048 };

struct portal {
	struct portal_conf conf;
	struct loop *loop;
	struct arena *arena;
	int fd; /* -1: over */
	bool taken;
	char answer[ANSWER_MAX];
	size_t len;
};

static void leave(struct portal *p)
{
	struct linger l = { .l_onoff = 1 };

	if (p->fd < 0)
		return;
	loop_del_fd(p->loop, p->fd);
	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(p->fd);
	p->fd = -1;
}

int portal_open(const struct portal_conf *c, struct loop *l, struct arena *a, struct portal **out,
		struct err *e)
{
	struct portal *p = arena_alloc(a, sizeof(*p));
	struct sockaddr_storage sa;
	socklen_t len;
	int rc;

	p->conf = *c;
	p->loop = l;
	p->arena = a;
	p->fd = socket(c->target.family == FAMILY_IP6 ? AF_INET6 : AF_INET,
		       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0)
		return err_sys(e, "open a TCP socket");
	rc = sock_mark(p->fd, c->mark, e);
	if (!rc)
		rc = sock_hop_limit(p->fd, c->target.family, 1, e);
	if (!rc && c->source.family != FAMILY_NONE) {
		len = sockaddr_from(&c->source, 0, &sa);
		if (bind(p->fd, (struct sockaddr *)&sa, len) < 0)
			rc = err_sys(e, "bind a TCP socket to our outer address");
	}
	if (rc < 0) {
		close(p->fd);
		return rc;
	}
	*out = p;
	return 0;
}

static void on_answer(void *ctx, short revents)
{
	struct portal *p = ctx;
	ssize_t n = recv(p->fd, p->answer + p->len, sizeof(p->answer) - 1 - p->len, 0);

	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		p->len += (size_t)n;
	p->answer[p->len] = '\0';
	/* All of its head, or all that there is room for. */
	if (n <= 0 || strstr(p->answer, "\r\n\r\n") || p->len == sizeof(p->answer) - 1)
		leave(p);
}

static void on_connect(void *ctx, short revents)
{
	struct portal *p = ctx;
	char host[IP_ADDR_STR_SIZE], request[256];
	bool is6 = p->conf.target.family == FAMILY_IP6;
	int error = 0, n;
	socklen_t len = sizeof(error);

	(void)revents;
	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error) {
		leave(p);
		return;
	}
	p->taken = true;
	n = snprintf(request, sizeof(request),
		     "GET / HTTP/1.1\r\nHost: %s%s%s\r\nConnection: close\r\n\r\n", is6 ? "[" : "",
		     ip_addr_str(&p->conf.target, host), is6 ? "]" : "");
	loop_del_fd(p->loop, p->fd);
	if (send(p->fd, request, (size_t)n, MSG_NOSIGNAL) != n) {
		leave(p);
		return;
	}
	loop_add_fd(p->loop, p->fd, POLLIN, on_answer, p);
}

void portal_start(struct portal *p)
{
	struct sockaddr_storage sa;
	socklen_t len = sockaddr_from(&p->conf.target, HTTP, &sa);

	if (connect(p->fd, (struct sockaddr *)&sa, len) < 0 && errno != EINPROGRESS)
		leave(p);
	else
		loop_add_fd(p->loop, p->fd, POLLOUT, on_connect, p);
}

bool portal_done(void *portal)
{
	const struct portal *p = portal;

	return p->fd < 0;
}

/* "http://login.example.org:8080/x": what stands between; an address in brackets is whole. */
static void host_of(const char *url, char host[static PORTAL_HOST_SIZE])
{
	const char *s = strstr(url, "://");
	size_t len;

	host[0] = '\0';
	if (!s || strcspn(url, "\r\n") < (size_t)(s - url))
		return;
	s += 3;
	len = *s == '[' ? strcspn(++s, "]\r\n") : strcspn(s, ":/?#\r\n \t");
	if (len < PORTAL_HOST_SIZE)
		snprintf(host, PORTAL_HOST_SIZE, "%.*s", (int)len, s);
}

int64_t portal_read(const char *text, char host[static PORTAL_HOST_SIZE])
{
	static const char location[] = "\nLocation:";
	const char *s;
	long status;

	host[0] = '\0';
	if (strncmp(text, "HTTP/1.", 7) != 0 || !text[7] || text[8] != ' ')
		return UNKNOWN;
	status = strtol(text + 9, NULL, 10);
	if (status < 100 || status > 599)
		return UNKNOWN;
	for (s = strchr(text, '\n'); s; s = strchr(s + 1, '\n')) {
		if (strncasecmp(s, location, sizeof(location) - 1) == 0) {
			host_of(s + sizeof(location) - 1, host);
			break;
		}
	}
	return status;
}

void portal_facts(const struct portal *p, struct portal_facts *out)
{
	char host[PORTAL_HOST_SIZE];

	*out = (struct portal_facts){ .asked = true, .taken = p->taken };
	out->status = portal_read(p->answer, host);
	if (host[0])
		out->sends_to = arena_strdup(p->arena, host);
}

void portal_close(struct portal *p)
{
	if (p)
		leave(p);
}
