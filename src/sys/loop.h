/*
 * One poll() loop that everything shares that has to be served at the same time: taps,
 * probe sockets, engine output, timers.
 */
#ifndef SYS_LOOP_H
#define SYS_LOOP_H

#include <poll.h>
#include <stdbool.h>

#include "base/err.h"

struct loop;

struct loop *loop_new(int64_t (*now_ns)(void));
void loop_free(struct loop *l);
/* Read anew at each call. It stands still while the process does (stopped, machine asleep). */
int64_t loop_now(struct loop *l);
int64_t loop_paused_ns(struct loop *l); /* how long it stood still so far */

/*
 * fn is called with poll's revents while it lasts. One registration per fd and fn; the fd stays
 * the caller's.
 */
void loop_add_fd(struct loop *l, int fd, short events, void (*fn)(void *ctx, short revents),
		 void *ctx);
void loop_del_fd(struct loop *l, int fd);
/*
 * fn is called once at or after at_ns. Returns an id for loop_del_timer (harmless when it has
 * fired).
 */
unsigned loop_add_timer(struct loop *l, int64_t at_ns, void (*fn)(void *ctx), void *ctx);
void loop_del_timer(struct loop *l, unsigned id);

/*
 * Serves until done(ctx) is true (0), deadline_ns is reached (-ETIMEDOUT), or loop_stop() was
 * called, e.g. by a signal (-EINTR). done may be NULL (never). Never sleeps past what is due.
 * What is ready when the deadline is reached is served, and done asked, before -ETIMEDOUT.
 */
int loop_run(struct loop *l, int64_t deadline_ns, bool (*done)(void *ctx), void *ctx);
/* Serves what is ready now and returns. */
void loop_drain(struct loop *l);
/*
 * fd that ends loop_run with -EINTR when readable (a signal pipe); it stays readable, so later
 * runs end too.
 */
void loop_set_stop_fd(struct loop *l, int fd);

#endif
