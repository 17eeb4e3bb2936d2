/*
 * A device with many peers, or a peer with many prefixes, does not fit one message. The next one
 * begins with the peer that was cut, by its key, and only what is missing of it.
 */
#include "sys/linux/wg_nl.h"

#include <linux/wireguard.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include "sys/sockaddr.h"

/* --- secrets ---------------------------------------------------------------------- */

static void scrub_key(struct nlattr *a, struct key_digest *digest)
{
	uint8_t *b = nla_data(a), any = 0;
	int i, len = nla_len(a);
	volatile uint8_t *v = b;
	struct secret_key k;

	if (digest && len == KEY_LEN) {
		memcpy(k.b, b, KEY_LEN);
		secret_key_digest(&k, digest);
		secret_key_done(&k);
	}
	for (i = 0; i < len; i++) {
		any |= b[i];
		v[i] = 0;
	}
	if (len > 0)
		v[0] = any != 0;
}

static void scrub_psk(struct nlattr *a)
{
	struct key_digest digest;
	uint8_t *b = nla_data(a);

	scrub_key(a, &digest);
	if (nla_len(a) == KEY_LEN && b[0])
		memcpy(b + 1, digest.b, sizeof(digest.b));
}

/* level 0: of the device, 1: the list of peers, 2: of a peer */
static void scrub_attrs(struct nlattr *first, int len, unsigned level)
{
	struct nlattr *a;
	int rest;

	nla_for_each_attr(a, first, len, rest)
	{
		if (level == 0 && nla_type(a) == WGDEVICE_A_PRIVATE_KEY)
			scrub_key(a, NULL);
		else if (level == 2 && nla_type(a) == WGPEER_A_PRESHARED_KEY)
			scrub_psk(a);
		else if (level == 1 || (level == 0 && nla_type(a) == WGDEVICE_A_PEERS))
			scrub_attrs(nla_data(a), nla_len(a), level + 1);
	}
}

void wg_nl_scrub(void *buf, size_t len)
{
	struct nlmsghdr *h = buf;
	int rest = (int)len;

	for (; nlmsg_ok(h, rest); h = nlmsg_next(h, &rest))
		if (h->nlmsg_type >= NLMSG_MIN_TYPE && genlmsg_valid_hdr(h, 0))
			scrub_attrs(genlmsg_attrdata(genlmsg_hdr(h), 0),
				    genlmsg_attrlen(genlmsg_hdr(h), 0), 0);
}

/* --- reading ---------------------------------------------------------------------- */

static bool is_key(const struct nlattr *a)
{
	return a && nla_len(a) == KEY_LEN;
}

/* Zero means none. */
static bool is_set(const struct nlattr *a)
{
	uint8_t zero[KEY_LEN] = { 0 };

	return is_key(a) && memcmp(nla_data(a), zero, KEY_LEN) != 0;
}

static void read_psk(const struct nlattr *a, struct uapi_peer *p)
{
	p->has_psk = is_set(a);
	if (p->has_psk)
		memcpy(p->psk.b, (const uint8_t *)nla_data(a) + 1, sizeof(p->psk.b));
}

static void read_time(const struct nlattr *a, struct uapi_peer *p)
{
	int64_t t[2];

	if (!a || nla_len(a) != (int)sizeof(t))
		return;
	memcpy(t, nla_data(a), sizeof(t));
	p->last_handshake_s = t[0];
	p->last_handshake_nsec = t[1];
}

static uint64_t number(const struct nlattr *a)
{
	switch (a ? nla_len(a) : 0) {
	case 2:
		return nla_get_u16(a);
	case 4:
		return nla_get_u32(a);
	case 8:
		return nla_get_u64(a);
	default:
		return 0;
	}
}

static bool read_prefix(struct nlattr *of, struct cidr *out)
{
	struct nlattr *a[WGALLOWEDIP_A_MAX + 1];
	struct cidr c = { .len = 0 };
	int family, len;

	if (nla_parse_nested(a, WGALLOWEDIP_A_MAX, of, NULL) < 0 || !a[WGALLOWEDIP_A_FAMILY] ||
	    !a[WGALLOWEDIP_A_IPADDR] || !a[WGALLOWEDIP_A_CIDR_MASK])
		return false;
	family = nla_get_u16(a[WGALLOWEDIP_A_FAMILY]);
	len = nla_len(a[WGALLOWEDIP_A_IPADDR]);
	if (!(family == AF_INET && len == 4) && !(family == AF_INET6 && len == 16))
		return false;
	c.addr.family = family == AF_INET ? FAMILY_IP4 : FAMILY_IP6;
	memcpy(c.addr.b, nla_data(a[WGALLOWEDIP_A_IPADDR]), (size_t)len);
	c.len = nla_get_u8(a[WGALLOWEDIP_A_CIDR_MASK]);
	if (c.len > 8 * len)
		return false;
	*out = c;
	return true;
}

static void read_allowed(struct wg_nl *w, struct nlattr *list, struct uapi_peer *p)
{
	struct nlattr *a;
	int rest;

	if (!list)
		return;
	nla_for_each_nested(a, list, rest)
	{
		struct cidr c;

		if (!read_prefix(a, &c)) {
			w->bad = true;
			return;
		}
		p->allowed = arena_grow(w->arena, p->allowed, p->n_allowed, &w->allowed_cap,
					sizeof(*p->allowed));
		p->allowed[p->n_allowed++] = c;
	}
}

/* The one that the message before ended with, or a new one. */
static struct uapi_peer *peer_of(struct wg_nl *w, const struct public_key *k)
{
	struct uapi_device *d = &w->device;

	if (d->n_peers && public_key_equal(&d->peers[d->n_peers - 1].public_key, k))
		return &d->peers[d->n_peers - 1];
	d->peers = arena_grow(w->arena, d->peers, d->n_peers, &w->peers_cap, sizeof(*d->peers));
	d->peers[d->n_peers] = (struct uapi_peer){ .public_key = *k };
	w->allowed_cap = 0;
	return &d->peers[d->n_peers++];
}

static void read_peer(struct wg_nl *w, struct nlattr *of)
{
	struct nlattr *a[WGPEER_A_MAX + 1];
	struct public_key k;
	struct uapi_peer *p;
	size_t n = w->device.n_peers;

	if (nla_parse_nested(a, WGPEER_A_MAX, of, NULL) < 0 || !is_key(a[WGPEER_A_PUBLIC_KEY])) {
		w->bad = true;
		return;
	}
	memcpy(k.b, nla_data(a[WGPEER_A_PUBLIC_KEY]), KEY_LEN);
	p = peer_of(w, &k);
	if (w->device.n_peers > n) {
		read_psk(a[WGPEER_A_PRESHARED_KEY], p);
		if (a[WGPEER_A_ENDPOINT])
			sockaddr_endpoint(nla_data(a[WGPEER_A_ENDPOINT]),
					  (size_t)nla_len(a[WGPEER_A_ENDPOINT]), &p->endpoint);
		p->keepalive_s = (uint16_t)number(a[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL]);
		read_time(a[WGPEER_A_LAST_HANDSHAKE_TIME], p);
		p->rx_bytes = number(a[WGPEER_A_RX_BYTES]);
		p->tx_bytes = number(a[WGPEER_A_TX_BYTES]);
	}
	read_allowed(w, a[WGPEER_A_ALLOWEDIPS], p);
}

void wg_nl_take(struct wg_nl *w, struct nlmsghdr *h)
{
	struct nlattr *a[WGDEVICE_A_MAX + 1], *peer;
	struct uapi_device *d = &w->device;
	int rest;

	if (!genlmsg_valid_hdr(h, 0) || genlmsg_parse(h, 0, a, WGDEVICE_A_MAX, NULL) < 0) {
		w->bad = true;
		return;
	}
	d->has_private_key = d->has_private_key || is_set(a[WGDEVICE_A_PRIVATE_KEY]);
	if (is_set(a[WGDEVICE_A_PUBLIC_KEY])) {
		memcpy(d->public_key.b, nla_data(a[WGDEVICE_A_PUBLIC_KEY]), KEY_LEN);
		d->has_private_key = true;
	}
	if (a[WGDEVICE_A_LISTEN_PORT])
		d->listen_port = (uint16_t)number(a[WGDEVICE_A_LISTEN_PORT]);
	if (a[WGDEVICE_A_FWMARK])
		d->fwmark = (uint32_t)number(a[WGDEVICE_A_FWMARK]);
	if (!a[WGDEVICE_A_PEERS])
		return;
	nla_for_each_nested(peer, a[WGDEVICE_A_PEERS], rest) read_peer(w, peer);
}
