/*
 * Did the handshake complete; if not, what came back?
 *
 * That it completed is the engine's word (latest handshake). How often it asked and
 * what answered is the capture's. Silence is only said where a capture listened.
 */
#include "check/attempts.h"
#include "check/calls.h"
#include "check/check_list.h"
#include "check/far_view.h"
#include "check/given_log.h"
#include "check/tunnel.h"
#include "check/words.h"

#include <string.h>

/* No engine repeats an initiation sooner (the WireGuard paper, section 6.1). */
enum {
	REKEY_TIMEOUT_S = 5,
	/* Asked for one, an engine sends it at once, or still waits for an earlier answer. */
	ASKED_S = 2,
};

/*
 * The other end's initiations were answered, and it made nothing of it: whoever has an answer sends
 * something at once. It had asked before we came, as its endpoint was known, and has no handshake;
 * and that we ask nothing ourselves, with data waiting, is because the engine answers so often.
 */
static bool answered_in_vain(const struct facts *facts, const struct tap_facts *t)
{
	return facts->handshake.age_ns == UNKNOWN && t->msgs[TAP_IN][WG_MSG_INITIATION] > 0 &&
	       t->msgs[TAP_OUT][WG_MSG_RESPONSE] > 0 && t->msgs[TAP_IN][WG_MSG_DATA] == 0;
}

static const char *came_back(struct arena *a, const struct tap_facts *t)
{
	char from[IP_ADDR_STR_SIZE];

	if (t->msgs[TAP_IN][WG_MSG_RESPONSE] > 0)
		return arena_printf(a, "%lld responses came back and none was accepted",
				    (long long)t->msgs[TAP_IN][WG_MSG_RESPONSE]);
	if (t->msgs[TAP_IN][WG_MSG_COOKIE_REPLY] > 0)
		return arena_printf(a, "%lld cookie replies came back: the far end is under load",
				    (long long)t->msgs[TAP_IN][WG_MSG_COOKIE_REPLY]);
	if (t->icmp_errors > 0)
		return arena_printf(a, "%s (%u/%u) came back from %s",
				    words_icmp(&t->icmp_from, t->icmp_type, t->icmp_code),
				    t->icmp_type, t->icmp_code, ip_addr_str(&t->icmp_from, from));
	if (t->dropped != 0)
		return "nothing was seen to come back, by a capture with gaps";
	return "nothing came back";
}

/* One that was made before we came. */
static bool is_old_session(const struct handshake_facts *h, bool watched, int64_t attempts)
{
	return h->age_ns != UNKNOWN && h->age_ns <= TUNNEL_SESSION_NS &&
	       (!watched || attempts < 1 || h->response_ns == UNKNOWN);
}

/* Whether one that is not there calls is not known without a capture, though it could be. */
static struct finding *offline(const struct facts *facts, struct findings *out)
{
	int64_t age = facts->handshake.age_ns;
	const char *says = "the peer was never heard and has no endpoint: offline";

	if (age != UNKNOWN)
		says = arena_printf(out->arena, "the peer is offline: last heard %s ago",
				    words_time(out->arena, age));
	says = arena_printf(out->arena, "%s%s", says, calls_none_words(facts, out->arena));
	if (!(facts->have & NEED_BIT(NEED_CALLS)) && facts->gaps[NEED_CALLS].remedy)
		return finding_for_want_of(out, facts, NEED_CALLS, says);
	return finding_add(out, STATE_NA, "%s", says);
}

/*
 * The latest handshake was longer ago than a session lives, and nothing here was to keep one; or
 * something was, which is another story.
 */
static bool was_idle(const struct facts *facts)
{
	const struct peer_config *p = tunnel_peer(facts, END_NEAR);

	return !facts_far_is_here(facts) && facts->handshake.age_ns != UNKNOWN &&
	       facts->handshake.age_ns > TUNNEL_SESSION_NS && p && p->keepalive_s < 1;
}

/* A cookie instead of an answer is no loss. */
static bool was_lost(const struct facts *facts, int64_t attempts)
{
	const struct tap_facts *t = &facts->taps[TAP_NEAR_WIRE];

	return !facts_far_is_here(facts) && attempts >= 1 && t->icmp_errors == 0 &&
	       t->msgs[TAP_IN][WG_MSG_COOKIE_REPLY] == 0 && t->msgs[TAP_IN][WG_MSG_RESPONSE] == 1;
}

static struct finding *complete(const struct facts *facts, bool watched, int64_t attempts,
				struct findings *out)
{
	struct finding *f;

	const struct handshake_facts *h = &facts->handshake;
	const struct attempt_facts *elsewhere = attempts_answered_elsewhere(facts);
	char from[ENDPOINT_STR_SIZE], to[ENDPOINT_STR_SIZE];

	if (is_old_session(h, watched, attempts))
		return finding_add(out, STATE_PASS, "the session was %s old when we came",
				   words_time(out->arena, h->age_ns));

	if (elsewhere && elsewhere->outcome == ATTEMPT_COMPLETE)
		return finding_add(out, STATE_PASS, "response in %s, from %s instead of %s",
				   words_time(out->arena, elsewhere->answer_ns),
				   endpoint_str(&elsewhere->answer, from),
				   endpoint_str(&elsewhere->to, to));
	if (!watched || attempts < 1 || h->response_ns == UNKNOWN)
		return finding_add(out, STATE_PASS,
				   "complete after %s; response and attempts were not watched",
				   words_time(out->arena, h->waited_ns));
	/* The others are rekeys, or tries after a silence: of another handshake than this one. */
	if (attempts > 1 && h->response_ns < REKEY_TIMEOUT_S * NS_PER_S)
		return finding_add(out, STATE_PASS,
				   "response in %s to the first of %lld initiations over the run",
				   words_time(out->arena, h->response_ns), (long long)attempts);
	if (attempts > 1) {
		f = finding_add(out, STATE_WARN,
				"complete, but only after %lld initiations, %s after the first%s",
				(long long)attempts, words_time(out->arena, h->response_ns),
				attempts_had_cookie(facts) ?
					": a cookie came first, the far end is under load" :
					"");
		if (was_lost(facts, attempts))
			finding_sign(f, SIGN_FIRST_WAS_LOST);
		return f;
	}
	if (h->age_ns == UNKNOWN && h->waited_ns - h->response_ns > ASKED_S * NS_PER_S &&
	    was_lost(facts, attempts)) {
		f = finding_add(out, STATE_WARN,
				"complete, but an initiation left only after %s: one before was "
				"not answered",
				words_time(out->arena, h->waited_ns - h->response_ns));
		finding_sign(f, SIGN_FIRST_WAS_LOST);
		return f;
	}
	if (!was_idle(facts))
		return finding_add(out, STATE_PASS, "response in %s, 1 initiation",
				   words_time(out->arena, h->response_ns));
	f = finding_add(out, STATE_PASS,
			"response in %s, 1 initiation; the one before was %s ago, and no keepalive "
			"is set",
			words_time(out->arena, h->response_ns), words_age(out->arena, h->age_ns));
	finding_sign(f, SIGN_WAS_IDLE);
	return f;
}

/* Of a name's addresses of that family: who was heard beyond the gateway; NULL: nobody. */
static const struct ip_addr *heard_by(const struct facts *facts, uint8_t family)
{
	size_t i;

	for (i = 0; i < facts->n_tried; i++)
		if (facts->tried[i].to.addr.family == family &&
		    facts->tried[i].heard.family != FAMILY_NONE)
			return &facts->tried[i].heard;
	return NULL;
}

/* wg and wg-quick take the first address of a name, and never another. */
static struct finding *by_another_address(const struct facts *facts, struct findings *out)
{
	const struct tried_facts *first = &facts->tried[0], *last;
	char a[ENDPOINT_STR_SIZE], b[ENDPOINT_STR_SIZE];
	const struct ip_addr *heard;
	struct finding *f;
	bool family;

	last = &facts->tried[facts->n_tried - 1];
	heard = heard_by(facts, first->to.addr.family);
	family = first->to.addr.family != last->to.addr.family && !heard;
	f = finding_add(out, family ? STATE_FAIL : STATE_WARN,
			"%s did not answer in %s, %s did: wg takes the first%s",
			endpoint_str(&first->to, a), words_time(out->arena, first->waited_ns),
			endpoint_str(&last->to, b),
			heard ? arena_printf(out->arena,
					     " (the way to the former is there: %s answers on it)",
					     words_addr(out->arena, heard)) :
				"");
	f->remedy =
		arena_printf(out->arena,
			     heard ? "give the name the address that is right, or write the "
				     "one that answers into the file: Endpoint = %s" :
				     "write the address that answers into the file: Endpoint = %s",
			     b);
	if (family)
		finding_sign(f, SIGN_OTHER_FAMILY);
	return f;
}

static void each_try(const struct facts *facts, struct findings *out, struct finding *f)
{
	char text[ENDPOINT_STR_SIZE];
	size_t i;

	for (i = 0; i < facts->n_tried; i++) {
		const struct tried_facts *t = &facts->tried[i];

		endpoint_str(&t->to, text);
		finding_because(out, f, "engine", arena_strdup(out->arena, text), "%s %s",
				t->complete ? "handshake complete within" : "no handshake in",
				words_time(out->arena, t->waited_ns));
	}
}

/* It must be there, and it is it that has to come. */
static bool must_come(const struct facts *facts)
{
	const struct peer_config *p = tunnel_peer(facts, END_NEAR);

	return p && !facts_far_is_here(facts) && p->endpoint.addr.family == FAMILY_NONE;
}

/* What the file says of its peer, when that is a name, and the name gave no address. */
static const struct intended_peer *unresolved(const struct facts *facts)
{
	const struct peer_config *p = tunnel_peer(facts, END_NEAR);
	const struct intended_peer *w = NULL;

	if (p && must_come(facts) && facts->have & NEED_BIT(NEED_INTENDED))
		w = intended_peer(&facts->intended, &p->key);
	return w && !w->n_resolved && w->endpoint ? w : NULL;
}

static struct finding *has_no_address(const struct intended_peer *w, struct findings *out)
{
	const char *colon = strrchr(w->endpoint, ':'), *key = words_key(out->arena, &w->key);
	int len = colon ? (int)(colon - w->endpoint) : (int)strlen(w->endpoint);
	struct finding *f;

	f = finding_add(
		out, STATE_FAIL,
		"%.*s, the endpoint of [Peer] %s in the file, was not resolved: nothing can be "
		"sent",
		len, w->endpoint, key);
	finding_fix(out, f,
		    arena_printf(out->arena,
				 "correct the Endpoint of [Peer] %s, or see what the resolver says",
				 key),
		    "getent ahosts %.*s", len, w->endpoint);
	return f;
}

/*
 * Responses that came, and no handshake of them. An engine that counts what it refuses and counted
 * nothing that it may have refused of them has never had them.
 */
static void sign_responses(const struct facts *facts, bool watched, struct finding *f)
{
	const struct crypto_facts *c = &facts->crypto[END_NEAR];
	size_t i;

	if (!watched || !(facts->have & NEED_BIT(NEED_ENGINE)) ||
	    facts->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] < 1)
		return;
	for (i = 0; c->known && i < c->n_refused; i++)
		if (strncmp(c->refused[i].id, "in_", 3) == 0)
			return;
	finding_sign(f, c->known ? SIGN_RESPONSE_VANISHED : SIGN_RESPONSE_UNUSED);
}

/* Who answers from there when asked here does so when asked there, too. */
static void fix_elsewhere(const struct facts *facts, struct findings *out, struct finding *f)
{
	const struct attempt_facts *t = attempts_answered_elsewhere(facts);
	char from[ENDPOINT_STR_SIZE], key[KEY_BASE64_LEN + 1];
	const char *remedy;

	if (!t || t->outcome == ATTEMPT_REFUSED || t->outcome == ATTEMPT_COMPLETE)
		return;
	finding_sign(f, SIGN_ANSWERED_ELSEWHERE);
	endpoint_str(&t->answer, from);
	public_key_base64(&facts->target.peer, key);
	remedy = arena_printf(out->arena,
			      "ask for the address that answers, %s, or make the far host send "
			      "from the one that is asked, %s; a filter or NAT that lets only "
			      "answers in does not know the other one",
			      from, words_addr(out->arena, &t->to.addr));
	finding_fix(out, f, remedy, "wg set %s peer %s endpoint %s", facts->target.name, key, from);
}

static struct finding *incomplete(const struct facts *facts, bool watched, int64_t attempts,
				  struct findings *out)
{
	const struct tap_facts *wire = &facts->taps[TAP_NEAR_WIRE];
	const char *in = words_time(out->arena, facts->handshake.waited_ns), *told;
	struct finding *f;

	if (!watched)
		return finding_add(out, STATE_FAIL,
				   "not complete after %s; the wire was not watched", in);
	if (attempts == 0 && answered_in_vain(facts, wire)) {
		f = finding_add(out, STATE_FAIL,
				"the peer's initiations (%lld) were answered (%lld), and it makes "
				"nothing of that",
				(long long)wire->msgs[TAP_IN][WG_MSG_INITIATION],
				(long long)wire->msgs[TAP_OUT][WG_MSG_RESPONSE]);
		finding_sign(f, SIGN_ANSWERED_IN_VAIN);
		return f;
	}
	if (attempts == 0) {
		told = attempts_unsent(facts, out->arena);
		return finding_add(out, STATE_FAIL, "no initiation %s within %s%s%s",
				   wire->dropped == 0 ? "left" : "was seen to leave", in,
				   told ? ": " : "", told ? told : "");
	}
	told = attempts_came_back(facts, out->arena);
	f = finding_add(out, STATE_FAIL, "%lld initiation%s in %s, %s%s", (long long)attempts,
			attempts == 1 ? "" : "s", in, told ? told : came_back(out->arena, wire),
			attempts_of_peer(facts, out->arena));
	sign_responses(facts, watched, f);
	fix_elsewhere(facts, out, f);
	if (attempts_other_key(facts))
		finding_sign(f, SIGN_CALL_OTHER_KEY);
	far_view_outer(facts, out, f);
	return f;
}

#define LOGGED                                                                     \
	(GIVEN_LOG_BIT(ENGINE_LOG_MAC1) | GIVEN_LOG_BIT(ENGINE_LOG_INITIATION) |   \
	 GIVEN_LOG_BIT(ENGINE_LOG_RESPONSE) | GIVEN_LOG_BIT(ENGINE_LOG_NO_ROUTE) | \
	 GIVEN_LOG_BIT(ENGINE_LOG_SEND) | GIVEN_LOG_BIT(ENGINE_LOG_NO_ENDPOINT) |  \
	 GIVEN_LOG_BIT(ENGINE_LOG_NO_ANSWER) | GIVEN_LOG_BIT(ENGINE_LOG_LOAD) |    \
	 GIVEN_LOG_BIT(ENGINE_LOG_PORT))

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *facts = ctx->facts;
	const struct tap_facts *wire = &facts->taps[TAP_NEAR_WIRE];
	bool watched = (facts->have & NEED_BIT(NEED_TAP_NEAR_WIRE)) != 0;
	int64_t attempts = watched ? wire->msgs[TAP_OUT][WG_MSG_INITIATION] : UNKNOWN;
	struct evidence *ev;
	struct finding *f, *called;

	if (attempts == UNKNOWN)
		watched = false;
	if (facts->handshake.complete && facts->n_tried)
		f = by_another_address(facts, out);
	else if (facts->handshake.complete)
		f = complete(facts, watched, attempts, out);
	else if (!facts_far_is_here(facts) && facts->ping_peer.received > 0 &&
		 facts->ping_peer.dev_is_tun != 0)
		f = finding_add(out, STATE_PASS,
				"not seen, but pings come back: there is a session");
	else if (tunnel_answers(facts))
		f = finding_add(out, attempts > 1 ? STATE_WARN : STATE_PASS,
				"not within %s, but later in the run",
				words_time(out->arena, facts->handshake.waited_ns));
	else if (facts->target.kind == TARGET_OPAQUE && attempts == 0)
		f = finding_add(out, STATE_UNSURE,
				"no initiation left: maybe a session is there already, and this "
				"engine cannot be asked");
	else if ((called = calls_judge(facts, out)) != NULL)
		f = called;
	else if (tunnel_peer_is_offline(facts))
		f = offline(facts, out);
	else if (unresolved(facts))
		f = has_no_address(unresolved(facts), out);
	else if (must_come(facts))
		f = finding_add(
			out, STATE_FAIL,
			"the peer must be there, and it was never heard and has no endpoint: "
			"it has to come first");
	else
		f = incomplete(facts, watched, attempts, out);
	/* What leaves is lost outside; where nothing leaves, nothing may have been given to it. */
	f->misses = attempts == 0 ? TRAFFIC_ALL : TRAFFIC_OUTER;
	ev = finding_because(out, f, "engine", "near", "latest handshake is %s",
			     facts->handshake.complete ? "set" : "never");
	evidence_ms(ev, "waited_ms", facts->handshake.waited_ns);
	evidence_ms(ev, "session_age_ms", facts->handshake.age_ns);
	ev = finding_because(out, f, "capture", "near wire", "%s",
			     watched ? "handshake messages by type" : "not watched");
	evidence_count(ev, "initiations", attempts);
	evidence_count(ev, "responses", watched ? wire->msgs[TAP_IN][WG_MSG_RESPONSE] : UNKNOWN);
	evidence_count(ev, "cookie_replies",
		       watched ? wire->msgs[TAP_IN][WG_MSG_COOKIE_REPLY] : UNKNOWN);
	evidence_count(ev, "icmp_errors", watched ? wire->icmp_errors : UNKNOWN);
	evidence_ms(ev, "response_ms", facts->handshake.response_ns);
	each_try(facts, out, f);
	calls_because(facts, out, f);
	attempts_because(facts, out, f);
	f->duration_ns = facts->handshake.waited_ns;
	given_log_because(facts, LOGGED, out, f);
}

/* Roots first: the first of these that failed is named as the cause. */
static const char *const after[] = { "engine.start",
				     "engine.answers",
				     "host.state",
				     "config.file",
				     "config.keys",
				     "config.allowed-ips",
				     "underlay.link",
				     "route.endpoint",
				     "underlay.gateway",
				     "host.firewall",
				     "underlay.path",
				     "underlay.out",
				     "underlay.back",
				     "crypto.rejects",
				     "tun.address",
				     "route.inner",
				     NULL };

const struct check check_handshake_complete = {
	.id = "handshake.complete",
	.title = "handshake complete",
	.layer = LAYER_TRANSPORT,
	.needs = NEED_BIT(NEED_HANDSHAKE),
	.wants = NEED_BIT(NEED_TAP_NEAR_WIRE) | NEED_BIT(NEED_ENGINE) | NEED_BIT(NEED_CONFIG) |
		 NEED_BIT(NEED_INTENDED) | NEED_BIT(NEED_CALLS) | NEED_BIT(NEED_FIREWALL),
	.after = after,
	.misses = TRAFFIC_OUTER,
	.run = run,
};
