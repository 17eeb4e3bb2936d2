/*
 * The target, or this host, answers no pings, and is there: failure-modes.md, FM16. No fault.
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

const struct cause cause_icmp_filtered_here = {
	.id = "icmp-filtered",
	.says = "this host answers no pings, its own to itself neither, and nothing else is wrong",
	.when = { { "ping.self", STATE_BIT(STATE_UNSURE), SIGN_BIT(SIGN_NO_PINGS_HERE) } },
	.no_fault = true,
	.explains = { "ping.self" },
	.remedy = "nothing is wrong with the tunnel; to have pings answered here, let this host's "
		  "own filter pass echo requests, and its setting be 0",
	.commands = { "nft -a list ruleset | grep -e icmp",
		      "sysctl net.ipv4.icmp_echo_ignore_all net.ipv6.icmp.echo_ignore_all" },
	.not_this = { "anything about the tunnel: a ping to this host's own address goes by lo",
		      "a ping from the other end as a test: it is answered by nobody here" },
};
