/*
 * boringtun, Cloudflare's, in Rust.
 */
#include "engine/engine_list.h"

/* Without a login session it cannot find whom to become, and ends. */
void engine_boringtun_argv(const char *program, const char *ifname,
			   const char *argv[ENGINE_ARGV_MAX])
{
	argv[0] = program;
	argv[1] = "-f";
	argv[2] = "--disable-drop-privileges";
	argv[3] = ifname;
	argv[4] = NULL;
}

const char *const engine_boringtun_env[] = { "WG_LOG_LEVEL=debug", "NO_COLOR=1", NULL };

static const struct engine_known boringtun_known[] = {
	{ NULL, "keeps no drop counters, and refuses most of what it refuses without a word in its "
		"log" },
	{ NULL, "counts the bytes of inner packets only, so wg show transfer is lower than with "
		"others" },
	{ NULL, "does not pad: the length of each inner packet can be seen outside" },
	{ NULL, "leaves the receive buffer as small as the system makes it: bursts are lost" },
	{ NULL, "gives the age of the latest handshake where others give its time" },
	{ NULL, "its handshakes are dated 27 s ahead: another engine with the same key is refused "
		"for so long after it" },
	{ NULL, "of several peers in one set (wg setconf, wg-quick) a later one without a "
		"preshared key, endpoint or keepalive is given that of the one before" },
	{ NULL, "a first handshake that comes when all is routed into the tunnel already makes it "
		"send from the tunnel's own address, which nothing comes back to" },
	{ NULL, "ends when a peer that it has is set again, and refuses update_only: a peer is "
		"removed and set anew" },
	{ NULL,
	  "a replay window of 1024 packets, of others 8192: more is lost when packets overtake "
	  "each other" },
	{ NULL, NULL },
};

const struct engine_ops engine_boringtun = {
	.name = "boringtun",
	.program = "boringtun-cli",
	.packages = "cargo install --locked boringtun-cli",
	.set_each = true, /* api_set_peer() of 0.7.1, whose variables outlive a peer [measured] */
	.ahead_s = ENGINE_AHEAD_S,
	.argv = engine_boringtun_argv,
	.env = engine_boringtun_env,
	.version_argv = engine_version_argv,
	.known = boringtun_known,
};
