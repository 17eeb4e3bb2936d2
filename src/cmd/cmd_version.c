/*
 * `wgdiag version`: which wgdiag this is.
 */
#include <string.h>

#include "base/version.h"
#include "cmd/cmd.h"
#include "cmd/say.h"

static void version_help(FILE *out)
{
	fputs("usage: wgdiag version\n"
	      "\n"
	      "Prints the version of wgdiag. Also: wgdiag --version.\n",
	      out);
}

static int version_run(int argc, char **argv)
{
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		version_help(stdout);
		return EXIT_OK;
	}
	if (argc > 1) {
		say("wgdiag version: unexpected argument '%s'", argv[1]);
		return EXIT_USAGE;
	}
	puts("wgdiag " WGDIAG_VERSION);
	return EXIT_OK;
}

const struct cmd cmd_version = {
	.name = "version",
	.args = "",
	.summary = "print the version",
	.run = version_run,
	.help = version_help,
};
