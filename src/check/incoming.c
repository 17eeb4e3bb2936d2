#include "check/incoming.h"

#include <string.h>

#include "check/drops.h"
#include "check/rule_match.h"
#include "check/tun_view.h"
#include "check/tunnel.h"
#include "loss/settled.h"

static bool has(const struct facts *f, enum need n)
{
	return (f->have & NEED_BIT(n)) != 0;
}

/* What the near engine counted by that reason. */
static int64_t refused(const struct facts *f, const char *id)
{
	return MAX(tun_view_refused(f, END_NEAR, id), 0);
}

int64_t incoming_lacking(const struct facts *f)
{
	const struct crypto_facts *c = &f->crypto[END_NEAR];
	int64_t since;

	if (!facts_tap_is_whole(f, TAP_NEAR_WIRE) || !has(f, NEED_ENGINE))
		return 0;
	if (c->rx_bytes == 0 && c->opened <= 0 && !c->n_refused)
		return MAX(loss_messages(&f->taps[TAP_NEAR_WIRE], TAP_IN), 0);
	return c->known ? loss_before_engine(f, END_NEAR, &since) : 0;
}

/* Half of n, rounded up, is enough for "most". */
static bool is_most(int64_t part, int64_t n)
{
	return n > 0 && part > 0 && 2 * part >= n;
}

bool incoming_sockets_lack(const struct facts *f, int64_t most)
{
	return is_most(MAX(kernel_difference(&f->kernel, "UdpInErrors"), 0) +
			       MAX(kernel_difference(&f->kernel, "Udp6InErrors"), 0),
		       most);
}

bool incoming_is_of_another_family(const struct facts *f, const struct drop_facts *d)
{
	enum { IPV4 = 0x0800, IPV6 = 0x86dd }; /* EtherTypes */
	uint8_t family = tunnel_endpoint(f).addr.family;

	return (family == FAMILY_IP4 && d->protocol == IPV6) ||
	       (family == FAMILY_IP6 && d->protocol == IPV4);
}

bool incoming_is_lost_here(const struct facts *f)
{
	int64_t arrived, missing = loss_before_engine(f, END_NEAR, &arrived);

	/* What its socket dropped the kernel tells the engine, and it did not have that either. */
	return facts_tap_is_whole(f, TAP_NEAR_WIRE) &&
	       is_most(missing + refused(f, "io_recv_overflow"), arrived);
}

bool incoming_is_of_another_session(const struct facts *f)
{
	const struct crypto_facts *c = &f->crypto[END_NEAR];
	int64_t arrived;

	loss_before_engine(f, END_NEAR, &arrived);
	return facts_tap_is_whole(f, TAP_NEAR_WIRE) && c->known && c->opened == 0 && arrived > 0 &&
	       10 * refused(f, "in_unknown_index") >= 9 * arrived;
}

/* What filters dropped of what came in by the wire, whosever. */
static int64_t filtered(const struct facts *f)
{
	enum stage after, before;
	int64_t n = 0;
	size_t i;

	for (i = 0; i < f->kernel.n_drops; i++)
		if (drop_stages(f, &f->kernel.drops[i], &after, &before) &&
		    after == STAGE_WIRE_IN && !strcmp(f->kernel.drops[i].reason, "NETFILTER_DROP"))
			n += f->kernel.drops[i].count;
	return n;
}

/* Did the kernel tell all that it dropped, and its filter dropped too few for n of the tunnel's? */
static bool filter_took_too_few(const struct facts *f, int64_t n)
{
	return f->kernel.events_lost == 0 && !is_most(filtered(f), n);
}

/* Or so many that they are strangers', as the wire's are all the time? */
static bool filter_took_others(const struct facts *f, int64_t n)
{
	return f->kernel.events_lost == 0 && f->kernel.same_name != 1 && filtered(f) > 2 * n;
}

/* What a rule's own counter says of it comes before what all rules took together. */
static bool may_have_taken(const struct facts *f, const struct rule_facts *r, int64_t n)
{
	int64_t moved = count_difference(r->before, r->after);

	return moved == UNKNOWN ? !filter_took_others(f, n) : is_most(moved, n) && moved <= 2 * n;
}

bool incoming_is_maybe_filtered(const struct facts *f, struct arena *a)
{
	const struct firewall_facts *w = &f->firewall;
	int64_t lacking = incoming_lacking(f);
	struct packet *p;
	size_t n, i, k;

	if (lacking < 1 || !has(f, NEED_FIREWALL) || filter_took_too_few(f, lacking))
		return false;
	if (w->unread && !filter_took_others(f, lacking))
		return true;
	n = rule_packets(f, a, &p);
	for (i = 0; i < w->n_rules; i++)
		for (k = 0; k < n && may_have_taken(f, &w->rules[i], lacking); k++)
			if (p[k].dir == TAP_IN && !p[k].call && !strncmp(p[k].name, "outer", 5) &&
			    rule_match(&w->rules[i], &p[k]) != HIT_NO &&
			    rule_comes(w, &w->rules[i], &p[k]) != HIT_NO)
				return true;
	return false;
}

void incoming_judge(const struct facts *f, struct findings *out, struct finding *row)
{
	if (row->state != STATE_FAIL)
		return;
	if (incoming_is_lost_here(f)) {
		finding_sign(row, SIGN_LOST_BEFORE_ENGINE);
		row->whose = WHOSE_LOCAL;
		finding_fix(out, row,
			    "this host itself loses them: let its filter pass what comes to the "
			    "engine's port, and see what else its kernel counts there: full "
			    "buffers, wrong checksums",
			    "nft -a list ruleset; nstat -as UdpInErrors UdpInCsumErrors "
			    "UdpRcvbufErrors");
	} else if (incoming_is_of_another_session(f)) {
		finding_sign(row, SIGN_ANOTHER_SESSION);
		row->summary = arena_printf(
			out->arena,
			"the peer speaks to another session than ours (another device with this "
			"key?): %s",
			row->summary);
		finding_fix(out, row,
			    "a key is for one device only: give each its own pair, and the far end "
			    "a peer for each. Whom it answers now its endpoint of us tells",
			    "at the far end: wg show all endpoints");
	}
}
