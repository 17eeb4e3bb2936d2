/*
 * Does the tun have the inner addresses that the tunnel needs, and are they usable?
 *
 * A tun without an address is legitimate (packets borrow one of another link), so what is
 * missing is a fault only where packets need it: the source that probes have, and for each
 * family that is probed some source at all.
 */
#include "check/check_list.h"
#include "check/tunnel.h"
#include "check/words.h"

#include <string.h>

static bool on_tun(const struct facts *f, const struct addr_facts *a)
{
	return strcmp(a->link, f->target.name) == 0;
}

static bool covers(const struct facts *f, uint8_t family)
{
	size_t i;

	for (i = 0; i < f->net_start[END_NEAR].n_addrs; i++)
		if (on_tun(f, &f->net_start[END_NEAR].addrs[i]) &&
		    f->net_start[END_NEAR].addrs[i].addr.addr.family == family &&
		    !tunnel_addr_is_link_local(&f->net_start[END_NEAR].addrs[i].addr.addr))
			return true;
	return false;
}

static struct finding *bad_state(const struct facts *f, enum state s, struct findings *out)
{
	size_t i;

	for (i = 0; i < f->net_start[END_NEAR].n_addrs; i++) {
		const struct addr_facts *a = &f->net_start[END_NEAR].addrs[i];

		if (!on_tun(f, a) || tunnel_addr_is_link_local(&a->addr.addr))
			continue;
		if (s == STATE_FAIL && a->dad_failed)
			return finding_add(out, s, "%s is refused: another host has it (dadfailed)",
					   words_net(out->arena, &a->addr));
		if (s == STATE_WARN && a->tentative && !a->dad_failed)
			return finding_add(out, s, "%s cannot be used yet (tentative)",
					   words_net(out->arena, &a->addr));
	}
	return NULL;
}

static struct finding *same_at_both_ends(const struct facts *f, const struct tunnel_addrs *targets,
					 struct findings *out)
{
	size_t i;

	for (i = 0; i < targets->n; i++)
		if (tunnel_addr(f, &targets->a[i]))
			return finding_add(out, STATE_FAIL,
					   "%s is to be the far end's, and is an address of %s too",
					   words_addr(out->arena, &targets->a[i]), f->target.name);
	return NULL;
}

/*
 * An address that is meant to be ours. What the kernel took as source by itself is not in
 * question here: route.inner speaks of it.
 */
static struct finding *missing(const struct facts *f, const struct ip_addr *ours,
			       struct findings *out)
{
	if (ours->family == FAMILY_NONE || tunnel_addr(f, ours) || !covers(f, ours->family))
		return NULL;
	return finding_add(out, STATE_FAIL, "%s does not have the inner address %s", f->target.name,
			   words_addr(out->arena, ours));
}

/* Of a tunnel that is not ours nobody told which one is meant: it is pinged from what is there. */
static struct finding *missing_source(const struct facts *f, struct findings *out)
{
	struct finding *row = facts_far_is_here(f) ? missing(f, &f->ping_self.target, out) : NULL;
	size_t i;

	for (i = 0; !row && i < ARRAY_LEN(f->echo_back); i++)
		row = missing(f, &f->echo_back[i].target, out);
	return row;
}

static bool has_source(const struct facts *f, const struct ip_addr *target)
{
	const struct path_facts *p = tunnel_path(f, PATH_INNER, target);

	return p && p->prefsrc.family != FAMILY_NONE;
}

static struct finding *missing_family(const struct facts *f, const struct tunnel_addrs *targets,
				      struct findings *out)
{
	size_t i;

	for (i = 0; i < targets->n; i++) {
		const struct ip_addr *t = &targets->a[i];

		if (covers(f, t->family))
			continue;
		return finding_add(out, has_source(f, t) ? STATE_WARN : STATE_FAIL,
				   "%s has no IPv%u address to reach %s from%s", f->target.name,
				   t->family, words_addr(out->arena, t),
				   has_source(f, t) ? ": one of another link is used" : "");
	}
	return NULL;
}

/* Those of the link alone, or all others. */
static const char *list(const struct facts *f, bool link_local, struct arena *a)
{
	const char *s = "";
	size_t i;

	for (i = 0; i < f->net_start[END_NEAR].n_addrs; i++)
		if (on_tun(f, &f->net_start[END_NEAR].addrs[i]) &&
		    tunnel_addr_is_link_local(&f->net_start[END_NEAR].addrs[i].addr.addr) ==
			    link_local)
			s = arena_printf(a, "%s%s%s", s, s[0] ? ", " : "",
					 words_net(a, &f->net_start[END_NEAR].addrs[i].addr));
	return s;
}

/* The kernel has no route by a link that is down, whatever its addresses are. */
static bool is_down(const struct facts *f)
{
	const struct link_state *s = &f->tun[END_NEAR].start;

	return (f->have & NEED_BIT(NEED_LINKS)) && s->known && !s->gone && !s->up;
}

static struct finding *down(const struct facts *f, struct findings *out)
{
	struct finding *row = finding_add(
		out, STATE_FAIL, "%s is down: no packet enters the tunnel", f->target.name);

	finding_fix(out, row, "set the interface up", "ip link set %s up", f->target.name);
	return row;
}

static struct finding *judge(const struct facts *f, struct findings *out)
{
	struct tunnel_addrs targets;
	struct finding *row;

	if (is_down(f))
		return down(f, out);
	tunnel_targets(f, &targets);
	row = bad_state(f, STATE_FAIL, out);
	if (!row)
		row = same_at_both_ends(f, &targets, out);
	if (!row)
		row = missing_source(f, out);
	if (!row)
		row = missing_family(f, &targets, out);
	/* It was read before the probes, which had to wait for it if it mattered. */
	if (!row && tunnel_passed(f) != PASSED_ALL)
		row = bad_state(f, STATE_WARN, out);
	if (row)
		return row;
	if (!list(f, false, out->arena)[0] && list(f, true, out->arena)[0])
		return finding_add(out, STATE_UNSURE,
				   "%s has %s, of the link alone, and no other is known to be "
				   "needed",
				   f->target.name, list(f, true, out->arena));
	if (!list(f, false, out->arena)[0])
		return finding_add(out, STATE_UNSURE,
				   "%s has no address, and none is known to be "
				   "needed",
				   f->target.name);
	return finding_add(out, STATE_PASS, "%s has %s", f->target.name,
			   list(f, false, out->arena));
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *f = ctx->facts;
	int64_t n[2] = { 0, 0 };
	struct evidence *ev;
	struct finding *row;
	size_t i;

	if (!f->target.name) {
		finding_add(out, STATE_SKIP, "the tunnel device is not known");
		return;
	}
	row = judge(f, out);
	for (i = 0; i < f->net_start[END_NEAR].n_addrs; i++) {
		const struct addr_facts *a = &f->net_start[END_NEAR].addrs[i];

		if (!on_tun(f, a))
			continue;
		n[a->addr.addr.family == FAMILY_IP6]++;
		finding_because(
			out, row, "address", a->link, "%s%s%s%s%s", words_net(out->arena, &a->addr),
			a->peer.family == FAMILY_NONE ? "" : " to ",
			a->peer.family == FAMILY_NONE ? "" : words_addr(out->arena, &a->peer),
			a->tentative ? ", tentative" : "", a->dad_failed ? ", dadfailed" : "");
	}
	ev = finding_because(out, row, "address", f->target.name, "by family, link-local included");
	evidence_count(ev, "ipv4_addresses", n[0]);
	evidence_count(ev, "ipv6_addresses", n[1]);
}

static const char *const after[] = { "engine.start", "engine.answers", "tun.mtu", NULL };

const struct check check_tun_address = {
	.id = "tun.address",
	.title = "tunnel address",
	.layer = LAYER_INNER,
	.needs = NEED_BIT(NEED_ADDRS),
	.wants = NEED_BIT(NEED_LINKS) | NEED_BIT(NEED_PATHS) | NEED_BIT(NEED_HANDSHAKE) |
		 NEED_BIT(NEED_PING_SELF) | NEED_BIT(NEED_PING_PEER) | NEED_BIT(NEED_ECHO_BACK) |
		 NEED_BIT(NEED_STREAMS),
	.after = after,
	.run = run,
};
