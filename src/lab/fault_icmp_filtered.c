/*
 * The target answers no ping, and nothing is wrong with the tunnel: failure-modes.md, FM16.
 */
#include "lab/faults.h"
#include "lab/inside.h"

#define NO_PING                                                            \
	"add table inet filter;"                                           \
	"add chain inet filter in { type filter hook input priority 0; };" \
	"add rule inet filter in icmp type echo-request drop;"             \
	"add rule inet filter in icmpv6 type echo-request drop"

static int lan(struct lab_world *w, struct err *e)
{
	inside_ask(w, FAMILY_NONE);
	return lab_nft(w, LAB_LAN, e, NO_PING);
}

static int peer(struct lab_world *w, struct err *e)
{
	w->ping = draw_below(&w->draw, 3) ? w->end[END_FAR].inner4 : w->end[END_FAR].inner6;
	return lab_nft(w, LAB_SERVER, e, NO_PING);
}

/* Windows: neither pings nor connections that nobody waits for are answered. */
static int silent(struct lab_world *w, struct err *e)
{
	int rc = lan(w, e);

	return rc ? rc : lab_nft(w, LAB_LAN, e, "add rule inet filter in tcp flags syn drop");
}

/* The server asks nobody behind it. That it answers no pings itself it can tell. */
static const struct lab_scene scene_lan = { .before = lan, .far.unnoticed = true };
static const struct lab_scene scene_peer = { .before = peer };
static const struct lab_scene scene_silent = { .before = silent, .far.unnoticed = true };

static const struct lab_variant variants[] = {
	{ "lan", "the host behind the server answers no ping", NULL, NULL, &scene_lan },
	{ "peer", "the server answers no ping", NULL, NULL, &scene_peer },
	{ "no-tcp", "the host behind the server answers neither ping nor TCP", NULL, NULL,
	  &scene_silent },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_icmp_filtered = {
	.name = "icmp-filtered",
	.says = "the target answers no ping, and the tunnel is fine",
	.variants = variants,
};
