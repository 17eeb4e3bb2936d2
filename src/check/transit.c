/*
 * A host with a tunnel need not forward, and one that does may have its reasons to drop. So it is
 * told only of packets that were sent here to be forwarded, while we looked, and of which not one
 * was answered.
 */
#include "check/transit.h"

#include <string.h>

#include "check/rule_match.h"

enum { FEW = 3 }; /* so many may be a mistake of somebody's */

static bool have(const struct facts *f, enum need n)
{
	return (f->have & NEED_BIT(n)) != 0;
}

/* The last address of a network of the tun: for all in it, and so for this host. */
static bool is_broadcast(const struct facts *f, const struct ip_addr *a)
{
	const struct net_facts *n = &f->net_start[END_NEAR];
	size_t i;
	unsigned bit;

	for (i = 0; a->family == FAMILY_IP4 && i < n->n_addrs; i++) {
		const struct cidr *c = &n->addrs[i].addr;

		if (c->len > 30 || !cidr_contains(c, a))
			continue;
		for (bit = c->len; bit < 32; bit++)
			if (!(a->b[bit / 8] & 0x80 >> bit % 8))
				break;
		if (bit == 32)
			return true;
	}
	return false;
}

/* Of a rule for what is forwarded the terms that this half of the packet's way can be asked. */
static enum hit half(const struct rule_facts *r, const struct packet *p)
{
	struct rule_facts one = *r;
	enum hit h = HIT_YES;
	size_t i;

	one.hook = p->dir == TAP_IN ? "prerouting" : "postrouting";
	one.n_terms = 0;
	h = rule_match(&one, p);
	one.n_terms = 1;
	for (i = 0; i < r->n_terms && h != HIT_NO; i++) {
		if (r->terms[i].match == (p->dir == TAP_IN ? RULE_OIF : RULE_IIF))
			continue;
		one.terms = &r->terms[i];
		h = MIN(h, rule_match(&one, p));
	}
	return h;
}

static bool names(const struct rule_facts *r, enum rule_match what)
{
	size_t i;

	for (i = 0; i < r->n_terms; i++)
		if (r->terms[i].match == what)
			return true;
	return false;
}

/* There, or back. A rule that says by which link it goes on is believed of that. */
static bool can_drop(const struct rule_facts *r, const char *tun, const struct ip_addr *to)
{
	const struct packet there = { .dir = TAP_IN,
				      .dev = tun,
				      .dst = *to,
				      .proto = UNKNOWN,
				      .sport = UNKNOWN,
				      .dport = UNKNOWN,
				      .icmp = UNKNOWN };
	const struct packet back = { .dir = TAP_OUT,
				     .dev = tun,
				     .src = *to,
				     .proto = UNKNOWN,
				     .sport = UNKNOWN,
				     .dport = UNKNOWN,
				     .icmp = UNKNOWN };

	if (!r->hook || strcmp(r->hook, "forward") != 0)
		return false;
	if (r->after != UNKNOWN && r->before != UNKNOWN && r->after <= r->before)
		return false;
	return (half(r, &there) != HIT_NO && !(names(r, RULE_OIF) && !names(r, RULE_IIF))) ||
	       (half(r, &back) != HIT_NO && names(r, RULE_OIF));
}

struct transit transit_of(const struct facts *f)
{
	const struct tap_facts *t = &f->taps[TAP_NEAR_TUN];
	struct transit x = { .n = 0 };
	int64_t forwards;
	size_t i;

	if (!have(f, NEED_TAP_NEAR_TUN) || facts_far_is_here(f) || t->foreign[TAP_IN] <= FEW ||
	    t->foreign[TAP_OUT] != 0 || is_broadcast(f, &t->foreign_to))
		return x;
	x.n = t->foreign[TAP_IN];
	x.to = t->foreign_to;
	forwards = x.to.family == FAMILY_IP6 ? f->near_host.ip6_forward : f->near_host.ip4_forward;
	x.forwards_not = forwards == 0;
	for (i = 0; forwards == 1 && have(f, NEED_FIREWALL) && i < f->firewall.n_rules; i++)
		if (!x.dropped && can_drop(&f->firewall.rules[i], f->target.name, &x.to))
			x.dropped = &f->firewall.rules[i];
	return x;
}
