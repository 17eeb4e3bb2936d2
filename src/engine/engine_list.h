/*
 * The rows of engines[]: one per file engine_<name>.c.
 */
#ifndef ENGINE_ENGINE_LIST_H
#define ENGINE_ENGINE_LIST_H

#include "engine/engine.h"

extern const struct engine_ops engine_builtin, engine_wireguard_go, engine_boringtun,
	engine_gotatun;

#endif
