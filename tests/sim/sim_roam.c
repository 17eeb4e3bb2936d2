/*
 * Roaming: the endpoint of a peer follows what is authentic, and nothing else.
 */
#include "sim_craft.h"
#include "sim_test.h"
#include "wg/device_priv.h"

struct pair {
	struct sim *s;
	struct sim_node *a, *b;
};

/* b knows no endpoint of a, and learns it. */
static struct pair pair_new(void)
{
	struct pair p = { .s = sim_new() };

	p.a = sim_add(p.s);
	p.b = sim_add(p.s);
	sim_know(p.a, p.b, true);
	sim_know(p.b, p.a, false);
	sim_send(p.a, p.b, 84);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(p.b->inner_received, 1);
	assert_int_equal(p.b->events[WG_EVENT_ENDPOINT], 1);
	return p;
}

static void the_first_endpoint_is_learned(void **state)
{
	struct pair p = pair_new();

	(void)state;
	assert_true(endpoint_equal(&sim_peer(p.b, p.a)->endpoint, &p.a->seen));
	sim_send(p.b, p.a, 84);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(p.a->inner_received, 1);
	sim_free(p.s);
}

static void a_nat_that_forgets(void **state)
{
	struct pair p = pair_new();
	struct endpoint old = p.a->seen;
	const struct wg_event *ev = &p.b->last_event[WG_EVENT_ENDPOINT];

	(void)state;
	sim_rebind(p.a);
	sim_send(p.b, p.a, 84);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(p.a->inner_received, 0);
	assert_int_equal(p.s->unroutable, 1);
	/* Any data brings the peer along, in the middle of the session. */
	sim_send(p.a, p.b, 84);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(p.b->events[WG_EVENT_ENDPOINT], 2);
	assert_true(endpoint_equal(&ev->old_endpoint, &old));
	assert_true(endpoint_equal(&ev->endpoint, &p.a->seen));
	sim_send(p.b, p.a, 84);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(p.a->inner_received, 1);
	assert_int_equal(p.a->sent[WG_MSG_INITIATION], 1);
	sim_free(p.s);
}

static void keepalives_and_handshakes_roam_too(void **state)
{
	struct pair p = pair_new();

	(void)state;
	sim_rebind(p.a);
	wg_peer_set_keepalive(sim_peer(p.a, p.b), 25, p.s->now_ns);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(p.a->keepalives_sent, 1);
	assert_true(endpoint_equal(&sim_peer(p.b, p.a)->endpoint, &p.a->seen));
	wg_peer_set_keepalive(sim_peer(p.a, p.b), 0, p.s->now_ns);
	sim_run(p.s, 600 * NS_PER_S);
	sim_rebind(p.a);
	p.b->mute = true;
	sim_send(p.a, p.b, 84);
	sim_run(p.s, NS_PER_S); /* an initiation only */
	assert_true(endpoint_equal(&sim_peer(p.b, p.a)->endpoint, &p.a->seen));
	/* And the initiator follows the response. */
	sim_rebind(p.b);
	sim_inject(p.s, p.a, &p.b->seen, p.b->last_msg[WG_MSG_RESPONSE], WG_RESPONSE_LEN, 0);
	sim_run(p.s, NS_PER_S);
	assert_true(endpoint_equal(&sim_peer(p.a, p.b)->endpoint, &p.b->seen));
	assert_int_equal(p.b->inner_received, 2);
	sim_free(p.s);
}

static void what_is_not_authentic_moves_nobody(void **state)
{
	struct pair p = pair_new();
	struct endpoint evil = sim_elsewhere(66, 666);
	uint8_t msg[SIM_SLOT_LEN];
	size_t len = p.a->last_msg_len[WG_MSG_DATA];

	(void)state;
	/* a replay */
	memcpy(msg, p.a->last_msg[WG_MSG_DATA], len);
	sim_inject(p.s, p.b, &evil, msg, len, 0);
	/* a forgery with the right index */
	msg[8]++; /* the counter */
	sim_inject(p.s, p.b, &evil, msg, len, 0);
	/* an old initiation */
	sim_inject(p.s, p.b, &evil, p.a->last_msg[WG_MSG_INITIATION], WG_INITIATION_LEN, 0);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(sim_drop(p.b, WG_DROP_IN_REPLAY), 1);
	assert_int_equal(sim_drop(p.b, WG_DROP_IN_TAG), 1);
	assert_int_equal(sim_drop(p.b, WG_DROP_IN_REPLAYED_INITIATION), 1);
	assert_int_equal(sim_drops(p.b), 3);
	assert_true(endpoint_equal(&sim_peer(p.b, p.a)->endpoint, &p.a->seen));
	assert_int_equal(p.b->events[WG_EVENT_ENDPOINT], 1);
	sim_free(p.s);
}

/* Authentic with a wrong inner source: refused, but it was the peer, and it is there now. */
static void a_wrong_inner_source_roams(void **state)
{
	struct pair p = pair_new();
	struct sim_node elsewhere = { .number = 7 }; /* 10.0.0.8 is nobody's */
	uint8_t mem[SIM_SLOT_LEN];
	struct wg_pkt pkt = { .mem = mem, .cap = sizeof(mem), .off = WG_PKT_HEADROOM, .len = 84 };

	(void)state;
	sim_rebind(p.a);
	sim_inner_packet(mem + pkt.off, 84, elsewhere.number, p.b->number, 1);
	wg_device_transmit(p.a->dev, &pkt, 1, p.s->now_ns);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(sim_drop(p.b, WG_DROP_IN_SOURCE), 1);
	assert_int_equal(p.b->last_event[WG_EVENT_SOURCE].addr.b[3], 8);
	assert_null(p.b->last_event[WG_EVENT_SOURCE].owner);
	assert_true(endpoint_equal(&sim_peer(p.b, p.a)->endpoint, &p.a->seen));
	sim_free(p.s);
}

/* Within a batch the last authentic one decides. */
static void the_last_of_a_batch_decides(void **state)
{
	struct pair p = pair_new();
	struct endpoint evil = sim_elsewhere(66, 666), other = sim_elsewhere(7, 7);
	uint8_t msg[SIM_SLOT_LEN];

	(void)state;
	p.a->mute = true;
	sim_send(p.a, p.b, 84);
	sim_run(p.s, 0);
	sim_inject(p.s, p.b, &other, p.a->last_msg[WG_MSG_DATA], p.a->last_msg_len[WG_MSG_DATA], 0);
	memcpy(msg, p.a->last_msg[WG_MSG_DATA], p.a->last_msg_len[WG_MSG_DATA]);
	msg[40] ^= 1;
	sim_inject(p.s, p.b, &evil, msg, p.a->last_msg_len[WG_MSG_DATA], 0);
	sim_run(p.s, 0);
	assert_int_equal(sim_drop(p.b, WG_DROP_IN_TAG), 1);
	assert_true(endpoint_equal(&sim_peer(p.b, p.a)->endpoint, &other));
	sim_free(p.s);
}

static uint8_t src_family(struct sim_node *n, struct sim_node *of)
{
	return sim_status(n, of).endpoint.src.family;
}

static void learn_source(struct pair *p)
{
	sim_send(p->a, p->b, 84);
	sim_run(p->s, NS_PER_S);
	assert_int_equal(src_family(p->b, p->a), FAMILY_IP4);
	assert_memory_equal(sim_peer(p->b, p->a)->endpoint.src.b, p->b->seen.addr.b, 4);
}

static void the_sticky_source_is_learned_and_forgotten(void **state)
{
	struct pair p = pair_new();
	struct wg_peer *peer = sim_peer(p.b, p.a);

	(void)state;
	learn_source(&p);
	wg_peer_clear_src(peer);
	assert_int_equal(src_family(p.b, p.a), FAMILY_NONE);
	learn_source(&p);
	wg_peer_set_endpoint(peer, &peer->endpoint);
	assert_int_equal(src_family(p.b, p.a), FAMILY_NONE);
	learn_source(&p);
	wg_device_clear_sources(p.b->dev);
	assert_int_equal(src_family(p.b, p.a), FAMILY_NONE);
	/* The source alone is no roaming. */
	assert_int_equal(p.b->events[WG_EVENT_ENDPOINT], 1);
	learn_source(&p);
	sim_run(p.s, 200 * NS_PER_S);
	p.b->mute = true;
	sim_send(p.b, p.a, 84);
	sim_run(p.s, NS_PER_S);
	assert_int_equal(src_family(p.b, p.a), FAMILY_IP4);
	sim_run(p.s, 5 * NS_PER_S); /* the first retry */
	assert_int_equal(p.b->sent[WG_MSG_INITIATION], 2);
	assert_int_equal(src_family(p.b, p.a), FAMILY_NONE);
	sim_free(p.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_endpoint_is_learned),
		cmocka_unit_test(a_nat_that_forgets),
		cmocka_unit_test(keepalives_and_handshakes_roam_too),
		cmocka_unit_test(what_is_not_authentic_moves_nobody),
		cmocka_unit_test(a_wrong_inner_source_roams),
		cmocka_unit_test(the_last_of_a_batch_decides),
		cmocka_unit_test(the_sticky_source_is_learned_and_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
