/*
 * mac1, mac2 and cookies: proof that a handshake message is meant for us, and, under
 * load, that its sender owns its address (whitepaper, sections 5.3 and 5.4.7).
 *
 * cookie_checker: the side that receives handshake messages. cookie_sender: the side
 * that sends them, one per peer. All times are nanoseconds of the core's clock.
 */
#ifndef WG_COOKIE_H
#define WG_COOKIE_H

#include <stdbool.h>

#include "model/endpoint.h"
#include "model/key.h"
#include "wg/drop.h"
#include "wg/load.h"
#include "wg/ratelimit.h"
#include "wire/wg_msg.h"

struct cookie_checker {
	uint8_t mac1_key[32], cookie_key[32]; /* from our public key */
	uint8_t secret[32];
	int64_t secret_born_ns;
	bool has_secret;
};
void cookie_checker_init(struct cookie_checker *c);
void cookie_checker_set_key(struct cookie_checker *c, const struct public_key *own);
void cookie_checker_done(struct cookie_checker *c);

/* len includes both macs */
bool cookie_mac1_valid(const struct cookie_checker *c, const uint8_t *msg, size_t len);
/* Also rotates the secret when it is older than COOKIE_SECRET_S: `fresh` are 32 random
 * bytes for that.
 */
bool cookie_mac2_valid(struct cookie_checker *c, const uint8_t *msg, size_t len,
		       const struct endpoint *from, int64_t now_ns, const uint8_t fresh[32]);
/* The reply to msg (an initiation or a response): receiver = msg's sender index, AAD =
 * msg's mac1.
 */
void cookie_reply_create(struct cookie_checker *c, const uint8_t *msg, size_t len,
			 const struct endpoint *from, int64_t now_ns, const uint8_t fresh[32],
			 const uint8_t nonce[WG_COOKIE_NONCE_LEN], struct wg_msg_cookie_reply *out);

struct cookie_sender {
	uint8_t mac1_key[32], cookie_key[32]; /* from the peer's public key */
	bool has_cookie;
	uint8_t cookie[WG_COOKIE_LEN];
	int64_t cookie_born_ns;
	bool have_sent_mac1;
	uint8_t last_mac1[WG_MAC_LEN];
};
void cookie_sender_init(struct cookie_sender *s, const struct public_key *peer);
void cookie_sender_done(struct cookie_sender *s);
/* Writes mac1, and mac2 (zero without a fresh cookie), into the last 32 bytes of msg. */
void cookie_sender_add_macs(struct cookie_sender *s, uint8_t *msg, size_t len, int64_t now_ns);
/* WG_DROP_NONE or WG_DROP_IN_COOKIE. A second reply to the same mac1 is refused. */
enum wg_drop cookie_sender_consume(struct cookie_sender *s, const struct wg_msg_cookie_reply *m,
				   int64_t now_ns);

#endif
