/*
 * One direction of the outer path, from two captures.
 *
 * Both must be whole: a frame that a capture lost looks like one lost by the network
 * (at the receiver) or hides one (at the sender), so with gaps nothing is decided.
 */
#include "check/underlay.h"

#include "check/words.h"
#include "loss/settled.h"

struct direction {
	const struct tap_facts *sender, *receiver;
	const char *from; /* "near engine" */
	int64_t sent, arrived, dropped;
};

static struct finding *judge_silence(const struct direction *d, struct findings *out)
{
	int64_t asked = loss_messages(d->sender, TAP_IN);

	if (asked > 0)
		return finding_add(
			out, STATE_SKIP,
			"nothing to carry: the %s sent nothing, %lld messages reached it", d->from,
			(long long)asked);
	return finding_add(out, STATE_SKIP, "nothing to carry: the %s sent nothing", d->from);
}

static struct finding *judge(const struct direction *d, struct findings *out)
{
	int64_t lost = d->sent - d->arrived;

	if (d->sent == UNKNOWN || d->arrived == UNKNOWN || d->dropped == UNKNOWN)
		return finding_add(out, STATE_UNSURE, "a capture cannot say how much it saw");
	if (d->dropped > 0)
		return finding_add(
			out, STATE_UNSURE,
			"%lld sent, %lld arrived, but the captures themselves lost %lld frames",
			(long long)d->sent, (long long)d->arrived, (long long)d->dropped);
	if (d->sent == 0 && d->arrived == 0)
		return judge_silence(d, out);
	if (lost < 0)
		return finding_add(out, STATE_WARN, "%lld sent, %lld arrived: more than were sent",
				   (long long)d->sent, (long long)d->arrived);
	if (lost == 0)
		return finding_add(out, STATE_PASS, "%lld sent, %lld arrived", (long long)d->sent,
				   (long long)d->arrived);
	return finding_add(out, loss_state(lost, d->sent), "%lld sent, %lld arrived: %s lost",
			   (long long)d->sent, (long long)d->arrived,
			   words_share(out->arena, lost, d->sent));
}

static void because(const struct direction *d, enum end from, struct findings *out,
		    struct finding *f)
{
	struct evidence *ev;

	ev = finding_because(out, f, "capture", from == END_NEAR ? "near wire" : "far wire",
			     "on %s, messages out", d->sender->dev ? d->sender->dev : "?");
	evidence_count(ev, "sent", d->sent);
	evidence_count(ev, "sent_bytes", d->sender->msg_bytes[TAP_OUT]);
	evidence_count(ev, "sender_capture_dropped", d->sender->dropped);
	ev = finding_because(out, f, "capture", from == END_NEAR ? "far wire" : "near wire",
			     "on %s, messages in", d->receiver->dev ? d->receiver->dev : "?");
	evidence_count(ev, "arrived", d->arrived);
	evidence_count(ev, "arrived_bytes", d->receiver->msg_bytes[TAP_IN]);
	evidence_count(ev, "receiver_capture_dropped", d->receiver->dropped);
}

void underlay_judge(const struct facts *facts, enum end from, struct findings *out)
{
	const struct tap_facts *near = &facts->taps[TAP_NEAR_WIRE];
	const struct tap_facts *far = &facts->taps[TAP_FAR_WIRE];
	struct direction d = {
		.sender = from == END_NEAR ? near : far,
		.receiver = from == END_NEAR ? far : near,
		.from = from == END_NEAR ? "near engine" : "far engine",
		.dropped = UNKNOWN,
	};

	d.sent = loss_messages(d.sender, TAP_OUT);
	d.arrived = loss_messages(d.receiver, TAP_IN);
	if (near->dropped != UNKNOWN && far->dropped != UNKNOWN)
		d.dropped = near->dropped + far->dropped;
	because(&d, from, out, judge(&d, out));
}
