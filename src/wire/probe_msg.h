/*
 * wgdiag's own datagrams, between `wgdiag check` and `wgdiag serve` inside the tunnel; and, outside
 * of it, the knock: what is no WireGuard message and goes to the endpoint's port.
 *
 * All numbers big-endian. Whoever answers never sends more than was asked with, unless the question
 * has the cookie that he gave: then it comes from where its answers go.
 *
 *    0  "wgdg"          4  version: 1      5  type        6  direction    7  0
 *    8  token: whose question it is       16  cookie     24  sequence    28  body
 */
#ifndef WIRE_PROBE_MSG_H
#define WIRE_PROBE_MSG_H

#include <stdbool.h>

#include "base/defs.h"

enum probe_type {
	PROBE_KNOCK = 1, /* outside; nobody answers it */
	PROBE_HELLO, /* asks for a cookie */
	PROBE_WELCOME,
	PROBE_ECHO, /* comes back as it is */
	PROBE_ECHO_REPLY,
	PROBE_RECORD, /* begin to record; asked until the next one comes */
	PROBE_RECORDING, /* it has begun */
	PROBE_FACTS_ASK, /* ends that; sequence: from which byte on */
	PROBE_FACTS, /* body: all bytes there are (4), then some of them */
	PROBE_PACE_ASK, /* body: how many (4), bytes of body of each (2), µs between them (4) */
	PROBE_PACED,
	PROBE_TYPE_END
};
/* As who asks sees it. */
enum probe_direction { PROBE_UP, PROBE_DOWN };

/* The first of the bytes, as pcap-filter(7) is told; it is no type of a WireGuard message. */
#define PROBE_MAGIC 0x77676467
enum {
	PROBE_HEADER_LEN = 28,
	PROBE_MAX = 65507, /* all that a datagram holds */
	PROBE_CHUNK_MAX = 1024, /* of facts: fits where IPv6 does */
	PROBE_TOTAL_LEN = 4,
	PROBE_PORT = 51829, /* where wgdiag serve answers */
	PROBE_PACE_LEN = 10,
	/* of each kind of knock: a way that loses half of all loses not all of these */
	PROBE_KNOCKS = 8,
};

struct probe_msg {
	enum probe_type type;
	enum probe_direction direction;
	uint64_t token, cookie; /* cookie 0: none */
	uint32_t seq;
	const uint8_t *body; /* borrowed */
	size_t body_len;
};

/* The length; 0: there is no room for it. */
size_t probe_msg_put(const struct probe_msg *m, uint8_t *out, size_t room);
/* False: it is no such message, and *out is as it was. */
bool probe_msg_read(const uint8_t *b, size_t len, struct probe_msg *out);

struct probe_pace {
	uint32_t count, interval_us;
	uint16_t body_len;
};
void probe_pace_put(const struct probe_pace *p, uint8_t out[static PROBE_PACE_LEN]);
bool probe_pace_read(const struct probe_msg *m, struct probe_pace *out);

#endif
