/*
 * From which hooks is a chain reached, and what do the rules that jump there ask for?
 */
#ifndef GATHER_NFT_JUMPS_H
#define GATHER_NFT_JUMPS_H

#include <jansson.h>
#include <stdbool.h>

/* The kernel follows 16 jumps; a chain with more ways to it than we follow is not judged. */
enum { NFT_JUMPS_MAX = 16, NFT_PATHS_MAX = 8 };

struct nft_path {
	const json_t *base; /* the chain with the hook */
	const json_t *jumps[NFT_JUMPS_MAX]; /* rules, the last jump first */
	size_t n;
};
struct nft_paths {
	struct nft_path path[NFT_PATHS_MAX];
	size_t n; /* 0: nothing jumps there, so no packet comes */
	bool more; /* there may be others */
};

/* NULL when o has no such string. */
const char *nft_string(const json_t *o, const char *key);
/* x and y, rules, chains or sets, belong to one table. */
bool nft_same_table(const json_t *x, const json_t *y);
/* The chain that the rule is in; NULL: not among the items. */
const json_t *nft_chain_of(const json_t *items, const json_t *rule);
bool nft_is_in_chain(const json_t *rule, const json_t *chain);
/* items of `nft -j list ruleset`; chain is one of them. A base chain has one path, of no jumps. */
void nft_paths_to(const json_t *items, const json_t *chain, struct nft_paths *out);

#endif
