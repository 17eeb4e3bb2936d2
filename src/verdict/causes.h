/*
 * Every cause that a verdict can name, each a row: what must have been found for it, what
 * it explains, whose side it is, what to do and what will not help.
 */
#ifndef VERDICT_CAUSES_H
#define VERDICT_CAUSES_H

#include "verdict/verdict.h"

#define STATE_BIT(s) (UINT32_C(1) << (s))
#define ANY_STATE (STATE_BIT(STATE_COUNT) - 1)

/* Is there a row of this check, in one of these states, with one of these signs? */
struct condition {
	const char *check; /* id; NULL: any check */
	uint32_t states; /* STATE_BITs; 0: end of the list */
	sign_set signs; /* one of these; 0: none is asked for */
};

enum { CAUSE_CONDITIONS_MAX = 4, CAUSE_EXPLAINS_MAX = 16, CAUSE_LIST_MAX = 8 };

/* Lists are NULL-terminated where they are not full. */
struct cause {
	const char *id; /* one id may have several rows, such as a local and a far one */
	const char *group; /* of causes that one end cannot tell apart (interface.md); NULL */
	const char *says; /* for the verdict's line, of which it may fill two thirds */
	struct condition when[CAUSE_CONDITIONS_MAX]; /* all hold */
	struct condition unless[CAUSE_CONDITIONS_MAX]; /* none holds */
	enum side side;
	enum direction direction;
	/* what shows it in one direction each; where there are any, they decide */
	sign_set up, down;
	/*
	 * Something that is no fault: it explains rows that are WARN, UNSURE or PASS, is named only
	 * when nothing failed, and never makes the verdict worse.
	 */
	bool no_fault;
	/*
	 * What it is found by is the fault itself, and nothing that another one could bring about:
	 * it is at work wherever it holds, also where others explain all that failed.
	 */
	bool sure;
	/* ids of checks that fail of it, the one that shows it best first */
	const char *explains[CAUSE_EXPLAINS_MAX];
	/* but none that fails with one of these signs: it cannot bring that about */
	sign_set leaves;
	/* what to change; NULL: what the row that shows it best says */
	const char *remedy;
	const char *commands[CAUSE_LIST_MAX]; /* to type for it, as of verdict/fill.h */
	const char *not_this[CAUSE_LIST_MAX]; /* what people try, and what will not help */
	/* the one command that tells it from others; NULL: none known */
	const char *splitter;
};

/* Most likely first, where several would explain the same. */
extern const struct cause *const causes[];
extern const size_t n_causes;

/* Causes that one end cannot tell apart (interface.md): what is said of them together. */
struct cause_group {
	const char *id;
	const char *says; /* as of a cause */
	const char *remedy; /* what to look at, in order of likelihood */
	const char *commands[CAUSE_LIST_MAX]; /* to type for it, as of verdict/fill.h */
	/* the one command that would decide, as of verdict/fill.h; it needs wgdiag at both ends */
	const char *next;
};
extern const struct cause_group cause_groups[]; /* ended by one without an id */
const struct cause_group *cause_group_find(const char *id); /* NULL: none, or id is NULL */

bool condition_holds(const struct condition *c, const struct findings *all);
bool condition_row(const struct condition *c, const struct finding *f);
bool cause_holds(const struct cause *c, const struct findings *all);
/* Is the row one that a condition of `when` found? */
bool cause_speaks_for(const struct cause *c, const struct finding *f);
enum direction cause_direction(const struct cause *c, const struct findings *all);
bool cause_explains(const struct cause *c, const char *check_id);
bool cause_explains_row(const struct cause *c, const struct finding *f);

#endif
