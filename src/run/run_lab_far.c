/*
 * A program of its own, as a user would start it there: so it is the same code to the last line.
 */
#include "run/run_lab_far.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "model/far_seen.h"
#include "run/run_far.h"
#include "sys/loop.h"

enum {
	READY_MS = 10000,
	END_MS = 15000, /* run_record.c has as much for what comes after the recording */
	TEXT_MAX = 16 << 20,
};
/* Longer than any run; it is ended when that is. */
#define LAB_FAR_FOR "10m"

struct lab_far {
	struct lab_world *w;
	pid_t pid;
	int fd;
	bool ended;
	struct buf text;
};

static void on_text(void *ctx, short revents)
{
	struct lab_far *x = ctx;
	char chunk[16384];
	ssize_t n = read(x->fd, chunk, sizeof(chunk));

	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && x->text.len < TEXT_MAX) {
		buf_add(&x->text, chunk, (size_t)n);
		return;
	}
	x->ended = true;
	loop_del_fd(x->w->loop, x->fd);
}

/* It says a line when it has begun. */
static bool is_ready(void *ctx)
{
	const struct lab_far *x = ctx;

	return x->ended || memchr(buf_str(&x->text), '\n', x->text.len);
}

static bool is_over(void *ctx)
{
	const struct lab_far *x = ctx;

	return x->ended;
}

static int spawn(struct lab_far *x, enum end end, struct err *e)
{
	const struct lab_end *far = &x->w->end[end];
	const char *argv[] = { "/proc/self/exe", "serve",     "--once", "--out", "-",
			       "--for",		 LAB_FAR_FOR, far->tun, NULL };
	struct sys_spawn s = {
		.argv = (char *const *)argv,
		.netns = x->w->netns[far->node],
		.keep_fd = -1,
	};
	int fds[2], rc;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	s.out_fd = fds[1];
	rc = x->w->p->spawn(&s, &x->pid, e);
	close(fds[1]);
	if (rc < 0) {
		close(fds[0]);
		return rc;
	}
	x->fd = fds[0];
	loop_add_fd(x->w->loop, x->fd, POLLIN, on_text, x);
	return 0;
}

void lab_far_stop(struct lab_far *x)
{
	if (!x)
		return;
	if (!x->ended)
		loop_del_fd(x->w->loop, x->fd);
	if (x->pid > 0) {
		kill(x->pid, SIGKILL);
		waitpid(x->pid, NULL, 0);
	}
	close(x->fd);
	buf_wipe_done(&x->text);
}

int lab_far_start(struct lab_world *w, enum end end, struct lab_far **out, struct err *e)
{
	struct lab_far *x;
	int rc;

	*out = NULL;
	if (!w->end[end].engine)
		return 0;
	x = arena_alloc(w->arena, sizeof(*x));
	x->w = w;
	buf_init(&x->text);
	rc = spawn(x, end, e);
	if (rc < 0)
		return rc;
	loop_run(w->loop, loop_now(w->loop) + READY_MS * NS_PER_MS, is_ready, x);
	if (!x->ended && is_ready(x)) {
		*out = x;
		return 0;
	}
	err_say(e, EIO, "the recording at the other end did not begin: %.*s",
		(int)strcspn(buf_str(&x->text), "\n"), buf_str(&x->text));
	lab_far_stop(x);
	return -EIO;
}

int lab_far_end(struct lab_far *x, struct arena *a, struct facts *f, struct err *e)
{
	struct far_text far;
	const char *at;
	int rc;

	kill(x->pid, SIGINT);
	loop_run(x->w->loop, loop_now(x->w->loop) + END_MS * NS_PER_MS, is_over, x);
	at = strstr(buf_str(&x->text), "\n{");
	if (!at)
		return err_say(e, EIO, "the recording at the other end gave nothing: %.*s",
			       (int)strcspn(buf_str(&x->text), "\n"), buf_str(&x->text));
	rc = far_parse(at, strlen(at), a, &far, e);
	return rc < 0 ? err_prefix(e, "the recording at the other end") :
			run_far_apply(f, &far, a, e);
}
