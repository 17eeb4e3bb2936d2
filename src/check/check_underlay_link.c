/*
 * Is the link good that the outer packets leave by?
 *
 * Its error counters are of all its traffic, so they are never more than a warning here:
 * what the tunnel lost of its own says underlay.out and underlay.back.
 */
#include "check/check_list.h"
#include "check/tunnel.h"
#include "check/words.h"

#include <string.h>

static struct finding *judge_errors(const struct link_facts *l, struct findings *out)
{
	int64_t rx = link_difference(l, LINK_RX_ERRORS), tx = link_difference(l, LINK_TX_ERRORS);
	const char *carrier = l->running == 1 ? "up with carrier" : "up (carrier not told)";

	if (rx == UNKNOWN || tx == UNKNOWN)
		return finding_add(out, STATE_UNSURE,
				   "%s %s; its error counters cannot be compared", l->name,
				   carrier);
	if (rx + tx == 0)
		return finding_add(out, STATE_PASS, "%s %s, 0 errors, MTU %u", l->name, carrier,
				   l->start.mtu);
	return finding_add(out, STATE_WARN, "%s %s; over the run %lld receive and %lld send errors",
			   l->name, carrier, (long long)rx, (long long)tx);
}

/* What became of it during the run, or NULL. */
static struct finding *judge_change(const struct link_facts *l, struct findings *out)
{
	if (!l->end.known)
		return NULL;
	if (l->end.gone)
		return finding_add(out, STATE_FAIL, "%s was deleted during the run", l->name);
	if (!l->end.up)
		return finding_add(out, STATE_FAIL, "%s was set down during the run", l->name);
	if (l->running == 1 && l->running_end == 0)
		return finding_add(out, STATE_FAIL, "%s lost its carrier during the run", l->name);
	if (l->running == 0 && l->running_end == 1)
		return finding_add(out, STATE_WARN,
				   "%s had no carrier at the start, and has one now", l->name);
	return NULL;
}

static struct finding *judge(const struct facts *f, const struct link_facts *l,
			     struct findings *out)
{
	const struct path_facts *p = tunnel_path(f, PATH_ENDPOINT, NULL);
	const char *moved = tunnel_moved_words(f, out->arena);
	struct finding *changed;

	if (tunnel_goes_elsewhere(f) && moved)
		return finding_add(out, STATE_NA, "%s", moved);
	if (tunnel_goes_elsewhere(f))
		return finding_add(out, STATE_NA, "its messages do not go by %s", l->name);
	if (p && p->dev && strcmp(p->dev, l->name) != 0)
		return finding_add(out, STATE_UNSURE,
				   "the endpoint's route uses %s, %s was watched", p->dev, l->name);
	if (!l->start.up)
		return finding_add(out, STATE_FAIL, "%s is down", l->name);
	changed = judge_change(l, out);
	if (changed)
		return changed;
	if (l->running == 0)
		return finding_add(out, STATE_FAIL, "%s is up and has no carrier", l->name);
	return judge_errors(l, out);
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	static const enum link_counter shown[] = {
		LINK_RX_PACKETS, LINK_TX_PACKETS, LINK_RX_ERRORS,  LINK_TX_ERRORS,
		LINK_RX_DROPPED, LINK_TX_DROPPED, LINK_TX_CARRIER,
	};
	const struct link_facts *l = &ctx->facts->wire[END_NEAR];
	struct evidence *ev;
	struct finding *f;
	size_t i;

	if (!l->name) {
		finding_for_want_of(out, ctx->facts, NEED_CONFIG,
				    "the link to the endpoint was not looked at");
		return;
	}
	f = judge(ctx->facts, l, out);
	if (f->state == STATE_FAIL)
		finding_sign(f, SIGN_NO_UPLINK);
	ev = finding_because(out, f, "link", l->name, "%s, over the run",
			     l->kind ? l->kind : "link");
	evidence_count(ev, "up", l->start.up);
	evidence_count(ev, "carrier", l->running);
	evidence_count(ev, "carrier_at_end", l->running_end);
	evidence_count(ev, "mtu", (int64_t)l->start.mtu);
	for (i = 0; i < ARRAY_LEN(shown); i++)
		evidence_count(ev, link_counter_str(shown[i]), link_difference(l, shown[i]));
}

static const char *const after[] = { "engine.start", "host.state", NULL };

const struct check check_underlay_link = {
	.id = "underlay.link",
	.title = "outer link",
	.layer = LAYER_UNDERLAY,
	.needs = NEED_BIT(NEED_LINKS),
	.wants = NEED_BIT(NEED_PATHS) | NEED_BIT(NEED_STREAMS) | NEED_BIT(NEED_TAP_NEAR_WIRE) |
		 NEED_BIT(NEED_ENGINE),
	.after = after,
	.run = run,
};
