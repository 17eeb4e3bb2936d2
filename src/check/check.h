/*
 * A check is one question, asked of the facts; a finding is its answer.
 *
 * A check reads facts and adds findings, nothing else. Missing needs never reach it:
 * the runner makes SKIP of them, with the gap's words.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include <stdbool.h>

#include "base/arena.h"
#include "model/facts.h"

enum state {
	STATE_PASS,
	STATE_WARN,
	STATE_FAIL,
	STATE_SKIP,
	STATE_NA,
	STATE_UNSURE,
	STATE_ERROR,
	STATE_COUNT
};
const char *state_str(enum state s); /* "PASS" */

enum layer {
	LAYER_CONFIG,
	LAYER_ENGINE,
	LAYER_UNDERLAY,
	LAYER_TRANSPORT,
	LAYER_INNER,
	LAYER_HOST,
	LAYER_COUNT
};
const char *layer_str(enum layer l); /* "underlay" */

/* One named number of evidence; UNKNOWN becomes null in JSON, an interval [value, high]. */
struct evidence_number {
	const char *name;
	double value, high;
	bool unknown, is_integer, is_interval;
};

enum { EVIDENCE_NUMBERS_MAX = 16 };
/* One measured fact, no advice. */
struct evidence {
	const char *source; /* "capture", "engine", "link", "socket" */
	const char *where; /* "near wire", "wg0" */
	const char *text; /* for people; may be NULL */
	struct evidence_number numbers[EVIDENCE_NUMBERS_MAX];
	size_t n_numbers;
	struct evidence *next;
};

/*
 * What a finding shows beyond its state: the mechanism that was seen, which the rows of
 * verdict/causes.c ask for. A sign is set only on evidence, never by elimination.
 */
enum sign {
	/* what the engine of that end writes to its tun are packets without their first bytes */
	SIGN_NEAR_WRITES_NO_IP,
	SIGN_FAR_WRITES_NO_IP,
	/* data arrives there, and its kernel refuses every write for its form */
	SIGN_NEAR_WRITE_REFUSED,
	SIGN_FAR_WRITE_REFUSED,
	/* what it sent was authentic at the other end, and no IP */
	SIGN_NEAR_SENDS_NO_IP,
	SIGN_FAR_SENDS_NO_IP,
	/* its outer messages carry four bytes more than the inner packets have */
	SIGN_NEAR_OUTER_TOO_LARGE,
	SIGN_FAR_OUTER_TOO_LARGE,
	/*
	 * Beside one of its other signs only: what its stack gave it went nowhere, while it took
	 * part in the session. Alone that is also what wrong allowed IPs look like.
	 */
	SIGN_NEAR_READS_NO_IP,
	SIGN_FAR_READS_NO_IP,
	/* data arrives outside, nothing valid comes out of the near tun */
	SIGN_NOTHING_DELIVERED,
	/* the self-test on a tun of our own passed: the device frames as this system should */
	SIGN_FRAMING_OK,

	/* --- nothing comes back outside --- */
	/* initiations left, and neither a message of the far end nor an ICMP error came back */
	SIGN_SILENCE,
	/* a control probe passed: the endpoint's host, or a router on the way to it, answered */
	SIGN_CONTROL_ANSWERED,
	/* other UDP gets to the endpoint's host, which answers it */
	SIGN_OTHER_UDP_ANSWERED,
	/* of the tunnel's messages the endpoint's host says that nobody has that port */
	SIGN_PORT_CLOSED,
	/* that they are prohibited: it itself; or somebody before it */
	SIGN_PROHIBITED_THERE,
	SIGN_PROHIBITED_ON_WAY,
	/* that it does not find whom they are for: so it is a router, and forwards them */
	SIGN_ENDPOINT_FORWARDS,
	/* our packets go through the endpoint's host to elsewhere: it is a router */
	SIGN_ENDPOINT_IS_ROUTER,
	/* all UDP ends, or is refused, at the first router or before it, and pings do not */
	SIGN_UDP_STOPS_NEAR,
	/* all UDP, or only the tunnel's, ends between two routers farther away */
	SIGN_UDP_STOPS,
	SIGN_TUNNEL_STOPS,
	/* the tunnel's ends before the first router, or in this host */
	SIGN_TUNNEL_STOPS_NEAR,
	/* no link, no carrier, no route, or no answer to be had on the link */
	SIGN_NO_UPLINK,
	/* somebody before the endpoint's host takes its TCP connections, and sends elsewhere */
	SIGN_PORTAL,
	/* a key that cannot be right: ours as the peer's */
	SIGN_KEY_OWN_PEER,
	/* not that of the file, or not that of the other end */
	SIGN_KEY_NOT_OF_FILE,
	SIGN_KEY_NOT_OF_FAR,
	/* handshakes come that are for another public key than ours, or of one that is no peer's */
	SIGN_KEY_REFUSED,
	/* the name of the endpoint is now another address than the one that is silent */
	SIGN_NAME_MOVED,
	/* of the name's addresses those of another family work */
	SIGN_OTHER_FAMILY,

	/* --- inside: what is routed, allowed, forwarded --- */
	/* an address that was named is silent, and another one of this peer's answers */
	SIGN_BEYOND_SILENT,
	/* the far end counted down the hop limit of what went there: it forwards */
	SIGN_FAR_FORWARDS,
	/* by what was pasted of the far end it does not */
	SIGN_FAR_FORWARDS_NOT,
	/* a host beyond our own says, as filters do, that it does not let packets there pass */
	SIGN_BEYOND_REFUSED,
	/* data leaves within a session, and nothing of that family comes back but keepalives */
	SIGN_NO_DATA_BACK,
	/* what leaves by our tun has a source that is none of its own, though we sent with one */
	SIGN_NEAR_SOURCE_FOREIGN,
	/* the other end decrypts what we send, and its allowed IPs of us lack our source */
	SIGN_FAR_SOURCE_REFUSED,
	/* authentic packets came in whose source our allowed IPs of the peer do not have */
	SIGN_NEAR_SOURCE_REFUSED,
	/* and another peer of ours, never heard, has allowed IPs: they may be the same */
	SIGN_NEAR_RIVAL,
	/* one peer has what is another's by the file, or by what is left of that one */
	SIGN_NEAR_ALLOWED_TAKEN,
	SIGN_FAR_ALLOWED_TAKEN,
	/* a network of another link here, which is more special, takes what is the peer's */
	SIGN_LAN_TAKES_TARGET,
	/*
	 * of config.allowed-ips: it is in no peer's; of route.inner: no route leads into the
	 * tunnel, and no such network
	 */
	SIGN_TARGET_ENTERS_NOT,
	/*
	 * the tunnel's own messages were seen inside the tunnel; or, asked as for them, the way to
	 * the endpoint leads there
	 */
	SIGN_ENDPOINT_IN_TUNNEL,
	/* no ping is answered, and the very address answers otherwise */
	SIGN_TARGET_ANSWERS_OTHERWISE,
	/* this host has packets out of the tunnel to forward, and does not */
	SIGN_NEAR_FORWARDS_NOT,
	SIGN_NEAR_FORWARD_DROPPED,

	/* --- this host: its engine, filter and kernel --- */
	/* the near engine says that responses came which do not open */
	SIGN_RESPONSE_NOT_OPENED,
	/* the wire shows responses, the engine has no handshake, and does not say why */
	SIGN_RESPONSE_UNUSED,
	/* the same of one that counts what it refuses, and refused none: it never had them */
	SIGN_RESPONSE_VANISHED,
	/* the answers come from another address than was asked, and the engine has no handshake */
	SIGN_ANSWERED_ELSEWHERE,
	/* the other end asks, is answered, and asks again: it made nothing of the answers */
	SIGN_ANSWERED_IN_VAIN,
	/* a ping to our own address went into the tun, where nobody need answer it */
	SIGN_SELF_PING_IN_TUN,
	/* this host's filter or its setting takes echo requests, its own to itself too */
	SIGN_NO_PINGS_HERE,
	/* the engine's process is no more: nobody listens, or it was seen to die */
	SIGN_ENGINE_GONE,
	/* somebody listens on its socket, and never answers */
	SIGN_ENGINE_SILENT,
	SIGN_ENGINE_NOT_STARTED,
	/* the kernel's reverse path filter counted at least what the peer sent and nobody got */
	SIGN_REVERSE_PATH,
	/* most of what came in on the wire never reached the near engine, by its own counters */
	SIGN_LOST_BEFORE_ENGINE,
	/* the kernel dropped what came in on the wire: no filter, about as many as are missing */
	SIGN_DROPPED_COMING_IN,
	/* the engine took nothing of what came, a rule may have, and nothing tells otherwise */
	SIGN_FILTER_MAY_TAKE,
	/* what comes in is for a session that is none of the near engine's */
	SIGN_ANOTHER_SESSION,
	/* a rule of this host took packets of the tunnel; and it is for a link that is gone */
	SIGN_FILTER_TOOK,
	SIGN_FILTER_LEFT_OVER,
	/* and what it took is why the next host on the way does not answer on its link */
	SIGN_FILTER_TOOK_NEIGHBOUR,
	/* what it took are handshakes that somebody asks this end for */
	SIGN_FILTER_TOOK_CALL,
	/*
	 * Somebody asks this end for a handshake, again and again: for another public key than
	 * ours; at a port that its engine does not have; it is not answered, by an engine that says
	 * nothing of it; the same, and the engine counted nothing that it could have been
	 */
	SIGN_CALL_OTHER_KEY,
	SIGN_CALL_OTHER_PORT,
	SIGN_CALL_UNANSWERED,
	SIGN_CALL_VANISHED,

	/* --- by what the far end recorded --- */
	/* our initiations came in there; not one did, by any of its links */
	SIGN_FAR_HEARD,
	SIGN_FAR_HEARD_NOTHING,
	/* they were answered, and no answer came here */
	SIGN_FAR_ANSWERED,
	/*
	 * Not one came in, and what looks like them did, to the very port: so nobody takes these by
	 * port or shape. And of all that was sent there some did not: the way loses whatever is
	 * sent
	 */
	SIGN_FAR_HEARD_LIKE,
	SIGN_FAR_HEARD_SOME,
	/* its filter took them; they came in to a port that its engine does not have */
	SIGN_FAR_TOOK_CALL,
	SIGN_FAR_OTHER_PORT,
	/* the endpoint's address is not of that host */
	SIGN_FAR_IS_ELSEWHERE,
	/*
	 * Datagrams that are no WireGuard message came in at the very port; not there, and to
	 * another; to that of DNS only
	 */
	SIGN_FAR_HEARD_KNOCK,
	SIGN_FAR_HEARD_OTHER,
	SIGN_FAR_HEARD_DNS,
	/* its filter took what came out of the tunnel; or what it was to forward */
	SIGN_FAR_FILTER_TOOK,
	SIGN_FAR_FORWARD_DROPPED,
	/*
	 * It passed our packets on with our inner source, and nothing came back: from a neighbour
	 * of its own, by a host that hides nobody; or it had to hide us there
	 */
	SIGN_FAR_NO_WAY_BACK,
	SIGN_FAR_HIDES_NOT,

	/* --- sizes, loss and time --- */
	/* outer messages of that direction are lost, at any rate and here and there */
	SIGN_LOST_ON_THE_WAY_UP,
	SIGN_LOST_ON_THE_WAY_DOWN,
	/* probes of a host that may be behind the far end are not answered here and there */
	SIGN_LOST_TO_A_HOST_BEHIND,
	/* packets up to a size cross the tunnel, and none that is larger, below its MTU */
	SIGN_LOST_BY_SIZE,
	/* and the link that they leave by carries no more either */
	SIGN_LINK_TOO_NARROW,
	/* of a peer that comes to us: the port that it came from a moment ago is closed now */
	SIGN_PEERS_PORT_CLOSED,
	/* the first handshake message of either end was lost, and the next one got through */
	SIGN_FIRST_WAS_LOST,
	/* no session was left, nothing was to keep one, and one came as soon as it was asked for */
	SIGN_WAS_IDLE,

	SIGN_COUNT
};
/* A bit each; there are more than 64 of them. */
__extension__ typedef unsigned __int128 sign_set;
#define SIGN_BIT(s) ((sign_set)1 << (s))
_Static_assert(SIGN_COUNT <= 128, "a sign has no bit");

/*
 * Kinds of packets: what the fault that a row shows takes away, and what a row missed. So a rule
 * against UDP is no cause of pings without an answer. Those of IPv6 stand TRAFFIC_IP6 higher.
 */
enum traffic {
	TRAFFIC_ECHO = 1 << 0,
	TRAFFIC_UDP_UP = 1 << 1,
	TRAFFIC_UDP_DOWN = 1 << 2,
	TRAFFIC_TCP = 1 << 3,
	TRAFFIC_REPLY = 1 << 4, /* the answers of our own stack to what reached it */
	TRAFFIC_IP6 = 5,
	TRAFFIC_OUTER = 1 << 10, /* the messages of the tunnel, and with them all that is in it */
	TRAFFIC_ALL = (1 << 11) - 1,
};
uint32_t traffic_of(uint8_t family, uint32_t kinds); /* family NONE: both */

/*
 * This host's, whatever the far end has; or of somebody between the two hosts.
 */
enum whose { WHOSE_UNTOLD, WHOSE_LOCAL, WHOSE_PATH, WHOSE_FAR };

struct finding {
	const struct check *check; /* stamped by the runner */
	const char *subject; /* NULL: the only one */
	enum state state;
	const char *summary; /* one line for the table's last column */
	struct evidence *evidence, **evidence_end;
	sign_set signs;
	uint32_t takes, misses; /* enum traffic; 0: not told, it may be any */
	/*
	 * ids of rows that fail of just what this one shows, though they may explain it
	 * otherwise; NULL-terminated, or NULL
	 */
	const char *const *explains;
	enum whose whose; /* where what it found wrong is to be put right, where it tells */
	const char *caused_by; /* id of another row, or NULL */
	bool wanted; /* the user asked for it: without an answer the verdict is none */
	const char *remedy; /* or NULL */
	const char *const *commands; /* to type for it */
	size_t n_commands;
	/* The same, where no cause is found that would know better; NULL: there is nothing */
	const char *fallback, *fallback_command;
	int64_t duration_ns; /* UNKNOWN */
	struct finding *next;
};

struct findings {
	struct arena *arena;
	struct finding *first, **end;
	size_t n;
	bool partial; /* not every check was asked */
};

struct check_ctx {
	const struct facts *facts;
};

struct check {
	const char *id; /* "engine.start" */
	const char *title; /* "engine starts", for the table */
	enum layer layer;
	uint32_t needs; /* NEED_BITs; a missing one becomes SKIP with its gap's words */
	/*
	 * More that it looks at where it is there, and what must happen so that there is something
	 * to see (data, for a row that counts it). When it is asked for alone, this is done too: it
	 * must not judge worse than among the others, nor overlook what it would find there.
	 */
	uint32_t wants;
	/* ids whose FAIL makes this row pointless or explains its FAIL; NULL-terminated, or NULL */
	const char *const *after;
	uint32_t misses; /* enum traffic: what a FAIL missed, unless the finding tells; 0: any */
	/* False: it gives no row, unless it was chosen alone. NULL: it always gives one */
	bool (*asked)(const struct facts *f);
	void (*run)(const struct check_ctx *ctx, struct findings *out);
};

void findings_init(struct findings *out, struct arena *a);
struct finding *finding_add(struct findings *out, enum state s, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* SKIP: n was not seen; why, and what would help. */
struct finding *finding_gap(struct findings *out, const struct facts *facts, enum need n);
/* SKIP: it says what is not known; what would help is what helps against the gap of n, if any. */
struct finding *finding_for_want_of(struct findings *out, const struct facts *facts, enum need n,
				    const char *says);
struct evidence *finding_because(struct findings *out, struct finding *f, const char *source,
				 const char *where, const char *fmt, ...) PRINTF_LIKE(5, 6);
void finding_sign(struct finding *f, enum sign s);
/* What would help, and the one command to type for it. */
void finding_fix(struct findings *out, struct finding *f, const char *remedy, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* The same, where no cause is found that would know better. */
void finding_fallback(struct findings *out, struct finding *f, const char *remedy, const char *fmt,
		      ...) PRINTF_LIKE(4, 5);
/* v may be UNKNOWN. */
void evidence_count(struct evidence *ev, const char *name, int64_t v);
void evidence_ms(struct evidence *ev, const char *name, int64_t ns); /* ms with 3 places */
void evidence_share(struct evidence *ev, const char *name, double v); /* 0 to 1 */
/* Of a share: "ci95". known false: null. */
void evidence_interval(struct evidence *ev, const char *name, bool known, double low, double high);

/* All checks, in the order of the table; NULL-terminated. (check_list.h has the rows.) */
extern const struct check *const checks[];

struct check_choice;
/*
 * Runs those that were chosen (choose.h; NULL: all) over the facts. Each that is asked gives a row
 * at least: one that adds nothing is an ERROR.
 */
void checks_run(const struct facts *f, const struct check_choice *choice, struct findings *out);

#endif
