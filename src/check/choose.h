/*
 * Which rows are asked for: --only and --skip. What was not asked for is neither judged nor
 * shown, and what only such rows need is not even looked at.
 */
#ifndef CHECK_CHOOSE_H
#define CHECK_CHOOSE_H

#include "check/check.h"

enum { CHECKS_MAX = 64 };

struct check_choice {
	bool on[CHECKS_MAX]; /* by the index in checks[] */
	bool partial; /* not all of them */
};

void choose_all(struct check_choice *c);
/*
 * Comma-separated words, each an id ("ping.peer"), what stands before its dot ("ping"), or a
 * layer ("underlay"). only: nothing but these, NULL: all; skip: without those, NULL: none.
 * False: *bad (from the arena) is a word that names nothing, or "" when nothing is left; *c is
 * untouched.
 */
bool choose(const char *only, const char *skip, struct arena *a, struct check_choice *c,
	    const char **bad);
/* The ids of the rows, for the facts; none when it is all. From the arena. */
void choose_ids(const struct check_choice *c, struct arena *a, const char ***ids, size_t *n);
/*
 * Leaves only rows of those ids, as facts have them (choose_ids): none of them means all. False:
 * nothing would be left, and *c is untouched.
 */
bool choose_within(struct check_choice *c, const char *const *ids, size_t n);
bool is_chosen(const struct check_choice *c, const struct check *of);
/* NEED_BITs of what the chosen need or want to see. */
uint32_t choose_needs(const struct check_choice *c);
/* All words that choose() knows, for did-you-mean; from the arena. */
const char *const *choose_words(struct arena *a, size_t *n);

#endif
