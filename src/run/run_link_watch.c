#include "run/run_link_watch.h"

#include <string.h>
#include <unistd.h>

#include "sys/netns_call.h"

/* Making an interface anew is a handful of changes: looked at when they are over. */
enum { LOOK_MS = 50 };

/* --- a look -------------------------------------------------------------------------- */

static bool addr_equal(const struct sys_addr *a, const struct sys_addr *b)
{
	return a->addr.len == b->addr.len && ip_addr_equal(&a->addr.addr, &b->addr.addr) &&
	       ip_addr_equal(&a->peer, &b->peer) && a->tentative == b->tentative;
}

static void take_addrs(struct run_link_seen *s, const struct sys_addr *all, size_t n)
{
	size_t i;

	s->addrs = arena_alloc(&s->arena, (n + 1) * sizeof(*s->addrs));
	for (i = 0; i < n; i++)
		if (all[i].ifindex == s->ifindex)
			s->addrs[s->n_addrs++] = all[i];
}

static int look_here(void *ctx, struct err *e)
{
	struct run_link_watch *w = ctx;
	struct run_link_seen s = { 0 };
	struct sys_link *links;
	struct sys_addr *addrs;
	size_t n, n_addrs, i;
	int rc;

	arena_init(&s.arena);
	rc = w->p->links(&s.arena, &links, &n, e);
	if (!rc)
		rc = w->p->addrs(&s.arena, &addrs, &n_addrs, e);
	if (rc < 0) {
		arena_done(&s.arena);
		return rc;
	}
	for (i = 0; i < n; i++)
		if (strcmp(links[i].name, w->ifname) == 0)
			s.ifindex = links[i].ifindex;
	if (s.ifindex)
		take_addrs(&s, addrs, n_addrs);
	arena_done(&w->now.arena);
	w->now = s;
	return 0;
}

static int in_netns(struct run_link_watch *w, int (*fn)(void *ctx, struct err *e), struct err *e)
{
	if (w->netns < 0)
		return fn(w, e);
	return netns_call(w->p, w->netns, w->home_netns, fn, w, e);
}

static void later(struct run_link_watch *w);

static void on_timer(void *ctx)
{
	struct run_link_watch *w = ctx;
	struct err ignored;

	w->timer = 0;
	/* What could not be asked now is asked again: nobody else tells of it. */
	if (in_netns(w, look_here, &ignored) < 0)
		later(w);
	else
		w->news = true;
}

static void later(struct run_link_watch *w)
{
	if (!w->timer)
		w->timer = loop_add_timer(w->loop, loop_now(w->loop) + LOOK_MS * NS_PER_MS,
					  on_timer, w);
}

/* --- its time --------------------------------------------------------------------------- */

static void on_change(void *ctx, short revents)
{
	struct run_link_watch *w = ctx;

	(void)revents;
	w->p->link_watch_drain(w->fd);
	later(w);
}

static int open_here(void *ctx, struct err *e)
{
	struct run_link_watch *w = ctx;

	int rc = w->p->addr_watch_open(&w->fd, e);

	w->open = !rc;
	return rc;
}

int run_link_watch_open(struct run_link_watch *w, struct err *e)
{
	int rc;

	w->timer = 0;
	w->news = false;
	arena_init(&w->first.arena);
	arena_init(&w->now.arena);
	/* In this order: what changes in between is seen once more. */
	rc = in_netns(w, open_here, e);
	if (!rc)
		rc = in_netns(w, look_here, e);
	if (rc < 0) {
		run_link_watch_close(w);
		return rc;
	}
	run_link_watch_renew(w);
	loop_add_fd(w->loop, w->fd, POLLIN, on_change, w);
	return 0;
}

bool run_link_watch_gone(const struct run_link_watch *w)
{
	return w->now.ifindex != w->first.ifindex;
}

bool run_link_watch_differs(const struct run_link_watch *w)
{
	size_t i;

	if (run_link_watch_gone(w) || w->now.n_addrs != w->first.n_addrs)
		return true;
	for (i = 0; i < w->now.n_addrs; i++)
		if (!addr_equal(&w->now.addrs[i], &w->first.addrs[i]))
			return true;
	return false;
}

void run_link_watch_renew(struct run_link_watch *w)
{
	struct run_link_seen *f = &w->first;
	const struct run_link_seen *now = &w->now;

	arena_done(&f->arena);
	*f = (struct run_link_seen){ .ifindex = now->ifindex };
	arena_init(&f->arena);
	if (now->ifindex)
		take_addrs(f, now->addrs, now->n_addrs);
}

void run_link_watch_close(struct run_link_watch *w)
{
	if (w->timer)
		loop_del_timer(w->loop, w->timer);
	w->timer = 0;
	if (w->open) {
		loop_del_fd(w->loop, w->fd);
		close(w->fd);
	}
	w->open = false;
	arena_done(&w->first.arena);
	arena_done(&w->now.arena);
	w->first = w->now = (struct run_link_seen){ 0 };
}
