/*
 * Peers and keys of a device, without traffic; and many of them.
 */
#include "sim_test.h"
#include "wg/device_priv.h"

static struct public_key numbered_key(uint32_t n)
{
	struct public_key k = { { 9 } };

	memcpy(k.b + 8, &n, sizeof(n));
	return k;
}

static void peers_are_found_by_key_and_in_order(void **state)
{
	enum { N = 5000 };
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s);
	struct wg_peer *p = NULL;
	struct public_key k;
	struct wg_peer_status st;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		k = numbered_key(i);
		p = wg_device_peer_add(a->dev, &k, s->now_ns);
		assert_non_null(p);
		assert_ptr_equal(wg_device_peer_add(a->dev, &k, s->now_ns), p);
	}
	for (uint32_t i = 0; i < N; i += 2) {
		k = numbered_key(i);
		wg_device_peer_remove(a->dev, wg_device_peer(a->dev, &k));
		assert_null(wg_device_peer(a->dev, &k));
	}
	p = NULL;
	for (uint32_t i = 1; i < N; i += 2) {
		p = wg_device_next_peer(a->dev, p);
		k = numbered_key(i);
		assert_ptr_equal(wg_device_peer(a->dev, &k), p);
		wg_peer_status(p, &st);
		assert_true(public_key_equal(&st.public_key, &k));
		assert_int_equal(st.number, i + 1); /* a number is never given twice */
	}
	assert_null(wg_device_next_peer(a->dev, p));
	wg_device_remove_all_peers(a->dev);
	assert_null(wg_device_next_peer(a->dev, NULL));
	assert_int_equal(a->dev->heap.n, 0);
	sim_free(s);
}

static void we_are_no_peer_of_ours(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	assert_null(wg_device_peer_add(a->dev, &a->public_key, s->now_ns));
	sim_know(a, b, true);
	/* We become b: the peer b goes. */
	wg_device_set_private_key(a->dev, &b->private_key, s->now_ns);
	assert_null(wg_device_next_peer(a->dev, NULL));
	assert_null(wg_device_peer_add(a->dev, &b->public_key, s->now_ns));
	/* And who we were may be a peer now. */
	assert_non_null(wg_device_peer_add(a->dev, &a->public_key, s->now_ns));
	sim_free(s);
}

static void a_private_key_is_kept_clamped(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s);
	struct secret_key all = { { 0 } }, got;
	struct public_key public, expected;

	(void)state;
	memset(&all, 0xff, sizeof(all));
	wg_device_set_private_key(a->dev, &all, s->now_ns);
	assert_true(wg_device_private_key(a->dev, &got));
	assert_int_equal(got.b[0], 0xf8);
	assert_int_equal(got.b[31], 0x7f);
	assert_true(wg_device_public_key(a->dev, &public));
	assert_true(public_key_of(&got, &expected));
	assert_true(public_key_equal(&public, &expected));
	memset(&all, 0, sizeof(all));
	wg_device_set_private_key(a->dev, &all, s->now_ns);
	assert_false(wg_device_private_key(a->dev, &got));
	assert_false(wg_device_public_key(a->dev, &public));
	sim_free(s);
}

/* The seven points of the kernel's selftest: configured, yes; a packet, never. */
static void low_order_peers_are_silent(void **state)
{
	static const char *const points[] = {
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA=",
		"X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEVc=",
		"7P///////////////////////////////////////38=",
		"7f///////////////////////////////////////38=",
		"7v///////////////////////////////////////38=",
	};
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(points); i++) {
		assert_true(public_key_from_base64(points[i], &b->public_key));
		sim_know(a, b, true);
		wg_peer_set_keepalive(sim_peer(a, b), 1, s->now_ns);
		sim_send(a, b, 84);
		sim_run(s, 200 * NS_PER_S);
		assert_int_equal(sim_status(a, b).n_staged, 1);
		wg_device_peer_remove(a->dev, sim_peer(a, b));
	}
	for (int t = 0; t < SIM_MSG_TYPES; t++)
		assert_int_equal(a->sent[t], 0);
	sim_free(s);
}

struct count {
	unsigned n;
	struct cidr last;
};

static bool count_one(void *ctx, const struct cidr *c)
{
	struct count *n = ctx;

	n->n++;
	n->last = *c;
	return true;
}

static unsigned allowed_of(const struct wg_peer *p)
{
	struct count n = { 0 };

	wg_peer_each_allowed(p, count_one, &n);
	return n.n;
}

static void allowed_ips_move(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s), *c = sim_add(s);
	struct wg_peer *pb = sim_know(a, b, true), *pc = sim_know(a, c, true);
	struct cidr net;

	(void)state;
	assert_true(cidr_parse("10.7.0.0/16", &net));
	wg_peer_allow(pb, &net);
	assert_int_equal(allowed_of(pb), 2);
	wg_peer_allow(pc, &net);
	assert_int_equal(allowed_of(pb), 1);
	assert_int_equal(allowed_of(pc), 2);
	wg_peer_disallow(pb, &net); /* not his */
	assert_int_equal(allowed_of(pc), 2);
	wg_peer_disallow(pc, &net);
	assert_int_equal(allowed_of(pc), 1);
	wg_peer_disallow_all(pc);
	assert_int_equal(allowed_of(pc), 0);
	wg_device_peer_remove(a->dev, pb);
	assert_int_equal(allowedips_count(a->dev->allowed), 0);
	sim_free(s);
}

static void every_why_has_words(void **state)
{
	(void)state;
	for (enum wg_why w = 0; w < WG_WHY_COUNT; w++)
		assert_true(strlen(wg_why_str(w)) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peers_are_found_by_key_and_in_order),
		cmocka_unit_test(we_are_no_peer_of_ours),
		cmocka_unit_test(a_private_key_is_kept_clamped),
		cmocka_unit_test(low_order_peers_are_silent),
		cmocka_unit_test(allowed_ips_move),
		cmocka_unit_test(every_why_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
