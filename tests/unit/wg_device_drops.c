/*
 * One crafted packet for each reason why a packet may be refused: one count for that
 * reason, none for another, and none where it was not refused. A reason without a case
 * here fails.
 */
#include "sim_craft.h"
#include "sim_test.h"
#include "wg/device_priv.h"
#include "wire/ip.h"

/* a and b with a session that a initiated; what is refused is refused by b, or by a. */
struct scene {
	struct sim *s;
	struct sim_node *a, *b;
	struct cookie_sender cookies; /* of somebody who sends to b */
	struct sim_node *refuser;
};

static const struct endpoint *whence(const struct scene *c)
{
	return &c->a->seen;
}

static void inject(struct scene *c, const void *b, size_t len)
{
	sim_inject(c->s, c->b, whence(c), b, len, 0);
	sim_run(c->s, 0);
}

static void established(struct scene *c)
{
	sim_pair(c->a, c->b);
	sim_send(c->a, c->b, 84);
	sim_run(c->s, NS_PER_S);
	assert_int_equal(c->b->inner_received, 1);
}

/* The next data message of a, which does not reach the network. */
static uint8_t *caught(struct scene *c, size_t *len)
{
	c->a->mute = true;
	sim_send(c->a, c->b, 84);
	sim_run(c->s, 0);
	*len = c->a->last_msg_len[WG_MSG_DATA];
	return c->a->last_msg[WG_MSG_DATA];
}

static void transmit(struct scene *c, struct sim_node *from, const void *b, size_t len, size_t cap)
{
	uint8_t mem[SIM_SLOT_LEN];
	struct wg_pkt p = {
		.mem = mem, .cap = (uint32_t)cap, .off = WG_PKT_HEADROOM, .len = (uint32_t)len
	};

	memcpy(mem + p.off, b, len);
	wg_device_transmit(from->dev, &p, 1, c->s->now_ns);
	c->refuser = from;
}

static void transmit_inner(struct scene *c, size_t cap)
{
	uint8_t b[84];

	sim_inner_packet(b, sizeof(b), c->a->number, c->b->number, 0);
	transmit(c, c->a, b, sizeof(b), cap);
}

/* --- outbound --- */

static void out_not_ip(struct scene *c)
{
	static const uint8_t b[40] = { 0x30 };

	transmit(c, c->a, b, sizeof(b), SIM_SLOT_LEN);
}

static void out_short(struct scene *c)
{
	static const uint8_t b[19] = { 0x45 };

	transmit(c, c->a, b, sizeof(b), SIM_SLOT_LEN);
}

static void out_down(struct scene *c)
{
	sim_pair(c->a, c->b);
	wg_device_set_up(c->a->dev, false, c->s->now_ns);
	transmit_inner(c, SIM_SLOT_LEN);
}

static void out_no_peer(struct scene *c)
{
	transmit_inner(c, SIM_SLOT_LEN);
	assert_int_equal(c->a->icmp_errors, 1);
}

static void out_no_endpoint(struct scene *c)
{
	sim_know(c->a, c->b, false);
	transmit_inner(c, SIM_SLOT_LEN);
	assert_int_equal(c->a->icmp_errors, 1);
}

static void out_staged_full(struct scene *c)
{
	sim_pair(c->a, c->b);
	c->b->mute = true;
	for (int i = 0; i < STAGED_MAX + 1; i++)
		transmit_inner(c, SIM_SLOT_LEN);
}

static void out_give_up(struct scene *c)
{
	sim_pair(c->a, c->b);
	c->a->mute = true;
	transmit_inner(c, SIM_SLOT_LEN);
	sim_run(c->s, 110 * NS_PER_S);
}

static void out_purged(struct scene *c)
{
	sim_pair(c->a, c->b);
	transmit_inner(c, SIM_SLOT_LEN);
	wg_device_peer_remove(c->a->dev, sim_peer(c->a, c->b));
}

static void out_too_long(struct scene *c)
{
	sim_pair(c->a, c->b);
	transmit_inner(c, WG_PKT_HEADROOM + 84 + WG_PKT_TAILROOM - 1);
}

/* The peer may route everything to us, its own endpoint included: that is what loops. */
static void out_loop(struct scene *c)
{
	struct wg_peer_status st;
	uint8_t b[28] = { 0x45, [3] = sizeof(b), [8] = 64, [9] = IP_PROTO_UDP };
	struct cidr all = { .addr.family = FAMILY_IP4 };

	sim_pair(c->a, c->b);
	wg_peer_allow(sim_peer(c->a, c->b), &all);
	wg_peer_status(sim_peer(c->a, c->b), &st);
	assert_int_equal(st.endpoint.addr.family, FAMILY_IP4);
	memcpy(b + 16, st.endpoint.addr.b, 4);
	b[22] = (uint8_t)(st.endpoint.port >> 8);
	b[23] = (uint8_t)st.endpoint.port;
	transmit(c, c->a, b, sizeof(b), SIM_SLOT_LEN);
	secret_key_done(&st.psk);
}

/* --- inbound: the outside --- */

static void in_short(struct scene *c)
{
	inject(c, (uint8_t[31]){ WG_MSG_DATA }, 31);
}

static void in_reserved(struct scene *c)
{
	inject(c, (uint8_t[32]){ WG_MSG_DATA, 0, 0, 1 }, 32);
}

static void in_unknown_type(struct scene *c)
{
	inject(c, (uint8_t[32]){ 5 }, 32);
}

static void in_wrong_len(struct scene *c)
{
	inject(c, (uint8_t[149]){ WG_MSG_INITIATION }, 149);
}

static void in_down(struct scene *c)
{
	wg_device_set_up(c->b->dev, false, c->s->now_ns);
	inject(c, (uint8_t[32]){ WG_MSG_DATA }, 32);
}

/* --- inbound: handshakes --- */

static void craft(struct scene *c, const struct secret_key *k, int64_t wall_ns, uint8_t msg[148])
{
	craft_initiation(c->s, k, c->b, wall_ns, &c->cookies, msg);
}

static void in_no_private_key(struct scene *c)
{
	const struct secret_key none = { { 0 } };
	uint8_t msg[WG_INITIATION_LEN];

	craft(c, &c->a->private_key, sim_wall_ns(c->s), msg);
	wg_device_set_private_key(c->b->dev, &none, c->s->now_ns);
	inject(c, msg, sizeof(msg));
}

static void in_mac1(struct scene *c)
{
	uint8_t msg[WG_INITIATION_LEN];

	sim_pair(c->a, c->b);
	craft(c, &c->a->private_key, sim_wall_ns(c->s), msg);
	msg[20] ^= 1;
	inject(c, msg, sizeof(msg));
}

static void in_mac2_missing(struct scene *c)
{
	uint8_t msg[WG_INITIATION_LEN];

	sim_pair(c->a, c->b);
	wg_device_force_load(c->b->dev, true);
	craft(c, &c->a->private_key, sim_wall_ns(c->s), msg);
	inject(c, msg, sizeof(msg));
	assert_int_equal(c->b->sent[WG_MSG_COOKIE_REPLY], 1);
}

/* A cookie, without the message that would have to be refused for it. */
static void take_cookie(struct scene *c, const uint8_t *msg)
{
	struct wg_msg_cookie_reply reply;
	uint8_t fresh[32] = { 1 }, nonce[WG_COOKIE_NONCE_LEN] = { 2 };

	cookie_reply_create(&c->b->dev->checker, msg, WG_INITIATION_LEN, whence(c), c->s->now_ns,
			    fresh, nonce, &reply);
	assert_int_equal(cookie_sender_consume(&c->cookies, &reply, c->s->now_ns), WG_DROP_NONE);
}

static void in_rate_limit(struct scene *c)
{
	uint8_t msg[WG_INITIATION_LEN];

	sim_pair(c->a, c->b);
	wg_device_force_load(c->b->dev, true);
	c->b->mute = true; /* a did not ask */
	craft(c, &c->a->private_key, sim_wall_ns(c->s), msg);
	take_cookie(c, msg);
	for (int i = 0; i < 40 && sim_drops(c->b) == 0; i++) {
		craft(c, &c->a->private_key, sim_wall_ns(c->s), msg);
		inject(c, msg, sizeof(msg));
		sim_run(c->s, 25 * NS_PER_MS); /* no flood, but 40 a second */
	}
}

static void in_static(struct scene *c)
{
	uint8_t msg[WG_INITIATION_LEN];

	sim_pair(c->a, c->b);
	craft_flood_message(c->s, &c->cookies, msg);
	inject(c, msg, sizeof(msg));
}

static void in_unknown_peer(struct scene *c)
{
	uint8_t msg[WG_INITIATION_LEN];

	craft(c, &c->a->private_key, sim_wall_ns(c->s), msg);
	inject(c, msg, sizeof(msg));
	assert_int_equal(c->b->events[WG_EVENT_UNKNOWN_PEER], 1);
}

static void in_timestamp(struct scene *c)
{
	uint8_t msg[WG_INITIATION_LEN];

	sim_pair(c->a, c->b);
	craft(c, &c->a->private_key, sim_wall_ns(c->s), msg);
	msg[WG_INITIATION_LEN - 2 * WG_MAC_LEN - 1] ^= 1;
	craft_macs(c->s, &c->cookies, msg, sizeof(msg));
	inject(c, msg, sizeof(msg));
}

static void in_replayed_initiation(struct scene *c)
{
	established(c);
	inject(c, c->a->last_msg[WG_MSG_INITIATION], WG_INITIATION_LEN);
}

static void in_flood(struct scene *c)
{
	uint8_t msg[WG_INITIATION_LEN];

	sim_know(c->b, c->a, true);
	c->b->mute = true; /* a did not ask */
	for (int i = 0; i < 2; i++) {
		craft(c, &c->a->private_key, sim_wall_ns(c->s) + i * NS_PER_S, msg);
		inject(c, msg, sizeof(msg));
		sim_run(c->s, 19 * NS_PER_MS);
	}
}

static void in_low_order(struct scene *c)
{
	uint8_t msg[WG_INITIATION_LEN];

	sim_pair(c->a, c->b);
	craft(c, &c->a->private_key, sim_wall_ns(c->s), msg);
	memset(msg + 8, 0, WG_KEY_LEN); /* the ephemeral */
	craft_macs(c->s, &c->cookies, msg, sizeof(msg));
	inject(c, msg, sizeof(msg));
}

static void in_unknown_index(struct scene *c)
{
	established(c);
	inject(c, (uint8_t[32]){ WG_MSG_DATA, [4] = 1 }, 32);
}

static void in_wrong_state(struct scene *c)
{
	established(c);
	sim_inject(c->s, c->a, &c->b->seen, c->b->last_msg[WG_MSG_RESPONSE], WG_RESPONSE_LEN, 0);
	sim_run(c->s, 0);
	c->refuser = c->a;
}

static void in_response(struct scene *c)
{
	const struct secret_key psk = { { 1 } };

	sim_pair(c->a, c->b);
	wg_peer_set_psk(sim_peer(c->a, c->b), &psk);
	sim_send(c->a, c->b, 84);
	sim_run(c->s, NS_PER_S);
	c->refuser = c->a;
}

static void in_cookie(struct scene *c)
{
	struct wg_msg_cookie_reply m = { 0 };
	uint8_t msg[WG_COOKIE_REPLY_LEN];

	established(c);
	m.receiver = sim_peer(c->b, c->a)->sessions.current->index.value;
	wg_msg_write_cookie_reply(&m, msg);
	inject(c, msg, sizeof(msg));
}

/* --- inbound: data --- */

static void in_expired(struct scene *c)
{
	size_t len;
	uint8_t *msg;

	established(c);
	msg = caught(c, &len);
	sim_peer(c->b, c->a)->sessions.current->born_ns -= REJECT_AFTER_TIME_S * NS_PER_S;
	inject(c, msg, len);
}

static void in_tag(struct scene *c)
{
	size_t len;
	uint8_t *msg;

	established(c);
	msg = caught(c, &len);
	msg[len - 1] ^= 1;
	inject(c, msg, len);
}

static void in_replay(struct scene *c)
{
	established(c);
	inject(c, c->a->last_msg[WG_MSG_DATA], c->a->last_msg_len[WG_MSG_DATA]);
}

static void in_too_old(struct scene *c)
{
	uint8_t msg[SIM_SLOT_LEN];
	size_t len;

	established(c);
	memcpy(msg, caught(c, &len), SIM_SLOT_LEN);
	sim_peer(c->a, c->b)->sessions.current->send_counter += REPLAY_BITS;
	caught(c, &len);
	inject(c, c->a->last_msg[WG_MSG_DATA], len);
	assert_int_equal(c->b->inner_received, 2);
	inject(c, msg, len);
}

static void sealed_with(struct scene *c, const void *prefix, size_t len)
{
	established(c);
	wg_device_fault_prefix(c->a->dev, prefix, prefix, len);
	sim_send(c->a, c->b, 84);
	sim_run(c->s, NS_PER_S);
}

static void in_not_ip(struct scene *c)
{
	sealed_with(c, (uint8_t[4]){ 0, 0, 0, 2 }, 4);
}

static void in_length(struct scene *c)
{
	sealed_with(c, (uint8_t[4]){ 0x45, 0, 0xff, 0xff }, 4);
}

static void in_source(struct scene *c)
{
	uint8_t b[84];

	established(c);
	sim_inner_packet(b, sizeof(b), 98, c->b->number, 0);
	transmit(c, c->a, b, sizeof(b), SIM_SLOT_LEN);
	sim_run(c->s, NS_PER_S);
	c->refuser = c->b;
}

/* What a system sends into each link from the address that it gave itself there. */
static void in_source_link(struct scene *c)
{
	static const uint8_t own[4] = { 169, 254, 3, 7 };
	uint8_t b[84];

	established(c);
	sim_inner_packet(b, sizeof(b), 98, c->b->number, 0);
	memcpy(b + 12, own, sizeof(own));
	transmit(c, c->a, b, sizeof(b), SIM_SLOT_LEN);
	sim_run(c->s, NS_PER_S);
	c->refuser = c->b;
}

/* From a router that no peer has, about a packet that went to the peer. */
static void sends_error(struct scene *c, unsigned about)
{
	uint8_t b[28 + 84];

	established(c);
	sim_inner_packet(b, sizeof(b), 98, c->b->number, 0);
	b[9] = 1; /* ICMP */
	b[20] = 3;
	b[21] = 1;
	sim_inner_packet(b + 28, 84, c->b->number, about, 0);
	transmit(c, c->a, b, sizeof(b), SIM_SLOT_LEN);
	sim_run(c->s, NS_PER_S);
	c->refuser = c->b;
}

static void in_source_error(struct scene *c)
{
	sends_error(c, c->a->number);
	assert_int_equal(c->b->events[WG_EVENT_SOURCE], 1);
}

/* --- the table --- */

static const struct drop_case {
	void (*run)(struct scene *c);
	bool has_peer; /* the peer is known by then, and counts it as well */
} cases[WG_DROP_IO_FIRST] = {
	[WG_DROP_OUT_NOT_IP] = { out_not_ip, false },
	[WG_DROP_OUT_SHORT] = { out_short, false },
	[WG_DROP_OUT_DOWN] = { out_down, false },
	[WG_DROP_OUT_NO_PEER] = { out_no_peer, false },
	[WG_DROP_OUT_NO_ENDPOINT] = { out_no_endpoint, true },
	[WG_DROP_OUT_STAGED_FULL] = { out_staged_full, true },
	[WG_DROP_OUT_GIVE_UP] = { out_give_up, true },
	[WG_DROP_OUT_PURGED] = { out_purged, false /* it is gone */ },
	[WG_DROP_OUT_TOO_LONG] = { out_too_long, true },
	[WG_DROP_OUT_LOOP] = { out_loop, true },
	[WG_DROP_IN_SHORT] = { in_short, false },
	[WG_DROP_IN_RESERVED] = { in_reserved, false },
	[WG_DROP_IN_UNKNOWN_TYPE] = { in_unknown_type, false },
	[WG_DROP_IN_WRONG_LEN] = { in_wrong_len, false },
	[WG_DROP_IN_DOWN] = { in_down, false },
	[WG_DROP_IN_NO_PRIVATE_KEY] = { in_no_private_key, false },
	[WG_DROP_IN_MAC1] = { in_mac1, false },
	[WG_DROP_IN_MAC2_MISSING] = { in_mac2_missing, false },
	[WG_DROP_IN_RATE_LIMIT] = { in_rate_limit, false },
	[WG_DROP_IN_STATIC] = { in_static, false },
	[WG_DROP_IN_UNKNOWN_PEER] = { in_unknown_peer, false },
	[WG_DROP_IN_TIMESTAMP] = { in_timestamp, true },
	[WG_DROP_IN_REPLAYED_INITIATION] = { in_replayed_initiation, true },
	[WG_DROP_IN_FLOOD] = { in_flood, true },
	[WG_DROP_IN_LOW_ORDER] = { in_low_order, false },
	[WG_DROP_IN_UNKNOWN_INDEX] = { in_unknown_index, false },
	[WG_DROP_IN_WRONG_STATE] = { in_wrong_state, true },
	[WG_DROP_IN_RESPONSE] = { in_response, true },
	[WG_DROP_IN_COOKIE] = { in_cookie, true },
	[WG_DROP_IN_EXPIRED] = { in_expired, true },
	[WG_DROP_IN_TAG] = { in_tag, true },
	[WG_DROP_IN_REPLAY] = { in_replay, true },
	[WG_DROP_IN_TOO_OLD] = { in_too_old, true },
	[WG_DROP_IN_NOT_IP] = { in_not_ip, true },
	[WG_DROP_IN_LENGTH] = { in_length, true },
	[WG_DROP_IN_SOURCE] = { in_source, true },
	[WG_DROP_IN_SOURCE_LINK] = { in_source_link, true },
	[WG_DROP_IN_SOURCE_ERROR] = { in_source_error, true },
};

static void check_peers(const struct scene *c, enum wg_drop why, bool has_peer)
{
	const struct wg_peer *p = wg_device_next_peer(c->refuser->dev, NULL);
	struct wg_peer_status st;

	if (!p)
		return;
	wg_peer_status(p, &st);
	for (int w = 0; w < WG_DROP_COUNT; w++)
		assert_int_equal(st.drops[w], has_peer && w == (int)why);
}

static void each_reason_counts_once(void **state)
{
	(void)state;
	for (enum wg_drop why = WG_DROP_NONE + 1; why < WG_DROP_IO_FIRST; why++) {
		struct scene c = { .s = sim_new() };

		printf("# %s\n", wg_drop_id(why));
		assert_non_null(cases[why].run);
		c.a = sim_add(c.s);
		c.refuser = c.b = sim_add(c.s);
		cookie_sender_init(&c.cookies, &c.b->public_key);
		cases[why].run(&c);
		assert_int_equal(sim_drop(c.refuser, why), 1);
		assert_int_equal(sim_drops(c.a) + sim_drops(c.b), 1);
		check_peers(&c, why, cases[why].has_peer);
		cookie_sender_done(&c.cookies);
		sim_free(c.s);
	}
}

/* About what never went to the peer: who sends that is at a wrong address, as any. */
static void error_about_others(void **state)
{
	struct scene c = { .s = sim_new() };

	(void)state;
	c.a = sim_add(c.s);
	c.refuser = c.b = sim_add(c.s);
	sends_error(&c, 97);
	assert_int_equal(sim_drop(c.b, WG_DROP_IN_SOURCE), 1);
	assert_int_equal(sim_drop(c.b, WG_DROP_IN_SOURCE_ERROR), 0);
	sim_free(c.s);
}

/* Of what it forwards nobody is told as if from where that went to. */
static void forwarded_has_no_error(void **state)
{
	struct scene c = { .s = sim_new() };

	(void)state;
	c.a = sim_add(c.s);
	c.b = sim_add(c.s);
	c.a->forwards = true;
	transmit_inner(&c, SIM_SLOT_LEN);
	assert_int_equal(sim_drop(c.a, WG_DROP_OUT_NO_PEER), 1);
	assert_int_equal(c.a->icmp_errors, 0);
	sim_free(c.s);
}

/* The system's refusals come from outside; all there is to test is the counting. */
static void what_the_system_refused_is_counted(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	sim_pair(a, b);
	for (enum wg_drop why = WG_DROP_IO_FIRST; why < WG_DROP_COUNT; why++) {
		wg_device_count_drop(a->dev, sim_peer(a, b), why, 2);
		wg_device_count_drop(a->dev, NULL, why, 1);
		assert_int_equal(sim_drop(a, why), 3);
		assert_int_equal(sim_status(a, b).drops[why], 2);
	}
	assert_int_equal(sim_drops(a), 3 * (WG_DROP_COUNT - WG_DROP_IO_FIRST));
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_counts_once),
		cmocka_unit_test(error_about_others),
		cmocka_unit_test(forwarded_has_no_error),
		cmocka_unit_test(what_the_system_refused_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
