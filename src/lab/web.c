/*
 * The page of a network that wants a login: one answer for whatever is asked.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/world.h"

struct web {
	struct lab_world *w;
	uint16_t port;
	char answer[512];
};

struct visit {
	struct web *web;
	int fd;
};

/* What is asked does not matter; that it came does. */
static void on_request(void *ctx, short revents)
{
	struct visit *v = ctx;
	char text[1024];

	(void)revents;
	if (recv(v->fd, text, sizeof(text), 0) > 0)
		(void)!send(v->fd, v->web->answer, strlen(v->web->answer), MSG_NOSIGNAL);
	loop_del_fd(v->web->w->loop, v->fd);
	close(v->fd);
}

static void on_visitor(void *ctx, short revents)
{
	struct web *web = ctx;
	struct visit *v = arena_alloc(web->w->arena, sizeof(*v));

	(void)revents;
	v->web = web;
	v->fd = accept4(web->w->web_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (v->fd >= 0)
		loop_add_fd(web->w->loop, v->fd, POLLIN, on_request, v);
}

static int listen_here(void *ctx, struct err *e)
{
	struct web *web = ctx;
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(web->port) };
	int zero = 0, fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_sys(e, "open a TCP socket");
	web->w->web_fd = fd;
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero)) < 0 ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 8) < 0)
		return err_sys(e, "listen on TCP port %u", web->port);
	return 0;
}

int lab_web(struct lab_world *w, enum lab_node node, uint16_t port, const char *url, struct err *e)
{
	struct web *web = arena_alloc(w->arena, sizeof(*web));
	int rc;

	web->w = w;
	web->port = port;
	snprintf(web->answer, sizeof(web->answer),
		 "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n"
		 "Connection: close\r\n\r\n",
		 url);
	lab_told(w, "a web server on port %u that sends to %s", port, url);
	rc = lab_world_in(w, node, listen_here, web, e);
	if (!rc)
		loop_add_fd(w->loop, w->web_fd, POLLIN, on_visitor, web);
	return rc;
}

void lab_web_done(struct lab_world *w)
{
	if (w->web_fd < 0)
		return;
	loop_del_fd(w->loop, w->web_fd);
	close(w->web_fd);
	w->web_fd = -1;
}
