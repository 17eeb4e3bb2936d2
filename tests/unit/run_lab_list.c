/* Which runs of the lab there are: the ways, engines, ends and seeds, and what is a pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_lab_all.h"

static struct run_lab_all plan(enum lab_ways ways)
{
	return (struct run_lab_all){
		.near = { "builtin", "wireguard-go" },
		.n_near = 2,
		.seeds = 2,
		.seed = 100,
		.ways = ways,
	};
}

/* Freed by the caller. */
static struct lab_result *listed(const struct run_lab_all *c, size_t *n)
{
	struct lab_result *r;

	*n = run_lab_all_list(c, NULL);
	assert_true(*n > 0);
	r = calloc(*n, sizeof(*r));
	assert_non_null(r);
	assert_int_equal(run_lab_all_list(c, r), *n);
	return r;
}

static bool is_same(const struct lab_result *a, const struct lab_result *b)
{
	return a->variant == b->variant && a->seed == b->seed && strcmp(a->near, b->near) == 0;
}

/* The one of `r` that is the same as `one`, looked at in that way; NULL: there is none. */
static const struct lab_result *find(const struct lab_result *r, size_t n,
				     const struct lab_result *one, bool from_file)
{
	const struct lab_result *found = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (is_same(&r[i], one) && r[i].from_file == from_file) {
			assert_null(found); /* each once */
			found = &r[i];
		}
	return found;
}

static void a_way_has_what_can_be_looked_at_so(void **state)
{
	struct run_lab_all up = plan(LAB_WAYS_INTERFACE), file = plan(LAB_WAYS_FILE);
	size_t i, n_up, n_file, n_file_only = 0;
	struct lab_result *u = listed(&up, &n_up), *f = listed(&file, &n_file);

	(void)state;
	for (i = 0; i < n_up; i++) {
		assert_false(u[i].from_file);
		assert_false(u[i].variant->scene && u[i].variant->scene->file_only);
	}
	for (i = 0; i < n_file; i++) {
		const struct lab_scene *s = f[i].variant->scene;

		assert_true(f[i].from_file);
		/* Neither what wgdiag makes for itself, nor what came about later. */
		assert_non_null(s);
		assert_false(s->up_only || (!s->file_only && (s->after || s->session)));
		n_file_only += s->file_only;
	}
	assert_true(n_file_only > 0);
	free(u);
	free(f);
}

/* With the seeds that each way alone has, so that one of a pair can be seen again by itself. */
static void both_ways_are_the_two_together(void **state)
{
	struct run_lab_all up = plan(LAB_WAYS_INTERFACE), file = plan(LAB_WAYS_FILE),
			   both = plan(LAB_WAYS_BOTH);
	size_t i, n_up, n_file, n, pairs = 0, together = 0;
	struct lab_result *u = listed(&up, &n_up), *f = listed(&file, &n_file),
			  *b = listed(&both, &n);

	(void)state;
	assert_int_equal(n, n_up + n_file);
	for (i = 0; i < n; i++) {
		assert_non_null(b[i].from_file ? find(f, n_file, &b[i], true) :
						 find(u, n_up, &b[i], false));
		/* The second stands behind the first. */
		pairs += i + 1 < n && run_lab_all_is_pair(&b[i], &b[i + 1]);
		together += !b[i].from_file && find(b, n, &b[i], true);
	}
	assert_true(pairs > 0);
	assert_int_equal(pairs, together);
	free(u);
	free(f);
	free(b);
}

/* Each variant by each engine, in each way it can be, if not at once then with other seeds. */
static void is_even(const struct lab_result *r, size_t n, const struct lab_result *both,
		    size_t n_both)
{
	size_t i, k, files, interfaces;

	for (k = 0; k < 2; k++) {
		const char *engine = k ? "wireguard-go" : "builtin";

		for (i = files = interfaces = 0; i < n; i++) {
			if (strcmp(r[i].near, engine) ||
			    !find(both, n_both, &r[i], !r[i].from_file))
				continue;
			files += r[i].from_file;
			interfaces += !r[i].from_file;
		}
		print_message("# %s: %zu as interface, %zu as file\n", engine, interfaces, files);
		assert_true(files > 0 && interfaces > 0);
		assert_in_range(files, interfaces - 1, interfaces + 1);
	}
}

static void in_turn_is_each_once(void **state)
{
	const struct {
		unsigned seeds;
		bool alternate;
	} of[] = {
		{ 1, false }, { 1, true }, { 2, false }, { 2, true }, { 5, false }, { 5, true }
	};
	size_t i, k, n, n_both, pairs;

	(void)state;
	for (k = 0; k < ARRAY_LEN(of); k++) {
		struct run_lab_all turns = plan(LAB_WAYS_IN_TURN), both = plan(LAB_WAYS_BOTH);
		struct lab_result *r, *b;

		turns.seeds = both.seeds = of[k].seeds;
		turns.alternate = both.alternate = of[k].alternate;
		r = listed(&turns, &n);
		b = listed(&both, &n_both);
		print_message("# %u seeds%s\n", of[k].seeds, of[k].alternate ? ", alternate" : "");
		for (i = 0; i < n; i++) {
			assert_int_equal(r[i].seed, 100 + i);
			assert_non_null(find(b, n_both, &r[i], r[i].from_file));
			assert_null(find(r, n, &r[i], !r[i].from_file));
		}
		for (i = pairs = 0; i + 1 < n_both; i++)
			pairs += run_lab_all_is_pair(&b[i], &b[i + 1]);
		assert_int_equal(n + pairs, n_both);
		is_even(r, n, b, n_both);
		free(r);
		free(b);
	}
}

/* In a few runs, as the tests make them, each is seen by each engine in each way. */
static void other_seeds_are_other_turns(void **state)
{
	struct run_lab_all both = plan(LAB_WAYS_BOTH);
	struct lab_result *b, *r;
	size_t i, j, n, n_both, seen;
	uint64_t seed;

	(void)state;
	both.seeds = 1;
	b = listed(&both, &n_both);
	for (i = 0; i < n_both; i++) {
		for (seed = 40, seen = 0; seed < 44; seed++) {
			struct run_lab_all turns = plan(LAB_WAYS_IN_TURN);

			turns.seeds = 1;
			turns.seed = seed;
			turns.alternate = true;
			r = listed(&turns, &n);
			for (j = 0; j < n; j++)
				seen += r[j].variant == b[i].variant &&
					!strcmp(r[j].near, b[i].near) &&
					r[j].from_file == b[i].from_file;
			free(r);
		}
		assert_true(seen > 0);
	}
	free(b);
}

static void engines_by_turns(void **state)
{
	struct run_lab_all c = plan(LAB_WAYS_BOTH);
	size_t i, n, of[2] = { 0 };
	struct lab_result *r;

	(void)state;
	c.alternate = true;
	c.seeds = 1;
	r = listed(&c, &n);
	for (i = 0; i < n; i++) {
		of[strcmp(r[i].near, "wireguard-go") == 0]++;
		assert_true(!r[i].variant->engine || strcmp(r[i].variant->engine, r[i].near) == 0);
		/* A pair is of one engine, and no variant is by two. */
		assert_true(i == 0 || r[i].variant != r[i - 1].variant ||
			    run_lab_all_is_pair(&r[i - 1], &r[i]));
	}
	assert_true(of[0] > n / 4 && of[1] > n / 4);
	free(r);
}

static void from_far_it_is_an_interface(void **state)
{
	struct run_lab_all c = plan(LAB_WAYS_IN_TURN);
	size_t i, n;
	struct lab_result *r;

	(void)state;
	c.from_far = true;
	r = listed(&c, &n);
	for (i = 0; i < n; i++)
		assert_false(r[i].from_file);
	free(r);
}

static void a_pair(void **state)
{
	const struct lab_variant *v = lab_faults[0]->variants;
	const struct lab_result up = { .variant = v, .near = "builtin", .seed = 7 };
	struct lab_result file = { .variant = v, .near = "builtin", .seed = 7, .from_file = true };

	(void)state;
	assert_true(run_lab_all_is_pair(&up, &file));
	assert_false(run_lab_all_is_pair(&file, &up));
	assert_false(run_lab_all_is_pair(&up, &up));
	file.none = "it took too long"; /* nothing was said that could be compared */
	assert_false(run_lab_all_is_pair(&up, &file));
	file.none = NULL;
	file.seed = 8;
	assert_false(run_lab_all_is_pair(&up, &file));
	file.seed = 7;
	file.near = "wireguard-go";
	assert_false(run_lab_all_is_pair(&up, &file));
	file.near = "builtin";
	file.variant = v + 1;
	assert_false(run_lab_all_is_pair(&up, &file));
}

/* Each name of the list is one, and both of a pair have a network. */
static void two_faults_at_once(void **state)
{
	struct run_lab_all c = plan(LAB_WAYS_BOTH);
	struct lab_result *r;
	size_t i, n;

	(void)state;
	c.pairs = true;
	r = listed(&c, &n);
	for (i = 0; i < n; i++) {
		assert_non_null(r[i].fault);
		assert_non_null(r[i].and_fault);
		assert_ptr_not_equal(r[i].fault, r[i].and_fault);
		assert_non_null(r[i].variant->scene);
		assert_non_null(r[i].and_variant->scene);
		assert_non_null(r[i].fault->side);
		assert_non_null(r[i].and_fault->side);
		/* What comes about later is in no file. */
		assert_false(r[i].from_file &&
			     (r[i].variant->scene->after || r[i].and_variant->scene->session));
	}
	assert_true(n >= 10);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_way_has_what_can_be_looked_at_so),
		cmocka_unit_test(both_ways_are_the_two_together),
		cmocka_unit_test(in_turn_is_each_once),
		cmocka_unit_test(other_seeds_are_other_turns),
		cmocka_unit_test(engines_by_turns),
		cmocka_unit_test(from_far_it_is_an_interface),
		cmocka_unit_test(a_pair),
		cmocka_unit_test(two_faults_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
