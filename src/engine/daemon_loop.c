/*
 * The one loop. Each source is served a bounded amount per round; what is left keeps its
 * descriptor readable.
 */
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "engine/daemon_priv.h"

enum { EVENTS_MAX = SOURCE_CLIENT + DAEMON_CLIENTS };

int daemon_loop_watch(struct daemon *d, int fd, unsigned source, struct err *e)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = source };

	if (epoll_ctl(d->epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		return err_sys(e, "epoll");
	return 0;
}

void daemon_loop_want_write(struct daemon *d, int fd, unsigned source, bool want)
{
	struct epoll_event ev = { .events = want ? EPOLLOUT : EPOLLIN, .data.u32 = source };

	epoll_ctl(d->epoll, EPOLL_CTL_MOD, fd, &ev);
}

/* What ends the engine, and lets it take its socket along. */
static void ending_signals(sigset_t *set)
{
	struct sigaction hup;

	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	/* Under nohup it is ignored, and has to stay so: blocked, it would come nevertheless. */
	if (sigaction(SIGHUP, NULL, &hup) < 0 || hup.sa_handler != SIG_IGN)
		sigaddset(set, SIGHUP);
}

int daemon_loop_open(struct daemon *d, struct err *e)
{
	sigset_t set;
	int rc;

	ending_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	d->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (d->epoll < 0)
		return err_sys(e, "wait for events (epoll_create1)");
	d->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (d->signals < 0)
		return err_sys(e, "wait for signals (signalfd)");
	/* It runs on in suspend, as the core's ages do. */
	d->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (d->timer < 0)
		return err_sys(e, "create a timer (timerfd_create)");
	d->armed_ns = INT64_MAX;
	rc = daemon_loop_watch(d, d->signals, SOURCE_SIGNAL, e);
	if (!rc)
		rc = daemon_loop_watch(d, d->timer, SOURCE_TIMER, e);
	return rc;
}

/*
 * Only ever set to something earlier: deadlines move back with each packet, and a timer
 * that fires for nothing now and then is cheaper than one that is set anew each time.
 */
static void arm(struct daemon *d)
{
	int64_t due = MIN(wg_device_next_due(d->dev), daemon_uapi_next_due(d));
	struct itimerspec its = { 0 };

	if (due >= d->armed_ns)
		return;
	/* Zero would disarm. */
	due = MAX(due, 1);
	its.it_value.tv_sec = due / NS_PER_S;
	its.it_value.tv_nsec = due % NS_PER_S;
	timerfd_settime(d->timer, TFD_TIMER_ABSTIME, &its, NULL);
	d->armed_ns = due;
}

static void serve_timer(struct daemon *d)
{
	uint64_t fired;

	if (read(d->timer, &fired, sizeof(fired)) == sizeof(fired))
		d->armed_ns = INT64_MAX;
	daemon_io_tick(d);
	daemon_uapi_tick(d);
}

static void serve_routes(struct daemon *d)
{
	d->os->link_watch_drain(d->route_watch);
	wg_device_clear_sources(d->dev);
}

static void serve_udp(struct daemon *d, struct sys_udp *s, uint32_t events)
{
	if (events & EPOLLERR)
		daemon_io_udp_errors(d, s);
	daemon_io_udp(d, s);
}

static void serve(struct daemon *d, unsigned source, uint32_t events)
{
	switch (source) {
	case SOURCE_SIGNAL:
		daemon_log(d, 1, "asked to end");
		d->stop = true;
		break;
	case SOURCE_LINK:
		daemon_link_refresh(d);
		break;
	case SOURCE_ROUTE:
		serve_routes(d);
		break;
	case SOURCE_TIMER:
		serve_timer(d);
		break;
	case SOURCE_FOLDER:
		daemon_uapi_folder(d);
		break;
	case SOURCE_TUN:
		daemon_io_tun(d);
		break;
	case SOURCE_UDP:
	case SOURCE_UDP + 1:
		serve_udp(d, &d->udp[source - SOURCE_UDP], events);
		break;
	case SOURCE_UAPI:
		daemon_uapi_accept(d);
		break;
	default:
		daemon_uapi_serve(d, source - SOURCE_CLIENT, events & ~(uint32_t)EPOLLOUT,
				  events & EPOLLOUT);
		break;
	}
}

/* The state of the link first: when it went down, nothing more may be sent. */
static void serve_all(struct daemon *d, const struct epoll_event *ev, int n)
{
	for (int i = 0; i < n; i++)
		if (ev[i].data.u32 <= SOURCE_LINK)
			serve(d, ev[i].data.u32, ev[i].events);
	for (int i = 0; i < n && !d->stop; i++)
		if (ev[i].data.u32 > SOURCE_LINK)
			serve(d, ev[i].data.u32, ev[i].events);
}

void daemon_loop_run(struct daemon *d)
{
	struct epoll_event ev[EVENTS_MAX];

	while (!d->stop) {
		int n;

		arm(d);
		n = epoll_wait(d->epoll, ev, EVENTS_MAX, -1);
		if (n < 0 && errno != EINTR)
			break;
		serve_all(d, ev, n);
	}
}
