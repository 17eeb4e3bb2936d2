/*
 * `wgdiag serve --once`: what this end sees while the other one looks. Nothing is sent and nothing
 * is asked of anybody but this host and its engine.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "capture/passers.h"
#include "gather/gather.h"
#include "run/run_attach_priv.h"
#include "run/run_callers.h"
#include "run/run_counters.h"
#include "run/run_link_watch.h"
#include "wg/limits.h"

enum { AFTER_MS = 15000 }; /* what comes after the recording has its own limits below that */

struct recorder {
	struct attach *x;
	struct run_callers ears;
	struct passers *passers;
	struct run_link_watch watch;
	const struct cidr *nets;
	size_t n_nets;
};

static int passers_here(void *ctx, struct err *e)
{
	struct recorder *s = ctx;
	struct run *r = &s->x->r;
	struct passers_conf c = {
		.port = r->end[END_NEAR].port,
		.tun = r->end[END_NEAR].tun,
		.nets = s->nets,
		.n_nets = s->n_nets,
	};

	return passers_open(&c, r->loop, r->arena, &s->passers, e);
}

static int passed_here(void *ctx, struct err *e)
{
	struct recorder *s = ctx;
	struct run *r = &s->x->r;

	(void)e;
	if (s->passers)
		passers_facts(s->passers, r->arena, &r->f->recording);
	return 0;
}

/* What any peer may send from. */
static void nets_of(struct recorder *s)
{
	const struct uapi_device *d = s->x->device;
	size_t i, k, n = 0, all = 0;
	struct cidr *nets;

	for (i = 0; d && i < d->n_peers; i++)
		all += d->peers[i].n_allowed;
	nets = arena_alloc(s->x->r.arena, (all + 1) * sizeof(*nets));
	for (i = 0; d && i < d->n_peers; i++)
		for (k = 0; k < d->peers[i].n_allowed; k++)
			nets[n++] = d->peers[i].allowed[k];
	s->nets = nets;
	s->n_nets = n;
}

/* Without a key of ours it is not known who calls us. */
static void open_ears(struct recorder *s)
{
	struct run *r = &s->x->r;
	struct err e;
	int rc;

	if (!s->x->device) {
		facts_gap(r->f, NEED_CALLS, r->f->gaps[NEED_ENGINE].why,
			  r->f->gaps[NEED_ENGINE].remedy);
		return;
	}
	/* Where the way to the peer is not known yet, all ways are listened at. */
	s->ears.counters = !r->taps[TAP_NEAR_WIRE];
	rc = run_callers_open(&s->ears, &s->x->device->public_key, &e);
	if (rc < 0)
		run_gap_raw(r, NEED_CALLS, rc, &e);
	else
		facts_have(r->f, NEED_CALLS);
}

static bool is_refused(int rc)
{
	return rc == -EPERM || rc == -EACCES;
}

/* Who may not ask its engine, or not capture, has nothing to tell: better said now than then. */
static int may(struct recorder *s, struct err *e)
{
	const struct run_recording *c = s->x->conf->record;
	struct run *r = &s->x->r;
	struct err why;
	int rc;

	if (is_refused(s->x->ask_rc))
		return err_say(e, -s->x->ask_rc, "%s", r->f->gaps[NEED_ENGINE].why);
	if (!c->for_ns && !c->may)
		return 0;
	nets_of(s);
	rc = run_in(r, END_NEAR, passers_here, s, &why);
	if (rc < 0)
		s->passers = NULL;
	if (!is_refused(rc))
		return 0;
	*e = why;
	return rc;
}

static int watch(struct recorder *s, struct err *e)
{
	struct run *r = &s->x->r;

	s->watch.p = r->p;
	s->watch.loop = r->loop;
	s->watch.ifname = r->end[END_NEAR].tun;
	s->watch.netns = r->end[END_NEAR].netns;
	s->watch.home_netns = r->home_netns;
	return run_link_watch_open(&s->watch, e);
}

static bool is_over(void *ctx)
{
	struct recorder *s = ctx;
	const struct run_recording *c = s->x->conf->record;

	/* Another one of its name has other counters, and what is captured on is not it. */
	if (s->watch.now.ifindex != s->x->link.ifindex)
		s->x->r.f->recording.gone = true;
	return s->x->r.f->recording.gone || (c->done && c->done(c->ctx));
}

/* A signal ends it, and is no interruption: whoever sends it has seen enough. */
static void wait(struct recorder *s)
{
	const struct run_recording *c = s->x->conf->record;
	struct run *r = &s->x->r;
	int64_t from = loop_now(r->loop), until = from + c->for_ns;

	r->deadline_ns = until + AFTER_MS * NS_PER_MS;
	r->f->recording.from_wall_ns = r->p->wall_ns();
	if (c->ready)
		c->ready(c->ctx);
	if (loop_run(r->loop, until, is_over, s) == -EINTR) {
		run_signal_take(r->signal_fd);
		if (c->stop)
			c->stop(c->ctx);
	}
	r->f->recording.to_wall_ns = r->p->wall_ns();
	r->f->calls.waited_ns = loop_now(r->loop) - from;
}

/* By the engine's word, for nobody asked for any. */
static void session(struct run *r)
{
	const struct config_facts *c = &r->f->config[END_NEAR];
	const struct peer_config *p = config_peer(c, &r->f->target.peer);
	struct handshake_facts *h = &r->f->handshake;
	int64_t at = r->f->crypto[END_NEAR].last_handshake_wall_ns;

	h->waited_ns = r->f->calls.waited_ns;
	if (!(r->f->have & NEED_BIT(NEED_ENGINE)) || !p) {
		facts_gap(r->f, NEED_HANDSHAKE, "the engine did not tell", NULL);
		return;
	}
	if (p->handshake_wall_ns > 0)
		h->age_ns = MAX(r->f->started_wall_ns - p->handshake_wall_ns, 0);
	h->complete = at > 0 && r->p->wall_ns() - at < REJECT_AFTER_TIME_S * NS_PER_S;
	facts_have(r->f, NEED_HANDSHAKE);
}

/* All of this host, as it is for others to say which are the ones that they send to. */
static void own_addrs(struct attach *x)
{
	struct recording_facts *out = &x->r.f->recording;

	out->addrs = x->net.addrs;
	out->n_addrs = x->net.n_addrs;
}

static const char not_asked[] = "a recording sends nothing";

static void record(struct recorder *s)
{
	struct run *r = &s->x->r;
	struct err ignored;

	run_counters_begin(r);
	run_taps_open(r, TAP_NEAR_TUN, TAP_NEAR_WIRE);
	open_ears(s);
	run_gather_before(r);
	if (!run_interrupted(r))
		wait(s);
	run_in(r, END_NEAR, passed_here, s, &ignored);
	run_callers_facts(&s->ears);
	callers_close(s->ears.callers);
	run_last_look(r);
	run_gather_after(r);
	run_counters_end(r);
	session(r);
}

int run_record(struct attach *x, struct err *e)
{
	struct recorder s = { .x = x, .ears = { .r = &x->r } };
	int rc = may(&s, e);

	if (!rc && x->conf->record->for_ns) {
		rc = watch(&s, e);
		if (!rc)
			record(&s);
	}
	own_addrs(x);
	run_fill_gaps(x->r.f, not_asked);
	run_link_watch_close(&s.watch);
	passers_close(s.passers);
	return rc;
}

int run_serve_once(const struct run_conf *c, const struct run_existing *x, struct arena *a,
		   struct facts *f, struct err *e)
{
	int rc = run_attach(c, x, a, f, e);

	if (rc == 0 && f->recording.to_wall_ns == UNKNOWN)
		return err_say(e, EINTR, "interrupted before anything was recorded");
	return rc;
}
