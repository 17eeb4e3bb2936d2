/*
 * The limits are interface.md's (States), or those that were given. What the captures lost
 * themselves is no loss: it only matters where the answer would be another one without it.
 */
#include "check/loss.h"

#include "check/after.h"
#include "check/beyond.h"
#include "check/loss_kept.h"
#include "check/tunnel.h"
#include "check/words.h"
#include "loss/fates_pattern.h"
#include "loss/stats.h"

static enum state share_state(const struct loss_limits *l, int64_t lost, int64_t sent)
{
	struct stats_interval share;

	if (!stats_wilson95(lost, sent, &share))
		return STATE_UNSURE;
	return share.low > loss_limit_fail(l) ? STATE_FAIL :
	       share.low > loss_limit_warn(l) ? STATE_WARN :
						STATE_PASS;
}

enum state loss_share_state(const struct facts *facts, int64_t lost, int64_t sent)
{
	return share_state(&facts->loss_limits, lost, sent);
}

/* Nothing came back at all: that other rows explain, and a short stream is their consequence. */
static bool data_failed(const struct facts *facts)
{
	const struct ping_facts *p = &facts->ping_peer;

	if ((facts->have & NEED_BIT(NEED_HANDSHAKE)) && !facts->handshake.complete)
		return true;
	return (facts->have & NEED_BIT(NEED_PING_PEER)) && p->sent > 0 && p->received == 0;
}

static struct finding *judge_few(const struct facts *facts, const struct loss_facts *l,
				 struct findings *out)
{
	if (l->sent == 0)
		return finding_add(out, data_failed(facts) ? STATE_SKIP : STATE_UNSURE,
				   "no data message was sent among the paced probes");
	return finding_add(out, data_failed(facts) ? STATE_SKIP : STATE_UNSURE,
			   "%lld lost of %lld: under %d nothing is judged", (long long)l->lost,
			   (long long)l->sent, LOSS_PROBES_MIN);
}

/*
 * Nobody watched at the far end, and answers are missing. A host that answers only so many pings a
 * second has fewer missing, or none, where they come slower; what limits all that comes, too. What
 * a way loses by chance it loses at any rate, and here and there.
 */
enum { LOST_ROWS = 2 };
/* Less is missing: chance, and what life is. */
static const double LOST_LEAST = 0.01;
/* More is missing: then it is no longer a share, and a limit that is lower than both rates. */
static const double LOST_MOST = 0.7;
/* Of the bursts that chance would make of them: fewer are a silence or two, and no loss. */
static const double BURSTS_LEAST = 0.2;

/* How many of our messages the far side surely never answered: by both counts, its and ours. */
static int64_t never_answered(const struct pace_facts *p)
{
	if (p->left == UNKNOWN || p->sent_back == UNKNOWN || p->lost_back == UNKNOWN)
		return UNKNOWN;
	return MIN(p->probes - p->answered - p->lost_back, p->left - p->sent_back);
}

/*
 * Who answers so many a second has saved some up while nobody asked: all of them at first, and a
 * share after that. By chance there is no such head.
 */
static const double HEAD_BY_CHANCE = 0.01;

static bool has_head(const struct pace_facts *p)
{
	double share = (double)(p->probes - p->answered) / (double)p->probes, chance = 1;
	int64_t i;

	for (i = 0; i < p->head && chance >= HEAD_BY_CHANCE; i++)
		chance *= 1 - share;
	return chance < HEAD_BY_CHANCE;
}

static bool is_here_and_there(const struct pace_facts *p)
{
	double silent = (double)(p->probes - p->answered), share = silent / (double)p->probes;

	return (double)p->bursts >= BURSTS_LEAST * silent * (1 - share);
}

/*
 * Each answer that no socket had in time came out of the tun all the same, as its ledger shows:
 * somebody was slow, and nothing is lost on the way.
 */
static bool all_came_back(const struct facts *facts)
{
	const struct fates_facts *x = &facts->fates;
	size_t i;

	for (i = 0; i < x->n; i++)
		if (x->list[i].result == FATE_LOST || (x->list[i].result == FATE_UNKNOWN &&
						       x->list[i].seen_ns[STAGE_TUN_IN] == UNKNOWN))
			return false;
	return x->n > 0 && (int64_t)x->n >= facts->loss_up.probes;
}

/* Answers that this host had, by its link or out of its tun, and did not give to who waited. */
static int64_t lost_here(const struct facts *facts, enum stage from)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < facts->fates.n_lost; i++)
		if (facts->fates.lost[i].after >= from)
			n += facts->fates.lost[i].count;
	return n;
}

static bool is_lost_on_the_way(const struct facts *facts)
{
	struct stats_interval share[LOST_ROWS];
	size_t i;

	if (facts->n_paces < LOST_ROWS || all_came_back(facts))
		return false;
	for (i = 0; i < LOST_ROWS; i++) {
		const struct pace_facts *p = &facts->paces[i];

		if (p->probes < LOSS_PROBES_MIN || never_answered(p) < 1 ||
		    !stats_wilson95(never_answered(p), p->probes, &share[i]))
			return false;
		if (share[i].low <= LOST_LEAST || share[i].high > LOST_MOST ||
		    !is_here_and_there(p) || has_head(p))
			return false;
	}
	return share[0].low <= share[1].high && share[1].low <= share[0].high;
}

/* By all that was sent, at whatever rate: never answered, of so many. */
static int64_t never_answered_of(const struct facts *facts, int64_t *probes)
{
	int64_t lost = 0;
	size_t i;

	*probes = 0;
	for (i = 0; i < LOST_ROWS; i++) {
		lost += never_answered(&facts->paces[i]);
		*probes += facts->paces[i].probes;
	}
	return lost;
}

static enum state never_answered_state(const struct facts *facts)
{
	int64_t probes, lost = never_answered_of(facts, &probes);

	return loss_share_state(facts, lost, probes);
}

int64_t loss_is_shown(const struct facts *facts)
{
	const struct loss_facts *up = &facts->loss_up, *down = &facts->loss_down;

	if (facts_far_is_here(facts) || !(facts->have & NEED_BIT(NEED_LOSS_UP)) ||
	    up->probes < LOSS_PROBES_MIN || up->answered == UNKNOWN)
		return UNKNOWN;
	if (down->lost > 0 && loss_share_state(facts, down->lost, down->sent) == STATE_FAIL)
		return 1;
	return is_lost_on_the_way(facts) && never_answered_state(facts) == STATE_FAIL;
}

/* Where the usual limits would say otherwise. */
static const char *limit_words(const struct facts *facts, int64_t lost, int64_t sent,
			       struct arena *a)
{
	static const struct loss_limits usual = { UNKNOWN, UNKNOWN };
	const struct loss_limits *l = &facts->loss_limits;

	if (share_state(l, lost, sent) == share_state(&usual, lost, sent))
		return "";
	return arena_printf(a, "; limits given: %g and %g %%", loss_limit_fail(l) * 100,
			    loss_limit_warn(l) * 100);
}

/*
 * found: by both wires it is not on the way between them. Then what is never answered is lost at
 * the far host, in front of its engine or behind it.
 */
static struct finding *never_answered_row(const struct facts *facts, bool found,
					  struct findings *out)
{
	int64_t probes, lost = never_answered_of(facts, &probes);
	struct stats_interval ci = { 0 };

	stats_wilson95(lost, probes, &ci);
	return finding_add(
		out, never_answered_state(facts),
		"%lld/%lld = %s never answered, at any rate (95 %% CI %.2g to %.2g %%)%s%s",
		(long long)lost, (long long)probes, words_share(out->arena, lost, probes),
		ci.low * 100, ci.high * 100,
		found ? ", though they came to the far end's wire" : "",
		limit_words(facts, lost, probes, out->arena));
}

/*
 * Nobody watched at the far end. Each answer is one of our messages that arrived; what was not
 * answered may be lost on the way there, not answered, or lost on the way back.
 */
static struct finding *judge_by_answers(const struct facts *facts, const struct loss_facts *l,
					struct findings *out)
{
	int64_t silent = l->probes - l->answered, back = facts->loss_down.lost;
	int64_t here = lost_here(facts, STAGE_WIRE_IN);
	bool by_link = here > lost_here(facts, STAGE_TUN_IN);
	const char *came_back = "";
	struct finding *f;

	if (l->probes < LOSS_PROBES_MIN || l->answered == UNKNOWN)
		return finding_add(out, data_failed(facts) ? STATE_SKIP : STATE_UNSURE,
				   "too few probes were sent to judge by");
	if (silent <= 0)
		return finding_add(out, STATE_PASS, "all %lld probes were answered",
				   (long long)l->probes);
	if (back != UNKNOWN)
		came_back =
			arena_printf(out->arena, ", %lld lost on the way back", (long long)back);
	if (is_lost_on_the_way(facts))
		return never_answered_row(facts, false, out);
	if (!data_failed(facts) && all_came_back(facts))
		return finding_add(out, STATE_PASS,
				   "%lld of %lld probes not answered in time, and all their "
				   "answers came out of %s: none is lost on the way",
				   (long long)silent, (long long)l->probes,
				   facts->taps[TAP_NEAR_TUN].dev);
	if (back != UNKNOWN && back >= silent)
		return finding_add(out, STATE_PASS,
				   "%lld of %lld probes not answered, and as many lost on the way "
				   "back",
				   (long long)silent, (long long)l->probes);
	f = data_failed(facts) ? NULL : loss_kept_row(facts, out);
	if (f)
		return f;
	if (!data_failed(facts) && here > 0)
		return finding_add(out, STATE_UNSURE,
				   "%lld of %lld probes not answered; %s%lld answers came %s %s "
				   "and reached no socket of this host",
				   (long long)silent, (long long)l->probes,
				   here > silent ? "of all rounds " : "", (long long)here,
				   by_link ? "by" : "out of",
				   facts->taps[by_link ? TAP_NEAR_WIRE : TAP_NEAR_TUN].dev);
	return finding_add(out, data_failed(facts) ? STATE_SKIP : STATE_UNSURE,
			   "%lld of %lld probes not answered%s: the far end's word decides",
			   (long long)silent, (long long)l->probes, came_back);
}

/* Data of that direction on the link that was watched. */
static bool any_seen(const struct facts *facts, const struct loss_facts *l)
{
	enum tap_dir dir = l == &facts->loss_up ? TAP_OUT : TAP_IN;

	return facts->taps[TAP_NEAR_WIRE].msgs[dir][WG_MSG_DATA] != 0;
}

/* s: by what both wires saw, there is not enough of it. */
static bool is_lost_behind(const struct facts *facts, const struct loss_facts *l, enum state s)
{
	return !facts_far_is_here(facts) && l == &facts->loss_up && l->lost != UNKNOWN &&
	       s != STATE_FAIL && is_lost_on_the_way(facts);
}

/* Each answer crossed both ways. */
static bool all_answered(const struct facts *facts)
{
	const struct loss_facts *up = &facts->loss_up;

	return !facts_far_is_here(facts) && (facts->have & NEED_BIT(NEED_LOSS_UP)) &&
	       up->probes >= LOSS_PROBES_MIN && up->answered >= up->probes;
}

static struct finding *judge(const struct facts *facts, const struct loss_facts *l,
			     struct findings *out)
{
	const char *moved = tunnel_moved_words(facts, out->arena);
	struct stats_interval ci;
	enum state s;

	if (l->sent == UNKNOWN && tunnel_data_answers(facts) && !any_seen(facts, l) && moved)
		return finding_add(out, STATE_SKIP, "not watched: %s", moved);
	if (l->sent == UNKNOWN && tunnel_data_answers(facts) && !any_seen(facts, l))
		return finding_add(out, STATE_SKIP,
				   "not watched: none of these messages goes by %s, and answers "
				   "come back",
				   facts->taps[TAP_NEAR_WIRE].dev);
	if (l->sent == UNKNOWN && all_answered(facts))
		return finding_add(out, STATE_PASS,
				   "all %lld probes were answered; what else was sent meanwhile "
				   "was not counted",
				   (long long)facts->loss_up.probes);
	if (l->sent == UNKNOWN)
		return finding_add(out, data_failed(facts) ? STATE_SKIP : STATE_UNSURE,
				   "how many were sent was not seen");
	if (l->lost == UNKNOWN && !facts_far_is_here(facts))
		return judge_by_answers(facts, l, out);
	if (l->lost == UNKNOWN)
		return finding_add(out, STATE_UNSURE, "%lld sent; who received was not watched",
				   (long long)l->sent);
	if (l->sent < LOSS_PROBES_MIN)
		return judge_few(facts, l, out);
	s = loss_share_state(facts, l->lost, l->sent);
	if (!stats_wilson95(l->lost, l->sent, &ci))
		return finding_add(out, STATE_UNSURE, "%lld lost of %lld: that cannot be",
				   (long long)l->lost, (long long)l->sent);
	if (is_lost_behind(facts, l, s))
		return never_answered_row(facts, true, out);
	if (l->lost > 0 && l->capture_dropped == UNKNOWN)
		return finding_add(out, STATE_UNSURE,
				   "%lld of %lld not seen to arrive; what the captures lost "
				   "themselves is not known",
				   (long long)l->lost, (long long)l->sent);
	if (l->lost > 0 &&
	    loss_share_state(facts, MAX(l->lost - l->capture_dropped, 0), l->sent) != s)
		return finding_add(out, STATE_UNSURE,
				   "%lld of %lld not seen to arrive, but the captures themselves "
				   "lost %lld frames",
				   (long long)l->lost, (long long)l->sent,
				   (long long)l->capture_dropped);
	return finding_add(out, s, "%lld/%lld%s%s on the wire (95 %% CI %.2g to %.2g %%)%s%s",
			   (long long)l->lost, (long long)l->sent, l->lost ? " = " : "",
			   l->lost ? words_share(out->arena, l->lost, l->sent) : "", ci.low * 100,
			   ci.high * 100, loss_kept_words(facts, l, out->arena),
			   limit_words(facts, l->lost, l->sent, out->arena));
}

/* One object has the numbers of a row, so each has a name of its own. */
static void count_of(struct evidence *ev, const char *pace, const char *name, int64_t v,
		     struct arena *a)
{
	evidence_count(ev, arena_printf(a, "%s_%s", pace, name), v);
}

static void each_pace(const struct facts *facts, struct findings *out, struct finding *f)
{
	struct evidence *ev;
	size_t i;

	for (i = 0; i < facts->n_paces && i < LOST_ROWS; i++) {
		const struct pace_facts *p = &facts->paces[i];
		const char *pace = i ? "slow" : "fast";

		ev = finding_because(out, f, "probe", "near wire", "a probe each %s",
				     words_time(out->arena, p->interval_ns));
		count_of(ev, pace, "probes", p->probes, out->arena);
		count_of(ev, pace, "answered", p->answered, out->arena);
		count_of(ev, pace, "head", p->head, out->arena);
		count_of(ev, pace, "bursts", p->bursts, out->arena);
		count_of(ev, pace, "left", p->left, out->arena);
		count_of(ev, pace, "sent_back", p->sent_back, out->arena);
		count_of(ev, pace, "lost_back", p->lost_back, out->arena);
	}
}

/*
 * From one end: what was sent up and never answered, at whatever pace; where the far end's word
 * decides, s is UNSURE, that it was lost is not known.
 */
static int64_t lost_of(const struct facts *facts, const struct loss_facts *l, enum state s)
{
	int64_t sum = 0, n;
	size_t i;

	if (l->lost != UNKNOWN || l != &facts->loss_up || facts_far_is_here(facts) ||
	    facts->n_paces == 0)
		return l->lost;
	if (all_came_back(facts))
		return 0;
	for (i = 0; i < facts->n_paces; i++) {
		n = never_answered(&facts->paces[i]);
		if (n == UNKNOWN)
			return UNKNOWN;
		sum += MAX(n, 0);
	}
	return s == STATE_UNSURE && sum > 0 ? UNKNOWN : sum;
}

/* What the loss is like, where enough is known of each probe that a test says so. */
static void add_pattern(const struct facts *facts, enum loss_way way, struct findings *out,
			struct finding *f)
{
	int64_t ways[LOSS_WAY_COUNT];
	struct pattern p;
	struct evidence *ev;
	bool either;

	/* Of a check that was cut short, what was under way looks as if it was lost. */
	if (facts->fates.n == 0 || (facts->interrupted && !facts->target.for_loss) ||
	    (f->state != STATE_FAIL && f->state != STATE_WARN && f->state != STATE_UNSURE))
		return;
	loss_ways(&facts->fates, ways);
	/* Of most it is not known which way they were lost; how they were is known all the same. */
	either = ways[LOSS_WAY_OPEN] > ways[way];
	fates_pattern(&facts->fates, either ? LOSS_WAY_COUNT : way, out->arena, &p);
	if (p.kind == PATTERN_NONE || p.kind == PATTERN_ALL || p.kind == PATTERN_TOO_FEW)
		return;
	ev = finding_because(out, f, "ledger", "probes", "pattern %s: %s", pattern_kind_str(p.kind),
			     p.sentence);
	evidence_count(ev, "pattern_sent", p.sent);
	evidence_count(ev, "pattern_lost", p.lost);
	/* The share is told already. */
	f->summary = arena_printf(out->arena, "%s%s%s%s", f->summary,
				  p.kind == PATTERN_RANDOM ? ", " : "; ",
				  either ? "both ways together " : "",
				  p.kind == PATTERN_RANDOM ? pattern_kind_str(p.kind) : p.sentence);
}

/* That no answer came says more of the way only if who is asked is at its end. */
static enum sign sign_of(const struct facts *facts, const struct loss_facts *l)
{
	if (l != &facts->loss_up)
		return SIGN_LOST_ON_THE_WAY_DOWN;
	return l->lost == UNKNOWN && beyond_may_be(facts) ? SIGN_LOST_TO_A_HOST_BEHIND :
							    SIGN_LOST_ON_THE_WAY_UP;
}

void loss_judge(const struct facts *facts, const struct loss_facts *l, struct findings *out)
{
	struct finding *f = judge(facts, l, out);
	struct stats_interval ci = { 0 };
	int64_t lost = lost_of(facts, l, f->state);
	bool behind;
	bool known = stats_wilson95(lost, l->sent, &ci);
	struct evidence *ev;

	ev = finding_because(out, f, "capture",
			     facts_far_is_here(facts) ? "both wires" : "near wire",
			     "counters of data messages");
	evidence_count(ev, "sent", l->sent);
	evidence_count(ev, "lost", lost);
	evidence_interval(ev, "ci95", known, ci.low, ci.high);
	evidence_count(ev, "probes", l->probes);
	evidence_count(ev, "answered", l->answered);
	evidence_count(ev, "duplicates", l->duplicates);
	evidence_count(ev, "reordered", l->reordered);
	if (l->kept > 0)
		evidence_count(ev, "kept", l->kept);
	evidence_count(ev, "capture_dropped", l->capture_dropped);
	if (l == &facts->loss_up)
		each_pace(facts, out, f);
	behind = known && is_lost_behind(facts, l, loss_share_state(facts, l->lost, l->sent));
	if (behind) {
		f->whose = WHOSE_FAR;
		finding_fix(
			out, f,
			"at the far end: they come to its link and no answer leaves it: its "
			"filter, inside as well, or its engine takes them, or the answers; look "
			"which of them counts",
			"at the far end: nft list ruleset; wgdiag check");
	}
	if (f->state == STATE_FAIL && loss_is_kept(facts, l))
		loss_fix_kept(facts, l, out, f);
	else if (f->state == STATE_FAIL && !facts_far_is_here(facts) && f->whose == WHOSE_UNTOLD)
		finding_sign(f, sign_of(facts, l));
	add_pattern(facts, l == &facts->loss_up ? LOSS_WAY_UP : LOSS_WAY_DOWN, out, f);
	f->duration_ns = l->elapsed_ns;
}

const char *const loss_after[] = { AFTER_DATA, NULL };
