/*
 * The bytes of the ladder: what is sent on the tunnel's addresses and ports, and whose an ICMP
 * message is that comes back. Pure.
 *
 * A message looks like an initiation, since that is what filters know; it carries no key and no
 * valid mac1, so whoever receives it drops it unanswered. Which rung it is of stands in the IP id
 * (IPv4) and in its sender index; routers quote the one, or both.
 */
#ifndef PROBE_LADDER_WIRE_H
#define PROBE_LADDER_WIRE_H

#include "model/endpoint.h"

enum {
	LADDER_TRIES_MAX = 7, /* per hop limit, of each kind */
	LADDER_RUNGS_MAX = 30, /* as traceroute */
	LADDER_PACKET_MAX = 40 + 8 + 148,
};

struct ladder_ids {
	struct endpoint from, to; /* of one family, neither port 0 */
	uint16_t echo_id;
	uint16_t token; /* of this ladder */
	uint8_t tos; /* of the tunnel's handshakes */
	uint32_t flow; /* their flow label, of IPv6 */
};

/* A whole IP packet. Returns its length. */
size_t ladder_put(const struct ladder_ids *ids, unsigned hop_limit, unsigned round,
		  uint8_t out[static LADDER_PACKET_MAX]);
/*
 * The same from and to other ports, and no WireGuard message: how a router treats other UDP. The
 * hop limit may be LADDER_WHOLE_WAY, which is the one of rung 0.
 */
enum { LADDER_WHOLE_WAY = 64, LADDER_CONTROL_PORT = 33434 /* as traceroute */ };
size_t ladder_put_control(const struct ladder_ids *ids, unsigned hop_limit, unsigned round,
			  uint8_t out[static LADDER_PACKET_MAX]);
/* An echo request of that many bytes, for a raw ICMP socket. */
size_t ladder_put_echo(const struct ladder_ids *ids, unsigned hop_limit, unsigned round,
		       uint8_t *out, size_t len);

enum ladder_of { LADDER_NOBODY, LADDER_OF_ECHO, LADDER_OF_TUNNEL, LADDER_OF_CONTROL };
struct ladder_reply {
	enum ladder_of of;
	unsigned hop_limit; /* 0: of the tunnel's, not known which; of a control: the whole way */
	unsigned round;
	bool echo_reply, time_exceeded; /* else another ICMP error */
	uint8_t type, code;
};
/* b: an ICMP message of that family, without IP header. of LADDER_NOBODY: not about the ladder. */
struct ladder_reply ladder_parse(const struct ladder_ids *ids, const uint8_t *b, size_t len);

#endif
