/*
 * Packets that came out of the tunnel and are for others: what becomes of them here.
 */
#ifndef CHECK_TRANSIT_H
#define CHECK_TRANSIT_H

#include "model/facts.h"

struct transit {
	int64_t n; /* 0: none were seen */
	struct ip_addr to; /* the first of them */
	bool forwards_not; /* this host does not forward them */
	const struct rule_facts
		*dropped; /* one that can drop them, while none was answered; NULL */
};
struct transit transit_of(const struct facts *f);

#endif
