/* config.keys: each other's peer, a wrong one, none, one's own, preshared keys at one end. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/made_facts.h"

static void set(struct public_key *k, uint8_t v)
{
	memset(k->b, v, sizeof(k->b));
}

static void near_has_wrong_peer(struct facts *f)
{
	set(&f->config[END_NEAR].peers[0].key, 0x33);
}

static void far_has_wrong_peer(struct facts *f)
{
	set(&f->config[END_FAR].peers[0].key, 0x33);
}

static void no_private_key(struct facts *f)
{
	f->config[END_NEAR].has_private_key = 0;
}

static void far_no_private_key(struct facts *f)
{
	f->config[END_FAR].has_private_key = 0;
}

static void not_told(struct facts *f)
{
	f->config[END_NEAR].has_private_key = UNKNOWN;
}

static void no_peer(struct facts *f)
{
	f->config[END_NEAR].n_peers = 0;
}

static void far_no_peer(struct facts *f)
{
	f->config[END_FAR].n_peers = 0;
}

static void own_is_peer(struct facts *f)
{
	f->config[END_NEAR].peers[0].key = f->config[END_NEAR].own;
}

static void far_unseen(struct facts *f)
{
	facts_gap(f, NEED_CONFIG_FAR, "far end not asked", NULL);
}

static void far_unseen_wrong(struct facts *f)
{
	far_unseen(f);
	set(&f->target.peer, 0x33);
}

static void far_unseen_right(struct facts *f)
{
	far_unseen(f);
	set(&f->target.peer, 0x22);
}

static void psk_near_only(struct facts *f)
{
	f->config[END_FAR].peers[0].has_psk = 0;
}

static void psk_far_only(struct facts *f)
{
	f->config[END_NEAR].peers[0].has_psk = 0;
}

static void psk_not_told(struct facts *f)
{
	f->config[END_NEAR].peers[0].has_psk = UNKNOWN;
}

static void no_psk(struct facts *f)
{
	psk_near_only(f);
	psk_far_only(f);
}

/* The right one is the second of two. */
static void two_peers(struct facts *f)
{
	struct config_facts *c = &f->config[END_NEAR];

	c->peers[1] = c->peers[0];
	c->n_peers = 2;
	set(&c->peers[0].key, 0x44);
	c->peers[0].has_psk = 0;
}

/* Pasted: of an hour ago, and of now. */
static void pasted(struct facts *f)
{
	far_has_wrong_peer(f);
	f->target.kind = TARGET_INTERFACE;
	facts_have(f, NEED_FAR_TEXT);
	f->far_host.when_wall_ns = f->started_wall_ns - 14 * 60 * NS_PER_S;
}

static void pasted_long_ago(struct facts *f)
{
	pasted(f);
	f->far_host.when_wall_ns = f->started_wall_ns - 3600 * NS_PER_S;
}

static void pasted_by_a_clock_ahead(struct facts *f)
{
	pasted(f);
	f->far_host.when_wall_ns = f->started_wall_ns + 3600 * NS_PER_S;
}

static void pasted_without_date(struct facts *f)
{
	pasted(f);
	f->far_host.when_wall_ns = UNKNOWN;
}

static void right_long_ago(struct facts *f)
{
	pasted_long_ago(f);
	set(&f->config[END_FAR].peers[0].key, 0x11);
}

static void unseen(struct facts *f)
{
	facts_gap(f, NEED_CONFIG, "wg0 does not answer", NULL);
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "each the other's peer; both with a preshared key", NULL },
	{ "near has a wrong peer", near_has_wrong_peer, STATE_FAIL, "the near engine's peer is Mz",
	  NULL },
	{ "near's key is that of nobody there", far_has_wrong_peer, STATE_FAIL,
	  "the far engine's peer is Mz", NULL },
	{ "no private key", no_private_key, STATE_FAIL, "near engine has no private key", NULL },
	{ "no private key there", far_no_private_key, STATE_FAIL, "far engine has no private key",
	  NULL },
	{ "border: not told", not_told, STATE_UNSURE, "does not tell", NULL },
	{ "no peer", no_peer, STATE_FAIL, "near engine has no peer", NULL },
	{ "no peer there", far_no_peer, STATE_FAIL, "far engine has no peer", NULL },
	{ "own key as peer", own_is_peer, STATE_FAIL, "own key ERER", NULL },
	{ "far end not seen", far_unseen, STATE_PASS, "peer IiIi", NULL },
	{ "far end not seen, wrong peer", far_unseen_wrong, STATE_FAIL, "has no peer Mz", NULL },
	{ "far end not seen, right peer", far_unseen_right, STATE_PASS, "far end not seen", NULL },
	{ "preshared key near only", psk_near_only, STATE_FAIL, "at the near end only", NULL },
	{ "preshared key far only", psk_far_only, STATE_FAIL, "at the far end only", NULL },
	{ "border: preshared key not told", psk_not_told, STATE_PASS, "each the other's", NULL },
	{ "border: no preshared key", no_psk, STATE_PASS, "each the other's peer", NULL },
	{ "border: two peers", two_peers, STATE_PASS, "each the other's peer; both", NULL },
	{ "pasted", pasted, STATE_FAIL, "the far engine's peer is Mz", NULL },
	{ "pasted long ago", pasted_long_ago, STATE_UNSURE, "60 min older than this run, if both",
	  NULL },
	{ "border: by a clock ahead", pasted_by_a_clock_ahead, STATE_FAIL, "peer is Mz", NULL },
	{ "border: without a date", pasted_without_date, STATE_FAIL, "peer is Mz", NULL },
	{ "right, long ago", right_long_ago, STATE_PASS, "60 min older", NULL },
	{ "gap", unseen, STATE_SKIP, "does not answer", NULL },
};

static void keys(void **state)
{
	(void)state;
	check_cases_run("config.keys", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
	};

	return cmocka_run_group_tests_name("config.keys", tests, NULL, NULL);
}
