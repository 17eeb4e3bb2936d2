/*
 * Do engine and tun device agree on the header before each packet (failure-modes.md, FM34)?
 *
 * Two halves, and either is enough to say no: a tun of our own, tried with one datagram out
 * and one reply in; and what the engines really write, by the captures on the tuns. Hence no
 * needs: the row must not be skipped for one half when the other shows the fault.
 *
 * A refused write leaves nothing in a capture, so it takes a second kind of evidence: the
 * engine says so, or the device dropped about as much as arrived while it took in nothing.
 * rx_dropped alone is none: a healthy tun without vnet_hdr gains one a second under the newest
 * wireguard-go. Silence alone is left to tun.delivery.
 */
#include "check/check_list.h"
#include "check/given_log.h"
#include "check/kernel_lines.h"
#include "check/far_inside.h"
#include "check/outer_size.h"
#include "check/tun_view.h"
#include "check/tunnel.h"
#include "check/words.h"

#include <string.h>

enum {
	/* With fewer, what rx_dropped gains by itself could look like them. */
	DROPPED_MIN = 10,
	/*
	 * A wrong header hits every packet. A few frames that are none may be anybody's, such as a
	 * program's that sends what it likes through a packet socket.
	 */
	SIGN_MIN = 4,
};

struct end_signs {
	enum sign writes_no_ip, write_refused, sends_no_ip, too_large, reads_no_ip;
};

static const struct end_signs signs[END_COUNT] = {
	[END_NEAR] = { SIGN_NEAR_WRITES_NO_IP, SIGN_NEAR_WRITE_REFUSED, SIGN_NEAR_SENDS_NO_IP,
		       SIGN_NEAR_OUTER_TOO_LARGE, SIGN_NEAR_READS_NO_IP },
	[END_FAR] = { SIGN_FAR_WRITES_NO_IP, SIGN_FAR_WRITE_REFUSED, SIGN_FAR_SENDS_NO_IP,
		      SIGN_FAR_OUTER_TOO_LARGE, SIGN_FAR_READS_NO_IP },
};

struct view {
	struct tun_view tun;
	bool log_refuses;
	bool opens; /* by the peer's byte counter most of what arrived was authentic */
	bool wrote; /* a log of another moment has refused writes, so it opens what comes */
	bool up; /* the device, at the start and at the end */
	int64_t refused_writes; /* by the engine's own counter; UNKNOWN */
	int64_t opened_at_other; /* data messages of this end; UNKNOWN */
	int64_t no_ip_at_other; /* of these authentic and no IP; UNKNOWN */
	int64_t too_large; /* bytes per message that the inner packets have not; 0: not proven */
	/* from the stack into the tun, and how many of them echoes; data sent outside; UNKNOWN */
	int64_t handed, handed_echoes, sent;
	int64_t read_no_ip; /* of those handed over, as the engine counts; UNKNOWN */
	int64_t answers_excess; /* of the far end, seen here; 0 */
};

static bool is_most(int64_t n, int64_t of)
{
	return n >= SIGN_MIN && 2 * n >= of;
}

/*
 * wireguard-go's line of a refused write: "packet" until 2022, "packets" since, and between the
 * two halves there may be the name of what was written to.
 */
static bool has_reason(const char *log)
{
	static const char start[] = "Failed to write packet", end[] = "invalid argument";
	const char *line, *stop, *why;

	for (line = strstr(log, start); line; line = strstr(line + 1, start)) {
		stop = strchr(line, '\n');
		why = strstr(line, end);
		if (why && (!stop || why < stop))
			return true;
	}
	return false;
}

static void view_sending(const struct facts *facts, enum end end, struct view *v)
{
	bool near = end == END_NEAR;
	const struct tap_facts *tun = &facts->taps[near ? TAP_NEAR_TUN : TAP_FAR_TUN];
	const struct tap_facts *wire = &facts->taps[near ? TAP_NEAR_WIRE : TAP_FAR_WIRE];

	v->handed = v->handed_echoes = v->sent = UNKNOWN;
	v->read_no_ip = tun_view_refused(facts, end, "out_not_ip");
	if (v->tun.tun_watched && tun->echo_requests[TAP_OUT] != UNKNOWN &&
	    tun->echo_replies[TAP_OUT] != UNKNOWN) {
		v->handed = tun->packets[TAP_OUT];
		v->handed_echoes = tun->echo_requests[TAP_OUT] + tun->echo_replies[TAP_OUT];
	}
	if (v->tun.wire_watched && wire->msgs[TAP_OUT][WG_MSG_DATA] != UNKNOWN &&
	    wire->keepalives[TAP_OUT] != UNKNOWN)
		v->sent = wire->msgs[TAP_OUT][WG_MSG_DATA] - wire->keepalives[TAP_OUT];
}

/* One that counts nothing says in its log of this run what it opened and found no packet in. */
static void take_log(const struct facts *facts, struct view *v)
{
	const struct engine_facts *g = &facts->engine[END_NEAR];
	const struct tap_facts *wire = &facts->taps[TAP_NEAR_WIRE];

	if (v->no_ip_at_other != UNKNOWN || g->log_file || kernel_lines_not_ip(facts) < 1 ||
	    !(facts->have & NEED_BIT(NEED_TAP_NEAR_WIRE)) ||
	    wire->msgs[TAP_IN][WG_MSG_DATA] == UNKNOWN || wire->keepalives[TAP_IN] == UNKNOWN)
		return;
	/* What else its peer sends is no fault of a tunnel that works. */
	if (kernel_lines_are_read(facts) && kernel_lines_tunnel_works(facts))
		return;
	v->no_ip_at_other = kernel_lines_not_ip(facts);
	v->opened_at_other = wire->msgs[TAP_IN][WG_MSG_DATA] - wire->keepalives[TAP_IN];
}

/* Who reads a source in what came in, and does not allow it, has read IP, of whatever size. */
static bool is_read_as_ip(const struct facts *facts)
{
	return facts->engine[END_NEAR].log_says[ENGINE_LOG_SOURCE] > 0;
}

static struct view view_of(const struct facts *facts, enum end end)
{
	enum end other = end == END_NEAR ? END_FAR : END_NEAR;
	const struct tap_facts *wire = &facts->taps[end == END_NEAR ? TAP_NEAR_WIRE : TAP_FAR_WIRE];
	const struct link_facts *l = &facts->tun[end];
	int64_t rx = facts->crypto[end].rx_bytes;
	struct view v = { .tun = tun_view_of(facts, end), .opened_at_other = UNKNOWN };

	v.log_refuses = has_reason(facts->engine[end].log_tail);
	v.opens = v.tun.wire_watched && wire->msg_bytes[TAP_IN] > 0 && rx != UNKNOWN &&
		  2 * rx >= wire->msg_bytes[TAP_IN];
	v.wrote = facts->engine[end].log_file &&
		  facts->engine[end].log_says[ENGINE_LOG_TUN_WRITE] > 0;
	v.up = l->start.known && l->start.up && l->end.known && l->end.up;
	v.refused_writes = tun_view_refused(facts, end, "io_tun_refused");
	v.no_ip_at_other = tun_view_refused(facts, other, "in_not_ip");
	if (v.no_ip_at_other != UNKNOWN)
		v.opened_at_other = facts->crypto[other].opened;
	if (end == END_FAR)
		take_log(facts, &v);
	v.too_large = outer_size_excess(facts, end);
	if (end == END_FAR && facts->taps[TAP_NEAR_TUN].packets[TAP_IN] == 0 &&
	    facts->have & NEED_BIT(NEED_TAP_NEAR_TUN) && !is_read_as_ip(facts))
		v.answers_excess = outer_size_of_answers(facts);
	view_sending(facts, end, &v);
	return v;
}

/* Nothing of what arrived came out of the tun, and both captures were whole. */
static bool is_silent(const struct tun_view *t)
{
	return t->arrived >= SIGN_MIN && t->written == 0 && t->dropped == 0;
}

static bool is_write_refused(const struct view *v)
{
	const struct tun_view *t = &v->tun;

	if (!is_silent(t))
		return false;
	if (v->log_refuses || is_most(v->refused_writes, t->arrived))
		return true;
	/* A device that is down refuses too; and what the engine never opened it never wrote. */
	return v->up && (v->opens || v->wrote) && t->rx_packets == 0 && t->arrived >= DROPPED_MIN &&
	       t->rx_dropped >= t->arrived;
}

/*
 * Does the engine read nothing that it takes for a packet? Ours counts that. Of another it is
 * only seen that none of many went out; echoes are asked for since a kernel sends a few
 * packets by itself that are nobody's allowed IP.
 */
static bool is_unread(const struct view *v)
{
	if (v->read_no_ip != UNKNOWN)
		return is_most(v->read_no_ip, v->handed);
	return v->handed_echoes >= SIGN_MIN && v->sent == 0 && v->tun.dropped == 0;
}

/* --- the halves ------------------------------------------------------------------- */

/* Adds to what was said before. */
static const char *and_also(struct arena *a, const char *before, const char *more)
{
	return before[0] ? arena_printf(a, "%s; %s", before, more) : more;
}

/* Of what the engine writes to its tun. "": nothing is wrong. */
static const char *write_fault(const struct facts *facts, enum end end, const struct view *v,
			       sign_set *seen, struct arena *a)
{
	const struct tun_view *t = &v->tun;
	int64_t pi = facts->tun[end].tun_pi;

	if (is_most(t->shifted, t->written)) {
		*seen |= SIGN_BIT(signs[end].writes_no_ip);
		return arena_printf(a,
				    "%lld of %lld frames that the %s engine wrote are whole "
				    "packets, shifted by four bytes%s",
				    (long long)t->shifted, (long long)t->written, words_end(end),
				    pi == 1 ? "; the device wants a header before each" : "");
	}
	if (!is_write_refused(v))
		return "";
	*seen |= SIGN_BIT(signs[end].write_refused);
	return arena_printf(a,
			    "%lld data messages reached the %s end and its kernel refused every "
			    "write%s%s",
			    (long long)t->arrived, words_end(end),
			    v->log_refuses ? ": invalid argument, says the engine" : "",
			    pi == 0 ? "; the device takes no header" : "");
}

/* Of what the near end sends, by what somebody pasted of a far end with the kernel's engine. */
static const char *pasted_fault(const struct facts *facts, sign_set *seen, struct arena *a)
{
	const struct far_inside in = far_inside_of(facts);

	if (!in.no_ip)
		return "";
	*seen |= SIGN_BIT(SIGN_NEAR_SENDS_NO_IP);
	return arena_printf(a,
			    "%lld of %lld messages that the far kernel received were authenticated "
			    "and not IP",
			    (long long)in.refused, (long long)in.received);
}

/*
 * Did somebody make something of what it sent? What comes in unasked is no answer: the peer's own
 * packets tell nothing of ours. Where nothing was asked, or of an engine that nobody knows, any
 * packet is taken for one.
 */
static bool is_understood(const struct facts *facts, const struct view *v)
{
	bool asked = facts->have & NEED_BIT(NEED_PING_PEER) && facts->ping_peer.sent > 0;

	if (facts_far_is_here(facts) || facts->target.kind == TARGET_OPAQUE || !asked)
		return v->tun.packets != 0;
	return tunnel_data_answers(facts);
}

/* Of what it sends. */
static const char *send_fault(const struct facts *facts, enum end end, const struct view *v,
			      sign_set *seen, struct arena *a)
{
	/* Who sends data has a session, whether its handshake was seen or not. */
	if (!facts->handshake.complete && v->sent < 1)
		return "";
	if (end == END_NEAR && far_inside_of(facts).no_ip)
		return pasted_fault(facts, seen, a);
	if (is_most(v->no_ip_at_other, v->opened_at_other)) {
		*seen |= SIGN_BIT(signs[end].sends_no_ip);
		if (v->too_large > 0)
			*seen |= SIGN_BIT(signs[end].too_large);
		return arena_printf(a, "%lld messages of the %s engine were authentic and no IP",
				    (long long)v->no_ip_at_other, words_end(end));
	}
	if (end == END_FAR && v->answers_excess > 0) {
		*seen |= SIGN_BIT(signs[end].too_large);
		return arena_printf(a,
				    "what the far engine answers is larger than what it was asked, "
				    "by %lld bytes in all, and none of it is a packet here",
				    (long long)v->answers_excess);
	}
	/*
	 * Other paddings exist, so size alone says nothing while answers come back, or where the
	 * other end opened the messages and found packets.
	 */
	if (v->too_large <= 0 || is_understood(facts, v) || v->opened_at_other > 0)
		return "";
	*seen |= SIGN_BIT(signs[end].too_large);
	return arena_printf(a,
			    "what the %s engine sends is %lld bytes per packet larger than what "
			    "it was given",
			    words_end(end), (long long)v->too_large);
}

/* All that the evidence carries, of both directions. */
static const char *end_fault(const struct facts *facts, enum end end, const struct view *v,
			     sign_set *seen, struct arena *a)
{
	sign_set here = 0;
	const char *s = write_fault(facts, end, v, &here, a);
	const char *sends = send_fault(facts, end, v, &here, a);

	if (sends[0])
		s = and_also(a, s, sends);
	if (here && facts->handshake.complete && is_unread(v)) {
		here |= SIGN_BIT(signs[end].reads_no_ip);
		s = and_also(a, s,
			     v->read_no_ip != UNKNOWN ?
				     arena_printf(a, "it read %lld that it took for no IP",
						  (long long)v->read_no_ip) :
				     arena_printf(a, "of %lld packets given to it none was sent",
						  (long long)v->handed));
	}
	*seen |= here;
	return s;
}

enum self_test { SELF_NONE, SELF_OK, SELF_BAD, SELF_OPEN };

static enum self_test self_test(const struct facts *facts)
{
	const struct framing_facts *g = &facts->framing;

	if (!(facts->have & NEED_BIT(NEED_FRAMING)))
		return SELF_NONE;
	if (g->header_len == UNKNOWN || g->header_wanted == UNKNOWN)
		return SELF_OPEN;
	if (g->header_len != g->header_wanted)
		return SELF_BAD;
	return g->reply_received == 1 ? SELF_OK : SELF_OPEN;
}

static const char *self_words(const struct facts *facts, enum self_test st, struct arena *a)
{
	const struct framing_facts *g = &facts->framing;

	switch (st) {
	case SELF_NONE:
		return arena_printf(a, "not tried on a tun of our own (%s)",
				    facts->gaps[NEED_FRAMING].why ? facts->gaps[NEED_FRAMING].why :
								    "not looked at");
	case SELF_BAD:
		return arena_printf(
			a,
			"a tun of our own delivers %lld bytes before each packet and was "
			"opened for %lld",
			(long long)g->header_len, (long long)g->header_wanted);
	case SELF_OPEN:
		if (g->header_len == UNKNOWN)
			return "a tun of our own delivered nothing";
		return arena_printf(a, "a tun of our own delivers %s, but no reply got through it",
				    g->header_len ? "a header before IP" : "plain IP");
	default:
		return arena_printf(a, "a tun of our own delivers %s and takes the same",
				    g->header_len ? "a header before IP" : "plain IP");
	}
}

/* --- the whole ------------------------------------------------------------------------ */

/* Do the packets show that this end frames well? A few frames of others change nothing. */
static bool is_few(int64_t n, int64_t of)
{
	return n <= 0 || 10 * n <= of;
}

static bool is_good(const struct view *v)
{
	return is_few(v->tun.not_ip, v->tun.written) &&
	       is_few(v->no_ip_at_other, v->opened_at_other);
}

static const char *written_words(const struct view v[END_COUNT], struct arena *a)
{
	const struct tun_view *n = &v[END_NEAR].tun, *f = &v[END_FAR].tun;

	if (n->not_ip > 0 || f->not_ip > 0)
		return arena_printf(a, "%lld of %lld frames near and %lld of %lld far are no IP",
				    (long long)MAX(n->not_ip, 0), (long long)MAX(n->written, 0),
				    (long long)MAX(f->not_ip, 0), (long long)MAX(f->written, 0));
	if (n->packets > 0 && f->packets > 0)
		return arena_printf(a, "all %lld frames written near and %lld far are IP",
				    (long long)n->packets, (long long)f->packets);
	if (n->packets > 0)
		return arena_printf(a, "all %lld frames written near are IP",
				    (long long)n->packets);
	if (n->arrived > 0)
		return arena_printf(a, "%lld data messages came, and no frame came out of the tun",
				    (long long)n->arrived);
	return "no engine wrote anything yet";
}

static struct finding *judge(const struct facts *facts, const struct view v[END_COUNT],
			     struct findings *out)
{
	enum self_test st = self_test(facts);
	sign_set seen = 0;
	const char *near = end_fault(facts, END_NEAR, &v[END_NEAR], &seen, out->arena);
	const char *far = end_fault(facts, END_FAR, &v[END_FAR], &seen, out->arena);
	const char *self = self_words(facts, st, out->arena);
	const char *written = written_words(v, out->arena);
	bool fits = is_good(&v[END_NEAR]) && is_good(&v[END_FAR]);
	struct finding *f;

	if (near[0] || far[0])
		f = finding_add(out, STATE_FAIL, "%s%s%s", near, near[0] && far[0] ? "; " : "",
				far);
	else if (st == SELF_BAD)
		f = finding_add(out, STATE_FAIL, "%s", self);
	else if (st == SELF_NONE && !v[END_NEAR].tun.tun_watched)
		f = finding_add(out, STATE_SKIP, "%s",
				facts->gaps[NEED_FRAMING].why ? facts->gaps[NEED_FRAMING].why :
								"not looked at");
	else if (fits &&
		 (v[END_NEAR].tun.packets > 0 || (st == SELF_OK && v[END_NEAR].tun.arrived < 1)))
		f = finding_add(out, STATE_PASS, "%s; %s", self, written);
	else
		f = finding_add(out,
				st == SELF_NONE && fits && v[END_NEAR].tun.arrived < 1 ?
					STATE_SKIP :
					STATE_UNSURE,
				"%s; %s", self, written);
	if (f->state == STATE_SKIP)
		f->remedy = facts->gaps[NEED_FRAMING].remedy;
	f->signs |= seen | (st == SELF_OK ? SIGN_BIT(SIGN_FRAMING_OK) : 0);
	return f;
}

static void end_because(const struct facts *facts, enum end end, const struct view *v,
			struct findings *out, struct finding *f)
{
	const struct {
		const char *name;
		int64_t n;
	} numbers[] = {
		{ "arrived", v->tun.arrived },
		{ "written", v->tun.written },
		{ "written_no_ip", v->tun.not_ip },
		{ "written_shifted", v->tun.shifted },
		{ "link_rx_packets", v->tun.rx_packets },
		{ "link_rx_dropped", v->tun.rx_dropped },
		{ "sent_no_ip", v->no_ip_at_other },
		{ "outer_excess", v->too_large },
		{ "given_by_stack", v->handed },
		{ "sent_data", v->sent },
		{ "read_no_ip", v->read_no_ip },
		{ "device_header", facts->tun[end].tun_pi },
	};
	const uint8_t *b = facts->taps[end == END_NEAR ? TAP_NEAR_TUN : TAP_FAR_TUN].shifted_first;
	const char *first = "";
	struct evidence *ev;
	size_t i;

	if (v->tun.shifted > 0)
		first = arena_printf(out->arena,
				     "; the first shifted frame begins %02x %02x %02x "
				     "%02x %02x %02x %02x %02x",
				     b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]);
	ev = finding_because(out, f, "capture", end == END_NEAR ? "near tun" : "far tun",
			     "data in outside, frames in on the tun%s%s", first,
			     end == END_NEAR && facts->target.tun_inherited ?
				     "; the engine was handed the device as a descriptor" :
				     "");
	for (i = 0; i < ARRAY_LEN(numbers); i++)
		evidence_count(ev,
			       arena_printf(out->arena, "%s_%s", words_end(end), numbers[i].name),
			       numbers[i].n);
}

#define LOGGED                                                                     \
	(GIVEN_LOG_BIT(ENGINE_LOG_NOT_IP) | GIVEN_LOG_BIT(ENGINE_LOG_TUN_NOT_IP) | \
	 GIVEN_LOG_BIT(ENGINE_LOG_TUN_WRITE))

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *facts = ctx->facts;
	const struct view v[END_COUNT] = { view_of(facts, END_NEAR), view_of(facts, END_FAR) };
	const struct framing_facts *g = &facts->framing;
	struct finding *f = judge(facts, v, out);
	struct evidence *ev;

	ev = finding_because(out, f, "device", g->dev ? g->dev : "a tun of our own", "%s",
			     self_words(facts, self_test(facts), out->arena));
	evidence_count(ev, "header_len", g->header_len);
	evidence_count(ev, "header_wanted", g->header_wanted);
	evidence_count(ev, "reply_received", g->reply_received);
	end_because(facts, END_NEAR, &v[END_NEAR], out, f);
	end_because(facts, END_FAR, &v[END_FAR], out, f);
	given_log_because(facts, LOGGED, out, f);
}

static const char *const after[] = { "engine.start", "engine.answers", NULL };

const struct check check_tun_framing = {
	.id = "tun.framing",
	.title = "tun framing",
	.layer = LAYER_ENGINE,
	.wants = NEED_BIT(NEED_FRAMING) | NEED_BIT(NEED_TAP_NEAR_TUN) |
		 NEED_BIT(NEED_TAP_NEAR_WIRE) | NEED_BIT(NEED_TAP_FAR_TUN) |
		 NEED_BIT(NEED_TAP_FAR_WIRE) | NEED_BIT(NEED_LINKS) | NEED_BIT(NEED_LINKS_FAR) |
		 NEED_BIT(NEED_ENGINE) | NEED_BIT(NEED_ENGINE_FAR) | NEED_BIT(NEED_HANDSHAKE) |
		 NEED_BIT(NEED_ECHO_BACK) | NEED_BIT(NEED_STREAMS) | NEED_BIT(NEED_FAR_TEXT),
	.after = after,
	.run = run,
};
