/*
 * Are the routes there that wg-quick(8) makes for a file, and the rules that lead to them?
 *
 * With Table = auto each of AllowedIPs is routed, but for a default route: that stands in a table
 * of its own, asked for packets without the engine's mark, and the main table is asked before for
 * what is no default route. People make routes by other means too: so a missing one is FAIL only
 * where the kernel was asked for an address that needs it, and leads elsewhere.
 */
#include "check/live.h"

#include <string.h>

#include "check/policy.h"
#include "check/tunnel.h"
#include "check/words.h"

enum { TO_TABLE = 1, TABLE_MAIN = 254 }; /* FR_ACT_TO_TBL; RT_TABLE_MAIN */

static const struct net_facts *net_of(const struct live *l)
{
	return &l->f->net_start[END_NEAR];
}

static bool is_ours(const struct live *l, const char *dev)
{
	return dev && !strcmp(dev, l->tun);
}

/* Into the tun, around the whole prefix; table 0: in any. */
static bool routed(const struct live *l, const struct cidr *net, unsigned table)
{
	const struct net_facts *n = net_of(l);
	bool half[2] = { false, false };
	size_t i;

	for (i = 0; i < n->n_routes; i++) {
		const struct route_facts *r = &n->routes[i];

		if (!is_ours(l, r->dev) || r->dst.addr.family != net->addr.family ||
		    (table && r->table != table))
			continue;
		if (r->dst.len <= net->len && cidr_contains(&r->dst, &net->addr))
			return true;
		if (net->len == 0 && r->dst.len == 1)
			half[r->dst.addr.b[0] >> 7] = true;
	}
	return half[0] && half[1];
}

/* A part of the prefix has a route of its own, and a is in it. */
static bool routed_narrower(const struct live *l, const struct cidr *net, const struct ip_addr *a)
{
	const struct net_facts *n = net_of(l);
	size_t i;

	for (i = 0; i < n->n_routes; i++)
		if (is_ours(l, n->routes[i].dev) && n->routes[i].dst.len > net->len &&
		    cidr_contains(&n->routes[i].dst, a))
			return true;
	return false;
}

/* The longest prefix of the file around a is this one: its route is what a needs. */
static bool needs(const struct live *l, const struct ip_addr *a, const struct cidr *net)
{
	const struct intended_facts *w = l->want;
	size_t i, k;

	if (!cidr_contains(net, a))
		return false;
	for (i = 0; i < w->n_peers; i++)
		for (k = 0; k < w->peers[i].n_allowed; k++)
			if (w->peers[i].allowed[k].len > net->len &&
			    cidr_contains(&w->peers[i].allowed[k], a))
				return false;
	return true;
}

/* What the kernel said of an inner address that needs it; NULL: it was not asked. */
static const struct path_facts *asked(const struct live *l, const struct cidr *net)
{
	const struct path_facts *good = NULL;
	size_t i;

	for (i = 0; live_has(l, NEED_PATHS) && i < l->f->n_paths; i++) {
		const struct path_facts *p = &l->f->paths[i];

		if (p->of != PATH_INNER || !needs(l, &p->to, net))
			continue;
		if (!is_ours(l, p->dev))
			return p;
		good = p;
	}
	return good;
}

static const char *goes(const struct live *l, const struct path_facts *p)
{
	return arena_printf(l->a, "%s goes to %s", words_addr(l->a, &p->to),
			    p->dev ? p->dev : "nowhere");
}

static void route(struct live *l, const struct cidr *net)
{
	const struct intended_facts *w = l->want;
	const char *s = words_net(l->a, net);
	const struct path_facts *p;

	if (routed(l, net, w->table == INTENDED_NUMBER ? (unsigned)w->table_number : 0))
		return;
	p = asked(l, net);
	if (p && !is_ours(l, p->dev))
		live_differs(
			l, STATE_FAIL,
			arena_printf(l->a, "no route for %s into %s: %s", s, l->tun, goes(l, p)));
	else if (routed(l, net, 0))
		live_differs(l, STATE_WARN,
			     arena_printf(l->a,
					  "the route for %s into %s is not in table %lld of "
					  "the file",
					  s, l->tun, (long long)w->table_number));
	else if (!p || routed_narrower(l, net, &p->to))
		live_differs(l, STATE_WARN,
			     arena_printf(l->a, "no route for %s into %s was found", s, l->tun));
}

/* --- rules ------------------------------------------------------------------------ */

/* Where the default route into the tun is, if not in the main table; 0: nowhere. */
static unsigned own_table(const struct live *l, uint8_t family)
{
	const struct net_facts *n = net_of(l);
	size_t i;

	for (i = 0; i < n->n_routes; i++)
		if (is_ours(l, n->routes[i].dev) && n->routes[i].dst.len == 0 &&
		    n->routes[i].dst.addr.family == family && n->routes[i].table != TABLE_MAIN)
			return n->routes[i].table;
	return 0;
}

static const struct policy_facts *rule_to(const struct live *l, uint8_t family, unsigned table)
{
	const struct net_facts *n = net_of(l);
	size_t i;

	for (i = 0; i < n->n_rules; i++)
		if (n->rules[i].family == family && n->rules[i].action == TO_TABLE &&
		    n->rules[i].table == table)
			return &n->rules[i];
	return NULL;
}

/* The main table's routes come first, but for its default. */
static bool main_is_asked(const struct live *l, uint8_t family)
{
	const struct net_facts *n = net_of(l);
	size_t i;

	for (i = 0; i < n->n_rules; i++)
		if (n->rules[i].family == family && n->rules[i].action == TO_TABLE &&
		    n->rules[i].table == TABLE_MAIN && n->rules[i].suppress_prefixlength == 0)
			return true;
	return false;
}

static void no_rule(struct live *l, const struct cidr *all, unsigned table)
{
	const struct path_facts *p = asked(l, all);
	const char *s =
		arena_printf(l->a,
			     "no rule leads to table %u, where the default route of %s "
			     "into %s is",
			     table, all->addr.family == FAMILY_IP6 ? "IPv6" : "IPv4", l->tun);

	if (p && !is_ours(l, p->dev))
		live_differs(l, STATE_FAIL, arena_printf(l->a, "%s: %s", s, goes(l, p)));
	else
		live_differs(l, STATE_WARN, s);
}

/* The engine's own packets must not match it. */
static void mark_of(struct live *l, const struct policy_facts *rule)
{
	const struct path_facts *out = tunnel_path(l->f, PATH_ENDPOINT, NULL);
	int64_t mark = l->have->fwmark;

	if (mark == UNKNOWN || (unsigned)mark == rule->mark)
		return;
	live_differs(l, out && is_ours(l, out->dev) ? STATE_FAIL : STATE_WARN,
		     arena_printf(l->a,
				  "the engine's mark is 0x%llx: its own packets match the rule "
				  "%s, which is for all others",
				  (unsigned long long)mark, policy_words(rule, l->a)));
}

static void rules(struct live *l, uint8_t family)
{
	const struct cidr all = { .addr = { .family = family } };
	const struct policy_facts *rule;
	unsigned table;

	if (!live_wants_default(l->want, family))
		return;
	table = own_table(l, family);
	if (!table || routed(l, &all, TABLE_MAIN))
		return;
	rule = rule_to(l, family, table);
	if (!rule) {
		no_rule(l, &all, table);
		return;
	}
	/* Made otherwise than wg-quick does it is somebody's own. */
	if (!rule->invert || rule->mask != UINT32_MAX)
		return;
	mark_of(l, rule);
	if (!main_is_asked(l, family))
		live_differs(l, STATE_WARN,
			     arena_printf(l->a,
					  "no rule \"lookup main suppress_prefixlength 0\" (%s): "
					  "local networks too go into the tunnel",
					  family == FAMILY_IP6 ? "IPv6" : "IPv4"));
}

void live_routes(struct live *l)
{
	const struct intended_facts *w = l->want;
	size_t i, k;

	if (!live_has(l, NEED_ROUTES) || !net_of(l)->known || !l->tun || w->table == INTENDED_OFF ||
	    l->f->target.probed_routes_only)
		return;
	for (i = 0; i < w->n_peers; i++)
		for (k = 0; !live_is_left_out(l, i) && k < w->peers[i].n_allowed; k++)
			route(l, &w->peers[i].allowed[k]);
	if (w->table != INTENDED_AUTO || !net_of(l)->rules_known)
		return;
	rules(l, FAMILY_IP4);
	rules(l, FAMILY_IP6);
}
