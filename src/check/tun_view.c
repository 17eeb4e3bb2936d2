#include "check/tun_view.h"

#include <string.h>

enum { NO_IP_MIN = 10 };

struct tun_view tun_view_of(const struct facts *facts, enum end end)
{
	bool near = end == END_NEAR;
	const struct tap_facts *tun = &facts->taps[near ? TAP_NEAR_TUN : TAP_FAR_TUN];
	const struct tap_facts *wire = &facts->taps[near ? TAP_NEAR_WIRE : TAP_FAR_WIRE];
	struct tun_view v = { .arrived = UNKNOWN, .written = UNKNOWN, .dropped = UNKNOWN };

	v.packets = v.not_ip = v.shifted = v.rx_packets = v.rx_dropped = UNKNOWN;
	v.tun_watched = facts->have & NEED_BIT(near ? NEED_TAP_NEAR_TUN : NEED_TAP_FAR_TUN);
	v.wire_watched = facts->have & NEED_BIT(near ? NEED_TAP_NEAR_WIRE : NEED_TAP_FAR_WIRE);
	if (v.wire_watched && wire->msgs[TAP_IN][WG_MSG_DATA] != UNKNOWN &&
	    wire->keepalives[TAP_IN] != UNKNOWN)
		v.arrived = wire->msgs[TAP_IN][WG_MSG_DATA] - wire->keepalives[TAP_IN];
	if (v.tun_watched) {
		v.packets = tun->packets[TAP_IN];
		v.not_ip = tun->not_ip[TAP_IN];
		v.shifted = tun->shifted[TAP_IN];
	}
	if (v.packets != UNKNOWN && v.not_ip != UNKNOWN)
		v.written = v.packets + v.not_ip;
	if (v.tun_watched && v.wire_watched && tun->dropped != UNKNOWN && wire->dropped != UNKNOWN)
		v.dropped = tun->dropped + wire->dropped;
	if (facts->have & NEED_BIT(near ? NEED_LINKS : NEED_LINKS_FAR)) {
		v.rx_packets = link_difference(&facts->tun[end], LINK_RX_PACKETS);
		v.rx_dropped = link_difference(&facts->tun[end], LINK_RX_DROPPED);
	}
	/* The device counts them, and the capture has them aside. */
	if (v.rx_packets != UNKNOWN && tun->others[TAP_IN] > 0)
		v.rx_packets = MAX(v.rx_packets - tun->others[TAP_IN], 0);
	return v;
}

/*
 * A capture cannot tell which way a frame that is no packet went: a program may have sent it,
 * through a packet socket. A packet shifted by four bytes shows its direction, and what the
 * device took in is counted.
 */
int64_t tun_view_no_ip(const struct tun_view *v)
{
	int64_t more, n;

	if (v->not_ip == UNKNOWN || v->packets == UNKNOWN)
		return 0;
	more = v->rx_packets == UNKNOWN ? 0 : v->rx_packets - v->packets;
	n = MIN(v->not_ip, MAX(v->shifted, more));
	return n >= NO_IP_MIN && 100 * n >= v->written ? n : 0;
}

int64_t tun_view_refused(const struct facts *facts, enum end end, const char *id)
{
	const struct crypto_facts *c = &facts->crypto[end];
	enum need need = end == END_NEAR ? NEED_ENGINE : NEED_ENGINE_FAR;
	size_t i;

	if (!(facts->have & NEED_BIT(need)) || !c->known)
		return UNKNOWN;
	for (i = 0; i < c->n_refused; i++)
		if (strcmp(c->refused[i].id, id) == 0)
			return (int64_t)c->refused[i].n;
	return 0;
}
