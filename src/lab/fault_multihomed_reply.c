/*
 * The server answers from another of its addresses, and the client's filter lets in only what comes
 * from where it asked: failure-modes.md, FM38.
 */
#include "lab/faults.h"

/* Of the same network, and nobody's. */
static struct cidr another_address(struct lab_world *w)
{
	const struct lab_plug *server = lab_plug(w, LAB_SERVER, LAB_UPLINK);
	const struct lab_plug *router = lab_plug(w, LAB_ROUTER, LAB_UPLINK);
	struct cidr other = { .addr = server->addr4, .len = 24 };

	do {
		other.addr.b[3] = (uint8_t)(1 + draw_below(&w->draw, 250));
	} while (ip_addr_equal(&other.addr, &server->addr4) ||
		 ip_addr_equal(&other.addr, &router->addr4));
	return other;
}

static int server_answers(struct lab_world *w, struct err *e)
{
	const char *dev = lab_plug(w, LAB_SERVER, LAB_UPLINK)->dev;
	struct cidr other = another_address(w);
	char text[IP_ADDR_STR_SIZE];
	int rc;

	w->listens.addr = lab_plug(w, LAB_SERVER, LAB_UPLINK)->addr4;
	lab_endpoint(w, &w->end[END_NEAR].conf->peers[0], &w->listens);
	rc = lab_addr(w, LAB_SERVER, dev, &other, e);
	if (rc < 0)
		return rc;
	return lab_nft(w, LAB_SERVER, e,
		       "add table ip other;"
		       "add chain ip other out { type filter hook output priority -300; };"
		       "add rule ip other out udp sport %u ip saddr set %s notrack",
		       w->listens.port, ip_addr_str(&other.addr, text));
}

static int filtered(struct lab_world *w, struct err *e)
{
	int rc = server_answers(w, e);

	if (rc < 0)
		return rc;
	return lab_nft(w, LAB_CLIENT, e,
		       "add table inet own;"
		       "add chain inet own in { type filter hook input priority 0; policy drop; };"
		       "add rule inet own in iifname { lo, %s } accept;"
		       "add rule inet own in ct state established,related %saccept;"
		       "add rule inet own in meta l4proto { icmp, icmpv6 } accept",
		       w->end[END_NEAR].tun, draw_below(&w->draw, 2) ? "counter " : "");
}

/* There the client's initiations come, are answered, and come again. */
static const struct lab_scene scene_filtered = { .before = filtered, .near_only = true };

static const struct lab_variant variants[] = {
	{ "filtered", "the client's filter does not know the address that answers", NULL, NULL,
	  &scene_filtered },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_multihomed_reply = {
	.name = "multihomed-reply",
	.says = "the server answers from another address than was asked",
	.side = "far",
	.variants = variants,
};
