#include "wg/noise_steps.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static void mix_hash(struct noise_handshake *hs, const void *b, size_t len)
{
	noise_hash(hs->h, sizeof(hs->h), b, len, hs->h);
}

/* An ephemeral key is hashed, and goes into the chain as well because a psk follows
 * (Noise, section 9.2).
 */
static void mix_ephemeral(struct noise_handshake *hs, const uint8_t e[WG_KEY_LEN])
{
	mix_hash(hs, e, WG_KEY_LEN);
	noise_kdf(hs->ck, e, WG_KEY_LEN, 1, &hs->ck);
}

static void mix_key(struct noise_half *half, const uint8_t secret[WG_KEY_LEN])
{
	uint8_t t[2][NOISE_HASH_LEN];

	noise_kdf(half->hs.ck, secret, WG_KEY_LEN, 2, t);
	memcpy(half->hs.ck, t[0], sizeof(half->hs.ck));
	memcpy(half->key, t[1], sizeof(half->key));
	sodium_memzero(t, sizeof(t));
}

static void mix_psk(struct noise_half *half, const struct secret_key *psk)
{
	uint8_t t[3][NOISE_HASH_LEN];

	noise_kdf(half->hs.ck, psk->b, sizeof(psk->b), 3, t);
	memcpy(half->hs.ck, t[0], sizeof(half->hs.ck));
	mix_hash(&half->hs, t[1], sizeof(t[1]));
	memcpy(half->key, t[2], sizeof(half->key));
	sodium_memzero(t, sizeof(t));
}

/* False when the result is zero: their key is of low order. */
static MUST_CHECK bool mix_dh(struct noise_half *half, const struct secret_key *ours,
			      const uint8_t theirs[WG_KEY_LEN])
{
	uint8_t secret[WG_KEY_LEN];
	bool ok = !crypto_scalarmult_curve25519(secret, ours->b, theirs);

	if (ok)
		mix_key(half, secret);
	sodium_memzero(secret, sizeof(secret));
	return ok;
}

/* Each key of a handshake encrypts one piece, so the nonce is always 0. */
void noise_seal_payload(struct noise_half *half, const void *payload, size_t len, uint8_t *out)
{
	static const uint8_t nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];

	crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, payload, len, half->hs.h,
						  sizeof(half->hs.h), NULL, nonce, half->key);
	mix_hash(&half->hs, out, len + WG_TAG_LEN);
}

bool noise_open_payload(struct noise_half *half, const uint8_t *enc, size_t enc_len, uint8_t *out)
{
	static const uint8_t nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];

	if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, enc, enc_len, half->hs.h,
						      sizeof(half->hs.h), nonce, half->key))
		return false;
	mix_hash(&half->hs, enc, enc_len);
	return true;
}

static void set_ephemeral(struct noise_half *half, const struct secret_key *ephemeral,
			  uint8_t out[WG_KEY_LEN])
{
	struct public_key pub;
	bool ok;

	half->hs.ephemeral = *ephemeral;
	secret_key_clamp(&half->hs.ephemeral);
	ok = public_key_of(&half->hs.ephemeral, &pub);
	assert(ok); /* a clamped number times the base point is never zero */
	memcpy(out, pub.b, WG_KEY_LEN);
	mix_ephemeral(&half->hs, out);
}

static void start_chain(struct noise_half *half, const struct noise_start *start,
			const struct public_key *responder)
{
	memset(half, 0, sizeof(*half));
	memcpy(half->hs.ck, start->ck, sizeof(half->hs.ck));
	memcpy(half->hs.h, start->h, sizeof(half->hs.h));
	mix_hash(&half->hs, responder->b, sizeof(responder->b));
}

enum wg_drop noise_begin_initiation(struct noise_half *half, const struct noise_start *start,
				    const struct noise_identity *id, const struct noise_remote *to,
				    const struct secret_key *ephemeral, uint32_t local_index,
				    struct wg_msg_initiation *out)
{
	if (!id->has)
		return WG_DROP_IN_NO_PRIVATE_KEY;
	if (!to->usable)
		return WG_DROP_IN_LOW_ORDER;
	start_chain(half, start, &to->public_key);
	set_ephemeral(half, ephemeral, out->ephemeral);
	if (!mix_dh(half, &half->hs.ephemeral, to->public_key.b))
		return WG_DROP_IN_LOW_ORDER;
	noise_seal_payload(half, id->public_key.b, sizeof(id->public_key.b), out->enc_static);
	mix_key(half, to->static_static.b);
	half->hs.local_index = local_index;
	out->sender = local_index;
	return WG_DROP_NONE;
}

enum wg_drop noise_open_initiation(struct noise_half *half, const struct noise_start *start,
				   const struct noise_identity *id,
				   const struct wg_msg_initiation *m,
				   struct public_key *static_key)
{
	struct public_key theirs;

	if (!id->has)
		return WG_DROP_IN_NO_PRIVATE_KEY;
	start_chain(half, start, &id->public_key);
	mix_ephemeral(&half->hs, m->ephemeral);
	if (!mix_dh(half, &id->private_key, m->ephemeral))
		return WG_DROP_IN_LOW_ORDER;
	if (!noise_open_payload(half, m->enc_static, sizeof(m->enc_static), theirs.b))
		return WG_DROP_IN_STATIC;
	memcpy(half->hs.remote_ephemeral.b, m->ephemeral, sizeof(half->hs.remote_ephemeral.b));
	half->hs.remote_index = m->sender;
	*static_key = theirs;
	return WG_DROP_NONE;
}

enum wg_drop noise_mix_static(struct noise_half *half, const struct noise_remote *from)
{
	if (!from->usable)
		return WG_DROP_IN_LOW_ORDER;
	mix_key(half, from->static_static.b);
	return WG_DROP_NONE;
}

enum wg_drop noise_begin_response(struct noise_half *half, const struct noise_remote *to,
				  const struct secret_key *ephemeral, uint32_t local_index,
				  struct wg_msg_response *out)
{
	struct noise_handshake *hs = &half->hs;

	if (hs->state != NOISE_INITIATION_RECEIVED)
		return WG_DROP_IN_WRONG_STATE;
	set_ephemeral(half, ephemeral, out->ephemeral);
	if (!mix_dh(half, &hs->ephemeral, hs->remote_ephemeral.b))
		return WG_DROP_IN_LOW_ORDER;
	if (!mix_dh(half, &hs->ephemeral, to->public_key.b))
		return WG_DROP_IN_LOW_ORDER;
	mix_psk(half, &to->psk);
	hs->local_index = local_index;
	out->sender = local_index;
	out->receiver = hs->remote_index;
	return WG_DROP_NONE;
}

enum wg_drop noise_open_response(struct noise_half *half, const struct noise_identity *id,
				 const struct noise_remote *from, const struct wg_msg_response *m)
{
	struct noise_handshake *hs = &half->hs;

	if (hs->state != NOISE_INITIATION_SENT)
		return WG_DROP_IN_WRONG_STATE;
	if (!id->has)
		return WG_DROP_IN_NO_PRIVATE_KEY;
	mix_ephemeral(hs, m->ephemeral);
	if (!mix_dh(half, &hs->ephemeral, m->ephemeral))
		return WG_DROP_IN_LOW_ORDER;
	if (!mix_dh(half, &id->private_key, m->ephemeral))
		return WG_DROP_IN_LOW_ORDER;
	mix_psk(half, &from->psk);
	memcpy(hs->remote_ephemeral.b, m->ephemeral, sizeof(hs->remote_ephemeral.b));
	hs->remote_index = m->sender;
	return WG_DROP_NONE;
}
