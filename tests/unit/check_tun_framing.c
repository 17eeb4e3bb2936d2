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

static void one_shifted(struct facts *f)
{
	tap_of(f, END_NEAR)->shifted[TAP_IN] = tap_of(f, END_NEAR)->not_ip[TAP_IN] = 1;
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
	made_refused(f, END_FAR, "in_not_ip", "authentic, and no IP", 14);
}

static void far_sends_no_ip(struct facts *f)
{
	made_refused(f, END_NEAR, "in_not_ip", "authentic, and no IP", 14);
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

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "plain IP and takes the same; all 400 frames", NULL },
	{ "near shifted", near_shifted, STATE_FAIL,
	  "400 of 400 frames that the near engine wrote are no IP: whole packets, shifted", NULL },
	{ "far shifted", far_shifted, STATE_FAIL, "that the far engine wrote", NULL },
	{ "border: one shifted", one_shifted, STATE_FAIL, "1 of 401 frames", NULL },
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
	{ "border: fewer dropped than came", silent_half_dropped, STATE_UNSURE, NULL, NULL },
	{ "the capture has gaps", silent_capture_with_gaps, STATE_UNSURE, NULL, NULL },
	{ "rx_dropped alone", dropped_only, STATE_PASS, NULL, NULL },
	{ "sends no IP", sends_no_ip, STATE_FAIL,
	  "14 messages of the near engine were authentic and no IP", NULL },
	{ "far sends no IP", far_sends_no_ip, STATE_FAIL, "of the far engine", NULL },
	{ "padded, right", padded_right, STATE_PASS, NULL, NULL },
	{ "padded, no proof", padded_no_proof, STATE_PASS, NULL, NULL },
	{ "padded, too large", padded_too_large, STATE_FAIL, "16 bytes per packet larger", NULL },
	{ "unpadded, right", unpadded_right, STATE_PASS, NULL, NULL },
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
	uint32_t signs;
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
