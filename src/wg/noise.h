/*
 * The handshake: Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s (whitepaper, section 5.4).
 *
 * No I/O, no clock: ephemeral keys and the timestamp are arguments, and every
 * refusal is a named value. Nothing secret of a step outlives it.
 */
#ifndef WG_NOISE_H
#define WG_NOISE_H

#include <stdbool.h>

#include "model/key.h"
#include "wire/wg_msg.h"
#include "wg/drop.h"
#include "wg/noise_hash.h"

/* TAI64N with the nanoseconds rounded down to 2^24 (whitening, as the driver). wall_ns:
 * since 1970.
 */
void noise_timestamp(int64_t wall_ns, uint8_t out[WG_TIMESTAMP_LEN]);

/* Who we are. */
struct noise_identity {
	bool has;
	struct secret_key private_key; /* clamped */
	struct public_key public_key;
};
/* a zero key removes it */
void noise_identity_set(struct noise_identity *id, const struct secret_key *k);
void noise_identity_done(struct noise_identity *id);

/* What we know of a peer for ever, and need in each handshake. */
struct noise_remote {
	struct public_key public_key;
	struct secret_key psk; /* zero: none */
	bool usable; /* static-static is not zero: false for low-order keys and for no identity */
	struct secret_key static_static; /* DH(our private, their public) */
};
/* Computes static-static anew; call when either key changes. */
void noise_remote_precompute(struct noise_remote *r, const struct noise_identity *id);
void noise_remote_done(struct noise_remote *r);

/* Start values of the chain: after the constants, before the responder's static. prologue
 * as in the Noise specification (WireGuard's is its IDENTIFIER); tests give others.
 */
struct noise_start { uint8_t ck[NOISE_HASH_LEN], h[NOISE_HASH_LEN]; };
void noise_start_wireguard(struct noise_start *s);
void noise_start_with(struct noise_start *s, const void *prologue, size_t len);

enum noise_state {
	NOISE_ZEROED,
	NOISE_INITIATION_SENT,
	NOISE_INITIATION_RECEIVED,
	NOISE_RESPONSE_SENT,
	NOISE_RESPONSE_RECEIVED,
};

struct noise_handshake {
	enum noise_state state;
	struct secret_key ephemeral; /* ours */
	struct public_key remote_ephemeral;
	uint8_t ck[NOISE_HASH_LEN], h[NOISE_HASH_LEN];
	uint32_t local_index, remote_index;
};
void noise_handshake_wipe(struct noise_handshake *hs);

/*
 * The four steps. All give WG_DROP_NONE or why not; on a refusal *hs is unchanged
 * (but noise_create_*, which leave it wiped). The MAC fields are not theirs (see cookie.h).
 *
 * `ephemeral` is 32 random bytes (clamped inside). payload is the TAI64N for WireGuard.
 */
enum wg_drop noise_create_initiation(struct noise_handshake *hs, const struct noise_start *start,
				     const struct noise_identity *id, const struct noise_remote *to,
				     const struct secret_key *ephemeral, uint32_t local_index,
				     const uint8_t timestamp[WG_TIMESTAMP_LEN],
				     struct wg_msg_initiation *out);

/*
 * Reading an initiation is two steps, because only the first tells who it is:
 * noise_open_initiation() gives the static key; the caller finds the peer (else
 * WG_DROP_IN_UNKNOWN_PEER); noise_consume_initiation() goes on and gives the timestamp.
 * The caller compares timestamps and floods, then commits with *hs = half->hs.
 */
struct noise_half {
	struct noise_handshake hs;
	uint8_t key[NOISE_HASH_LEN];
};
enum wg_drop noise_open_initiation(struct noise_half *half, const struct noise_start *start,
				   const struct noise_identity *id,
				   const struct wg_msg_initiation *m,
				   struct public_key *static_key);
enum wg_drop noise_consume_initiation(struct noise_half *half, const struct noise_remote *from,
				      const struct wg_msg_initiation *m,
				      uint8_t timestamp[WG_TIMESTAMP_LEN]);
void noise_half_wipe(struct noise_half *half);

enum wg_drop noise_create_response(struct noise_handshake *hs, const struct noise_remote *to,
				   const struct secret_key *ephemeral, uint32_t local_index,
				   struct wg_msg_response *out);
enum wg_drop noise_consume_response(struct noise_handshake *hs, const struct noise_identity *id,
				    const struct noise_remote *from,
				    const struct wg_msg_response *m);

/* Transport keys from a handshake in RESPONSE_SENT or RESPONSE_RECEIVED; wipes it.
 * send/receive are ours.
 */
void noise_split(struct noise_handshake *hs, bool initiator, struct secret_key *send,
		 struct secret_key *receive);

#endif
