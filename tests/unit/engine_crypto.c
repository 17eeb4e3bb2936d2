/* What a `get` says, as facts: unknown stays unknown, only what grew is listed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/engine.h"

static struct uapi_extra number(const char *name, uint64_t v)
{
	return (struct uapi_extra){ .name = name, .value = v, .is_number = true, .text = "" };
}

static void counts_become_facts(void **state)
{
	struct uapi_extra dev[] = { number("up", 1), number("drop_in_mac1", 3),
				    number("drop_in_replay", 0), number("drop_in_of_tomorrow", 2),
				    { .name = "drop_in_tag", .text = "many" } };
	struct uapi_extra peer[] = { number("sealed", 12), number("opened", 11),
				     number("drop_in_mac1", 1) };
	struct uapi_peer p = { .tx_bytes = 1428, .rx_bytes = 1372, .last_handshake_s = 5,
			       .last_handshake_nsec = 7, .extra = peer, .n_extra = 3 };
	struct uapi_device d = { .peers = &p, .n_peers = 1, .extra = dev, .n_extra = 5 };
	struct crypto_facts f;
	struct arena a;

	(void)state;
	arena_init(&a);
	engine_crypto_facts(engine_ops_find("builtin"), &d, &a, &f);
	assert_true(f.known);
	assert_int_equal(f.sealed, 12);
	assert_int_equal(f.opened, 11);
	assert_int_equal(f.tx_bytes, 1428);
	assert_int_equal(f.rx_bytes, 1372);
	assert_int_equal(f.last_handshake_wall_ns, 5 * NS_PER_S + 7);
	assert_int_equal(f.n_refused, 2);
	assert_string_equal(f.refused[0].id, "in_mac1");
	assert_string_equal(f.refused[0].says, "mac1 is not for our public key");
	assert_int_equal(f.refused[0].n, 3);
	assert_string_equal(f.refused[1].id, "in_of_tomorrow");
	assert_string_equal(f.refused[1].says, "a reason this wgdiag does not know");
	arena_done(&a);
}

static void engine_without_counters_is_unknown(void **state)
{
	struct uapi_extra dev[] = { number("drop_in_mac1", 3) };
	struct uapi_peer p = { .tx_bytes = 4 };
	struct uapi_device d = { .peers = &p, .n_peers = 1, .extra = dev, .n_extra = 1 };
	struct crypto_facts f;
	struct arena a;

	(void)state;
	arena_init(&a);
	engine_crypto_facts(engine_ops_find("wireguard-go"), &d, &a, &f);
	assert_false(f.known);
	assert_int_equal(f.sealed, UNKNOWN);
	assert_int_equal(f.opened, UNKNOWN);
	assert_int_equal(f.tx_bytes, 4);
	assert_int_equal(f.n_refused, 0);
	/* One that should have them and lacks them. */
	engine_crypto_facts(engine_ops_find("builtin"), &d, &a, &f);
	assert_false(f.known);
	d.n_peers = 0;
	engine_crypto_facts(engine_ops_find("builtin"), &d, &a, &f);
	assert_int_equal(f.tx_bytes, UNKNOWN);
	assert_int_equal(f.last_handshake_wall_ns, 0);
	arena_done(&a);
}

static void only_what_grew_is_left(void **state)
{
	struct refused_count b[] = { { "in_mac1", "", 3 }, { "in_tag", "", 2 } };
	struct refused_count a[] = { { "in_mac1", "", 3 }, { "in_replay", "", 1 },
				     { "in_tag", "", 7 } };
	struct crypto_facts before = { .known = true, .sealed = 5, .opened = 0, .tx_bytes = 10,
				       .rx_bytes = UNKNOWN, .refused = b, .n_refused = 2 };
	struct crypto_facts after = { .known = true, .sealed = 7, .opened = 0, .tx_bytes = 9,
				      .rx_bytes = 5, .refused = a, .n_refused = 3,
				      .last_handshake_wall_ns = 99 };

	(void)state;
	engine_crypto_difference(&after, &before);
	assert_true(after.known);
	assert_int_equal(after.sealed, 2);
	assert_int_equal(after.opened, 0);
	assert_int_equal(after.tx_bytes, UNKNOWN); /* it went backwards */
	assert_int_equal(after.rx_bytes, UNKNOWN);
	assert_int_equal(after.last_handshake_wall_ns, 99);
	assert_int_equal(after.n_refused, 2);
	assert_string_equal(after.refused[0].id, "in_replay");
	assert_int_equal(after.refused[0].n, 1);
	assert_string_equal(after.refused[1].id, "in_tag");
	assert_int_equal(after.refused[1].n, 5);

	before.known = false;
	engine_crypto_difference(&after, &before);
	assert_false(after.known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_become_facts),
		cmocka_unit_test(engine_without_counters_is_unknown),
		cmocka_unit_test(only_what_grew_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
