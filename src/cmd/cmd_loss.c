/*
 * `wgdiag loss`: many probes through one tunnel, and what became of each.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/check_common.h"
#include "cmd/cmd.h"
#include "cmd/say.h"

#define NAME "wgdiag loss"

enum {
	USUAL_COUNT = 1000,
	USUAL_MS = 10,
	/* What its counters have room for in one session (loss/counters.h). */
	COUNT_MAX = 50000,
	PAYLOAD_MAX = 65507,
	LONGEST_S = 24 * 3600,
	PATH_SIZE = 4096,
	NUMBER_SIZE = 24,
};

/* The rows that tell of loss, and those without which it cannot be judged. */
static const char rows[] = "handshake.complete,loss.up,loss.down,kernel.drops,host.firewall,"
			   "host.state,engine.start,engine.answers";

/* And those without which it is not known why nothing comes back at all. */
static const char rows_of_silence[] = "config,underlay,route,crypto,tun,ping.peer,data,rx";

struct loss_options {
	struct check_options check;
	bool has_count;
	int64_t for_ns; /* 0: by count */
	bool dashes; /* "--" was there; n_command: the words behind it */
	int n_command;
};

static void loss_help(FILE *out)
{
	fputs("usage: wgdiag loss [OPTIONS] [INTERFACE | FILE] [-- COMMAND [ARGUMENTS]]\n"
	      "\n"
	      "Sends many probes through a tunnel, follows each from stage to stage, and says\n"
	      "how many of each direction were lost, where, and by what pattern. No key is\n"
	      "needed: the counters of WireGuard's messages are clear text. The tunnel is one\n"
	      "that runs, one of a file of wg-quick, or one made for the test, as of wgdiag\n"
	      "check. Where answers are missing, it asks at a slower pace too; where nothing\n"
	      "comes back at all, it tells why, as wgdiag check does.\n"
	      "\n"
	      "  -c, --count N        probes (default 1000)\n"
	      "  -i, --interval S     seconds between them (default 0.01)\n"
	      "      --for TIME       so long instead of a count: 90, 90s, 5m, 1h\n"
	      "      --pause TIME     send nothing for so long five times on the way, so that\n"
	      "                       what is lost after a pause shows\n"
	      "      --until-enter    until the Enter key: reproduce the fault meanwhile\n"
	      "      -- COMMAND       until that command ends, which is started with it; what\n"
	      "                       it prints goes to standard error\n"
	      "  -s, --size N         bytes of data in each (default: many sizes, up to what\n"
	      "                       the tunnel takes, so that a loss by size shows)\n"
	      "  -W, --timeout S      seconds to wait for each answer (default: twice what the\n"
	      "                       slowest took, 0.3 to 3)\n"
	      "      --ping ADDR      an address inside the tunnel that must answer\n"
	      "      --peer KEY       the peer whose public key begins like this\n"
	      "      --require KEY    one that must be there, as if named by --peer; or: all\n"
	      "      --netns NAME     the interface is in that network namespace (name or pid)\n"
	      "      --config FILE    what the tunnel was meant to be: differences are told\n"
	      "      --endpoint A:P   where its peer is, if its engine has no control socket\n"
	      "      --far ADDR       ask wgdiag serve there, an address inside the tunnel:\n"
	      "                       then both directions are exact\n"
	      "      --far-file FILE  what wgdiag serve --once recorded there meanwhile\n"
	      "      --full-routes    of a file: all routes and rules that wg-quick would make\n"
	      "      --force          of a file: also when an interface with its key is up\n"
	      "      --run-hooks      of a file: run its hooks, as wg-quick does\n"
	      "      --engine NAME    the near end's engine, as of wgdiag check\n"
	      "      --engine-cmd CMD any other that wg can configure, as 'prog {name}'\n"
	      "      --json           one JSON object on standard output\n"
	      "      --json-lines     a JSON object a line, as each probe, row, ... comes\n"
	      "      --seed N         draw names, addresses, ports and sizes from N\n"
	      "      --save-facts FILE  keep all that was observed; wgdiag ledger FILE shows\n"
	      "                       each probe\n"
	      "      --facts FILE     judge such a file instead of running (-: standard input)\n"
	      "      --fail-on WHAT   exit 1 on: fail (default), or warn as well\n"
	      "      --loss-fail P    FAIL when surely more than P % is lost (default 1)\n"
	      "      --loss-warn P    WARN likewise (default 0.1)\n"
	      "  -q, --quiet          say nothing when all is well, else only what failed\n"
	      "  -v, --verbose        all evidence, and a line for each probe\n"
	      "      --color WHEN     auto (default), always, never\n"
	      "  -h, --help           this text\n"
	      "\n"
	      "Exit: as of wgdiag check: 0 healthy, 1 something failed, 2 wrong usage, 3 could\n"
	      "not decide, 4 internal error, 130 interrupted (what was finished is printed).\n",
	      out);
}

enum { OPT_FOR = OPT_OWN, OPT_UNTIL_ENTER, OPT_PAUSE };

static const struct option options[] = {
	{ "count", required_argument, NULL, 'c' },
	{ "interval", required_argument, NULL, 'i' },
	{ "for", required_argument, NULL, OPT_FOR },
	{ "pause", required_argument, NULL, OPT_PAUSE },
	{ "until-enter", no_argument, NULL, OPT_UNTIL_ENTER },
	{ "size", required_argument, NULL, 's' },
	{ "timeout", required_argument, NULL, 'W' },
	{ "ping", required_argument, NULL, OPT_PING },
	{ "peer", required_argument, NULL, OPT_PEER },
	{ "require", required_argument, NULL, OPT_REQUIRE },
	{ "netns", required_argument, NULL, OPT_NETNS },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "endpoint", required_argument, NULL, OPT_ENDPOINT },
	{ "far", required_argument, NULL, OPT_FAR },
	{ "far-file", required_argument, NULL, OPT_FAR_FILE },
	{ "full-routes", no_argument, NULL, OPT_FULL_ROUTES },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "run-hooks", no_argument, NULL, OPT_RUN_HOOKS },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "engine-cmd", required_argument, NULL, OPT_ENGINE_CMD },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "json-lines", no_argument, NULL, OPT_JSON_LINES },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "save-facts", required_argument, NULL, OPT_SAVE_FACTS },
	{ "facts", required_argument, NULL, OPT_FACTS },
	{ "fail-on", required_argument, NULL, OPT_FAIL_ON },
	{ "loss-fail", required_argument, NULL, OPT_LOSS_FAIL },
	{ "loss-warn", required_argument, NULL, OPT_LOSS_WARN },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "color", required_argument, NULL, OPT_COLOR },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* "90", "90s", "1.5m", "1h" */
static bool read_time(const char *option, const char *s, int64_t *out)
{
	static const struct {
		char unit;
		int seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 } };
	size_t len = strlen(s), i;
	char number[NUMBER_SIZE];
	int seconds = 1;
	int64_t v;

	for (i = 0; i < ARRAY_LEN(units); i++)
		if (len && s[len - 1] == units[i].unit) {
			seconds = units[i].seconds;
			len--;
		}
	snprintf(number, sizeof(number), "%.*s", (int)len, s);
	if (len < sizeof(number) && str_to_ns(number, LONGEST_S * NS_PER_S, &v) && v > 0 &&
	    v * seconds <= LONGEST_S * NS_PER_S) {
		*out = v * seconds;
		return true;
	}
	say(NAME ": %s '%s' is no time up to a day: 90, 90s, 5m, 1h", option, s);
	return false;
}

static bool read_one(int opt, const char *arg, struct loss_options *o)
{
	struct run_loss_conf *l = &o->check.loss;
	uint64_t n;

	switch (opt) {
	case 'c':
		if (!options_count(NAME, "-c", arg, 1, COUNT_MAX, &n))
			return false;
		l->count = (unsigned)n;
		o->has_count = true;
		return true;
	case 's':
		if (!options_count(NAME, "-s", arg, 0, PAYLOAD_MAX, &n))
			return false;
		l->payload = (int)n;
		return true;
	case 'i':
		return options_seconds(NAME, "-i", arg, 100 * NS_PER_US, 3600 * NS_PER_S,
				       &l->interval_ns);
	case 'W':
		if (!check_option(opt, arg, &o->check))
			return false;
		l->timeout_ns = o->check.timeout_ns;
		return true;
	case OPT_FOR:
		return read_time("--for", arg, &o->for_ns);
	case OPT_PAUSE:
		return read_time("--pause", arg, &l->pause_ns);
	case OPT_UNTIL_ENTER:
		l->until_enter = true;
		return true;
	default:
		return check_option(opt, arg, &o->check);
	}
}

static int count_of_time(struct loss_options *o)
{
	struct run_loss_conf *l = &o->check.loss;
	int64_t n = o->for_ns / l->interval_ns;

	/* As long as it takes. */
	if ((l->until_enter || l->command) && !o->has_count && !o->for_ns)
		l->count = COUNT_MAX;
	if (!o->for_ns)
		return EXIT_OK;
	if (o->has_count) {
		say(NAME ": -c and --for both say how many");
		return EXIT_USAGE;
	}
	if (n < 1 || n > COUNT_MAX) {
		say(NAME ": --for with one probe each %g s makes %lld of them, not 1 to %d",
		    (double)l->interval_ns / 1e9, (long long)n, COUNT_MAX);
		return EXIT_USAGE;
	}
	l->count = (unsigned)n;
	return EXIT_OK;
}

/* One that says how a run is done, where none is; NULL: there was none. */
static const char *of_a_run(const struct loss_options *o, bool paced)
{
	return paced				      ? "-c, -i, -s, -W, --for and --pause say" :
	       o->check.save_facts		      ? "--save-facts says" :
	       o->check.has_seed		      ? "--seed says" :
	       o->check.engine || o->check.engine_cmd ? "--engine says" :
	       o->check.far_addr.family		      ? "--far says" :
							NULL;
}

/* As the system will look for it: then nothing was sent for a word that was mistyped. */
static bool is_there(const char *program)
{
	const char *folders = getenv("PATH");
	char path[PATH_SIZE];
	size_t len;

	if (strchr(program, '/'))
		return access(program, X_OK) == 0;
	for (folders = folders ? folders : "/usr/bin:/bin"; *folders;
	     folders += len + (folders[len] == ':')) {
		len = strcspn(folders, ":");
		if (snprintf(path, sizeof(path), "%.*s/%s", (int)len, folders, program) <
			    (int)sizeof(path) &&
		    access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* How many words stand before "--"; behind it is a command. -1: it was said why not. */
static int words(int argc, char **argv, struct loss_options *o)
{
	int i = optind;

	/* getopt puts the words behind the options, and keeps those behind "--" as they are. */
	if (o->dashes) {
		o->check.loss.command = &argv[argc - o->n_command];
		if (o->n_command == 0) {
			say(NAME ": -- and no command behind it");
			return -1;
		}
		if (!is_there(o->check.loss.command[0])) {
			say(NAME ": -- %s: there is no such program", o->check.loss.command[0]);
			return -1;
		}
		if (o->check.loss.until_enter || o->check.facts) {
			say(NAME ": %s, and no command", o->check.facts ?
								 "--facts does no run" :
								 "--until-enter ends with Enter");
			return -1;
		}
	}
	return argc - o->n_command - i;
}

/* EXIT_OK: go on with *o. */
static int read_options(int argc, char **argv, struct loss_options *o)
{
	bool paced = false;
	int opt, n;

	for (n = 1; n < argc && strcmp(argv[n], "--") != 0; n++)
		;
	o->dashes = n < argc;
	o->n_command = o->dashes ? argc - n - 1 : 0;
	opterr = 0;
	optind = 0; /* glibc: begin anew */
	while ((opt = getopt_long(argc, argv, ":c:i:s:W:qvh", options, NULL)) >= 0) {
		if (opt == '?' || opt == ':')
			return options_bad(NAME, options, opt, argv);
		if (!read_one(opt, optarg, o))
			return EXIT_USAGE;
		paced = paced || opt == 'c' || opt == 'i' || opt == 's' || opt == 'W' ||
			opt == OPT_FOR || opt == OPT_PAUSE;
		if (o->check.help)
			return EXIT_OK;
	}
	if (o->check.facts && of_a_run(o, paced)) {
		say(NAME ": %s how a run is done, and --facts does none", of_a_run(o, paced));
		return EXIT_USAGE;
	}
	n = words(argc, argv, o);
	if (n < 0 || check_argument(&o->check, argv + optind, n) != EXIT_OK)
		return EXIT_USAGE;
	return count_of_time(o);
}

static int loss_run(int argc, char **argv)
{
	struct loss_options o = { 0 };
	int code;

	check_options_init(&o.check, NAME);
	o.check.report = &report_loss;
	o.check.only = rows;
	o.check.only_silent = rows_of_silence;
	o.check.loss = (struct run_loss_conf){ .count = USUAL_COUNT,
					       .interval_ns = USUAL_MS * NS_PER_MS,
					       .payload = RUN_LOSS_MIXED };
	code = read_options(argc, argv, &o);
	if (code != EXIT_OK)
		return code;
	if (o.check.help) {
		loss_help(stdout);
		return EXIT_OK;
	}
	return check_and_tell(&o.check);
}

const struct cmd cmd_loss = {
	.name = "loss",
	.args = "[-c N] [-i S] [--for TIME] [-s N] [--json] [-q] [-v] [INTERFACE | FILE]",
	.summary = "a long look at loss: which direction, where, by what pattern",
	.run = loss_run,
	.help = loss_help,
};
