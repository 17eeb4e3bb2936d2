#include "check/refusal.h"

enum { ICMP_UNREACHABLE = 3, ICMP6_UNREACHABLE = 1 };

static enum refusal of4(uint8_t code)
{
	switch (code) {
	case 0: /* network */
	case 1: /* host */
	case 5: /* source route */
	case 6: /* network unknown */
	case 7: /* host unknown */
	case 8: /* source host isolated */
		return REFUSAL_NOWHERE;
	case 3:
		return REFUSAL_PORT;
	case 2: /* protocol: whoever has ports has UDP */
	case 9: /* network */
	case 10: /* host */
	case 13: /* by a filter */
		return REFUSAL_PROHIBITED;
	default:
		return REFUSAL_NONE;
	}
}

static enum refusal of6(uint8_t code)
{
	switch (code) {
	case 0: /* no route */
	case 3: /* address */
		return REFUSAL_NOWHERE;
	case 4:
		return REFUSAL_PORT;
	case 1: /* prohibited */
	case 5: /* source address failed a policy */
	case 6: /* a route that rejects */
		return REFUSAL_PROHIBITED;
	default:
		return REFUSAL_NONE;
	}
}

enum refusal refusal_of(const struct ip_addr *from, uint8_t type, uint8_t code)
{
	if (from->family == FAMILY_IP4 && type == ICMP_UNREACHABLE)
		return of4(code);
	if (from->family == FAMILY_IP6 && type == ICMP6_UNREACHABLE)
		return of6(code);
	return REFUSAL_NONE;
}

bool refusal_is_ours(const struct facts *f, const struct ip_addr *from)
{
	const struct net_facts *n = &f->net_start[END_NEAR];
	size_t i;

	for (i = 0; n->known && i < n->n_addrs; i++)
		if (ip_addr_equal(&n->addrs[i].addr.addr, from))
			return true;
	for (i = 0; i < f->n_paths; i++)
		if (f->paths[i].of == PATH_ENDPOINT && ip_addr_equal(&f->paths[i].prefsrc, from))
			return true;
	return false;
}
