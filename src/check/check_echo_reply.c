/*
 * Does our own stack answer echo requests from the far side?
 *
 * Told on our tun: requests in, replies out. So a request that never came, and a reply that was
 * given and lost on its way back, are not held against this host's stack.
 */
#include "check/after.h"
#include "check/check_list.h"
#include "check/words.h"

struct counts {
	int64_t sent, received; /* at the far side, both families */
	int64_t requests, replies; /* on our tun; UNKNOWN */
	int64_t dropped;
	const char *error;
	uint8_t family; /* of that one, if it is one; NONE: of both */
	const char *silent; /* of one family nothing came back; NULL */
};

static struct counts count(const struct facts *facts)
{
	const struct tap_facts *t = &facts->taps[TAP_NEAR_TUN];
	struct counts c = { .requests = t->echo_requests[TAP_IN],
			    .replies = t->echo_replies[TAP_OUT],
			    .dropped = t->dropped };
	size_t i;

	for (i = 0; i < ARRAY_LEN(facts->echo_back); i++) {
		const struct ping_facts *p = &facts->echo_back[i];

		if (p->sent == UNKNOWN)
			continue;
		c.sent += p->sent;
		c.received += MAX(p->received, 0) + MAX(p->late, 0);
		c.error = c.error ? c.error : p->send_error;
		if (p->sent > 0 && p->received < 1 && p->late < 1) {
			c.family = c.silent ? FAMILY_NONE : i == 0 ? FAMILY_IP4 : FAMILY_IP6;
			c.silent = i == 0 ? ", over IPv4 none came back: look at "
					    "icmp_echo_ignore_all and the firewall" :
					    ", over IPv6 none came back: look at "
					    "net.ipv6.icmp.echo_ignore_all and the firewall";
		}
	}
	return c;
}

/* These were answered. Others came too (of several sizes, say), and our stack had them all. */
static struct finding *judge_all_came_back(const struct counts *c, struct findings *out)
{
	int64_t r = c->requests, q = c->replies;

	if (r != UNKNOWN && q != UNKNOWN && c->dropped == 0 && q < r)
		return finding_add(out, errors_state(r - q, r),
				   "%lld/%lld requests from the far side answered, but of all %lld "
				   "that reached our tun our stack answered %lld",
				   (long long)c->received, (long long)c->sent, (long long)r,
				   (long long)q);
	return finding_add(out, STATE_PASS, "%lld/%lld requests from the far side answered",
			   (long long)c->received, (long long)c->sent);
}

static struct finding *judge_ours(const struct facts *facts, const struct counts *c,
				  struct findings *out)
{
	long long sent = c->sent, r = c->requests, q = c->replies;

	if (c->requests == 0)
		return finding_add(out, STATE_FAIL,
				   "%lld sent by the far side, none reached our "
				   "tun",
				   sent);
	if (c->replies == 0)
		return finding_add(
			out, STATE_FAIL,
			"%lld requests reached our tun, our stack answered none: look at "
			"icmp_echo_ignore_all and the firewall",
			r);
	if (c->replies < c->requests)
		return finding_add(out, errors_state(r - q, r),
				   "%lld requests reached our tun, our stack answered %lld%s", r, q,
				   c->silent ? c->silent : "");
	if (c->requests < c->sent)
		return finding_add(out, loss_state(facts, sent - r, sent),
				   "%lld sent by the far side, %lld reached our tun, all answered",
				   sent, r);
	return finding_add(out, STATE_PASS,
			   "all %lld requests answered by our stack; %lld answers came back", r,
			   (long long)c->received);
}

static struct finding *judge(const struct facts *facts, const struct counts *c,
			     struct findings *out)
{
	if (c->sent < 1)
		return finding_add(out, STATE_UNSURE, "the far side could send nothing: %s",
				   c->error ? c->error : "no reason was given");
	if (c->received >= c->sent)
		return judge_all_came_back(c, out);
	if (facts->interrupted)
		return finding_add(out, STATE_UNSURE, "%lld/%lld answered when it was interrupted",
				   (long long)c->received, (long long)c->sent);
	if (c->requests == UNKNOWN || c->replies == UNKNOWN || c->dropped != 0)
		return finding_add(out, STATE_UNSURE,
				   "%lld/%lld came back, and the capture on our tun is not whole",
				   (long long)c->received, (long long)c->sent);
	return judge_ours(facts, c, out);
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	struct counts c = count(ctx->facts);
	struct finding *f = judge(ctx->facts, &c, out);
	bool ours = c.requests > 0 && c.replies < c.requests;
	struct evidence *ev;

	/* Either our stack gave no answer, and pings go without one; or they did not get here. */
	f->misses = traffic_of(c.family, ours ? TRAFFIC_REPLY : TRAFFIC_ECHO);
	f->takes = traffic_of(c.family, TRAFFIC_ECHO);
	ev = finding_because(out, f, "socket", "far", "echo to our inner addresses%s%s",
			     c.error ? "; " : "", c.error ? c.error : "");
	evidence_count(ev, "sent", c.sent);
	evidence_count(ev, "received", c.received);
	ev = finding_because(out, f, "capture", "near tun", "echo requests in, replies out");
	evidence_count(ev, "requests_in", c.requests);
	evidence_count(ev, "replies_out", c.replies);
	evidence_count(ev, "capture_dropped", c.dropped);
}

static const char *const after[] = { AFTER_DATA, "ping.self", "ping.peer", NULL };

const struct check check_echo_reply = {
	.id = "echo.reply",
	.title = "echo replies",
	.layer = LAYER_INNER,
	.needs = NEED_BIT(NEED_ECHO_BACK) | NEED_BIT(NEED_TAP_NEAR_TUN),
	.after = after,
	.run = run,
};
