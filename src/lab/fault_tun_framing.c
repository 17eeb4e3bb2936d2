/*
 * Engine and tun disagree about 4 bytes before each packet: failure-modes.md, FM34.
 *
 * both-ways: what a program does that knows nothing of the header of a macOS tun. Our engine, on
 * a tun that has one, encrypts it with the packet, and writes packets without it.
 *
 * encrypted: only the first half of that; the far side opens the message and finds no IP packet,
 * and at the near side nothing but that is wrong.
 *
 * inherited: an engine as it is in use, on a tun of the framing that it does not take for
 * granted. It cuts off 4 bytes too many, or leaves 4 in place, of all that it reads, and writes
 * what the kernel refuses or, given a device with a header, takes and throws away.
 */
#include "lab/inherited.h"
#include "lab/faults.h"

static int make_encrypted(struct self_tunnel *t, struct self_conf *c, const char **made,
			  struct err *e)
{
	static const char *const args[] = { "--fault", "family-header", NULL };

	(void)t;
	(void)e;
	c->near_args = args;
	*made = "the near engine encrypts a 4-byte family header before each packet";
	return 0;
}

static int make_both_ways(struct self_tunnel *t, struct self_conf *c, const char **made,
			  struct err *e)
{
	static const char *const args[] = { "--fault", "tun-header", NULL };

	(void)t;
	(void)e;
	c->near_args = args;
	*made = "the near engine encrypts the 4-byte header of its tun, and writes packets without";
	return 0;
}

static int make_inherited(struct self_tunnel *t, struct self_conf *c, const char **made,
			  struct err *e)
{
	return inherited_choose(t, c, true, made, e);
}

static const struct lab_variant variants[] = {
	{ "encrypted", "the engine encrypts the 4-byte header of a macOS tun with each packet",
	  "builtin", make_encrypted, NULL },
	{ "both-ways", "the engine knows nothing of the 4-byte header that its tun has", "builtin",
	  make_both_ways, NULL },
	{ "inherited", "the engine inherits a tun whose framing is not what it takes for granted",
	  "wireguard-go", make_inherited, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_tun_framing = {
	.name = "tun-framing",
	.side = "local",
	.says = "engine and tun device disagree about 4 bytes before each packet",
	.variants = variants,
};
