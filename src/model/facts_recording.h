/*
 * The part of the facts that tells of a recording at the far end (`wgdiag serve --once`), while the
 * near end looked.
 */
#ifndef MODEL_FACTS_RECORDING_H
#define MODEL_FACTS_RECORDING_H

#include <stdbool.h>
#include <stddef.h>

#include "model/cidr.h"
#include "model/unknown.h"

/*
 * Packets between what a peer may send from and others, on a link that is not the tunnel's: what
 * this host forwards for it without another source.
 */
struct addr_facts;
struct passed_facts {
	const char *link; /* NULL: not known */
	struct ip_addr from, to; /* of the first that left */
	int64_t left, came; /* away from the tunnel, and back towards it */
};

/* A run of counters, both ends included. */
struct counters_missing {
	int64_t first, last;
};
/* Data messages of one session on the wire, told by its receiver index. */
struct counters_facts {
	int64_t out; /* 1: this end sent them, 0: they came */
	int64_t receiver, low, high, distinct;
	/* between low and high, those that were not seen; if all are listed */
	struct counters_missing *missing;
	size_t n_missing;
	int64_t more_missing; /* runs that are not listed */
};

struct recording_facts {
	int64_t from_wall_ns, to_wall_ns; /* by this host's clock; UNKNOWN: nothing was recorded */
	bool gone; /* the tunnel's interface went away, or was made anew, which ended it */
	/*
	 * Datagrams of a near wgdiag that are no WireGuard messages (wire/probe_msg.h): to the
	 * engine's port, to the one of DNS, to any other.
	 */
	int64_t knocks, knocks_dns, knocks_other;
	int64_t shaped; /* of its datagrams that look like initiations, to the engine's port */
	struct passed_facts *passed;
	size_t n_passed;
	struct addr_facts *addrs; /* all of this host, on whatever link */
	size_t n_addrs;
	int64_t passed_dropped; /* frames that this capture lost; UNKNOWN: it was none */
	/* at a near end that looks: those of its paced probes, which is all of this that it has */
	struct counters_facts *counters;
	size_t n_counters;
	int64_t counters_dropped; /* the same of the wire's; UNKNOWN: they do not tell all */
};

#endif
