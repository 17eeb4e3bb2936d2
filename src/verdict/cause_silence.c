/*
 * What was sent outside comes to nothing: failure-modes.md, FM01, FM02, FM10, FM54, FM63, and those
 * that look like them from one end.
 *
 * Somebody may say why, by ICMP: then what is said, and who said it, tells. Where nobody says
 * anything a control probe must have passed, or the far end is not to be suspected at all.
 */
#include "verdict/cause_list.h"

/* What fails when no message of the far end comes. */
#define NOTHING_COMES                                                                       \
	"underlay.back", "handshake.complete", "crypto.rejects", "ping.peer", "echo.reply", \
		"ping.sizes", "data.both-ways"

#define BACK_FAILED(sign)                                              \
	{                                                              \
		"underlay.back", STATE_BIT(STATE_FAIL), SIGN_BIT(sign) \
	}
#define ANYWHERE(sign)                          \
	{                                       \
		NULL, ANY_STATE, SIGN_BIT(sign) \
	}

#define SILENCE                                                            \
	{                                                                  \
		BACK_FAILED(SIGN_SILENCE), ANYWHERE(SIGN_CONTROL_ANSWERED) \
	}

#define BY_NAME                             \
	{                                   \
		NULL, ANY_STATE, NAME_IS_WHY \
	}

#define FOUND_HERE                                                     \
	{                                                              \
		NULL, ANY_STATE, NEARER | SIGN_BIT(SIGN_KEY_REFUSED)   \
	}
/* Or the far end recorded what tells. */
#define FAR_TELLS                                                              \
	SIGN_BIT(SIGN_FAR_TOOK_CALL) | SIGN_BIT(SIGN_FAR_OTHER_PORT) |         \
		SIGN_BIT(SIGN_FAR_ANSWERED) | SIGN_BIT(SIGN_FAR_IS_ELSEWHERE) | \
		SIGN_BIT(SIGN_FAR_HEARD_LIKE) | \
		SIGN_BIT(SIGN_FAR_HEARD_KNOCK) | SIGN_BIT(SIGN_FAR_HEARD_OTHER) | \
		SIGN_BIT(SIGN_FAR_HEARD_DNS)

/* Or what is near this host: it comes before any far end is suspected. */
#define FOUND_NEARER                                                           \
	{                                                                      \
		NULL, ANY_STATE, NEARER | SIGN_BIT(SIGN_KEY_REFUSED) | FAR_TELLS \
	}

#define TOLD_BY_FAR                          \
	{                                    \
		NULL, ANY_STATE, (FAR_TELLS) \
	}

/* What the far end recorded leaves out: its host had them; it had nothing. */
#define FAR_HEARD                                                \
	{                                                        \
		NULL, STATE_BIT(STATE_FAIL), SIGN_BIT(SIGN_FAR_HEARD) \
	}
#define FAR_UNHEARD                                                      \
	{                                                                \
		NULL, STATE_BIT(STATE_FAIL), SIGN_BIT(SIGN_FAR_HEARD_NOTHING) \
	}

/* What ends on the way was seen to: then only that explains it. */
#define PATH_FAILED                                       \
	{                                                 \
		"underlay.path", STATE_BIT(STATE_FAIL), 0 \
	}
#define STOPS(signs)                                                  \
	{                                                             \
		{                                                     \
			"underlay.path", STATE_BIT(STATE_FAIL), signs \
		}                                                     \
	}
#define TUNNEL_STOPS SIGN_BIT(SIGN_TUNNEL_STOPS)
#define UDP_STOPS SIGN_BIT(SIGN_UDP_STOPS)
#define TUNNEL_STOPS_NEAR SIGN_BIT(SIGN_TUNNEL_STOPS_NEAR)

#define NOT_THIS_OUTSIDE                                                                        \
	{                                                                                       \
		"allowed IPs, routes and addresses inside the tunnel: nothing inside is asked " \
		"before the handshake",                                                         \
			"another MTU: an initiation has 148 bytes and fits everywhere",         \
			"a restart of the tunnel here: it sends what it sent before"            \
	}

/* --- the endpoint's host, or somebody before it, says so ------------------------------- */

const struct cause cause_listener_absent = {
	.id = "listener-absent",
	.says = "nothing listens at the endpoint's port",
	.when = { BACK_FAILED(SIGN_PORT_CLOSED) },
	/* What the far end recorded has the port. */
	.unless = { ANYWHERE(SIGN_ENDPOINT_IS_ROUTER), BY_NAME, ANYWHERE(SIGN_FAR_OTHER_PORT) },
	.side = SIDE_FAR,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES, "underlay.path" },
	.remedy = "compare the endpoint's port with the one that the far end listens on; start the "
		  "engine there; publish the port of a container as UDP; and if {host} is a "
		  "router's address, forward the port there",
	.commands = { "at the far end: wg show all listen-port",
		      "at the far end: ss -lunp 'sport = :{port}'",
		      "wg set {if} peer {peer} endpoint {host}:PORT" },
	.not_this = { "a hole in a filter: the far end's host itself answered",
		      "keys: no engine has read them" },
	.splitter = "wgdiag explain far",
};

/* A router's port: forwarded by nobody, or its own engine is off. */
const struct cause cause_listener_absent_router = {
	.id = "listener-absent",
	.group = "no-answer",
	.says = "nothing listens at the endpoint's port",
	.when = { BACK_FAILED(SIGN_PORT_CLOSED), ANYWHERE(SIGN_ENDPOINT_IS_ROUTER) },
	.unless = { BY_NAME, TOLD_BY_FAR },
	.side = SIDE_FAR,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES, "underlay.path" },
	.remedy = "start the engine at the endpoint, or correct the port",
	.commands = { "at the far end: wg show all listen-port" },
	.splitter = "wgdiag explain far",
};

#define FORWARD_REMEDY                                                                          \
	"at the far end's router: forward UDP port {port} to the far end's host, as UDP and "   \
	"not TCP only; where that router's own outer address is no public one (100.64.0.0/10, " \
	"10.0.0.0/8, ...), ask the provider for one, use IPv6, or let the far end be the one "  \
	"that calls"
#define FORWARD_COMMANDS                                                                     \
	{                                                                                    \
		"at the far end: tcpdump -ni any udp port {port}",                           \
			"at the far end: ip -br addr; ip route get {host}",                  \
			"at the far end's router: nft list ruleset | grep -e dnat -e {port}" \
	}

const struct cause cause_nat_no_forward_router = {
	.id = "nat-no-forward",
	.group = "no-answer",
	.says = "the router at the endpoint does not forward the port",
	.when = { BACK_FAILED(SIGN_PORT_CLOSED), ANYWHERE(SIGN_ENDPOINT_IS_ROUTER) },
	.unless = { BY_NAME, TOLD_BY_FAR },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES, "underlay.path" },
	.remedy = FORWARD_REMEDY,
	.commands = FORWARD_COMMANDS,
	.splitter = "wgdiag explain far",
};

const struct cause cause_nat_no_forward_lost = {
	.id = "nat-no-forward",
	.says = "the endpoint is a router that passes the port on to a host that is not there",
	.when = { BACK_FAILED(SIGN_ENDPOINT_FORWARDS) },
	.unless = { BY_NAME },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES, "underlay.path" },
	.remedy = FORWARD_REMEDY,
	.commands = FORWARD_COMMANDS,
	.not_this = NOT_THIS_OUTSIDE,
	.splitter = "wgdiag explain far",
};

const struct cause cause_udp_blocked_inbound_there = {
	.id = "udp-blocked-inbound",
	.says = "the far end's filter refuses the tunnel's messages",
	.when = { BACK_FAILED(SIGN_PROHIBITED_THERE) },
	.unless = { BY_NAME },
	.side = SIDE_FAR,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES, "underlay.path" },
	.remedy = "at the far end: let UDP port {port} in, before the rule that rejects the rest",
	.commands = { "at the far end: nft list ruleset | grep -n -e {port} -e reject -e policy",
		      "at the far end: iptables -I INPUT -p udp --dport {port} -j ACCEPT",
		      "at the far end: firewall-cmd --add-port={port}/udp",
		      "at the far end: ufw allow {port}/udp" },
	.not_this = { "a rule appended behind the one that rejects (iptables -A): it is never "
		      "reached",
		      "keys: no engine has read them" },
};

const struct cause cause_udp_blocked_inbound_way = {
	.id = "udp-blocked-inbound",
	.says = "a router's filter refuses the tunnel's messages",
	.when = { BACK_FAILED(SIGN_PROHIBITED_ON_WAY) },
	.unless = { FOUND_HERE },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES, "underlay.path" },
	.remedy = "ask who runs the router that said so, or who runs the far end's network, to let "
		  "UDP port {port} pass; or let the far end listen on a port that is let through",
	.commands = { "traceroute -n -U -p {port} {host}",
		      "at the far end: wg set INTERFACE listen-port PORT" },
	.not_this = { "the far end's own filter: the messages do not get that far",
		      "keys: no engine has read them" },
};

/* --- nobody says anything ---------------------------------------------------------------- */

const struct cause cause_udp_blocked_inbound = {
	.id = "udp-blocked-inbound",
	.group = "no-answer",
	.says = "a filter at the far end, or its provider's, drops the tunnel's messages",
	.when = SILENCE,
	.unless = { PATH_FAILED, FOUND_NEARER },
	.side = SIDE_FAR,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES },
	.remedy = "at the far end: let UDP port {port} in, in the host's filter and the provider's",
	.commands = { "at the far end: nft list ruleset | grep -n -e {port} -e drop -e policy" },
	.not_this = NOT_THIS_OUTSIDE,
	.splitter = "wgdiag explain far",
};

/* Seen to end on the way, behind the first router. */
const struct cause cause_udp_blocked_inbound_stops = {
	.id = "udp-blocked-inbound",
	.group = "no-answer",
	.says = "somebody on the way drops the tunnel's messages",
	.when = STOPS(TUNNEL_STOPS | UDP_STOPS),
	.unless = { FOUND_NEARER },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { "underlay.path", NOTHING_COMES },
	.remedy = "ask who runs the routers between the two, or use another port or network",
	.commands = { "traceroute -n -U -p {port} {host}", "traceroute -n -I {host}" },
	.not_this = NOT_THIS_OUTSIDE,
	.splitter = "wgdiag explain far",
};

const struct cause cause_udp_blocked_inbound_stops_near = {
	.id = "udp-blocked-inbound",
	.group = "no-answer",
	.says = "this host, or somebody next to it, drops the tunnel's messages",
	.when = STOPS(TUNNEL_STOPS_NEAR),
	.unless = { FOUND_NEARER },
	.side = SIDE_UNKNOWN,
	.direction = DIRECTION_UP,
	.explains = { "underlay.path", NOTHING_COMES },
	.remedy = "look for a filter of this host that is no nftables rule; then ask who runs the "
		  "first router",
	.commands = { "traceroute -n -U -p {port} {host}", "tc -s filter show dev {dev} egress" },
	.not_this = NOT_THIS_OUTSIDE,
	.splitter = "wgdiag explain far",
};

const struct cause cause_nat_no_forward = {
	.id = "nat-no-forward",
	.group = "no-answer",
	.says = "the port is not forwarded to the far end",
	.when = SILENCE,
	.unless = { PATH_FAILED, FOUND_NEARER, FAR_HEARD },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES },
	.remedy = FORWARD_REMEDY,
	.commands = FORWARD_COMMANDS,
	.not_this = NOT_THIS_OUTSIDE,
	.splitter = "wgdiag explain far",
};

const struct cause cause_wrong_key_silent = {
	.id = "wrong-key",
	.group = "no-answer",
	.says = "one end has a wrong public key of the other",
	.when = SILENCE,
	.unless = { PATH_FAILED, FOUND_NEARER, FAR_UNHEARD },
	.side = SIDE_UNKNOWN,
	.explains = { NOTHING_COMES },
	.remedy = "compare the keys: each end's peer must be the public key of the other",
	.commands = { "wg show {if} public-key; wg show {if} peers",
		      "at the far end: wg show all public-key; wg show all peers" },
	.not_this = NOT_THIS_OUTSIDE,
	.splitter = "wgdiag explain far",
};

const struct cause cause_protocol_blocked = {
	.id = "protocol-blocked",
	.group = "no-answer",
	.says = "somebody on the way drops WireGuard by its shape",
	.when = SILENCE,
	.unless = { PATH_FAILED, FOUND_NEARER, FAR_HEARD },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES },
	.remedy = "try another network; if the same tunnel works there, this one filters it, and "
		  "what hides its shape is outside of WireGuard",
	.not_this = NOT_THIS_OUTSIDE,
	.splitter = "wgdiag explain far",
};

const struct cause cause_protocol_blocked_stops = {
	.id = "protocol-blocked",
	.group = "no-answer",
	.says = "somebody on the way drops WireGuard by its shape",
	.when = STOPS(TUNNEL_STOPS | TUNNEL_STOPS_NEAR),
	.unless = { FOUND_NEARER },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { "underlay.path", NOTHING_COMES },
	.remedy = "try another network; if the same tunnel works there, this one filters it, and "
		  "what hides its shape is outside of WireGuard",
	.not_this = NOT_THIS_OUTSIDE,
	.splitter = "wgdiag explain far",
};

const struct cause cause_captive_portal = {
	.id = "captive-portal",
	.says = "this network wants a login first",
	.when = { { "underlay.path", STATE_BIT(STATE_FAIL), SIGN_BIT(SIGN_PORTAL) } },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { "underlay.path", NOTHING_COMES },
	.remedy = "open a browser on this machine, log in to the network, and run it again",
	.commands = { "curl -sI http://{host}/", "wgdiag check {arg}" },
	.not_this = { "the tunnel's configuration: nothing of it leaves this network",
		      "another port: all is held until the login" },
};

/* Seen to end near here: then nothing else is to be suspected. */
const struct cause cause_udp_egress_blocked = {
	.id = "udp-egress-blocked",
	.says = "this network lets no UDP out",
	.when = { { "underlay.path", STATE_BIT(STATE_FAIL), SIGN_BIT(SIGN_UDP_STOPS_NEAR) } },
	.unless = { ANYWHERE(SIGN_PORTAL), BY_NAME },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { "underlay.path", NOTHING_COMES },
	.remedy = "use another network, or ask who runs this one to let UDP out to {host} port "
		  "{port}; some let a few ports pass (53, 123, 443): a far end that listens on one "
		  "of them may get through",
	.commands = { "traceroute -n -U -p {port} {host}", "traceroute -n -I {host}" },
	.not_this = { "the far end's filter, keys and port: nothing gets there",
		      "TCP that works here: it is another protocol" },
};

const struct cause cause_udp_egress_blocked_silent = {
	.id = "udp-egress-blocked",
	.group = "no-answer",
	.says = "this network lets no UDP out",
	.when = SILENCE,
	.unless = { ANYWHERE(SIGN_OTHER_UDP_ANSWERED), PATH_FAILED, FOUND_NEARER, FAR_HEARD },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES },
	.remedy = "try another network",
	.commands = { "traceroute -n -U -p {port} {host}" },
	.not_this = NOT_THIS_OUTSIDE,
	.splitter = "wgdiag explain far",
};

const struct cause cause_udp_egress_blocked_stops = {
	.id = "udp-egress-blocked",
	.group = "no-answer",
	.says = "this network lets no UDP out",
	.when = STOPS(UDP_STOPS),
	.unless = { FOUND_NEARER },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { "underlay.path", NOTHING_COMES },
	.remedy = "try another network",
	.commands = { "traceroute -n -U -p {port} {host}" },
	.not_this = NOT_THIS_OUTSIDE,
	.splitter = "wgdiag explain far",
};

/* A host that answers other UDP would say of this port, too, that nobody has it. */
const struct cause cause_listener_absent_silent = {
	.id = "listener-absent",
	.group = "no-answer",
	.says = "nothing listens at the endpoint, and what it says of that is filtered",
	.when = SILENCE,
	.unless = { ANYWHERE(SIGN_OTHER_UDP_ANSWERED), PATH_FAILED, FOUND_NEARER, FAR_HEARD },
	.side = SIDE_FAR,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES },
	.remedy = "start the engine at the far end, or correct the port",
	.commands = { "at the far end: wg show all listen-port" },
	.not_this = NOT_THIS_OUTSIDE,
	.splitter = "wgdiag explain far",
};

/* --- before anything far: is there a way out at all? ------------------------------------- */

const struct cause cause_no_uplink = {
	.id = "no-uplink",
	.says = "this host has no working way out to the endpoint",
	.when = { { NULL, STATE_BIT(STATE_FAIL), SIGN_BIT(SIGN_NO_UPLINK) } },
	.unless = { ANYWHERE(SIGN_OTHER_FAMILY) },
	.side = SIDE_LOCAL,
	.direction = DIRECTION_UP,
	.explains = { "underlay.link", "route.endpoint", "underlay.gateway", "underlay.path",
		      NOTHING_COMES, "underlay.out", "loss.up", "loss.down" },
	.remedy = "put this host's own network right first: link, carrier, address, route and "
		  "gateway of {dev}",
	.commands = { "ip -br link; ip -br addr", "ip route get {host}", "ip neigh show",
		      "dhclient -v DEV, or nmcli device connect DEV" },
	.not_this = { "anything at the far end, keys, endpoint: nothing leaves this host",
		      "bytes sent that rise: most engines count what never left" },
};

/* --- the name of the endpoint ------------------------------------------------------------ */

const struct cause cause_endpoint_stale_dns = {
	.id = "endpoint-stale-dns",
	.says = "the endpoint's name has another address now than the one that is asked",
	.when = { { "config.live", STATE_BIT(STATE_FAIL), SIGN_BIT(SIGN_NAME_MOVED) } },
	.unless = { ANYWHERE(SIGN_OTHER_FAMILY) },
	.side = SIDE_LOCAL,
	.direction = DIRECTION_UP,
	.explains = { "config.live", "underlay.path", "underlay.gateway", NOTHING_COMES },
	.remedy = "give the peer its endpoint anew, and let that be repeated: a name is resolved "
		  "only when the tunnel comes up",
	.commands = { "wg set {if} peer {peer} endpoint NAME:{port}",
		      "systemctl restart wg-quick@{if}",
		      "reresolve-dns.sh {if} (wireguard-tools, contrib), from a timer" },
	.not_this = { "waiting: no engine resolves the name again",
		      "keepalive: it goes to the old address too" },
	.splitter = "getent ahosts NAME",
};

const struct cause cause_endpoint_family = {
	.id = "endpoint-family",
	.says = "the endpoint's name leads to a family of addresses that does not work here",
	.when = { ANYWHERE(SIGN_OTHER_FAMILY) },
	.side = SIDE_LOCAL,
	.direction = DIRECTION_UP,
	.explains = { "route.endpoint", "underlay.path", "underlay.gateway", NOTHING_COMES },
	.remedy = "write an address of the family that works into the file instead of the name, "
		  "or repair the other family's way out",
	.commands = { "getent ahosts NAME", "ip -4 route get ADDRESS; ip -6 route get ADDRESS",
		      "wg set {if} peer {peer} endpoint ADDRESS:{port}" },
	.not_this = { "another try: an engine takes the first address of a name, and no other",
		      "keys and the far end's filter: nothing gets there" },
};

/* --- keys ---------------------------------------------------------------------------------- */

const struct cause cause_wrong_key_own = {
	.id = "wrong-key",
	.says = "this end has its own public key as its peer's",
	.when = { { "config.keys", STATE_BIT(STATE_FAIL), SIGN_BIT(SIGN_KEY_OWN_PEER) } },
	.side = SIDE_LOCAL,
	.explains = { "config.keys", "engine.answers", "config.live", NOTHING_COMES },
	.remedy = "put the far end's public key into the [Peer] section, and not this end's",
	.commands = { "wg show {if} public-key", "at the far end: wg show all public-key" },
	.not_this = NOT_THIS_OUTSIDE,
};

const struct cause cause_wrong_key_file = {
	.id = "wrong-key",
	.says = "the keys that are live are not those of the file",
	.when = { { "config.live", STATE_BIT(STATE_FAIL), SIGN_BIT(SIGN_KEY_NOT_OF_FILE) } },
	.unless = { ANYWHERE(SIGN_KEY_OWN_PEER) },
	.side = SIDE_LOCAL,
	.explains = { "config.live", "config.keys", NOTHING_COMES },
	.remedy = "load the file again",
	.commands = { "wg show {if}", "wg syncconf {if} <(wg-quick strip {if})" },
	.not_this = NOT_THIS_OUTSIDE,
};

const struct cause cause_wrong_key_far = {
	.id = "wrong-key",
	.says = "one end has a wrong public key of the other",
	.when = { { "config.keys", STATE_BIT(STATE_FAIL), SIGN_BIT(SIGN_KEY_NOT_OF_FAR) } },
	.side = SIDE_UNKNOWN,
	.explains = { "config.keys", NOTHING_COMES },
	.remedy = "each end's peer must be the public key of the other: correct the one that "
		  "differs, and write it into the file",
	.commands = { "wg show {if} public-key; wg show {if} peers",
		      "at the far end: wg show all public-key; wg show all peers" },
	.not_this = NOT_THIS_OUTSIDE,
};

const struct cause cause_wrong_key_refused = {
	.id = "wrong-key",
	.says = "handshakes come that are for another key than this end's, or with one of no "
		"peer's",
	.when = { { "crypto.rejects", STATE_BIT(STATE_FAIL) | STATE_BIT(STATE_WARN),
		    SIGN_BIT(SIGN_KEY_REFUSED) },
		  { "handshake.complete", STATE_BIT(STATE_FAIL), 0 } },
	/* What comes is told more exactly. */
	.unless = { ANYWHERE(SIGN_CALL_OTHER_KEY) },
	.side = SIDE_UNKNOWN,
	.explains = { "crypto.rejects", NOTHING_COMES },
	.remedy = "compare the keys: the far end's peer must be this end's public key, and this "
		  "end's peer the far end's",
	.commands = { "wg show {if} public-key; wg show {if} peers",
		      "at the far end: wg show all public-key; wg show all peers" },
	.not_this = NOT_THIS_OUTSIDE,
};
