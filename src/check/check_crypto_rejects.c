/*
 * Did an engine refuse messages, and why?
 *
 * Our own engine counts every refusal by reason. Most others count nothing, so their
 * half is judged from outside: data messages that came in on the wire against packets
 * that reached the tun, and what the far end, which does count, says of ours.
 *
 * What comes in on the wire and is neither opened nor refused never reached the engine:
 * the host threw it away between the capture and the socket.
 */
#include "check/check_list.h"
#include "check/given_log.h"
#include "check/incoming.h"
#include "check/kernel_lines.h"
#include "check/outer_size.h"
#include "check/reject_weight.h"
#include "check/tun_view.h"
#include "check/tunnel.h"
#include "check/words.h"
#include "loss/settled.h"

#include <string.h>

/* One end: its worst refusal, and all of them in words. */
struct end_view {
	bool known;
	const char *gap; /* it could not be asked, and why; NULL */
	enum state state;
	uint64_t n; /* refusals that count against the tunnel */
	const char *says; /* those */
	const char *aside; /* the others */
	const char *logged; /* of an engine without counters: what its log of the run says, "" */
	bool idle; /* nothing sealed and nothing opened: there was no session */
};

static const char *also(struct arena *a, const char *list, const struct refused_count *r)
{
	return arena_printf(a, "%s%s%llu × %s", list, list[0] ? ", " : "", (unsigned long long)r->n,
			    r->says);
}

/* That of this run: of the kernel's what it says to who asks. */
static enum state log_weight(const struct facts *f, enum end end, enum engine_log_class class)
{
	enum state s = reject_log_weight(f, end, class);

	return end == END_NEAR && kernel_lines_are_read(f) ? kernel_lines_weight(f, class, s) : s;
}

static void add_logged(struct end_view *v, int64_t n, const char *says, enum state s,
		       struct arena *a)
{
	v->logged = arena_printf(a, "%s%s%lld × %s", v->logged, v->logged[0] ? ", " : "",
				 (long long)n, says);
	v->state = state_worse(v->state, s);
}

static void read_log(const struct facts *f, enum end end, struct end_view *v, struct arena *a)
{
	const struct engine_facts *g = &f->engine[end];
	bool kernels = end == END_NEAR && kernel_lines_are_read(f);
	unsigned i;

	/* That of another moment is no word on this one. */
	if (g->log_file)
		return;
	for (i = 0; i < ENGINE_LOG_COUNT; i++)
		if (g->log_says[i] > 0)
			add_logged(v, g->log_says[i],
				   kernels ? kernel_lines_says(i) : engine_log_says(i),
				   log_weight(f, end, i), a);
}

/* What the far end's kernel said of this end, which is the one that asks. */
static enum state far_weight(const struct facts *f, const struct facts *there,
			     enum engine_log_class class)
{
	enum state s = kernel_lines_weight(f, class, reject_log_weight(there, END_NEAR, class));

	return s == STATE_FAIL && kernel_lines_tunnel_works(there) ? STATE_WARN : s;
}

static void read_far_lines(const struct facts *f, struct end_view *v, struct arena *a)
{
	const struct facts *there = kernel_lines_far(f);
	const int64_t *says;
	unsigned i;

	if (!there)
		return;
	says = there->engine[END_NEAR].log_says;
	for (i = 0; i < ENGINE_LOG_COUNT; i++)
		if (says[i] > 0)
			add_logged(v, says[i], kernel_lines_says(i), far_weight(f, there, i), a);
}

static struct end_view view_of(const struct facts *facts, enum end end, struct arena *a)
{
	const struct crypto_facts *c = &facts->crypto[end];
	enum need need = end == END_NEAR ? NEED_ENGINE : NEED_ENGINE_FAR;
	struct end_view v = { .says = "", .aside = "", .logged = "" };
	size_t i;

	/* Not asked is not the same as nothing to ask for. */
	if (!(facts->have & NEED_BIT(need))) {
		v.gap = facts->gaps[need].why ? facts->gaps[need].why : "not looked at";
		v.state = end == END_FAR && !facts_far_is_here(facts) ? STATE_PASS : STATE_UNSURE;
		if (end == END_FAR)
			read_far_lines(facts, &v, a);
		return v;
	}
	if (!c->known) {
		read_log(facts, end, &v, a);
		return v;
	}
	v.known = true;
	v.idle = c->sealed == 0 && c->opened == 0;
	for (i = 0; i < c->n_refused; i++) {
		const struct refused_count *r = &c->refused[i];
		enum state s = reject_weight(facts, end, r);

		if (s == STATE_PASS) {
			v.aside = also(a, v.aside, r);
			continue;
		}
		v.says = also(a, v.says, r);
		v.n += r->n;
		v.state = state_worse(v.state, s);
	}
	return v;
}

static const char *end_words(const struct facts *facts, enum end end, const struct end_view *v,
			     struct arena *a)
{
	const struct crypto_facts *c = &facts->crypto[end];

	if (v->gap && v->logged[0])
		return arena_printf(a, "the far kernel's debug lines say at least %s", v->logged);
	if (v->gap && end == END_FAR && !facts_far_is_here(facts))
		return "far end not seen";
	if (v->gap)
		return arena_printf(a, "%s: %s", words_end(end), v->gap);
	if (!v->known)
		return arena_printf(a, "%s: not kept by this engine", words_end(end));
	return arena_printf(a, "%s sealed %lld, opened %lld, refused %llu%s%s%s%s%s",
			    words_end(end), (long long)c->sealed, (long long)c->opened,
			    (unsigned long long)v->n, v->says[0] ? ": " : "", v->says,
			    v->aside[0] ? " (not counted: " : "", v->aside, v->aside[0] ? ")" : "");
}

/* Does the log of this run tell of it, of an engine without counters? */
static bool is_logged(const struct facts *f, enum end end, enum engine_log_class class)
{
	const struct facts *there = end == END_FAR ? kernel_lines_far(f) : NULL;
	const struct engine_facts *g = there ? &there->engine[END_NEAR] : &f->engine[end];

	return !f->crypto[end].known && !g->log_file && g->log_says[class] > 0;
}

/* And is it worth a FAIL? */
static bool is_told(const struct facts *f, enum end end, enum engine_log_class class)
{
	const struct facts *there = end == END_FAR ? kernel_lines_far(f) : NULL;

	return is_logged(f, end, class) &&
	       (there ? far_weight(f, there, class) : log_weight(f, end, class)) == STATE_FAIL;
}

/*
 * Handshakes of whom has a wrong key of this end, or of whom this end has. Those that the far end
 * refuses are ours.
 */
static bool is_key_refused(const struct facts *facts, enum end end)
{
	const struct crypto_facts *c = &facts->crypto[end];
	size_t i;

	for (i = 0; c->known && i < c->n_refused; i++)
		if (!strcmp(c->refused[i].id, "in_mac1") ||
		    !strcmp(c->refused[i].id, "in_static") ||
		    !strcmp(c->refused[i].id, "in_unknown_peer"))
			return true;
	return is_told(facts, end, ENGINE_LOG_MAC1);
}

/* Data messages that the end's wire saw coming in, and of which its engine knows nothing. */
struct vanished {
	int64_t arrived, missing; /* missing 0: none, or not known */
	enum state state;
};

static struct vanished vanished_at(const struct facts *facts, enum end end,
				   const struct end_view *v)
{
	struct vanished x = { 0 };

	x.missing = loss_before_engine(facts, end, &x.arrived);
	if (v->known)
		x.state = loss_state(facts, x.missing, x.arrived);
	return x;
}

/* In front of the rest, as it is the root; "" for none. */
static const char *vanished_words(const struct facts *facts, enum end end, const struct vanished *x,
				  struct arena *a)
{
	const char *dev = facts->taps[end == END_NEAR ? TAP_NEAR_WIRE : TAP_FAR_WIRE].dev;

	if (x->missing == 0)
		return "";
	return arena_printf(
		a,
		"%lld of %lld data messages that reached %s never reached the %s "
		"engine (a firewall on the way in, its socket buffer, or it does not read); ",
		(long long)x->missing, (long long)x->arrived, dev ? dev : "the wire",
		words_end(end));
}

static void vanished_because(enum end end, const struct vanished *x, struct findings *out,
			     struct finding *f)
{
	struct evidence *ev;

	if (x->missing == 0)
		return;
	ev = finding_because(out, f, "capture", end == END_NEAR ? "near wire" : "far wire",
			     "data messages in, and those the engine knows nothing of");
	evidence_count(ev, arena_printf(out->arena, "%s_data_arrived", words_end(end)), x->arrived);
	evidence_count(ev, arena_printf(out->arena, "%s_data_vanished", words_end(end)),
		       x->missing);
}

/* The near engine from outside: what came in, and what reached the tun. */
struct outside {
	bool watched;
	int64_t came, injected, not_ip, dropped;
	int64_t bad; /* of not_ip those that surely came from the engine, if they matter */
};

/* What nobody measured makes no sum. */
static int64_t sum(int64_t a, int64_t b)
{
	return a == UNKNOWN || b == UNKNOWN ? UNKNOWN : a + b;
}

static struct outside look_from_outside(const struct facts *facts)
{
	const uint32_t needs = NEED_BIT(NEED_TAP_NEAR_WIRE) | NEED_BIT(NEED_TAP_NEAR_TUN);
	const struct tap_facts *wire = &facts->taps[TAP_NEAR_WIRE];
	const struct tap_facts *tun = &facts->taps[TAP_NEAR_TUN];
	struct outside o = {
		.came = UNKNOWN, .injected = UNKNOWN, .not_ip = UNKNOWN, .dropped = UNKNOWN
	};
	struct tun_view tun_view;

	o.watched = (facts->have & needs) == needs;
	if (!o.watched)
		return o;
	/* An empty message (keepalive) never becomes a packet. */
	if (wire->msgs[TAP_IN][WG_MSG_DATA] != UNKNOWN && wire->keepalives[TAP_IN] != UNKNOWN)
		o.came = wire->msgs[TAP_IN][WG_MSG_DATA] - wire->keepalives[TAP_IN];
	o.not_ip = tun->not_ip[TAP_IN];
	o.injected = sum(tun->packets[TAP_IN], o.not_ip);
	o.dropped = sum(wire->dropped, tun->dropped);
	tun_view = tun_view_of(facts, END_NEAR);
	o.bad = tun_view_no_ip(&tun_view);
	return o;
}

/* All that the far end sent through the tunnel on purpose did arrive. */
static bool inbound_is_whole(const struct facts *facts)
{
	size_t i, n = 0;

	for (i = 0; i < facts->n_streams; i++) {
		const struct stream_facts *s = &facts->streams[i];

		if (s->from != END_FAR)
			continue;
		n++;
		if (s->received < s->sent || s->corrupt > 0)
			return false;
	}
	return n > 0;
}

static enum state outside_state(const struct facts *facts, const struct outside *o,
				const char **says, struct arena *a)
{
	if (!o->watched) {
		*says = "its tun and wire were not both watched";
		return STATE_UNSURE;
	}
	if (o->came == UNKNOWN || o->injected == UNKNOWN || o->dropped == UNKNOWN) {
		*says = "a capture cannot say how much it saw";
		return STATE_UNSURE;
	}
	*says = arena_printf(a, "%lld data messages came in, %lld packets reached the tun",
			     (long long)o->came, (long long)o->injected);
	/* What is left of the two numbers then is not of the same packets. */
	if (o->dropped > 0 && o->bad == 0) {
		*says = arena_printf(a, "the captures lost %lld frames", (long long)o->dropped);
		return STATE_UNSURE;
	}
	if (o->bad > 0) {
		*says = arena_printf(a, "%s, %lld of them no IP packets", *says, (long long)o->bad);
		return STATE_FAIL;
	}
	if (o->injected >= o->came)
		return STATE_PASS;
	if (o->injected == 0)
		return outer_size_is_of_errors(facts) ? STATE_UNSURE : STATE_FAIL;
	/* Others use that tunnel too, and the captures did not begin at one moment. */
	if (!facts_far_is_here(facts) && facts->ping_peer.received > 0 &&
	    facts->ping_peer.received == facts->ping_peer.sent) {
		*says = arena_printf(a, "%s (and every ping came back)", *says);
		return STATE_PASS;
	}
	/* Newer engines join TCP segments before they write them, so fewer packets can be all. */
	if (!inbound_is_whole(facts))
		return STATE_UNSURE;
	*says = arena_printf(a, "%s (fewer, yet all data arrived whole)", *says);
	return STATE_PASS;
}

static void because(const struct facts *facts, enum end end, const struct end_view *v,
		    struct findings *out, struct finding *f)
{
	const struct crypto_facts *c = &facts->crypto[end];
	struct evidence *ev;
	size_t i;

	ev = finding_because(out, f, "engine", words_end(end), "%s",
			     v->gap   ? v->gap :
			     v->known ? "its counters over the run" :
					"keeps no such counters");
	evidence_count(ev, end == END_NEAR ? "near_sealed" : "far_sealed",
		       v->known ? c->sealed : UNKNOWN);
	evidence_count(ev, end == END_NEAR ? "near_opened" : "far_opened",
		       v->known ? c->opened : UNKNOWN);
	evidence_count(ev, end == END_NEAR ? "near_refused" : "far_refused",
		       v->known ? (int64_t)v->n : UNKNOWN);
	evidence_count(ev, end == END_NEAR ? "near_tx_bytes" : "far_tx_bytes", c->tx_bytes);
	evidence_count(ev, end == END_NEAR ? "near_rx_bytes" : "far_rx_bytes", c->rx_bytes);
	if (v->gap && v->logged[0])
		kernel_lines_because(kernel_lines_far(facts), "this end", out, f);
	else if (v->logged[0] && end == END_NEAR && kernel_lines_are_read(facts))
		kernel_lines_because(facts, "this peer", out, f);
	else if (v->logged[0])
		finding_because(out, f, "log", words_end(end), "%s", v->logged);
	for (i = 0; v->known && i < c->n_refused; i++) {
		ev = finding_because(out, f, "engine", words_end(end), "%s", c->refused[i].says);
		evidence_count(ev,
			       arena_printf(out->arena, "%s_%s", words_end(end), c->refused[i].id),
			       (int64_t)c->refused[i].n);
	}
}

/* It cannot be asked; a log of it is told all the same. */
static void not_asked(const struct facts *facts, const char *given, struct findings *out)
{
	struct finding *f = finding_gap(out, facts, NEED_ENGINE);

	if (!given)
		return;
	f->summary = arena_printf(out->arena, "%s; %s", f->summary, given);
	finding_because(out, f, "log", facts->engine[END_NEAR].log_file, "%s", given);
}

/* By its own counters, or its log of this run. */
static bool is_source_refused(const struct facts *facts, enum end end)
{
	const struct crypto_facts *c = &facts->crypto[end];
	size_t i;

	for (i = 0; c->known && i < c->n_refused; i++)
		if (strcmp(c->refused[i].id, "in_source") == 0)
			return true;
	return is_told(facts, end, ENGINE_LOG_SOURCE);
}

static bool has_rival(const struct facts *facts)
{
	const struct config_facts *c = &facts->config[END_NEAR];
	const struct peer_config *p = tunnel_peer(facts, END_NEAR);
	size_t i;

	for (i = 0; p && i < c->n_peers; i++)
		if (&c->peers[i] != p && c->peers[i].n_allowed &&
		    c->peers[i].handshake_wall_ns == 0)
			return true;
	return false;
}

/* Of the near engine, by its counters, or by its log of this run. */
static bool refused_responses(const struct facts *facts)
{
	const struct crypto_facts *c = &facts->crypto[END_NEAR];
	size_t i;

	if (!c->known)
		return is_told(facts, END_NEAR, ENGINE_LOG_RESPONSE);
	for (i = 0; i < c->n_refused; i++)
		if (strcmp(c->refused[i].id, "in_response") == 0)
			return true;
	return false;
}

static void judge(const struct facts *facts, const char *given, struct findings *out)
{
	struct end_view near = view_of(facts, END_NEAR, out->arena);
	struct end_view far = view_of(facts, END_FAR, out->arena);
	struct vanished at_near = vanished_at(facts, END_NEAR, &near);
	struct vanished at_far = vanished_at(facts, END_FAR, &far);
	struct outside o = look_from_outside(facts);
	const char *near_says, *outside_says;
	enum state s = state_worse(state_worse(near.state, far.state),
				   state_worse(at_near.state, at_far.state));
	struct evidence *ev;
	struct finding *f;

	if (!facts_far_is_here(facts) && facts->have & NEED_BIT(NEED_CONFIG) &&
	    facts->config[END_NEAR].n_peers == 0) {
		finding_add(out, STATE_SKIP, "no peer is configured");
		return;
	}
	if (near.known) {
		near_says = end_words(facts, END_NEAR, &near, out->arena);
	} else {
		s = state_worse(s, outside_state(facts, &o, &outside_says, out->arena));
		near_says = arena_printf(
			out->arena, "%s keeps no such counters%s%s%s%s: %s",
			facts->target.kind == TARGET_OPAQUE ? "this engine" : facts->target.engine,
			!near.logged[0]		     ? "" :
			kernel_lines_are_read(facts) ? ", the kernel's debug lines say at least " :
						       ", its log says ",
			near.logged, given ? "; " : "", given ? given : "", outside_says);
	}
	if (s == STATE_PASS && (near.idle || (!near.known && o.watched && o.came == 0)))
		f = finding_add(out, STATE_SKIP, "no data message to judge by");
	else
		f = finding_add(out, s, "%s%s%s; %s",
				vanished_words(facts, END_NEAR, &at_near, out->arena),
				vanished_words(facts, END_FAR, &at_far, out->arena), near_says,
				end_words(facts, END_FAR, &far, out->arena));
	incoming_judge(facts, out, f);
	if (!facts_far_is_here(facts))
		reject_sending(facts, out, f);
	if (f->state == STATE_FAIL && is_source_refused(facts, END_NEAR))
		finding_sign(f, SIGN_NEAR_SOURCE_REFUSED);
	if (f->signs & SIGN_BIT(SIGN_NEAR_SOURCE_REFUSED) && has_rival(facts))
		finding_sign(f, SIGN_NEAR_RIVAL);
	if (f->state == STATE_FAIL && is_source_refused(facts, END_FAR))
		finding_sign(f, SIGN_FAR_SOURCE_REFUSED);
	if (refused_responses(facts))
		finding_sign(f, SIGN_RESPONSE_NOT_OPENED);
	if (is_key_refused(facts, END_NEAR) || is_key_refused(facts, END_FAR))
		finding_sign(f, SIGN_KEY_REFUSED);
	because(facts, END_NEAR, &near, out, f);
	because(facts, END_FAR, &far, out, f);
	ev = finding_because(out, f, "capture", "near wire and tun", "%s",
			     o.watched ? "data in, packets out" : "not both watched");
	evidence_count(ev, "data_messages_in", o.came);
	evidence_count(ev, "packets_to_tun", o.injected);
	evidence_count(ev, "not_ip_to_tun", o.not_ip);
	vanished_because(END_NEAR, &at_near, out, f);
	vanished_because(END_FAR, &at_far, out, f);
	if (given)
		finding_because(out, f, "log", facts->engine[END_NEAR].log_file, "%s", given);
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *facts = ctx->facts;
	const char *given = given_log_words(facts, GIVEN_LOG_ALL, out->arena);

	if (facts->have & NEED_BIT(NEED_ENGINE))
		judge(facts, given, out);
	else
		not_asked(facts, given, out);
}

static const char *const after[] = {
	"engine.start",	 "engine.answers", "host.state",    "config.keys", "config.allowed-ips",
	"underlay.link", "route.endpoint", "host.firewall", "tun.framing", NULL
};

const struct check check_crypto_rejects = {
	.id = "crypto.rejects",
	.title = "refused messages",
	.layer = LAYER_TRANSPORT,
	.wants = NEED_BIT(NEED_ENGINE) | NEED_BIT(NEED_ENGINE_FAR) | NEED_BIT(NEED_TAP_NEAR_TUN) |
		 NEED_BIT(NEED_TAP_NEAR_WIRE) | NEED_BIT(NEED_TAP_FAR_WIRE) |
		 NEED_BIT(NEED_STREAMS) | NEED_BIT(NEED_CONFIG),
	.after = after,
	.misses = TRAFFIC_OUTER,
	.run = run,
};
