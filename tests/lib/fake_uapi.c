#include "fake_uapi.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void read_request(struct fake_uapi *f, int fd)
{
	char b[65536];
	ssize_t n = 1;

	while (n > 0) {
		n = read(fd, b, f->read_only ? f->read_only : sizeof(b));
		if (n > 0)
			buf_add(&f->request, b, (size_t)n);
		if (f->read_only)
			return;
		if (f->request.len >= 2 && !memcmp(f->request.b + f->request.len - 2, "\n\n", 2))
			return;
	}
}

static void send_reply(const struct fake_uapi *f, int fd)
{
	size_t at = 0;

	while (at < f->reply_len) {
		size_t len = f->reply_len - at;
		ssize_t n;

		if (f->piece && len > f->piece)
			len = f->piece;
		n = send(fd, f->reply + at, len, MSG_NOSIGNAL);
		if (n < 0)
			return;
		at += (size_t)n;
		if (f->forever && at == f->reply_len)
			at = 0;
	}
}

static void *serve(void *ctx)
{
	struct fake_uapi *f = ctx;
	int fd = accept(f->listener, NULL, NULL);
	char b;

	if (fd < 0)
		return NULL;
	read_request(f, fd);
	send_reply(f, fd);
	while (f->hold && read(fd, &b, 1) > 0)
		;
	close(fd);
	return NULL;
}

void fake_uapi_dir(struct fake_uapi *f)
{
	memset(f, 0, sizeof(*f));
	f->listener = -1;
	snprintf(f->dir, sizeof(f->dir), "/tmp/wgdiag-uapi-XXXXXX");
	if (!mkdtemp(f->dir))
		abort();
	snprintf(f->path, sizeof(f->path), "%s/wg0.sock", f->dir);
}

void fake_uapi_open(struct fake_uapi *f, int backlog)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	fake_uapi_dir(f);
	memcpy(addr.sun_path, f->path, strlen(f->path) + 1);
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert(f->listener >= 0);
	assert(!bind(f->listener, (struct sockaddr *)&addr, sizeof(addr)));
	assert(!listen(f->listener, backlog));
}

void fake_uapi_start(struct fake_uapi *f)
{
	if (f->reply && !f->reply_len)
		f->reply_len = strlen(f->reply);
	assert(!pthread_create(&f->thread, NULL, serve, f));
	f->running = true;
}

void fake_uapi_close(struct fake_uapi *f)
{
	if (f->running)
		pthread_join(f->thread, NULL);
	if (f->listener >= 0)
		close(f->listener);
	unlink(f->path);
	assert(!rmdir(f->dir));
	buf_done(&f->request);
}
