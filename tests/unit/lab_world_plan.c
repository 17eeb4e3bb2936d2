/*
 * The lab's network as it is drawn: no two networks overlap, no two names are alike, the two
 * configurations fit each other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lab/world_plan.h"

enum { ROUNDS = 3000 };

static void begin(struct lab_world *w, struct arena *a, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	arena_init(a);
	w->arena = a;
	draw_init(&w->draw, seed);
	lab_plan_network(w);
	lab_plan_confs(w);
}

static void end(struct lab_world *w, struct arena *a)
{
	conf_wipe(w->end[END_NEAR].conf);
	conf_wipe(w->end[END_FAR].conf);
	arena_done(a);
}

static bool overlap(const struct cidr *a, const struct cidr *b)
{
	return cidr_contains(a, &b->addr) || cidr_contains(b, &a->addr);
}

static void networks(struct lab_world *w)
{
	struct cidr net[LAB_CABLE_COUNT + 1];
	unsigned i, j;

	for (i = 0; i < LAB_CABLE_COUNT; i++) {
		net[i] = (struct cidr){ w->plug[i][0].addr4, 24 };
		assert_true(cidr_contains(&net[i], &w->plug[i][1].addr4));
		assert_false(ip_addr_equal(&w->plug[i][0].addr4, &w->plug[i][1].addr4));
	}
	net[i] = (struct cidr){ w->end[END_NEAR].inner4, 24 };
	for (i = 0; i <= LAB_CABLE_COUNT; i++)
		for (j = 0; j < i; j++)
			assert_false(overlap(&net[i], &net[j]));
}

static void names(struct lab_world *w)
{
	const char *name[LAB_CABLE_COUNT * 2 + END_COUNT];
	unsigned i, j, n = 0;

	for (i = 0; i < LAB_CABLE_COUNT * 2; i++)
		name[n++] = w->plug[i / 2][i % 2].dev;
	for (i = 0; i < END_COUNT; i++)
		name[n++] = w->end[i].tun;
	for (i = 0; i < n; i++)
		for (j = 0; j < i; j++)
			assert_string_not_equal(name[i], name[j]);
}

static void configurations(struct lab_world *w)
{
	const struct conf *near = w->end[END_NEAR].conf, *far = w->end[END_FAR].conf;
	struct public_key key;

	assert_true(public_key_of(&near->private_key, &key));
	assert_true(public_key_equal(&key, &far->peers[0].key));
	assert_true(public_key_of(&far->private_key, &key));
	assert_true(public_key_equal(&key, &near->peers[0].key));
	assert_int_equal(near->peers[0].has_psk, far->peers[0].has_psk);
	assert_memory_equal(near->peers[0].psk.b, far->peers[0].psk.b, KEY_LEN);
	assert_int_equal(far->listen_port, near->peers[0].literal.port);
	assert_int_equal(far->peers[0].literal.addr.family, FAMILY_NONE);
	assert_true(cidr_equal(&near->addrs[0], &far->peers[0].allowed[0]));
	assert_true(cidr_equal(&far->addrs[0], &near->peers[0].allowed[0]));
}

static void what_is_drawn_fits(void **state)
{
	struct lab_world w;
	struct arena a;
	unsigned i, psk = 0, keepalive = 0, ip6 = 0;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		begin(&w, &a, i);
		networks(&w);
		names(&w);
		configurations(&w);
		psk += w.end[END_NEAR].conf->peers[0].has_psk;
		keepalive += w.end[END_NEAR].conf->peers[0].keepalive_s != UNKNOWN;
		ip6 += w.listens.addr.family == FAMILY_IP6;
		end(&w, &a);
	}
	/* Each is seen often, with and without. */
	assert_in_range(psk, ROUNDS / 3, ROUNDS * 2 / 3);
	assert_in_range(keepalive, ROUNDS / 3, ROUNDS * 2 / 3);
	assert_in_range(ip6, ROUNDS / 6, ROUNDS / 3);
}

static void the_same_seed_is_the_same_network(void **state)
{
	struct lab_world one, same, other;
	struct arena a, b, c;

	(void)state;
	begin(&one, &a, 41);
	begin(&same, &b, 41);
	begin(&other, &c, 42);
	assert_memory_equal(one.plug, same.plug, sizeof(one.plug));
	assert_memory_equal(&one.listens, &same.listens, sizeof(one.listens));
	assert_memory_not_equal(one.plug, other.plug, sizeof(one.plug));
	/* Keys are never drawn from it. */
	assert_memory_not_equal(one.end[0].conf->private_key.b, same.end[0].conf->private_key.b,
				KEY_LEN);
	end(&one, &a);
	end(&same, &b);
	end(&other, &c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_drawn_fits),
		cmocka_unit_test(the_same_seed_is_the_same_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
