/*
 * Does our own tunnel address answer, and what does that prove?
 *
 * Linux answers it from lo: the engine never sees it, and it passes on a tunnel that is
 * dead (failure-modes.md, FM35). Where it does go into the tun, silence proves nothing,
 * since the engine may have no reason to turn it round. Nor does it on a host that answers no
 * pings, by its filter or its setting; and where data crosses the tunnel it is no fault of it.
 */
#include "check/check_list.h"
#include "check/rule_match.h"
#include "check/tunnel.h"
#include "check/words.h"

/* 1: one of this host's addresses, 0: none, UNKNOWN: not seen. */
static int64_t is_here(const struct facts *facts, const struct ip_addr *a)
{
	const struct net_facts *n = &facts->net_start[END_NEAR];
	size_t i;

	if (!(facts->have & NEED_BIT(NEED_ADDRS)))
		return UNKNOWN;
	for (i = 0; i < n->n_addrs; i++)
		if (ip_addr_equal(&n->addrs[i].addr.addr, a))
			return 1;
	return 0;
}

/* What keeps this host from answering pings, whoever sends them; NULL: nothing that is known. */
static const char *no_echo(const struct facts *facts, struct arena *a)
{
	const struct ping_facts *p = &facts->ping_self;
	const bool six = p->target.family == FAMILY_IP6;
	const struct near_host_facts *h = &facts->near_host;
	size_t i;

	if ((six ? h->ip6_no_echo : h->ip4_no_echo) == 1)
		return six ? "net.ipv6.icmp.echo_ignore_all is 1" :
			     "net.ipv4.icmp_echo_ignore_all is 1";
	for (i = 0; facts->have & NEED_BIT(NEED_FIREWALL) && i < facts->firewall.n_rules; i++) {
		const struct rule_facts *r = &facts->firewall.rules[i];

		if (rule_hits_self_ping(facts, r) == HIT_YES && !rule_is_idle(r))
			return arena_printf(a, "%s %s %s: %s", r->family, r->table, r->chain,
					    r->says);
	}
	return NULL;
}

static struct finding *judge_silence(const struct facts *facts, const char *target,
				     struct findings *out)
{
	const struct ping_facts *p = &facts->ping_self;
	int64_t here = is_here(facts, &p->target);
	const char *why = no_echo(facts, out->arena);
	/* A machine that is flooded loses on lo, too. */
	bool works = facts_far_is_here(facts) ? facts->ping_peer.received > 0 :
						tunnel_data_answers(facts);
	struct finding *f;

	if (here == 0)
		return finding_add(out, STATE_FAIL, "0/%lld answered: %s is not on this host",
				   (long long)p->sent, target);
	if (why) {
		f = finding_add(
			out, STATE_UNSURE,
			"0/%lld: this host answers no pings, so silence proves nothing (%s)",
			(long long)p->sent, why);
		finding_sign(f, SIGN_NO_PINGS_HERE);
		return f;
	}
	return finding_add(out, works ? STATE_WARN : STATE_FAIL,
			   "0/%lld answered%s: look at lo and the firewall%s", (long long)p->sent,
			   here == 1 ? ", though the address is on this host" : "",
			   works ? "; the tunnel works" : "");
}

static struct finding *judge(const struct facts *facts, const char *target, struct findings *out)
{
	const struct ping_facts *p = &facts->ping_self;
	/* A machine that stands still answers itself late, and that is no fault of its stack. */
	int64_t received = p->received + MAX(p->late, 0), lost = p->sent - received;
	struct finding *f;

	if (p->sent < 1)
		return finding_add(out, p->shortage ? STATE_ERROR : STATE_FAIL,
				   "%s: nothing could be sent: %s", target,
				   p->send_error ? p->send_error : "no reason was given");
	if (received > 0 && lost > 0)
		return finding_add(out, STATE_WARN, "%lld/%lld answered from %s",
				   (long long)received, (long long)p->sent, target);
	if (received < 1 && p->dev_is_tun == 1) {
		f = finding_add(
			out, STATE_UNSURE,
			"0/%lld: it goes into the tunnel here, where silence proves nothing",
			(long long)p->sent);
		finding_sign(f, SIGN_SELF_PING_IN_TUN);
		return f;
	}
	if (received < 1)
		return judge_silence(facts, target, out);
	if (p->dev_is_tun == 1)
		return finding_add(out, STATE_PASS, "%lld/%lld through the tun",
				   (long long)received, (long long)p->sent);
	if (p->dev_is_tun == 0)
		return finding_add(
			out, STATE_PASS,
			"%lld/%lld by lo: proves the address and lo, nothing of the tunnel",
			(long long)received, (long long)p->sent);
	return finding_add(out, STATE_PASS,
			   "%lld/%lld; which way was not seen, so it proves the address only",
			   (long long)received, (long long)p->sent);
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct ping_facts *p = &ctx->facts->ping_self;
	char target[IP_ADDR_STR_SIZE];
	struct evidence *ev;
	struct finding *f;

	f = judge(ctx->facts, ip_addr_str(&p->target, target), out);
	/* What our stack does not answer itself it answers nobody. */
	f->takes = traffic_of(p->target.family, TRAFFIC_REPLY);
	f->whose = WHOSE_LOCAL;
	ev = finding_because(out, f, "socket", "near", "echo to our own address %s", target);
	evidence_count(ev, "sent", p->sent);
	evidence_count(ev, "received", p->received);
	if (p->late > 0)
		evidence_count(ev, "late", p->late);
	evidence_count(ev, "through_tun", p->dev_is_tun);
	evidence_ms(ev, "avg_ms", p->avg_ns);
	f->duration_ns = p->elapsed_ns;
}

static const char *const after[] = { "engine.start", "engine.answers", "host.state", "tun.address",
				     NULL };

const struct check check_ping_self = {
	.id = "ping.self",
	.title = "self ping",
	.layer = LAYER_INNER,
	.needs = NEED_BIT(NEED_PING_SELF),
	.wants = NEED_BIT(NEED_ADDRS) | NEED_BIT(NEED_ROUTES) | NEED_BIT(NEED_FIREWALL) |
		 NEED_BIT(NEED_PATHS) | NEED_BIT(NEED_PING_PEER),
	.after = after,
	.run = run,
};
