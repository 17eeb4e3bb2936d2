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
	lab_full_tunnel(w);
	w->ping = lab_plug(w, LAB_ROUTER, LAB_UPLINK)->addr4;
}
