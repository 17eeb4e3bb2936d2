/*
 * Did this host's kernel throw away the probes that died between two places?
 *
 * Its events name a device and no packet. So a reason is told only where one kind of drop lies
 * between those places, and there were as many of it as probes, and hardly more: others' packets
 * are dropped beside them. Where two kinds would do, neither is told.
 */
#include "check/drops.h"

enum { MORE_ALLOWED = 20, MORE_SHARE = 10 };

/* In the order of the way; NONE is before the first, or behind the last. */
static int place_after(enum stage s)
{
	return s == STAGE_NONE ? -1 : (int)s;
}

static bool lies_between(const struct facts *f, const struct drop_facts *d,
			 const struct lost_facts *l)
{
	enum stage after, before;

	return !drop_is_noise(d) && drop_stages(f, d, &after, &before) &&
	       place_after(after) >= place_after(l->after) && before <= l->before;
}

static bool are_as_many(int64_t drops, int64_t lost)
{
	return drops >= lost && drops <= lost + lost / MORE_SHARE + MORE_ALLOWED;
}

static const struct drop_facts *culprit(const struct facts *f, const struct lost_facts *l)
{
	const struct drop_facts *found = NULL;
	size_t i;

	for (i = 0; i < f->kernel.n_drops; i++) {
		const struct drop_facts *d = &f->kernel.drops[i];

		if (!lies_between(f, d, l) || !are_as_many(d->count, l->count))
			continue;
		if (found)
			return NULL;
		found = d;
	}
	return found;
}

static void explain(struct facts *f, struct lost_facts *l, struct arena *a)
{
	const struct drop_facts *d = culprit(f, l);
	const struct drop_words *w = d ? drop_words(d) : NULL;
	size_t i;

	if (!d)
		return;
	l->reason = arena_printf(a, "%s%s%s at %s%s%s", d->reason, d->location ? " in " : "",
				 d->location ? d->location : "", d->dev, w ? ": " : "",
				 w ? w->says : "");
	for (i = 0; i < f->fates.n; i++) {
		struct fate_facts *p = &f->fates.list[i];

		if (p->result == FATE_LOST && !p->reason && p->after == l->after &&
		    p->before == l->before)
			p->reason = l->reason;
	}
}

void drops_explain(struct facts *f, struct arena *a)
{
	size_t i;

	/* Some of them may be of another namespace, or not all were seen. */
	if (f->kernel.events_lost != 0 || f->kernel.same_name == 1)
		return;
	for (i = 0; i < f->fates.n_lost; i++)
		if (!f->fates.lost[i].reason)
			explain(f, &f->fates.lost[i], a);
}
