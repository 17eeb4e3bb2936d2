/*
 * What stands in the verdict's line beside the sentence.
 */
#include "verdict/conclude.h"

/* "(local)", "(path, peer → me)" */
static const char *where(const struct verdict *v, struct arena *a)
{
	static const char *const ways[] = {
		[DIRECTION_NONE] = "",
		[DIRECTION_UP] = ", me → peer",
		[DIRECTION_DOWN] = ", peer → me",
		[DIRECTION_BOTH] = ", both ways",
	};
	_Static_assert(ARRAY_LEN(ways) == DIRECTION_COUNT, "a direction has no words");
	const char *side = side_str(v->side);

	return side ? arena_printf(a, " (%s%s)", side, ways[v->direction]) : "";
}

const char *verdict_head(const struct verdict *v, struct arena *a)
{
	return arena_printf(a, "%s%s", state_str(v->state), where(v, a));
}

size_t verdict_room(const struct verdict *v, struct arena *a)
{
	const char *before = arena_printf(a, "Verdict: %s: ", verdict_head(v, a));

	return VERDICT_LINE_MAX - conclude_characters(before);
}
