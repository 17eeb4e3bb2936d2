/*
 * One direction of the outer path, from two captures; or from one, where the far end is
 * somewhere else: then that it answers is all that can be seen of what was sent to it.
 *
 * Both must be whole: a frame that a capture lost looks like one lost by the network
 * (at the receiver) or hides one (at the sender), so with gaps nothing is decided.
 */
#include "check/underlay.h"

#include <string.h>

#include "check/attempts.h"
#include "check/refusal.h"
#include "check/tunnel.h"
#include "check/words.h"
#include "loss/settled.h"

struct direction {
	const struct tap_facts *sender, *receiver;
	const char *from; /* "near engine" */
	int64_t sent, arrived, dropped;
};

static struct finding *judge_silence(const struct direction *d, struct findings *out)
{
	int64_t asked = loss_messages(d->sender, TAP_IN);

	if (asked > 0)
		return finding_add(
			out, STATE_SKIP,
			"nothing to carry: the %s sent nothing, %lld messages reached it", d->from,
			(long long)asked);
	return finding_add(out, STATE_SKIP, "nothing to carry: the %s sent nothing", d->from);
}

static struct finding *judge(const struct facts *f, const struct direction *d, struct findings *out)
{
	int64_t lost = d->sent - d->arrived;

	if (d->sent == UNKNOWN || d->arrived == UNKNOWN || d->dropped == UNKNOWN)
		return finding_add(out, STATE_UNSURE, "a capture cannot say how much it saw");
	if (d->dropped > 0)
		return finding_add(
			out, STATE_UNSURE,
			"%lld sent, %lld arrived, but the captures themselves lost %lld frames",
			(long long)d->sent, (long long)d->arrived, (long long)d->dropped);
	if (d->sent == 0 && d->arrived == 0)
		return judge_silence(d, out);
	if (lost < 0)
		return finding_add(out, STATE_WARN, "%lld sent, %lld arrived: more than were sent",
				   (long long)d->sent, (long long)d->arrived);
	if (lost == 0)
		return finding_add(out, STATE_PASS, "%lld sent, %lld arrived", (long long)d->sent,
				   (long long)d->arrived);
	return finding_add(out, loss_state(f, lost, d->sent), "%lld sent, %lld arrived: %s lost",
			   (long long)d->sent, (long long)d->arrived,
			   words_share(out->arena, lost, d->sent));
}

static void because(const struct direction *d, enum end from, struct findings *out,
		    struct finding *f)
{
	struct evidence *ev;

	ev = finding_because(out, f, "capture", from == END_NEAR ? "near wire" : "far wire",
			     "on %s, messages out", d->sender->dev ? d->sender->dev : "?");
	evidence_count(ev, "sent", d->sent);
	evidence_count(ev, "sent_bytes", d->sender->msg_bytes[TAP_OUT]);
	evidence_count(ev, "sender_capture_dropped", d->sender->dropped);
	ev = finding_because(out, f, "capture", from == END_NEAR ? "far wire" : "near wire",
			     "on %s, messages in", d->receiver->dev ? d->receiver->dev : "?");
	evidence_count(ev, "arrived", d->arrived);
	evidence_count(ev, "arrived_bytes", d->receiver->msg_bytes[TAP_IN]);
	evidence_count(ev, "receiver_capture_dropped", d->receiver->dropped);
}

/* --- from one end ----------------------------------------------------------------- */

/* What the engine counted over the run, of that peer; UNKNOWN. */
static int64_t counted(const struct facts *facts, int64_t bytes)
{
	return facts->have & NEED_BIT(NEED_ENGINE) ? bytes : UNKNOWN;
}

/* Which other link takes them, if rules tell: " (from A by eth1)"; "". */
static const char *other_words(const struct facts *facts, struct arena *a)
{
	const struct path_facts *p = tunnel_path(facts, PATH_ENDPOINT, NULL);

	if (!p || !p->other_dev)
		return "";
	if (p->other_from.family == FAMILY_NONE)
		return arena_printf(a, " (by a rule for its ports: %s)", p->other_dev);
	return arena_printf(a, " (by a rule for %s as source: %s)", words_addr(a, &p->other_from),
			    p->other_dev);
}

/* None was seen to leave, and it answers or receives: there is a way, and it is not this one. */
static struct finding *judge_not_watched(const struct facts *facts, const struct tap_facts *t,
					 struct findings *out)
{
	const char *moved = tunnel_moved_words(facts, out->arena);

	if (moved)
		return finding_add(out, STATE_SKIP, "not watched: %s", moved);
	if (tunnel_answers(facts))
		return finding_add(out, STATE_SKIP,
				   "not watched: its messages do not leave by %s%s, and answers "
				   "come back",
				   t->dev, other_words(facts, out->arena));
	return finding_add(
		out, STATE_SKIP,
		"not watched: its messages do not leave by %s%s, and the engine receives", t->dev,
		other_words(facts, out->arena));
}

static struct finding *judge_none(const struct facts *facts, const struct tap_facts *t,
				  struct findings *out)
{
	int64_t tx = counted(facts, facts->crypto[END_NEAR].tx_bytes);
	int64_t rx = counted(facts, facts->crypto[END_NEAR].rx_bytes);

	if (t->dropped != 0 && tx != 0)
		return finding_add(out, STATE_UNSURE,
				   "nothing was seen to leave %s, by a capture with gaps", t->dev);
	if (tunnel_answers(facts) || (tx > 0 && rx > 0))
		return judge_not_watched(facts, t, out);
	if (tx > 0)
		return finding_add(out, STATE_UNSURE,
				   "the engine sent %s, and none of it left by %s: it takes "
				   "another link%s, or this host drops it before",
				   words_bytes(out->arena, tx), t->dev,
				   other_words(facts, out->arena));
	if (tx == 0)
		return finding_add(out, STATE_SKIP, "nothing was sent");
	return finding_add(out, STATE_SKIP, "nothing left by %s", t->dev);
}

/* Of what left, what has another source than the route prefers: " (from A, …)"; "" for none. */
static const char *source_words(const struct facts *facts, const struct tap_facts *t, int64_t sent,
				struct arena *a)
{
	const struct path_facts *p = tunnel_path(facts, PATH_ENDPOINT, NULL);
	const char *link = "", *route = "", *which = "";

	if (t->other_near[TAP_OUT] < 1)
		return "";
	if (t->other_near[TAP_OUT] < sent)
		which = arena_printf(a, "%lld of them ", (long long)t->other_near[TAP_OUT]);
	if (t->other_link && strcmp(t->other_link, t->dev) != 0)
		link = arena_printf(a, " of %s", t->other_link);
	if (p && p->prefsrc.family != FAMILY_NONE)
		route = arena_printf(a, ", by the route %s", words_addr(a, &p->prefsrc));
	return arena_printf(a, " (%sfrom %s%s%s)", which, words_addr(a, &t->other_addr), link,
			    route);
}

/*
 * Messages with the address of another link: whoever is on their way may not take them, nor know
 * the way back. Many do: so only where what was sent inside went unanswered, and nothing came to
 * that address. An address of lo is meant to be used on every link.
 */
static bool is_stray(const struct facts *facts, const struct tap_facts *t)
{
	const struct ping_facts *p = &facts->ping_peer;
	bool asked = facts->have & NEED_BIT(NEED_PING_PEER) && p->sent > 0 && p->dev_is_tun != 0;

	if (t->other_near[TAP_OUT] < 1 || t->other_near[TAP_IN] != 0 || t->dropped != 0)
		return false;
	if (!t->other_link || !strcmp(t->other_link, t->dev) || !strcmp(t->other_link, "lo"))
		return false;
	return asked && !tunnel_data_answers(facts) && !tunnel_peer_is_offline(facts);
}

/* The far end has that address inside: it answers into the tunnel, whatever the way is like. */
static bool is_inner_source(const struct facts *facts, const struct tap_facts *t)
{
	return facts->target.name && !strcmp(t->other_link, facts->target.name) &&
	       facts->have & NEED_BIT(NEED_HANDSHAKE) && facts->handshake.complete;
}

/*
 * A fault where what has the link's own address is answered on the same link, or where there was an
 * answer before the tunnel's own address was used; and who is asked must answer.
 */
static struct finding *judge_stray(const struct facts *facts, const struct tap_facts *t,
				   int64_t sent, int64_t came, struct findings *out)
{
	bool inner = is_inner_source(facts, t);
	bool fault = (inner || (came > 0 && t->other_near[TAP_OUT] < sent)) &&
		     tunnel_target_is_sure(facts);
	struct finding *f;

	f = finding_add(out, fault ? STATE_FAIL : STATE_WARN,
			"%lld messages left %s with the address of %s, %s, and nothing came back "
			"to it",
			(long long)t->other_near[TAP_OUT], t->dev, t->other_link,
			words_addr(out->arena, &t->other_addr));
	f->whose = fault ? WHOSE_LOCAL : WHOSE_UNTOLD;
	finding_fix(out, f,
		    arena_printf(out->arena,
				 "have what leaves %s carry its own address: an engine whose "
				 "socket is bound to no other%s, or masquerading on %s",
				 t->dev,
				 inner ? " (boringtun's is when its first handshake comes before "
					 "all is routed into the tunnel)" :
					 "",
				 t->dev),
		    "tcpdump -ni %s udp and src host %s", t->dev,
		    words_addr(out->arena, &t->other_addr));
	return f;
}

static struct finding *judge_out(const struct facts *facts, const struct tap_facts *t, int64_t sent,
				 int64_t came, struct findings *out)
{
	const char *source = source_words(facts, t, sent, out->arena);
	const char *moved = tunnel_moved_words(facts, out->arena);

	if (sent == 0)
		return judge_none(facts, t, out);
	if (is_stray(facts, t))
		return judge_stray(facts, t, sent, came, out);
	if (came > 0)
		return finding_add(out, STATE_PASS,
				   "%lld messages left %s%s, and the far end answers",
				   (long long)sent, t->dev, source);
	if (tunnel_answers(facts))
		return finding_add(out, STATE_PASS, "%lld messages left %s%s, and %s",
				   (long long)sent, t->dev, source,
				   moved ? moved : "answers come back by another way");
	return finding_add(out, STATE_UNSURE,
			   "%lld messages left %s%s; whether they arrive is not seen from here",
			   (long long)sent, t->dev, source);
}

static const struct ip_addr *refuser(const struct facts *facts, enum refusal *why)
{
	const struct tap_facts *t = &facts->taps[TAP_NEAR_WIRE];

	*why = t->icmp_errors > 0 ? refusal_of(&t->icmp_from, t->icmp_type, t->icmp_code) :
				    REFUSAL_NONE;
	return *why != REFUSAL_NONE ? &t->icmp_from : NULL;
}

/* Our packets to elsewhere go by it too. */
static bool is_router(const struct facts *facts, const struct ip_addr *a)
{
	const struct net_facts *n = &facts->net_start[END_NEAR];
	size_t i;

	for (i = 0; n->known && i < n->n_routes; i++)
		if (ip_addr_equal(&n->routes[i].gateway, a))
			return true;
	/* It has another address on our link, and pings to this one end there. */
	return facts->have & NEED_BIT(NEED_LADDER) && facts->ladder.asked &&
	       facts->ladder.host == HOST_PROXY;
}

static void sign_refusal(const struct facts *facts, const struct ip_addr *from, enum refusal why,
			 struct finding *f)
{
	struct ip_addr to = tunnel_endpoint(facts).addr;
	bool there;

	if (to.family == FAMILY_NONE && facts->ladder.asked)
		to = facts->ladder.to.addr;
	there = ip_addr_equal(from, &to);
	/* Of this host's own filter tells another row. */
	if (refusal_is_ours(facts, from))
		return;
	if (!there) {
		/* One that only passes them on has no ports: it is its filter that says so. */
		if (why == REFUSAL_PROHIBITED || why == REFUSAL_PORT)
			finding_sign(f, SIGN_PROHIBITED_ON_WAY);
		return;
	}
	if (why == REFUSAL_PORT)
		finding_sign(f, SIGN_PORT_CLOSED);
	else if (why == REFUSAL_PROHIBITED)
		finding_sign(f, SIGN_PROHIBITED_THERE);
	else
		finding_sign(f, SIGN_ENDPOINT_FORWARDS);
	if (is_router(facts, from))
		finding_sign(f, SIGN_ENDPOINT_IS_ROUTER);
}

/* Somebody says that they do not get there. */
static struct finding *refused(const struct facts *facts, const struct tap_facts *t, int64_t sent,
			       struct findings *out)
{
	enum refusal why;
	const struct ip_addr *from = refuser(facts, &why);
	const struct peer_config *peer = tunnel_peer(facts, END_NEAR);
	struct finding *f;
	bool gone;

	/* One that comes and goes, and is gone, has left nothing behind but that. */
	gone = peer && t->msgs[TAP_OUT][WG_MSG_INITIATION] < 1 &&
	       tunnel_peer_may_roam(facts, peer) && !tunnel_peer_must_be_there(facts, peer);
	f = finding_add(out, gone ? STATE_UNSURE : STATE_FAIL,
			"%lld messages left %s; %s says: %s (%u/%u)", (long long)sent, t->dev,
			words_addr(out->arena, from), words_icmp(from, t->icmp_type, t->icmp_code),
			t->icmp_type, t->icmp_code);
	sign_refusal(facts, from, why, f);
	return f;
}

static bool is_too_large(const struct tap_facts *t)
{
	return t->icmp_from.family == FAMILY_IP4 ? t->icmp_type == 3 && t->icmp_code == 4 :
						   t->icmp_type == 2;
}

/* From here it is not seen whether they arrive. */
static struct finding *unanswered(const struct facts *facts, const struct tap_facts *t,
				  int64_t asked, struct findings *out)
{
	struct endpoint to = tunnel_endpoint(facts);
	struct finding *f = finding_add(
		out, STATE_FAIL, "%lld initiations left %s, and nothing of the far end came back",
		(long long)asked, t->dev);

	/* An error that refuses nothing is no word on them, but one of a loop is. */
	if (t->icmp_errors < 1 || is_too_large(t))
		finding_sign(f, SIGN_SILENCE);
	if (!to.port && facts->ladder.asked)
		to.port = facts->ladder.to.port;
	if (to.port)
		finding_fix(out, f,
			    "whether they arrive only the far end can tell: run this there while "
			    "wgdiag runs here, or give what `wgdiag explain far` prints",
			    "tcpdump -ni any udp port %u", to.port);
	return f;
}

/* --- a peer that came from there, and is not reached there --------------------------- */

enum {
	/* Linux gives out these (net.ipv4.ip_local_port_range); NAT tries to keep them. */
	GIVEN_OUT_FROM = 32768,
	GIVEN_OUT_TO = 60999,
	/* wg(8) has no usual port, its documentation has this one, and so have most files */
	USUAL_FROM = 51820,
	USUAL_TO = 51829,
};

static bool is_given_out(int64_t port)
{
	return port >= GIVEN_OUT_FROM && port <= GIVEN_OUT_TO &&
	       !(port >= USUAL_FROM && port <= USUAL_TO);
}

static bool is_port_closed(const struct tap_facts *t, const struct ip_addr *at)
{
	if (t->icmp_errors < 1 || !ip_addr_equal(&t->icmp_from, at))
		return false;
	return at->family == FAMILY_IP4 ? t->icmp_type == 3 && t->icmp_code == 3 :
					  t->icmp_type == 1 && t->icmp_code == 4;
}

/* By the file; or its port is one that nobody configured, and ours is none of these. */
static bool comes_to_us(const struct facts *facts, const struct peer_config *p)
{
	if (!tunnel_peer_roams(facts, p))
		return false;
	return (facts->have & NEED_BIT(NEED_INTENDED)) ||
	       (is_given_out(p->endpoint.port) && facts->config[END_NEAR].listen_port > 0 &&
		!is_given_out(facts->config[END_NEAR].listen_port));
}

/* Within the life of a session: later it may as well have gone home. */
static bool is_forgotten(const struct facts *facts, const struct tap_facts *t)
{
	const struct peer_config *p = tunnel_peer(facts, END_NEAR);
	int64_t age = p ? tunnel_peer_age(facts, p) : UNKNOWN;

	return age != UNKNOWN && age <= TUNNEL_SESSION_NS && is_port_closed(t, &p->endpoint.addr) &&
	       comes_to_us(facts, p);
}

static struct finding *forgotten(const struct facts *facts, struct findings *out)
{
	const struct peer_config *p = tunnel_peer(facts, END_NEAR);
	bool sure = tunnel_target_is_sure(facts) || tunnel_peer_is_required(facts, p);
	char at[ENDPOINT_STR_SIZE];
	struct finding *f;

	/* Unless somebody says that it is there, it may have gone home. */
	f = finding_add(out, sure ? STATE_FAIL : STATE_UNSURE,
			"the peer came from %s %s ago, and that port is closed now (port "
			"unreachable)",
			endpoint_str(&p->endpoint, at),
			words_time(out->arena, tunnel_peer_age(facts, p)));
	finding_sign(f, SIGN_PEERS_PORT_CLOSED);
	return f;
}

static struct finding *judge_quiet(const struct facts *facts, const struct tap_facts *t,
				   struct findings *out)
{
	if (counted(facts, facts->crypto[END_NEAR].tx_bytes) == 0)
		return finding_add(out, STATE_SKIP, "nothing came, and nothing was sent");
	return finding_add(out, STATE_SKIP, "nothing came to %s, and nothing left by it", t->dev);
}

/* Data may go unanswered; an initiation is answered by whoever accepts it. */
static struct finding *judge_back(const struct facts *facts, const struct tap_facts *t,
				  int64_t sent, int64_t came, struct findings *out)
{
	int64_t asked = t->msgs[TAP_OUT][WG_MSG_INITIATION];
	const char *moved = tunnel_moved_words(facts, out->arena);
	enum refusal why;

	if (came > 0)
		return finding_add(out, STATE_PASS, "%lld messages of the far end arrived on %s",
				   (long long)came, t->dev);
	if (attempts_answered_elsewhere(facts))
		return finding_add(out, STATE_PASS,
				   "answers of the far end arrived on %s, from another address "
				   "than was asked",
				   t->dev);
	if (tunnel_answers(facts) && moved)
		return finding_add(out, STATE_SKIP, "not watched: %s", moved);
	if (tunnel_answers(facts))
		return finding_add(out, STATE_SKIP,
				   "not watched: nothing of the far end arrives on %s, and answers "
				   "come back",
				   t->dev);
	if (t->dropped != 0)
		return finding_add(out, STATE_UNSURE,
				   "nothing of the far end seen on %s, by a capture with gaps",
				   t->dev);
	if (tunnel_peer_is_offline(facts))
		return finding_add(out, STATE_NA, "the peer is offline");
	if (is_forgotten(facts, t))
		return forgotten(facts, out);
	if (refuser(facts, &why))
		return refused(facts, t, sent, out);
	if (sent == 0)
		return judge_quiet(facts, t, out);
	if (asked < 1)
		return finding_add(out, STATE_UNSURE,
				   "nothing of the far end arrived on %s, and no handshake was "
				   "asked for",
				   t->dev);
	return unanswered(facts, t, asked, out);
}

static void judge_alone(const struct facts *facts, enum end from, struct findings *out)
{
	const struct tap_facts *t = &facts->taps[TAP_NEAR_WIRE];
	int64_t sent = loss_messages(t, TAP_OUT), came = loss_messages(t, TAP_IN);
	struct evidence *ev;
	struct finding *f;

	if (sent == UNKNOWN || came == UNKNOWN)
		f = finding_add(out, STATE_UNSURE, "the capture cannot say how much it saw");
	else if (from == END_NEAR)
		f = judge_out(facts, t, sent, came, out);
	else
		f = judge_back(facts, t, sent, came, out);
	ev = finding_because(out, f, "capture", "near wire", "on %s; the far end is not seen",
			     t->dev ? t->dev : "?");
	evidence_count(ev, "sent", sent);
	evidence_count(ev, "arrived", came);
	evidence_count(ev, "initiations_sent", t->msgs[TAP_OUT][WG_MSG_INITIATION]);
	evidence_count(ev, from == END_NEAR ? "sent_from_other_address" : "to_other_address",
		       t->other_near[from == END_NEAR ? TAP_OUT : TAP_IN]);
	if (from == END_NEAR)
		evidence_count(ev, "engine_tx_bytes",
			       counted(facts, facts->crypto[END_NEAR].tx_bytes));
	evidence_count(ev, "capture_dropped", t->dropped);
}

void underlay_judge(const struct facts *facts, enum end from, struct findings *out)
{
	const struct tap_facts *near = &facts->taps[TAP_NEAR_WIRE];
	const struct tap_facts *far = &facts->taps[TAP_FAR_WIRE];
	struct direction d = {
		.sender = from == END_NEAR ? near : far,
		.receiver = from == END_NEAR ? far : near,
		.from = from == END_NEAR ? "near engine" : "far engine",
		.dropped = UNKNOWN,
	};

	if (!facts_far_is_here(facts)) {
		judge_alone(facts, from, out);
		return;
	}
	if (!(facts->have & NEED_BIT(NEED_TAP_FAR_WIRE))) {
		finding_gap(out, facts, NEED_TAP_FAR_WIRE);
		return;
	}
	d.sent = loss_messages(d.sender, TAP_OUT);
	d.arrived = loss_messages(d.receiver, TAP_IN);
	if (near->dropped != UNKNOWN && far->dropped != UNKNOWN)
		d.dropped = near->dropped + far->dropped;
	because(&d, from, out, judge(facts, &d, out));
}
