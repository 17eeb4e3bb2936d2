#include "verdict/conclude.h"

#include <string.h>

#include "verdict/fill.h"

static bool starts_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

size_t conclude_characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += starts_character(*s);
	return n;
}

/* "29.6 %": what stands before the blank is nothing without what stands behind it. */
static bool is_unit(const char *s)
{
	static const char *const units[] = { "%", "ms", "s", "B", "KB", "MB", "±", "=", "/" };
	size_t i, len = strcspn(s, " ,;:)");

	for (i = 0; i < ARRAY_LEN(units); i++)
		if (len == strlen(units[i]) && strncmp(s, units[i], len) == 0)
			return true;
	return false;
}

/* The end of the last word before at, with nothing dangling; at itself when there is none. */
static size_t word_end(const char *s, size_t at)
{
	size_t i = at;

	for (;;) {
		while (i && s[i] != ' ')
			i--;
		if (!i)
			return at;
		if (!is_unit(s + i + 1))
			break;
		i--;
	}
	while (i > 1 && strchr(" ,;:(", s[i - 1]))
		i--;
	return i;
}

const char *conclude_at_most(struct arena *a, const char *s, size_t max)
{
	size_t i, cut = 0, n = 0;

	for (i = 0; s[i]; i++) {
		if (!starts_character(s[i]))
			continue;
		if (++n == max)
			cut = i;
		if (n > max)
			return arena_printf(a, "%.*s…", (int)word_end(s, cut), s);
	}
	return s;
}

void conclude_next(struct verdict *v, const char *command)
{
	size_t i;

	for (i = 0; i < v->n_next; i++)
		if (strcmp(v->next[i], command) == 0)
			return;
	if (v->n_next < VERDICT_NEXT_MAX)
		v->next[v->n_next++] = command;
}

static size_t list_len(const char *const *list, size_t max)
{
	size_t n = 0;

	while (n < max && list[n])
		n++;
	return n;
}

/* The ids of the rows that a condition of the cause found, in the order of the table. */
static void evidence(const struct cause *c, const struct findings *all, struct candidate *out)
{
	const char **ids = arena_alloc(all->arena, (all->n + 1) * sizeof(*ids));
	const struct finding *f;
	size_t n = 0;

	for (f = all->first; f; f = f->next)
		if (cause_speaks_for(c, f) && (n == 0 || strcmp(ids[n - 1], f->check->id) != 0))
			ids[n++] = f->check->id;
	*out = (struct candidate){ c->id, c->side, ids, n };
}

static void candidates(const struct inference *in, const struct findings *all, struct verdict *v)
{
	struct candidate *list = arena_alloc(all->arena, in->n_candidates * sizeof(*list));
	size_t i;

	for (i = 0; i < in->n_candidates; i++)
		evidence(in->candidates[i], all, &list[i]);
	v->candidates = list;
	v->n_candidates = in->n_candidates;
}

/* Not told apart: their common id, or that of their group, or nothing. */
static const char *common_name(const struct inference *in)
{
	const struct cause *first = in->candidates[0];
	bool id = true, group = first->group != NULL;
	size_t i;

	for (i = 1; i < in->n_candidates; i++) {
		const struct cause *c = in->candidates[i];

		id = id && strcmp(c->id, first->id) == 0;
		group = group && c->group && strcmp(c->group, first->group) == 0;
	}
	return id ? first->id : group ? first->group : NULL;
}

/* Two faults at once add up; of a tie only what all agree on is known. */
static enum direction common_direction(enum direction a, enum direction b, bool tie)
{
	if (a == b)
		return a;
	if (tie)
		return DIRECTION_NONE;
	if (a == DIRECTION_NONE || b == DIRECTION_NONE)
		return a == DIRECTION_NONE ? b : a;
	return DIRECTION_BOTH;
}

static void common_side(const struct inference *in, bool tie, const struct findings *all,
			struct verdict *v)
{
	size_t i;

	v->side = in->candidates[0]->side;
	v->direction = cause_direction(in->candidates[0], all);
	for (i = 1; i < in->n_candidates; i++) {
		const struct cause *c = in->candidates[i];

		if (c->side != v->side)
			v->side = SIDE_UNKNOWN;
		v->direction = common_direction(v->direction, cause_direction(c, all), tie);
	}
}

/* All that fits; what does not is in `candidates` and in the table. */
static const char *in_words(const struct inference *in, bool tie, const struct findings *all,
			    const struct finding *root)
{
	const char *name = common_name(in), *s, *longer;
	const struct cause_group *g = tie ? cause_group_find(common_name(in)) : NULL;
	struct arena *a = all->arena;
	size_t i;

	if (g) {
		s = arena_printf(a, "%s: %s", g->id, g->says);
		longer = root ? arena_printf(a, "%s; %s", s, root->summary) : s;
		return conclude_characters(longer) > VERDICT_SUMMARY_MAX ? s : longer;
	}
	if (in->n_candidates == 1 || (tie && name))
		s = arena_printf(a, "%s: %s", name, in->candidates[0]->says);
	else
		s = arena_printf(a, "%s (%s)", in->candidates[0]->says, in->candidates[0]->id);
	for (i = 1; i < in->n_candidates; i++) {
		longer = arena_printf(a, "%s%s%s (%s)", s, tie ? "; or " : "; and ",
				      in->candidates[i]->says, in->candidates[i]->id);
		if (conclude_characters(longer) > VERDICT_SUMMARY_MAX) {
			longer = arena_printf(a, "%s; %s%zu more", s, tie ? "or " : "and ",
					      in->n_candidates - i);
			return conclude_characters(longer) > VERDICT_SUMMARY_MAX ? s : longer;
		}
		s = longer;
	}
	if (in->n_candidates > 1 || !root)
		return s;
	longer = arena_printf(a, "%s; %s", s, root->summary);
	return conclude_characters(longer) > VERDICT_SUMMARY_MAX ? s : longer;
}

static void commands(const char *const *list, const struct facts *f, struct arena *a,
		     struct verdict *v)
{
	size_t i, n = list_len(list, CAUSE_LIST_MAX);
	const char **filled = arena_alloc(a, (n + 1) * sizeof(*filled));

	for (i = 0; i < n; i++)
		filled[i] = fill(a, f, list[i]);
	v->fix_commands = filled;
	v->n_fix_commands = n;
}

/* Of the first cause: where several are at work, one is put right after the other. */
static void fix(const struct cause *c, const struct facts *f, struct arena *a, struct finding *root,
		struct verdict *v)
{
	v->not_this = c->not_this;
	v->n_not_this = list_len(c->not_this, CAUSE_LIST_MAX);
	/* What the row says of this very tunnel is better than what holds for all. */
	if (!c->remedy)
		return;
	v->fix = fill(a, f, c->remedy);
	commands(c->commands, f, a, v);
	if (!root || root->remedy)
		return;
	root->remedy = v->fix;
	root->commands = v->fix_commands;
	root->n_commands = v->n_fix_commands;
}

/* What helps whichever of them it is, and the one command that tells which. */
static void fix_group(const struct cause_group *g, const struct facts *f, struct arena *a,
		      struct verdict *v)
{
	v->fix = fill(a, f, g->remedy);
	commands(g->commands, f, a, v);
	conclude_next(v, fill(a, f, g->next));
}

static void split(const struct inference *in, const struct facts *f, const struct findings *all,
		  struct verdict *v)
{
	const char *this_run = arena_printf(all->arena, "wgdiag check --engine %s",
					    f->target.engine ? f->target.engine : "");
	size_t i;

	/* It would lead to a tunnel without the fault. */
	if (f->target.lab)
		return;
	for (i = 0; i < in->n_candidates; i++) {
		const char *command = in->candidates[i]->splitter;

		/* What was just done tells nothing new. */
		if (command && strcmp(command, this_run) != 0) {
			conclude_next(v, command);
			return;
		}
	}
}

void conclude(const struct inference *in, const struct facts *f, const struct findings *all,
	      struct verdict *v)
{
	bool tie = in->n_candidates > in->n_chosen;
	const struct cause_group *group;
	struct finding *root;

	if (in->n_candidates == 0)
		return;
	root = infer_root(in->chosen[0], all);
	candidates(in, all, v);
	v->cause = tie ? common_name(in) : in->chosen[0]->id;
	if (in->chosen[0]->no_fault) {
		v->side = in->chosen[0]->side;
		fix(in->chosen[0], f, all->arena, NULL, v);
		v->summary = in_words(in, tie, all, NULL);
		return;
	}
	common_side(in, tie, all, v);
	v->root = root;
	v->summary = in_words(in, tie, all, root);
	group = tie ? cause_group_find(v->cause) : NULL;
	/* A remedy for what may not be so would be a guess. */
	if (group)
		fix_group(group, f, all->arena, v);
	else if (tie)
		split(in, f, all, v);
	else
		fix(in->chosen[0], f, all->arena, root, v);
}
