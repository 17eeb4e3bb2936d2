/*
 * The protocol's numbers. Source, unless said otherwise: whitepaper section 6.1 and
 * the Linux driver's messages.h.
 */
#ifndef WG_LIMITS_H
#define WG_LIMITS_H

#include "base/defs.h"
#include "wg/replay.h"

enum {
	REKEY_AFTER_TIME_S = 120,
	REJECT_AFTER_TIME_S = 180,
	REKEY_TIMEOUT_S = 5,
	/* driver: rand[0, 1/3 s] added to every retry and to the silence timer */
	REKEY_TIMEOUT_JITTER_MS = 333,
	KEEPALIVE_TIMEOUT_S = 10,
	/* data sent and nothing back: handshake */
	SILENCE_S = KEEPALIVE_TIMEOUT_S + REKEY_TIMEOUT_S,
	REKEY_ON_RECEIVE_S = REJECT_AFTER_TIME_S - KEEPALIVE_TIMEOUT_S - REKEY_TIMEOUT_S, /* 165 */
	WIPE_AFTER_S = 3 * REJECT_AFTER_TIME_S,
	/* driver: give up when attempts > 18, so 20 initiations go out */
	MAX_HANDSHAKE_RETRIES = 90 / REKEY_TIMEOUT_S,
	INITIATION_MIN_GAP_MS = 20, /* driver: INITIATIONS_PER_SECOND 50 */
	COOKIE_SECRET_S = 120,
	COOKIE_USE_S = COOKIE_SECRET_S - 5, /* driver: COOKIE_SECRET_LATENCY */
	LOAD_LINGER_S = 1,
	STAGED_MAX = 128, /* driver: MAX_STAGED_PACKETS */
	PADDING = 16,
};

static const uint64_t REKEY_AFTER_MESSAGES = UINT64_C(1) << 60;
static const uint64_t REJECT_AFTER_MESSAGES = UINT64_MAX - REPLAY_WINDOW - 1; /* driver */

#endif
