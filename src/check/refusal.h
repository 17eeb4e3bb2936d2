/*
 * What an ICMP error says of the packet that it quotes, as far as the kinds differ in who is to be
 * asked about it.
 */
#ifndef CHECK_REFUSAL_H
#define CHECK_REFUSAL_H

#include "model/facts.h"

enum refusal {
	REFUSAL_NONE, /* another error: too large, hop limit */
	REFUSAL_PORT, /* nobody has that port */
	REFUSAL_PROHIBITED, /* a filter's */
	REFUSAL_NOWHERE, /* no such host or network, or no way to it */
};
enum refusal refusal_of(const struct ip_addr *from, uint8_t type, uint8_t code);

/* The near end has that address itself. */
bool refusal_is_ours(const struct facts *f, const struct ip_addr *from);

#endif
