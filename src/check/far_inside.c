#include "check/far_inside.h"

#include <string.h>

#include "check/far_age.h"
#include "check/tunnel.h"

enum {
	REFUSED_MIN = 4, /* a few may be anybody's */
	/* Less than a tenth of all may be of another day, while most came through. */
	REFUSED_SHARE = 10,
};

static bool have(const struct facts *f, enum need n)
{
	return (f->have & NEED_BIT(n)) != 0;
}

int64_t far_inside_counter(const struct link_facts *l, enum link_counter c)
{
	return l->since_made ? l->after[c] : link_difference(l, c);
}

static bool all_allowed(const struct facts *f)
{
	const struct peer_config *us = tunnel_peer(f, END_FAR);
	struct tunnel_addrs sources;
	size_t i;

	if (!us)
		return false;
	tunnel_sources(f, &sources);
	for (i = 0; i < sources.n; i++)
		if (config_owner(&f->config[END_FAR], &sources.a[i], NULL) != us)
			return false;
	return sources.n > 0;
}

static bool came_back(const struct facts *f)
{
	size_t i;

	if (f->ping_peer.received > 0 || f->ping_peer.late > 0 || f->ping_peer.duplicates > 0)
		return true;
	for (i = 0; i < ARRAY_LEN(f->echo_back); i++)
		if (f->echo_back[i].received > 0)
			return true;
	for (i = 0; i < f->n_streams; i++)
		if (f->streams[i].received > 0)
			return true;
	return have(f, NEED_TAP_NEAR_TUN) && f->taps[TAP_NEAR_TUN].packets[TAP_IN] > 0;
}

/*
 * Handshakes and keepalives are messages of at most 148 bytes. With more on average the far end
 * took data, so ours is IP, at least some of it.
 */
static bool took_data(const struct link_facts *l)
{
	int64_t n = far_inside_counter(l, LINK_RX_PACKETS);
	int64_t bytes = far_inside_counter(l, LINK_RX_BYTES);

	return n == UNKNOWN || bytes == UNKNOWN || bytes / WG_INITIATION_LEN > n;
}

/* Pings went out with a session, all of the time that there was, and none was answered. */
static bool is_one_way(const struct facts *f)
{
	return !f->interrupted && have(f, NEED_HANDSHAKE) && f->handshake.complete &&
	       have(f, NEED_PING_PEER) && f->ping_peer.sent > 0 && f->ping_peer.received == 0 &&
	       !came_back(f);
}

struct far_inside far_inside_of(const struct facts *f)
{
	const struct link_facts *l = &f->tun[END_FAR];
	struct far_inside in = { .refused = UNKNOWN, .received = UNKNOWN };
	int64_t errors, accepted;

	if (!have(f, NEED_FAR_TEXT))
		return in;
	in.since_made = l->since_made;
	in.by_kernel = l->kind && strcmp(l->kind, "wireguard") == 0;
	in.only_us = have(f, NEED_CONFIG_FAR) && f->config[END_FAR].n_peers == 1 &&
		     tunnel_peer(f, END_FAR) != NULL;
	in.source_allowed = all_allowed(f);
	errors = far_inside_counter(l, LINK_RX_ERRORS);
	accepted = far_inside_counter(l, LINK_RX_PACKETS);
	in.refused = in.by_kernel ? far_inside_counter(l, LINK_RX_FRAME) : errors;
	if (in.refused == UNKNOWN || errors == UNKNOWN || accepted == UNKNOWN) {
		in.refused = UNKNOWN;
		return in;
	}
	in.received = accepted + MAX(errors, in.refused);
	in.fails = !far_is_old(f) && in.by_kernel && in.only_us && is_one_way(f) &&
		   in.refused >= REFUSED_MIN && in.refused >= in.received / REFUSED_SHARE &&
		   !took_data(l);
	in.no_ip = in.fails && in.source_allowed;
	return in;
}
