#include "check/reject_weight.h"

#include "check/outer_size.h"
#include "check/tun_view.h"
#include "check/tunnel.h"
#include "check/words.h"

#include <string.h>

/*
 * Not listed: by its share of all messages. FAIL: it cannot happen on a tunnel whose two ends
 * agree. PASS: part of normal life, listed all the same; the host's own multicast into a tun has no
 * peer, and at the other end its link-local source is nobody's; a router that cannot reach a host
 * says so from its own address; what waits at the end is purged;
 * and a peer that has to come first has no endpoint until it does. WARN, however many: what waits
 * for a session is a consequence of there being none, and must not explain it; and what the way
 * doubles came once.
 */
struct weight {
	const char *id;
	enum state state;
};

static const struct weight weights[] = {
	{ "out_no_endpoint", STATE_FAIL },   { "out_loop", STATE_FAIL },
	{ "in_short", STATE_FAIL },	     { "in_reserved", STATE_FAIL },
	{ "in_unknown_type", STATE_FAIL },   { "in_wrong_len", STATE_FAIL },
	{ "in_no_private_key", STATE_FAIL }, { "in_mac1", STATE_FAIL },
	{ "in_static", STATE_FAIL },	     { "in_unknown_peer", STATE_FAIL },
	{ "in_timestamp", STATE_FAIL },	     { "in_low_order", STATE_FAIL },
	{ "in_response", STATE_FAIL },	     { "in_tag", STATE_FAIL },
	{ "in_not_ip", STATE_FAIL },	     { "in_length", STATE_FAIL },
	{ "in_source", STATE_FAIL },	     { "io_send_msgsize", STATE_FAIL },
	{ "io_send_perm", STATE_FAIL },	     { "io_send_unreach", STATE_FAIL },
	{ "io_send_other", STATE_FAIL },     { "io_no_socket", STATE_FAIL },
	{ "io_tun_refused", STATE_FAIL },    { "io_recv_truncated", STATE_FAIL },
	{ "in_source_link", STATE_PASS },    { "in_source_error", STATE_PASS },
	{ "out_no_peer", STATE_PASS },	     { "out_down", STATE_PASS },
	{ "out_purged", STATE_PASS },	     { "out_staged_full", STATE_WARN },
	{ "out_give_up", STATE_WARN },	     { "in_replay", STATE_WARN },
};

/* Only peers that are not the one that is asked: a hub has such all the time, and tries them. */
static bool others_lack_endpoint(const struct facts *f, enum end end)
{
	const struct peer_config *asked = tunnel_peer(f, end);
	const struct config_facts *c = &f->config[end];
	size_t i;

	if (!asked || asked->endpoint.addr.family == FAMILY_NONE)
		return false;
	for (i = 0; i < c->n_peers; i++)
		if (c->peers[i].endpoint.addr.family == FAMILY_NONE)
			return true;
	return false;
}

/*
 * What others than the peer that is asked may send to a port that all can reach: while that peer
 * answers it is no word on this tunnel. Of a stranger: what is of another protocol, which is
 * nobody's word either while that peer may well be away. Of anybody: what might be the peer's own
 * if it were silent. Of others: they have our public key. Of a peer: this one or another, in or
 * out; only if nothing is missing of what was asked.
 */
enum sender { SENDER_STRANGER, SENDER_ANYBODY, SENDER_OTHERS, SENDER_PEER };
static const struct {
	const char *id;
	enum sender sender;
} senders[] = {
	{ "in_short", SENDER_STRANGER },	{ "in_reserved", SENDER_ANYBODY },
	{ "in_unknown_type", SENDER_STRANGER }, { "in_wrong_len", SENDER_STRANGER },
	{ "in_mac1", SENDER_ANYBODY },		{ "in_unknown_index", SENDER_ANYBODY },
	{ "in_static", SENDER_OTHERS },		{ "in_unknown_peer", SENDER_OTHERS },
	{ "in_timestamp", SENDER_OTHERS },	{ "in_low_order", SENDER_OTHERS },
	{ "in_source", SENDER_PEER },		{ "in_tag", SENDER_PEER },
	{ "in_not_ip", SENDER_PEER },		{ "in_length", SENDER_PEER },
	{ "in_response", SENDER_PEER },		{ "io_send_msgsize", SENDER_PEER },
	{ "io_send_perm", SENDER_PEER },	{ "io_send_unreach", SENDER_PEER },
	{ "io_send_other", SENDER_PEER },
};

/* All but one in a hundred, of pings and of the probes for loss at their best pace. */
static bool answers_all(const struct facts *f)
{
	bool paced = f->n_paces == 0;
	size_t i;

	for (i = 0; i < f->n_paces; i++)
		paced |= f->paces[i].answered * 100 >= f->paces[i].probes * 99;
	return paced && f->ping_peer.received * 100 >= f->ping_peer.sent * 99;
}

/* The worst that such a sender's may be while the peer that is asked answers. */
static enum state at_most(const struct facts *f, enum sender sender)
{
	/* To a tunnel of our own nobody else can send. */
	if (facts_far_is_here(f))
		return STATE_FAIL;
	if (!tunnel_data_answers(f))
		return sender == SENDER_STRANGER && tunnel_peer_is_offline(f) ? STATE_WARN :
										STATE_FAIL;
	if (sender == SENDER_STRANGER || sender == SENDER_ANYBODY)
		return STATE_PASS;
	return sender == SENDER_OTHERS || answers_all(f) ? STATE_WARN : STATE_FAIL;
}

static enum state less_bad(enum state a, enum state b)
{
	return state_worse(a, b) == a ? b : a;
}

static enum state weight_of(const struct facts *f, enum end end, const struct refused_count *r)
{
	const struct crypto_facts *c = &f->crypto[end];
	size_t i;

	for (i = 0; i < ARRAY_LEN(weights); i++)
		if (strcmp(weights[i].id, r->id) == 0)
			return weights[i].state;
	/* Any program may send such through a packet socket; most of all is the device's doing. */
	if (strcmp(r->id, "out_not_ip") == 0 || strcmp(r->id, "out_short") == 0)
		return c->sealed != UNKNOWN && (int64_t)r->n >= c->sealed ? STATE_FAIL : STATE_WARN;
	/* One in a thousand is life, nearly all of them is the fault. */
	if (c->sealed == UNKNOWN || c->opened == UNKNOWN)
		return STATE_WARN;
	return errors_state((int64_t)r->n, c->sealed + c->opened + (int64_t)r->n);
}

enum state reject_weight(const struct facts *f, enum end end, const struct refused_count *r)
{
	enum state s = weight_of(f, end, r);
	size_t i;

	if (strcmp(r->id, "out_no_endpoint") == 0 && others_lack_endpoint(f, end))
		return STATE_PASS;
	for (i = 0; i < ARRAY_LEN(senders); i++)
		if (strcmp(senders[i].id, r->id) == 0)
			return less_bad(s, at_most(f, senders[i].sender));
	return s;
}

/*
 * The same of what an engine without counters says in its log. A handshake message that is one of
 * another moment is no fault of two ends that agree, and what the system refuses has rows of
 * its own.
 */
static const enum state log_weights[ENGINE_LOG_COUNT] = {
	[ENGINE_LOG_MAC1] = STATE_FAIL,	       [ENGINE_LOG_INITIATION] = STATE_WARN,
	[ENGINE_LOG_RESPONSE] = STATE_FAIL,    [ENGINE_LOG_TAG] = STATE_FAIL,
	[ENGINE_LOG_COUNTER] = STATE_WARN,     [ENGINE_LOG_SOURCE] = STATE_FAIL,
	[ENGINE_LOG_NOT_IP] = STATE_FAIL,      [ENGINE_LOG_TUN_NOT_IP] = STATE_WARN,
	[ENGINE_LOG_TUN_WRITE] = STATE_WARN,   [ENGINE_LOG_TUN_GONE] = STATE_WARN,
	[ENGINE_LOG_NO_ROUTE] = STATE_WARN,    [ENGINE_LOG_SEND] = STATE_WARN,
	[ENGINE_LOG_NO_ENDPOINT] = STATE_WARN, [ENGINE_LOG_NO_ANSWER] = STATE_PASS,
	[ENGINE_LOG_LOAD] = STATE_PASS,
};

/* In this run: then keys and preshared keys are those of both ends, whatever else came. */
static bool handshake_was_made(const struct facts *f)
{
	const struct handshake_facts *h = &f->handshake;
	int64_t last = f->crypto[END_NEAR].last_handshake_wall_ns;

	if (!(f->have & NEED_BIT(NEED_HANDSHAKE)) || !h->complete)
		return false;
	return h->age_ns == UNKNOWN || (last != UNKNOWN && last >= f->started_wall_ns);
}

static bool tun_is_empty(const struct facts *f)
{
	const struct tap_facts *t = &f->taps[TAP_NEAR_TUN];

	return f->have & NEED_BIT(NEED_TAP_NEAR_TUN) && t->packets[TAP_IN] == 0 &&
	       t->not_ip[TAP_IN] == 0;
}

enum state reject_log_weight(const struct facts *f, enum end end, enum engine_log_class class)
{
	enum state s = log_weights[class];

	switch (class) {
	case ENGINE_LOG_NO_ENDPOINT:
		return others_lack_endpoint(f, end) ? STATE_PASS : s;
	case ENGINE_LOG_RESPONSE:
		/* One that came twice, or late. */
		return end == END_NEAR && handshake_was_made(f) ? STATE_WARN : s;
	case ENGINE_LOG_MAC1:
		return less_bad(s, at_most(f, SENDER_ANYBODY));
	case ENGINE_LOG_SOURCE:
		/* It does not say what it was: by the sizes, errors that nobody waits for. */
		if (end == END_NEAR && tun_is_empty(f) && outer_size_is_of_errors(f))
			s = less_bad(s, STATE_UNSURE);
		return less_bad(s, at_most(f, SENDER_PEER));
	case ENGINE_LOG_TAG:
	case ENGINE_LOG_NOT_IP:
		return less_bad(s, at_most(f, SENDER_PEER));
	default:
		return s;
	}
}

void reject_sending(const struct facts *f, struct findings *out, struct finding *row)
{
	const struct crypto_facts *c = &f->crypto[END_NEAR];
	size_t i;

	if (row->state != STATE_FAIL || row->remedy || !(f->have & NEED_BIT(NEED_ENGINE)) ||
	    !c->known || !c->n_refused)
		return;
	for (i = 0; i < c->n_refused; i++)
		if (strcmp(c->refused[i].id, "io_send_nobufs") != 0 &&
		    strcmp(c->refused[i].id, "io_send_perm") != 0 &&
		    reject_weight(f, END_NEAR, &c->refused[i]) == STATE_FAIL)
			return;
	if (tun_view_refused(f, END_NEAR, "io_send_nobufs") < 1 &&
	    tun_view_refused(f, END_NEAR, "io_send_perm") < 1)
		return;
	row->whose = WHOSE_LOCAL;
	finding_fix(out, row,
		    "this host itself refuses what the engine sends: a rule of its filter, or the "
		    "queue of its link, a shaper maybe; look which of them counts",
		    "nft -a list ruleset; tc -s qdisc show");
}
