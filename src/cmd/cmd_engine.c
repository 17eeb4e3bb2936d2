/*
 * `wgdiag engine NAME`: the command line of the built-in engine.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/hint.h"
#include "cmd/options.h"
#include "cmd/say.h"
#include "engine/daemon.h"
#include "engine/engine.h"

/* By this `wgdiag check` knows that the machine is to blame, and not the engine. */
_Static_assert((int)ENGINE_EXIT_REFUSED == (int)EXIT_UNDECIDED, "the engine's exit codes");

enum { NAME_MAX_LEN = 15 }; /* IFNAMSIZ with its NUL is 16 */

static void engine_help(FILE *out)
{
	fputs("usage: wgdiag engine [-f] [-v] [--fault NAME] INTERFACE\n"
	      "       wgdiag-engine [-f] [-v] [--fault NAME] INTERFACE\n"
	      "\n"
	      "Creates the tun device INTERFACE and is its WireGuard engine, to be configured\n"
	      "with wg(8), or wg-quick(8) by WG_QUICK_USERSPACE_IMPLEMENTATION=wgdiag-engine.\n"
	      "Returns when device and socket answer; the engine ends when either is deleted.\n"
	      "\n"
	      "  -f, --foreground  stay in the foreground; what goes wrong is said on stderr\n"
	      "  -v, --verbose     in the foreground, also say what happens: handshakes,\n"
	      "                    moves, refusals (or LOG_LEVEL=verbose in the environment)\n"
	      "      --fault NAME  misbehave, for tests and teaching:\n"
	      "                    family-header  encrypt 4 bytes of framing before each packet\n"
	      "                    tun-header     the same, and write packets without them to a\n"
	      "                                   tun device that has them\n"
	      "                    force-cookie   behave as under load\n"
	      "                    no-padding     messages as long as their packets, which\n"
	      "                                   is no fault\n"
	      "  -h, --help        this text\n"
	      "\n"
	      "Exit: 0 running (or, with -f, ended), 1 it cannot run under this name,\n"
	      "2 wrong usage, 3 this machine refuses what it needs: a tun device, a privilege,\n"
	      "or something that a limit or a sandbox forbids.\n",
	      out);
}

static bool name_is_valid(const char *s)
{
	size_t len = strlen(s);

	if (!len || len > NAME_MAX_LEN || !strcmp(s, ".") || !strcmp(s, ".."))
		return false;
	/* As the kernel has it; and '%' would make it choose a name, ':' is an old alias. */
	for (size_t i = 0; i < len; i++)
		if (isspace((unsigned char)s[i]) || strchr("/:%", s[i]))
			return false;
	return true;
}

static bool fault_is_known(const char *s)
{
	size_t n = 0;

	for (; daemon_faults[n]; n++)
		if (!strcmp(daemon_faults[n], s))
			return true;
	options_no_such("wgdiag engine", "fault", s, daemon_faults, n);
	return false;
}

static int usage(const char *what, const char *which)
{
	say("wgdiag engine: %s '%s' (see wgdiag engine --help)", what, which);
	return EXIT_USAGE;
}

/* The machine cannot do it, or this user may not. */
static bool is_undecided(int rc)
{
	static const int undecided[] = {
		EPERM,	EACCES, EROFS,	ENOENT, ENODEV, ENXIO, ENOTTY,
		EISDIR, ENOSYS, EAGAIN, ENOSPC, EDQUOT, EFBIG, EAFNOSUPPORT
	};

	for (size_t i = 0; i < ARRAY_LEN(undecided); i++)
		if (rc == -undecided[i])
			return true;
	return err_is_shortage(rc);
}

static bool env_is_verbose(void)
{
	const char *level = getenv("LOG_LEVEL");

	return level && (!strcmp(level, "verbose") || !strcmp(level, "debug"));
}

/* -1: go on with *c; otherwise an exit code. */
static int read_options(int argc, char **argv, struct daemon_conf *c)
{
	static const struct option options[] = {
		{ "foreground", no_argument, NULL, 'f' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "fault", required_argument, NULL, 'F' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	opterr = 0;
	optind = 0;
	while ((o = getopt_long(argc, argv, ":fvh", options, NULL)) >= 0) {
		if (o == 'f')
			c->foreground = true;
		else if (o == 'v')
			c->verbose = 1;
		else if (o == 'F')
			c->fault = optarg;
		else if (o == 'h')
			break;
		else
			return options_bad("wgdiag engine", options, o, argv);
	}
	if (o == 'h') {
		engine_help(stdout);
		return EXIT_OK;
	}
	if (c->fault && !fault_is_known(c->fault))
		return EXIT_USAGE;
	return -1;
}

static int engine_run(int argc, char **argv)
{
	struct daemon_conf c = { .verbose = env_is_verbose() };
	int code = read_options(argc, argv, &c);
	struct err e = { 0 };
	const char *help;
	int rc;

	if (code >= 0)
		return code;
	if (optind == argc) {
		fputs("wgdiag engine: which interface? (see wgdiag engine --help)\n", stderr);
		return EXIT_USAGE;
	}
	if (argc - optind > 1)
		return usage("unexpected argument", argv[optind + 1]);
	c.ifname = argv[optind];
	if (!name_is_valid(c.ifname))
		return usage("not an interface name:", c.ifname);
	rc = daemon_run(&c, &e);
	if (rc == 0)
		return EXIT_OK;
	help = hint_for(&e, geteuid() == 0);
	say(help ? "wgdiag engine: %s (%s)" : "wgdiag engine: %s", e.text, help);
	return is_undecided(rc) ? EXIT_UNDECIDED : EXIT_FAILED;
}

const struct cmd cmd_engine = {
	.name = "engine",
	.args = "[-f] [-v] [--fault NAME] INTERFACE",
	.summary = "the built-in engine as a daemon, for wg and wg-quick",
	.run = engine_run,
	.help = engine_help,
};
