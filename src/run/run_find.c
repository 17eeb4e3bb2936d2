/*
 * Which inner address of the far side answers?
 *
 * Nobody named one, or one was named that may not answer ping. All candidates are asked at
 * once; the first in their order that answered is pinged later. A peer that does not answer
 * at all by ICMP is asked by TCP, and whoever refuses there is found as well. It is pinged once
 * more then: on a way that loses a third in each direction three pings come to nothing one time
 * in six.
 */
#include <string.h>

#include "probe/echo.h"
#include "probe/hop.h"
#include "probe/knock.h"
#include "run/run_find_priv.h"
#include "run/run_up.h"

enum {
	ECHO_INTERVAL_MS = 300,
	ECHO_TIMEOUT_MS = 1000,
	KNOCK_MS = 1200,
	AGAIN_TRIES = 6,
	AGAIN_INTERVAL_MS = 100,
	GRACE_MS = 50, /* for one that stands before the one that answered */
	/* Linux sends some six ICMP errors to one host, then one a second: these come first. */
	BESIDE_ALONE_MS = 400,
};

/* What a firewall most often lets through. */
static const uint16_t ports[] = { 443, 80, 22, 53, 445 };

/* --- asking --------------------------------------------------------------------- */

struct opening {
	struct find *x;
	size_t i;
	bool tcp;
};

static int open_here(void *ctx, struct err *e)
{
	struct opening *o = ctx;
	struct run *r = o->x->r;
	struct asked *q = &o->x->asked[o->i];
	const struct ip_addr *a = &q->target->addr;
	struct echo_conf c = {
		.target = *a,
		.source = run_way_source(r, &q->path),
		.link = r->bind_to,
		.count = o->tcp ? AGAIN_TRIES : RUN_FIND_TRIES,
		.payload_len = run_echo_payload(a),
		.interval_ns = (o->tcp ? AGAIN_INTERVAL_MS : ECHO_INTERVAL_MS) * NS_PER_MS,
		.timeout_ns = ECHO_TIMEOUT_MS * NS_PER_MS,
		.tells = r->p->udp_errors ? r->p : NULL,
		.id = run_echo_id(r, ECHO_FIND + (unsigned)o->i),
		.seed = r->conf->seed + 200 + o->i,
	};
	struct hop_conf h = {
		.target = *a,
		.link = r->bind_to,
		.port = RUN_FIND_HOP_PORT,
		.hop_limit = 1,
		.count = RUN_FIND_TRIES,
		.interval_ns = ECHO_INTERVAL_MS * NS_PER_MS,
		.timeout_ns = ECHO_TIMEOUT_MS * NS_PER_MS,
	};
	struct knock_conf k = {
		.target = *a,
		.source = run_way_source(r, &q->path),
		.link = r->bind_to,
		.ports = ports,
		.n_ports = ARRAY_LEN(ports),
	};

	if (o->tcp)
		knock_open(&k, r->loop, r->arena, &q->knock, e);
	if (q->target->how == TARGET_HOP)
		return hop_open(&h, r->p, r->loop, r->arena, &q->hop, e);
	return echo_open(&c, r->loop, r->arena, &q->echo, e);
}

static void start(struct asked *q)
{
	if (q->knock)
		knock_start(q->knock);
	if (q->hop)
		hop_start(q->hop);
	else if (q->echo)
		echo_start(q->echo);
}

/*
 * The kernel's engine makes some by itself, of packets that it has no use for; those come from an
 * address of this host, and not of the tunnel's alone.
 */
static bool is_ours(struct run *r, struct asked *q, const struct ip_addr *from)
{
	struct path_facts way;

	if (ip_addr_equal(&q->looked_at, from))
		return q->ours;
	q->looked_at = *from;
	q->ours = run_way(r, from, &way) == 0 && way.dev && !strcmp(way.dev, "lo");
	return q->ours;
}

static bool echoes(const struct asked *q)
{
	struct ping_facts p;

	if (!q->echo)
		return false;
	echo_facts(q->echo, &p, NULL);
	return p.received + MAX(p.late, 0) > 0;
}

/* Who sent an ICMP error instead; that somebody on the way cannot reach it is no answer of one that
 * was named.
 */
static bool errs(struct run *r, struct asked *q, struct ip_addr *from)
{
	if (!q->echo || !echo_error(q->echo, from) || is_ours(r, q, from))
		return false;
	return q->target->how != TARGET_GIVEN || ip_addr_equal(from, &q->target->addr);
}

static bool answered(struct run *r, struct asked *q, struct inner_target_facts *out)
{
	struct ip_addr from = q->target->addr, other;
	enum answered_by how = ANSWERED_NONE;
	uint16_t port = 0;
	bool refused;

	if (q->knock)
		port = knock_answer(q->knock, &refused);
	if (q->hop && hop_answer(q->hop, &other) && !is_ours(r, q, &other)) {
		how = ANSWERED_HOP;
		from = other;
	} else if (echoes(q)) {
		how = ANSWERED_ECHO;
	} else if (port) {
		how = ANSWERED_TCP;
		out->port = port;
	} else if (errs(r, q, &other)) {
		how = ANSWERED_ERROR;
		from = other;
	}
	if (how) {
		out->answered = how;
		out->from = from;
	}
	return how;
}

static bool is_over(const struct asked *q)
{
	return (!q->knock || knock_done(q->knock)) && (!q->hop || hop_done(q->hop)) &&
	       (!q->echo || echo_done(q->echo));
}

static const struct target *named(const struct find *x)
{
	const struct target *t = x->n ? x->asked[0].target : NULL;

	return t && t->how == TARGET_GIVEN ? t : NULL;
}

/* All have ended, or the first one did, with an answer. */
static bool is_found(void *ctx)
{
	struct find *x = ctx;
	struct inner_target_facts f;
	size_t i;

	for (i = 0; i < x->n; i++) {
		if (answered(x->r, &x->asked[i], &f))
			return true;
		if (!is_over(&x->asked[i]))
			return false;
	}
	return true;
}

/* What answers in the other family tells nothing of the one that was named. */
static bool counts(const struct find *x, size_t i)
{
	const struct target *t = named(x);

	return !t || x->asked[i].target->addr.family == t->addr.family;
}

static bool any_found(void *ctx)
{
	struct find *x = ctx;
	struct inner_target_facts f;
	bool over = true;
	size_t i;

	for (i = 0; i < x->n; i++) {
		if (counts(x, i) && answered(x->r, &x->asked[i], &f))
			return true;
		over = over && is_over(&x->asked[i]);
	}
	return over;
}

static bool any_echo(void *ctx)
{
	struct find *x = ctx;
	bool over = true;
	size_t i;

	for (i = 0; i < x->n; i++) {
		if (counts(x, i) && echoes(&x->asked[i]))
			return true;
		over = over && is_over(&x->asked[i]);
	}
	return over;
}

static void note(struct find *x)
{
	size_t i;

	for (i = 0; i < x->n; i++) {
		struct inner_target_facts f = {
			.addr = x->asked[i].target->addr,
			.how = x->asked[i].target->how,
			.taken_net = x->asked[i].target->taken_net,
			.taken_by = x->asked[i].target->taken_by,
		};

		if (answered(x->r, &x->asked[i], &f))
			x->r->f->inner_targets[i] = f;
		else if (!x->r->f->inner_targets[i].answered)
			x->r->f->inner_targets[i] = f;
	}
	x->r->f->n_inner_targets = x->n;
}

static void close_all(struct find *x)
{
	size_t i;

	for (i = 0; i < x->n; i++) {
		if (x->asked[i].echo)
			x->r->slowest_ns = MAX(x->r->slowest_ns, echo_slowest_ns(x->asked[i].echo));
		echo_close(x->asked[i].echo);
		hop_close(x->asked[i].hop);
		knock_close(x->asked[i].knock);
		x->asked[i].echo = NULL;
		x->asked[i].hop = NULL;
		x->asked[i].knock = NULL;
	}
}

static void begin(struct find *x, bool tcp)
{
	struct err e;
	size_t i;

	for (i = 0; i < x->n; i++) {
		struct opening o = { x, i, tcp };

		/* One that cannot be asked so is one that did not answer. */
		if (!x->asked[i].through || (tcp && x->asked[i].target->how == TARGET_HOP))
			continue;
		run_in(x->r, END_NEAR, open_here, &o, &e);
		start(&x->asked[i]);
	}
}

static void ask(struct find *x, bool tcp, int ms)
{
	int64_t from = loop_now(x->r->loop),
		last = from + AGAIN_TRIES * AGAIN_INTERVAL_MS * NS_PER_MS;

	begin(x, tcp);
	loop_run(x->r->loop, run_until(x->r, ms), any_found, x);
	/* An answer to a ping says more than one by TCP: the last ping is given the same time. */
	if (tcp)
		loop_run(x->r->loop, MIN(run_until(x->r, ms), last + loop_now(x->r->loop) - from),
			 any_echo, x);
	loop_run(x->r->loop, MIN(run_until(x->r, ms), run_until(x->r, GRACE_MS)), is_found, x);
	note(x);
	close_all(x);
}

/* --- the whole -------------------------------------------------------------------- */

/* From now on this is what is probed. */
static void choose(struct run *r, const struct ip_addr *a)
{
	struct path_facts way;

	run_aim(r, a, &way);
	if (r->f->have & NEED_BIT(NEED_PATHS))
		r->f->paths[r->f->n_paths++] = way;
}

/* Guesses that do not even lead into the tunnel are none. */
static const struct target *likeliest(const struct find *x)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		if (x->asked[i].through)
			return x->asked[i].target;
	for (i = 0; i < x->n; i++)
		if (x->asked[i].target->how == TARGET_SINGLE)
			return x->asked[i].target;
	return NULL;
}

/* Who answered with an ICMP error need not answer pings: a look, before many are sent. */
static bool answers_echo(struct run *r, const struct ip_addr *a)
{
	struct find *x = arena_alloc(r->arena, sizeof(*x));
	const struct target t = { .addr = *a, .how = TARGET_SINGLE };
	struct inner_target_facts f;
	bool yes;

	x->r = r;
	x->n = 1;
	x->asked[0] = (struct asked){ .target = &t };
	run_way(r, a, &x->asked[0].path);
	x->asked[0].through = true;
	begin(x, false);
	loop_run(r->loop, run_until(r, RUN_FIND_TRIES * ECHO_INTERVAL_MS + ECHO_TIMEOUT_MS),
		 any_found, x);
	yes = answered(x->r, &x->asked[0], &f) && f.answered == ANSWERED_ECHO;
	close_all(x);
	return yes;
}

static bool is_unforeseen(const struct inner_target_facts *b)
{
	return b->answered == ANSWERED_HOP || b->answered == ANSWERED_ERROR;
}

/*
 * Who answered at the hop limit, or with an error, is an address that nobody knew before, so it
 * may be routed elsewhere; a ping that goes there tells nothing of the tunnel.
 */
static bool may_be_pinged(struct run *r, const struct inner_target_facts *b, struct run_up *up)
{
	struct path_facts way;

	if (!is_unforeseen(b))
		return true;
	if (up)
		run_up_route_to(up, &b->from);
	run_way(r, &b->from, &way);
	return run_way_leads_in(r, &way);
}

/* By ping, and by TCP and more pings where that had no answer. */
static void ask_all(struct find *x)
{
	struct run *r = x->r;
	size_t i;

	ask(x, false, RUN_FIND_TRIES * ECHO_INTERVAL_MS + ECHO_TIMEOUT_MS);
	/* Whoever was named is asked again, also where another answered. */
	for (i = 1; i < x->n && facts_answer(r->f); i++)
		x->asked[i].through = false;
	if ((facts_answer(r->f) && !(named(x) && !r->f->inner_targets[0].answered)) ||
	    run_interrupted(r))
		return;
	run_find_begin_beside(x);
	loop_run(r->loop, run_until(r, BESIDE_ALONE_MS), run_find_beside_is_over, x);
	ask(x, true, KNOCK_MS);
	run_find_end_beside(x);
}

/* Beside the one that was named. */
static const struct inner_target_facts *other_echo(const struct find *x)
{
	size_t i;

	for (i = 1; i < x->n; i++)
		if (x->r->f->inner_targets[i].answered == ANSWERED_ECHO)
			return &x->r->f->inner_targets[i];
	return NULL;
}

bool run_find(struct run *r, const struct targets *t, struct run_up *up)
{
	struct find *x = arena_alloc(r->arena, sizeof(*x));
	const struct inner_target_facts *b;
	const struct target *pinged;
	const struct inner_target_facts *other;
	bool enters, pingable;
	size_t i;

	x->r = r;
	x->n = t->n;
	r->f->inner_targets = arena_alloc(r->arena, (t->n + 1) * sizeof(*r->f->inner_targets));
	for (i = 0; i < t->n; i++) {
		struct asked *q = &x->asked[i];

		q->target = &t->t[i];
		run_way(r, &q->target->addr, &q->path);
		q->through = run_way_leads_in(r, &q->path);
	}
	if (run_is_shut(r))
		note(x);
	else
		ask_all(x);
	b = facts_answer(r->f);
	pinged = named(x) ? named(x) : likeliest(x);
	enters = b && may_be_pinged(r, b, up);
	pingable = b && (b->answered == ANSWERED_ECHO ||
			 (is_unforeseen(b) && enters && answers_echo(r, &b->from)));
	/* Who was named is pinged, whoever else answers; and who answers pings tells of the way. */
	if (named(x) && r->f->inner_targets[0].answered != ANSWERED_ECHO) {
		other = other_echo(x);
		if (other || (pingable && b != &r->f->inner_targets[0]))
			r->f->measured = other ? other->from : b->from;
		pingable = pingable || other;
	}
	if (enters && !named(x))
		choose(r, &b->from);
	else if (pinged)
		choose(r, &pinged->addr);
	/*
	 * Of one that must answer it is worth knowing how far its silence goes; not where this
	 * host itself may refuse the answers.
	 */
	return b ? pingable : named(x) && !r->bind_to;
}
