/*
 * What one end cannot tell apart, where the far end recorded meanwhile (`wgdiag serve`): the causes
 * of cause_silence.c and cause_inside.c, each seen where it is at work.
 */
#include "verdict/cause_list.h"

#define FAIL STATE_BIT(STATE_FAIL)
#define RECORDED(sign)                                 \
	{                                              \
		"handshake.complete", FAIL, SIGN_BIT(sign) \
	}
#define INSIDE(sign)                          \
	{                                     \
		{                             \
			"ping.peer", FAIL, SIGN_BIT(sign) \
		}                             \
	}
#define UNHEARD RECORDED(SIGN_FAR_HEARD_NOTHING)

#define NOTHING_COMES                                                                        \
	"underlay.path", "underlay.back", "handshake.complete", "crypto.rejects", "ping.peer", \
		"echo.reply", "ping.sizes", "data.both-ways"
#define INSIDE_EXPLAINS "ping.peer", "ping.sizes", "data.both-ways", "loss.up", "loss.down"

/* What is near this host comes before all. */
#define FOUND_NEARER                                                      \
	{                                                                 \
		NULL, ANY_STATE,                                          \
			NEARER | SIGN_BIT(SIGN_PROHIBITED_ON_WAY) |       \
				SIGN_BIT(SIGN_PROHIBITED_THERE)           \
	}

/* --- outside ------------------------------------------------------------------------ */

const struct cause cause_udp_blocked_inbound_recorded = {
	.id = "udp-blocked-inbound",
	.says = "the tunnel's messages arrive at the far end's host, and its filter takes them",
	.when = { RECORDED(SIGN_FAR_TOOK_CALL) },
	.unless = { FOUND_NEARER },
	.side = SIDE_FAR,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES },
	.remedy = "at the far end: let UDP port {port} in, before the rule that drops the rest",
	.commands = { "at the far end: nft -a list ruleset | grep -n -e {port} -e drop -e policy",
		      "at the far end: iptables -I INPUT -p udp --dport {port} -j ACCEPT",
		      "at the far end: firewall-cmd --add-port={port}/udp",
		      "at the far end: ufw allow {port}/udp" },
	.not_this = { "a port forwarded anew, or the provider's filter: the messages arrive",
		      "keys: no engine has read them" },
};

const struct cause cause_listener_absent_recorded = {
	.id = "listener-absent",
	.says = "the far end listens on another port than the one that is sent to",
	.when = { RECORDED(SIGN_FAR_OTHER_PORT) },
	.unless = { FOUND_NEARER },
	.side = SIDE_FAR,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES },
	.remedy = "let the endpoint's port and the far end's ListenPort agree",
	.commands = { "at the far end: wg show all listen-port",
		      "wg set {if} peer {peer} endpoint {host}:PORT" },
	.not_this = { "keys: no engine has read them" },
};

const struct cause cause_protocol_blocked_recorded = {
	.id = "protocol-blocked",
	.says = "somebody on the way drops WireGuard by its shape: other UDP gets to the port",
	.when = { UNHEARD, RECORDED(SIGN_FAR_HEARD_KNOCK) },
	.unless = { FOUND_NEARER },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES },
	.remedy = "try another network; if the same tunnel works there, this one filters it, and "
		  "what hides its shape is outside of WireGuard",
	.commands = { "at the far end: tcpdump -ni any udp port {port}" },
	.not_this = { "another port: what is dropped is known by what is in it",
		      "keys, and the far end's filter: the messages do not get there" },
};

const struct cause cause_nat_no_forward_recorded = {
	.id = "nat-no-forward",
	.says = "the endpoint's address is not the far end's, and nothing is passed on to it",
	.when = { UNHEARD, RECORDED(SIGN_FAR_IS_ELSEWHERE) },
	.unless = { FOUND_NEARER, RECORDED(SIGN_FAR_HEARD_KNOCK), RECORDED(SIGN_FAR_HEARD_DNS) },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES },
	.remedy = "at the far end's router: forward UDP port {port} to the far end's host, as UDP "
		  "and not TCP only; or, where {host} is no address of that router, correct the "
		  "endpoint",
	.commands = { "at the far end: ip -br addr; ip route get {host}",
		      "at the far end's router: nft list ruleset | grep -e dnat -e {port}",
		      "at the far end: tcpdump -ni any udp port {port}" },
	.not_this = { "the far end's own filter: the messages do not get that far",
		      "keys: no engine has read them" },
};

const struct cause cause_udp_egress_blocked_recorded = {
	.id = "udp-egress-blocked",
	.says = "this network lets no UDP out but that of DNS",
	.when = { UNHEARD, RECORDED(SIGN_FAR_HEARD_DNS) },
	.unless = { FOUND_NEARER },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES },
	.remedy = "use another network, or ask who runs this one to let UDP out to {host} port "
		  "{port}; or let the far end listen on a port that gets through, as 53",
	.commands = { "traceroute -n -U -p {port} {host}", "traceroute -n -U -p 53 {host}" },
	.not_this = { "the far end's filter, keys and port: nothing gets there",
		      "TCP that works here: it is another protocol" },
};

const struct cause cause_udp_blocked_inbound_way_recorded = {
	.id = "udp-blocked-inbound",
	.says = "somebody on the way drops what goes to the port: other UDP gets to that host",
	.when = { UNHEARD, RECORDED(SIGN_FAR_HEARD_OTHER) },
	.unless = { FOUND_NEARER, RECORDED(SIGN_FAR_IS_ELSEWHERE) },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES },
	.remedy = "let UDP port {port} in at the far end's provider, or ask who runs the routers "
		  "between; or let the far end listen on another port",
	.commands = { "traceroute -n -U -p {port} {host}",
		      "at the far end: wg set INTERFACE listen-port PORT" },
	.not_this = { "the far end's own filter: the messages do not get that far",
		      "keys: no engine has read them" },
};

const struct cause cause_underlay_loss_recorded = {
	.id = "underlay-loss",
	.says = "the far end answers, and its answers are lost on the way back",
	.when = { RECORDED(SIGN_FAR_ANSWERED) },
	.unless = { FOUND_NEARER },
	.side = SIDE_PATH,
	.direction = DIRECTION_DOWN,
	.explains = { NOTHING_COMES },
	.remedy = "look where they end: a router or a filter between the two that lets the "
		  "tunnel's messages out and none in, or a way that loses most of all",
	.commands = { "at the far end: tcpdump -ni any udp port {port}",
		      "tcpdump -ni any udp port {port}",
		      "at the far end: traceroute -n -U OUR-OUTER-ADDRESS" },
	.not_this = { "keys: the far end takes what is sent, and answers",
		      "a port forwarded anew: the messages arrive" },
};

const struct cause cause_underlay_loss_up_recorded = {
	.id = "underlay-loss",
	.says = "the way to the far end loses messages, the handshake's among them",
	.when = { RECORDED(SIGN_FAR_HEARD_SOME) },
	.unless = { FOUND_NEARER },
	.side = SIDE_PATH,
	.direction = DIRECTION_UP,
	.explains = { NOTHING_COMES },
	.remedy = "try it by cable or from another network, look for the hop where loss begins, "
		  "and ask who runs it",
	.commands = { "ping -c 200 -i 0.05 {host}", "mtr -n -c 100 -u -P {port} {host}",
		      "ip -s -s link show dev {dev}" },
	.not_this = { "keys: no initiation got there",
		      "a filter: what looks like the tunnel's messages gets to the very port" },
};

/* --- inside ------------------------------------------------------------------------- */

const struct cause cause_provider_recorded = {
	.id = "provider-accepts-but-drops",
	.says = "the far end takes the handshake, and its filter all that comes out of the tunnel",
	.when = INSIDE(SIGN_FAR_FILTER_TOOK),
	.side = SIDE_FAR,
	.direction = DIRECTION_BOTH,
	.explains = { INSIDE_EXPLAINS },
	.remedy = "at the far end: let in what comes by the tunnel's interface; where that is a "
		  "provider's, have the key issued anew",
	.commands = { "at the far end: nft -a list ruleset" },
	.not_this = { "keys, port and endpoint: the handshake is good",
		      "AllowedIPs of either end: the packets come out of the tunnel there" },
};

const struct cause cause_forward_drop_recorded = {
	.id = "forward-drop",
	.says = "the far end's filter drops what it is to forward",
	.when = INSIDE(SIGN_FAR_FORWARD_DROPPED),
	.side = SIDE_FAR,
	.direction = DIRECTION_BOTH,
	.explains = { INSIDE_EXPLAINS },
	.remedy = "at the far end: let its forward chain pass what comes from the tunnel's "
		  "interface, and what answers it, before any rule that rejects",
	.commands = { "at the far end: nft -a list ruleset | grep -A9 forward",
		      "at the far end: iptables -I FORWARD -i IF -j ACCEPT",
		      "at the far end: iptables -I FORWARD -o IF -m conntrack --ctstate "
		      "RELATED,ESTABLISHED -j ACCEPT" },
	.not_this = { "keys, endpoint, MTU: the packets come out of the tunnel there" },
};

const struct cause cause_masquerade_recorded = {
	.id = "masquerade-missing-or-wrong-if",
	.says = "the far end sends our packets on with their inner source, which no answer finds",
	.when = INSIDE(SIGN_FAR_HIDES_NOT),
	.unless = INSIDE(SIGN_FAR_FORWARD_DROPPED),
	.side = SIDE_FAR,
	.direction = DIRECTION_DOWN,
	.explains = { INSIDE_EXPLAINS },
	.remedy = "at the far end: masquerade at the interface by which it reaches the target",
	.commands = { "at the far end: ip route get {target}",
		      "at the far end: iptables -t nat -A POSTROUTING -s {inner} -o THAT-INTERFACE "
		      "-j MASQUERADE" },
	.not_this = { "keys, endpoint, MTU: the packets come out of the tunnel there",
		      "its forward chain: it passes them on" },
};

const struct cause cause_no_return_route_recorded = {
	.id = "no-return-route",
	.says = "what lies behind the far end gets our packets, and has no route back",
	.when = INSIDE(SIGN_FAR_NO_WAY_BACK),
	.unless = INSIDE(SIGN_FAR_FORWARD_DROPPED),
	.side = SIDE_FAR,
	.direction = DIRECTION_DOWN,
	.explains = { INSIDE_EXPLAINS },
	.remedy = "at the far end: give the target, or the gateway of its network, a route to the "
		  "tunnel's addresses by the WireGuard host; or masquerade there; or let the "
		  "target's own filter answer {inner}",
	.commands = { "on the target or its gateway: ip route add {inner} via WIREGUARD-HOST" },
	.not_this = { "keys, endpoint, MTU: the packets come out of the tunnel there",
		      "its forward chain: it passes them on" },
};
