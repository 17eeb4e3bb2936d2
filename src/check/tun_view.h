/*
 * What came to one end outside, and what its engine made of it on the tun.
 */
#ifndef CHECK_TUN_VIEW_H
#define CHECK_TUN_VIEW_H

#include "check/check.h"

struct tun_view {
	bool tun_watched, wire_watched;
	int64_t arrived; /* data messages in that are no keepalives; UNKNOWN */
	int64_t packets, not_ip, shifted; /* on the tun, in; UNKNOWN */
	int64_t written; /* packets and what is none; UNKNOWN */
	int64_t rx_packets, rx_dropped; /* of the link; UNKNOWN */
	int64_t dropped; /* by the two captures; UNKNOWN */
};

struct tun_view tun_view_of(const struct facts *facts, enum end end);
/*
 * Frames that are no IP and that the engine wrote beyond doubt, enough of them to be no
 * difference between two moments of counting; 0 otherwise.
 */
int64_t tun_view_no_ip(const struct tun_view *v);
/* How often the engine of that end refused for this reason (wg/drop.h); 0, or UNKNOWN. */
int64_t tun_view_refused(const struct facts *facts, enum end end, const char *id);

#endif
