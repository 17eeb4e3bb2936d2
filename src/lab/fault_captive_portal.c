/*
 * The network wants a login before it lets anything out: failure-modes.md, FM64.
 */
#include "lab/faults.h"

static int portal(struct lab_world *w, const char *rest, struct err *e)
{
	const char *dev = lab_plug(w, LAB_ROUTER, LAB_ACCESS)->dev;
	uint16_t port = (uint16_t)(3000 + draw_below(&w->draw, 5000));
	const char *url = arena_printf(w->arena, "http://login%u.example.net/?to=x",
				       (unsigned)draw_below(&w->draw, 100));
	int rc = lab_nft(w, LAB_ROUTER, e,
			 "add table inet portal;"
			 "add chain inet portal pre { type nat hook prerouting priority dstnat; };"
			 "add rule inet portal pre iifname %s tcp dport 80 redirect to :%u;"
			 "add chain inet portal pass { type filter hook forward priority 0; };"
			 "add rule inet portal pass iifname %s %s",
			 dev, port, dev, rest);

	return rc ? rc : lab_web(w, LAB_ROUTER, port, url, e);
}

static int drop(struct lab_world *w, struct err *e)
{
	return portal(w, "drop", e);
}

static int reject(struct lab_world *w, struct err *e)
{
	return portal(w, "reject with icmpx admin-prohibited", e);
}

/* Nothing gets to the server: to it the client is offline. */
static const struct lab_scene scene_drop = { .before = drop, .near_only = true };
static const struct lab_scene scene_reject = { .before = reject, .near_only = true };

static const struct lab_variant variants[] = {
	{ "drop", "a login page for the web, and all else is dropped", NULL, NULL, &scene_drop },
	{ "reject", "a login page for the web, and all else is rejected", NULL, NULL,
	  &scene_reject },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_captive_portal = {
	.name = "captive-portal",
	.says = "the network that the client is in wants a login first",
	.side = "path",
	.variants = variants,
};
