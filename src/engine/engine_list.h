/*
 * The rows of engines[]: one per file engine_<name>.c.
 */
#ifndef ENGINE_ENGINE_LIST_H
#define ENGINE_ENGINE_LIST_H

#include "engine/engine.h"

extern const struct engine_ops engine_builtin, engine_kernel, engine_wireguard_go, engine_boringtun,
	engine_gotatun;

/* engine_boringtun.c: gotatun is started the same way */
void engine_boringtun_argv(const char *program, const char *ifname,
			   const char *argv[ENGINE_ARGV_MAX]);
extern const char *const engine_boringtun_env[];
/*
 * engine_boringtun.c: both take 2^62 + 37 for the TAI64 of 1970, which is 2^62 + 10 to all others
 * (noise/handshake.rs) [measured].
 */
enum { ENGINE_AHEAD_S = 27 };

extern const char *const engine_version_argv[]; /* what most understand */

/* engine_kernel.c: its link, in a namespace (-1: this one) */
int engine_kernel_add(const struct platform_ops *p, int netns, const char *name, struct err *e);
/* An engine's link of whatever kind, likewise. -ENODEV: it is not there. */
int engine_link_look(const struct platform_ops *p, int netns, const char *name, struct err *e);
void engine_kernel_delete(const struct platform_ops *p, int netns, const char *name);

/* engine_spawn.c: out_fd is its log; as platform_ops.spawn */
int engine_spawn(const struct engine_conf *c, const struct platform_ops *p, struct arena *a,
		 int out_fd, bool *exec_failed, pid_t *pid, struct err *e);

/* engine_cmd.c: fills argv from ops->words */
void engine_cmd_argv(const struct engine_conf *c, struct arena *a,
		     const char *argv[ENGINE_ARGV_MAX]);

#endif
