/*
 * gotatun, Mullvad's successor of boringtun.
 */
#include "engine/engine_list.h"

static const struct engine_known gotatun_known[] = {
	{ NULL,
	  "a key, port or mark that is set while it runs may end it (\"channel closed\"): one "
	  "of twelve times with 0.10.2" },
	{ NULL, "its handshakes are dated 27 s ahead: another engine with the same key is refused "
		"for so long after it" },
	{ NULL, "keeps no drop counters, and says nothing of an inner source that is not allowed" },
	{ NULL, "counts received bytes otherwise than sent ones: wg show transfer is lower" },
	{ NULL, "pads beyond the MTU: a full packet is 4 bytes longer outside than of others" },
	{ NULL, NULL },
};

const struct engine_ops engine_gotatun = {
	.name = "gotatun",
	.program = "gotatun",
	.packages = "cargo install --locked gotatun-cli",
	/*
	 * 0.10.2 takes the end of its old tasks, when it starts new ones for a second `set`, for
	 * the loss of its tun, and ends: one start in twelve [measured].
	 */
	.set_once = true,
	.ahead_s = ENGINE_AHEAD_S,
	.argv = engine_boringtun_argv,
	.env = engine_boringtun_env,
	.version_argv = engine_version_argv,
	.known = gotatun_known,
};
