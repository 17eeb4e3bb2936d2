/*
 * All that was observed in one run, frozen before anything is judged.
 *
 * Three things are kept apart everywhere: a number that was measured (>= 0), a number
 * that nobody measured (UNKNOWN), and a whole part that could not be looked at (a gap,
 * with the reason and the remedy). Strings and arrays are borrowed from the run's arena.
 */
#ifndef MODEL_FACTS_H
#define MODEL_FACTS_H

#include <assert.h>
#include <stdbool.h>

#include "model/engine_log.h"
#include "model/facts_calls.h"
#include "model/facts_config.h"
#include "model/facts_fates.h"
#include "model/facts_handshakes.h"
#include "model/facts_kernel.h"
#include "model/facts_ladder.h"
#include "model/facts_policy.h"
#include "model/facts_probes.h"
#include "model/facts_recording.h"
#include "model/facts_rules.h"
#include "model/unknown.h"
#include "wire/wg_msg.h"

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
	NEED_CONFIG, /* what the near engine holds: keys, peers, allowed IPs */
	NEED_CONFIG_FAR,
	NEED_PATHS, /* which way packets to the inner targets and to the endpoint go */
	NEED_GATEWAY, /* whether the endpoint is behind a gateway, and if so its neighbour entry */
	NEED_FRAMING, /* the self-test of the header on a tun of our own */
	NEED_ECHO_BACK, /* pings from the far side to our inner addresses */
	NEED_SIZES, /* the size ladder with DF, both ways */
	NEED_LOSS_UP, /* paced probes with the counters of both captures around them */
	NEED_LOSS_DOWN,
	NEED_FIREWALL, /* rules of the near namespace, before and after */
	NEED_INTENDED, /* a configuration file was given and read */
	NEED_LADDER, /* how far packets get to the endpoint; or it was seen to need no asking */
	NEED_PEERS, /* whether the other peers come when they are asked */
	NEED_FAR_TEXT, /* what the line of `explain far` printed at the far end */
	NEED_CALLS, /* nobody could be asked, and it was listened whether somebody asks */
	NEED_COUNT
};
static_assert(NEED_COUNT <= 32, "one bit each");
#define NEED_BIT(n) (UINT32_C(1) << (n))

struct gap {
	const char *why; /* "capturing on wg0: Operation not permitted"; NULL: no gap */
	const char *remedy; /* "run as root, or grant CAP_NET_RAW"; may be NULL */
};

enum tap { TAP_NEAR_TUN, TAP_NEAR_WIRE, TAP_FAR_TUN, TAP_FAR_WIRE, TAP_COUNT };

enum target_kind { TARGET_SELF_TEST, TARGET_CONFIG, TARGET_INTERFACE, TARGET_OPAQUE };

/* One of the command line: "--config", "wg0.conf"; value NULL: it has none. */
struct option_facts {
	const char *name, *value;
};
struct target_facts {
	enum target_kind kind;
	const char *name; /* the tun's name */
	const char *engine; /* "builtin", "wireguard-go" */
	const char *engine_version; /* NULL: not known */
	const char *program; /* path of a foreign engine, NULL for the built-in one */
	bool by_command; /* it was given with --engine-cmd, and has no name for --engine */
	struct public_key peer; /* the far end's key */
	/*
	 * Whose silence is a fault, though peers come and go: the one that is looked at, as it was
	 * named; one more (zero: none); all.
	 */
	bool peer_required, all_required;
	struct public_key required;
	/* that the verdict is to be about: whoever has it is required; FAMILY_NONE: not named */
	struct ip_addr ping;
	/* made by `wgdiag lab`: which fault, "none": the control; NULL: no lab. Never judged by */
	const char *lab, *lab_variant;
	/* the near tun was made by wgdiag and handed to the engine as a descriptor */
	bool tun_inherited;
	/* of a file: the interface it is for, when that name was not free; else NULL */
	const char *wanted_name;
	bool for_loss; /* what was asked is the loss: without an answer the verdict is none */
	bool probed_routes_only; /* of a file: of its routes only what is probed was made */
	/* What else was given that says which tunnel, and what is done with it: for what to type */
	struct option_facts *options;
	size_t n_options;
};

/* What this machine lacks for a start. */
enum start_lack {
	LACK_UNTOLD,
	LACK_TUN, /* there is no tun device */
	LACK_TUN_NODE, /* something else lies in its place */
	LACK_RIGHT, /* to root too it is forbidden */
	LACK_MODULE, /* the kernel has no WireGuard */
};

struct engine_facts {
	const char *start_error; /* NULL: it was started. One line otherwise */
	enum start_lack lack; /* with a start_error */
	int64_t start_ns; /* until the tun was there and the socket answered; UNKNOWN: never */
	/* of an engine that died during the run, as waitpid gave it; UNKNOWN: it lived */
	int64_t exit_status;
	int64_t answer_ns; /* of one `get`; UNKNOWN: no answer */
	const char *answer_error; /* NULL: it answered, and consistently */
	bool silent; /* that was: nothing came within the time */
	/* of one that did not answer: whose socket it is, and as /proc says its state: "T", "D" */
	int64_t pid;
	const char *process_state; /* NULL: not seen */
	/* a socket of that name on which nobody listened, before anything was started; NULL */
	const char *stale_socket;
	const char *log_tail; /* its last lines, "" for none */
	int64_t log_lines;
	/* lines of each class in all of it; UNKNOWN: it was not read */
	int64_t log_says[ENGINE_LOG_COUNT];
	/*
	 * The user gave it, and it tells of what was before the run; NULL: it is that of the run.
	 * log_cut: only its end was read.
	 */
	const char *log_file;
	bool log_cut;
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
extern const char *const link_counter_names[LINK_COUNTER_COUNT];
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
	/* it has a carrier, at the start and at the end: 1, 0, UNKNOWN */
	int64_t running, running_end;
	/* a tun's device flag IFF_NO_PI turned round: 1 = a 4-byte header before each packet */
	int64_t tun_pi;
	int64_t before[LINK_COUNTER_COUNT], after[LINK_COUNTER_COUNT];
	/* one look only: `after` counts since the link was made, and `before` is not known */
	bool since_made;
};
/* What a counter grew by; UNKNOWN when either is not known, or when it went backwards. */
static inline int64_t count_difference(int64_t before, int64_t after)
{
	return before == UNKNOWN || after == UNKNOWN || after < before ? UNKNOWN : after - before;
}
int64_t link_difference(const struct link_facts *l, enum link_counter c);
/* The same of the kernel's counter of that name; UNKNOWN as well where nobody read it. */
int64_t kernel_difference(const struct kernel_facts *k, const char *name);

struct addr_facts {
	const char *link;
	struct cidr addr;
	struct ip_addr peer;
	bool tentative, dad_failed;
};
struct route_facts {
	struct cidr dst;
	struct ip_addr gateway, prefsrc;
	const char *dev;
	unsigned table, metric;
	uint8_t type;
};

/* Addresses, routes and routing rules in one end's namespace, at one moment. */
struct net_facts {
	bool known, rules_known; /* the former of addresses and routes */
	struct policy_facts *rules;
	size_t n_rules;
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
	/*
	 * Of the data messages that came in those since its engine was first asked what it counts:
	 * what came before, while the capture was open already, is in no difference of its
	 * counters. UNKNOWN: it was not asked, or nobody looked.
	 */
	int64_t data_since;
	int64_t msg_bytes[TAP_DIR_COUNT];
	int64_t icmp_errors; /* ICMP errors that quote a datagram of the tunnel */
	struct ip_addr icmp_from; /* who sent the first of them, FAMILY_NONE */
	uint8_t icmp_type, icmp_code;
	int64_t first_initiation_ns, first_response_ns; /* capture time, UNKNOWN */
	/*
	 * Of the first initiation that left (without any: of the first message): its port, TOS or
	 * traffic class, and flow label of IPv6; UNKNOWN.
	 */
	int64_t near_port, near_tos, near_flow;
	struct ip_addr near_addr; /* and where that came from; FAMILY_NONE */
	/*
	 * Of msgs (without [0]) those from and to another address of this host than the one that
	 * the route prefers; the first such, and the link that has it.
	 */
	int64_t other_near[TAP_DIR_COUNT];
	struct ip_addr other_addr; /* FAMILY_NONE: there was none */
	const char *other_link; /* NULL: not known */
	/* tun taps: IP packets */
	int64_t packets[TAP_DIR_COUNT];
	/* of these the bytes, each packet rounded up to 16 as messages are padded */
	int64_t padded_bytes[TAP_DIR_COUNT];
	int64_t not_ip[TAP_DIR_COUNT]; /* version nibble neither 4 nor 6; all shifted ones too */
	/*
	 * Whole IP packets with four bytes too few or too many in front, told by what the packet
	 * itself says (length and, IPv4, checksum fit), whatever its first byte looks like.
	 */
	int64_t shifted[TAP_DIR_COUNT];
	uint8_t shifted_first[8]; /* the first bytes of the first of them */
	/* echo requests and replies, ICMP and ICMPv6 */
	int64_t echo_requests[TAP_DIR_COUNT], echo_replies[TAP_DIR_COUNT];
	/* of the requests that left those from an address of this tun's: IPv4, IPv6 */
	int64_t own_echoes[2];
	/* echoes to and from other peers that this run asked; counted in none of the above */
	int64_t others[TAP_DIR_COUNT];
	/*
	 * Packets from (out) or to (in) an address that is none of this tun's: those of others
	 * that are forwarded, or of our own whose source was changed. Of these the echo requests,
	 * and the first one's address.
	 */
	int64_t foreign[TAP_DIR_COUNT], foreign_echoes[TAP_DIR_COUNT];
	struct ip_addr foreign_from, foreign_to;
	/* tun taps: datagrams to the peer's endpoint, which belong outside */
	int64_t nested;
	/* wire taps: data messages larger than a keepalive whose length is no multiple of 16 */
	int64_t unpadded[TAP_DIR_COUNT];
	/*
	 * wire taps: bytes of the largest data message; and of those that came in, how many were
	 * larger than all that had left until then, and by how many bytes together.
	 */
	int64_t largest[TAP_DIR_COUNT], larger, larger_bytes;
};

struct handshake_facts {
	/* of a tunnel that ran before: how old its session was at the start; UNKNOWN: none */
	int64_t age_ns;
	bool complete; /* the engine says so: latest handshake is not zero */
	/* first initiation to first response on the near wire, by the capture; UNKNOWN */
	int64_t response_ns;
	int64_t waited_ns; /* until the engine said so, or until we gave up */
};

/* One address of an endpoint that has several: was there a handshake with it? */
struct tried_facts {
	struct endpoint to;
	bool complete;
	int64_t waited_ns;
	/*
	 * Of one that did not answer: who beyond the gateway said that a datagram to it got there,
	 * or that there is no such host; FAMILY_NONE: nobody. Its family works then.
	 */
	struct ip_addr heard;
};

/* The kernel's answer to `ip route get ADDR`. */
enum path_of { PATH_INNER, PATH_ENDPOINT };
struct path_facts {
	enum path_of of;
	struct ip_addr to;
	const char *dev; /* NULL: no route */
	struct ip_addr gateway, prefsrc; /* FAMILY_NONE: none */
	unsigned table;
	int64_t mark; /* the mark it was asked for, as the engine's fwmark; 0: none */
	const char *error; /* "Network is unreachable"; NULL */
	/* of an inner one that leads elsewhere: the route that does; family NONE: not known */
	struct cidr route;
	bool bound; /* what was sent there was bound to the tun, and did not go that way */
	/*
	 * of the endpoint: the one other link that rules name for the ports of the tunnel's
	 * messages, or (other_from) for another source of theirs; NULL: none, or several
	 */
	const char *other_dev;
	struct ip_addr other_from; /* FAMILY_NONE: by the ports */
};

struct gateway_facts {
	struct ip_addr addr; /* FAMILY_NONE: the endpoint is on the link itself */
	bool is_endpoint; /* it is, and that is its address, for it does not answer there */
	const char *dev;
	/* as `ip neigh` says: "REACHABLE" "STALE" "DELAY" "PROBE" "FAILED" "INCOMPLETE"
	 * "PERMANENT" "NOARP"; NULL: no entry */
	const char *neigh_state;
};

/*
 * The self-test of the header: a tun of our own in the near namespace, one datagram to a
 * private address behind it, the first bytes that the device delivers; then a reply written
 * as it would have to be, and whether a socket got it.
 */
enum { FRAMING_FIRST = 8 };
struct framing_facts {
	const char *dev; /* the tun of our own */
	int64_t header_len; /* bytes before the IP packet: 0 or 4; UNKNOWN: nothing was read */
	int64_t header_wanted; /* what the device was opened for */
	uint8_t first[FRAMING_FIRST];
	int64_t reply_received; /* 1, 0, UNKNOWN */
};

/* Of the far end's host, as the pasted line told; UNKNOWN where it did not. */
struct far_host_facts {
	int64_t ip4_forward, ip6_forward;
	int64_t rp_filter; /* the one that counts for the tunnel's device: the stricter of two */
	const char *kernel; /* "Linux 6.1.0 x86_64"; NULL */
	int64_t when_wall_ns; /* of the last look, by that host's clock */
};

/* This host: 1, 0 or UNKNOWN. */
struct near_host_facts {
	int64_t ip4_forward, ip6_forward; /* what comes out of the tunnel */
	int64_t has_port; /* a socket of this network namespace has the engine's port */
	int64_t ip4_no_echo, ip6_no_echo; /* it answers no pings */
};

struct facts {
	uint32_t have; /* NEED_BIT of what is here */
	struct gap gaps[NEED_COUNT];

	const char *marker; /* "WGD-20261123T062011Z-7f3a9c" */
	int64_t started_wall_ns;
	bool interrupted;

	struct target_facts target;
	/* ids of the rows that the run was made for; none: all. Others were not looked at for */
	const char **chosen;
	size_t n_chosen;
	/* running WireGuard interfaces that a self-test does not look at */
	const char **not_tested;
	size_t n_not_tested;

	struct engine_facts engine[END_COUNT];
	struct crypto_facts crypto[END_COUNT]; /* differences over the run */
	struct link_facts tun[END_COUNT], wire[END_COUNT];
	struct net_facts net_start[END_COUNT], net_end[END_COUNT];
	struct tap_facts taps[TAP_COUNT];
	struct handshake_facts handshake;
	struct tried_facts *tried; /* in the order of the attempts; none: it has one address */
	size_t n_tried;
	/* of a tunnel that wgdiag did not make: what was asked before the pings, in that order */
	struct inner_target_facts *inner_targets;
	size_t n_inner_targets;
	struct ping_facts ping_self, ping_peer;
	struct stream_facts *streams;
	size_t n_streams;
	struct config_facts config[END_COUNT];
	struct intended_facts intended;
	struct path_facts *paths;
	size_t n_paths;
	struct gateway_facts gateway;
	struct ladder_facts ladder;
	struct other_family_facts other_family;
	struct portal_facts portal;
	struct framing_facts framing;
	struct ping_facts echo_back[2]; /* from the far side: IPv4, IPv6; sent UNKNOWN: not tried */
	/* who was asked by sizes and paced probes, instead of a named one that is silent; NONE */
	struct ip_addr measured;
	struct size_facts *sizes;
	size_t n_sizes;
	struct loss_limits loss_limits; /* as they were asked for */
	struct loss_facts loss_up, loss_down;
	struct pace_facts *paces; /* the fast one first; a slower one where answers were missing */
	size_t n_paces;
	struct firewall_facts firewall;
	struct far_host_facts far_host;
	struct near_host_facts near_host;
	struct kernel_facts kernel;
	struct calls_facts calls;
	struct fates_facts fates;
	struct handshakes_facts handshakes;
	struct recording_facts recording; /* of `wgdiag serve`; else only its counters are known */
	/* what the far end recorded meanwhile, as facts of its own; none, or one without another */
	struct facts *far_seen;
	size_t n_far_seen;
};

/* What the far end recorded, or NULL. */
static inline const struct facts *facts_far_seen(const struct facts *f)
{
	return f->n_far_seen ? &f->far_seen[0] : NULL;
}

/* That capture saw all that went by. */
static inline bool facts_tap_is_whole(const struct facts *f, enum tap t)
{
	return (f->have & NEED_BIT(NEED_TAP_NEAR_TUN + t)) && f->taps[t].dropped == 0 &&
	       f->taps[t].truncated == 0;
}

/*
 * Is the far end on this machine, and looked at too? Where it is not, what is not known of it is
 * no gap: nobody could look.
 */
static inline bool facts_far_is_here(const struct facts *f)
{
	return f->target.kind == TARGET_SELF_TEST;
}

/* Of the near engine, where it has one of its own: the built-in one's is wgdiag's. Or NULL. */
const char *facts_engine_version(const struct target_facts *t);

/* The file whose tunnel it is, or NULL. */
const char *facts_file(const struct facts *f);
/* What `wgdiag check` was given: the file, whose interface is gone afterwards, or the interface. */
const char *facts_argument(const struct facts *f);

/*
 * The first address that answered before the pings, by whatever; NULL: none, or none was asked.
 * What no packet came out of the tun for is no answer.
 */
const struct inner_target_facts *facts_answer(const struct facts *f);

void facts_init(struct facts *f); /* nothing known, all counters UNKNOWN */
void facts_have(struct facts *f, enum need n);
/* Not seen, and why; a need that is already here is taken back. Strings borrowed. */
void facts_gap(struct facts *f, enum need n, const char *why, const char *remedy);

#endif
