#include "wg/noise.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "wg/noise_steps.h"
#include "wire/cursor.h"

static const char construction[] = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
static const char identifier[] = "WireGuard v1 zx2c4 Jason@zx2c4.com";

/* Seconds between the TAI64 label of 1970 and 0, as the driver counts: no leap seconds
 * after 1972.
 */
static const uint64_t TAI64_1970 = (UINT64_C(1) << 62) + 10;
/* The greatest power of two within INITIATION_MIN_GAP_MS: what a timestamp does not tell
 * (driver: timestamp whitening).
 */
enum { TIMESTAMP_STEP_NS = 1 << 24 };

void noise_timestamp(int64_t wall_ns, uint8_t out[WG_TIMESTAMP_LEN])
{
	struct wr w = wr_on(out, WG_TIMESTAMP_LEN);
	int64_t s = wall_ns / NS_PER_S, ns = wall_ns % NS_PER_S;

	if (ns < 0) { /* a clock before 1970 */
		s--;
		ns += NS_PER_S;
	}
	wr_be64(&w, TAI64_1970 + (uint64_t)s);
	wr_be32(&w, (uint32_t)(ns - ns % TIMESTAMP_STEP_NS));
}

void noise_identity_set(struct noise_identity *id, const struct secret_key *k)
{
	struct secret_key key = *k;

	noise_identity_done(id);
	if (!secret_key_is_zero(&key)) {
		secret_key_clamp(&key);
		id->private_key = key;
		id->has = public_key_of(&key, &id->public_key);
	}
	secret_key_done(&key);
}

void noise_identity_done(struct noise_identity *id)
{
	sodium_memzero(id, sizeof(*id));
}

void noise_remote_precompute(struct noise_remote *r, const struct noise_identity *id)
{
	r->usable = id->has && !crypto_scalarmult_curve25519(r->static_static.b, id->private_key.b,
							     r->public_key.b);
	if (!r->usable)
		secret_key_done(&r->static_static);
}

void noise_remote_done(struct noise_remote *r)
{
	sodium_memzero(r, sizeof(*r));
}

void noise_start_with(struct noise_start *s, const void *prologue, size_t len)
{
	/* The name is longer than a hash: so it is hashed (Noise, section 5.2). */
	_Static_assert(sizeof(construction) - 1 > NOISE_HASH_LEN, "a shorter name would be padded");
	noise_hash(construction, sizeof(construction) - 1, NULL, 0, s->ck);
	noise_hash(s->ck, sizeof(s->ck), prologue, len, s->h);
}

void noise_start_wireguard(struct noise_start *s)
{
	noise_start_with(s, identifier, sizeof(identifier) - 1);
}

void noise_handshake_wipe(struct noise_handshake *hs)
{
	sodium_memzero(hs, sizeof(*hs));
}

void noise_half_wipe(struct noise_half *half)
{
	sodium_memzero(half, sizeof(*half));
}

enum wg_drop noise_create_initiation(struct noise_handshake *hs, const struct noise_start *start,
				     const struct noise_identity *id, const struct noise_remote *to,
				     const struct secret_key *ephemeral, uint32_t local_index,
				     const uint8_t timestamp[WG_TIMESTAMP_LEN],
				     struct wg_msg_initiation *out)
{
	CLEANUP(noise_half_wipe) struct noise_half half = { .hs.state = NOISE_ZEROED };
	struct wg_msg_initiation m = { .sender = 0 };
	enum wg_drop drop;

	noise_handshake_wipe(hs);
	drop = noise_begin_initiation(&half, start, id, to, ephemeral, local_index, &m);
	if (drop)
		return drop;
	noise_seal_payload(&half, timestamp, WG_TIMESTAMP_LEN, m.enc_timestamp);
	half.hs.state = NOISE_INITIATION_SENT;
	*hs = half.hs;
	*out = m;
	return WG_DROP_NONE;
}

enum wg_drop noise_consume_initiation(struct noise_half *half, const struct noise_remote *from,
				      const struct wg_msg_initiation *m,
				      uint8_t timestamp[WG_TIMESTAMP_LEN])
{
	uint8_t opened[WG_TIMESTAMP_LEN];
	enum wg_drop drop = noise_mix_static(half, from);

	if (drop)
		return drop;
	if (!noise_open_payload(half, m->enc_timestamp, sizeof(m->enc_timestamp), opened))
		return WG_DROP_IN_TIMESTAMP;
	half->hs.state = NOISE_INITIATION_RECEIVED;
	memcpy(timestamp, opened, sizeof(opened));
	return WG_DROP_NONE;
}

enum wg_drop noise_create_response(struct noise_handshake *hs, const struct noise_remote *to,
				   const struct secret_key *ephemeral, uint32_t local_index,
				   struct wg_msg_response *out)
{
	CLEANUP(noise_half_wipe) struct noise_half half = { .hs = *hs };
	struct wg_msg_response m = { .sender = 0 };
	enum wg_drop drop;

	noise_handshake_wipe(hs);
	drop = noise_begin_response(&half, to, ephemeral, local_index, &m);
	if (drop)
		return drop;
	noise_seal_payload(&half, NULL, 0, m.enc_nothing);
	secret_key_done(&half.hs.ephemeral); /* no step after this one needs it */
	half.hs.state = NOISE_RESPONSE_SENT;
	*hs = half.hs;
	*out = m;
	return WG_DROP_NONE;
}

enum wg_drop noise_consume_response(struct noise_handshake *hs, const struct noise_identity *id,
				    const struct noise_remote *from,
				    const struct wg_msg_response *m)
{
	CLEANUP(noise_half_wipe) struct noise_half half = { .hs = *hs };
	enum wg_drop drop = noise_open_response(&half, id, from, m);
	uint8_t nothing[1]; /* libsodium writes no byte of it */

	if (drop)
		return drop;
	if (!noise_open_payload(&half, m->enc_nothing, sizeof(m->enc_nothing), nothing))
		return WG_DROP_IN_RESPONSE;
	secret_key_done(&half.hs.ephemeral);
	half.hs.state = NOISE_RESPONSE_RECEIVED;
	*hs = half.hs;
	return WG_DROP_NONE;
}

void noise_split(struct noise_handshake *hs, bool initiator, struct secret_key *send,
		 struct secret_key *receive)
{
	uint8_t t[2][NOISE_HASH_LEN];

	assert(hs->state == (initiator ? NOISE_RESPONSE_RECEIVED : NOISE_RESPONSE_SENT));
	noise_kdf(hs->ck, NULL, 0, 2, t);
	memcpy(send->b, t[initiator ? 0 : 1], sizeof(send->b));
	memcpy(receive->b, t[initiator ? 1 : 0], sizeof(receive->b));
	sodium_memzero(t, sizeof(t));
	noise_handshake_wipe(hs);
}
