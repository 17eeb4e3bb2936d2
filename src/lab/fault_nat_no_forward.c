/*
 * The address of the endpoint is a router's that does not pass the port on: failure-modes.md, FM02.
 */
#include "lab/faults.h"

/* Which of its addresses is known as the public one, is drawn. */
static const struct ip_addr *at_router(struct lab_world *w)
{
	const struct lab_plug *plug =
		lab_plug(w, LAB_ROUTER, draw_below(&w->draw, 2) ? LAB_ACCESS : LAB_UPLINK);
	bool is4 = w->listens.addr.family == FAMILY_IP4;
	struct conf_peer *p = &w->end[END_NEAR].conf->peers[0];
	struct endpoint public = w->listens;

	public.addr = is4 ? plug->addr4 : plug->addr6;
	lab_endpoint(w, p, &public);
	lab_told(w, "client: the endpoint is %s, an address of the router's", p->host);
	return is4 ? &lab_plug(w, LAB_SERVER, LAB_UPLINK)->addr4 :
		     &lab_plug(w, LAB_SERVER, LAB_UPLINK)->addr6;
}

/* As nearly all households' routers: what nobody asked for is dropped, and pings are answered. */
static int filtered(struct lab_world *w, const char *more, struct err *e)
{
	return lab_nft(w, LAB_ROUTER, e,
		       "add table inet router;"
		       "add chain inet router input { type filter hook input priority 0; "
		       "policy drop; };"
		       "add rule inet router input ct state established,related accept;"
		       "add rule inet router input meta l4proto { icmp, icmpv6 } accept;"
		       "add chain inet router pre { type nat hook prerouting priority dstnat; };"
		       "add chain inet router post { type nat hook postrouting priority srcnat; };"
		       "add rule inet router post oifname %s masquerade;%s",
		       lab_plug(w, LAB_ROUTER, LAB_UPLINK)->dev, more);
}

static int missing(struct lab_world *w, struct err *e)
{
	at_router(w);
	return filtered(w, "", e);
}

static int forward_to(struct lab_world *w, const char *proto, const struct ip_addr *to,
		      struct err *e)
{
	const char *family = to->family == FAMILY_IP4 ? "ip" : "ip6";
	char addr[IP_ADDR_STR_SIZE];

	return filtered(w,
			arena_printf(w->arena,
				     "add rule inet router pre meta l4proto %s th dport %u "
				     "dnat %s to %s",
				     proto, w->listens.port, family, ip_addr_str(to, addr)),
			e);
}

static int tcp_only(struct lab_world *w, struct err *e)
{
	return forward_to(w, "tcp", at_router(w), e);
}

/* No filter of its own: its kernel says that nobody has the port. */
static int refused(struct lab_world *w, struct err *e)
{
	at_router(w);
	return lab_masquerade(w, LAB_ROUTER, LAB_UPLINK, e);
}

/* Nothing gets to the server: to it the client is offline. */
static const struct lab_scene scene_missing = { .before = missing, .near_only = true };
static const struct lab_scene scene_tcp_only = { .before = tcp_only, .near_only = true };
static const struct lab_scene scene_refused = { .before = refused, .near_only = true };

static const struct lab_variant variants[] = {
	{ "missing", "the router has no forward for the port, and drops", NULL, NULL,
	  &scene_missing },
	{ "tcp-only", "the router passes the port on as TCP only", NULL, NULL, &scene_tcp_only },
	{ "refused", "the router has no forward for the port, and says so", NULL, NULL,
	  &scene_refused },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_nat_no_forward = {
	.name = "nat-no-forward",
	.says = "the endpoint's router does not pass the port on to the server",
	.side = "path",
	.group = "no-answer",
	.variants = variants,
};
