#include "check/rule_match.h"

#include <string.h>

#include "check/calls.h"
#include "check/tunnel.h"

static enum hit of(bool yes)
{
	return yes ? HIT_YES : HIT_NO;
}

static enum hit negate(enum hit h, bool negated)
{
	if (!negated || h == HIT_MAYBE)
		return h;
	return of(h == HIT_NO);
}

/* "wg*" means each name that begins so. */
static bool name_matches(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	if (len && pattern[len - 1] == '*')
		return strncmp(pattern, name, len - 1) == 0;
	return strcmp(pattern, name) == 0;
}

static enum hit match_dev(const struct rule_term *t, const struct packet *p)
{
	enum tap_dir wants = t->match == RULE_OIF ? TAP_OUT : TAP_IN;

	/* A packet has no such device at our hooks: nothing equals it, kernels differ on != */
	if (p->dir != wants)
		return t->negated ? HIT_MAYBE : HIT_NO;
	if (!p->dev || !t->text)
		return HIT_MAYBE;
	return negate(of(name_matches(t->text, p->dev)), t->negated);
}

static enum hit match_net(const struct rule_term *t, const struct ip_addr *a)
{
	if (a->family == FAMILY_NONE)
		return HIT_MAYBE;
	/* `ip saddr != N` asks for IPv4 first. */
	if (a->family != t->net.addr.family)
		return HIT_NO;
	return negate(of(cidr_contains(&t->net, a)), t->negated);
}

static enum hit match_number(const struct rule_term *t, int64_t v)
{
	if (v == UNKNOWN)
		return HIT_MAYBE;
	return negate(of(t->lo <= v && v <= t->hi), t->negated);
}

enum { PORT_LEAST = 1, PORT_MAX = 65535 };

static enum hit match_port(const struct rule_term *t, const struct packet *p)
{
	bool any = t->lo <= PORT_LEAST && t->hi >= PORT_MAX && !t->negated;

	if (p->proto != UNKNOWN && p->proto != PROTO_TCP && p->proto != PROTO_UDP)
		return HIT_NO;
	if (any && p->proto != UNKNOWN)
		return HIT_YES;
	return match_number(t, t->match == RULE_SPORT ? p->sport : p->dport);
}

static enum hit match_icmp(const struct rule_term *t, const struct packet *p, int64_t proto)
{
	if (p->proto != UNKNOWN && p->proto != proto)
		return HIT_NO;
	return match_number(t, p->icmp);
}

static int64_t family_of(const struct packet *p)
{
	if (p->src.family != FAMILY_NONE)
		return p->src.family;
	return p->dst.family != FAMILY_NONE ? p->dst.family : UNKNOWN;
}

static enum hit match_term(const struct rule_term *t, const struct packet *p)
{
	switch (t->match) {
	case RULE_IIF:
	case RULE_OIF:
		return match_dev(t, p);
	case RULE_SADDR:
		return match_net(t, &p->src);
	case RULE_DADDR:
		return match_net(t, &p->dst);
	case RULE_L4PROTO:
		return match_number(t, p->proto);
	case RULE_SPORT:
	case RULE_DPORT:
		return match_port(t, p);
	case RULE_FAMILY:
		return match_number(t, family_of(p));
	case RULE_ICMP_TYPE:
		return match_icmp(t, p, PROTO_ICMP);
	case RULE_ICMPV6_TYPE:
		return match_icmp(t, p, PROTO_ICMPV6);
	case RULE_LOCAL:
		/* What comes by a link is the peer's. */
		return negate(of(p->dir == TAP_OUT || (p->dev && !strcmp(p->dev, "lo"))),
			      t->negated);
	case RULE_KNOWN_FLOW:
		/* Linux tracks no neighbour discovery (nf_conntrack_icmpv6). */
		return p->is_new || rule_is_neighbour(p) ? of(t->negated) : HIT_MAYBE;
	case RULE_TO_LOCAL:
		return negate(of(p->dir == TAP_IN || (p->dev && !strcmp(p->dev, "lo"))),
			      t->negated);
	case RULE_MARK:
		return match_number(t, p->mark);
	case RULE_SHARE:
		/* Any packet may be among them; that some were is what the counter tells. */
		return HIT_YES;
	case RULE_CT_STATE:
		return rule_is_neighbour(p) ? of(t->lo > 0) : HIT_MAYBE;
	case RULE_OTHER:
		break;
	}
	return HIT_MAYBE;
}

struct word_hit {
	const char *word;
	enum hit hit[TAP_DIR_COUNT]; /* of a packet that goes out, that comes in */
};

/* What this machine sends or takes itself is never forwarded. */
static const struct word_hit hooks[] = {
	{ "output", { HIT_YES, HIT_NO } },     { "postrouting", { HIT_YES, HIT_NO } },
	{ "egress", { HIT_YES, HIT_NO } },     { "input", { HIT_NO, HIT_YES } },
	{ "prerouting", { HIT_NO, HIT_YES } }, { "ingress", { HIT_NO, HIT_YES } },
	{ "forward", { HIT_NO, HIT_NO } },
};

static enum hit match_hook(const struct rule_facts *r, const struct packet *p)
{
	size_t i;

	/* Others jump there, by ways that were not all followed. */
	if (!r->hook)
		return HIT_MAYBE;
	for (i = 0; i < ARRAY_LEN(hooks); i++)
		if (strcmp(hooks[i].word, r->hook) == 0)
			return hooks[i].hit[p->dir];
	return HIT_MAYBE;
}

static bool has_term(const struct rule_facts *r, enum rule_match m)
{
	size_t i;

	for (i = 0; i < r->n_terms; i++)
		if (r->terms[i].match == m)
			return true;
	return false;
}

static enum hit match_family(const struct rule_facts *r, const struct packet *p)
{
	int64_t family = family_of(p);

	if (strcmp(r->family, "inet") == 0)
		return HIT_YES;
	if (strcmp(r->family, "ip") == 0)
		return family == UNKNOWN ? HIT_MAYBE : of(family == FAMILY_IP4);
	if (strcmp(r->family, "ip6") == 0)
		return family == UNKNOWN ? HIT_MAYBE : of(family == FAMILY_IP6);
	/* Such a chain belongs to one device, which is not told. */
	if (strcmp(r->family, "netdev") == 0)
		return has_term(r, RULE_IIF) || has_term(r, RULE_OIF) ? HIT_YES : HIT_MAYBE;
	return HIT_NO;
}

enum hit rule_match(const struct rule_facts *r, const struct packet *p)
{
	enum hit h = MIN(match_hook(r, p), match_family(r, p));
	size_t i;

	for (i = 0; h != HIT_NO && i < r->n_terms; i++)
		h = MIN(h, match_term(&r->terms[i], p));
	return h;
}

bool rule_is_same(const struct rule_facts *x, const struct rule_facts *y)
{
	return x->handle != UNKNOWN && x->handle == y->handle && !strcmp(x->family, y->family) &&
	       !strcmp(x->table, y->table);
}

bool rule_takes_a_share(const struct rule_facts *r)
{
	return has_term(r, RULE_SHARE);
}

/* What lets a share of them go lets any of them go, perhaps. */
static enum hit pass_matches(const struct pass_facts *s, const struct packet *p)
{
	enum hit h = HIT_YES;
	size_t i;

	for (i = 0; h != HIT_NO && i < s->n_terms; i++)
		h = MIN(h,
			s->terms[i].match == RULE_SHARE ? HIT_MAYBE : match_term(&s->terms[i], p));
	return h;
}

enum hit rule_comes(const struct firewall_facts *w, const struct rule_facts *r,
		    const struct packet *p)
{
	enum hit comes = HIT_YES;
	int64_t i;

	if (r->n_pass == UNKNOWN || r->pass_from == UNKNOWN || r->pass_from < 0 ||
	    r->n_pass > (int64_t)w->n_passes - r->pass_from)
		return HIT_MAYBE;
	for (i = 0; comes != HIT_NO && i < r->n_pass; i++)
		comes = MIN(comes, HIT_YES - pass_matches(&w->passes[r->pass_from + i], p));
	return comes;
}

enum hit rule_hits_self_ping(const struct facts *f, const struct rule_facts *r)
{
	const struct ip_addr *a = &f->ping_self.target;
	const bool six = a->family == FAMILY_IP6;
	struct packet p = { .name = "self", .dev = "lo", .src = *a, .dst = *a };
	enum hit h = HIT_NO;
	unsigned dir, reply;

	p.sport = p.dport = p.mark = UNKNOWN;
	p.proto = six ? PROTO_ICMPV6 : PROTO_ICMP;
	for (dir = TAP_OUT; dir < TAP_DIR_COUNT; dir++) {
		p.dir = (enum tap_dir)dir;
		for (reply = 0; reply < 2; reply++) {
			p.icmp = reply ? (six ? ICMP_ECHO6_REPLY : ICMP_ECHO_REPLY) :
					 (six ? ICMP_ECHO6_REQUEST : ICMP_ECHO_REQUEST);
			h = MAX(h, MIN(rule_match(r, &p), rule_comes(&f->firewall, r, &p)));
		}
	}
	return h;
}

static bool term_is_narrow(const struct rule_term *t, const struct packet *p)
{
	size_t bits = 8 * ip_addr_len(&t->net.addr);

	if (t->negated || match_term(t, p) != HIT_YES)
		return false;
	switch (t->match) {
	case RULE_IIF:
	case RULE_OIF:
		return true;
	case RULE_SADDR:
	case RULE_DADDR:
		/* A network this small is the tunnel's own; 0.0.0.0/0 is everybody's. */
		return bits && t->net.len * 4 >= bits * 3;
	case RULE_SPORT:
	case RULE_DPORT:
		return t->lo == t->hi;
	default:
		return false;
	}
}

bool rule_match_is_narrow(const struct rule_facts *r, const struct packet *p)
{
	size_t i;

	for (i = 0; i < r->n_terms; i++)
		if (term_is_narrow(&r->terms[i], p))
			return true;
	return false;
}

/* --- the packets of a tunnel ------------------------------------------------------ */

struct packets {
	struct packet *p;
	size_t n;
};

static int64_t echo_answer(int64_t type)
{
	switch (type) {
	case ICMP_ECHO_REQUEST:
		return ICMP_ECHO_REPLY;
	case ICMP_ECHO_REPLY:
		return ICMP_ECHO_REQUEST;
	case ICMP_ECHO6_REQUEST:
		return ICMP_ECHO6_REPLY;
	case ICMP_ECHO6_REPLY:
		return ICMP_ECHO6_REQUEST;
	default:
		return UNKNOWN;
	}
}

/* Both directions of one conversation between us and them. */
static void add_pair(struct packets *l, const char *const names[TAP_DIR_COUNT], struct packet out)
{
	l->p[l->n] = out;
	l->p[l->n].dir = TAP_OUT;
	l->p[l->n++].name = names[TAP_OUT];
	l->p[l->n++] = (struct packet){
		.name = names[TAP_IN],
		.dir = TAP_IN,
		.dev = out.dev,
		.src = out.dst,
		.dst = out.src,
		.proto = out.proto,
		.sport = out.dport,
		.dport = out.sport,
		.icmp = echo_answer(out.icmp),
		.mark = UNKNOWN,
	};
}

/* Both ends ask and answer. */
enum { INNER_PROTOS = 4 };

static void add_inner(struct packets *l, const struct facts *f, const struct ip_addr *ours,
		      const struct ip_addr *theirs)
{
	static const char *const names[] = { [TAP_OUT] = "inner out", [TAP_IN] = "inner in" };
	const bool six = theirs->family == FAMILY_IP6;
	const int64_t icmp = six ? PROTO_ICMPV6 : PROTO_ICMP;
	const struct packet kinds[INNER_PROTOS] = {
		{ .proto = icmp, .icmp = six ? ICMP_ECHO6_REQUEST : ICMP_ECHO_REQUEST },
		{ .proto = icmp, .icmp = six ? ICMP_ECHO6_REPLY : ICMP_ECHO_REPLY },
		{ .proto = PROTO_TCP, .icmp = UNKNOWN },
		{ .proto = PROTO_UDP, .icmp = UNKNOWN },
	};
	size_t i;

	for (i = 0; i < INNER_PROTOS; i++)
		add_pair(l, names,
			 (struct packet){ .dev = f->target.name,
					  .src = *ours,
					  .dst = *theirs,
					  .proto = kinds[i].proto,
					  .icmp = kinds[i].icmp,
					  .sport = UNKNOWN,
					  .dport = UNKNOWN,
					  .mark = UNKNOWN });
}

static int64_t known_port(int64_t port)
{
	return port > 0 ? port : UNKNOWN;
}

static void add_outer(struct packets *l, const struct facts *f)
{
	static const char *const names[] = { [TAP_OUT] = "outer out", [TAP_IN] = "outer in" };
	const struct path_facts *path = tunnel_path(f, PATH_ENDPOINT, NULL);
	struct endpoint e = tunnel_endpoint(f);
	struct packet p = {
		.dev = path && path->dev ? path->dev : f->wire[END_NEAR].name,
		.dst = e.addr,
		.proto = PROTO_UDP,
		.sport = f->have & NEED_BIT(NEED_CONFIG) ?
				 known_port(f->config[END_NEAR].listen_port) :
				 UNKNOWN,
		.dport = known_port(e.port),
		.icmp = UNKNOWN,
		/* The engine's own; without one it is the kernel's 0. */
		.mark = f->have & NEED_BIT(NEED_CONFIG) ? f->config[END_NEAR].fwmark : UNKNOWN,
	};

	if (path)
		p.src = path->prefsrc;
	add_pair(l, names, p);
}

bool rule_is_neighbour(const struct packet *p)
{
	return p->icmp == ICMP6_NEIGHBOUR_QUESTION || p->icmp == ICMP6_NEIGHBOUR_ANSWER;
}

/* RFC 4291, section 2.7.1: whom a question for that address is sent to. */
static struct ip_addr solicited(const struct ip_addr *a)
{
	struct ip_addr to = { .family = FAMILY_IP6, .b = { 0xff, 0x02 } };

	to.b[11] = 1;
	to.b[12] = 0xff;
	memcpy(to.b + 13, a->b + 13, 3);
	return to;
}

/* Which of this host's addresses asks is the kernel's choice. */
static void add_neighbours(struct packets *l, const struct facts *f)
{
	const struct gateway_facts *g = &f->gateway;
	struct packet p = { .dev = g->dev, .proto = PROTO_ICMPV6 };

	if (!tunnel_neighbour_is_silent(f) || g->addr.family != FAMILY_IP6)
		return;
	p.sport = p.dport = UNKNOWN; /* .mark 0: the kernel itself sends it */
	p.name = "neighbour out";
	p.dir = TAP_OUT;
	p.dst = solicited(&g->addr);
	p.icmp = ICMP6_NEIGHBOUR_QUESTION;
	l->p[l->n++] = p;
	p.name = "neighbour in";
	p.dir = TAP_IN;
	p.src = g->addr;
	p.dst = (struct ip_addr){ 0 };
	p.icmp = ICMP6_NEIGHBOUR_ANSWER;
	p.mark = UNKNOWN;
	l->p[l->n++] = p;
}

/* What is not answered may have been taken on its way to the engine. */
static struct packet packet_of_call(const struct call_facts *c)
{
	return (struct packet){
		.name = "outer handshakes",
		.dir = TAP_IN,
		.dev = c->link,
		.src = c->from.addr,
		.dst = c->to.addr,
		.proto = PROTO_UDP,
		.sport = c->from.port,
		.dport = c->to.port,
		.icmp = UNKNOWN,
		.mark = UNKNOWN,
		.is_new = true,
		.call = c,
	};
}

static void add_calls(struct packets *l, const struct facts *f)
{
	size_t i;

	for (i = 0; f->have & NEED_BIT(NEED_CALLS) && i < f->calls.n; i++)
		if (call_is_unanswered(f, &f->calls.list[i]))
			l->p[l->n++] = packet_of_call(&f->calls.list[i]);
}

bool rule_takes_surely(const struct firewall_facts *w, const struct rule_facts *r,
		       const struct packet *p)
{
	return !rule_takes_a_share(r) && rule_match(r, p) == HIT_YES &&
	       rule_comes(w, r, p) == HIT_YES;
}

bool rule_is_idle(const struct rule_facts *r)
{
	return r->before != UNKNOWN && r->after == r->before;
}

bool rule_takes_call(const struct facts *f, const struct call_facts *c)
{
	const struct firewall_facts *w = &f->firewall;
	const struct packet p = packet_of_call(c);
	size_t i;

	for (i = 0; f->have & NEED_BIT(NEED_FIREWALL) && i < w->n_rules; i++)
		if (rule_takes_surely(w, &w->rules[i], &p))
			return true;
	return false;
}

size_t rule_packets(const struct facts *f, struct arena *a, struct packet **out)
{
	struct packets l = { 0 };
	struct tunnel_addrs ours, theirs;
	size_t i, k;

	tunnel_sources(f, &ours);
	tunnel_targets(f, &theirs);
	l.p = arena_alloc(a, (4 + f->calls.n + 2 * INNER_PROTOS * (ours.n + 1) * theirs.n) *
				     sizeof(*l.p));
	add_outer(&l, f);
	add_neighbours(&l, f);
	add_calls(&l, f);
	for (k = 0; k < theirs.n; k++) {
		static const struct ip_addr unknown = { 0 };
		size_t before = l.n;

		for (i = 0; i < ours.n; i++)
			if (ours.a[i].family == theirs.a[k].family)
				add_inner(&l, f, &ours.a[i], &theirs.a[k]);
		if (l.n == before)
			add_inner(&l, f, &unknown, &theirs.a[k]);
	}
	*out = l.p;
	return l.n;
}
