/*
 * Between the files of loss/pattern.
 */
#ifndef LOSS_PATTERN_PRIV_H
#define LOSS_PATTERN_PRIV_H

#include "loss/pattern.h"

/* One message whose end is known. */
struct seen {
	int64_t t_ns;
	uint64_t place, count;
	unsigned size;
	double rate;
	bool lost;
};

/* What is looked at. */
struct look {
	const struct seen *m;
	int64_t n, lost;
	const int64_t *sessions_ns;
	size_t n_sessions;
	const double *ln_fact; /* of 0 to n + 1 */
	int64_t pace_ns; /* the usual time between two: the median */
	int64_t adjacent; /* losses right after a loss */
	struct arena *arena;
};

/*
 * One kind of pattern, held against what was seen. ln_p: the chance, at the most and with all
 * that was looked at accounted for, that uniform loss does as much. ln_p_clumped: that loss which
 * comes in bursts, but not for this reason, does.
 */
struct guess {
	double ln_p, ln_p_clumped;
	double gain; /* how much better it explains what was seen: difference of ln likelihood */
	bool large; /* so much of the loss is explained that it may be named */
	struct pattern is; /* kind, and its numbers */
};

/* --- pattern_stat.c */

const double *stat_ln_factorials(int64_t n, struct arena *a);
/* ln P(at least k of those that are drawn are marked): `drawn` of n, of which `marked` are. */
double stat_ln_drawn(const double *ln_fact, int64_t n, int64_t marked, int64_t drawn, int64_t k);
/* ln of a bound of P(at least k of n), each with chance q (Chernoff) */
double stat_ln_each(int64_t n, int64_t k, double q);
/* Of one stretch, whose loss may be what it is: how many were lost, which share is of some kind. */
struct stretch {
	double lost, share;
};
/* ln of a bound of P(at least so many of all that were lost are of that kind) */
double stat_ln_near(const struct stretch *s, int64_t n, double inside);
enum { STRETCH = 16 }; /* messages that are near each other */
/* The same of messages near each other: loss that changes with time tells nothing then. */
double stat_ln_nearby(const struct look *l, const bool *inside);
double stat_ln_many(double tried); /* to be added for so many looked at */
/* So much of a window is lost that it is not only what was lost beside. */
bool stat_is_hit(int64_t sent, int64_t lost, double least);
/* Of losing `lost` of n, by the share that fits best. */
double stat_ln_likelihood(int64_t n, int64_t lost);
/* By how much two shares of loss explain better than one does. */
double split_gain(const struct pattern_split *s);
double split_share(const struct pattern_split *s, bool in);
/* Which share of all losses is there because a message is inside? */
double split_explains(const struct pattern_split *s);
/* That set of messages, as uniform loss would have it. */
double split_ln_p(const struct look *l, const struct pattern_split *s);
struct pattern_split split_of(const struct look *l, int64_t in, int64_t in_lost);

/* That losses keep such a distance from each other (pattern_clump.c). */
double stat_ln_apart(const struct look *l);

/* --- each fills *out, and leaves it as it is where it has nothing to say */

void guess_clumps(const struct look *l, struct guess *out); /* pattern_clump.c */
void guess_uneven(const struct look *l, struct guess *out);
/*
 * That it is the small messages that are lost (pattern_class.c). No link does that, so it is no
 * pattern by size; but it is not uniform either. Sets split and small, where it is said.
 */
double stat_ln_small(const struct look *l, struct pattern *p);
void guess_rekey(const struct look *l, struct guess *out); /* pattern_moment.c */
void guess_idle(const struct look *l, struct guess *out);
void guess_every(const struct look *l, struct guess *out); /* pattern_period.c */
void guess_period(const struct look *l, struct guess *out);
void guess_size(const struct look *l, struct guess *out); /* pattern_class.c */
void guess_rate(const struct look *l, struct guess *out);
void guess_bucket(const struct look *l, struct guess *out); /* pattern_bucket.c */

/* --- pattern_say.c: the sentence of p */

const char *pattern_say(const struct pattern *p, struct arena *a);

#endif
