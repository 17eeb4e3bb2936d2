/*
 * The table of causes, and how a row of it is asked.
 */
#include "verdict/causes.h"

#include <string.h>

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

const struct cause causes[] = {
	{
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
		.not_this = FRAMING_NOT_THIS,
		.splitter = "wgdiag check --engine builtin",
	},
	{
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
		.not_this = FRAMING_NOT_THIS,
		.splitter = "wgdiag check --engine builtin",
	},
};
const size_t n_causes = ARRAY_LEN(causes);

bool condition_row(const struct condition *c, const struct finding *f)
{
	if (c->check && strcmp(c->check, f->check->id) != 0)
		return false;
	return (c->states & STATE_BIT(f->state)) && (!c->signs || (c->signs & f->signs));
}

bool condition_holds(const struct condition *c, const struct findings *all)
{
	const struct finding *f;

	for (f = all->first; f; f = f->next)
		if (condition_row(c, f))
			return true;
	return false;
}

bool cause_holds(const struct cause *c, const struct findings *all)
{
	size_t i;

	for (i = 0; i < CAUSE_CONDITIONS_MAX && c->when[i].states; i++)
		if (!condition_holds(&c->when[i], all))
			return false;
	for (i = 0; i < CAUSE_CONDITIONS_MAX && c->unless[i].states; i++)
		if (condition_holds(&c->unless[i], all))
			return false;
	return true;
}

enum direction cause_direction(const struct cause *c, const struct findings *all)
{
	const struct condition up = { NULL, ANY_STATE, c->up }, down = { NULL, ANY_STATE, c->down };
	bool is_up = c->up && condition_holds(&up, all);
	bool is_down = c->down && condition_holds(&down, all);

	if (is_up || is_down)
		return !is_down ? DIRECTION_UP : !is_up ? DIRECTION_DOWN : DIRECTION_BOTH;
	return c->direction;
}

bool cause_explains(const struct cause *c, const char *check_id)
{
	size_t i;

	for (i = 0; i < CAUSE_EXPLAINS_MAX && c->explains[i]; i++)
		if (strcmp(c->explains[i], check_id) == 0)
			return true;
	return false;
}
