#include "run/run_debug.h"

#include <string.h>

#include "run/run_priv.h"
#include "run/run_up.h"
#include "sys/kernel_debug.h"

struct run_debug {
	struct kernel_debug k;
	struct kernel_debug_on on;
	bool is_on;
	const char *why_not, *remedy; /* why_not NULL: it is on, or nobody has tried yet */
};

struct run_debug *run_debug_open(const struct run_conf *c, struct arena *a)
{
	const struct kernel_debug_ops *ops = platform_get()->kernel_debug;
	struct run_debug *d;
	struct err e;

	if (!c->kernel_debug)
		return NULL;
	d = arena_alloc(a, sizeof(*d));
	*d = (struct run_debug){ .k = { .fd = -1, .pid = -1 } };
	if (!ops)
		d->why_not = "this system has no debug lines";
	else if (ops->open(&d->k, &e) < 0)
		d->why_not = arena_strdup(a, e.text);
	return d;
}

void run_debug_close(struct run_debug *d)
{
	if (d && platform_get()->kernel_debug)
		platform_get()->kernel_debug->close(&d->k);
}

/* --- on ------------------------------------------------------------------------------ */

struct starting {
	struct run_debug *d;
	const char *ifname;
};

static int start_here(void *ctx, struct err *e)
{
	struct starting *s = ctx;

	return platform_get()->kernel_debug->start(&s->d->k, s->ifname, &s->d->on, e);
}

static void announce(struct run *r, const struct kernel_debug_on *on)
{
	const char *more = "";

	if (on->n_were_on)
		more = arena_printf(r->arena, "; %u are on already, and stay so", on->n_were_on);
	if (on->n_on)
		run_notice(r, RUN_TOLD,
			   "switched on %u debug lines of the kernel's WireGuard (off again on "
			   "exit)%s",
			   on->n_on, more);
	else
		run_notice(r, RUN_TOLD,
			   "the debug lines of the kernel's WireGuard are on already, and stay so");
}

void run_debug_start(struct run *r, const char *ifname)
{
	struct run_debug *d = r->debug;
	struct starting s = { d, ifname };
	struct err e = { 0 };
	int rc;

	if (!d || d->is_on || d->why_not)
		return;
	/* Of a file's tunnel it is before there is an end, in the namespace where it will be. */
	rc = r->end[END_NEAR].here ? run_in(r, END_NEAR, start_here, &s, &e) : start_here(&s, &e);
	if (rc < 0) {
		d->why_not = arena_strdup(r->arena, e.text);
		d->remedy = e.remedy;
		return;
	}
	d->is_on = true;
	announce(r, &d->on);
}

void run_debug_not_kernel(struct run *r)
{
	if (r->debug && !r->debug->is_on)
		r->debug->why_not = "the engine of this tunnel is not the kernel's";
}

/* --- what was said ------------------------------------------------------------------- */

static void tell_lines(struct run *r, const struct kernel_log *log)
{
	struct debug_facts *to = &r->f->kernel.debug;
	const struct config_facts *c = &r->f->config[END_NEAR];
	const struct peer_config *peer = NULL;
	size_t i;

	if (r->f->have & NEED_BIT(NEED_CONFIG))
		peer = config_peer(c, &r->f->target.peer);

	to->list = arena_alloc(r->arena, (log->n + 1) * sizeof(*to->list));
	to->n = log->n;
	for (i = 0; i < log->n; i++) {
		const struct kernel_log_count *from = &log->list[i];

		to->list[i] = (struct debug_line_facts){
			.class = from->class,
			.outer = from->outer,
			.inner = from->inner,
			.ours = peer &&
				kernel_log_is_of(log, from, &peer->endpoint, c->n_peers == 1),
			.count = from->n,
		};
	}
}

/* As the log of an engine that writes one. */
static void tell_engine(struct facts *f)
{
	const struct debug_facts *d = &f->kernel.debug;
	int64_t *says = f->engine[END_NEAR].log_says;
	size_t i;

	for (i = 0; i < ENGINE_LOG_COUNT; i++)
		says[i] = 0;
	for (i = 0; i < d->n; i++)
		if (d->list[i].ours)
			says[d->list[i].class] += d->list[i].count;
}

static void tell(struct run *r, const struct kernel_debug_seen *s)
{
	struct debug_facts *to = &r->f->kernel.debug;

	to->on = r->debug->on.n_on + r->debug->on.n_were_on;
	to->missed = s->missed;
	to->held_back = s->log.suppressed;
	to->more = s->log.more;
	to->same_name = s->twins < 0 ? UNKNOWN : s->twins > 0;
	tell_lines(r, &s->log);
	if (to->same_name != 1)
		tell_engine(r->f);
}

void run_debug_end(struct run *r)
{
	struct run_debug *d = r->debug;
	struct kernel_debug_seen *s;
	struct err e = { 0 };

	if (!d)
		return;
	if (d->is_on) {
		d->is_on = false;
		s = arena_alloc(r->arena, sizeof(*s));
		if (platform_get()->kernel_debug->stop(&d->k, s, &e) == 0) {
			tell(r, s);
			return;
		}
		run_notice(r, RUN_MUST_KNOW, "the kernel's debug lines: %s", e.text);
		d->why_not = arena_strdup(r->arena, e.text);
		d->remedy = e.remedy;
	}
	r->f->kernel.debug.unread = d->why_not ? d->why_not : "there was no tunnel to look at";
	r->f->kernel.debug.unread_remedy = d->remedy;
}
