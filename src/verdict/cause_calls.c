/*
 * Seen from the end that others come to: somebody asks it for a handshake, and gets none. The same
 * faults as of cause_silence.c, from where they can be told apart (FM01, FM10, FM54).
 */
#include "verdict/cause_list.h"

#define FAIL STATE_BIT(STATE_FAIL)

/* Without a session there is nothing of these. */
#define NO_SESSION "ping.peer", "echo.reply", "data.both-ways", "loss.up", "loss.down"

const struct cause cause_udp_blocked_inbound_here = {
	.id = "udp-blocked-inbound",
	.says = "this host's own filter takes the handshakes that come in",
	.when = { { "host.firewall", FAIL, SIGN_BIT(SIGN_FILTER_TOOK_CALL) } },
	.unless = { { "host.firewall", FAIL, SIGN_BIT(SIGN_FILTER_LEFT_OVER) } },
	.side = SIDE_LOCAL,
	.direction = DIRECTION_DOWN,
	.explains = { "host.firewall", "handshake.complete", "handshake.peers", "crypto.rejects",
		      NO_SESSION },
	/* What to do is said by the row that has the rule. */
	.not_this = { "keys and the peer's configuration: the engine here has not read anything",
		      "a port forwarded anew: the messages do arrive on this host",
		      "a rule that accepts behind the one that drops: that one decides" },
};

#define FILTERS "nft -a list ruleset", "iptables-legacy-save -c", "bpftool cgroup tree"

/* The engine counts what it gets, and got nothing: whatever took it is between it and the link. */
const struct cause cause_udp_blocked_inbound_vanished = {
	.id = "udp-blocked-inbound",
	.says = "handshakes arrive at this host and never get to its engine: most likely a filter "
		"here",
	.when = { { "handshake.complete", FAIL, SIGN_BIT(SIGN_CALL_VANISHED) } },
	.unless = { { "host.firewall", FAIL, 0 },
		    { "kernel.drops", FAIL, SIGN_BIT(SIGN_REVERSE_PATH) } },
	.side = SIDE_LOCAL,
	.direction = DIRECTION_DOWN,
	.explains = { "handshake.complete", "handshake.peers", "crypto.rejects", NO_SESSION },
	.remedy =
		"look for what takes UDP to port {listen} on this host: a rule that could (see the "
		"firewall row), or a filter that is no nftables rule; and let it in",
	.commands = { FILTERS },
	.not_this = { "keys and the peer's configuration: the engine here has not read anything",
		      "a port forwarded anew: the messages do arrive on this host" },
};

/* One that counts nothing: beside a rule that could take them it is either. */
const struct cause cause_udp_blocked_inbound_maybe = {
	.id = "udp-blocked-inbound",
	.says = "a filter here may take the handshakes that come",
	.when = { { "handshake.complete", FAIL, SIGN_BIT(SIGN_CALL_UNANSWERED) },
		  { "host.firewall",
		    STATE_BIT(STATE_WARN) | STATE_BIT(STATE_UNSURE) | STATE_BIT(STATE_SKIP), 0 } },
	.unless = { { "kernel.drops", FAIL, SIGN_BIT(SIGN_REVERSE_PATH) },
		    { "crypto.rejects", ANY_STATE, SIGN_BIT(SIGN_KEY_REFUSED) } },
	.side = SIDE_LOCAL,
	.direction = DIRECTION_DOWN,
	.explains = { "handshake.complete", "handshake.peers", "crypto.rejects", NO_SESSION },
	.remedy = "look for what takes UDP to port {listen} on this host, and let it in",
	.commands = { FILTERS },
	.splitter = "nft -a list ruleset",
};

const struct cause cause_listener_absent_here = {
	.id = "listener-absent",
	.says = "somebody calls this host at a port that its engine does not listen on",
	.when = { { "handshake.complete", FAIL, SIGN_BIT(SIGN_CALL_OTHER_PORT) } },
	.side = SIDE_LOCAL,
	.direction = DIRECTION_DOWN,
	.explains = { "handshake.complete", "handshake.peers", "crypto.rejects", NO_SESSION },
	.remedy = "let the engine here listen on the port that the peer has for it, in the file as "
		  "ListenPort (without one it takes another at each start); or correct the port in "
		  "the peer's Endpoint to {listen}, or in the router that forwards it",
	.commands = { "wg show {if} listen-port", "ss -lun 'sport = :{listen}'",
		      "wg set {if} listen-port PORT", "at the far end: wg show all endpoints" },
	.not_this = { "keys: what comes is for this end's public key",
		      "the filter here: the engine would not get it if it were let in" },
};

#define KEY_REMEDY                                                                            \
	"compare the keys: the peer's [Peer] must have this end's public key ({own}), and a " \
	"[Peer] here must have the public key of who calls"
#define KEY_COMMANDS                                                                \
	{                                                                           \
		"wg show {if} public-key; wg show {if} peers",                      \
			"at the far end: wg show all public-key; wg show all peers" \
	}

/* Its mac1 is made with the key that the peer has of us, and needs no secret to be looked at. */
const struct cause cause_wrong_key_called = {
	.id = "wrong-key",
	.says = "handshakes come for another public key than this end's",
	.when = { { "handshake.complete", FAIL, SIGN_BIT(SIGN_CALL_OTHER_KEY) } },
	.side = SIDE_UNKNOWN,
	.explains = { "handshake.complete", "handshake.peers", "crypto.rejects", NO_SESSION },
	.remedy = KEY_REMEDY,
	.commands = KEY_COMMANDS,
	.not_this = { "this host's filter, and routers: the messages arrive",
		      "a restart here: the peer asks for the same key again" },
};

/*
 * Whom an engine knows it answers. Where a rule could take them it is one of two; and only where
 * nobody was heard before, whose clock may have gone back since.
 */
const struct cause cause_wrong_key_unanswered = {
	.id = "wrong-key",
	.says = "handshakes come unanswered: most likely no peer here has the caller's key",
	.when = { { "handshake.complete", FAIL, SIGN_BIT(SIGN_CALL_UNANSWERED) } },
	.unless = { { "host.firewall", FAIL, 0 },
		    { "kernel.drops", FAIL, SIGN_BIT(SIGN_REVERSE_PATH) },
		    { "crypto.rejects", ANY_STATE, SIGN_BIT(SIGN_KEY_REFUSED) } },
	.side = SIDE_UNKNOWN,
	.explains = { "handshake.complete", "handshake.peers", "crypto.rejects", NO_SESSION },
	.remedy = KEY_REMEDY,
	.commands = KEY_COMMANDS,
	.not_this = { "a port forwarded anew: the messages do arrive on this host",
		      "the public key that the peer has of this end: it is right" },
	.splitter = "dmesg | grep wireguard",
};
