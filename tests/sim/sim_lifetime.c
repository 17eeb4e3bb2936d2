/*
 * How long a session lives: rekey at 120 s and 165 s, the end at 180 s, the wipe at 540 s,
 * giving up after 20 initiations, and the limits by messages.
 */
#include "sim_test.h"
#include "wg/device_priv.h"

static const int64_t JITTER_NS = REKEY_TIMEOUT_JITTER_MS * NS_PER_MS;

/* Both ends, with a session that a initiated. */
struct pair {
	struct sim *s;
	struct sim_node *a, *b;
	int64_t born_ns; /* of the session, at a */
};

static struct pair pair_new(void)
{
	struct pair p = { .s = sim_new() };

	p.a = sim_add(p.s);
	p.b = sim_add(p.s);
	sim_pair(p.a, p.b);
	sim_send(p.a, p.b, 84);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(p.b->inner_received, 1);
	p.born_ns = p.a->last_event[WG_EVENT_HANDSHAKE_COMPLETE].now_ns;
	return p;
}

static void run_to_age(struct pair *p, int64_t age_ns)
{
	sim_run(p->s, p->born_ns + age_ns - p->s->now_ns);
}

static void the_initiator_rekeys_at_120_s(void **state)
{
	struct pair p = pair_new();

	(void)state;
	for (int i = 1; i < 1200; i++) {
		sim_send_in(p.a, p.b, 84, i * NS_PER_S / 2);
		sim_send_in(p.b, p.a, 84, i * NS_PER_S / 2 + NS_PER_S / 4);
	}
	run_to_age(&p, 120 * NS_PER_S - 1);
	assert_int_equal(p.a->sent[WG_MSG_INITIATION], 1);
	run_to_age(&p, 121 * NS_PER_S);
	assert_int_equal(p.a->sent[WG_MSG_INITIATION], 2);
	assert_ns_between(p.a->sent_at_ns[WG_MSG_INITIATION], p.born_ns + 120 * NS_PER_S,
			  p.born_ns + 120 * NS_PER_S + NS_PER_S / 2);
	assert_int_equal(p.a->last_event[WG_EVENT_INITIATION_SENT].why, WG_WHY_AGE);
	run_to_age(&p, 600 * NS_PER_S);
	assert_int_equal(p.b->sent[WG_MSG_INITIATION], 0);
	assert_int_equal(p.a->sent[WG_MSG_INITIATION], 5);
	run_to_age(&p, 610 * NS_PER_S);
	assert_int_equal(p.a->inner_received, 1199);
	assert_int_equal(p.b->inner_received, 1200);
	assert_int_equal(sim_drops(p.a) + sim_drops(p.b), 0);
	sim_free(p.s);
}

/* a has nothing to say, but hears that b still uses the session. */
static void the_initiator_rekeys_at_165_s_on_receiving(void **state)
{
	struct pair p = pair_new();

	(void)state;
	run_to_age(&p, 164 * NS_PER_S);
	sim_send(p.b, p.a, 84);
	run_to_age(&p, 165 * NS_PER_S);
	assert_int_equal(p.a->sent[WG_MSG_INITIATION], 1);
	sim_send(p.b, p.a, 84);
	run_to_age(&p, 166 * NS_PER_S);
	assert_int_equal(p.a->sent[WG_MSG_INITIATION], 2);
	assert_int_equal(p.a->last_event[WG_EVENT_INITIATION_SENT].why, WG_WHY_AGE_RECEIVE);
	assert_int_equal(p.a->sent_at_ns[WG_MSG_INITIATION], p.a->inner_at_ns);
	assert_int_equal(p.b->sent[WG_MSG_INITIATION], 0);
	/* The next session is no different. */
	p.born_ns = p.a->last_event[WG_EVENT_HANDSHAKE_COMPLETE].now_ns;
	run_to_age(&p, 166 * NS_PER_S);
	sim_send(p.b, p.a, 84);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(p.a->sent[WG_MSG_INITIATION], 3);
	assert_int_equal(p.a->last_event[WG_EVENT_INITIATION_SENT].why, WG_WHY_AGE_RECEIVE);
	sim_free(p.s);
}

static void the_responder_does_not_rekey_on_receiving(void **state)
{
	struct pair p = pair_new();

	(void)state;
	run_to_age(&p, 166 * NS_PER_S);
	sim_send(p.a, p.b, 84);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(p.b->inner_received, 2);
	assert_int_equal(p.a->sent[WG_MSG_INITIATION], 2);
	assert_int_equal(p.b->sent[WG_MSG_INITIATION], 0);
	sim_free(p.s);
}

/* Asked for once per session, however many packets come. */
static void the_rekey_on_receiving_is_asked_for_once(void **state)
{
	struct pair p = pair_new();

	(void)state;
	run_to_age(&p, 166 * NS_PER_S);
	p.a->mute = true;
	sim_send(p.b, p.a, 84);
	run_to_age(&p, 167 * NS_PER_S);
	assert_int_equal(p.a->last_event[WG_EVENT_INITIATION_SENT].why, WG_WHY_AGE_RECEIVE);
	sim_send_in(p.b, p.a, 84, 6 * NS_PER_S);
	run_to_age(&p, 174 * NS_PER_S);
	assert_int_equal(p.a->inner_received, 2);
	assert_int_equal(p.a->sent[WG_MSG_INITIATION], 3);
	assert_int_equal(p.a->last_event[WG_EVENT_INITIATION_SENT].why, WG_WHY_RETRY);
	/* Asking again would have begun to count anew. */
	run_to_age(&p, 178 * NS_PER_S);
	assert_int_equal(p.a->last_event[WG_EVENT_INITIATION_SENT].attempt, 3);
	sim_free(p.s);
}

static void nothing_is_sent_with_a_session_of_180_s(void **state)
{
	struct pair p = pair_new();
	unsigned sent;

	(void)state;
	run_to_age(&p, 170 * NS_PER_S);
	sent = p.b->sent[WG_MSG_DATA];
	/* b's session began when it answered, one way earlier than a's. */
	run_to_age(&p, 180 * NS_PER_S - p.s->link.delay_ns - 1);
	sim_send(p.b, p.a, 84);
	run_to_age(&p, 180 * NS_PER_S - p.s->link.delay_ns - 1);
	assert_int_equal(p.b->sent[WG_MSG_DATA], sent + 1);
	sim_send_in(p.b, p.a, 84, 1);
	run_to_age(&p, 180 * NS_PER_S - p.s->link.delay_ns);
	assert_int_equal(p.b->sent[WG_MSG_DATA], sent + 1);
	assert_int_equal(sim_status(p.b, p.a).n_staged, 1);
	assert_int_equal(p.b->sent[WG_MSG_INITIATION], 1); /* the responder may initiate, then */
	assert_int_equal(p.b->last_event[WG_EVENT_INITIATION_SENT].why, WG_WHY_STAGED);
	/* a heard the last packet and initiates at the same time: one of them has to retry. */
	sim_run(p.s, 60 * NS_PER_S);
	assert_int_equal(p.a->inner_received, 2);
	sim_free(p.s);
}

static void nothing_is_received_with_a_session_of_180_s(void **state)
{
	struct pair p = pair_new();

	(void)state;
	run_to_age(&p, 100 * NS_PER_S);
	p.a->mute = true;
	sim_send(p.a, p.b, 84);
	sim_send(p.a, p.b, 85);
	run_to_age(&p, 101 * NS_PER_S);
	/* Late, but in time ... */
	run_to_age(&p, 180 * NS_PER_S - p.s->link.delay_ns - 1);
	sim_inject(p.s, p.b, &p.a->seen, p.a->last_msg[WG_MSG_DATA], p.a->last_msg_len[WG_MSG_DATA],
		   0);
	run_to_age(&p, 180 * NS_PER_S - p.s->link.delay_ns - 1);
	assert_int_equal(p.b->inner_received, 2);
	/* ... and one nanosecond later, not: not even as a replay. */
	run_to_age(&p, 180 * NS_PER_S - p.s->link.delay_ns);
	sim_inject(p.s, p.b, &p.a->seen, p.a->last_msg[WG_MSG_DATA], p.a->last_msg_len[WG_MSG_DATA],
		   0);
	sim_run(p.s, 1);
	assert_int_equal(sim_drop(p.b, WG_DROP_IN_EXPIRED), 1);
	assert_int_equal(sim_drops(p.b), 1);
	sim_free(p.s);
}

static void keys_are_wiped_at_540_s(void **state)
{
	struct pair p = pair_new();
	struct wg_peer *peer = sim_peer(p.a, p.b);

	(void)state;
	run_to_age(&p, 540 * NS_PER_S - 1);
	assert_non_null(peer->sessions.current);
	assert_int_equal(p.a->events[WG_EVENT_KEYS_WIPED], 0);
	run_to_age(&p, 540 * NS_PER_S);
	assert_null(peer->sessions.current);
	assert_int_equal(p.a->events[WG_EVENT_KEYS_WIPED], 1);
	assert_int_equal(p.a->dev->indices.n, 0);
	assert_int_equal(p.b->events[WG_EVENT_KEYS_WIPED], 1);
	assert_int_equal(p.b->dev->indices.n, 0);
	/* And the tunnel is not dead. */
	sim_send(p.a, p.b, 84);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(p.b->inner_received, 2);
	sim_free(p.s);
}

static void gives_up_after_20_initiations(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	int64_t start_ns = s->now_ns, last_ns = s->now_ns, gap_ns;

	(void)state;
	sim_pair(a, b);
	b->mute = true;
	sim_send(a, b, 84);
	sim_run(s, 0);
	for (unsigned n = 2; n <= 20; n++) {
		assert_int_equal(a->sent[WG_MSG_INITIATION], n - 1);
		sim_run(s, last_ns + 5 * NS_PER_S - 1 - s->now_ns);
		assert_int_equal(a->sent[WG_MSG_INITIATION], n - 1);
		sim_run(s, 1 + JITTER_NS);
		assert_int_equal(a->sent[WG_MSG_INITIATION], n);
		assert_int_equal(a->last_event[WG_EVENT_INITIATION_SENT].attempt, n);
		assert_int_equal(a->last_event[WG_EVENT_INITIATION_SENT].why, WG_WHY_RETRY);
		gap_ns = a->sent_at_ns[WG_MSG_INITIATION] - last_ns;
		assert_ns_between(gap_ns, 5 * NS_PER_S, 5 * NS_PER_S + JITTER_NS);
		last_ns = a->sent_at_ns[WG_MSG_INITIATION];
	}
	assert_int_equal(sim_status(a, b).n_staged, 1);
	sim_peer(a, b)->timers.due_ns[TIMER_SEND_KEEPALIVE] = s->now_ns + 20 * NS_PER_S;
	sim_run(s, 10 * NS_PER_S);
	assert_true(sim_peer(a, b)->timers.due_ns[TIMER_SEND_KEEPALIVE] == TIMER_NEVER);
	assert_int_equal(a->events[WG_EVENT_GIVE_UP], 1);
	assert_ns_between(a->last_event[WG_EVENT_GIVE_UP].now_ns, start_ns + 100 * NS_PER_S,
			  start_ns + 107 * NS_PER_S);
	assert_int_equal(sim_drop(a, WG_DROP_OUT_GIVE_UP), 1);
	assert_int_equal(sim_drops(a), 1);
	sim_run(s, 3600 * NS_PER_S);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 20);
	assert_int_equal(a->events[WG_EVENT_KEYS_WIPED], 1); /* what the last initiation left */
	assert_int_equal(a->dev->indices.n, 0);
	/* The next packet begins anew. */
	b->mute = false;
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	assert_int_equal(b->inner_received, 1);
	sim_free(s);
}

static void session_is_renewed_at_2_60_messages(void **state)
{
	struct pair p = pair_new();

	(void)state;
	/* By the responder, too. */
	sim_peer(p.b, p.a)->sessions.current->send_counter = REKEY_AFTER_MESSAGES - 1;
	sim_run(p.s, 6 * NS_PER_S);
	sim_send(p.b, p.a, 84);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(p.b->sent[WG_MSG_INITIATION], 0);
	sim_send(p.b, p.a, 84);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(p.b->sent[WG_MSG_INITIATION], 1);
	assert_int_equal(p.b->last_event[WG_EVENT_INITIATION_SENT].why, WG_WHY_MESSAGES);
	assert_true(sim_peer(p.b, p.a)->sessions.current->send_counter < 10);
	assert_int_equal(p.a->inner_received, 2);
	assert_int_equal(sim_drops(p.a) + sim_drops(p.b), 0);
	sim_free(p.s);
}

static void counters_end_before_the_limit(void **state)
{
	struct pair p = pair_new();
	struct wg_peer *peer = sim_peer(p.a, p.b);

	(void)state;
	peer->sessions.current->send_counter = REJECT_AFTER_MESSAGES - 2;
	sim_run(p.s, 6 * NS_PER_S);
	peer->last_sent_handshake_ns = p.s->now_ns; /* so that the rekey has to wait */
	sim_send(p.a, p.b, 84);
	sim_run(p.s, NS_PER_S);
	sim_send(p.a, p.b, 84);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(p.b->inner_received, 3);
	assert_int_equal(p.a->sent[WG_MSG_INITIATION], 1);
	assert_true(peer->sessions.current->send_counter == REJECT_AFTER_MESSAGES);
	/* None is left: the packet waits for the next session. */
	sim_send(p.a, p.b, 84);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(sim_status(p.a, p.b).n_staged, 1);
	assert_int_equal(p.b->inner_received, 3);
	sim_send_in(p.a, p.b, 84, 4 * NS_PER_S);
	sim_run(p.s, 5 * NS_PER_S);
	assert_int_equal(p.b->inner_received, 5);
	assert_int_equal(sim_drops(p.a) + sim_drops(p.b), 0);
	sim_free(p.s);
}

/* Counters are given to a batch at once; when the last one is too high, none goes out. */
static void a_batch_over_the_limit_waits_as_a_whole(void **state)
{
	struct pair p = pair_new();
	struct wg_peer *peer = sim_peer(p.a, p.b);
	unsigned sent;

	(void)state;
	sim_run(p.s, 6 * NS_PER_S);
	peer->sessions.current->send_counter = REJECT_AFTER_MESSAGES - 9;
	sent = p.a->sent[WG_MSG_DATA];
	for (int i = 0; i < 10; i++)
		sim_send(p.a, p.b, 84);
	sim_run(p.s, 0);
	assert_int_equal(p.a->sent[WG_MSG_DATA], sent);
	assert_int_equal(p.a->sent[WG_MSG_INITIATION], 2);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(p.b->inner_received, 11);
	assert_int_equal(sim_drops(p.a) + sim_drops(p.b), 0);
	sim_free(p.s);
}

/* The receiver counts as well. */
static void a_used_up_session_receives_nothing(void **state)
{
	struct pair p = pair_new();

	(void)state;
	sim_peer(p.b, p.a)->sessions.current->replay.greatest = REJECT_AFTER_MESSAGES;
	sim_send(p.a, p.b, 84);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(sim_drop(p.b, WG_DROP_IN_EXPIRED), 1);
	assert_int_equal(p.b->inner_received, 1);
	sim_free(p.s);
}

/* Suspended for an hour: every timer is overdue, and the next packet just works. */
static void a_laptop_wakes_up(void **state)
{
	struct pair p = pair_new();

	(void)state;
	wg_peer_set_keepalive(sim_peer(p.a, p.b), 25, p.s->now_ns);
	sim_send(p.a, p.b, 84);
	sim_send(p.b, p.a, 84);
	sim_run(p.s, NS_PER_S);
	p.s->now_ns += 3600 * NS_PER_S;
	sim_send_in(p.a, p.b, 84, NS_PER_S);
	/* Both wake at the same time here, so both may initiate at once. */
	sim_run(p.s, 60 * NS_PER_S);
	assert_int_equal(p.b->inner_received, 3);
	assert_int_equal(p.a->events[WG_EVENT_GIVE_UP], 0);
	sim_free(p.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_initiator_rekeys_at_120_s),
		cmocka_unit_test(the_initiator_rekeys_at_165_s_on_receiving),
		cmocka_unit_test(the_responder_does_not_rekey_on_receiving),
		cmocka_unit_test(the_rekey_on_receiving_is_asked_for_once),
		cmocka_unit_test(nothing_is_sent_with_a_session_of_180_s),
		cmocka_unit_test(nothing_is_received_with_a_session_of_180_s),
		cmocka_unit_test(keys_are_wiped_at_540_s),
		cmocka_unit_test(gives_up_after_20_initiations),
		cmocka_unit_test(session_is_renewed_at_2_60_messages),
		cmocka_unit_test(counters_end_before_the_limit),
		cmocka_unit_test(a_batch_over_the_limit_waits_as_a_whole),
		cmocka_unit_test(a_used_up_session_receives_nothing),
		cmocka_unit_test(a_laptop_wakes_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
