/*
 * A line per fault, and what was said instead of it: the confusion matrix without its zeros. Then
 * the shares, and each run that was not right, as it is to be typed to see it again.
 */
#include "cmd/lab_all.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/say.h"
#include "cmd/terminal.h"
#include "run/run_lab_all.h"

#define NAME "wgdiag lab"

/* In percent: less is an exit code of 1, so that a CI job notices (the issue of the lab). */
enum { RIGHT_LEAST = 95, SIDE_LEAST = 97, PAIRS_LEAST = 80, LINE_SIZE = 256 };
/* With what the far end recorded; and then nothing is a group any more. */
enum { RIGHT_LEAST_FAR = 98 };

struct score {
	size_t runs, none, grade[LAB_GRADE_COUNT], side, longest;
};

/* Of what was looked at in both ways. */
struct ways {
	size_t pairs, agree;
};

struct voice {
	bool live;
	int shown;
};

/* By blanks, as the progress of a check. */
static void clear(struct voice *v)
{
	if (v->shown > 0)
		fprintf(stderr, "\r%*s\r", v->shown, "");
	v->shown = 0;
}

static void told(void *ctx, const struct lab_result *r, size_t n, size_t of)
{
	struct voice *v = ctx;

	if (!v->live)
		return;
	clear(v);
	v->shown = fprintf(stderr, "%zu/%zu %s, %s: %s", n, of, r->fault->name,
			   r->and_fault ? r->and_fault->name : r->variant->name,
			   r->none ? r->none : lab_grade_str(r->grade));
	fflush(stderr);
}

static void add(struct score *s, const struct lab_result *r)
{
	if (r->none) {
		s->none++;
		return;
	}
	s->runs++;
	s->grade[r->grade]++;
	s->side += r->side_right;
}

static size_t right(const struct score *s)
{
	return s->grade[LAB_RIGHT] + s->grade[LAB_GROUP];
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Of those that were judged; sorted. Freed by the caller. */
static int64_t *times(const struct lab_result *r, size_t n, size_t *n_times)
{
	int64_t *t = calloc(n + 1, sizeof(*t));
	size_t i;

	if (!t)
		abort();
	for (i = 0, *n_times = 0; i < n; i++)
		if (!r[i].none)
			t[(*n_times)++] = r[i].took_ns;
	qsort(t, *n_times, sizeof(*t), by_time);
	return t;
}

/* The second one of a pair stands behind the first. */
static bool is_pair(const struct lab_result *r, size_t n, size_t i)
{
	return i + 1 < n && run_lab_all_is_pair(&r[i], &r[i + 1]);
}

static bool differs(const struct lab_result *r, size_t n, size_t i)
{
	return is_pair(r, n, i) && !lab_said_agree(&r[i].said, &r[i + 1].said);
}

static struct ways ways_of(const struct lab_result *r, size_t n)
{
	struct ways w = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		w.pairs += is_pair(r, n, i);
		w.agree += is_pair(r, n, i) && !differs(r, n, i);
	}
	return w;
}

/* --- as text ------------------------------------------------------------------------ */

static const char *said(const struct lab_result *r)
{
	return r->said.cause ? r->said.cause : r->said.state;
}

static bool is_same_truth(const struct lab_result *a, const struct lab_result *b)
{
	return a->fault == b->fault && a->and_fault == b->and_fault;
}

/* Judged, of that truth, and not right. */
static bool is_other(const struct lab_result *r, const struct lab_result *truth)
{
	return is_same_truth(r, truth) && !r->none && !lab_grade_is_right(r->grade);
}

/* Each thing that was said of that truth and is not right, once, with its number. */
static void said_instead(const struct lab_result *r, size_t n, const struct lab_result *truth)
{
	const char *sep = "";
	size_t i, j, count;

	for (i = 0; i < n; i++) {
		if (!is_other(&r[i], truth))
			continue;
		for (j = 0; j < i; j++)
			if (is_other(&r[j], truth) && strcmp(said(&r[j]), said(&r[i])) == 0)
				break;
		if (j < i)
			continue;
		for (count = 0; j < n; j++)
			count += is_other(&r[j], truth) && strcmp(said(&r[j]), said(&r[i])) == 0;
		printf("%s%zu %s", sep, count, said(&r[i]));
		sep = ", ";
	}
}

static void row(const struct lab_result *r, size_t n, const struct lab_result *truth)
{
	struct score s = { 0 };
	size_t i;

	for (i = 0; i < n; i++)
		if (is_same_truth(&r[i], truth))
			add(&s, &r[i]);
	if (!s.runs)
		return;
	if (truth->and_fault)
		printf(" %s and\n", truth->fault->name);
	printf(" %-29s %4zu %5zu %5zu %4zu  ",
	       truth->and_fault ? truth->and_fault->name : truth->fault->name, s.runs,
	       s.grade[LAB_RIGHT], s.grade[LAB_GROUP], s.side);
	said_instead(r, n, truth);
	putchar('\n');
}

static void table(const struct lab_result *r, size_t n)
{
	size_t i, k;

	printf(" %-29s %4s %5s %5s %4s  %s\n", "TRUTH", "RUNS", "RIGHT", "GROUP", "SIDE",
	       "SAID INSTEAD");
	for (i = 0; i < n; i++) {
		for (k = 0; k < i && !is_same_truth(&r[k], &r[i]); k++)
			;
		if (k == i)
			row(r, n, &r[i]);
	}
}

static void share(const char *what, size_t n, size_t of)
{
	printf("%-13s %zu of %zu", what, n, of);
	if (of)
		printf(" = %.1f %%", 100.0 * (double)n / (double)of);
	putchar('\n');
}

static void again(const struct lab_result *r, const struct lab_all_options *o)
{
	printf("  wgdiag lab %s --variant %s", r->fault->name, r->variant->name);
	if (r->and_fault)
		printf(" --and %s/%s", r->and_fault->name, r->and_variant->name);
	if (o->far_file && r->variant->scene)
		printf(" --far-file");
	printf(" --as %s --engine-near %s%s%s%s --seed %" PRIu64 "\n",
	       r->from_file ? "file" : "interface", r->near, o->far ? " --engine-far " : "",
	       o->far ? o->far->name : "", o->from_far ? " --from far" : "", r->seed);
}

static void not_right(const struct lab_result *r, size_t n, const struct lab_all_options *o)
{
	size_t i;

	for (i = 0; i < n; i++) {
		bool group = o->far_file && r[i].grade == LAB_GROUP;

		if (r[i].none || (!group && lab_grade_is_right(r[i].grade) && r[i].side_right))
			continue;
		printf("\n%s, side %s: %s\n",
		       !group && lab_grade_is_right(r[i].grade) ? "wrong side" :
								  lab_grade_str(r[i].grade),
		       r[i].said.side ? r[i].said.side : "none", r[i].summary);
		again(&r[i], o);
	}
	for (i = 0; i < n; i++) {
		if (!r[i].none)
			continue;
		printf("\nnot judged: %s\n", r[i].none);
		again(&r[i], o);
	}
}

static void one_way(const struct lab_result *r, const struct lab_all_options *o)
{
	printf("  %s, side %s: %s\n", said(r), r->said.side ? r->said.side : "none", r->summary);
	again(r, o);
}

static void not_alike(const struct lab_result *r, size_t n, const struct lab_all_options *o)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!differs(r, n, i))
			continue;
		printf("\nthe ways differ:\n");
		one_way(&r[i], o);
		one_way(&r[i + 1], o);
	}
}

static void totals(const struct score *faults, const struct score *controls,
		   const struct ways *ways, const int64_t *t, size_t n_times)
{
	size_t runs = faults->runs + controls->runs;

	putchar('\n');
	share("right:", right(faults) + right(controls), runs);
	printf("as a group:   %zu of these\n", faults->grade[LAB_GROUP]);
	share("side right:", faults->side + controls->side, runs);
	printf("false alarms: %zu of %zu controls\n", controls->grade[LAB_FALSE_ALARM],
	       controls->runs);
	if (ways)
		share("ways agree:", ways->agree, ways->pairs);
	if (n_times)
		printf("seconds:      median %.1f, longest %.1f\n",
		       (double)t[n_times / 2] / NS_PER_S, (double)t[n_times - 1] / NS_PER_S);
	if (faults->none + controls->none)
		printf("not judged:   %zu\n", faults->none + controls->none);
}

/* --- as JSON -------------------------------------------------------------------------- */

static json_t *text(const char *s)
{
	return s ? json_string(s) : json_null();
}

/* What it was, as it is to be made again. */
static void put_truth(json_t *o, const struct lab_result *r)
{
	json_object_set_new(o, "fault", text(r->fault->name));
	json_object_set_new(o, "variant", text(r->variant->name));
	if (r->and_fault) {
		json_object_set_new(o, "and_fault", text(r->and_fault->name));
		json_object_set_new(o, "and_variant", text(r->and_variant->name));
	}
	json_object_set_new(o, "engine_near", text(r->near));
	json_object_set_new(o, "seed", json_integer((json_int_t)r->seed));
}

static void put_said(json_t *o, const struct lab_result *r)
{
	json_object_set_new(o, "state", text(r->said.state));
	json_object_set_new(o, "cause", text(r->said.cause));
	json_object_set_new(o, "side", text(r->said.side));
	json_object_set_new(o, "summary", text(r->summary));
}

static json_t *run_json(const struct lab_result *r)
{
	json_t *o = json_object();

	put_truth(o, r);
	put_said(o, r);
	json_object_set_new(o, "as", text(r->from_file ? "file" : "interface"));
	json_object_set_new(o, "grade", r->none ? json_null() : text(lab_grade_str(r->grade)));
	json_object_set_new(o, "side_right", r->none ? json_null() : json_boolean(r->side_right));
	json_object_set_new(o, "not_judged", text(r->none));
	json_object_set_new(o, "duration_ms", json_integer(r->took_ns / NS_PER_MS));
	return o;
}

static json_t *way_json(const struct lab_result *r)
{
	json_t *o = json_object();

	put_said(o, r);
	return o;
}

static json_t *ways_json(const struct lab_result *r, size_t n, const struct ways *ways)
{
	json_t *o = json_object(), *differ = json_array(), *one;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!differs(r, n, i))
			continue;
		one = json_object();
		put_truth(one, &r[i]);
		json_object_set_new(one, "interface", way_json(&r[i]));
		json_object_set_new(one, "file", way_json(&r[i + 1]));
		json_array_append_new(differ, one);
	}
	json_object_set_new(o, "pairs", json_integer((json_int_t)ways->pairs));
	json_object_set_new(o, "agree", json_integer((json_int_t)ways->agree));
	json_object_set_new(o, "differ", differ);
	return o;
}

/* ways: NULL: they were not to be compared. */
static void as_json(const struct lab_result *r, size_t n, const struct score *faults,
		    const struct score *controls, const struct ways *ways, const int64_t *t,
		    size_t n_times)
{
	json_t *o = json_object(), *runs = json_array();
	size_t i, judged = faults->runs + controls->runs;

	for (i = 0; i < n; i++)
		json_array_append_new(runs, run_json(&r[i]));
	json_object_set_new(o, "schema", text("wgdiag.lab/1"));
	json_object_set_new(o, "judged", json_integer((json_int_t)judged));
	json_object_set_new(o, "right",
			    json_integer((json_int_t)(right(faults) + right(controls))));
	json_object_set_new(o, "groups", json_integer((json_int_t)faults->grade[LAB_GROUP]));
	json_object_set_new(o, "side_right",
			    json_integer((json_int_t)(faults->side + controls->side)));
	json_object_set_new(o, "controls", json_integer((json_int_t)controls->runs));
	json_object_set_new(o, "false_alarms",
			    json_integer((json_int_t)controls->grade[LAB_FALSE_ALARM]));
	json_object_set_new(o, "ways", ways ? ways_json(r, n, ways) : json_null());
	json_object_set_new(o, "median_ms",
			    n_times ? json_integer(t[n_times / 2] / NS_PER_MS) : json_null());
	json_object_set_new(o, "longest_ms",
			    n_times ? json_integer(t[n_times - 1] / NS_PER_MS) : json_null());
	json_object_set_new(o, "runs", runs);
	json_dumpf(o, stdout, JSON_INDENT(1) | JSON_SORT_KEYS);
	putchar('\n');
	json_decref(o);
}

/* --- the whole ------------------------------------------------------------------------- */

static int read_engines(const struct lab_all_options *o, struct arena *a, struct run_lab_all *c)
{
	char *list = arena_strdup(a, o->near ? o->near : "builtin"), *save = NULL, *name;
	const struct engine_ops *ops;
	const char *program;
	struct err e;

	for (name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		ops = engine_ops_find(name);
		if (!ops || c->n_near == LAB_ENGINES_MAX) {
			say(NAME ": --engine-near '%s': no such engine", name);
			return EXIT_USAGE;
		}
		if (engine_program(ops, a, &program, &e) < 0) {
			say(NAME ": %s", e.text);
			return EXIT_USAGE;
		}
		c->near[c->n_near++] = ops->name;
	}
	return EXIT_OK;
}

static bool at_least(size_t n, size_t of, unsigned percent)
{
	return n * 100 >= of * percent;
}

static int exit_code(const struct lab_all_options *o, const struct score *faults,
		     const struct score *controls)
{
	size_t runs = faults->runs + controls->runs;

	/* Of two at once something else is never named. */
	if (o->pairs && (faults->grade[LAB_WRONG] || !at_least(right(faults), runs, PAIRS_LEAST)))
		return EXIT_FAILED;
	if (o->pairs)
		return runs ? EXIT_OK : EXIT_UNDECIDED;
	if (controls->grade[LAB_FALSE_ALARM] || (o->far_file && faults->grade[LAB_GROUP]) ||
	    !at_least(right(faults) + right(controls), runs,
		      o->far_file ? RIGHT_LEAST_FAR : RIGHT_LEAST) ||
	    !at_least(faults->side + controls->side, runs, SIDE_LEAST))
		return EXIT_FAILED;
	return runs ? EXIT_OK : EXIT_UNDECIDED;
}

static int tell(const struct lab_all_options *o, const struct lab_result *r, size_t n)
{
	struct score faults = { 0 }, controls = { 0 };
	const struct ways both = ways_of(r, n);
	const struct ways *ways = o->ways == LAB_WAYS_BOTH ? &both : NULL;
	size_t i, n_times;
	int64_t *t = times(r, n, &n_times);

	for (i = 0; i < n; i++)
		add(r[i].fault->side ? &faults : &controls, &r[i]);
	if (o->json) {
		as_json(r, n, &faults, &controls, ways, t, n_times);
	} else {
		if (!o->quiet)
			table(r, n);
		totals(&faults, &controls, ways, t, n_times);
		not_right(r, n, o);
		not_alike(r, n, o);
	}
	free(t);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		say(NAME ": writing the results: %s", strerror(errno));
		return EXIT_INTERNAL;
	}
	return exit_code(o, &faults, &controls);
}

int lab_all(const struct lab_all_options *o)
{
	struct run_lab_all c = {
		.far = o->far ? o->far->name : NULL,
		.jobs = (unsigned)o->jobs,
		.seeds = (unsigned)o->seeds,
		.seed = o->seed,
		.from_far = o->from_far,
		.far_file = o->far_file,
		.ways = o->ways,
		.alternate = o->alternate,
		.pairs = o->pairs,
	};
	struct voice voice = { .live = terminal_is_live(STDERR_FILENO) && !o->quiet };
	struct lab_watch watch = { told, &voice };
	struct lab_result *r;
	struct err e = { 0 };
	struct arena a;
	size_t n;
	int rc, code;

	arena_init(&a);
	code = read_engines(o, &a, &c);
	if (code == EXIT_OK) {
		if (!o->quiet)
			say(NAME ": %zu runs, %u at once, seed %" PRIu64 "",
			    run_lab_all_list(&c, NULL), c.jobs, c.seed);
		rc = run_lab_all(&c, &watch, &a, &r, &n, &e);
		clear(&voice);
		if (rc < 0 && rc != -EINTR)
			say(NAME ": %s", e.text);
		code = rc < 0 && rc != -EINTR ? EXIT_UNDECIDED : tell(o, r, n);
		code = rc == -EINTR ? EXIT_INTERRUPTED : code;
	}
	arena_done(&a);
	return code;
}
