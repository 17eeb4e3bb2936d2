/*
 * Packets of the near end's devices that the kernel throws away: watched from the counters before
 * to the counters after.
 */
#include <errno.h>
#include <string.h>

#include "run/run_priv.h"
#include "sys/drop_watch.h"

enum { DEVICES = 2 };

static const char untraced[] = "this system does not tell";

static void unwatched(struct run *r, const char *why, const char *remedy)
{
	r->f->kernel.events_lost = UNKNOWN;
	r->f->kernel.unwatched = arena_strdup(r->arena, why);
	r->f->kernel.unwatched_remedy = remedy;
}

struct drop_watch *run_drops_watch(const struct run_conf *c, const struct platform_ops *p,
				   struct arena *a)
{
	bool asked = !c->needs || (run_plan(c->needs) & NEED_BIT(NEED_LINKS));
	struct drop_watch *w = arena_alloc(a, sizeof(*w));
	struct err e;

	*w = (struct drop_watch){ .fd = -1, .pid = -1 };
	if (asked && p->drop_watch)
		p->drop_watch->open(w, &e);
	return w;
}

void run_drops_open(struct run *r)
{
	r->drops = run_drops_watch(r->conf, r->p, r->arena);
}

void run_drops_close(struct run *r)
{
	if (r->drops && r->p->drop_watch)
		r->p->drop_watch->close(r->drops);
}

static int start_here(void *ctx, struct err *e)
{
	struct run *r = ctx;
	const struct run_end *near = &r->end[END_NEAR];
	const char *devs[DEVICES];
	size_t n = 0;

	if (near->tun)
		devs[n++] = near->tun;
	if (near->wire)
		devs[n++] = near->wire;
	return r->p->drop_watch->start(r->drops, devs, n, e);
}

void run_drops_start(struct run *r)
{
	struct err e = { 0 };

	if (!r->drops || !run_has(r, NEED_BIT(NEED_LINKS)))
		return;
	r->drops_on = false;
	if (!r->p->drop_watch)
		unwatched(r, untraced, NULL);
	else if (run_in(r, END_NEAR, start_here, r, &e) < 0)
		unwatched(r, e.text, e.remedy);
	else
		r->drops_on = true;
}

static void tell(struct run *r, const struct drops_seen *s)
{
	struct kernel_facts *k = &r->f->kernel;
	size_t i;

	k->drops = arena_alloc(r->arena, (s->n + 1) * sizeof(*k->drops));
	k->n_drops = s->n;
	for (i = 0; i < s->n; i++) {
		const struct drop_kind *from = &s->kind[i];

		k->drops[i] = (struct drop_facts){
			.reason = arena_strdup(r->arena, from->reason),
			.location =
				from->location[0] ? arena_strdup(r->arena, from->location) : NULL,
			.dev = arena_strdup(r->arena, from->dev),
			.dir = from->in ? "in" : "out",
			.protocol = from->protocol,
			.count = (int64_t)from->n,
			.first_wall_ns = from->first_ns,
		};
	}
	k->events_lost = (int64_t)s->lost;
	k->same_name = s->twins < 0 ? UNKNOWN : s->twins > 0;
}

void run_drops_stop(struct run *r)
{
	struct drops_seen *s = arena_alloc(r->arena, sizeof(*s));
	struct err e = { 0 };

	r->drops_seen = NULL;
	if (!r->drops_on)
		return;
	r->drops_on = false;
	if (r->p->drop_watch->stop(r->drops, s, &e) < 0) {
		unwatched(r, e.text, e.remedy);
		return;
	}
	r->drops_seen = s;
	tell(r, s);
}

static bool counts_each(const struct link_facts *l)
{
	return l->kind && (!strcmp(l->kind, "tun") || !strcmp(l->kind, "veth") ||
			   !strcmp(l->kind, "wireguard"));
}

/* More than it counts; drivers of hardware bring their counters up to date only now and then. */
static bool is_more(uint64_t seen, const struct link_facts *l, enum link_counter c)
{
	int64_t n = l->after[c] - l->before[c];

	if (l->before[c] == UNKNOWN || l->after[c] == UNKNOWN || n < 0)
		return false;
	return (int64_t)seen > n + (counts_each(l) ? 0 : n / 4 + 64);
}

static bool is_others_too(const struct drop_device *d, const struct link_facts *l)
{
	return l->name && !strcmp(d->name, l->name) &&
	       (is_more(d->seen_in, l, LINK_RX_PACKETS) ||
		is_more(d->seen_out, l, LINK_TX_PACKETS));
}

void run_drops_compare(struct run *r)
{
	const struct drops_seen *s = r->drops_seen;
	size_t i;

	for (i = 0; s && i < s->n_dev; i++)
		if (is_others_too(&s->dev[i], &r->f->tun[END_NEAR]) ||
		    is_others_too(&s->dev[i], &r->f->wire[END_NEAR]))
			r->f->kernel.same_name = 1;
}
