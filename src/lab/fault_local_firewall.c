/*
 * This host's own filter drops the tunnel's inner packets: failure-modes.md, FM61.
 */
#include "lab/faults.h"

/* Many count, and many do not. */
static const char *counter(struct lab_world *w)
{
	return draw_below(&w->draw, 2) ? "counter " : "";
}

static int input(struct lab_world *w, struct err *e)
{
	return lab_nft(w, LAB_CLIENT, e,
		       "add table inet own;"
		       "add chain inet own in { type filter hook input priority 0; };"
		       "add rule inet own in iifname %s %sdrop",
		       w->end[END_NEAR].tun, counter(w));
}

static int output(struct lab_world *w, struct err *e)
{
	return lab_nft(w, LAB_CLIENT, e,
		       "add table inet own;"
		       "add chain inet own out { type filter hook output priority 0; };"
		       "add rule inet own out oifname %s %s%s",
		       w->end[END_NEAR].tun, counter(w),
		       draw_below(&w->draw, 2) ? "drop" : "reject");
}

/* A laptop's: what is not known is not wanted, and nobody thought of the tunnel. */
static int policy(struct lab_world *w, struct err *e)
{
	return lab_nft(w, LAB_CLIENT, e,
		       "add table inet own;"
		       "add chain inet own in { type filter hook input priority 0; policy drop; };"
		       "add rule inet own in iifname lo accept;"
		       "add rule inet own in iifname %s accept",
		       lab_plug(w, LAB_CLIENT, LAB_ACCESS)->dev);
}

/* No ping gets an answer, and nothing else is wrong: named only to who says that it must. */
static int replies(struct lab_world *w, struct err *e)
{
	w->ping = w->end[END_FAR].inner4;
	return lab_nft(w, LAB_CLIENT, e,
		       "add table inet own;"
		       "add chain inet own in { type filter hook input priority 0; };"
		       "add rule inet own in iifname %s icmp type echo-reply %sdrop",
		       w->end[END_NEAR].tun, counter(w));
}

/*
 * What is known passes. IPv6 asks for the next host on its link, and its answer is no part of any
 * connection; for IPv4 there is ARP, which no such rule takes.
 */
static int neighbours(struct lab_world *w, struct err *e)
{
	w->listens.addr = lab_plug(w, LAB_SERVER, LAB_UPLINK)->addr6;
	lab_endpoint(w, &w->end[END_NEAR].conf->peers[0], &w->listens);
	return lab_nft(w, LAB_CLIENT, e,
		       "add table inet own;"
		       "add chain inet own in { type filter hook input priority 0; policy drop; };"
		       "add rule inet own in iifname { lo, %s } accept;"
		       "add rule inet own in ct state established,related %saccept;"
		       "add rule inet own in meta l4proto icmp accept",
		       w->end[END_NEAR].tun, counter(w));
}

static const struct lab_scene scene_neighbours = { .before = neighbours, .near_only = true };
static const struct lab_scene scene_input = { .before = input, .near_only = true };
static const struct lab_scene scene_output = { .before = output, .near_only = true };
static const struct lab_scene scene_policy = { .before = policy, .near_only = true };
static const struct lab_scene scene_replies = { .before = replies, .near_only = true };

static const struct lab_variant variants[] = {
	{ "input", "the client's filter drops what comes out of the tunnel", NULL, NULL,
	  &scene_input },
	{ "output", "the client's filter drops what goes into the tunnel", NULL, NULL,
	  &scene_output },
	{ "policy", "the client's filter lets in what comes by its uplink, and drops the rest",
	  NULL, NULL, &scene_policy },
	{ "echo-replies", "the client's filter drops nothing but the answers to its pings", NULL,
	  NULL, &scene_replies },
	{ "neighbours", "the client's filter lets no answer of IPv6's neighbour discovery in", NULL,
	  NULL, &scene_neighbours },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_local_firewall = {
	.name = "local-firewall",
	.says = "this host's filter drops the tunnel's inner packets",
	.side = "local",
	.variants = variants,
};
