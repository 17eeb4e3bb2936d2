/*
 * Messages that were sent in many manners, and lost by a rule that is known: what loss/pattern is
 * held against. All is drawn from a seed.
 */
#ifndef TESTS_LIB_MADE_LOSS_H
#define TESTS_LIB_MADE_LOSS_H

#include "lib/seed.h"
#include "loss/pattern.h"

enum { MADE_LOSS_MAX = 20000, MADE_SESSIONS_MAX = 64, MADE_SIZES = 8 };

struct made_loss {
	struct seed seed;
	struct pattern_message m[MADE_LOSS_MAX];
	size_t n;
	int64_t sessions_ns[MADE_SESSIONS_MAX];
	size_t n_sessions;
	unsigned sizes[MADE_SIZES]; /* rising; what was sent is drawn from these */
	size_t n_sizes;
	bool in_turn; /* in that order, again and again */
	int64_t pace_ns;
	char says[200]; /* how it was made */
};

double made_real(struct made_loss *w, double low, double high);
double made_log(struct made_loss *w, double low, double high); /* evenly in the logarithm */
bool made_chance(struct made_loss *w, double share);

/*
 * n messages, lost none. What is not needed is drawn too, since none of it may matter: sizes that
 * change from message to message or do not, jitter, counters that begin anywhere.
 */
void made_send(struct made_loss *w, size_t n, int64_t pace_ns);
/* Changes of it; each keeps the order. */
void made_pauses(struct made_loss *w, size_t pauses, int64_t pause_ns);
void made_sessions(struct made_loss *w, size_t sessions);
/* Steps of `each` messages at so many rates, in `rounds`, each in another order. */
void made_rates(struct made_loss *w, const double *rates, size_t n_rates, size_t rounds,
		size_t each);
/* A machine that stands still for a time, so many times: all that was due is sent at once then. */
void made_stalls(struct made_loss *w, size_t stalls, int64_t longest_ns);
/* The last of them at a pace that is so many times slower; to each its rate. */
void made_slower(struct made_loss *w, size_t last, double times);
void made_unknown(struct made_loss *w, double share);

/* --- loss by a rule, beside what was lost before */

void made_uniform(struct made_loss *w, double share);
void made_burst(struct made_loss *w, double begin, double end, double share);
void made_by_size(struct made_loss *w, unsigned from, double share);
void made_by_size_rising(struct made_loss *w, double most);
void made_by_rate(struct made_loss *w, double rate, double bucket);
void made_by_bytes(struct made_loss *w, double rate, double bucket); /* the same, in bytes */
void made_periodic(struct made_loss *w, int64_t period_ns, int64_t wide_ns, double share);
void made_every(struct made_loss *w, uint64_t every);
void made_at_rekey(struct made_loss *w, int64_t wide_ns, double share);
void made_after_idle(struct made_loss *w, int64_t idle_ns, size_t first);

#endif
