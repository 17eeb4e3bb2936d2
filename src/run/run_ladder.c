/*
 * Before the far side is blamed: do the tunnel's messages get as far as its host?
 *
 * Asked only where a handshake was asked for in vain, after all else was read: what it sends would
 * be counted as the tunnel's, and what comes back as hits of this host's firewall.
 */
#include <string.h>

#include "check/tunnel.h"
#include "probe/knock_udp.h"
#include "probe/ladder.h"
#include "probe/portal.h"
#include "run/run_priv.h"

enum { LADDER_MS = 9000, HOST_MS = 1000, HOP_MS = 350, PORTAL_MS = 1500 };

struct asking {
	struct run *r;
	struct ladder_conf conf;
	struct ladder *ladder;
	struct portal *portal;
};

/* Why there is nothing to ask, or it cannot be asked; NULL: it can. */
static const char *cannot_ask(const struct run *r)
{
	const struct path_facts *path = tunnel_path(r->f, PATH_ENDPOINT, NULL);
	const struct tap_facts *t = &r->f->taps[TAP_NEAR_WIRE];

	if (tunnel_peer_is_offline(r->f))
		return "the peer is offline";
	if (r->f->interrupted)
		return "interrupted";
	if (t->msgs[TAP_OUT][WG_MSG_INITIATION] < 1)
		return "no handshake was asked for while we looked";
	if (r->end[END_NEAR].outer.family != r->end[END_FAR].outer.family)
		return "our own outer address is not known";
	if (path && path->dev && !strcmp(path->dev, "lo"))
		return "the endpoint is on this host";
	if (tunnel_addr_is_link_local(&r->end[END_FAR].outer))
		return "the endpoint is on the link itself";
	return NULL;
}

static void conf_of(const struct run *r, struct ladder_conf *c)
{
	const struct run_end *near = &r->end[END_NEAR], *far = &r->end[END_FAR];
	const struct config_facts *config = &r->f->config[END_NEAR];
	const struct path_facts *path = tunnel_path(r->f, PATH_ENDPOINT, NULL);
	const struct tap_facts *t = &r->f->taps[TAP_NEAR_WIRE];

	*c = (struct ladder_conf){
		/* As an initiation was seen to leave. */
		.from = { .addr = t->near_addr.family != FAMILY_NONE ? t->near_addr : near->outer,
			  .port = (uint16_t)t->near_port },
		.to = { .addr = far->outer, .port = far->port },
		.echo_id = run_echo_id(r, ECHO_LADDER),
		.token = (uint16_t)(run_echo_id(r, ECHO_LADDER) ^ 0x5a5a),
		.tos = (uint8_t)t->near_tos,
		.flow = (uint32_t)t->near_flow,
		.has_gateway = path && path->gateway.family != FAMILY_NONE,
		.host_wait_ns = HOST_MS * NS_PER_MS,
		.hop_wait_ns = HOP_MS * NS_PER_MS,
	};
	if (r->f->have & NEED_BIT(NEED_CONFIG) && config->fwmark > 0)
		c->mark = (uint32_t)config->fwmark;
}

static int ladder_here(void *ctx, struct err *e)
{
	struct asking *x = ctx;

	return ladder_open(&x->conf, x->r->loop, x->r->arena, &x->ladder, e);
}

static int portal_here(void *ctx, struct err *e)
{
	struct asking *x = ctx;
	struct portal_conf c = {
		.target = x->conf.to.addr,
		.source = x->conf.from.addr,
		.mark = x->conf.mark,
	};

	return portal_open(&c, x->r->loop, x->r->arena, &x->portal, e);
}

static void ask_portal(struct asking *x)
{
	struct run *r = x->r;
	struct err e;

	if (run_in(r, END_NEAR, portal_here, x, &e) < 0)
		return;
	portal_start(x->portal);
	loop_run(r->loop, run_until(r, PORTAL_MS), portal_done, x->portal);
	portal_facts(x->portal, &r->f->portal);
	portal_close(x->portal);
}

static int knock_here(void *ctx, struct err *e)
{
	const struct asking *x = ctx;
	struct knock_udp_conf c = {
		.to = x->conf.to,
		.from = x->conf.from.addr,
		.mark = x->conf.mark,
		.token = x->r->conf->seed,
	};

	return knock_udp(&c, e);
}

static void ask(struct run *r)
{
	struct asking x = { .r = r };
	struct ladder_facts *out = &r->f->ladder;
	struct err e;
	int rc;

	conf_of(r, &x.conf);
	rc = run_in(r, END_NEAR, ladder_here, &x, &e);
	if (rc < 0) {
		run_gap_raw(r, NEED_LADDER, rc, &e);
		return;
	}
	run_tell(r, RUN_STEP_COUNTERS, "path to the endpoint");
	ladder_start(x.ladder);
	rc = loop_run(r->loop, run_until(r, LADDER_MS), ladder_done, x.ladder);
	ladder_facts(x.ladder, out);
	ladder_close(x.ladder);
	if (!rc && out->host == HOST_SILENT && !run_interrupted(r)) {
		out->host_port = run_knock(r, &x.conf.to.addr, &x.conf.from.addr, x.conf.mark);
		if (out->host_port)
			out->host = HOST_TCP;
	}
	/* Cut short it tells nothing: what was not answered may have been. */
	if (rc < 0 || (out->host == HOST_SILENT && run_interrupted(r))) {
		facts_gap(r->f, NEED_LADDER,
			  run_interrupted(r) ? "interrupted" : "it took too long", NULL);
		*out = (struct ladder_facts){ .host_hops = UNKNOWN };
		return;
	}
	/* One that answers pings itself is at most the gateway, whose pages are its own. */
	if (x.conf.has_gateway && out->host != HOST_ECHO && out->host != HOST_PROXY &&
	    !out->control_host && !run_interrupted(r))
		ask_portal(&x);
	/*
	 * For whoever may record at the far end. Last of all: a router answers with so many ICMP
	 * errors a second, and what was asked above waits for them.
	 */
	if (!run_interrupted(r))
		run_in(r, END_NEAR, knock_here, &x, &e);
	facts_have(r->f, NEED_LADDER);
}

void run_ladder(struct run *r)
{
	const struct tap_facts *t = &r->f->taps[TAP_NEAR_WIRE];
	const struct gap *g = &r->f->gaps[NEED_TAP_NEAR_WIRE];
	bool watched = (r->f->have & NEED_BIT(NEED_TAP_NEAR_WIRE)) != 0;
	const char *why;

	if (!run_has(r, NEED_BIT(NEED_LADDER)))
		return;
	if (tunnel_answers(r->f) ||
	    (watched &&
	     t->msgs[TAP_IN][WG_MSG_RESPONSE] + t->msgs[TAP_IN][WG_MSG_COOKIE_REPLY] > 0)) {
		facts_have(r->f, NEED_LADDER);
		return;
	}
	if (!watched) {
		facts_gap(r->f, NEED_LADDER, g->why, g->remedy);
		return;
	}
	why = cannot_ask(r);
	if (why)
		facts_gap(r->f, NEED_LADDER, why, NULL);
	else
		ask(r);
}
