/*
 * Handshake messages: sending them, and what becomes of those that arrive
 * (whitepaper, section 5.4; Linux driver: send.c, receive.c, noise.c).
 */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "wg/device_priv.h"

/* AF41, no ECN: the driver's HANDSHAKE_DSCP. */
enum { HANDSHAKE_TOS = 0x88 };

/* --- sending --- */

/* A handshake message to p, written into the slot already, goes out. */
static void send_message(struct wg_peer *p, struct wg_pkt *pkt, enum wg_msg_type type,
			 uint32_t session, int64_t now_ns)
{
	struct wg_device *d = p->dev;

	cookie_sender_add_macs(&p->cookie, wg_pkt_bytes(pkt), pkt->len, now_ns);
	pkt->tos = HANDSHAKE_TOS;
	pkt->msg_type = type;
	pkt->session = session;
	if (d->env.trace)
		trace_packet(d, TRACE_HANDSHAKE_SENT, p, pkt, WG_DROP_NONE, now_ns);
	timers_traversal(p, now_ns);
	timers_any_sent(p);
	p->last_sent_handshake_ns = now_ns;
	p->handshake_unsent = false;
	peer_emit(p, pkt, 1);
}

static bool create_initiation(struct wg_peer *p, struct wg_msg_initiation *m)
{
	struct wg_device *d = p->dev;
	struct secret_key ephemeral;
	uint8_t timestamp[WG_TIMESTAMP_LEN];
	uint32_t index = device_take_index(d, &p->hs_index);
	enum wg_drop why;

	device_random(d, &ephemeral, sizeof(ephemeral));
	noise_timestamp(d->env.wall_ns(d->env.ctx), timestamp);
	why = noise_create_initiation(&p->hs, &d->start, &d->identity, &p->remote, &ephemeral,
				      index, timestamp, m);
	secret_key_done(&ephemeral);
	if (why != WG_DROP_NONE)
		local_index_drop(&d->indices, &p->hs_index);
	return why == WG_DROP_NONE;
}

static bool floor_reached(const struct wg_peer *p, int64_t now_ns)
{
	return now_ns - p->last_sent_handshake_ns >= REKEY_TIMEOUT_S * NS_PER_S;
}

static void send_initiation(struct wg_peer *p, enum wg_why why, int64_t now_ns)
{
	struct wg_device *d = p->dev;
	struct wg_event ev = wg_event_make(WG_EVENT_INITIATION_SENT, p, now_ns);
	struct wg_msg_initiation m;
	struct slot *s;

	if (!d->up || !d->identity.has || !p->remote.usable || !peer_has_endpoint(p) ||
	    !create_initiation(p, &m))
		return;
	s = device_slot(d, WG_INITIATION_LEN);
	wg_msg_write_initiation(&m, wg_pkt_bytes(&s->pkt));
	s->pkt.why = (uint8_t)(1 + why);
	s->pkt.attempt = (uint8_t)(p->timers.attempts + 1);
	p->initiation_sent_ns = now_ns;
	p->stats.initiations_sent++;
	send_message(p, &s->pkt, WG_MSG_INITIATION, p->hs_index.value, now_ns);
	timers_initiated(p, now_ns);
	ev.why = why;
	ev.attempt = p->timers.attempts + 1;
	device_event(d, &ev);
}

void handshake_request(struct wg_peer *p, enum wg_why why, int64_t now_ns)
{
	p->timers.attempts = 0;
	if (floor_reached(p, now_ns))
		send_initiation(p, why, now_ns);
}

/*
 * A response that we sent less than 5 s ago holds this retry back. The driver then never
 * retries again until a packet asks; we come back when it may go.
 */
void handshake_retry(struct wg_peer *p, int64_t now_ns)
{
	if (!floor_reached(p, now_ns)) {
		timers_retry_at(p, p->last_sent_handshake_ns + REKEY_TIMEOUT_S * NS_PER_S +
					   device_jitter_ns(p->dev));
		return;
	}
	p->timers.attempts++;
	/* In case the source address is the cause of the trouble. */
	endpoint_clear_src(&p->endpoint);
	send_initiation(p, WG_WHY_RETRY, now_ns);
}

/*
 * The floor keeps us from flooding the peer, and of what was never sent he saw nothing. But
 * we are told of routes too, which come in swarms and bring no socket: so the next one is
 * not free at once, but after the shortest time between two that a peer would accept.
 */
void handshake_unsent_again(struct wg_peer *p)
{
	int64_t at_ns = p->last_sent_handshake_ns + INITIATION_MIN_GAP_MS * NS_PER_MS;

	if (!p->handshake_unsent)
		return;
	p->handshake_unsent = false;
	p->last_sent_handshake_ns = at_ns - REKEY_TIMEOUT_S * NS_PER_S;
	timers_retry_unsent(p, at_ns);
}

static enum wg_drop send_response(struct wg_peer *p, int64_t now_ns)
{
	struct wg_device *d = p->dev;
	struct wg_event ev = wg_event_make(WG_EVENT_RESPONSE_SENT, p, now_ns);
	struct secret_key ephemeral;
	uint32_t index = device_take_index(d, &p->hs_index);
	struct wg_msg_response m;
	struct session *session;
	enum wg_drop why;
	struct slot *s;

	device_random(d, &ephemeral, sizeof(ephemeral));
	why = noise_create_response(&p->hs, &p->remote, &ephemeral, index, &m);
	secret_key_done(&ephemeral);
	if (why != WG_DROP_NONE) {
		local_index_drop(&d->indices, &p->hs_index);
		return why;
	}
	session = session_new(&d->indices, &p->hs_index, &p->hs, now_ns);
	sessions_install(&p->sessions, &d->indices, session);
	timers_derived(p, now_ns);
	s = device_slot(d, WG_RESPONSE_LEN);
	wg_msg_write_response(&m, wg_pkt_bytes(&s->pkt));
	p->stats.responses_sent++;
	send_message(p, &s->pkt, WG_MSG_RESPONSE, session->index.value, now_ns);
	device_event(d, &ev);
	return WG_DROP_NONE;
}

/* --- an initiation --- */

static void trace_accepted(struct wg_peer *p, const struct wg_pkt *pkt, int64_t now_ns)
{
	if (p->dev->env.trace)
		trace_packet(p->dev, TRACE_HANDSHAKE_RECEIVED, p, pkt, WG_DROP_NONE, now_ns);
}

/* Everything authentic about it was checked: is it new, and not one of too many? */
static enum wg_drop check_fresh(const struct wg_peer *p, const uint8_t timestamp[WG_TIMESTAMP_LEN],
				int64_t now_ns)
{
	if (memcmp(timestamp, p->latest_timestamp, WG_TIMESTAMP_LEN) <= 0)
		return WG_DROP_IN_REPLAYED_INITIATION;
	if (now_ns - p->initiation_received_ns < INITIATION_MIN_GAP_MS * NS_PER_MS)
		return WG_DROP_IN_FLOOD;
	return WG_DROP_NONE;
}

static void note_unknown_peer(struct wg_device *d, const struct public_key *k, uint32_t index,
			      const struct wg_pkt *pkt, int64_t now_ns)
{
	struct wg_event ev = wg_event_make(WG_EVENT_UNKNOWN_PEER, NULL, now_ns);

	ev.key = *k;
	ev.index = index;
	ev.endpoint = *pkt->from;
	device_event(d, &ev);
}

static enum wg_drop consume_initiation(struct wg_device *d, const struct wg_pkt *pkt,
				       struct noise_half *half, struct wg_peer **peer,
				       int64_t now_ns)
{
	struct wg_msg_initiation m;
	struct public_key k;
	uint8_t timestamp[WG_TIMESTAMP_LEN];
	enum wg_drop why;
	struct wg_peer *p;

	wg_msg_read_initiation(wg_pkt_bytes(pkt), pkt->len, &m);
	why = noise_open_initiation(half, &d->start, &d->identity, &m, &k);
	if (why != WG_DROP_NONE)
		return why;
	*peer = p = peer_find(d, &k);
	if (!p) {
		note_unknown_peer(d, &k, m.sender, pkt, now_ns);
		return WG_DROP_IN_UNKNOWN_PEER;
	}
	why = noise_consume_initiation(half, &p->remote, &m, timestamp);
	if (why == WG_DROP_NONE)
		why = check_fresh(p, timestamp, now_ns);
	if (why != WG_DROP_NONE)
		return why;
	/* An initiation of our own that is on its way is forgotten, and its index with it. */
	local_index_drop(&d->indices, &p->hs_index);
	p->hs = half->hs;
	memcpy(p->latest_timestamp, timestamp, sizeof(timestamp));
	p->initiation_received_ns = now_ns;
	return WG_DROP_NONE;
}

static enum wg_drop receive_initiation(struct wg_device *d, const struct wg_pkt *pkt,
				       struct wg_peer **peer, int64_t now_ns)
{
	struct wg_event ev;
	struct noise_half half;
	enum wg_drop why = consume_initiation(d, pkt, &half, peer, now_ns);

	noise_half_wipe(&half);
	if (why != WG_DROP_NONE)
		return why;
	trace_accepted(*peer, pkt, now_ns);
	ev = wg_event_make(WG_EVENT_INITIATION_RECEIVED, *peer, now_ns);
	ev.endpoint = *pkt->from;
	device_event(d, &ev);
	peer_roam(*peer, pkt->from, now_ns);
	return send_response(*peer, now_ns);
}

/* --- a response --- */

static enum wg_drop receive_response(struct wg_device *d, const struct wg_pkt *pkt,
				     struct wg_peer **peer, int64_t now_ns)
{
	struct wg_msg_response m;
	struct local_index *index;
	struct wg_peer *p;
	enum wg_drop why;

	wg_msg_read_response(wg_pkt_bytes(pkt), pkt->len, &m);
	index = local_index_find(&d->indices, m.receiver);
	if (!index)
		return WG_DROP_IN_UNKNOWN_INDEX;
	*peer = p = index->peer;
	if (index->session || p->hs.state != NOISE_INITIATION_SENT)
		return WG_DROP_IN_WRONG_STATE;
	why = noise_consume_response(&p->hs, &d->identity, &p->remote, &m);
	if (why != WG_DROP_NONE)
		return why;
	trace_accepted(p, pkt, now_ns);
	peer_roam(p, pkt->from, now_ns);
	sessions_install(&p->sessions, &d->indices,
			 session_new(&d->indices, &p->hs_index, &p->hs, now_ns));
	timers_derived(p, now_ns);
	peer_complete(p, now_ns - p->initiation_sent_ns, now_ns);
	/* The session is proved to the peer at once, by what waits or by a keepalive. */
	peer_send_keepalive(p, now_ns);
	return WG_DROP_NONE;
}

void peer_complete(struct wg_peer *p, int64_t rtt_ns, int64_t now_ns)
{
	struct wg_device *d = p->dev;
	struct wg_event ev = wg_event_make(WG_EVENT_HANDSHAKE_COMPLETE, p, now_ns);

	timers_complete(p);
	p->stats.handshakes++;
	p->stats.last_handshake_wall_ns = d->env.wall_ns(d->env.ctx);
	ev.rtt_ns = rtt_ns;
	ev.endpoint = p->endpoint;
	device_event(d, &ev);
}

/* --- a cookie reply --- */

/* It neither roams the peer nor counts as received: nobody but the path is proved by it. */
static enum wg_drop receive_cookie(struct wg_device *d, const struct wg_pkt *pkt,
				   struct wg_peer **peer, int64_t now_ns)
{
	struct wg_event ev;
	struct wg_msg_cookie_reply m;
	struct local_index *index;
	enum wg_drop why;

	wg_msg_read_cookie_reply(wg_pkt_bytes(pkt), pkt->len, &m);
	index = local_index_find(&d->indices, m.receiver);
	if (!index)
		return WG_DROP_IN_UNKNOWN_INDEX;
	*peer = index->peer;
	why = cookie_sender_consume(&index->peer->cookie, &m, now_ns);
	if (why != WG_DROP_NONE)
		return why;
	trace_accepted(index->peer, pkt, now_ns);
	index->peer->stats.cookies_received++;
	ev = wg_event_make(WG_EVENT_COOKIE_RECEIVED, index->peer, now_ns);
	ev.endpoint = *pkt->from;
	device_event(d, &ev);
	return WG_DROP_NONE;
}

static void send_cookie(struct wg_device *d, const struct wg_pkt *to, const uint8_t fresh[32],
			int64_t now_ns)
{
	struct wg_event ev = wg_event_make(WG_EVENT_COOKIE_SENT, NULL, now_ns);
	struct slot *s = device_slot(d, WG_COOKIE_REPLY_LEN);
	struct wg_msg_cookie_reply m;
	uint8_t nonce[WG_COOKIE_NONCE_LEN];

	device_random(d, nonce, sizeof(nonce));
	cookie_reply_create(&d->checker, wg_pkt_bytes(to), to->len, to->from, now_ns, fresh, nonce,
			    &m);
	wg_msg_write_cookie_reply(&m, wg_pkt_bytes(&s->pkt));
	s->pkt.tos = HANDSHAKE_TOS;
	s->pkt.msg_type = WG_MSG_COOKIE_REPLY;
	if (d->env.trace)
		trace_packet(d, TRACE_HANDSHAKE_SENT, NULL, &s->pkt, WG_DROP_NONE, now_ns);
	d->env.send(d->env.ctx, NULL, to->from, &s->pkt, 1);
	ev.endpoint = *to->from;
	device_event(d, &ev);
}

/* --- what comes in --- */

/* Under load, only who owns his address is heard, and each address only so often. */
static enum wg_drop check_load(struct wg_device *d, const struct wg_pkt *pkt, int64_t now_ns)
{
	const uint8_t *b = wg_pkt_bytes(pkt);
	uint8_t fresh[32];
	enum wg_drop why = WG_DROP_NONE;

	if (!load_note_handshake(&d->load, now_ns))
		return WG_DROP_NONE;
	device_random(d, fresh, sizeof(fresh));
	if (!cookie_mac2_valid(&d->checker, b, pkt->len, pkt->from, now_ns, fresh)) {
		send_cookie(d, pkt, fresh, now_ns);
		why = WG_DROP_IN_MAC2_MISSING;
	} else if (!ratelimit_allow(d->limiter, pkt->from, now_ns)) {
		why = WG_DROP_IN_RATE_LIMIT;
	}
	if (d->limiter_due_ns == TIMER_NEVER && ratelimit_entries(d->limiter))
		d->limiter_due_ns = now_ns + NS_PER_S;
	sodium_memzero(fresh, sizeof(fresh));
	return why;
}

enum wg_drop handshake_receive(struct wg_device *d, const struct wg_pkt *pkt, enum wg_msg_type type,
			       struct wg_peer **peer, int64_t now_ns)
{
	enum wg_drop why;

	*peer = NULL;
	if (!d->identity.has)
		return WG_DROP_IN_NO_PRIVATE_KEY;
	if (type == WG_MSG_COOKIE_REPLY)
		return receive_cookie(d, pkt, peer, now_ns);
	if (!cookie_mac1_valid(&d->checker, wg_pkt_bytes(pkt), pkt->len))
		return WG_DROP_IN_MAC1;
	why = check_load(d, pkt, now_ns);
	if (why != WG_DROP_NONE)
		return why;
	why = type == WG_MSG_INITIATION ? receive_initiation(d, pkt, peer, now_ns) :
					  receive_response(d, pkt, peer, now_ns);
	if (why != WG_DROP_NONE)
		return why;
	(*peer)->stats.rx_bytes += pkt->len;
	timers_any_received(*peer);
	timers_traversal(*peer, now_ns);
	return WG_DROP_NONE;
}
