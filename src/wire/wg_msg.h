/*
 * The four WireGuard messages as bytes (whitepaper, section 5.4).
 *
 * The type is a little-endian 32-bit number, so its three "reserved" bytes must
 * be zero. Lengths of types 1 to 3 are exact.
 */
#ifndef WIRE_WG_MSG_H
#define WIRE_WG_MSG_H

#include <stdbool.h>

#include "base/defs.h"

enum wg_msg_type {
	WG_MSG_NONE = 0, /* not a WireGuard message */
	WG_MSG_INITIATION = 1,
	WG_MSG_RESPONSE = 2,
	WG_MSG_COOKIE_REPLY = 3,
	WG_MSG_DATA = 4,
};

enum {
	WG_INITIATION_LEN = 148,
	WG_RESPONSE_LEN = 92,
	WG_COOKIE_REPLY_LEN = 64,
	WG_DATA_HEADER_LEN = 16,
	WG_TAG_LEN = 16, /* Poly1305 */
	WG_DATA_OVERHEAD = WG_DATA_HEADER_LEN + WG_TAG_LEN,
	WG_KEEPALIVE_LEN = WG_DATA_OVERHEAD,
	WG_KEY_LEN = 32,
	WG_TIMESTAMP_LEN = 12, /* TAI64N */
	WG_MAC_LEN = 16,
	WG_COOKIE_LEN = 16,
	WG_COOKIE_NONCE_LEN = 24, /* XChaCha20-Poly1305 */
};

/* Why bytes are not a message; the order of the checks is the order of the values. */
enum wg_msg_fault {
	WG_MSG_OK,
	WG_MSG_SHORT, /* fewer than 4 bytes, or a data message under 32 */
	WG_MSG_RESERVED, /* known type byte, reserved bytes set (some put a client id there) */
	WG_MSG_UNKNOWN_TYPE,
	WG_MSG_WRONG_LEN, /* types 1 to 3 with another length than theirs */
};

/* Looks at type and length only. *type is WG_MSG_NONE unless WG_MSG_OK or WG_MSG_WRONG_LEN. */
enum wg_msg_fault wg_msg_classify(const void *b, size_t len, enum wg_msg_type *type);

struct wg_msg_initiation {
	uint32_t sender;
	uint8_t ephemeral[WG_KEY_LEN];
	uint8_t enc_static[WG_KEY_LEN + WG_TAG_LEN];
	uint8_t enc_timestamp[WG_TIMESTAMP_LEN + WG_TAG_LEN];
	uint8_t mac1[WG_MAC_LEN], mac2[WG_MAC_LEN];
};

struct wg_msg_response {
	uint32_t sender, receiver;
	uint8_t ephemeral[WG_KEY_LEN];
	uint8_t enc_nothing[WG_TAG_LEN];
	uint8_t mac1[WG_MAC_LEN], mac2[WG_MAC_LEN];
};

struct wg_msg_cookie_reply {
	uint32_t receiver;
	uint8_t nonce[WG_COOKIE_NONCE_LEN];
	uint8_t enc_cookie[WG_COOKIE_LEN + WG_TAG_LEN];
};

struct wg_msg_data {
	uint32_t receiver;
	uint64_t counter;
	const uint8_t *enc; /* borrowed from the packet; enc_len >= 16 */
	size_t enc_len;
};

/* Read and write whole messages. The readers need what wg_msg_classify() let pass, and
 * give false otherwise.
 */
bool wg_msg_read_initiation(const void *b, size_t len, struct wg_msg_initiation *out);
bool wg_msg_read_response(const void *b, size_t len, struct wg_msg_response *out);
bool wg_msg_read_cookie_reply(const void *b, size_t len, struct wg_msg_cookie_reply *out);
bool wg_msg_read_data(const void *b, size_t len, struct wg_msg_data *out);

void wg_msg_write_initiation(const struct wg_msg_initiation *m, uint8_t out[WG_INITIATION_LEN]);
void wg_msg_write_response(const struct wg_msg_response *m, uint8_t out[WG_RESPONSE_LEN]);
void wg_msg_write_cookie_reply(const struct wg_msg_cookie_reply *m,
			       uint8_t out[WG_COOKIE_REPLY_LEN]);
/* The 16 bytes before the ciphertext. */
void wg_msg_write_data_header(uint32_t receiver, uint64_t counter, uint8_t out[WG_DATA_HEADER_LEN]);

#endif
