/*
 * Which way the lost probes went lost.
 */
#ifndef LOSS_WAY_H
#define LOSS_WAY_H

#include "model/facts_fates.h"

enum loss_way {
	LOSS_WAY_UP, /* on the way to the peer, up to its tunnel */
	LOSS_WAY_THERE, /* between the peer's tunnel and its answer: its host */
	LOSS_WAY_DOWN, /* on the way back, up to our socket */
	LOSS_WAY_OPEN, /* between two stages of different ways: either */
	LOSS_WAY_COUNT
};

enum loss_way loss_way_of(enum stage after, enum stage before);
/* How many of each; *out is filled. */
void loss_ways(const struct fates_facts *f, int64_t out[static LOSS_WAY_COUNT]);

#endif
