/*
 * How far do the tunnel's messages get on their way to the endpoint's host?
 *
 * Routers tell where a hop limit ended, so what is known is who a message came to, and never who
 * dropped it: a stop is between two of them. A router that drops what it would forward has told of
 * the hop limit before, so the last router looks like the host. And that a message is not seen is
 * only a finding where an echo request of the same hop limit, sent after it, was seen each time.
 */
#include <string.h>

#include "check/check_list.h"
#include "check/refusal.h"
#include "check/tunnel.h"
#include "check/words.h"

struct view {
	const struct facts *facts;
	const struct ladder_facts *l;
	const struct rung_facts *last; /* the last rung where a message was seen; NULL: none */
	const struct rung_facts *beyond; /* the first behind it that only echo requests come to */
	const struct rung_facts *farthest; /* the last rung where an echo request was seen */
	const struct rung_facts *refused;
};

static struct view look(const struct facts *f)
{
	struct view v = { .facts = f, .l = &f->ladder };
	size_t i;

	for (i = 0; i < v.l->n_rungs; i++) {
		const struct rung_facts *r = &v.l->rungs[i];

		if (r->tunnel.answer == RUNG_HOP || r->tunnel.answer == RUNG_HOST)
			v.last = r;
		if (r->echo.answer == RUNG_HOP)
			v.farthest = r;
		if (r->tunnel.answer == RUNG_REFUSED && !v.refused)
			v.refused = r;
	}
	for (i = v.last ? v.last->hop_limit : 0; i < v.l->n_rungs && !v.beyond; i++)
		if (v.l->rungs[i].only_echo >= LADDER_ROUNDS)
			v.beyond = &v.l->rungs[i];
	return v;
}

/* "hop 2 (192.0.2.1)" */
static const char *hop(struct arena *a, const struct rung_facts *r, const struct rung_side *s)
{
	return arena_printf(a, "hop %u (%s)", r->hop_limit, words_addr(a, &s->from));
}

static const char *by_hand(struct arena *a, const struct view *v)
{
	return arena_printf(a, "%straceroute -n -U -p %u %s", words_inside(a, v->facts),
			    v->l->to.port, words_addr(a, &v->l->to.addr));
}

/* The last router cannot find the host on its link: it is down, or not there. */
static bool is_host_missing(const struct ip_addr *from, uint8_t type, uint8_t code)
{
	return from->family == FAMILY_IP4 ? type == 3 && code == 1 : type == 1 && code == 3;
}

/* --- what came back by itself --------------------------------------------------------- */

/*
 * The engine's messages came to the end of their hop limit, which may be said of another's; in a
 * loop the ladder comes to the same router twice.
 */
static bool is_loop(const struct facts *f)
{
	const struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];
	const struct ladder_facts *l = &f->ladder;
	size_t i, n = 0;

	if (t->icmp_type != (t->icmp_from.family == FAMILY_IP4 ? 11 : 3) || t->icmp_code != 0)
		return false;
	for (i = 0; i < l->n_rungs; i++)
		n += l->rungs[i].tunnel.answer == RUNG_HOP &&
		     ip_addr_equal(&l->rungs[i].tunnel.from, &t->icmp_from);
	return n > 1;
}

static bool is_refusal(const struct facts *f)
{
	const struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];

	if (t->icmp_errors < 1)
		return false;
	/* Too large a packet was not refused for what it was. */
	if (t->icmp_from.family == FAMILY_IP4)
		return (t->icmp_type == 3 && t->icmp_code != 4) || is_loop(f);
	return t->icmp_type == 1 || is_loop(f);
}

static bool is_first_hop(const struct view *v, const struct ip_addr *a)
{
	const struct path_facts *p = tunnel_path(v->facts, PATH_ENDPOINT, NULL);

	if (v->l->n_rungs && v->l->rungs[0].echo.answer == RUNG_HOP &&
	    ip_addr_equal(&v->l->rungs[0].echo.from, a))
		return true;
	return p && ip_addr_equal(&p->gateway, a);
}

static struct finding *refused_by(const struct view *v, const struct ip_addr *from, uint8_t type,
				  uint8_t code, struct findings *out)
{
	const struct endpoint *to = &v->l->to;
	const char *who = words_addr(out->arena, from), *says = words_icmp(from, type, code);
	struct finding *f;

	if (ip_addr_equal(from, &to->addr))
		return finding_add(out, STATE_PASS,
				   "the endpoint's host itself answers: %s (%u/%u)", says, type,
				   code);
	f = finding_add(out, STATE_FAIL, "%s on the way says of the tunnel's messages: %s (%u/%u)",
			who, says, type, code);
	if (ip_addr_equal(from, &v->l->from.addr)) {
		f->summary = arena_printf(out->arena,
					  "this host itself says of the tunnel's messages: %s "
					  "(%u/%u)",
					  says, type, code);
		f->whose = WHOSE_LOCAL;
		return f;
	}
	if (is_host_missing(from, type, code)) {
		finding_fix(out, f,
			    "the endpoint's host is down, or no longer has this address: ask "
			    "there, and compare the endpoint",
			    "%s", by_hand(out->arena, v));
		return f;
	}
	f->whose = WHOSE_PATH;
	if (refusal_of(from, type, code) != REFUSAL_NONE && v->l->control_refused > 0 &&
	    is_first_hop(v, from))
		finding_sign(f, SIGN_UDP_STOPS_NEAR);
	finding_fix(out, f,
		    arena_printf(out->arena,
				 "the router %s does not pass them on: ask who runs it, or try "
				 "another network",
				 who),
		    "%s", by_hand(out->arena, v));
	return f;
}

/* A message of the ladder's may not be fragmented, the engine's may. */
static bool is_too_large(const struct rung_side *s)
{
	return s->from.family == FAMILY_IP4 && s->type == 3 && s->code == 4;
}

/* --- the ladder -------------------------------------------------------------------------- */

static struct finding *unsure_stop(const struct view *v, const char *why, struct findings *out)
{
	return finding_add(out, STATE_UNSURE,
			   "the tunnel's messages are not seen at %s, which pings get to; %s",
			   hop(out->arena, v->beyond, &v->beyond->echo), why);
}

/*
 * That no router tells of a message is no proof that it died there: some tell of pings only, and
 * the way of pings, or of other UDP, may be another. So other UDP of several flows is sent, too.
 * Where all of it is seen there, what is not seen is this tunnel's; where none is, and the host
 * answers none either, all UDP stops.
 */
static struct finding *stopped(const struct view *v, struct findings *out)
{
	const struct ladder_facts *l = v->l;
	struct arena *a = out->arena;
	bool all = l->control_sent > 0 && l->control_seen == l->control_sent;
	const char *at = hop(a, v->beyond, &v->beyond->echo);
	struct finding *f;

	if (v->facts->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] < 1)
		return unsure_stop(v, "no handshake was asked for", out);
	if (l->control_hop != v->beyond->hop_limit || l->control_sent < 1)
		return unsure_stop(v, "other UDP was not tried", out);
	if (!all && l->control_seen > 0)
		return unsure_stop(v, "of other UDP some flows are", out);
	if (!all && l->control_host > 0)
		return unsure_stop(v, "other UDP is not either, and gets to the host", out);
	f = finding_add(out, STATE_FAIL,
			"%s out of sight between %s and %s, where pings%s are seen",
			all ? "the tunnel's messages get" : "all UDP gets",
			v->last ? hop(a, v->last, &v->last->tunnel) : "this host", at,
			all ? " and other UDP" : "");
	f->whose = v->last ? WHOSE_PATH : WHOSE_UNTOLD;
	if (all)
		finding_sign(f, v->last ? SIGN_TUNNEL_STOPS : SIGN_TUNNEL_STOPS_NEAR);
	else
		finding_sign(f, v->last && v->last->hop_limit > 1 ? SIGN_UDP_STOPS :
								    SIGN_UDP_STOPS_NEAR);
	finding_fix(
		out, f,
		all ? "somebody between the two stops this tunnel's UDP: another port at the far "
		      "end, or ask who runs that router" :
		      "somebody between the two lets ping through and no UDP: try another "
		      "network, or ask who runs that router",
		"%s", by_hand(a, v));
	return f;
}

/* Beyond which nothing is to be seen from here. */
static struct finding *before_host(const struct view *v, struct findings *out)
{
	const char *host = words_addr(out->arena, &v->l->to.addr);

	if (v->l->host_hops == 1)
		return finding_add(out, STATE_PASS,
				   "%s is the next hop and answers ping: no router between", host);
	if (v->last && (int64_t)v->last->hop_limit >= v->l->host_hops - 1)
		return finding_add(out, STATE_PASS,
				   "the tunnel's messages get to %s, the last before the host, "
				   "which answers ping",
				   hop(out->arena, v->last, &v->last->tunnel));
	if (v->last)
		return finding_add(out, STATE_UNSURE,
				   "the tunnel's messages get to %s; those between it and the host "
				   "(hop %lld) answer nobody",
				   hop(out->arena, v->last, &v->last->tunnel),
				   (long long)v->l->host_hops);
	if (v->farthest)
		return finding_add(out, STATE_UNSURE,
				   "pings get to %s and the host (hop %lld); the tunnel's messages "
				   "were not seen there every time",
				   hop(out->arena, v->farthest, &v->farthest->echo),
				   (long long)v->l->host_hops);
	return finding_add(out, STATE_UNSURE,
			   "the host answers ping at hop %lld, and no router on the way answers",
			   (long long)v->l->host_hops);
}

static struct finding *before_nobody(const struct view *v, struct findings *out)
{
	const char *host =
		v->l->host == HOST_TCP ?
			arena_printf(out->arena, "TCP port %u is answered for the host, not ping",
				     v->l->host_port) :
		v->l->host == HOST_PROXY ? "pings to the host are answered by somebody before it" :
					   "the host answers neither ping nor TCP";

	if (v->last)
		return finding_add(out, STATE_UNSURE,
				   "the tunnel's messages get to %s; nobody behind it answers; %s",
				   hop(out->arena, v->last, &v->last->tunnel), host);
	if (v->farthest)
		return finding_add(out, STATE_UNSURE,
				   "pings get to %s; the tunnel's messages were not seen there "
				   "every time; %s",
				   hop(out->arena, v->farthest, &v->farthest->echo), host);
	return finding_add(out, STATE_UNSURE, "no router on the way answers; %s", host);
}

/*
 * 511, or a redirection to another host than was asked: an HTTP proxy hands on what the host itself
 * answers, whose redirections lead to itself.
 */
static bool is_portal(const struct facts *f)
{
	const struct portal_facts *p = &f->portal;
	char asked[IP_ADDR_STR_SIZE];

	if (!p->taken)
		return false;
	if (p->status == 511)
		return true;
	return p->status >= 300 && p->status < 400 && p->sends_to &&
	       strcmp(p->sends_to, ip_addr_str(&f->ladder.to.addr, asked)) != 0;
}

static struct finding *login_first(const struct view *v, struct findings *out)
{
	const struct portal_facts *p = &v->facts->portal;
	struct finding *f;

	f = finding_add(out, STATE_FAIL,
			"somebody before %s takes web connections to it, and sends to %s (HTTP "
			"%lld): log in first",
			words_addr(out->arena, &v->l->to.addr),
			p->sends_to ? p->sends_to : "a login", (long long)p->status);
	f->whose = WHOSE_PATH;
	finding_sign(f, SIGN_PORTAL);
	finding_fix(out, f, "open a browser, log in to this network, and run it again",
		    "curl -sI http://%s/", words_addr(out->arena, &v->l->to.addr));
	return f;
}

static struct finding *climb(const struct view *v, struct findings *out)
{
	const struct tap_facts *t = &v->facts->taps[TAP_NEAR_WIRE];

	if (is_portal(v->facts))
		return login_first(v, out);

	if (v->refused && is_too_large(&v->refused->tunnel))
		return finding_add(out, STATE_UNSURE,
				   "%s on the way does not pass on so large a packet in one (3/4)",
				   words_addr(out->arena, &v->refused->tunnel.from));
	if (v->refused)
		return refused_by(v, &v->refused->tunnel.from, v->refused->tunnel.type,
				  v->refused->tunnel.code, out);
	if (is_refusal(v->facts))
		return refused_by(v, &t->icmp_from, t->icmp_type, t->icmp_code, out);
	if (v->l->error)
		return finding_add(out, STATE_UNSURE,
				   "this host refuses to send a message like the tunnel's: %s",
				   v->l->error);
	if (v->beyond && v->l->unplaced > 0)
		return finding_add(out, STATE_UNSURE,
				   "not seen at %s, but %lld answers do not tell whose they are",
				   hop(out->arena, v->beyond, &v->beyond->echo),
				   (long long)v->l->unplaced);
	if (v->beyond)
		return stopped(v, out);
	if (v->l->host_hops != UNKNOWN)
		return before_host(v, out);
	return before_nobody(v, out);
}

static const char *side_words(struct arena *a, const struct rung_side *s)
{
	static const char *const words[] = {
		[RUNG_SILENT] = "silent",
		[RUNG_HOP] = "got to",
		[RUNG_REFUSED] = "refused by",
		[RUNG_HOST] = "answered by the host",
	};

	if (!s->sent)
		return "not sent";
	if (s->from.family == FAMILY_NONE)
		return words[s->answer];
	return arena_printf(a, "%s %s", words[s->answer], words_addr(a, &s->from));
}

static void because(const struct view *v, struct findings *out, struct finding *f)
{
	static const char *const hosts[] = {
		[HOST_SILENT] = "answers neither ping nor TCP",
		[HOST_ECHO] = "answers ping",
		[HOST_TCP] = "answers TCP, or somebody for it",
		[HOST_PROXY] = "answers ping at hop 1, where a gateway is: somebody else does",
	};
	struct evidence *ev;
	size_t i;

	ev = finding_because(out, f, "probe", "endpoint's host", "%s %s",
			     words_addr(out->arena, &v->l->to.addr), hosts[v->l->host]);
	evidence_count(ev, "host_hops", v->l->host_hops);
	evidence_count(ev, "messages_seen_to_hop", v->last ? v->last->hop_limit : 0);
	evidence_count(ev, "pings_seen_to_hop", v->farthest ? v->farthest->hop_limit : 0);
	if (v->l->control_sent > 0) {
		ev = finding_because(out, f, "probe", "other UDP", "%s",
				     v->l->control_hop ?
					     arena_printf(out->arena, "to hop %u and to the host",
							  v->l->control_hop) :
					     "to the host");
		evidence_count(ev, "control_sent", v->l->control_sent);
		if (v->l->control_hop)
			evidence_count(ev, "control_seen_at_hop", v->l->control_seen);
		evidence_count(ev, "control_refused", v->l->control_refused);
		evidence_count(ev, "control_answered_by_host", v->l->control_host);
	}
	if (v->facts->portal.taken) {
		ev = finding_because(out, f, "probe", "port 80 of the endpoint's host",
				     "somebody before it takes TCP connections%s%s",
				     v->facts->portal.sends_to ? ", and sends to " : "",
				     v->facts->portal.sends_to ? v->facts->portal.sends_to : "");
		evidence_count(ev, "http_status", v->facts->portal.status);
	}
	if (v->facts->other_family.to.family != FAMILY_NONE)
		finding_because(out, f, "probe", "the name's other family", "%s %s",
				words_addr(out->arena, &v->facts->other_family.to),
				hosts[v->facts->other_family.host]);
	for (i = 0; i < v->l->n_rungs; i++) {
		const struct rung_facts *r = &v->l->rungs[i];

		finding_because(out, f, "probe", arena_printf(out->arena, "hop %u", r->hop_limit),
				"message: %s; ping: %s", side_words(out->arena, &r->tunnel),
				side_words(out->arena, &r->echo));
	}
}

/* By the other family of its name the host is there, and by this one it is not. */
static bool other_family_answers(const struct view *v)
{
	const struct other_family_facts *o = &v->facts->other_family;

	return v->l->host == HOST_SILENT && !v->l->control_host &&
	       (o->host == HOST_ECHO || o->host == HOST_TCP);
}

/* What answered somewhere beyond this host. */
static void sign(const struct view *v, struct finding *f)
{
	const struct ladder_facts *l = v->l;

	if (l->host != HOST_SILENT || l->control_host > 0 || v->last || v->farthest)
		finding_sign(f, SIGN_CONTROL_ANSWERED);
	if (l->control_host > 0)
		finding_sign(f, SIGN_OTHER_UDP_ANSWERED);
	if (other_family_answers(v))
		finding_sign(f, SIGN_OTHER_FAMILY);
}

static void asked(const struct view *v, struct findings *out)
{
	struct finding *f = climb(v, out);

	because(v, out, f);
	sign(v, f);
}

static struct finding *needless(const struct facts *f, struct findings *out)
{
	if (tunnel_data_answers(f))
		return finding_add(out, STATE_PASS,
				   "answers come through the tunnel: there is a way");
	return finding_add(out, STATE_PASS, "the far end answered the handshake: there is a way");
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *f = ctx->facts;
	const char *moved = tunnel_moved_words(f, out->arena);
	struct view v = look(f);

	if (f->target.kind == TARGET_SELF_TEST)
		finding_add(out, STATE_NA, "made by wgdiag: both ends on one link, no router");
	else if (tunnel_goes_elsewhere(f))
		finding_add(out, STATE_NA, "%s",
			    moved ? moved : "its messages do not go the way of this host");
	else if (tunnel_peer_is_offline(f))
		finding_add(out, STATE_NA, "the peer is offline");
	else if (!(f->have & NEED_BIT(NEED_LADDER)))
		finding_gap(out, f, NEED_LADDER);
	else if (!v.l->asked)
		needless(f, out);
	else
		asked(&v, out);
}

static const char *const after[] = { "engine.start",   "engine.answers",
				     "host.state",     "underlay.link",
				     "route.endpoint", "underlay.gateway",
				     "host.firewall",  NULL };

const struct check check_underlay_path = {
	.id = "underlay.path",
	.title = "way to endpoint",
	.layer = LAYER_UNDERLAY,
	.needs = 0,
	.wants = NEED_BIT(NEED_LADDER) | NEED_BIT(NEED_TAP_NEAR_WIRE) | NEED_BIT(NEED_HANDSHAKE) |
		 NEED_BIT(NEED_PING_PEER) | NEED_BIT(NEED_CONFIG),
	.after = after,
	.misses = TRAFFIC_OUTER,
	.run = run,
};
