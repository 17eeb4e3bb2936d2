/*
 * Did this host's kernel throw away what had come for the tunnel?
 *
 * Its reverse path filter drops a packet that came by another link than an answer to it would leave
 * by. It counts them for the whole network namespace, and on a busy host others' are among them.
 * So it is blamed for as many only as were seen to arrive and reached nobody: the peer's messages,
 * while the engine had none of them; or echo replies out of the tun, while the socket had none.
 *
 * Of all other drops it tells the reason and the place, at the tunnel's own devices only; it blames
 * them where probes are missing (drops.h).
 */
#include "check/calls.h"
#include "check/check_list.h"
#include "check/drops.h"
#include "check/tunnel.h"
#include "loss/settled.h"

/* What arrived and was lost, where it came in, and where it should have. */
struct lost {
	int64_t n;
	const char *what, *by;
	int64_t strict; /* of that link */
	bool marked; /* it came by the link that ours leave by: only their mark tells them so */
};

static bool engine_has_none(const struct facts *f)
{
	const struct crypto_facts *c = &f->crypto[END_NEAR];

	/* Whether there is a session does not matter: the filter may have come after it. */
	if (!(f->have & NEED_BIT(NEED_ENGINE)) || c->rx_bytes != 0 || f->ping_peer.received > 0)
		return false;
	return !c->known || (c->opened == 0 && c->n_refused == 0);
}

/* Of the first who called, if nobody answered him; the filter looks at IPv4 only. */
static int64_t calls(const struct facts *f)
{
	const struct call_facts *c = f->calls.list;

	if (!(f->have & NEED_BIT(NEED_CALLS)) || f->calls.n < 1 || f->calls.dropped != 0 ||
	    c->from.addr.family != FAMILY_IP4 || !call_is_unanswered(f, c))
		return 0;
	return c->initiations;
}

static struct lost outer(const struct facts *f)
{
	const struct kernel_facts *k = &f->kernel;
	int64_t wire = loss_messages(&f->taps[TAP_NEAR_WIRE], TAP_IN);

	if (!engine_has_none(f))
		return (struct lost){ 0 };
	if (calls(f) > 0)
		return (struct lost){ calls(f), "handshakes", f->calls.list[0].link,
				      f->calls.rp_filter, false };
	if (!(f->have & NEED_BIT(NEED_TAP_NEAR_WIRE)))
		return (struct lost){ 0 };
	if (wire > 0)
		return (struct lost){ wire, "messages of the peer", f->taps[TAP_NEAR_WIRE].dev,
				      k->rp_wire, true };
	if (wire == 0 && k->n_elsewhere > 0)
		return (struct lost){ k->n_elsewhere, "messages of the peer", k->elsewhere,
				      k->rp_elsewhere, false };
	return (struct lost){ 0 };
}

static struct lost inner(const struct facts *f)
{
	const struct tap_facts *t = &f->taps[TAP_NEAR_TUN];

	if (!(f->have & NEED_BIT(NEED_TAP_NEAR_TUN)) || !(f->have & NEED_BIT(NEED_PING_PEER)) ||
	    f->ping_peer.sent < 1 || f->ping_peer.received != 0 || f->ping_peer.late > 0 ||
	    t->echo_replies[TAP_IN] < 1)
		return (struct lost){ 0 };
	return (struct lost){ t->echo_replies[TAP_IN], "echo replies", t->dev, f->kernel.rp_tun,
			      false };
}

static struct finding *judge_lost(const struct facts *f, const struct lost *x, int64_t dropped,
				  struct findings *out)
{
	const char *dev = x->by ? x->by : "another link";
	bool mark = x->marked && f->kernel.src_valid_mark == 0;
	struct finding *row;

	row = finding_add(
		out, STATE_FAIL,
		"%lld %s came by %s and reached nobody; the reverse path filter dropped %lld",
		(long long)x->n, x->what, dev, (long long)dropped);
	finding_sign(row, SIGN_REVERSE_PATH);
	if (mark)
		finding_fix(
			out, row,
			"the answer to them would leave through the tunnel, but for the mark: let "
			"the filter look at it, as wg-quick does, or be loose",
			"sysctl -w net.ipv4.conf.all.src_valid_mark=1");
	else
		finding_fix(
			out, row,
			"let the filter be loose (2: any link has a way back), here and in "
			"/etc/sysctl.d; or bring the answers back by the link that the questions "
			"leave by",
			"sysctl -w net.ipv4.conf.%s.rp_filter=2", x->by ? x->by : "all");
	return row;
}

/* Is the filter to blame for what is missing? NULL: it is not. */
static struct finding *judge_filter(const struct facts *f, int64_t dropped, struct findings *out)
{
	struct lost x = outer(f);

	if (x.n < 1)
		x = inner(f);
	/*
	 * The captures began just before the count. Where its setting was read, and is not strict,
	 * they were others'.
	 */
	if (x.n > 0 && dropped > 0 && dropped + 1 >= x.n && x.strict != 0 && x.strict != 2)
		return judge_lost(f, &x, dropped, out);
	return NULL;
}

static struct finding *pass(const struct facts *f, int64_t dropped, struct findings *out)
{
	int64_t seen = drops_seen_ours(f);

	if (dropped > 0 && dropped >= seen)
		return finding_add(
			out, STATE_PASS,
			"the reverse path filter dropped %lld packets, and nothing of the "
			"tunnel is missing by it",
			(long long)dropped);
	if (seen > 0)
		return finding_add(out, STATE_PASS,
				   "%lld packets at %s, and nothing of the tunnel is missing by it",
				   (long long)seen,
				   f->kernel.same_name == 1 ?
					   "devices of these names, here or in another namespace" :
					   "the tunnel's devices");
	if (f->kernel.unwatched)
		return finding_add(out, STATE_PASS,
				   "not watched, and nothing that was sent is missing");
	return finding_add(out, STATE_PASS,
			   f->kernel.events_lost == 0 ? "none at the tunnel's devices" :
							"none by the reverse path filter");
}

static struct finding *judge(const struct facts *f, struct findings *out)
{
	const struct kernel_facts *k = &f->kernel;
	int64_t dropped = count_difference(k->rpfilter_before, k->rpfilter_after);
	struct finding *row = judge_filter(f, dropped, out);

	if (!row)
		row = drops_judge(f, out);
	if (row)
		return row;
	/* Where all came through that was sent, none of it was dropped. */
	if (k->unwatched && (drops_matter(f) || dropped == UNKNOWN)) {
		row = finding_add(out, STATE_SKIP, "what the kernel drops was not watched: %s",
				  k->unwatched);
		row->remedy = k->unwatched_remedy;
		return row;
	}
	if (dropped == UNKNOWN)
		return finding_add(out, STATE_SKIP, "what the kernel drops was not counted");
	if (k->unwatched && !drops_came_through(f))
		return finding_add(out, STATE_SKIP, "what the kernel drops was not watched: %s",
				   drops_unwatched_words(k, out->arena));
	return pass(f, dropped, out);
}

/* What waits for messages that came in, and were thrown away before the engine. */
static const char *const behind[] = { "handshake.complete", "crypto.rejects", "tun.delivery",
				      NULL };

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct kernel_facts *k = &ctx->facts->kernel;
	struct finding *f = judge(ctx->facts, out);
	struct evidence *ev;

	if (f->state != STATE_PASS && !(f->signs & SIGN_BIT(SIGN_REVERSE_PATH)) &&
	    drops_come_in(ctx->facts)) {
		finding_sign(f, SIGN_DROPPED_COMING_IN);
		f->explains = behind;
	}
	ev = finding_because(
		out, f, "kernel", "this namespace",
		"TcpExtIPReversePathFilter over the run; rp_filter: 1 is strict, 2 loose");
	evidence_count(ev, "reverse_path_drops",
		       count_difference(k->rpfilter_before, k->rpfilter_after));
	evidence_count(ev, "rp_filter_wire", k->rp_wire);
	evidence_count(ev, "rp_filter_tun", k->rp_tun);
	evidence_count(ev, "src_valid_mark", k->src_valid_mark);
	ev = finding_because(out, f, "capture", k->elsewhere ? k->elsewhere : "other links",
			     "messages of the peer that came by another link than ours leave by");
	evidence_count(ev, "messages_elsewhere", k->n_elsewhere);
	evidence_count(ev, "rp_filter_there", k->rp_elsewhere);
	drops_because(ctx->facts, out, f);
}

/* Where routes lead elsewhere, what comes back on the tun is not the reverse of them. */
static const char *const after[] = { "engine.start", "engine.answers", "route.inner", NULL };

const struct check check_kernel_drops = {
	.id = "kernel.drops",
	.title = "kernel drops",
	.layer = LAYER_HOST,
	.wants = NEED_BIT(NEED_LINKS) | NEED_BIT(NEED_TAP_NEAR_TUN) | NEED_BIT(NEED_TAP_NEAR_WIRE) |
		 NEED_BIT(NEED_ENGINE) | NEED_BIT(NEED_HANDSHAKE) | NEED_BIT(NEED_PING_PEER) |
		 NEED_BIT(NEED_CALLS) | NEED_BIT(NEED_CONFIG) | NEED_BIT(NEED_FIREWALL),
	.after = after,
	.run = run,
};
