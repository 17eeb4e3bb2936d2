/*
 * What the files of the ledger share.
 */
#ifndef LOSS_LEDGER_PRIV_H
#define LOSS_LEDGER_PRIV_H

#include <stdbool.h>

#include "loss/ledger.h"
#include "loss/ledger_align.h"

/* What is known of the message that took an inner packet. */
enum joined {
	JOIN_UNSURE, /* nothing */
	JOIN_COUNTER, /* its receiver index and counter */
	JOIN_HIDDEN, /* it had a counter, and no capture has it */
	JOIN_SKIPPED, /* it never got a counter */
	JOIN_NOT_SEEN, /* one of these two */
};
struct carrier {
	enum joined how;
	bool traced; /* the engine itself said it */
	uint16_t drop; /* and why it went no further: enum wg_drop, 0 */
	uint32_t receiver;
	uint64_t counter;
};

/* One packet at a tun. */
struct inner {
	int64_t t_ns;
	ptrdiff_t probe; /* index into probes; -1 */
	uint32_t len, hash;
	struct carrier by;
};
struct inners {
	struct inner *list;
	size_t n, cap;
};

/* One message at a wire. */
struct outer {
	int64_t t_ns;
	uint64_t counter;
	uint32_t receiver, len;
};
struct outers {
	struct outer *list;
	size_t n, cap;
};

/* A message, wherever it was seen. */
struct message {
	uint64_t counter;
	uint32_t receiver, len;
	int64_t t_ns[2]; /* at its sender's wire, at its receiver's; UNKNOWN */
	bool delivered; /* what it carried came out of the receiver's tun */
	bool maybe_delivered;
};
enum { LEDGER_OVERHEAD = 32 }; /* header and tag of a data message */
static inline uint32_t ledger_payload(const struct message *m)
{
	return m->len > LEDGER_OVERHEAD ? m->len - LEDGER_OVERHEAD : 0;
}
struct session {
	size_t first, n; /* of messages */
	int64_t begin_ns;
	uint32_t receiver;
};

/* Requests or answers. */
enum { WAY_THERE, WAY_BACK, WAY_COUNT };
struct way {
	enum stage from_tun, from_wire, to_wire, to_tun;
	struct message *messages; /* by receiver, counter */
	size_t n_messages;
	struct session *sessions; /* in the order of their beginning */
	size_t n_sessions;
	bool padded;
	uint32_t largest; /* payload */
};

/* Whether a probe was seen at a stage. */
enum place {
	PLACE_UNSURE, /* nobody can say */
	PLACE_SEEN,
	PLACE_PROVEN, /* counters tell that it passed */
	PLACE_ABSENT,
};

struct probe {
	int64_t number, t_ns, answered_ns; /* UNKNOWN: it was not */
	int64_t unheard_ns; /* from then on its socket was closed; UNKNOWN: it was not */
	uint32_t size;
	struct inner *at[STAGE_COUNT]; /* of tun stages: the first sighting */
	struct carrier by[WAY_COUNT];
	enum place place[STAGE_COUNT];
};

struct ledger {
	struct arena *a;
	int64_t start_ns;
	bool cut;
	uint32_t watched, dropped; /* SETs of stages */
	int64_t n_dropped[STAGE_COUNT];
	struct probe *probes;
	size_t n_probes, cap_probes;
	struct inners inners[STAGE_COUNT];
	struct outers outers[STAGE_COUNT];
	struct way ways[WAY_COUNT];
	struct trace_rec *trace;
	size_t n_trace, cap_trace;
	bool traced;
	uint64_t overrun;
	/* of the trace, by session and counter: messages that were refused */
	struct trace_rec *refused;
	size_t n_refused;
};

static inline bool ledger_watched(const struct ledger *l, enum stage s)
{
	return l->watched & STAGE_BIT(s);
}
static inline bool ledger_whole(const struct ledger *l, enum stage s)
{
	return ledger_watched(l, s) && !(l->dropped & STAGE_BIT(s));
}

/* It was answered, or seen at a tun behind this stage. */
bool ledger_passed(const struct probe *p, enum stage s);
/* Seen nowhere behind a stage of the way there that surely had not it. */
bool ledger_died_there(const struct probe *p);

/* ledger_fates.c */
void ledger_places(struct ledger *l, unsigned way);
void ledger_fates(struct ledger *l, ledger_drop_words *words, struct fates_facts *out);

/* ledger_wire.c: the messages of a way, out of what both its wires saw */
void ledger_messages(struct ledger *l, struct way *w);
struct message *ledger_message(const struct way *w, uint32_t receiver, uint64_t counter);

/* ledger_slots.c. ref of a slot: index of its message. */
struct slots {
	struct align_slot *list;
	uint64_t *counter; /* of HIDDEN too */
	uint32_t *receiver;
	size_t n, hidden, cap[3];
};
/* In the order of sending. at: whose times are compared, 0 or 1; -1: none. */
void ledger_slots_sent(const struct ledger *l, const struct way *w, int at, struct arena *a,
		       struct slots *out);
/* In the order of arrival, without what a receiver refuses as seen before. */
void ledger_slots_came(const struct ledger *l, const struct way *w, struct arena *a,
		       struct slots *out);

/* ledger_trace.c: what our engine's trace tells of packets */
void ledger_join_trace(struct ledger *l);
/* Why a message that came in was refused; 0: nothing is known. */
uint16_t ledger_refused(const struct ledger *l, const struct carrier *c);

/* ledger_join.c */
void ledger_join_sender(struct ledger *l, unsigned way);
void ledger_join_receiver(struct ledger *l, unsigned way);
/* ledger_answers.c: from the counters that came back to the probes that were not answered */
void ledger_join_answers(struct ledger *l);

#endif
