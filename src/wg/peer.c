/*
 * Peers: their configuration and what they tell of themselves.
 */
#include <assert.h>
#include <sodium.h>

#include "wg/device_priv.h"

/* --- finding --- */

/* Anybody can send us an initiation with a static key of his choice, so the hash is keyed. */
static uint64_t key_hash(const struct wg_device *d, const struct public_key *k)
{
	uint64_t h;

	_Static_assert(crypto_shorthash_BYTES == sizeof(h), "");
	_Static_assert(crypto_shorthash_KEYBYTES == sizeof(d->key_hash_key), "");
	crypto_shorthash((uint8_t *)&h, k->b, sizeof(k->b), d->key_hash_key);
	return h;
}

struct wg_peer *peer_find(struct wg_device *d, const struct public_key *k)
{
	struct table_node *node = table_first(&d->by_key, key_hash(d, k));

	for (; node; node = table_next(node)) {
		struct wg_peer *p = table_entry(node, struct wg_peer, by_key);

		if (public_key_equal(&p->remote.public_key, k))
			return p;
	}
	return NULL;
}

struct wg_peer *wg_device_peer(struct wg_device *d, const struct public_key *k)
{
	return peer_find(d, k);
}

struct wg_peer *wg_device_next_peer(struct wg_device *d, struct wg_peer *after)
{
	struct list *next = after ? after->link.next : d->peers.next;

	return next == &d->peers ? NULL : list_entry(next, struct wg_peer, link);
}

/* --- life --- */

struct wg_peer *wg_device_peer_add(struct wg_device *d, const struct public_key *k, int64_t now_ns)
{
	struct wg_peer *p = peer_find(d, k);

	(void)now_ns; /* a new peer has nothing to send yet */
	if (p)
		return p;
	if (d->identity.has && public_key_equal(&d->identity.public_key, k))
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		abort();
	p->dev = d;
	p->number = ++d->last_number;
	p->remote.public_key = *k;
	noise_remote_precompute(&p->remote, &d->identity);
	cookie_sender_init(&p->cookie, k);
	p->hs_index.peer = p;
	p->initiation_received_ns = p->last_sent_handshake_ns = LONG_AGO_NS;
	p->staged.last = &p->staged.first;
	timers_init(p);
	allowedips_owner_init(&p->allowed);
	list_add_tail(&d->peers, &p->link);
	table_add(&d->by_key, &p->by_key, key_hash(d, k));
	return p;
}

bool peer_wipe_keys(struct wg_peer *p)
{
	bool had_handshake = p->hs.state != NOISE_ZEROED;

	noise_handshake_wipe(&p->hs);
	local_index_drop(&p->dev->indices, &p->hs_index);
	return sessions_clear(&p->sessions, &p->dev->indices) || had_handshake;
}

void wg_device_peer_remove(struct wg_device *d, struct wg_peer *p)
{
	peer_purge_staged(p, WG_DROP_OUT_PURGED, d->seen_ns);
	peer_wipe_keys(p);
	timers_done(p);
	allowedips_remove_owner(d->allowed, &p->allowed);
	table_del(&d->by_key, &p->by_key);
	list_del(&p->link);
	noise_remote_done(&p->remote);
	cookie_sender_done(&p->cookie);
	sodium_memzero(p, sizeof(*p));
	free(p);
}

void wg_device_remove_all_peers(struct wg_device *d)
{
	struct wg_peer *p;

	while ((p = wg_device_next_peer(d, NULL)))
		wg_device_peer_remove(d, p);
}

void peer_rekey(struct wg_peer *p)
{
	noise_remote_precompute(&p->remote, &p->dev->identity);
	noise_handshake_wipe(&p->hs);
	local_index_drop(&p->dev->indices, &p->hs_index);
	sessions_expire(&p->sessions);
	p->last_sent_handshake_ns = LONG_AGO_NS;
}

void peer_down(struct wg_peer *p, int64_t now_ns)
{
	struct wg_event ev = wg_event_make(WG_EVENT_KEYS_WIPED, p, now_ns);

	peer_purge_staged(p, WG_DROP_OUT_PURGED, now_ns);
	timers_stop(p);
	p->last_sent_handshake_ns = LONG_AGO_NS;
	if (peer_wipe_keys(p))
		device_event(p->dev, &ev);
}

/* --- configuration --- */

void wg_peer_set_psk(struct wg_peer *p, const struct secret_key *psk)
{
	p->remote.psk = *psk;
}

void wg_peer_set_endpoint(struct wg_peer *p, const struct endpoint *e)
{
	p->endpoint = *e;
	endpoint_clear_src(&p->endpoint);
}

void wg_peer_clear_src(struct wg_peer *p)
{
	endpoint_clear_src(&p->endpoint);
}

void wg_peer_set_keepalive(struct wg_peer *p, uint16_t seconds, int64_t now_ns)
{
	bool raised = !p->keepalive_s && seconds;

	device_outbox_free(p->dev);
	p->keepalive_s = seconds;
	timers_persistent_changed(p, now_ns);
	if (raised && p->dev->up)
		peer_send_keepalive(p, now_ns);
}

void wg_peer_allow(struct wg_peer *p, const struct cidr *c)
{
	allowedips_insert(p->dev->allowed, c, &p->allowed);
}

void wg_peer_disallow(struct wg_peer *p, const struct cidr *c)
{
	allowedips_remove(p->dev->allowed, c, &p->allowed);
}

void wg_peer_disallow_all(struct wg_peer *p)
{
	allowedips_remove_owner(p->dev->allowed, &p->allowed);
}

void wg_peer_each_allowed(const struct wg_peer *p, bool (*fn)(void *ctx, const struct cidr *c),
			  void *ctx)
{
	allowedips_each_of(&p->allowed, fn, ctx);
}

void wg_peer_kick(struct wg_peer *p, int64_t now_ns)
{
	device_outbox_free(p->dev);
	if (p->dev->up)
		peer_send_staged(p, now_ns);
}

/* --- roaming --- */

static bool same_src(const struct endpoint *a, const struct endpoint *b)
{
	return a->src_ifindex == b->src_ifindex && ip_addr_equal(&a->src, &b->src);
}

void peer_roam(struct wg_peer *p, const struct endpoint *from, int64_t now_ns)
{
	struct wg_event ev;

	if (endpoint_equal(&p->endpoint, from) && same_src(&p->endpoint, from))
		return;
	ev = wg_event_make(WG_EVENT_ENDPOINT, p, now_ns);
	ev.old_endpoint = p->endpoint;
	ev.endpoint = *from;
	p->endpoint = *from;
	if (!endpoint_equal(&ev.old_endpoint, from))
		device_event(p->dev, &ev);
}

/* --- status --- */

void wg_peer_status(const struct wg_peer *p, struct wg_peer_status *out)
{
	const struct peer_stats *st = &p->stats;

	*out = (struct wg_peer_status){
		.number = p->number,
		.public_key = p->remote.public_key,
		.psk = p->remote.psk,
		.endpoint = p->endpoint,
		.keepalive_s = p->keepalive_s,
		.last_handshake_wall_ns = st->last_handshake_wall_ns,
		.rx_bytes = st->rx_bytes,
		.tx_bytes = st->tx_bytes,
		.sealed = st->sealed,
		.opened = st->opened,
		.rx_packets = st->rx_packets,
		.tx_packets = st->tx_packets,
		.handshakes = st->handshakes,
		.initiations_sent = st->initiations_sent,
		.responses_sent = st->responses_sent,
		.cookies_received = st->cookies_received,
		.n_staged = p->staged.n,
		.drops = p->drops,
	};
}
