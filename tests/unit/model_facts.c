/*
 * Facts start unknown, gaps and needs exclude each other, and a difference is only one of known
 * numbers.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "model/facts.h"

static int setup(void **state)
{
	struct facts *f = malloc(sizeof(*f));

	if (!f)
		return -1;
	memset(f, 0x55, sizeof(*f));
	facts_init(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void all_unknown(const int64_t *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		assert_int_equal(v[i], UNKNOWN);
}

static void test_nothing_known(void **state)
{
	const struct facts *f = *state;
	unsigned i;

	assert_int_equal(f->have, 0);
	for (i = 0; i < NEED_COUNT; i++)
		assert_non_null(f->gaps[i].why);
	for (i = 0; i < END_COUNT; i++) {
		all_unknown(f->tun[i].before, LINK_COUNTER_COUNT);
		all_unknown(f->tun[i].after, LINK_COUNTER_COUNT);
		all_unknown(f->wire[i].before, LINK_COUNTER_COUNT);
		all_unknown(f->wire[i].after, LINK_COUNTER_COUNT);
		assert_false(f->tun[i].start.known || f->tun[i].end.known);
		assert_false(f->net_start[i].known || f->net_end[i].known);
		assert_int_equal(f->engine[i].start_ns, UNKNOWN);
		assert_int_equal(f->engine[i].exit_status, UNKNOWN);
		assert_int_equal(f->crypto[i].sealed, UNKNOWN);
		assert_false(f->crypto[i].known);
	}
	for (i = 0; i < TAP_COUNT; i++) {
		const struct tap_facts *t = &f->taps[i];

		all_unknown(&t->msgs[0][0], sizeof(t->msgs) / sizeof(int64_t));
		all_unknown(t->keepalives, TAP_DIR_COUNT);
		all_unknown(t->msg_bytes, TAP_DIR_COUNT);
		all_unknown(t->packets, TAP_DIR_COUNT);
		all_unknown(t->not_ip, TAP_DIR_COUNT);
		assert_int_equal(t->dropped, UNKNOWN);
		assert_int_equal(t->icmp_errors, UNKNOWN);
		assert_int_equal(t->first_initiation_ns, UNKNOWN);
	}
	assert_int_equal(f->ping_peer.sent, UNKNOWN);
	assert_int_equal(f->ping_self.mdev_ns, UNKNOWN);
	assert_int_equal(f->ping_self.dev_is_tun, UNKNOWN);
	assert_int_equal(f->handshake.response_ns, UNKNOWN);
	assert_null(f->streams);
	assert_int_equal(f->n_streams, 0);
}

static void test_have_and_gap(void **state)
{
	struct facts *f = *state;
	unsigned i;

	for (i = 0; i < NEED_COUNT; i++) {
		facts_have(f, (enum need)i);
		assert_int_equal(f->have, NEED_BIT(i));
		assert_null(f->gaps[i].why);
		facts_gap(f, (enum need)i, "it was taken away", "give it back");
		assert_int_equal(f->have, 0);
		assert_string_equal(f->gaps[i].why, "it was taken away");
		assert_string_equal(f->gaps[i].remedy, "give it back");
	}
	for (i = 0; i < NEED_COUNT; i++)
		facts_have(f, (enum need)i);
	facts_gap(f, NEED_STREAMS, "no", NULL);
	assert_int_equal(f->have, (NEED_BIT(NEED_COUNT) - 1) & ~NEED_BIT(NEED_STREAMS));
}

static const struct {
	int64_t before, after, difference;
} differences[] = {
	{ 0, 0, 0 },
	{ 5, 5, 0 },
	{ 5, 7, 2 },
	{ 0, INT64_MAX, INT64_MAX },
	{ 7, 5, UNKNOWN }, /* the link was made anew */
	{ UNKNOWN, 5, UNKNOWN },
	{ 5, UNKNOWN, UNKNOWN },
	{ UNKNOWN, UNKNOWN, UNKNOWN },
};

static void test_difference(void **state)
{
	struct link_facts *l = &((struct facts *)*state)->tun[END_NEAR];
	size_t i, c;

	for (i = 0; i < ARRAY_LEN(differences); i++) {
		for (c = 0; c < LINK_COUNTER_COUNT; c++) {
			l->before[c] = differences[i].before;
			l->after[c] = differences[i].after;
			assert_int_equal(link_difference(l, (enum link_counter)c),
					 differences[i].difference);
			l->before[c] = l->after[c] = UNKNOWN;
		}
	}
}

static void test_names(void **state)
{
	unsigned a, b;

	(void)state;
	for (a = 0; a < LINK_COUNTER_COUNT; a++) {
		const char *s = link_counter_str((enum link_counter)a);

		assert_true(!strncmp(s, "rx_", 3) == (a < LINK_TX_PACKETS));
		assert_true(!strncmp(s, "tx_", 3) == (a >= LINK_TX_PACKETS));
		for (b = 0; b < a; b++)
			assert_string_not_equal(s, link_counter_str((enum link_counter)b));
	}
	assert_string_equal(link_counter_str(LINK_RX_FRAME), "rx_frame_errors");
	assert_string_equal(link_counter_str(LINK_TX_HEARTBEAT), "tx_heartbeat_errors");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_known, setup, teardown),
		cmocka_unit_test_setup_teardown(test_have_and_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_difference, setup, teardown),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
