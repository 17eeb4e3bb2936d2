/*
 * ping to our own tunnel address, then to the peer's.
 */
#include "probe/echo.h"
#include "run/run_priv.h"

enum {
	SELF_COUNT = 3,
	NO_SESSION_COUNT = 3, /* without a handshake the answer is known */
	SLACK_MS = 500,
};

struct opening {
	struct run *r;
	struct echo_conf conf;
	struct echo *echo;
};

static int open_here(void *ctx, struct err *e)
{
	struct opening *o = ctx;

	return echo_open(&o->conf, o->r->loop, o->r->arena, &o->echo, e);
}

static void ping(struct run *r, const struct echo_conf *c, enum need need, struct ping_facts *out)
{
	struct opening o = { r, *c, NULL };
	int64_t longest = echo_longest_ns(c) + SLACK_MS * NS_PER_MS;
	struct err e;
	int rc = self_tunnel_in(r->t, END_NEAR, open_here, &o, &e);

	if (rc < 0) {
		run_gap_raw(r, need, rc, &e);
		return;
	}
	echo_start(o.echo);
	loop_run(r->loop, loop_now(r->loop) + longest, echo_done, o.echo);
	echo_facts(o.echo, out, NULL);
	echo_close(o.echo);
	out->dev_is_tun = run_leads_into_tun(r->f, &c->target, r->t->end[END_NEAR].tun);
	/* Cut short, it is told if there is something to tell. */
	if (!run_interrupted(r) || out->received > 0)
		facts_have(r->f, need);
}

void run_pings(struct run *r)
{
	const struct run_conf *c = r->conf;
	struct echo_conf self = {
		.target = r->t->end[END_NEAR].inner4,
		.count = SELF_COUNT,
		.payload_len = 56,
		.interval_ns = NS_PER_MS,
		.timeout_ns = NS_PER_S,
		.id = (uint16_t)(c->seed >> 16),
		.seed = c->seed + 1,
	};
	struct echo_conf peer = {
		.target = r->t->end[END_FAR].inner4,
		.source = r->t->end[END_NEAR].inner4,
		.count = c->ping_count,
		.payload_len = c->ping_payload,
		.interval_ns = c->ping_interval_ns,
		.timeout_ns = c->ping_timeout_ns,
		.id = (uint16_t)(c->seed >> 32),
		.seed = c->seed + 2,
	};

	if (!r->f->handshake.complete)
		peer.count = MIN(peer.count, NO_SESSION_COUNT);
	ping(r, &self, NEED_PING_SELF, &r->f->ping_self);
	if (!run_interrupted(r))
		ping(r, &peer, NEED_PING_PEER, &r->f->ping_peer);
}
