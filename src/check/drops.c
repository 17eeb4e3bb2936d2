#include "check/drops.h"

#include <string.h>

#include "check/incoming.h"
#include "loss/settled.h"

/* A rule for this tunnel only needs no such number: nobody else can have been what it took. */
enum { RULE_TOOK_MIN = 5, OWN_RULE_TOOK_MIN = 2 };

/* Of the near end; and nowhere there. */
enum place { TUN_OUT, WIRE_OUT, WIRE_IN, TUN_IN, PLACE_COUNT };

/* What was dropped at one of them, and how much of what went there is missing behind it. */
struct sum {
	int64_t n, missing;
	const struct drop_facts *most;
};

static bool is_of(const struct drop_facts *d, const struct link_facts *l)
{
	return l->name && !strcmp(l->name, d->dev);
}

static enum place place_of(const struct facts *f, const struct drop_facts *d)
{
	bool in = !strcmp(d->dir, "in");

	if (is_of(d, &f->tun[END_NEAR]))
		return in ? TUN_IN : TUN_OUT;
	if (is_of(d, &f->wire[END_NEAR]))
		return in ? WIRE_IN : WIRE_OUT;
	return PLACE_COUNT;
}

/* Of a device's own driver: behind where captures look, as all others that go out are not. */
static bool is_in_driver(const struct drop_facts *d)
{
	static const char *const drivers[] = { "tun_net_xmit", "wg_xmit", "veth_xmit", "start_xmit",
					       "__dev_forward_skb2" };
	size_t i;

	for (i = 0; d->location && i < ARRAY_LEN(drivers); i++)
		if (!strcmp(d->location, drivers[i]))
			return true;
	return false;
}

bool drop_stages(const struct facts *f, const struct drop_facts *d, enum stage *after,
		 enum stage *before)
{
	static const struct {
		enum stage after, before;
	} of[2][PLACE_COUNT] = {
		{
			[TUN_OUT] = { STAGE_NONE, STAGE_TUN_OUT },
			[WIRE_OUT] = { STAGE_TUN_OUT, STAGE_WIRE_OUT },
			[WIRE_IN] = { STAGE_WIRE_IN, STAGE_TUN_IN },
			[TUN_IN] = { STAGE_TUN_IN, STAGE_NONE },
		},
		{
			[TUN_OUT] = { STAGE_TUN_OUT, STAGE_WIRE_OUT },
			[WIRE_OUT] = { STAGE_WIRE_OUT, STAGE_FAR_WIRE_IN },
			[WIRE_IN] = { STAGE_WIRE_IN, STAGE_TUN_IN },
			[TUN_IN] = { STAGE_TUN_IN, STAGE_NONE },
		},
	};
	enum place p = place_of(f, d);

	if (p == PLACE_COUNT)
		return false;
	*after = of[is_in_driver(d)][p].after;
	*before = of[is_in_driver(d)][p].before;
	return true;
}

/* --- what is missing ------------------------------------------------------------ */

static bool has(const struct facts *f, enum need n)
{
	return (f->have & NEED_BIT(n)) != 0;
}

static int64_t lacks(int64_t sent, int64_t received)
{
	return sent > 0 && received != UNKNOWN ? MAX(sent - received, 0) : 0;
}

static int64_t lacks_ping(const struct ping_facts *p)
{
	return MAX(lacks(p->sent, p->received) - MAX(p->late, 0), 0);
}

/* Probes of all kinds that were sent, and not answered. */
static int64_t unanswered(const struct facts *f)
{
	int64_t n = has(f, NEED_HANDSHAKE) && !f->handshake.complete;
	size_t i;

	if (has(f, NEED_PING_PEER))
		n += lacks_ping(&f->ping_peer);
	if (has(f, NEED_LOSS_UP))
		n += lacks(f->loss_up.probes, f->loss_up.answered);
	for (i = 0; has(f, NEED_ECHO_BACK) && i < ARRAY_LEN(f->echo_back); i++)
		n += lacks_ping(&f->echo_back[i]);
	for (i = 0; has(f, NEED_SIZES) && i < f->n_sizes; i++)
		n += f->sizes[i].error ? 0 : lacks(f->sizes[i].sent, f->sizes[i].received);
	for (i = 0; has(f, NEED_STREAMS) && i < f->n_streams; i++)
		n += f->streams[i].kind == STREAM_TCP ?
			     lacks(f->streams[i].sent, f->streams[i].received) > 0 :
			     lacks(f->streams[i].sent, f->streams[i].received);
	return n;
}

/* Only of one peer are the messages outside those of all packets inside. */
static bool is_only_peer(const struct facts *f)
{
	return has(f, NEED_CONFIG) && f->config[END_NEAR].n_peers == 1;
}

/*
 * Messages that came in on the wire, and were not had by the engine, or at least gave no packet on
 * its tun. Others' packets are on the wire too, and what the kernel drops of them is no loss.
 */
static int64_t missing_in(const struct facts *f)
{
	const struct tap_facts *w = &f->taps[TAP_NEAR_WIRE], *t = &f->taps[TAP_NEAR_TUN];
	const struct crypto_facts *c = &f->crypto[END_NEAR];
	int64_t n = incoming_lacking(f);
	int64_t arrived = w->msgs[TAP_IN][WG_MSG_DATA]; /* and on the tun, since it was opened */

	if (!facts_tap_is_whole(f, TAP_NEAR_WIRE))
		return 0;
	if (n > 0 || (has(f, NEED_ENGINE) && c->known))
		return n;
	if (!is_only_peer(f) || !facts_tap_is_whole(f, TAP_NEAR_TUN) || arrived == UNKNOWN ||
	    w->keepalives[TAP_IN] == UNKNOWN || t->packets[TAP_IN] == UNKNOWN)
		return 0;
	return MAX(arrived - w->keepalives[TAP_IN] - t->packets[TAP_IN], 0);
}

/*
 * Packets that went into the tun, and came out on the wire as no message. Without a session none
 * does: then it is all that the engine says it sent, where nothing at all was seen to leave.
 */
static int64_t missing_out(const struct facts *f)
{
	const struct tap_facts *w = &f->taps[TAP_NEAR_WIRE], *t = &f->taps[TAP_NEAR_TUN];
	int64_t left = w->msgs[TAP_OUT][WG_MSG_DATA];

	if (!facts_tap_is_whole(f, TAP_NEAR_WIRE))
		return 0;
	if (has(f, NEED_HANDSHAKE) && !f->handshake.complete)
		return has(f, NEED_ENGINE) && f->crypto[END_NEAR].tx_bytes > 0 &&
		       loss_messages(w, TAP_OUT) == 0;
	if (!is_only_peer(f) || !facts_tap_is_whole(f, TAP_NEAR_TUN) || left == UNKNOWN ||
	    t->packets[TAP_OUT] == UNKNOWN)
		return 0;
	return MAX(t->packets[TAP_OUT] - left, 0);
}

/* Of the unanswered those whose answer came out of the tun, as far as echoes show it. */
static int64_t missing_inside(const struct facts *f, int64_t all)
{
	const struct tap_facts *t = &f->taps[TAP_NEAR_TUN];

	if (!facts_tap_is_whole(f, TAP_NEAR_TUN) || t->echo_requests[TAP_OUT] == UNKNOWN ||
	    t->echo_replies[TAP_IN] == UNKNOWN)
		return all;
	return MAX(all - MAX(t->echo_requests[TAP_OUT] - t->echo_replies[TAP_IN], 0), 0);
}

/* --- what was dropped ------------------------------------------------------------- */

/* Nothing of ours can have been that: who pings needs no socket, and the engine has its own. */
static bool is_beside(const struct facts *f, enum place p, const struct drop_facts *d)
{
	if (strcmp(d->reason, "NO_SOCKET") != 0)
		return false;
	return p == TUN_IN || p == TUN_OUT || f->near_host.has_port != 0;
}

/*
 * The wire is others' too, whose packets a host drops all the time: scans of its ports, say. So
 * there one kind of drop must be about as many as are missing of the tunnel's.
 */
static struct sum on_wire(const struct drop_facts *d, int64_t missing)
{
	bool like = d->count >= missing - missing / 2 && d->count <= 2 * missing;

	return like ? (struct sum){ d->count, missing, d } : (struct sum){ 0 };
}

static void keep_worse(struct sum *worst, const struct sum *s)
{
	if (s->missing < 1 || s->n < 1 || 2 * s->n < s->missing)
		return;
	if (!worst->most || MIN(s->n, s->missing) > MIN(worst->n, worst->missing))
		*worst = *s;
}

static void add_kind(struct sum *s, const struct drop_facts *d)
{
	s->n += d->count;
	if (!s->most || d->count > s->most->count)
		s->most = d;
}

/* Where most died of what is missing; most NULL: nowhere was it a good part of it. */
static struct sum worst_of(const struct facts *f)
{
	int64_t all = unanswered(f);
	int64_t missing[PLACE_COUNT] = {
		[TUN_OUT] = all,
		[TUN_IN] = missing_inside(f, all),
		/* Of what was for the engine's socket it is known whose it was. */
		[WIRE_IN] = MAX(missing_in(f),
				MAX(kernel_difference(&f->kernel, COUNTER_SOCKET_DROPS), 0)),
		[WIRE_OUT] = missing_out(f),
	};
	struct sum worst = { 0 }, s[PLACE_COUNT] = { 0 }, one;
	size_t i;

	for (i = 0; i < f->kernel.n_drops; i++) {
		const struct drop_facts *d = &f->kernel.drops[i];
		enum place p = place_of(f, d);

		if (p == PLACE_COUNT || drop_is_noise(d) || is_beside(f, p, d) ||
		    ((p == WIRE_IN || p == WIRE_OUT) && incoming_is_of_another_family(f, d)))
			continue;
		/* A capture has seen what the driver then drops, so it shows nothing missing. */
		one = on_wire(d, p == WIRE_OUT && is_in_driver(d) ? all : missing[p]);
		if (p == WIRE_IN || p == WIRE_OUT)
			keep_worse(&worst, &one);
		else
			add_kind(&s[p], d);
	}
	for (i = 0; i < PLACE_COUNT; i++) {
		s[i].missing = missing[i];
		keep_worse(&worst, &s[i]);
	}
	return worst;
}

static int64_t seen_at(const struct facts *f, enum place p)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < f->kernel.n_drops; i++)
		if (place_of(f, &f->kernel.drops[i]) == p && !drop_is_noise(&f->kernel.drops[i]))
			n += f->kernel.drops[i].count;
	return n;
}

int64_t drops_seen_ours(const struct facts *f)
{
	return seen_at(f, TUN_OUT) + seen_at(f, WIRE_OUT) + seen_at(f, WIRE_IN) +
	       seen_at(f, TUN_IN);
}

/* The one rule whose counter rose by as many; at the edges of the run a packet may be beside. */
static const struct rule_facts *rule_of(const struct facts *f, const struct drop_facts *d)
{
	const struct rule_facts *one = NULL;
	size_t i;

	if (strcmp(d->reason, "NETFILTER_DROP") != 0 || !has(f, NEED_FIREWALL))
		return NULL;
	for (i = 0; i < f->firewall.n_rules; i++) {
		const struct rule_facts *r = &f->firewall.rules[i];
		int64_t n = count_difference(r->before, r->after);

		if (n < 1 || n + 1 < d->count || n > d->count + 1)
			continue;
		/* A rule with alternatives stands there once for each. */
		if (one && one->handle != r->handle)
			return NULL;
		one = r;
	}
	return one;
}

/* One kind of drop at that place, so many that it is no chance, and as many as are missing. */
static const struct drop_facts *one_kind(const struct facts *f, bool tun, bool own, int64_t *n)
{
	const struct drop_facts *d;
	struct sum s;

	if (f->kernel.events_lost != 0)
		return NULL;
	s = worst_of(f);
	d = s.most;
	if (!d || d->count != s.n || s.n < (own ? OWN_RULE_TOOK_MIN : RULE_TOOK_MIN) ||
	    place_of(f, d) != (tun ? TUN_IN : WIRE_IN) || s.n > s.missing + s.missing / 10 + 1 ||
	    s.missing > s.n + s.n / 10 + 1)
		return NULL;
	*n = s.n;
	return d;
}

const struct rule_facts *drops_rule(const struct facts *f, bool tun, bool own, int64_t *n)
{
	const struct drop_facts *d = one_kind(f, tun, own, n);

	return d ? rule_of(f, d) : NULL;
}

bool drops_are_nftables(const struct facts *f, bool tun, bool own, int64_t *n)
{
	const struct drop_facts *d = one_kind(f, tun, own, n);

	return d && f->kernel.same_name != 1 && !strcmp(d->reason, "NETFILTER_DROP") &&
	       d->location && !strcmp(d->location, "nft_do_chain");
}

/* That is another row's to blame: host.firewall, tun.framing. */
static bool is_told_elsewhere(const struct facts *f, const struct drop_facts *d)
{
	if (!strcmp(d->reason, "UNHANDLED_PROTO"))
		return true;
	return !strcmp(d->reason, "NETFILTER_DROP") && has(f, NEED_FIREWALL) && !f->firewall.unread;
}

bool drops_come_in(const struct facts *f)
{
	struct sum s = worst_of(f);

	return f->kernel.events_lost != UNKNOWN && incoming_sockets_lack(f, s.missing) && s.most &&
	       place_of(f, s.most) == WIRE_IN &&
	       (strcmp(s.most->reason, "NETFILTER_DROP") != 0 || !has(f, NEED_FIREWALL));
}

/* Nothing at all came through. */
static bool is_all_lost(const struct facts *f)
{
	if (has(f, NEED_HANDSHAKE) && !f->handshake.complete)
		return true;
	return has(f, NEED_PING_PEER) && f->ping_peer.sent > 0 && f->ping_peer.received == 0 &&
	       f->ping_peer.late <= 0;
}

static enum state state_of(const struct facts *f, const struct sum *s)
{
	if (f->kernel.events_lost > 0 || f->kernel.same_name == 1)
		return STATE_UNSURE;
	if (is_told_elsewhere(f, s->most))
		return STATE_WARN;
	return is_all_lost(f) && s->n >= s->missing ? STATE_FAIL : STATE_WARN;
}

/* Why it is not sure; "" where it is. */
static const char *but(const struct facts *f, struct arena *a)
{
	if (f->kernel.same_name == 1)
		return "; another network namespace has a device of that name";
	if (f->kernel.events_lost > 0)
		return arena_printf(a, "; %lld events were lost", (long long)f->kernel.events_lost);
	return "";
}

static const char *rule_words(const struct rule_facts *r, struct arena *a)
{
	return !r ? "" :
		    arena_printf(a, " (handle %lld in %s %s %s)", (long long)r->handle, r->family,
				 r->table, r->chain);
}

static struct finding *tell(const struct facts *f, const struct sum *s, struct findings *out)
{
	const struct drop_facts *d = s->most;
	const struct drop_words *w = drop_words(d);
	struct arena *a = out->arena;
	bool in = !strcmp(d->dir, "in");
	struct finding *row;

	row = finding_add(out, state_of(f, s), "%lld packets %s %s were dropped by %s%s%s%s%s%s",
			  (long long)s->n, in ? "that came in by" : "that were to leave by", d->dev,
			  d->reason, d->location ? arena_printf(a, " in %s", d->location) : "",
			  w ? ": " : "", w ? w->says : "", rule_words(rule_of(f, d), a), but(f, a));
	if (w && w->remedy && w->command)
		finding_fix(out, row, w->remedy, "%s",
			    strstr(w->command, "%s") ?
				    arena_printf(a, "%.*s%s%s",
						 (int)(strstr(w->command, "%s") - w->command),
						 w->command, d->dev, strstr(w->command, "%s") + 2) :
				    w->command);
	else if (w)
		row->remedy = w->remedy;
	return row;
}

bool drops_matter(const struct facts *f)
{
	return unanswered(f) > 0;
}

const char *drops_unwatched_words(const struct kernel_facts *k, struct arena *a)
{
	if (!k->unwatched_remedy)
		return k->unwatched;
	return arena_printf(a, "%s (%s)", k->unwatched, k->unwatched_remedy);
}

bool drops_came_through(const struct facts *f)
{
	bool pings = has(f, NEED_PING_PEER) && f->ping_peer.sent > 0;
	bool probes = has(f, NEED_LOSS_UP) && f->loss_up.answered > 0;

	return (pings || probes) && unanswered(f) == 0;
}

struct finding *drops_judge(const struct facts *f, struct findings *out)
{
	int64_t all = unanswered(f);
	struct sum worst;

	if (f->kernel.events_lost == UNKNOWN || all < 1)
		return NULL;
	worst = worst_of(f);
	if (worst.most)
		return tell(f, &worst, out);
	if (f->kernel.same_name == 1 && missing_in(f) > 0 && seen_at(f, WIRE_IN) > 0)
		return finding_add(out, STATE_UNSURE,
				   "%lld messages that came by %s are missing behind it; %lld "
				   "of what came in were dropped at devices of that name, here or "
				   "in another namespace",
				   (long long)missing_in(f), f->wire[END_NEAR].name,
				   (long long)seen_at(f, WIRE_IN));
	if (f->kernel.events_lost == 0)
		return NULL;
	return finding_add(out, STATE_UNSURE,
			   "%lld probes are not answered, and of what the kernel told of its drops "
			   "%lld events were lost",
			   (long long)all, (long long)f->kernel.events_lost);
}

/* Only those: all others are zero. */
static void rose(const struct kernel_facts *k, struct findings *out, struct finding *row)
{
	struct evidence *ev = NULL;
	size_t i;

	for (i = 0; i < k->n_counters; i++) {
		const struct counter_facts *c = &k->counters[i];
		int64_t n = count_difference(c->before, c->after);

		if (n < 1 || (ev && ev->n_numbers == EVIDENCE_NUMBERS_MAX))
			continue;
		if (!ev)
			ev = finding_because(out, row, "kernel", "counters",
					     "of the whole namespace, its queues and the engine's "
					     "socket: what rose over the run");
		evidence_count(ev, c->name, n);
	}
}

void drops_because(const struct facts *f, struct findings *out, struct finding *row)
{
	const struct kernel_facts *k = &f->kernel;
	struct arena *a = out->arena;
	struct evidence *ev;
	size_t i, shown = 0;

	for (i = 0; i < k->n_drops; i++) {
		const struct drop_facts *d = &k->drops[i];
		const struct drop_words *w = drop_words(d);

		if (drop_is_noise(d))
			continue;
		shown++;
		ev = finding_because(out, row, "kernel", arena_printf(a, "%s %s", d->dev, d->dir),
				     "%s%s%s%s%s%s", d->reason, d->location ? " in " : "",
				     d->location ? d->location : "", w ? ": " : "",
				     w ? w->says : "", rule_words(rule_of(f, d), a));
		evidence_count(ev, arena_printf(a, "drop%zu_packets", shown), d->count);
		evidence_count(ev, arena_printf(a, "drop%zu_protocol", shown), d->protocol);
	}
	rose(k, out, row);
	if (k->unwatched)
		finding_because(out, row, "kernel", "tracefs", "not watched: %s",
				drops_unwatched_words(k, a));
	if (k->events_lost == UNKNOWN)
		return;
	ev = finding_because(out, row, "kernel", "tracefs",
			     "skb:kfree_skb, joined with events that name the device");
	evidence_count(ev, "kinds_of_drops", (int64_t)shown);
	evidence_count(ev, "events_lost", k->events_lost);
	evidence_count(ev, "same_name_elsewhere", k->same_name);
}
