/*
 * All that was observed in one run, frozen before anything is judged.
 *
 * Three things are kept apart everywhere: a number that was measured (>= 0), a number
 * that nobody measured (UNKNOWN), and a whole part that could not be looked at (a gap,
 * with the reason and the remedy). Strings and arrays are borrowed from the run's arena.
 */
#ifndef MODEL_FACTS_H
#define MODEL_FACTS_H

#include <stdbool.h>

#include "model/cidr.h"
#include "model/endpoint.h"
#include "model/key.h"
#include "wire/wg_msg.h"

#define UNKNOWN INT64_C(-1)

/* What a check may need. One bit each in facts.have; a need that is missing has a gap. */
enum need {
	NEED_ENGINE_START, /* an attempt to start the near engine was made (it may have failed) */
	NEED_ENGINE, /* the near engine runs and answers: its configuration and peers */
	NEED_ENGINE_FAR,
	NEED_LINKS, /* counters of the near tun, before and after */
	NEED_LINKS_FAR,
	NEED_ADDRS, /* of both ends, at the start */
	NEED_ROUTES,
	NEED_TAP_NEAR_TUN,
	NEED_TAP_NEAR_WIRE,
	NEED_TAP_FAR_TUN,
	NEED_TAP_FAR_WIRE,
	NEED_HANDSHAKE, /* one was provoked and watched */
	NEED_PING_SELF,
	NEED_PING_PEER,
	NEED_STREAMS,
	NEED_COUNT
};
#define NEED_BIT(n) (UINT32_C(1) << (n))

struct gap {
	const char *why; /* "capturing on wg0: Operation not permitted"; NULL: no gap */
	const char *remedy; /* "run as root, or grant CAP_NET_RAW"; may be NULL */
};

enum end { END_NEAR, END_FAR, END_COUNT };
enum tap { TAP_NEAR_TUN, TAP_NEAR_WIRE, TAP_FAR_TUN, TAP_FAR_WIRE, TAP_COUNT };

enum target_kind { TARGET_SELF_TEST, TARGET_CONFIG, TARGET_INTERFACE, TARGET_OPAQUE };

struct target_facts {
	enum target_kind kind;
	const char *name; /* the tun's name */
	const char *engine; /* "builtin", "wireguard-go" */
	const char *engine_version; /* NULL: not known */
	const char *program; /* path of a foreign engine, NULL for the built-in one */
	struct public_key peer; /* the far end's key */
};

struct engine_facts {
	const char *start_error; /* NULL: it was started. One line otherwise */
	int64_t start_ns; /* until the tun was there and the socket answered; UNKNOWN: never */
	/* of an engine that died during the run, as waitpid gave it; UNKNOWN: it lived */
	int64_t exit_status;
	int64_t answer_ns; /* of one `get`; UNKNOWN: no answer */
	const char *answer_error; /* NULL: it answered, and consistently */
	const char *log_tail; /* its last lines, "" for none */
	int64_t log_lines;
	bool configured; /* a `get` shows what was set */
	const char *config_difference; /* what it shows instead, NULL */
};

/* A message refused by an engine that counts such things. */
struct refused_count {
	const char *id; /* "in_mac1" */
	const char *says; /* "mac1 is not for our public key" */
	uint64_t n; /* over the run; only those with n > 0 are listed */
};
struct crypto_facts {
	bool known; /* the engine keeps such counters (ours); false: wireguard-go and most others */
	int64_t sealed, opened; /* data messages, keepalives included */
	struct refused_count *refused;
	size_t n_refused;
	int64_t tx_bytes, rx_bytes; /* of the peer, as `wg show` prints; UNKNOWN */
	int64_t last_handshake_wall_ns; /* 0 = never */
};

/*
 * Counters of one link, names as in `ip -s -s link`. UNKNOWN where the system has no such
 * counter.
 */
enum link_counter {
	LINK_RX_PACKETS,
	LINK_RX_BYTES,
	LINK_RX_ERRORS,
	LINK_RX_DROPPED,
	LINK_RX_LENGTH,
	LINK_RX_OVER,
	LINK_RX_CRC,
	LINK_RX_FRAME,
	LINK_RX_FIFO,
	LINK_RX_MISSED,
	LINK_RX_NOHANDLER,
	LINK_TX_PACKETS,
	LINK_TX_BYTES,
	LINK_TX_ERRORS,
	LINK_TX_DROPPED,
	LINK_TX_ABORTED,
	LINK_TX_CARRIER,
	LINK_TX_FIFO,
	LINK_TX_HEARTBEAT,
	LINK_TX_WINDOW,
	LINK_COUNTER_COUNT
};
const char *link_counter_str(enum link_counter c); /* "rx_frame_errors" */

/* What somebody may change under a run. */
struct link_state {
	bool known; /* it was looked at; the rest is for that */
	bool gone; /* there was none of that name */
	bool up;
	unsigned ifindex, mtu;
};
struct link_facts {
	const char *name, *kind;
	struct link_state start, end;
	int64_t before[LINK_COUNTER_COUNT], after[LINK_COUNTER_COUNT];
};
/* after - before, or UNKNOWN when either is, or when it went backwards. */
int64_t link_difference(const struct link_facts *l, enum link_counter c);

struct addr_facts {
	const char *link;
	struct cidr addr;
	struct ip_addr peer;
};
struct route_facts {
	struct cidr dst;
	struct ip_addr gateway, prefsrc;
	const char *dev;
	unsigned table, metric;
	uint8_t type;
};

/* Addresses and routes in one end's namespace, at one moment. */
struct net_facts {
	bool known;
	struct addr_facts *addrs;
	size_t n_addrs;
	struct route_facts *routes;
	size_t n_routes;
};

/*
 * What one tap saw between its opening and its closing. Direction is seen from that end: out =
 * leaving the machine.
 */
enum tap_dir { TAP_OUT, TAP_IN, TAP_DIR_COUNT };
struct tap_facts {
	const char *dev;
	int64_t frames; /* all, also those of nobody's interest */
	/* lost by the capture itself (ps_drop + ps_ifdrop + ring overrun); never network loss */
	int64_t dropped;
	int64_t truncated; /* frames cut by the snap length */
	/* wire taps: WireGuard messages of the tunnel's two sockets */
	/* by enum wg_msg_type; [0] = UDP of the tunnel that is no WireGuard message */
	int64_t msgs[TAP_DIR_COUNT][WG_MSG_DATA + 1];
	/* data messages of exactly 32 bytes, counted in msgs too */
	int64_t keepalives[TAP_DIR_COUNT];
	int64_t msg_bytes[TAP_DIR_COUNT];
	int64_t icmp_errors; /* ICMP errors that quote a datagram of the tunnel */
	struct ip_addr icmp_from; /* who sent the first of them, FAMILY_NONE */
	uint8_t icmp_type, icmp_code;
	int64_t first_initiation_ns, first_response_ns; /* capture time, UNKNOWN */
	/* tun taps: IP packets */
	int64_t packets[TAP_DIR_COUNT];
	int64_t not_ip[TAP_DIR_COUNT]; /* version nibble neither 4 nor 6 */
};

struct handshake_facts {
	bool complete; /* the engine says so: latest handshake is not zero */
	/* first initiation to first response on the near wire, by the capture; UNKNOWN */
	int64_t response_ns;
	int64_t waited_ns; /* until the engine said so, or until we gave up */
};

struct ping_facts {
	struct ip_addr target;
	/* late: after its timeout, not counted as received */
	int64_t sent, received, duplicates, late;
	int64_t send_errors;
	const char *send_error; /* the first one's words, NULL */
	bool shortage; /* that was a lack of ours (descriptors, memory): no word on the tunnel */
	int64_t size; /* bytes of the whole inner IP packet */
	int64_t interval_ns, timeout_ns, elapsed_ns;
	int64_t min_ns, avg_ns, max_ns, mdev_ns; /* UNKNOWN without an answer */
	/* 1: the route leads into the tun, 0: elsewhere (lo for our own address), UNKNOWN */
	int64_t dev_is_tun;
};

enum stream_kind { STREAM_ECHO, STREAM_UDP, STREAM_TCP };
/* One bulk transfer through the tunnel, in one direction. */
struct stream_facts {
	enum stream_kind kind;
	enum end from;
	uint8_t family; /* enum addr_family of the inner addresses */
	int64_t sent, received; /* datagrams for ECHO (requests answered) and UDP, bytes for TCP */
	int64_t corrupt; /* datagrams, or bytes, that arrived otherwise than they were sent */
	int64_t unit; /* bytes of one full inner packet */
	int64_t elapsed_ns;
	const char *error; /* the first failed call, NULL */
	bool shortage; /* it failed for a lack of ours (descriptors, memory) */
};

struct facts {
	uint32_t have; /* NEED_BIT of what is here */
	struct gap gaps[NEED_COUNT];

	const char *marker; /* "WGD-20261123T062011Z-7f3a9c" */
	int64_t started_wall_ns;
	bool interrupted;

	struct target_facts target;
	/* running WireGuard interfaces that a self-test does not look at */
	const char **not_tested;
	size_t n_not_tested;

	struct engine_facts engine[END_COUNT];
	struct crypto_facts crypto[END_COUNT]; /* differences over the run */
	struct link_facts tun[END_COUNT], wire[END_COUNT];
	struct net_facts net_start[END_COUNT], net_end[END_COUNT];
	struct tap_facts taps[TAP_COUNT];
	struct handshake_facts handshake;
	struct ping_facts ping_self, ping_peer;
	struct stream_facts *streams;
	size_t n_streams;
};

void facts_init(struct facts *f); /* nothing known, all counters UNKNOWN */
void facts_have(struct facts *f, enum need n);
/* Not seen, and why; a need that is already here is taken back. Strings borrowed. */
void facts_gap(struct facts *f, enum need n, const char *why, const char *remedy);

#endif
