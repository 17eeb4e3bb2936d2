/*
 * A datagram every few milliseconds from a socket at the near end; one at the far end sends each
 * back. Time is counted from the handshake on, so that a slow start is not taken for a tunnel
 * that carries nothing.
 */
#include "lab/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/uapi_client.h"

enum {
	EVERY_MS = 20,
	HANDSHAKE_MS = 6500, /* an engine repeats a lost initiation after 5 s, plus 1/3 s */
	PASS_MS = 1000, /* after the handshake; a healthy pair takes about one */
	GET_TIMEOUT_MS = 500,
	DATAGRAM_BYTES = 64,
	SOCKET_PORT = 9, /* inside the tunnel all ports are free */
};

struct trial {
	struct self_tunnel *t;
	int fd[END_COUNT];
	enum end opening;
	unsigned timer;
	int64_t handshake_ns; /* when it was seen, or UNKNOWN */
	bool passed;
};

static struct sockaddr_in inner_of(const struct self_end *end)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(SOCKET_PORT) };

	memcpy(&sin.sin_addr, end->inner4.b, sizeof(sin.sin_addr));
	return sin;
}

/* Bound to the inner address, and connected to the other one. */
static int open_socket(void *ctx, struct err *e)
{
	struct trial *x = ctx;
	enum end other = x->opening == END_NEAR ? END_FAR : END_NEAR;
	struct sockaddr_in from = inner_of(&x->t->end[x->opening]);
	struct sockaddr_in to = inner_of(&x->t->end[other]);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	x->fd[x->opening] = fd;
	if (fd < 0)
		return err_sys(e, "socket");
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return err_sys(e, "open a socket in the tunnel");
	return 0;
}

static void on_far(void *ctx, short revents)
{
	struct trial *x = ctx;
	char b[DATAGRAM_BYTES];
	ssize_t n = recv(x->fd[END_FAR], b, sizeof(b), 0);

	(void)revents;
	/* One that cannot be sent is followed by others. */
	if (n > 0)
		(void)send(x->fd[END_FAR], b, (size_t)n, 0);
}

static void on_near(void *ctx, short revents)
{
	struct trial *x = ctx;
	char b[DATAGRAM_BYTES];

	(void)revents;
	if (recv(x->fd[END_NEAR], b, sizeof(b), 0) == sizeof(b))
		x->passed = true;
}

static void look_for_handshake(struct trial *x)
{
	const char *tun = x->t->end[END_NEAR].tun;
	struct uapi_device *d;
	struct arena tmp;

	arena_init(&tmp);
	if (uapi_get(tun, GET_TIMEOUT_MS, &tmp, &d, NULL) == 0 && d->n_peers &&
	    uapi_peer_handshake_ns(&d->peers[0]))
		x->handshake_ns = loop_now(x->t->loop);
	arena_done(&tmp);
}

static void on_timer(void *ctx)
{
	static const char datagram[DATAGRAM_BYTES] = "wgdiag";
	struct trial *x = ctx;
	struct loop *l = x->t->loop;

	if (x->handshake_ns == UNKNOWN)
		look_for_handshake(x);
	(void)send(x->fd[END_NEAR], datagram, sizeof(datagram), 0);
	x->timer = loop_add_timer(l, loop_now(l) + EVERY_MS * NS_PER_MS, on_timer, x);
}

static bool is_over(void *ctx)
{
	struct trial *x = ctx;

	return x->passed || (x->handshake_ns != UNKNOWN &&
			     loop_now(x->t->loop) - x->handshake_ns >= PASS_MS * NS_PER_MS);
}

static int watch(struct trial *x, struct err *e)
{
	struct loop *l = x->t->loop;
	int64_t longest = (HANDSHAKE_MS + PASS_MS) * NS_PER_MS;
	int rc;

	loop_add_fd(l, x->fd[END_NEAR], POLLIN, on_near, x);
	loop_add_fd(l, x->fd[END_FAR], POLLIN, on_far, x);
	x->timer = loop_add_timer(l, loop_now(l), on_timer, x);
	rc = loop_run(l, loop_now(l) + longest, is_over, x);
	loop_del_timer(l, x->timer);
	loop_del_fd(l, x->fd[END_NEAR]);
	loop_del_fd(l, x->fd[END_FAR]);
	if (rc == -EINTR)
		return err_say(e, EINTR, "interrupted");
	if (!x->passed && x->handshake_ns == UNKNOWN)
		return err_say(e, ETIMEDOUT, "no handshake");
	return 0;
}

static int try_it(struct trial *x, struct err *e)
{
	unsigned i;
	int rc = 0;

	for (i = 0; i < END_COUNT && !rc; i++) {
		x->opening = (enum end)i;
		rc = self_tunnel_in(x->t, x->opening, open_socket, x, e);
	}
	if (!rc)
		rc = watch(x, e);
	for (i = 0; i < END_COUNT; i++)
		if (x->fd[i] >= 0)
			close(x->fd[i]);
	return rc;
}

int trial_passes(struct self_tunnel *t, const struct self_conf *c, bool *passes, struct err *e)
{
	struct trial x = { .t = t, .fd = { -1, -1 }, .handshake_ns = UNKNOWN };
	struct facts *scratch = arena_alloc(t->arena, sizeof(*scratch));
	int rc;

	facts_init(scratch);
	rc = self_tunnel_start(t, c, scratch, e);
	if (!rc)
		rc = self_tunnel_keepalive(t, c, e);
	if (!rc)
		rc = try_it(&x, e);
	self_tunnel_stop(t, NULL);
	if (!rc)
		*passes = x.passed;
	return rc;
}
