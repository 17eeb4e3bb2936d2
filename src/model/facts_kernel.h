/*
 * The part of the facts that tells what this host's kernel did with packets that had arrived.
 */
#ifndef MODEL_FACTS_KERNEL_H
#define MODEL_FACTS_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "model/endpoint.h"
#include "model/engine_log.h"

/* Packets of a device of ours that the kernel threw away at one place, for one reason. */
struct drop_facts {
	const char *reason; /* as the running kernel calls it: "NETFILTER_DROP" */
	const char *location; /* the function: "nft_do_chain"; NULL: not told */
	const char *dev;
	const char *dir; /* "in": it had come in by the device; "out": it was to go out by it */
	int64_t protocol; /* of Ethernet: 2048 is IPv4 */
	int64_t count;
	int64_t first_wall_ns;
};

/* What the engine's UDP socket dropped, its buffer being full. */
#define COUNTER_SOCKET_DROPS "socket_drops"
#define COUNTER_QDISC_WIRE "qdisc_drops_wire"
/* One counter of the kernel's, as it is called there: "UdpRcvbufErrors". */
struct counter_facts {
	const char *name;
	const char *of; /* the device; NULL: of the whole namespace, or of the socket */
	int64_t before, after;
};

/* Debug lines of the near interface, of one class and about one address. */
struct debug_line_facts {
	enum engine_log_class class;
	struct endpoint outer; /* whose message, or where to; FAMILY_NONE: they name none */
	struct ip_addr inner; /* the source inside, of the first; FAMILY_NONE: it names none */
	bool ours; /* of the peer that is looked at, by its address or its number */
	int64_t count; /* at least: the kernel holds lines back when there are many */
};

/* What the kernel's engine said of the near interface, with --kernel-debug. */
struct debug_facts {
	/* asked for, and why they were not read, or not had; NULL: they were, or nobody asked */
	const char *unread, *unread_remedy;
	int64_t on; /* lines of code that were switched on for it; UNKNOWN: they were not read */
	/* of whatever in the log: overwritten before they were read; held back by the kernel */
	int64_t missed, held_back;
	int64_t more; /* lines of this interface that are in no entry of the list */
	/* lines name an interface, and no namespace: as same_name below */
	int64_t same_name;
	struct debug_line_facts *list;
	size_t n;
};

/* All of the near namespace; what is not known is UNKNOWN or NULL. */
struct kernel_facts {
	/* packets that came by another link than the answer would leave by, as it counts them */
	int64_t rpfilter_before, rpfilter_after;
	/* how strict it is about that, of a link: 0 not, 1 strict, 2 loose */
	int64_t rp_wire, rp_tun, rp_elsewhere;
	int64_t src_valid_mark;
	/* messages of the peer's that came in by another link than ours leave by, and which link */
	int64_t n_elsewhere;
	const char *elsewhere;
	/*
	 * why packets that it drops were not watched, and what would help; NULL: they were, or
	 * nobody tried (events_lost UNKNOWN)
	 */
	const char *unwatched, *unwatched_remedy;
	/* events of it that were lost: what is not in drops may have been; UNKNOWN: not watched */
	int64_t events_lost;
	/*
	 * Events name a device, and no namespace. 1: another namespace has one of a name of ours,
	 * or more packets were seen than ours counted; 0: none has; UNKNOWN: not all could be
	 * looked through.
	 */
	int64_t same_name;
	struct drop_facts *drops;
	size_t n_drops;
	struct counter_facts *counters;
	size_t n_counters;
	struct debug_facts debug;
};

#endif
