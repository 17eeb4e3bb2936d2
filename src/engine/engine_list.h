/*
 * The rows of engines[]: one per file engine_<name>.c.
 */
#ifndef ENGINE_ENGINE_LIST_H
#define ENGINE_ENGINE_LIST_H

#include "engine/engine.h"

extern const struct engine_ops engine_builtin, engine_wireguard_go, engine_boringtun,
	engine_gotatun;

/* engine_cmd.c: fills argv from ops->words */
void engine_cmd_argv(const struct engine_conf *c, struct arena *a,
		     const char *argv[ENGINE_ARGV_MAX]);

#endif
