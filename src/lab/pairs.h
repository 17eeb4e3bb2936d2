/*
 * Two faults at once, of which neither hides the other from who looks: both are to be named, and
 * nothing else.
 */
#ifndef LAB_PAIRS_H
#define LAB_PAIRS_H

#include "lab/fault.h"

struct lab_pair {
	const char *fault, *variant;
	const char *and_fault, *and_variant;
};

extern const struct lab_pair lab_pairs[]; /* ended by one without a name */

#endif
