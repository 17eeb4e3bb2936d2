/*
 * `wgdiag ledger`: what became of each probe of a saved run.
 */
#include <errno.h>
#include <string.h>

#include "check/choose.h"
#include "cmd/cmd.h"
#include "cmd/facts_io.h"
#include "cmd/options.h"
#include "cmd/say.h"
#include "cmd/terminal.h"
#include "report/ledger_text.h"
#include "run/run.h"

#define NAME "wgdiag ledger"

struct ledger_options {
	bool help, lost, lines;
	const char *file;
};

static void ledger_help(FILE *out)
{
	fputs("usage: wgdiag ledger [OPTIONS] FILE\n"
	      "\n"
	      "Shows each probe of a run that was kept with --save-facts: its message, where\n"
	      "it was seen, and what became of it. - is standard input.\n"
	      "\n"
	      "      --lost           only those that were not answered\n"
	      "      --json-lines     a JSON object a line\n"
	      "  -h, --help           this text\n"
	      "\n"
	      "Exit: 0, or 2 when the file cannot be used.\n",
	      out);
}

enum { OPT_LOST = 256, OPT_LINES };

static const struct option options[] = {
	{ "lost", no_argument, NULL, OPT_LOST },
	{ "json-lines", no_argument, NULL, OPT_LINES },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int read_options(int argc, char **argv, struct ledger_options *o)
{
	int opt;

	opterr = 0;
	optind = 0; /* glibc: begin anew */
	while ((opt = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
		if (opt == '?' || opt == ':')
			return options_bad(NAME, options, opt, argv);
		o->help = o->help || opt == 'h';
		o->lost = o->lost || opt == OPT_LOST;
		o->lines = o->lines || opt == OPT_LINES;
	}
	o->file = argv[optind];
	if (o->help)
		return EXIT_OK;
	if (!o->file) {
		say(NAME ": which file? (one of --save-facts)");
		return EXIT_USAGE;
	}
	if (argv[optind + 1]) {
		say(NAME ": '%s': one file at a time", argv[optind + 1]);
		return EXIT_USAGE;
	}
	if (o->lost && o->lines) {
		say(NAME ": --json-lines has all of them, and no --lost");
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

static int tell(const struct ledger_options *o, struct arena *a, const struct facts *f)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct report_style style = { 0 };
	struct check_choice choice;
	struct findings all;
	struct verdict v;
	const char *bad;

	terminal_style(COLOUR_NEVER, &style);
	if (o->lines) {
		choose(NULL, NULL, a, &choice, &bad);
		choose_within(&choice, f->chosen, f->n_chosen);
		run_judge(f, &choice, a, &all, &v);
		report_ndjson.write(&(struct report){ f, &all, &v }, &style, &text);
	} else {
		ledger_text(f, o->lost, a, &style, &text);
		ledger_text_lost(f, a, &style, &text);
	}
	if (fwrite(buf_str(&text), 1, text.len, stdout) == text.len && fflush(stdout) == 0)
		return EXIT_OK;
	say(NAME ": writing the ledger: %s", strerror(errno));
	return EXIT_INTERNAL;
}

static int ledger_run(int argc, char **argv)
{
	struct ledger_options o = { 0 };
	struct arena a;
	struct facts f;
	struct err e;
	int code = read_options(argc, argv, &o);

	if (code != EXIT_OK)
		return code;
	if (o.help) {
		ledger_help(stdout);
		return EXIT_OK;
	}
	arena_init(&a);
	code = EXIT_USAGE;
	if (facts_io_load(o.file, &a, &f, &e) < 0)
		say(NAME ": %s", e.text);
	else if (f.fates.sent == UNKNOWN)
		say(NAME ": %s: no probe was followed in that run", o.file);
	else
		code = tell(&o, &a, &f);
	arena_done(&a);
	return code;
}

const struct cmd cmd_ledger = {
	.name = "ledger",
	.args = "[--lost] [--json-lines] FILE",
	.summary = "what became of each probe of a saved run",
	.run = ledger_run,
	.help = ledger_help,
};
