/*
 * Why a packet was refused: every packet that goes no further has exactly one of
 * these, counted per device and, where the peer is known, per peer.
 *
 * The first group is decided by the core from bytes, the table and the time. The
 * last group (WG_DROP_IO_FIRST and up) is what the system refused; the core cannot
 * know and the caller reports it with wg_device_count_drop().
 */
#ifndef WG_DROP_H
#define WG_DROP_H

#include "base/defs.h"

enum wg_drop {
	WG_DROP_NONE = 0,

	/* outbound: a packet from the tun */
	WG_DROP_OUT_NOT_IP, /* version nibble is neither 4 nor 6, or empty */
	WG_DROP_OUT_SHORT, /* fewer bytes than its IP header needs */
	WG_DROP_OUT_DOWN, /* the interface is down */
	WG_DROP_OUT_NO_PEER, /* no peer's allowed IPs hold the destination */
	WG_DROP_OUT_NO_ENDPOINT, /* that peer has no endpoint yet */
	WG_DROP_OUT_STAGED_FULL, /* 128 packets wait for a session; the oldest goes */
	WG_DROP_OUT_GIVE_UP, /* waited for a handshake that never completed */
	WG_DROP_OUT_PURGED, /* waited when the peer was removed or the interface went down */
	WG_DROP_OUT_TOO_LONG, /* does not fit a slot or a UDP datagram */
	/* a UDP packet to the peer's own endpoint: its way there leads into the tunnel */
	WG_DROP_OUT_LOOP,

	/* inbound: a datagram from the UDP socket */
	WG_DROP_IN_SHORT, /* fewer than 4 bytes, or a data message under 32 */
	WG_DROP_IN_RESERVED, /* known type, but its three reserved bytes are set */
	WG_DROP_IN_UNKNOWN_TYPE,
	WG_DROP_IN_WRONG_LEN, /* initiation, response or cookie reply of another length */
	WG_DROP_IN_DOWN, /* the interface is down */
	WG_DROP_IN_NO_PRIVATE_KEY, /* a handshake message, and we have no identity */
	WG_DROP_IN_MAC1, /* mac1 is not for our public key */
	WG_DROP_IN_MAC2_MISSING, /* under load and no valid mac2: a cookie reply went back */
	WG_DROP_IN_RATE_LIMIT, /* under load, mac2 valid, this source sends too many */
	WG_DROP_IN_STATIC, /* the static key in the initiation does not open */
	WG_DROP_IN_UNKNOWN_PEER, /* it opens, and is no peer of ours (event: the key) */
	WG_DROP_IN_TIMESTAMP, /* the timestamp does not open (static-static disagrees) */
	WG_DROP_IN_REPLAYED_INITIATION, /* timestamp not newer than the last one */
	WG_DROP_IN_FLOOD, /* initiations of one peer less than 20 ms apart */
	WG_DROP_IN_LOW_ORDER, /* a DH with their key gives zero */
	WG_DROP_IN_UNKNOWN_INDEX, /* no handshake or session of ours has that receiver index */
	WG_DROP_IN_WRONG_STATE, /* a response to nothing that is outstanding */
	/* the response does not open: the preshared key differs, most likely */
	WG_DROP_IN_RESPONSE,
	WG_DROP_IN_COOKIE, /* cookie reply that was not asked for, or does not open */
	WG_DROP_IN_EXPIRED, /* the session is over 180 s old, or its messages are used up */
	WG_DROP_IN_TAG, /* data that does not authenticate */
	WG_DROP_IN_REPLAY, /* counter already seen */
	WG_DROP_IN_TOO_OLD, /* counter behind the window of 8128 */
	WG_DROP_IN_NOT_IP, /* authentic, but the inner packet is neither IPv4 nor IPv6 */
	WG_DROP_IN_LENGTH, /* authentic, but the inner length is a lie */
	/* authentic, but the inner source is not this peer's (event: address and owner) */
	WG_DROP_IN_SOURCE,
	/* the same, and it is link-local or none, and no peer's: what systems send by themselves */
	WG_DROP_IN_SOURCE_LINK,
	/* the same as the first, and it is an ICMP error about what was sent to this peer */
	WG_DROP_IN_SOURCE_ERROR,

	/* what the system refused */
	WG_DROP_IO_FIRST,
	WG_DROP_IO_SEND_MSGSIZE = WG_DROP_IO_FIRST, /* EMSGSIZE: longer than the path MTU */
	/* ENOBUFS: the queueing discipline dropped it; EAGAIN: the socket's send buffer is full */
	WG_DROP_IO_SEND_NOBUFS,
	WG_DROP_IO_SEND_PERM, /* EPERM: a local firewall rule */
	WG_DROP_IO_SEND_UNREACH, /* ENETUNREACH, EHOSTUNREACH */
	WG_DROP_IO_SEND_OTHER,
	WG_DROP_IO_NO_SOCKET, /* no UDP socket of that family */
	WG_DROP_IO_TUN_DOWN, /* tun write: EIO */
	WG_DROP_IO_TUN_REFUSED, /* tun write: anything else */
	WG_DROP_IO_RECV_OVERFLOW, /* the kernel dropped it before us: no room, or a bad checksum */
	WG_DROP_IO_RECV_TRUNCATED, /* datagram longer than the buffer */

	WG_DROP_COUNT
};

/* "mac1 is not for our public key": half a sentence for people. */
const char *wg_drop_str(enum wg_drop d);
/* "in_mac1": the stable id, as in the engine's `get` keys (drop_in_mac1=N) and JSON. */
const char *wg_drop_id(enum wg_drop d);
/* The value with that id, or WG_DROP_COUNT. */
enum wg_drop wg_drop_from_id(const char *id);

#endif
