#include "loss/fates_pattern.h"

#include <stdlib.h>

enum { GAPS = 9 }; /* of so many around it the middle one is the pace: a late one changes nothing */

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Messages a second around that probe; 0: there are too few. */
static double rate_at(const struct fates_facts *f, size_t at)
{
	int64_t gap[GAPS];
	size_t from = at > GAPS / 2 ? at - GAPS / 2 : 0, i, n = 0;

	if (f->n < GAPS + 1)
		return 0;
	from = MIN(from, f->n - 1 - GAPS);
	for (i = from; n < GAPS; i++)
		gap[n++] = f->list[i + 1].sent_ns - f->list[i].sent_ns;
	qsort(gap, GAPS, sizeof(gap[0]), by_size);
	return gap[GAPS / 2] > 0 ? (double)NS_PER_S / (double)gap[GAPS / 2] : 0;
}

/*
 * Of steps at so many paces: what is near one that was there before is that one, since no sender is
 * quite even.
 */
enum { PACES_MAX = 32 };
static const double same_pace = 1.8;

struct paces {
	double rate[PACES_MAX];
	size_t n;
};

static double pace_of(struct paces *s, double rate)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (rate <= s->rate[i] * same_pace && rate >= s->rate[i] / same_pace)
			return s->rate[i];
	if (s->n < PACES_MAX && rate > 0)
		s->rate[s->n++] = rate;
	return rate;
}

static bool is_of(const struct fate_facts *p, enum loss_way way)
{
	return p->result == FATE_LOST &&
	       (way == LOSS_WAY_COUNT || loss_way_of(p->after, p->before) == way);
}

/* It came to the place where that way begins. */
static bool began(const struct fate_facts *p, enum loss_way way)
{
	return way == LOSS_WAY_UP || way == LOSS_WAY_COUNT || p->result == FATE_ANSWERED ||
	       is_of(p, LOSS_WAY_DOWN);
}

int64_t fates_lost(const struct fate_facts *p, enum loss_way way)
{
	if (is_of(p, way))
		return 1;
	if (p->result == FATE_ANSWERED)
		return 0;
	if (way == LOSS_WAY_UP && (is_of(p, LOSS_WAY_DOWN) || is_of(p, LOSS_WAY_THERE)))
		return 0;
	return UNKNOWN;
}

/* Every message of that way had its counter, and they rise: else its place has to do. */
static bool counters_are_known(const struct fates_facts *f, enum loss_way way)
{
	int64_t last = UNKNOWN;
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (way == LOSS_WAY_DOWN || f->list[i].counter <= last ||
		    f->list[i].session != f->list[0].session)
			return false;
		last = f->list[i].counter;
	}
	return true;
}

static size_t sessions(const struct fates_facts *f, int64_t *out)
{
	int64_t last = UNKNOWN;
	size_t i, n = 0;

	for (i = 0; i < f->n; i++) {
		const struct fate_facts *p = &f->list[i];

		if (p->session == UNKNOWN || p->session == last)
			continue;
		if (last != UNKNOWN)
			out[n++] = p->sent_ns;
		last = p->session;
	}
	return n;
}

void fates_pattern(const struct fates_facts *f, enum loss_way way, struct arena *a,
		   struct pattern *out)
{
	struct pattern_message *list = arena_alloc(a, (f->n + 1) * sizeof(*list));
	int64_t *began_ns = arena_alloc(a, (f->n + 1) * sizeof(*began_ns));
	bool by_counter = counters_are_known(f, way);
	struct paces paces = { .n = 0 };
	struct pattern_input in = { .messages = list, .sessions_ns = began_ns };
	size_t i;

	for (i = 0; i < f->n; i++) {
		const struct fate_facts *p = &f->list[i];

		if (!began(p, way))
			continue;
		list[in.n] = (struct pattern_message){
			.t_ns = p->sent_ns,
			.count = by_counter ? (uint64_t)p->counter : in.n,
			.size = (unsigned)p->size,
			.rate = pace_of(&paces, rate_at(f, i)),
			.known = fates_lost(p, way) != UNKNOWN,
			.lost = fates_lost(p, way) == 1,
		};
		in.n++;
	}
	in.n_sessions = sessions(f, began_ns);
	pattern_find(&in, a, out);
}
