/*
 * From the network to the tun. The order of the checks is the driver's, and matters:
 * the replay window is asked after authentication only, and an authentic packet moves
 * the endpoint whatever is inside.
 */
#include <assert.h>
#include <string.h>

#include "wg/device_priv.h"
#include "wire/inner_hash.h"
#include "wire/ip.h"

static enum wg_drop drop_of_fault(enum wg_msg_fault fault)
{
	switch (fault) {
	case WG_MSG_OK:
		return WG_DROP_NONE;
	case WG_MSG_SHORT:
		return WG_DROP_IN_SHORT;
	case WG_MSG_RESERVED:
		return WG_DROP_IN_RESERVED;
	case WG_MSG_UNKNOWN_TYPE:
		return WG_DROP_IN_UNKNOWN_TYPE;
	case WG_MSG_WRONG_LEN:
		return WG_DROP_IN_WRONG_LEN;
	}
	return WG_DROP_IN_UNKNOWN_TYPE;
}

static void refuse(struct wg_device *d, struct wg_peer *p, const struct wg_pkt *pkt,
		   enum wg_drop why, int64_t now_ns)
{
	wg_device_count_drop(d, p, why, 1);
	if (d->env.trace)
		trace_packet(d, TRACE_DROPPED, p, pkt, why, now_ns);
}

/* --- data --- */

/* Consecutive data messages of one session. */
struct run {
	struct wg_device *d;
	bool active;
	uint32_t receiver;
	struct session *session;
	struct wg_peer *peer;
	int64_t now_ns;
	const struct wg_pkt *last; /* the last authentic one */
	size_t n_data; /* authentic ones that are no keepalives */
	struct wg_pkt *good; /* n_good in a row that go to the tun */
	size_t n_good;
};

static void deliver(struct run *r)
{
	struct wg_device *d = r->d;

	if (r->n_good)
		d->env.deliver(d->env.ctx, r->peer, r->good, r->n_good);
	r->n_good = 0;
}

static void note_source(const struct run *r, const struct ip_packet *ip, struct wg_peer *owner)
{
	struct wg_event ev = wg_event_make(WG_EVENT_SOURCE, r->peer, r->now_ns);

	ev.addr.family = ip->version;
	memcpy(ev.addr.b, ip->src, ip_addr_len(&ev.addr));
	ev.owner = owner;
	device_event(r->d, &ev);
}

/* What each system sends into each of its links, asked or not: nothing that anybody waits for. */
static bool is_of_the_link(const struct ip_packet *ip)
{
	static const uint8_t none[16];
	const uint8_t *src = ip->src;

	if (memcmp(src, none, ip->version == FAMILY_IP6 ? 16 : 4) == 0)
		return true;
	return ip->version == FAMILY_IP6 ? ip6_is_link_local(src) : ip4_is_link_local(src);
}

/*
 * What a router behind the peer says of a packet that went to one of the peer's addresses: it may
 * well have another one itself. Nobody waits for that, and it shows that the packet got there.
 */
static bool is_error_about_ours(const struct run *r, const struct ip_packet *ip)
{
	const uint8_t *to = ip_error_about(ip);

	return to && peer_by_address(r->d, ip->version, to) == r->peer;
}

/* The inside of an authentic message; pkt is the plaintext. Cuts the padding off. */
static enum wg_drop check_inner(const struct run *r, struct wg_pkt *pkt)
{
	struct wg_peer *owner;
	struct ip_packet ip;

	switch (ip_parse(wg_pkt_bytes(pkt), pkt->len, &ip)) {
	case IP_OK:
		break;
	case IP_EMPTY:
	case IP_VERSION:
		return WG_DROP_IN_NOT_IP;
	case IP_SHORT:
	case IP_LENGTH:
		return WG_DROP_IN_LENGTH;
	}
	pkt->len = (uint32_t)ip.total_len;
	pkt->inner_len = pkt->len;
	owner = peer_by_address(r->d, ip.version, ip.src);
	if (!owner && is_of_the_link(&ip))
		return WG_DROP_IN_SOURCE_LINK;
	if (owner != r->peer) {
		note_source(r, &ip, owner);
		return is_error_about_ours(r, &ip) ? WG_DROP_IN_SOURCE_ERROR : WG_DROP_IN_SOURCE;
	}
	/* RFC 6040 would drop congestion that the inner packet cannot tell of. No other engine
	 * does, so it would be a loss that only we have: it goes on as it is.
	 */
	(void)ip_ecn_decapsulate(wg_pkt_bytes(pkt), pkt->len, pkt->tos & 3);
	return WG_DROP_NONE;
}

/* Opens the message in place: pkt becomes the plaintext, padding included. */
static enum wg_drop open_message(struct run *r, struct wg_pkt *pkt)
{
	struct session *s = r->session;
	uint8_t *enc = wg_pkt_bytes(pkt) + WG_DATA_HEADER_LEN;
	size_t enc_len = pkt->len - WG_DATA_HEADER_LEN;
	enum wg_drop why;

	if (!session_can_receive(s, r->now_ns)) {
		s->receive_valid = false;
		return WG_DROP_IN_EXPIRED;
	}
	if (!r->d->crypto->open(enc, enc_len, pkt->counter, s->receive_key.b))
		return WG_DROP_IN_TAG;
	why = replay_accept(&s->replay, pkt->counter);
	if (why != WG_DROP_NONE)
		return why;
	pkt->off += WG_DATA_HEADER_LEN;
	pkt->len = (uint32_t)(enc_len - WG_TAG_LEN);
	return WG_DROP_NONE;
}

static void trace_opened(const struct run *r, struct wg_pkt *pkt)
{
	pkt->inner_len = pkt->len;
	pkt->inner_hash = trace_inner_hash(wg_pkt_bytes(pkt), pkt->len);
	trace_packet(r->d, TRACE_OPENED, r->peer, pkt, WG_DROP_NONE, r->now_ns);
}

/* True: pkt is an inner packet for the tun. */
static bool receive_one(struct run *r, struct wg_pkt *pkt)
{
	size_t outer_len = pkt->len;
	enum wg_drop why = r->session ? open_message(r, pkt) : WG_DROP_IN_UNKNOWN_INDEX;

	if (why != WG_DROP_NONE) {
		refuse(r->d, r->peer, pkt, why, r->now_ns);
		return false;
	}
	r->last = pkt;
	r->peer->stats.opened++;
	if (r->d->env.trace)
		trace_opened(r, pkt);
	if (pkt->len == 0) {
		r->peer->stats.rx_bytes += outer_len;
		return false;
	}
	r->n_data++;
	why = check_inner(r, pkt);
	if (why != WG_DROP_NONE) {
		refuse(r->d, r->peer, pkt, why, r->now_ns);
		return false;
	}
	r->peer->stats.rx_bytes += outer_len;
	r->peer->stats.rx_packets++;
	return true;
}

/* Our session is about to be too old for the peer to send with, and it does send. */
static void keep_key_fresh(struct wg_peer *p, int64_t now_ns)
{
	const struct session *s = p->sessions.current;

	if (p->timers.sent_lastminute || !s || !s->send_valid || !s->initiator ||
	    now_ns - s->born_ns < REKEY_ON_RECEIVE_S * NS_PER_S)
		return;
	p->timers.sent_lastminute = true;
	handshake_request(p, WG_WHY_AGE_RECEIVE, now_ns);
}

static void end_run(struct run *r)
{
	struct wg_peer *p = r->peer;
	int64_t now_ns = r->now_ns;

	deliver(r);
	r->active = false;
	if (!r->last)
		return;
	peer_roam(p, r->last->from, now_ns);
	if (sessions_confirm(&p->sessions, &r->d->indices, r->session)) {
		peer_complete(p, 0, now_ns);
		peer_send_staged(p, now_ns);
	}
	keep_key_fresh(p, now_ns);
	timers_any_received(p);
	timers_traversal(p, now_ns);
	if (r->n_data)
		timers_data_received(p, now_ns, r->n_data);
}

/* --- the way of a batch --- */

/* Looks at the outside of the message; fills what the trace and the next steps need. */
static enum wg_drop classify(struct wg_device *d, struct wg_pkt *pkt, uint32_t *receiver)
{
	enum wg_msg_type type;
	struct wg_msg_data m;
	enum wg_msg_fault fault = wg_msg_classify(wg_pkt_bytes(pkt), pkt->len, &type);

	assert(pkt->off >= WG_PKT_HEADROOM &&
	       (size_t)pkt->off + pkt->len + WG_PKT_TAILROOM <= pkt->cap);
	pkt->session = 0;
	pkt->counter = 0;
	pkt->msg_type = (uint8_t)type;
	pkt->inner_len = 0;
	pkt->inner_hash = 0;
	*receiver = 0;
	if (fault == WG_MSG_OK && type == WG_MSG_DATA) {
		wg_msg_read_data(wg_pkt_bytes(pkt), pkt->len, &m);
		pkt->counter = m.counter;
		pkt->session = *receiver = m.receiver;
	}
	return d->up ? drop_of_fault(fault) : WG_DROP_IN_DOWN;
}

static void begin_run(struct run *r, uint32_t receiver)
{
	struct local_index *index = local_index_find(&r->d->indices, receiver);

	r->active = true;
	r->receiver = receiver;
	r->session = index ? index->session : NULL;
	r->peer = r->session ? r->session->peer : NULL;
	r->last = NULL;
	r->n_data = r->n_good = 0;
}

static void receive_data(struct run *r, struct wg_pkt *pkt, uint32_t receiver)
{
	if (!r->active)
		begin_run(r, receiver);
	if (!receive_one(r, pkt))
		deliver(r);
	else if (r->n_good++ == 0)
		r->good = pkt;
}

static void receive_handshake(struct wg_device *d, const struct wg_pkt *pkt, int64_t now_ns)
{
	struct wg_peer *p;
	enum wg_drop why = handshake_receive(d, pkt, pkt->msg_type, &p, now_ns);

	if (why != WG_DROP_NONE)
		refuse(d, p, pkt, why, now_ns);
}

void wg_device_receive(struct wg_device *d, struct wg_pkt *pkts, size_t n, int64_t now_ns)
{
	struct run r = { .d = d, .now_ns = now_ns };

	device_outbox_free(d);
	d->seen_ns = now_ns;
	for (size_t i = 0; i < n; i++) {
		struct wg_pkt *pkt = &pkts[i];
		uint32_t receiver;
		enum wg_drop why = classify(d, pkt, &receiver);
		bool is_data = why == WG_DROP_NONE && pkt->msg_type == WG_MSG_DATA;

		if (d->env.trace)
			trace_packet(d, TRACE_UDP_RECEIVED, NULL, pkt, WG_DROP_NONE, now_ns);
		if (r.active && (!is_data || receiver != r.receiver))
			end_run(&r);
		if (why != WG_DROP_NONE)
			refuse(d, NULL, pkt, why, now_ns);
		else if (is_data)
			receive_data(&r, pkt, receiver);
		else
			receive_handshake(d, pkt, now_ns);
	}
	if (r.active)
		end_run(&r);
}
