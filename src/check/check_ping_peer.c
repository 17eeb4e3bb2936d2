/*
 * Does the peer's tunnel address answer, and how fast?
 *
 * The first packet of a tunnel waits for its handshake; that one is not among these.
 *
 * A tunnel that others fill loses pings as any full link does: its queues overflow, and whose
 * packets are thrown away is chance. That is no fault of it, so what may be that is a warning.
 */
#include "check/after.h"
#include "check/beyond.h"
#include "check/check_list.h"
#include "check/far_view.h"
#include "check/loss.h"
#include "check/tun_view.h"
#include "check/tunnel.h"
#include "check/words.h"

enum {
	FEW = 100, /* interface.md, States */
	BUSY_PACKETS = 5000, /* a full link of any speed carries more in the seconds of a run */
	BUSY_TIMES = 10,
	ASKED_BESIDE = 64, /* who is asked for the handshake, and which target answers */
};

/* All that this run itself sent into the tunnel, and the answers. */
static int64_t packets_of_ours(const struct facts *facts)
{
	int64_t n = MAX(facts->ping_peer.sent, 0) + MAX(facts->loss_up.probes, 0) + ASKED_BESIDE;
	size_t i;

	for (i = 0; i < facts->n_sizes; i++)
		n += MAX(facts->sizes[i].sent, 0);
	return 2 * n;
}

/*
 * Packets that others sent through the tunnel meanwhile, where they are far more than ours; 0. As
 * the device counts them: captures of a full tunnel have gaps.
 */
static int64_t load_of_others(const struct facts *facts)
{
	const struct link_facts *l = &facts->tun[END_NEAR];
	int64_t rx = link_difference(l, LINK_RX_PACKETS), tx = link_difference(l, LINK_TX_PACKETS);
	int64_t ours = packets_of_ours(facts), others = rx + tx - ours;

	if (facts_far_is_here(facts) || !(facts->have & NEED_BIT(NEED_LINKS)) || rx == UNKNOWN ||
	    tx == UNKNOWN)
		return 0;
	return others >= MAX(BUSY_TIMES * ours, BUSY_PACKETS) ? others : 0;
}

/*
 * May it be that load which they were lost to? Its queues lose some, to all alike: a tenth at most,
 * or half where our own tun's queue is seen to have dropped as many.
 */
static bool is_of_load(const struct facts *facts, int64_t lost, int64_t dropped)
{
	return lost * (dropped >= lost ? 2 : 10) <= facts->ping_peer.sent;
}

/* Some were lost. Of those our own tun's queue dropped before the engine saw them: how many? */
static struct finding *judge_lost(const struct facts *facts, int64_t lost, struct findings *out)
{
	const struct ping_facts *p = &facts->ping_peer;
	int64_t dropped = link_difference(&facts->tun[END_NEAR], LINK_TX_DROPPED);
	int64_t load = load_of_others(facts);
	enum state s = loss_state(facts, lost, p->sent);
	const char *more = "";
	struct finding *f;

	if (p->late > 0)
		more = arena_printf(out->arena, " (%lld late)", (long long)p->late);
	if (dropped > 0)
		more = arena_printf(out->arena, "%s; %lld dropped by our own tun's sending queue",
				    more, (long long)dropped);
	if (load > 0)
		more = arena_printf(out->arena, "%s, while %lld packets of others went through it",
				    more, (long long)load);
	/* A flood fills that queue by itself: no fault of the tunnel, and no proof of it. */
	if (dropped >= lost && p->interval_ns == 0)
		s = STATE_UNSURE;
	/* A host that nobody named may answer as many pings as it likes. */
	if (s == STATE_FAIL && p->received > 0 && !tunnel_target_is_sure(facts))
		s = STATE_WARN;
	/*
	 * Few are no verdict: a queue that our own probes fill loses one, and a host has its limit
	 * of answers. Where more is lost the rows that count a few hundred show it.
	 */
	if (s == STATE_FAIL && p->received + MAX(p->late, 0) > 0 && p->sent < FEW &&
	    loss_is_shown(facts) == 0)
		s = STATE_WARN;
	if (s == STATE_FAIL && load > 0 && is_of_load(facts, lost, dropped))
		s = STATE_WARN;
	f = finding_add(out, s, "%lld/%lld answered, %s lost%s", (long long)p->received,
			(long long)p->sent, words_share(out->arena, p->sent - p->received, p->sent),
			more);
	/* What it dropped may be packets of others; so many explain what is lost. */
	if (dropped >= lost)
		f->whose = WHOSE_LOCAL;
	if (s == STATE_WARN && load > 0)
		f->remedy = "ping again when the tunnel carries less: a full one loses packets, "
			    "and is none the worse";
	return f;
}

static enum state unsent_state(const struct ping_facts *p)
{
	if (p->shortage)
		return STATE_UNSURE;
	return errors_state(p->send_errors, p->sent + p->send_errors);
}

/* The very address that was pinged answers otherwise. */
static const struct inner_target_facts *answers_otherwise(const struct facts *facts)
{
	size_t i;

	for (i = 0; i < facts->n_inner_targets; i++) {
		const struct inner_target_facts *t = &facts->inner_targets[i];

		if ((t->answered == ANSWERED_TCP || t->answered == ANSWERED_ERROR) &&
		    ip_addr_equal(&t->from, &facts->ping_peer.target))
			return t;
	}
	return NULL;
}

/*
 * Errors about what was sent into the tunnel came back, and the engine refused them for their
 * source: a router behind the peer cannot reach the host, and is none of the peer's addresses here.
 */
static const char *refused_words(const struct facts *facts, struct arena *a)
{
	int64_t n = tun_view_refused(facts, END_NEAR, "in_source_error");

	return n < 1 ? "" :
		       arena_printf(a,
				    "; %lld ICMP errors about what was sent came through the "
				    "tunnel, from an address that is not in the allowed IPs",
				    (long long)n);
}

/* Nobody said that it is there, or answers pings. */
static struct finding *judge_guess(const struct facts *facts, const char *target,
				   struct findings *out)
{
	const struct inner_target_facts *t = answers_otherwise(facts);
	struct finding *f;

	t = t ? t : facts_answer(facts);
	if (t)
		return finding_add(out, STATE_PASS,
				   "%s answers no ping, but %s answers (%s): the tunnel works",
				   target, words_addr(out->arena, &t->from),
				   tunnel_answer_words(t));
	if (tunnel_peer_is_away(facts))
		return finding_add(out, STATE_NA, "the peer is offline");
	if (tunnel_peer_is_offline(facts)) {
		f = finding_add(out, STATE_UNSURE,
				"%s did not answer: the peer is offline, if its endpoint was "
				"learned and not configured",
				target);
		f->remedy = "say what was configured: --config FILE; or name an address that must "
			    "answer: --ping ADDR";
		return f;
	}
	f = finding_add(out, STATE_UNSURE, "%s did not answer, and nobody said that it must%s",
			target, refused_words(facts, out->arena));
	f->remedy = "name an address that must answer: --ping ADDR";
	return f;
}

/* One that was named: what else answers, and what is said of it? */
static struct finding *judge_silent(const struct facts *facts, const struct beyond *b,
				    struct findings *out)
{
	const struct inner_target_facts *t = b->silent;
	const struct ping_facts *p = &facts->ping_peer;
	struct arena *a = out->arena;
	const char *refused = refused_words(facts, a), *more = refused;
	struct finding *f;

	if (t->icmp_from.family != FAMILY_NONE)
		more = arena_printf(
			a, "; %s says of %s: %s (%u/%u)", words_addr(a, &t->icmp_from),
			words_addr(a, &t->addr),
			words_icmp(&t->icmp_from, (uint8_t)t->icmp_type, (uint8_t)t->icmp_code),
			t->icmp_type, t->icmp_code);
	else if (b->answers)
		more = arena_printf(a, "; %s answers (%s)", words_addr(a, &b->answers->from),
				    tunnel_answer_words(b->answers));
	f = finding_add(out, STATE_FAIL, "0/%lld answered, 100 %% lost%s", (long long)p->sent,
			more);
	if (refused[0])
		f->remedy = "look whether the host is on; or put the address of the router behind "
			    "the peer into AllowedIPs, to hear what it says of the host";
	return f;
}

/* An address of the other family that was asked too; not one that must answer, so no fault. */
static const char *silent_words(const struct facts *facts, struct arena *a)
{
	const struct inner_target_facts *t = beyond_silent_family(facts);

	return t ? arena_printf(a, "; %s is silent", words_addr(a, &t->addr)) : "";
}

static struct finding *judge(const struct facts *facts, const char *target, struct findings *out)
{
	const struct ping_facts *p = &facts->ping_peer;
	long long sent = p->sent, received = p->received;
	int64_t lost = p->sent - p->received - MAX(p->late, 0);
	const char *avg = words_time(out->arena, p->avg_ns);
	const struct beyond b = beyond_of(facts);

	if (p->sent < 1)
		return finding_add(out, p->shortage ? STATE_ERROR : STATE_FAIL,
				   "%s: nothing could be sent: %s", target,
				   p->send_error ? p->send_error : "no reason was given");
	if (facts->interrupted && p->received < p->sent)
		return finding_add(out, STATE_UNSURE, "%lld/%lld answered when it was interrupted",
				   received, sent);
	if (p->received == 0 && p->late < 1 && tunnel_probes_are_bound(facts) &&
	    !facts_answer(facts))
		return finding_add(out, STATE_UNSURE,
				   "%s did not answer what was bound to %s; this host may refuse "
				   "answers, for the route leads elsewhere",
				   target, facts->target.name);
	if (p->received == 0 && p->late < 1 &&
	    (!tunnel_target_is_sure(facts) || answers_otherwise(facts)))
		return judge_guess(facts, target, out);
	if (b.silent)
		return judge_silent(facts, &b, out);
	/* ping counts a late answer as lost; whether it was is judged without it. */
	if (lost > 0)
		return judge_lost(facts, lost, out);
	if (p->late > 0)
		return finding_add(out, STATE_WARN, "%lld/%lld answered in time, %lld late",
				   received, sent, (long long)p->late);
	/* What the system does not take is lost too, only sooner. */
	if (p->send_errors > 0)
		return finding_add(out, unsent_state(p),
				   "%lld/%lld answered; %lld could not be sent: %s", received, sent,
				   (long long)p->send_errors,
				   p->send_error ? p->send_error : "no reason was given");
	if (p->duplicates > 0)
		return finding_add(out, STATE_WARN, "%lld/%lld answered, %lld twice", received,
				   sent, (long long)p->duplicates);
	return finding_add(out, STATE_PASS, "%lld/%lld answered, 0 %% lost, avg %s%s", received,
			   sent, avg, silent_words(facts, out->arena));
}

/* The far end would take that address of us as well, as far as it is known. */
static bool far_allows(const struct facts *facts, const struct ip_addr *a)
{
	const struct peer_config *us = tunnel_peer(facts, END_FAR);

	return facts->have & NEED_BIT(NEED_CONFIG_FAR) && us &&
	       config_owner(&facts->config[END_FAR], a, NULL) == us;
}

/*
 * Our pings go out with another source than ours: somebody here translates it. Of the same family
 * fewer left from our own than there were pings; what is asked by the other one is another story.
 */
static bool source_is_foreign(const struct facts *facts)
{
	const struct tap_facts *t = &facts->taps[TAP_NEAR_TUN];
	const struct ping_facts *p = &facts->ping_peer;
	const struct path_facts *way = tunnel_path(facts, PATH_INNER, &p->target);
	int64_t own = t->own_echoes[p->target.family == FAMILY_IP6];

	/* Of an older file. */
	if (own == UNKNOWN)
		own = t->echo_requests[TAP_OUT] - t->foreign_echoes[TAP_OUT];
	return facts->have & NEED_BIT(NEED_TAP_NEAR_TUN) && way && t->dropped == 0 &&
	       tunnel_addr(facts, &way->prefsrc) && t->foreign_from.family == p->target.family &&
	       t->foreign_echoes[TAP_OUT] >= p->sent && own < p->sent &&
	       !far_allows(facts, &t->foreign_from);
}

static void sign_silent(const struct facts *facts, const struct beyond *b, struct findings *out,
			struct finding *f)
{
	const struct inner_target_facts *t = b->silent;
	const struct tap_facts *tun = &facts->taps[TAP_NEAR_TUN];
	struct evidence *ev;

	ev = finding_because(out, f, "socket", "near", "%s",
			     t->hop.family == FAMILY_NONE ?
				     "with a hop limit of one behind the tunnel nobody answers" :
				     arena_printf(out->arena, "%s counts down its hop limit",
						  words_addr(out->arena, &t->hop)));
	evidence_count(ev, "far_forwards", b->forwards);
	if (b->refused)
		finding_sign(f, SIGN_BEYOND_REFUSED);
	/* Else somebody said another reason. */
	else if (b->answers && t->icmp_from.family == FAMILY_NONE)
		finding_sign(f, SIGN_BEYOND_SILENT);
	if (b->forwards != UNKNOWN)
		finding_sign(f, b->forwards ? SIGN_FAR_FORWARDS : SIGN_FAR_FORWARDS_NOT);
	if (b->nothing_back)
		finding_sign(f, SIGN_NO_DATA_BACK);
	if (!b->answers && source_is_foreign(facts)) {
		finding_sign(f, SIGN_NEAR_SOURCE_FOREIGN);
		finding_because(out, f, "capture", "near tun", "our pings leave from %s",
				words_addr(out->arena, &tun->foreign_from));
	}
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct ping_facts *p = &ctx->facts->ping_peer;
	const struct beyond b = beyond_of(ctx->facts);
	char target[IP_ADDR_STR_SIZE];
	struct evidence *ev;
	struct finding *f;

	f = judge(ctx->facts, ip_addr_str(&p->target, target), out);
	/* What this host does not even send nobody else has lost. */
	if (p->sent < 1 && p->send_errors > 0)
		f->whose = WHOSE_LOCAL;
	f->misses = traffic_of(p->target.family, TRAFFIC_ECHO);
	/* That nothing comes back is seen in whatever is sent; how our stack answers is not. */
	f->takes = p->received > 0 ? traffic_of(FAMILY_NONE, TRAFFIC_ECHO) :
				     TRAFFIC_ALL & ~traffic_of(FAMILY_NONE, TRAFFIC_REPLY);
	ev = finding_because(out, f, "socket", "near", "echo to %s, %lld-byte packets%s%s", target,
			     (long long)p->size, p->send_error ? "; " : "",
			     p->send_error ? p->send_error : "");
	evidence_count(ev, "sent", p->sent);
	evidence_count(ev, "received", p->received);
	evidence_count(ev, "late", p->late);
	evidence_count(ev, "duplicates", p->duplicates);
	evidence_count(ev, "send_errors", p->send_errors);
	evidence_count(ev, "size", p->size);
	evidence_count(ev, "through_tun", p->dev_is_tun);
	ev = finding_because(out, f, "socket", "near", "round trip times");
	evidence_ms(ev, "min_ms", p->min_ns);
	evidence_ms(ev, "avg_ms", p->avg_ns);
	evidence_ms(ev, "max_ms", p->max_ns);
	evidence_ms(ev, "mdev_ms", p->mdev_ns);
	f->duration_ns = p->elapsed_ns;
	if (f->state == STATE_FAIL && b.silent) {
		sign_silent(ctx->facts, &b, out, f);
		far_view_inner(ctx->facts, &b.silent->addr, b.answers != NULL, out, f);
	}
	if (f->state == STATE_PASS && p->sent > 0 && p->received == 0 && p->late < 1 &&
	    answers_otherwise(ctx->facts))
		finding_sign(f, SIGN_TARGET_ANSWERS_OTHERWISE);
}

static const char *const after[] = { AFTER_DATA, "loss.up", "loss.down", NULL };

const struct check check_ping_peer = {
	.id = "ping.peer",
	.title = "peer ping",
	.layer = LAYER_INNER,
	.needs = NEED_BIT(NEED_PING_PEER),
	.wants = NEED_BIT(NEED_LINKS) | NEED_BIT(NEED_CONFIG) | NEED_BIT(NEED_ADDRS) |
		 NEED_BIT(NEED_PATHS) | NEED_BIT(NEED_HANDSHAKE) | NEED_BIT(NEED_TAP_NEAR_TUN) |
		 NEED_BIT(NEED_TAP_NEAR_WIRE) | NEED_BIT(NEED_FAR_TEXT),
	.after = after,
	.run = run,
};
