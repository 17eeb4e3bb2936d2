#include "engine/daemon_get.h"

#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "model/uapi_text.h"

static void put_drops(struct buf *out, const uint64_t *drops, bool zero_too)
{
	char name[UAPI_NAME_MAX + 1];

	for (int w = WG_DROP_NONE + 1; w < WG_DROP_COUNT; w++) {
		if (!drops[w] && !zero_too)
			continue;
		snprintf(name, sizeof(name), "drop_%s", wg_drop_id((enum wg_drop)w));
		uapi_put_extra(out, name, drops[w]);
	}
}

static bool put_allowed(void *ctx, const struct cidr *c)
{
	uapi_put_allowed_ip(ctx, c, false);
	return true;
}

static void put_peer(struct buf *out, const struct wg_peer *p)
{
	struct wg_peer_status st;

	wg_peer_status(p, &st);
	uapi_put_public_key(out, &st.public_key);
	uapi_put_secret(out, UAPI_PRESHARED_KEY, &st.psk);
	secret_key_done(&st.psk);
	uapi_put_number(out, UAPI_PROTOCOL_VERSION, 1);
	if (st.endpoint.addr.family != FAMILY_NONE)
		uapi_put_endpoint(out, &st.endpoint);
	uapi_put_number(out, UAPI_LAST_HANDSHAKE_SEC,
			(uint64_t)(st.last_handshake_wall_ns / NS_PER_S));
	uapi_put_number(out, UAPI_LAST_HANDSHAKE_NSEC,
			(uint64_t)(st.last_handshake_wall_ns % NS_PER_S));
	uapi_put_number(out, UAPI_TX_BYTES, st.tx_bytes);
	uapi_put_number(out, UAPI_RX_BYTES, st.rx_bytes);
	uapi_put_number(out, UAPI_KEEPALIVE, st.keepalive_s);
	wg_peer_each_allowed(p, put_allowed, out);

	uapi_put_extra(out, "number", st.number);
	uapi_put_extra(out, "sealed", st.sealed);
	uapi_put_extra(out, "opened", st.opened);
	uapi_put_extra(out, "tx_packets", st.tx_packets);
	uapi_put_extra(out, "rx_packets", st.rx_packets);
	uapi_put_extra(out, "handshakes", st.handshakes);
	uapi_put_extra(out, "initiations_sent", st.initiations_sent);
	uapi_put_extra(out, "responses_sent", st.responses_sent);
	uapi_put_extra(out, "cookies_received", st.cookies_received);
	uapi_put_extra(out, "staged", st.n_staged);
	/* What is not there is zero: the device's list has named all reasons there are. */
	put_drops(out, st.drops, false);
}

/* The last of them, oldest first; only public keys. */
static void put_unknown(struct buf *out, const struct daemon_get_host *h)
{
	uint64_t i = h->n_unknown - MIN(h->n_unknown, (uint64_t)DAEMON_UNKNOWN_KEPT);
	char hex[KEY_HEX_LEN + 1];

	for (; i < h->n_unknown; i++) {
		const struct daemon_unknown *u = &h->unknown[i % DAEMON_UNKNOWN_KEPT];

		key_hex(u->key.b, hex);
		buf_printf(out, "unknown_peer=%08x:%s\n", u->index, hex);
	}
}

static void put_device_extras(struct buf *out, const struct wg_device *dev,
			      const struct daemon_get_host *h)
{
	buf_puts(out, "engine=wgdiag\nengine_version=" WGDIAG_VERSION "\n");
	uapi_put_extra(out, "trace_fd", (uint64_t)h->trace_fd);
	uapi_put_extra(out, "up", h->up);
	uapi_put_extra(out, "mtu", h->mtu);
	uapi_put_extra(out, "udp_rcvbuf", h->rcvbuf);
	uapi_put_extra(out, "udp_sndbuf", h->sndbuf);
	uapi_put_extra(out, "icmp_errors", h->icmp_errors);
	put_drops(out, wg_device_drops(dev), true);
	put_unknown(out, h);
}

void daemon_get_write(struct buf *out, const struct wg_device *dev, const struct daemon_get_host *h)
{
	struct wg_peer *p = NULL;
	struct secret_key k;

	if (wg_device_private_key(dev, &k)) {
		uapi_put_secret(out, UAPI_PRIVATE_KEY, &k);
		secret_key_done(&k);
	}
	uapi_put_number(out, UAPI_LISTEN_PORT, h->port);
	if (h->fwmark)
		uapi_put_number(out, UAPI_FWMARK, h->fwmark);
	put_device_extras(out, dev, h);
	while ((p = wg_device_next_peer((struct wg_device *)dev, p)))
		put_peer(out, p);
}
