/*
 * The tunnel that was named, and whether what else was given is about one like that.
 */
#include "cmd/check_common.h"
#include "cmd/cmd.h"
#include "cmd/say.h"

/* One that only a file has a use for, or NULL. */
static const char *of_a_file(const struct check_options *o)
{
	return o->full_routes ? "--full-routes" :
	       o->force	      ? "--force" :
	       o->run_hooks   ? "--run-hooks" :
				NULL;
}

/* One that only an interface has a use for, or NULL. */
static const char *of_an_interface(const struct check_options *o)
{
	return o->config     ? "--config" :
	       o->endpoint   ? "--endpoint" :
	       o->engine_log ? "--engine-log" :
			       NULL;
}

/* An option that only a tunnel of the user's has a use for, or NULL. */
static const char *of_a_tunnel(const struct check_options *o)
{
	return o->n_pings			 ? "--ping" :
	       o->peer				 ? "--peer" :
	       o->require			 ? "--require" :
	       o->netns				 ? "--netns" :
	       o->far_addr.family != FAMILY_NONE ? "--far" :
	       o->kernel_debug			 ? "--kernel-debug" :
						   of_an_interface(o);
}

/* What was given beside a tunnel that has no use for it. */
static int fits_target(const struct check_options *o)
{
	if (o->kernel_debug && o->engine_log) {
		say("%s: --kernel-debug and --engine-log both tell what the engine says: one of "
		    "them",
		    o->cmd);
		return EXIT_USAGE;
	}
	if (o->interface && of_a_file(o)) {
		say("%s: %s is about a file, and %s is an interface", o->cmd, of_a_file(o),
		    o->interface);
		return EXIT_USAGE;
	}
	if (o->file && of_an_interface(o)) {
		say("%s: %s is about an interface, and %s is a file", o->cmd, of_an_interface(o),
		    o->file);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

int check_argument(struct check_options *o, char **args, int n)
{
	bool made = n == 0 && !o->facts && !o->list_checks;

	if (n > 1) {
		say("%s: '%s': one tunnel at a time", o->cmd, args[1]);
		return EXIT_USAGE;
	}
	if (made && of_a_file(o)) {
		say("%s: %s is about a file of wg-quick: name it", o->cmd, of_a_file(o));
		return EXIT_USAGE;
	}
	if (made && of_a_tunnel(o)) {
		say("%s: %s is about a tunnel that runs: name its interface%s", o->cmd,
		    of_a_tunnel(o), of_an_interface(o) ? "" : ", or a file of wg-quick");
		return EXIT_USAGE;
	}
	if (n > 0 && (check_target(o, args[0]) != EXIT_OK || fits_target(o) != EXIT_OK))
		return EXIT_USAGE;
	if (o->interface && (o->engine || o->engine_cmd)) {
		say("%s: %s chooses the engine of a tunnel made for the test; that of %s "
		    "is the one that runs it",
		    o->cmd, o->engine ? "--engine" : "--engine-cmd", o->interface);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}
