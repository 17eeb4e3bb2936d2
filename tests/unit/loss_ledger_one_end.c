/*
 * What one end alone can tell: from our engine's trace, and from the counters of what comes back.
 */
#include "unit/ledger_small.h"

/* A run at the near end, with these fates of the probes in the middle. */
static void some(struct run *r, const int *reached, size_t n)
{
	size_t i;

	begin(r, NEAR);
	r->next[0] = 1000;
	r->next[1] = 7000;
	probes(r, 10, ANSWERED);
	for (i = 0; i < n; i++)
		probe_of(r, reached[i], reached[i] != STAGE_FAR_TUN_OUT, SIZE);
	probes(r, 10, ANSWERED);
}

/* What one end can say: the far side's engine gave the answer a counter, or no answer was sent. */
#define BEFORE_FAR STAGE_FAR_WIRE_OUT
#define AFTER_FAR STAGE_FAR_WIRE_OUT

/* --- answers ------------------------------------------------------------------------ */

static void as_many_counters_as_requests_were_lost_on_the_way_back(void **state)
{
	const int reached[] = { STAGE_FAR_WIRE_OUT, STAGE_FAR_WIRE_OUT, STAGE_FAR_WIRE_OUT };
	struct run r;
	size_t i;

	(void)state;
	some(&r, reached, 3);
	close_(&r);
	for (i = 10; i < 13; i++) {
		is_lost(&r, i, AFTER_FAR, STAGE_WIRE_IN);
		assert_int_equal(r.f.list[i].session_back, BACK);
		assert_int_equal(r.f.list[i].counter_back, 7000 + (int64_t)i);
		assert_int_equal(r.f.list[i].seen_ns[STAGE_FAR_WIRE_OUT], UNKNOWN);
	}
	assert_int_equal(r.f.watched, NEAR);
	done(&r);
}

static void without_a_missing_counter_nothing_was_answered(void **state)
{
	const int reached[] = { STAGE_WIRE_OUT, STAGE_FAR_WIRE_IN, STAGE_FAR_TUN_IN };
	struct run r;
	size_t i;

	(void)state;
	some(&r, reached, 3);
	close_(&r);
	for (i = 10; i < 13; i++) {
		is_lost(&r, i, STAGE_WIRE_OUT, BEFORE_FAR);
		assert_int_equal(r.f.list[i].counter_back, UNKNOWN);
	}
	done(&r);
}

/* One of each: which is which is not known, and not said. */
static void fewer_counters_than_requests_tell_no_direction(void **state)
{
	const int reached[] = { STAGE_WIRE_OUT, STAGE_FAR_WIRE_OUT };
	struct run r;

	(void)state;
	some(&r, reached, 2);
	close_(&r);
	is_lost(&r, 10, STAGE_WIRE_OUT, STAGE_WIRE_IN);
	is_lost(&r, 11, STAGE_WIRE_OUT, STAGE_WIRE_IN);
	assert_int_equal(r.f.n_lost, 1);
	done(&r);
}

static void apart_they_are_told_apart(void **state)
{
	const int reached[] = { STAGE_WIRE_OUT, ANSWERED, ANSWERED, ANSWERED, ANSWERED,
				ANSWERED,	ANSWERED, ANSWERED, ANSWERED, STAGE_FAR_WIRE_OUT };
	struct run r;

	(void)state;
	some(&r, reached, 10);
	close_(&r);
	is_lost(&r, 10, STAGE_WIRE_OUT, BEFORE_FAR);
	is_lost(&r, 19, AFTER_FAR, STAGE_WIRE_IN);
	done(&r);
}

/* The far side's keepalive is missing too: a counter without a request is no answer's. */
static void a_lost_keepalive_makes_no_answer(void **state)
{
	struct run r;

	(void)state;
	begin(&r, NEAR);
	probes(&r, 10, ANSWERED);
	keepalive(&r, 1, false);
	probes(&r, 10, ANSWERED);
	probe(&r, STAGE_FAR_TUN_IN);
	probes(&r, 10, ANSWERED);
	close_(&r);
	is_lost(&r, 20, STAGE_WIRE_OUT, BEFORE_FAR);
	counters_are(&r, 10, 10, 11);
	done(&r);
}

/* Its socket was closed before the answer came out of the tun: nobody was there to lose it. */
static void what_comes_out_of_the_tun_too_late_is_not_lost(void **state)
{
	struct run r;

	(void)state;
	begin(&r, NEAR);
	probes(&r, 10, ANSWERED);
	probe(&r, STAGE_TUN_IN);
	ledger_unheard(r.l, 10, time_of(10, STAGE_TUN_IN));
	probe(&r, STAGE_TUN_IN);
	ledger_unheard(r.l, 11, time_of(11, STAGE_TUN_IN) + 1);
	probe(&r, ANSWERED);
	ledger_unheard(r.l, 12, time_of(12, STAGE_TUN_IN) - 1);
	probe(&r, STAGE_WIRE_OUT);
	ledger_unheard(r.l, 13, time_of(13, STAGE_TUN_OUT));
	probes(&r, 10, ANSWERED);
	ledger_unheard(r.l, r.n, 0); /* there is none of that number */
	close_(&r);
	assert_int_equal(r.f.list[10].result, FATE_UNKNOWN);
	assert_int_equal(r.f.list[10].seen_ns[STAGE_TUN_IN], time_of(10, STAGE_TUN_IN));
	is_lost(&r, 11, STAGE_TUN_IN, STAGE_NONE);
	assert_int_equal(r.f.list[12].result, FATE_ANSWERED);
	is_lost(&r, 13, STAGE_WIRE_OUT, BEFORE_FAR);
	done(&r);
}

/* Where the far side sends much else, a missing counter may be anything. */
static void with_other_traffic_a_missing_counter_is_not_sure_to_be_an_answer(void **state)
{
	struct run r;
	int i;

	(void)state;
	begin(&r, NEAR);
	for (i = 0; i < 20; i++) {
		probe(&r, ANSWERED);
		keepalive(&r, 1, true);
	}
	probe(&r, STAGE_FAR_TUN_IN);
	keepalive(&r, 1, false);
	for (i = 0; i < 20; i++) {
		probe(&r, ANSWERED);
		keepalive(&r, 1, true);
	}
	close_(&r);
	is_lost(&r, 20, STAGE_WIRE_OUT, STAGE_WIRE_IN);
	done(&r);
}

/* Behind the last that came there may have been more. */
static void at_the_end_nothing_is_said_of_the_direction(void **state)
{
	struct run r;

	(void)state;
	begin(&r, NEAR);
	probes(&r, 10, ANSWERED);
	probes(&r, 4, STAGE_WIRE_OUT);
	close_(&r);
	is_lost(&r, 10, STAGE_WIRE_OUT, STAGE_WIRE_IN);
	is_lost(&r, 13, STAGE_WIRE_OUT, STAGE_WIRE_IN);
	done(&r);
}

static void nor_where_the_session_changes(void **state)
{
	struct run r;

	(void)state;
	begin(&r, NEAR);
	probes(&r, 10, ANSWERED);
	probe(&r, STAGE_FAR_WIRE_OUT);
	r.receiver[1] = 0x4444;
	r.next[1] = 0;
	probes(&r, 10, ANSWERED);
	close_(&r);
	is_lost(&r, 10, STAGE_WIRE_OUT, STAGE_WIRE_IN);
	assert_int_equal(r.f.list[11].session_back, 0x4444);
	done(&r);
}

/* The later request was answered first, and that answer was lost: its counter stands before. */
static void next_to_a_counter_of_nobody_no_direction_is_said(void **state)
{
	struct run r;

	(void)state;
	begin(&r, NEAR);
	probes(&r, 10, ANSWERED);
	keepalive(&r, 1, false);
	probe(&r, ANSWERED);
	probe(&r, STAGE_FAR_TUN_IN);
	probes(&r, 10, ANSWERED);
	close_(&r);
	counters_are(&r, 10, 10, 11);
	is_lost(&r, 11, STAGE_WIRE_OUT, STAGE_WIRE_IN);
	done(&r);
}

/* A receiver takes a message once: its copies are nobody's. */
static void copies_are_no_answers(void **state)
{
	struct run r;
	int i;

	(void)state;
	begin(&r, NEAR);
	for (i = 0; i < 20; i++) {
		probe(&r, i == 10 ? STAGE_FAR_WIRE_OUT : ANSWERED);
		if (i != 10)
			ledger_see_outer(r.l, STAGE_WIRE_IN, time_of(i, STAGE_WIRE_IN) + 1, BACK,
					 (uint64_t)i, OUTER);
	}
	close_(&r);
	for (i = 0; i < 20; i++)
		counters_are(&r, (size_t)i, i, i);
	is_lost(&r, 10, AFTER_FAR, STAGE_WIRE_IN);
	done(&r);
}

/* It came, and our own side lost it. */
static void what_came_and_was_not_delivered_is_ours(void **state)
{
	const int reached[] = { STAGE_WIRE_IN };
	struct run r;

	(void)state;
	some(&r, reached, 1);
	close_(&r);
	assert_int_equal(r.f.list[10].result, FATE_LOST);
	assert_int_equal(r.f.list[10].before, STAGE_TUN_IN);
	done(&r);
}

/* Its own capture's gaps would look like the far side's. */
/* As many as that are no reason to take them for somebody else's. */
static void many_that_came_and_were_not_delivered_are_ours(void **state)
{
	enum { EACH = 8, ROUNDS = 20 };
	struct run r;
	size_t i;

	(void)state;
	begin(&r, NEAR);
	for (i = 0; i < EACH * ROUNDS; i++)
		probe(&r, i % EACH == 3 ? STAGE_WIRE_IN : ANSWERED);
	probes(&r, 10, ANSWERED);
	close_(&r);
	for (i = 3; i < EACH * ROUNDS; i += EACH)
		is_lost(&r, i, STAGE_WIRE_IN, STAGE_TUN_IN);
	assert_int_equal(r.f.n_lost, 1);
	done(&r);
}

static void a_capture_that_dropped_tells_no_direction(void **state)
{
	const int reached[] = { STAGE_WIRE_OUT, ANSWERED, ANSWERED, ANSWERED, STAGE_FAR_WIRE_OUT };
	struct run r;

	(void)state;
	some(&r, reached, 5);
	ledger_capture_dropped(r.l, STAGE_WIRE_IN, 1);
	close_(&r);
	is_lost(&r, 10, STAGE_WIRE_OUT, STAGE_TUN_IN);
	is_lost(&r, 14, STAGE_WIRE_OUT, STAGE_TUN_IN);
	done(&r);
}

/* --- our engine's trace ------------------------------------------------------------- */

enum { HASH = 77, DROP_A = 5, DROP_B = 9, SESSION = 0x99 };

static const char *words(unsigned drop)
{
	return drop == DROP_A ? "no peer" : drop == DROP_B ? "counter already seen" : "?";
}

static struct trace_rec sealed(uint32_t hash, uint64_t counter)
{
	return (struct trace_rec){ .stage = TRACE_SEALED,
				   .inner_hash = hash,
				   .counter = counter,
				   .session = SESSION,
				   .receiver = THERE,
				   .inner_len = SIZE };
}

static struct trace_rec dropped(uint32_t hash, unsigned drop)
{
	return (struct trace_rec){ .stage = TRACE_DROPPED,
				   .inner_hash = hash,
				   .drop = (uint16_t)drop,
				   .inner_len = SIZE };
}

/* Three alike at the same moment: the trace has them in their order. */
static void the_trace_tells_equal_packets_apart(void **state)
{
	const struct trace_rec recs[] = { sealed(HASH, 40), dropped(HASH, DROP_A),
					  sealed(HASH, 41) };
	struct run r;
	int64_t i;

	(void)state;
	begin(&r, NEAR);
	for (i = 0; i < 3; i++) {
		ledger_sent(r.l, i, EVERY_NS, SIZE);
		ledger_see_inner(r.l, STAGE_TUN_OUT, EVERY_NS, i, SIZE, HASH);
	}
	ledger_see_outer(r.l, STAGE_WIRE_OUT, EVERY_NS, THERE, 40, OUTER);
	ledger_see_outer(r.l, STAGE_WIRE_OUT, EVERY_NS, THERE, 41, OUTER);
	ledger_trace(r.l, recs, ARRAY_LEN(recs), 0);
	ledger_close(r.l, words, &r.f);
	counters_are(&r, 0, 40, UNKNOWN);
	counters_are(&r, 2, 41, UNKNOWN);
	is_lost(&r, 1, STAGE_TUN_OUT, STAGE_WIRE_OUT);
	assert_string_equal(r.f.list[1].reason, "no peer");
	assert_int_equal(r.f.trace_overrun, 0);
	done(&r);
}

/* One record was lost: which of the two is here is not known, and not guessed. */
static void an_overrun_leaves_equal_packets_alone(void **state)
{
	const struct trace_rec recs[] = { sealed(HASH, 40) };
	struct run r;
	int64_t i;

	(void)state;
	begin(&r, NEAR);
	for (i = 0; i < 2; i++) {
		ledger_sent(r.l, i, EVERY_NS, SIZE);
		ledger_see_inner(r.l, STAGE_TUN_OUT, EVERY_NS, i, SIZE, HASH);
	}
	ledger_see_outer(r.l, STAGE_WIRE_OUT, EVERY_NS, THERE, 40, OUTER);
	ledger_trace(r.l, recs, ARRAY_LEN(recs), 1);
	ledger_close(r.l, words, &r.f);
	for (i = 0; i < 2; i++) {
		counters_are(&r, (size_t)i, UNKNOWN, UNKNOWN);
		assert_int_not_equal(r.f.list[i].before, STAGE_WIRE_OUT);
	}
	assert_int_equal(r.f.trace_overrun, 1);
	done(&r);
}

/* The system refused it after it had its counter. */
static void a_sealed_packet_may_not_leave(void **state)
{
	struct trace_rec recs[] = { sealed(HASH, 3), dropped(HASH, DROP_A) };
	struct run r;

	(void)state;
	recs[1].session = SESSION;
	recs[1].counter = 3;
	begin(&r, STAGE_BIT(STAGE_TUN_OUT) | STAGE_BIT(STAGE_TUN_IN));
	ledger_sent(r.l, 0, EVERY_NS, SIZE);
	ledger_see_inner(r.l, STAGE_TUN_OUT, EVERY_NS, 0, SIZE, HASH);
	ledger_trace(r.l, recs, ARRAY_LEN(recs), 0);
	ledger_close(r.l, words, &r.f);
	counters_are(&r, 0, 3, UNKNOWN);
	/* nobody watched the wire, but the engine itself says it */
	is_lost(&r, 0, STAGE_TUN_OUT, STAGE_WIRE_OUT);
	assert_string_equal(r.f.lost[0].reason, "no peer");
	done(&r);
}

static void what_came_and_was_refused_has_the_reason(void **state)
{
	struct trace_rec rec = {
		.stage = TRACE_DROPPED, .session = BACK, .drop = DROP_B, .counter = 5
	};
	struct run r;

	(void)state;
	begin(&r, ALL);
	probes(&r, 5, ANSWERED);
	probe(&r, STAGE_WIRE_IN);
	probes(&r, 5, ANSWERED);
	ledger_trace(r.l, &rec, 1, 0);
	ledger_close(r.l, words, &r.f);
	is_lost(&r, 5, STAGE_WIRE_IN, STAGE_TUN_IN);
	assert_string_equal(r.f.list[5].reason, "counter already seen");
	done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_counters_as_requests_were_lost_on_the_way_back),
		cmocka_unit_test(without_a_missing_counter_nothing_was_answered),
		cmocka_unit_test(fewer_counters_than_requests_tell_no_direction),
		cmocka_unit_test(apart_they_are_told_apart),
		cmocka_unit_test(what_comes_out_of_the_tun_too_late_is_not_lost),
		cmocka_unit_test(a_lost_keepalive_makes_no_answer),
		cmocka_unit_test(with_other_traffic_a_missing_counter_is_not_sure_to_be_an_answer),
		cmocka_unit_test(at_the_end_nothing_is_said_of_the_direction),
		cmocka_unit_test(nor_where_the_session_changes),
		cmocka_unit_test(next_to_a_counter_of_nobody_no_direction_is_said),
		cmocka_unit_test(copies_are_no_answers),
		cmocka_unit_test(what_came_and_was_not_delivered_is_ours),
		cmocka_unit_test(many_that_came_and_were_not_delivered_are_ours),
		cmocka_unit_test(a_capture_that_dropped_tells_no_direction),
		cmocka_unit_test(the_trace_tells_equal_packets_apart),
		cmocka_unit_test(an_overrun_leaves_equal_packets_alone),
		cmocka_unit_test(a_sealed_packet_may_not_leave),
		cmocka_unit_test(what_came_and_was_refused_has_the_reason),
	};

	return cmocka_run_group_tests_name("loss/ledger_one_end", tests, NULL, NULL);
}
