/*
 * One host has answers for one of its addresses and none for another: then the tunnel is good, and
 * the silence lies behind it. An answer of the other family proves less: allowed IPs and addresses
 * of the two are not the same.
 */
#include "check/beyond.h"

#include <string.h>

#include "check/far_age.h"
#include "check/tunnel.h"

static bool have(const struct facts *f, enum need n)
{
	return (f->have & NEED_BIT(n)) != 0;
}

static bool is_this_peers(const struct facts *f, const struct ip_addr *a)
{
	const struct peer_config *p = tunnel_peer(f, END_NEAR);

	/* Where its allowed IPs are not known the route is all that there is. */
	return !p || config_owner(&f->config[END_NEAR], a, NULL) == p;
}

/* The peer's own address, as far as its allowed IPs tell: one that stands there alone. */
static bool is_single(const struct facts *f, const struct ip_addr *a)
{
	const struct peer_config *p = tunnel_peer(f, END_NEAR);
	size_t i;

	for (i = 0; p && i < p->n_allowed; i++)
		if (cidr_is_single(&p->allowed[i]) && ip_addr_equal(&p->allowed[i].addr, a))
			return true;
	return false;
}

/* Of a network that our tun has an address in: a neighbour, behind nobody. */
static bool is_on_tun(const struct facts *f, const struct ip_addr *a)
{
	const struct net_facts *n = &f->net_start[END_NEAR];
	size_t i;

	for (i = 0; have(f, NEED_ADDRS) && f->target.name && i < n->n_addrs; i++)
		if (strcmp(n->addrs[i].link, f->target.name) == 0 &&
		    !cidr_is_single(&n->addrs[i].addr) && cidr_contains(&n->addrs[i].addr, a))
			return true;
	return false;
}

static const struct inner_target_facts *silent_one(const struct facts *f)
{
	const struct ping_facts *p = &f->ping_peer;
	size_t i;

	if (!have(f, NEED_PING_PEER) || f->interrupted || p->sent < 1 || p->received > 0 ||
	    p->late > 0 || p->dev_is_tun == 0)
		return NULL;
	for (i = 0; i < f->n_inner_targets; i++) {
		const struct inner_target_facts *t = &f->inner_targets[i];

		if (t->how == TARGET_GIVEN && !t->answered && ip_addr_equal(&t->addr, &p->target))
			return is_this_peers(f, &t->addr) ? t : NULL;
	}
	return NULL;
}

static const struct inner_target_facts *other_that_answers(const struct facts *f, uint8_t family,
							   size_t *asked)
{
	const struct inner_target_facts *found = NULL;
	size_t i;

	for (i = *asked = 0; i < f->n_inner_targets; i++) {
		const struct inner_target_facts *t = &f->inner_targets[i];

		if (t->addr.family != family || !is_this_peers(f, &t->addr))
			continue;
		++*asked;
		if (t->answered && !found)
			found = t;
	}
	return found;
}

/*
 * Prohibited, or unreachable by protocol or port: a router has no such ports to speak for. That a
 * host or a network is unreachable may be no more than the truth.
 */
static bool is_refusal(const struct inner_target_facts *t)
{
	enum {
		ICMP4_UNREACHABLE = 3, /* RFC 792, RFC 1812 section 5.2.7.1 */
		PROTOCOL = 2,
		PORT = 3,
		NET_PROHIBITED = 9,
		HOST_PROHIBITED = 10,
		PROHIBITED = 13,
		ICMP6_UNREACHABLE = 1, /* RFC 4443, section 3.1 */
		PROHIBITED6 = 1,
		PORT6 = 4,
		POLICY6 = 5,
		REJECT6 = 6,
	};
	unsigned c = t->icmp_code;

	if (t->icmp_from.family == FAMILY_IP6)
		return t->icmp_type == ICMP6_UNREACHABLE &&
		       (c == PROHIBITED6 || c == PORT6 || c == POLICY6 || c == REJECT6);
	return t->icmp_type == ICMP4_UNREACHABLE &&
	       (c == PROTOCOL || c == PORT || c == NET_PROHIBITED || c == HOST_PROHIBITED ||
		c == PROHIBITED);
}

static bool is_ours(const struct facts *f, const struct ip_addr *a)
{
	const struct net_facts *n = &f->net_start[END_NEAR];
	size_t i;

	for (i = 0; have(f, NEED_ADDRS) && i < n->n_addrs; i++)
		if (ip_addr_equal(&n->addrs[i].addr.addr, a))
			return true;
	return false;
}

/* By what was pasted of it, or by what it does: it counted down the hop limit. */
static int64_t forwards(const struct facts *f, const struct inner_target_facts *t)
{
	int64_t says =
		t->addr.family == FAMILY_IP6 ? f->far_host.ip6_forward : f->far_host.ip4_forward;

	if (t->hop.family != FAMILY_NONE && !is_ours(f, &t->hop))
		return 1;
	return have(f, NEED_FAR_TEXT) && !far_is_old(f) ? says : UNKNOWN;
}

/* Nothing but handshakes and keepalives came in outside, and data went out. */
static bool wire_is_empty(const struct facts *f)
{
	const struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];

	return have(f, NEED_TAP_NEAR_WIRE) && t->dropped == 0 &&
	       t->msgs[TAP_IN][WG_MSG_DATA] == t->keepalives[TAP_IN] &&
	       t->msgs[TAP_OUT][WG_MSG_DATA] > t->keepalives[TAP_OUT];
}

static bool is_nothing_back(const struct facts *f, const struct inner_target_facts *t, size_t asked)
{
	bool has_session = have(f, NEED_HANDSHAKE) && f->handshake.complete;
	size_t i;

	if (!has_session || (asked < 2 && !is_single(f, &t->addr) && !is_on_tun(f, &t->addr)))
		return false;
	/* An answer of the other family: messages do come back. */
	for (i = 0; i < f->n_inner_targets; i++)
		if (f->inner_targets[i].answered)
			return true;
	return wire_is_empty(f);
}

struct beyond beyond_of(const struct facts *f)
{
	struct beyond b = { .silent = silent_one(f), .forwards = UNKNOWN };
	size_t asked;

	if (!b.silent)
		return b;
	b.answers = other_that_answers(f, b.silent->addr.family, &asked);
	b.forwards = forwards(f, b.silent);
	if (b.silent->icmp_from.family != FAMILY_NONE && is_refusal(b.silent) &&
	    !is_ours(f, &b.silent->icmp_from))
		b.refused = b.silent;
	/* Any answer of that family crossed the tunnel, whoever gave it. */
	b.nothing_back = !b.answers && b.silent->hop.family == FAMILY_NONE &&
			 b.silent->icmp_from.family == FAMILY_NONE &&
			 is_nothing_back(f, b.silent, asked);
	return b;
}

bool beyond_may_be(const struct facts *f)
{
	const struct ip_addr *a = &f->ping_peer.target;
	size_t i;

	if (!have(f, NEED_PING_PEER) || is_single(f, a) || is_on_tun(f, a))
		return false;
	for (i = 0; i < f->n_inner_targets; i++)
		if (ip_addr_equal(&f->inner_targets[i].addr, a))
			return f->inner_targets[i].how == TARGET_GIVEN ||
			       f->inner_targets[i].how == TARGET_DNS;
	return false;
}

const struct inner_target_facts *beyond_silent_family(const struct facts *f)
{
	size_t n, i;

	/* Those before the first one that answers were waited for, and those behind it were not. */
	for (n = 0; n < f->n_inner_targets && !f->inner_targets[n].answered; n++)
		;
	if (n == f->n_inner_targets)
		return NULL;
	for (i = 0; i < n; i++)
		if (f->inner_targets[i].addr.family == f->inner_targets[n].addr.family)
			return NULL;
	return n ? &f->inner_targets[0] : NULL;
}
