/*
 * `wgdiag check`: the self-test on a tunnel made for it.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/cmd.h"
#include "cmd/hint.h"
#include "cmd/options.h"
#include "cmd/terminal.h"
#include "engine/engine.h"
#include "report/report.h"
#include "run/run.h"

#define NAME "wgdiag check"

enum { ENGINES_MAX = 16, COUNT_MAX = 100000, PAYLOAD_MAX = 65507 };

struct check_options {
	const struct engine_ops *engine;
	const struct report_ops *report;
	enum colour_when colour;
	uint64_t count, payload, seed;
	int64_t interval_ns, timeout_ns;
	bool has_seed, quiet, verbose, help;
};

static void check_help(FILE *out)
{
	fputs("usage: wgdiag check [OPTIONS]\n"
	      "\n"
	      "Makes a private WireGuard tunnel on this machine, sends real traffic through it\n"
	      "in both directions, watches it, and says what it saw. Needs root. The network of\n"
	      "this machine is not touched, and nothing is left behind.\n"
	      "\n"
	      "      --engine NAME    the near end's engine: builtin (default), wireguard-go\n"
	      "      --json           one JSON object on standard output\n"
	      "  -c, --count N        pings to the peer (default 10)\n"
	      "  -i, --interval S     seconds between them (default 0.1)\n"
	      "  -s, --size N         bytes of data in each (default 56: packets of 84 bytes)\n"
	      "  -W, --timeout S      seconds to wait for each answer (default 1)\n"
	      "      --seed N         draw names, addresses and ports from N, to repeat a run\n"
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

enum { OPT_ENGINE = 256, OPT_JSON, OPT_SEED, OPT_COLOR };

static const struct option options[] = {
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "count", required_argument, NULL, 'c' },
	{ "interval", required_argument, NULL, 'i' },
	{ "size", required_argument, NULL, 's' },
	{ "timeout", required_argument, NULL, 'W' },
	{ "seed", required_argument, NULL, OPT_SEED },
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
	options_no_such(NAME, "engine", s, names, n);
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
	options_no_such(NAME, "value of --color", s, names, ARRAY_LEN(names));
	return false;
}

static bool read_one(int opt, const char *arg, struct check_options *o)
{
	switch (opt) {
	case OPT_ENGINE:
		return read_engine(arg, o);
	case OPT_COLOR:
		return read_colour(arg, o);
	case OPT_JSON:
		o->report = &report_json;
		return true;
	case OPT_SEED:
		o->has_seed = true;
		return options_count(NAME, "--seed", arg, 0, UINT64_MAX, &o->seed);
	case 'c':
		return options_count(NAME, "-c", arg, 1, COUNT_MAX, &o->count);
	case 's':
		return options_count(NAME, "-s", arg, 0, PAYLOAD_MAX, &o->payload);
	case 'i':
		return options_seconds(NAME, "-i", arg, 0, 3600 * NS_PER_S, &o->interval_ns);
	case 'W':
		return options_seconds(NAME, "-W", arg, NS_PER_MS, 3600 * NS_PER_S, &o->timeout_ns);
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
	while ((opt = getopt_long(argc, argv, ":c:i:s:W:qvh", options, NULL)) >= 0) {
		if (opt == '?' || opt == ':')
			return options_bad(NAME, options, opt, argv);
		if (!read_one(opt, optarg, o))
			return EXIT_USAGE;
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
		fprintf(stderr, NAME ": writing the report: %s\n", strerror(errno));
		return EXIT_INTERNAL;
	}
	return exit_code(r->facts, r->verdict);
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
		.progress = on_progress,
		.changed = on_changed,
		.ctx = &voice,
	};
	struct findings all;
	struct verdict verdict;
	struct facts facts;
	struct err e = { 0 };
	int rc;

	if (engine_program(o->engine, a, &c.program, &e) < 0) {
		fprintf(stderr, NAME ": %s\n", e.text);
		/* Our own program, through /proc: no choice of the user's can be wrong. */
		return strchr(o->engine->program, '/') ? EXIT_UNDECIDED : EXIT_USAGE;
	}
	rc = run_self_test(&c, a, &facts, &e);
	clear_progress(&voice);
	if (rc < 0) {
		fprintf(stderr, "wgdiag: %s%s\n", e.text, hint_for(&e, geteuid() == 0));
		return EXIT_UNDECIDED;
	}
	run_judge(&facts, a, &all, &verdict);
	return tell(o, &(struct report){ &facts, &all, &verdict });
}

static int check_run(int argc, char **argv)
{
	struct check_options o = {
		.engine = engine_ops_find("builtin"),
		.report = &report_text,
		.count = 10,
		.payload = 56,
		.interval_ns = 100 * NS_PER_MS,
		.timeout_ns = NS_PER_S,
	};
	struct arena a;
	int code = read_options(argc, argv, &o);

	if (code != EXIT_OK)
		return code;
	if (o.help) {
		check_help(stdout);
		return EXIT_OK;
	}
	if (!o.has_seed)
		randombytes_buf(&o.seed, sizeof(o.seed));
	arena_init(&a);
	code = check(&o, &a);
	arena_done(&a);
	return code;
}

const struct cmd cmd_check = {
	.name = "check",
	.args = "[--engine NAME] [--json] [-c N] [-i S] [-s N] [-W S] [-q] [-v]",
	.summary = "diagnose a tunnel that wgdiag makes on this machine",
	.run = check_run,
	.help = check_help,
};
