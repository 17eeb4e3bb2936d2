/*
 * The first host of a network is a guess that many servers confirm, and nothing more: it
 * comes last. What can be told without guessing comes first.
 */
#include "model/targets.h"

#include <string.h>

enum { IP4_BITS = 32, IP6_BITS = 128 };

static unsigned bits_of(const struct ip_addr *a)
{
	return a->family == FAMILY_IP6 ? IP6_BITS : IP4_BITS;
}

static bool is_own(const struct targets_ask *ask, const struct ip_addr *a)
{
	size_t i;

	for (i = 0; i < ask->net->n_addrs; i++)
		if (ip_addr_equal(&ask->net->addrs[i].addr.addr, a))
			return true;
	return false;
}

static bool has(const struct targets *t, const struct ip_addr *a)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (ip_addr_equal(&t->t[i].addr, a))
			return true;
	return false;
}

bool targets_is_usable(const struct ip_addr *a)
{
	static const uint8_t zero[16];

	if (a->family == FAMILY_NONE || !memcmp(a->b, zero, ip_addr_len(a)))
		return false;
	if (a->family == FAMILY_IP6) /* multicast, link-local */
		return a->b[0] != 0xff && !ip6_is_link_local(a->b);
	return a->b[0] < 224 && a->b[0] != 127;
}

static void add(const struct targets_ask *ask, struct targets *t, const struct ip_addr *a,
		enum target_how how)
{
	if (t->n == TARGETS_MAX || !targets_is_usable(a) || has(t, a))
		return;
	/* One's own address is asked by the self ping. */
	if (how != TARGET_GIVEN && is_own(ask, a))
		return;
	t->t[t->n++] = (struct target){ .addr = *a, .how = how };
}

/* --- allowed IPs ------------------------------------------------------------------ */

static void singles(const struct targets_ask *ask, struct targets *t)
{
	size_t i;

	for (i = 0; ask->peer && i < ask->peer->n_allowed; i++) {
		const struct cidr *c = &ask->peer->allowed[i];

		if (cidr_is_single(c))
			add(ask, t, &c->addr, TARGET_SINGLE);
	}
}

static bool peer_owns(const struct targets_ask *ask, const struct ip_addr *a)
{
	return ask->config && ask->peer && config_owner(ask->config, a, NULL) == ask->peer;
}

/* TEST-NET-1 (RFC 5737) and the documentation prefix (RFC 3849): nobody's. */
static void hops(const struct targets_ask *ask, struct targets *t)
{
	static const char *const nobody[] = { "192.0.2.1", "2001:db8::1" };
	struct ip_addr a;
	size_t i;

	for (i = 0; i < ARRAY_LEN(nobody); i++)
		if (ip_addr_parse(nobody[i], &a) && peer_owns(ask, &a))
			add(ask, t, &a, TARGET_HOP);
}

/* --- networks --------------------------------------------------------------------- */

enum { FIRST_HOSTS = 2 };

/* The first host and the next; of a network of two addresses these are both (RFC 3021). */
static void first_hosts(const struct cidr *c, struct ip_addr out[static FIRST_HOSTS])
{
	const uint8_t last[FIRST_HOSTS] = { 1, c->len + 1u == bits_of(&c->addr) ? 0 : 2 };
	struct cidr net = *c;
	size_t i;

	cidr_mask(&net);
	for (i = 0; i < FIRST_HOSTS; i++) {
		out[i] = net.addr;
		out[i].b[ip_addr_len(&net.addr) - 1] |= last[i];
	}
}

/* Where the first host is us, the next. A single address has no other host. */
static void first_of(const struct targets_ask *ask, struct targets *t, const struct cidr *c)
{
	struct ip_addr a[FIRST_HOSTS];
	size_t i = 0;

	if (c->len == bits_of(&c->addr) || c->len == 0)
		return;
	first_hosts(c, a);
	while (i < FIRST_HOSTS - 1 && is_own(ask, &a[i]))
		i++;
	if (ask->peer && !peer_owns(ask, &a[i]))
		return;
	add(ask, t, &a[i], TARGET_SUBNET);
}

static bool on_tun(const struct targets_ask *ask, const char *dev)
{
	return dev && ask->tun && strcmp(dev, ask->tun) == 0;
}

static void subnets(const struct targets_ask *ask, struct targets *t)
{
	size_t i, k;

	for (i = 0; i < ask->net->n_addrs; i++)
		if (on_tun(ask, ask->net->addrs[i].link))
			first_of(ask, t, &ask->net->addrs[i].addr);
	for (k = 0; ask->peer && k < ask->peer->n_allowed; k++)
		for (i = 0; i < ask->net->n_addrs; i++)
			if (on_tun(ask, ask->net->addrs[i].link) &&
			    cidr_contains(&ask->peer->allowed[k], &ask->net->addrs[i].addr.addr))
				first_of(ask, t, &ask->peer->allowed[k]);
}

/* Where the engine does not tell its allowed IPs, routes are what is left of them. */
static void host_routes(const struct targets_ask *ask, struct targets *t)
{
	enum { UNICAST = 1 };
	size_t i;

	for (i = 0; !ask->peer && i < ask->net->n_routes; i++) {
		const struct route_facts *r = &ask->net->routes[i];

		if (on_tun(ask, r->dev) && r->type == UNICAST && cidr_is_single(&r->dst))
			add(ask, t, &r->dst.addr, TARGET_HOST_ROUTE);
	}
}

/* --- families --------------------------------------------------------------------- */

static bool tun_has(const struct targets_ask *ask, uint8_t family)
{
	size_t i;

	for (i = 0; i < ask->net->n_addrs; i++)
		if (on_tun(ask, ask->net->addrs[i].link) &&
		    ask->net->addrs[i].addr.addr.family == family &&
		    targets_is_usable(&ask->net->addrs[i].addr.addr))
			return true;
	return false;
}

/* Stable: those whose family the tun has an address of come first. */
static void sort(const struct targets_ask *ask, struct targets *t)
{
	struct targets sorted = { .n = 0 };
	unsigned round;
	size_t i;

	for (round = 0; round < 2; round++)
		for (i = 0; i < t->n; i++)
			if ((t->t[i].how == TARGET_GIVEN || tun_has(ask, t->t[i].addr.family)) ==
			    (round == 0))
				sorted.t[sorted.n++] = t->t[i];
	*t = sorted;
}

/* Where the routes of the allowed IPs are at least as special, they win. */
static void see_taken(const struct targets_ask *ask, struct target *t)
{
	enum { UNICAST = 1, MAIN_TABLE = 254 };
	const struct cidr *by = NULL;
	unsigned from = 1;
	size_t i;

	if (ask->peer && peer_owns(ask, &t->addr) && config_owner(ask->config, &t->addr, &by))
		from = by->len;
	for (i = 0; i < ask->net->n_routes; i++) {
		const struct route_facts *r = &ask->net->routes[i];

		if (!r->dev || on_tun(ask, r->dev) || r->type != UNICAST ||
		    r->table != MAIN_TABLE || r->dst.len < MAX(from, 1u) ||
		    !cidr_contains(&r->dst, &t->addr) ||
		    (t->taken_by && r->dst.len <= t->taken_net.len))
			continue;
		t->taken_net = r->dst;
		t->taken_by = r->dev;
	}
}

void targets_of(const struct targets_ask *ask, struct targets *out)
{
	struct targets t = { .n = 0 };
	size_t i;

	for (i = 0; i < ask->n_given; i++)
		add(ask, &t, &ask->given[i], TARGET_GIVEN);
	for (i = 0; i < t.n; i++)
		see_taken(ask, &t.t[i]);
	singles(ask, &t);
	for (i = 0; i < ask->n_dns; i++)
		if (!ask->peer || peer_owns(ask, &ask->dns[i]))
			add(ask, &t, &ask->dns[i], TARGET_DNS);
	hops(ask, &t);
	host_routes(ask, &t);
	subnets(ask, &t);
	sort(ask, &t);
	*out = t;
}

/* --- another peer ------------------------------------------------------------------- */

/* Its first hosts. What is wider than a /8 (/32) is nobody's network. */
static void hosts_of(const struct targets_ask *ask, struct targets *t, const struct cidr *c)
{
	struct ip_addr a[FIRST_HOSTS];
	size_t i;

	if (c->len < ip_addr_len(&c->addr) * 2 || c->len == bits_of(&c->addr))
		return;
	first_hosts(c, a);
	for (i = 0; i < FIRST_HOSTS; i++)
		add(ask, t, &a[i], TARGET_SUBNET);
}

void targets_of_other(const struct targets_ask *ask, struct targets *out)
{
	struct targets all = { .n = 0 };
	size_t i;

	singles(ask, &all);
	hops(ask, &all);
	for (i = 0; i < ask->peer->n_allowed; i++)
		hosts_of(ask, &all, &ask->peer->allowed[i]);
	*out = (struct targets){ .n = 0 };
	for (i = 0; i < all.n; i++)
		if (peer_owns(ask, &all.t[i].addr))
			out->t[out->n++] = all.t[i];
	sort(ask, out);
}
