/*
 * Sizes, loss and time: what the way between the two hosts does to messages, whoever's they are,
 * and what only looks like a fault because of when it was looked at.
 */
#include "verdict/cause_list.h"

/* That a host beyond the far end is silent, where the far end answers, is no loss, and no size. */
#define BEYOND (SIGN_BIT(SIGN_BEYOND_SILENT) | SIGN_BIT(SIGN_BEYOND_REFUSED))

#define LOST_UP SIGN_BIT(SIGN_LOST_ON_THE_WAY_UP)
#define LOST_DOWN SIGN_BIT(SIGN_LOST_ON_THE_WAY_DOWN)

const struct cause cause_underlay_loss = {
	.id = "underlay-loss",
	.says = "the way between the two hosts loses messages",
	.when = { { NULL, STATE_BIT(STATE_FAIL), LOST_UP | LOST_DOWN } },
	.side = SIDE_PATH,
	.up = LOST_UP,
	.down = LOST_DOWN,
	.sure = true,
	.explains = { "loss.up", "loss.down", "ping.peer", "ping.sizes", "echo.reply",
		      "data.both-ways", "underlay.out", "underlay.back", "handshake.complete" },
	.leaves = BEYOND,
	.remedy = "it is the link, or a queue on the way, and not the tunnel: try it by cable or "
		  "from another network, look for the hop where loss begins, and ask who runs it; "
		  "a link that is full drops too: shape the sender below its rate",
	.commands = { "ip -s -s link show dev {dev}", "tc -s qdisc show dev {dev}",
		      "ping -c 200 -i 0.05 {host}", "mtr -n -c 100 -u -P {port} {host}" },
	.not_this = { "another engine: what it sent left, and is missing behind it",
		      "keys, allowed IPs and routes: they lose all or nothing",
		      "a lower MTU: small messages are lost as well",
		      "PersistentKeepalive: the way is open, and leaks" },
	.splitter = "wgdiag explain far",
};

#define PMTU_EXPLAINS                                                                             \
	{                                                                                         \
		"tun.mtu", "ping.sizes", "data.both-ways", "ping.peer", "echo.reply",             \
			"crypto.rejects", "loss.up", "loss.down", "underlay.out", "underlay.back" \
	}

#define PMTU_NOT_THIS                                                                         \
	{                                                                                     \
		"keys, allowed IPs and routes: small packets cross",                          \
			"another DNS server: names resolve, and only what is large is stuck", \
			"PersistentKeepalive, another port: neither makes a message shorter", \
			"a larger MTU: what is longer still is lost as well"                  \
	}

/* Of a host behind the far end nobody here can tell where; messages on the wire would. */
const struct cause cause_underlay_loss_asked = {
	.id = "underlay-loss",
	.says = "some is lost, between the two hosts or behind the far end",
	.when = { { "loss.up", STATE_BIT(STATE_FAIL), SIGN_BIT(SIGN_LOST_TO_A_HOST_BEHIND) } },
	.unless = { { NULL, STATE_BIT(STATE_FAIL), LOST_DOWN } },
	.side = SIDE_UNKNOWN,
	.direction = DIRECTION_UP,
	.sure = true,
	.explains = { "loss.up", "ping.peer", "ping.sizes", "data.both-ways", "underlay.out",
		      "handshake.complete" },
	.leaves = BEYOND,
	.remedy = "ask an address of the far end itself as often: what is lost then too is lost on "
		  "the way between the two hosts, what is not is lost behind it",
	.commands = { "wgdiag loss {if} --ping ADDRESS-OF-THE-FAR-END",
		      "at the far end: tcpdump -ni any icmp or icmp6" },
	.not_this = { "keys and allowed IPs: they lose all or nothing",
		      "a lower MTU: small messages are lost as well" },
	.splitter = "wgdiag explain far",
};

/* The first link itself is too narrow: no way has to be known for it. */
const struct cause cause_pmtu_blackhole_near = {
	.id = "pmtu-blackhole",
	.says = "the tunnel's MTU is more than this host's own link carries",
	.when = { { "tun.mtu", STATE_BIT(STATE_FAIL), SIGN_BIT(SIGN_LINK_TOO_NARROW) } },
	.side = SIDE_LOCAL,
	.sure = true,
	.explains = PMTU_EXPLAINS,
	.leaves = BEYOND,
	.not_this = PMTU_NOT_THIS,
};

const struct cause cause_pmtu_blackhole = {
	.id = "pmtu-blackhole",
	.says = "full packets do not cross, and nobody on the way says so",
	.when = { { "ping.sizes", STATE_BIT(STATE_FAIL), SIGN_BIT(SIGN_LOST_BY_SIZE) } },
	.unless = { { "tun.mtu", STATE_BIT(STATE_FAIL), SIGN_BIT(SIGN_LINK_TOO_NARROW) },
		    { "host.firewall", STATE_BIT(STATE_FAIL), SIGN_BIT(SIGN_FILTER_TOOK) } },
	.side = SIDE_PATH,
	.sure = true,
	.explains = PMTU_EXPLAINS,
	.leaves = BEYOND,
	.not_this = PMTU_NOT_THIS,
};

/*
 * Only the end that is not behind the NAT sees it, for whatever the other one sends heals it. That
 * its engine ended since looks the same, and is the rarer one: its address would have to be its
 * own.
 */
const struct cause cause_nat_mapping_expired = {
	.id = "nat-mapping-expired",
	.says = "the port that the peer came from closed while nothing was sent: a NAT forgot it",
	.when = { { "underlay.back", STATE_BIT(STATE_FAIL), SIGN_BIT(SIGN_PEERS_PORT_CLOSED) } },
	.side = SIDE_FAR,
	.direction = DIRECTION_UP,
	.explains = { "underlay.back", "underlay.out", "underlay.path", "handshake.complete",
		      "ping.peer", "ping.sizes", "echo.reply", "data.both-ways", "loss.up",
		      "loss.down" },
	.remedy = "at the far end: PersistentKeepalive = 25 for this host in its file; it keeps "
		  "the NAT's entry alive. Until then the far end has to send something first. (Has "
		  "it no NAT, its engine has ended: start it.)",
	.commands = { "at the far end: wg set WG_INTERFACE peer PUBLIC_KEY persistent-keepalive "
		      "25",
		      "at the far end: wg show all latest-handshakes",
		      "tcpdump -ni {dev} icmp or icmp6 or udp port {port}" },
	.not_this = { "a keepalive at this end: it does not come through either",
		      "a port forwarded at this end: it is the peer's NAT that is closed",
		      "new keys, or a restart here: then the session is gone, too" },
	.splitter = "wgdiag explain far",
};

/* Where more is lost than the first message, that is another cause, and a fault. */
const struct cause cause_first_packets_lost = {
	.id = "first-packets-lost",
	.says = "the first handshake message was lost, and is repeated only after 5 s; all since "
		"then crossed",
	.when = { { "handshake.complete", STATE_BIT(STATE_WARN), SIGN_BIT(SIGN_FIRST_WAS_LOST) } },
	.unless = { { "loss.up", STATE_BIT(STATE_WARN), 0 },
		    { "loss.down", STATE_BIT(STATE_WARN), 0 } },
	.no_fault = true,
	.explains = { "handshake.complete" },
	.remedy = "nothing: it happens once in a while. A script or a CI job waits until a ping "
		  "through the tunnel is answered, and only then measures",
	.commands = { "until ping -c 1 -W 1 {target}; do :; done" },
	.not_this = { "a longer timeout of the test itself: it measures the handshake then",
		      "another engine: each repeats an initiation after 5 s, as the protocol says",
		      "a restart of the tunnel: its first message has the same risk" },
};

const struct cause cause_idle_not_broken = {
	.id = "idle-not-broken",
	.says = "the old handshake is no fault: nothing was sent, and a new one came at once when "
		"something was",
	.when = { { "handshake.complete", STATE_BIT(STATE_PASS), SIGN_BIT(SIGN_WAS_IDLE) } },
	.no_fault = true,
	.explains = { "handshake.complete" },
	.remedy = "nothing: WireGuard is silent while there is nothing to send. Only where the "
		  "other end has to reach this one first, behind NAT or a stateful filter, a "
		  "keepalive is needed",
	.commands = { "wg set {if} peer {peer} persistent-keepalive 25" },
	.not_this = { "a monitor of the handshake's age: an idle tunnel always looks old; ping "
		      "through it instead",
		      "a restart of the tunnel: it makes a handshake, as any packet does" },
};
