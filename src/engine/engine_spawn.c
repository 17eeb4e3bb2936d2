/*
 * The command line and the environment that an engine is started with.
 */
#include <errno.h>

#include "engine/engine_list.h"

/* Its own, and where to find the tun that it is given. */
static void make_env(const struct engine_conf *c, struct arena *a, const char *env[ENGINE_ENV_MAX])
{
	size_t n = 0;

	while (c->ops->env && c->ops->env[n] && n + 2 < ENGINE_ENV_MAX) {
		env[n] = c->ops->env[n];
		n++;
	}
	if (c->tun_fd)
		env[n++] = arena_printf(a, "%s=%d", c->ops->tun_fd_env, c->tun_fd);
	env[n] = NULL;
}

int engine_spawn(const struct engine_conf *c, const struct platform_ops *p, struct arena *a,
		 int out_fd, bool *exec_failed, pid_t *pid, struct err *e)
{
	const char *argv[ENGINE_ARGV_MAX], *env[ENGINE_ENV_MAX];
	struct sys_spawn s = {
		.argv = (char *const *)argv,
		.netns = c->netns,
		.out_fd = out_fd,
		.keep_fd = c->tun_fd ? c->tun_fd : -1,
		.env_extra = (char *const *)env,
		.exec_failed = exec_failed,
		.reaper = c->reaper,
	};
	size_t n = 0, i;

	if (c->tun_fd && !c->ops->tun_fd_env)
		return err_say(e, EOPNOTSUPP, "%s cannot be given an open tun", c->ops->name);
	make_env(c, a, env);

	if (c->ops->words)
		engine_cmd_argv(c, a, argv);
	else
		c->ops->argv(c->program, c->ifname, argv);
	while (argv[n])
		n++;
	for (i = 0; c->extra_args && c->extra_args[i]; i++) {
		if (n + 1 >= ENGINE_ARGV_MAX)
			return err_say(e, E2BIG, "too many arguments for %s", c->ops->name);
		argv[n++] = c->extra_args[i];
	}
	argv[n] = NULL;
	return p->spawn(&s, pid, e);
}
