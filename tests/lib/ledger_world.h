/*
 * A stupid model of a tunnel between two hosts, of which everything is known: what the ledger says
 * is compared with it.
 */
#ifndef TESTS_LIB_LEDGER_WORLD_H
#define TESTS_LIB_LEDGER_WORLD_H

#include <stdbool.h>

#include "loss/ledger.h"
#include "seed.h"

enum {
	HOP_COUNT = 9, /* before each stage, and before the socket gets the answer */
	WORLD_PROBES_MAX = 20000,
};

struct world_plan {
	size_t probes;
	int64_t interval_ns;
	size_t size; /* of a probe; 0: each has its own */
	double loss[HOP_COUNT]; /* shares */
	double unsealed; /* of what an engine drops: before it took a counter */
	double other[2]; /* other packets per probe, from here and from there */
	double super[2]; /* of the other packets: superpackets, which leave in segments */
	double keepalive[2]; /* per probe */
	bool sixteenth[2]; /* between the wires every sixteenth counter is lost */
	double reordered, doubled; /* on the way between the wires */
	double overtaken[2]; /* an engine of several threads: packets sealed behind later ones */
	size_t rekey_every; /* messages; 0: never */
	bool padded[2];
	int64_t service_ns, hiccup_ns; /* of an engine: mean, and what one in a hundred waits */
	int64_t transit_ns;
	uint32_t watched;
	double capture_drop[STAGE_COUNT];
	bool trace;
	uint64_t first_counter[2];
};

struct truth {
	int reached; /* the last stage; -1: none; STAGE_COUNT: answered */
	bool sealed[2];
	uint32_t receiver[2];
	uint64_t counter[2];
};

/* What chance makes of everything. */
void world_plan_of_chance(struct seed *s, struct world_plan *p);
/* truth: room for plan->probes. */
void world_run(struct seed *s, const struct world_plan *p, struct ledger *l, struct arena *a,
	       struct truth *truth);

enum claim { CLAIM_NONE, CLAIM_RIGHT, CLAIM_WRONG };
/* Of an unanswered probe's fate. */
enum claim world_claim(const struct fates_facts *all, const struct fate_facts *f,
		       const struct truth *t);
/* Counters that it names, and what it was seen at: wrong ones. */
unsigned world_wrong_joins(const struct fate_facts *f, const struct truth *t);

#endif
