/*
 * Our own engine: this program, as `wgdiag engine NAME -f`.
 */
#include "engine/engine_list.h"

static void builtin_argv(const char *program, const char *ifname, const char *argv[ENGINE_ARGV_MAX])
{
	argv[0] = program;
	argv[1] = "engine";
	argv[2] = ifname;
	argv[3] = "-f";
	argv[4] = NULL;
}

static const struct engine_known builtin_known[] = {
	{ NULL, "no segmentation offload yet: a system call per packet" },
	{ NULL, NULL },
};

const struct engine_ops engine_builtin = {
	.name = "builtin",
	.program = "/proc/self/exe",
	.packages = "part of wgdiag",
	.tells_refusal = true,
	.counts_drops = true,
	.argv = builtin_argv,
	.known = builtin_known,
};
