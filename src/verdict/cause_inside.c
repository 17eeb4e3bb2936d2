/*
 * Inside the tunnel: what is routed into it, what each end allows the other, and what the far end
 * forwards (failure-modes.md: FM04 to FM06, FM08, FM09, FM13, FM15 to FM17, FM20, FM44).
 */
#include "verdict/cause_list.h"

#define FAILED STATE_BIT(STATE_FAIL)
#define SIGNED(sign)                                 \
	{                                            \
		{                                    \
			NULL, FAILED, SIGN_BIT(sign) \
		}                                    \
	}

/* All that is missing when a packet to an inner address does not get there, or back. */
#define INSIDE_EXPLAINS "ping.peer", "ping.sizes", "data.both-ways", "loss.up", "loss.down"

/* --- where our packets go ----------------------------------------------------------- */

const struct cause cause_routing_loop = {
	.id = "routing-loop",
	.says = "the route to the endpoint leads into the tunnel itself",
	.when = { { "route.endpoint", FAILED, SIGN_BIT(SIGN_ENDPOINT_IN_TUNNEL) } },
	.side = SIDE_LOCAL,
	.direction = DIRECTION_UP,
	.explains = { "route.endpoint", "handshake.complete", "crypto.rejects", "underlay.gateway",
		      "underlay.path", "underlay.out", "underlay.back", "handshake.peers",
		      INSIDE_EXPLAINS },
	.remedy = "send the tunnel's own messages past it: a route to the endpoint alone by the "
		  "gateway of the uplink; or, as wg-quick does for a default route, a mark on them "
		  "and a rule for all that has no mark",
	.commands = { "ip route get {host}", "ip route add {host} via GATEWAY dev UPLINK",
		      "wg set {if} fwmark 51820" },
	.not_this = { "another MTU, port or keepalive: the messages never leave this machine",
		      "a restart of the tunnel alone: the next one that sets all routes has the "
		      "same loop" },
	.splitter = "ip route get {host}",
};

const struct cause cause_lan_overlap = {
	.id = "lan-overlap",
	.says = "a network of this host's own has the addresses that are to go into the tunnel",
	.when = { { "route.inner", FAILED, SIGN_BIT(SIGN_LAN_TAKES_TARGET) } },
	.side = SIDE_LOCAL,
	.direction = DIRECTION_UP,
	.sure = true,
	.explains = { "route.inner", "config.live", INSIDE_EXPLAINS },
	.remedy = "give one of the two networks other addresses; for single hosts beyond the "
		  "tunnel a route of their own is enough, which wins",
	.commands = { "ip route get {target}", "ip route add {target} dev {if}" },
	.not_this = { "a restart of the tunnel: the network of this host is more special, or was "
		      "there first, and wins again",
		      "the firewall of either end: the packets never come to the tunnel",
		      "NAT or routes at the far end, unless the far network gets other addresses" },
	.splitter = "ip route get {target}",
};

#define NOT_ROUTED_NOT_THIS                                                                        \
	{                                                                                          \
		"\"Required key not available\" is no key that is missing: it is an address that " \
		"no peer has",                                                                     \
			"the firewall or forwarding of the far end: nothing gets there"            \
	}

const struct cause cause_not_allowed = {
	.id = "not-routed-or-not-allowed",
	.says = "the target is in no peer's allowed IPs",
	.when = { { "config.allowed-ips", FAILED, SIGN_BIT(SIGN_TARGET_ENTERS_NOT) } },
	.side = SIDE_LOCAL,
	.direction = DIRECTION_UP,
	.sure = true,
	.explains = { "config.allowed-ips", "route.inner", "config.live", INSIDE_EXPLAINS },
	.remedy = "put the address into AllowedIPs of the peer that has it; `wg set` replaces the "
		  "whole list, so the old ones are named too. A route into the tunnel is needed as "
		  "well: wg-quick makes it of AllowedIPs unless Table = off",
	.commands = { "wg show {if} allowed-ips",
		      "wg set {if} peer {peer} allowed-ips OLD-ONES,{target}",
		      "ip route replace {target} dev {if}" },
	.not_this = NOT_ROUTED_NOT_THIS,
	.splitter = "wg show {if} allowed-ips",
};

const struct cause cause_not_routed = {
	.id = "not-routed-or-not-allowed",
	.says = "no route leads into the tunnel for the target",
	.when = { { "route.inner", FAILED, SIGN_BIT(SIGN_TARGET_ENTERS_NOT) } },
	.unless = { { "route.inner", FAILED, SIGN_BIT(SIGN_LAN_TAKES_TARGET) } },
	.side = SIDE_LOCAL,
	.direction = DIRECTION_UP,
	.sure = true,
	.explains = { "route.inner", "config.live", INSIDE_EXPLAINS },
	.remedy = "add the route that the peer's allowed IPs need; in a file of wg-quick remove "
		  "Table = off, or add it in PostUp",
	.commands = { "ip route get {target}", "ip route add {target} dev {if}" },
	.not_this = NOT_ROUTED_NOT_THIS,
	.splitter = "ip route get {target}",
};

/* --- what each end allows ------------------------------------------------------------ */

const struct cause cause_allowedips_overlap_near = {
	.id = "allowedips-overlap",
	.says = "two peers here have the same allowed IPs, and only the last one gets them",
	.when = { { NULL, FAILED, SIGN_BIT(SIGN_NEAR_ALLOWED_TAKEN) } },
	.side = SIDE_LOCAL,
	.direction = DIRECTION_BOTH,
	.explains = { "config.allowed-ips", "config.live", "crypto.rejects", "rx.errors",
		      "tun.delivery", "handshake.complete", "handshake.peers", "underlay.path",
		      "underlay.out", "underlay.back", INSIDE_EXPLAINS },
	.remedy = "give each peer only addresses that no other has; of two that overlap the last "
		  "one set takes them, and `wg show` mostly lists nothing for the other",
	.commands = { "wg show {if} allowed-ips" },
	.not_this = { "another key or endpoint: the peer that lost its addresses may shake hands, "
		      "and still gets no packet",
		      "routes and firewall: which peer a packet goes to is decided inside the "
		      "engine" },
	.splitter = "wg show {if} allowed-ips",
};

#define FAR_OVERLAP_SAYS "another peer of the far end has our inner address in its allowed IPs"
#define FAR_OVERLAP_REMEDY                                                                    \
	"at the far end: give each peer a /32 (/128) of its own, and this one its own back; " \
	"the last one set takes an address from the others"
#define FAR_OVERLAP_COMMANDS                                                                 \
	{                                                                                    \
		"at the far end: wg show all allowed-ips",                                   \
			"at the far end: wg set IF peer OUR-PUBLIC-KEY allowed-ips {inner}", \
	}

const struct cause cause_allowedips_overlap_far = {
	.id = "allowedips-overlap",
	.says = FAR_OVERLAP_SAYS,
	.when = SIGNED(SIGN_FAR_ALLOWED_TAKEN),
	.side = SIDE_FAR,
	.direction = DIRECTION_BOTH,
	.explains = { "config.allowed-ips", "rx.errors", INSIDE_EXPLAINS },
	.remedy = FAR_OVERLAP_REMEDY,
	.commands = FAR_OVERLAP_COMMANDS,
	.splitter = "wgdiag explain far",
};

#define SOURCE_NOT_THIS                                                                        \
	{                                                                                      \
		"keys, port and endpoint: the handshake is good", "MTU: no size gets through", \
			"the filter of the far end: the packets die in its engine, before it"  \
	}

/* Whose address is the wrong one, nobody can tell: the two ends merely disagree. */
const struct cause cause_inner_source_far = {
	.id = "inner-source-not-allowed",
	.says = "the far end's allowed IPs of us do not have the inner address that is used here",
	.when = SIGNED(SIGN_FAR_SOURCE_REFUSED),
	.unless = { { NULL, FAILED,
		      SIGN_BIT(SIGN_FAR_ALLOWED_TAKEN) | SIGN_BIT(SIGN_NEAR_SOURCE_FOREIGN) } },
	.side = SIDE_UNKNOWN,
	.direction = DIRECTION_UP,
	.explains = { "config.allowed-ips", "rx.errors", INSIDE_EXPLAINS },
	.remedy = "make Address here and the far end's AllowedIPs of this peer agree",
	.commands = { "ip addr show dev {if}",
		      "at the far end: wg set IF peer OUR-PUBLIC-KEY allowed-ips {inner}" },
	.not_this = SOURCE_NOT_THIS,
	.splitter = "wgdiag explain far",
};

const struct cause cause_inner_source_foreign = {
	.id = "inner-source-not-allowed",
	.says = "packets enter the tunnel with a source that is no address of it",
	.when = SIGNED(SIGN_NEAR_SOURCE_FOREIGN),
	.side = SIDE_LOCAL,
	.direction = DIRECTION_UP,
	.explains = { INSIDE_EXPLAINS },
	.remedy = "let what enters the tunnel keep the tunnel's address: the rule that translates "
		  "it must leave out {if}, or translate to the tunnel's address",
	.commands = { "nft list ruleset | grep -e snat -e masquerade",
		      "iptables -t nat -I POSTROUTING -o {if} -j ACCEPT" },
	.not_this = SOURCE_NOT_THIS,
	.splitter = "tcpdump -ni {if} icmp",
};

const struct cause cause_inner_source_near = {
	.id = "inner-source-not-allowed",
	.group = "no-data-back",
	.says = "the peer sends from an inner address that our allowed IPs of it do not have",
	.when = SIGNED(SIGN_NEAR_SOURCE_REFUSED),
	.unless = SIGNED(SIGN_NEAR_ALLOWED_TAKEN),
	.side = SIDE_UNKNOWN,
	.direction = DIRECTION_DOWN,
	.explains = { "crypto.rejects", "rx.errors", "tun.delivery", INSIDE_EXPLAINS },
	.remedy = "make the peer's Address there and its AllowedIPs here agree",
	.commands = { "wg show {if} allowed-ips", "at the far end: ip addr show" },
	.not_this = SOURCE_NOT_THIS,
	.splitter = "wg show {if} allowed-ips",
};

const struct cause cause_allowedips_overlap_rival = {
	.id = "allowedips-overlap",
	.group = "no-data-back",
	.says = "another peer here may have what this one is to have",
	.when = SIGNED(SIGN_NEAR_RIVAL),
	.unless = SIGNED(SIGN_NEAR_ALLOWED_TAKEN),
	.side = SIDE_LOCAL,
	.direction = DIRECTION_DOWN,
	.explains = { "crypto.rejects", "rx.errors", "tun.delivery", INSIDE_EXPLAINS },
	.remedy = "give each peer only addresses that no other has",
	.commands = { "wg show {if} allowed-ips" },
	.splitter = "wg show {if} allowed-ips",
};

/* --- from one end: nothing comes back ------------------------------------------------- */

#define NO_DATA_BACK SIGNED(SIGN_NO_DATA_BACK)
/* What the far end recorded (cause_recorded.c), or what its own row says. */
#define FAR_RECORDED                                                                 \
	SIGN_BIT(SIGN_FAR_FILTER_TOOK) | SIGN_BIT(SIGN_FAR_FORWARD_DROPPED) |        \
		SIGN_BIT(SIGN_FAR_HIDES_NOT) | SIGN_BIT(SIGN_FAR_NO_WAY_BACK) |      \
		SIGN_BIT(SIGN_FAR_WRITES_NO_IP) | SIGN_BIT(SIGN_FAR_WRITE_REFUSED) | \
		SIGN_BIT(SIGN_FAR_SENDS_NO_IP) | SIGN_BIT(SIGN_FAR_OUTER_TOO_LARGE)
#define NO_DATA_UNLESS                                                                           \
	{                                                                                        \
		{ NULL, FAILED,                                                                  \
		  SIGN_BIT(SIGN_FAR_ALLOWED_TAKEN) | SIGN_BIT(SIGN_FAR_SOURCE_REFUSED) |         \
			  SIGN_BIT(SIGN_NEAR_SOURCE_FOREIGN) | SIGN_BIT(SIGN_NEAR_SENDS_NO_IP) | \
			  SIGN_BIT(SIGN_NEAR_OUTER_TOO_LARGE) |                                  \
			  SIGN_BIT(SIGN_ENDPOINT_IN_TUNNEL) | SIGN_BIT(SIGN_FILTER_TOOK) |       \
			  SIGN_BIT(SIGN_REVERSE_PATH) | FAR_RECORDED },                          \
			{ NULL, ANY_STATE, LOST_HERE }, { "underlay.back", FAILED, 0 },          \
		{                                                                                \
			"underlay.out", FAILED, 0                                                \
		}                                                                                \
	}

const struct cause cause_no_data_inner_source = {
	.id = "inner-source-not-allowed",
	.group = "no-data-back",
	.says = "the far end does not allow the inner address that is used here",
	.when = NO_DATA_BACK,
	.unless = NO_DATA_UNLESS,
	.side = SIDE_UNKNOWN,
	.direction = DIRECTION_UP,
	.explains = { INSIDE_EXPLAINS },
	.remedy = "make Address here and the far end's AllowedIPs of this peer agree",
	.splitter = "wgdiag explain far",
};

const struct cause cause_no_data_framing = {
	.id = "tun-framing",
	.group = "no-data-back",
	.says = "the far end's engine and its tun device disagree on the header of packets",
	.when = NO_DATA_BACK,
	.unless = NO_DATA_UNLESS,
	.side = SIDE_FAR,
	.direction = DIRECTION_BOTH,
	.explains = { INSIDE_EXPLAINS },
	.remedy = "at the far end: run an engine that frames packets as its tun device does",
	.splitter = "wgdiag explain far",
};

const struct cause cause_no_data_overlap = {
	.id = "allowedips-overlap",
	.group = "no-data-back",
	.says = FAR_OVERLAP_SAYS,
	.when = NO_DATA_BACK,
	.unless = NO_DATA_UNLESS,
	.side = SIDE_FAR,
	.direction = DIRECTION_BOTH,
	.explains = { INSIDE_EXPLAINS },
	.remedy = FAR_OVERLAP_REMEDY,
	.commands = FAR_OVERLAP_COMMANDS,
	.splitter = "wgdiag explain far",
};

const struct cause cause_no_data_provider = {
	.id = "provider-accepts-but-drops",
	.group = "no-data-back",
	.says = "the far end takes the handshake of this key, and none of its data",
	.when = NO_DATA_BACK,
	.unless = NO_DATA_UNLESS,
	.side = SIDE_FAR,
	.direction = DIRECTION_BOTH,
	.explains = { INSIDE_EXPLAINS },
	.remedy = "at the far end: have the key issued anew; look at the list of devices",
	.splitter = "wgdiag explain far",
};

/* --- from one end: nothing beyond the far end answers ---------------------------------- */

#define BEYOND_SILENT SIGNED(SIGN_BEYOND_SILENT)

#define FORWARD_REMEDY "at the far end: let it forward, now and after a restart (/etc/sysctl.d)"
#define FORWARD_COMMANDS                                                           \
	{                                                                          \
		"at the far end: sysctl -w net.ipv4.ip_forward=1",                 \
			"at the far end: sysctl -w net.ipv6.conf.all.forwarding=1" \
	}
#define FORWARD_NOT_THIS                                                                    \
	{                                                                                   \
		"keys, endpoint, MTU: the far end itself answers through the tunnel",       \
			"AllowedIPs of the far end for this peer: its answers come through" \
	}

const struct cause cause_no_ip_forward = {
	.id = "no-ip-forward",
	.group = "not-forwarded",
	.says = "the far end does not forward packets",
	.when = BEYOND_SILENT,
	/* What it was seen to do, and what is known to be the reason. */
	.unless = { { NULL, FAILED,
		      SIGN_BIT(SIGN_FAR_FORWARDS) | SIGN_BIT(SIGN_FAR_FORWARDS_NOT) |
			      FAR_RECORDED } },
	.side = SIDE_FAR,
	.direction = DIRECTION_UP,
	.explains = { INSIDE_EXPLAINS },
	.remedy = FORWARD_REMEDY,
	.commands = FORWARD_COMMANDS,
	.not_this = FORWARD_NOT_THIS,
	.splitter = "at the far end: sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding",
};

const struct cause cause_no_ip_forward_told = {
	.id = "no-ip-forward",
	.says = "the far end does not forward packets",
	.when = { { "ping.peer", FAILED, SIGN_BIT(SIGN_BEYOND_SILENT) },
		  { "ping.peer", FAILED, SIGN_BIT(SIGN_FAR_FORWARDS_NOT) } },
	.side = SIDE_FAR,
	.direction = DIRECTION_UP,
	.explains = { INSIDE_EXPLAINS },
	.remedy = FORWARD_REMEDY,
	.commands = FORWARD_COMMANDS,
	.not_this = FORWARD_NOT_THIS,
	.splitter = "at the far end: sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding",
};

const struct cause cause_no_ip_forward_near = {
	.id = "no-ip-forward",
	.says = "this host does not forward what comes out of the tunnel",
	.when = SIGNED(SIGN_NEAR_FORWARDS_NOT),
	.side = SIDE_LOCAL,
	.direction = DIRECTION_DOWN,
	.explains = { "route.inner" },
	.remedy = "let this host forward, now and after a restart (/etc/sysctl.d)",
	.commands = { "sysctl -w net.ipv4.ip_forward=1",
		      "sysctl -w net.ipv6.conf.all.forwarding=1" },
	.not_this = { "keys, endpoint, MTU: the packets come out of the tunnel here" },
	.splitter = "sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding",
};

const struct cause cause_forward_drop_near = {
	.id = "forward-drop",
	.says = "this host's filter drops what it is to forward",
	.when = SIGNED(SIGN_NEAR_FORWARD_DROPPED),
	.side = SIDE_LOCAL,
	.direction = DIRECTION_DOWN,
	.explains = { "route.inner" },
	.remedy = "let the forward chain pass what comes from {if}, and what answers it, before "
		  "any rule that rejects",
	.commands = { "iptables -I FORWARD -i {if} -j ACCEPT",
		      "iptables -I FORWARD -o {if} -m conntrack --ctstate RELATED,ESTABLISHED -j "
		      "ACCEPT",
		      "nft list ruleset | grep -A9 forward" },
	.not_this = { "keys, endpoint, MTU: the packets come out of the tunnel here" },
	.splitter = "nft list ruleset | grep -A9 forward",
};

#define UNLESS_IT_FORWARDS_NOT                                                       \
	{                                                                            \
		{                                                                    \
			NULL, FAILED, SIGN_BIT(SIGN_FAR_FORWARDS_NOT) | FAR_RECORDED \
		}                                                                    \
	}

const struct cause cause_masquerade = {
	.id = "masquerade-missing-or-wrong-if",
	.group = "not-forwarded",
	.says = "the far end does not masquerade, or does so at another interface",
	.when = BEYOND_SILENT,
	.unless = UNLESS_IT_FORWARDS_NOT,
	.side = SIDE_FAR,
	.direction = DIRECTION_DOWN,
	.explains = { INSIDE_EXPLAINS },
	.remedy = "at the far end: masquerade at the interface by which it reaches the target",
	.commands = { "at the far end: ip route get {target}",
		      "at the far end: iptables -t nat -A POSTROUTING -s {inner} -o THAT-INTERFACE "
		      "-j MASQUERADE" },
	.not_this = FORWARD_NOT_THIS,
	.splitter = "at the far end: tcpdump -ni any host {target}",
};

#define DROP_REMEDY                                                                               \
	"at the far end: let its forward chain pass what comes from the tunnel's interface, and " \
	"what answers it, before any rule that rejects"
#define DROP_COMMANDS                                                                       \
	{                                                                                   \
		"at the far end: iptables -I FORWARD -i IF -j ACCEPT",                      \
			"at the far end: iptables -I FORWARD -o IF -m conntrack --ctstate " \
			"RELATED,ESTABLISHED -j ACCEPT",                                    \
			"at the far end: nft list ruleset | grep -A9 forward"               \
	}

const struct cause cause_forward_drop = {
	.id = "forward-drop",
	.group = "not-forwarded",
	.says = "the far end's filter drops what it is to forward",
	.when = BEYOND_SILENT,
	.unless = UNLESS_IT_FORWARDS_NOT,
	.side = SIDE_FAR,
	.direction = DIRECTION_BOTH,
	.explains = { INSIDE_EXPLAINS },
	.remedy = DROP_REMEDY,
	.commands = DROP_COMMANDS,
	.not_this = FORWARD_NOT_THIS,
	.splitter = "at the far end: nft list ruleset | grep -A9 forward",
};

const struct cause cause_forward_reject = {
	.id = "forward-drop",
	.says = "the far end's filter rejects what it is to forward",
	.when = SIGNED(SIGN_BEYOND_REFUSED),
	.side = SIDE_FAR,
	.direction = DIRECTION_UP,
	.explains = { INSIDE_EXPLAINS },
	.remedy = DROP_REMEDY,
	.commands = DROP_COMMANDS,
	.not_this = FORWARD_NOT_THIS,
	.splitter = "at the far end: nft list ruleset | grep -A9 forward",
};

const struct cause cause_no_return_route = {
	.id = "no-return-route",
	.group = "not-forwarded",
	.says = "what lies behind the far end has no route back to the tunnel",
	.when = BEYOND_SILENT,
	.unless = UNLESS_IT_FORWARDS_NOT,
	.side = SIDE_FAR,
	.direction = DIRECTION_DOWN,
	.explains = { INSIDE_EXPLAINS },
	.remedy = "at the far end: give the target, or the gateway of its network, a route to the "
		  "tunnel's addresses by the WireGuard host; or masquerade there",
	.commands = { "on the target or its gateway: ip route add {inner} via WIREGUARD-HOST" },
	.not_this = FORWARD_NOT_THIS,
	.splitter = "at the far end: tcpdump -ni any host {target}",
};
