/*
 * The relay is a program of its own, since it has to work while this one is busy.
 */
#include "lab/world_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/netns_call.h"

enum { READY_MS = 10000 };

static int links_up(void *ctx, struct err *e)
{
	struct lab_world *w = ctx;
	int rc = w->p->link_up(w->relay.dev[0], true, e);

	return rc ? rc : w->p->link_up(w->relay.dev[1], true, e);
}

int world_relay_lay(struct lab_world *w, struct err *e)
{
	const struct lab_plug *a = &w->plug[LAB_UPLINK][0], *b = &w->plug[LAB_UPLINK][1];
	struct relay_conf *c = &w->relay;
	int rc = w->p->netns_new(&w->relay_netns, e);

	snprintf(c->dev[0], sizeof(c->dev[0]), "%.*sx", SYS_IFNAME_SIZE - 2, a->dev);
	snprintf(c->dev[1], sizeof(c->dev[1]), "%.*sy", SYS_IFNAME_SIZE - 2, a->dev);
	if (!rc)
		rc = w->p->veth_add(w->netns[a->node], a->dev, w->relay_netns, c->dev[0], e);
	if (!rc)
		rc = w->p->veth_add(w->relay_netns, c->dev[1], w->netns[b->node], b->dev, e);
	return rc ? rc : netns_call(w->p, w->relay_netns, w->host_netns, links_up, w, e);
}

struct waiting {
	int fd;
	bool ready, ended;
};

/* It says a line when it works; before that it may say why it does not. */
static void on_word(void *ctx, short revents)
{
	struct waiting *x = ctx;
	char b[256];
	ssize_t n = read(x->fd, b, sizeof(b));

	(void)revents;
	x->ready = n > 0 && strncmp(b, "relaying", strlen("relaying")) == 0;
	x->ended = n <= 0 || !x->ready;
}

static bool is_decided(void *ctx)
{
	const struct waiting *x = ctx;

	return x->ready || x->ended;
}

static int wait_word(struct lab_world *w, int fd, struct err *e)
{
	struct waiting x = { .fd = fd };
	int rc;

	loop_add_fd(w->loop, fd, POLLIN, on_word, &x);
	rc = loop_run(w->loop, loop_now(w->loop) + READY_MS * NS_PER_MS, is_decided, &x);
	loop_del_fd(w->loop, fd);
	if (rc == -EINTR)
		return err_say(e, EINTR, "interrupted");
	return x.ready ? 0 : err_say(e, EIO, "the lab's relay does not work");
}

int world_relay_start(struct lab_world *w, struct err *e)
{
	const char *argv[] = { "/proc/self/exe", "lab", "--relay", relay_text(&w->relay, w->arena),
			       NULL };
	struct sys_spawn s = {
		.argv = (char *const *)argv,
		.netns = w->relay_netns,
		.keep_fd = -1,
	};
	int fds[2], rc;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	s.out_fd = fds[1];
	rc = w->p->spawn(&s, &w->relay_pid, e);
	close(fds[1]);
	if (!rc)
		rc = wait_word(w, fds[0], e);
	close(fds[0]);
	return rc;
}

void world_relay_done(struct lab_world *w)
{
	if (w->relay_pid > 0) {
		kill(w->relay_pid, SIGKILL);
		waitpid(w->relay_pid, NULL, 0);
	}
	w->relay_pid = 0;
	if (w->relay_netns >= 0)
		close(w->relay_netns);
	w->relay_netns = -1;
}
