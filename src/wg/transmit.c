/*
 * From the tun to the network: find the peer, then seal with its session, or wait for one.
 */
#include <assert.h>
#include <string.h>

#include "wg/device_priv.h"
#include "wire/cursor.h"
#include "wire/inner_hash.h"
#include "wire/ip.h"

enum { IP6_FRAGMENT_HEADER = 44 }; /* RFC 8200, section 4.5 */
enum { UDP_PAYLOAD_MAX = 65535 - IP4_HEADER_LEN - UDP_HEADER_LEN }; /* RFC 768 over RFC 791 */

/* --- what waits --- */

static struct slot *queue_take(struct slot_queue *q)
{
	struct slot *s = q->first;

	q->first = s->next;
	if (!q->first)
		q->last = &q->first;
	q->n--;
	return s;
}

static void queue_put(struct slot_queue *q, struct slot *s)
{
	s->next = NULL;
	*q->last = s;
	q->last = &s->next;
	q->n++;
}

static void drop_oldest(struct wg_peer *p, enum wg_drop why, int64_t now_ns)
{
	struct slot *s = queue_take(&p->staged);

	wg_device_count_drop(p->dev, p, why, 1);
	if (p->dev->env.trace)
		trace_packet(p->dev, TRACE_DROPPED, p, &s->pkt, why, now_ns);
	free(s);
}

static void stage(struct wg_peer *p, const struct wg_pkt *pkt, int64_t now_ns)
{
	struct slot *s = slot_new(pkt->len);

	memcpy(wg_pkt_bytes(&s->pkt), wg_pkt_bytes(pkt), pkt->len);
	s->pkt.inner_len = pkt->inner_len;
	s->pkt.inner_hash = pkt->inner_hash;
	if (p->staged.n == STAGED_MAX)
		drop_oldest(p, WG_DROP_OUT_STAGED_FULL, now_ns);
	queue_put(&p->staged, s);
	if (p->dev->env.trace)
		trace_packet(p->dev, TRACE_STAGED, p, &s->pkt, WG_DROP_NONE, now_ns);
}

void peer_purge_staged(struct wg_peer *p, enum wg_drop why, int64_t now_ns)
{
	while (p->staged.n)
		drop_oldest(p, why, now_ns);
	p->keepalive_staged = false;
}

/* All that waits, as one array in the outbox. */
static struct wg_pkt *unstage(struct wg_peer *p)
{
	size_t n = p->staged.n;
	struct slot *array = device_slot(p->dev, n * sizeof(struct wg_pkt));
	struct wg_pkt *pkts = (struct wg_pkt *)(void *)array->mem;

	_Static_assert(offsetof(struct slot, mem) % _Alignof(struct wg_pkt) == 0, "");
	for (size_t i = 0; i < n; i++) {
		struct slot *s = queue_take(&p->staged);

		pkts[i] = s->pkt;
		device_keep(p->dev, s);
	}
	return pkts;
}

/* --- sealing --- */

/* Zeros behind the packet, to a multiple of 16, but never beyond the MTU: a full packet of
 * an odd MTU must not become longer than the path was measured for.
 */
static size_t padding_of(const struct wg_device *d, size_t len)
{
	size_t unit = len, mtu = d->mtu, padded;

	if (d->no_padding)
		return 0;
	if (mtu && unit > mtu)
		unit %= mtu;
	padded = (unit + PADDING - 1) & ~(size_t)(PADDING - 1);
	if (mtu && padded > mtu)
		padded = mtu;
	return padded - unit;
}

/* RFC 6040, normal mode: the outer header shows the inner ECN, and nothing else of the TOS. */
static uint8_t outer_tos(const uint8_t *inner, size_t len)
{
	if (len < 2)
		return 0;
	return (inner[0] >> 4 == 6 ? inner[1] >> 4 : inner[1]) & 3;
}

static void put_fault_prefix(const struct wg_device *d, struct wg_pkt *pkt)
{
	uint8_t *b = wg_pkt_bytes(pkt);
	const uint8_t *fault = b[0] >> 4 == 6 ? d->fault6 : d->fault4;

	memmove(b + d->fault_len, b, pkt->len);
	memcpy(b, fault, d->fault_len);
	pkt->len += (uint32_t)d->fault_len;
}

static void seal(struct wg_device *d, const struct session *s, struct wg_pkt *pkt, uint64_t counter)
{
	uint8_t *b = wg_pkt_bytes(pkt);
	size_t padding;

	pkt->tos = outer_tos(b, pkt->len);
	if (d->fault_len && pkt->len)
		put_fault_prefix(d, pkt);
	padding = padding_of(d, pkt->len);
	memset(b + pkt->len, 0, padding);
	pkt->len += (uint32_t)padding;
	d->crypto->seal(b, pkt->len, counter, s->send_key.b);
	/* Only now: sealing may scribble over what is before the packet. */
	wg_msg_write_data_header(s->remote_index, counter, b - WG_DATA_HEADER_LEN);
	pkt->off -= WG_DATA_HEADER_LEN;
	pkt->len += WG_DATA_OVERHEAD;
	pkt->msg_type = WG_MSG_DATA;
	pkt->session = s->index.value;
	pkt->counter = counter;
}

/* --- sending --- */

void peer_emit(struct wg_peer *p, const struct wg_pkt *pkts, size_t n)
{
	struct wg_device *d = p->dev;

	p->emitted_handshake = pkts[0].msg_type != WG_MSG_DATA;
	for (size_t i = 0; i < n; i++)
		p->stats.tx_bytes += pkts[i].len;
	d->env.send(d->env.ctx, p, &p->endpoint, pkts, n);
}

static void keep_key_fresh(struct wg_peer *p, int64_t now_ns)
{
	const struct session *s = p->sessions.current;

	if (!s->send_valid)
		return;
	if (s->send_counter > REKEY_AFTER_MESSAGES)
		handshake_request(p, WG_WHY_MESSAGES, now_ns);
	else if (s->initiator && now_ns - s->born_ns >= REKEY_AFTER_TIME_S * NS_PER_S)
		handshake_request(p, WG_WHY_AGE, now_ns);
}

static void note_keepalive(struct wg_peer *p, int64_t now_ns)
{
	struct wg_event ev = wg_event_make(WG_EVENT_KEEPALIVE_SENT, p, now_ns);

	device_event(p->dev, &ev);
}

/* n packets with the counters from `first` on, which were reserved in the current session. */
static void send_run(struct wg_peer *p, struct wg_pkt *pkts, size_t n, uint64_t first,
		     int64_t now_ns)
{
	struct wg_device *d = p->dev;
	size_t n_full = 0;

	for (size_t i = 0; i < n; i++) {
		seal(d, p->sessions.current, &pkts[i], first + i);
		n_full += pkts[i].inner_len != 0;
		if (d->env.trace)
			trace_packet(d, TRACE_SEALED, p, &pkts[i], WG_DROP_NONE, now_ns);
	}
	p->stats.sealed += n;
	p->stats.tx_packets += n_full;
	timers_traversal(p, now_ns);
	timers_any_sent(p);
	peer_emit(p, pkts, n);
	if (n_full)
		timers_data_sent(p, now_ns);
	else
		note_keepalive(p, now_ns);
	keep_key_fresh(p, now_ns);
}

void peer_send_staged(struct wg_peer *p, int64_t now_ns)
{
	size_t n = p->staged.n;
	uint64_t first;

	if (!p->dev->up || !peer_has_endpoint(p) || (!n && !p->keepalive_staged))
		return;
	if (!session_reserve(p->sessions.current, n ? n : 1, now_ns, &first)) {
		handshake_request(p, n ? WG_WHY_STAGED : WG_WHY_KEEPALIVE, now_ns);
		return;
	}
	/* Packets say all that a keepalive would. */
	p->keepalive_staged = false;
	if (n)
		send_run(p, unstage(p), n, first, now_ns);
	else
		send_run(p, &device_slot(p->dev, 0)->pkt, 1, first, now_ns);
}

void peer_send_keepalive(struct wg_peer *p, int64_t now_ns)
{
	p->keepalive_staged = true;
	peer_send_staged(p, now_ns);
}

static void transmit_run(struct wg_peer *p, struct wg_pkt *pkts, size_t n, int64_t now_ns)
{
	uint64_t first;

	if (!p->staged.n && session_reserve(p->sessions.current, n, now_ns, &first)) {
		send_run(p, pkts, n, first, now_ns);
		return;
	}
	for (size_t i = 0; i < n; i++)
		stage(p, &pkts[i], now_ns);
	peer_send_staged(p, now_ns);
}

/* --- refusing --- */

static bool icmp_may_send(struct wg_device *d, int64_t now_ns)
{
	int64_t gained = (now_ns - d->icmp_refill_ns) / (NS_PER_S / ICMP_PER_S);

	if (gained > 0) {
		d->icmp_tokens = (unsigned)MIN((int64_t)ICMP_BURST, d->icmp_tokens + gained);
		d->icmp_refill_ns = now_ns;
	}
	return d->icmp_tokens > 0;
}

/* What is forwarded has a source of another host; most of all what came out of the tunnel. */
static bool is_own(const struct wg_device *d, const struct wg_pkt *pkt)
{
	struct ip_addr a = { 0 };
	struct ip_packet ip;

	if (!d->env.is_own)
		return true;
	if (ip_parse(wg_pkt_bytes(pkt), pkt->len, &ip) != IP_OK)
		return false;
	a.family = ip.version;
	memcpy(a.b, ip.src, ip_addr_len(&a));
	return d->env.is_own(d->env.ctx, &a);
}

static void tell_unreachable(struct wg_device *d, const struct wg_pkt *pkt, int64_t now_ns)
{
	struct slot *s;
	size_t len;

	if (!icmp_may_send(d, now_ns) || !is_own(d, pkt))
		return;
	s = device_slot(d, IP_UNREACHABLE_MAX);
	len = ip_unreachable(wg_pkt_bytes(pkt), pkt->len, NULL, wg_pkt_bytes(&s->pkt));
	if (len == 0)
		return;
	d->icmp_tokens--;
	s->pkt.len = s->pkt.inner_len = (uint32_t)len;
	d->env.deliver(d->env.ctx, NULL, &s->pkt, 1);
}

static void refuse(struct wg_device *d, struct wg_peer *p, const struct wg_pkt *pkt,
		   enum wg_drop why, int64_t now_ns)
{
	wg_device_count_drop(d, p, why, 1);
	if (d->env.trace)
		trace_packet(d, TRACE_DROPPED, p, pkt, why, now_ns);
	if (why == WG_DROP_OUT_NO_PEER || why == WG_DROP_OUT_NO_ENDPOINT)
		tell_unreachable(d, pkt, now_ns);
}

/* --- the way of a batch --- */

static void begin(struct wg_device *d, struct wg_pkt *pkt, int64_t now_ns)
{
	assert(pkt->off >= WG_PKT_HEADROOM && (size_t)pkt->off + pkt->len <= pkt->cap);
	pkt->session = 0;
	pkt->counter = 0;
	pkt->msg_type = WG_MSG_NONE;
	pkt->inner_len = pkt->len;
	pkt->inner_hash = 0;
	if (!d->env.trace)
		return;
	pkt->inner_hash = trace_inner_hash(wg_pkt_bytes(pkt), pkt->len);
	trace_packet(d, TRACE_TUN_READ, NULL, pkt, WG_DROP_NONE, now_ns);
}

static bool too_long(const struct wg_device *d, const struct wg_pkt *pkt)
{
	size_t len = (size_t)pkt->len + d->fault_len;

	return pkt->off + len + WG_PKT_TAILROOM > pkt->cap ||
	       len + padding_of(d, len) + WG_DATA_OVERHEAD > UDP_PAYLOAD_MAX;
}

/*
 * A message of ours that came back, since its way to the endpoint leads into the tunnel: each
 * would become a longer one, without end. The driver compares devices, which we do not see.
 * Later fragments have no port; only such messages would have any from us to there.
 */
static bool is_loop(const struct ip_packet *ip, const struct endpoint *to)
{
	struct rd r = rd_on(ip->payload, ip->total_len - ip->header_len);
	uint8_t proto = ip->proto;
	bool later = ip->fragment;

	if (to->addr.family != ip->version || memcmp(ip->dst, to->addr.b, ip_addr_len(&to->addr)))
		return false;
	if (ip->version == 6 && proto == IP6_FRAGMENT_HEADER) {
		proto = rd_u8(&r);
		rd_u8(&r);
		later = rd_be16(&r) >> 3 != 0;
		rd_be32(&r);
	}
	if (proto != IP_PROTO_UDP)
		return false;
	rd_be16(&r);
	return later || (rd_be16(&r) == to->port && !r.bad);
}

static enum wg_drop route(struct wg_device *d, const struct wg_pkt *pkt, struct wg_peer **peer)
{
	struct ip_packet ip;

	*peer = NULL;
	if (!d->up)
		return WG_DROP_OUT_DOWN;
	switch (ip_parse(wg_pkt_bytes(pkt), pkt->len, &ip)) {
	case IP_OK:
		break;
	case IP_EMPTY:
	case IP_VERSION:
		return WG_DROP_OUT_NOT_IP;
	case IP_SHORT:
	case IP_LENGTH:
		return WG_DROP_OUT_SHORT;
	}
	*peer = peer_by_address(d, ip.version, ip.dst);
	if (!*peer)
		return WG_DROP_OUT_NO_PEER;
	if (!peer_has_endpoint(*peer))
		return WG_DROP_OUT_NO_ENDPOINT;
	if (is_loop(&ip, &(*peer)->endpoint))
		return WG_DROP_OUT_LOOP;
	return too_long(d, pkt) ? WG_DROP_OUT_TOO_LONG : WG_DROP_NONE;
}

void wg_device_transmit(struct wg_device *d, struct wg_pkt *pkts, size_t n, int64_t now_ns)
{
	struct wg_peer *run = NULL; /* whose pkts[from] to pkts[i - 1] are */
	size_t from = 0;

	device_outbox_free(d);
	d->seen_ns = now_ns;
	for (size_t i = 0; i < n; i++) {
		struct wg_peer *p;
		enum wg_drop why;

		begin(d, &pkts[i], now_ns);
		why = route(d, &pkts[i], &p);
		if (run && (why || p != run)) {
			transmit_run(run, pkts + from, i - from, now_ns);
			run = NULL;
		}
		if (why) {
			refuse(d, p, &pkts[i], why, now_ns);
		} else if (!run) {
			run = p;
			from = i;
		}
	}
	if (run)
		transmit_run(run, pkts + from, n - from, now_ns);
}
