#include "check/choose.h"

#include <assert.h>
#include <string.h>

void choose_all(struct check_choice *c)
{
	size_t i;

	*c = (struct check_choice){ 0 };
	for (i = 0; checks[i]; i++) {
		assert(i < CHECKS_MAX);
		c->on[i] = true;
	}
}

static size_t family_len(const char *id)
{
	return strcspn(id, ".");
}

static bool names(const char *word, const struct check *c)
{
	size_t len = family_len(c->id);

	if (strcmp(word, c->id) == 0 || strcmp(word, layer_str(c->layer)) == 0)
		return true;
	return strlen(word) == len && strncmp(word, c->id, len) == 0;
}

/* Turns the rows that a word names to `on`. False when there are none. */
static bool set_word(struct check_choice *c, const char *word, bool on)
{
	bool found = false;
	size_t i;

	for (i = 0; checks[i]; i++) {
		if (!names(word, checks[i]))
			continue;
		c->on[i] = on;
		found = true;
	}
	return found;
}

static bool set_words(struct check_choice *c, const char *words, bool on, struct arena *a,
		      const char **bad)
{
	char *rest = arena_strdup(a, words), *word;

	while ((word = strsep(&rest, ",")) != NULL) {
		if (set_word(c, word, on))
			continue;
		*bad = word;
		return false;
	}
	return true;
}

bool choose(const char *only, const char *skip, struct arena *a, struct check_choice *c,
	    const char **bad)
{
	struct check_choice made;
	bool any = false;
	size_t i;

	choose_all(&made);
	if (only) {
		memset(made.on, 0, sizeof(made.on));
		if (!set_words(&made, only, true, a, bad))
			return false;
	}
	if (skip && !set_words(&made, skip, false, a, bad))
		return false;
	for (i = 0; checks[i]; i++) {
		any = any || made.on[i];
		made.partial = made.partial || !made.on[i];
	}
	if (!any) {
		*bad = "";
		return false;
	}
	*c = made;
	return true;
}

void choose_ids(const struct check_choice *c, struct arena *a, const char ***ids, size_t *n)
{
	size_t i;

	*ids = arena_alloc(a, (CHECKS_MAX + 1) * sizeof(**ids));
	*n = 0;
	for (i = 0; c->partial && checks[i]; i++)
		if (c->on[i])
			(*ids)[(*n)++] = checks[i]->id;
}

static bool is_among(const char *id, const char *const *ids, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

bool choose_within(struct check_choice *c, const char *const *ids, size_t n)
{
	struct check_choice less = *c;
	bool any = false;
	size_t i;

	if (n == 0)
		return true;
	for (i = 0; checks[i]; i++) {
		less.on[i] = less.on[i] && is_among(checks[i]->id, ids, n);
		any = any || less.on[i];
		less.partial = less.partial || !less.on[i];
	}
	if (any)
		*c = less;
	return any;
}

bool is_chosen(const struct check_choice *c, const struct check *of)
{
	size_t i;

	for (i = 0; checks[i]; i++)
		if (checks[i] == of)
			return c->on[i];
	return false;
}

uint32_t choose_needs(const struct check_choice *c)
{
	uint32_t needs = 0;
	size_t i;

	for (i = 0; checks[i]; i++)
		if (c->on[i])
			needs |= checks[i]->needs | checks[i]->wants;
	return needs;
}

static void add_word(const char **words, size_t *n, const char *word)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (strcmp(words[i], word) == 0)
			return;
	words[(*n)++] = word;
}

const char *const *choose_words(struct arena *a, size_t *n)
{
	const char **words = arena_alloc(a, 3 * CHECKS_MAX * sizeof(*words));
	size_t i;

	*n = 0;
	for (i = 0; checks[i]; i++) {
		const char *id = checks[i]->id;

		add_word(words, n, id);
		add_word(words, n, layer_str(checks[i]->layer));
		add_word(words, n, arena_printf(a, "%.*s", (int)family_len(id), id));
	}
	return words;
}
