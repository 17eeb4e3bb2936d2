/*
 * The table of causes, most likely first, and how a row of it is asked. The rows themselves stand
 * in cause_*.c, by what they are about.
 */
#include "verdict/cause_list.h"

#include <string.h>

#define ROW(name) &name,
const struct cause *const causes[] = { CAUSES(ROW) };
#undef ROW
const size_t n_causes = ARRAY_LEN(causes);

bool condition_row(const struct condition *c, const struct finding *f)
{
	if (c->check && strcmp(c->check, f->check->id) != 0)
		return false;
	return (c->states & STATE_BIT(f->state)) && (!c->signs || (c->signs & f->signs));
}

bool condition_holds(const struct condition *c, const struct findings *all)
{
	const struct finding *f;

	for (f = all->first; f; f = f->next)
		if (condition_row(c, f))
			return true;
	return false;
}

bool cause_speaks_for(const struct cause *c, const struct finding *f)
{
	size_t i;

	for (i = 0; i < CAUSE_CONDITIONS_MAX && c->when[i].states; i++)
		if (condition_row(&c->when[i], f))
			return true;
	return false;
}

bool cause_holds(const struct cause *c, const struct findings *all)
{
	size_t i;

	for (i = 0; i < CAUSE_CONDITIONS_MAX && c->when[i].states; i++)
		if (!condition_holds(&c->when[i], all))
			return false;
	for (i = 0; i < CAUSE_CONDITIONS_MAX && c->unless[i].states; i++)
		if (condition_holds(&c->unless[i], all))
			return false;
	return true;
}

enum direction cause_direction(const struct cause *c, const struct findings *all)
{
	const struct condition up = { NULL, ANY_STATE, c->up }, down = { NULL, ANY_STATE, c->down };
	bool is_up = c->up && condition_holds(&up, all);
	bool is_down = c->down && condition_holds(&down, all);

	if (is_up || is_down)
		return !is_down ? DIRECTION_UP : !is_up ? DIRECTION_DOWN : DIRECTION_BOTH;
	return c->direction;
}

bool cause_explains(const struct cause *c, const char *check_id)
{
	size_t i;

	for (i = 0; i < CAUSE_EXPLAINS_MAX && c->explains[i]; i++)
		if (strcmp(c->explains[i], check_id) == 0)
			return true;
	return false;
}

bool cause_explains_row(const struct cause *c, const struct finding *f)
{
	return cause_explains(c, f->check->id) && !(c->leaves & f->signs);
}
