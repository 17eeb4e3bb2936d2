/*
 * What was seen of the tunnel's packets that shows that a rule took them, without a counter of it?
 *
 * Linux tells who sends a packet that a filter took it: EPERM, for the hooks output and
 * postrouting. An ingress or input hook tells nobody; there what a capture saw before the hook is
 * compared with what came out behind it. That alone blames no rule, as other things lie between
 * too: the rule must match what is missing, without a term that is not judged and without a rule
 * before it that may have let it go. Then it takes them, whatever else does.
 */
#include "check/rule_proof.h"

#include <string.h>

#include "check/calls.h"
#include "check/drops.h"
#include "check/incoming.h"
#include "check/tun_view.h"
#include "check/tunnel.h"
#include "check/words.h"
#include "loss/settled.h"

static bool is_hook(const struct rule_facts *r, const char *const hooks[2])
{
	return r->hook && (!strcmp(r->hook, hooks[0]) || !strcmp(r->hook, hooks[1]));
}

static bool tells_sender(const struct rule_facts *r)
{
	static const char *const hooks[] = { "output", "postrouting" };

	return is_hook(r, hooks);
}

static bool is_outer(const struct packet *p)
{
	return strncmp(p->name, "outer", 5) == 0;
}

/* An echo between us and the peer, of that direction. */
static bool is_echo(const struct facts *f, const struct packet *p, enum tap_dir dir)
{
	const struct ip_addr *to = dir == TAP_OUT ? &p->dst : &p->src;
	int64_t type = to->family == FAMILY_IP6 ?
			       dir == TAP_OUT ? ICMP_ECHO6_REQUEST : ICMP_ECHO6_REPLY :
		       dir == TAP_OUT ? ICMP_ECHO_REQUEST :
					ICMP_ECHO_REPLY;

	return !is_outer(p) && p->dir == dir && p->icmp == type &&
	       (p->proto == PROTO_ICMP || p->proto == PROTO_ICMPV6) &&
	       ip_addr_equal(to, &f->ping_peer.target);
}

/* A filter that is there on purpose, on a tunnel that works, is no fault. */
static bool pings_matter(const struct facts *f)
{
	return (f->have & NEED_BIT(NEED_PING_PEER)) &&
	       (!facts_answer(f) || tunnel_target_is_sure(f) || f->ping_peer.received > 0);
}

/* --- who sends is told ------------------------------------------------------------------ */

static const char *ping_refused(const struct facts *f, struct arena *a)
{
	const struct ping_facts *p = &f->ping_peer;

	if (!pings_matter(f) || !p->not_permitted || p->send_errors < 1)
		return NULL;
	return arena_printf(a, "sending was refused: %s",
			    p->send_error ? p->send_error : "Operation not permitted");
}

static const char *engine_refused(const struct facts *f, struct arena *a)
{
	int64_t n = tun_view_refused(f, END_NEAR, "io_send_perm");

	if (n < 1)
		return NULL;
	return arena_printf(a, "the engine's sending was refused %lld time%s", (long long)n,
			    n == 1 ? "" : "s");
}

/* What the hook egress takes is told as ENOBUFS, as a full queue is; and queues count. */
static const char *engine_short(const struct facts *f, struct arena *a)
{
	int64_t n = tun_view_refused(f, END_NEAR, "io_send_nobufs");

	if (n < 1 || kernel_difference(&f->kernel, COUNTER_QDISC_WIRE) != 0)
		return NULL;
	return arena_printf(a,
			    "the engine's sending was refused %lld time%s, and no queue of that "
			    "link dropped any",
			    (long long)n, n == 1 ? "" : "s");
}

const char *rule_proof_refused(const struct facts *f, struct arena *a)
{
	const char *s = ping_refused(f, a);

	return s ? s : engine_refused(f, a);
}

/* --- between two places ------------------------------------------------------------------- */

static bool is_whole(const struct facts *f, enum need n, enum tap t)
{
	return (f->have & NEED_BIT(n)) && f->taps[t].dropped == 0;
}

/* The link is where the route says, and a rule may say otherwise: not of a rule for a link. */
static bool names_link(const struct rule_facts *r)
{
	size_t i;

	for (i = 0; i < r->n_terms; i++)
		if (r->terms[i].match == RULE_OIF || r->terms[i].match == RULE_IIF)
			return true;
	return false;
}

static const char *none_left(const struct facts *f, const struct rule_facts *r, struct arena *a)
{
	const struct tap_facts *tun = &f->taps[TAP_NEAR_TUN], *wire = &f->taps[TAP_NEAR_WIRE];

	if (!is_whole(f, NEED_TAP_NEAR_WIRE, TAP_NEAR_WIRE) || names_link(r) || tunnel_answers(f) ||
	    !(f->have & NEED_BIT(NEED_TAP_NEAR_TUN)) || tun->packets[TAP_OUT] < 1 ||
	    loss_messages(wire, TAP_OUT) != 0)
		return NULL;
	return arena_printf(a, "%lld packets entered the tun, and no message left %s",
			    (long long)tun->packets[TAP_OUT], wire->dev ? wire->dev : "?");
}

static const char *none_taken(const struct facts *f, struct arena *a)
{
	const struct tap_facts *wire = &f->taps[TAP_NEAR_WIRE];
	int64_t came = loss_messages(wire, TAP_IN);

	if (!(f->have & NEED_BIT(NEED_TAP_NEAR_WIRE)) || !(f->have & NEED_BIT(NEED_ENGINE)) ||
	    came < 1 || f->crypto[END_NEAR].rx_bytes != 0 || tunnel_answers(f))
		return NULL;
	return arena_printf(a, "%lld messages came on %s, and the engine took none",
			    (long long)came, wire->dev ? wire->dev : "?");
}

/* An engine that refused what came had it. */
static const char *no_call_answered(const struct facts *f, const struct call_facts *c,
				    struct arena *a)
{
	char from[ENDPOINT_STR_SIZE];

	if (f->calls.dropped != 0 || calls_reached_engine(f) == 1)
		return NULL;
	return arena_printf(a, "%lld came by %s from %s, and none was answered",
			    (long long)c->initiations, c->link ? c->link : "?",
			    endpoint_str(&c->from, from));
}

static const char *none_received(const struct facts *f, struct arena *a)
{
	const struct tap_facts *tun = &f->taps[TAP_NEAR_TUN];
	const struct ping_facts *p = &f->ping_peer;

	if (!pings_matter(f) || !(f->have & NEED_BIT(NEED_TAP_NEAR_TUN)) || p->sent < 1 ||
	    p->received + MAX(p->late, 0) > 0 || tun->echo_replies[TAP_IN] < 1)
		return NULL;
	return arena_printf(a, "%lld replies came out of the tun, and none was received",
			    (long long)tun->echo_replies[TAP_IN]);
}

static const char *none_answered(const struct facts *f, struct arena *a)
{
	return arena_printf(a, "%s on %s does not answer (%s)", words_addr(a, &f->gateway.addr),
			    f->gateway.dev, f->gateway.neigh_state);
}

static const char *gone(const struct facts *f, const struct rule_facts *r, const struct packet *p,
			struct arena *a)
{
	if (rule_takes_a_share(r))
		return NULL;
	if (rule_is_neighbour(p))
		return none_answered(f, a);
	if (p->call)
		return no_call_answered(f, p->call, a);
	if (is_outer(p))
		return p->dir == TAP_OUT ? none_left(f, r, a) : none_taken(f, a);
	return is_echo(f, p, TAP_IN) ? none_received(f, a) : NULL;
}

/* Of all rules that were read, and all were, none else can take what goes that way. */
static bool is_the_only_one(const struct facts *f, const struct rule_facts *r,
			    const struct packet *p, struct arena *a)
{
	const struct firewall_facts *w = &f->firewall;
	struct packet *all;
	size_t n = rule_packets(f, a, &all), i, k;

	if (w->unread)
		return false;
	for (i = 0; i < w->n_rules; i++)
		for (k = 0; k < n; k++)
			if (all[k].dir == p->dir && is_outer(&all[k]) == is_outer(p) &&
			    &w->rules[i] != r && !rule_is_same(&w->rules[i], r) &&
			    !rule_is_idle(&w->rules[i]) &&
			    rule_match(&w->rules[i], &all[k]) != HIT_NO &&
			    rule_comes(w, &w->rules[i], &all[k]) != HIT_NO)
				return false;
	return true;
}

static bool has_no_counter(const struct rule_facts *r)
{
	return r->before == UNKNOWN && r->after == UNKNOWN;
}

/*
 * The kernel tells how many its filter dropped, and a counter which rule's they were; or only one
 * can have taken them.
 */
static const char *kernel_told(const struct facts *f, const struct rule_facts *r,
			       const struct packet *p, struct arena *a)
{
	const struct rule_facts *it;
	bool own = rule_match_is_narrow(r, p) && is_outer(p);
	int64_t n;

	/* Inside, what takes only so many a second takes what we sent too fast, maybe. */
	if ((count_difference(r->before, r->after) < 1 && !has_no_counter(r)) || p->dir != TAP_IN ||
	    p->call || rule_is_neighbour(p) || (!is_outer(p) && rule_takes_a_share(r)))
		return NULL;
	it = drops_rule(f, !is_outer(p), own, &n);
	if (it ? !rule_is_same(it, r) :
		 !has_no_counter(r) || !drops_are_nftables(f, !is_outer(p), own, &n) ||
			    !is_the_only_one(f, r, p, a))
		return NULL;
	return arena_printf(a,
			    "the kernel's filter dropped %lld that came in by %s, and as many "
			    "of the tunnel's are missing",
			    (long long)n,
			    is_outer(p) ? f->wire[END_NEAR].name : f->tun[END_NEAR].name);
}

enum { COUNTED_MIN = 5 };

/* About as many: one in ten, and at the edges of the run one. */
static bool is_about(int64_t n, int64_t of)
{
	return n >= COUNTED_MIN && n <= of + of / 10 + 1 && of <= n + n / 10 + 1;
}

/*
 * Whatever the kernel told of its drops: its counter rose by as many as came in outside and the
 * engine never had, and that of no other rule which can take them did.
 */
static const char *counter_told(const struct facts *f, const struct rule_facts *r,
				const struct packet *p, struct arena *a)
{
	int64_t n = count_difference(r->before, r->after), lacking = incoming_lacking(f);
	const struct firewall_facts *w = &f->firewall;
	size_t i;

	if (p->dir != TAP_IN || !is_outer(p) || p->call || !is_about(n, lacking))
		return NULL;
	for (i = 0; i < w->n_rules; i++)
		if (&w->rules[i] != r && !rule_is_same(&w->rules[i], r) &&
		    is_about(count_difference(w->rules[i].before, w->rules[i].after), lacking) &&
		    rule_match(&w->rules[i], p) != HIT_NO)
			return NULL;
	return arena_printf(a,
			    "its counter rose by %lld, and of what came by %s the engine lacks "
			    "%lld",
			    (long long)n, f->wire[END_NEAR].name, (long long)lacking);
}

enum proof rule_proof(const struct facts *f, const struct rule_facts *r, const struct packet *p,
		      enum hit h, enum hit comes, struct arena *a, const char **words)
{
	const char *s = NULL;

	if (h == HIT_NO || comes == HIT_NO)
		return PROOF_NONE;
	if (tells_sender(r) && is_echo(f, p, TAP_OUT))
		s = ping_refused(f, a);
	else if (tells_sender(r) && is_outer(p) && p->dir == TAP_OUT)
		s = engine_refused(f, a);
	else if (r->hook && !strcmp(r->hook, "egress") && is_outer(p) && p->dir == TAP_OUT)
		s = engine_short(f, a);
	if (s) {
		*words = s;
		return PROOF_REFUSED;
	}
	s = h == HIT_YES && comes == HIT_YES ? gone(f, r, p, a) : NULL;
	if (s) {
		*words = s;
		return PROOF_GONE;
	}
	s = kernel_told(f, r, p, a);
	s = s ? s : counter_told(f, r, p, a);
	if (!s)
		return PROOF_NONE;
	*words = s;
	return PROOF_TOLD;
}

bool rule_proof_takes_neighbour(const struct facts *f, struct arena *a)
{
	const struct firewall_facts *w = &f->firewall;
	struct packet *p;
	size_t n, i, k;

	if (!(f->have & NEED_BIT(NEED_FIREWALL)))
		return false;
	n = rule_packets(f, a, &p);
	for (i = 0; i < n; i++)
		for (k = 0; rule_is_neighbour(&p[i]) && k < w->n_rules; k++)
			if (!rule_is_idle(&w->rules[k]) &&
			    rule_takes_surely(w, &w->rules[k], &p[i]))
				return true;
	return false;
}
