/* tun.framing: both halves, each form of the fault at each end, and what is no evidence. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static const char refused_log[] = "ERROR: Failed to write packets to TUN device: invalid argument";

static struct tap_facts *tap_of(struct facts *f, enum end end)
{
	return &f->taps[end == END_NEAR ? TAP_NEAR_TUN : TAP_FAR_TUN];
}

static void shift(struct facts *f, enum end end)
{
	struct tap_facts *t = tap_of(f, end);

	t->shifted[TAP_IN] = t->not_ip[TAP_IN] = t->packets[TAP_IN];
	t->packets[TAP_IN] = 0;
	f->tun[end].tun_pi = 1;
}

static void near_shifted(struct facts *f)
{
	shift(f, END_NEAR);
}

static void far_shifted(struct facts *f)
{
	shift(f, END_FAR);
}

static void some_shifted(struct facts *f, int64_t n, int64_t right)
{
	tap_of(f, END_NEAR)->shifted[TAP_IN] = tap_of(f, END_NEAR)->not_ip[TAP_IN] = n;
	tap_of(f, END_NEAR)->packets[TAP_IN] = right;
}

static void one_shifted(struct facts *f)
{
	some_shifted(f, 1, 400);
}

static void three_shifted(struct facts *f)
{
	some_shifted(f, 3, 0);
}

static void four_shifted(struct facts *f)
{
	some_shifted(f, 4, 4);
}

static void fewer_shifted(struct facts *f)
{
	some_shifted(f, 4, 5);
}

static void tenth_shifted(struct facts *f)
{
	some_shifted(f, 40, 360);
}

/* A program sends what it likes through a packet socket. */
static void garbage(struct facts *f)
{
	tap_of(f, END_NEAR)->not_ip[TAP_IN] = 500;
}

static void far_garbage(struct facts *f)
{
	tap_of(f, END_FAR)->not_ip[TAP_IN] = 500;
}

static void shifted_without_self_test(struct facts *f)
{
	near_shifted(f);
	facts_gap(f, NEED_FRAMING, "/dev/net/tun: Operation not permitted", "run as root");
}

/* Nothing comes out, of n that arrived. */
static void silence(struct facts *f, enum end end, int64_t n)
{
	struct tap_facts *w = &f->taps[end == END_NEAR ? TAP_NEAR_WIRE : TAP_FAR_WIRE];

	w->msgs[TAP_IN][WG_MSG_DATA] = n + w->keepalives[TAP_IN];
	tap_of(f, end)->packets[TAP_IN] = 0;
	f->tun[end].after[LINK_RX_PACKETS] = 0;
}

static void silent(struct facts *f)
{
	silence(f, END_NEAR, 4);
}

static void three_and_log(struct facts *f)
{
	silence(f, END_NEAR, 3);
	f->engine[END_NEAR].log_tail = refused_log;
}

static void silent_and_log(struct facts *f)
{
	silent(f);
	f->engine[END_NEAR].log_tail = refused_log;
	f->tun[END_NEAR].tun_pi = 0;
}

static void silent_and_old_log(struct facts *f)
{
	silent(f);
	f->engine[END_NEAR].log_tail =
		"ERROR: (wg0) x\nERROR: (wg0) Failed to write packet to TUN device: "
		"write /dev/net/tun: invalid argument\nDEBUG: y";
}

/* Another reason, and the word on another line. */
static void silent_and_other_log(struct facts *f)
{
	silent(f);
	f->engine[END_NEAR].log_tail =
		"ERROR: Failed to write packets to TUN device: file already closed\n"
		"ERROR: invalid argument";
}

static void far_silent_and_log(struct facts *f)
{
	silence(f, END_FAR, 4);
	f->engine[END_FAR].log_tail = refused_log;
}

static void silent_and_counted(struct facts *f)
{
	silent(f);
	made_refused(f, END_NEAR, "io_tun_refused", "tun: the system refused the packet", 4);
}

static void log_but_delivered(struct facts *f)
{
	f->engine[END_NEAR].log_tail = refused_log;
}

static void silent_few_dropped(struct facts *f)
{
	silence(f, END_NEAR, 9);
	f->tun[END_NEAR].after[LINK_RX_DROPPED] = 9;
}

static void silent_dropped(struct facts *f)
{
	silence(f, END_NEAR, 10);
	f->tun[END_NEAR].after[LINK_RX_DROPPED] = 10;
}

/* Refused for another reason: a link that is down takes nothing. */
static void silent_dropped_down(struct facts *f)
{
	silent_dropped(f);
	f->tun[END_NEAR].end.up = false;
}

/* The engine never got them: a firewall between capture and socket. */
static void silent_dropped_unopened(struct facts *f)
{
	silent_dropped(f);
	f->crypto[END_NEAR].rx_bytes = 92;
}

static void silent_dropped_open_unknown(struct facts *f)
{
	silent_dropped(f);
	f->crypto[END_NEAR].rx_bytes = UNKNOWN;
}

/* A log of another moment says what became of what comes; that it comes to nothing now is seen. */
static void log_given(struct facts *f)
{
	f->engine[END_NEAR].log_file = "vpn.log";
	f->engine[END_NEAR].log_says[ENGINE_LOG_TUN_WRITE] = 1;
}

static void silent_dropped_log_given(struct facts *f)
{
	silent_dropped_open_unknown(f);
	log_given(f);
}

static void silent_dropped_down_log_given(struct facts *f)
{
	silent_dropped_log_given(f);
	f->tun[END_NEAR].end.up = false;
}

static void silent_log_given(struct facts *f)
{
	silent(f);
	log_given(f);
}

static void silent_dropped_other_log_given(struct facts *f)
{
	silent_dropped_log_given(f);
	f->engine[END_NEAR].log_says[ENGINE_LOG_TUN_WRITE] = 0;
	f->engine[END_NEAR].log_says[ENGINE_LOG_SOURCE] = 9;
}

static void silent_half_dropped(struct facts *f)
{
	silence(f, END_NEAR, 10);
	f->tun[END_NEAR].after[LINK_RX_DROPPED] = 9;
}

static void silent_capture_with_gaps(struct facts *f)
{
	silent_and_log(f);
	f->taps[TAP_NEAR_TUN].dropped = 1;
}

static void dropped_only(struct facts *f)
{
	f->tun[END_NEAR].after[LINK_RX_DROPPED] = 400;
}

static void sends_no_ip(struct facts *f)
{
	made_refused(f, END_FAR, "in_not_ip", "authentic, and no IP", 400);
}

static void sends_some_no_ip(struct facts *f)
{
	made_refused(f, END_FAR, "in_not_ip", "authentic, and no IP", 200);
}

static void sends_one_no_ip(struct facts *f)
{
	made_refused(f, END_FAR, "in_not_ip", "authentic, and no IP", 1);
}

static void far_sends_no_ip(struct facts *f)
{
	made_refused(f, END_NEAR, "in_not_ip", "authentic, and no IP", 400);
}

/* n packets of `inner` bytes went out as messages of `outer` bytes of payload. */
static void sized(struct facts *f, int64_t inner, int64_t outer, bool padded)
{
	struct tap_facts *w = &f->taps[TAP_NEAR_WIRE];
	int64_t n = f->taps[TAP_NEAR_TUN].packets[TAP_OUT];

	f->tun[END_NEAR].after[LINK_TX_BYTES] = n * inner;
	w->msg_bytes[TAP_OUT] = WG_INITIATION_LEN + n * outer + w->keepalives[TAP_OUT] * 32;
	w->unpadded[TAP_OUT] = padded ? 0 : n;
	silence(f, END_NEAR, 0);
	f->crypto[END_FAR].known = false;
}

static void padded_right(struct facts *f)
{
	sized(f, 96, 128, true);
}

static void padded_no_proof(struct facts *f)
{
	sized(f, 84, 128, true);
}

static void padded_too_large(struct facts *f)
{
	sized(f, 96, 144, true);
}

/* The host's own multicast went in as well, and no peer has it: the engine counted that. */
static void too_large_beside_multicast(struct facts *f)
{
	padded_too_large(f);
	f->taps[TAP_NEAR_TUN].packets[TAP_OUT]++;
	f->tun[END_NEAR].after[LINK_TX_PACKETS]++;
	f->tun[END_NEAR].after[LINK_TX_BYTES] += 56;
	made_refused(f, END_NEAR, "out_no_peer", "no peer's allowed IPs hold the destination", 1);
}

/* One more was captured than counted, at the start; there was a session before. */
static void too_large_in_session(struct facts *f)
{
	too_large_beside_multicast(f);
	f->target.kind = TARGET_INTERFACE;
	f->n_inner_targets = 0;
	f->ping_peer.received = 0;
	f->handshake.age_ns = NS_PER_S;
	f->taps[TAP_NEAR_TUN].packets[TAP_OUT]++;
}

static void too_large_in_session_by_two(struct facts *f)
{
	too_large_in_session(f);
	f->taps[TAP_NEAR_TUN].packets[TAP_OUT]++;
}

/* What waited for the session in the engine may be longer than what was captured. */
static void too_large_in_none(struct facts *f)
{
	too_large_in_session(f);
	f->handshake.age_ns = UNKNOWN;
}

/* Without its word that one may have become any of the messages. */
static void too_large_beside_one(struct facts *f)
{
	too_large_beside_multicast(f);
	f->crypto[END_NEAR].n_refused = 0;
}

static void padded_right_beside_multicast(struct facts *f)
{
	too_large_beside_multicast(f);
	f->taps[TAP_NEAR_WIRE].msg_bytes[TAP_OUT] -=
		16 * (f->taps[TAP_NEAR_TUN].packets[TAP_OUT] - 1);
}

/* An unusual padding: the far end opened the messages, and found packets in them. */
static void too_large_but_ip(struct facts *f)
{
	padded_too_large(f);
	f->crypto[END_FAR].known = true;
}

static void unpadded_right(struct facts *f)
{
	sized(f, 84, 116, false);
}

static void unpadded_too_large(struct facts *f)
{
	sized(f, 84, 120, false);
}

/* Padding that stops at the MTU looks like that too. */
static void at_the_mtu(struct facts *f)
{
	sized(f, 1416, 1452, false);
}

/* An engine that pads to one size, on a tunnel that works. */
static void other_padding(struct facts *f)
{
	sized(f, 96, 144, true);
	tap_of(f, END_NEAR)->packets[TAP_IN] = 400;
}

/* From one end: the peer sends by itself, and answers nothing that was sent to it. */
static void too_large_and_unasked(struct facts *f)
{
	sized(f, 96, 144, true);
	f->target.kind = TARGET_INTERFACE;
	f->n_inner_targets = 0;
	f->ping_peer.received = 0;
	tap_of(f, END_NEAR)->packets[TAP_IN] = 5;
}

static void too_large_and_answered(struct facts *f)
{
	too_large_and_unasked(f);
	f->ping_peer.received = 1;
}

static void too_large_and_not_pinged(struct facts *f)
{
	too_large_and_unasked(f);
	facts_gap(f, NEED_PING_PEER, "not asked for", NULL);
}

static void too_large_and_hidden(struct facts *f)
{
	too_large_and_unasked(f);
	f->target.kind = TARGET_OPAQUE;
}

/* What was given to the engine of that end went nowhere. */
static void unread(struct facts *f, enum end end)
{
	struct tap_facts *w = &f->taps[end == END_NEAR ? TAP_NEAR_WIRE : TAP_FAR_WIRE];

	w->msgs[TAP_OUT][WG_MSG_DATA] = w->keepalives[TAP_OUT];
	f->crypto[end].known = false;
}

static void only_unread(struct facts *f)
{
	unread(f, END_NEAR);
}

static void shifted_and_unread(struct facts *f)
{
	near_shifted(f);
	unread(f, END_NEAR);
}

static void refused_and_unread(struct facts *f)
{
	silent_and_log(f);
	unread(f, END_NEAR);
}

static void far_shifted_and_unread(struct facts *f)
{
	far_shifted(f);
	unread(f, END_FAR);
}

/* Each end has its own: the sending of this one is no part of the other's fault. */
static void far_shifted_and_near_unread(struct facts *f)
{
	far_shifted(f);
	unread(f, END_NEAR);
}

static void shifted_and_one_sent(struct facts *f)
{
	shifted_and_unread(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_DATA]++;
}

/* Nothing but what a kernel sends by itself. */
static void shifted_and_chatter(struct facts *f)
{
	shifted_and_unread(f);
	tap_of(f, END_NEAR)->echo_requests[TAP_OUT] = 3;
	tap_of(f, END_NEAR)->echo_replies[TAP_OUT] = 0;
}

/* Our engine says why it did not send, and it is another reason. */
static void shifted_and_not_allowed(struct facts *f)
{
	shifted_and_unread(f);
	f->crypto[END_NEAR].known = true;
	made_refused(f, END_NEAR, "out_no_peer", "no peer", 400);
}

static void shifted_and_read_no_ip(struct facts *f)
{
	shifted_and_unread(f);
	f->crypto[END_NEAR].known = true;
	made_refused(f, END_NEAR, "out_not_ip", "neither", 400);
}

static void shifted_and_sends_no_ip(struct facts *f)
{
	near_shifted(f);
	sends_no_ip(f);
}

static void self_bad(struct facts *f)
{
	f->framing.header_len = 4;
}

static void no_reply(struct facts *f)
{
	f->framing.reply_received = 0;
}

static void no_reply_no_packet(struct facts *f)
{
	no_reply(f);
	silence(f, END_NEAR, 0);
}

static void nothing_yet(struct facts *f)
{
	silence(f, END_NEAR, 0);
}

static void no_self_test(struct facts *f)
{
	facts_gap(f, NEED_FRAMING, "/dev/net/tun: Operation not permitted", "run as root");
}

static void nothing_known(struct facts *f)
{
	no_self_test(f);
	facts_gap(f, NEED_TAP_NEAR_TUN, "capture on x: Operation not permitted", NULL);
}

static void no_engine(struct facts *f)
{
	made_not_started(f, "no tun after 2.0 s");
}

/*
 * From one end: 37 questions, all answered, of which nothing came out of the tun. `larger` of the
 * answers are by 16 bytes larger than all that was asked; others, to TCP, are smaller.
 */
static void answers(struct facts *f, int64_t larger)
{
	struct tap_facts *w = &f->taps[TAP_NEAR_WIRE];

	f->target.kind = TARGET_INTERFACE;
	facts_gap(f, NEED_ENGINE_FAR, "the far end is not on this machine", NULL);
	f->crypto[END_FAR].known = false;
	silence(f, END_NEAR, 37);
	w->keepalives[TAP_OUT] = w->keepalives[TAP_IN] = 0;
	w->msgs[TAP_OUT][WG_MSG_DATA] = w->msgs[TAP_IN][WG_MSG_DATA] = 37;
	w->msg_bytes[TAP_OUT] = WG_INITIATION_LEN + 37 * 128;
	w->msg_bytes[TAP_IN] = WG_RESPONSE_LEN + 37 * 120;
	w->largest[TAP_OUT] = 128;
	w->largest[TAP_IN] = larger ? 144 : 128;
	w->larger = larger;
	w->larger_bytes = 16 * larger;
}

static void larger_answers(struct facts *f)
{
	answers(f, 4);
}

static void three_larger_answers(struct facts *f)
{
	answers(f, 3);
}

static void no_larger_answer(struct facts *f)
{
	answers(f, 0);
}

/* No header has that many: it is nobody's answer. */
static void much_larger(struct facts *f)
{
	answers(f, 4);
	f->taps[TAP_NEAR_WIRE].largest[TAP_IN] = 160;
	f->taps[TAP_NEAR_WIRE].larger_bytes = 4 * 32;
}

/* More than were asked for: somebody there has something to say by itself. */
static void more_than_answers(struct facts *f)
{
	answers(f, 4);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_DATA]++;
}

static void larger_answers_delivered(struct facts *f)
{
	answers(f, 4);
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = 37;
}

/* Who reads a source that is not allowed has read IP, however large it was. */
static void larger_of_a_source(struct facts *f)
{
	answers(f, 4);
	f->engine[END_NEAR].log_says[ENGINE_LOG_SOURCE] = 1;
}

static void larger_not_counted(struct facts *f)
{
	answers(f, 4);
	f->taps[TAP_NEAR_WIRE].larger = f->taps[TAP_NEAR_WIRE].larger_bytes = UNKNOWN;
}

static const struct check_case cases[] = {
	{ "border: four answers are larger than what was asked", larger_answers, STATE_FAIL,
	  "what the far engine answers is larger than what it was asked, by 64 bytes in all",
	  NULL },
	{ "border: three answers are", three_larger_answers, STATE_UNSURE, "no frame came", NULL },
	{ "answers of the size of what was asked", no_larger_answer, STATE_UNSURE, NULL, NULL },
	{ "border: larger by more than a header", much_larger, STATE_UNSURE, NULL, NULL },
	{ "border: more than was asked", more_than_answers, STATE_UNSURE, NULL, NULL },
	{ "larger, and packets", larger_answers_delivered, STATE_PASS, NULL, NULL },
	{ "larger, and a source was read in it", larger_of_a_source, STATE_UNSURE, NULL, NULL },
	{ "larger, not counted", larger_not_counted, STATE_UNSURE, NULL, NULL },
	{ "healthy", NULL, STATE_PASS, "plain IP and takes the same; all 400 frames", NULL },
	{ "near shifted", near_shifted, STATE_FAIL,
	  "400 of 400 frames that the near engine wrote are whole packets, shifted", NULL },
	{ "far shifted", far_shifted, STATE_FAIL, "that the far engine wrote", NULL },
	{ "one shifted", one_shifted, STATE_PASS, "1 of 401 frames near", NULL },
	{ "border: three shifted of three", three_shifted, STATE_UNSURE, "3 of 3 frames", NULL },
	{ "border: four shifted of eight", four_shifted, STATE_FAIL, "4 of 8 frames", NULL },
	{ "border: four shifted of nine", fewer_shifted, STATE_UNSURE, "4 of 9 frames", NULL },
	{ "border: a tenth", tenth_shifted, STATE_PASS, "40 of 400 frames near", NULL },
	{ "no packets at all", garbage, STATE_UNSURE, "500 of 900 frames near", NULL },
	{ "no packets at all, far", far_garbage, STATE_UNSURE, "500 of 900 far", NULL },
	{ "border: three, and the log", three_and_log, STATE_UNSURE, "no frame came out", NULL },
	{ "dropped by a device that is down", silent_dropped_down, STATE_UNSURE, NULL, NULL },
	{ "dropped, never opened", silent_dropped_unopened, STATE_UNSURE, NULL, NULL },
	{ "dropped, opened or not", silent_dropped_open_unknown, STATE_UNSURE, NULL, NULL },
	{ "border: half of what it sends", sends_some_no_ip, STATE_UNSURE, NULL, NULL },
	{ "one that it sends", sends_one_no_ip, STATE_PASS, NULL, NULL },
	{ "too large, and IP", too_large_but_ip, STATE_PASS, NULL, NULL },
	{ "unread alone", only_unread, STATE_PASS, NULL, NULL },
	{ "shifted and unread", shifted_and_unread, STATE_FAIL,
	  "; of 400 packets given to it none was sent", NULL },
	{ "shifted and not allowed", shifted_and_not_allowed, STATE_FAIL, "header before each",
	  NULL },
	{ "shifted, and reads no IP", shifted_and_read_no_ip, STATE_FAIL,
	  "; it read 400 that it took for no IP", NULL },
	{ "shifted, and sends no IP", shifted_and_sends_no_ip, STATE_FAIL,
	  "; 400 messages of the near engine were authentic and no IP", NULL },
	{ "shifted, no self-test", shifted_without_self_test, STATE_FAIL, "400 of 400", NULL },
	{ "silence alone", silent, STATE_UNSURE, "no frame came out", NULL },
	{ "silence and the log", silent_and_log, STATE_FAIL,
	  "refused every write: invalid argument, says the engine; the device takes no header",
	  NULL },
	{ "silence and an older log", silent_and_old_log, STATE_FAIL, "says the engine", NULL },
	{ "silence and another reason", silent_and_other_log, STATE_UNSURE, "no frame came", NULL },
	{ "far: silence and the log", far_silent_and_log, STATE_FAIL, "reached the far end", NULL },
	{ "silence and the engine's counter", silent_and_counted, STATE_FAIL, "refused every",
	  NULL },
	{ "the log alone", log_but_delivered, STATE_PASS, "all 400", NULL },
	{ "border: silence and 9 dropped", silent_few_dropped, STATE_UNSURE, NULL, NULL },
	{ "border: silence and 10 dropped", silent_dropped, STATE_FAIL, "refused every", NULL },
	{ "dropped, and a log given", silent_dropped_log_given, STATE_FAIL, "refused every write",
	  NULL },
	{ "a log given, and the device is down", silent_dropped_down_log_given, STATE_UNSURE, NULL,
	  NULL },
	{ "silence, and a log given", silent_log_given, STATE_UNSURE, NULL, NULL },
	{ "a log given of something else", silent_dropped_other_log_given, STATE_UNSURE, NULL,
	  NULL },
	{ "a log given, healthy", log_given, STATE_PASS, NULL, NULL },
	{ "border: fewer dropped than came", silent_half_dropped, STATE_UNSURE, NULL, NULL },
	{ "the capture has gaps", silent_capture_with_gaps, STATE_UNSURE, NULL, NULL },
	{ "rx_dropped alone", dropped_only, STATE_PASS, NULL, NULL },
	{ "sends no IP", sends_no_ip, STATE_FAIL,
	  "400 messages of the near engine were authentic and no IP", NULL },
	{ "far sends no IP", far_sends_no_ip, STATE_FAIL, "of the far engine", NULL },
	{ "padded, right", padded_right, STATE_PASS, NULL, NULL },
	{ "padded, no proof", padded_no_proof, STATE_PASS, NULL, NULL },
	{ "padded, too large", padded_too_large, STATE_FAIL, "16 bytes per packet larger", NULL },
	{ "unpadded, right", unpadded_right, STATE_PASS, NULL, NULL },
	{ "too large, beside multicast", too_large_beside_multicast, STATE_FAIL,
	  "bytes per packet larger", NULL },
	{ "too large, and a packet at the start", too_large_in_session, STATE_FAIL,
	  "bytes per packet larger", NULL },
	{ "border: and two", too_large_in_session_by_two, STATE_PASS, NULL, NULL },
	{ "border: and one, without a session", too_large_in_none, STATE_PASS, NULL, NULL },
	{ "too large, beside one that is not told of", too_large_beside_one, STATE_PASS, NULL,
	  NULL },
	{ "too large, and the peer speaks unasked", too_large_and_unasked, STATE_FAIL,
	  "16 bytes per packet larger", NULL },
	{ "too large, and the peer answers", too_large_and_answered, STATE_PASS, NULL, NULL },
	{ "too large, and nothing was asked", too_large_and_not_pinged, STATE_PASS, NULL, NULL },
	{ "too large, of a hidden engine", too_large_and_hidden, STATE_PASS, NULL, NULL },
	{ "padded right, beside multicast", padded_right_beside_multicast, STATE_PASS, NULL, NULL },
	{ "unpadded, too large", unpadded_too_large, STATE_FAIL, "4 bytes per packet", NULL },
	{ "padding stops at the MTU", at_the_mtu, STATE_PASS, NULL, NULL },
	{ "larger, and it works", other_padding, STATE_PASS, NULL, NULL },
	{ "device delivers otherwise", self_bad, STATE_FAIL, "delivers 4 bytes before", NULL },
	{ "no reply, but packets come", no_reply, STATE_PASS, "no reply got through", NULL },
	{ "no reply, no packet", no_reply_no_packet, STATE_UNSURE, "no reply got through", NULL },
	{ "nothing written yet", nothing_yet, STATE_PASS, "no engine wrote anything", NULL },
	{ "no self-test", no_self_test, STATE_PASS, "not tried on a tun of our own", NULL },
	{ "gap: nothing", nothing_known, STATE_SKIP, "/dev/net/tun", NULL },
	{ "gap: no engine", no_engine, STATE_SKIP, "did not start", "engine.start" },
};

static const struct {
	void (*change)(struct facts *f);
	sign_set signs;
} sign_cases[] = {
	{ near_shifted, SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_NEAR_WRITES_NO_IP) },
	{ shifted_without_self_test, SIGN_BIT(SIGN_NEAR_WRITES_NO_IP) },
	{ far_shifted, SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_FAR_WRITES_NO_IP) },
	{ silent_and_log, SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_NEAR_WRITE_REFUSED) },
	{ far_silent_and_log, SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_FAR_WRITE_REFUSED) },
	{ sends_no_ip, SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_NEAR_SENDS_NO_IP) },
	{ far_sends_no_ip, SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_FAR_SENDS_NO_IP) },
	{ padded_too_large, SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_NEAR_OUTER_TOO_LARGE) },
	{ silent, SIGN_BIT(SIGN_FRAMING_OK) },
	{ garbage, SIGN_BIT(SIGN_FRAMING_OK) },
	{ one_shifted, SIGN_BIT(SIGN_FRAMING_OK) },
	{ sends_some_no_ip, SIGN_BIT(SIGN_FRAMING_OK) },
	{ only_unread, SIGN_BIT(SIGN_FRAMING_OK) },
	{ shifted_and_unread, SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_NEAR_WRITES_NO_IP) |
				      SIGN_BIT(SIGN_NEAR_READS_NO_IP) },
	{ refused_and_unread, SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_NEAR_WRITE_REFUSED) |
				      SIGN_BIT(SIGN_NEAR_READS_NO_IP) },
	{ shifted_and_read_no_ip, SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_NEAR_WRITES_NO_IP) |
					  SIGN_BIT(SIGN_NEAR_READS_NO_IP) },
	{ far_shifted_and_unread, SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_FAR_WRITES_NO_IP) |
					  SIGN_BIT(SIGN_FAR_READS_NO_IP) },
	{ far_shifted_and_near_unread,
	  SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_FAR_WRITES_NO_IP) },
	{ shifted_and_one_sent, SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_NEAR_WRITES_NO_IP) },
	{ shifted_and_chatter, SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_NEAR_WRITES_NO_IP) },
	{ shifted_and_not_allowed, SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_NEAR_WRITES_NO_IP) },
	{ shifted_and_sends_no_ip, SIGN_BIT(SIGN_FRAMING_OK) | SIGN_BIT(SIGN_NEAR_WRITES_NO_IP) |
					   SIGN_BIT(SIGN_NEAR_SENDS_NO_IP) },
	{ self_bad, 0 },
	{ no_reply, 0 },
};

static void sets_signs(void **state)
{
	struct findings all;
	struct facts f;
	struct arena a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(sign_cases); i++) {
		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		sign_cases[i].change(&f);
		checks_run(&f, NULL, &all);
		assert_int_equal(made_row(&all, "tun.framing")->signs, sign_cases[i].signs);
		arena_done(&a);
	}
}

static void judges(void **state)
{
	(void)state;
	check_cases_run("tun.framing", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(sets_signs),
	};

	return cmocka_run_group_tests_name("tun.framing", tests, NULL, NULL);
}
