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

enum { VERDICT_LINE_MAX = 160 /* characters (interface.md) */, VERDICT_NEXT_MAX = 3 };

/* One cause that would explain what was seen, most likely first. */
struct candidate {
	const char *cause; /* id of verdict/causes.c */
	size_t of; /* index in `fixes` of the one at work that it may be */
	enum side side;
	const char *const *evidence; /* ids of the rows that speak for it */
	size_t n_evidence;
};

/* What to do against one of the causes that are at work. */
struct remedy {
	const char *cause; /* its id, or that of its group; NULL: it has no name */
	const char *text; /* NULL: nothing is known */
	const char *const *commands;
	size_t n_commands;
};

struct verdict {
	enum state state; /* PASS, WARN, FAIL or UNSURE */
	const char *cause; /* id, or of a group that one end cannot tell apart; NULL: none */
	/* all that are at work at once and have a name; the first is `cause` */
	const char *const *causes;
	size_t n_causes;
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
	/* the same of each that is at work, that first one first */
	const struct remedy *fixes;
	size_t n_fixes;
	enum side side; /* of the first one */
	enum direction direction;
	const char *summary; /* at most verdict_room() characters */
	const struct finding *root; /* the row that the summary speaks of, or NULL */
	const char *next[VERDICT_NEXT_MAX]; /* commands */
	size_t n_next;
};

/*
 * Strings from the arena of the findings. The findings learn what they are consequences of
 * (caused_by), and the row that shows a named cause best learns its remedy.
 */
void verdict_of(const struct facts *f, struct findings *all, struct verdict *out);

/* What stands before the summary: "FAIL (path, peer → me)", from the arena. */
const char *verdict_head(const struct verdict *v, struct arena *a);
/* Characters that the summary may have in a line of VERDICT_LINE_MAX, beside its head. */
size_t verdict_room(const struct verdict *v, struct arena *a);

#endif
