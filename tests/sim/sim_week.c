/*
 * A week of light traffic over a bad link: 5 % loss, packets that overtake each other and
 * packets that come twice. What the link carries must arrive, once; sessions come and go;
 * nothing grows.
 */
#include <malloc.h>
#include <stdio.h>

#include "sim_test.h"
#include "wg/device_priv.h"

enum { DAYS = 7, DAY_S = 86400, HOUR_S = 3600 };

/* A packet about every 10 s each way; now and then nobody says anything for some minutes. */
static void traffic_of_an_hour(struct sim *s, struct sim_node *from, struct sim_node *to)
{
	int64_t at_ms = 0;

	for (;;) {
		at_ms += sim_random(s) % 200 ? sim_random(s) % 20000 : sim_random(s) % 900000;
		if (at_ms >= HOUR_S * 1000)
			return;
		sim_send_in(from, to, 32 + sim_random(s) % 1389, at_ms * NS_PER_MS);
	}
}

static void check_size(const struct sim_node *n)
{
	assert_in_range(n->dev->indices.n, 0, 4);
	assert_int_equal(n->dev->heap.n, 1);
}

/* Data that was refused for another reason than having come before. */
static uint64_t refused(const struct sim_node *n)
{
	return sim_drop(n, WG_DROP_IN_EXPIRED) + sim_drop(n, WG_DROP_IN_UNKNOWN_INDEX);
}

static void a_week(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	size_t used_after_a_day = 0;
	uint64_t sent, distinct;

	(void)state;
	s->link = (struct sim_link){ .loss_permille = 50,
				     .duplicate_permille = 20,
				     .reorder_permille = 50,
				     .delay_ns = 30 * NS_PER_MS,
				     .reorder_ns = 3 * NS_PER_S };
	sim_pair(a, b);
	for (int hour = 0; hour < DAYS * 24; hour++) {
		traffic_of_an_hour(s, a, b);
		traffic_of_an_hour(s, b, a);
		sim_run(s, HOUR_S * NS_PER_S);
		check_size(a);
		check_size(b);
		if (hour == 24)
			used_after_a_day = mallinfo2().uordblks;
	}
	sim_run(s, 600 * NS_PER_S);
	assert_in_range(mallinfo2().uordblks, 0, used_after_a_day + 16384);
	sent = a->inner_sent + b->inner_sent;
	distinct = a->inner_received + b->inner_received;
	printf("# %llu packets, %llu did not arrive, %llu lost on the link, %llu handshakes, %llu refused\n",
	       (unsigned long long)sent, (unsigned long long)(sent - distinct),
	       (unsigned long long)s->data_lost, (unsigned long long)sim_status(a, b).handshakes,
	       (unsigned long long)(refused(a) + refused(b)));
	assert_true(sent > 50000);
	assert_int_equal(a->inner_twice + b->inner_twice, 0);
	/* Beyond that only what was under way for 3 s while its session ended. */
	assert_in_range(sent - distinct, s->data_lost,
			s->data_lost + MIN(10, refused(a) + refused(b)));
	assert_int_equal(a->events[WG_EVENT_GIVE_UP] + b->events[WG_EVENT_GIVE_UP], 0);
	assert_true(sim_drop(a, WG_DROP_IN_REPLAY) > 100);
	/* A new session every two minutes or so; sooner when keepalives were lost for 15 s. */
	assert_in_range(sim_status(a, b).handshakes, DAYS * DAY_S / 300, DAYS * DAY_S / 90);
	assert_int_equal(a->dev->indices.n + b->dev->indices.n, 0);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_week),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
