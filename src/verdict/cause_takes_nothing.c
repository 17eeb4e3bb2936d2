/*
 * Data comes in within a session, and an engine that keeps no counters gives the tun nothing: what
 * the far end sends is not to be taken, or it never reached the engine.
 */
#include "verdict/cause_list.h"

#define FAIL STATE_BIT(STATE_FAIL)

#define TAKES_NOTHING                                                       \
	{                                                                   \
		{ "tun.delivery", FAIL, SIGN_BIT(SIGN_NOTHING_DELIVERED) }, \
		{                                                           \
			"handshake.complete", STATE_BIT(STATE_PASS), 0      \
		}                                                           \
	}
#define TAKES_NOTHING_UNLESS                                                                       \
	{                                                                                          \
		{                                                                                  \
			NULL, ANY_STATE,                                                           \
				SIGN_BIT(SIGN_NEAR_WRITES_NO_IP) |                                 \
					SIGN_BIT(SIGN_NEAR_WRITE_REFUSED) |                        \
					SIGN_BIT(SIGN_FAR_SENDS_NO_IP) |                           \
					SIGN_BIT(SIGN_FAR_OUTER_TOO_LARGE) |                       \
					SIGN_BIT(SIGN_NEAR_SOURCE_REFUSED) |                       \
					SIGN_BIT(SIGN_NEAR_ALLOWED_TAKEN) |                        \
					SIGN_BIT(SIGN_FILTER_TOOK) | SIGN_BIT(SIGN_REVERSE_PATH) | \
					LOST_HERE                                                  \
		}                                                                                  \
	}
#define TAKES_NOTHING_EXPLAINS                                                                 \
	{                                                                                      \
		"tun.delivery", "crypto.rejects", "ping.peer", "ping.sizes", "data.both-ways", \
			"loss.up", "loss.down"                                                 \
	}

const struct cause cause_takes_nothing_source = {
	.id = "inner-source-not-allowed",
	.group = "no-data-back",
	.says = "the peer sends from an inner address that our allowed IPs of it do not have",
	.when = TAKES_NOTHING,
	.unless = TAKES_NOTHING_UNLESS,
	.side = SIDE_UNKNOWN,
	.direction = DIRECTION_DOWN,
	.explains = TAKES_NOTHING_EXPLAINS,
	.remedy = "make the peer's Address there and its AllowedIPs here agree",
	.splitter = "wg show {if} allowed-ips",
};

const struct cause cause_takes_nothing_framing = {
	.id = "tun-framing",
	.group = "no-data-back",
	.says = "what the peer sends inside is no IP packet",
	.when = TAKES_NOTHING,
	.unless = TAKES_NOTHING_UNLESS,
	.side = SIDE_FAR,
	.direction = DIRECTION_DOWN,
	.explains = TAKES_NOTHING_EXPLAINS,
	.remedy = "at the far end: run an engine that frames packets as its tun device does",
	.splitter = "wgdiag explain far",
};

/* An engine without counters may as well have had none of it. */
const struct cause cause_takes_nothing_filter = {
	.id = "local-firewall",
	.says = "a filter here takes what comes in",
	.when = { { "tun.delivery", FAIL, SIGN_BIT(SIGN_NOTHING_DELIVERED) },
		  { "handshake.complete", STATE_BIT(STATE_PASS), 0 },
		  { "host.firewall", ANY_STATE, SIGN_BIT(SIGN_FILTER_MAY_TAKE) } },
	.unless = TAKES_NOTHING_UNLESS,
	.side = SIDE_LOCAL,
	.direction = DIRECTION_DOWN,
	.explains = TAKES_NOTHING_EXPLAINS,
	.splitter = "nft -a list ruleset",
};
