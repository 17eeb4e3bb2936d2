/*
 * Engine and tun device disagree on the 4-byte header: failure-modes.md, FM34. Which end's is told
 * by who writes, or sends, what is no IP packet.
 */
#include "verdict/cause_list.h"

/*
 * All that a wrong header can make fail. Not among them: the self ping, which Linux answers
 * without the engine, and the loss of outer messages, which arrive all the same.
 */
#define FRAMING_EXPLAINS                                                                    \
	{                                                                                   \
		"tun.framing", "tun.delivery", "crypto.rejects", "rx.errors", "echo.reply", \
			"ping.peer", "ping.sizes", "data.both-ways"                         \
	}

/* Each of these was tried in the case that this project began with, for days. */
#define FRAMING_NOT_THIS                                                                      \
	{                                                                                     \
		"another point-to-point address or netmask: the packets are lost before any " \
		"address is looked at",                                                       \
			"firewall rules: what is not read as an IP packet comes to no rule",  \
			"routes: the packets do enter the tunnel",                            \
			"the configuration of either end: handshake and keys are good",       \
			"another MTU: packets of every size are lost alike"                   \
	}

/*
 * Which packets die: those that the end writes to its tun, or those that it sends. That it reads
 * none (*_READS_*) tells a direction, and is no evidence of the cause.
 */
#define NEAR_WRITES (SIGN_BIT(SIGN_NEAR_WRITES_NO_IP) | SIGN_BIT(SIGN_NEAR_WRITE_REFUSED))
#define NEAR_SENDS (SIGN_BIT(SIGN_NEAR_SENDS_NO_IP) | SIGN_BIT(SIGN_NEAR_OUTER_TOO_LARGE))
#define FAR_WRITES (SIGN_BIT(SIGN_FAR_WRITES_NO_IP) | SIGN_BIT(SIGN_FAR_WRITE_REFUSED))
#define FAR_SENDS (SIGN_BIT(SIGN_FAR_SENDS_NO_IP) | SIGN_BIT(SIGN_FAR_OUTER_TOO_LARGE))

const struct cause cause_tun_framing_near = {
	.id = "tun-framing",
	.says = "this end's engine and its tun device disagree on the 4-byte header before "
		"each packet",
	.when = { { NULL, ANY_STATE, NEAR_WRITES | NEAR_SENDS } },
	.side = SIDE_LOCAL,
	.up = NEAR_SENDS | SIGN_BIT(SIGN_NEAR_READS_NO_IP),
	.down = NEAR_WRITES,
	.explains = FRAMING_EXPLAINS,
	.remedy =
		"run an engine that frames packets as this tun device does, or open the "
		"device the way the engine expects (Linux: with or without IFF_NO_PI; "
		"macOS: utun always has the header). In a program that embeds an engine: "
		"the tun crate from 0.7 on, with packet_information as the device has it, "
		"or the crate's packet codec; header and packet go out in one write",
	.commands = { "wgdiag check --engine wireguard-go",
		      "WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go wg-quick up {if}" },
	.not_this = FRAMING_NOT_THIS,
	.splitter = "wgdiag check --engine builtin",
};

const struct cause cause_tun_framing_far = {
	.id = "tun-framing",
	.says = "the far end's engine and its tun device disagree on the 4-byte header "
		"before each packet",
	.when = { { NULL, ANY_STATE, FAR_WRITES | FAR_SENDS } },
	.side = SIDE_FAR,
	.up = FAR_WRITES,
	.down = FAR_SENDS | SIGN_BIT(SIGN_FAR_READS_NO_IP),
	.explains = FRAMING_EXPLAINS,
	.remedy =
		"at the far end: run an engine that frames packets as its tun device does, "
		"or open the device the way that engine expects. In a program that embeds "
		"an engine: the tun crate from 0.7 on, with packet_information as the "
		"device has it, or the crate's packet codec; header and packet go out in "
		"one write. Here nothing needs to change",
	.commands = { "at the far end: wgdiag check --engine wireguard-go",
		      "at the far end: ip -d link show type tun" },
	.not_this = FRAMING_NOT_THIS,
	.splitter = "wgdiag check --engine builtin",
};
