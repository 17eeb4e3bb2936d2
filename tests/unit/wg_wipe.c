/*
 * What is secret leaves no copy in memory when it is of no use any more: neither in what
 * lives on, nor in what is freed.
 *
 * All that keeps keys is allocated and freed in the four files that are compiled in here,
 * with an allocator that can be looked into.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sim_net.h"
#include "wg/device_priv.h"

/* --- the memory --- */

enum { BLOCKS_MAX = 1024, HELD_MAX = 16, HELD_LEN = 32 };

static struct {
	struct {
		uint8_t *b;
		size_t len;
	} block[BLOCKS_MAX];
	size_t n_blocks;
	uint8_t held[HELD_MAX][HELD_LEN];
	const char *name[HELD_MAX];
	size_t n_held;
	unsigned n_freed_with_secret;
} mem;

static bool contains(const uint8_t *b, size_t len, const uint8_t secret[HELD_LEN])
{
	for (size_t at = 0; at + HELD_LEN <= len; at++)
		if (!memcmp(b + at, secret, HELD_LEN))
			return true;
	return false;
}

static void *watched_calloc(size_t n, size_t size)
{
	uint8_t *b = calloc(n, size);

	assert_non_null(b);
	assert_true(mem.n_blocks < BLOCKS_MAX);
	mem.block[mem.n_blocks].b = b;
	mem.block[mem.n_blocks++].len = n * size;
	return b;
}

static void watched_free(void *p)
{
	size_t i = 0;

	while (i < mem.n_blocks && mem.block[i].b != p)
		i++;
	assert_true(i < mem.n_blocks);
	for (size_t k = 0; k < mem.n_held; k++) {
		if (!contains(mem.block[i].b, mem.block[i].len, mem.held[k]))
			continue;
		printf("# freed with the %s in it\n", mem.name[k]);
		mem.n_freed_with_secret++;
	}
	mem.block[i] = mem.block[--mem.n_blocks];
	free(p);
}

static bool lives(const uint8_t secret[HELD_LEN])
{
	for (size_t i = 0; i < mem.n_blocks; i++)
		if (contains(mem.block[i].b, mem.block[i].len, secret))
			return true;
	return false;
}

/* From now on this must be gone when assert_gone() asks; and it must be there now, or it
 * would be no test.
 */
static void hold(const char *name, const void *secret)
{
	assert_false(sodium_is_zero(secret, HELD_LEN));
	assert_true(lives(secret));
	assert_true(mem.n_held < HELD_MAX);
	mem.name[mem.n_held] = name;
	memcpy(mem.held[mem.n_held++], secret, HELD_LEN);
}

static void assert_gone(void)
{
	for (size_t k = 0; k < mem.n_held; k++)
		if (lives(mem.held[k]))
			fail_msg("the %s is still there", mem.name[k]);
	assert_int_equal(mem.n_freed_with_secret, 0);
	mem.n_held = 0;
}

/* --- the core, with it --- */

#define calloc watched_calloc
#define free watched_free
#include "wg/session.c"
#include "wg/peer.c"
#include "wg/device.c"
#include "wg/transmit.c"
#undef calloc
#undef free

/* --- two of them --- */

struct scene {
	struct sim *s;
	struct sim_node *a, *b;
	struct wg_peer *p; /* b, as a has it */
};

/* Not what memory may hold by chance. */
static struct secret_key key_of(uint8_t byte)
{
	struct secret_key k;

	memset(&k, byte, sizeof(k));
	return k;
}

static struct scene strangers(void)
{
	const struct secret_key psk = key_of(0x5e);
	struct scene c = { 0 };

	memset(&mem, 0, sizeof(mem)); /* a test that failed has left its own */
	c.s = sim_new();
	c.a = sim_add(c.s);
	c.b = sim_add(c.s);
	sim_pair(c.a, c.b);
	c.p = sim_peer(c.a, c.b);
	wg_peer_set_psk(c.p, &psk);
	wg_peer_set_psk(sim_peer(c.b, c.a), &psk);
	return c;
}

/* With a session that a initiated. */
static struct scene established(void)
{
	struct scene c = strangers();

	sim_send(c.a, c.b, 84);
	sim_run(c.s, NS_PER_S);
	assert_int_equal(c.b->inner_received, 1);
	return c;
}

/* And b gives up its half of what both know; then a is in the middle of the next handshake. */
static struct scene alone(void)
{
	struct scene c = established();

	wg_device_peer_remove(c.b->dev, sim_peer(c.b, c.a));
	sim_run(c.s, REKEY_AFTER_TIME_S * NS_PER_S);
	sim_send(c.a, c.b, 84);
	sim_run(c.s, NS_PER_S);
	assert_int_equal(c.p->hs.state, NOISE_INITIATION_SENT);
	return c;
}

static void done(struct scene *c)
{
	sim_free(c->s);
	assert_int_equal(mem.n_blocks, 0);
}

static void hold_handshake(const struct wg_peer *p)
{
	hold("ephemeral key", &p->hs.ephemeral);
	hold("chaining key", p->hs.ck);
}

static void hold_session(const struct session *x)
{
	hold("sending key", &x->send_key);
	hold("receiving key", &x->receive_key);
}

static void the_handshake_when_the_session_starts(void **state)
{
	struct scene c = established();
	const struct session *first = c.p->sessions.current;

	(void)state;
	sim_run(c.s, REKEY_AFTER_TIME_S * NS_PER_S);
	sim_send(c.a, c.b, 84);
	sim_run(c.s, 0);
	assert_int_equal(c.p->hs.state, NOISE_INITIATION_SENT);
	hold_handshake(c.p);
	sim_run(c.s, NS_PER_S);
	assert_ptr_equal(c.p->sessions.previous, first);
	assert_gone();
	/* Nor is what it became in the end. */
	assert_true(sodium_is_zero((const void *)&c.p->hs, sizeof(c.p->hs)));
	assert_true(sodium_is_zero((const void *)&sim_peer(c.b, c.a)->hs, sizeof(c.p->hs)));
	done(&c);
}

static void the_handshake_that_another_replaces(void **state)
{
	struct scene c = alone();

	(void)state;
	hold_handshake(c.p);
	sim_run(c.s, 6 * NS_PER_S); /* a retry */
	assert_int_equal(c.p->hs.state, NOISE_INITIATION_SENT);
	assert_gone();
	done(&c);
}

/* At both ends: the initiator keeps it through one more, the responder until it is confirmed. */
static void the_session_before_the_last(void **state)
{
	struct scene c = established();

	(void)state;
	hold_session(c.p->sessions.current);
	for (int i = 0; i < 2; i++) {
		assert_true(lives(mem.held[0]));
		sim_run(c.s, REKEY_AFTER_TIME_S * NS_PER_S);
		sim_send(c.a, c.b, 84);
		sim_run(c.s, NS_PER_S);
	}
	assert_int_equal(sim_status(c.a, c.b).handshakes, 3);
	assert_gone();
	done(&c);
}

static void sessions_after_540_s(void **state)
{
	struct scene c = alone();

	(void)state;
	hold_session(c.p->sessions.current);
	sim_run(c.s, WIPE_AFTER_S * NS_PER_S);
	assert_gone();
	done(&c);
}

static void all_of_a_handshake_given_up(void **state)
{
	struct scene c = strangers();

	(void)state;
	c.b->mute = true;
	sim_send(c.a, c.b, 84);
	sim_run(c.s, 80 * NS_PER_S);
	while (!c.a->events[WG_EVENT_GIVE_UP]) {
		mem.n_held = 0;
		hold_handshake(c.p);
		sim_run(c.s, NS_PER_S);
	}
	sim_run(c.s, WIPE_AFTER_S * NS_PER_S);
	assert_gone();
	done(&c);
}

static void keys_of_a_link_that_goes_down(void **state)
{
	struct scene c = alone();

	(void)state;
	hold_handshake(c.p);
	hold_session(c.p->sessions.current);
	wg_device_set_up(c.a->dev, false, c.s->now_ns);
	assert_gone();
	done(&c);
}

static void all_of_a_peer_that_is_removed(void **state)
{
	struct scene c = alone();

	(void)state;
	hold_handshake(c.p);
	hold_session(c.p->sessions.current);
	hold("psk", &c.p->remote.psk);
	hold("static-static secret", &c.p->remote.static_static);
	wg_device_peer_remove(c.a->dev, c.p);
	assert_gone();
	done(&c);
}

static void a_psk_that_is_replaced(void **state)
{
	const struct secret_key other = key_of(0x77), none = { { 0 } };
	struct scene c = alone();

	(void)state;
	hold("psk", &c.p->remote.psk);
	wg_peer_set_psk(c.p, &other);
	assert_gone();
	hold("other psk", &c.p->remote.psk);
	wg_peer_set_psk(c.p, &none);
	assert_gone();
	done(&c);
}

static void a_private_key_that_is_replaced(void **state)
{
	const struct secret_key other = key_of(0x79), none = { { 0 } };
	struct scene c = alone();

	(void)state;
	hold_handshake(c.p);
	hold("private key", &c.a->dev->identity.private_key);
	hold("static-static secret", &c.p->remote.static_static);
	wg_device_set_private_key(c.a->dev, &other, c.s->now_ns);
	assert_gone();
	hold("other private key", &c.a->dev->identity.private_key);
	hold("other static-static secret", &c.p->remote.static_static);
	wg_device_set_private_key(c.a->dev, &none, c.s->now_ns);
	assert_gone();
	done(&c);
}

static void all_of_a_device(void **state)
{
	struct scene c = alone();

	(void)state;
	hold_handshake(c.p);
	hold_session(c.p->sessions.current);
	hold("psk", &c.p->remote.psk);
	hold("static-static secret", &c.p->remote.static_static);
	hold("private key", &c.a->dev->identity.private_key);
	wg_device_free(c.a->dev);
	c.a->dev = NULL;
	assert_gone();
	done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_handshake_when_the_session_starts),
		cmocka_unit_test(the_handshake_that_another_replaces),
		cmocka_unit_test(the_session_before_the_last),
		cmocka_unit_test(sessions_after_540_s),
		cmocka_unit_test(all_of_a_handshake_given_up),
		cmocka_unit_test(keys_of_a_link_that_goes_down),
		cmocka_unit_test(all_of_a_peer_that_is_removed),
		cmocka_unit_test(a_psk_that_is_replaced),
		cmocka_unit_test(a_private_key_that_is_replaced),
		cmocka_unit_test(all_of_a_device),
	};

	return cmocka_run_group_tests_name("wg_wipe", tests, NULL, NULL);
}
