/*
 * The five timers of a peer and the eight events that arm and cancel them: the Linux
 * driver's state machine (drivers/net/wireguard/timers.c).
 *
 *   timer           armed by                            fires: what happens
 *   ZERO_KEY        session derived, 540 s              handshake and sessions are wiped
 *   RETRANSMIT      initiation sent, 5 s + jitter       initiate again; after 20: give up
 *   SEND_KEEPALIVE  data received, 10 s                 a keepalive, so that the peer hears us
 *   NEW_HANDSHAKE   data sent, 15 s + jitter            nothing came back: initiate
 *   PERSISTENT      anything authentic, the interval    a keepalive
 *
 * A packet only stores a deadline. The heap of peers is ordered by a time that is never
 * later than the peer's nearest deadline and often earlier, since most deadlines
 * are moved away long before they are reached; the truth is looked up when it comes.
 */
#ifndef WG_TIMERS_H
#define WG_TIMERS_H

#include <stdbool.h>

#include "base/defs.h"

struct wg_device;
struct wg_peer;

/* In the order in which they fire when several are due: after a suspend the wipe comes
 * first, or it would take the handshake that another timer has just begun.
 */
enum timer {
	TIMER_ZERO_KEY,
	TIMER_RETRANSMIT,
	TIMER_SEND_KEEPALIVE,
	TIMER_NEW_HANDSHAKE,
	TIMER_PERSISTENT,
	TIMER_COUNT
};

static const int64_t TIMER_NEVER = INT64_MAX;

struct timers {
	int64_t due_ns[TIMER_COUNT]; /* TIMER_NEVER: not pending */
	int64_t heap_due_ns; /* <= all of them */
	size_t heap_at;
	unsigned attempts; /* retries since an initiation was asked for */
	bool need_another_keepalive;
	bool sent_lastminute; /* the rekey at 165 s on receiving was asked for already */
};

struct timer_heap {
	struct wg_peer **v;
	size_t n, cap;
};

void timers_init(struct wg_peer *p); /* and into the device's heap */
void timers_done(struct wg_peer *p); /* and out of it */
void timers_stop(struct wg_peer *p);
void timer_heap_done(struct timer_heap *h);

/* The events. n: how many packets of a batch it stands for. */
void timers_data_sent(struct wg_peer *p, int64_t now_ns);
void timers_data_received(struct wg_peer *p, int64_t now_ns, size_t n);
void timers_any_sent(struct wg_peer *p);
void timers_any_received(struct wg_peer *p);
void timers_traversal(struct wg_peer *p, int64_t now_ns);
void timers_initiated(struct wg_peer *p, int64_t now_ns);
void timers_complete(struct wg_peer *p);
void timers_derived(struct wg_peer *p, int64_t now_ns);

/* A retry came too soon after the last handshake message of ours: once more at that time. */
void timers_retry_at(struct wg_peer *p, int64_t at_ns);
/* The last initiation never left, and may now: that attempt begins anew. */
void timers_retry_unsent(struct wg_peer *p, int64_t at_ns);
/* The interval of persistent keepalives has changed. */
void timers_persistent_changed(struct wg_peer *p, int64_t now_ns);

#endif
