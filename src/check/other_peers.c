/*
 * Of a peer that is not probed: is it there, and what does it mean that it did not come when it was
 * asked?
 *
 * A path that works may lose messages, and then a peer that is well looks absent. Of its path
 * nothing is known but its silence, so 10 % in each direction are taken for granted: 19 % of the
 * handshakes fail. An engine repeats an initiation after 5 s and up to a third; two fail in a row
 * with 3.6 %, three with 0.7 %, four with 0.13 %, five with 0.025 %. Where the peer that is probed
 * is seen to lose more, that is taken: an uplink is shared.
 */
#include "check/other_peers.h"

#include "check/tunnel.h"

enum {
	TAKEN_PERMILLE = 190,
	CHANCE_ONE_OF = 1000, /* a false alarm is to be rarer */
	REKEY_TIMEOUT_MS = 5000, /* the WireGuard paper, section 6.1 */
	REPEAT_MS = 5334, /* with its jitter, which is at most 333 ms */
	ROUND_TRIP_MS = 500,
};

bool other_is_there(const struct facts *f, const struct peer_config *p)
{
	if (p == tunnel_peer(f, END_NEAR) && f->handshake.complete)
		return true;
	if (p->handshake_wall_ns > 0 && tunnel_peer_age(f, p) <= TUNNEL_SESSION_NS)
		return true;
	return p->handshake_end_wall_ns > 0 &&
	       f->started_wall_ns - p->handshake_end_wall_ns <= TUNNEL_SESSION_NS;
}

bool other_did_not_come(const struct facts *f, const struct peer_config *p)
{
	return !other_is_there(f, p) && p->asked_ns >= OTHER_ASKED_NS &&
	       p->handshake_end_wall_ns != UNKNOWN;
}

bool other_is_replaced(const struct facts *f, const struct peer_config *p)
{
	const struct config_facts *c = &f->config[END_NEAR];
	size_t i;

	for (i = 0; i < c->n_peers; i++)
		if (&c->peers[i] != p && endpoint_equal(&c->peers[i].endpoint, &p->endpoint) &&
		    other_is_there(f, &c->peers[i]))
			return true;
	return false;
}

bool other_must_answer(const struct facts *f, const struct peer_config *p)
{
	if (!tunnel_peer_is_required(f, p) && other_is_replaced(f, p))
		return false;
	return tunnel_peer_must_be_there(f, p) && tunnel_peer_addresses(f, p) <= 1;
}

/* --- by chance? -------------------------------------------------------------------------- */

static int64_t permille(int64_t part, int64_t of)
{
	return of > 0 && part > 0 ? MIN(part * 1000 / of, 1000) : 0;
}

static int64_t lost_one_way(const struct facts *f, enum need n, const struct loss_facts *l)
{
	return f->have & NEED_BIT(n) ? permille(l->lost, l->sent) : 0;
}

static int64_t lost_both_ways(const struct facts *f)
{
	int64_t up = lost_one_way(f, NEED_LOSS_UP, &f->loss_up);
	int64_t down = lost_one_way(f, NEED_LOSS_DOWN, &f->loss_down);

	return 1000 - (1000 - up) * (1000 - down) / 1000;
}

/* Who answers no ping at all tells nothing of its path. */
static int64_t lost_pings(const struct facts *f)
{
	const struct ping_facts *p = &f->ping_peer;

	if (!(f->have & NEED_BIT(NEED_PING_PEER)) || p->received < 1)
		return 0;
	return permille(p->sent - p->received - MAX(p->late, 0), p->sent);
}

/* The first of several was not answered; of a rekey it was. */
static int64_t lost_handshakes(const struct facts *f)
{
	const struct handshake_facts *h = &f->handshake;
	int64_t n = f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION];

	if (!(f->have & NEED_BIT(NEED_HANDSHAKE)) || !(f->have & NEED_BIT(NEED_TAP_NEAR_WIRE)) ||
	    n < 2 || h->response_ns < REKEY_TIMEOUT_MS * NS_PER_MS)
		return 0;
	return permille(n - 1, n);
}

int64_t other_lost_permille(const struct facts *f)
{
	/* Where nothing comes back at all there is no path that works. */
	if (!tunnel_answers(f))
		return 0;
	return MAX(lost_both_ways(f), MAX(lost_pings(f), lost_handshakes(f)));
}

bool other_may_be_loss(const struct facts *f, const struct peer_config *p)
{
	int64_t n = 1 + (p->asked_ns / NS_PER_MS - ROUND_TRIP_MS) / REPEAT_MS;
	double fails = (double)MAX(other_lost_permille(f), TAKEN_PERMILLE) / 1000, all = 1;

	for (; n > 0; n--)
		all *= fails;
	return all * CHANCE_ONE_OF > 1;
}
