/*
 * gotatun, Mullvad's successor of boringtun.
 */
#include "engine/engine_list.h"

/* Without a login session it cannot find whom to become, and ends. */
static void gotatun_argv(const char *program, const char *ifname, const char *argv[ENGINE_ARGV_MAX])
{
	argv[0] = program;
	argv[1] = "-f";
	argv[2] = "--disable-drop-privileges";
	argv[3] = ifname;
	argv[4] = NULL;
}

static const char *const gotatun_env[] = { "WG_LOG_LEVEL=debug", "NO_COLOR=1", NULL };
static const char *const gotatun_version[] = { "--version", NULL };

const struct engine_ops engine_gotatun = {
	.name = "gotatun",
	.program = "gotatun",
	.packages = "cargo install --locked gotatun-cli",
	/*
	 * 0.10.2 takes the end of its old tasks, when it starts new ones for a second `set`, for
	 * the loss of its tun, and ends: one start in twelve [measured].
	 */
	.set_once = true,
	.argv = gotatun_argv,
	.env = gotatun_env,
	.version_argv = gotatun_version,
};
