/*
 * `wgdiag lab`: makes a named fault in a tunnel of its own, and diagnoses it.
 */
#include <sodium.h>
#include <string.h>

#include "cmd/check_common.h"
#include "cmd/cmd.h"
#include "cmd/lab_all.h"
#include "cmd/page.h"
#include "cmd/say.h"
#include "run/run_lab_all.h"

#define NAME "wgdiag lab"

enum { NAMES_MAX = 128, SEEDS_MAX = 1000, JOBS_USUAL = 4 };

struct lab_options {
	struct check_options check;
	const char *fault, *variant, *relay; /* as they were given */
	bool list, all;
	struct lab_all_options many; /* of --all */
	struct arena arena;
};

static void lab_help(FILE *out)
{
	fputs("usage: wgdiag lab [OPTIONS] FAULT\n"
	      "       wgdiag lab [OPTIONS] none\n"
	      "       wgdiag lab [OPTIONS] --all\n"
	      "       wgdiag lab --list\n"
	      "\n"
	      "Makes a fault in a private WireGuard tunnel on this machine, for real, and then\n"
	      "diagnoses it as wgdiag check does, which is told nothing. 'none' makes no fault:\n"
	      "the healthy control.\n"
	      "The network of this machine is not touched, and nothing is left behind. Where\n"
	      "packets are lost every probe is waited for: up to 10 seconds.\n"
	      "\n"
	      "      --list           the faults, and their variants\n"
	      "      --variant NAME   another way to the same fault (default: the first one\n"
	      "                       that the engine allows)\n"
	      "      --keep           look at nothing: leave it as it is until Ctrl-C, and say\n"
	      "                       how to get into each network\n"
	      "      --relay A,B,WAY  nothing but this: pass the frames of link A on by link B\n"
	      "                       and back, until Ctrl-C. WAY, of what there shall be:\n"
	      "                       delay=MS, jitter=MS, and in percent of all frames loss=,\n"
	      "                       duplicate=, reorder=, corrupt=; seed=N\n"
	      "      --all            every fault and control, each graded against the truth\n"
	      "      --jobs N         of --all, so many at once (default 4)\n"
	      "      --seeds N        of --all, each so many times, from different seeds\n"
	      "      --alternate      of --all, each by one engine of the list, in turn\n"
	      "      --engine-near NAME  the near end's engine: builtin, wireguard-go\n"
	      "                       (default: the one that the variant needs, else builtin);\n"
	      "                       of --all a list, as builtin,wireguard-go. Also --engine\n"
	      "      --engine-far NAME  the far end's (default builtin)\n"
	      "      --from END       who looks: near (default), or far, the other end\n"
	      "      --as WHAT        looked at as: interface (default), which is up, or file,\n"
	      "                       a configuration that wgdiag brings up\n"
	      "      --json           one JSON object on standard output\n"
	      "  -c, --count N        pings to the peer (default 10)\n"
	      "  -i, --interval S     seconds between them (default 0.1)\n"
	      "  -s, --size N         bytes of data in each (default 56: packets of 84 bytes)\n"
	      "  -W, --timeout S      seconds to wait for each answer (default 1)\n"
	      "      --seed N         draw names, addresses and ports from N, to repeat a run\n"
	      "      --save-facts FILE  keep what was seen, for wgdiag check --facts FILE\n"
	      "      --only WORDS     only these rows: ids, families, layers, as ping.peer,tun\n"
	      "      --skip WORDS     without these rows\n"
	      "      --list-checks    the rows, with id and layer; nothing is run\n"
	      "      --fail-on WHAT   exit 1 on: fail (default), or warn as well\n"
	      "      --dry-run        say what would be made and sent, and do nothing\n"
	      "  -q, --quiet          say nothing when all is well, else only what failed\n"
	      "  -v, --verbose        all evidence, and what was made\n"
	      "      --color WHEN     auto (default), always, never\n"
	      "  -h, --help           this text\n"
	      "\n"
	      "Exit: that of the check inside, as for wgdiag check; so 1 for a fault that was\n"
	      "found, and 0 for none. 3 also when the fault cannot be made here.\n",
	      out);
}

/* --- the command line ------------------------------------------------------- */

enum {
	OPT_LIST = OPT_OWN,
	OPT_ALL,
	OPT_JOBS,
	OPT_SEEDS,
	OPT_VARIANT,
	OPT_ENGINE_NEAR,
	OPT_ENGINE_FAR,
	OPT_FROM,
	OPT_AS,
	OPT_KEEP,
	OPT_RELAY,
	OPT_ALTERNATE,
};

static const struct option options[] = {
	{ "list", no_argument, NULL, OPT_LIST },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "keep", no_argument, NULL, OPT_KEEP },
	{ "alternate", no_argument, NULL, OPT_ALTERNATE },
	{ "relay", required_argument, NULL, OPT_RELAY },
	{ "jobs", required_argument, NULL, OPT_JOBS },
	{ "seeds", required_argument, NULL, OPT_SEEDS },
	{ "variant", required_argument, NULL, OPT_VARIANT },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "engine-near", required_argument, NULL, OPT_ENGINE_NEAR },
	{ "engine-far", required_argument, NULL, OPT_ENGINE_FAR },
	{ "from", required_argument, NULL, OPT_FROM },
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
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

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
	if (opt == OPT_AS)
		return one_of_two("--as", arg, "interface", "file", &lab->from_file);
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
	else if (opt == OPT_RELAY)
		o->relay = arg;
	else if (opt == OPT_KEEP)
		lab->keep = true;
	else if (opt == OPT_ENGINE_NEAR)
		o->many.near = arg;
	else if (opt == OPT_VARIANT)
		o->variant = arg;
	else
		return check_option(opt, arg, &o->check);
	return true;
}

/* What goes with what. */
static int options_fit(struct lab_options *o)
{
	/* Of --all it is a list. */
	if (o->many.near && !o->all && !check_option(OPT_ENGINE, o->many.near, &o->check))
		return EXIT_USAGE;
	if (o->list && o->check.report == &report_json) {
		say(NAME ": --list has no JSON");
		return EXIT_USAGE;
	}
	if (o->all && (o->variant || o->check.lab.from_file || o->list)) {
		say(NAME ": --all takes every fault, and no %s", o->list    ? "--list" :
								 o->variant ? "--variant" :
									      "--as");
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
	if (!c->lab.far)
		c->lab.far = engine_ops_find("builtin");
	return EXIT_OK;
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

static void list_variant(struct page *page, const struct lab_variant *v)
{
	CLEANUP(buf_done) struct buf says = { 0 };
	char first[64];

	snprintf(first, sizeof(first), "  --variant %-17s  ", v->name);
	buf_puts(&says, v->says);
	if (v->engine)
		buf_printf(&says, " (%s)", v->engine);
	page_entry(page, first, buf_str(&says));
}

static void list(void)
{
	const struct lab_variant *v;
	struct page page;
	char first[64];
	size_t i;

	page_open(&page);
	for (i = 0; lab_faults[i]; i++) {
		snprintf(first, sizeof(first), "%-29s  ", lab_faults[i]->name);
		page_entry(&page, first, lab_faults[i]->says);
		for (v = lab_faults[i]->variants; v->name; v++)
			list_variant(&page, v);
	}
	page_close(&page);
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
			list();
		else
			lab_help(stdout);
		return EXIT_OK;
	}
	code = o.fault ? choose_fault(&o) : EXIT_OK;
	if (code == EXIT_OK && o.check.lab.far)
		code = far_program(&o);
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
