/*
 * Under load: cookies for those who own their address, a limit for each of them.
 */
#include "sim_craft.h"
#include "sim_test.h"
#include "wg/device_priv.h"

/* A flood of initiations with a valid mac1 but nothing else, n per second for so long. */
static void flood(struct sim *s, struct sim_node *to, unsigned per_s, int64_t for_ns)
{
	struct cookie_sender cookies;
	struct endpoint from = sim_elsewhere(66, 666);
	int64_t until_ns = s->now_ns + for_ns;
	uint8_t msg[WG_INITIATION_LEN];

	cookie_sender_init(&cookies, &to->public_key);
	while (s->now_ns < until_ns) {
		craft_flood_message(s, &cookies, msg);
		sim_inject(s, to, &from, msg, sizeof(msg), 0);
		sim_run(s, NS_PER_S / per_s);
	}
	cookie_sender_done(&cookies);
}

static void an_honest_initiator_gets_through_a_flood(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	const uint8_t *mac2 = a->last_msg[WG_MSG_INITIATION] + WG_INITIATION_LEN - WG_MAC_LEN;
	static const uint8_t zero[WG_MAC_LEN];
	struct wg_peer_status st;

	(void)state;
	sim_pair(a, b);
	flood(s, b, 400, NS_PER_S);
	assert_true(sim_drop(b, WG_DROP_IN_STATIC) > 0); /* before the load was known */
	assert_true(sim_drop(b, WG_DROP_IN_MAC2_MISSING) > 0);
	sim_send(a, b, 84);
	flood(s, b, 400, 4 * NS_PER_S);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 1);
	assert_memory_equal(mac2, zero, sizeof(zero));
	assert_int_equal(a->received[WG_MSG_COOKIE_REPLY], 1);
	assert_int_equal(a->events[WG_EVENT_COOKIE_RECEIVED], 1);
	assert_int_equal(b->sent[WG_MSG_RESPONSE], 0);
	st = sim_status(a, b);
	assert_int_equal(st.cookies_received, 1);
	assert_int_equal(st.rx_bytes, 0); /* a cookie reply counts as nothing */
	flood(s, b, 400, 2 * NS_PER_S);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 2);
	assert_memory_not_equal(mac2, zero, sizeof(zero));
	assert_int_equal(b->sent[WG_MSG_RESPONSE], 1);
	assert_int_equal(b->inner_received, 1);
	/* The cookie told nobody who sent it. */
	assert_int_equal(sim_drops(a), 0);
	sim_free(s);
}

static void the_load_is_over_a_second_after_the_flood(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	flood(s, b, 400, 3 * NS_PER_S);
	assert_true(b->sent[WG_MSG_COOKIE_REPLY] > 0);
	sim_run(s, 2 * NS_PER_S);
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	assert_int_equal(a->received[WG_MSG_COOKIE_REPLY], 0);
	assert_int_equal(b->inner_received, 1);
	sim_free(s);
}

/* A busy but honest server is not under load at 100 handshakes a second. */
static void no_cookies_below_the_limit(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *b = sim_add(s);

	(void)state;
	flood(s, b, 100, 5 * NS_PER_S);
	assert_int_equal(b->sent[WG_MSG_COOKIE_REPLY], 0);
	assert_int_equal(sim_drop(b, WG_DROP_IN_STATIC), sim_drops(b));
	sim_free(s);
}

/* Who owns his address may still not send as much as he likes; others are not hit by that. */
static void each_source_has_its_own_limit(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	struct endpoint from = sim_elsewhere(66, 666);
	struct cookie_sender cookies;
	struct wg_msg_cookie_reply reply;
	uint8_t msg[WG_INITIATION_LEN];

	(void)state;
	sim_pair(a, b);
	wg_device_force_load(b->dev, true);
	cookie_sender_init(&cookies, &b->public_key);
	craft_flood_message(s, &cookies, msg);
	sim_inject(s, b, &from, msg, sizeof(msg), 0);
	sim_run(s, NS_PER_MS);
	assert_int_equal(sim_drop(b, WG_DROP_IN_MAC2_MISSING), 1);
	assert_int_equal(b->last_tos, 0x88);
	assert_int_equal(b->last_msg_len[WG_MSG_COOKIE_REPLY], WG_COOKIE_REPLY_LEN);
	assert_true(wg_msg_read_cookie_reply(b->last_msg[WG_MSG_COOKIE_REPLY], WG_COOKIE_REPLY_LEN,
					     &reply));
	assert_int_equal(cookie_sender_consume(&cookies, &reply, s->now_ns), WG_DROP_NONE);
	for (int i = 0; i < 100; i++) {
		craft_flood_message(s, &cookies, msg);
		sim_inject(s, b, &from, msg, sizeof(msg), 0);
	}
	sim_run(s, 0);
	assert_int_equal(sim_drop(b, WG_DROP_IN_STATIC), 5); /* the burst */
	assert_int_equal(sim_drop(b, WG_DROP_IN_RATE_LIMIT), 95);
	assert_int_equal(sim_drop(b, WG_DROP_IN_MAC2_MISSING), 1);
	/* The cookie is for that port only. */
	from.port++;
	craft_flood_message(s, &cookies, msg);
	sim_inject(s, b, &from, msg, sizeof(msg), 0);
	sim_run(s, 0);
	assert_int_equal(sim_drop(b, WG_DROP_IN_MAC2_MISSING), 2);
	sim_send(a, b, 84);
	sim_run(s, 6 * NS_PER_S);
	assert_int_equal(b->inner_received, 1);
	/* Nothing is kept of sources that went away. */
	sim_run(s, 10 * NS_PER_S);
	assert_int_equal(ratelimit_entries(b->dev->limiter), 0);
	assert_true(b->dev->limiter_due_ns == TIMER_NEVER);
	cookie_sender_done(&cookies);
	sim_free(s);
}

/*
 * A loaded initiator asks for proof of a response as well; the responder's next handshake
 * carries it.
 */
static void a_response_may_be_answered_with_a_cookie(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	wg_device_force_load(a->dev, true);
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	assert_int_equal(sim_drop(a, WG_DROP_IN_MAC2_MISSING), 1);
	assert_int_equal(b->events[WG_EVENT_COOKIE_RECEIVED], 1);
	assert_int_equal(b->inner_received, 0);
	sim_run(s, 6 * NS_PER_S);
	assert_int_equal(b->inner_received, 1);
	assert_int_equal(sim_drops(b), 0);
	sim_free(s);
}

/* A cookie reply from anywhere moves no endpoint, and a second one is not believed. */
static void cookie_replies_roam_nobody(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	struct endpoint evil = sim_elsewhere(66, 666);

	(void)state;
	sim_pair(a, b);
	wg_device_force_load(b->dev, true);
	b->mute = true;
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	assert_int_equal(b->sent[WG_MSG_COOKIE_REPLY], 1);
	for (int i = 0; i < 2; i++) {
		sim_inject(s, a, &evil, b->last_msg[WG_MSG_COOKIE_REPLY], WG_COOKIE_REPLY_LEN, 0);
		sim_run(s, NS_PER_MS);
	}
	assert_int_equal(a->events[WG_EVENT_COOKIE_RECEIVED], 1);
	assert_int_equal(sim_drop(a, WG_DROP_IN_COOKIE), 1);
	assert_int_equal(a->events[WG_EVENT_ENDPOINT], 0);
	assert_true(endpoint_equal(&sim_peer(a, b)->endpoint, &b->seen));
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_initiator_gets_through_a_flood),
		cmocka_unit_test(the_load_is_over_a_second_after_the_flood),
		cmocka_unit_test(no_cookies_below_the_limit),
		cmocka_unit_test(each_source_has_its_own_limit),
		cmocka_unit_test(a_response_may_be_answered_with_a_cookie),
		cmocka_unit_test(cookie_replies_roam_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
