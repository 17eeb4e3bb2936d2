/*
 * `wgdiag check FILE`: the tunnel of a configuration file.
 */
#include <errno.h>
#include <unistd.h>

#include "cmd/check_common.h"
#include "cmd/cmd.h"
#include "cmd/conf_io.h"

static int code_of(int rc)
{
	if (rc == -ENOKEY)
		return EXIT_USAGE;
	/* A hook failed: the file cannot work. */
	return rc == -ECANCELED ? EXIT_FAILED : EXIT_UNDECIDED;
}

static int run_on(const struct check_options *o, const struct run_conf *c, struct run_host *host,
		  struct arena *a, struct facts *f, int *code, struct err *e)
{
	struct intended_facts intended;
	struct run_file x = {
		.path = o->file,
		.intended = &intended,
		.host = host,
		.full_routes = o->full_routes,
		.force = o->force,
		.run_hooks = o->run_hooks,
		.pings = o->pings,
		.n_pings = o->n_pings,
		.peer = o->peer,
		.require = o->require,
		.far = o->far,
		.far_addr = o->far_got ? &o->far_addr : NULL,
		.far_got = o->far_got,
	};
	int rc;

	*code = conf_io_load(o->cmd, o->file, a, &x.conf, &intended);
	if (*code != EXIT_OK)
		return -EINVAL;
	/* That the file can be used is known now, and told first. */
	if (!host) {
		conf_wipe(x.conf);
		*code = EXIT_UNDECIDED;
		check_refusal(o, e);
		return -e->code;
	}
	if (o->engine_why)
		c->notice(c->ctx, RUN_TOLD,
			  arena_printf(a, "engine %s: %s", o->engine->name, o->engine_why));
	rc = run_file(c, &x, a, f, e);
	conf_wipe(x.conf);
	if (rc < 0) {
		*code = code_of(rc);
		check_refusal(o, e);
	}
	return rc;
}

int check_of_file(const struct check_options *o, const struct run_conf *c, struct arena *a,
		  struct facts *f, int *code, struct err *e)
{
	struct run_host *host = NULL;
	int netns = -1, rc;

	if (o->netns) {
		*code = check_netns(o, &netns);
		if (*code != EXIT_OK)
			return -EINVAL;
	}
	/* It forks, so it comes before any key is read. */
	if (run_host_open(c, netns, o->run_hooks, a, &host, e) < 0)
		host = NULL;
	rc = run_on(o, c, host, a, f, code, e);
	if (host)
		run_host_close(host, c);
	if (netns >= 0)
		close(netns);
	return rc;
}
