#include "wg/cookie.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "wg/limits.h"
#include "wg/noise_hash.h"
#include "wire/cursor.h"

enum { MACS_LEN = 2 * WG_MAC_LEN };

static void label_key(const char label[8 + 1], const struct public_key *k, uint8_t out[32])
{
	noise_hash(label, 8, k->b, sizeof(k->b), out);
}

/* Where mac1 lies: a handshake message ends with both macs, mac2 last. */
static size_t mac1_at(size_t len)
{
	assert(len >= MACS_LEN);
	return len - MACS_LEN;
}

static size_t mac2_at(size_t len)
{
	return mac1_at(len) + WG_MAC_LEN;
}

static bool too_old(int64_t born_ns, int64_t max_s, int64_t now_ns)
{
	return now_ns - born_ns >= max_s * NS_PER_S;
}

void cookie_checker_init(struct cookie_checker *c)
{
	memset(c, 0, sizeof(*c));
}

void cookie_checker_set_key(struct cookie_checker *c, const struct public_key *own)
{
	label_key("mac1----", own, c->mac1_key);
	label_key("cookie--", own, c->cookie_key);
}

void cookie_checker_done(struct cookie_checker *c)
{
	sodium_memzero(c, sizeof(*c));
}

bool cookie_mac1_valid(const struct cookie_checker *c, const uint8_t *msg, size_t len)
{
	uint8_t mac[WG_MAC_LEN];

	/* Without a key of ours nothing is for us; a zero key would let everybody make a mac1. */
	if (len < MACS_LEN || sodium_is_zero(c->mac1_key, sizeof(c->mac1_key)))
		return false;
	noise_mac(c->mac1_key, sizeof(c->mac1_key), msg, mac1_at(len), mac);
	return !sodium_memcmp(mac, msg + mac1_at(len), sizeof(mac));
}

/* Keyed by a secret that lives two minutes: whoever shows it receives at that address and port. */
static void make_cookie(struct cookie_checker *c, const struct endpoint *from, int64_t now_ns,
			const uint8_t fresh[32], uint8_t out[WG_COOKIE_LEN])
{
	uint8_t where[16 + 2];
	size_t addr_len = ip_addr_len(&from->addr);
	struct wr w = wr_on(where, sizeof(where));

	if (!c->has_secret || too_old(c->secret_born_ns, COOKIE_SECRET_S, now_ns)) {
		memcpy(c->secret, fresh, sizeof(c->secret));
		c->secret_born_ns = now_ns;
		c->has_secret = true;
	}
	wr_bytes(&w, from->addr.b, addr_len);
	wr_be16(&w, from->port);
	noise_mac(c->secret, sizeof(c->secret), where, sizeof(where) - w.left, out);
}

bool cookie_mac2_valid(struct cookie_checker *c, const uint8_t *msg, size_t len,
		       const struct endpoint *from, int64_t now_ns, const uint8_t fresh[32])
{
	uint8_t cookie[WG_COOKIE_LEN], mac[WG_MAC_LEN];
	bool same;

	make_cookie(c, from, now_ns, fresh, cookie);
	if (len < MACS_LEN)
		return false;
	noise_mac(cookie, sizeof(cookie), msg, mac2_at(len), mac);
	same = !sodium_memcmp(mac, msg + mac2_at(len), sizeof(mac));
	sodium_memzero(cookie, sizeof(cookie));
	sodium_memzero(mac, sizeof(mac));
	return same;
}

void cookie_reply_create(struct cookie_checker *c, const uint8_t *msg, size_t len,
			 const struct endpoint *from, int64_t now_ns, const uint8_t fresh[32],
			 const uint8_t nonce[WG_COOKIE_NONCE_LEN], struct wg_msg_cookie_reply *out)
{
	uint8_t cookie[WG_COOKIE_LEN];
	struct rd r = rd_on(msg, len);

	rd_le32(&r); /* type */
	out->receiver = rd_le32(&r); /* initiation and response both have their sender here */
	memcpy(out->nonce, nonce, sizeof(out->nonce));
	make_cookie(c, from, now_ns, fresh, cookie);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out->enc_cookie, NULL, cookie, sizeof(cookie),
						   msg + mac1_at(len), WG_MAC_LEN, NULL, nonce,
						   c->cookie_key);
	sodium_memzero(cookie, sizeof(cookie));
}

void cookie_sender_init(struct cookie_sender *s, const struct public_key *peer)
{
	memset(s, 0, sizeof(*s));
	label_key("mac1----", peer, s->mac1_key);
	label_key("cookie--", peer, s->cookie_key);
}

void cookie_sender_done(struct cookie_sender *s)
{
	sodium_memzero(s, sizeof(*s));
}

void cookie_sender_add_macs(struct cookie_sender *s, uint8_t *msg, size_t len, int64_t now_ns)
{
	uint8_t *mac1 = msg + mac1_at(len), *mac2 = msg + mac2_at(len);

	noise_mac(s->mac1_key, sizeof(s->mac1_key), msg, mac1_at(len), mac1);
	memcpy(s->last_mac1, mac1, sizeof(s->last_mac1));
	s->have_sent_mac1 = true;
	if (s->has_cookie && too_old(s->cookie_born_ns, COOKIE_USE_S, now_ns)) {
		sodium_memzero(s->cookie, sizeof(s->cookie));
		s->has_cookie = false;
	}
	if (s->has_cookie)
		noise_mac(s->cookie, sizeof(s->cookie), msg, mac2_at(len), mac2);
	else
		memset(mac2, 0, WG_MAC_LEN);
}

enum wg_drop cookie_sender_consume(struct cookie_sender *s, const struct wg_msg_cookie_reply *m,
				   int64_t now_ns)
{
	uint8_t cookie[WG_COOKIE_LEN];

	if (!s->have_sent_mac1)
		return WG_DROP_IN_COOKIE;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(cookie, NULL, NULL, m->enc_cookie,
						       sizeof(m->enc_cookie), s->last_mac1,
						       sizeof(s->last_mac1), m->nonce,
						       s->cookie_key))
		return WG_DROP_IN_COOKIE;
	memcpy(s->cookie, cookie, sizeof(s->cookie));
	s->cookie_born_ns = now_ns;
	s->has_cookie = true;
	s->have_sent_mac1 = false; /* one mac1 is answered once */
	sodium_memzero(cookie, sizeof(cookie));
	return WG_DROP_NONE;
}
