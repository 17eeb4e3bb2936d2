/*
 * What came of each initiation, of either end: from the near wire's capture, and from the trace
 * ring where the near engine has one. It is read as it fills, for a busy engine fills it in a
 * second.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/attempts.h"
#include "engine/uapi_client.h"
#include "run/run_priv.h"
#include "wg/cookie.h"
#include "wg/device.h"

enum {
	ASK_MS = 500,
	DRAIN_MS = 100,
	INDEX_DIGITS = 8,
};

static_assert(ATTEMPT_WHY_STAGED == 1 + WG_WHY_STAGED &&
		      ATTEMPT_WHY_KEEPALIVE == 1 + WG_WHY_KEEPALIVE &&
		      ATTEMPT_WHY_COUNT == 1 + WG_WHY_COUNT,
	      "the engine has other reasons");

struct run_attempts {
	struct run *r;
	struct attempts *x;
	struct cookie_checker own;
	bool has_own;
	bool listens; /* to the trace; false: its engine has none */
	uint32_t peer; /* its number there */
	uint64_t overrun;
	unsigned timer;
};

/* A self-test's engine gets its key when the captures are open already. */
static int64_t is_ours(void *ctx, const uint8_t *initiation)
{
	struct run_attempts *s = ctx;
	const struct public_key *own = &s->r->end[END_NEAR].public_key;

	if (!s->has_own && public_key_is_zero(own))
		return UNKNOWN;
	if (!s->has_own)
		cookie_checker_set_key(&s->own, own);
	s->has_own = true;
	return cookie_mac1_valid(&s->own, initiation, WG_INITIATION_LEN);
}

void run_attempts_open(struct run *r)
{
	struct run_attempts *s = arena_alloc(r->arena, sizeof(*s));
	struct attempts_conf c = {
		.start_wall_ns = r->f->started_wall_ns,
		.start_boot_ns = r->p->boot_ns() - (r->p->wall_ns() - r->f->started_wall_ns),
		.far = r->end[END_FAR].outer,
		.is_ours = is_ours,
		.ctx = s,
	};

	s->r = r;
	cookie_checker_init(&s->own);
	s->x = attempts_new(&c, r->arena);
	r->attempts = s;
}

void run_attempts_see(void *ctx, const struct tap_outer *m)
{
	const struct run_attempts *s = ctx;

	attempts_see(s->x, m);
}

/* --- the trace of our engine --------------------------------------------------------- */

static bool is_handshake(const struct trace_rec *rec)
{
	return (rec->stage == TRACE_HANDSHAKE_SENT || rec->stage == TRACE_HANDSHAKE_RECEIVED ||
		rec->stage == TRACE_DROPPED) &&
	       (rec->msg_type == WG_MSG_INITIATION || rec->msg_type == WG_MSG_RESPONSE);
}

void run_attempts_trace(struct run_attempts *s, const struct trace_rec *recs, size_t n,
			uint64_t overrun)
{
	size_t i;

	if (!s || !s->listens)
		return;
	s->overrun += overrun;
	for (i = 0; i < n; i++)
		if (is_handshake(&recs[i]))
			attempts_trace(s->x, &recs[i], s->peer,
				       recs[i].drop && recs[i].drop < WG_DROP_COUNT ?
					       wg_drop_id((enum wg_drop)recs[i].drop) :
					       NULL);
}

static void again(void *ctx)
{
	struct run_attempts *s = ctx;

	run_trace_read(s->r);
	s->timer =
		loop_add_timer(s->r->loop, loop_now(s->r->loop) + DRAIN_MS * NS_PER_MS, again, s);
}

/* Which peer is meant, if the engine has a ring; 0: it has none, or not that peer. */
static uint32_t number_of_peer(struct run *r)
{
	const struct uapi_peer *p = NULL;
	struct uapi_device *d;
	uint64_t number = 0;
	struct arena tmp;
	struct err e;

	arena_init(&tmp);
	if (run_ask(r, END_NEAR, ASK_MS, &tmp, &d, &e) == 0 &&
	    uapi_extra_number(d->extra, d->n_extra, "trace_fd", UINT64_MAX) != UINT64_MAX)
		p = run_peer(r, END_NEAR, d);
	if (p)
		number = uapi_extra_number(p->extra, p->n_extra, "number", 0);
	arena_done(&tmp);
	return number > UINT32_MAX ? 0 : (uint32_t)number;
}

void run_attempts_listen(struct run *r)
{
	const struct engine_ops *ops = r->end[END_NEAR].ops;
	struct run_attempts *s = r->attempts;

	/* What it would tell is of handshakes only. Others are not asked for what they lack. */
	if (!s || s->listens || !ops || !ops->counts_drops || !run_has(r, NEED_BIT(NEED_HANDSHAKE)))
		return;
	s->peer = number_of_peer(r);
	s->listens = s->peer && run_trace_open(r);
	if (s->listens)
		again(s);
}

/* --- the end ------------------------------------------------------------------------- */

/* "0a1b2c3d:" and the key in hex. */
static void take_unknown(struct run_attempts *s, const struct uapi_extra *u)
{
	struct public_key key;
	char *end;
	unsigned long sender;

	if (strcmp(u->name, "unknown_peer") != 0 || strcspn(u->text, ":") != INDEX_DIGITS)
		return;
	sender = strtoul(u->text, &end, 16);
	if (*end == ':' && public_key_from_hex(end + 1, strlen(end + 1), &key))
		attempts_unknown_peer(s->x, (uint32_t)sender, &key);
}

static void ask_unknown(struct run_attempts *s)
{
	struct uapi_device *d;
	struct arena tmp;
	struct err e;
	size_t i;

	arena_init(&tmp);
	if (run_ask(s->r, END_NEAR, ASK_MS, &tmp, &d, &e) == 0)
		for (i = 0; i < d->n_extra; i++)
			take_unknown(s, &d->extra[i]);
	arena_done(&tmp);
}

/* What says that nothing came is worth a second look at what the capture lost. */
static bool has(const struct handshakes_facts *h, enum attempt_outcome o, const char *refused)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (h->list[i].outcome == o &&
		    (!refused || (h->list[i].refused && !strcmp(h->list[i].refused, refused))))
			return true;
	return false;
}

static int64_t dropped(const struct run *r)
{
	if (r->f->have & NEED_BIT(NEED_TAP_NEAR_WIRE))
		return r->f->taps[TAP_NEAR_WIRE].dropped;
	return r->f->have & NEED_BIT(NEED_CALLS) ? r->f->calls.dropped : UNKNOWN;
}

static void look(struct run_attempts *s, int64_t n_dropped)
{
	attempts_facts(s->x, s->r->p->wall_ns(), n_dropped, s->r->arena, &s->r->f->handshakes);
}

void run_attempts_close(struct run *r)
{
	struct handshakes_facts *h = &r->f->handshakes;
	struct run_attempts *s = r->attempts;
	struct tap_facts last;

	if (!s)
		return;
	run_trace_read(r);
	r->attempts = NULL;
	look(s, dropped(r));
	if (!r->f->interrupted && has(h, ATTEMPT_REFUSED, "in_unknown_peer")) {
		ask_unknown(s);
		look(s, dropped(r));
	}
	if (r->taps[TAP_NEAR_WIRE] &&
	    (has(h, ATTEMPT_SILENT, NULL) || has(h, ATTEMPT_UNUSED, NULL))) {
		live_tap_facts(r->taps[TAP_NEAR_WIRE], &last);
		look(s, last.dropped);
	}
	h->trace_overrun = s->listens ? (int64_t)s->overrun : UNKNOWN;
	loop_del_timer(r->loop, s->timer);
	cookie_checker_done(&s->own);
}
