/*
 * Global options and the table of commands. Called as wgdiag-engine it is `wgdiag engine`.
 */
#include <errno.h>
#include <signal.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/cmd.h"
#include "cmd/say.h"

static const struct cmd *const commands[] = {
	&cmd_check, &cmd_loss,	 &cmd_ledger,  &cmd_serve,   &cmd_lab,
	&cmd_engine, &cmd_engines, &cmd_explain, &cmd_version,
};

static const struct cmd *find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static void usage(FILE *out)
{
	size_t i;

	fputs("usage: wgdiag COMMAND [ARGUMENTS]\n\n", out);
	for (i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(out, "  %-8s  %s\n", commands[i]->name, commands[i]->summary);
	fputs("\nwgdiag help COMMAND, wgdiag COMMAND --help; wgdiag --version\n", out);
}

static int unknown(const char *what, const char *name)
{
	static const char *const options[] = { "--help", "--version" };
	const char *names[ARRAY_LEN(commands) + 1] = { "help" };
	const char *near;
	size_t i;

	for (i = 0; i < ARRAY_LEN(commands); i++)
		names[i + 1] = commands[i]->name;
	near = name[0] == '-' ? str_nearest(name, options, ARRAY_LEN(options)) :
				str_nearest(name, names, ARRAY_LEN(names));
	say("wgdiag: unknown %s '%s' (%s%s%s)", what, name, near ? "did you mean " : "see wgdiag ",
	    near ? near : "help", near ? "?" : "");
	return EXIT_USAGE;
}

static int unexpected(const char *command, const char *arg)
{
	say("wgdiag %s: unexpected argument '%s'", command, arg);
	return EXIT_USAGE;
}

static int help(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	const struct cmd *c = name ? find(name) : NULL;

	if (argc > 2)
		return unexpected("help", argv[2]);
	if (name && !c)
		return unknown("command", name);
	if (c)
		c->help(stdout);
	else
		usage(stdout);
	return EXIT_OK;
}

static bool is(const char *s, const char *brief, const char *full)
{
	return strcmp(s, brief) == 0 || strcmp(s, full) == 0;
}

static int dispatch(int argc, char **argv)
{
	const char *base = argc > 0 && strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	const struct cmd *c;

	if (argc > 0 && strcmp(base, "wgdiag-engine") == 0)
		return cmd_engine.run(argc, argv);
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (is(argv[1], "-h", "--help") || strcmp(argv[1], "help") == 0)
		return help(argc - 1, argv + 1);
	if (is(argv[1], "-V", "--version") && argc > 2)
		return unexpected(argv[1], argv[2]);
	if (is(argv[1], "-V", "--version"))
		return cmd_version.run(1, argv);
	c = find(argv[1]);
	if (!c)
		return unknown(argv[1][0] == '-' ? "option" : "command", argv[1]);
	return c->run(argc - 1, argv + 1);
}

/*
 * A socket or pipe that got one of these numbers would be taken for a standard stream. As
 * with a closed one, reading from or writing to what is opened instead fails with EBADF.
 */
static void fill_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			return;
}

int main(int argc, char **argv)
{
	int code;

	fill_standard_streams();
	/* A file that may not grow is an error that can be told, no reason to die. */
	signal(SIGXFSZ, SIG_IGN);
	code = dispatch(argc, argv);
	/* Who returned EXIT_INTERNAL has said why. */
	if ((fflush(stdout) == 0 && !ferror(stdout)) || code == EXIT_INTERNAL)
		return code;
	say("wgdiag: writing to standard output: %s", strerror(errno));
	return EXIT_INTERNAL;
}
