/* The trie of allowed IPs against a linear scan, and its rules one by one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/seed.h"
#include "wg/allowedips.h"

static struct allowedips_owner owners[8];
#define A (&owners[0])
#define B (&owners[1])
#define C (&owners[2])

/* An empty table, of which nobody owns anything. */
static struct allowedips *table_new(void)
{
	for (size_t i = 0; i < ARRAY_LEN(owners); i++)
		allowedips_owner_init(&owners[i]);
	return allowedips_new();
}

static struct cidr cidr(const char *s)
{
	struct cidr c;

	if (!cidr_parse(s, &c))
		fail_msg("bad cidr in the test: %s", s);
	return c;
}

static bool put(struct allowedips *t, const char *s, struct allowedips_owner *owner)
{
	struct cidr c = cidr(s);

	return allowedips_insert(t, &c, owner);
}

static bool take(struct allowedips *t, const char *s, struct allowedips_owner *owner)
{
	struct cidr c = cidr(s);

	return allowedips_remove(t, &c, owner);
}

static struct allowedips_owner *who(const struct allowedips *t, const char *s)
{
	struct cidr c = cidr(s);

	return allowedips_lookup(t, (enum addr_family)c.addr.family, c.addr.b);
}

static void longest_prefix_wins(void **state)
{
	struct allowedips *t = table_new();

	(void)state;
	assert_null(who(t, "10.0.0.1"));
	assert_false(put(t, "10.0.0.0/8", A));
	assert_false(put(t, "10.1.0.0/16", B));
	assert_false(put(t, "10.1.2.3/32", C));
	assert_false(put(t, "2001:db8::/32", A));
	assert_false(put(t, "2001:db8:1::/48", B));
	assert_false(put(t, "2001:db8:1::1/128", C));
	assert_ptr_equal(who(t, "10.2.0.0"), A);
	assert_ptr_equal(who(t, "10.1.255.255"), B);
	assert_ptr_equal(who(t, "10.1.2.3"), C);
	assert_ptr_equal(who(t, "10.1.2.2"), B);
	assert_null(who(t, "11.0.0.0"));
	assert_null(who(t, "9.255.255.255"));
	assert_ptr_equal(who(t, "2001:db8:ffff::"), A);
	assert_ptr_equal(who(t, "2001:db8:1::2"), B);
	assert_ptr_equal(who(t, "2001:db8:1::1"), C);
	assert_null(who(t, "2001:db7::"));
	assert_int_equal(allowedips_count(t), 6);
	assert_int_equal((A)->n, 2);
	allowedips_free(t);
}

static void host_bits_are_masked(void **state)
{
	struct allowedips *t = table_new();

	(void)state;
	assert_false(put(t, "192.168.7.9/24", A));
	assert_ptr_equal(who(t, "192.168.7.200"), A);
	assert_true(put(t, "192.168.7.200/24", B)); /* the same prefix */
	assert_int_equal(allowedips_count(t), 1);
	assert_true(take(t, "192.168.7.1/24", B));
	assert_int_equal(allowedips_count(t), 0);
	allowedips_free(t);
}

static void giving_it_away_moves_it(void **state)
{
	struct allowedips *t = table_new();

	(void)state;
	assert_false(put(t, "10.0.0.0/24", A));
	assert_false(put(t, "10.0.0.0/24", A)); /* to itself: nothing taken */
	assert_true(put(t, "10.0.0.0/24", B));
	assert_ptr_equal(who(t, "10.0.0.9"), B);
	assert_int_equal((A)->n, 0);
	assert_int_equal((B)->n, 1);
	assert_false(take(t, "10.0.0.0/24", A)); /* not A's any more */
	assert_ptr_equal(who(t, "10.0.0.9"), B);
	assert_false(take(t, "10.0.0.0/25", B)); /* another prefix */
	assert_false(take(t, "10.0.0.0/23", B));
	assert_true(take(t, "10.0.0.0/24", B));
	assert_false(take(t, "10.0.0.0/24", B));
	assert_null(who(t, "10.0.0.9"));
	allowedips_free(t);
}

/* A branch without an owner is no prefix: neither found, nor counted, nor removable; but
 * it can become one.
 */
static void branches_are_nobodys(void **state)
{
	struct allowedips *t = table_new();

	(void)state;
	put(t, "10.0.0.0/32", A);
	put(t, "10.0.0.3/32", B); /* they part below 10.0.0.0/30 */
	assert_int_equal(allowedips_count(t), 2);
	assert_null(who(t, "10.0.0.1"));
	assert_false(take(t, "10.0.0.0/30", A));
	assert_false(put(t, "10.0.0.0/30", C));
	assert_ptr_equal(who(t, "10.0.0.1"), C);
	assert_true(take(t, "10.0.0.0/30", C));
	assert_null(who(t, "10.0.0.1"));
	assert_ptr_equal(who(t, "10.0.0.0"), A);
	assert_ptr_equal(who(t, "10.0.0.3"), B);
	assert_int_equal(allowedips_nodes(t), 3);
	assert_true(take(t, "10.0.0.0/32", A));
	assert_int_equal(allowedips_nodes(t), 1); /* the branch went with it */
	assert_ptr_equal(who(t, "10.0.0.3"), B);
	assert_true(take(t, "10.0.0.3/32", B));
	assert_int_equal(allowedips_count(t), 0);
	allowedips_free(t);
}

static void removing_an_owner(void **state)
{
	struct allowedips *t = table_new();

	(void)state;
	put(t, "0.0.0.0/0", A);
	put(t, "10.0.0.0/8", B);
	put(t, "10.0.0.0/16", A);
	put(t, "10.0.0.1/32", A);
	put(t, "10.0.0.2/32", B);
	put(t, "::/0", A);
	put(t, "fd00::/8", B);
	put(t, "10.0.0.4/32", A);
	put(t, "10.0.0.7/32", A); /* with a branch of A's alone, and one shared with B */
	allowedips_remove_owner(t, A);
	assert_int_equal(allowedips_nodes(t), 3);
	assert_int_equal((A)->n, 0);
	assert_int_equal((B)->n, 3);
	assert_null(who(t, "1.1.1.1"));
	assert_null(who(t, "::1"));
	assert_ptr_equal(who(t, "10.0.0.1"), B);
	assert_ptr_equal(who(t, "fd00::1"), B);
	allowedips_remove_owner(t, A);
	allowedips_remove_owner(t, B);
	assert_int_equal(allowedips_count(t), 0);
	assert_null(who(t, "10.0.0.1"));
	allowedips_free(t);
}

static void prefix_of_zero(void **state)
{
	struct allowedips *t = table_new();

	(void)state;
	put(t, "1.2.3.4/0", A);
	assert_ptr_equal(who(t, "0.0.0.0"), A);
	assert_ptr_equal(who(t, "255.255.255.255"), A);
	assert_null(who(t, "::"));
	put(t, "::/0", B);
	assert_ptr_equal(who(t, "::"), B);
	assert_ptr_equal(who(t, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), B);
	assert_ptr_equal(who(t, "128.0.0.0"), A);
	assert_true(take(t, "0.0.0.0/0", A));
	assert_null(who(t, "0.0.0.0"));
	assert_ptr_equal(who(t, "::"), B);
	allowedips_free(t);
}

static void mapped_addresses_do_not_cross(void **state)
{
	struct allowedips *t = table_new();

	(void)state;
	put(t, "10.0.0.1/32", A);
	assert_null(who(t, "::ffff:10.0.0.1"));
	put(t, "::ffff:10.0.0.2/128", B);
	assert_null(who(t, "10.0.0.2"));
	assert_ptr_equal(who(t, "::ffff:10.0.0.2"), B);
	put(t, "::ffff:0:0/96", C);
	assert_ptr_equal(who(t, "::ffff:10.0.0.1"), C);
	assert_ptr_equal(who(t, "10.0.0.1"), A);
	assert_null(who(t, "10.0.0.3"));
	allowedips_free(t);
}

/* Addresses are read where they lie in a packet (CVE-2024-42247 was about that), here up to
 * the last byte there is.
 */
static void any_alignment(void **state)
{
	struct allowedips *t = table_new();
	struct cidr c4 = cidr("10.1.2.3/32"), c6 = cidr("2001:db8::7/128");
	size_t at;

	(void)state;
	put(t, "10.1.2.3/32", A);
	put(t, "10.1.2.0/24", B);
	put(t, "2001:db8::7/128", A);
	put(t, "2001:db8::/64", B);
	for (at = 0; at < 16; at++) {
		uint8_t *b4 = malloc(at + 4), *b6 = malloc(at + 16);

		assert_true(b4 && b6);
		memcpy(b4 + at, c4.addr.b, 4);
		memcpy(b6 + at, c6.addr.b, 16);
		assert_ptr_equal(allowedips_lookup(t, FAMILY_IP4, b4 + at), A);
		assert_ptr_equal(allowedips_lookup(t, FAMILY_IP6, b6 + at), A);
		b4[at + 3] ^= 1;
		b6[at + 15] ^= 1;
		assert_ptr_equal(allowedips_lookup(t, FAMILY_IP4, b4 + at), B);
		assert_ptr_equal(allowedips_lookup(t, FAMILY_IP6, b6 + at), B);
		free(b4);
		free(b6);
	}
	allowedips_free(t);
}

struct listed {
	char text[512];
	unsigned left; /* stop when it reaches 0 */
};

static bool list_one(void *ctx, const struct cidr *c)
{
	struct listed *l = ctx;
	char s[CIDR_STR_SIZE];
	size_t n = strlen(l->text);

	snprintf(l->text + n, sizeof(l->text) - n, "%s ", cidr_str(c, s));
	return --l->left;
}

static bool list_owned(void *ctx, const struct cidr *c, struct allowedips_owner *owner)
{
	struct listed *l = ctx;
	bool more = list_one(l, c);

	l->text[strlen(l->text) - 1] = (char)('A' + (owner - owners));
	return more;
}

static void each_in_order(void **state)
{
	struct allowedips *t = table_new();
	struct listed all = { .left = 99 }, two = { .left = 2 };

	(void)state;
	put(t, "fd00::/8", B);
	put(t, "10.0.0.2/32", B);
	put(t, "::/0", A);
	put(t, "10.0.0.0/8", A);
	put(t, "0.0.0.0/0", B);
	put(t, "10.0.0.0/32", A);
	allowedips_each(t, list_owned, &all);
	assert_string_equal(all.text,
			    "0.0.0.0/0B10.0.0.0/8A10.0.0.0/32A10.0.0.2/32B::/0Afd00::/8B");
	allowedips_each(t, list_owned, &two);
	assert_string_equal(two.text, "0.0.0.0/0B10.0.0.0/8A");
	allowedips_free(t);
}

static void assert_owns(const struct allowedips_owner *o, const char *text)
{
	struct listed l = { .left = 99 };

	allowedips_each_of(o, list_one, &l);
	assert_string_equal(l.text, text);
}

static void each_of_an_owner_as_given(void **state)
{
	struct allowedips *t = table_new();
	struct listed two = { .left = 2 };

	(void)state;
	assert_owns(A, "");
	put(t, "fd00::/8", A);
	put(t, "10.0.0.0/32", A);
	put(t, "10.0.0.3/32", B);
	put(t, "10.0.0.0/8", A);
	assert_owns(A, "fd00::/8 10.0.0.0/32 10.0.0.0/8 ");
	assert_owns(B, "10.0.0.3/32 ");
	allowedips_each_of(A, list_one, &two);
	assert_string_equal(two.text, "fd00::/8 10.0.0.0/32 ");
	/* What is given again, or moves, is the latest; a branch that was nobody's too. */
	put(t, "10.0.0.0/32", A);
	put(t, "fd00::/8", B);
	put(t, "10.0.0.0/30", B);
	assert_owns(A, "10.0.0.0/8 10.0.0.0/32 ");
	assert_owns(B, "10.0.0.3/32 fd00::/8 10.0.0.0/30 ");
	/* A prefix that becomes a branch is given back all the same. */
	take(t, "10.0.0.0/30", B);
	assert_owns(B, "10.0.0.3/32 fd00::/8 ");
	allowedips_free(t);
	assert_owns(A, "");
	assert_int_equal(B->n, 0);
}

/* --- the stupid one --- */

enum { MODEL_MAX = 512 };
struct model {
	struct {
		struct cidr c;
		void *owner;
		unsigned given; /* when */
	} row[MODEL_MAX];
	size_t n;
	unsigned clock;
};

static size_t model_find(const struct model *m, const struct cidr *c)
{
	size_t i;

	for (i = 0; i < m->n; i++) {
		if (cidr_equal(&m->row[i].c, c))
			break;
	}
	return i;
}

static bool model_insert(struct model *m, const struct cidr *c, void *owner)
{
	size_t i = model_find(m, c);
	bool taken = i < m->n && m->row[i].owner != owner;

	m->row[i].c = *c;
	m->row[i].owner = owner;
	m->row[i].given = ++m->clock;
	if (i == m->n)
		m->n++;
	return taken;
}

static void model_drop(struct model *m, size_t i)
{
	m->row[i] = m->row[--m->n];
}

static bool model_remove(struct model *m, const struct cidr *c, void *owner)
{
	size_t i = model_find(m, c);

	if (i == m->n || m->row[i].owner != owner)
		return false;
	model_drop(m, i);
	return true;
}

static void model_remove_owner(struct model *m, void *owner)
{
	size_t i;

	for (i = m->n; i-- > 0;) {
		if (m->row[i].owner == owner)
			model_drop(m, i);
	}
}

static void *model_lookup(const struct model *m, const struct ip_addr *a)
{
	void *best = NULL;
	int best_len = -1;
	size_t i;

	for (i = 0; i < m->n; i++) {
		const struct cidr *c = &m->row[i].c;

		if (c->len > best_len && cidr_contains(c, a)) {
			best = m->row[i].owner;
			best_len = c->len;
		}
	}
	return best;
}

/* Few different bits, so that prefixes nest, part and meet again; now and then any bits. */
static struct cidr random_cidr(struct seed *s)
{
	struct cidr c = { .addr.family = seed_below(s, 2) ? FAMILY_IP4 : FAMILY_IP6 };
	unsigned bits = c.addr.family == FAMILY_IP4 ? 32 : 128, n;

	if (seed_below(s, 8)) {
		for (n = (unsigned)seed_below(s, 4); n--;) {
			unsigned bit = (unsigned)seed_below(s, bits);

			c.addr.b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		}
	} else {
		seed_bytes(s, c.addr.b, bits / 8);
	}
	c.len = (uint8_t)seed_below(s, bits + 1);
	return c;
}

struct seen {
	const struct model *m;
	size_t n;
	struct cidr last;
};

static bool check_listed(void *ctx, const struct cidr *c, struct allowedips_owner *owner)
{
	struct seen *s = ctx;
	size_t i = model_find(s->m, c);
	struct cidr masked = *c;

	assert_true(i < s->m->n);
	assert_ptr_equal(s->m->row[i].owner, owner);
	cidr_mask(&masked);
	assert_memory_equal(masked.addr.b, c->addr.b, 16);
	if (s->n && s->last.addr.family == c->addr.family) {
		int order = memcmp(s->last.addr.b, c->addr.b, 16);

		assert_true(order < 0 || (!order && s->last.len < c->len));
	} else if (s->n) {
		assert_int_equal(c->addr.family, FAMILY_IP6);
	}
	s->last = *c;
	s->n++;
	return true;
}

struct seen_of {
	const struct model *m;
	const struct allowedips_owner *owner;
	size_t n;
	unsigned last; /* when that was given */
};

static bool check_listed_of(void *ctx, const struct cidr *c)
{
	struct seen_of *s = ctx;
	size_t i = model_find(s->m, c);

	assert_true(i < s->m->n);
	assert_ptr_equal(s->m->row[i].owner, s->owner);
	assert_true(s->m->row[i].given > s->last);
	s->last = s->m->row[i].given;
	s->n++;
	return true;
}

static size_t model_count(const struct model *m, const void *owner)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += m->row[i].owner == owner;
	return n;
}

static void check_all(const struct allowedips *t, const struct model *m)
{
	struct seen s = { .m = m };

	allowedips_each(t, check_listed, &s);
	assert_int_equal(s.n, m->n);
	assert_int_equal(allowedips_count(t), m->n);
	assert_true(allowedips_nodes(t) <= 2 * m->n); /* branches go with what they parted */
	for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
		struct seen_of of = { .m = m, .owner = &owners[i] };

		allowedips_each_of(&owners[i], check_listed_of, &of);
		assert_int_equal(of.n, model_count(m, &owners[i]));
		assert_int_equal(owners[i].n, of.n);
	}
}

static void step(struct seed *s, struct allowedips *t, struct model *m)
{
	struct cidr c = random_cidr(s);
	struct allowedips_owner *owner = &owners[seed_below(s, ARRAY_LEN(owners))];
	uint64_t what = seed_below(s, 1000);

	if (what < 3) {
		allowedips_remove_owner(t, owner);
		model_remove_owner(m, owner);
	} else if (what < 350 && m->n) {
		/* half of the time one that is there, and its own owner's */
		size_t i = seed_below(s, m->n);

		if (what % 2) {
			c = m->row[i].c;
			owner = m->row[i].owner;
		}
		assert_int_equal(allowedips_remove(t, &c, owner), model_remove(m, &c, owner));
	} else if (m->n < MODEL_MAX) {
		assert_int_equal(allowedips_insert(t, &c, owner), model_insert(m, &c, owner));
	}
	c = random_cidr(s);
	assert_ptr_equal(allowedips_lookup(t, (enum addr_family)c.addr.family, c.addr.b),
			 model_lookup(m, &c.addr));
}

static void same_as_a_scan(void **state)
{
	struct seed s = seed_start("same_as_a_scan");
	unsigned round, i;

	(void)state;
	for (round = 0; round < 20; round++) {
		struct allowedips *t = table_new();
		struct model *m = calloc(1, sizeof(*m));

		assert_non_null(m);
		for (i = 0; i < 2000; i++) {
			step(&s, t, m);
			if (i % 50 == 0)
				check_all(t, m);
		}
		check_all(t, m);
		free(m);
		allowedips_free(t);
	}
}

/* --- what it costs --- */

enum { MANY = 3000, PREFIXES_EACH = 13 };

static struct cidr many_cidr(unsigned owner, unsigned i)
{
	struct cidr c = { .addr = { FAMILY_IP4,
				    { 10, (uint8_t)(owner >> 8), (uint8_t)owner,
				      (uint8_t)(16 * i) } },
			  .len = 28 };

	return c;
}

static bool count_one(void *ctx, const struct cidr *c)
{
	(void)c;
	++*(size_t *)ctx;
	return true;
}

static void insert_many(struct allowedips *t, struct allowedips_owner *many)
{
	for (unsigned o = 0; o < MANY; o++)
		allowedips_owner_init(&many[o]);
	for (unsigned o = 0; o < MANY; o++)
		for (unsigned i = 0; i < PREFIXES_EACH; i++) {
			struct cidr c = many_cidr(o, i);

			allowedips_insert(t, &c, &many[o]);
		}
}

/*
 * With thousands of owners to list or to remove all of them, one by one, is as little work
 * as to insert what they own; a walk through everything for each would be some hundred
 * times as much. Time of this process, and the best of some rounds: so a busy machine
 * does not show.
 */
static void an_owner_costs_what_it_owns(void **state)
{
	struct allowedips_owner *many = calloc(MANY, sizeof(*many));
	clock_t best_in = 0, best_out = 0;

	(void)state;
	assert_non_null(many);
	for (int round = 0; round < 3; round++) {
		struct allowedips *t = allowedips_new();
		clock_t start = clock(), in, out;
		size_t n = 0;

		insert_many(t, many);
		in = clock() - start;
		start = clock();
		for (unsigned o = 0; o < MANY; o++)
			allowedips_each_of(&many[o], count_one, &n);
		for (unsigned o = 0; o < MANY; o++)
			allowedips_remove_owner(t, &many[o]);
		out = clock() - start;
		best_in = round ? MIN(best_in, in) : in;
		best_out = round ? MIN(best_out, out) : out;
		assert_int_equal(n, MANY * PREFIXES_EACH);
		assert_int_equal(allowedips_nodes(t), 0);
		allowedips_free(t);
	}
	printf("# %d owners: in %ld, out %ld clocks\n", MANY, (long)best_in, (long)best_out);
	assert_true(best_out < 10 * best_in);
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(longest_prefix_wins),
		cmocka_unit_test(host_bits_are_masked),
		cmocka_unit_test(giving_it_away_moves_it),
		cmocka_unit_test(branches_are_nobodys),
		cmocka_unit_test(removing_an_owner),
		cmocka_unit_test(prefix_of_zero),
		cmocka_unit_test(mapped_addresses_do_not_cross),
		cmocka_unit_test(any_alignment),
		cmocka_unit_test(each_in_order),
		cmocka_unit_test(each_of_an_owner_as_given),
		cmocka_unit_test(same_as_a_scan),
		cmocka_unit_test(an_owner_costs_what_it_owns),
	};

	return cmocka_run_group_tests_name("wg_allowedips", tests, NULL, NULL);
}
