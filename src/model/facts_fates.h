/*
 * The part of the facts that tells what became of each probe packet: the ledger.
 */
#ifndef MODEL_FACTS_FATES_H
#define MODEL_FACTS_FATES_H

#include <stddef.h>

#include "model/endpoint.h"
#include "model/unknown.h"

/*
 * The places that an echo request and its answer pass, in their order, seen from the near end
 * (interface.md, JSON). The first four are of the request, the others of the answer.
 */
enum stage {
	STAGE_TUN_OUT,
	STAGE_WIRE_OUT,
	STAGE_FAR_WIRE_IN,
	STAGE_FAR_TUN_IN,
	STAGE_FAR_TUN_OUT,
	STAGE_FAR_WIRE_OUT,
	STAGE_WIRE_IN,
	STAGE_TUN_IN,
	STAGE_COUNT,
	/* before the first: its socket took it; behind the last: its socket never got the answer */
	STAGE_NONE = STAGE_COUNT,
};
const char *stage_str(enum stage s); /* "far.wire.in"; of STAGE_NONE NULL */
#define STAGE_BIT(s) (UINT32_C(1) << (s))

enum fate_result {
	FATE_UNKNOWN, /* not answered, and where it died was not watched well enough to say */
	FATE_ANSWERED, /* in time or late */
	/*
	 * Seen at `after`, and never at `before`, which was watched without a gap. Of far.wire.out
	 * the counters of what came back may tell both.
	 */
	FATE_LOST,
	FATE_RESULT_COUNT
};
const char *fate_result_str(enum fate_result r); /* "unknown" */

/* One probe. Times: nanoseconds since the ledger's start. */
struct fate_facts {
	int64_t probe; /* its number, from 0, in the order of sending */
	int64_t size; /* bytes of the whole inner packet */
	int64_t sent_ns;
	int64_t seen_ns[STAGE_COUNT]; /* UNKNOWN: not seen there */
	/*
	 * Receiver index and counter of the data message that carried it, and of the one that
	 * carried its answer. UNKNOWN: not joined.
	 */
	int64_t session, counter;
	int64_t session_back, counter_back;
	enum fate_result result;
	/* of LOST: after NONE, seen nowhere; before NONE, its socket. Else STAGE_NONE both */
	enum stage after, before;
	const char *reason; /* of LOST: what the engine or the kernel said; NULL: nothing */
};

/* So many died between these two. */
struct lost_facts {
	enum stage after, before;
	const char *reason; /* NULL */
	int64_t count;
};

struct fates_facts {
	/*
	 * SETs of stages. watched: there was a capture. whole: and it lost nothing itself
	 * (ps_drop, ring overrun, frames cut by the snap length), so that absence means something
	 */
	uint32_t watched, whole;
	int64_t start_wall_ns;
	struct ip_addr target; /* whom all of them asked; FAMILY_NONE: several, or not known */
	int64_t sent, answered, unknown; /* and lost[]: they sum to sent. UNKNOWN: no ledger */
	/*
	 * As their sockets heard it. late: of the answered, those that took longer than was
	 * waited; duplicates: more answers; send_errors: the system refused to send them, in no
	 * other count.
	 */
	int64_t late, duplicates, send_errors;
	int64_t trace_overrun; /* records of our engine's that were lost; UNKNOWN: no trace */
	struct lost_facts *lost; /* each pair and reason once, most first */
	size_t n_lost;
	struct fate_facts *list; /* by `probe` */
	size_t n;
};

#endif
