#include "loss/fates_sum.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int by_count(const void *a, const void *b)
{
	const struct lost_facts *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->after != y->after)
		return x->after < y->after ? -1 : 1;
	return (x->before > y->before) - (x->before < y->before);
}

static bool is_same(const char *x, const char *y)
{
	return x == y || (x && y && strcmp(x, y) == 0);
}

static void count_lost(struct fates_facts *out, const struct fate_facts *f, struct arena *a,
		       size_t *cap)
{
	struct lost_facts *p;
	size_t i;

	for (i = 0; i < out->n_lost; i++) {
		p = &out->lost[i];
		if (p->after == f->after && p->before == f->before &&
		    is_same(p->reason, f->reason)) {
			p->count++;
			return;
		}
	}
	out->lost = arena_grow(a, out->lost, out->n_lost, cap, sizeof(*out->lost));
	out->lost[out->n_lost++] = (struct lost_facts){ f->after, f->before, f->reason, 1 };
}

void fates_sum(struct fates_facts *f, struct arena *a)
{
	size_t i, cap = 0;

	f->answered = f->unknown = 0;
	f->lost = NULL;
	f->n_lost = 0;
	for (i = 0; i < f->n; i++) {
		f->answered += f->list[i].result == FATE_ANSWERED;
		f->unknown += f->list[i].result == FATE_UNKNOWN;
		if (f->list[i].result == FATE_LOST)
			count_lost(f, &f->list[i], a, &cap);
	}
	if (f->n_lost)
		qsort(f->lost, f->n_lost, sizeof(*f->lost), by_count);
}
