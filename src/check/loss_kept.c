/*
 * A capture looks at the link, and the host it is of can take a message before: its filter, the
 * queue of that link.
 */
#include "check/loss_kept.h"

#include "check/loss.h"
#include "check/words.h"

bool loss_is_kept(const struct facts *facts, const struct loss_facts *l)
{
	return l->lost != UNKNOWN && l->kept > 0 &&
	       loss_share_state(facts, l->lost, l->sent) == STATE_FAIL &&
	       loss_share_state(facts, l->lost - l->kept, l->sent - l->kept) != STATE_FAIL;
}

const char *loss_kept_words(const struct facts *facts, const struct loss_facts *l, struct arena *a)
{
	const char *dev = facts->taps[TAP_NEAR_WIRE].dev;

	if (l->kept == UNKNOWN || l->kept < 1)
		return "";
	if (l == &facts->loss_down)
		dev = "the far host";
	else if (!dev)
		dev = "this host";
	if (l->kept == l->lost)
		return arena_printf(a, "; none of them left %s", dev);
	return arena_printf(a, "; %lld of them never left %s", (long long)l->kept, dev);
}

void loss_fix_kept(const struct facts *facts, const struct loss_facts *l, struct findings *out,
		   struct finding *f)
{
	const char *dev = facts->taps[TAP_NEAR_WIRE].dev;

	if (l == &facts->loss_down) {
		f->whose = WHOSE_FAR;
		finding_fix(out, f,
			    "at the far end: its own filter or the queue of its link takes what "
			    "its engine sends; look which of them counts",
			    "at the far end: nft list ruleset; tc -s qdisc show");
		return;
	}
	f->whose = WHOSE_LOCAL;
	finding_fix(out, f,
		    "this host's own filter or the queue of its link takes what the engine sends; "
		    "look which of them counts",
		    "nft list ruleset; tc -s qdisc show%s%s", dev ? " dev " : "", dev ? dev : "");
}

/* Probes that this host itself kept, as the ledger shows, of all that were sent. */
static int64_t kept_here(const struct facts *facts)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < facts->fates.n_lost; i++)
		if (facts->fates.lost[i].before <= STAGE_WIRE_OUT)
			n += facts->fates.lost[i].count;
	return n;
}

/* What a queue takes of many it need not take of few, and few is what most tunnels carry. */
static bool is_slow_whole(const struct facts *facts)
{
	const struct pace_facts *slow = &facts->paces[1];

	return facts->n_paces > 1 && slow->probes > 0 &&
	       loss_share_state(facts, MAX(slow->probes - slow->answered, 0), slow->probes) !=
		       STATE_FAIL;
}

struct finding *loss_kept_row(const struct facts *facts, struct findings *out)
{
	const struct fates_facts *x = &facts->fates;
	const char *dev = facts->taps[TAP_NEAR_WIRE].dev;
	int64_t n = kept_here(facts);
	struct finding *f;

	if (n < 1 || x->sent < LOSS_PROBES_MIN || loss_share_state(facts, n, x->sent) != STATE_FAIL)
		return NULL;
	f = finding_add(out, is_slow_whole(facts) ? STATE_WARN : STATE_FAIL,
			"%lld/%lld = %s of the probes never left %s%s", (long long)n,
			(long long)x->sent, words_share(out->arena, n, x->sent),
			dev ? dev : "this host",
			is_slow_whole(facts) ? ", of those that were sent fast" : "");
	finding_because(out, f, "ledger", "probes", "%lld of %lld: before %s", (long long)n,
			(long long)x->sent, stage_str(STAGE_WIRE_OUT));
	loss_fix_kept(facts, &facts->loss_up, out, f);
	return f;
}
