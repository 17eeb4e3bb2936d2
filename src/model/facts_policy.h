/*
 * The part of the facts that tells which routing table is asked for which packets.
 */
#ifndef MODEL_FACTS_POLICY_H
#define MODEL_FACTS_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "model/cidr.h"
#include "model/unknown.h"

/* A rule of `ip rule`. */
struct policy_facts {
	uint8_t family, action; /* enum addr_family; FR_ACT_* of the kernel: 1 to the table */
	bool invert; /* "not" */
	unsigned pref, table, mark, mask; /* mark and mask 0: of no mark */
	struct cidr src, dst; /* family NONE: all */
	const char *iif, *oif; /* NULL: any */
	int64_t suppress_prefixlength; /* UNKNOWN: none */
};

#endif
