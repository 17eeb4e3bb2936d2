/*
 * Do packets to the inner addresses enter the tunnel, and with an address of its own?
 *
 * What the kernel answers for each address decides, not the list of routes: rules, marks
 * and more specific routes of other programs are in that answer.
 *
 * A tunnel that is brought up from a file has only routes to what is probed, and somebody may have
 * such a route already. That is a fault where it would be one with wg-quick(8) too. It is none
 * where the file itself says that routes are somebody else's to make (Table).
 */
#include "check/check_list.h"
#include "check/transit.h"
#include "check/tunnel.h"
#include "check/words.h"

#include <string.h>

enum { LOCAL_TABLE = 255, MAIN_TABLE = 254 }; /* rtnetlink(7) */

static bool tun_has_family(const struct facts *f, uint8_t family)
{
	size_t i;

	for (i = 0; i < f->net_start[END_NEAR].n_addrs; i++)
		if (strcmp(f->net_start[END_NEAR].addrs[i].link, f->target.name) == 0 &&
		    f->net_start[END_NEAR].addrs[i].addr.addr.family == family &&
		    !tunnel_addr_is_link_local(&f->net_start[END_NEAR].addrs[i].addr.addr))
			return true;
	return false;
}

/* A tun without an address of that family borrows one of another link: legitimate. */
static bool source_is_foreign(const struct facts *f, const struct path_facts *p)
{
	return (f->have & NEED_BIT(NEED_ADDRS)) && p->prefsrc.family != FAMILY_NONE &&
	       tun_has_family(f, p->prefsrc.family) && !tunnel_addr(f, &p->prefsrc);
}

static bool leads_in(const struct facts *f, const struct path_facts *p)
{
	return p->dev && strcmp(p->dev, f->target.name) == 0;
}

/* --- with wg-quick ------------------------------------------------------------------- */

/* Named by the user, or by the file as an address of its own. */
static bool is_meant(const struct facts *f, const struct ip_addr *to)
{
	size_t i;

	for (i = 0; i < f->n_inner_targets; i++)
		if (ip_addr_equal(&f->inner_targets[i].addr, to))
			return f->inner_targets[i].how == TARGET_GIVEN ||
			       f->inner_targets[i].how == TARGET_SINGLE;
	return false;
}

/* The longest prefix by which the file's tunnel would get it: of allowed IPs, or of an address. */
static int wanted_len(const struct intended_facts *t, const struct ip_addr *to)
{
	int len = -1;
	size_t i, k;

	for (i = 0; i < t->n_addrs; i++)
		if (cidr_contains(&t->addrs[i], to))
			len = MAX(len, (int)t->addrs[i].len);
	for (i = 0; i < t->n_peers; i++)
		for (k = 0; k < t->peers[i].n_allowed; k++)
			if (cidr_contains(&t->peers[i].allowed[k], to))
				len = MAX(len, (int)t->peers[i].allowed[k].len);
	return len;
}

static const char *table_words(const struct intended_facts *t, struct arena *a)
{
	switch (t->table) {
	case INTENDED_OFF:
		return "Table = off makes no route, and it is for others to make one";
	case INTENDED_NUMBER:
		return arena_printf(a,
				    "Table = %lld is asked only where a rule says so, and it is "
				    "for others to make one",
				    (long long)t->table_number);
	case INTENDED_NAME:
		return "Table names one that is asked only where a rule says so";
	default:
		return NULL;
	}
}

/*
 * Why it may be none, though it goes elsewhere now: NULL when it would with wg-quick too, which
 * makes a route of each allowed IP in the main table, and for all addresses one that stands
 * behind those.
 */
static const char *no_fault(const struct facts *f, const struct path_facts *p, struct arena *a)
{
	const struct intended_facts *t = &f->intended;
	int len;

	if (f->have & NEED_BIT(NEED_INTENDED) && t->table != INTENDED_AUTO)
		return table_words(t, a);
	if (!p->dev || !f->target.probed_routes_only)
		return NULL;
	if (f->target.wanted_name && strcmp(p->dev, f->target.wanted_name) == 0)
		return "maybe it is the same tunnel";
	if (!is_meant(f, &p->to))
		return "and nobody said that it is the peer's";
	if (!(f->have & NEED_BIT(NEED_INTENDED)))
		return "and which routes there will be is not known";
	if (p->table == LOCAL_TABLE)
		return NULL;
	len = wanted_len(t, &p->to);
	if (p->table == MAIN_TABLE && p->route.addr.family != FAMILY_NONE)
		return len <= (int)p->route.len ? NULL : "which the file's own routes come before";
	/* A rule for some packets comes before the main table, and after the one for all. */
	return len > 0 ? NULL : "which wg-quick's rules may come before";
}

/* --- all of them ---------------------------------------------------------------------- */

/* Of a tunnel that is there the routes are what they are. NULL: it is a fault. */
static const char *excuse(const struct facts *f, const struct path_facts *p, struct arena *a)
{
	return f->target.kind == TARGET_CONFIG ? no_fault(f, p, a) : NULL;
}

/* Of a target that was named; NULL: nothing is known of it. */
static const struct inner_target_facts *named(const struct facts *f, const struct ip_addr *a)
{
	size_t i;

	for (i = 0; i < f->n_inner_targets; i++)
		if (f->inner_targets[i].how == TARGET_GIVEN &&
		    ip_addr_equal(&f->inner_targets[i].addr, a))
			return &f->inner_targets[i];
	return NULL;
}

/*
 * A network of another link has it. A run from a file makes a route to what it probes, which
 * wins; the file's own routes are no more special than that network, and would lose.
 */
static const struct inner_target_facts *taken(const struct facts *f, const struct path_facts *p)
{
	const struct inner_target_facts *t = named(f, &p->to);

	if (!t || !t->taken_by || !p->dev)
		return NULL;
	if (strcmp(p->dev, t->taken_by) == 0)
		return t;
	return f->target.probed_routes_only && strcmp(p->dev, f->target.name) == 0 ? t : NULL;
}

/* Does the engine send what goes there to the peer that is looked at? */
static bool is_the_peers(const struct facts *f, const struct ip_addr *a)
{
	const struct peer_config *p = tunnel_peer(f, END_NEAR);

	return p && config_owner(&f->config[END_NEAR], a, NULL) == p;
}

/*
 * The main table leads it into the tunnel, and is not what decides: a rule comes before it, or a
 * route that refuses.
 */
static bool is_beaten(const struct facts *f, const struct path_facts *p)
{
	const struct net_facts *n = &f->net_start[END_NEAR];
	size_t i;

	if (!(f->have & NEED_BIT(NEED_ROUTES)) || leads_in(f, p) ||
	    (p->dev && (p->table == MAIN_TABLE || p->table == LOCAL_TABLE)))
		return false;
	for (i = 0; i < n->n_routes; i++)
		if (n->routes[i].table == MAIN_TABLE && n->routes[i].dev &&
		    !strcmp(n->routes[i].dev, f->target.name) &&
		    cidr_contains(&n->routes[i].dst, &p->to))
			return true;
	return false;
}

static enum state state_of(const struct facts *f, const struct path_facts *p, struct arena *a)
{
	if (!leads_in(f, p))
		return excuse(f, p, a) ? STATE_UNSURE : STATE_FAIL;
	if (taken(f, p))
		return STATE_FAIL;
	return source_is_foreign(f, p) ? STATE_WARN : STATE_PASS;
}

/* "eth0 (10.0.0.0/24)" */
static const char *by(const struct path_facts *p, struct arena *a)
{
	if (p->route.addr.family == FAMILY_NONE)
		return p->dev;
	return arena_printf(a, "%s (%s)", p->dev, words_net(a, &p->route));
}

static const char *says(const struct facts *f, const struct path_facts *p, struct arena *a)
{
	const char *to = words_addr(a, &p->to);
	const char *but = leads_in(f, p) ? NULL : excuse(f, p, a);

	if (is_beaten(f, p) && !but)
		return arena_printf(
			a,
			"%s %s%s%s, though %s has a route for it: a rule, or a route that "
			"refuses, comes before",
			to, p->dev ? "leaves by " : "is refused: ",
			p->dev	 ? by(p, a) :
			p->error ? p->error :
				   "no reason was given",
			p->dev ? arena_printf(a, ", table %u", p->table) : "", f->target.name);
	if (!p->dev)
		return arena_printf(a, "no route to %s: %s%s%s", to,
				    p->error ? p->error : "no reason was given", but ? ": " : "",
				    but ? but : "");
	if (taken(f, p))
		return arena_printf(a, "%s is in %s, a network of %s here%s", to,
				    words_net(a, &taken(f, p)->taken_net), taken(f, p)->taken_by,
				    strcmp(p->dev, f->target.name) == 0 ?
					    ", which the file's routes lose to" :
					    "");
	if (strcmp(p->dev, "lo") == 0)
		return arena_printf(a, "%s is this machine itself, by its routes (lo)", to);
	if (!leads_in(f, p))
		return arena_printf(a, "%s leaves by %s, not by %s%s%s", to, by(p, a),
				    f->target.name, but ? ": " : "", but ? but : "");
	if (source_is_foreign(f, p))
		return arena_printf(a, "%s leaves by %s with source %s, which is not its address",
				    to, p->dev, words_addr(a, &p->prefsrc));
	return arena_printf(a, "%s by %s%s%s", to, p->dev,
			    p->prefsrc.family == FAMILY_NONE ? "" : " from ",
			    p->prefsrc.family == FAMILY_NONE ? "" : words_addr(a, &p->prefsrc));
}

static const char *all_good(const struct facts *f, struct arena *a)
{
	const char *s = "";
	size_t i;

	for (i = 0; i < f->n_paths; i++)
		if (f->paths[i].of == PATH_INNER)
			s = arena_printf(a, "%s%s%s", s, s[0] ? "; " : "",
					 says(f, &f->paths[i], a));
	return s;
}

static struct finding *judge_transit(const struct transit *x, struct findings *out)
{
	const char *to = words_addr(out->arena, &x->to);
	struct finding *row;

	if (x->forwards_not) {
		row = finding_add(out, STATE_FAIL,
				  "%lld packets came out of the tunnel for %s, and this host does "
				  "not forward them",
				  (long long)x->n, to);
		finding_sign(row, SIGN_NEAR_FORWARDS_NOT);
		return row;
	}
	row = finding_add(out, STATE_FAIL,
			  "%lld packets came out of the tunnel for %s, none was answered, and %s "
			  "%s drops what is forwarded",
			  (long long)x->n, to, x->dropped->policy ? "the policy of" : "a rule in",
			  x->dropped->chain);
	finding_sign(row, SIGN_NEAR_FORWARD_DROPPED);
	finding_because(out, row, "nftables", x->dropped->chain, "%s", x->dropped->says);
	return row;
}

static struct finding *judge(const struct facts *f, struct findings *out)
{
	const struct transit transit = transit_of(f);
	const struct path_facts *worst = NULL;
	enum state s = STATE_PASS;
	size_t i, n = 0, n_bad = 0;
	struct finding *row;

	for (i = 0; i < f->n_paths; i++) {
		enum state st;

		if (f->paths[i].of != PATH_INNER)
			continue;
		st = state_of(f, &f->paths[i], out->arena);
		n++;
		n_bad += st != STATE_PASS;
		if (state_worse(s, st) == s)
			continue;
		s = st;
		worst = &f->paths[i];
	}
	if (s != STATE_FAIL && (transit.forwards_not || transit.dropped))
		return judge_transit(&transit, out);
	if (!n)
		return finding_add(out, STATE_SKIP, "no inner address was asked for");
	if (n_bad > 1)
		row = finding_add(out, s, "%s; and %zu more of %zu", says(f, worst, out->arena),
				  n_bad - 1, n);
	else
		row = finding_add(out, s, "%s",
				  worst ? says(f, worst, out->arena) : all_good(f, out->arena));
	if (s == STATE_FAIL && is_beaten(f, worst))
		finding_fix(out, row,
			    "a rule, or a route of another program, comes before the tunnel's own "
			    "route: find whose it is, and take it away there",
			    "ip rule show; ip route get %s", words_addr(out->arena, &worst->to));
	else if (s == STATE_FAIL && worst->dev && strcmp(worst->dev, "lo") != 0)
		finding_fix(
			out, row,
			"take that route away, or give the tunnel other addresses; whose it is:",
			"ip route get %s", words_addr(out->arena, &worst->to));
	return row;
}

/* What was given to no engine makes none ask for a handshake. */
static bool nothing_was_given(const struct facts *f, int64_t into_tun)
{
	return !into_tun && f->have & NEED_BIT(NEED_TAP_NEAR_WIRE) &&
	       f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] == 0;
}

static const char *const explains[] = { "handshake.complete", NULL };

static void sign(const struct facts *f, const struct path_facts *p, struct findings *out,
		 struct finding *row)
{
	const struct inner_target_facts *t = taken(f, p);

	if (row->state != STATE_FAIL || state_of(f, p, out->arena) != STATE_FAIL ||
	    !is_the_peers(f, &p->to))
		return;
	if (t) {
		finding_sign(row, SIGN_LAN_TAKES_TARGET);
		finding_because(out, row, "route", t->taken_by, "%s is a network of this link",
				words_net(out->arena, &t->taken_net));
	} else if (!is_beaten(f, p) && (!p->dev || strcmp(p->dev, "lo") != 0)) {
		finding_sign(row, SIGN_TARGET_ENTERS_NOT);
	}
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *f = ctx->facts;
	int64_t asked = 0, into_tun = 0, bound = 0;
	struct evidence *ev;
	struct finding *row;
	size_t i;

	if (!f->target.name) {
		finding_add(out, STATE_SKIP, "the tunnel device is not known");
		return;
	}
	row = judge(f, out);
	for (i = 0; i < f->n_paths; i++) {
		const struct path_facts *p = &f->paths[i];

		if (p->of != PATH_INNER)
			continue;
		asked++;
		sign(f, p, out, row);
		into_tun += leads_in(f, p);
		bound += p->bound;
		finding_because(out, row, "route", p->dev ? p->dev : "none", "%s, table %u%s",
				says(f, p, out->arena), p->table,
				p->bound ? "; what was sent there was bound to the tunnel" : "");
	}
	row->takes = TRAFFIC_ALL & ~(uint32_t)TRAFFIC_OUTER;
	if (nothing_was_given(f, into_tun + bound))
		row->explains = explains;
	ev = finding_because(out, row, "route", f->target.name, "of the inner addresses");
	evidence_count(ev, "asked", asked);
	evidence_count(ev, "into_tun", into_tun);
	if (bound)
		evidence_count(ev, "bound", bound);
}

static const char *const after[] = { "engine.start", "engine.answers", "tun.address", NULL };

const struct check check_route_inner = {
	.id = "route.inner",
	.title = "inner routes",
	.layer = LAYER_INNER,
	.needs = NEED_BIT(NEED_PATHS),
	/* Whether a named target is in a network of this host is found out when it is asked. */
	.wants = NEED_BIT(NEED_ADDRS) | NEED_BIT(NEED_ROUTES) | NEED_BIT(NEED_PING_PEER),
	.after = after,
	.run = run,
};
