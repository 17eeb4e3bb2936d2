/*
 * Does what arrives outside come out of our tun, and does the stack see it?
 *
 * Fewer frames than messages is no fault: newer engines join TCP segments before they write
 * them. More than none, and all of them IP, is what is asked.
 */
#include "check/check_list.h"
#include "check/given_log.h"
#include "check/outer_size.h"
#include "check/tun_view.h"

static const char *seen_words(const struct tun_view *v, struct arena *a)
{
	if (v->rx_packets == UNKNOWN)
		return "what the stack saw is not known";
	/* What is no IP the device takes and counts as well; its stack takes none of it. */
	return arena_printf(a, "%s %lld",
			    tun_view_no_ip(v) > 0 ? "the device took" : "seen by the stack",
			    (long long)v->rx_packets);
}

/*
 * Of those that the near engine refused since nobody waits for such: what it, or a router behind
 * the peer, says from an address that no peer has. UNKNOWN: it does not count.
 */
static int64_t not_for_the_tun(const struct facts *facts)
{
	int64_t errors = tun_view_refused(facts, END_NEAR, "in_source_error");
	int64_t link = tun_view_refused(facts, END_NEAR, "in_source_link");

	return errors == UNKNOWN || link == UNKNOWN ? UNKNOWN : errors + link;
}

/* By its own count the engine opened none: then it is not what is inside that it does not take. */
static bool was_unopened(const struct facts *facts)
{
	const struct crypto_facts *c = &facts->crypto[END_NEAR];

	return facts->have & NEED_BIT(NEED_ENGINE) && c->known && c->opened == 0;
}

static struct finding *judge_none(const struct facts *facts, const struct tun_view *v,
				  struct findings *out)
{
	int64_t aside = not_for_the_tun(facts);
	struct finding *f;

	if (aside > 0 && aside >= v->arrived)
		return finding_add(out, STATE_SKIP,
				   "%lld data messages arrived, none of them for the tun: ICMP "
				   "errors and the like, from addresses that no peer has here",
				   (long long)v->arrived);
	if (v->dropped != 0)
		return finding_add(out, STATE_UNSURE,
				   "%lld arrived, no packet seen; the captures lost frames "
				   "themselves",
				   (long long)v->arrived);
	if (aside == UNKNOWN && outer_size_is_of_errors(facts))
		return finding_add(out, STATE_UNSURE,
				   "%lld data messages arrived, nothing came out of the tun; by "
				   "their sizes they may be ICMP errors, from an address that is "
				   "not in the allowed IPs",
				   (long long)v->arrived);
	f = finding_add(out, STATE_FAIL, "%lld data messages arrived, %s came out of the tun",
			(long long)v->arrived, v->not_ip > 0 ? "nothing valid" : "nothing");
	if (!was_unopened(facts))
		finding_sign(f, SIGN_NOTHING_DELIVERED);
	return f;
}

static struct finding *judge(const struct facts *facts, const struct tun_view *v,
			     struct findings *out)
{
	if (v->arrived == UNKNOWN || v->written == UNKNOWN)
		return finding_add(out, STATE_UNSURE, "a capture cannot say how much it saw");
	if (v->written == 0 && v->arrived == 0 && v->dropped != 0)
		return finding_add(out, STATE_UNSURE,
				   "nothing seen; the captures lost frames "
				   "themselves");
	if (v->arrived == 0 && v->not_ip == 0)
		return finding_add(out, STATE_SKIP, "no data message arrived");
	if (v->packets == 0 && v->arrived > 0)
		return judge_none(facts, v, out);
	if (v->not_ip > 0 && !tun_view_no_ip(v))
		return finding_add(out, STATE_WARN,
				   "written %lld, %s; %lld more on the tun no IP, by whom is not "
				   "seen",
				   (long long)v->packets, seen_words(v, out->arena),
				   (long long)v->not_ip);
	if (v->not_ip > 0)
		return finding_add(out, STATE_FAIL, "written %lld, %lld of them no IP; %s",
				   (long long)v->written, (long long)v->not_ip,
				   seen_words(v, out->arena));
	return finding_add(out, STATE_PASS, "written %lld, %s", (long long)v->written,
			   seen_words(v, out->arena));
}

#define LOGGED                                                                 \
	(GIVEN_LOG_BIT(ENGINE_LOG_TAG) | GIVEN_LOG_BIT(ENGINE_LOG_COUNTER) |   \
	 GIVEN_LOG_BIT(ENGINE_LOG_SOURCE) | GIVEN_LOG_BIT(ENGINE_LOG_NOT_IP) | \
	 GIVEN_LOG_BIT(ENGINE_LOG_TUN_WRITE) | GIVEN_LOG_BIT(ENGINE_LOG_TUN_GONE))

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *facts = ctx->facts;
	struct tun_view v = tun_view_of(facts, END_NEAR);
	struct finding *f = judge(facts, &v, out);
	struct evidence *ev;

	ev = finding_because(out, f, "capture", "near wire and tun",
			     "data messages in, frames into the tun");
	evidence_count(ev, "arrived", v.arrived);
	evidence_count(ev, "opened_with_keepalives",
		       facts->crypto[END_NEAR].known ? facts->crypto[END_NEAR].opened : UNKNOWN);
	evidence_count(ev, "written", v.written);
	evidence_count(ev, "written_ip", v.packets);
	evidence_count(ev, "capture_dropped", v.dropped);
	ev = finding_because(out, f, "link", facts->tun[END_NEAR].name, "over the run%s",
			     tun_view_no_ip(&v) > 0 ?
				     "; what its stack discards is counted nowhere while a "
				     "capture is open" :
				     "");
	evidence_count(ev, "device_took", v.rx_packets);
	evidence_count(ev, "rx_dropped", v.rx_dropped);
	given_log_because(facts, LOGGED, out, f);
}

static const char *const after[] = { "engine.start",
				     "engine.answers",
				     "host.state",
				     "config.file",
				     "config.keys",
				     "config.allowed-ips",
				     "underlay.out",
				     "underlay.back",
				     "tun.framing",
				     "crypto.rejects",
				     "rx.errors",
				     "handshake.complete",
				     NULL };

const struct check check_tun_delivery = {
	.id = "tun.delivery",
	.title = "tun delivery",
	.layer = LAYER_INNER,
	.needs = NEED_BIT(NEED_TAP_NEAR_TUN) | NEED_BIT(NEED_TAP_NEAR_WIRE),
	.wants = NEED_BIT(NEED_LINKS) | NEED_BIT(NEED_ENGINE) | NEED_BIT(NEED_STREAMS),
	.after = after,
	.run = run,
};
