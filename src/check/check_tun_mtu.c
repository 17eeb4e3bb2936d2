/*
 * Does a full inner packet fit the outer link once it is wrapped, and is IPv6 possible?
 *
 * Only the first link is judged here, by numbers; what the rest of the path carries is
 * found by trying (ping.sizes).
 */
#include "check/check_list.h"
#include "check/tunnel.h"
#include "check/words.h"

/* IP + UDP 8 + data message 32 (whitepaper, 5.4.6) */
enum { OVERHEAD_IP4 = 20 + 8 + 32, OVERHEAD_IP6 = 40 + 8 + 32 };
/* RFC 8200, section 5: below it the kernel has no IPv6 on a link at all */
enum { IP6_LEAST_MTU = 1280 };

static bool probes_ip6(const struct facts *f)
{
	struct tunnel_addrs t;
	size_t i;

	tunnel_targets(f, &t);
	for (i = 0; i < t.n; i++)
		if (t.a[i].family == FAMILY_IP6)
			return true;
	return false;
}

static bool allows_ip6(const struct facts *f)
{
	const struct peer_config *p = tunnel_peer(f, END_NEAR);
	size_t i;

	for (i = 0; p && i < p->n_allowed; i++)
		if (p->allowed[i].addr.family == FAMILY_IP6)
			return true;
	return false;
}

static unsigned overhead(uint8_t outer_family)
{
	return outer_family == FAMILY_IP6 ? OVERHEAD_IP6 : OVERHEAD_IP4;
}

enum { PADDED_TO = 16 };

/*
 * By the ladder: of what is above none was answered, more than once; and all below was, but for
 * what padding makes longer. Otherwise a narrower link is behind the first.
 */
static bool larger_are_lost(const struct facts *f, unsigned limit)
{
	int64_t lost = 0, passed = 0, least = INT64_MAX;
	size_t i;

	if (!(f->have & NEED_BIT(NEED_SIZES)))
		return false;
	for (i = 0; i < f->n_sizes; i++)
		if (f->sizes[i].received > 0)
			passed = MAX(passed, f->sizes[i].size);
	for (i = 0; i < f->n_sizes; i++) {
		const struct size_facts *s = &f->sizes[i];

		if (s->size <= passed || s->received > 0 || s->sent < 1)
			continue;
		least = MIN(least, s->size);
		lost += s->size > limit ? s->sent : 0;
	}
	return passed && passed <= limit && least > (limit & ~(PADDED_TO - 1U)) && lost > 1;
}

static struct finding *too_narrow(const struct facts *f, unsigned over, struct findings *out)
{
	unsigned tun = f->tun[END_NEAR].start.mtu, wire = f->wire[END_NEAR].start.mtu;
	struct finding *row;

	row = finding_add(out, STATE_FAIL,
			  "%u + %u is %u, more than the %u of %s, and packets above %u B are lost",
			  tun, over, tun + over, wire, f->wire[END_NEAR].name, wire - over);
	finding_sign(row, SIGN_LINK_TOO_NARROW);
	finding_fix(out, row,
		    arena_printf(out->arena, "MTU = %u in the [Interface] section, at both ends",
				 wire - over),
		    "ip link set dev %s mtu %u",
		    f->tun[END_NEAR].name ? f->tun[END_NEAR].name : "INTERFACE", wire - over);
	return row;
}

static struct finding *judge_fit(const struct facts *f, uint8_t family, struct findings *out)
{
	unsigned tun = f->tun[END_NEAR].start.mtu, wire = f->wire[END_NEAR].start.mtu;
	unsigned over = overhead(family);
	const char *moved = tunnel_moved_words(f, out->arena);

	if (tunnel_goes_elsewhere(f) && moved)
		return finding_add(out, STATE_SKIP, "%u; %s", tun, moved);
	if (tunnel_goes_elsewhere(f))
		return finding_add(out, STATE_SKIP,
				   "%u; the link that its messages go by is not seen from here",
				   tun);
	if (!facts_far_is_here(f) && !f->wire[END_NEAR].name)
		return finding_add(out, STATE_SKIP, "%u; the outer link was not looked at", tun);
	if (!f->wire[END_NEAR].name || !wire)
		return finding_add(out, STATE_UNSURE, "%u; the outer link's MTU is not known", tun);
	if (tun + over > wire && larger_are_lost(f, wire - over))
		return too_narrow(f, over, out);
	if (tun + over > wire)
		return finding_add(out, STATE_WARN,
				   "%u + %u is %u, more than the %u of %s: larger ones leave in "
				   "fragments, or not at all",
				   tun, over, tun + over, wire, f->wire[END_NEAR].name);
	if (family == FAMILY_NONE && tun + OVERHEAD_IP6 > wire)
		return finding_add(out, STATE_UNSURE,
				   "%u fits %s (%u) over IPv4 and not over IPv6; the endpoint is "
				   "not known",
				   tun, f->wire[END_NEAR].name, wire);
	return finding_add(out, STATE_PASS, "%u + %u fits the %u of %s", tun,
			   family == FAMILY_NONE ? (unsigned)OVERHEAD_IP6 : over, wire,
			   f->wire[END_NEAR].name);
}

static struct finding *judge(const struct facts *f, uint8_t family, struct findings *out)
{
	const struct link_facts *tun = &f->tun[END_NEAR];

	if (!tun->start.mtu)
		return finding_add(out, STATE_UNSURE, "the tunnel's MTU is not known");
	if (tun->start.mtu < IP6_LEAST_MTU && probes_ip6(f))
		return finding_add(
			out, STATE_FAIL,
			"%u: below 1280 a link has no IPv6, and the tunnel is to carry it",
			tun->start.mtu);
	if (tun->start.mtu < IP6_LEAST_MTU && allows_ip6(f))
		return finding_add(out, STATE_WARN,
				   "%u: below 1280 a link has no IPv6, and the allowed IPs have it",
				   tun->start.mtu);
	return judge_fit(f, family, out);
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *f = ctx->facts;
	const struct link_facts *tun = &f->tun[END_NEAR], *wire = &f->wire[END_NEAR];
	uint8_t family = tunnel_endpoint(f).addr.family;
	struct finding *row = judge(f, family, out);
	struct evidence *ev;

	ev = finding_because(out, row, "link", tun->name, "over an endpoint of %s",
			     family == FAMILY_NONE ? "a family not known" :
			     family == FAMILY_IP6  ? "IPv6" :
						     "IPv4");
	evidence_count(ev, "tun_mtu", tun->start.mtu ? (int64_t)tun->start.mtu : UNKNOWN);
	evidence_count(ev, "wire_mtu",
		       wire->name && wire->start.mtu ? (int64_t)wire->start.mtu : UNKNOWN);
	evidence_count(ev, "overhead", family == FAMILY_NONE ? UNKNOWN : (int64_t)overhead(family));
}

static const char *const after[] = { "engine.start", "engine.answers", NULL };

const struct check check_tun_mtu = {
	.id = "tun.mtu",
	.title = "tunnel MTU",
	.layer = LAYER_INNER,
	.needs = NEED_BIT(NEED_LINKS),
	.wants = NEED_BIT(NEED_CONFIG) | NEED_BIT(NEED_PATHS) | NEED_BIT(NEED_SIZES) |
		 NEED_BIT(NEED_PING_PEER) | NEED_BIT(NEED_TAP_NEAR_WIRE),
	.after = after,
	.run = run,
};
