/*
 * What the files of the core share, and tests that must reach inside (to set a counter
 * near its limit, or to count what is allocated).
 */
#ifndef WG_DEVICE_PRIV_H
#define WG_DEVICE_PRIV_H

#include <stdlib.h>

#include "base/list.h"
#include "wg/allowedips.h"
#include "wg/cookie.h"
#include "wg/device.h"
#include "wg/noise.h"
#include "wg/session.h"
#include "wg/table.h"
#include "wg/timers.h"

/* An own copy of a packet: it waits for a session, or it has been sent and is not collected yet. */
struct slot {
	struct slot *next;
	struct wg_pkt pkt;
	uint8_t mem[];
};

struct slot_queue {
	struct slot *first, **last;
	unsigned n;
};

/* Our own ICMP errors, device-wide. Linux: icmp_msgs_per_sec, icmp_msgs_burst. */
enum { ICMP_PER_S = 1000, ICMP_BURST = 50 };

enum { FAULT_PREFIX_MAX = 8 };

struct wg_device {
	struct wg_env env;
	const struct wg_crypto_ops *crypto;
	struct noise_start start;
	struct noise_identity identity;
	struct cookie_checker checker;
	struct ratelimit *limiter;
	int64_t limiter_due_ns;
	struct load load;

	struct allowedips *allowed;
	struct list peers;
	struct table by_key, indices;
	uint8_t key_hash_key[16];
	uint32_t last_number;
	int64_t seen_ns; /* the latest time we were told */
	struct timer_heap heap;
	uint64_t jitter_state;

	unsigned mtu;
	bool up;
	uint8_t fault4[FAULT_PREFIX_MAX], fault6[FAULT_PREFIX_MAX];
	size_t fault_len;
	bool no_padding;
	unsigned icmp_tokens;
	int64_t icmp_refill_ns;

	struct slot *outbox; /* given out in the last call, freed in the next */
	uint64_t drops[WG_DROP_COUNT];
};

struct peer_stats {
	uint64_t rx_bytes, tx_bytes, sealed, opened, rx_packets, tx_packets;
	uint64_t handshakes, initiations_sent, responses_sent, cookies_received;
	int64_t last_handshake_wall_ns;
};

struct wg_peer {
	struct wg_device *dev;
	struct list link;
	struct table_node by_key;
	uint32_t number;

	struct noise_remote remote;
	struct cookie_sender cookie;
	struct endpoint endpoint;
	uint16_t keepalive_s;
	struct allowedips_owner allowed;

	struct noise_handshake hs;
	struct local_index hs_index;
	uint8_t latest_timestamp[WG_TIMESTAMP_LEN]; /* of initiations received */
	int64_t initiation_received_ns;
	int64_t initiation_sent_ns;
	int64_t last_sent_handshake_ns; /* initiation or response: the floor between initiations */
	bool emitted_handshake; /* what was last given out for this peer was no data */
	bool handshake_unsent; /* and there was no socket to send it with */

	struct sessions sessions;
	struct timers timers;
	struct slot_queue staged;
	bool keepalive_staged; /* one is wanted once there is a session */

	struct peer_stats stats;
	uint64_t drops[WG_DROP_COUNT];
};

/* A time before all others, from which differences do not overflow. */
static const int64_t LONG_AGO_NS = INT64_MIN / 4;

/* --- device.c --- */

void device_random(struct wg_device *d, void *out, size_t len);
uint32_t device_take_index(struct wg_device *d, struct local_index *ix);
int64_t device_jitter_ns(struct wg_device *d); /* 0 to REKEY_TIMEOUT_JITTER_MS */
/* Zeroed; stays until the next call into the device that sends. */
struct slot *device_slot(struct wg_device *d, size_t len);
void device_outbox_free(struct wg_device *d);
/* A new slot of its own (not in the outbox) with room around len bytes; pkt is set up. */
struct slot *slot_new(size_t len);
void device_keep(struct wg_device *d, struct slot *s); /* into the outbox */
struct wg_event wg_event_make(enum wg_event_type type, struct wg_peer *p, int64_t now_ns);
void device_event(struct wg_device *d, const struct wg_event *ev);

/* --- device_trace.c; call only when env.trace is set --- */

void trace_packet(struct wg_device *d, enum trace_stage stage, const struct wg_peer *p,
		  const struct wg_pkt *pkt, enum wg_drop why, int64_t now_ns);

/* --- peer.c --- */

struct wg_peer *peer_find(struct wg_device *d, const struct public_key *k);
static inline bool peer_has_endpoint(const struct wg_peer *p)
{
	return p->endpoint.addr.family != FAMILY_NONE;
}
/* Whose allowed IPs hold this address; NULL: nobody's. */
static inline struct wg_peer *peer_by_address(const struct wg_device *d, enum addr_family family,
					      const uint8_t *addr)
{
	struct allowedips_owner *o = allowedips_lookup(d->allowed, family, addr);

	return o ? list_entry(o, struct wg_peer, allowed) : NULL;
}
/* The endpoint follows what is authentic. */
void peer_roam(struct wg_peer *p, const struct endpoint *from, int64_t now_ns);
/* Our own identity changed. */
void peer_rekey(struct wg_peer *p);
/* Handshake and sessions; true when there was one. */
bool peer_wipe_keys(struct wg_peer *p);
void peer_down(struct wg_peer *p, int64_t now_ns);

/* --- transmit.c --- */

/* What waits goes out, or a handshake is asked for. */
void peer_send_staged(struct wg_peer *p, int64_t now_ns);
/* The same, with a keepalive when nothing waits. */
void peer_send_keepalive(struct wg_peer *p, int64_t now_ns);
void peer_purge_staged(struct wg_peer *p, enum wg_drop why, int64_t now_ns);
/* n messages of one peer to its endpoint. */
void peer_emit(struct wg_peer *p, const struct wg_pkt *pkts, size_t n);

/* --- handshake.c --- */

/* Asks for an initiation; none is sent within 5 s of our last handshake message. */
void handshake_request(struct wg_peer *p, enum wg_why why, int64_t now_ns);
void handshake_retry(struct wg_peer *p, int64_t now_ns);
/* There may be a socket now for the handshake message that found none. */
void handshake_unsent_again(struct wg_peer *p);
/* A session is usable in both directions. rtt_ns: 0 when we were not the initiator. */
void peer_complete(struct wg_peer *p, int64_t rtt_ns, int64_t now_ns);
/* An initiation, response or cookie reply; of the right length. */
enum wg_drop handshake_receive(struct wg_device *d, const struct wg_pkt *pkt, enum wg_msg_type type,
			       struct wg_peer **peer, int64_t now_ns);

#endif
