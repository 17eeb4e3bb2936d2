/*
 * The tunnel's MTU is more than the way carries, and nobody is told: failure-modes.md, FM03.
 *
 * An engine that lets its messages be fragmented (ours, the kernel's) is hurt only where nobody
 * fragments: over IPv6, or by a link in the middle that drops what is too long for it.
 */
#include "lab/faults.h"

enum { IP6_LEAST = 1280 };

/* PPPoE, clouds, tunnels in the way, and whatever else; always less than the tunnel needs. */
static unsigned draw_mtu(struct lab_world *w)
{
	unsigned full = lab_outer_mtu(w);

	return full - 1 - (unsigned)draw_below(&w->draw, full - 1 - IP6_LEAST);
}

static int silent(struct lab_world *w, struct err *e)
{
	return lab_narrow_quietly(w, draw_mtu(w), e);
}

static int silent_ip6(struct lab_world *w, struct err *e)
{
	w->listens.addr = lab_plug(w, LAB_SERVER, LAB_UPLINK)->addr6;
	lab_endpoint(w, &w->end[END_NEAR].conf->peers[0], &w->listens);
	return silent(w, e);
}

/* As a switch does it, or a tunnel under the way: what is too long ends there. */
static int short_frames(struct lab_world *w, struct err *e)
{
	return lab_nft(w, LAB_ROUTER, e,
		       "add table inet way;"
		       "add chain inet way pass { type filter hook forward priority 0; };"
		       "add rule inet way pass meta length > %u drop",
		       draw_mtu(w));
}

static const struct lab_scene hole = { .before = silent, .from = LAB_FROM_NEAR };
static const struct lab_scene hole_ip6 = { .before = silent_ip6, .from = LAB_FROM_NEAR };
static const struct lab_scene frames = { .before = short_frames, .from = LAB_FROM_NEAR };
static const struct lab_scene frames_in_use = { .after = short_frames, .session = true };

static const struct lab_variant variants[] = {
	{ "frames", "a link in the middle drops what is too long for it", NULL, NULL, &frames },
	{ "frames-in-use", "the same, and it came about while the tunnel was in use", NULL, NULL,
	  &frames_in_use },
	{ "hole", "a narrower link behind a router that does not tell, and no fragments",
	  "wireguard-go", NULL, &hole },
	{ "hole-ipv6", "the same over IPv6, where no router makes fragments", NULL, NULL,
	  &hole_ip6 },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_pmtu_blackhole = {
	.name = "pmtu-blackhole",
	.says = "the tunnel's MTU is more than the way carries, and nobody is told",
	.side = "path",
	.variants = variants,
};
