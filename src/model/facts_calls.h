/*
 * The part of the facts that tells who asked this host for a handshake while it had nobody whom it
 * could ask itself: seen on its links, before any filter.
 */
#ifndef MODEL_FACTS_CALLS_H
#define MODEL_FACTS_CALLS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/endpoint.h"
#include "model/unknown.h"

struct call_facts {
	struct endpoint from, to; /* to: of this host's own; maybe another port than the engine's */
	const char *link; /* that the first of them came by; NULL: not known */
	bool ours; /* for our public key, by their mac1 */
	int64_t initiations; /* each once, whatever it was seen at */
	/* what left for it from that port, and data messages that came from it */
	int64_t responses, cookie_replies, data;
	int64_t refused; /* ICMP errors of this host about them */
};
struct calls_facts {
	int64_t waited_ns; /* for so long it was listened */
	int64_t dropped; /* frames that the capture itself lost */
	struct call_facts *list; /* in the order of their first */
	size_t n;
	int64_t more; /* of others than these, which were not kept */
	/* how strict the reverse path filter is of the first one's link (facts_kernel.h) */
	int64_t rp_filter;
};

#endif
