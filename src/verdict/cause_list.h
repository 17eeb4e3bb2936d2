/*
 * All causes, in the order of the table. A new one is its row in a cause_*.c and a line here.
 */
#ifndef VERDICT_CAUSE_LIST_H
#define VERDICT_CAUSE_LIST_H

#include "verdict/causes.h"

#define CAUSES(X) \
	X(cause_tun_framing_near) \
	X(cause_tun_framing_far) \
	/* nothing comes back outside */ \
	/* inside: what is routed, allowed, forwarded */ \
	/* this host: its engine, filter and kernel */ \
	/* sizes, loss and time */

#define CAUSE_EXTERN(name) extern const struct cause name;
CAUSES(CAUSE_EXTERN)
#undef CAUSE_EXTERN

#endif
