/*
 * How the causes are found.
 *
 * A cause is a candidate when its conditions hold and it explains a row that asks for an
 * explanation. Wanted is a smallest set of candidates that explains every row that any
 * candidate explains: one cause for six failures rather than six. All sets of that size
 * are found, exactly, by branching on the first row that is not explained yet; so a tie is
 * seen as one. A cause that was seen itself is in each of them. Rows of one check are one here: a
 * bit each.
 */
#include "verdict/infer.h"

#include <assert.h>
#include <string.h>

enum { BITS = 64 };

struct search {
	const struct cause *cause[BITS]; /* the candidates, in the order of the table */
	uint64_t rows[BITS]; /* what each explains */
	size_t n;
	uint64_t wanted; /* all rows to explain */
	uint64_t sure; /* the candidates that are at work in any case */
	uint64_t best, any; /* sets of candidates: the most likely cover; the union of all */
};

/* A row may be good because something was seen to be no fault: that is said too. */
static uint32_t states_of(bool no_fault)
{
	return no_fault ? STATE_BIT(STATE_PASS) | STATE_BIT(STATE_WARN) | STATE_BIT(STATE_UNSURE) :
			  STATE_BIT(STATE_FAIL);
}

/* A good row that shows what is no fault, and looks like one elsewhere (`wg show`): is it asked? */
static bool is_good_and_telling(const struct cause *const *table, size_t n, const struct finding *f)
{
	size_t i, k;

	for (i = 0; f->state == STATE_PASS && f->signs && i < n; i++)
		for (k = 0; table[i]->no_fault && k < CAUSE_CONDITIONS_MAX; k++)
			if (table[i]->when[k].signs && condition_row(&table[i]->when[k], f))
				return true;
	return false;
}

/* The ids of all checks with a row that asks for an explanation, each once. */
static size_t rows_of(const struct cause *const *table, size_t n_table, bool no_fault,
		      const struct findings *all, const char *ids[static BITS])
{
	const struct finding *f;
	size_t i, n = 0;

	for (f = all->first; f; f = f->next) {
		if (!(states_of(no_fault) & STATE_BIT(f->state)) &&
		    !(no_fault && is_good_and_telling(table, n_table, f)))
			continue;
		for (i = 0; i < n && strcmp(ids[i], f->check->id) != 0; i++)
			;
		if (i < n)
			continue;
		assert(n < BITS);
		ids[n++] = f->check->id;
	}
	return n;
}

/* Each row of that check that failed. */
static bool explains_all(const struct cause *c, const struct findings *all, const char *id)
{
	const struct finding *f;

	for (f = all->first; f; f = f->next)
		if (f->state == STATE_FAIL && strcmp(f->check->id, id) == 0 &&
		    !cause_explains_row(c, f))
			return false;
	return cause_explains(c, id);
}

static void candidates(const struct cause *const *table, size_t n, bool no_fault,
		       const struct findings *all, struct search *s)
{
	const char *ids[BITS];
	size_t i, k, n_ids = rows_of(table, n, no_fault, all, ids);

	for (i = 0; i < n; i++) {
		uint64_t rows = 0;

		if (table[i]->no_fault != no_fault || !cause_holds(table[i], all))
			continue;
		for (k = 0; k < n_ids; k++)
			if (explains_all(table[i], all, ids[k]))
				rows |= UINT64_C(1) << k;
		if (!rows)
			continue;
		/* Never seen; and the most likely ones stand first. */
		if (s->n == BITS)
			return;
		if (table[i]->sure)
			s->sure |= UINT64_C(1) << s->n;
		s->cause[s->n] = table[i];
		s->rows[s->n++] = rows;
		s->wanted |= rows;
	}
}

/* Of two sets of one size the one whose first difference is the likelier cause. */
static bool likelier(uint64_t a, uint64_t b)
{
	uint64_t first = (a ^ b) & -(a ^ b);

	return (a & first) != 0;
}

static uint64_t explained_by(const struct search *s, uint64_t set)
{
	uint64_t rows = 0;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (set >> i & 1)
			rows |= s->rows[i];
	return rows;
}

/* Tries all ways to explain the rest with `left` more. */
static void cover(struct search *s, uint64_t used, uint64_t explained, size_t left)
{
	uint64_t rest = s->wanted & ~explained, row = rest & -rest;
	size_t i;

	if (!rest) {
		if (!s->best || likelier(used, s->best))
			s->best = used;
		s->any |= used;
		return;
	}
	for (i = 0; left && i < s->n; i++)
		if (s->rows[i] & row)
			cover(s, used | UINT64_C(1) << i, explained | s->rows[i], left - 1);
}

/* The causes of a set, appended. */
static size_t take(const struct search *s, uint64_t set, const struct cause **to, size_t n)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (set >> i & 1)
			to[n++] = s->cause[i];
	return n;
}

static unsigned n_rows(uint64_t rows)
{
	unsigned n = 0;

	for (; rows; rows &= rows - 1)
		n++;
	return n;
}

/*
 * The one of the chosen in whose place it explains the rest; where more than one would have to go,
 * the one with which it shares most.
 */
static size_t stands_for(const struct search *s, size_t candidate)
{
	uint64_t it = UINT64_C(1) << candidate;
	size_t i, n = 0, best = 0;
	unsigned most = 0;
	bool found = false;

	for (i = 0; i < s->n; i++) {
		unsigned shared;

		if (!(s->best >> i & 1))
			continue;
		/* For what was seen itself nothing stands in. */
		if (s->sure >> i & 1) {
			n++;
			continue;
		}
		if (explained_by(s, (s->best & ~(UINT64_C(1) << i)) | it) == s->wanted)
			return n;
		shared = n_rows(s->rows[i] & s->rows[candidate]);
		if (!found || shared > most) {
			most = shared;
			best = n;
			found = true;
		}
		n++;
	}
	return best;
}

/* In the order of `candidates`. */
static const size_t *places(const struct search *s, struct arena *a)
{
	size_t *out = arena_alloc(a, (s->n + 1) * sizeof(*out)), i, n = 0;

	for (i = 0; i < s->n; i++)
		if (s->best >> i & 1) {
			out[n] = n;
			n++;
		}
	for (i = 0; i < s->n; i++)
		if (s->any & ~s->best & UINT64_C(1) << i)
			out[n++] = stands_for(s, i);
	return out;
}

bool infer_is_tie(const struct inference *in, size_t chosen)
{
	size_t i;

	for (i = in->n_chosen; i < in->n_candidates; i++)
		if (in->stands_for[i] == chosen)
			return true;
	return false;
}

/* Evidence counts before what merely follows; then the order of `explains`. */
struct finding *infer_root(const struct cause *c, const struct findings *all)
{
	struct finding *f, *first = NULL;
	size_t i;

	for (i = 0; i < CAUSE_EXPLAINS_MAX && c->explains[i]; i++) {
		for (f = all->first; f; f = f->next) {
			if (f->state != STATE_FAIL || strcmp(f->check->id, c->explains[i]) != 0)
				continue;
			if (cause_speaks_for(c, f))
				return f;
			if (!first)
				first = f;
		}
	}
	return first;
}

static bool explained(const struct inference *in, const struct finding *f)
{
	size_t i;

	for (i = 0; i < in->n_chosen; i++)
		if (cause_explains_row(in->chosen[i], f))
			return true;
	return false;
}

static bool is_explained(const struct inference *in, const char *check_id)
{
	size_t i;

	for (i = 0; i < in->n_chosen; i++)
		if (cause_explains(in->chosen[i], check_id))
			return true;
	return false;
}

static bool is_root(const struct inference *in, const struct findings *all, const struct finding *f)
{
	size_t i;

	for (i = 0; i < in->n_chosen; i++)
		if (strcmp(infer_root(in->chosen[i], all)->check->id, f->check->id) == 0)
			return true;
	return false;
}

/* A rule against UDP is no cause of pings without an answer. */
static bool may_be_of(const struct finding *root, const struct finding *f)
{
	uint32_t misses = f->misses ? f->misses : f->check->misses;

	return !root->takes || !misses || (root->takes & misses) != 0;
}

static const char *root_id(const struct inference *in, const struct findings *all,
			   const struct finding *f)
{
	const struct finding *root;
	size_t i;

	for (i = 0; i < in->n_chosen; i++) {
		root = infer_root(in->chosen[i], all);
		if (cause_explains_row(in->chosen[i], f) && may_be_of(root, f))
			return root->check->id;
	}
	return f->caused_by;
}

/* A root keeps what it is a consequence of only where that is another story. */
static void mark(const struct inference *in, struct findings *all)
{
	struct finding *f;

	for (f = all->first; f; f = f->next) {
		if (f->state != STATE_FAIL || !explained(in, f))
			continue;
		if (!is_root(in, all, f))
			f->caused_by = root_id(in, all, f);
		else if (f->caused_by && is_explained(in, f->caused_by))
			f->caused_by = NULL;
	}
}

void infer(const struct cause *const *table, size_t n, struct findings *all, struct inference *out)
{
	const struct condition failed = { NULL, STATE_BIT(STATE_FAIL), 0 };
	bool no_fault = !condition_holds(&failed, all);
	struct inference in = { 0 };
	struct search s = { .n = 0 };
	size_t k;

	candidates(table, n, no_fault, all, &s);
	for (k = 0; s.wanted && !s.best; k++)
		cover(&s, s.sure, explained_by(&s, s.sure), k);
	in.chosen = arena_alloc(all->arena, (s.n + 1) * sizeof(struct cause *));
	in.n_chosen = take(&s, s.best, in.chosen, 0);
	in.candidates = arena_alloc(all->arena, (s.n + 1) * sizeof(struct cause *));
	in.n_candidates = take(&s, s.best, in.candidates, 0);
	in.n_candidates = take(&s, s.any & ~s.best, in.candidates, in.n_candidates);
	in.stands_for = places(&s, all->arena);
	if (!no_fault)
		mark(&in, all);
	*out = in;
}
