/*
 * Sizes tell what is inside without any key: a data message is its packet, padded to 16 bytes,
 * and 32 more (failure-modes.md, FM34: outer size test).
 */
#include "check/outer_size.h"

#include "check/tun_view.h"
#include "check/tunnel.h"

enum {
	LEAST = 4, /* messages; of fewer nothing is said */
	HEADER_LEN = 4,
	PADDED_TO = 16,
	PAD_MAX = 15,
	ERROR_MAX = 48, /* IPv6: a header of 40 and one of 8 before the packet that is quoted */
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
 * Packets that the engine read and had no peer for, by its own count: most often multicast of the
 * host's own. Their bytes are among what it was given, so what it sent looks smaller, not larger.
 */
static int64_t had_no_peer(const struct facts *facts, enum end end)
{
	return MAX(tun_view_refused(facts, end, "out_no_peer"), 0);
}

/*
 * How many that came just before the first count may be among what was captured, or the other way
 * round. Where a session was there before, nothing waited in the engine whose bytes were not seen.
 */
static int64_t at_the_start(const struct facts *facts)
{
	int64_t age = facts->handshake.age_ns;

	return !facts_far_is_here(facts) && age != UNKNOWN && age <= TUNNEL_SESSION_NS ? 1 : 0;
}

/* Of packets that were given to the engine: as many as of messages, but for a few more. */
static bool is_as_many(int64_t given, int64_t messages, int64_t more)
{
	return given >= messages && given <= messages + more;
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
	int64_t aside = had_no_peer(facts, end), more = at_the_start(facts), given;
	uint32_t needs = near ? NEED_BIT(NEED_TAP_NEAR_TUN) | NEED_BIT(NEED_TAP_NEAR_WIRE) |
					 NEED_BIT(NEED_LINKS) :
				NEED_BIT(NEED_TAP_FAR_TUN) | NEED_BIT(NEED_TAP_FAR_WIRE) |
					 NEED_BIT(NEED_LINKS_FAR);

	if ((facts->have & needs) != needs || tun->dropped != 0 || wire->dropped != 0)
		return 0;
	inner = link_difference(l, LINK_TX_BYTES);
	given = link_difference(l, LINK_TX_PACKETS);
	if (n < LEAST || inner < 1 || inner_bytes(wire, TAP_OUT) == UNKNOWN ||
	    !is_as_many(tun->packets[TAP_OUT], n + aside, more) ||
	    !is_as_many(given, n + aside, more))
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
	if (given == n && tun->packets[TAP_OUT] == n && excess == HEADER_LEN * n &&
	    wire->unpadded[TAP_OUT] == n && inner / n * 2 <= l->start.mtu)
		return HEADER_LEN;
	return 0;
}

/* Bytes of answers, of those that are larger than all that they could be answers to. */
static int64_t excess_of_larger(const struct tap_facts *w, int64_t out, int64_t in)
{
	if (w->larger == UNKNOWN || w->larger < LEAST || in > out ||
	    w->largest[TAP_IN] - w->largest[TAP_OUT] > PADDED_TO)
		return 0;
	return w->larger_bytes;
}

/*
 * An echo and its reply are of one size, before and after padding, and other answers are smaller
 * than what they answer. Another 4 bytes show in each that padding does not swallow.
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
	excess = excess_of_larger(w, out, in);
	if (excess > 0)
		return excess;
	excess = inner_bytes(w, TAP_IN) - inner_bytes(w, TAP_OUT);
	if (in < LEAST || in != out || excess <= 0 || excess > (PAD_MAX + HEADER_LEN) * in)
		return 0;
	return excess;
}

/*
 * What quotes an echo of ours (96 or 112 bytes, both multiples of 16) is two or three times 16
 * longer than its reply; four bytes too many make it once 16. More than were asked nobody answers.
 */
bool outer_size_is_of_errors(const struct facts *facts)
{
	const struct tap_facts *w = &facts->taps[TAP_NEAR_WIRE];
	int64_t out, in;

	if (facts_far_is_here(facts) || !(facts->have & NEED_BIT(NEED_TAP_NEAR_WIRE)) ||
	    w->larger == UNKNOWN || w->larger < 1)
		return false;
	out = w->msgs[TAP_OUT][WG_MSG_DATA] - w->keepalives[TAP_OUT];
	in = w->msgs[TAP_IN][WG_MSG_DATA] - w->keepalives[TAP_IN];
	return in <= out && w->larger_bytes > PADDED_TO * w->larger &&
	       w->larger_bytes <= ERROR_MAX * w->larger;
}
