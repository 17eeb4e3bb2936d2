/* Whether what was pasted is of the far end of this tunnel. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/made_facts.h"
#include "run/run_far.h"

/* Keys by their first byte; 0: none, or not told. */
struct fit {
	const char *name;
	uint8_t near_own, near_peers[2], looked_at;
	uint8_t far_own, far_peer;
	int rc;
	const char *says;
};

static const struct fit fits[] = {
	{ "each the other's", 1, { 2 }, 2, 2, 1, 0, NULL },
	{ "they do not know us", 1, { 2 }, 2, 2, 9, 0, NULL },
	{ "they know us by another key of theirs", 1, { 2 }, 2, 3, 1, 0, NULL },
	{ "neither knows the other", 1, { 2 }, 2, 3, 9, -ENOKEY, "of another tunnel" },
	{ "they have no peer", 1, { 2 }, 2, 3, 0, -ENOKEY, "of another tunnel" },
	{ "another peer of ours", 1, { 2, 3 }, 2, 3, 1, -ENOKEY, "--peer AwAAAAAA" },
	{ "nobody is looked at", 1, { 2, 3 }, 0, 3, 1, 0, NULL },
	{ "this end", 1, { 2 }, 2, 1, 2, -ENOKEY, "of this end itself" },
	{ "their key is not told", 1, { 2 }, 2, 0, 9, 0, NULL },
	{ "ours is not told", 0, { 2 }, 2, 3, 9, 0, NULL },
};

static void set(struct public_key *k, uint8_t v)
{
	memset(k->b, 0, sizeof(k->b));
	k->b[0] = v;
}

static int fit(const struct fit *c, struct err *e)
{
	struct peer_config peers[2] = { { .has_psk = 0 } };
	struct far_peer far_peer = { .rx_bytes = UNKNOWN };
	struct config_facts near = {
		.has_private_key = c->near_own ? 1 : UNKNOWN,
		.peers = peers,
		.n_peers = c->near_peers[1] ? 2 : 1,
	};
	struct far_text t = { .n_looks = 1 };
	struct public_key peer;

	set(&near.own, c->near_own);
	set(&peers[0].key, c->near_peers[0]);
	set(&peers[1].key, c->near_peers[1]);
	set(&peer, c->looked_at);
	set(&t.last.own, c->far_own);
	set(&far_peer.key, c->far_peer);
	t.last.has_private_key = c->far_own ? 1 : UNKNOWN;
	t.last.has_peers = true;
	t.last.peers = &far_peer;
	t.last.n_peers = c->far_peer ? 1 : 0;
	return run_far_fits(&t, &near, &peer, e);
}

static void whose_it_is(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(fits); i++) {
		struct err e = { 0 };

		print_message("# %s\n", fits[i].name);
		assert_int_equal(fit(&fits[i], &e), fits[i].rc);
		if (fits[i].says)
			assert_non_null(strstr(e.text, fits[i].says));
	}
}

/* Facts that were kept: judged again with a text of another tunnel they stay as they are. */
static void kept_facts(void **state)
{
	struct far_text t = { .n_looks = 1 };
	struct facts f;
	struct arena a;
	struct err e;

	(void)state;
	arena_init(&a);
	made_healthy(&f);
	f.target.kind = TARGET_INTERFACE;
	t.last.has_private_key = 1;
	t.last.has_peers = true;
	t.last.link = "wg7";
	set(&t.last.own, 7);
	assert_int_equal(run_far_apply(&f, &t, &a, &e), -ENOKEY);
	assert_false(f.have & NEED_BIT(NEED_FAR_TEXT));
	t.last.own = f.config[END_FAR].own;
	assert_int_equal(run_far_apply(&f, &t, &a, &e), 0);
	assert_true(f.have & NEED_BIT(NEED_FAR_TEXT));
	assert_string_equal(f.tun[END_FAR].name, "wg7");
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whose_it_is),
		cmocka_unit_test(kept_facts),
	};

	return cmocka_run_group_tests_name("run_far", tests, NULL, NULL);
}
