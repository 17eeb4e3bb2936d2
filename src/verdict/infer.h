/*
 * From findings to causes: the fewest rows of the table that explain all that any of them
 * could explain.
 */
#ifndef VERDICT_INFER_H
#define VERDICT_INFER_H

#include "verdict/causes.h"

struct inference {
	/* the fewest that explain it all; of several such sets the most likely one */
	const struct cause **chosen;
	size_t n_chosen;
	/* those, and after them what is in another set as small: not told apart */
	const struct cause **candidates;
	size_t n_candidates;
	/* of each candidate the index of the chosen one that it may stand in for, or is */
	const size_t *stands_for;
};

/* More than one candidate for that chosen one. */
bool infer_is_tie(const struct inference *in, size_t chosen);

/*
 * FAIL rows by faults, or, where nothing failed, rows that are WARN or UNSURE by causes that
 * are no fault. Rows of faults are marked: caused_by of what a chosen cause explains becomes
 * the row that shows it best. Memory from the arena of the findings.
 */
void infer(const struct cause *const *table, size_t n, struct findings *all, struct inference *out);

/* The FAIL row of all that c explains which shows it best; NULL: it explains none. */
struct finding *infer_root(const struct cause *c, const struct findings *all);

#endif
