/*
 * `wgdiag lab`: makes a named fault in a tunnel of its own, and diagnoses it.
 */
#include <string.h>

#include "cmd/check_common.h"
#include "cmd/cmd.h"
#include "cmd/page.h"
#include "cmd/say.h"

#define NAME "wgdiag lab"

enum { NAMES_MAX = 64 };

struct lab_options {
	struct check_options check;
	const char *fault, *variant; /* as they were given */
	bool list;
};

static void lab_help(FILE *out)
{
	fputs("usage: wgdiag lab [OPTIONS] FAULT\n"
	      "       wgdiag lab [OPTIONS] none\n"
	      "       wgdiag lab --list\n"
	      "\n"
	      "Makes a fault in a private WireGuard tunnel on this machine, for real, and then\n"
	      "diagnoses it as wgdiag check does. 'none' makes no fault: the healthy control.\n"
	      "The network of this machine is not touched, and nothing is left behind. Where\n"
	      "packets are lost every probe is waited for: up to 10 seconds.\n"
	      "\n"
	      "      --list           the faults, and their variants\n"
	      "      --variant NAME   another way to the same fault (default: the first one\n"
	      "                       that the engine allows)\n"
	      "      --engine NAME    the near end's engine: builtin, wireguard-go (default:\n"
	      "                       the one that the variant needs, else builtin)\n"
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

enum { OPT_LIST = OPT_OWN, OPT_VARIANT };

static const struct option options[] = {
	{ "list", no_argument, NULL, OPT_LIST },
	{ "variant", required_argument, NULL, OPT_VARIANT },
	{ "engine", required_argument, NULL, OPT_ENGINE },
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

static bool read_one(int opt, const char *arg, struct lab_options *o)
{
	if (opt == OPT_LIST)
		o->list = true;
	else if (opt == OPT_VARIANT)
		o->variant = arg;
	else
		return check_option(opt, arg, &o->check);
	return true;
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
	if (o->fault && (o->list || argv[optind + 1])) {
		say(NAME ": unexpected argument '%s' (see " NAME " --help)",
		    o->list ? o->fault : argv[optind + 1]);
		return EXIT_USAGE;
	}
	if (o->list && o->check.report == &report_json) {
		fputs(NAME ": --list has no JSON\n", stderr);
		return EXIT_USAGE;
	}
	if (!o->fault && !o->list && !o->check.list_checks) {
		fputs(NAME ": which fault? (" NAME " --list shows them; 'none' is the control)\n",
		      stderr);
		return EXIT_USAGE;
	}
	return EXIT_OK;
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
	return EXIT_OK;
}

static void list_variant(struct page *page, const struct lab_variant *v)
{
	CLEANUP(buf_done) struct buf says = { 0 };
	char first[64];

	snprintf(first, sizeof(first), "  --variant %-10s  ", v->name);
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
		snprintf(first, sizeof(first), "%-12s  ", lab_faults[i]->name);
		page_entry(&page, first, lab_faults[i]->says);
		for (v = lab_faults[i]->variants; v->name; v++)
			list_variant(&page, v);
	}
	page_close(&page);
}

static int lab_run(int argc, char **argv)
{
	struct lab_options o = { .list = false };
	int code;

	check_options_init(&o.check, NAME);
	code = read_options(argc, argv, &o);
	if (code != EXIT_OK)
		return code;
	if (o.check.help || o.list) {
		if (o.list)
			list();
		else
			lab_help(stdout);
		return EXIT_OK;
	}
	code = o.fault ? choose_fault(&o) : EXIT_OK;
	return code == EXIT_OK ? check_and_tell(&o.check) : code;
}

const struct cmd cmd_lab = {
	.name = "lab",
	.args = "[--variant NAME] [--engine NAME] [--json] [-q] [-v] FAULT | none | --list",
	.summary = "make a named fault on this machine and diagnose it",
	.run = lab_run,
	.help = lab_help,
};
