/*
 * What should stand still, before and after: links, addresses, routes; and the counters of
 * links and engines.
 */
#include <errno.h>
#include <string.h>

#include "check/drops.h"
#include "gather/gather.h"
#include "lab/self_config.h"
#include "run/run_priv.h"

enum {
	GET_TIMEOUT_MS = 1000,
	RTN_LOCAL_TYPE = 2, /* rtnetlink: an address of this host itself */
};

struct links_ctx {
	struct run *r;
	enum end end;
	bool after;
};

/* That it is gone at the end is an answer: what it counted is not known then. */
static int one_link(const struct links_ctx *x, const char *name, struct link_facts *out,
		    struct err *e)
{
	int rc = gather_link(x->r->p, name, x->after, x->r->arena, out, e);

	return x->after && rc == -ENODEV && out->end.gone ? 0 : rc;
}

static int links_here(void *ctx, struct err *e)
{
	struct links_ctx *x = ctx;
	struct run *r = x->r;
	const struct run_end *end = &r->end[x->end];
	int rc;

	rc = one_link(x, end->tun, &r->f->tun[x->end], e);
	if (!rc && end->wire)
		rc = one_link(x, end->wire, &r->f->wire[x->end], e);
	return rc;
}

static int kernel_here(void *ctx, struct err *e)
{
	const struct links_ctx *x = ctx;
	const struct run_end *near = &x->r->end[END_NEAR];

	(void)e;
	if (x->after && x->r->elsewhere)
		elsewhere_facts(x->r->elsewhere, x->r->arena, &x->r->f->kernel);
	gather_kernel(x->r->p, x->after, near->wire, near->tun, &x->r->f->kernel);
	return 0;
}

static void kernel(struct run *r, bool after)
{
	struct links_ctx x = { r, END_NEAR, after };
	struct err e;

	if (!run_has(r, NEED_BIT(NEED_LINKS)))
		return;
	run_in(r, END_NEAR, kernel_here, &x, &e);
}

static int counters_here(void *ctx, struct err *e)
{
	const struct links_ctx *x = ctx;
	const struct run_end *near = &x->r->end[END_NEAR];
	const struct counted of = { near->tun, near->wire, near->port };

	(void)e;
	gather_counters(x->r->p, x->after, &of, x->r->arena, &x->r->f->kernel);
	return 0;
}

static void counters(struct run *r, bool after)
{
	struct links_ctx x = { r, END_NEAR, after };
	struct err e;

	if (run_has(r, NEED_BIT(NEED_LINKS)))
		run_in(r, END_NEAR, counters_here, &x, &e);
}

static void links(struct run *r, bool after)
{
	static const enum need need[END_COUNT] = { NEED_LINKS, NEED_LINKS_FAR };
	unsigned i;

	for (i = 0; i < END_COUNT; i++) {
		struct links_ctx x = { r, (enum end)i, after };
		struct err e;

		if (!run_has(r, NEED_BIT(need[i])) || (after && !(r->f->have & NEED_BIT(need[i]))))
			continue;
		if (run_in(r, (enum end)i, links_here, &x, &e) < 0)
			facts_gap(r->f, need[i], arena_strdup(r->arena, e.text), NULL);
		else
			facts_have(r->f, need[i]);
	}
}

struct net_ctx {
	struct run *r;
	struct net_facts *out;
};

static bool is_ours(const struct run *r, const char *dev)
{
	const struct run_end *end = &r->end[END_NEAR];

	return dev &&
	       ((end->tun && !strcmp(dev, end->tun)) || (end->wire && !strcmp(dev, end->wire)));
}

/* A host has a life of its own: what is on other links is none of this tunnel's business. */
static void keep_ours(const struct run *r, struct net_facts *n)
{
	size_t i, kept = 0;

	for (i = 0; i < n->n_addrs; i++)
		if (is_ours(r, n->addrs[i].link))
			n->addrs[kept++] = n->addrs[i];
	n->n_addrs = kept;
	for (i = kept = 0; i < n->n_routes; i++)
		if (is_ours(r, n->routes[i].dev))
			n->routes[kept++] = n->routes[i];
	n->n_routes = kept;
}

static int net_here(void *ctx, struct err *e)
{
	struct net_ctx *x = ctx;
	struct net_facts *n = x->out;
	struct err why; /* rules that cannot be read are not looked at, and the rest is */
	int rc;

	rc = gather_addrs(x->r->p, x->r->arena, &n->addrs, &n->n_addrs, e);
	if (!rc)
		rc = gather_routes(x->r->p, x->r->arena, &n->routes, &n->n_routes, e);
	n->known = !rc;
	n->rules_known = !rc && !gather_rules(x->r->p, x->r->arena, &n->rules, &n->n_rules, &why);
	if (n->known && !x->r->t)
		keep_ours(x->r, n);
	return rc;
}

/* At the end a gap is no loss of what was read at the start: it stays unknown. */
static void net(struct run *r, bool after)
{
	struct net_facts *of = after ? r->f->net_end : r->f->net_start;
	const char *why = NULL;
	unsigned i;

	if (!run_has(r, NEED_BIT(NEED_ADDRS) | NEED_BIT(NEED_ROUTES)))
		return;
	for (i = 0; i < END_COUNT; i++) {
		struct net_ctx x = { r, &of[i] };
		struct err e;

		if (r->end[i].here && run_in(r, (enum end)i, net_here, &x, &e) < 0)
			why = arena_strdup(r->arena, e.text);
	}
	for (i = NEED_ADDRS; i <= NEED_ROUTES && !after; i++) {
		if (why)
			facts_gap(r->f, (enum need)i, why, NULL);
		else
			facts_have(r->f, (enum need)i);
	}
}

/* It may show what was set at first, and something else later. */
static void compare_again(struct run *r, enum end end, const struct uapi_device *d)
{
	struct engine_facts *g = &r->f->engine[end];

	if (!g->configured)
		return;
	g->config_difference = self_config_difference(r->t, end, d, r->arena);
	g->configured = !g->config_difference;
}

/* The device with no peer but the one that is looked at. */
static struct uapi_device only_peer(const struct run *r, enum end end, const struct uapi_device *d)
{
	const struct uapi_peer *p = run_peer(r, end, d);
	struct uapi_device one = *d;

	one.peers = p ? &d->peers[p - d->peers] : NULL;
	one.n_peers = p ? 1 : 0;
	return one;
}

/* A peer that answers from another address is answered there: it roamed. */
static void moved(struct run *r, const struct uapi_device *d)
{
	struct config_facts *c = &r->f->config[END_NEAR];
	const struct uapi_peer *now = run_peer(r, END_NEAR, d);
	size_t i;

	for (i = 0; now && i < c->n_peers; i++) {
		struct peer_config *p = &c->peers[i];

		if (!public_key_equal(&p->key, &now->public_key) ||
		    p->endpoint.addr.family == FAMILY_NONE ||
		    now->endpoint.addr.family == FAMILY_NONE)
			continue;
		p->moved_to = (struct endpoint){ 0 };
		if (!endpoint_equal(&p->endpoint, &now->endpoint))
			p->moved_to = now->endpoint;
	}
}

static int crypto(struct run *r, enum end end, struct crypto_facts *out, struct err *e)
{
	const struct run_end *x = &r->end[end];
	struct uapi_device *d, one;
	int rc;

	if (r->t && !x->engine)
		return err_say(e, ECHILD, "the engine is gone");
	rc = run_ask(r, end, GET_TIMEOUT_MS, r->arena, &d, e);
	if (!r->crypto_seen[end])
		run_config(r, end, rc < 0 ? NULL : d);
	if (rc < 0)
		return rc;
	if (end == END_NEAR)
		moved(r, d);
	one = only_peer(r, end, d);
	engine_crypto_facts(x->ops, &one, r->arena, out);
	if (r->t)
		compare_again(r, end, d);
	return 0;
}

static const enum need engine_need[END_COUNT] = { NEED_ENGINE, NEED_ENGINE_FAR };

/* Its answer comes some time after the capture was opened, and of a tunnel in use that matters. */
static void crypto_first(struct run *r, enum end end)
{
	struct live_tap *wire = r->taps[end == END_NEAR ? TAP_NEAR_WIRE : TAP_FAR_WIRE];
	struct err e;

	r->crypto_seen[end] = crypto(r, end, &r->crypto_before[end], &e) == 0;
	if (r->crypto_seen[end])
		live_tap_since(wire, r->p->wall_ns());
}

void run_gather_before(struct run *r)
{
	unsigned i;

	links(r, false);
	kernel(r, false);
	net(r, false);
	for (i = 0; i < END_COUNT; i++)
		if (run_has(r, NEED_BIT(engine_need[i])))
			crypto_first(r, (enum end)i);
	run_still_before(r);
	/* They take a moment, in which captures and engines must not drift apart. */
	counters(r, false);
	run_drops_start(r);
}

/* An engine that answered before and does not now broke during the run. */
static void crypto_after(struct run *r, enum end end)
{
	struct engine_facts *g = &r->f->engine[end];
	enum need need = engine_need[end];
	struct err e;
	int rc;

	if (!run_has(r, NEED_BIT(need)) || !(r->f->have & NEED_BIT(need)))
		return;
	rc = crypto(r, end, &r->f->crypto[end], &e);
	if (!rc && r->crypto_seen[end]) {
		engine_crypto_difference(&r->f->crypto[end], &r->crypto_before[end]);
		return;
	}
	if (!rc || err_is_shortage(rc)) {
		facts_gap(r->f, need, rc ? arena_strdup(r->arena, e.text) : "not asked before",
			  NULL);
		return;
	}
	facts_gap(r->f, need, "the engine no longer answers", NULL);
	if (!g->answer_error && !run_engine_died(r, end) && (!r->t || r->end[end].engine)) {
		g->answer_error = "it stopped answering during the run";
		g->silent = rc == -ETIMEDOUT || rc == -ECONNREFUSED;
	}
}

void run_gather_after(struct run *r)
{
	run_drops_stop(r);
	counters(r, true);
	links(r, true);
	run_drops_compare(r);
	drops_explain(r->f, r->arena);
	if (r->conf->decided)
		r->conf->decided(r->conf->ctx, r->f);
	kernel(r, true);
	net(r, true);
	run_still_after(r);
}

void run_gather_engines(struct run *r)
{
	crypto_after(r, END_NEAR);
	crypto_after(r, END_FAR);
}

int64_t run_leads_into_tun(const struct facts *f, const struct ip_addr *to, const char *tun)
{
	const struct net_facts *n = &f->net_start[END_NEAR];
	const struct route_facts *best = NULL;
	size_t i;

	/* The kernel's own answer counts more than what its tables look like. */
	for (i = 0; i < f->n_paths; i++)
		if (f->paths[i].dev && ip_addr_equal(&f->paths[i].to, to))
			return f->paths[i].bound || strcmp(f->paths[i].dev, tun) == 0;

	if (!n->known)
		return UNKNOWN;
	for (i = 0; i < n->n_routes; i++) {
		const struct route_facts *r = &n->routes[i];

		if (!cidr_contains(&r->dst, to))
			continue;
		/* The table of the host's own addresses is asked before all others. */
		if (r->type == RTN_LOCAL_TYPE)
			return 0;
		if (!best || r->dst.len > best->dst.len)
			best = r;
	}
	return best && best->dev ? strcmp(best->dev, tun) == 0 : UNKNOWN;
}
