/*
 * Do the peers come that are not looked at?
 *
 * A packet to one of them makes the engine shake hands with it, if it was silent for longer than
 * a session lives. Whether it came is the engine's word, and not that of an echo: firewalls that
 * filter pings are many, and the handshake is done all the same. All are asked at once and early,
 * so that the time it takes is that of the rest of the run. One that is silent costs as long as an
 * engine needs to repeat an initiation that was lost; one whose silence would be a fault as long as
 * it needs to repeat it four times, for a path that loses messages is none (other_peers.h).
 */
#include <errno.h>
#include <string.h>

#include "check/other_peers.h"
#include "check/tunnel.h"
#include "gather/gather.h"
#include "probe/echo.h"
#include "run/run_attach_priv.h"
#include "wg/limits.h"

enum {
	OTHERS_MAX = 64,
	ECHOES = 2,
	ECHO_INTERVAL_MS = 300,
	PAYLOAD_LEN = 56,
	/* an initiation that was lost is repeated after 5 s, plus 1/3 s, and has its way to go */
	WAIT_MS = 7000,
	/* the same of the fifth */
	SURELY_MS = 22500,
	LOOK_MS = 50,
	ASK_MS = 1000,
};

_Static_assert(SURELY_MS - WAIT_MS <= RUN_OTHERS_S * 1000, "it may take longer than it says");

struct other {
	struct public_key key;
	const char *why; /* it is not asked; NULL: it is */
	struct ip_addr to, from;
	struct echo *echo;
	bool came;
};

struct others {
	struct other o[OTHERS_MAX];
	size_t n, n_more; /* more: than there is room for */
	struct ip_addr to[OTHERS_MAX]; /* of those that are asked */
	size_t n_asked;
	int64_t asked_at; /* loop time */
};

/* --- who --------------------------------------------------------------------------- */

/* One without an endpoint has to come by itself; one that was heard is there. */
static bool is_worth_asking(const struct attach *x, const struct peer_config *p)
{
	const struct facts *f = x->r.f;

	if (public_key_equal(&p->key, &f->target.peer) || p->endpoint.addr.family == FAMILY_NONE)
		return false;
	/* Who names one wants to know of that one. */
	if (x->conf->peer && !tunnel_peer_is_required(f, p))
		return false;
	if (p->handshake_wall_ns == UNKNOWN)
		return false;
	return f->started_wall_ns - p->handshake_wall_ns > REJECT_AFTER_TIME_S * NS_PER_S;
}

static bool leads_into_tun(const struct attach *x, const struct ip_addr *to, struct ip_addr *from)
{
	struct path_facts way;
	struct err unsaid;

	if (gather_path(x->r.p, PATH_INNER, to, 0, x->r.arena, &way, &unsaid) < 0 || !way.dev ||
	    strcmp(way.dev, x->conf->ifname) != 0)
		return false;
	*from = way.prefsrc;
	return true;
}

/* Which of its addresses; NULL, or why none. */
static const char *choose_address(struct attach *x, const struct peer_config *p, struct other *o)
{
	struct targets_ask ask = {
		.config = &x->r.f->config[END_NEAR],
		.peer = p,
		.net = &x->net,
		.tun = x->conf->ifname,
	};
	char text[IP_ADDR_STR_SIZE];
	struct targets t;
	size_t i;

	targets_of_other(&ask, &t);
	for (i = 0; i < t.n; i++) {
		o->to = t.t[i].addr;
		if (leads_into_tun(x, &o->to, &o->from))
			return NULL;
		if (x->up && run_up_route(x->up, &x->net, &o->to) &&
		    leads_into_tun(x, &o->to, &o->from))
			return NULL;
	}
	if (!t.n)
		return "no address among its allowed IPs is its own";
	return arena_printf(x->r.arena, "%s is not routed into %s", ip_addr_str(&t.t[0].addr, text),
			    x->conf->ifname);
}

/*
 * One whose messages cannot leave is not asked: the engine would count that as a fault of its
 * own. Nor is one at the probed peer's endpoint, whose messages would be taken for that one's.
 */
static const char *choose_one(struct attach *x, const struct peer_config *p, struct other *o)
{
	const struct run_end *far = &x->r.end[END_FAR];
	const struct config_facts *c = &x->r.f->config[END_NEAR];
	struct path_facts way;
	struct err e;

	if (p->n_allowed == 0)
		return "its allowed IPs are empty";
	if (ip_addr_equal(&p->endpoint.addr, &far->outer) && p->endpoint.port == far->port)
		return "its endpoint is that of the peer that is probed";
	if (gather_path(x->r.p, PATH_ENDPOINT, &p->endpoint.addr,
			c->fwmark > 0 ? (uint32_t)c->fwmark : 0, x->r.arena, &way, &e) < 0)
		return arena_strdup(x->r.arena, e.text);
	if (!way.dev)
		return "there is no route to its endpoint";
	if (!strcmp(way.dev, x->conf->ifname))
		return "the route to its endpoint leads into the tunnel itself";
	return choose_address(x, p, o);
}

static int choose_here(void *ctx, struct err *e)
{
	struct attach *x = ctx;
	struct others *all = x->others;
	const struct config_facts *c = &x->r.f->config[END_NEAR];
	size_t i;

	(void)e;
	for (i = 0; i < c->n_peers; i++) {
		struct other *o = &all->o[all->n];

		if (!is_worth_asking(x, &c->peers[i]))
			continue;
		if (all->n == OTHERS_MAX) {
			all->n_more++;
			continue;
		}
		all->n++;
		o->key = c->peers[i].key;
		o->why = choose_one(x, &c->peers[i], o);
		if (!o->why)
			all->to[all->n_asked++] = o->to;
	}
	return 0;
}

void run_others_choose(struct attach *x)
{
	struct run *r = &x->r;
	struct err e;

	if (!run_has(r, NEED_BIT(NEED_PEERS)) || !x->device || !x->link.up ||
	    r->f->config[END_NEAR].n_peers < 2 || r->f->config[END_NEAR].has_private_key == 0)
		return;
	x->others = arena_alloc(r->arena, sizeof(*x->others));
	if (run_in(r, END_NEAR, choose_here, x, &e) < 0) {
		x->others = NULL;
		return;
	}
	r->end[END_NEAR].others = x->others->to;
	r->end[END_NEAR].n_others = x->others->n_asked;
}

/* --- asking -------------------------------------------------------------------------- */

static int open_here(void *ctx, struct err *e)
{
	struct attach *x = ctx;
	struct run *r = &x->r;
	size_t i;

	for (i = 0; i < x->others->n; i++) {
		struct other *o = &x->others->o[i];
		struct echo_conf c = {
			.target = o->to,
			.source = o->from,
			.count = ECHOES,
			.payload_len = PAYLOAD_LEN,
			.interval_ns = ECHO_INTERVAL_MS * NS_PER_MS,
			.timeout_ns = SURELY_MS * NS_PER_MS,
			.id = run_echo_id(r, ECHO_OTHERS + (unsigned)i),
			.seed = r->conf->seed + 400 + i,
		};

		if (!o->why && echo_open(&c, r->loop, r->arena, &o->echo, e) < 0) {
			o->echo = NULL;
			o->why = arena_strdup(r->arena, e->text);
		}
	}
	return 0;
}

void run_others_ask(struct attach *x)
{
	struct others *all = x->others;
	struct err e;
	size_t i;

	if (!all || run_in(&x->r, END_NEAR, open_here, x, &e) < 0)
		return;
	all->asked_at = loop_now(x->r.loop);
	for (i = 0; i < all->n; i++)
		if (all->o[i].echo)
			echo_start(all->o[i].echo);
}

void run_others_close(struct attach *x)
{
	size_t i;

	for (i = 0; x->others && i < x->others->n; i++) {
		echo_close(x->others->o[i].echo);
		x->others->o[i].echo = NULL;
	}
}

/* --- who came -------------------------------------------------------------------------- */

/* The system may have refused what was to be sent, such as by a rule of its firewall. */
static void see_sent(struct attach *x)
{
	struct ping_facts p;
	size_t i;

	for (i = 0; i < x->others->n; i++) {
		struct other *o = &x->others->o[i];

		if (o->why)
			continue;
		if (o->echo)
			echo_facts(o->echo, &p, NULL);
		if (!o->echo)
			o->why = "nothing could be sent to it";
		else if (p.sent < 1)
			o->why = arena_printf(x->r.arena, "a packet to it could not be sent%s%s",
					      p.send_error ? ": " : "",
					      p.send_error ? p.send_error : "");
	}
}

static struct other *other_of(struct others *all, const struct public_key *k)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (public_key_equal(&all->o[i].key, k))
			return &all->o[i];
	return NULL;
}

/* The engine's word of each. */
static int look(struct attach *x)
{
	struct run *r = &x->r;
	struct uapi_device *d;
	struct arena tmp;
	struct err e;
	size_t i;
	int rc;

	arena_init(&tmp);
	rc = run_ask(r, END_NEAR, ASK_MS, &tmp, &d, &e);
	for (i = 0; !rc && i < r->f->config[END_NEAR].n_peers; i++) {
		struct peer_config *p = &r->f->config[END_NEAR].peers[i];
		struct other *o = other_of(x->others, &p->key);
		size_t k;

		for (k = 0; k < d->n_peers; k++)
			if (public_key_equal(&d->peers[k].public_key, &p->key))
				p->handshake_end_wall_ns = uapi_peer_handshake_ns(&d->peers[k]);
		if (o && p->handshake_end_wall_ns > 0)
			o->came = r->f->started_wall_ns - p->handshake_end_wall_ns <=
				  REJECT_AFTER_TIME_S * NS_PER_S;
	}
	arena_done(&tmp);
	return rc;
}

/* Of those that were asked and did not come: how long is the longest worth waiting for? 0: none. */
static int64_t worth_ns(const struct attach *x)
{
	const struct facts *f = x->r.f;
	int64_t ns = 0;
	size_t i;

	for (i = 0; i < x->others->n; i++) {
		const struct other *o = &x->others->o[i];
		const struct peer_config *p = config_peer(&f->config[END_NEAR], &o->key);

		if (!o->why && !o->came)
			ns = MAX(ns,
				 (p && other_must_answer(f, p) ? SURELY_MS : WAIT_MS) * NS_PER_MS);
	}
	return ns;
}

static void wait_for_them(struct attach *x)
{
	struct run *r = &x->r;
	int64_t until, longest = worth_ns(x);

	if (!longest)
		return;
	run_tell(r, RUN_STEP_COUNTERS, "other peers");
	/* The rest of the run takes none of its time from it. */
	if (longest > WAIT_MS * NS_PER_MS)
		r->deadline_ns += RUN_OTHERS_S * NS_PER_S;
	while (!run_interrupted(r)) {
		until = MIN(x->others->asked_at + worth_ns(x), r->deadline_ns);
		if (loop_now(r->loop) >= until)
			return;
		if (loop_run(r->loop, MIN(until, run_until(r, LOOK_MS)), NULL, NULL) == -EINTR)
			return;
		if (look(x) < 0)
			return;
	}
}

static void note(struct attach *x, int64_t waited_ns)
{
	struct config_facts *c = &x->r.f->config[END_NEAR];
	size_t i;

	for (i = 0; i < c->n_peers; i++) {
		const struct other *o = other_of(x->others, &c->peers[i].key);

		if (o && !o->why) {
			c->peers[i].asked = o->to;
			c->peers[i].asked_ns = waited_ns;
		}
		if (o)
			c->peers[i].not_asked = o->why;
		else if (x->others->n_more && is_worth_asking(x, &c->peers[i]))
			c->peers[i].not_asked = "64 others are asked, and no more";
	}
}

void run_others_end(struct attach *x)
{
	struct run *r = &x->r;
	const struct gap *g = &r->f->gaps[NEED_CONFIG];

	if (!run_has(r, NEED_BIT(NEED_PEERS)))
		return;
	if (!x->others) {
		facts_gap(r->f, NEED_PEERS,
			  x->device ? "there is nobody else, or the tunnel is down" : g->why,
			  x->device ? NULL : g->remedy);
		return;
	}
	see_sent(x);
	if (look(x) == 0)
		wait_for_them(x);
	note(x, loop_now(r->loop) - x->others->asked_at);
	run_others_close(x);
	facts_have(r->f, NEED_PEERS);
}
