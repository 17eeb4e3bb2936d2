/*
 * The device: what all peers share, its configuration, and what it counts.
 *
 * Theory of operation. The core is single-threaded and does no I/O; each call runs to
 * its end. A batch of packets is cut into runs (transmit.c: one peer; receive.c: one
 * session), and what the state machine has to do is done once per run: counters are
 * reserved, the endpoint compared, deadlines stored. A packet costs its crypto, a
 * lookup and some arithmetic; no allocation.
 *
 * What is given out by env->send and env->deliver either lies in the caller's slots or in
 * slots of our own, the outbox, which is emptied at the start of the next call: so the
 * caller may collect what is given and hand it to the system at once.
 */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "wg/device_priv.h"

/* --- small things that all files use --- */

void device_random(struct wg_device *d, void *out, size_t len)
{
	d->env.random(d->env.ctx, out, len);
}

uint32_t device_take_index(struct wg_device *d, struct local_index *ix)
{
	uint32_t value;

	do
		device_random(d, &value, sizeof(value));
	while (!local_index_take(&d->indices, ix, value));
	return value;
}

/* Jitter keeps two ends apart and is no secret: splitmix64, seeded once. */
int64_t device_jitter_ns(struct wg_device *d)
{
	uint64_t z = d->jitter_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return (int64_t)(z % (REKEY_TIMEOUT_JITTER_MS * NS_PER_MS + 1));
}

struct slot *slot_new(size_t len)
{
	size_t cap = WG_PKT_HEADROOM + len + FAULT_PREFIX_MAX + WG_PKT_TAILROOM;
	struct slot *s = calloc(1, sizeof(*s) + cap);

	if (!s)
		abort();
	s->pkt.mem = s->mem;
	s->pkt.cap = (uint32_t)cap;
	s->pkt.off = WG_PKT_HEADROOM;
	s->pkt.len = (uint32_t)len;
	return s;
}

void device_keep(struct wg_device *d, struct slot *s)
{
	s->next = d->outbox;
	d->outbox = s;
}

struct slot *device_slot(struct wg_device *d, size_t len)
{
	struct slot *s = slot_new(len);

	device_keep(d, s);
	return s;
}

void device_outbox_free(struct wg_device *d)
{
	struct slot *s = d->outbox, *next;

	for (; s; s = next) {
		next = s->next;
		free(s);
	}
	d->outbox = NULL;
}

struct wg_event wg_event_make(enum wg_event_type type, struct wg_peer *p, int64_t now_ns)
{
	return (struct wg_event){ .type = type, .peer = p, .now_ns = now_ns };
}

void device_event(struct wg_device *d, const struct wg_event *ev)
{
	if (d->env.event)
		d->env.event(d->env.ctx, ev);
}

const char *wg_why_str(enum wg_why w)
{
	static const char *const str[] = {
		[WG_WHY_STAGED] = "packets wait and there is no session",
		[WG_WHY_AGE] = "the session is 120 s old",
		[WG_WHY_AGE_RECEIVE] = "the session is 165 s old and still in use by the peer",
		[WG_WHY_MESSAGES] = "the session has sent 2^60 messages",
		[WG_WHY_SILENCE] = "15 s without an answer",
		[WG_WHY_RETRY] = "no response yet",
		[WG_WHY_KEEPALIVE] = "a keepalive is due and there is no session",
	};
	_Static_assert(ARRAY_LEN(str) == WG_WHY_COUNT, "a reason has no text");

	return w < WG_WHY_COUNT ? str[w] : "?";
}

/* --- life --- */

struct wg_device *wg_device_new(const struct wg_env *env, const struct wg_crypto_ops *crypto)
{
	struct wg_device *d = calloc(1, sizeof(*d));
	uint8_t limiter_key[16];

	if (!d)
		abort();
	d->env = *env;
	d->crypto = crypto ? crypto : &wg_crypto_composed;
	noise_start_wireguard(&d->start);
	cookie_checker_init(&d->checker);
	load_init(&d->load);
	device_random(d, limiter_key, sizeof(limiter_key));
	d->limiter = ratelimit_new(limiter_key);
	sodium_memzero(limiter_key, sizeof(limiter_key));
	d->limiter_due_ns = TIMER_NEVER;
	d->allowed = allowedips_new();
	list_init(&d->peers);
	table_init(&d->by_key);
	table_init(&d->indices);
	device_random(d, d->key_hash_key, sizeof(d->key_hash_key));
	device_random(d, &d->jitter_state, sizeof(d->jitter_state));
	d->icmp_tokens = ICMP_BURST;
	d->icmp_refill_ns = LONG_AGO_NS;
	return d;
}

void wg_device_free(struct wg_device *d)
{
	if (!d)
		return;
	wg_device_remove_all_peers(d);
	device_outbox_free(d);
	timer_heap_done(&d->heap);
	table_done(&d->by_key);
	table_done(&d->indices);
	allowedips_free(d->allowed);
	ratelimit_free(d->limiter);
	cookie_checker_done(&d->checker);
	noise_identity_done(&d->identity);
	sodium_memzero(d, sizeof(*d));
	free(d);
}

/* --- configuration --- */

static void each_peer(struct wg_device *d, void (*fn)(struct wg_peer *p, int64_t now_ns),
		      int64_t now_ns)
{
	struct list *at;

	list_for_each(at, &d->peers)
		fn(list_entry(at, struct wg_peer, link), now_ns);
}

/* A peer with our own public key makes no sense: it goes before we become it. */
static void remove_ourselves(struct wg_device *d, const struct secret_key *k)
{
	struct noise_identity id = { 0 };
	struct wg_peer *p;

	noise_identity_set(&id, k);
	p = id.has ? peer_find(d, &id.public_key) : NULL;
	if (p)
		wg_device_peer_remove(d, p);
	noise_identity_done(&id);
}

static bool same_private_key(const struct noise_identity *id, const struct secret_key *k)
{
	struct secret_key clamped = *k;
	bool same;

	if (secret_key_is_zero(k))
		return !id->has;
	secret_key_clamp(&clamped);
	same = id->has && sodium_memcmp(&clamped, &id->private_key, sizeof(clamped)) == 0;
	secret_key_done(&clamped);
	return same;
}

void wg_device_set_private_key(struct wg_device *d, const struct secret_key *k, int64_t now_ns)
{
	bool was_without = !d->identity.has;
	struct list *at;

	device_outbox_free(d);
	if (same_private_key(&d->identity, k))
		return;
	remove_ourselves(d, k);
	noise_identity_set(&d->identity, k);
	if (d->identity.has)
		cookie_checker_set_key(&d->checker, &d->identity.public_key);
	list_for_each(at, &d->peers)
		peer_rekey(list_entry(at, struct wg_peer, link));
	if (d->up && was_without && d->identity.has)
		each_peer(d, peer_send_staged, now_ns);
}

bool wg_device_private_key(const struct wg_device *d, struct secret_key *out)
{
	if (!d->identity.has)
		return false;
	*out = d->identity.private_key;
	return true;
}

bool wg_device_public_key(const struct wg_device *d, struct public_key *out)
{
	if (!d->identity.has)
		return false;
	*out = d->identity.public_key;
	return true;
}

void wg_device_set_mtu(struct wg_device *d, unsigned mtu)
{
	d->mtu = mtu;
}

static void peer_up(struct wg_peer *p, int64_t now_ns)
{
	peer_send_staged(p, now_ns);
	if (p->keepalive_s)
		peer_send_keepalive(p, now_ns);
}

void wg_device_set_up(struct wg_device *d, bool up, int64_t now_ns)
{
	device_outbox_free(d);
	if (up == d->up)
		return;
	d->up = up;
	each_peer(d, up ? peer_up : peer_down, now_ns);
}

void wg_device_clear_sources(struct wg_device *d)
{
	struct list *at;

	list_for_each(at, &d->peers) {
		struct wg_peer *p = list_entry(at, struct wg_peer, link);

		endpoint_clear_src(&p->endpoint);
		handshake_unsent_again(p);
	}
}

void wg_device_force_load(struct wg_device *d, bool on)
{
	d->load.forced = on;
}

void wg_device_fault_prefix(struct wg_device *d, const void *b4, const void *b6, size_t len)
{
	assert(len <= sizeof(d->fault4));
	if (len) {
		memcpy(d->fault4, b4, len);
		memcpy(d->fault6, b6, len);
	}
	d->fault_len = len;
}

void wg_device_no_padding(struct wg_device *d)
{
	d->no_padding = true;
}

/* --- counting --- */

const uint64_t *wg_device_drops(const struct wg_device *d)
{
	return d->drops;
}

void wg_device_count_drop(struct wg_device *d, struct wg_peer *p, enum wg_drop why, uint64_t n)
{
	assert(why > WG_DROP_NONE && why < WG_DROP_COUNT);
	d->drops[why] += n;
	if (!p)
		return;
	p->drops[why] += n;
	if (why == WG_DROP_IO_NO_SOCKET && p->emitted_handshake) {
		p->emitted_handshake = false; /* each is unsent once */
		p->handshake_unsent = true;
	}
}

/* As the kernel counts: only what left is sent. */
void wg_device_not_sent(struct wg_device *d, struct wg_peer *p, enum wg_drop why, size_t len)
{
	if (p)
		p->stats.tx_bytes -= len;
	wg_device_count_drop(d, p, why, 1);
}
