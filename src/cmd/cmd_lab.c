/*
 * `wgdiag lab`: makes a named fault in a tunnel of its own, and diagnoses it.
 */
#include <sodium.h>
#include <string.h>

#include "cmd/check_common.h"
#include "cmd/cmd.h"
#include "cmd/lab_all.h"
#include "cmd/lab_pages.h"
#include "cmd/say.h"
#include "run/run_lab_all.h"

#define NAME "wgdiag lab"

enum { NAMES_MAX = 128, SEEDS_MAX = 1000, JOBS_USUAL = 4 };

struct lab_options {
	struct check_options check;
	const char *fault, *variant, *also, *relay, *as; /* as they were given */
	bool list, all;
	uint64_t given; /* a bit for each of options[], by its place */
	struct lab_all_options many; /* of --all */
	struct arena arena;
};

/* --- the command line ------------------------------------------------------- */

enum {
	OPT_LIST = OPT_OWN,
	OPT_ALL,
	OPT_JOBS,
	OPT_SEEDS,
	OPT_VARIANT,
	OPT_AND,
	OPT_ENGINE_NEAR,
	OPT_ENGINE_FAR,
	OPT_FROM,
	OPT_LAB_FAR,
	OPT_AS,
	OPT_KEEP,
	OPT_RELAY,
	OPT_ALTERNATE,
	OPT_PAIRS,
};

static const struct option options[] = {
	{ "list", no_argument, NULL, OPT_LIST },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "and", required_argument, NULL, OPT_AND },
	{ "keep", no_argument, NULL, OPT_KEEP },
	{ "alternate", no_argument, NULL, OPT_ALTERNATE },
	{ "pairs", no_argument, NULL, OPT_PAIRS },
	{ "relay", required_argument, NULL, OPT_RELAY },
	{ "jobs", required_argument, NULL, OPT_JOBS },
	{ "seeds", required_argument, NULL, OPT_SEEDS },
	{ "variant", required_argument, NULL, OPT_VARIANT },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "engine-near", required_argument, NULL, OPT_ENGINE_NEAR },
	{ "engine-far", required_argument, NULL, OPT_ENGINE_FAR },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "far-file", no_argument, NULL, OPT_LAB_FAR },
	{ "as", required_argument, NULL, OPT_AS },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "count", required_argument, NULL, 'c' },
	{ "interval", required_argument, NULL, 'i' },
	{ "size", required_argument, NULL, 's' },
	{ "timeout", required_argument, NULL, 'W' },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "save-facts", required_argument, NULL, OPT_SAVE_FACTS },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "color", required_argument, NULL, OPT_COLOR },
	{ "only", required_argument, NULL, OPT_ONLY },
	{ "skip", required_argument, NULL, OPT_SKIP },
	{ "list-checks", no_argument, NULL, OPT_LIST_CHECKS },
	{ "fail-on", required_argument, NULL, OPT_FAIL_ON },
	{ "loss-fail", required_argument, NULL, OPT_LOSS_FAIL },
	{ "loss-warn", required_argument, NULL, OPT_LOSS_WARN },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static uint64_t option_bit(int val)
{
	size_t i;

	for (i = 0; options[i].name; i++)
		if (options[i].val == val)
			return UINT64_C(1) << i;
	return 0;
}

/* The first of those that was given; NULL: none was. */
static const char *given_of(const struct lab_options *o, const int *vals, size_t n)
{
	size_t i, k;

	for (i = 0; options[i].name; i++)
		for (k = 0; k < n; k++)
			if (options[i].val == vals[k] && o->given & option_bit(vals[k]))
				return options[i].name;
	return NULL;
}

/* The value of an option that has two: *second, or it was said why not. */
static bool one_of_two(const char *option, const char *arg, const char *first, const char *other,
		       bool *second)
{
	*second = strcmp(arg, other) == 0;
	if (*second || strcmp(arg, first) == 0)
		return true;
	say(NAME ": %s '%s': %s or %s", option, arg, first, other);
	return false;
}

static bool read_far_engine(const char *arg, struct lab_options *o)
{
	const char *names[NAMES_MAX];
	size_t n;

	o->check.lab.far = engine_ops_find(arg);
	if (o->check.lab.far)
		return true;
	for (n = 0; engines[n] && n < NAMES_MAX; n++)
		names[n] = engines[n]->name;
	options_no_such(NAME, "engine", arg, names, n);
	return false;
}

static bool read_one(int opt, const char *arg, struct lab_options *o)
{
	struct run_lab *lab = &o->check.lab;

	if (opt == OPT_ENGINE_FAR)
		return read_far_engine(arg, o);
	if (opt == OPT_FROM)
		return one_of_two("--from", arg, "near", "far", &lab->from_far);
	if (opt == OPT_JOBS)
		return options_count(NAME, "--jobs", arg, 1, RUN_LAB_JOBS_MAX, &o->many.jobs);
	if (opt == OPT_SEEDS)
		return options_count(NAME, "--seeds", arg, 1, SEEDS_MAX, &o->many.seeds);
	if (opt == OPT_LIST)
		o->list = true;
	else if (opt == OPT_ALL)
		o->all = true;
	else if (opt == OPT_ALTERNATE)
		o->many.alternate = true;
	else if (opt == OPT_PAIRS)
		o->many.pairs = true;
	else if (opt == OPT_RELAY)
		o->relay = arg;
	else if (opt == OPT_KEEP)
		lab->keep = true;
	else if (opt == OPT_LAB_FAR)
		lab->far_file = true;
	else if (opt == OPT_ENGINE_NEAR || opt == OPT_ENGINE)
		o->many.near = arg;
	else if (opt == OPT_VARIANT)
		o->variant = arg;
	else if (opt == OPT_AND)
		o->also = arg;
	else if (opt == OPT_AS)
		o->as = arg;
	else
		return check_option(opt, arg, &o->check);
	return true;
}

/* What is to be looked at, of one fault or of all. */
static bool read_ways(struct lab_options *o)
{
	static const char *const ways[] = {
		[LAB_WAYS_INTERFACE] = "interface",
		[LAB_WAYS_FILE] = "file",
		[LAB_WAYS_BOTH] = "both",
	};
	struct run_lab *lab = &o->check.lab;
	size_t i;

	if (!o->all && !one_of_two("--as", o->as, "interface", "file", &lab->from_file))
		return false;
	for (i = LAB_WAYS_INTERFACE; i < ARRAY_LEN(ways); i++)
		if (strcmp(o->as, ways[i]) == 0)
			o->many.ways = (enum lab_ways)i;
	if (o->many.ways == LAB_WAYS_IN_TURN)
		say(NAME ": --as '%s': interface, file or both", o->as);
	else if (o->many.ways != LAB_WAYS_INTERFACE && lab->from_far)
		say(NAME ": --as %s: the far end is looked at as an interface", o->as);
	else
		return true;
	return false;
}

/* What is of one fault only, or of all only, is not taken in silence and left out. */
static bool is_of_what_was_asked(const struct lab_options *o)
{
	static const int of_one[] = {
		OPT_LIST,      OPT_VARIANT, OPT_AND,	 OPT_KEEP,    OPT_SAVE_FACTS,
		OPT_ONLY,      OPT_SKIP,    OPT_FAIL_ON, OPT_DRY_RUN, OPT_LIST_CHECKS,
		'c',	       'i',	    's',	 'W',	      OPT_LOSS_FAIL,
		OPT_LOSS_WARN,
	};
	static const int of_all[] = { OPT_JOBS, OPT_SEEDS, OPT_ALTERNATE };
	const char *not_all = given_of(o, of_one, ARRAY_LEN(of_one));
	const char *not_one = given_of(o, of_all, ARRAY_LEN(of_all));

	if (o->all && not_all)
		say(NAME ": --all takes every fault, and no --%s", not_all);
	else if (!o->all && not_one)
		say(NAME ": --%s: of --all", not_one);
	else if (o->many.pairs && (!o->all || o->check.lab.from_far))
		say(NAME ": --pairs: of --all, from the near end");
	else
		return true;
	return false;
}

/* What goes with what. */
static int options_fit(struct lab_options *o)
{
	if (!is_of_what_was_asked(o) || (o->as && !read_ways(o)))
		return EXIT_USAGE;
	/* Of --all it is a list. */
	if (o->many.near && !o->all && !check_option(OPT_ENGINE, o->many.near, &o->check))
		return EXIT_USAGE;
	if (o->list && o->check.report == &report_json) {
		say(NAME ": --list has no JSON");
		return EXIT_USAGE;
	}
	if (!o->fault && !o->list && !o->all && !o->relay && !o->check.list_checks) {
		say(NAME ": which fault? (" NAME " --list shows them; 'none' is the control)");
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

/* EXIT_OK: go on with *o. */
static int read_options(int argc, char **argv, struct lab_options *o)
{
	int opt;

	opterr = 0;
	optind = 0; /* glibc: begin anew */
	while ((opt = getopt_long(argc, argv, CHECK_SHORT_OPTIONS, options, NULL)) >= 0) {
		if (opt == '?' || opt == ':')
			return options_bad(NAME, options, opt, argv);
		if (!read_one(opt, optarg, o))
			return EXIT_USAGE;
		o->given |= option_bit(opt);
		if (o->check.help)
			return EXIT_OK;
	}
	o->fault = argv[optind]; /* NULL at the end */
	if (o->fault && (o->list || o->all || argv[optind + 1])) {
		say(NAME ": unexpected argument '%s' (see " NAME " --help)",
		    o->list || o->all ? o->fault : argv[optind + 1]);
		return EXIT_USAGE;
	}
	return options_fit(o);
}

/* --- which one ---------------------------------------------------------------- */

static int no_such_fault(const char *given)
{
	const char *names[NAMES_MAX];
	size_t n = 0;

	while (lab_faults[n] && n < NAMES_MAX) {
		names[n] = lab_faults[n]->name;
		n++;
	}
	return options_no_such(NAME, "fault", given, names, n);
}

static int no_such_variant(const struct lab_fault *f, const char *given)
{
	const char *names[NAMES_MAX];
	size_t n = 0;

	while (f->variants[n].name && n < NAMES_MAX) {
		names[n] = f->variants[n].name;
		n++;
	}
	return options_no_such(NAME, "variant", given, names, n);
}

/* NULL: there is no such variant, or none that can be made with the engine that was given. */
static const struct lab_variant *variant_of(const struct lab_options *o, const struct lab_fault *f)
{
	if (o->variant)
		return lab_variant_find(f, o->variant);
	return o->check.engine ? lab_variant_for(f, o->check.engine->name) : &f->variants[0];
}

/* Fills o->check: the fault, the variant, and the engine that it needs where none was given. */
static int choose_fault(struct lab_options *o)
{
	const struct lab_fault *f = lab_fault_find(o->fault);
	struct check_options *c = &o->check;
	const struct lab_variant *v;

	if (!f)
		return no_such_fault(o->fault);
	v = variant_of(o, f);
	if (!v && o->variant)
		return no_such_variant(f, o->variant);
	if (!v || (v->engine && c->engine && strcmp(v->engine, c->engine->name))) {
		say(NAME ": %s%s%s cannot be made with the engine %s (see " NAME " --list)",
		    f->name, v ? ", variant " : "", v ? v->name : "", c->engine->name);
		return EXIT_USAGE;
	}
	if (!c->engine && v->engine)
		c->engine = engine_ops_find(v->engine);
	c->fault = f;
	c->variant = v;
	c->lab.root = c->root;
	if (c->lab.keep && !v->scene) {
		say(NAME ": --keep: %s, %s has no network to get into", f->name, v->name);
		return EXIT_USAGE;
	}
	if (c->lab.far_file && !v->scene) {
		say(NAME ": --far-file: of %s, %s both ends are looked at", f->name, v->name);
		return EXIT_USAGE;
	}
	if (!c->lab.far)
		c->lab.far = engine_ops_find("builtin");
	return EXIT_OK;
}

/* FAULT[/VARIANT], beside one that is chosen. */
static int choose_second(struct lab_options *o)
{
	struct check_options *c = &o->check;
	char *name = arena_strdup(&o->arena, o->also), *variant = strchr(name, '/');
	const struct lab_variant *v;

	if (variant)
		*variant++ = '\0';
	c->and_fault = lab_fault_find(name);
	if (!c->and_fault)
		return no_such_fault(name);
	v = variant ? lab_variant_find(c->and_fault, variant) :
		      lab_variant_for(c->and_fault, c->engine ? c->engine->name : "builtin");
	if (!v && variant)
		return no_such_variant(c->and_fault, variant);
	if (!v || !v->scene || !c->variant->scene) {
		say(NAME
		    ": --and '%s': %s is made in a tunnel of its own, without a network for two "
		    "faults",
		    o->also, v && v->scene ? c->fault->name : name);
		return EXIT_USAGE;
	}
	if (c->and_fault == c->fault) {
		say(NAME ": --and '%s': that is the same fault", o->also);
		return EXIT_USAGE;
	}
	if (v->engine && c->engine && strcmp(v->engine, c->engine->name)) {
		say(NAME ": --and '%s': it cannot be made with the engine %s", o->also,
		    c->engine->name);
		return EXIT_USAGE;
	}
	if (v->engine)
		c->engine = engine_ops_find(v->engine);
	c->and_variant = v;
	return EXIT_OK;
}

/* The way in which it can be seen, where there is but one and the user has chosen none. */
static void take_way(struct lab_options *o)
{
	struct check_options *c = &o->check;
	const struct lab_variant *v = c->variant, *also = c->and_variant ? c->and_variant : v;
	bool interface = lab_can_be_interface(v), near = lab_can_be_near(v);

	if (o->given & (option_bit(OPT_AS) | option_bit(OPT_FROM)) || c->list_checks)
		return;
	c->lab.from_file = !(interface && lab_can_be_interface(also)) && lab_can_be_file(v) &&
			   lab_can_be_file(also);
	c->lab.from_far =
		!(near && lab_can_be_near(also)) && lab_can_be_far(v) && lab_can_be_far(also);
	if (c->lab.from_file && !c->quiet)
		say(NAME ": %s shows only when a tunnel is brought up: --as file",
		    interface ? c->and_fault->name : c->fault->name);
	if (c->lab.from_far && !c->quiet)
		say(NAME ": %s shows at the far end only: --from far",
		    near ? c->and_fault->name : c->fault->name);
}

/* Found out first: a program that is not there is a matter of the command line. */
static int far_program(struct lab_options *o)
{
	struct run_lab *lab = &o->check.lab;
	struct err e = { 0 };

	if (engine_program(lab->far, &o->arena, &lab->far_program, &e) == 0)
		return EXIT_OK;
	say(NAME ": %s", e.text);
	return EXIT_USAGE;
}

static void on_relay(void *ctx)
{
	const struct relay_conf *c = ctx;

	printf("relaying frames of %s and %s\n", c->dev[0], c->dev[1]);
	fflush(stdout);
}

static int relay(const struct lab_options *o)
{
	struct relay_conf c;
	struct err e = { 0 };
	int rc = relay_parse(o->relay, &c, &e);

	if (rc < 0) {
		say(NAME ": --relay: %s", e.text);
		return EXIT_USAGE;
	}
	rc = run_lab_relay(&c, on_relay, &c, &e);
	if (rc == 0)
		return EXIT_OK;
	say(NAME ": %s", e.text);
	return EXIT_UNDECIDED;
}

static int all(struct lab_options *o)
{
	if (!o->check.has_seed)
		randombytes_buf(&o->check.seed, sizeof(o->check.seed));
	/* Each adds to it, and all are to be typed. */
	o->many.seed = o->check.has_seed ? o->check.seed : o->check.seed >> 40;
	o->many.far = o->check.lab.far;
	o->many.from_far = o->check.lab.from_far;
	o->many.far_file = o->check.lab.far_file;
	o->many.json = o->check.report == &report_json;
	o->many.quiet = o->check.quiet;
	return lab_all(&o->many);
}

static int lab_run(int argc, char **argv)
{
	struct lab_options o = { .many = { .jobs = JOBS_USUAL, .seeds = 1 } };
	int code;

	check_options_init(&o.check, NAME);
	code = read_options(argc, argv, &o);
	if (code != EXIT_OK)
		return code;
	if (o.all && !o.check.help)
		return all(&o);
	if (o.relay && !o.check.help)
		return relay(&o);
	arena_init(&o.arena);
	if (o.check.help || o.list) {
		if (o.list)
			lab_list();
		else
			lab_help(stdout);
		return EXIT_OK;
	}
	code = o.fault ? choose_fault(&o) : EXIT_OK;
	if (code == EXIT_OK && o.fault && o.also)
		code = choose_second(&o);
	if (code == EXIT_OK && o.check.lab.far)
		code = far_program(&o);
	if (code == EXIT_OK && o.fault)
		take_way(&o);
	if (code == EXIT_OK)
		code = check_and_tell(&o.check);
	arena_done(&o.arena);
	return code;
}

const struct cmd cmd_lab = {
	.name = "lab",
	.args = "[--variant NAME] [--engine NAME] [--json] [-q] [-v] FAULT | none | --list",
	.summary = "make a named fault on this machine and diagnose it",
	.run = lab_run,
	.help = lab_help,
};
