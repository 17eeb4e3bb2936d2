/* Names, addresses and ports by lot: in their ranges, different, repeatable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab/draw.h"
#include "model/cidr.h"

enum { ROUNDS = 20000 };

static bool in_one_of(const struct ip_addr *a, const char *const *nets)
{
	struct cidr c;

	for (; *nets; nets++) {
		assert_true(cidr_parse(*nets, &c));
		if (cidr_contains(&c, a))
			return true;
	}
	return false;
}

static void check_pair(const struct ip_addr p[2], uint8_t prefix, const char *const *nets)
{
	struct cidr c = { p[0], prefix };
	size_t last = ip_addr_len(&p[0]) - 1;
	int i;

	assert_true(cidr_contains(&c, &p[1]));
	assert_false(ip_addr_equal(&p[0], &p[1]));
	for (i = 0; i < 2; i++) {
		assert_true(in_one_of(&p[i], nets));
		assert_in_range(p[i].b[last], 1, 254);
	}
}

static void all_are_in_range_and_different(void **state)
{
	static const char *const outer[] = { "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",
					     NULL };
	static const char *const inner[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
					     NULL };
	static const char *const inner6[] = { "fd00::/8", NULL };
	struct ip_addr p[2];
	uint16_t port[2];
	struct draw d;
	int i;

	(void)state;
	draw_init(&d, 1);
	for (i = 0; i < ROUNDS; i++) {
		draw_outer4(&d, p);
		check_pair(p, 24, outer);
		draw_inner4(&d, p);
		check_pair(p, 24, inner);
		draw_inner6(&d, p);
		check_pair(p, 64, inner6);
		draw_ports(&d, port);
		assert_int_not_equal(port[0], port[1]);
		assert_in_range(port[0], 10000, 29999);
		assert_in_range(port[1], 10000, 29999);
	}
}

static void same_seed_same_lot(void **state)
{
	struct draw a, b, c;
	int i, same = 0;

	(void)state;
	draw_init(&a, 7);
	draw_init(&b, 7);
	draw_init(&c, 8);
	for (i = 0; i < 64; i++) {
		uint64_t x = draw_below(&a, 1000000);

		assert_int_equal(x, draw_below(&b, 1000000));
		assert_in_range(x, 0, 999999);
		same += x == draw_below(&c, 1000000);
	}
	assert_in_range(same, 0, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_in_range_and_different),
		cmocka_unit_test(same_seed_same_lot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
