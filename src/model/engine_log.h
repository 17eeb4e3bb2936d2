/*
 * What engines say in their logs, as classes that mean the same whoever said it
 * (wireguard-go with LOG_LEVEL=verbose, boringtun and gotatun at debug, the kernel's dynamic
 * debug lines).
 *
 * Silence proves nothing: of most classes one engine or another says no word.
 */
#ifndef MODEL_ENGINE_LOG_H
#define MODEL_ENGINE_LOG_H

#include <stdbool.h>

#include "base/defs.h"

enum engine_log_class {
	ENGINE_LOG_MAC1, /* a handshake message for another public key than ours */
	ENGINE_LOG_INITIATION, /* of a peer we do not know, or replayed, or too soon */
	ENGINE_LOG_RESPONSE, /* does not open: the preshared keys differ */
	ENGINE_LOG_TAG, /* a message that does not authenticate */
	ENGINE_LOG_COUNTER, /* seen before, or too far behind */
	ENGINE_LOG_SOURCE, /* authentic, but the inner source is not that peer's */
	ENGINE_LOG_NOT_IP, /* authentic, but no IP packet is in it */
	ENGINE_LOG_TUN_NOT_IP, /* the tun gave what is no IP packet */
	ENGINE_LOG_TUN_WRITE, /* the tun refused a packet */
	ENGINE_LOG_TUN_GONE, /* the tun cannot be read any more */
	ENGINE_LOG_NO_ROUTE, /* to the endpoint */
	ENGINE_LOG_SEND, /* the system refused to send, for another reason */
	ENGINE_LOG_NO_ENDPOINT,
	ENGINE_LOG_NO_ANSWER, /* to a handshake */
	ENGINE_LOG_LOAD, /* it answers with cookies, or got one */
	ENGINE_LOG_PORT, /* it could not have its UDP port */
	ENGINE_LOG_COUNT
};

/* "mac1": as in a facts file. */
extern const char *const engine_log_names[ENGINE_LOG_COUNT];
const char *engine_log_says(enum engine_log_class c); /* in words */

/* Adds one line, without its newline, to what it is of; lines of no class to none. */
void engine_log_take(int64_t n[ENGINE_LOG_COUNT], const char *line, size_t len);

/* A log that the user has: what an engine that we did not start wrote at some time or other. */
struct engine_log_given {
	const char *file; /* as it was named */
	bool cut; /* only its end was read */
	int64_t lines, says[ENGINE_LOG_COUNT];
};
/* Adds all lines of a text; the last one may lack its newline. */
void engine_log_take_all(struct engine_log_given *g, const char *text, size_t len);

#endif
