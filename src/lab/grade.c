#include "lab/grade.h"

#include <assert.h>
#include <string.h>

static const char *const names[] = {
	[LAB_RIGHT] = "right", [LAB_GROUP] = "right, as a group", [LAB_UNNAMED] = "not named",
	[LAB_WRONG] = "wrong", [LAB_FALSE_ALARM] = "false alarm",
};
static_assert(ARRAY_LEN(names) == LAB_GRADE_COUNT, "a grade has no name");

const char *lab_grade_str(enum lab_grade g)
{
	return names[g];
}

bool lab_grade_is_right(enum lab_grade g)
{
	return g == LAB_RIGHT || g == LAB_GROUP;
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool is_candidate(const struct lab_said *said, const char *name)
{
	size_t i;

	for (i = 0; i < said->n_candidates; i++)
		if (same(said->candidates[i], name))
			return true;
	return false;
}

/* What is no fault and has a name is to be named by it; of "none" nothing is. */
static enum lab_grade of_control(const struct lab_fault *f, const struct lab_said *said)
{
	if (same(said->state, "FAIL"))
		return LAB_FALSE_ALARM;
	if (!same(said->state, "PASS") && !same(said->state, "WARN"))
		return LAB_UNNAMED;
	if (said->cause)
		return same(said->cause, f->name) ? LAB_RIGHT : LAB_WRONG;
	return same(f->name, "none") || f->unnoticed ? LAB_RIGHT : LAB_UNNAMED;
}

enum lab_grade lab_grade(const struct lab_fault *f, const struct lab_variant *v,
			 const struct lab_said *said)
{
	const char *group = v->scene && v->scene->group ? v->scene->group : f->group;

	if (!f->side)
		return of_control(f, said);
	if (!same(said->state, "FAIL") || !said->cause)
		return LAB_UNNAMED;
	if (same(said->cause, f->name))
		return LAB_RIGHT;
	if (same(said->cause, group) && is_candidate(said, f->name))
		return LAB_GROUP;
	return LAB_WRONG;
}

const char *lab_side(const struct lab_fault *f, const struct lab_variant *v, bool from_far)
{
	const char *side = v->scene && v->scene->side ? v->scene->side : f->side;

	if (from_far && same(side, "local"))
		return "far";
	if (from_far && same(side, "far"))
		return "local";
	return side;
}

bool lab_side_is_right(const struct lab_fault *f, const struct lab_variant *v, bool from_far,
		       const struct lab_said *said)
{
	const char *side = lab_side(f, v, from_far);

	if (!side)
		return !said->side || !same(said->state, "FAIL");
	/* Of a group the candidates' common side, which may be none. */
	return same(side, said->side) ||
	       (lab_grade(f, v, said) == LAB_GROUP && same(said->side, "unknown"));
}
