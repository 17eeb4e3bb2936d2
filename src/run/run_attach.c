/*
 * The steps on a tunnel that is there already, of whatever engine. Nothing of it is changed: it
 * is asked, watched, and sent through, as any program on this host might.
 *
 * Three kinds: the kernel's engine answers by netlink; a userspace one by its socket; of one
 * that is hidden inside another program there is the tun device, and what the user knows.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine/uapi_client.h"
#include "gather/gather.h"
#include "run/run_attach_priv.h"
#include "run/run_debug.h"
#include "wg/limits.h"

enum { ASK_MS = 1000 };

/* --- the device ------------------------------------------------------------------- */

static int find_link(void *ctx, struct err *e)
{
	struct attach *x = ctx;
	struct sys_link *links;
	size_t n, i;
	int rc = x->r.p->links(x->r.arena, &links, &n, e);

	if (rc < 0)
		return rc;
	for (i = 0; i < n; i++) {
		if (strcmp(links[i].name, x->conf->ifname) != 0)
			continue;
		x->link = links[i];
		return 0;
	}
	return err_say(e, ENODEV, "%s: there is no such interface", x->conf->ifname);
}

static int is_tunnel(const struct attach *x, struct err *e)
{
	const char *kind = x->link.kind;

	if (!strcmp(kind, "tun") && x->link.ethernet)
		return err_say(e, ENOTTY, "%s is no tunnel: it carries Ethernet frames (a tap)",
			       x->link.name);
	if (!strcmp(kind, "wireguard") || !strcmp(kind, "tun"))
		return 0;
	if (x->link.loopback)
		return err_say(e, ENOTTY, "%s is no tunnel: it is the loopback", x->link.name);
	return err_say(e, ENOTTY, "%s is no tunnel: it is %s%s", x->link.name,
		       kind[0] ? "of kind " : "a plain link", kind);
}

/* --- the engine ------------------------------------------------------------------- */

static void no_engine(struct attach *x, int rc, const struct err *e)
{
	const char *why = arena_strdup(x->r.arena, e->text);
	const char *remedy = rc == -EPERM || rc == -EACCES ? "run as root" : NULL;

	facts_gap(x->r.f, NEED_ENGINE, why, remedy);
	facts_gap(x->r.f, NEED_CONFIG, why, remedy);
}

static bool is_stale(const struct attach *x, int rc)
{
	return x->r.end[END_NEAR].via == WG_VIA_SOCKET && rc == -ECONNREFUSED;
}

/* Without a socket it may be hidden in a program, and that is no fault; nor is a socket it lost. */
static void no_answer(struct attach *x, int rc, const struct err *e)
{
	struct engine_facts *g = &x->r.f->engine[END_NEAR];

	if (is_stale(x, rc))
		g->stale_socket = uapi_socket_path(x->conf->ifname, x->r.arena);
	if (rc == -ENOENT || g->stale_socket) {
		x->r.end[END_NEAR].via = WG_VIA_NONE;
	} else if (rc != -EPERM && rc != -EACCES && !err_is_shortage(rc)) {
		g->answer_error = arena_strdup(x->r.arena, e->text);
		g->silent = rc == -ETIMEDOUT;
	}
}

static void ask_engine(struct attach *x)
{
	struct run_end *near = &x->r.end[END_NEAR];
	struct engine_facts *g = &x->r.f->engine[END_NEAR];
	int64_t from = loop_now(x->r.loop);
	struct err e = { 0 };
	int rc;

	near->via = !strcmp(x->link.kind, "wireguard") ? WG_VIA_KERNEL : WG_VIA_SOCKET;
	rc = run_ask(&x->r, END_NEAR, ASK_MS, x->r.arena, &x->device, &e);
	x->ask_rc = rc;
	if (rc < 0) {
		x->device = NULL;
		no_answer(x, rc, &e);
		no_engine(x, rc, &e);
		return;
	}
	g->answer_ns = loop_now(x->r.loop) - from;
	if (x->device->has_private_key)
		near->public_key = x->device->public_key;
	facts_have(x->r.f, NEED_ENGINE);
}

/* --- the run ---------------------------------------------------------------------- */

/* Each of these NEED_BITs that is asked for is not looked at. */
static void gap_all(struct run *r, uint32_t needs, const char *why, const char *remedy)
{
	unsigned i;

	for (i = 0; i < NEED_COUNT; i++)
		if (needs & NEED_BIT(i) && run_has(r, NEED_BIT(i)))
			facts_gap(r->f, (enum need)i, why, remedy);
}

/* What takes many pings. */
#define LADDER (NEED_BIT(NEED_SIZES) | NEED_BIT(NEED_LOSS_UP) | NEED_BIT(NEED_LOSS_DOWN))

static void no_pings(struct run *r, const char *why, const char *remedy)
{
	gap_all(r, NEED_BIT(NEED_PING_PEER) | LADDER, why, remedy);
	gap_all(r, NEED_BIT(NEED_PING_SELF), why, NULL);
}

static const char no_endpoint[] = "the peer has no endpoint yet: it has to come first";
static const char no_target[] = "no address inside the tunnel is known that could be asked";
static const char name_target[] = "name one: --ping ADDR";

/* Why nothing can be sent to the peer, whatever is tried; NULL: it can, or we do not know. */
static const char *cannot_send(const struct attach *x)
{
	const struct uapi_peer *p = x->device ? run_peer(&x->r, END_NEAR, x->device) : NULL;

	if (!x->link.up)
		return "the tunnel's interface is down";
	if (x->up && x->up->held)
		return x->up->held;
	if (!x->device)
		return NULL;
	if (x->r.f->config[END_NEAR].has_private_key == 0)
		return "the engine has no private key";
	if (!p)
		return "no peer is configured";
	if (p->n_allowed == 0)
		return "the peer's allowed IPs are empty: nothing can be sent to it";
	/* Another engine may be hidden, and know it. */
	if (x->r.end[END_FAR].outer.family == FAMILY_NONE)
		return no_endpoint;
	return NULL;
}

/* Nothing is sent that could bring a session about: is there one? */
static void session_unasked(struct attach *x, const char *why, const char *remedy)
{
	struct handshake_facts *h = &x->r.f->handshake;

	h->waited_ns = 0;
	h->complete = h->age_ns != UNKNOWN && h->age_ns < REJECT_AFTER_TIME_S * NS_PER_S;
	/* A peer that has to come first, and did not, is offline: that is for the row to say. */
	if (h->complete || why == no_endpoint)
		facts_have(x->r.f, NEED_HANDSHAKE);
	else
		facts_gap(x->r.f, NEED_HANDSHAKE, why, remedy);
}

/* To who answers none they would only look like loss. */
static void no_ladder(struct run *r)
{
	gap_all(r, LADDER, "nobody inside the tunnel answers pings", NULL);
	r->left_out |= LADDER;
	r->has_words |= LADDER;
}

/* Nobody was asked, for want of a right, say: that is the reason then. */
static void no_ladder_either(struct run *r)
{
	const struct gap *g = &r->f->gaps[NEED_PING_PEER];
	unsigned i;

	if (r->f->have & NEED_BIT(NEED_PING_PEER) || !g->why || !g->remedy)
		return;
	for (i = 0; i < NEED_COUNT; i++)
		if (LADDER & r->has_words & NEED_BIT(i))
			facts_gap(r->f, (enum need)i, g->why, g->remedy);
}

static void provoke(struct run *r)
{
	run_tell(r, RUN_STEP_HANDSHAKE, "handshake");
	run_handshake(r);
}

/* A session that another program's packets keep alive, or one that ours must bring about. */
static void session(struct attach *x, const char *blocked)
{
	struct run *r = &x->r;
	const struct uapi_peer *p = x->device ? run_peer(r, END_NEAR, x->device) : NULL;
	const struct gap *g = &r->f->gaps[NEED_ENGINE];

	if (p && uapi_peer_handshake_ns(p))
		r->f->handshake.age_ns = MAX(r->p->wall_ns() - uapi_peer_handshake_ns(p), 0);
	if (!run_has(r, NEED_BIT(NEED_HANDSHAKE)))
		return;
	if (blocked)
		session_unasked(x, blocked, NULL);
	else if (!x->device && r->end[END_NEAR].via != WG_VIA_NONE)
		facts_gap(r->f, NEED_HANDSHAKE, g->why, g->remedy);
	else if (!x->targets.n)
		session_unasked(x, no_target, name_target);
	else if (!x->device && !r->taps[TAP_NEAR_WIRE])
		facts_gap(r->f, NEED_HANDSHAKE,
			  "neither its engine nor the way to its endpoint could be asked",
			  run_attach_endpoint(x) ? NULL :
						   "say where its peer is: --endpoint HOST:PORT");
	else
		provoke(r);
}

static bool is_there_another_way(const struct attach *x)
{
	const struct run *r = &x->r;

	return x->up && !x->up->held && run_has(r, NEED_BIT(NEED_HANDSHAKE)) &&
	       !r->f->interrupted && !r->f->handshake.complete && !run_engine_died(r, END_NEAR) &&
	       run_up_next(x->up, &r->end[END_FAR].public_key);
}

static bool has_session(const struct attach *x)
{
	const struct uapi_peer *p = x->device ? run_peer(&x->r, END_NEAR, x->device) : NULL;
	int64_t at = p ? uapi_peer_handshake_ns(p) : 0;

	return at && x->r.p->wall_ns() - at < REJECT_AFTER_TIME_S * NS_PER_S;
}

/* By the file it is we who come, where that gives it an endpoint, though it has no address. */
static bool must_come(const struct attach *x)
{
	const struct intended_facts *t = x->conf->intended;
	const struct intended_peer *p = t ? intended_peer(t, &x->r.end[END_FAR].public_key) : NULL;

	return !p || !p->endpoint;
}

static void measure(struct attach *x)
{
	struct run *r = &x->r;
	const char *blocked = cannot_send(x);

	if (!blocked && x->targets.n && run_has(r, RUN_PING_NEEDS | NEED_BIT(NEED_HANDSHAKE)) &&
	    !has_session(x))
		run_ahead_wait(x);
	run_taps_open(r, TAP_NEAR_TUN, TAP_NEAR_WIRE);
	run_attempts_listen(r);
	run_gather_before(r);
	facts_gap(r->f, NEED_CALLS, "there is somebody who can be asked", NULL);
	if (blocked == no_endpoint && must_come(x) && !x->listened)
		run_listen(x);
	if (x->came) {
		run_others_close(x);
		return;
	}
	if (run_has(r, NEED_BIT(NEED_FRAMING)))
		run_framing(r);
	run_attach_first_target(x);
	run_others_ask(x);
	session(x, blocked);
	/* What was seen until now is all that tells of the session of one that cannot be asked. */
	if (r->f->target.kind == TARGET_OPAQUE)
		run_taps_settle(r);
	x->again = is_there_another_way(x);
	if (x->up && !x->again)
		conf_wipe(x->up->file->conf);
	if (x->again) {
		run_others_close(x);
		return;
	}
	run_far_begin(x);
	if (!blocked && !run_interrupted(r) && run_has(r, RUN_PING_NEEDS)) {
		run_tell(r, RUN_STEP_PING, "ping");
		if (!run_find(r, &x->targets, x->up))
			no_ladder(r);
	}
	if (blocked)
		no_pings(r, blocked, NULL);
	else if (run_target(r)->family == FAMILY_NONE)
		no_pings(r, no_target, name_target);
	else if (!run_interrupted(r) && run_has(r, RUN_PING_NEEDS))
		run_pings(r);
	no_ladder_either(r);
	run_others_end(x);
	run_tell(r, RUN_STEP_COUNTERS, "counters");
	run_last_look(r);
	run_gather_after(r);
	run_ladder(r);
	run_other_family(x);
	run_far_fetch(x);
}

/* What the user has given is no row's to look for. */
static void take_given(struct attach *x)
{
	struct facts *f = x->r.f;
	struct engine_facts *g = &f->engine[END_NEAR];
	const struct engine_log_given *log = x->conf->log;

	if (x->conf->intended) {
		f->intended = *x->conf->intended;
		facts_have(f, NEED_INTENDED);
	} else {
		facts_gap(f, NEED_INTENDED, "no file given", NULL);
	}
	if (!log)
		return;
	g->log_file = log->file;
	g->log_cut = log->cut;
	g->log_lines = log->lines;
	memcpy(g->log_says, log->says, sizeof(g->log_says));
}

static int steps(struct attach *x, struct err *e)
{
	struct run *r = &x->r;
	int rc;

	r->end[END_NEAR] =
		(struct run_end){ .here = true, .netns = x->conf->netns, .tun = x->conf->ifname };
	if (x->up) {
		r->end[END_NEAR].ops = r->conf->engine;
		r->end[END_NEAR].engine = x->up->engine;
	}
	r->end[END_FAR].netns = -1;
	rc = r->p->netns_get && r->home_netns < 0 ? r->p->netns_get(&r->home_netns, e) : 0;
	if (!rc)
		rc = run_in(r, END_NEAR, find_link, x, e);
	if (!rc)
		rc = is_tunnel(x, e);
	if (rc < 0)
		return rc;
	r->f->target.name = x->conf->ifname;
	/* Before its engine is asked for anything. */
	if (!strcmp(x->link.kind, "wireguard"))
		run_debug_start(r, x->conf->ifname);
	else
		run_debug_not_kernel(r);
	ask_engine(x);
	run_attach_name_engine(x);
	rc = run_attach_peer(x, e);
	if (rc < 0)
		return rc;
	facts_have(r->f, NEED_ENGINE_START);
	take_given(x);
	if (r->conf->begun)
		r->conf->begun(r->conf->ctx, r->f);
	run_attach_way(x);
	run_attach_targets(x);
	/* For the first address of the endpoint they are made, for the next they are there. */
	if (x->up && !x->up->routed) {
		x->up->routed = true;
		run_up_routes(x->up, &x->targets);
		rc = run_up_post(x->up, e);
	}
	/* A hook that a signal ended is no fault of the file. */
	if (rc < 0)
		return run_interrupted(r) ? 0 : rc;
	if (x->up)
		run_up_bind(x->up, &x->targets);
	if (x->conf->record)
		return run_record(x, e);
	run_others_choose(x);
	measure(x);
	return 0;
}

void run_attach_plan(struct run *r)
{
	/* Bulk data needs a far end that takes part; here pings are what there is. */
	if (run_has(r, NEED_BIT(NEED_STREAMS)))
		r->left_out &= ~(NEED_BIT(NEED_PING_PEER) | NEED_BIT(NEED_SIZES) |
				 NEED_BIT(NEED_HANDSHAKE) | NEED_BIT(NEED_ADDRS) |
				 NEED_BIT(NEED_ROUTES) | NEED_BIT(NEED_LINKS));
	/* It tells an answer of the peer from one of this host's own filter. */
	if (run_has(r, RUN_PING_NEEDS))
		r->left_out &= ~NEED_BIT(NEED_TAP_NEAR_TUN);
	/* What differs from the file matters where nobody answers. */
	if (r->conf->needs & NEED_BIT(NEED_INTENDED))
		r->left_out &= ~NEED_BIT(NEED_HANDSHAKE);
	r->left_out |= RUN_FAR_NEEDS;
	run_mark_left_out(r);
}

void run_attach_end(struct attach *x)
{
	struct run *r = &x->r;

	loop_set_stop_fd(r->loop, -1);
	run_taps_close(r);
	run_debug_end(r);
	run_response_time(r->f);
	if (r->f->interrupted)
		run_fill_gaps(r->f, "interrupted");
	run_mark_left_out(r);
	if (r->home_netns >= 0)
		close(r->home_netns);
	r->home_netns = -1;
}

int run_attach_steps(struct attach *x, struct err *e)
{
	struct facts *f = x->r.f, at_start = *f;
	struct attach as_was = *x;
	int rc = steps(x, e);

	if (rc < 0 || !x->came)
		return rc;
	run_taps_close(&x->r);
	as_was.r.home_netns = x->r.home_netns;
	*x = as_was;
	*f = at_start;
	x->listened = true;
	return steps(x, e);
}

int run_attach(const struct run_conf *c, const struct run_existing *ex, struct arena *a,
	       struct facts *f, struct err *e)
{
	struct attach *x = arena_alloc(a, sizeof(*x));
	int rc = run_open(&x->r, c, a, f, e);

	if (rc < 0)
		return rc;
	x->conf = ex;
	x->r.intended = ex->intended;
	x->r.psks = ex->psks;
	f->target = (struct target_facts){ .kind = TARGET_INTERFACE, .engine = "unknown" };
	run_drops_open(&x->r);
	x->r.debug = run_debug_open(c, a);
	run_attach_plan(&x->r);
	rc = run_attach_steps(x, e);
	run_attach_end(x);
	run_close(&x->r);
	return rc;
}
