#include "verdict/conclude.h"

#include <string.h>

#include "check/words.h"
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
	*out = (struct candidate){
		.cause = c->id, .side = c->side, .evidence = ids, .n_evidence = n
	};
}

static void candidates(const struct inference *in, const struct findings *all, struct verdict *v)
{
	struct candidate *list = arena_alloc(all->arena, in->n_candidates * sizeof(*list));
	size_t i;

	for (i = 0; i < in->n_candidates; i++) {
		evidence(in->candidates[i], all, &list[i]);
		list[i].of = in->stands_for[i];
	}
	v->candidates = list;
	v->n_candidates = in->n_candidates;
}

/* Is candidate i one of those for that chosen cause? */
static bool is_for(const struct inference *in, size_t i, size_t chosen)
{
	return in->stands_for[i] == chosen;
}

/* Of those not told apart: their common id, or that of their group, or nothing. */
static const char *name_of(const struct inference *in, size_t chosen)
{
	const struct cause *first = in->chosen[chosen];
	bool id = true, group = first->group != NULL;
	size_t i;

	for (i = 0; i < in->n_candidates; i++) {
		const struct cause *c = in->candidates[i];

		if (!is_for(in, i, chosen))
			continue;
		id = id && strcmp(c->id, first->id) == 0;
		group = group && c->group && strcmp(c->group, first->group) == 0;
	}
	return id ? first->id : group ? first->group : NULL;
}

/* NULL: it is one cause, or several that are no group. */
static const struct cause_group *group_of(const struct inference *in, size_t chosen)
{
	return infer_is_tie(in, chosen) ? cause_group_find(name_of(in, chosen)) : NULL;
}

static bool is_among(const char *const *names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* All that is at work and has a name. */
static void causes_of(const struct inference *in, struct arena *a, struct verdict *v)
{
	const char **names = arena_alloc(a, (in->n_chosen + 1) * sizeof(*names));
	size_t i, n = 0;

	for (i = 0; i < in->n_chosen; i++) {
		names[n] = name_of(in, i);
		/* One id may have several rows. */
		n += names[n] && !is_among(names, n, names[n]);
	}
	v->causes = names;
	v->n_causes = n;
	v->cause = n ? names[0] : NULL;
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

static enum direction direction_of(const struct inference *in, size_t chosen,
				   const struct findings *all)
{
	enum direction d = cause_direction(in->chosen[chosen], all);
	size_t i;

	for (i = 0; i < in->n_candidates; i++)
		if (is_for(in, i, chosen))
			d = common_direction(d, cause_direction(in->candidates[i], all), true);
	return d;
}

static enum side side_of(const struct inference *in, size_t chosen)
{
	enum side side = in->chosen[chosen]->side;
	size_t i;

	for (i = 0; i < in->n_candidates; i++)
		if (is_for(in, i, chosen) && in->candidates[i]->side != side)
			side = SIDE_UNKNOWN;
	return side;
}

/* Whose side, remedy and row are the verdict's: the first that has a name, which is `cause`. */
static size_t foremost(const struct inference *in)
{
	size_t i;

	for (i = 0; i < in->n_chosen; i++)
		if (name_of(in, i))
			return i;
	return 0;
}

/* Where that one is; of others at work beside it the candidates tell. */
static void place(const struct inference *in, size_t first, const struct findings *all,
		  struct verdict *v)
{
	size_t i;

	v->side = side_of(in, first);
	v->direction = direction_of(in, first, all);
	for (i = 0; i < in->n_chosen; i++)
		v->direction = common_direction(v->direction, direction_of(in, i, all), false);
}

/* "id: what it is"; beside others, or without a name, "what it is (id)", "; or" what else it is */
static const char *one_in_words(const struct inference *in, size_t chosen, size_t room,
				struct arena *a)
{
	bool alone = in->n_chosen == 1;
	const struct cause *c = in->chosen[chosen];
	const struct cause_group *g = group_of(in, chosen);
	const char *name = name_of(in, chosen), *s, *longer;
	size_t i, n = 0, told = 1;

	if (g)
		return alone ? arena_printf(a, "%s: %s", g->id, g->says) :
			       arena_printf(a, "%s (%s)", g->says, g->id);
	s = name && alone ? arena_printf(a, "%s: %s", name, c->says) :
			    arena_printf(a, "%s (%s)", c->says, c->id);
	for (i = 0; i < in->n_candidates; i++)
		n += is_for(in, i, chosen);
	for (i = 0; i < in->n_candidates; i++) {
		if (in->candidates[i] == c || !is_for(in, i, chosen))
			continue;
		longer = arena_printf(a, "%s; or %s (%s)", s, in->candidates[i]->says,
				      in->candidates[i]->id);
		if (conclude_characters(longer) > room) {
			longer = arena_printf(a, "%s; or %zu more", s, n - told);
			return conclude_characters(longer) > room ? s : longer;
		}
		s = longer;
		told++;
	}
	return s;
}

/*
 * All that is at work, each by its name; in full as many of the first ones as fit. What has no
 * name is in `candidates`.
 */
static const char *all_in_words(const struct inference *in, size_t n_full, size_t room,
				struct arena *a)
{
	const char *s = NULL;
	size_t i;

	for (i = 0; i < in->n_chosen; i++) {
		const char *one = i < n_full || !name_of(in, i) ? one_in_words(in, i, room, a) :
								  name_of(in, i);

		s = s ? arena_printf(a, "%s; and %s", s, one) : one;
	}
	return s;
}

static const char *in_words(const struct inference *in, const struct findings *all,
			    const struct finding *root, const struct verdict *v)
{
	struct arena *a = all->arena;
	size_t n_full = in->n_chosen, room = verdict_room(v, a);
	const char *s = NULL, *longer;

	for (;; n_full--) {
		s = all_in_words(in, n_full, room, a);
		if (n_full == 0 || conclude_characters(s) <= room)
			break;
	}
	if (in->n_chosen > 1 || (infer_is_tie(in, 0) && !group_of(in, 0)) || !root)
		return s;
	longer = arena_printf(a, "%s; %s", s, root->summary);
	return conclude_characters(longer) > room ? s : longer;
}

static const char *const *filled(const char *const *list, size_t n, const struct facts *f,
				 struct arena *a)
{
	const char **out = arena_alloc(a, (n + 1) * sizeof(*out));
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = fill(a, f, list[i]);
	return out;
}

/* What helps; of a group, whichever of them it is. text NULL: what its row says. */
static void remedy_of(const struct inference *in, size_t chosen, const struct facts *f,
		      struct arena *a, struct remedy *out)
{
	const struct cause_group *g = group_of(in, chosen);
	const struct cause *c = in->chosen[chosen];
	const char *text = g ? g->remedy : c->remedy;
	const char *const *list = g ? g->commands : c->commands;

	*out = (struct remedy){ .cause = name_of(in, chosen) };
	/* A remedy for what may not be so would be a guess. */
	if (!text || (infer_is_tie(in, chosen) && !g))
		return;
	out->text = fill(a, f, text);
	out->n_commands = list_len(list, CAUSE_LIST_MAX);
	out->commands = filled(list, out->n_commands, f, a);
}

/* What the row says of this very tunnel is better than what holds for all. */
static void teach_row(struct finding *row, const struct remedy *m)
{
	if (!m->text)
		return;
	if (!row->remedy)
		row->remedy = m->text;
	if (row->n_commands)
		return;
	row->commands = m->commands;
	row->n_commands = m->n_commands;
}

/* Each that is at work has one, in their order; one is put right after the other. */
static void fixes(const struct inference *in, const struct facts *f, const struct findings *all,
		  struct verdict *v)
{
	struct remedy *list = arena_alloc(all->arena, in->n_chosen * sizeof(*list));
	struct finding *root;
	size_t i;

	for (i = 0; i < in->n_chosen; i++) {
		remedy_of(in, i, f, all->arena, &list[i]);
		root = infer_root(in->chosen[i], all);
		if (root)
			teach_row(root, &list[i]);
		if (list[i].text || !root || !root->remedy || infer_is_tie(in, i))
			continue;
		list[i].text = root->remedy;
		list[i].commands = root->commands;
		list[i].n_commands = root->n_commands;
	}
	v->fixes = list;
	v->n_fixes = in->n_chosen;
}

static bool was_given(const struct facts *f, const char *option)
{
	size_t i;

	for (i = 0; i < f->target.n_options; i++)
		if (strcmp(f->target.options[i].name, option) == 0)
			return true;
	return false;
}

/* What the far end sees decides: best with wgdiag there, else what its own tools tell. */
static void ask_far(const struct cause_group *g, const struct facts *f, struct arena *a,
		    struct verdict *v)
{
	if (!f->target.lab) {
		conclude_next(v, fill(a, f, g->next));
		conclude_next(v, "wgdiag explain far");
	} else if (!was_given(f, "--far-file")) {
		conclude_next(v, arena_printf(a, "%s --far-file", words_again(a, f, NULL)));
	}
}

/* The one command that tells which of those that are not told apart. */
static void split(const struct inference *in, size_t chosen, const struct facts *f,
		  const struct findings *all, struct verdict *v)
{
	const char *this_run = arena_printf(all->arena, "wgdiag check --engine %s",
					    f->target.engine ? f->target.engine : "");
	const struct cause_group *g = group_of(in, chosen);
	size_t i;

	if (g) {
		ask_far(g, f, all->arena, v);
		return;
	}
	/* It would lead to a tunnel without the fault. */
	if (f->target.lab)
		return;
	for (i = 0; i < in->n_candidates; i++) {
		const char *command = in->candidates[i]->splitter;

		/* What was just done tells nothing new. */
		if (is_for(in, i, chosen) && command && strcmp(command, this_run) != 0) {
			conclude_next(v, fill(all->arena, f, command));
			return;
		}
	}
}

/* What is no fault is said, and does not make the verdict worse. */
static void conclude_good(const struct inference *in, size_t first, const struct findings *all,
			  struct verdict *v)
{
	v->side = in->chosen[first]->side;
	v->summary = in_words(in, all, NULL, v);
}

static void conclude_bad(const struct inference *in, size_t first, const struct facts *f,
			 const struct findings *all, struct verdict *v)
{
	size_t i;

	v->root = infer_root(in->chosen[first], all);
	place(in, first, all, v);
	v->summary = in_words(in, all, v->root, v);
	for (i = 0; i < in->n_chosen; i++)
		if (infer_is_tie(in, i))
			split(in, i, f, all, v);
}

void conclude(const struct inference *in, const struct facts *f, const struct findings *all,
	      struct verdict *v)
{
	size_t first = foremost(in);

	if (in->n_candidates == 0)
		return;
	candidates(in, all, v);
	causes_of(in, all->arena, v);
	if (in->chosen[first]->no_fault)
		conclude_good(in, first, all, v);
	else
		conclude_bad(in, first, f, all, v);
	fixes(in, f, all, v);
	v->fix = v->fixes[first].text;
	v->fix_commands = v->fixes[first].commands;
	v->n_fix_commands = v->fixes[first].n_commands;
	if (infer_is_tie(in, first))
		return;
	v->not_this = in->chosen[first]->not_this;
	v->n_not_this = list_len(v->not_this, CAUSE_LIST_MAX);
}
