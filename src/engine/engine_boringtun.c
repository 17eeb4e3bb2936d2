/*
 * boringtun, Cloudflare's, in Rust.
 */
#include "engine/engine_list.h"

/* Without a login session it cannot find whom to become, and ends. */
static void boringtun_argv(const char *program, const char *ifname,
			   const char *argv[ENGINE_ARGV_MAX])
{
	argv[0] = program;
	argv[1] = "-f";
	argv[2] = "--disable-drop-privileges";
	argv[3] = ifname;
	argv[4] = NULL;
}

static const char *const boringtun_env[] = { "WG_LOG_LEVEL=debug", "NO_COLOR=1", NULL };
static const char *const boringtun_version[] = { "--version", NULL };

const struct engine_ops engine_boringtun = {
	.name = "boringtun",
	.program = "boringtun-cli",
	.packages = "cargo install --locked boringtun-cli",
	.argv = boringtun_argv,
	.env = boringtun_env,
	.version_argv = boringtun_version,
};
