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

/* What it may be called where one end cannot tell more; NULL: nothing. */
static const char *group_of(const struct lab_fault *f, const struct lab_variant *v)
{
	return v->scene && v->scene->group ? v->scene->group : f->group;
}

/* What is known of it where the other end looks. */
static struct lab_far_truth far_truth(const struct lab_variant *v, bool from_far)
{
	return from_far && v->scene ? v->scene->far : (struct lab_far_truth){ 0 };
}

/* What is no fault and has a name is to be named by it; of "none" nothing is. */
static enum lab_grade of_control(const struct lab_fault *f, bool unnoticed,
				 const struct lab_said *said)
{
	if (same(said->state, "FAIL"))
		return LAB_FALSE_ALARM;
	if (!same(said->state, "PASS") && !same(said->state, "WARN"))
		return LAB_UNNAMED;
	if (said->cause)
		return same(said->cause, f->name) ? LAB_RIGHT : LAB_WRONG;
	return same(f->name, "none") || unnoticed ? LAB_RIGHT : LAB_UNNAMED;
}

enum lab_grade lab_grade(const struct lab_fault *f, const struct lab_variant *v, bool from_far,
			 const struct lab_said *said)
{
	const char *group = group_of(f, v);
	struct lab_far_truth far = far_truth(v, from_far);
	const char *name = far.name ? far.name : f->name;

	if (far.group)
		group = far.group;
	if (!f->side)
		return of_control(f, f->unnoticed || far.unnoticed, said);
	if (!same(said->state, "FAIL") || !said->cause)
		return LAB_UNNAMED;
	if (same(said->cause, name))
		return LAB_RIGHT;
	if (same(said->cause, group) && is_candidate(said, name))
		return LAB_GROUP;
	return LAB_WRONG;
}

static bool is_at_work(const struct lab_said *said, const char *name)
{
	size_t i;

	for (i = 0; name && i < said->n_causes; i++)
		if (same(said->causes[i], name))
			return true;
	return false;
}

/* The name that it goes by there; NULL: it was not named. */
static const char *named_as(const struct lab_fault *f, const struct lab_variant *v,
			    const struct lab_said *said)
{
	const char *group = group_of(f, v);

	if (is_at_work(said, f->name))
		return f->name;
	return is_at_work(said, group) && is_candidate(said, f->name) ? group : NULL;
}

enum lab_grade lab_grade_two(const struct lab_fault *const f[2],
			     const struct lab_variant *const v[2], const struct lab_said *said)
{
	const char *name[2] = { named_as(f[0], v[0], said), named_as(f[1], v[1], said) };
	size_t i;

	if (!same(said->state, "FAIL"))
		return LAB_UNNAMED;
	for (i = 0; i < said->n_causes; i++)
		if (!same(said->causes[i], name[0]) && !same(said->causes[i], name[1]))
			return LAB_WRONG;
	if (!name[0] || !name[1])
		return LAB_UNNAMED;
	return same(name[0], f[0]->name) && same(name[1], f[1]->name) ? LAB_RIGHT : LAB_GROUP;
}

const char *lab_side(const struct lab_fault *f, const struct lab_variant *v, bool from_far)
{
	const char *side = v->scene && v->scene->side ? v->scene->side : f->side;
	struct lab_far_truth far = far_truth(v, from_far);

	if (far.side)
		return far.side;
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
	       (lab_grade(f, v, from_far, said) == LAB_GROUP && same(said->side, "unknown"));
}

static bool same_or_none(const char *a, const char *b)
{
	return same(a, b) || (!a && !b);
}

/* A WARN is no other answer than a PASS: how much is lost of a few hundred is chance. */
static const char *answer(const struct lab_said *said)
{
	return same(said->state, "WARN") ? "PASS" : said->state;
}

/* What is nobody's is on no side, in the words of either. */
static const char *known_side(const struct lab_said *said)
{
	return same(said->side, "unknown") ? NULL : said->side;
}

bool lab_said_agree(const struct lab_said *a, const struct lab_said *b)
{
	if (a->cause || b->cause)
		return same(a->cause, b->cause) && same_or_none(a->side, b->side);
	return same_or_none(answer(a), answer(b)) && same_or_none(known_side(a), known_side(b));
}
