/*
 * The far host answers from another of its addresses: failure-modes.md, FM38. An engine takes such
 * an answer, and asks there from then on; so it breaks only what lets no answer in but of whom was
 * asked.
 */
#include "verdict/cause_list.h"

const struct cause cause_multihomed_reply = {
	.id = "multihomed-reply",
	.says = "the far host answers from another address than was asked, and the answers are not "
		"let in",
	.when = { { "handshake.complete", STATE_BIT(STATE_FAIL),
		    SIGN_BIT(SIGN_ANSWERED_ELSEWHERE) } },
	.side = SIDE_FAR,
	.direction = DIRECTION_DOWN,
	.explains = { "handshake.complete", "crypto.rejects", "ping.peer", "echo.reply",
		      "ping.sizes", "data.both-ways" },
	.not_this = { "keys: the far end took the initiation, or it had not answered",
		      "allowed IPs, routes and MTU inside the tunnel: no data was sent yet" },
};
