/*
 * What a person does to a device with wg(8) and ip(8) while it runs.
 */
#include "sim_craft.h"
#include "sim_test.h"
#include "wg/device_priv.h"

static unsigned sent_all(const struct sim_node *n)
{
	unsigned sum = 0;

	for (int t = 0; t < SIM_MSG_TYPES; t++)
		sum += n->sent[t];
	return sum;
}

static void down_sends_nothing(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	unsigned sent;

	(void)state;
	sim_pair(a, b);
	wg_peer_set_keepalive(sim_peer(a, b), 10, s->now_ns);
	sim_send(a, b, 84);
	sim_run(s, 30 * NS_PER_S);
	wg_device_set_up(a->dev, false, s->now_ns);
	sent = sent_all(a);
	assert_int_equal(a->events[WG_EVENT_KEYS_WIPED], 1);
	assert_int_equal(a->dev->indices.n, 0);
	sim_send(a, b, 84);
	sim_send(b, a, 84);
	wg_peer_set_keepalive(sim_peer(a, b), 0, s->now_ns);
	wg_peer_set_keepalive(sim_peer(a, b), 10, s->now_ns);
	wg_peer_kick(sim_peer(a, b), s->now_ns);
	sim_run(s, 600 * NS_PER_S);
	assert_int_equal(sent_all(a), sent);
	assert_int_equal(sim_drop(a, WG_DROP_OUT_DOWN), 1);
	assert_true(sim_drop(a, WG_DROP_IN_DOWN) > 0);
	assert_true(wg_device_next_due(a->dev) == INT64_MAX);
	/* Up: the keepalive brings the session back. */
	wg_device_set_up(a->dev, true, s->now_ns);
	assert_int_equal(a->sent_at_ns[WG_MSG_INITIATION], s->now_ns);
	sim_run(s, NS_PER_S);
	assert_int_equal(a->keepalive_at_ns, s->now_ns - NS_PER_S + 2 * s->link.delay_ns);
	sim_free(s);
}

static void down_drops_what_waits(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	b->mute = true;
	for (int i = 0; i < 3; i++)
		sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	assert_int_equal(sim_status(a, b).n_staged, 3);
	wg_device_set_up(a->dev, false, s->now_ns);
	assert_int_equal(sim_drop(a, WG_DROP_OUT_PURGED), 3);
	assert_int_equal(sim_status(a, b).drops[WG_DROP_OUT_PURGED], 3);
	/* And up again at once: no floor from before. */
	b->mute = false;
	wg_device_set_up(a->dev, true, s->now_ns);
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	assert_int_equal(b->inner_received, 1);
	sim_free(s);
}

/* What the engine reports when it could not open a socket. */
static void no_socket(struct sim_node *a, const struct sim_node *b)
{
	a->mute = true;
	wg_device_count_drop(a->dev, sim_peer(a, b), WG_DROP_IO_NO_SOCKET, 1);
}

/* The port was taken when the link came up; then another one is set. */
static void rebind(struct sim_node *a)
{
	a->mute = false;
	wg_device_clear_sources(a->dev);
}

/* As the kernel counts: what did not leave is not in the bytes that were sent. */
static void what_did_not_leave_is_not_counted_as_sent(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	a->mute = true;
	sim_send(a, b, 84);
	sim_run(s, 0);
	assert_int_equal(sim_status(a, b).tx_bytes, WG_INITIATION_LEN);
	wg_device_not_sent(a->dev, sim_peer(a, b), WG_DROP_IO_SEND_UNREACH, WG_INITIATION_LEN);
	assert_int_equal(sim_status(a, b).tx_bytes, 0);
	assert_int_equal(sim_status(a, b).drops[WG_DROP_IO_SEND_UNREACH], 1);
	sim_free(s);
}

static void a_late_socket_is_used_at_once(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	a->mute = true;
	sim_send(a, b, 84);
	sim_run(s, 0);
	no_socket(a, b);
	sim_run(s, NS_PER_S);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 1);
	rebind(a);
	sim_run(s, NS_PER_S / 10);
	assert_int_equal(b->inner_received, 1);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 2);
	sim_free(s);
}

/* What stands still in between counts as no attempt: the last retry is not the last one. */
static void a_socket_before_the_end_of_patience(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	a->mute = true;
	sim_send(a, b, 84);
	while (a->sent[WG_MSG_INITIATION] < 20)
		sim_run(s, NS_PER_S);
	no_socket(a, b);
	rebind(a);
	b->mute = true; /* nor is the first that leaves */
	sim_run(s, NS_PER_S);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 21);
	b->mute = false;
	sim_run(s, 6 * NS_PER_S);
	assert_int_equal(b->inner_received, 1);
	assert_int_equal(a->events[WG_EVENT_GIVE_UP], 0);
	sim_free(s);
}

/* The floor of 5 s stays for everything that may have left. */
static void a_rebind_makes_no_flood(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	b->mute = true;
	for (int ms = 0; ms < 4900; ms += 100) {
		sim_send(a, b, 84);
		rebind(a);
		sim_run(s, 100 * NS_PER_MS);
	}
	assert_int_equal(a->sent[WG_MSG_INITIATION], 1);
	b->mute = false;
	sim_run(s, NS_PER_S);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 2);
	assert_int_equal(b->inner_received, 49);
	/* Data had no socket; the handshake before it did. */
	no_socket(a, b);
	rebind(a);
	peer_wipe_keys(sim_peer(a, b));
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 2);
	sim_free(s);
}

/* Nor does one that changes nothing, as often as it comes: routes, and still no socket. */
static void routes_without_a_socket_make_no_flood(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	a->mute = true;
	for (int ms = 0; ms < 1000; ms++) {
		sim_send(a, b, 84);
		sim_run(s, NS_PER_MS);
		no_socket(a, b);
		wg_device_clear_sources(a->dev);
	}
	assert_in_range(a->sent[WG_MSG_INITIATION], 2, 1 + 1000 / INITIATION_MIN_GAP_MS);
	rebind(a);
	sim_run(s, NS_PER_S / 10);
	assert_int_equal(b->inner_received, STAGED_MAX);
	sim_free(s);
}

static void of_129_packets_the_oldest_goes(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	b->mute = true;
	for (int i = 0; i < STAGED_MAX + 3; i++)
		sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	assert_int_equal(sim_status(a, b).n_staged, STAGED_MAX);
	assert_int_equal(sim_drop(a, WG_DROP_OUT_STAGED_FULL), 3);
	b->mute = false;
	sim_run(s, 6 * NS_PER_S);
	assert_int_equal(b->inner_received, STAGED_MAX);
	assert_int_equal(b->seen_numbers[0], 0xf8); /* without 0, 1, 2 */
	sim_free(s);
}

static void removing_a_peer(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	wg_device_peer_remove(a->dev, sim_peer(a, b));
	assert_null(wg_device_peer(a->dev, &b->public_key));
	assert_int_equal(a->dev->indices.n, 0);
	sim_send(a, b, 84);
	sim_send(b, a, 84);
	sim_run(s, NS_PER_S);
	assert_int_equal(sim_drop(a, WG_DROP_OUT_NO_PEER), 1);
	assert_int_equal(sim_drop(a, WG_DROP_IN_UNKNOWN_INDEX), 1);
	assert_int_equal(a->icmp_errors, 1);
	/* And back. */
	sim_know(a, b, true);
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	assert_int_equal(b->inner_received, 2);
	sim_free(s);
}

static void an_endpoint_that_comes_late(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	struct wg_peer *p;

	(void)state;
	sim_know(a, b, false);
	sim_know(b, a, false);
	p = sim_peer(a, b);
	wg_peer_set_keepalive(p, 25, s->now_ns);
	sim_send(a, b, 84);
	sim_run(s, 60 * NS_PER_S);
	assert_int_equal(sent_all(a), 0);
	assert_int_equal(sim_drop(a, WG_DROP_OUT_NO_ENDPOINT), 1);
	assert_int_equal(sim_status(a, b).drops[WG_DROP_OUT_NO_ENDPOINT], 1);
	assert_int_equal(a->icmp_errors, 1);
	/* The keepalive that was wanted makes it go as soon as it can. */
	wg_peer_set_endpoint(p, &b->seen);
	wg_peer_kick(p, s->now_ns);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 1);
	sim_run(s, NS_PER_S);
	assert_int_equal(a->keepalives_sent, 1);
	assert_int_equal(b->events[WG_EVENT_HANDSHAKE_COMPLETE], 1);
	/* A kick sends what waits, and nothing does. */
	wg_peer_kick(p, s->now_ns);
	assert_int_equal(a->keepalives_sent, 1);
	sim_free(s);
}

static void icmp_errors_are_limited(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	for (int i = 0; i < 1000; i++)
		sim_send(a, b, 84); /* a knows nobody */
	sim_run(s, 0);
	assert_int_equal(sim_drop(a, WG_DROP_OUT_NO_PEER), 1000);
	assert_int_equal(a->icmp_errors, ICMP_BURST);
	sim_send_in(a, b, 84, NS_PER_S);
	sim_run(s, 2 * NS_PER_S);
	assert_int_equal(a->icmp_errors, ICMP_BURST + 1);
	sim_free(s);
}

/* Longest prefix, device-wide: both for where to and for who may send what. */
static void allowed_ips_are_device_wide(void **state)
{
	struct cidr all = { { FAMILY_IP4, { 0 } }, 0 };
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s), *c = sim_add(s);

	(void)state;
	sim_pair(a, b);
	sim_pair(a, c);
	wg_peer_allow(sim_peer(a, b), &all);
	sim_pair(b, c);
	sim_send(b, a, 84);
	sim_send(a, c, 84); /* 10.0.0.3/32 beats 0.0.0.0/0 */
	sim_run(s, NS_PER_S);
	assert_int_equal(a->inner_received, 1);
	assert_int_equal(c->inner_received, 1);
	/* b speaks in c's name: b is allowed everything, and yet this is c's. */
	wg_peer_disallow_all(sim_peer(b, c));
	wg_peer_allow(sim_peer(b, a), &all);
	c->number = 99;
	{
		uint8_t mem[SIM_SLOT_LEN];
		struct wg_pkt pkt = {
			.mem = mem, .cap = sizeof(mem), .off = WG_PKT_HEADROOM, .len = 84
		};

		sim_inner_packet(mem + pkt.off, 84, 2, a->number, 1);
		wg_device_transmit(b->dev, &pkt, 1, s->now_ns);
	}
	sim_run(s, NS_PER_S);
	assert_int_equal(sim_drop(a, WG_DROP_IN_SOURCE), 1);
	assert_ptr_equal(a->last_event[WG_EVENT_SOURCE].owner, sim_peer(a, c));
	assert_ptr_equal(a->last_event[WG_EVENT_SOURCE].peer, sim_peer(a, b));
	sim_free(s);
}

static void lowering_the_keepalive_counts_from_now(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	wg_peer_set_keepalive(sim_peer(a, b), 3600, s->now_ns);
	sim_run(s, 30 * NS_PER_S);
	assert_int_equal(a->keepalives_sent, 1);
	wg_peer_set_keepalive(sim_peer(a, b), 20, s->now_ns);
	sim_run(s, 20 * NS_PER_S);
	assert_int_equal(a->keepalives_sent, 2);
	sim_free(s);
}

/* A tun that puts a family header before each packet: the far side must be able to name it. */
static void the_fault_prefix_is_sealed(void **state)
{
	static const uint8_t family[4] = { 0, 0, 0, 2 }, family6[4] = { 0, 0, 0, 30 };
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	wg_device_fault_prefix(a->dev, family, family6, sizeof(family));
	sim_send(a, b, 96);
	sim_run(s, NS_PER_S);
	assert_int_equal(a->last_len, 144); /* 100 padded to 112 */
	sim_send(a, b, 1420);
	sim_run(s, NS_PER_S);
	assert_int_equal(sim_drop(b, WG_DROP_IN_NOT_IP), 2);
	assert_int_equal(b->inner_received, 0);
	wg_device_fault_prefix(a->dev, NULL, NULL, 0);
	sim_send(a, b, 96);
	sim_run(s, NS_PER_S);
	assert_int_equal(b->inner_received, 1);
	assert_int_equal(a->last_len, 128);
	sim_free(s);
}

/* One batch for three peers, in and out. */
static void batches_are_cut_into_runs(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s), *c = sim_add(s), *d = sim_add(s);
	struct sim_node *others[] = { b, c, d };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		sim_pair(a, others[i]);
		others[i]->echo = true;
	}
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 60; i++)
			sim_send(a, others[sim_random(s) % 3], 40 + sim_random(s) % 1300);
		sim_run(s, NS_PER_S);
	}
	assert_int_equal(b->inner_received + c->inner_received + d->inner_received, 1200);
	assert_int_equal(a->inner_received, 1200);
	assert_int_equal(sim_drops(a) + sim_drops(b) + sim_drops(c) + sim_drops(d), 0);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(down_sends_nothing),
		cmocka_unit_test(down_drops_what_waits),
		cmocka_unit_test(what_did_not_leave_is_not_counted_as_sent),
		cmocka_unit_test(a_late_socket_is_used_at_once),
		cmocka_unit_test(a_socket_before_the_end_of_patience),
		cmocka_unit_test(a_rebind_makes_no_flood),
		cmocka_unit_test(routes_without_a_socket_make_no_flood),
		cmocka_unit_test(of_129_packets_the_oldest_goes),
		cmocka_unit_test(removing_a_peer),
		cmocka_unit_test(an_endpoint_that_comes_late),
		cmocka_unit_test(icmp_errors_are_limited),
		cmocka_unit_test(allowed_ips_are_device_wide),
		cmocka_unit_test(lowering_the_keepalive_counts_from_now),
		cmocka_unit_test(the_fault_prefix_is_sealed),
		cmocka_unit_test(batches_are_cut_into_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
