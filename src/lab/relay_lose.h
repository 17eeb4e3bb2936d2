/*
 * Which frames a relay loses: by lot, and by the rules that loss in the world is known to follow.
 */
#ifndef LAB_RELAY_LOSE_H
#define LAB_RELAY_LOSE_H

#include "lab/relay.h"

enum relay_carried {
	RELAY_OTHER,
	RELAY_RESPONSE, /* of a handshake */
	RELAY_DATA,
};

/* An Ethernet frame with one WireGuard message in UDP, or something else. */
enum relay_carried relay_carried(const uint8_t *frame, size_t len);

/* All of it begins as zeroes. */
struct relay_lose {
	struct {
		bool in_burst, is_begun;
		double tokens;
		int64_t last_ns; /* when the last data message came */
		unsigned since; /* data messages since a pause */
	} way[2];
	bool is_begun, has_response;
	int64_t begin_ns, response_ns;
};

bool relay_by_lot(struct draw *d, unsigned share);

/* Is this frame, which came from link `from`, lost? To be asked once about each. */
bool relay_loses(const struct relay_conf *c, struct relay_lose *l, struct draw *d, unsigned from,
		 int64_t now_ns, const uint8_t *frame, size_t len);

#endif
