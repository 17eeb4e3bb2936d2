/*
 * The reverse path filter of this host drops what comes back: failure-modes.md, FM22. It looks at
 * IPv4 only.
 */
#include <stdio.h>
#include <string.h>

#include "lab/faults.h"

static void by_ip4(struct lab_world *w)
{
	w->listens.addr = lab_plug(w, LAB_SERVER, LAB_UPLINK)->addr4;
	lab_endpoint(w, &w->end[END_NEAR].conf->peers[0], &w->listens);
}

/* On all links, or on that one. */
static int strict(struct lab_world *w, const char *dev, struct err *e)
{
	const char *on = draw_below(&w->draw, 2) ? "all" : dev;
	char name[64];

	snprintf(name, sizeof(name), "net.ipv4.conf.%s.rp_filter", on);
	return lab_sysctl(w, LAB_CLIENT, name, "1", e);
}

struct plugged {
	struct lab_world *w;
	const char *dev;
	struct cidr addr;
};

static int plug_in(void *ctx, struct err *e)
{
	struct plugged *x = ctx;
	int rc = x->w->p->addr_add(x->dev, &x->addr, e);

	return rc ? rc : x->w->p->link_up(x->dev, true, e);
}

/* Two ways between client and router: what goes by the one comes back by the other. */
static int two_ways(struct lab_world *w, struct err *e)
{
	const struct lab_plug *own = lab_plug(w, LAB_CLIENT, LAB_ACCESS);
	struct cidr client = cidr_single(&own->addr4);
	char dev[2][SYS_IFNAME_SIZE];
	struct plugged x = { .w = w };
	int rc;

	by_ip4(w);
	snprintf(dev[0], sizeof(dev[0]), "%.10sx", own->dev);
	snprintf(dev[1], sizeof(dev[1]), "%.10sy", own->dev);
	/* RFC 2544: nobody else's here. */
	x.addr.addr = (struct ip_addr){ .family = FAMILY_IP4,
					.b = { 198, 18, (uint8_t)draw_below(&w->draw, 256), 1 } };
	x.addr.len = 24;
	lab_told(w, "a second cable between client and router, %s and %s", dev[0], dev[1]);
	rc = w->p->veth_add(w->netns[LAB_CLIENT], dev[0], w->netns[LAB_ROUTER], dev[1], e);
	x.dev = dev[0];
	if (!rc)
		rc = lab_world_in(w, LAB_CLIENT, plug_in, &x, e);
	x.dev = dev[1];
	x.addr.addr.b[3] = 2;
	if (!rc)
		rc = lab_world_in(w, LAB_ROUTER, plug_in, &x, e);
	x.addr.addr.b[3] = 1;
	if (!rc)
		rc = lab_route(w, LAB_ROUTER, &client, dev[1], &x.addr.addr, e);
	return rc ? rc : strict(w, dev[0], e);
}

/* All goes into the tunnel but for a mark, and the filter does not look at marks. */
static int no_mark(struct lab_world *w, struct err *e)
{
	int rc;

	by_ip4(w);
	lab_full_tunnel(w);
	w->end[END_NEAR].conf->peers[0].n_allowed = 1; /* of IPv4 */
	rc = lab_sysctl(w, LAB_CLIENT, "net.ipv4.conf.all.src_valid_mark", "0", e);
	return rc ? rc : strict(w, lab_plug(w, LAB_CLIENT, LAB_ACCESS)->dev, e);
}

static const struct lab_scene scene_two_ways = { .before = two_ways, .near_only = true };
static const struct lab_scene scene_no_mark = {
	.before = no_mark,
	.up_only = true,
	.near_only = true,
};

static const struct lab_variant variants[] = {
	{ "two-ways", "answers come back by another link than the questions leave by", NULL, NULL,
	  &scene_two_ways },
	{ "no-mark", "a full tunnel, whose mark the filter does not look at", NULL, NULL,
	  &scene_no_mark },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_rp_filter = {
	.name = "rp-filter",
	.says = "this host's reverse path filter drops what comes back",
	.side = "local",
	.variants = variants,
};
