/*
 * One nftables rule on its way to facts: what all of its matches ask for, with choices (sets)
 * still unresolved.
 */
#ifndef GATHER_NFT_DRAFT_H
#define GATHER_NFT_DRAFT_H

#include <jansson.h>

#include "base/arena.h"
#include "model/facts.h"

/* A rule with more is still told, as one that may or may not hit. */
enum { DRAFT_TERMS_MAX = 24, DRAFT_CHOICES_MAX = 4, DRAFT_RULES_MAX = 16 };

struct nft_choice {
	struct rule_term *terms; /* one of them must match */
	size_t n;
};
struct nft_draft {
	struct rule_term terms[DRAFT_TERMS_MAX]; /* all must match */
	size_t n_terms;
	struct nft_choice choices[DRAFT_CHOICES_MAX];
	size_t n_choices, n_rules; /* how many rules without choices it makes */
	/* where sets with names are found, and the table; may be NULL */
	const json_t *items, *rule;
};

void nft_draft_init(struct nft_draft *d);
/* A match statement of libnftables' JSON. */
void nft_draft_match(struct nft_draft *d, const json_t *match, struct arena *a);
/* nft_states.c: of matches that ask for a connection's state; false: it is another */
bool nft_draft_known_flow(struct nft_draft *d, const json_t *match);
bool nft_draft_ct_state(struct nft_draft *d, const json_t *match, struct arena *a);
/* A vmap statement that lets known flows go on, and none but these; false: it is another. */
bool nft_draft_states(struct nft_draft *d, const json_t *vmap);
void nft_draft_term(struct nft_draft *d, const struct rule_term *t);
/* Something that is not judged. text is copied, and cut. */
void nft_draft_other(struct nft_draft *d, const char *text, struct arena *a);
/* It takes some of what matches: a limit, a share by chance. */
void nft_draft_share(struct nft_draft *d, const json_t *j, struct arena *a);
/* The same as other, in its JSON. */
void nft_draft_other_json(struct nft_draft *d, const json_t *j, struct arena *a);
/* The terms of the i-th rule, 0 to n_rules - 1. */
void nft_draft_terms(const struct nft_draft *d, size_t i, struct arena *a, struct rule_term **out,
		     size_t *n);
/* JSON on one line, cut where it gets long. */
const char *nft_draft_dump(const json_t *j, struct arena *a);

#endif
