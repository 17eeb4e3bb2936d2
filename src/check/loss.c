/*
 * The limits are interface.md's (States). What the captures lost themselves is no loss: it
 * only matters where the answer would be another one without it.
 */
#include "check/loss.h"

#include "check/after.h"
#include "check/tunnel.h"
#include "check/words.h"
#include "loss/stats.h"

static const double FAIL_ABOVE = 0.01, WARN_ABOVE = 0.001;
enum { PROBES_MIN = 100 };

static enum state state_of(int64_t lost, int64_t sent)
{
	struct stats_interval share;

	if (!stats_wilson95(lost, sent, &share))
		return STATE_UNSURE;
	return share.low > FAIL_ABOVE ? STATE_FAIL :
	       share.low > WARN_ABOVE ? STATE_WARN :
					STATE_PASS;
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
			   (long long)l->sent, PROBES_MIN);
}

/*
 * Nobody watched at the far end. Each answer is one of our messages that arrived; what was not
 * answered may be lost on the way there, not answered, or lost on the way back.
 */
static struct finding *judge_by_answers(const struct facts *facts, const struct loss_facts *l,
					struct findings *out)
{
	int64_t silent = l->probes - l->answered, back = facts->loss_down.lost;
	const char *came_back = "";

	if (l->probes < PROBES_MIN || l->answered == UNKNOWN)
		return finding_add(out, data_failed(facts) ? STATE_SKIP : STATE_UNSURE,
				   "too few probes were sent to judge by");
	if (silent <= 0)
		return finding_add(out, STATE_PASS, "all %lld probes were answered",
				   (long long)l->probes);
	if (back != UNKNOWN)
		came_back =
			arena_printf(out->arena, ", %lld lost on the way back", (long long)back);
	if (back != UNKNOWN && back >= silent)
		return finding_add(out, STATE_PASS,
				   "%lld of %lld probes not answered, and as many lost on the way "
				   "back",
				   (long long)silent, (long long)l->probes);
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

static struct finding *judge(const struct facts *facts, const struct loss_facts *l,
			     struct findings *out)
{
	struct stats_interval ci;
	enum state s;

	if (l->sent == UNKNOWN && tunnel_data_answers(facts) && !any_seen(facts, l))
		return finding_add(out, STATE_SKIP,
				   "not watched: none of these messages goes by %s, and answers "
				   "come back",
				   facts->taps[TAP_NEAR_WIRE].dev);
	if (l->sent == UNKNOWN)
		return finding_add(out, data_failed(facts) ? STATE_SKIP : STATE_UNSURE,
				   "how many were sent was not seen");
	if (l->lost == UNKNOWN && !facts_far_is_here(facts))
		return judge_by_answers(facts, l, out);
	if (l->lost == UNKNOWN)
		return finding_add(out, STATE_UNSURE, "%lld sent; who received was not watched",
				   (long long)l->sent);
	if (l->sent < PROBES_MIN)
		return judge_few(facts, l, out);
	s = state_of(l->lost, l->sent);
	if (!stats_wilson95(l->lost, l->sent, &ci))
		return finding_add(out, STATE_UNSURE, "%lld lost of %lld: that cannot be",
				   (long long)l->lost, (long long)l->sent);
	if (l->lost > 0 && l->capture_dropped == UNKNOWN)
		return finding_add(out, STATE_UNSURE,
				   "%lld of %lld not seen to arrive; what the captures lost "
				   "themselves is not known",
				   (long long)l->lost, (long long)l->sent);
	if (l->lost > 0 && state_of(MAX(l->lost - l->capture_dropped, 0), l->sent) != s)
		return finding_add(out, STATE_UNSURE,
				   "%lld of %lld not seen to arrive, but the captures themselves "
				   "lost %lld frames",
				   (long long)l->lost, (long long)l->sent,
				   (long long)l->capture_dropped);
	return finding_add(out, s, "%lld/%lld%s%s on the wire (95 %% CI %.2g to %.2g %%)",
			   (long long)l->lost, (long long)l->sent, l->lost ? " = " : "",
			   l->lost ? words_share(out->arena, l->lost, l->sent) : "", ci.low * 100,
			   ci.high * 100);
}

void loss_judge(const struct facts *facts, const struct loss_facts *l, struct findings *out)
{
	struct finding *f = judge(facts, l, out);
	struct stats_interval ci = { 0 };
	bool known = stats_wilson95(l->lost, l->sent, &ci);
	struct evidence *ev;

	ev = finding_because(out, f, "capture",
			     facts_far_is_here(facts) ? "both wires" : "near wire",
			     "counters of data messages");
	evidence_count(ev, "sent", l->sent);
	evidence_count(ev, "lost", l->lost);
	evidence_interval(ev, "ci95", known, ci.low, ci.high);
	evidence_count(ev, "probes", l->probes);
	evidence_count(ev, "answered", l->answered);
	evidence_count(ev, "duplicates", l->duplicates);
	evidence_count(ev, "reordered", l->reordered);
	evidence_count(ev, "capture_dropped", l->capture_dropped);
	f->duration_ns = l->elapsed_ns;
}

const char *const loss_after[] = { AFTER_DATA, NULL };
