/*
 * Two cores over a good link: the handshake, bytes on the wire, padding, ECN, and the
 * keepalives that nobody configured.
 */
#include "sim_test.h"

static void first_packet_brings_the_session(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	sim_send(a, b, 100);
	sim_run(s, NS_PER_S);
	assert_int_equal(b->inner_received, 1);
	assert_int_equal(b->inner_len, 100);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 1);
	assert_int_equal(b->sent[WG_MSG_RESPONSE], 1);
	/* The waiting packet proves the session; a keepalive would say nothing more. */
	assert_int_equal(a->sent[WG_MSG_DATA], 1);
	assert_int_equal(a->keepalives_sent, 0);
	assert_int_equal(a->events[WG_EVENT_HANDSHAKE_COMPLETE], 1);
	assert_int_equal(a->last_event[WG_EVENT_HANDSHAKE_COMPLETE].rtt_ns, 2 * s->link.delay_ns);
	assert_int_equal(b->events[WG_EVENT_HANDSHAKE_COMPLETE], 1);
	assert_int_equal(sim_drops(a) + sim_drops(b), 0);
	assert_int_equal(sim_status(a, b).handshakes, 1);
	assert_true(sim_status(b, a).last_handshake_wall_ns > 0);
	sim_free(s);
}

static void packets_before_the_session_keep_their_order(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	for (int i = 0; i < 100; i++)
		sim_send_in(a, b, 40 + (size_t)i, i * NS_PER_MS / 4);
	sim_run(s, NS_PER_S);
	assert_int_equal(b->inner_received, 100);
	assert_int_equal(b->inner_twice, 0);
	assert_int_equal(b->inner_len, 139); /* the last one came last */
	assert_int_equal(sim_drops(a) + sim_drops(b), 0);
	sim_free(s);
}

/* Selftest of the kernel's driver: 10 pings of 84 bytes. */
static void bytes_are_counted_as_the_kernel_does(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	b->echo = true;
	for (int i = 0; i < 10; i++)
		sim_send_in(a, b, 84, i * NS_PER_S / 5);
	sim_run(s, 3 * NS_PER_S);
	assert_int_equal(a->inner_received, 10);
	assert_int_equal(sim_status(a, b).tx_bytes, 1428);
	assert_int_equal(sim_status(a, b).rx_bytes, 1372);
	assert_int_equal(sim_status(b, a).tx_bytes, 1372);
	assert_int_equal(sim_status(b, a).rx_bytes, 1428);
	assert_int_equal(sim_status(a, b).tx_packets, 10);
	assert_int_equal(sim_status(a, b).rx_packets, 10);
	assert_int_equal(sim_status(a, b).sealed, 10);
	assert_int_equal(sim_status(b, a).opened, 10);
	sim_free(s);
}

static void padding_never_passes_the_mtu(void **state)
{
	static const struct {
		unsigned mtu;
		size_t inner, outer;
	} rows[] = {
		{ 1420, 84, 128 },    { 1420, 96, 128 },    { 1420, 97, 144 },
		{ 1420, 1404, 1440 }, { 1420, 1419, 1452 }, { 1420, 1420, 1452 },
		{ 1299, 1296, 1328 }, { 1299, 1297, 1331 }, { 1299, 1299, 1331 },
		{ 1300, 1299, 1332 }, { 1300, 1300, 1332 }, { 1300, 1400, 1444 },
		{ 0, 1420, 1456 },    { 0, 1299, 1344 },    { 9000, 3001, 3040 },
	};
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	sim_send(a, b, 40);
	sim_run(s, NS_PER_S);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		wg_device_set_mtu(a->dev, rows[i].mtu);
		sim_send(a, b, rows[i].inner);
		sim_run(s, NS_PER_S);
		assert_int_equal(a->last_len, rows[i].outer);
		assert_int_equal(b->inner_len, rows[i].inner); /* the padding is cut off */
	}
	/* Where it is switched off a message is as long as its packet. */
	wg_device_no_padding(a->dev);
	sim_send(a, b, 97);
	sim_run(s, NS_PER_S);
	assert_int_equal(a->last_len, 97 + 32);
	assert_int_equal(b->inner_len, 97);
	sim_free(s);
}

static void ecn_goes_out_and_comes_in(void **state)
{
	uint8_t mem[SIM_SLOT_LEN];
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	sim_send(a, b, 40);
	sim_run(s, NS_PER_S / 100);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 1);
	assert_int_equal(a->last_tos, 0x88);
	sim_run(s, NS_PER_S);
	for (uint8_t ecn = 0; ecn < 4; ecn++) {
		struct wg_pkt p = {
			.mem = mem, .cap = sizeof(mem), .off = WG_PKT_HEADROOM, .len = 64
		};

		sim_inner_packet(mem + p.off, 64, a->number, b->number, 0);
		mem[p.off + 1] = (uint8_t)(0xb8 | ecn); /* the DSCP must not show */
		wg_device_transmit(a->dev, &p, 1, s->now_ns);
		assert_int_equal(a->last_tos, ecn);
		sim_run(s, NS_PER_S);
		assert_int_equal(b->inner_tos, 0xb8 | ecn);
	}
	/* Congestion on the way: the outer mark goes over to an inner packet that can bear it. */
	a->mute = true;
	for (uint8_t ecn = 0; ecn < 4; ecn++) {
		struct wg_pkt p = {
			.mem = mem, .cap = sizeof(mem), .off = WG_PKT_HEADROOM, .len = 64
		};

		sim_inner_packet(mem + p.off, 64, a->number, b->number, 0);
		mem[p.off + 1] = ecn;
		wg_device_transmit(a->dev, &p, 1, s->now_ns);
		sim_inject(s, b, &a->seen, a->last_msg[WG_MSG_DATA], a->last_msg_len[WG_MSG_DATA],
			   3);
		sim_run(s, NS_PER_S);
		/* One that cannot arrives as it was sent: a drop would be ours alone. */
		assert_int_equal(b->inner_tos, ecn ? 3 : 0);
		assert_int_equal(b->inner_received, 6 + ecn);
	}
	assert_int_equal(sim_drops(b), 0);
	sim_free(s);
}

static void keepalive_10_s_after_the_first_unanswered_packet(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	int64_t at_ns;

	(void)state;
	sim_pair(a, b);
	sim_send(a, b, 100);
	sim_run(s, NS_PER_S);
	at_ns = b->inner_at_ns;
	sim_run(s, 60 * NS_PER_S);
	assert_int_equal(b->keepalives_sent, 1);
	assert_int_equal(b->keepalive_at_ns, at_ns + 10 * NS_PER_S);
	assert_int_equal(a->keepalives_sent, 0);
	assert_int_equal(sim_status(a, b).rx_bytes, WG_RESPONSE_LEN + WG_KEEPALIVE_LEN);
	/* It was answer enough: no handshake for silence. */
	assert_int_equal(a->sent[WG_MSG_INITIATION], 1);
	sim_free(s);
}

static void more_packets_bring_one_more_keepalive(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	int64_t at_ns;

	(void)state;
	sim_pair(a, b);
	sim_send(a, b, 100);
	sim_run(s, NS_PER_S);
	at_ns = b->inner_at_ns;
	sim_send(a, b, 100);
	sim_send_in(a, b, 100, 3 * NS_PER_S);
	sim_run(s, 14 * NS_PER_S);
	assert_int_equal(b->keepalives_sent, 1);
	assert_int_equal(b->keepalive_at_ns, at_ns + 10 * NS_PER_S);
	sim_run(s, 120 * NS_PER_S);
	assert_int_equal(b->keepalives_sent, 2);
	assert_int_equal(b->keepalive_at_ns, at_ns + 20 * NS_PER_S);
	sim_free(s);
}

/* Two packets in one batch count as two. */
static void a_batch_brings_one_more_keepalive(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	sim_send(a, b, 100);
	sim_run(s, 60 * NS_PER_S);
	assert_int_equal(b->keepalives_sent, 1);
	sim_send(a, b, 100);
	sim_send(a, b, 100);
	sim_run(s, 15 * NS_PER_S);
	assert_int_equal(b->keepalives_sent, 2);
	sim_run(s, 100 * NS_PER_S);
	assert_int_equal(b->keepalives_sent, 3);
	sim_free(s);
}

static void an_answer_spares_the_keepalive(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	b->echo = true;
	for (int i = 0; i < 20; i++)
		sim_send_in(a, b, 84, i * 9 * NS_PER_S / 10);
	sim_run(s, 20 * NS_PER_S);
	assert_int_equal(b->keepalives_sent, 0);
	sim_free(s);
}

static void idle_peers_fall_silent(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	unsigned sent;

	(void)state;
	sim_pair(a, b);
	b->echo = true;
	for (int i = 0; i < 5; i++)
		sim_send_in(a, b, 84, i * NS_PER_S);
	sim_run(s, 60 * NS_PER_S);
	sent = a->sent[WG_MSG_DATA] + b->sent[WG_MSG_DATA];
	assert_in_range(sent, 10, 14);
	sim_run(s, 3600 * NS_PER_S);
	assert_int_equal(a->sent[WG_MSG_DATA] + b->sent[WG_MSG_DATA], sent);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 1);
	assert_int_equal(b->sent[WG_MSG_INITIATION], 0);
	assert_true(wg_device_next_due(a->dev) == INT64_MAX);
	assert_true(wg_device_next_due(b->dev) == INT64_MAX);
	sim_free(s);
}

static void handshake_after_15_s_of_silence(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	int64_t at_ns;

	(void)state;
	sim_pair(a, b);
	sim_send(a, b, 84);
	sim_run(s, 30 * NS_PER_S);
	b->mute = true;
	at_ns = s->now_ns;
	sim_send(a, b, 84);
	sim_send_in(a, b, 84, 10 * NS_PER_S); /* the first packet counts, not the last */
	sim_run(s, 16 * NS_PER_S);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 2);
	assert_ns_between(a->sent_at_ns[WG_MSG_INITIATION], at_ns + 15 * NS_PER_S,
			  at_ns + 15 * NS_PER_S + 333 * NS_PER_MS);
	assert_int_equal(a->last_event[WG_EVENT_INITIATION_SENT].why, WG_WHY_SILENCE);
	assert_int_equal(a->last_event[WG_EVENT_INITIATION_SENT].attempt, 1);
	/* In case it was the source address. */
	assert_int_equal(sim_status(a, b).endpoint.src.family, FAMILY_NONE);
	sim_free(s);
}

/* Anything authentic breaks the silence, a handshake message too. */
static void an_initiation_breaks_the_silence(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	sim_send(a, b, 84);
	sim_run(s, 30 * NS_PER_S);
	b->mute = true;
	sim_send(a, b, 84);
	sim_run(s, 9 * NS_PER_S);
	wg_device_set_up(b->dev, false, s->now_ns);
	wg_device_set_up(b->dev, true, s->now_ns);
	sim_send(b, a, 84);
	sim_run(s, 0);
	sim_inject(s, a, &b->seen, b->last_msg[WG_MSG_INITIATION], WG_INITIATION_LEN, 0);
	sim_run(s, 30 * NS_PER_S);
	assert_int_equal(a->sent[WG_MSG_RESPONSE], 1);
	assert_int_equal(a->sent[WG_MSG_INITIATION], 1);
	sim_free(s);
}

static void persistent_keepalives_come_at_their_interval(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	int64_t at_ns;

	(void)state;
	sim_pair(a, b);
	at_ns = s->now_ns;
	wg_peer_set_keepalive(sim_peer(a, b), 25, s->now_ns);
	assert_int_equal(a->sent_at_ns[WG_MSG_INITIATION], at_ns); /* raised from 0: at once */
	assert_int_equal(a->last_event[WG_EVENT_INITIATION_SENT].why, WG_WHY_KEEPALIVE);
	sim_run(s, 10 * NS_PER_S);
	/* Nothing waited, so a keepalive proved the session. */
	assert_int_equal(a->keepalives_sent, 1);
	at_ns = a->keepalive_at_ns;
	sim_run(s, 100 * NS_PER_S);
	assert_int_equal(a->keepalives_sent, 5);
	assert_int_equal(a->keepalive_at_ns, at_ns + 100 * NS_PER_S);
	assert_int_equal(b->keepalives_sent, 0); /* a keepalive is not answered */
	sim_run(s, 3600 * NS_PER_S);
	/* Never without a session for longer than a round trip; only a rekeys. */
	assert_int_equal(b->sent[WG_MSG_INITIATION], 0);
	assert_in_range(a->sent[WG_MSG_INITIATION], 24, 30);
	assert_int_equal(sim_drops(a) + sim_drops(b), 0);
	wg_peer_set_keepalive(sim_peer(a, b), 0, s->now_ns);
	at_ns = a->keepalives_sent;
	sim_run(s, 600 * NS_PER_S);
	assert_int_equal(a->keepalives_sent, at_ns);
	sim_free(s);
}

/* A peer that is away for hours: giving up is not for ever when keepalives are wanted. */
static void persistent_keepalives_outlive_giving_up(void **state)
{
	static const uint16_t intervals[] = { 1, 25, 120 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(intervals); i++) {
		struct sim *s = sim_new();
		struct sim_node *a = sim_add(s), *b = sim_add(s);

		sim_pair(a, b);
		b->mute = true;
		wg_peer_set_keepalive(sim_peer(a, b), intervals[i], s->now_ns);
		sim_run(s, 7200 * NS_PER_S);
		assert_true(a->sent[WG_MSG_INITIATION] > 100);
		b->mute = false;
		sim_run(s, (intervals[i] + 6) * NS_PER_S);
		assert_true(a->events[WG_EVENT_HANDSHAKE_COMPLETE] > 0);
		sim_free(s);
	}
}

static void put_ip6(uint8_t b[80], uint8_t from, uint8_t to, uint8_t ecn)
{
	memset(b, 0, 80);
	b[0] = 0x60;
	b[1] = (uint8_t)(ecn << 4);
	b[5] = 80 - 40;
	b[6] = 59; /* no next header */
	b[7] = 64;
	b[8] = b[24] = 0xfd;
	b[23] = from;
	b[39] = to;
}

static void ipv6_inside_and_outside(void **state)
{
	uint8_t mem[SIM_SLOT_LEN];
	struct wg_pkt p = { .mem = mem, .cap = sizeof(mem), .off = WG_PKT_HEADROOM, .len = 80 };
	struct sim *s = sim_new();
	struct sim_node *nodes[2] = { sim_add(s), sim_add(s) };
	struct cidr host = { { FAMILY_IP6, { 0xfd } }, 128 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		nodes[i]->seen.addr =
			(struct ip_addr){ FAMILY_IP6, { 0xfe, 0x80, [15] = (uint8_t)i } };
		nodes[i]->seen.scope_id = 3;
	}
	sim_pair(nodes[0], nodes[1]);
	for (int i = 0; i < 2; i++) {
		host.addr.b[15] = (uint8_t)(2 - i);
		wg_peer_allow(sim_peer(nodes[i], nodes[1 - i]), &host);
	}
	put_ip6(mem + p.off, 1, 2, 1);
	wg_device_transmit(nodes[0]->dev, &p, 1, s->now_ns);
	sim_run(s, NS_PER_S);
	assert_int_equal(nodes[1]->inner_received, 1);
	assert_int_equal(nodes[1]->inner_len, 80);
	assert_int_equal(nodes[0]->last_tos, 1);
	assert_int_equal(nodes[0]->last_len, 112);
	/* Somebody else's address, and then nobody's. */
	p = (struct wg_pkt){ .mem = mem, .cap = sizeof(mem), .off = WG_PKT_HEADROOM, .len = 80 };
	put_ip6(mem + p.off, 9, 2, 0);
	wg_device_transmit(nodes[0]->dev, &p, 1, s->now_ns);
	sim_run(s, NS_PER_S);
	assert_int_equal(sim_drop(nodes[1], WG_DROP_IN_SOURCE), 1);
	assert_int_equal(nodes[1]->last_event[WG_EVENT_SOURCE].addr.family, FAMILY_IP6);
	assert_int_equal(nodes[1]->last_event[WG_EVENT_SOURCE].addr.b[15], 9);
	/* And what has an address of the link only, or none yet. */
	for (int i = 0; i < 2; i++) {
		p = (struct wg_pkt){
			.mem = mem, .cap = sizeof(mem), .off = WG_PKT_HEADROOM, .len = 80
		};
		put_ip6(mem + p.off, i ? 9 : 0, 2, 0);
		mem[p.off + 8] = i ? 0xfe : 0;
		mem[p.off + 9] = i ? 0xbf : 0;
		wg_device_transmit(nodes[0]->dev, &p, 1, s->now_ns);
	}
	sim_run(s, NS_PER_S);
	assert_int_equal(sim_drop(nodes[1], WG_DROP_IN_SOURCE), 1);
	assert_int_equal(sim_drop(nodes[1], WG_DROP_IN_SOURCE_LINK), 2);
	p = (struct wg_pkt){ .mem = mem, .cap = sizeof(mem), .off = WG_PKT_HEADROOM, .len = 80 };
	put_ip6(mem + p.off, 1, 9, 0);
	wg_device_transmit(nodes[0]->dev, &p, 1, s->now_ns);
	assert_int_equal(sim_drop(nodes[0], WG_DROP_OUT_NO_PEER), 1);
	assert_int_equal(nodes[0]->icmp_errors, 1);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_packet_brings_the_session),
		cmocka_unit_test(packets_before_the_session_keep_their_order),
		cmocka_unit_test(bytes_are_counted_as_the_kernel_does),
		cmocka_unit_test(padding_never_passes_the_mtu),
		cmocka_unit_test(ecn_goes_out_and_comes_in),
		cmocka_unit_test(keepalive_10_s_after_the_first_unanswered_packet),
		cmocka_unit_test(more_packets_bring_one_more_keepalive),
		cmocka_unit_test(a_batch_brings_one_more_keepalive),
		cmocka_unit_test(an_answer_spares_the_keepalive),
		cmocka_unit_test(idle_peers_fall_silent),
		cmocka_unit_test(handshake_after_15_s_of_silence),
		cmocka_unit_test(an_initiation_breaks_the_silence),
		cmocka_unit_test(persistent_keepalives_come_at_their_interval),
		cmocka_unit_test(persistent_keepalives_outlive_giving_up),
		cmocka_unit_test(ipv6_inside_and_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
