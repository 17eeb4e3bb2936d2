/*
 * Did the kernel refuse what the engines wrote into their tun?
 *
 * rx of a tun is what the engine hands to the system. Its errors mean packets the system
 * refused; rx_dropped alone is no evidence: the newest wireguard-go gains one per second
 * on a healthy tun (failure-modes.md, 0.2 and FM34). On a kernel `wg` device rx errors
 * mean more: authentic messages with a wrong inside.
 *
 * A packet whose protocol nobody takes is discarded after it was counted as received, and is
 * counted as dropped only where no capture took it first (measured on 6.18): so while this program,
 * or a tcpdump, listens, no counter tells of it. Then no error is no good sign.
 */
#include "check/check_list.h"
#include "check/far_age.h"
#include "check/far_inside.h"
#include "check/tun_view.h"
#include "check/words.h"

#include <string.h>

struct class_word {
	enum link_counter counter;
	const char *tun; /* what it means where an engine writes */
	const char *kernel; /* on a device of the kernel's own engine */
};

static const struct class_word classes[] = {
	{ LINK_RX_LENGTH, "length", "inner length is wrong" },
	{ LINK_RX_FRAME, "malformed header",
	  "inner source is not allowed, or neither IPv4 nor IPv6" },
	{ LINK_RX_OVER, "over", "over" },
	{ LINK_RX_CRC, "checksum", "checksum" },
	{ LINK_RX_FIFO, "queue full", "queue full" },
	{ LINK_RX_MISSED, "missed", "missed" },
};

static bool is_kernel(const struct link_facts *l)
{
	return l->kind && strcmp(l->kind, "wireguard") == 0;
}

/* "3 malformed header, 1 length"; "no class given" */
static const char *by_class(const struct link_facts *l, struct arena *a)
{
	const char *s = "";
	size_t i;

	for (i = 0; i < ARRAY_LEN(classes); i++) {
		int64_t n = link_difference(l, classes[i].counter);

		if (n > 0)
			s = arena_printf(a, "%s%s%lld %s", s, s[0] ? ", " : "", (long long)n,
					 is_kernel(l) ? classes[i].kernel : classes[i].tun);
	}
	return s[0] ? s : "the kernel gives no class";
}

/* What an engine wrote that is no IP, by the capture; 0 on the kernel's own device. */
static int64_t no_ip(const struct facts *facts, enum end end)
{
	struct tun_view v = tun_view_of(facts, end);

	return is_kernel(&facts->tun[end]) ? 0 : tun_view_no_ip(&v);
}

static enum state state_of(int64_t errors, int64_t accepted)
{
	if (errors == UNKNOWN || accepted == UNKNOWN)
		return STATE_UNSURE;
	return errors_state(errors, errors + accepted);
}

static bool is_empty(const struct link_facts *l)
{
	return link_difference(l, LINK_RX_ERRORS) == 0 && link_difference(l, LINK_RX_PACKETS) == 0;
}

static enum state end_state(const struct facts *facts, enum end end)
{
	const struct link_facts *l = &facts->tun[end];
	enum state s =
		state_of(link_difference(l, LINK_RX_ERRORS), link_difference(l, LINK_RX_PACKETS));

	return no_ip(facts, end) > 0 ? state_worse(s, STATE_UNSURE) : s;
}

static const char *words(const struct facts *facts, enum end end, struct arena *a)
{
	const struct link_facts *l = &facts->tun[end];
	int64_t discarded = no_ip(facts, end);
	int64_t errors = link_difference(l, LINK_RX_ERRORS);
	int64_t accepted = link_difference(l, LINK_RX_PACKETS);

	if (errors == UNKNOWN || accepted == UNKNOWN)
		return arena_printf(a, "%s %s: its counters cannot be compared", words_end(end),
				    l->name);
	if (errors + accepted == 0)
		return arena_printf(a, "%s: nothing was written into the tun", words_end(end));
	if (errors == 0 && discarded > 0)
		return arena_printf(a,
				    "%s 0 of %lld, but %lld were no IP: the kernel discards them, "
				    "and counts that nowhere while a capture is open",
				    words_end(end), (long long)accepted, (long long)discarded);
	if (errors == 0)
		return arena_printf(a, "%s 0 of %lld", words_end(end), (long long)accepted);
	return arena_printf(a, "%s %lld of %lld = %s refused: %s", words_end(end),
			    (long long)errors, (long long)(errors + accepted),
			    words_share(a, errors, errors + accepted), by_class(l, a));
}

static void because(const struct link_facts *l, enum end end, struct findings *out,
		    struct finding *f)
{
	int64_t dropped = link_difference(l, LINK_RX_DROPPED);
	struct evidence *ev;
	size_t i;

	ev = finding_because(out, f, "link", l->name, "%s tun over the run%s", words_end(end),
			     dropped > 0 ? "; rx_dropped alone is no evidence" : "");
	evidence_count(ev, arena_printf(out->arena, "%s_rx_packets", words_end(end)),
		       link_difference(l, LINK_RX_PACKETS));
	evidence_count(ev, arena_printf(out->arena, "%s_rx_errors", words_end(end)),
		       link_difference(l, LINK_RX_ERRORS));
	evidence_count(ev, arena_printf(out->arena, "%s_rx_dropped", words_end(end)), dropped);
	for (i = 0; i < ARRAY_LEN(classes); i++)
		evidence_count(ev,
			       arena_printf(out->arena, "%s_%s", words_end(end),
					    link_counter_str(classes[i].counter)),
			       link_difference(l, classes[i].counter));
}

/* --- by what somebody pasted of the far end ------------------------------------------ */

static const char *pasted_words(const struct facts *facts, const struct far_inside *in,
				struct arena *a)
{
	const struct link_facts *l = &facts->tun[END_FAR];
	const char *since = in->since_made ? arena_printf(a, " since %s was made", l->name) :
					     " between the two looks";
	const char *what = "were refused by its kernel";

	if (in->refused == UNKNOWN)
		return arena_printf(a, "far %s: no counters that can be compared", l->name);
	if (in->refused == 0)
		return arena_printf(a, "far 0 of %lld%s", (long long)in->received, since);
	if (in->no_ip)
		what = "were authenticated and not IP";
	else if (in->by_kernel)
		what = "were authenticated, and either not IP or from a source that is not allowed";
	return arena_printf(a, "far %lld of %lld received messages%s %s%s (rx_%s)",
			    (long long)in->refused, (long long)in->received, since, what,
			    in->by_kernel && !in->only_us ? ", of all its peers" : "",
			    in->by_kernel ? "frame_errors" : "errors");
}

static void pasted_because(const struct facts *facts, const struct far_inside *in,
			   struct findings *out, struct finding *f)
{
	const struct link_facts *l = &facts->tun[END_FAR];
	struct evidence *ev;

	ev = finding_because(out, f, "pasted", l->name, "far device, %s%s",
			     in->since_made ? "one look: since it was made" : "two looks",
			     in->source_allowed ? "; our inner addresses are allowed there" : "");
	evidence_count(ev, "far_refused", in->refused);
	evidence_count(ev, "far_received", in->received);
	evidence_count(ev, "far_rx_frame_errors", far_inside_counter(l, LINK_RX_FRAME));
	evidence_count(ev, "far_rx_length_errors", far_inside_counter(l, LINK_RX_LENGTH));
}

/*
 * Old errors, or those of other peers, are no fault of this tunnel now: what was pasted makes the
 * row worse only where nothing comes through and it says why.
 */
static void run_pasted(const struct facts *facts, struct findings *out)
{
	const struct far_inside in = far_inside_of(facts);
	const struct link_facts *near = &facts->tun[END_NEAR];
	enum state s = is_empty(near) ? STATE_SKIP : end_state(facts, END_NEAR);
	struct finding *f;

	if (in.fails)
		s = STATE_FAIL;
	f = finding_add(out, s, "%s; %s%s", words(facts, END_NEAR, out->arena),
			pasted_words(facts, &in, out->arena), far_age_words(facts, out->arena));
	if (in.no_ip)
		finding_sign(f, SIGN_NEAR_SENDS_NO_IP);
	because(near, END_NEAR, out, f);
	pasted_because(facts, &in, out, f);
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *facts = ctx->facts;
	const struct link_facts *near = &facts->tun[END_NEAR], *far = &facts->tun[END_FAR];
	bool have_far = (facts->have & NEED_BIT(NEED_LINKS_FAR)) != 0;
	enum state s = end_state(facts, END_NEAR);
	struct finding *f;

	if (!have_far && facts->have & NEED_BIT(NEED_FAR_TEXT)) {
		run_pasted(facts, out);
		return;
	}
	if (have_far)
		s = state_worse(s, end_state(facts, END_FAR));
	/* Nothing refused of nothing is no answer. */
	if (is_empty(near) && have_far && is_empty(far))
		f = finding_add(out, STATE_SKIP, "nothing was written into the tun");
	else
		f = finding_add(out, is_empty(near) && !have_far ? STATE_SKIP : s, "%s; %s",
				words(facts, END_NEAR, out->arena),
				have_far ? words(facts, END_FAR, out->arena) : "far end not seen");
	because(near, END_NEAR, out, f);
	if (have_far)
		because(far, END_FAR, out, f);
}

static const char *const after[] = { "engine.start", "engine.answers", "host.state", "tun.framing",
				     NULL };

const struct check check_rx_errors = {
	.id = "rx.errors",
	.title = "rx errors",
	.layer = LAYER_HOST,
	.needs = NEED_BIT(NEED_LINKS),
	.wants = NEED_BIT(NEED_LINKS_FAR) | NEED_BIT(NEED_STREAMS) | NEED_BIT(NEED_FAR_TEXT) |
		 NEED_BIT(NEED_TAP_NEAR_TUN) | NEED_BIT(NEED_TAP_FAR_TUN),
	.after = after,
	.run = run,
};
