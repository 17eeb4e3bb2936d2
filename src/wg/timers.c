#include "wg/timers.h"

#include "wg/device_priv.h"

/* --- the heap --- */

static void heap_put(struct timer_heap *h, size_t at, struct wg_peer *p)
{
	h->v[at] = p;
	p->timers.heap_at = at;
}

static void sift_up(struct timer_heap *h, size_t at)
{
	struct wg_peer *p = h->v[at];

	while (at > 0) {
		size_t parent = (at - 1) / 2;

		if (h->v[parent]->timers.heap_due_ns <= p->timers.heap_due_ns)
			break;
		heap_put(h, at, h->v[parent]);
		at = parent;
	}
	heap_put(h, at, p);
}

static void sift_down(struct timer_heap *h, size_t at)
{
	struct wg_peer *p = h->v[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= h->n)
			break;
		if (child + 1 < h->n &&
		    h->v[child + 1]->timers.heap_due_ns < h->v[child]->timers.heap_due_ns)
			child++;
		if (p->timers.heap_due_ns <= h->v[child]->timers.heap_due_ns)
			break;
		heap_put(h, at, h->v[child]);
		at = child;
	}
	heap_put(h, at, p);
}

void timers_init(struct wg_peer *p)
{
	struct timer_heap *h = &p->dev->heap;

	if (h->n == h->cap) {
		h->cap = h->cap ? 2 * h->cap : 16;
		h->v = realloc(h->v, h->cap * sizeof(*h->v));
		if (!h->v)
			abort();
	}
	p->timers.heap_due_ns = TIMER_NEVER;
	timers_stop(p);
	heap_put(h, h->n++, p);
}

void timers_done(struct wg_peer *p)
{
	struct timer_heap *h = &p->dev->heap;
	size_t at = p->timers.heap_at;
	struct wg_peer *last = h->v[--h->n];

	if (last == p)
		return;
	heap_put(h, at, last);
	sift_up(h, at);
	sift_down(h, last->timers.heap_at);
}

void timer_heap_done(struct timer_heap *h)
{
	free(h->v);
	*h = (struct timer_heap){ 0 };
}

/* --- arming --- */

static void arm(struct wg_peer *p, enum timer t, int64_t at_ns)
{
	struct timers *ts = &p->timers;

	if (!p->dev->up)
		return;
	ts->due_ns[t] = at_ns;
	if (at_ns >= ts->heap_due_ns)
		return;
	ts->heap_due_ns = at_ns;
	sift_up(&p->dev->heap, ts->heap_at);
}

static void cancel(struct wg_peer *p, enum timer t)
{
	p->timers.due_ns[t] = TIMER_NEVER;
}

static bool pending(const struct wg_peer *p, enum timer t)
{
	return p->timers.due_ns[t] != TIMER_NEVER;
}

/* The place in the heap is left as it is: too early does no harm. */
void timers_stop(struct wg_peer *p)
{
	for (int t = 0; t < TIMER_COUNT; t++)
		p->timers.due_ns[t] = TIMER_NEVER;
	p->timers.need_another_keepalive = false;
}

/* --- the eight events --- */

void timers_data_sent(struct wg_peer *p, int64_t now_ns)
{
	if (!pending(p, TIMER_NEW_HANDSHAKE))
		arm(p, TIMER_NEW_HANDSHAKE,
		    now_ns + SILENCE_S * NS_PER_S + device_jitter_ns(p->dev));
}

void timers_data_received(struct wg_peer *p, int64_t now_ns, size_t n)
{
	if (pending(p, TIMER_SEND_KEEPALIVE) || n > 1)
		p->timers.need_another_keepalive = true;
	if (!pending(p, TIMER_SEND_KEEPALIVE))
		arm(p, TIMER_SEND_KEEPALIVE, now_ns + KEEPALIVE_TIMEOUT_S * NS_PER_S);
}

void timers_any_sent(struct wg_peer *p)
{
	cancel(p, TIMER_SEND_KEEPALIVE);
}

void timers_any_received(struct wg_peer *p)
{
	cancel(p, TIMER_NEW_HANDSHAKE);
}

void timers_traversal(struct wg_peer *p, int64_t now_ns)
{
	if (p->keepalive_s)
		arm(p, TIMER_PERSISTENT, now_ns + p->keepalive_s * NS_PER_S);
}

void timers_initiated(struct wg_peer *p, int64_t now_ns)
{
	arm(p, TIMER_RETRANSMIT, now_ns + REKEY_TIMEOUT_S * NS_PER_S + device_jitter_ns(p->dev));
}

void timers_complete(struct wg_peer *p)
{
	cancel(p, TIMER_RETRANSMIT);
	p->timers.attempts = 0;
	p->timers.sent_lastminute = false;
}

void timers_derived(struct wg_peer *p, int64_t now_ns)
{
	arm(p, TIMER_ZERO_KEY, now_ns + WIPE_AFTER_S * NS_PER_S);
}

void timers_retry_at(struct wg_peer *p, int64_t at_ns)
{
	arm(p, TIMER_RETRANSMIT, at_ns);
}

void timers_retry_unsent(struct wg_peer *p, int64_t at_ns)
{
	if (!pending(p, TIMER_RETRANSMIT))
		return;
	p->timers.attempts = 0;
	arm(p, TIMER_RETRANSMIT, at_ns);
}

void timers_persistent_changed(struct wg_peer *p, int64_t now_ns)
{
	int64_t at_ns = now_ns + p->keepalive_s * NS_PER_S;

	if (!p->keepalive_s)
		cancel(p, TIMER_PERSISTENT);
	else if (pending(p, TIMER_PERSISTENT) && at_ns < p->timers.due_ns[TIMER_PERSISTENT])
		arm(p, TIMER_PERSISTENT, at_ns);
}

/* --- firing --- */

static void fire_zero_key(struct wg_peer *p, int64_t now_ns)
{
	struct wg_event ev = wg_event_make(WG_EVENT_KEYS_WIPED, p, now_ns);

	if (peer_wipe_keys(p))
		device_event(p->dev, &ev);
}

static void fire_retransmit(struct wg_peer *p, int64_t now_ns)
{
	struct wg_event ev = wg_event_make(WG_EVENT_GIVE_UP, p, now_ns);

	if (p->timers.attempts <= MAX_HANDSHAKE_RETRIES) {
		handshake_retry(p, now_ns);
		return;
	}
	ev.attempt = p->timers.attempts + 1;
	device_event(p->dev, &ev);
	cancel(p, TIMER_SEND_KEEPALIVE);
	peer_purge_staged(p, WG_DROP_OUT_GIVE_UP, now_ns);
	/* What is left of the exchange must not stay for ever. */
	if (!pending(p, TIMER_ZERO_KEY))
		arm(p, TIMER_ZERO_KEY, now_ns + WIPE_AFTER_S * NS_PER_S);
}

static void fire_send_keepalive(struct wg_peer *p, int64_t now_ns)
{
	peer_send_keepalive(p, now_ns);
	if (!p->timers.need_another_keepalive)
		return;
	p->timers.need_another_keepalive = false;
	arm(p, TIMER_SEND_KEEPALIVE, now_ns + KEEPALIVE_TIMEOUT_S * NS_PER_S);
}

static void fire_new_handshake(struct wg_peer *p, int64_t now_ns)
{
	endpoint_clear_src(&p->endpoint);
	handshake_request(p, WG_WHY_SILENCE, now_ns);
}

static void fire_persistent(struct wg_peer *p, int64_t now_ns)
{
	if (p->keepalive_s)
		peer_send_keepalive(p, now_ns);
}

static void (*const fire[])(struct wg_peer *p, int64_t now_ns) = {
	[TIMER_ZERO_KEY] = fire_zero_key,
	[TIMER_RETRANSMIT] = fire_retransmit,
	[TIMER_SEND_KEEPALIVE] = fire_send_keepalive,
	[TIMER_NEW_HANDSHAKE] = fire_new_handshake,
	[TIMER_PERSISTENT] = fire_persistent,
};
_Static_assert(ARRAY_LEN(fire) == TIMER_COUNT, "a timer does nothing");

static void fire_due(struct wg_peer *p, int64_t now_ns)
{
	struct timers *ts = &p->timers;

	for (int t = 0; t < TIMER_COUNT; t++) {
		if (ts->due_ns[t] > now_ns)
			continue;
		ts->due_ns[t] = TIMER_NEVER;
		fire[t](p, now_ns);
	}
	ts->heap_due_ns = TIMER_NEVER;
	for (int t = 0; t < TIMER_COUNT; t++)
		ts->heap_due_ns = MIN(ts->heap_due_ns, ts->due_ns[t]);
}

int64_t wg_device_next_due(const struct wg_device *d)
{
	int64_t due_ns = d->limiter_due_ns;

	if (d->heap.n)
		due_ns = MIN(due_ns, d->heap.v[0]->timers.heap_due_ns);
	return due_ns;
}

void wg_device_tick(struct wg_device *d, int64_t now_ns)
{
	struct timer_heap *h = &d->heap;

	device_outbox_free(d);
	d->seen_ns = now_ns;
	while (h->n && h->v[0]->timers.heap_due_ns <= now_ns) {
		struct wg_peer *p = h->v[0];

		fire_due(p, now_ns);
		/* Firing arms, and so may have moved it; nothing moves above the top. */
		sift_down(h, p->timers.heap_at);
	}
	if (d->limiter_due_ns <= now_ns) {
		ratelimit_expire(d->limiter, now_ns);
		d->limiter_due_ns = ratelimit_entries(d->limiter) ? now_ns + NS_PER_S : TIMER_NEVER;
	}
}
