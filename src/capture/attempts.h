/*
 * What came of each initiation? Pure: fed with the messages that a capture saw and, where the
 * engine is our own, with its trace.
 */
#ifndef CAPTURE_ATTEMPTS_H
#define CAPTURE_ATTEMPTS_H

#include "base/arena.h"
#include "capture/tap.h"
#include "model/facts.h"
#include "model/trace.h"

enum { ATTEMPTS_MAX = 64, ATTEMPTS_ELSEWHERE_MAX = 16 };

struct attempts_conf {
	/* The same moment by two clocks: of the frames (CLOCK_REALTIME), and of the trace. */
	int64_t start_wall_ns, start_boot_ns;
	struct ip_addr far; /* of the peer's endpoint; FAMILY_NONE: not known */
	/* Is the mac1 of this initiation (WG_INITIATION_LEN bytes) for our key? 1, 0, UNKNOWN */
	int64_t (*is_ours)(void *ctx, const uint8_t *initiation);
	void *ctx;
};

struct attempts;

struct attempts *attempts_new(const struct attempts_conf *c, struct arena *a);
void attempts_see(struct attempts *x, const struct tap_outer *m);
/*
 * A record of our engine. peer: the number that the peer that is looked at has in it; refused: id
 * of r->drop, kept as it is; NULL: none.
 */
void attempts_trace(struct attempts *x, const struct trace_rec *r, uint32_t peer,
		    const char *refused);
/* The engine's word: whoever sent that initiation has this key, and is no peer. */
void attempts_unknown_peer(struct attempts *x, uint32_t sender, const struct public_key *key);
/*
 * What is known at now_ns (CLOCK_REALTIME), when the capture has lost so many frames;
 * out->trace_overrun is not touched. May be asked again.
 */
void attempts_facts(const struct attempts *x, int64_t now_ns, int64_t dropped, struct arena *a,
		    struct handshakes_facts *out);

#endif
