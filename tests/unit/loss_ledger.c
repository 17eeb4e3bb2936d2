/*
 * The ledger's rules, one by one, on tunnels of a few packets.
 */
#include "unit/ledger_small.h"

/* --- fates -------------------------------------------------------------------------- */

static void an_answer_is_an_answer_wherever_it_was_seen(void **state)
{
	struct run r;

	(void)state;
	begin(&r, ALL);
	ledger_sent(r.l, 0, EVERY_NS, SIZE);
	ledger_answered(r.l, 0, 2 * EVERY_NS);
	r.n = 1;
	close_(&r);
	assert_int_equal(r.f.answered, 1);
	assert_int_equal(r.f.list[0].result, FATE_ANSWERED);
	assert_int_equal(r.f.list[0].before, STAGE_NONE);
	done(&r);
}

static void each_hop_has_its_name(void **state)
{
	int reached;

	(void)state;
	for (reached = NOWHERE; reached <= STAGE_TUN_IN; reached++) {
		struct run r;

		begin(&r, ALL);
		probes(&r, 5, ANSWERED);
		probe(&r, reached);
		probes(&r, 5, ANSWERED);
		close_(&r);
		assert_int_equal(r.f.answered, 10);
		is_lost(&r, 5, reached == NOWHERE ? STAGE_NONE : (enum stage)reached,
			(enum stage)(reached + 1));
		assert_int_equal(r.f.n_lost, 1);
		done(&r);
	}
}

static void what_is_under_way_when_it_is_cut_short_is_no_loss(void **state)
{
	int reached;

	(void)state;
	for (reached = NOWHERE; reached <= STAGE_TUN_IN; reached++) {
		struct run r;

		begin(&r, ALL);
		probes(&r, 5, ANSWERED);
		probe(&r, reached);
		ledger_cut(r.l);
		close_(&r);
		assert_int_equal(r.f.answered, 5);
		assert_int_equal(r.f.unknown, 1);
		assert_int_equal(r.f.list[5].result, FATE_UNKNOWN);
		assert_int_equal(r.f.list[5].after, STAGE_NONE);
		assert_int_equal(r.f.list[5].before, STAGE_NONE);
		done(&r);
	}
}

/* Where the tuns that join are there, any other stage may be missing. */
static void an_unwatched_stage_is_passed_over(void **state)
{
	const uint32_t joins = STAGE_BIT(STAGE_TUN_OUT) | STAGE_BIT(STAGE_WIRE_OUT) |
			       STAGE_BIT(STAGE_FAR_TUN_OUT) | STAGE_BIT(STAGE_FAR_WIRE_OUT);
	uint32_t watched;
	int reached;

	(void)state;
	for (watched = 0; watched <= ALL; watched++)
		for (reached = NOWHERE; reached <= STAGE_TUN_IN; reached++) {
			int after = reached, before = reached + 1;
			struct run r;

			if ((watched & joins) != joins)
				continue;
			while (after >= 0 && !(watched >> after & 1))
				after--;
			while (before < STAGE_COUNT && !(watched >> before & 1))
				before++;
			begin(&r, watched);
			probes(&r, 6, ANSWERED);
			probe(&r, reached);
			probes(&r, 6, ANSWERED);
			close_(&r);
			if (before < STAGE_COUNT || after == STAGE_TUN_IN)
				is_lost(&r, 6, after < 0 ? STAGE_NONE : (enum stage)after,
					(enum stage)before);
			else
				assert_int_equal(r.f.list[6].result, FATE_UNKNOWN);
			done(&r);
		}
}

static void without_a_capture_nothing_is_lost(void **state)
{
	struct run r;

	(void)state;
	begin(&r, 0);
	probes(&r, 3, ANSWERED);
	probes(&r, 3, STAGE_FAR_TUN_IN);
	close_(&r);
	assert_int_equal(r.f.answered, 3);
	assert_int_equal(r.f.unknown, 3);
	assert_int_equal(r.f.list[0].seen_ns[STAGE_TUN_OUT], UNKNOWN);
	assert_int_equal(r.f.list[4].counter, UNKNOWN);
	done(&r);
}

/* What a capture lost itself makes no loss, and names no earlier place. */
static void a_capture_that_dropped_proves_no_absence(void **state)
{
	uint32_t dropped;
	int reached;

	(void)state;
	for (dropped = 1; dropped <= ALL; dropped++)
		for (reached = NOWHERE; reached <= STAGE_TUN_IN; reached++) {
			const struct fate_facts *f;
			struct run r;
			unsigned s;

			begin(&r, ALL);
			for (s = 0; s < STAGE_COUNT; s++)
				if (dropped >> s & 1)
					ledger_capture_dropped(r.l, (enum stage)s,
							       s % 2 ? 1 : UNKNOWN);
			probes(&r, 5, ANSWERED);
			probe(&r, reached);
			probes(&r, 5, ANSWERED);
			close_(&r);
			f = &r.f.list[5];
			assert_int_equal(r.f.whole, ALL & ~dropped);
			if (f->result == FATE_LOST) {
				assert_true((int)f->before > reached);
				assert_true(f->before == STAGE_NONE || !(dropped >> f->before & 1));
			}
			assert_int_equal(r.f.answered, 10);
			done(&r);
		}
}

static void zero_dropped_is_whole(void **state)
{
	struct run r;

	(void)state;
	begin(&r, ALL);
	ledger_capture_dropped(r.l, STAGE_WIRE_OUT, 0);
	close_(&r);
	assert_int_equal(r.f.whole, ALL);
	assert_int_equal(r.f.trace_overrun, UNKNOWN);
	done(&r);
}

/* --- joined by order ---------------------------------------------------------------- */

static void keepalives_take_counters(void **state)
{
	struct run r;

	(void)state;
	begin(&r, ALL);
	probes(&r, 4, ANSWERED);
	keepalive(&r, 0, true);
	probes(&r, 4, ANSWERED);
	keepalive(&r, 1, true);
	keepalive(&r, 0, true);
	probes(&r, 4, ANSWERED);
	close_(&r);
	counters_are(&r, 3, 3, 3);
	counters_are(&r, 4, 5, 4);
	counters_are(&r, 8, 10, 9);
	assert_int_equal(r.f.list[8].session, THERE);
	assert_int_equal(r.f.list[8].session_back, BACK);
	done(&r);
}

static void a_packet_without_a_counter_shifts_nobody(void **state)
{
	struct run r;

	(void)state;
	begin(&r, ALL);
	probes(&r, 6, ANSWERED);
	probe_of(&r, STAGE_TUN_OUT, false, SIZE);
	probes(&r, 6, ANSWERED);
	probe_of(&r, STAGE_FAR_TUN_OUT, false, SIZE);
	probes(&r, 6, ANSWERED);
	close_(&r);
	is_lost(&r, 6, STAGE_TUN_OUT, STAGE_WIRE_OUT);
	is_lost(&r, 13, STAGE_FAR_TUN_OUT, STAGE_FAR_WIRE_OUT);
	counters_are(&r, 5, 5, 5);
	counters_are(&r, 6, UNKNOWN, UNKNOWN);
	counters_are(&r, 7, 6, 6);
	counters_are(&r, 13, 12, UNKNOWN);
	counters_are(&r, 14, 13, 12);
	done(&r);
}

/* Dropped between the engine and the tap: the gap tells which counter it had. */
static void a_gap_has_its_counter(void **state)
{
	struct run r;

	(void)state;
	begin(&r, NEAR);
	probes(&r, 6, ANSWERED);
	probes(&r, 2, STAGE_TUN_OUT);
	probes(&r, 6, ANSWERED);
	close_(&r);
	is_lost(&r, 6, STAGE_TUN_OUT, STAGE_WIRE_OUT);
	is_lost(&r, 7, STAGE_TUN_OUT, STAGE_WIRE_OUT);
	counters_are(&r, 6, 6, UNKNOWN);
	counters_are(&r, 7, 7, UNKNOWN);
	counters_are(&r, 8, 8, 6);
	done(&r);
}

/* Two at the same moment and of the same size, and one message: whose it is nobody can say. */
static void two_equally_good_ones_are_not_told_apart(void **state)
{
	struct run r;
	int64_t i;

	(void)state;
	begin(&r, NEAR);
	probes(&r, 5, ANSWERED);
	for (i = 5; i < 7; i++) {
		ledger_sent(r.l, i, time_of(5, 0) + i, SIZE);
		ledger_see_inner(r.l, STAGE_TUN_OUT, time_of(5, 0) + i, i, SIZE, 0);
	}
	ledger_see_outer(r.l, STAGE_WIRE_OUT, time_of(5, 1), THERE, r.next[0]++, OUTER);
	r.n = 7;
	probes(&r, 5, ANSWERED);
	close_(&r);
	for (i = 5; i < 7; i++) {
		assert_int_equal(r.f.list[i].counter, UNKNOWN);
		assert_int_not_equal(r.f.list[i].before, STAGE_WIRE_OUT);
	}
	counters_are(&r, 7, 6, 5);
	done(&r);
}

/* Of two sizes it is clear; and an engine that does not pad is told by its sizes. */
static void sizes_tell_packets_apart(void **state)
{
	struct run r;
	int64_t i;

	(void)state;
	begin(&r, STAGE_BIT(STAGE_TUN_OUT) | STAGE_BIT(STAGE_WIRE_OUT));
	for (i = 0; i < 10; i++) {
		size_t len = 100 + (size_t)i;

		ledger_sent(r.l, i, EVERY_NS + i, len);
		ledger_see_inner(r.l, STAGE_TUN_OUT, EVERY_NS + i, i, len, 0);
		if (i == 3 || i == 6)
			continue;
		ledger_see_outer(r.l, STAGE_WIRE_OUT, EVERY_NS + 100 + i, THERE, 7 + r.next[0]++,
				 32 + len);
	}
	r.n = 10;
	close_(&r);
	counters_are(&r, 2, 9, UNKNOWN);
	is_lost(&r, 3, STAGE_TUN_OUT, STAGE_WIRE_OUT);
	counters_are(&r, 4, 10, UNKNOWN);
	is_lost(&r, 6, STAGE_TUN_OUT, STAGE_WIRE_OUT);
	counters_are(&r, 9, 14, UNKNOWN);
	done(&r);
}

static void a_new_session_begins_with_zero(void **state)
{
	struct run r;

	(void)state;
	begin(&r, ALL);
	r.next[0] = 500;
	probes(&r, 6, ANSWERED);
	r.receiver[0] = 0x3333;
	r.next[0] = 0;
	probe(&r, STAGE_TUN_OUT);
	probes(&r, 6, ANSWERED);
	close_(&r);
	assert_int_equal(r.f.list[5].session, THERE);
	counters_are(&r, 5, 505, 5);
	is_lost(&r, 6, STAGE_TUN_OUT, STAGE_WIRE_OUT);
	assert_int_equal(r.f.list[7].session, 0x3333);
	counters_are(&r, 7, 1, 6);
	done(&r);
}

static void superpacket(struct run *r)
{
	int64_t t = time_of(r->n, 0) - EVERY_NS / 2;
	int i;

	ledger_see_inner(r->l, STAGE_TUN_OUT, t, LEDGER_OTHER, 52 + 3 * 1368 + 100, 0);
	for (i = 0; i < 4; i++)
		ledger_see_outer(r->l, STAGE_WIRE_OUT, t + 20000 + i, THERE, r->next[0]++,
				 32 + (i < 3 ? 1424 : 160));
}

/* It is one at the tun and several at the wire. */
static void superpackets_leave_in_segments(void **state)
{
	struct run r;
	int i;

	(void)state;
	begin(&r, ALL);
	probe(&r, ANSWERED);
	for (i = 1; i < 30; i++) {
		superpacket(&r);
		probe(&r, i == 15 ? STAGE_TUN_OUT : ANSWERED);
	}
	close_(&r);
	for (i = 0; i < 15; i++)
		counters_are(&r, (size_t)i, 5 * i, i);
	is_lost(&r, 15, STAGE_TUN_OUT, STAGE_WIRE_OUT);
	for (i = 16; i < 30; i++)
		counters_are(&r, (size_t)i, 5 * i, i - 1);
	done(&r);
}

/* One whose packet the tun's capture missed, and behind it one that was not seen. */
static void a_message_is_none_of_a_later_packet(void **state)
{
	struct run r;

	(void)state;
	begin(&r, STAGE_BIT(STAGE_TUN_OUT) | STAGE_BIT(STAGE_WIRE_OUT));
	ledger_capture_dropped(r.l, STAGE_TUN_OUT, 1);
	probes(&r, 10, STAGE_WIRE_OUT);
	ledger_see_outer(r.l, STAGE_WIRE_OUT, time_of(10, 0) - EVERY_NS / 2, THERE, r.next[0]++,
			 OUTER);
	probe(&r, STAGE_TUN_OUT);
	probes(&r, 10, STAGE_WIRE_OUT);
	close_(&r);
	counters_are(&r, 9, 9, UNKNOWN);
	/* the gap may be of yet another that was missed */
	counters_are(&r, 10, UNKNOWN, UNKNOWN);
	is_lost(&r, 10, STAGE_TUN_OUT, STAGE_WIRE_OUT);
	counters_are(&r, 11, 12, UNKNOWN);
	done(&r);
}

/* --- from wire to wire -------------------------------------------------------------- */

static void order_and_copies_do_not_matter_between_the_wires(void **state)
{
	struct run r;
	int64_t i, k;

	(void)state;
	begin(&r,
	      STAGE_BIT(STAGE_TUN_OUT) | STAGE_BIT(STAGE_WIRE_OUT) | STAGE_BIT(STAGE_FAR_WIRE_IN));
	for (i = 0; i < 8; i++)
		probe(&r, STAGE_WIRE_OUT);
	for (i = 7; i >= 0; i--)
		for (k = 0; k < 2 && i != 4; k++)
			ledger_see_outer(r.l, STAGE_FAR_WIRE_IN, time_of(20 - i, 0) + k, THERE,
					 (uint64_t)i, OUTER);
	close_(&r);
	is_lost(&r, 4, STAGE_WIRE_OUT, STAGE_FAR_WIRE_IN);
	assert_int_equal(r.f.unknown, 7);
	assert_int_equal(r.f.list[2].seen_ns[STAGE_FAR_WIRE_IN], time_of(18, 0));
	done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_an_answer_wherever_it_was_seen),
		cmocka_unit_test(each_hop_has_its_name),
		cmocka_unit_test(what_is_under_way_when_it_is_cut_short_is_no_loss),
		cmocka_unit_test(an_unwatched_stage_is_passed_over),
		cmocka_unit_test(without_a_capture_nothing_is_lost),
		cmocka_unit_test(a_capture_that_dropped_proves_no_absence),
		cmocka_unit_test(zero_dropped_is_whole),
		cmocka_unit_test(keepalives_take_counters),
		cmocka_unit_test(a_packet_without_a_counter_shifts_nobody),
		cmocka_unit_test(a_gap_has_its_counter),
		cmocka_unit_test(two_equally_good_ones_are_not_told_apart),
		cmocka_unit_test(sizes_tell_packets_apart),
		cmocka_unit_test(a_new_session_begins_with_zero),
		cmocka_unit_test(superpackets_leave_in_segments),
		cmocka_unit_test(a_message_is_none_of_a_later_packet),
		cmocka_unit_test(order_and_copies_do_not_matter_between_the_wires),
	};

	return cmocka_run_group_tests_name("loss/ledger", tests, NULL, NULL);
}
