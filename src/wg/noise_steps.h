/*
 * The two handshake messages up to their payloads, as the Noise specification has
 * them: e, es, s, ss; and e, ee, se, psk. noise.h is these with WireGuard's payloads
 * of 12 and 0 bytes, and is what the device uses; test vectors have others.
 *
 * A struct noise_half is a message half done: the handshake so far, and the key
 * that its next encrypted piece takes. The caller wipes it.
 */
#ifndef WG_NOISE_STEPS_H
#define WG_NOISE_STEPS_H

#include "wg/noise.h"

/* Initiator. Fills all of *out but the payload and the macs. */
enum wg_drop noise_begin_initiation(struct noise_half *half, const struct noise_start *start,
				    const struct noise_identity *id, const struct noise_remote *to,
				    const struct secret_key *ephemeral, uint32_t local_index,
				    struct wg_msg_initiation *out);
/* Responder, after noise_open_initiation(): takes in the static-static secret. */
enum wg_drop noise_mix_static(struct noise_half *half, const struct noise_remote *from);
/* Responder. half->hs is where the initiation left off. Fills all of *out but payload and macs. */
enum wg_drop noise_begin_response(struct noise_half *half, const struct noise_remote *to,
				  const struct secret_key *ephemeral, uint32_t local_index,
				  struct wg_msg_response *out);
/* Initiator. half->hs is where the initiation left off. */
enum wg_drop noise_open_response(struct noise_half *half, const struct noise_identity *id,
				 const struct noise_remote *from, const struct wg_msg_response *m);

/* The piece that ends a message: len bytes, and a tag behind them. enc_len counts the tag. */
void noise_seal_payload(struct noise_half *half, const void *payload, size_t len, uint8_t *out);
bool noise_open_payload(struct noise_half *half, const uint8_t *enc, size_t enc_len,
			uint8_t *out) MUST_CHECK;

#endif
