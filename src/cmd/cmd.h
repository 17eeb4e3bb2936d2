/*
 * A subcommand: one file, one row in the table of main.c.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stdio.h>

/* Exit codes, highest precedence first (interface.md). */
enum exit_code {
	EXIT_INTERNAL = 4,
	EXIT_INTERRUPTED = 130,
	EXIT_USAGE = 2,
	EXIT_FAILED = 1,
	EXIT_UNDECIDED = 3,
	EXIT_OK = 0,
};

struct cmd {
	const char *name;
	const char *args; /* "[--engine NAME] [--json]", for the usage line */
	const char *summary; /* one line */
	/* argv[0] is the subcommand. Returns the exit code; prints what it has to say itself. */
	int (*run)(int argc, char **argv);
	void (*help)(FILE *out); /* the whole --help text */
};

extern const struct cmd cmd_check;
extern const struct cmd cmd_engine;
extern const struct cmd cmd_engines;
extern const struct cmd cmd_explain;
extern const struct cmd cmd_lab;
extern const struct cmd cmd_ledger;
extern const struct cmd cmd_loss;
extern const struct cmd cmd_serve;
extern const struct cmd cmd_version;

#endif
