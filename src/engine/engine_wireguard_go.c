/*
 * wireguard-go, the reference in userspace.
 */
#include "engine/engine_list.h"

static void wireguard_go_argv(const char *program, const char *ifname,
			      const char *argv[ENGINE_ARGV_MAX])
{
	argv[0] = program;
	argv[1] = "-f";
	argv[2] = ifname;
	argv[3] = NULL;
}

/*
 * The second also silences a box of ten lines that recommends the kernel's engine (main.go,
 * warning()).
 */
static const char *const wireguard_go_env[] = {
	"LOG_LEVEL=verbose",
	"WG_PROCESS_FOREGROUND=1",
	NULL,
};
static const char *const wireguard_go_version[] = { "--version", NULL };

const struct engine_ops engine_wireguard_go = {
	.name = "wireguard-go",
	.program = "wireguard-go",
	.packages = "Debian: apt-get install --no-install-recommends wireguard-go",
	.argv = wireguard_go_argv,
	.env = wireguard_go_env,
	.tun_fd_env = "WG_TUN_FD",
	.version_argv = wireguard_go_version,
};
