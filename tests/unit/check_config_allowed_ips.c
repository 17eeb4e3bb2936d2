/* config.allowed-ips: whose each inner address is; and the longest prefix against a slow search. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "check/tunnel.h"
#include "lib/made_facts.h"
#include "lib/seed.h"

static struct cidr nets[4];

static struct peer_config *second_peer(struct facts *f, enum end end, const char *net)
{
	struct config_facts *c = &f->config[end];
	struct peer_config *p = &c->peers[c->n_peers++];

	*p = c->peers[0];
	memset(p->key.b, 0x44, sizeof(p->key.b));
	nets[0] = made_net(net);
	p->allowed = nets;
	p->n_allowed = 1;
	return p;
}

static void only(struct facts *f, enum end end, const char *net)
{
	f->config[end].peers[0].allowed[0] = made_net(net);
}

static void not_allowed(struct facts *f)
{
	only(f, END_NEAR, "10.90.18.0/24");
}

static void far_does_not_allow_us(struct facts *f)
{
	only(f, END_FAR, "10.90.17.9/32");
}

static void pasted_long_ago(struct facts *f)
{
	far_does_not_allow_us(f);
	f->target.kind = TARGET_INTERFACE;
	facts_have(f, NEED_FAR_TEXT);
	f->far_host.when_wall_ns = f->started_wall_ns - 100 * 3600 * NS_PER_S;
}

/* The near table is of now. */
static void both_wrong_long_ago(struct facts *f)
{
	pasted_long_ago(f);
	only(f, END_NEAR, "10.90.18.0/24");
}

static void family_not_allowed(struct facts *f)
{
	f->config[END_NEAR].peers[0].n_allowed = 1;
}

static void nothing_allowed(struct facts *f)
{
	f->config[END_NEAR].peers[0].n_allowed = 0;
}

static void taken_by_same(struct facts *f)
{
	second_peer(f, END_NEAR, "10.90.17.2/32");
}

static void taken_by_longer(struct facts *f)
{
	only(f, END_NEAR, "0.0.0.0/0");
	second_peer(f, END_NEAR, "10.90.17.0/24");
}

static void taken_at_far(struct facts *f)
{
	only(f, END_FAR, "10.90.0.0/16");
	second_peer(f, END_FAR, "10.90.17.0/24");
}

static void other_is_shorter(struct facts *f)
{
	only(f, END_NEAR, "10.90.17.0/24");
	second_peer(f, END_NEAR, "0.0.0.0/0");
}

static void only_other_has_it(struct facts *f)
{
	only(f, END_NEAR, "10.90.18.0/24");
	second_peer(f, END_NEAR, "10.90.17.0/25");
}

static void far_unseen(struct facts *f)
{
	facts_gap(f, NEED_CONFIG_FAR, "far end not asked", NULL);
}

static void no_target(struct facts *f)
{
	facts_gap(f, NEED_PATHS, "no", NULL);
	f->ping_peer.target.family = FAMILY_NONE;
}

/* The tun has an address more that nothing uses. */
static void unused_address(struct facts *f)
{
	f->net_start[END_NEAR].addrs[0].link = f->target.name;
	f->net_start[END_NEAR].addrs[0].addr = made_net("172.16.5.1/24");
}

static void foreign_source(struct facts *f)
{
	f->paths[0].prefsrc = made_addr("172.16.5.1");
}

static void keys_wrong(struct facts *f)
{
	memset(f->config[END_NEAR].peers[0].key.b, 0x33, KEY_LEN);
	not_allowed(f);
}

/* As boringtun and gotatun do: the peer that lost it is listed with it all the same. */
static void listed_for_both(struct facts *f)
{
	far_unseen(f);
	f->target.kind = TARGET_INTERFACE;
	f->n_streams = 0;
	f->target.peer = second_peer(f, END_NEAR, "10.90.17.2/32")->key;
	facts_gap(f, NEED_PATHS, "no", NULL);
}

static void nothing_answers(struct facts *f)
{
	f->ping_peer.received = 0;
	f->n_sizes = 0;
	f->loss_up.answered = 0;
}

static void listed_for_both_and_silent(struct facts *f)
{
	listed_for_both(f);
	nothing_answers(f);
}

/* The other one's is wider: each has what it is to have. */
static void part_of_anothers_and_silent(struct facts *f)
{
	listed_for_both_and_silent(f);
	only(f, END_NEAR, "10.90.17.0/24");
}

static void unseen(struct facts *f)
{
	facts_gap(f, NEED_CONFIG, "wg0 does not answer", NULL);
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "near 2 of 2, far 2 of 2", NULL },
	{ "not allowed", not_allowed, STATE_FAIL, "near: 10.90.17.2 is in no peer's allowed IPs",
	  NULL },
	{ "the far end does not allow us", far_does_not_allow_us, STATE_FAIL,
	  "far: 10.90.17.1 is in no peer's allowed IPs", NULL },
	{ "one family", family_not_allowed, STATE_FAIL, "near: fd5a:17::2 is in no", NULL },
	{ "none", nothing_allowed, STATE_FAIL, "allowed IPs; and 1 more", NULL },
	{ "same prefix at two", taken_by_same, STATE_FAIL, "near: 10.90.17.2 goes to peer RERE",
	  NULL },
	{ "longer prefix at another", taken_by_longer, STATE_FAIL,
	  "(10.90.17.0/24), not to peer IiIi", NULL },
	{ "taken at the far end", taken_at_far, STATE_FAIL, "far: 10.90.17.1 goes to peer RERE",
	  NULL },
	{ "border: the other's is shorter", other_is_shorter, STATE_PASS, "near 2 of 2", NULL },
	{ "only another has it", only_other_has_it, STATE_FAIL, "which does not have it", NULL },
	{ "far end not seen", far_unseen, STATE_PASS, "2 inner addresses are the peer's; far end",
	  NULL },
	{ "border: no target", no_target, STATE_SKIP, "no inner address", NULL },
	{ "border: an address nobody uses", unused_address, STATE_PASS, "far 2 of 2", NULL },
	{ "a source the far end does not know", foreign_source, STATE_FAIL,
	  "far: 172.16.5.1 is in no", NULL },
	{ "keys are wrong", keys_wrong, STATE_FAIL, "near: 10.90.17.2", "config.keys" },
	{ "far, pasted long ago", pasted_long_ago, STATE_UNSURE, "4 days older than this run",
	  NULL },
	{ "near, and far long ago", both_wrong_long_ago, STATE_FAIL, "near: 10.90.17.2", NULL },
	{ "listed for two peers, and silent", listed_for_both_and_silent, STATE_FAIL,
	  "10.90.17.2 is with peer RERE…EQ=, which is silent, and peer IiIi…iI= is to have "
	  "10.90.17.2/32 too",
	  NULL },
	{ "border: listed for two, and it answers", listed_for_both, STATE_PASS,
	  "1 inner addresses are the peer's", NULL },
	{ "border: a part of another's, and silent", part_of_anothers_and_silent, STATE_PASS, NULL,
	  NULL },
	{ "gap", unseen, STATE_SKIP, "does not answer", NULL },
};

/* --- which end's table is wrong, and how --------------------------------------------- */

/* The peer that is us keeps the other family's; the very address is another's. */
static void family_taken_at_far(struct facts *f)
{
	only(f, END_FAR, "fd5a:17::1/128");
	second_peer(f, END_FAR, "10.90.17.1/32");
}

static void net_of_another_at_far(struct facts *f)
{
	only(f, END_FAR, "fd5a:17::1/128");
	second_peer(f, END_FAR, "0.0.0.0/0");
}

/* It was given another one of that family. */
static void anothers_at_far(struct facts *f)
{
	only(f, END_FAR, "10.90.17.9/32");
	second_peer(f, END_FAR, "10.90.17.1/32");
}

static void family_taken_here(struct facts *f)
{
	only(f, END_NEAR, "fd5a:17::2/128");
	second_peer(f, END_NEAR, "10.90.17.2/32");
}

static const struct {
	const char *name;
	void (*change)(struct facts *f);
	sign_set signs;
} signs[] = {
	{ "healthy", NULL, 0 },
	{ "a part of it", taken_at_far, SIGN_BIT(SIGN_FAR_ALLOWED_TAKEN) },
	{ "of one family", family_taken_at_far, SIGN_BIT(SIGN_FAR_ALLOWED_TAKEN) },
	{ "in another's network", net_of_another_at_far, SIGN_BIT(SIGN_FAR_SOURCE_REFUSED) },
	{ "another's address", anothers_at_far, SIGN_BIT(SIGN_FAR_SOURCE_REFUSED) },
	{ "nobody's", far_does_not_allow_us, SIGN_BIT(SIGN_FAR_SOURCE_REFUSED) },
	{ "here, of one family", family_taken_here, 0 },
	{ "long ago", both_wrong_long_ago, SIGN_BIT(SIGN_TARGET_ENTERS_NOT) },
};

static void signs_of_it(void **state)
{
	struct findings all;
	struct arena a;
	struct facts f;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(signs); i++) {
		print_message("# %s\n", signs[i].name);
		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		if (signs[i].change)
			signs[i].change(&f);
		checks_run(&f, NULL, &all);
		assert_true(made_row(&all, "config.allowed-ips")->signs == signs[i].signs);
		arena_done(&a);
	}
}

static void allowed(void **state)
{
	(void)state;
	check_cases_run("config.allowed-ips", cases, ARRAY_LEN(cases));
}

/* Slow: each length from the longest, each peer from the last, bit by bit. */
static const struct peer_config *slow_owner(const struct config_facts *c, const struct ip_addr *a)
{
	size_t i, k, bit;
	int len;

	for (len = 128; len >= 0; len--) {
		for (i = c->n_peers; i-- > 0;) {
			for (k = 0; k < c->peers[i].n_allowed; k++) {
				const struct cidr *n = &c->peers[i].allowed[k];

				for (bit = 0; bit < n->len; bit++)
					if ((n->addr.b[bit / 8] ^ a->b[bit / 8]) &
					    (0x80 >> bit % 8))
						break;
				if (n->len == len && bit == n->len && n->addr.family == a->family)
					return &c->peers[i];
			}
		}
	}
	return NULL;
}

static void owner_is_longest(void **state)
{
	struct peer_config peers[3] = { 0 };
	struct config_facts c = { .peers = peers, .n_peers = 3 };
	struct cidr table[3][4];
	unsigned round, i, k, owned = 0;
	struct seed d = seed_start("allowed IPs");

	(void)state;
	for (round = 0; round < 20000; round++) {
		struct ip_addr a = { .family = FAMILY_IP4,
				     .b = { 10, (uint8_t)seed_below(&d, 4) } };

		if (seed_below(&d, 4) == 0)
			a.family = FAMILY_IP6;
		for (i = 0; i < 3; i++) {
			peers[i].allowed = table[i];
			peers[i].n_allowed = seed_below(&d, 5);
			for (k = 0; k < peers[i].n_allowed; k++) {
				table[i][k].addr =
					(struct ip_addr){ .family = seed_below(&d, 4) ? FAMILY_IP4 :
											FAMILY_IP6,
							  .b = { 10, (uint8_t)seed_below(&d, 4) } };
				table[i][k].len = (uint8_t)seed_below(&d, 33);
			}
		}
		assert_ptr_equal(config_owner(&c, &a, NULL), slow_owner(&c, &a));
		owned += config_owner(&c, &a, NULL) != NULL;
	}
	/* Both answers were asked for. */
	assert_in_range(owned, 1000, 19000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allowed),
		cmocka_unit_test(signs_of_it),
		cmocka_unit_test(owner_is_longest),
	};

	return cmocka_run_group_tests_name("config.allowed-ips", tests, NULL, NULL);
}
