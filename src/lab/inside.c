#include "lab/inside.h"

void inside_ask(struct lab_world *w, enum addr_family family)
{
	const struct lab_plug *lan = lab_plug(w, LAB_LAN, LAB_INSIDE);
	bool v6 = family == FAMILY_NONE ? draw_below(&w->draw, 3) == 0 : family == FAMILY_IP6;
	struct cidr net = { v6 ? lan->addr6 : lan->addr4, v6 ? 64 : 24 };

	w->ping = net.addr;
	lab_allow_net(w, END_NEAR, &net);
}

void inside_ask_internet(struct lab_world *w)
{
	enum { FULL_MARK = 51820 }; /* wg-quick(8) */
	struct conf *c = w->end[END_NEAR].conf;

	c->peers[0].allowed[0] = (struct cidr){ { .family = FAMILY_IP4 }, 0 };
	c->peers[0].allowed[1] = (struct cidr){ { .family = FAMILY_IP6 }, 0 };
	c->fwmark = FULL_MARK;
	w->ping = lab_plug(w, LAB_ROUTER, LAB_UPLINK)->addr4;
}
