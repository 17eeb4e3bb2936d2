/*
 * What a diagnosis of a made fault is worth, by the fault's declared truth.
 */
#ifndef LAB_GRADE_H
#define LAB_GRADE_H

#include "lab/fault.h"

enum { GRADE_CANDIDATES_MAX = 16 };

/* What a report said (interface.md, JSON, verdict). */
struct lab_said {
	const char *state; /* "FAIL" */
	const char *cause; /* NULL: none */
	const char *causes[GRADE_CANDIDATES_MAX]; /* all that are at work; the first is `cause` */
	size_t n_causes;
	const char *candidates[GRADE_CANDIDATES_MAX];
	size_t n_candidates;
	const char *side; /* NULL */
};

enum lab_grade {
	LAB_RIGHT,
	LAB_GROUP, /* right: the group that one end may name, and the truth is among its causes */
	LAB_UNNAMED, /* nothing was named, or UNSURE was said */
	LAB_WRONG, /* something else was named */
	LAB_FALSE_ALARM, /* a control that FAILs */
	LAB_GRADE_COUNT
};

enum lab_grade lab_grade(const struct lab_fault *f, const struct lab_variant *v, bool from_far,
			 const struct lab_said *said);
/*
 * Of two at once, from the near end: right where both were named, a group for its member as above;
 * wrong where anything else was.
 */
enum lab_grade lab_grade_two(const struct lab_fault *const f[2],
			     const struct lab_variant *const v[2], const struct lab_said *said);
const char *lab_grade_str(enum lab_grade g); /* "false alarm" */
bool lab_grade_is_right(enum lab_grade g);
/* The true side, from that end; NULL: none. */
const char *lab_side(const struct lab_fault *f, const struct lab_variant *v, bool from_far);
/* Of a control: none was said. A group's side may be "unknown". */
bool lab_side_is_right(const struct lab_fault *f, const struct lab_variant *v, bool from_far,
		       const struct lab_said *said);
/*
 * Two of the same fault: they name the same cause and side; where neither names a cause, both say
 * that something is wrong, or that nothing is, or neither knows, and no two different sides.
 */
bool lab_said_agree(const struct lab_said *a, const struct lab_said *b);

#endif
