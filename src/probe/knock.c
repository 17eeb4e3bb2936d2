#include "probe/knock.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/sock_option.h"
#include "sys/sockaddr.h"

struct door {
	struct knock *knock;
	uint16_t port;
	int fd; /* -1: over */
};

struct knock {
	struct knock_conf conf;
	struct loop *loop;
	struct door *doors;
	uint16_t answered;
	bool refused;
};

static void leave(struct door *d)
{
	/* Reset, so that nothing of it waits anywhere. */
	struct linger l = { .l_onoff = 1 };

	if (d->fd < 0)
		return;
	loop_del_fd(d->knock->loop, d->fd);
	setsockopt(d->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(d->fd);
	d->fd = -1;
}

/* A filter on the way may refuse in the target's stead, by ICMP: that is no RST of the target. */
static bool was_icmp(const struct door *d)
{
#ifdef MSG_ERRQUEUE
	uint8_t b[64];
	struct iovec v = { .iov_base = b, .iov_len = sizeof(b) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	return recvmsg(d->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0;
#else
	(void)d;
	return false;
#endif
}

static void ask_for_icmp(int fd, uint8_t family)
{
	int on = 1;

	(void)fd;
	(void)family;
	(void)on;
	/* Without it a refusal is believed to be the target's. */
#ifdef IP_RECVERR
	if (family != FAMILY_IP6)
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
#endif
#ifdef IPV6_RECVERR
	if (family == FAMILY_IP6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
#endif
}

static void judge(struct door *d, int error)
{
	struct knock *k = d->knock;

	if ((error == 0 || error == ECONNREFUSED) && !k->answered) {
		k->answered = d->port;
		k->refused = error != 0;
	}
	leave(d);
}

static void on_sock(void *ctx, short revents)
{
	struct door *d = ctx;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)revents;
	if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error == ECONNREFUSED && was_icmp(d))
		error = EHOSTUNREACH;
	judge(d, error);
}

static int open_door(struct door *d, const struct knock_conf *c, struct err *e)
{
	struct sockaddr_storage sa;
	socklen_t len;
	int rc;

	d->fd = socket(c->target.family == FAMILY_IP6 ? AF_INET6 : AF_INET,
		       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->fd < 0)
		return err_sys(e, "open a TCP socket");
	ask_for_icmp(d->fd, c->target.family);
	rc = sock_mark(d->fd, c->mark, e);
	if (!rc)
		rc = sock_bind_link(d->fd, c->link, e);
	if (rc < 0 || c->source.family == FAMILY_NONE)
		return rc;
	len = sockaddr_from(&c->source, 0, &sa);
	if (bind(d->fd, (struct sockaddr *)&sa, len) < 0)
		return err_sys(e, "bind a TCP socket to our inner address");
	return 0;
}

int knock_open(const struct knock_conf *c, struct loop *l, struct arena *a, struct knock **out,
	       struct err *e)
{
	struct knock *k = arena_alloc(a, sizeof(*k));
	int rc = 0;
	unsigned i;

	k->conf = *c;
	k->loop = l;
	k->doors = arena_alloc(a, c->n_ports * sizeof(*k->doors));
	for (i = 0; i < c->n_ports; i++)
		k->doors[i] = (struct door){ k, c->ports[i], -1 };
	for (i = 0; i < c->n_ports && !rc; i++)
		rc = open_door(&k->doors[i], c, e);
	if (rc < 0) {
		knock_close(k);
		return rc;
	}
	*out = k;
	return 0;
}

void knock_start(struct knock *k)
{
	struct sockaddr_storage sa;
	socklen_t len;
	unsigned i;

	for (i = 0; i < k->conf.n_ports; i++) {
		struct door *d = &k->doors[i];

		len = sockaddr_from(&k->conf.target, d->port, &sa);
		if (connect(d->fd, (struct sockaddr *)&sa, len) < 0 && errno != EINPROGRESS)
			judge(d, errno);
		else
			loop_add_fd(k->loop, d->fd, POLLOUT, on_sock, d);
	}
}

bool knock_done(void *knock)
{
	const struct knock *k = knock;
	unsigned i;

	if (k->answered)
		return true;
	for (i = 0; i < k->conf.n_ports; i++)
		if (k->doors[i].fd >= 0)
			return false;
	return true;
}

uint16_t knock_answer(const struct knock *k, bool *refused)
{
	*refused = k->refused;
	return k->answered;
}

void knock_close(struct knock *k)
{
	unsigned i;

	for (i = 0; k && i < k->conf.n_ports; i++)
		leave(&k->doors[i]);
}
