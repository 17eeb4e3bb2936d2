/*
 * Entries keep their place while callbacks run, so that a callback may add and remove
 * whatever it likes: a removed entry only loses its function, and the array is closed up
 * before the next poll().
 *
 * The clock stands still while this process does: stopped, or asleep with the whole machine.
 * Nobody looked meanwhile, so nothing may be called too late for it. Such a pause shows as more
 * time between two looks at the clock than anything done here takes.
 */
#include "sys/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

/*
 * A callback may take one batch and leave the rest; more rounds than this would serve a flood
 * forever.
 */
enum {
	DRAIN_ROUNDS_MAX = 64,
	LATE_MS = 500, /* poll() returning so long after its time: a pause */
	BUSY_MS = 1500, /* between two looks without a poll(); one question to an engine is 1000 */
};

struct loop_fd {
	int fd;
	short events;
	void (*fn)(void *ctx, short revents); /* NULL: removed */
	void *ctx;
};

struct loop_timer {
	unsigned id;
	int64_t at_ns;
	void (*fn)(void *ctx);
	void *ctx;
};

struct loop {
	int64_t (*now_ns)(void);
	int64_t seen_ns, paused_ns; /* when now_ns was last asked; what it went on in pauses */
	struct loop_fd *fds;
	struct pollfd *polled; /* [0] is stop_fd, then one for each of fds; as large as fds + 1 */
	size_t n_fds, cap_fds;
	struct loop_timer *timers; /* in no order: there are a handful */
	size_t n_timers, cap_timers;
	unsigned last_id;
	int stop_fd;
	bool stopped;
	bool serving; /* callbacks must not run the loop they are called from */
};

static void *grown(void *mem, size_t n, size_t each)
{
	mem = reallocarray(mem, n, each);
	if (!mem)
		abort();
	return mem;
}

struct loop *loop_new(int64_t (*now_ns)(void))
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->now_ns = now_ns;
	l->seen_ns = now_ns();
	l->stop_fd = -1;
	l->polled = grown(NULL, 1, sizeof(*l->polled));
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	free(l->fds);
	free(l->polled);
	free(l->timers);
	free(l);
}

/* After `busy_ns` were meant to pass; up to slack_ns more is no pause. */
static int64_t look_at_clock(struct loop *l, int64_t busy_ns, int64_t slack_ns)
{
	int64_t now = l->now_ns(), more = now - l->seen_ns - busy_ns;

	if (more > slack_ns)
		l->paused_ns += more;
	l->seen_ns = now;
	return now - l->paused_ns;
}

int64_t loop_now(struct loop *l)
{
	return look_at_clock(l, 0, BUSY_MS * NS_PER_MS);
}

int64_t loop_paused_ns(struct loop *l)
{
	loop_now(l);
	return l->paused_ns;
}

void loop_set_stop_fd(struct loop *l, int fd)
{
	l->stop_fd = fd;
}

/* --- registrations -------------------------------------------------------- */

void loop_add_fd(struct loop *l, int fd, short events, void (*fn)(void *ctx, short revents),
		 void *ctx)
{
	struct loop_fd *f;
	size_t i;

	assert(fd >= 0 && fn);
	for (i = 0; i < l->n_fds; i++)
		if (l->fds[i].fd == fd && l->fds[i].fn == fn)
			break;
	if (i == l->cap_fds) {
		l->cap_fds = l->cap_fds ? 2 * l->cap_fds : 8;
		l->fds = grown(l->fds, l->cap_fds, sizeof(*l->fds));
		l->polled = grown(l->polled, l->cap_fds + 1, sizeof(*l->polled));
	}
	if (i == l->n_fds)
		l->n_fds++;
	f = &l->fds[i];
	f->fd = fd;
	f->events = events;
	f->fn = fn;
	f->ctx = ctx;
}

void loop_del_fd(struct loop *l, int fd)
{
	size_t i;

	for (i = 0; i < l->n_fds; i++)
		if (l->fds[i].fd == fd)
			l->fds[i].fn = NULL;
}

unsigned loop_add_timer(struct loop *l, int64_t at_ns, void (*fn)(void *ctx), void *ctx)
{
	struct loop_timer *t;

	if (l->n_timers == l->cap_timers) {
		l->cap_timers = l->cap_timers ? 2 * l->cap_timers : 8;
		l->timers = grown(l->timers, l->cap_timers, sizeof(*l->timers));
	}
	t = &l->timers[l->n_timers++];
	t->id = ++l->last_id;
	t->at_ns = at_ns;
	t->fn = fn;
	t->ctx = ctx;
	return t->id;
}

void loop_del_timer(struct loop *l, unsigned id)
{
	size_t i;

	for (i = 0; i < l->n_timers; i++) {
		if (l->timers[i].id == id) {
			l->timers[i] = l->timers[--l->n_timers];
			return;
		}
	}
}

/* --- serving -------------------------------------------------------------- */

/* The earliest timer with an id up to last_id, or NULL. */
static const struct loop_timer *next_timer(const struct loop *l, unsigned last_id)
{
	const struct loop_timer *t, *first = NULL;
	size_t i;

	for (i = 0; i < l->n_timers; i++) {
		t = &l->timers[i];
		if (t->id > last_id)
			continue;
		if (!first || t->at_ns < first->at_ns ||
		    (t->at_ns == first->at_ns && t->id < first->id))
			first = t;
	}
	return first;
}

/* A timer that is set anew while it fires waits for the next round, or it would starve the fds. */
static bool fire_timers(struct loop *l)
{
	unsigned last_id = l->last_id;
	const struct loop_timer *next;
	int64_t now = loop_now(l);
	struct loop_timer t;
	bool any = false;

	while ((next = next_timer(l, last_id)) && next->at_ns <= now) {
		t = *next;
		loop_del_timer(l, t.id);
		t.fn(t.ctx);
		any = true;
	}
	return any;
}

static void close_up(struct loop *l)
{
	size_t i, n = 0;

	for (i = 0; i < l->n_fds; i++)
		if (l->fds[i].fn)
			l->fds[n++] = l->fds[i];
	l->n_fds = n;
}

/* Waits at most wait_ns and serves what is ready. Returns whether anything was. */
static bool poll_once(struct loop *l, int64_t wait_ns)
{
	struct timespec ts = { .tv_sec = wait_ns / NS_PER_S, .tv_nsec = wait_ns % NS_PER_S };
	size_t i, n;
	int ready;

	close_up(l);
	n = l->n_fds;
	l->polled[0] = (struct pollfd){ .fd = l->stop_fd, .events = POLLIN };
	for (i = 0; i < n; i++)
		l->polled[i + 1] =
			(struct pollfd){ .fd = l->fds[i].fd, .events = l->fds[i].events };
	loop_now(l);
	ready = ppoll(l->polled, n + 1, &ts, NULL);
	look_at_clock(l, wait_ns, LATE_MS * NS_PER_MS);
	if (ready <= 0)
		return false;
	if (l->polled[0].revents) {
		l->stopped = true;
		ready--;
	}
	for (i = 0; i < n; i++) {
		short revents = l->polled[i + 1].revents;

		/* It was closed before it was taken out: it would be ready forever. */
		assert(!(revents & POLLNVAL) || !l->fds[i].fn);
		if (revents && l->fds[i].fn)
			l->fds[i].fn(l->fds[i].ctx, revents);
	}
	return ready > 0;
}

int loop_run(struct loop *l, int64_t deadline_ns, bool (*done)(void *ctx), void *ctx)
{
	const struct loop_timer *t;
	int64_t until, now;
	bool last;
	int rc;

	assert(!l->serving);
	l->serving = true;
	for (;;) {
		l->stopped = false;
		fire_timers(l);
		if ((rc = 0), done && done(ctx))
			break;
		now = loop_now(l);
		/* Begun after the deadline: what is ready by then still counts. */
		last = now >= deadline_ns;
		t = next_timer(l, l->last_id);
		until = t ? MIN(t->at_ns, deadline_ns) : deadline_ns;
		poll_once(l, MAX(until - now, 0));
		if (done && done(ctx))
			break;
		rc = -EINTR;
		if (l->stopped)
			break;
		rc = -ETIMEDOUT;
		if (last)
			break;
	}
	l->serving = false;
	return rc;
}

void loop_drain(struct loop *l)
{
	bool timers, fds;
	int i;

	assert(!l->serving);
	l->serving = true;
	for (i = 0; i < DRAIN_ROUNDS_MAX; i++) {
		timers = fire_timers(l);
		fds = poll_once(l, 0);
		if (!timers && !fds)
			break;
	}
	l->serving = false;
}
