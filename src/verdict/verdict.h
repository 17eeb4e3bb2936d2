/*
 * One sentence from all findings: the state of the whole, whose side it is, what next.
 */
#ifndef VERDICT_VERDICT_H
#define VERDICT_VERDICT_H

#include "check/check.h"

/* Where the thing to change is, seen from this machine (interface.md, JSON). */
enum side { SIDE_NONE, SIDE_LOCAL, SIDE_FAR, SIDE_PATH, SIDE_UNKNOWN, SIDE_COUNT };
const char *side_str(enum side s); /* "local"; NULL where nothing is at fault */

enum direction { DIRECTION_NONE, DIRECTION_UP, DIRECTION_DOWN, DIRECTION_BOTH, DIRECTION_COUNT };
const char *direction_str(enum direction d); /* "up"; NULL */

enum { VERDICT_SUMMARY_MAX = 160, VERDICT_NEXT_MAX = 3 };

/* One cause that would explain what was seen, most likely first. */
struct candidate {
	const char *cause; /* id of verdict/causes.c */
	enum side side;
	const char *const *evidence; /* ids of the rows that speak for it */
	size_t n_evidence;
};

struct verdict {
	enum state state; /* PASS, WARN, FAIL or UNSURE */
	const char *cause; /* id, or of a group that one end cannot tell apart; NULL: none */
	const struct candidate *candidates;
	size_t n_candidates;
	/*
	 * Of the cause, or without one of the root: what to do; and what people try that will not
	 * help. NULL where nothing is known.
	 */
	const char *fix;
	const char *const *fix_commands;
	size_t n_fix_commands;
	const char *const *not_this;
	size_t n_not_this;
	enum side side;
	enum direction direction;
	const char *summary; /* at most VERDICT_SUMMARY_MAX characters */
	const struct finding *root; /* the row that the summary speaks of, or NULL */
	const char *next[VERDICT_NEXT_MAX]; /* commands */
	size_t n_next;
};

/*
 * Strings from the arena of the findings. The findings learn what they are consequences of
 * (caused_by), and the row that shows a named cause best learns its remedy.
 */
void verdict_of(const struct facts *f, struct findings *all, struct verdict *out);

#endif
