/*
 * The endpoint is silent, and its name has addresses of another family, too: is the host there by
 * one of these? Nothing of the tunnel is sent to it: pings, or where they get no answer, TCP.
 */
#include <string.h>

#include "check/tunnel.h"
#include "probe/echo.h"
#include "run/run_attach_priv.h"

enum { PINGS = 3, EVERY_MS = 100, TIMEOUT_MS = 500 };

struct asking {
	struct run *r;
	struct ip_addr to;
	struct echo *echo;
};

static int ping_here(void *ctx, struct err *e)
{
	struct asking *x = ctx;
	struct echo_conf c = {
		.target = x->to,
		.count = PINGS,
		.payload_len = 56,
		.interval_ns = EVERY_MS * NS_PER_MS,
		.timeout_ns = TIMEOUT_MS * NS_PER_MS,
		.id = run_echo_id(x->r, ECHO_FAMILY),
		.seed = x->r->conf->seed + 7,
	};

	return echo_open(&c, x->r->loop, x->r->arena, &x->echo, e);
}

static void ask(struct asking *x, uint32_t mark, struct other_family_facts *out)
{
	struct run *r = x->r;
	struct ping_facts ping = { 0 };
	struct err e;

	if (run_in(r, END_NEAR, ping_here, x, &e) == 0) {
		echo_start(x->echo);
		loop_run(r->loop, run_until(r, PINGS * EVERY_MS + TIMEOUT_MS), echo_done, x->echo);
		echo_facts(x->echo, &ping, NULL);
		echo_close(x->echo);
	}
	if (ping.received > 0) {
		out->host = HOST_ECHO;
	} else if (!run_interrupted(r)) {
		out->host_port = run_knock(r, &x->to, NULL, mark);
		if (out->host_port)
			out->host = HOST_TCP;
	}
	/* Cut short, silence tells nothing. */
	if (out->host != HOST_SILENT || !run_interrupted(r))
		out->to = x->to;
}

/* Whose it is the kernel tells by a route, which is not one into the tunnel. */
static int64_t default_way(const struct attach *x, uint8_t but)
{
	size_t i;

	if (!x->net.known)
		return UNKNOWN;
	for (i = 0; i < x->net.n_routes; i++) {
		const struct route_facts *r = &x->net.routes[i];

		if (r->dst.len == 0 && r->dst.addr.family != but && r->type == 1 && r->dev &&
		    strcmp(r->dev, x->r.end[END_NEAR].tun) != 0)
			return 1;
	}
	return 0;
}

static const struct ip_addr *of_other_family(const struct facts *f, uint8_t but)
{
	const struct peer_config *p = tunnel_peer(f, END_NEAR);
	const struct intended_peer *w = NULL;
	size_t i;

	if (p && f->have & NEED_BIT(NEED_INTENDED))
		w = intended_peer(&f->intended, &p->key);
	for (i = 0; w && i < w->n_resolved; i++)
		if (w->resolved[i].addr.family != but)
			return &w->resolved[i].addr;
	return NULL;
}

void run_other_family(struct attach *x)
{
	struct run *r = &x->r;
	struct facts *f = r->f;
	uint8_t family = r->end[END_FAR].outer.family;
	const struct ip_addr *to = of_other_family(f, family);
	struct asking asking = { .r = r };
	uint32_t mark = 0;

	if (family == FAMILY_NONE || !run_has(r, NEED_BIT(NEED_LADDER)) || tunnel_answers(f) ||
	    f->handshake.complete || tunnel_peer_is_offline(f) || f->interrupted)
		return;
	f->other_family.way = default_way(x, family);
	if (!to || run_interrupted(r) || (f->ladder.asked && f->ladder.host != HOST_SILENT))
		return;
	asking.to = *to;
	if (f->have & NEED_BIT(NEED_CONFIG) && f->config[END_NEAR].fwmark > 0)
		mark = (uint32_t)f->config[END_NEAR].fwmark;
	ask(&asking, mark, &f->other_family);
}
