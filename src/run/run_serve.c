/*
 * `wgdiag serve`: answers inside the tunnel, and records while somebody at the other end who asked
 * for it looks. Each recording is that of run_record.c, on the loop that goes on answering.
 *
 * Its sockets are bound to the interface, and are deaf once that is made anew: then all is opened
 * again, at the next one of that name.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check/tunnel.h"
#include "model/facts_file.h"
#include "probe/responder.h"
#include "run/run_link_watch.h"
#include "run/run_priv.h"
#include "sys/netns_call.h"
#include "wire/probe_msg.h"

enum {
	RECORD_S = 180, /* longer than a check takes; then nobody came for it */
	AGAIN_S = 2, /* peers are read anew at most so often */
	RETRY_S = 1, /* of an engine that is not ready nobody tells when it is */
	RETRIES_QUIET = 5, /* it takes a moment; then it is said what it waits for */
};

struct serving {
	const struct run_conf *conf;
	const struct run_existing *existing;
	const struct platform_ops *p;
	struct loop *loop;
	int home_netns;
	struct arena base; /* of the responder */
	struct arena arena, spare; /* of the last look; and of the next one */
	struct facts f;
	struct responder *responder; /* NULL: the interface is waited for */
	struct run_link_watch watch;
	int64_t retry_at;
	unsigned retries; /* since it is waited for, or for another reason */
	struct err why, said; /* it is waited for; of `said` code 0: nothing */
	bool told; /* that it is waited for */
	bool begun; /* it served once */
	int64_t looked_at;
	bool stranger; /* somebody asked whom no peer has: maybe one that is new */
	bool stopped;
};

/* --- a look, and a recording ------------------------------------------------------------ */

static void on_stop(void *ctx)
{
	((struct serving *)ctx)->stopped = true;
}

static void on_begin(void *ctx)
{
	const struct serving *s = ctx;

	if (s->responder)
		responder_began(s->responder);
}

static bool is_due(void *ctx)
{
	const struct serving *s = ctx;

	return s->responder && responder_is_due(s->responder);
}

/* The facts of the one before are there until those of this one are. */
static int look(struct serving *s, int64_t for_ns, struct err *e)
{
	struct run_recording r = {
		.for_ns = for_ns,
		.may = !s->begun,
		.done = is_due,
		.stop = on_stop,
		.ctx = s,
	};
	struct run_existing x = *s->existing;
	struct run_conf c = *s->conf;
	struct facts f;
	struct arena was;
	int rc;

	if (for_ns)
		r.ready = on_begin;
	x.record = &r;
	c.loop = s->loop;
	/* A look takes a moment, and nobody asked for more. */
	c.kernel_debug = c.kernel_debug && for_ns;
	if (!for_ns)
		c.needs = NEED_BIT(NEED_CONFIG);
	if (!c.kernel_debug)
		c.notice = NULL;
	f.interrupted = false;
	rc = run_attach(&c, &x, &s->spare, &f, e);
	s->looked_at = loop_now(s->loop);
	s->stranger = false;
	s->stopped |= f.interrupted;
	if (rc < 0) {
		arena_done(&s->spare);
		arena_init(&s->spare);
		return rc;
	}
	s->f = f;
	was = s->arena;
	s->arena = s->spare;
	s->spare = was;
	arena_done(&s->spare);
	arena_init(&s->spare);
	return 0;
}

static void record(struct serving *s)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct err e;

	/* What cannot be recorded now (the device is gone) is not there to be given. */
	if (look(s, RECORD_S * NS_PER_S, &e) == 0)
		facts_write_far(&s->f, &text);
	responder_give(s->responder, buf_str(&text), text.len);
}

/* --- who may ask ------------------------------------------------------------------------- */

static bool is_peers(void *ctx, const struct ip_addr *from)
{
	struct serving *s = ctx;

	if (config_owner(&s->f.config[END_NEAR], from, NULL))
		return true;
	s->stranger = true;
	return false;
}

static bool has_work(void *ctx)
{
	struct serving *s = ctx;

	return s->watch.news ||
	       (s->responder &&
		(responder_is_asked(s->responder) ||
		 (s->stranger && loop_now(s->loop) - s->looked_at > AGAIN_S * NS_PER_S)));
}

static int open_here(void *ctx, struct err *e)
{
	struct serving *s = ctx;
	const struct recording_facts *r = &s->f.recording;
	struct ip_addr *own = arena_alloc(&s->base, (r->n_addrs + 1) * sizeof(*own));
	struct responder_conf c = {
		.addrs = own,
		.link = s->existing->ifname,
		.port = PROBE_PORT,
		.is_peers = is_peers,
		.ctx = s,
	};
	size_t i;

	for (i = 0; i < r->n_addrs; i++)
		if (strcmp(r->addrs[i].link, s->existing->ifname) == 0 &&
		    !tunnel_addr_is_link_local(&r->addrs[i].addr.addr))
			own[c.n_addrs++] = r->addrs[i].addr.addr;
	if (!c.n_addrs)
		return err_say(e, EADDRNOTAVAIL, "%s has no address to answer at",
			       s->existing->ifname);
	return responder_open(&c, s->loop, &s->base, &s->responder, e);
}

static int open_all(struct serving *s, struct err *e)
{
	int rc;

	arena_done(&s->base);
	arena_init(&s->base);
	rc = look(s, 0, e);
	if (rc < 0)
		return rc;
	if (!(s->f.have & NEED_BIT(NEED_CONFIG)))
		return err_say(e, EOPNOTSUPP,
			       "the engine of %s cannot be asked for its peers, and nobody else is "
			       "answered",
			       s->existing->ifname);
	if (s->existing->netns < 0)
		return open_here(s, e);
	return netns_call(s->p, s->existing->netns, s->home_netns, open_here, s, e);
}

/* --- the interface comes and goes -------------------------------------------------------- */

static void tell(const struct serving *s, const char *words)
{
	const struct run_conf *c = s->conf;
	char line[128];

	snprintf(line, sizeof(line), "%s %s", s->existing->ifname, words);
	if (c->notice)
		c->notice(c->ctx, RUN_TOLD, line);
}

/* That it is gone is said in other words. */
static bool is_same(const struct err *a, const struct err *b)
{
	return a->code == b->code && (a->code == ENODEV || strcmp(a->text, b->text) == 0);
}

/* What is on the way while a tunnel is brought up is no reason for words. */
static void still_not(struct serving *s, const struct err *e)
{
	const struct run_conf *c = s->conf;
	struct err words;

	s->retry_at = loop_now(s->loop) + RETRY_S * NS_PER_S;
	if (s->said.code && !is_same(e, &s->why))
		s->retries = 0;
	s->why = *e;
	if (s->retries++ != RETRIES_QUIET || is_same(e, &s->said) || !c->notice)
		return;
	s->told = true;
	s->said = *e;
	err_say(&words, e->code, "%s; waiting", e->text);
	c->notice(c->ctx, RUN_TOLD, words.text);
}

static void leave(struct serving *s)
{
	s->told = run_link_watch_gone(&s->watch);
	responder_close(s->responder);
	s->responder = NULL;
	s->retries = 0;
	s->why = s->said = (struct err){ .code = s->told ? ENODEV : 0 };
	if (s->told)
		tell(s, "is gone; waiting for it");
}

/* What is opened is of what the watch saw; what changed meanwhile, it tells. */
static void come_back(struct serving *s)
{
	struct err e;

	if (open_all(s, &e) < 0) {
		s->responder = NULL;
		still_not(s, &e);
		return;
	}
	run_link_watch_renew(&s->watch);
	if (s->told && !s->stopped)
		tell(s, "is back: serving");
}

static void adapt(struct serving *s)
{
	s->watch.news = false;
	if (s->responder && run_link_watch_differs(&s->watch))
		leave(s);
	if (!s->responder)
		come_back(s);
}

/* --- the whole --------------------------------------------------------------------------- */

static void work(struct serving *s)
{
	struct err ignored;

	if (s->watch.news || !s->responder)
		adapt(s);
	else if (responder_is_asked(s->responder))
		record(s);
	else if (look(s, 0, &ignored) < 0)
		s->stranger = false;
}

static void serve(struct serving *s, int signal_fd, void (*ready)(void *ctx), void *ctx)
{
	ready(ctx);
	while (!s->stopped) {
		loop_set_stop_fd(s->loop, signal_fd);
		if (loop_run(s->loop, s->responder ? INT64_MAX : s->retry_at, has_work, s) ==
		    -EINTR)
			return;
		work(s);
	}
}

static int with_loop(struct serving *s, void (*ready)(void *ctx), void *ctx, struct err *e)
{
	sigset_t old;
	int fd, rc = run_signal_open(&fd, &old, e);

	if (rc < 0)
		return rc;
	rc = run_link_watch_open(&s->watch, e);
	if (!rc)
		rc = open_all(s, e);
	s->begun = rc == 0;
	if (!rc && !s->stopped)
		serve(s, fd, ready, ctx);
	loop_set_stop_fd(s->loop, -1);
	responder_close(s->responder);
	run_link_watch_close(&s->watch);
	run_signal_close(fd, &old);
	return rc;
}

int run_serve(const struct run_conf *c, const struct run_existing *x, void (*ready)(void *ctx),
	      void *ctx, struct err *e)
{
	struct serving s = { .conf = c, .existing = x, .p = platform_get(), .home_netns = -1 };
	int rc = s.p->netns_get ? s.p->netns_get(&s.home_netns, e) : 0;

	if (rc < 0)
		return rc;
	arena_init(&s.base);
	arena_init(&s.arena);
	arena_init(&s.spare);
	s.loop = loop_new(s.p->boot_ns);
	s.watch.p = s.p;
	s.watch.loop = s.loop;
	s.watch.ifname = x->ifname;
	s.watch.netns = x->netns;
	s.watch.home_netns = s.home_netns;
	rc = with_loop(&s, ready, ctx, e);
	loop_free(s.loop);
	arena_done(&s.spare);
	arena_done(&s.arena);
	arena_done(&s.base);
	if (s.home_netns >= 0)
		close(s.home_netns);
	return rc;
}
