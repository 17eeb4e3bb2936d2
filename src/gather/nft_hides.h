/*
 * How many rules give what leaves another source address?
 */
#ifndef GATHER_NFT_HIDES_H
#define GATHER_NFT_HIDES_H

#include <jansson.h>
#include <stdint.h>

int64_t nft_hides(const json_t *items); /* the list named nftables */

#endif
