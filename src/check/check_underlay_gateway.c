/*
 * Does the gateway on the way to the endpoint answer on its link?
 *
 * The kernel knows by asking (ARP, neighbour discovery); nothing is pinged, since many
 * gateways do not answer pings. An entry that failed once stays until somebody sends
 * again, so beside a handshake that completed it is doubt and no fault.
 */
#include "check/check_list.h"
#include "check/rule_proof.h"
#include "check/tunnel.h"
#include "check/words.h"

#include <string.h>

/* net.ipv4.neigh.default: mcast_solicit times retrans_time_ms */
#define ASKING_NS (3 * NS_PER_S)

struct neigh_word {
	const char *state;
	bool answered;
	const char *says;
};

static const struct neigh_word words[] = {
	{ "REACHABLE", true, "answered just now" },
	{ "STALE", true, "answered before" },
	{ "DELAY", true, "answered before, is about to be asked again" },
	{ "PROBE", true, "answered before, is being asked again" },
	{ "PERMANENT", true, "is set by hand" },
	{ "NOARP", true, "needs no asking on this link" },
	{ "INCOMPLETE", false, "is asked and has not answered yet" },
	{ "FAILED", false, "does not answer" },
};

static const struct neigh_word *word_of(const char *state)
{
	size_t i;

	for (i = 0; state && i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].state, state) == 0)
			return &words[i];
	return NULL;
}

/*
 * The first message of a handshake made the kernel ask, and was waited for longer than it asks: it
 * has been asking again since, and the message has not left.
 */
static bool is_asked_in_vain(const struct facts *f)
{
	const struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];
	bool watched = (f->have & NEED_BIT(NEED_TAP_NEAR_WIRE)) != 0;

	return f->have & NEED_BIT(NEED_HANDSHAKE) && !f->handshake.complete &&
	       f->handshake.waited_ns > ASKING_NS && !tunnel_answers(f) &&
	       (!watched || t->msgs[TAP_OUT][WG_MSG_INITIATION] == 0);
}

/*
 * The peer's response came, so our messages found their way out. That of a session which was there
 * before tells nothing of now.
 */
static bool way_works(const struct facts *f)
{
	return (f->have & NEED_BIT(NEED_HANDSHAKE)) && f->handshake.complete &&
	       (f->handshake.age_ns == UNKNOWN || facts_far_is_here(f) || tunnel_answers(f));
}

/* That a rule of this host's keeps it from being asked is another fault, and told by that row. */
static struct finding *judge_unanswered(const struct facts *f, const char *addr,
					struct findings *out)
{
	const struct gateway_facts *g = &f->gateway;
	bool taken = rule_proof_takes_neighbour(f, out->arena);
	struct finding *row = finding_add(
		out, STATE_FAIL, "%s on %s does not answer (%s)%s", addr, g->dev, g->neigh_state,
		taken ? ": a rule here takes the question, or the answer" : "");

	if (taken)
		row->whose = WHOSE_LOCAL;
	else
		finding_sign(row, SIGN_NO_UPLINK);
	return row;
}

static struct finding *judge_neigh(const struct facts *f, struct findings *out)
{
	const struct gateway_facts *g = &f->gateway;
	const struct neigh_word *w = word_of(g->neigh_state);
	const char *addr =
		arena_printf(out->arena, "%s%s", g->is_endpoint ? "the endpoint itself, " : "",
			     words_addr(out->arena, &g->addr));

	if (w && w->answered)
		return finding_add(out, STATE_PASS, "%s on %s %s (%s)", addr, g->dev, w->says,
				   w->state);
	if (w && strcmp(w->state, "FAILED") == 0 && way_works(f))
		return finding_add(out, STATE_UNSURE,
				   "%s on %s %s (FAILED), and yet the peer answered", addr, g->dev,
				   w->says);
	if (w && (strcmp(w->state, "FAILED") == 0 || is_asked_in_vain(f)))
		return judge_unanswered(f, addr, out);
	if (w)
		return finding_add(out, STATE_UNSURE, "%s on %s %s (%s)", addr, g->dev, w->says,
				   w->state);
	if (!g->neigh_state && way_works(f))
		return finding_add(out, STATE_PASS, "%s on %s: no entry, but the peer answered",
				   addr, g->dev);
	return finding_add(out, STATE_UNSURE, "%s on %s: %s%s", addr, g->dev,
			   g->neigh_state ? "its neighbour entry says " : "nobody has asked for it",
			   g->neigh_state ? g->neigh_state : "");
}

static struct finding *judge(const struct facts *f, struct findings *out)
{
	const struct path_facts *p = tunnel_path(f, PATH_ENDPOINT, NULL);
	const char *moved = tunnel_moved_words(f, out->arena);

	if (tunnel_goes_elsewhere(f))
		return finding_add(out, STATE_NA, "%s",
				   moved ? moved : "its messages do not go the way of this host");
	if (f->gateway.addr.family != FAMILY_NONE && f->target.kind != TARGET_SELF_TEST)
		return judge_neigh(f, out);
	if (p && !p->dev)
		return finding_add(out, STATE_SKIP, "there is no route to the endpoint");
	if (!p && !facts_far_is_here(f))
		return finding_for_want_of(out, f, NEED_CONFIG, "the peer's endpoint is not known");
	if (f->target.kind == TARGET_SELF_TEST)
		return finding_add(out, STATE_NA,
				   "made by wgdiag: both ends on one link, no gateway");
	return finding_add(out, STATE_NA, "the endpoint is on the link itself, no gateway");
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct gateway_facts *g = &ctx->facts->gateway;
	struct finding *f = judge(ctx->facts, out);
	struct evidence *ev;

	if (g->addr.family == FAMILY_NONE)
		return;
	ev = finding_because(out, f, "neighbour", g->dev, "%s: %s",
			     words_addr(out->arena, &g->addr),
			     g->neigh_state ? g->neigh_state : "no entry");
	evidence_count(ev, "peer_answered",
		       ctx->facts->have & NEED_BIT(NEED_HANDSHAKE) ? way_works(ctx->facts) :
								     UNKNOWN);
}

static const char *const after[] = { "underlay.link", "route.endpoint", NULL };

const struct check check_underlay_gateway = {
	.id = "underlay.gateway",
	.title = "gateway",
	.layer = LAYER_UNDERLAY,
	.needs = NEED_BIT(NEED_GATEWAY),
	.wants = NEED_BIT(NEED_PATHS) | NEED_BIT(NEED_HANDSHAKE) | NEED_BIT(NEED_PING_PEER) |
		 NEED_BIT(NEED_TAP_NEAR_WIRE) | NEED_BIT(NEED_FIREWALL),
	.after = after,
	.run = run,
};
