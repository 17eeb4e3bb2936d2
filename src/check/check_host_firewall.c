/*
 * Can a firewall rule of this machine take the tunnel's packets?
 *
 * Reading rules proves little: an earlier rule may let the packet pass, and a set or a mark
 * is not judged here. So a rule is blamed only for what was seen: all its terms match a
 * packet that was sent or awaited, its counter moved meanwhile, packets of the tunnel are
 * missing, and it is bound to the tunnel rather than to everybody's packets. Or packets were seen
 * to be taken where it is (rule_proof.h). Anything less is "could hit". Where all data came
 * through no rule took it, whatever it says.
 */
#include "check/check_list.h"
#include "check/drops.h"
#include "check/incoming.h"
#include "check/rule_match.h"
#include "check/rule_proof.h"
#include "check/tunnel.h"
#include "check/words.h"

#include <string.h>

enum { RULES_SHOWN = 8 };

struct suspect {
	const struct rule_facts *rule;
	const struct packet *packet;
	enum hit hit;
	bool narrow;
	int64_t moved; /* UNKNOWN: no counter */
	enum proof proof;
	const char *seen; /* of that */
};

struct survey {
	enum passed passed;
	bool alone; /* a namespace of our own: nobody else's packets are there */
	bool missing; /* probes are not answered */
	struct suspect worst;
	enum state state;
	size_t n_could, n_took, n_idle;
	const char *refused; /* what was, by whatever; NULL */
};

/*
 * A rule that came during the run: its counter began with it, unless a firewall that is reloaded
 * set it to what it was. Nobody does that in a namespace of our own.
 */
static int64_t moved_by(const struct rule_facts *r, bool alone)
{
	if (alone && r->before == UNKNOWN && r->after != UNKNOWN)
		return r->after;
	if (r->before == UNKNOWN || r->after == UNKNOWN || r->after < r->before)
		return UNKNOWN;
	return r->after - r->before;
}

/* What no rule before a policy decided is not told by the policy itself. */
static enum hit hit_of(const struct firewall_facts *w, const struct rule_facts *r,
		       const struct packet *p, enum hit *comes)
{
	enum hit h = rule_match(r, p);

	*comes = h == HIT_NO ? HIT_NO : rule_comes(w, r, p);
	return r->policy || *comes == HIT_NO ? MIN(h, *comes) : h;
}

static struct suspect suspect_of(const struct facts *f, const struct rule_facts *r,
				 const struct packet *p, size_t n, struct arena *a)
{
	bool alone = f->target.kind == TARGET_SELF_TEST;
	struct suspect s = { .rule = r, .moved = moved_by(r, alone) };
	size_t i;

	for (i = 0; i < n; i++) {
		enum hit comes, h = hit_of(&f->firewall, r, &p[i], &comes);
		bool narrow = rule_match_is_narrow(r, &p[i]);
		const char *seen = NULL;
		enum proof proof =
			s.moved == 0 ? PROOF_NONE : rule_proof(f, r, &p[i], h, comes, a, &seen);

		/* What is proved is told of the packet that proves it. */
		if (h == HIT_NO || proof < s.proof)
			continue;
		if (proof == s.proof && (h < s.hit || (h == s.hit && narrow <= s.narrow)))
			continue;
		s.hit = h;
		s.narrow = narrow;
		s.packet = &p[i];
		s.proof = proof;
		s.seen = seen;
	}
	return s;
}

/* A call that was refused shows that some rule took the packet; which, where only one can have. */
static void settle_refused(struct suspect *s, size_t n)
{
	const struct rule_facts *maybe = NULL;
	bool surely = false, several = false;
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i].proof != PROOF_REFUSED)
			continue;
		if (s[i].hit == HIT_YES)
			surely = true;
		else if (maybe && !rule_is_same(maybe, s[i].rule))
			several = true;
		else
			maybe = s[i].rule;
	}
	for (i = 0; i < n && (surely || several); i++)
		if (s[i].proof == PROOF_REFUSED && s[i].hit != HIT_YES)
			s[i].proof = PROOF_NONE;
}

/* Ways to one rule, and members of its sets, have one counter: others may have moved it. */
static void share_counters(struct suspect *s, size_t n)
{
	size_t i, first;
	bool narrow;

	for (first = 0; first < n; first = i) {
		narrow = s[first].narrow;
		for (i = first + 1; i < n && rule_is_same(s[i].rule, s[first].rule); i++)
			narrow &= s[i].narrow;
		for (; first < i; first++)
			s[first].narrow = narrow;
	}
}

/*
 * What a rule that can hit makes of the row. In a self-test's namespace are only lo, the tun and
 * the wire, and only we send by them: what matched there is ours.
 */
static bool counted_ours(const struct survey *y, const struct suspect *s)
{
	bool ours_only = s->narrow || (y->alone && s->rule->hook);

	return s->moved > 0 && s->hit == HIT_YES && ours_only;
}

static enum state weigh(const struct survey *y, const struct suspect *s)
{
	if (y->passed == PASSED_ALL)
		return STATE_PASS;
	/* A sender that was told no needs no other word on what is missing. */
	if (s->proof == PROOF_TOLD || (s->proof == PROOF_REFUSED && y->missing))
		return STATE_FAIL;
	if (y->passed == PASSED_UNKNOWN)
		return STATE_UNSURE;
	return s->proof != PROOF_NONE || counted_ours(y, s) ? STATE_FAIL : STATE_WARN;
}

static void survey_add(struct survey *y, const struct suspect *s)
{
	enum state st;

	if (s->hit == HIT_NO)
		return;
	/* It can hit and was hit by nothing. */
	if (s->moved == 0) {
		y->n_idle++;
		return;
	}
	st = weigh(y, s);
	y->n_could++;
	y->n_took += st == STATE_FAIL;
	if (y->worst.rule && state_worse(y->state, st) == y->state &&
	    (st != y->state || s->moved <= y->worst.moved))
		return;
	y->worst = *s;
	y->state = st;
}

static const char *place(const struct rule_facts *r, struct arena *a)
{
	return arena_printf(a, "%s %s %s", r->family, r->table, r->chain);
}

static const char *name_of(const struct rule_facts *r, struct arena *a)
{
	if (r->policy)
		return arena_printf(a, "policy of %s", place(r, a));
	if (r->handle == UNKNOWN)
		return arena_printf(a, "rule in %s", place(r, a));
	return arena_printf(a, "rule %lld in %s", (long long)r->handle, place(r, a));
}

static const char *many(int64_t n, const char *what, struct arena *a)
{
	return arena_printf(a, "%lld %s%s", (long long)n, what, n == 1 ? "" : "s");
}

/* A rule that came meanwhile may have brought its count along, as a firewall that is reloaded. */
static const char *count(const struct suspect *s, struct arena *a)
{
	const struct rule_facts *r = s->rule;

	if (s->moved != UNKNOWN)
		return arena_printf(a, "%s over the run", many(s->moved, "packet", a));
	if (r->after == UNKNOWN && r->before == UNKNOWN)
		return "no counter of its own";
	if (r->before == UNKNOWN)
		return arena_printf(a, "new since the start, counter at %lld", (long long)r->after);
	if (r->after == UNKNOWN)
		return "gone since the start";
	return "its counter was set back";
}

/* Whose a table is only its owner knows; a single rule of it is less than the whole. */
static void fix_left_over(const struct rule_facts *r, struct findings *out, struct finding *f)
{
	struct arena *a = out->arena;

	finding_fix(
		out, f,
		arena_printf(a,
			     "it is for %s, which is not there: what made it has ended without "
			     "taking it away. Let that program take it away, or delete the table",
			     r->absent),
		"nft list table %s %s; nft delete table %s %s", r->family, words_shell(a, r->table),
		r->family, words_shell(a, r->table));
}

static void fix(const struct suspect *s, struct findings *out, struct finding *f)
{
	const struct rule_facts *r = s->rule;
	const char *at = place(r, out->arena);

	if (f->state == STATE_FAIL && r->absent)
		fix_left_over(r, out, f);
	else if (rule_is_neighbour(s->packet))
		finding_fix(out, f,
			    "let IPv6 find the next host on its link: its questions and answers",
			    "nft insert rule %s icmpv6 type "
			    "'{ nd-neighbor-solicit, nd-neighbor-advert }' accept",
			    at);
	else if (r->policy)
		finding_fix(out, f,
			    arena_printf(out->arena,
					 "nft -a list chain %s: let what is the tunnel's pass by a "
					 "rule of it; or all, by its policy",
					 at),
			    "nft chain %s '{ policy accept; }'", at);
	else if (r->handle == UNKNOWN)
		finding_fix(out, f, "look at that chain", "nft -a list chain %s", at);
	else
		finding_fix(out, f,
			    arena_printf(out->arena,
					 "nft -a list chain %s: let what is the tunnel's pass by a "
					 "rule before that one, or delete it",
					 at),
			    "nft delete rule %s handle %lld", at, (long long)r->handle);
}

static struct finding *judge_suspect(const struct survey *y, struct findings *out)
{
	const struct suspect *s = &y->worst;
	struct arena *a = out->arena;
	const char *more = "";
	struct finding *f;

	if (y->state == STATE_FAIL && y->n_took > 1)
		more = arena_printf(a, "; and %zu more", y->n_took - 1);
	else if (y->state != STATE_FAIL && y->n_could > 1)
		more = arena_printf(a, "; and %zu more", y->n_could - 1);
	if (y->state == STATE_FAIL && !counted_ours(y, s))
		f = finding_add(out, STATE_FAIL, "%s %s (%s; %s): %s%s", name_of(s->rule, a),
				s->rule->reject ? "rejects" : "drops", s->packet->name, s->seen,
				s->rule->says, more);
	else if (y->state == STATE_FAIL)
		f = finding_add(out, STATE_FAIL, "%s %s %s (%s): %s%s", name_of(s->rule, a),
				s->rule->reject ? "rejected" : "dropped",
				many(s->moved, "packet", a), s->packet->name, s->rule->says, more);
	else
		f = finding_add(out, y->state, "%s could hit (%s; %s): %s%s", name_of(s->rule, a),
				s->packet->name, count(s, a), s->rule->says, more);
	if (y->state == STATE_FAIL) {
		finding_sign(f, SIGN_FILTER_TOOK);
		if (s->packet->call)
			finding_sign(f, SIGN_FILTER_TOOK_CALL);
		if (s->rule->absent)
			finding_sign(f, SIGN_FILTER_LEFT_OVER);
	}
	fix(s, out, f);
	return f;
}

static const char *n_read(const struct firewall_facts *w, struct arena *a)
{
	const char *n = w->n_all_rules == UNKNOWN ?
				"number of rules not known" :
				arena_printf(a, "%s read", many(w->n_all_rules, "rule", a));

	return w->unread ? arena_printf(a, "%s; not read: %s", n, w->unread) : n;
}

/* Rules match names, and the tunnel of the file would have another one than it had in this run. */
static bool has_other_name(const struct target_facts *t, const struct firewall_facts *w)
{
	return t->wanted_name && t->wanted_name[0] && w->n_rules > 0;
}

/* It is known that a filter did it, and not which. */
static struct finding *by_nothing_read(const struct survey *y, const char *n, struct findings *out)
{
	struct finding *f = finding_add(
		out, STATE_WARN, "%s, and no rule that was read does that (%s)", y->refused, n);

	f->remedy = "other filters of a host: iptables-legacy-save -c; bpftool cgroup tree; of a "
		    "unit of systemd IPAddressDeny= and RestrictNetworkInterfaces=";
	return f;
}

static struct finding *judge(const struct target_facts *t, const struct firewall_facts *w,
			     const struct survey *y, struct findings *out)
{
	const char *dropping = many((int64_t)w->n_rules, "rule", out->arena);
	const char *n = n_read(w, out->arena);

	if (has_other_name(t, w) && y->state != STATE_FAIL)
		return finding_add(out, STATE_UNSURE,
				   "%s that drop, and for %s, as the file is called, they may do "
				   "otherwise than for %s (%s)",
				   dropping, t->wanted_name, t->name, n);
	if (y->worst.rule && y->state != STATE_PASS)
		return judge_suspect(y, out);
	if (y->refused && !y->n_could && y->passed == PASSED_SHORT)
		return by_nothing_read(y, n, out);
	if (w->unread && y->passed != PASSED_ALL)
		return finding_add(out, STATE_UNSURE, "nothing that drops is seen (%s)", n);
	if (!w->n_rules)
		return finding_add(out, STATE_PASS, "no rule that drops in this namespace (%s)", n);
	if (y->n_could)
		return finding_add(out, STATE_PASS,
				   "all data came through; %zu of %s that drop could hit it "
				   "and did not (%s)",
				   y->n_could, dropping, n);
	return finding_add(out, STATE_PASS, "none of %s that drop %s the tunnel (%s)", dropping,
			   y->n_idle ? "hit" : "can hit", n);
}

static void because(const struct suspect *s, struct findings *out, struct finding *f, size_t i)
{
	struct arena *a = out->arena;
	struct evidence *ev;

	ev = finding_because(out, f, "nftables", place(s->rule, a), "%s, %s %s: %s%s%s",
			     name_of(s->rule, a), s->hit == HIT_YES ? "matches" : "could match",
			     s->packet->name, s->rule->says, s->proof != PROOF_NONE ? "; " : "",
			     s->proof != PROOF_NONE ? s->seen : "");
	evidence_count(ev, arena_printf(a, "rule%zu_handle", i), s->rule->handle);
	evidence_count(ev, arena_printf(a, "rule%zu_packets", i), s->moved);
}

/* What a rule that took packets can take: an outer one all that is in the tunnel. */
static uint32_t takes(const struct firewall_facts *w, const struct rule_facts *r,
		      const struct packet *p, size_t n)
{
	uint32_t all = 0;
	enum hit comes;
	size_t i;

	for (i = 0; i < n; i++) {
		uint8_t family = p[i].dst.family ? p[i].dst.family : p[i].src.family;

		if (hit_of(w, r, &p[i], &comes) == HIT_NO)
			continue;
		if (strncmp(p[i].name, "outer", 5) == 0 || rule_is_neighbour(&p[i]))
			return TRAFFIC_ALL;
		if (p[i].proto == PROTO_TCP)
			all |= traffic_of(family, TRAFFIC_TCP);
		else if (p[i].proto == PROTO_UDP)
			all |= traffic_of(family,
					  p[i].dir == TAP_OUT ? TRAFFIC_UDP_UP : TRAFFIC_UDP_DOWN);
		else
			all |= traffic_of(family, TRAFFIC_ECHO | TRAFFIC_REPLY);
	}
	return all;
}

static void explain(const struct facts *f, const struct survey *y, const struct suspect *s,
		    size_t n_rules, const struct packet *packets, size_t n, struct findings *all,
		    struct finding *row)
{
	static const char *const claims[2][3] = {
		{ NULL },
		{ "ping.self", NULL },
	};
	static const char *const with_gateway[2][3] = {
		{ "underlay.gateway", NULL },
		{ "ping.self", "underlay.gateway", NULL },
	};
	bool neighbour = row->state == STATE_FAIL && rule_proof_takes_neighbour(f, all->arena);
	bool self = false;
	size_t i;

	for (i = 0; i < n_rules; i++) {
		if (s[i].hit == HIT_NO || s[i].moved == 0 || weigh(y, &s[i]) != STATE_FAIL)
			continue;
		row->takes |= takes(&f->firewall, s[i].rule, packets, n);
		if (rule_hits_self_ping(f, s[i].rule) != HIT_NO)
			self = true;
	}
	row->explains = neighbour ? with_gateway[self] : claims[self];
	if (neighbour)
		finding_sign(row, SIGN_FILTER_TOOK_NEIGHBOUR);
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *facts = ctx->facts;
	const struct firewall_facts *w = &facts->firewall;
	struct survey y = { .passed = tunnel_passed(facts),
			    .missing = drops_matter(facts),
			    .state = STATE_PASS };
	struct suspect *s = arena_alloc(out->arena, (w->n_rules + 1) * sizeof(*s));
	struct packet *packets;
	struct evidence *ev;
	struct finding *f;
	size_t i, n, shown = 0;

	y.alone = facts->target.kind == TARGET_SELF_TEST;
	n = rule_packets(facts, out->arena, &packets);
	for (i = 0; i < w->n_rules; i++)
		s[i] = suspect_of(facts, &w->rules[i], packets, n, out->arena);
	share_counters(s, w->n_rules);
	settle_refused(s, w->n_rules);
	y.refused = rule_proof_refused(facts, out->arena);
	for (i = 0; i < w->n_rules; i++)
		survey_add(&y, &s[i]);
	f = judge(&facts->target, w, &y, out);
	explain(facts, &y, s, w->n_rules, packets, n, out, f);
	if (f->state != STATE_FAIL && incoming_is_maybe_filtered(facts, out->arena))
		finding_sign(f, SIGN_FILTER_MAY_TAKE);
	for (i = 0; i < w->n_rules && shown < RULES_SHOWN; i++)
		if (s[i].hit != HIT_NO)
			because(&s[i], out, f, ++shown);
	ev = finding_because(
		out, f, "nftables", y.alone ? "near namespace" : "this namespace", "%s",
		y.alone ? "both namespaces of the self-test are made empty; the far one's "
			  "rules are not read, the host's are not in this tunnel's way" :
			  "rules that drop or reject, before and after the run");
	evidence_count(ev, "rules", w->n_all_rules);
	evidence_count(ev, "rules_that_drop", (int64_t)w->n_rules);
	evidence_count(ev, "could_hit", (int64_t)(y.n_could + y.n_idle));
	evidence_count(ev, "took_packets", (int64_t)y.n_took);
}

static const char *const after[] = { "engine.start", NULL };

const struct check check_host_firewall = {
	.id = "host.firewall",
	.title = "firewall",
	.layer = LAYER_HOST,
	.needs = NEED_BIT(NEED_FIREWALL),
	.wants = NEED_BIT(NEED_CONFIG) | NEED_BIT(NEED_PATHS) | NEED_BIT(NEED_LINKS) |
		 NEED_BIT(NEED_ADDRS) | NEED_BIT(NEED_HANDSHAKE) | NEED_BIT(NEED_PING_SELF) |
		 NEED_BIT(NEED_PING_PEER) | NEED_BIT(NEED_ECHO_BACK) | NEED_BIT(NEED_STREAMS) |
		 NEED_BIT(NEED_ENGINE) | NEED_BIT(NEED_TAP_NEAR_TUN) |
		 NEED_BIT(NEED_TAP_NEAR_WIRE) | NEED_BIT(NEED_GATEWAY) | NEED_BIT(NEED_CALLS),
	.after = after,
	.run = run,
};
