/*
 * Rules for a link that is not there: what a tunnel that is gone has left.
 */
#ifndef GATHER_NFT_ABSENT_H
#define GATHER_NFT_ABSENT_H

#include "base/arena.h"
#include "model/facts.h"
#include "sys/platform.h"

/* Fills absent of each rule, by the links that there are. */
void nft_absent(struct firewall_facts *f, const struct sys_link *links, size_t n, struct arena *a);

#endif
