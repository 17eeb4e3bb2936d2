/*
 * The client has an inner address that the server does not allow: failure-modes.md, FM09.
 */
#include "lab/faults.h"

static int other_address(struct lab_world *w, struct err *e)
{
	struct conf *c = w->end[END_NEAR].conf;
	struct cidr net = { w->end[END_NEAR].inner4, 24 };
	uint8_t last;

	(void)e;
	do {
		last = (uint8_t)(1 + draw_below(&w->draw, 254));
	} while (last == w->end[END_NEAR].inner4.b[3] || last == w->end[END_FAR].inner4.b[3]);
	net.addr.b[3] = last;
	c->addrs[0] = cidr_single(&net.addr);
	c->n_addrs = 1;
	lab_told(w, "client: another inner address than the server allows");
	return 0;
}

static const struct lab_scene scene_address = { .before = other_address };

static const struct lab_variant variants[] = {
	{ "address", "the client has another inner address than the server allows", NULL, NULL,
	  &scene_address },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_inner_source_not_allowed = {
	.name = "inner-source-not-allowed",
	.says = "the far end does not allow the inner source address",
	.side = "unknown",
	.group = "no-data-back",
	.variants = variants,
};
