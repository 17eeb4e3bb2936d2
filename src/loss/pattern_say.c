/*
 * The sentence of a pattern. It has the numbers, so that nobody needs to believe the name.
 */
#include <inttypes.h>
#include <math.h>

#include "loss/pattern_priv.h"

typedef const char *say_fn(const struct pattern *p, struct arena *a);

/* "40 ms", "2.00 s", "85 s" */
static const char *span_str(int64_t ns, struct arena *a)
{
	double s = (double)ns / (double)NS_PER_S;

	if (ns < 10 * NS_PER_MS)
		return arena_printf(a, "%.1f ms", s * 1000);
	if (ns < NS_PER_S)
		return arena_printf(a, "%.0f ms", s * 1000);
	return arena_printf(a, "%.*f s", ns < 10 * NS_PER_S ? 2 : ns < 100 * NS_PER_S ? 1 : 0, s);
}

/* "none of 400", "all 300", "212 of 300" */
static const char *of_str(int64_t lost, int64_t of, struct arena *a)
{
	if (lost == 0)
		return arena_printf(a, "none of %" PRId64, of);
	if (lost == of)
		return arena_printf(a, "all %" PRId64, of);
	return arena_printf(a, "%" PRId64 " of %" PRId64, lost, of);
}

/* Two figures, and never 0 or 100 where it is not. */
static const char *percent_str(int64_t lost, int64_t of, struct arena *a)
{
	double v = 100 * (double)lost / (double)of;

	if (v >= 99.95 && lost < of)
		return "over 99.9 %";
	return arena_printf(a, "%.*f %%", v < 0.1 ? 3 : v < 1 ? 2 : 1, v);
}

static const char *beside_str(const struct pattern *p, struct arena *a)
{
	return arena_printf(a, "%s of the others", of_str(p->split.out_lost, p->split.out, a));
}

/* 2nd, 3rd, 11th, 16th, 101st */
static const char *nth_str(int64_t n, struct arena *a)
{
	static const char *const ends[] = { "th", "st", "nd", "rd" };
	int64_t last = n % 10;

	return arena_printf(a, "%" PRId64 "%s", n,
			    last > 3 || (n / 10) % 10 == 1 ? "th" : ends[last]);
}

static const char *say_none(const struct pattern *p, struct arena *a)
{
	return arena_printf(a, "none of %" PRId64 " lost", p->sent);
}

static const char *say_all(const struct pattern *p, struct arena *a)
{
	return arena_printf(a, "all %" PRId64 " lost", p->sent);
}

static const char *say_too_few(const struct pattern *p, struct arena *a)
{
	if (!p->sent)
		return "nothing is known of any message";
	if (p->lost > p->sent / 2)
		return arena_printf(a,
				    "%" PRId64 " of %" PRId64
				    " lost: too few came through to tell a pattern",
				    p->lost, p->sent);
	return arena_printf(a, "%" PRId64 " of %" PRId64 " lost: too few to tell a pattern",
			    p->lost, p->sent);
}

static const char *say_random(const struct pattern *p, struct arena *a)
{
	return arena_printf(a, "random: %s%s", percent_str(p->lost, p->sent, a),
			    p->sure ? "" : ", as far as so many can tell");
}

static const char *say_uneven(const struct pattern *p, struct arena *a)
{
	static const char *const likely[PATTERN_KIND_COUNT] = {
		[PATTERN_BY_SIZE] = "; it may be by size",
		[PATTERN_BY_RATE] = "; it may be by rate",
		[PATTERN_PERIODIC] = "; it may be periodic",
		[PATTERN_AT_REKEY] = "; it may be at rekey",
		[PATTERN_AFTER_IDLE] = "; it may be after idle",
	};
	const char *maybe = likely[p->may_be] ? arena_printf(a, "%s, too few cases to tell",
							     likely[p->may_be]) :
						"";

	if (p->apart)
		return arena_printf(a,
				    "uneven: %" PRId64 " of %" PRId64
				    " lost, and apart from each other, as a limit does it%s",
				    p->lost, p->sent, maybe);
	if (p->small > 0)
		return arena_printf(a, "uneven: %s lost were of messages up to %.0f bytes%s",
				    of_str(p->split.in_lost, p->lost, a), p->small, maybe);
	if (p->to_ns)
		return arena_printf(a, "uneven: %s lost were sent between %s and %s%s",
				    of_str(p->split.in_lost, p->lost, a), span_str(p->from_ns, a),
				    span_str(p->to_ns, a), maybe);
	return arena_printf(a, "uneven: %" PRId64 " of %" PRId64 " lost, not by chance alone%s",
			    p->lost, p->sent, maybe);
}

static const char *say_burst(const struct pattern *p, struct arena *a)
{
	const char *times =
		p->bursts == 1 ? "once" : arena_printf(a, "%" PRId64 " times", p->bursts);
	const char *long_ = p->shortest == p->longest ? arena_printf(a, "%" PRId64, p->longest) :
							arena_printf(a, "%" PRId64 " to %" PRId64,
								     p->shortest, p->longest);

	if (!p->split.out_lost)
		return arena_printf(a, "bursts: %s %s in a row, every other one is whole", times,
				    long_);
	return arena_printf(a, "bursts: %s %s in a row, and %" PRId64 " alone", times, long_,
			    p->split.out_lost);
}

static const char *say_size(const struct pattern *p, struct arena *a)
{
	const struct pattern_split *s = &p->split;
	const char *also = "";

	if (p->either)
		also = arena_printf(a, " (or every %s message: sizes came in that order)",
				    nth_str(p->every, a));
	if (p->rising)
		return arena_printf(a,
				    "by size, more the larger: %s up to %.0f B, %s from %.0f B "
				    "on%s",
				    percent_str(s->out_lost, s->out, a), p->low,
				    percent_str(s->in_lost, s->in, a), p->high, also);
	return arena_printf(a, "by size: %s up to %.0f B, %s from %.0f B on%s",
			    of_str(s->out_lost, s->out, a), p->low, of_str(s->in_lost, s->in, a),
			    p->high, also);
}

static const char *say_rate(const struct pattern *p, struct arena *a)
{
	if (p->limit)
		return arena_printf(a,
				    "by rate: about %.0f messages/s pass%s: %s sent above that, %s",
				    p->passes, p->bytes ? ", the larger the fewer" : "",
				    of_str(p->split.in_lost, p->split.in, a), beside_str(p, a));
	return arena_printf(a,
			    "by rate: %s up to %.0f messages/s, %s from %.0f messages/s on, where "
			    "about %.0f/s pass",
			    of_str(p->split.out_lost, p->split.out, a), p->low,
			    of_str(p->split.in_lost, p->split.in, a), p->high, p->passes);
}

static const char *say_periodic(const struct pattern *p, struct arena *a)
{
	const struct pattern_split *s = &p->split;

	if (p->every)
		return arena_printf(a, "every %s message%s: %s, %s", nth_str(p->every, a),
				    p->either ? arena_printf(a, " (or each %s: the pace was even)",
							     span_str(p->period_ns, a)) :
						"",
				    of_str(s->in_lost, s->in, a), beside_str(p, a));
	return arena_printf(a, "periodic: about each %s%s%s: %s then, %s",
			    span_str(p->period_ns, a), p->width_ns ? ", for " : "",
			    p->width_ns ? span_str(p->width_ns, a) : "",
			    of_str(s->in_lost, s->in, a), beside_str(p, a));
}

static const char *say_rekey(const struct pattern *p, struct arena *a)
{
	return arena_printf(a,
			    "at rekey: %" PRId64 " of %" PRId64
			    " lost within %s of a new session, at %s of them",
			    p->split.in_lost, p->lost, span_str(p->window_ns, a),
			    of_str(p->moments_hit, p->moments, a));
}

static const char *say_idle(const struct pattern *p, struct arena *a)
{
	const char *first = p->first == 1 ? "first" : arena_printf(a, "first %" PRId64, p->first);
	const char *pauses = p->moments_hit == p->moments ?
				     "each pause" :
				     arena_printf(a, "%" PRId64 " of %" PRId64 " pauses",
						  p->moments_hit, p->moments);

	return arena_printf(a, "after idle: the %s after %s of %s or more: %s, %s", first, pauses,
			    span_str(p->idle_ns, a), of_str(p->split.in_lost, p->split.in, a),
			    beside_str(p, a));
}

static say_fn *const says[] = {
	[PATTERN_NONE] = say_none,	 [PATTERN_ALL] = say_all,
	[PATTERN_TOO_FEW] = say_too_few, [PATTERN_RANDOM] = say_random,
	[PATTERN_BURST] = say_burst,	 [PATTERN_BY_SIZE] = say_size,
	[PATTERN_BY_RATE] = say_rate,	 [PATTERN_PERIODIC] = say_periodic,
	[PATTERN_AT_REKEY] = say_rekey,	 [PATTERN_AFTER_IDLE] = say_idle,
	[PATTERN_UNEVEN] = say_uneven,
};
_Static_assert(ARRAY_LEN(says) == PATTERN_KIND_COUNT, "a pattern has no sentence");

const char *pattern_say(const struct pattern *p, struct arena *a)
{
	return says[p->kind](p, a);
}
