#include "check/policy.h"

#include <string.h>

#include "check/tunnel.h"
#include "check/words.h"

enum {
	TO_TABLE = 1,
	GOTO = 2,
	NOP = 3,
	BLACKHOLE = 6,
	UNREACHABLE = 7,
	PROHIBIT = 8
}; /* FR_ACT_* */
enum { TABLE_DEFAULT = 253, TABLE_MAIN = 254, TABLE_LOCAL = 255 }; /* rtnetlink */

/* --- the same? ------------------------------------------------------------------------- */

static bool same_name(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same(const struct policy_facts *a, const struct policy_facts *b)
{
	return a->family == b->family && a->action == b->action && a->invert == b->invert &&
	       a->pref == b->pref && a->table == b->table && a->mark == b->mark &&
	       a->mask == b->mask && cidr_equal(&a->src, &b->src) && cidr_equal(&a->dst, &b->dst) &&
	       same_name(a->iif, b->iif) && same_name(a->oif, b->oif) &&
	       a->suppress_prefixlength == b->suppress_prefixlength;
}

bool policy_has(const struct net_facts *n, const struct policy_facts *r)
{
	size_t i;

	for (i = 0; i < n->n_rules; i++)
		if (is_same(&n->rules[i], r))
			return true;
	return false;
}

/* --- of the tunnel? --------------------------------------------------------------------- */

static bool is_own_link(const struct facts *f, const char *name)
{
	return same_name(name, f->tun[END_NEAR].name) || same_name(name, f->wire[END_NEAR].name) ||
	       same_name(name, f->target.name);
}

static bool leads_to_tun(const struct facts *f, const struct net_facts *n, unsigned table)
{
	size_t i;

	for (i = 0; i < n->n_routes; i++)
		if (n->routes[i].table == table && same_name(n->routes[i].dev, f->target.name))
			return true;
	return false;
}

/* One for its routes alone, as wg-quick makes it. */
static bool is_own_table(const struct facts *f, unsigned table)
{
	if (table == 0 || (table >= TABLE_DEFAULT && table <= TABLE_LOCAL))
		return false;
	return leads_to_tun(f, &f->net_start[END_NEAR], table) ||
	       leads_to_tun(f, &f->net_end[END_NEAR], table);
}

static bool holds_own(const struct facts *f, const struct cidr *net)
{
	const struct net_facts *n = &f->net_start[END_NEAR];
	size_t i;

	for (i = 0; i < n->n_addrs; i++)
		if (cidr_contains(net, &n->addrs[i].addr.addr))
			return true;
	return false;
}

static bool holds_far(const struct facts *f, const struct cidr *net)
{
	struct endpoint e = tunnel_endpoint(f);
	struct tunnel_addrs inner;
	size_t i;

	tunnel_targets(f, &inner);
	for (i = 0; i < inner.n; i++)
		if (cidr_contains(net, &inner.a[i]))
			return true;
	return e.addr.family != FAMILY_NONE && cidr_contains(net, &e.addr);
}

static bool is_own_mark(const struct facts *f, const struct policy_facts *r)
{
	int64_t mark = f->config[END_NEAR].fwmark;

	return mark > 0 && r->mark == (unsigned)mark;
}

bool policy_concerns(const struct facts *f, const struct policy_facts *r)
{
	if (facts_far_is_here(f) || is_own_table(f, r->table) || is_own_mark(f, r))
		return true;
	/* What comes in by another link is not ours; "lo" is what this host sends. */
	if (r->iif && strcmp(r->iif, "lo") != 0 && !is_own_link(f, r->iif))
		return false;
	if (r->oif && !is_own_link(f, r->oif))
		return false;
	if (r->invert)
		return true;
	if (r->mark || r->mask)
		return false;
	if (r->src.addr.family != FAMILY_NONE && !holds_own(f, &r->src))
		return false;
	return r->dst.addr.family == FAMILY_NONE || holds_far(f, &r->dst);
}

/* --- in words ----------------------------------------------------------------------------- */

static const char *action_words(const struct policy_facts *r, struct arena *a)
{
	switch (r->action) {
	case TO_TABLE:
		if (r->table == TABLE_MAIN)
			return "lookup main";
		if (r->table == TABLE_LOCAL)
			return "lookup local";
		if (r->table == TABLE_DEFAULT)
			return "lookup default";
		return arena_printf(a, "lookup %u", r->table);
	case GOTO:
		return "goto";
	case NOP:
		return "nop";
	case BLACKHOLE:
		return "blackhole";
	case UNREACHABLE:
		return "unreachable";
	case PROHIBIT:
		return "prohibit";
	default:
		return arena_printf(a, "action %u", r->action);
	}
}

static const char *mark_words(const struct policy_facts *r, struct arena *a)
{
	if (!r->mark && !r->mask)
		return "";
	if (r->mask == UINT32_MAX)
		return arena_printf(a, " fwmark 0x%x", r->mark);
	return arena_printf(a, " fwmark 0x%x/0x%x", r->mark, r->mask);
}

const char *policy_words(const struct policy_facts *r, struct arena *a)
{
	const char *s =
		arena_printf(a, "%u: %sfrom %s", r->pref, r->invert ? "not " : "",
			     r->src.addr.family == FAMILY_NONE ? "all" : words_net(a, &r->src));

	if (r->dst.addr.family != FAMILY_NONE)
		s = arena_printf(a, "%s to %s", s, words_net(a, &r->dst));
	s = arena_printf(a, "%s%s", s, mark_words(r, a));
	if (r->iif)
		s = arena_printf(a, "%s iif %s", s, r->iif);
	if (r->oif)
		s = arena_printf(a, "%s oif %s", s, r->oif);
	s = arena_printf(a, "%s %s", s, action_words(r, a));
	if (r->suppress_prefixlength != UNKNOWN)
		s = arena_printf(a, "%s suppress_prefixlength %lld", s,
				 (long long)r->suppress_prefixlength);
	return s;
}
