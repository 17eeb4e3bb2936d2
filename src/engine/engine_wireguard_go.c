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

/* Offloads came with 0.0.20230223; measured on Debian 12's of 2022 and one of 2026. */
static const struct engine_known wireguard_go_known[] = {
	{ "0.0.20230223", "no segmentation offload: a sixth of the speed of newer ones" },
	{ NULL, "keeps no drop counters; most refusals are in its log with LOG_LEVEL=verbose, a "
		"destination that no peer owns is nowhere" },
	{ NULL, "takes an inotify instance for its socket, of which a user has 128" },
	{ NULL, "goes on sending from an address that was removed until its peer's endpoint is set "
		"again" },
	{ NULL, "believes a tun that is down to be up on Linux 6.18, and sends handshakes" },
	{ NULL, NULL },
};

const struct engine_ops engine_wireguard_go = {
	.name = "wireguard-go",
	.program = "wireguard-go",
	.packages = "Debian: apt-get install --no-install-recommends wireguard-go",
	.argv = wireguard_go_argv,
	.env = wireguard_go_env,
	.tun_fd_env = "WG_TUN_FD",
	.version_argv = engine_version_argv,
	.known = wireguard_go_known,
};
