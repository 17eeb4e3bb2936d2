/*
 * What the verdict says of the causes that were inferred.
 */
#ifndef VERDICT_CONCLUDE_H
#define VERDICT_CONCLUDE_H

#include "verdict/infer.h"

/*
 * Fills cause, candidates, fix, not_this, side, direction, root, and, where the causes are faults,
 * the summary; adds what would split a tie to `next`. Nothing where nothing was inferred.
 */
void conclude(const struct inference *in, const struct facts *f, const struct findings *all,
	      struct verdict *v);

/* Not twice, and not beyond VERDICT_NEXT_MAX: what comes first matters more. */
void conclude_next(struct verdict *v, const char *command);

/* At most max characters of UTF-8, the last of them "…" where something is gone. */
const char *conclude_at_most(struct arena *a, const char *s, size_t max);
size_t conclude_characters(const char *s);

#endif
