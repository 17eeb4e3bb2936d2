/*
 * Datagrams to an endpoint that is silent, PROBE_KNOCKS of each kind: some that are no WireGuard
 * messages (wire/probe_msg.h), to its port, to that of DNS, and to another; and some to its port
 * that look like initiations (wire/ladder_mark.h). Nobody answers them. Where the far end records,
 * it sees which kinds come.
 */
#ifndef PROBE_KNOCK_UDP_H
#define PROBE_KNOCK_UDP_H

#include "base/err.h"
#include "model/endpoint.h"

enum { KNOCK_UDP_KINDS = 4 }; /* three ports, and what looks like an initiation */

struct knock_udp_conf {
	struct endpoint to;
	struct ip_addr from; /* FAMILY_NONE: by route */
	uint32_t mark; /* SO_MARK; 0: none */
	uint64_t token;
};
/* In the calling thread's namespace. What the kernel refuses to send is not sent. */
int knock_udp(const struct knock_udp_conf *c, struct err *e);

#endif
