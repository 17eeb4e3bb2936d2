/*
 * The client sends from an inner address that the server does not allow: failure-modes.md, FM09.
 */
#include "lab/faults.h"

static void other_than(struct lab_world *w, struct ip_addr *a)
{
	uint8_t last;

	do {
		last = (uint8_t)(1 + draw_below(&w->draw, 254));
	} while (last == w->end[END_NEAR].inner4.b[3] || last == w->end[END_FAR].inner4.b[3]);
	a->b[3] = last;
}

static int other_address(struct lab_world *w, struct err *e)
{
	struct conf *c = w->end[END_NEAR].conf;
	struct ip_addr a = w->end[END_NEAR].inner4;

	(void)e;
	other_than(w, &a);
	c->addrs[0] = cidr_single(&a);
	c->n_addrs = 1;
	w->ping = w->end[END_FAR].inner4;
	lab_told(w, "client: another inner address than the server allows");
	return 0;
}

static int allows_other(struct lab_world *w, struct err *e)
{
	struct conf_peer *p = &w->end[END_FAR].conf->peers[0];
	struct ip_addr a = w->end[END_NEAR].inner4;

	(void)e;
	other_than(w, &a);
	p->allowed[0] = cidr_single(&a);
	p->n_allowed = 1;
	w->ping = w->end[END_FAR].inner4;
	lab_told(w, "server: allows another address than the client's");
	return 0;
}

/* The client is a gateway that hides all behind the address of its other link. */
static int translated(struct lab_world *w, struct err *e)
{
	char text[IP_ADDR_STR_SIZE];

	w->ping = w->end[END_FAR].inner4;
	return lab_nft(w, LAB_CLIENT, e,
		       "add table ip nat;"
		       "add chain ip nat post { type nat hook postrouting priority srcnat; };"
		       "add rule ip nat post oifname %s snat to %s",
		       w->end[END_NEAR].tun,
		       ip_addr_str(&lab_plug(w, LAB_CLIENT, LAB_ACCESS)->addr4, text));
}

static const struct lab_scene scene_address = { .before = other_address };
static const struct lab_scene scene_server = { .before = allows_other };
/* What the server asks is answered from the right address: from there it is a tunnel that works. */
static const struct lab_scene scene_translated = {
	.before = translated,
	.side = "local",
	.near_only = true,
};

static const struct lab_variant variants[] = {
	{ "address", "the client has another inner address than the server allows", NULL, NULL,
	  &scene_address },
	{ "server", "the server allows another inner address than the client has", NULL, NULL,
	  &scene_server },
	{ "translated", "the client sends from the address of its other link", NULL, NULL,
	  &scene_translated },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_inner_source_not_allowed = {
	.name = "inner-source-not-allowed",
	.says = "the far end does not allow the inner source address",
	.side = "unknown",
	.group = "no-data-back",
	.variants = variants,
};
