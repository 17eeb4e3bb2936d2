#include "wg/drop.h"

#include <assert.h>
#include <string.h>

#define DROPS(X) \
	X(NONE, "none", "accepted") \
	X(OUT_NOT_IP, "out_not_ip", "from the tun: neither IPv4 nor IPv6") \
	X(OUT_SHORT, "out_short", "from the tun: shorter than its IP header says") \
	X(OUT_DOWN, "out_down", "the interface is down") \
	X(OUT_NO_PEER, "out_no_peer", "no peer's allowed IPs hold the destination") \
	X(OUT_NO_ENDPOINT, "out_no_endpoint", "the peer has no endpoint yet") \
	X(OUT_STAGED_FULL, "out_staged_full", "too many packets waited for a session") \
	X(OUT_GIVE_UP, "out_give_up", "waited for a handshake that never completed") \
	X(OUT_PURGED, "out_purged", "waited when the peer was removed or the interface went down") \
	X(OUT_TOO_LONG, "out_too_long", "does not fit a UDP datagram") \
	X(OUT_LOOP, "out_loop", "the endpoint is routed into the tunnel itself") \
	X(IN_SHORT, "in_short", "too short for any WireGuard message") \
	X(IN_RESERVED, "in_reserved", "a WireGuard message whose reserved bytes are set") \
	X(IN_UNKNOWN_TYPE, "in_unknown_type", "not a WireGuard message") \
	X(IN_WRONG_LEN, "in_wrong_len", "a handshake or cookie message of the wrong length") \
	X(IN_DOWN, "in_down", "received while the interface is down") \
	X(IN_NO_PRIVATE_KEY, "in_no_private_key", \
	  "a handshake message, and we have no private key") \
	X(IN_MAC1, "in_mac1", "mac1 is not for our public key") \
	X(IN_MAC2_MISSING, "in_mac2_missing", \
	  "under load without a valid mac2: asked for a cookie") \
	X(IN_RATE_LIMIT, "in_rate_limit", "under load, and this source sends too many handshakes") \
	X(IN_STATIC, "in_static", "the static key in the initiation does not open") \
	X(IN_UNKNOWN_PEER, "in_unknown_peer", \
	  "an initiation from a public key that is no peer of ours") \
	X(IN_TIMESTAMP, "in_timestamp", "the timestamp in the initiation does not open") \
	X(IN_REPLAYED_INITIATION, "in_replayed_initiation", \
	  "the initiation is not newer than the last: replayed, or the peer's clock went back") \
	X(IN_FLOOD, "in_flood", "initiations of one peer less than 20 ms apart") \
	X(IN_LOW_ORDER, "in_low_order", "a key of low order: the shared secret would be zero") \
	X(IN_UNKNOWN_INDEX, "in_unknown_index", "no handshake or session of ours has that index") \
	X(IN_WRONG_STATE, "in_wrong_state", "a response to no initiation that is outstanding") \
	X(IN_RESPONSE, "in_response", \
	  "the response does not open: most likely the preshared key differs") \
	X(IN_COOKIE, "in_cookie", "a cookie reply that was not asked for or does not open") \
	X(IN_EXPIRED, "in_expired", "the session is over 180 s old or its messages are used up") \
	X(IN_TAG, "in_tag", "data that does not authenticate") \
	X(IN_REPLAY, "in_replay", "counter already seen") \
	X(IN_TOO_OLD, "in_too_old", "counter too far behind the newest") \
	X(IN_NOT_IP, "in_not_ip", "authentic, but the inner packet is neither IPv4 nor IPv6") \
	X(IN_LENGTH, "in_length", "authentic, but the inner packet's length is a lie") \
	X(IN_SOURCE, "in_source", \
	  "authentic, but the inner source is not in the peer's allowed IPs") \
	X(IN_SOURCE_LINK, "in_source_link", \
	  "authentic, but from a link-local address or none, which no peer is allowed") \
	X(IN_SOURCE_ERROR, "in_source_error", \
	  "authentic, an ICMP error about what was sent to the peer, from an address not in its " \
	  "allowed IPs") \
	X(IO_SEND_MSGSIZE, "io_send_msgsize", "send: longer than the path MTU") \
	X(IO_SEND_NOBUFS, "io_send_nobufs", \
	  "the system refused to send it: queue full, or a firewall on the way out") \
	X(IO_SEND_PERM, "io_send_perm", "send: refused, by a local firewall rule most likely") \
	X(IO_SEND_UNREACH, "io_send_unreach", "send: no route to the endpoint") \
	X(IO_SEND_OTHER, "io_send_other", "send: the system refused it") \
	X(IO_NO_SOCKET, "io_no_socket", "send: no UDP socket of the endpoint's family") \
	X(IO_TUN_DOWN, "io_tun_down", "tun: the interface is down") \
	X(IO_TUN_REFUSED, "io_tun_refused", "tun: the system refused the packet") \
	X(IO_RECV_OVERFLOW, "io_recv_overflow", \
	  "receive: dropped at the socket: its buffer was full, or the UDP checksum was wrong") \
	X(IO_RECV_TRUNCATED, "io_recv_truncated", "receive: longer than our buffer")

struct drop_words {
	const char *id, *text;
};

#define ROW(name, id, text) [WG_DROP_##name] = { id, text },
static const struct drop_words drop_words[] = { DROPS(ROW) };

/* Counted too, as a missing row in the middle leaves the table as long as before. */
#define ONE(name, id, text) +1
static_assert(ARRAY_LEN(drop_words) == WG_DROP_COUNT && 0 DROPS(ONE) == WG_DROP_COUNT,
	      "a drop reason has no text");

const char *wg_drop_str(enum wg_drop d)
{
	assert(d < WG_DROP_COUNT);
	return drop_words[d].text;
}

const char *wg_drop_id(enum wg_drop d)
{
	assert(d < WG_DROP_COUNT);
	return drop_words[d].id;
}

enum wg_drop wg_drop_from_id(const char *id)
{
	unsigned d;

	for (d = 0; d < WG_DROP_COUNT; d++) {
		if (!strcmp(drop_words[d].id, id))
			break;
	}
	return (enum wg_drop)d;
}
