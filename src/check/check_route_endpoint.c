/*
 * Is there a way to the peer's outer address, and does it not lead into the tunnel itself?
 *
 * An endpoint that is routed into its own tunnel is a loop: each message is wrapped once
 * more. An engine escapes it with a mark on its packets and a rule for the mark, so the
 * answer for packets without the mark proves nothing where the engine has one. Nor does any
 * where its socket is in another network namespace, as that of a container's tunnel may be.
 */
#include "check/check_list.h"
#include "check/tunnel.h"
#include "check/words.h"

#include <string.h>

/* The question was asked as for the engine's own packets? */
static bool asked_as_engine(const struct facts *f, const struct path_facts *p)
{
	int64_t mark = UNKNOWN;

	if (f->have & NEED_BIT(NEED_CONFIG))
		mark = f->config[END_NEAR].fwmark;
	return mark != UNKNOWN && mark == p->mark;
}

static bool is_nowhere(const struct facts *f, const struct path_facts *p)
{
	return !p->dev || (f->target.name && strcmp(p->dev, f->target.name) == 0);
}

static bool has_session(const struct facts *f)
{
	return (f->have & NEED_BIT(NEED_HANDSHAKE)) && f->handshake.complete;
}

/* Seen there, whatever the routes say. */
static int64_t nested(const struct facts *f)
{
	return f->have & NEED_BIT(NEED_TAP_NEAR_TUN) ? f->taps[TAP_NEAR_TUN].nested : UNKNOWN;
}

/* The address was chosen by a name, and of the other family there is a way out. */
static bool is_only_this_family(const struct facts *f)
{
	const struct peer_config *peer = tunnel_peer(f, END_NEAR);
	const struct intended_peer *w = NULL;
	struct endpoint literal;

	if (peer && f->have & NEED_BIT(NEED_INTENDED))
		w = intended_peer(&f->intended, &peer->key);
	return w && w->endpoint && !endpoint_parse(w->endpoint, &literal) &&
	       f->other_family.way == 1;
}

/*
 * What the kernel says where a route or a rule is there to refuse: unreachable, blackhole,
 * prohibit (ip-route(8)). Where there is none at all it says that the network is unreachable.
 */
static bool is_refused(const struct path_facts *p)
{
	static const char *const says[] = { "No route to host", "Host is unreachable",
					    "Invalid argument", "Permission denied" };
	size_t i;

	for (i = 0; !p->dev && p->error && i < ARRAY_LEN(says); i++)
		if (strstr(p->error, says[i]))
			return true;
	return false;
}

static struct finding *judge(const struct facts *f, const struct path_facts *p,
			     struct findings *out)
{
	const char *to = words_addr(out->arena, &p->to);
	const char *moved = tunnel_moved_words(f, out->arena);
	struct finding *row;

	if (nested(f) > 0)
		return finding_add(out, STATE_FAIL,
				   "%lld of the tunnel's own messages to %s went into the tunnel "
				   "itself: a loop",
				   (long long)nested(f), to);
	/* wireguard-go answers by the link that the last message came by, whatever the routes. */
	if (tunnel_is_looped(f))
		return finding_add(
			out, STATE_FAIL, "%s leads into the tunnel %s itself: a loop%s", to, p->dev,
			tunnel_answers(f) ? ", from which the engine is kept only by the link that "
					    "it last got a message by" :
					    "");
	if (tunnel_goes_elsewhere(f) && moved)
		return finding_add(out, STATE_NA, "%s", moved);
	if (tunnel_goes_elsewhere(f))
		return finding_add(
			out, STATE_NA,
			"%s%s%s%s, yet answers come back: its messages go elsewhere (its "
			"socket may be in another network namespace)",
			p->dev ? "" : "no route to ", to, p->dev ? " by " : "",
			p->dev ? p->dev : "");
	/* Its session is from before the routes were as they are, or its socket is elsewhere. */
	if (is_nowhere(f, p) && !facts_far_is_here(f) && has_session(f) &&
	    (p->dev || f->near_host.has_port != 1 || tunnel_answers(f)))
		return finding_add(out, STATE_UNSURE,
				   "%s%s%s, and yet there is a session: its socket may be in "
				   "another network namespace",
				   p->dev ? "" : "no route to ", to,
				   p->dev ? " leads into the tunnel itself" : "");
	if (is_refused(p)) {
		row = finding_add(out, STATE_FAIL, "%s is refused by a route or a rule here (%s)",
				  to, p->error);
		finding_fix(out, row,
			    "a route of the type unreachable, blackhole or prohibit, or such a "
			    "rule, is there for it: find whose it is, and take it away there",
			    "ip rule show; ip route show table all type unreachable; ip route "
			    "show table all type blackhole; ip route show table all type prohibit");
		return row;
	}
	if (!p->dev)
		return finding_add(out, STATE_FAIL, "no route to %s: %s", to,
				   p->error ? p->error : "no reason was given");
	if (is_nowhere(f, p))
		return finding_add(out, asked_as_engine(f, p) ? STATE_FAIL : STATE_UNSURE,
				   "%s leads into the tunnel %s itself%s", to, p->dev,
				   asked_as_engine(f, p) ?
					   ": a loop" :
					   ", unless the engine's mark leads elsewhere");
	if (p->gateway.family != FAMILY_NONE)
		return finding_add(out, STATE_PASS, "%s by %s, gateway %s", to, p->dev,
				   words_addr(out->arena, &p->gateway));
	return finding_add(out, STATE_PASS, "%s by %s, on the link itself", to, p->dev);
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *f = ctx->facts;
	const struct path_facts *p = tunnel_path(f, PATH_ENDPOINT, NULL);
	struct evidence *ev;
	struct finding *row;

	if (!p) {
		finding_for_want_of(out, f, NEED_CONFIG, "the peer's endpoint is not known");
		return;
	}
	row = judge(f, p, out);
	if (row->state == STATE_FAIL && (nested(f) > 0 || (p->dev && is_nowhere(f, p))))
		finding_sign(row, SIGN_ENDPOINT_IN_TUNNEL);
	if (nested(f) > 0) {
		ev = finding_because(out, row, "capture", f->target.name,
				     "messages to the endpoint, on the tunnel device");
		evidence_count(ev, "nested", nested(f));
	}
	if (row->state == STATE_FAIL && !p->dev && !is_refused(p))
		finding_sign(row, is_only_this_family(f) ? SIGN_OTHER_FAMILY : SIGN_NO_UPLINK);
	ev = finding_because(out, row, "route", p->dev ? p->dev : "none", "to %s from %s%s%s",
			     words_addr(out->arena, &p->to), words_addr(out->arena, &p->prefsrc),
			     p->error ? ": " : "", p->error ? p->error : "");
	evidence_count(ev, "table", (int64_t)p->table);
	evidence_count(ev, "mark", p->mark);
	evidence_count(ev, "engine_mark",
		       f->have & NEED_BIT(NEED_CONFIG) ? f->config[END_NEAR].fwmark : UNKNOWN);
	evidence_count(ev, "socket_here", f->near_host.has_port);
}

static const char *const after[] = { "engine.start", "engine.answers", "underlay.link", NULL };

const struct check check_route_endpoint = {
	.id = "route.endpoint",
	.title = "route to endpoint",
	.layer = LAYER_UNDERLAY,
	.needs = NEED_BIT(NEED_PATHS),
	.wants = NEED_BIT(NEED_CONFIG) | NEED_BIT(NEED_HANDSHAKE) | NEED_BIT(NEED_PING_PEER) |
		 NEED_BIT(NEED_TAP_NEAR_WIRE) | NEED_BIT(NEED_TAP_NEAR_TUN),
	.after = after,
	.run = run,
};
