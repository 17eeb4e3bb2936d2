/*
 * The target answers no pings, and is there: failure-modes.md, FM16. No fault.
 */
#include "verdict/cause_list.h"

const struct cause cause_icmp_filtered = {
	.id = "icmp-filtered",
	.says = "the target answers no pings, and answers otherwise through the tunnel",
	.when = { { "ping.peer", STATE_BIT(STATE_PASS) | STATE_BIT(STATE_WARN),
		    SIGN_BIT(SIGN_TARGET_ANSWERS_OTHERWISE) } },
	.no_fault = true,
	.explains = { "ping.peer", "ping.sizes", "loss.up", "loss.down" },
	.remedy = "nothing is wrong with the tunnel; to have pings answered, let the target's own "
		  "filter pass echo requests",
	.commands = { "on the target: iptables -I INPUT -p icmp --icmp-type echo-request -j "
		      "ACCEPT" },
	.not_this = { "anything about the tunnel: it carries data both ways" },
};
