/*
 * That something arrived, or was taken there, the recording shows by itself. That nothing did, it
 * shows only where something was sent meanwhile: this run, by the far end's clock, or any other
 * silent one, whose knocks came.
 */
#include "check/far_view.h"

#include <math.h>
#include <string.h>

#include "check/attempts.h"
#include "check/calls.h"
#include "check/far_age.h"
#include "check/rule_match.h"
#include "check/tunnel.h"
#include "check/words.h"
#include "loss/stats.h"
#include "wire/probe_msg.h"

/* Of PROBE_KNOCKS of each kind; with fewer it may be chance which came. */
enum { KNOCKS_MIN = 4 };
enum { FEW = 4, MISSING_MIN = 2 }; /* with fewer it may be chance */
static const double BY_CHANCE = 0.05;

static bool have(const struct facts *f, enum need n)
{
	return (f->have & NEED_BIT(n)) != 0;
}

/* Did somebody ask this endpoint in vain while it recorded? By the clocks, or by his knocking. */
static bool covers(const struct facts *f, const struct recording_facts *r)
{
	int64_t asked = f->taps[TAP_NEAR_WIRE].first_initiation_ns;
	int64_t from = asked != UNKNOWN ? asked : f->started_wall_ns;
	int64_t until = f->started_wall_ns + MAX(f->handshake.waited_ns, 0);

	if (r->knocks > 0 || r->knocks_dns > 0 || r->knocks_other > 0 || r->shaped > 0)
		return true;
	return r->from_wall_ns != UNKNOWN && r->from_wall_ns <= from &&
	       r->to_wall_ns >= MAX(from, until);
}

static const char *not_of_this(const struct recording_facts *r, struct arena *a)
{
	if (r->gone)
		return arena_printf(a,
				    "the tunnel's interface there went away, or was made anew, "
				    "after %.1f s, too early for this run: record again",
				    (double)(r->to_wall_ns - r->from_wall_ns) / 1e9);
	return "by the clocks of the two hosts it is not of the time of this run: begin it before, "
	       "and end it after";
}

/* NULL: there is none, or it is of long ago. */
static const struct facts *seen_of(const struct facts *f)
{
	return far_is_old(f) ? NULL : facts_far_seen(f);
}

static void shows(struct findings *out, struct finding *row, enum sign s, const char *words)
{
	finding_sign(row, s);
	finding_because(out, row, "recording", "far end", "%s", words);
}

/* --- outside: did our initiations get there, and what became of them? ----------------- */

static bool is_its(const struct facts *seen, const struct ip_addr *a)
{
	size_t i;

	for (i = 0; i < seen->recording.n_addrs; i++)
		if (ip_addr_equal(&seen->recording.addrs[i].addr.addr, a))
			return true;
	return false;
}

/* Where we send to; family NONE: not known. */
static struct ip_addr endpoint_of(const struct facts *f)
{
	const struct peer_config *p = tunnel_peer(f, END_NEAR);

	return p ? p->endpoint.addr : (struct ip_addr){ 0 };
}

struct heard {
	const struct call_facts *unanswered; /* for its key, at its port */
	const struct call_facts *other_port, *other_key;
	bool answered; /* and whoever asked made nothing of it */
};

static struct heard heard_of(const struct facts *seen)
{
	struct heard h = { 0 };
	size_t i;

	for (i = 0; i < seen->calls.n; i++) {
		const struct call_facts *c = &seen->calls.list[i];

		if (call_is_unanswered(seen, c))
			h.unanswered = c;
		else if (!c->ours)
			h.other_key = c->responses ? h.other_key : c;
		else if (c->to.port != seen->config[END_NEAR].listen_port)
			h.other_port = c;
		else if (!c->data)
			h.answered = true;
	}
	return h;
}

static void took_call(const struct facts *seen, const struct call_facts *c, struct findings *out,
		      struct finding *row)
{
	const char *n = arena_printf(out->arena, "%lld initiation%s for its key came in by %s",
				     (long long)c->initiations, c->initiations == 1 ? "" : "s",
				     c->link ? c->link : "a link");
	int64_t reached = calls_reached_engine(seen);

	finding_sign(row, SIGN_FAR_HEARD);
	if (reached != 1 && rule_takes_call(seen, c))
		shows(out, row, SIGN_FAR_TOOK_CALL,
		      arena_printf(out->arena, "%s, and a rule of its filter takes them", n));
	else if (reached == 0)
		shows(out, row, SIGN_FAR_TOOK_CALL,
		      arena_printf(out->arena, "%s, and its engine had none of them", n));
	else
		finding_because(out, row, "recording", "far end", "%s, and none was answered%s", n,
				reached == 1 ? ": its engine refused them" : "");
}

/* May a way that loses so many of these take all initiations as well, by chance? */
static bool takes_all(const struct facts *f, int64_t missing)
{
	int64_t left = f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION];
	struct stats_interval share;

	return stats_wilson95(missing, 2 * PROBE_KNOCKS, &share) &&
	       pow(share.high, (double)left) >= BY_CHANCE;
}

/*
 * No initiation came, and what looks like one did. Where others are missing as well the way loses
 * some of whatever is sent. Are those that look like one missing and no others, somebody may take
 * many of these by their shape; is nothing missing, somebody may know the engine's own socket.
 */
static void some_came(const struct facts *f, const struct recording_facts *r, struct findings *out,
		      struct finding *row)
{
	int64_t shaped = PROBE_KNOCKS - MIN(r->shaped, PROBE_KNOCKS);
	int64_t others = PROBE_KNOCKS - MIN(MAX(r->knocks, 0), PROBE_KNOCKS);

	shows(out, row, SIGN_FAR_HEARD_LIKE,
	      arena_printf(
		      out->arena,
		      "no initiation came in, and of %d datagrams each %lld that look like one "
		      "did, and %lld that do not",
		      PROBE_KNOCKS, (long long)r->shaped, (long long)r->knocks));
	if (r->passed_dropped == 0 && shaped + others >= MISSING_MIN && (others || shaped < FEW) &&
	    takes_all(f, shaped + others))
		finding_sign(row, SIGN_FAR_HEARD_SOME);
}

/* Nothing came. What else did, and is the endpoint it? */
static void heard_nothing(const struct facts *f, const struct facts *seen, struct findings *out,
			  struct finding *row)
{
	const struct recording_facts *r = &seen->recording;
	const struct ip_addr to = endpoint_of(f);

	if (r->shaped > 0) {
		some_came(f, r, out, row);
		return;
	}
	shows(out, row, SIGN_FAR_HEARD_NOTHING, "no initiation came in by any of its links");
	if (to.family != FAMILY_NONE && r->n_addrs && !is_its(seen, &to))
		shows(out, row, SIGN_FAR_IS_ELSEWHERE,
		      arena_printf(out->arena, "%s is no address of that host",
				   words_addr(out->arena, &to)));
	if (r->passed_dropped != 0)
		return;
	if (r->knocks >= KNOCKS_MIN)
		shows(out, row, SIGN_FAR_HEARD_KNOCK,
		      "what is no WireGuard message came in at the very port");
	else if (r->knocks == 0 && r->knocks_other >= KNOCKS_MIN)
		shows(out, row, SIGN_FAR_HEARD_OTHER, "UDP to another port came in");
	else if (r->knocks == 0 && r->knocks_other == 0 && r->knocks_dns >= KNOCKS_MIN)
		shows(out, row, SIGN_FAR_HEARD_DNS, "UDP to the port of DNS came in, to no other");
}

void far_view_outer(const struct facts *f, struct findings *out, struct finding *row)
{
	const struct facts *seen = seen_of(f);
	const struct tap_facts *wire = &f->taps[TAP_NEAR_WIRE];
	struct heard h;

	if (!seen || !have(seen, NEED_CALLS) || !have(seen, NEED_CONFIG) ||
	    !have(f, NEED_TAP_NEAR_WIRE) || wire->msgs[TAP_OUT][WG_MSG_INITIATION] < 1 ||
	    wire->msgs[TAP_IN][WG_MSG_RESPONSE] > 0 || attempts_answered_elsewhere(f))
		return;
	h = heard_of(seen);
	if (h.unanswered)
		took_call(seen, h.unanswered, out, row);
	else if (h.other_port)
		shows(out, row, SIGN_FAR_OTHER_PORT,
		      arena_printf(out->arena, "initiations came in to port %u, and it has %lld",
				   h.other_port->to.port,
				   (long long)seen->config[END_NEAR].listen_port));
	else if (h.answered)
		/* With other peers they may be of one whose answer was lost. */
		shows(out, row,
		      seen->config[END_NEAR].n_peers == 1 ? SIGN_FAR_ANSWERED : SIGN_FAR_HEARD,
		      "initiations came in there and were answered");
	else if (h.other_key)
		shows(out, row, SIGN_FAR_HEARD, "initiations came in there for another key");
	else if (!covers(f, &seen->recording))
		finding_because(out, row, "recording", "far end", "no initiation came in, and %s",
				not_of_this(&seen->recording, out->arena));
	else if (seen->calls.dropped == 0 && seen->calls.more == 0)
		heard_nothing(f, seen, out, row);
	else
		finding_because(out, row, "recording", "far end",
				"no initiation was seen, by a capture with gaps");
}

/* --- inside: what came out of the tunnel there, and where did it go? ------------------- */

static const struct {
	enum sign there, here;
} turned[] = {
	{ SIGN_NEAR_FORWARD_DROPPED, SIGN_FAR_FORWARD_DROPPED },
	{ SIGN_NEAR_FORWARDS_NOT, SIGN_FAR_FORWARDS_NOT },
	{ SIGN_FILTER_TOOK, SIGN_FAR_FILTER_TOOK },
	{ SIGN_NEAR_WRITES_NO_IP, SIGN_FAR_WRITES_NO_IP },
	{ SIGN_NEAR_WRITE_REFUSED, SIGN_FAR_WRITE_REFUSED },
	{ SIGN_NEAR_SENDS_NO_IP, SIGN_FAR_SENDS_NO_IP },
	{ SIGN_NEAR_OUTER_TOO_LARGE, SIGN_FAR_OUTER_TOO_LARGE },
	{ SIGN_FAR_SENDS_NO_IP, SIGN_NEAR_SENDS_NO_IP },
	{ SIGN_FAR_OUTER_TOO_LARGE, SIGN_NEAR_OUTER_TOO_LARGE },
};

/*
 * It refused what we sent for its source, and allows all of our addresses: so what we sent had
 * another. With other peers they may be theirs.
 */
static bool is_translated(const struct facts *f, const struct finding *there)
{
	const struct config_facts *c = &f->config[END_FAR];
	const struct peer_config *us = tunnel_peer(f, END_FAR);
	struct tunnel_addrs sources;
	size_t i;

	if (!(there->signs & SIGN_BIT(SIGN_NEAR_SOURCE_REFUSED)) || there->state != STATE_FAIL ||
	    !have(f, NEED_CONFIG_FAR) || !us || c->n_peers != 1)
		return false;
	tunnel_sources(f, &sources);
	for (i = 0; i < sources.n; i++)
		if (config_owner(c, &sources.a[i], NULL) != us)
			return false;
	return sources.n > 0;
}

static void turn_round(const struct facts *f, const struct facts *seen, bool others,
		       struct findings *out, struct finding *row)
{
	struct findings there;
	const struct finding *g;
	size_t i;

	findings_init(&there, out->arena);
	checks_run(seen, NULL, &there);
	for (g = there.first; g; g = g->next) {
		if (!others && is_translated(f, g))
			shows(out, row, SIGN_NEAR_SOURCE_FOREIGN,
			      arena_printf(out->arena, "it allows our addresses, and %s: %s",
					   g->check->id, g->summary));
		for (i = 0; i < ARRAY_LEN(turned); i++)
			if (g->state == STATE_FAIL && g->signs & SIGN_BIT(turned[i].there))
				shows(out, row, turned[i].here,
				      arena_printf(out->arena, "its own %s: %s", g->check->id,
						   g->summary));
	}
}

/* Echo requests to its own address came out of its tun, and not one was answered. */
static void took_inside(const struct facts *f, const struct facts *seen,
			const struct ip_addr *target, struct findings *out, struct finding *row)
{
	const struct tap_facts *tun = &seen->taps[TAP_NEAR_TUN];
	const struct firewall_facts *w = &seen->firewall;
	bool v6 = target->family == FAMILY_IP6;
	struct packet p = {
		.name = "an echo request",
		.dir = TAP_IN,
		.dev = seen->target.name,
		.dst = *target,
		.proto = v6 ? PROTO_ICMPV6 : PROTO_ICMP,
		.sport = UNKNOWN,
		.dport = UNKNOWN,
		.icmp = v6 ? ICMP_ECHO6_REQUEST : ICMP_ECHO_REQUEST,
		.is_new = true,
	};
	struct tunnel_addrs sources;
	size_t i;

	if (!have(seen, NEED_TAP_NEAR_TUN) || !have(seen, NEED_FIREWALL) || tun->dropped != 0 ||
	    tun->echo_requests[TAP_IN] < FEW || tun->echo_replies[TAP_OUT] != 0 ||
	    !is_its(seen, target))
		return;
	tunnel_sources(f, &sources);
	for (i = 0; i < sources.n && p.src.family != target->family; i++)
		p.src = sources.a[i];
	for (i = 0; i < w->n_rules; i++) {
		if (rule_is_idle(&w->rules[i]) || !rule_takes_surely(w, &w->rules[i], &p))
			continue;
		shows(out, row, SIGN_FAR_FILTER_TOOK,
		      arena_printf(out->arena,
				   "%lld echo requests came out of its tun, none was answered, and "
				   "a rule takes them: %s",
				   (long long)tun->echo_requests[TAP_IN], w->rules[i].says));
		return;
	}
}

/* Its messages to us leave by it, or ours came in by it. */
static bool is_uplink(const struct facts *seen, const char *link)
{
	const char *wire = seen->wire[END_NEAR].name;
	size_t i;

	if (wire && strcmp(wire, link) == 0)
		return true;
	for (i = 0; i < seen->calls.n; i++)
		if (seen->calls.list[i].link && strcmp(seen->calls.list[i].link, link) == 0)
			return true;
	return false;
}

/* A neighbour of that host, by a link that is neither the tunnel's nor its own way out. */
static bool is_behind(const struct facts *seen, const struct ip_addr *a)
{
	const struct recording_facts *r = &seen->recording;
	size_t i;

	for (i = 0; i < r->n_addrs; i++)
		if (strcmp(r->addrs[i].link, seen->target.name) != 0 &&
		    !is_uplink(seen, r->addrs[i].link) && !cidr_is_single(&r->addrs[i].addr) &&
		    cidr_contains(&r->addrs[i].addr, a))
			return true;
	return false;
}

static bool is_ours(const struct facts *f, const struct ip_addr *a)
{
	struct tunnel_addrs sources;
	size_t i;

	tunnel_sources(f, &sources);
	for (i = 0; i < sources.n; i++)
		if (ip_addr_equal(&sources.a[i], a))
			return true;
	return false;
}

/* It passed our packets on as they came, and nothing came back for us. */
static void passed_on(const struct facts *f, const struct facts *seen, const struct ip_addr *target,
		      struct findings *out, struct finding *row)
{
	const struct recording_facts *r = &seen->recording;
	size_t i;

	for (i = 0; i < r->n_passed; i++) {
		const struct passed_facts *p = &r->passed[i];
		bool hides = seen->firewall.n_hides != 0, behind = is_behind(seen, target);

		/* If all had been answered, it would not have missed each of the answers. */
		if (p->left <= r->passed_dropped || p->came > 0 || !ip_addr_equal(&p->to, target) ||
		    !is_ours(f, &p->from))
			continue;
		shows(out, row, behind && !hides ? SIGN_FAR_NO_WAY_BACK : SIGN_FAR_HIDES_NOT,
		      arena_printf(out->arena,
				   "%lld of our packets left by %s with source %s%s, "
				   "and nothing came back",
				   (long long)p->left, p->link ? p->link : "a link",
				   words_addr(out->arena, &p->from),
				   behind && hides ? ", though it hides what leaves by others" :
						     ""));
		return;
	}
}

void far_view_inner(const struct facts *f, const struct ip_addr *target, bool others,
		    struct findings *out, struct finding *row)
{
	const struct facts *seen = seen_of(f);

	if (!seen || !f->handshake.complete)
		return;
	turn_round(f, seen, others, out, row);
	took_inside(f, seen, target, out, row);
	if (seen->recording.passed_dropped != UNKNOWN)
		passed_on(f, seen, target, out, row);
}
