/*
 * Handshakes that do not go straight: both ends at once, two in flight, wrong preshared
 * keys, clocks that go back, keys that change.
 */
#include "sim_craft.h"
#include "sim_test.h"
#include "wg/device_priv.h"

static void both_initiate_at_once(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	sim_send(a, b, 84);
	sim_send(b, a, 84);
	sim_run(s, NS_PER_S);
	/* Each answered and so forgot its own, whose response it then refuses. */
	assert_int_equal(sim_drop(a, WG_DROP_IN_UNKNOWN_INDEX), 1);
	assert_int_equal(sim_drop(b, WG_DROP_IN_UNKNOWN_INDEX), 1);
	/* Jitter tells them apart in the end, at most a few retries later. */
	sim_run(s, 60 * NS_PER_S);
	assert_int_equal(a->inner_received, 1);
	assert_int_equal(b->inner_received, 1);
	assert_int_equal(a->events[WG_EVENT_GIVE_UP] + b->events[WG_EVENT_GIVE_UP], 0);
	assert_in_range(a->sent[WG_MSG_INITIATION] + b->sent[WG_MSG_INITIATION], 3, 24);
	sim_free(s);
}

/*
 * The retry is due while the floor of 5 s after our own response still holds: it must come
 * after it, not never.
 */
static void a_retry_held_back_by_the_floor_comes_later(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	struct wg_peer *p;
	int64_t at_ns;

	(void)state;
	sim_pair(a, b);
	p = sim_peer(a, b);
	b->mute = true;
	sim_send(a, b, 84);
	sim_run(s, 4 * NS_PER_S);
	p->last_sent_handshake_ns = at_ns = s->now_ns; /* as if it had answered */
	sim_run(s, 2 * NS_PER_S);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 1);
	sim_run(s, 4 * NS_PER_S);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 2);
	assert_ns_between(a->sent_at_ns[WG_MSG_INITIATION], at_ns + 5 * NS_PER_S,
			  at_ns + 5 * NS_PER_S + 333 * NS_PER_MS);
	assert_int_equal(a->last_event[WG_EVENT_INITIATION_SENT].attempt, 2);
	sim_free(s);
}

static void a_response_to_a_replaced_initiation_is_refused(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	s->link.delay_ns = 3 * NS_PER_S; /* the response will take 6 s */
	sim_send(a, b, 84);
	sim_run(s, 4 * NS_PER_S);
	assert_int_equal(b->sent[WG_MSG_RESPONSE], 1);
	s->link.delay_ns = 20 * NS_PER_MS;
	sim_run(s, 3 * NS_PER_S);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 2);
	assert_int_equal(a->received[WG_MSG_RESPONSE], 2);
	assert_int_equal(sim_drop(a, WG_DROP_IN_UNKNOWN_INDEX), 1);
	assert_int_equal(sim_drops(a) + sim_drops(b), 1);
	assert_int_equal(b->inner_received, 1);
	sim_free(s);
}

static void a_response_is_taken_once(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	const struct session *current;

	(void)state;
	sim_pair(a, b);
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	current = sim_peer(a, b)->sessions.current;
	sim_inject(s, a, &b->seen, b->last_msg[WG_MSG_RESPONSE], WG_RESPONSE_LEN, 0);
	sim_run(s, NS_PER_S);
	assert_int_equal(sim_drop(a, WG_DROP_IN_WRONG_STATE), 1);
	assert_int_equal(sim_drops(a), 1);
	assert_ptr_equal(sim_peer(a, b)->sessions.current, current);
	/* Not even while another handshake waits for its response. */
	sim_run(s, 130 * NS_PER_S);
	b->mute = true;
	sim_send(a, b, 84);
	sim_run(s, 0);
	assert_int_equal(sim_peer(a, b)->hs.state, NOISE_INITIATION_SENT);
	sim_inject(s, a, &b->seen, b->last_msg[WG_MSG_RESPONSE], WG_RESPONSE_LEN, 0);
	sim_run(s, 0);
	assert_int_equal(sim_drop(a, WG_DROP_IN_WRONG_STATE), 2);
	assert_int_equal(sim_drops(a), 2);
	sim_free(s);
}

/* A bad response first, then the good one: the handshake is not spoiled. */
static void a_forged_response_does_no_harm(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	struct cookie_sender cookies;
	uint8_t msg[WG_RESPONSE_LEN];

	(void)state;
	sim_pair(a, b);
	cookie_sender_init(&cookies, &a->public_key);
	b->mute = true;
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	memcpy(msg, b->last_msg[WG_MSG_RESPONSE], sizeof(msg));
	msg[50] ^= 1;
	craft_macs(s, &cookies, msg, sizeof(msg));
	sim_inject(s, a, &b->seen, msg, sizeof(msg), 0);
	sim_run(s, NS_PER_MS);
	assert_int_equal(sim_drop(a, WG_DROP_IN_RESPONSE), 1);
	b->mute = false;
	sim_inject(s, a, &b->seen, b->last_msg[WG_MSG_RESPONSE], sizeof(msg), 0);
	sim_run(s, NS_PER_S);
	assert_int_equal(b->inner_received, 1);
	assert_int_equal(sim_drops(a), 1);
	cookie_sender_done(&cookies);
	sim_free(s);
}

static void a_preshared_key_that_differs(void **state)
{
	const struct secret_key psk = { { 1, 2, 3 } }, none = { { 0 } };
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	wg_peer_set_psk(sim_peer(a, b), &psk);
	sim_send(a, b, 84);
	sim_run(s, 12 * NS_PER_S);
	/* The responder answers each; only the initiator can see that it is wrong. */
	assert_int_equal(a->sent[WG_MSG_INITIATION], 3);
	assert_int_equal(b->sent[WG_MSG_RESPONSE], 3);
	assert_int_equal(sim_drop(a, WG_DROP_IN_RESPONSE), 3);
	assert_int_equal(sim_status(a, b).drops[WG_DROP_IN_RESPONSE], 3);
	assert_int_equal(sim_drops(a), 3);
	assert_int_equal(sim_drops(b), 0);
	assert_int_equal(b->events[WG_EVENT_HANDSHAKE_COMPLETE], 0);
	wg_peer_set_psk(sim_peer(b, a), &psk);
	sim_run(s, 6 * NS_PER_S);
	assert_int_equal(b->inner_received, 1);
	/* Taking it away on one side shows at the next handshake only. */
	wg_peer_set_psk(sim_peer(a, b), &none);
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	assert_int_equal(b->inner_received, 2);
	sim_free(s);
}

static void a_clock_that_went_back(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	sim_send(a, b, 84);
	sim_run(s, 200 * NS_PER_S);
	/* 30 s before the first initiation. */
	a->wall_offset_ns = -230 * NS_PER_S;
	sim_send(a, b, 84);
	sim_run(s, 29 * NS_PER_S);
	assert_int_equal(sim_drop(b, WG_DROP_IN_REPLAYED_INITIATION),
			 a->sent[WG_MSG_INITIATION] - 1);
	assert_in_range(a->sent[WG_MSG_INITIATION], 6, 7);
	assert_int_equal(b->inner_received, 1);
	sim_run(s, 7 * NS_PER_S);
	assert_int_equal(b->inner_received, 2);
	assert_int_equal(sim_drops(b), sim_drop(b, WG_DROP_IN_REPLAYED_INITIATION));
	sim_free(s);
}

/* Sessions are kept for receiving, but the next packet handshakes at once with the new key. */
static void our_private_key_changes(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	struct secret_key fresh = { { 42, 1, 7 } };

	(void)state;
	sim_pair(a, b);
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	wg_device_set_private_key(a->dev, &fresh, s->now_ns);
	assert_true(wg_device_public_key(a->dev, &a->public_key));
	sim_send(b, a, 84);
	sim_run(s, NS_PER_S);
	assert_int_equal(a->inner_received, 1);
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 2); /* no 5 s floor */
	assert_int_equal(sim_drop(b, WG_DROP_IN_UNKNOWN_PEER), 1);
	assert_int_equal(b->events[WG_EVENT_UNKNOWN_PEER], 1);
	assert_true(public_key_equal(&b->last_event[WG_EVENT_UNKNOWN_PEER].key, &a->public_key));
	assert_int_equal(b->inner_received, 1);
	sim_know(b, a, true);
	sim_run(s, 6 * NS_PER_S);
	assert_int_equal(b->inner_received, 2);
	sim_free(s);
}

static void the_peers_private_key_changes_and_we_know(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	struct secret_key fresh = { { 42, 1, 7 } };

	(void)state;
	sim_pair(a, b);
	b->echo = true;
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	wg_device_set_private_key(a->dev, &fresh, s->now_ns);
	wg_device_peer_remove(b->dev, sim_peer(b, a));
	assert_true(wg_device_public_key(a->dev, &a->public_key));
	sim_know(b, a, false);
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	assert_int_equal(a->inner_received, 2);
	assert_int_equal(sim_drops(a) + sim_drops(b), 0);
	sim_free(s);
}

/* A key that was set to what it is changes nothing. */
static void the_same_private_key_again(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	wg_device_set_private_key(a->dev, &a->private_key, s->now_ns);
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	assert_int_equal(b->inner_received, 2);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 1);
	sim_free(s);
}

static void no_private_key_no_handshake(void **state)
{
	const struct secret_key none = { { 0 } };
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	struct secret_key k;

	(void)state;
	sim_pair(a, b);
	wg_device_set_private_key(a->dev, &none, s->now_ns);
	assert_false(wg_device_private_key(a->dev, &k));
	sim_send(a, b, 84);
	sim_send(b, a, 84);
	sim_run(s, 4 * NS_PER_S);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 0);
	assert_int_equal(sim_drop(a, WG_DROP_IN_NO_PRIVATE_KEY), 1);
	/* With the first key, what waits goes out at once. */
	wg_device_set_private_key(a->dev, &a->private_key, s->now_ns);
	sim_run(s, 60 * NS_PER_S);
	assert_int_equal(b->inner_received, 1);
	assert_int_equal(a->inner_received, 1);
	sim_free(s);
}

static void an_index_is_never_shared(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s), *c = sim_add(s);

	(void)state;
	sim_pair(a, b);
	sim_pair(a, c);
	for (int i = 0; i < 50; i++) {
		sim_send(a, b, 84);
		sim_send(c, a, 84);
		sim_run(s, 130 * NS_PER_S);
		/* A peer has at most three sessions and a handshake. */
		assert_in_range(a->dev->indices.n, 2, 8);
		assert_in_range(b->dev->indices.n, 1, 4);
	}
	assert_int_equal(b->inner_received, 50);
	assert_int_equal(a->inner_received, 50);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_initiate_at_once),
		cmocka_unit_test(a_retry_held_back_by_the_floor_comes_later),
		cmocka_unit_test(a_response_to_a_replaced_initiation_is_refused),
		cmocka_unit_test(a_response_is_taken_once),
		cmocka_unit_test(a_forged_response_does_no_harm),
		cmocka_unit_test(a_preshared_key_that_differs),
		cmocka_unit_test(a_clock_that_went_back),
		cmocka_unit_test(our_private_key_changes),
		cmocka_unit_test(the_peers_private_key_changes_and_we_know),
		cmocka_unit_test(the_same_private_key_again),
		cmocka_unit_test(no_private_key_no_handshake),
		cmocka_unit_test(an_index_is_never_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
