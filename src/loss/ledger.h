/*
 * What became of each probe: sightings at the eight stages in, fates out.
 *
 * Sightings come in any order between the taps, and in the order of their capture at each; all of
 * one peer, for counters are a peer's. Inner ones say which probe they are (an echo's id and
 * sequence number stand in clear there); outer ones are known by receiver index and counter. From
 * wire to wire the two join exactly. From a tun to the wire beside it they are joined by our
 * engine's trace where there is one; else by order and size: engines keep the order of packets per
 * peer, each takes one counter, and an outer message is 32 bytes and the inner packet, padded to 16
 * or (boringtun) not. Keepalives take counters too. ledger_align.h tells how sure that is: what is
 * said is a thousand times as likely as all that would contradict it, and else it is not said.
 *
 * A fate is where the probe was seen last (`after`), and the next stage that was watched without a
 * gap and surely had it not (`before`). A stage that is not watched, whose capture dropped, or for
 * which the join is not sure, is passed over. Without far captures STAGE_FAR_WIRE_OUT is told by
 * the counters of what came (`after`: the far side gave its answer a counter, and that never came;
 * `before`: it never answered), though no seen_ns and not in `watched`. Where there are fewer
 * missing counters than silent probes in a row, each is lost between wire.out and wire.in, and only
 * direction.h says how many on which way. At the ends of the run and of a session, behind which
 * counters may be missing unseen, and wherever wire.in's capture dropped, it is not told either.
 */
#ifndef LOSS_LEDGER_H
#define LOSS_LEDGER_H

#include "base/arena.h"
#include "model/facts_fates.h"
#include "model/trace.h"

struct ledger;

/* Times of all sightings are of one clock (CLOCK_REALTIME, as captures have it). */
struct ledger *ledger_new(struct arena *a, int64_t start_wall_ns);

/*
 * A probe was handed to the system; numbers rise from 0. size: of the whole inner packet. Its
 * answer is taken to be of the same size.
 */
void ledger_sent(struct ledger *l, int64_t probe, int64_t t_ns, size_t size);
void ledger_answered(struct ledger *l, int64_t probe, int64_t t_ns);
/*
 * Its socket was closed then: what came later out of the tun found nobody, and that is no loss.
 * Not told: it was open to the end.
 */
void ledger_unheard(struct ledger *l, int64_t probe, int64_t from_ns);

/* Its time was cut short: what has no answer yet is not lost for that, and stays UNKNOWN. */
void ledger_cut(struct ledger *l);

/* There is a capture at this stage; until it is said, nothing seen there counts. */
void ledger_watch(struct ledger *l, enum stage s);
/* That capture lost so many frames itself (UNKNOWN: it cannot say): absence there means nothing. */
void ledger_capture_dropped(struct ledger *l, enum stage s, int64_t n);

enum { LEDGER_OTHER = -1 }; /* a packet of the tunnel that is no probe */
/* STAGE_TUN_OUT, FAR_TUN_IN, FAR_TUN_OUT, TUN_IN. hash: trace_inner_hash() of it, 0: not known. */
void ledger_see_inner(struct ledger *l, enum stage s, int64_t t_ns, int64_t probe, size_t len,
		      uint32_t hash);
/* STAGE_WIRE_OUT, FAR_WIRE_IN, FAR_WIRE_OUT, WIRE_IN: one data message. len: its UDP payload. */
void ledger_see_outer(struct ledger *l, enum stage s, int64_t t_ns, uint32_t receiver,
		      uint64_t counter, size_t len);
/*
 * Records of the near engine's trace ring, in order; t_ns of theirs is of another clock, and not
 * compared. overrun: how many were lost among them.
 */
void ledger_trace(struct ledger *l, const struct trace_rec *recs, size_t n, uint64_t overrun);

/* Words for a drop of our engine's ("counter already seen"), for fates[].reason. */
typedef const char *ledger_drop_words(unsigned drop);

/* Decides all fates, once. Arrays of *out are the arena's. words NULL: no reasons. */
void ledger_close(struct ledger *l, ledger_drop_words *words, struct fates_facts *out);

#endif
