/*
 * The link and the sockets. As in the kernel's WireGuard the sockets are open while the
 * link is up: down means that nothing is sent, and that the port is free.
 *
 * The sockets are opened by this thread, so they stay in the namespace where the engine
 * was started, wherever the tun is moved.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine/daemon_priv.h"

enum {
	PORT_TRIES = 100, /* the port chosen for one family may be taken in the other */
	STATE_TRIES = 3, /* a tun that is being moved may move on while it is asked */
};

static void close_pair(struct sys_udp pair[2])
{
	for (int i = 0; i < 2; i++) {
		if (pair[i].fd >= 0)
			close(pair[i].fd);
		pair[i].fd = -1;
	}
}

static bool family_is_absent(int rc)
{
	return rc == -EAFNOSUPPORT || rc == -EADDRNOTAVAIL || rc == -EPROTONOSUPPORT;
}

static int try_pair(struct daemon *d, uint16_t port, uint32_t mark, struct sys_udp pair[2],
		    struct err *e)
{
	int rc4, rc6;

	pair[0].fd = pair[1].fd = -1;
	rc4 = d->os->udp_open(FAMILY_IP4, port, mark, &pair[0], e);
	if (rc4 < 0 && !family_is_absent(rc4))
		return rc4;
	rc6 = d->os->udp_open(FAMILY_IP6, rc4 < 0 ? port : pair[0].port, mark, &pair[1], e);
	if (rc6 < 0 && (rc4 < 0 || !family_is_absent(rc6))) {
		close_pair(pair);
		return rc6;
	}
	return 0;
}

static int open_pair(struct daemon *d, uint16_t port, uint32_t mark, struct err *e)
{
	struct sys_udp pair[2];
	int rc = -EADDRINUSE;

	for (int i = 0; i < PORT_TRIES && rc == -EADDRINUSE; i++) {
		rc = try_pair(d, port, mark, pair, e);
		if (port)
			break;
	}
	if (rc < 0)
		return rc;
	/* The old ones stay until the new ones are there. */
	close_pair(d->udp);
	memcpy(d->udp, pair, sizeof(d->udp));
	d->port = pair[0].fd >= 0 ? pair[0].port : pair[1].port;
	d->fwmark = mark;
	for (unsigned i = 0; i < 2; i++)
		if (pair[i].fd >= 0)
			daemon_loop_watch(d, pair[i].fd, SOURCE_UDP + i, NULL);
	return 0;
}

static bool have_sockets(const struct daemon *d)
{
	return d->udp[0].fd >= 0 || d->udp[1].fd >= 0;
}

static int set_mark(struct daemon *d, uint32_t mark)
{
	int rc = 0;

	for (int i = 0; i < 2 && !rc; i++)
		if (d->udp[i].fd >= 0)
			rc = d->os->udp_set_mark(&d->udp[i], mark, NULL);
	if (!rc)
		d->fwmark = mark;
	else if (d->udp[0].fd >= 0)
		d->os->udp_set_mark(&d->udp[0], d->fwmark, NULL);
	return rc;
}

int daemon_link_bind(void *ctx, const struct daemon_set_bind *b)
{
	struct daemon *d = ctx;
	uint16_t port = b->has_port ? b->port : d->port;
	uint32_t mark = b->has_fwmark ? b->fwmark : d->fwmark;
	bool mute = d->up && !have_sockets(d);
	struct err e = { 0 };
	int rc = 0;

	if (!d->up) {
		d->port = port;
		d->fwmark = mark;
	} else if (port != d->port || mute) {
		rc = open_pair(d, port, mark, &e);
	} else if (mark != d->fwmark) {
		rc = set_mark(d, mark);
	}
	if (rc < 0)
		daemon_log(d, 0, "%s", e.code ? e.text : "the fwmark was refused");
	else
		wg_device_clear_sources(d->dev); /* and what found no socket begins at once */
	return rc;
}

void daemon_link_close(struct daemon *d)
{
	close_pair(d->udp);
}

static void go_up(struct daemon *d)
{
	struct err e;

	if (open_pair(d, d->port, d->fwmark, &e) < 0)
		daemon_log(d, 0, "no socket, nothing can be sent: %s", e.text);
	d->up = true;
	daemon_log(d, 1, "link is up, UDP port %u, MTU %u", d->port, d->mtu);
	wg_device_set_up(d->dev, true, d->now_ns);
}

static void go_down(struct daemon *d)
{
	d->up = false;
	wg_device_set_up(d->dev, false, d->now_ns);
	close_pair(d->udp);
	daemon_log(d, 1, "link is down");
}

static int rewatch(struct daemon *d)
{
	struct err e;
	int fd, rc = d->os->link_watch_open(&d->tun, &fd, &e);

	if (!rc)
		rc = daemon_loop_watch(d, fd, SOURCE_LINK, &e);
	if (rc < 0)
		daemon_log(d, 0, "cannot follow the interface: %s", e.text);
	else
		daemon_log(d, 1, "follows the interface into another network namespace");
	return rc;
}

static int ask_state(struct daemon *d, struct sys_tun_state *st)
{
	struct err e;

	for (int i = 0; i < STATE_TRIES; i++) {
		int rc = d->os->tun_state(&d->tun, st, &e);

		if (rc < 0)
			daemon_log(d, 0, "%s", e.text);
		if (rc < 0 || !st->moved)
			return rc;
		rc = rewatch(d);
		if (rc < 0)
			return rc;
	}
	return -EAGAIN;
}

void daemon_link_refresh(struct daemon *d)
{
	struct sys_tun_state st;

	d->now_ns = d->os->boot_ns();
	if (d->tun.watch_fd >= 0)
		d->os->link_watch_drain(d->tun.watch_fd);
	if (ask_state(d, &st) < 0)
		return;
	if (st.gone) {
		daemon_log(d, 1, "the interface is gone");
		d->stop = true;
		return;
	}
	if (st.mtu != d->mtu) {
		d->mtu = st.mtu;
		wg_device_set_mtu(d->dev, st.mtu);
	}
	if (st.up && !d->up)
		go_up(d);
	else if (!st.up && d->up)
		go_down(d);
}
