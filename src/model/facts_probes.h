/*
 * The parts of the facts that tell what was sent through the tunnel for it, and what came of that.
 */
#ifndef MODEL_FACTS_PROBES_H
#define MODEL_FACTS_PROBES_H

#include <stdbool.h>
#include <stdint.h>

#include "model/cidr.h"
#include "model/endpoint.h"
#include "model/unknown.h"

enum end { END_NEAR, END_FAR, END_COUNT };

struct ping_facts {
	struct ip_addr target;
	/* late: after its timeout, not counted as received */
	int64_t sent, received, duplicates, late;
	int64_t send_errors;
	const char *send_error; /* the first one's words, NULL */
	bool shortage; /* that was a lack of ours (descriptors, memory): no word on the tunnel */
	bool not_permitted; /* that was EPERM: a filter of this host took the packet */
	int64_t size; /* bytes of the whole inner IP packet */
	int64_t interval_ns, timeout_ns, elapsed_ns;
	int64_t min_ns, avg_ns, max_ns, mdev_ns; /* UNKNOWN without an answer */
	/* 1: the route leads into the tun, 0: elsewhere (lo for our own address), UNKNOWN */
	int64_t dev_is_tun;
};

/* How an address inside the tunnel came to be asked; the order is interface.md's. */
enum target_how {
	TARGET_GIVEN, /* named by the user */
	TARGET_SINGLE, /* a /32 or /128 in the peer's allowed IPs */
	TARGET_DNS, /* of the configuration file */
	TARGET_HOP, /* beyond the peer, with hop limit 1: who answers is the peer */
	TARGET_HOST_ROUTE, /* a host route into the device; where allowed IPs are not known */
	TARGET_SUBNET, /* first host of a network that the interface is in */
};
enum answered_by {
	ANSWERED_NONE,
	ANSWERED_ECHO,
	ANSWERED_HOP,
	ANSWERED_TCP,
	ANSWERED_ERROR, /* an ICMP error about an echo */
};

/* Was anybody there? Only TARGET_GIVEN is sure to be: silence of the others proves nothing. */
struct inner_target_facts {
	struct ip_addr addr;
	enum target_how how;
	enum answered_by answered;
	struct ip_addr from; /* who answered; FAMILY_NONE */
	unsigned port; /* of a TCP answer, 0 */
	/*
	 * Of one that was named and answered no ping. Who told that the hop limit ended on the way
	 * to it, of datagrams that may go one hop behind the tunnel; FAMILY_NONE: nobody.
	 */
	struct ip_addr hop;
	/* Who said what of a datagram to it; FAMILY_NONE: nobody said anything. */
	struct ip_addr icmp_from;
	unsigned icmp_type, icmp_code;
	/* Of one that was named: the most special network of another link here; NULL: none. */
	struct cidr taken_net;
	const char *taken_by;
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

/* One step of the size ladder: echo requests of one size with DF, one direction, one family. */
struct size_facts {
	enum end from;
	uint8_t family;
	int64_t size; /* bytes of the whole inner packet, both ways */
	int64_t sent, received;
	const char *error; /* "Message too long": our own stack refused it; NULL */
};

/*
 * From which share of the probes on a loss counts, by the lower end of its 95 % interval: in parts
 * per million. UNKNOWN: the usual one (interface.md, States: 1 % and 0.1 %).
 */
struct loss_limits {
	int64_t fail_ppm, warn_ppm;
};
double loss_limit_fail(const struct loss_limits *l); /* above it FAIL; 0 to 1 */
double loss_limit_warn(const struct loss_limits *l); /* above it WARN; never above the other */

/*
 * Data messages of one direction in the window of the paced probes. sent is the sender's
 * counter range, told by the counters in clear text; lost those that the receiver's capture
 * did not see. UNKNOWN where not watched.
 */
struct loss_facts {
	int64_t probes; /* paced for it */
	int64_t answered; /* of these, in time or late */
	int64_t sent, lost, duplicates, reordered;
	/* of the lost: their sender's own wire did not see them either; UNKNOWN: not told */
	int64_t kept;
	int64_t capture_dropped; /* by the captures themselves in the window; never loss */
	int64_t elapsed_ns;
};

/*
 * Paced probes of one rate, and what became of all the data messages meanwhile: those that left
 * here and those that the far side sent, by the counters on our wire. Only where the far end is not
 * looked at. UNKNOWN where not watched.
 */
struct pace_facts {
	int64_t interval_ns; /* between two probes */
	int64_t probes, answered; /* in time or late */
	int64_t head; /* so many were answered in a row before the first that was not */
	int64_t bursts; /* how many times one or more in a row were not answered */
	int64_t left;
	int64_t sent_back, lost_back; /* the far side's counter range; of these those not seen */
};

#endif
