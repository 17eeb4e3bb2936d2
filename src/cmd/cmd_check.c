/*
 * `wgdiag check`: the self-test on a tunnel made for it.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/check_common.h"
#include "cmd/cmd.h"
#include "cmd/facts_io.h"
#include "cmd/hint.h"
#include "run/run.h"

#define NAME "wgdiag check"

enum { ENGINES_MAX = 16, COUNT_MAX = 100000, PAYLOAD_MAX = 65507 };

static void check_help(FILE *out)
{
	fputs("usage: wgdiag check [OPTIONS]\n"
	      "\n"
	      "Makes a private WireGuard tunnel on this machine, sends real traffic through it\n"
	      "in both directions, watches it, and says what it saw. Needs no root where user\n"
	      "namespaces are allowed. The network of this machine is not touched, and nothing\n"
	      "is left behind.\n"
	      "\n"
	      "      --engine NAME    the near end's engine: builtin (default), wireguard-go\n"
	      "      --json           one JSON object on standard output\n"
	      "  -c, --count N        pings to the peer (default 10)\n"
	      "  -i, --interval S     seconds between them (default 0.1)\n"
	      "  -s, --size N         bytes of data in each (default 56: packets of 84 bytes)\n"
	      "  -W, --timeout S      seconds to wait for each answer (default 1)\n"
	      "      --seed N         draw names, addresses and ports from N, to repeat a run\n"
	      "      --save-facts FILE  keep all that was observed, to be judged again\n"
	      "      --facts FILE     judge such a file instead of running (-: standard input);\n"
	      "                       needs no root\n"
	      "  -q, --quiet          say nothing when all is well, else only what failed\n"
	      "  -v, --verbose        all evidence\n"
	      "      --color WHEN     auto (default), always, never\n"
	      "  -h, --help           this text\n"
	      "\n"
	      "Exit: 0 healthy, 1 something failed, 2 wrong usage, 3 could not decide (no\n"
	      "privilege, no tun device), 4 internal error, 130 interrupted (what was finished\n"
	      "is printed).\n",
	      out);
}

/* --- the command line ------------------------------------------------------- */

static const struct option options[] = {
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "count", required_argument, NULL, 'c' },
	{ "interval", required_argument, NULL, 'i' },
	{ "size", required_argument, NULL, 's' },
	{ "timeout", required_argument, NULL, 'W' },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "save-facts", required_argument, NULL, OPT_SAVE_FACTS },
	{ "facts", required_argument, NULL, OPT_FACTS },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "color", required_argument, NULL, OPT_COLOR },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static bool read_engine(const char *s, struct check_options *o)
{
	const char *names[ENGINES_MAX];
	size_t n = 0;

	o->engine = engine_ops_find(s);
	if (o->engine)
		return true;
	while (engines[n] && n < ENGINES_MAX) {
		names[n] = engines[n]->name;
		n++;
	}
	options_no_such(o->cmd, "engine", s, names, n);
	return false;
}

static bool read_colour(const char *s, struct check_options *o)
{
	static const char *const names[] = { "auto", "always", "never" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(s, names[i]) == 0) {
			o->colour = (enum colour_when)i;
			return true;
		}
	}
	options_no_such(o->cmd, "value of --color", s, names, ARRAY_LEN(names));
	return false;
}

/* "-" would mix with the report on standard output. */
static bool read_save(const char *s, struct check_options *o)
{
	o->save_facts = s;
	if (*s && strcmp(s, "-") != 0)
		return true;
	fprintf(stderr, "%s: --save-facts '%s' is no name of a file\n", o->cmd, s);
	return false;
}

static const char *const run_options[] = {
	['c'] = "-c",
	['i'] = "-i",
	['s'] = "-s",
	['W'] = "-W",
	[OPT_ENGINE] = "--engine",
	[OPT_SEED] = "--seed",
	[OPT_SAVE_FACTS] = "--save-facts",
};

bool check_option(int opt, const char *arg, struct check_options *o)
{
	switch (opt) {
	case OPT_ENGINE:
		return read_engine(arg, o);
	case OPT_COLOR:
		return read_colour(arg, o);
	case OPT_JSON:
		o->report = &report_json;
		return true;
	case OPT_FACTS:
		o->facts = arg;
		return true;
	case OPT_SAVE_FACTS:
		return read_save(arg, o);
	case OPT_SEED:
		o->has_seed = true;
		return options_count(o->cmd, "--seed", arg, 0, UINT64_MAX, &o->seed);
	case 'c':
		return options_count(o->cmd, "-c", arg, 1, COUNT_MAX, &o->count);
	case 's':
		return options_count(o->cmd, "-s", arg, 0, PAYLOAD_MAX, &o->payload);
	case 'i':
		return options_seconds(o->cmd, "-i", arg, 0, 3600 * NS_PER_S, &o->interval_ns);
	case 'W':
		return options_seconds(o->cmd, "-W", arg, NS_PER_MS, 3600 * NS_PER_S,
				       &o->timeout_ns);
	case 'q':
		o->quiet = true;
		return true;
	case 'v':
		o->verbose = true;
		return true;
	default:
		o->help = true;
		return true;
	}
}

/* EXIT_OK: go on with *o. */
static int read_options(int argc, char **argv, struct check_options *o)
{
	int opt;

	opterr = 0;
	optind = 0; /* glibc: begin anew */
	while ((opt = getopt_long(argc, argv, CHECK_SHORT_OPTIONS, options, NULL)) >= 0) {
		if (opt == '?' || opt == ':')
			return options_bad(NAME, options, opt, argv);
		if (!check_option(opt, optarg, o))
			return EXIT_USAGE;
		if ((size_t)opt < ARRAY_LEN(run_options) && run_options[opt])
			o->of_a_run = run_options[opt];
		if (o->help)
			return EXIT_OK;
	}
	if (optind < argc) {
		fprintf(stderr,
			NAME ": '%s': this version only tests a tunnel it makes itself "
			     "(wgdiag check, without an argument)\n",
			argv[optind]);
		return EXIT_USAGE;
	}
	if (o->facts && o->of_a_run) {
		fprintf(stderr, NAME ": %s says how a run is done, and --facts does none\n",
			o->of_a_run);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

/* --- while it runs ------------------------------------------------------------ */

struct voice {
	bool live, verbose;
};

static void clear_progress(const struct voice *v)
{
	if (v->live)
		fputs("\r\033[K", stderr);
}

static void on_progress(void *ctx, unsigned step, unsigned n, const char *what)
{
	const struct voice *v = ctx;

	if (!v->live)
		return;
	clear_progress(v);
	fprintf(stderr, "%u/%u %s", step, n, what);
	fflush(stderr);
}

static void on_changed(void *ctx, const char *what)
{
	const struct voice *v = ctx;

	if (!v->verbose)
		return;
	clear_progress(v);
	fprintf(stderr, "%s\n", what);
}

/* --- afterwards --------------------------------------------------------------- */

static void tell_refusal(const struct err *e, bool root)
{
	const char *help = hint_for(e, root);

	fprintf(stderr, help ? "wgdiag: %s (%s)\n" : "wgdiag: %s\n", e->text, help);
}

static int exit_code(const struct facts *f, const struct verdict *v)
{
	if (f->interrupted)
		return EXIT_INTERRUPTED;
	if (v->state == STATE_FAIL)
		return EXIT_FAILED;
	return v->state == STATE_UNSURE ? EXIT_UNDECIDED : EXIT_OK;
}

static int tell(const struct check_options *o, const struct report *r)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct report_style style = { .quiet = o->quiet, .verbose = o->verbose };

	terminal_style(o->colour, &style);
	o->report->write(r, &style, &text);
	if (fwrite(buf_str(&text), 1, text.len, stdout) != text.len || fflush(stdout) != 0) {
		fprintf(stderr, "%s: writing the report: %s\n", o->cmd, strerror(errno));
		return EXIT_INTERNAL;
	}
	return exit_code(r->facts, r->verdict);
}

static int judge(const struct check_options *o, struct arena *a, const struct facts *f)
{
	struct findings all;
	struct verdict verdict;

	run_judge(f, a, &all, &verdict);
	return tell(o, &(struct report){ f, &all, &verdict });
}

static int judge_saved(const struct check_options *o, struct arena *a)
{
	struct err e = { 0 };
	struct facts f;

	if (facts_io_load(o->facts, a, &f, &e) < 0) {
		fprintf(stderr, "%s: %s\n", o->cmd, e.text);
		return EXIT_USAGE;
	}
	return judge(o, a, &f);
}

/* What was seen is told, also when it cannot be kept. */
static int judge_and_save(const struct check_options *o, struct arena *a, const struct facts *f)
{
	struct err e = { 0 };
	int rc = o->save_facts ? facts_io_save(o->save_facts, f, &e) : 0;
	int code = judge(o, a, f);

	if (rc == 0)
		return code;
	fprintf(stderr, "%s: %s\n", o->cmd, e.text);
	return EXIT_INTERNAL;
}

static int check(const struct check_options *o, struct arena *a)
{
	struct voice voice = { .live = terminal_is_live(STDERR_FILENO) && !o->quiet,
			       .verbose = o->verbose };
	struct run_conf c = {
		.engine = o->engine,
		.ping_count = (unsigned)o->count,
		.ping_payload = (unsigned)o->payload,
		.ping_interval_ns = o->interval_ns,
		.ping_timeout_ns = o->timeout_ns,
		.seed = o->seed,
		.fault = o->fault,
		.variant = o->variant,
		.progress = on_progress,
		.changed = on_changed,
		.ctx = &voice,
	};
	struct facts facts;
	struct err e = { 0 };
	bool root = geteuid() == 0; /* in a user namespace everybody is */
	int rc;

	if (o->save_facts && facts_io_can_save(o->save_facts, &e) < 0) {
		fprintf(stderr, "%s: %s\n", o->cmd, e.text);
		return EXIT_USAGE;
	}
	if (engine_program(o->engine, a, &c.program, &e) < 0) {
		fprintf(stderr, "%s: %s\n", o->cmd, e.text);
		/* Our own program, through /proc: no choice of the user's can be wrong. */
		return strchr(o->engine->program, '/') ? EXIT_UNDECIDED : EXIT_USAGE;
	}
	rc = run_self_test(&c, a, &facts, &e);
	clear_progress(&voice);
	if (rc < 0) {
		tell_refusal(&e, root);
		return EXIT_UNDECIDED;
	}
	return judge_and_save(o, a, &facts);
}

void check_options_init(struct check_options *o, const char *cmd)
{
	*o = (struct check_options){
		.cmd = cmd,
		.report = &report_text,
		.count = 10,
		.payload = 56,
		.interval_ns = 100 * NS_PER_MS,
		.timeout_ns = NS_PER_S,
	};
}

int check_and_tell(struct check_options *o)
{
	struct arena a;
	int code;

	if (!o->engine)
		o->engine = engine_ops_find("builtin");
	if (!o->has_seed)
		randombytes_buf(&o->seed, sizeof(o->seed));
	arena_init(&a);
	code = o->facts ? judge_saved(o, &a) : check(o, &a);
	arena_done(&a);
	return code;
}

static int check_run(int argc, char **argv)
{
	struct check_options o;
	int code;

	check_options_init(&o, NAME);
	code = read_options(argc, argv, &o);
	if (code != EXIT_OK)
		return code;
	if (o.help) {
		check_help(stdout);
		return EXIT_OK;
	}
	return check_and_tell(&o);
}

const struct cmd cmd_check = {
	.name = "check",
	.args = "[--engine NAME] [--json] [-c N] [-i S] [-s N] [-W S] [-q] [-v] [--facts FILE]",
	.summary = "diagnose a tunnel that wgdiag makes on this machine",
	.run = check_run,
	.help = check_help,
};
