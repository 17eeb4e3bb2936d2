/*
 * `wgdiag check`: a tunnel that runs, one of a file, or one made for the test.
 */
#include "cmd/check_common.h"
#include "cmd/cmd.h"
#include "cmd/say.h"

#define NAME "wgdiag check"

static void check_help_exit(FILE *out)
{
	fputs("\n"
	      "Exit: 0 healthy, 1 something failed, 2 wrong usage, 3 could not decide (no\n"
	      "privilege, no tun device), 4 internal error, 130 interrupted (what was finished\n"
	      "is printed).\n",
	      out);
}

static void check_help_output(FILE *out)
{
	fputs("  -v, --verbose        all evidence, and a line for each probe\n"
	      "      --color WHEN     auto (default), always, never\n"
	      "  -h, --help           this text\n",
	      out);
}

static void check_help(FILE *out)
{
	fputs("usage: wgdiag check [OPTIONS] [INTERFACE | FILE]\n"
	      "\n"
	      "Makes a private WireGuard tunnel on this machine, sends real traffic through it\n"
	      "in both directions, watches it, and says what it saw. Needs no root where user\n"
	      "namespaces are allowed. The network of this machine is not touched, and nothing\n"
	      "is left behind.\n"
	      "\n"
	      "With an interface, attaches to the tunnel that runs there, of any engine, and\n"
	      "changes nothing of it.\n"
	      "\n"
	      "With a file of wg-quick, brings its tunnel up, tests it, and takes it down. Only\n"
	      "what it probes is routed. Needs root.\n"
	      "\n"
	      "      --ping ADDR      an address inside the tunnel that must answer, so\n"
	      "                       that its peer must be there\n"
	      "      --peer KEY       the peer whose public key begins like this\n"
	      "      --require KEY    one that must be there, as if named by --peer; or: all\n"
	      "      --netns NAME     the interface is in that network namespace (name or pid)\n"
	      "      --config FILE    what the tunnel was meant to be: differences are told\n"
	      "      --endpoint A:P   where its peer is, if its engine has no control socket\n"
	      "      --engine-log FILE  what its engine wrote (-: standard input)\n"
	      "      --kernel-debug   has the kernel's engine say why it refuses messages, by\n"
	      "                       debug lines, which are switched off again on exit\n"
	      "      --full-routes    of a file: all routes and rules that wg-quick would make\n"
	      "      --force          of a file: also when an interface with its key is up\n"
	      "      --run-hooks      of a file: run its PreUp, PostUp, PreDown and PostDown,\n"
	      "                       as wg-quick does; without it they are shown only\n"
	      "      --engine NAME    the near end's engine: builtin, wireguard-go, boringtun,\n"
	      "                       gotatun, kernel (see wgdiag engines) or auto (default):\n"
	      "                       for a file the first there is of kernel, wireguard-go and\n"
	      "                       builtin, else builtin; an interface has one\n"
	      "      --engine-cmd CMD any other that wg can configure, as 'prog {name}': it\n"
	      "                       stays in the foreground, has the interface of that name\n"
	      "      --json           one JSON object on standard output\n"
	      "      --json-lines     a JSON object a line, as each probe, row, ... comes\n"
	      "  -c, --count N        pings to the peer (default 10)\n"
	      "  -i, --interval S     seconds between them (default 0.1)\n"
	      "  -s, --size N         bytes of data in each (default 56: packets of 84 bytes)\n"
	      "  -W, --timeout S      seconds to wait for each answer (default 1)\n"
	      "      --seed N         draw names, addresses and ports from N, to repeat a run\n"
	      "      --save-facts FILE  keep all that was observed, to be judged again\n"
	      "      --facts FILE     judge such a file instead of running (-: standard input);\n"
	      "                       needs no root\n"
	      "      --far ADDR       the far end's address inside, where wgdiag serve answers:\n"
	      "                       what it saw is judged as well\n"
	      "      --far-file FILE  what wgdiag serve --once recorded at the far end, or the\n"
	      "                       line of wgdiag explain far printed there (-: standard\n"
	      "                       input); not for the self-test\n",
	      out);
	check_options_help(out);
	check_help_output(out);
	check_help_exit(out);
}

/* --- the command line ------------------------------------------------------- */

static const struct option options[] = {
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "engine-cmd", required_argument, NULL, OPT_ENGINE_CMD },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "json-lines", no_argument, NULL, OPT_JSON_LINES },
	{ "count", required_argument, NULL, 'c' },
	{ "interval", required_argument, NULL, 'i' },
	{ "size", required_argument, NULL, 's' },
	{ "timeout", required_argument, NULL, 'W' },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "save-facts", required_argument, NULL, OPT_SAVE_FACTS },
	{ "facts", required_argument, NULL, OPT_FACTS },
	{ "far-file", required_argument, NULL, OPT_FAR_FILE },
	{ "far", required_argument, NULL, OPT_FAR },
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
	{ "ping", required_argument, NULL, OPT_PING },
	{ "peer", required_argument, NULL, OPT_PEER },
	{ "require", required_argument, NULL, OPT_REQUIRE },
	{ "netns", required_argument, NULL, OPT_NETNS },
	{ "endpoint", required_argument, NULL, OPT_ENDPOINT },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "full-routes", no_argument, NULL, OPT_FULL_ROUTES },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "run-hooks", no_argument, NULL, OPT_RUN_HOOKS },
	{ "engine-log", required_argument, NULL, OPT_ENGINE_LOG },
	{ "kernel-debug", no_argument, NULL, OPT_KERNEL_DEBUG },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char *const run_options[] = {
	['c'] = "-c",
	['i'] = "-i",
	['s'] = "-s",
	['W'] = "-W",
	[OPT_ENGINE] = "--engine",
	[OPT_ENGINE_CMD] = "--engine-cmd",
	[OPT_SEED] = "--seed",
	[OPT_SAVE_FACTS] = "--save-facts",
	[OPT_DRY_RUN] = "--dry-run",
	[OPT_ENGINE_LOG] = "--engine-log",
	[OPT_KERNEL_DEBUG] = "--kernel-debug",
	[OPT_REQUIRE] = "--require",
	[OPT_RUN_HOOKS] = "--run-hooks",
	[OPT_FAR] = "--far",
};

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
	if (check_argument(o, argv + optind, argc - optind) != EXIT_OK)
		return EXIT_USAGE;
	if (o->facts && o->of_a_run) {
		say(NAME ": %s says how a run is done, and --facts does none", o->of_a_run);
		return EXIT_USAGE;
	}
	return EXIT_OK;
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
	.args = "[--engine NAME] [--json] [--only WORDS] [-c N] [-q] [-v] [--facts FILE]",
	.summary = "diagnose a tunnel: one that runs, of a file, or made for the test",
	.run = check_run,
	.help = check_help,
};
