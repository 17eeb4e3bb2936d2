/*
 * The endpoint's name was resolved once, and the server has another address since:
 * failure-modes.md, FM11.
 */
#include "lab/faults.h"

#include <stdio.h>

/* The engine has what the name gave when it came up. */
static int moved(struct lab_world *w, const struct ip_addr *old, struct err *e)
{
	struct conf_peer *p = &w->end[END_NEAR].conf->peers[0];
	char *name =
		arena_printf(w->arena, "vpn%u.example.org", (unsigned)draw_below(&w->draw, 1000));
	char now[IP_ADDR_STR_SIZE];

	p->host = name;
	p->literal.addr = *old;
	w->with_file = true;
	lab_told(w, "client: the engine got the name's address before the server moved");
	return lab_hosts(w, e, "%s %s\n", ip_addr_str(&w->listens.addr, now), name);
}

/* Of the server's network, and nobody's. */
static int nobody(struct lab_world *w, struct err *e)
{
	const struct lab_plug *server = lab_plug(w, LAB_SERVER, LAB_UPLINK);
	const struct lab_plug *router = lab_plug(w, LAB_ROUTER, LAB_UPLINK);
	bool is4 = w->listens.addr.family == FAMILY_IP4;
	struct ip_addr old = w->listens.addr;

	do
		old.b[is4 ? 3 : 15] = (uint8_t)(1 + draw_below(&w->draw, 254));
	while (ip_addr_equal(&old, is4 ? &server->addr4 : &server->addr6) ||
	       ip_addr_equal(&old, is4 ? &router->addr4 : &router->addr6));
	return moved(w, &old, e);
}

/* Another customer's by now, who does not have that port. */
static int another(struct lab_world *w, struct err *e)
{
	const struct lab_plug *router = lab_plug(w, LAB_ROUTER, LAB_UPLINK);

	return moved(w, w->listens.addr.family == FAMILY_IP4 ? &router->addr4 : &router->addr6, e);
}

/* To an address that somebody else has, who drops what he did not ask for. */
static int another_silent(struct lab_world *w, struct err *e)
{
	int rc = lab_nft(w, LAB_ROUTER, e,
			 "add table inet other;"
			 "add chain inet other in { type filter hook input priority 0; };"
			 "add rule inet other in udp dport %u drop",
			 w->listens.port);

	return rc ? rc : another(w, e);
}

/* Only what is up has an old address: whoever brings the file up resolves it anew. */
static int is_up(struct lab_world *w, struct err *e)
{
	(void)w;
	(void)e;
	return 0;
}

/* All of it goes elsewhere: to the server the client is offline. */
static const struct lab_scene scene_nobody = { .before = nobody,
					       .after = is_up,
					       .near_only = true };
static const struct lab_scene scene_another = { .before = another,
						.after = is_up,
						.near_only = true };
static const struct lab_scene scene_silent = { .before = another_silent,
					       .after = is_up,
					       .near_only = true };

static const struct lab_variant variants[] = {
	{ "nobody", "nobody has the old address", NULL, NULL, &scene_nobody },
	{ "another", "another host has the old address", NULL, NULL, &scene_another },
	{ "another-silent", "another host has the old address, and says nothing", NULL, NULL,
	  &scene_silent },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_endpoint_stale_dns = {
	.name = "endpoint-stale-dns",
	.says = "the endpoint's name has another address than when the tunnel came up",
	.side = "local",
	.variants = variants,
};
