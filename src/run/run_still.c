/*
 * What stands still in the near namespace: configuration, ways, the gateway, firewall rules.
 */
#include <stdlib.h>
#include <string.h>

#include "gather/gather.h"
#include "run/run_priv.h"

enum { PATHS = 4 }; /* two inner ones, the endpoint, and what run_find chose */

void run_config(struct run *r, enum end end, const struct uapi_device *d)
{
	static const enum need need[END_COUNT] = { NEED_CONFIG, NEED_CONFIG_FAR };

	if (!d) {
		facts_gap(r->f, need[end], "the engine did not tell its configuration",
			  end == END_NEAR ? r->f->gaps[NEED_ENGINE].remedy : NULL);
		return;
	}
	gather_config(d, r->arena, &r->f->config[end]);
	if (end == END_NEAR && r->psks)
		gather_psks(d, r->intended, r->psks, &r->f->config[end]);
	facts_have(r->f, need[end]);
}

/* --- the way ---------------------------------------------------------------- */

static int add_path(struct run *r, enum path_of of, const struct ip_addr *to, uint32_t mark,
		    struct err *e)
{
	struct facts *f = r->f;
	int rc;

	if (to->family == FAMILY_NONE)
		return 0;
	rc = gather_path(r->p, of, to, mark, r->arena, &f->paths[f->n_paths], e);
	f->n_paths += !rc;
	return rc;
}

/* Where the engine sends to, with its mark; the engine's own word, if it said one. */
static int add_endpoint(struct run *r, struct err *e)
{
	const struct config_facts *c = &r->f->config[END_NEAR];
	const struct ip_addr *to = &r->end[END_FAR].outer;
	uint32_t mark = c->fwmark > 0 ? (uint32_t)c->fwmark : 0;
	const struct run_end *near = &r->end[END_NEAR];
	const struct path_sources s = { near->locals, near->n_locals, near->port,
					r->end[END_FAR].port, near->tun };
	int rc;

	if (c->n_peers == 1 && c->peers[0].endpoint.addr.family != FAMILY_NONE)
		to = &c->peers[0].endpoint.addr;
	rc = add_path(r, PATH_ENDPOINT, to, mark, e);
	if (rc < 0 || r->t || to->family == FAMILY_NONE)
		return rc;
	gather_path_other(r->p, &s, r->arena, &r->f->paths[r->f->n_paths - 1]);
	return 0;
}

static int paths_here(void *ctx, struct err *e)
{
	struct run *r = ctx;
	const struct run_end *far = &r->end[END_FAR];
	int rc;

	r->f->paths = arena_alloc(r->arena, PATHS * sizeof(*r->f->paths));
	rc = add_path(r, PATH_INNER, &far->inner4, 0, e);
	if (!rc)
		rc = add_path(r, PATH_INNER, &far->inner6, 0, e);
	if (!rc)
		rc = add_endpoint(r, e);
	return rc;
}

static int gateway_here(void *ctx, struct err *e)
{
	struct run *r = ctx;
	size_t i;

	for (i = 0; i < r->f->n_paths; i++)
		if (r->f->paths[i].of == PATH_ENDPOINT)
			return gather_gateway(r->p, &r->f->paths[i], r->arena, &r->f->gateway, e);
	return 0;
}

static void in_near(struct run *r, enum need need, int (*fn)(void *ctx, struct err *e), void *ctx)
{
	struct err e;

	if (!run_has(r, NEED_BIT(need)))
		return;
	if (run_in(r, END_NEAR, fn, ctx, &e) < 0)
		facts_gap(r->f, need, arena_strdup(r->arena, e.text), NULL);
	else
		facts_have(r->f, need);
}

/* --- the firewall ------------------------------------------------------------- */

struct firewall_ctx {
	struct run *r;
	bool after;
};

/* What --full-routes made for the run is not this host's firewall. */
static void leave_out_ours(struct run *r)
{
	const char *own = arena_printf(r->arena, RUN_OWN_TABLE "%s", r->end[END_NEAR].tun);
	struct firewall_facts *w = &r->f->firewall;
	size_t i, kept = 0;

	for (i = 0; i < w->n_rules; i++)
		if (strcmp(w->rules[i].table, own) != 0)
			w->rules[kept++] = w->rules[i];
	w->n_rules = kept;
}

static int firewall_here(void *ctx, struct err *e)
{
	struct firewall_ctx *x = ctx;
	int rc = gather_firewall(x->r->p, x->after, x->r->arena, &x->r->f->firewall, e);

	if (!rc && x->r->f->target.kind == TARGET_CONFIG)
		leave_out_ours(x->r);
	return rc;
}

/* --- this host: what it forwards and answers, and whether it has the socket ------- */

static int64_t setting(struct run *r, const char *name)
{
	char value[16];
	struct err e;

	if (!r->p->sysctl_get || r->p->sysctl_get(name, value, sizeof(value), &e) < 0)
		return UNKNOWN;
	return value[0] == '0' ? 0 : 1;
}

static int64_t forwards(struct run *r, const char *family)
{
	return setting(r, arena_printf(r->arena, "net.%s.conf.%s.forwarding", family,
				       r->end[END_NEAR].tun));
}

static int host_here(void *ctx, struct err *e)
{
	struct run *r = ctx;
	struct near_host_facts *h = &r->f->near_host;

	if (r->p->udp_port_held && r->end[END_NEAR].port) {
		int held = r->p->udp_port_held(r->end[END_NEAR].port, e);

		h->has_port = held < 0 ? UNKNOWN : held;
	}
	h->ip4_forward = forwards(r, "ipv4");
	h->ip6_forward = forwards(r, "ipv6");
	h->ip4_no_echo = setting(r, "net.ipv4.icmp_echo_ignore_all");
	h->ip6_no_echo = setting(r, "net.ipv6.icmp.echo_ignore_all");
	return 0;
}

void run_still_before(struct run *r)
{
	struct err e;
	struct firewall_ctx x = { r, false };

	r->f->target.peer = r->end[END_FAR].public_key;
	in_near(r, NEED_PATHS, paths_here, r);
	in_near(r, NEED_FIREWALL, firewall_here, &x);
	if (!r->t && run_has(r, NEED_BIT(NEED_PATHS)))
		run_in(r, END_NEAR, host_here, r, &e);
}

/* The neighbour entry tells something only once somebody has sent. */
void run_still_after(struct run *r)
{
	struct firewall_ctx x = { r, true };

	if (r->f->have & NEED_BIT(NEED_PATHS))
		in_near(r, NEED_GATEWAY, gateway_here, r);
	else
		facts_gap(r->f, NEED_GATEWAY, r->f->gaps[NEED_PATHS].why, NULL);
	if (r->f->have & NEED_BIT(NEED_FIREWALL))
		in_near(r, NEED_FIREWALL, firewall_here, &x);
}
