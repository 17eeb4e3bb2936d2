/*
 * The part of the facts that tells how far packets get on the way to the endpoint: a ladder of hop
 * limits, as traceroute's, once with messages on the tunnel's own pair of addresses and ports, and
 * once with echo requests. No message of it is meant to reach the endpoint.
 */
#ifndef MODEL_FACTS_LADDER_H
#define MODEL_FACTS_LADDER_H

#include <stdbool.h>
#include <stddef.h>

#include "model/endpoint.h"
#include "model/unknown.h"

enum { LADDER_ROUNDS = 3 }; /* of the closer look, see only_echo */

/* What came back to a packet whose hop limit was that of the rung. */
enum rung_answer {
	RUNG_SILENT,
	RUNG_HOP, /* ICMP time exceeded: there its hop limit ended */
	RUNG_REFUSED, /* another ICMP error: type and code */
	RUNG_HOST, /* an echo reply, or an error by the endpoint's host itself */
};
struct rung_side {
	int64_t sent;
	enum rung_answer answer;
	struct ip_addr from; /* who answered first; FAMILY_NONE */
	uint8_t type, code; /* ICMP or ICMPv6, of what came back */
};
struct rung_facts {
	unsigned hop_limit;
	struct rung_side tunnel, echo;
	/*
	 * Rounds of the closer look, in each of which the tunnel's message was sent first and
	 * stayed silent, and the echo request after it was answered.
	 */
	int64_t only_echo;
};

/* HOST_PROXY: pings to it are answered, and by somebody before it. */
enum host_answer { HOST_SILENT, HOST_ECHO, HOST_TCP, HOST_PROXY };
struct ladder_facts {
	bool asked; /* false: nothing to ask, for the far end's messages came */
	struct endpoint from, to; /* the tunnel's two sockets */
	struct rung_facts *rungs; /* from hop limit 1 on, without holes */
	size_t n_rungs;
	/* The control probe to the endpoint's host: echo, else TCP. */
	enum host_answer host;
	unsigned host_port; /* of HOST_TCP */
	int64_t host_hops; /* the least hop limit whose echo request it answered; UNKNOWN */
	/*
	 * Other UDP, of so many flows, to the first router that only echo requests were seen
	 * at behind the last message, with that hop limit (control_hop; 0: none was needed), and to
	 * the host (an unused port): how many of them were answered; and how many on the way to the
	 * host were refused by somebody before it.
	 */
	unsigned control_hop;
	int64_t control_sent, control_seen, control_host, control_refused;
	/* answers that quote a message of the ladder's, and not which one */
	int64_t unplaced;
	const char *error; /* what sending a message was refused with, NULL */
};

/*
 * Where it is silent and behind a gateway: a TCP connection to its port 80 of which no packet gets
 * beyond the first router.
 */
struct portal_facts {
	bool asked, taken; /* taken: somebody accepted it, who is not the host */
	int64_t status; /* of the HTTP answer; UNKNOWN: none */
	const char *sends_to; /* the host that it sends to; NULL: none */
};

/*
 * Where the endpoint is silent: of the addresses that the file's name has, one of the other family,
 * and whether that host is there. It is only asked in place of the endpoint's own.
 */
struct other_family_facts {
	/* a default route of the other family, by another link than the tunnel's: 1, 0, UNKNOWN */
	int64_t way;
	struct ip_addr to; /* FAMILY_NONE: none was asked */
	enum host_answer host;
	unsigned host_port; /* of HOST_TCP */
};

#endif
