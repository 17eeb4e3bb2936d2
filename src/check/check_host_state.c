/*
 * Are links, addresses, routes and routing rules at the end what they were at the start?
 *
 * wgdiag changes none of them while it looks, so what changed was changed by somebody else, and
 * what failed may have failed for that. What was there and is no longer is a fault. What is new may
 * be harmless: WARN. The kernel itself adds and removes link-local addresses when it likes, and
 * puts the routes to a host's own addresses in later than the addresses.
 *
 * A host may roam: the addresses and routes of its underlay change, and the tunnel does not mind.
 * Where each ping was answered all the same no fault came of it: WARN.
 */
#include "check/check_list.h"
#include "check/policy.h"
#include "check/tunnel.h"
#include "check/words.h"

#include <string.h>

/* rtnetlink, rtm_type: 2 local, 3 broadcast, 4 anycast, 5 multicast */
enum { RTN_FIRST_BY_KERNEL = 2, RTN_LAST_BY_KERNEL = 5 };

struct change {
	const char *source; /* "link", "address", "route", "rule" */
	enum end end;
	enum state state;
	const char *text;
	struct change *next;
};

struct changes {
	struct arena *arena;
	struct change *first, **last;
	unsigned n;
	bool unread; /* something was not read again */
	const char *roams; /* the link whose addresses and routes may change; NULL */
	enum state state;
};

static void add(struct changes *c, enum end end, enum state s, const char *source, const char *text)
{
	struct change *x = arena_alloc(c->arena, sizeof(*x));

	*x = (struct change){ .source = source, .end = end, .state = s, .text = text };
	*c->last = x;
	c->last = &x->next;
	c->n++;
	c->state = state_worse(c->state, s);
}

/* --- links ------------------------------------------------------------------------ */

static const char *link_change(const struct link_facts *l, struct arena *a)
{
	const struct link_state *s = &l->start, *e = &l->end;

	if (e->gone)
		return arena_printf(a, "%s was there at the start, is gone at the end", l->name);
	if (s->ifindex != e->ifindex)
		return arena_printf(a, "%s is another link at the end than at the start", l->name);
	if (s->up != e->up)
		return arena_printf(a, "%s was %s at the start, is %s at the end", l->name,
				    s->up ? "up" : "down", e->up ? "up" : "down");
	if (s->mtu != e->mtu)
		return arena_printf(a, "%s had MTU %u at the start, has %u at the end", l->name,
				    s->mtu, e->mtu);
	return NULL;
}

static void compare_link(struct changes *c, enum end end, const struct link_facts *l)
{
	const char *text;

	if (!l->start.known)
		return;
	if (!l->end.known) {
		c->unread = true;
		return;
	}
	text = link_change(l, c->arena);
	if (text)
		add(c, end, STATE_FAIL, "link", text);
}

/* --- addresses and routes ---------------------------------------------------------- */

static bool is_of_the_link(const struct ip_addr *a)
{
	if (a->family == FAMILY_IP6)
		return a->b[0] == 0xff || ip6_is_link_local(a->b);
	return a->b[0] >= 224 || ip4_is_link_local(a->b);
}

static bool same_name(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_addr(const struct addr_facts *a, const struct addr_facts *b)
{
	/* Not the network alone: two addresses of one are two. */
	return ip_addr_equal(&a->addr.addr, &b->addr.addr) && cidr_equal(&a->addr, &b->addr) &&
	       same_name(a->link, b->link);
}

static bool has_addr(const struct net_facts *n, const struct addr_facts *a)
{
	size_t i;

	for (i = 0; i < n->n_addrs; i++)
		if (same_addr(&n->addrs[i], a))
			return true;
	return false;
}

static bool same_route(const struct route_facts *a, const struct route_facts *b)
{
	return cidr_equal(&a->dst, &b->dst) && ip_addr_equal(&a->gateway, &b->gateway) &&
	       same_name(a->dev, b->dev) && a->table == b->table && a->metric == b->metric &&
	       a->type == b->type;
}

static bool has_route(const struct net_facts *n, const struct route_facts *r)
{
	size_t i;

	for (i = 0; i < n->n_routes; i++)
		if (same_route(&n->routes[i], r))
			return true;
	return false;
}

static enum state state_of(const struct changes *c, const char *link, bool gone)
{
	return gone && !(c->roams && link && strcmp(link, c->roams) == 0) ? STATE_FAIL : STATE_WARN;
}

/* What `of` has and `other` lacks. */
static void compare_addrs(struct changes *c, enum end end, const struct net_facts *of,
			  const struct net_facts *other, bool gone)
{
	char s[CIDR_STR_SIZE];
	size_t i;

	for (i = 0; i < of->n_addrs; i++) {
		const struct addr_facts *a = &of->addrs[i];

		if (is_of_the_link(&a->addr.addr) || has_addr(other, a))
			continue;
		add(c, end, state_of(c, a->link, gone), "address",
		    arena_printf(c->arena, "address %s of %s %s", cidr_str(&a->addr, s),
				 a->link ? a->link : "?", gone ? "is gone" : "is new"));
	}
}

static bool is_by_kernel(const struct route_facts *r)
{
	return r->type >= RTN_FIRST_BY_KERNEL && r->type <= RTN_LAST_BY_KERNEL;
}

/* What the kernel makes of an address goes and comes with it, and the address is told. */
static bool is_of_moved_addr(const struct route_facts *r, const struct net_facts *of,
			     const struct net_facts *other)
{
	size_t i;

	if (r->gateway.family != FAMILY_NONE)
		return false;
	for (i = 0; i < of->n_addrs; i++) {
		const struct addr_facts *a = &of->addrs[i];

		if (!same_name(a->link, r->dev) || has_addr(other, a))
			continue;
		if (is_by_kernel(r) ? cidr_contains(&a->addr, &r->dst.addr) :
				      cidr_equal(&a->addr, &r->dst))
			return true;
	}
	return false;
}

static void compare_routes(struct changes *c, enum end end, const struct net_facts *of,
			   const struct net_facts *other, bool gone)
{
	char s[CIDR_STR_SIZE];
	size_t i;

	for (i = 0; i < of->n_routes; i++) {
		const struct route_facts *r = &of->routes[i];

		if (is_of_the_link(&r->dst.addr) || has_route(other, r))
			continue;
		if ((!gone && is_by_kernel(r)) || is_of_moved_addr(r, of, other))
			continue;
		add(c, end, state_of(c, r->dev, gone), "route",
		    arena_printf(c->arena, "%s to %s %s%s%s",
				 is_by_kernel(r) ? "the kernel's own route" : "route",
				 cidr_str(&r->dst, s), r->dev ? "through " : "",
				 r->dev ? r->dev : "nowhere", gone ? " is gone" : " is new"));
	}
}

static void compare_rules(struct changes *c, enum end end, const struct facts *f,
			  const struct net_facts *of, const struct net_facts *other, bool gone)
{
	size_t i;

	for (i = 0; i < of->n_rules; i++) {
		const struct policy_facts *r = &of->rules[i];

		if (policy_has(other, r) || !policy_concerns(f, r))
			continue;
		add(c, end, gone ? STATE_FAIL : STATE_WARN, "rule",
		    arena_printf(c->arena, "%srule %s is %s",
				 r->family == FAMILY_IP6 ? "IPv6 " : "", policy_words(r, c->arena),
				 gone ? "gone" : "new"));
	}
}

static void compare_policy(struct changes *c, enum end end, const struct facts *f)
{
	const struct net_facts *s = &f->net_start[end], *e = &f->net_end[end];

	if (!s->rules_known)
		return;
	if (!e->rules_known) {
		c->unread = true;
		return;
	}
	compare_rules(c, end, f, s, e, true);
	compare_rules(c, end, f, e, s, false);
}

/* ------------------------------------------------------------------------------------ */

static void compare(struct changes *c, const struct facts *f)
{
	unsigned i;

	for (i = 0; i < END_COUNT; i++) {
		compare_link(c, (enum end)i, &f->tun[i]);
		compare_link(c, (enum end)i, &f->wire[i]);
	}
	for (i = 0; i < END_COUNT; i++) {
		const struct net_facts *s = &f->net_start[i], *e = &f->net_end[i];

		if (i == END_FAR && !facts_far_is_here(f))
			continue;
		if (!e->known) {
			c->unread = true;
			continue;
		}
		compare_addrs(c, (enum end)i, s, e, true);
		compare_addrs(c, (enum end)i, e, s, false);
		compare_routes(c, (enum end)i, s, e, true);
		compare_routes(c, (enum end)i, e, s, false);
		compare_policy(c, (enum end)i, f);
	}
}

/* The first that is as bad as the whole; links stand before what they take along. */
static const struct change *worst(const struct changes *c)
{
	const struct change *x = c->first;

	while (x->next && x->state != c->state)
		x = x->next;
	return x;
}

static struct finding *judge(const struct changes *c, bool rules, struct findings *out)
{
	const struct change *x;

	if (c->n == 0 && c->unread)
		return finding_add(out, STATE_UNSURE, "not all was read again at the end");
	if (c->n == 0)
		return finding_add(out, STATE_PASS, "links, addresses%s are as at the start",
				   rules ? ", routes and rules" : " and routes");
	x = worst(c);
	if (c->n == 1)
		return finding_add(out, c->state, "changed during the run: %s %s",
				   words_end(x->end), x->text);
	return finding_add(out, c->state, "changed during the run: %s %s; and %u more",
			   words_end(x->end), x->text, c->n - 1);
}

/*
 * Each ping, since the answers to the first may have come before the change. Who does not answer
 * pings, but did something else, is no worse off either, as far as can be seen.
 */
static bool crosses_all_the_same(const struct facts *f)
{
	const struct ping_facts *p = &f->ping_peer;
	int64_t answered = p->received + MAX(p->late, 0);
	const struct inner_target_facts *t = facts_answer(f);

	if (!tunnel_data_answers(f) || facts_far_is_here(f))
		return false;
	if (f->have & NEED_BIT(NEED_PING_PEER) && p->sent > 0 && answered > 0)
		return p->dev_is_tun != 0 && answered >= p->sent;
	return t && t->answered != ANSWERED_ECHO;
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	struct changes c = { .arena = out->arena, .state = STATE_PASS };
	const struct change *x;
	struct evidence *ev;
	struct finding *f;

	c.last = &c.first;
	if (crosses_all_the_same(ctx->facts))
		c.roams = ctx->facts->wire[END_NEAR].name;
	compare(&c, ctx->facts);
	f = judge(&c, ctx->facts->net_start[END_NEAR].rules_known, out);
	ev = finding_because(out, f, "link", facts_far_is_here(ctx->facts) ? "both ends" : "near",
			     "start and end compared");
	evidence_count(ev, "changes", c.n == 0 && c.unread ? UNKNOWN : (int64_t)c.n);
	for (x = c.first; x; x = x->next)
		finding_because(out, f, x->source, words_end(x->end), "%s", x->text);
}

static const char *const after[] = { "engine.start", "engine.answers", NULL };

const struct check check_host_state = {
	.id = "host.state",
	.title = "host state",
	.layer = LAYER_HOST,
	.needs = NEED_BIT(NEED_ADDRS) | NEED_BIT(NEED_ROUTES),
	.wants = NEED_BIT(NEED_LINKS) | NEED_BIT(NEED_LINKS_FAR),
	.after = after,
	.run = run,
};
