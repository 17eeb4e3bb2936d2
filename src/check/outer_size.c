/*
 * Sizes tell what is inside without any key: a data message is its packet, padded to 16 bytes,
 * and 32 more (failure-modes.md, FM34: outer size test).
 */
#include "check/outer_size.h"

enum {
	LEAST = 4, /* messages; of fewer nothing is said */
	HEADER_LEN = 4,
	PADDED_TO = 16,
	PAD_MAX = 15,
};

/* Outer data bytes of one direction, without the overhead of each; UNKNOWN. */
static int64_t inner_bytes(const struct tap_facts *t, enum tap_dir dir)
{
	static const int len[] = { 0, WG_INITIATION_LEN, WG_RESPONSE_LEN, WG_COOKIE_REPLY_LEN,
				   WG_DATA_OVERHEAD };
	int64_t rest = t->msg_bytes[dir];
	unsigned i;

	if (rest == UNKNOWN)
		return UNKNOWN;
	for (i = WG_MSG_INITIATION; i <= WG_MSG_DATA; i++)
		rest -= t->msgs[dir][i] * len[i];
	return rest;
}

/*
 * Only where each packet that the device gave out became one message, so that sums compare: tap,
 * link and wire agree on the number. Padding adds at most 15 to each; a header besides makes at
 * most 19.
 */
int64_t outer_size_excess(const struct facts *facts, enum end end)
{
	bool near = end == END_NEAR;
	const struct tap_facts *tun = &facts->taps[near ? TAP_NEAR_TUN : TAP_FAR_TUN];
	const struct tap_facts *wire = &facts->taps[near ? TAP_NEAR_WIRE : TAP_FAR_WIRE];
	const struct link_facts *l = &facts->tun[end];
	int64_t n = wire->msgs[TAP_OUT][WG_MSG_DATA] - wire->keepalives[TAP_OUT], excess, inner;
	uint32_t needs = near ? NEED_BIT(NEED_TAP_NEAR_TUN) | NEED_BIT(NEED_TAP_NEAR_WIRE) |
					 NEED_BIT(NEED_LINKS) :
				NEED_BIT(NEED_TAP_FAR_TUN) | NEED_BIT(NEED_TAP_FAR_WIRE) |
					 NEED_BIT(NEED_LINKS_FAR);

	if ((facts->have & needs) != needs || tun->dropped != 0 || wire->dropped != 0)
		return 0;
	inner = link_difference(l, LINK_TX_BYTES);
	if (n < LEAST || inner < 1 || tun->packets[TAP_OUT] != n ||
	    inner_bytes(wire, TAP_OUT) == UNKNOWN || link_difference(l, LINK_TX_PACKETS) != n)
		return 0;
	excess = inner_bytes(wire, TAP_OUT) - inner;
	if (excess > PAD_MAX * n && excess <= (PAD_MAX + HEADER_LEN) * n)
		return excess / n;
	/* No engine pads further than to the next 16 bytes, so whatever is beyond is no padding. */
	excess = inner_bytes(wire, TAP_OUT) - tun->padded_bytes[TAP_OUT];
	if (tun->padded_bytes[TAP_OUT] != UNKNOWN && excess > 0 && excess <= PADDED_TO * n)
		return HEADER_LEN;
	excess = inner_bytes(wire, TAP_OUT) - inner;
	/* No message was padded (at the MTU padding stops, so not there), and each is 4 longer. */
	if (excess == HEADER_LEN * n && wire->unpadded[TAP_OUT] == n &&
	    inner / n * 2 <= l->start.mtu)
		return HEADER_LEN;
	return 0;
}

/*
 * Where each message of ours was followed by one of its, an echo and its reply are of one size,
 * before and after padding. Another 4 bytes show in each that padding does not swallow.
 */
int64_t outer_size_of_answers(const struct facts *facts)
{
	const struct tap_facts *w = &facts->taps[TAP_NEAR_WIRE];
	int64_t out, in, excess;

	if (facts_far_is_here(facts) || !(facts->have & NEED_BIT(NEED_TAP_NEAR_WIRE)) ||
	    w->dropped != 0 || inner_bytes(w, TAP_OUT) == UNKNOWN ||
	    inner_bytes(w, TAP_IN) == UNKNOWN)
		return 0;
	out = w->msgs[TAP_OUT][WG_MSG_DATA] - w->keepalives[TAP_OUT];
	in = w->msgs[TAP_IN][WG_MSG_DATA] - w->keepalives[TAP_IN];
	excess = inner_bytes(w, TAP_IN) - inner_bytes(w, TAP_OUT);
	if (in < LEAST || in != out || excess <= 0 || excess > (PAD_MAX + HEADER_LEN) * in)
		return 0;
	return excess;
}
