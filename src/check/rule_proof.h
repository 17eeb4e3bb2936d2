/*
 * What was seen of the tunnel's packets that shows that a rule took them, without a counter of it?
 */
#ifndef CHECK_RULE_PROOF_H
#define CHECK_RULE_PROOF_H

#include "check/rule_match.h"

enum proof {
	PROOF_NONE,
	/* A system call was refused so as a filter does: whatever can take the packet may have. */
	PROOF_REFUSED,
	/* They were seen on one side of the rule and not on the other; it takes all of them. */
	PROOF_GONE,
	/* The kernel told how many it dropped, or the rule's counter did: as many are missing. */
	PROOF_TOLD,
};

/*
 * h: as the rule matches such a packet; comes: as such a packet comes to it. *words: what was seen;
 * untouched for NONE.
 */
enum proof rule_proof(const struct facts *f, const struct rule_facts *r, const struct packet *p,
		      enum hit h, enum hit comes, struct arena *a, const char **words);

/*
 * Does a rule surely take the question for the neighbour that does not answer, or its answer? Then
 * nobody knows of that neighbour.
 */
bool rule_proof_takes_neighbour(const struct facts *f, struct arena *a);

/* Was something refused so, whatever the rules are? What, or NULL. */
const char *rule_proof_refused(const struct facts *f, struct arena *a);

#endif
