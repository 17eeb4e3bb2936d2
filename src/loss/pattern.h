/*
 * What is the loss of one direction like? One word, one sentence, and the numbers in it.
 *
 * Uniform loss (each message is lost or not, whatever became of the others) is the hypothesis that
 * has to be refuted before anything but "random" is said. How that is done: pattern.c.
 */
#ifndef LOSS_PATTERN_H
#define LOSS_PATTERN_H

#include <stdbool.h>

#include "base/arena.h"

enum pattern_kind {
	PATTERN_NONE, /* nothing was lost */
	PATTERN_ALL, /* nothing came through */
	PATTERN_TOO_FEW, /* too few were lost, or came through, to tell */
	PATTERN_RANDOM, /* no test refutes uniform loss */
	PATTERN_BURST, /* one loss makes the next one likely */
	PATTERN_BY_SIZE,
	PATTERN_BY_RATE,
	PATTERN_PERIODIC, /* by time, or by count: see every */
	PATTERN_AT_REKEY,
	PATTERN_AFTER_IDLE,
	PATTERN_UNEVEN, /* not uniform, and none of the above is shown */
	PATTERN_KIND_COUNT,
};

struct pattern_message {
	int64_t t_ns; /* sent; rises from one to the next */
	/* WireGuard counter where it is known, else its place: for "every 16th message" */
	uint64_t count;
	unsigned size; /* bytes; 0: not known */
	double rate; /* messages/s of the step it was sent in; 0: not known */
	bool known; /* what became of it is; else it is left out */
	bool lost;
};

struct pattern_input {
	const struct pattern_message *messages; /* in the order of sending */
	size_t n;
	const int64_t *sessions_ns; /* when a new session began, rising */
	size_t n_sessions;
};

/* The messages that a pattern picks out, and the others. */
struct pattern_split {
	int64_t in, in_lost, out, out_lost;
};

struct pattern {
	enum pattern_kind kind;
	/* RANDOM, TOO_FEW, UNEVEN: no test hints at more. Else: it is named, so it is sure. */
	bool sure;
	/* log10 of the chance that uniform loss is as uneven as this; 0: it may well be uniform */
	double log10_p;
	int64_t sent, lost; /* of those that are known */
	int64_t unknown;
	struct pattern_split split; /* but for NONE to RANDOM */
	/* BY_SIZE in bytes, BY_RATE in messages/s: the greatest outside, the least inside */
	double low, high;
	double passes; /* BY_RATE: messages/s that came through when it was above the limit */
	/* BY_RATE by what had passed just before each; else by the pace: low and high */
	bool limit;
	bool bytes; /* limit: a large message counts for more */
	bool rising; /* BY_SIZE: more and more, not from one size on */
	int64_t bursts, shortest, longest; /* BURST: runs of two or more in a row */
	int64_t every; /* PERIODIC: every so many messages; 0: by time */
	int64_t period_ns, width_ns; /* PERIODIC by time; period_ns with `every`: at an even pace */
	/*
	 * Two things came together when it was measured, and one cannot be told from the other: the
	 * sentence says which.
	 */
	bool either;
	/* UNEVEN: where loss gathers, from the first message on, or not (0, 0) */
	int64_t from_ns, to_ns;
	double small; /* UNEVEN: it is messages up to this size that are lost; 0: not so */
	bool apart; /* UNEVEN: losses keep a distance from each other, as where there is a limit */
	enum pattern_kind may_be; /* UNEVEN: what fits, and is not shown; NONE */
	int64_t window_ns; /* AT_REKEY: all inside are within so much of a new session */
	int64_t moments,
		moments_hit; /* AT_REKEY: sessions; AFTER_IDLE: pauses; of them with loss */
	int64_t idle_ns,
		first; /* AFTER_IDLE: the shortest such pause; how many are lost after it */
	const char *sentence; /* "by size: none of 400 up to 1280 B, 212 of 300 from 1300 B on" */
};

const char *pattern_kind_str(enum pattern_kind k); /* "by-size"; the words of the facts */

/* The sentence and all that is needed on the way are the arena's. */
void pattern_find(const struct pattern_input *in, struct arena *a, struct pattern *out);

#endif
