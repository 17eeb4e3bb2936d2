/*
 * This host itself: what its engine, its filter and its kernel do to the tunnel; and what the two
 * ends' engines must have in common.
 */
#include "verdict/cause_list.h"

#define FAIL STATE_BIT(STATE_FAIL)
#define MAYBE (FAIL | STATE_BIT(STATE_WARN) | STATE_BIT(STATE_UNSURE))

/* Without a session there is nothing of these. */
#define NO_SESSION "ping.peer", "echo.reply", "data.both-ways", "loss.up", "loss.down"

/* --- preshared keys: FM33 ------------------------------------------------------------ */

#define PSK_SAYS \
	"responses come back and do not open here: the preshared keys of the two ends differ"
#define PSK_REMEDY                                                                                 \
	"give both ends the same preshared key for each other, or neither of them one; where a "   \
	"program changes it (Rosenpass, a provider), it must do so at both ends at once. The two " \
	"sums must be equal"
#define PSK_COMMANDS                                                                             \
	{                                                                                        \
		"wg show {if} preshared-keys | awk '$1 == \"{peer}\" { print $2 }' | sha256sum", \
			"at the far end: wg show all preshared-keys | "                          \
			"awk '$2 == \"{own}\" { print $3 }' | sha256sum",                        \
			"wg genpsk > psk; wg set {if} peer {peer} preshared-key psk",            \
			"at the far end, with that file: wg set IF peer {own} preshared-key psk" \
	}
#define PSK_NOT_THIS                                                                            \
	{                                                                                       \
		"other private or public keys: the far end answers only whom it knows by them", \
			"ports, NAT or a filter on the way: the answers do arrive",             \
			"allowed IPs, routes or MTU: no data was sent yet"                      \
	}
#define PSK_EXPLAINS                                                                  \
	{                                                                             \
		"crypto.rejects", "handshake.complete", "handshake.peers", NO_SESSION \
	}

const struct cause cause_psk_mismatch = {
	.id = "psk-mismatch",
	.says = PSK_SAYS,
	.when = { { "crypto.rejects", MAYBE, SIGN_BIT(SIGN_RESPONSE_NOT_OPENED) } },
	.side = SIDE_UNKNOWN,
	.explains = PSK_EXPLAINS,
	.remedy = PSK_REMEDY,
	.commands = PSK_COMMANDS,
	.not_this = PSK_NOT_THIS,
};

/* An engine that says nothing, such as the kernel's: what else keeps a response from it is seen. */
const struct cause cause_psk_mismatch_unsaid = {
	.id = "psk-mismatch",
	.says = PSK_SAYS,
	.when = { { "handshake.complete", FAIL, SIGN_BIT(SIGN_RESPONSE_UNUSED) } },
	.unless = { { "crypto.rejects", ANY_STATE, SIGN_BIT(SIGN_RESPONSE_NOT_OPENED) },
		    { "kernel.drops", FAIL, SIGN_BIT(SIGN_REVERSE_PATH) },
		    { "host.firewall", FAIL, SIGN_BIT(SIGN_FILTER_TOOK) },
		    { "kernel.drops", ANY_STATE, SIGN_BIT(SIGN_DROPPED_COMING_IN) } },
	.side = SIDE_UNKNOWN,
	.explains = PSK_EXPLAINS,
	.remedy = PSK_REMEDY,
	.commands = PSK_COMMANDS,
	.not_this = PSK_NOT_THIS,
};

/*
 * Seen from the end that is asked. The answer goes back the way that the question came by, so that
 * little else keeps it away; that much is all that this end can tell.
 */
const struct cause cause_psk_mismatch_responder = {
	.id = "psk-mismatch",
	.says = "the peer is answered and asks again: most likely the preshared keys differ, "
		"unless the answers are lost",
	.when = { { "handshake.complete", FAIL, SIGN_BIT(SIGN_ANSWERED_IN_VAIN) } },
	.side = SIDE_UNKNOWN,
	.explains = PSK_EXPLAINS,
	.remedy = PSK_REMEDY,
	.commands = PSK_COMMANDS,
	.not_this = { "other private or public keys: both ends know each other by them",
		      "allowed IPs, routes or MTU: no data was sent yet" },
	.splitter = "at the far end: wgdiag check",
};

/* --- the self ping of macOS and FreeBSD: FM35 ---------------------------------------- */

const struct cause cause_self_ping_utun = {
	.id = "self-ping-utun",
	.says = "a ping to our own tunnel address goes into the tunnel here, where nobody need "
		"answer it",
	.when = { { "ping.self", STATE_BIT(STATE_UNSURE), SIGN_BIT(SIGN_SELF_PING_IN_TUN) } },
	.no_fault = true,
	.explains = { "ping.self" },
	.remedy =
		"nothing is to be mended: a point-to-point utun gives the system no way to its own "
		"address but into the tunnel, and on Linux a rule may. Who needs the answer routes "
		"the address to lo0, or lets the rule leave it out",
	.commands = { "route -n get {inner}", "sudo route -n add -host {inner} -interface lo0",
		      "ip route get {inner}; ip rule" },
	.not_this = { "another point-to-point address or netmask: macOS sends it into the tunnel "
		      "all the same",
		      "another engine, if pings to the other end are answered" },
};

/* --- an engine that ended or hangs: FM59 --------------------------------------------- */

const struct cause cause_dead_engine = {
	.id = "dead-engine",
	.says = "the tunnel's engine on this host has ended or hangs, and left what it had",
	.when = { { "engine.answers", FAIL,
		    SIGN_BIT(SIGN_ENGINE_GONE) | SIGN_BIT(SIGN_ENGINE_SILENT) } },
	.side = SIDE_LOCAL,
	.explains = { "engine.answers", "crypto.rejects", "handshake.complete", "handshake.peers",
		      "tun.delivery", "tun.framing", "underlay.out", "underlay.back",
		      "underlay.link", "host.state", "ping.self", NO_SESSION },
	.not_this = { "anything at the far end, or on the way there: no message leaves this host",
		      "routes, allowed IPs and keys: nobody is there to use them",
		      "setting the interface down and up: the device is no engine" },
};

/* --- an engine that does not start: FM26 --------------------------------------------- */

const struct cause cause_engine_cannot_start = {
	.id = "engine-cannot-start",
	.says = "the engine cannot be started on this host",
	.when = { { "engine.start", FAIL, SIGN_BIT(SIGN_ENGINE_NOT_STARTED) } },
	.side = SIDE_LOCAL,
	.explains = { "engine.start", "engine.answers" },
	.not_this = { "the configuration file and its keys: they were read, and are good",
		      "anything at the far end, or on the way there: nothing was sent" },
};

/* --- the reverse path filter: FM22 --------------------------------------------------- */

const struct cause cause_rp_filter = {
	.id = "rp-filter",
	.says = "this host's reverse path filter drops what comes back",
	.when = { { "kernel.drops", FAIL, SIGN_BIT(SIGN_REVERSE_PATH) } },
	/* Then routes are what is wrong, and what comes back is the reverse of none of them. */
	.unless = { { "route.inner", FAIL, 0 } },
	.side = SIDE_LOCAL,
	.direction = DIRECTION_DOWN,
	.explains = { "kernel.drops", "handshake.complete", "handshake.peers", "crypto.rejects",
		      "underlay.back", "tun.delivery", NO_SESSION },
	.not_this = { "other keys or another preshared key: the engine never had the answers",
		      "a rule in the firewall that accepts: this comes before its input chains",
		      "anything at the far end: it did answer" },
};

/* --- this host's own filter: FM61, FM50 ---------------------------------------------- */

/* Where nothing gets into the tunnel no handshake is asked for either. */
#define FILTER_EXPLAINS                                                                        \
	"host.firewall", "handshake.complete", "handshake.peers", "crypto.rejects",            \
		"underlay.out", "underlay.back", "underlay.path", "tun.delivery", "ping.self", \
		"ping.sizes", NO_SESSION
#define FIREWALL(sign)                                       \
	{                                                    \
		"host.firewall", FAIL, SIGN_BIT(SIGN_##sign) \
	}

#define LEFT_OVER_SAYS "a filter rule of a tunnel that is gone takes this one's packets"
#define LEFT_OVER_NOT_THIS                                                                  \
	{                                                                                   \
		"anything at the far end: this host's kernel takes the packets",            \
			"another MTU, other keys or allowed IPs",                           \
			"setting this tunnel down and up: the rule is another's, and stays" \
	}

const struct cause cause_leftover_rules = {
	.id = "leftover-rules",
	.says = LEFT_OVER_SAYS,
	.when = { FIREWALL(FILTER_LEFT_OVER) },
	.unless = { FIREWALL(FILTER_TOOK_NEIGHBOUR) },
	.side = SIDE_LOCAL,
	.explains = { FILTER_EXPLAINS },
	.not_this = LEFT_OVER_NOT_THIS,
};

/* IPv6 asks for its next host by packets that rules take like others; IPv4 does not. */
const struct cause cause_leftover_rules_neighbour = {
	.id = "leftover-rules",
	.says = LEFT_OVER_SAYS,
	.when = { FIREWALL(FILTER_LEFT_OVER), FIREWALL(FILTER_TOOK_NEIGHBOUR) },
	.side = SIDE_LOCAL,
	.explains = { FILTER_EXPLAINS, "underlay.gateway" },
	.not_this = LEFT_OVER_NOT_THIS,
};

#define LOCAL_FIREWALL_NOT_THIS                                                           \
	{                                                                                 \
		"anything at the far end: this host's kernel takes the packets",          \
			"another MTU, other keys or allowed IPs",                         \
			"a rule that accepts behind the one that drops: that one decides" \
	}

const struct cause cause_local_firewall = {
	.id = "local-firewall",
	.says = "this host's own filter drops the tunnel's packets",
	.when = { FIREWALL(FILTER_TOOK) },
	.unless = { FIREWALL(FILTER_LEFT_OVER), FIREWALL(FILTER_TOOK_NEIGHBOUR),
		    FIREWALL(FILTER_TOOK_CALL) },
	.side = SIDE_LOCAL,
	.explains = { FILTER_EXPLAINS },
	.not_this = LOCAL_FIREWALL_NOT_THIS,
};

/*
 * An engine that says nothing looks the same where it has no answer, and where it can do nothing
 * with it: beside the other causes of that, of which none is known to be it.
 */
const struct cause cause_local_firewall_maybe = {
	.id = "local-firewall",
	.says = "a filter here",
	.when = { { "handshake.complete", FAIL, SIGN_BIT(SIGN_RESPONSE_UNUSED) },
		  { "host.firewall", ANY_STATE, SIGN_BIT(SIGN_FILTER_MAY_TAKE) } },
	.unless = { { "crypto.rejects", ANY_STATE, SIGN_BIT(SIGN_RESPONSE_NOT_OPENED) },
		    { "kernel.drops", ANY_STATE,
		      SIGN_BIT(SIGN_REVERSE_PATH) | SIGN_BIT(SIGN_DROPPED_COMING_IN) } },
	.side = SIDE_LOCAL,
	.explains = { "handshake.complete", "crypto.rejects", "handshake.peers", NO_SESSION },
	.splitter = "nft -a list ruleset",
};

const struct cause cause_local_firewall_neighbour = {
	.id = "local-firewall",
	.says = "this host's own filter drops what IPv6 needs to find the next host on its link",
	.when = { FIREWALL(FILTER_TOOK_NEIGHBOUR) },
	.unless = { FIREWALL(FILTER_LEFT_OVER) },
	.side = SIDE_LOCAL,
	.explains = { FILTER_EXPLAINS, "underlay.gateway" },
	.not_this = LOCAL_FIREWALL_NOT_THIS,
};
