/*
 * Inference on made-up tables: conditions, ties, several causes at once, consequences; and
 * against a stupid model that tries every set. Then the real table, on findings made by hand.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/seed.h"
#include "verdict/conclude.h"

static const struct check rows[] = {
	{ .id = "tun.framing", .title = "tun framing" },
	{ .id = "tun.delivery", .title = "tun delivery" },
	{ .id = "ping.peer", .title = "peer ping" },
	{ .id = "echo.reply", .title = "echo replies" },
	{ .id = "data.both-ways", .title = "data both ways" },
	{ .id = "host.firewall", .title = "firewall" },
	{ .id = "rx.errors", .title = "rx errors" },
	{ .id = "crypto.rejects", .title = "refused messages" },
	{ .id = "ping.self", .title = "self ping" },
	{ .id = "loss.up", .title = "loss" },
};

struct made {
	struct arena arena;
	struct findings all;
	struct facts facts;
	struct inference in;
	struct verdict v;
};

static void made_start(struct made *m)
{
	*m = (struct made){ .v = { .state = STATE_FAIL } };
	arena_init(&m->arena);
	findings_init(&m->all, &m->arena);
	facts_init(&m->facts);
	m->facts.target.engine = "wireguard-go";
}

static struct finding *add(struct made *m, const char *id, enum state s, sign_set signs)
{
	struct finding *f = finding_add(&m->all, s, "%s is %s", id, state_str(s));
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].id, id) == 0)
			f->check = &rows[i];
	assert_non_null(f->check);
	f->signs = signs;
	return f;
}

static void infer_list(struct made *m, const struct cause *const *table, size_t n)
{
	infer(table, n, &m->all, &m->in);
	conclude(&m->in, &m->facts, &m->all, &m->v);
	assert_true(!m->v.summary ||
		    conclude_characters(m->v.summary) <= verdict_room(&m->v, &m->arena));
}

static void infer_from(struct made *m, const struct cause *table, size_t n)
{
	const struct cause *list[64];
	size_t i;

	assert_true(n <= ARRAY_LEN(list));
	for (i = 0; i < n; i++)
		list[i] = &table[i];
	infer_list(m, list, n);
}

#define FAILED(id)                           \
	{                                    \
		id, STATE_BIT(STATE_FAIL), 0 \
	}

static void consequences_are_marked(void **state)
{
	static const struct cause table[] = {
		{ .id = "one",
		  .says = "one thing",
		  .when = { FAILED("tun.delivery") },
		  .side = SIDE_FAR,
		  .direction = DIRECTION_UP,
		  .explains = { "tun.delivery", "ping.peer", "echo.reply" },
		  .remedy = "do it",
		  .commands = { "first", "second" },
		  .not_this = { "that" } },
	};
	struct finding *root, *ping, *echo, *other, *passed;
	struct made m;

	(void)state;
	made_start(&m);
	passed = add(&m, "echo.reply", STATE_PASS, 0);
	ping = add(&m, "ping.peer", STATE_FAIL, 0);
	root = add(&m, "tun.delivery", STATE_FAIL, 0);
	echo = add(&m, "echo.reply", STATE_FAIL, 0);
	other = add(&m, "host.firewall", STATE_FAIL, 0);
	/* As the runner stamps it: both ways round, of which one must go. */
	root->caused_by = "ping.peer";
	other->caused_by = "ping.peer";
	infer_from(&m, table, 1);
	assert_null(root->caused_by);
	assert_string_equal(ping->caused_by, "tun.delivery");
	assert_string_equal(echo->caused_by, "tun.delivery");
	assert_null(passed->caused_by);
	/* Not explained: as it was. */
	assert_string_equal(other->caused_by, "ping.peer");
	assert_ptr_equal(m.v.root, root);
	assert_string_equal(m.v.cause, "one");
	assert_int_equal(m.v.side, SIDE_FAR);
	assert_int_equal(m.v.direction, DIRECTION_UP);
	assert_string_equal(m.v.summary, "one: one thing; tun.delivery is FAIL");
	assert_string_equal(m.v.fix, "do it");
	assert_int_equal(m.v.n_fix_commands, 2);
	assert_int_equal(m.v.n_not_this, 1);
	assert_int_equal(m.v.n_candidates, 1);
	assert_int_equal(m.v.candidates[0].n_evidence, 1);
	assert_string_equal(m.v.candidates[0].evidence[0], "tun.delivery");
	assert_string_equal(root->remedy, "do it");
	assert_int_equal(root->n_commands, 2);
	assert_int_equal(m.v.n_next, 0);
	arena_done(&m.arena);
}

/* A root that follows from a row of another story stays its consequence. */
static void a_root_may_have_a_cause_elsewhere(void **state)
{
	static const struct cause table[] = {
		{ .id = "one", .says = "x", .explains = { "ping.peer" }, .side = SIDE_LOCAL },
	};
	struct finding *ping;
	struct made m;

	(void)state;
	made_start(&m);
	add(&m, "host.firewall", STATE_FAIL, 0);
	ping = add(&m, "ping.peer", STATE_FAIL, 0);
	ping->caused_by = "host.firewall";
	infer_from(&m, table, 1);
	assert_string_equal(ping->caused_by, "host.firewall");
	arena_done(&m.arena);
}

static void conditions_are_all_asked(void **state)
{
	static const struct cause table[] = {
		{ .id = "both",
		  .says = "x",
		  .when = { { NULL, ANY_STATE, SIGN_BIT(SIGN_FRAMING_OK) },
			    { "ping.self", STATE_BIT(STATE_PASS) | STATE_BIT(STATE_WARN), 0 } },
		  .unless = { { "loss.up", STATE_BIT(STATE_FAIL), 0 } },
		  .explains = { "ping.peer" } },
	};
	/* sign there, ping.self, loss.up: whether it is named */
	static const struct {
		bool sign;
		enum state self, loss;
		bool named;
	} cases[] = {
		{ true, STATE_PASS, STATE_PASS, true },	  { true, STATE_WARN, STATE_SKIP, true },
		{ false, STATE_PASS, STATE_PASS, false }, { true, STATE_FAIL, STATE_PASS, false },
		{ true, STATE_SKIP, STATE_PASS, false },  { true, STATE_PASS, STATE_FAIL, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct made m;

		made_start(&m);
		add(&m, "ping.self", cases[i].self, 0);
		add(&m, "rx.errors", STATE_PASS, cases[i].sign ? SIGN_BIT(SIGN_FRAMING_OK) : 0);
		add(&m, "loss.up", cases[i].loss, 0);
		add(&m, "ping.peer", STATE_FAIL, 0);
		infer_from(&m, table, 1);
		assert_int_equal(m.in.n_candidates, cases[i].named);
		if (cases[i].named)
			assert_int_equal(m.v.candidates[0].n_evidence, 2);
		arena_done(&m.arena);
	}
}

static void a_tie_is_admitted(void **state)
{
	static const struct cause table[] = {
		{ .id = "likely",
		  .group = "silence",
		  .says = "the likely thing",
		  .explains = { "ping.peer" },
		  .side = SIDE_FAR,
		  .direction = DIRECTION_UP,
		  .remedy = "guess",
		  .splitter = "wgdiag check --engine wireguard-go" },
		{ .id = "less",
		  .group = "silence",
		  .says = "the less likely thing",
		  .explains = { "ping.peer" },
		  .side = SIDE_FAR,
		  .direction = DIRECTION_DOWN,
		  .splitter = "ask the far side" },
		{ .id = "other",
		  .says = "something else",
		  .explains = { "ping.peer" },
		  .side = SIDE_PATH },
	};
	size_t n;

	(void)state;
	for (n = 2; n <= 3; n++) {
		struct made m;

		made_start(&m);
		add(&m, "ping.peer", STATE_FAIL, 0);
		infer_from(&m, table, n);
		assert_int_equal(m.v.n_candidates, n);
		assert_string_equal(m.v.candidates[0].cause, "likely");
		assert_string_equal(m.v.candidates[1].cause, "less");
		assert_int_equal(m.v.side, n == 2 ? SIDE_FAR : SIDE_UNKNOWN);
		assert_int_equal(m.v.direction, DIRECTION_NONE);
		/* One group has a name, two groups have none. */
		assert_string_equal(m.v.cause ? m.v.cause : "-", n == 2 ? "silence" : "-");
		assert_non_null(strstr(m.v.summary, "; or "));
		assert_null(m.v.fix);
		/* What this very run has done does not split it. */
		assert_int_equal(m.v.n_next, 1);
		assert_string_equal(m.v.next[0], "ask the far side");
		arena_done(&m.arena);
	}
}

static void two_faults_at_once(void **state)
{
	static const struct cause table[] = {
		{ .id = "half", .says = "x", .explains = { "ping.peer" }, .side = SIDE_PATH },
		{ .id = "up",
		  .says = "the first fault",
		  .explains = { "ping.peer", "echo.reply" },
		  .side = SIDE_LOCAL,
		  .direction = DIRECTION_UP },
		{ .id = "down",
		  .says = "the second fault",
		  .explains = { "loss.up", "echo.reply" },
		  .side = SIDE_LOCAL,
		  .direction = DIRECTION_DOWN },
	};
	struct finding *echo;
	struct made m;

	(void)state;
	made_start(&m);
	add(&m, "ping.peer", STATE_FAIL, 0);
	echo = add(&m, "echo.reply", STATE_FAIL, 0);
	add(&m, "loss.up", STATE_FAIL, 0);
	infer_from(&m, table, 3);
	/* {half, down} is as small as {up, down}: which of the two is not known. */
	assert_int_equal(m.v.n_candidates, 3);
	assert_string_equal(m.v.candidates[0].cause, "half");
	assert_string_equal(m.v.candidates[2].cause, "up");
	infer_from(&m, table + 1, 2);
	assert_int_equal(m.v.n_candidates, 2);
	assert_string_equal(m.v.cause, "up");
	assert_int_equal(m.v.side, SIDE_LOCAL);
	assert_int_equal(m.v.direction, DIRECTION_BOTH);
	assert_string_equal(m.v.summary, "the first fault (up); and the second fault (down)");
	assert_string_equal(echo->caused_by, "ping.peer");
	arena_done(&m.arena);
}

/* What is not told apart for one of them is no doubt about the other. */
static void a_fault_beside_a_group(void **state)
{
	static const struct cause table[] = {
		{ .id = "lossy",
		  .says = "the way loses",
		  .explains = { "loss.up" },
		  .side = SIDE_PATH,
		  .direction = DIRECTION_UP,
		  .remedy = "mend the way",
		  .commands = { "mtr {host}" },
		  .not_this = { "keys" } },
		{ .id = "first",
		  .group = "not-forwarded",
		  .says = "one thing",
		  .explains = { "ping.peer" },
		  .side = SIDE_FAR },
		{ .id = "second",
		  .group = "not-forwarded",
		  .says = "another",
		  .explains = { "ping.peer" },
		  .side = SIDE_FAR },
	};
	struct finding *loss, *ping;
	struct made m;

	(void)state;
	made_start(&m);
	ping = add(&m, "ping.peer", STATE_FAIL, 0);
	loss = add(&m, "loss.up", STATE_FAIL, 0);
	infer_from(&m, table, 3);
	assert_int_equal(m.v.n_candidates, 3);
	assert_int_equal(m.in.n_chosen, 2);
	assert_false(infer_is_tie(&m.in, 0));
	assert_true(infer_is_tie(&m.in, 1));
	assert_int_equal(m.v.n_causes, 2);
	assert_string_equal(m.v.cause, "lossy");
	assert_string_equal(m.v.causes[1], "not-forwarded");
	assert_int_equal(m.v.side, SIDE_PATH);
	assert_string_equal(m.v.fix, "mend the way");
	assert_int_equal(m.v.n_fixes, 2);
	assert_string_equal(m.v.fixes[1].cause, "not-forwarded");
	assert_string_equal(m.v.fixes[1].text, cause_group_find("not-forwarded")->remedy);
	assert_string_equal(loss->remedy, "mend the way");
	assert_int_equal(loss->n_commands, 1);
	assert_string_equal(ping->remedy, m.v.fixes[1].text);
	assert_int_equal(m.v.n_not_this, 1);
	assert_non_null(strstr(m.v.summary, "lossy"));
	assert_non_null(strstr(m.v.summary, "not-forwarded"));
	/* The one command that tells the group's members apart, and another where it cannot be. */
	assert_int_equal(m.v.n_next, 2);
	assert_non_null(strstr(m.v.next[0], "wgdiag serve IF"));
	assert_string_equal(m.v.next[1], "wgdiag explain far");
	arena_done(&m.arena);
}

/* Of what the lab made nobody serves: it is made again, and recorded, unless it was. */
static void a_group_of_the_lab(void **state)
{
	static const struct cause table[] = {
		{ .id = "one",
		  .group = "no-data-back",
		  .says = "one thing",
		  .when = { FAILED("ping.peer") },
		  .side = SIDE_FAR,
		  .explains = { "ping.peer" } },
		{ .id = "other",
		  .group = "no-data-back",
		  .says = "another thing",
		  .when = { FAILED("ping.peer") },
		  .side = SIDE_FAR,
		  .explains = { "ping.peer" } },
	};
	struct option_facts recorded = { .name = "--far-file" };
	struct made m;

	(void)state;
	made_start(&m);
	add(&m, "ping.peer", STATE_FAIL, 0);
	infer_from(&m, table, 2);
	assert_string_equal(m.v.cause, "no-data-back");
	assert_int_equal(m.v.n_next, 2);
	assert_non_null(strstr(m.v.next[0], "on the peer: wgdiag serve --once"));
	arena_done(&m.arena);
	made_start(&m);
	m.facts.target.lab = "some-fault";
	add(&m, "ping.peer", STATE_FAIL, 0);
	infer_from(&m, table, 2);
	assert_int_equal(m.v.n_next, 1);
	assert_non_null(strstr(m.v.next[0], "wgdiag lab some-fault"));
	assert_non_null(strstr(m.v.next[0], " --far-file"));
	arena_done(&m.arena);
	made_start(&m);
	m.facts.target.lab = "some-fault";
	m.facts.target.options = &recorded;
	m.facts.target.n_options = 1;
	add(&m, "ping.peer", STATE_FAIL, 0);
	infer_from(&m, table, 2);
	assert_int_equal(m.v.n_next, 0);
	arena_done(&m.arena);
}

/* What was seen itself is at work, also where another one would explain all that failed. */
static void a_sure_cause_is_always_named(void **state)
{
	static const struct cause table[] = {
		{ .id = "all",
		  .says = "explains all",
		  .explains = { "ping.peer", "loss.up" },
		  .side = SIDE_FAR },
		{ .id = "rival",
		  .says = "all as well",
		  .explains = { "ping.peer", "loss.up" },
		  .side = SIDE_PATH },
		{ .id = "seen",
		  .says = "was counted",
		  .sure = true,
		  .explains = { "loss.up" },
		  .side = SIDE_PATH,
		  .remedy = "mend the way",
		  .commands = { "mtr {host}" },
		  .not_this = { "keys" } },
	};
	struct made m;

	(void)state;
	made_start(&m);
	add(&m, "ping.peer", STATE_FAIL, 0);
	add(&m, "loss.up", STATE_FAIL, 0);
	infer_from(&m, table, 3);
	assert_int_equal(m.in.n_chosen, 2);
	assert_int_equal(m.v.n_candidates, 3);
	/* The rival may stand for the first one, and not for what was seen. */
	assert_true(infer_is_tie(&m.in, 0));
	assert_false(infer_is_tie(&m.in, 1));
	assert_int_equal(m.v.n_causes, 1);
	assert_string_equal(m.v.cause, "seen");
	assert_int_equal(m.v.side, SIDE_PATH);
	/* What is to be done is of the one that is named. */
	assert_string_equal(m.v.fix, "mend the way");
	assert_int_equal(m.v.n_fix_commands, 1);
	assert_int_equal(m.v.n_not_this, 1);
	assert_string_equal(m.v.root->check->id, "loss.up");
	arena_done(&m.arena);
}

/* A row whose sign it cannot bring about it leaves to another, which has to be found. */
static void a_cause_leaves_what_it_cannot_do(void **state)
{
	static const struct cause table[] = {
		{ .id = "wide",
		  .says = "loses some",
		  .explains = { "loss.up", "ping.peer" },
		  .leaves = SIGN_BIT(SIGN_BEYOND_SILENT) },
		{ .id = "narrow", .says = "forwards none", .explains = { "ping.peer" } },
	};
	struct finding *ping;
	struct made m;

	(void)state;
	made_start(&m);
	ping = add(&m, "ping.peer", STATE_FAIL, 0);
	add(&m, "loss.up", STATE_FAIL, 0);
	infer_from(&m, table, 2);
	assert_int_equal(m.v.n_causes, 1);
	assert_string_equal(m.v.cause, "wide");
	assert_string_equal(ping->caused_by, "loss.up");
	ping->signs = SIGN_BIT(SIGN_BEYOND_SILENT);
	ping->caused_by = NULL;
	infer_from(&m, table, 2);
	assert_int_equal(m.v.n_causes, 2);
	assert_string_equal(m.v.causes[1], "narrow");
	assert_null(ping->caused_by);
	arena_done(&m.arena);
}

/* However many there are, each is named in the line. */
static void many_faults_in_one_line(void **state)
{
	static const struct cause table[] = {
		{ .id = "the-first-of-four",
		  .says = "a sentence of some length about the first of them",
		  .explains = { "loss.up" } },
		{ .id = "the-second-of-four",
		  .says = "a sentence of some length about the second one",
		  .explains = { "ping.peer" } },
		{ .id = "the-third-of-four",
		  .says = "a sentence of some length about the third one",
		  .explains = { "rx.errors" } },
		{ .id = "the-fourth-of-four",
		  .says = "a sentence of some length about the last one",
		  .explains = { "ping.self" } },
	};
	struct made m;
	size_t i;

	(void)state;
	made_start(&m);
	for (i = 0; i < ARRAY_LEN(table); i++)
		add(&m, table[i].explains[0], STATE_FAIL, 0);
	infer_from(&m, table, ARRAY_LEN(table));
	assert_int_equal(m.v.n_causes, 4);
	for (i = 0; i < ARRAY_LEN(table); i++)
		assert_non_null(strstr(m.v.summary, table[i].id));
	/* In full as far as it goes; the last ones by name. */
	assert_non_null(strstr(m.v.summary, "; and the-fourth-of-four"));
	arena_done(&m.arena);
}

static void what_is_no_fault_is_named_when_nothing_failed(void **state)
{
	static const struct cause table[] = {
		{ .id = "harmless",
		  .says = "the target answers no echo",
		  .no_fault = true,
		  .explains = { "ping.peer" },
		  .remedy = "probe it otherwise" },
	};
	struct finding *ping;
	struct made m;

	(void)state;
	made_start(&m);
	ping = add(&m, "ping.peer", STATE_UNSURE, 0);
	m.v.state = STATE_PASS;
	infer_from(&m, table, 1);
	assert_string_equal(m.v.cause, "harmless");
	assert_string_equal(m.v.fix, "probe it otherwise");
	assert_int_equal(m.v.side, SIDE_NONE);
	assert_null(ping->caused_by);
	m.v = (struct verdict){ .state = STATE_FAIL };
	add(&m, "host.firewall", STATE_FAIL, 0);
	infer_from(&m, table, 1);
	assert_int_equal(m.in.n_candidates, 0);
	assert_null(m.v.cause);
	arena_done(&m.arena);
}

static void a_long_story_is_cut_at_a_cause(void **state)
{
	static const struct cause table[] = {
		{ .id = "aaa",
		  .says = "a thing that takes quite some words to tell it as it is",
		  .explains = { "ping.peer" } },
		{ .id = "bbb",
		  .says = "another one, which cannot be told in fewer words either",
		  .explains = { "ping.peer" } },
		{ .id = "ccc",
		  .says = "a third one, which has no room here",
		  .explains = { "ping.peer" } },
	};
	struct made m;

	(void)state;
	made_start(&m);
	add(&m, "ping.peer", STATE_FAIL, 0);
	infer_from(&m, table, 3);
	assert_non_null(strstr(m.v.summary, "; or 1 more"));
	assert_null(strstr(m.v.summary, "…"));
	arena_done(&m.arena);
}

/* --- against a model that tries every set ------------------------------------- */

enum { CAUSES = 9, ROUNDS = 3000 };

static uint32_t explained_by(const struct cause *c, const struct made *m)
{
	uint32_t set = 0;
	unsigned i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		const struct finding *f;

		for (f = m->all.first; f; f = f->next)
			if (f->check == &rows[i] && f->state == STATE_FAIL &&
			    cause_explains(c, rows[i].id))
				set |= UINT32_C(1) << i;
	}
	return set;
}

struct model {
	uint32_t best, any; /* sets of causes */
};

static struct model every_set(const uint32_t *explains)
{
	struct model out = { 0, 0 };
	uint32_t set, wanted = 0;
	int least = 99;
	unsigned i;

	for (i = 0; i < CAUSES; i++)
		wanted |= explains[i];
	for (set = 1; wanted && set < UINT32_C(1) << CAUSES; set++) {
		uint32_t got = 0;

		for (i = 0; i < CAUSES; i++)
			if (set >> i & 1)
				got |= explains[i];
		if (got != wanted || __builtin_popcount(set) > least)
			continue;
		if (__builtin_popcount(set) < least)
			out = (struct model){ 0, 0 };
		least = __builtin_popcount(set);
		out.any |= set;
		for (i = 0; i < CAUSES && out.best; i++)
			if ((set ^ out.best) >> i & 1)
				break;
		if (!out.best || set >> i & 1)
			out.best = set;
	}
	return out;
}

static uint32_t as_set(const struct cause **list, size_t n, const struct cause *table)
{
	uint32_t set = 0;
	size_t i;

	for (i = 0; i < n; i++)
		set |= UINT32_C(1) << (list[i] - table);
	return set;
}

static void draw_table(struct seed *s, struct cause *table)
{
	static const char *const ids[CAUSES] = { "a", "b", "c", "d", "e", "f", "g", "h", "i" };
	size_t i, k, n;

	memset(table, 0, CAUSES * sizeof(*table));
	for (i = 0; i < CAUSES; i++) {
		table[i].id = table[i].says = ids[i];
		for (k = 0, n = 0; k < ARRAY_LEN(rows); k++)
			if (seed_below(s, 4) == 0)
				table[i].explains[n++] = rows[k].id;
		if (seed_below(s, 3) == 0)
			table[i].when[0] =
				(struct condition){ rows[seed_below(s, ARRAY_LEN(rows))].id,
						    STATE_BIT(STATE_FAIL), 0 };
		if (seed_below(s, 4) == 0)
			table[i].unless[0] =
				(struct condition){ rows[seed_below(s, ARRAY_LEN(rows))].id,
						    STATE_BIT(STATE_FAIL), 0 };
	}
}

/* No row is its own cause's cause, over any number of steps, where the inference marked it. */
static void no_circle(const struct made *m)
{
	const struct finding *f, *g;
	const char *id;
	size_t steps;

	for (f = m->all.first; f; f = f->next) {
		for (id = f->caused_by, steps = 0; id; steps++) {
			assert_true(steps < ARRAY_LEN(rows));
			g = m->all.first;
			while (g && (g->state != STATE_FAIL || strcmp(g->check->id, id) != 0))
				g = g->next;
			assert_non_null(g);
			id = g->caused_by;
		}
	}
}

static void as_every_set_says(void **state)
{
	struct seed s = seed_start("infer");
	size_t round, i, n_ties = 0, n_several = 0;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		struct cause table[CAUSES];
		uint32_t explains[CAUSES];
		struct model want;
		struct made m;

		made_start(&m);
		draw_table(&s, table);
		for (i = 0; i < ARRAY_LEN(rows); i++)
			add(&m, rows[i].id, seed_below(&s, 2) ? STATE_FAIL : STATE_PASS, 0);
		add(&m, "ping.peer", STATE_FAIL, 0);
		for (i = 0; i < CAUSES; i++)
			explains[i] =
				cause_holds(&table[i], &m.all) ? explained_by(&table[i], &m) : 0;
		want = every_set(explains);
		infer_from(&m, table, CAUSES);
		assert_int_equal(as_set(m.in.chosen, m.in.n_chosen, table), want.best);
		assert_int_equal(as_set(m.in.candidates, m.in.n_candidates, table), want.any);
		n_ties += m.in.n_candidates > m.in.n_chosen;
		n_several += m.in.n_chosen > 1;
		no_circle(&m);
		arena_done(&m.arena);
	}
	/* The draw reaches what it is about. */
	assert_true(n_ties > 50 && n_several > 50);
}

/* --- the real table ------------------------------------------------------------- */

static void framing(enum sign sign, const char *on, enum side side, enum direction way)
{
	struct finding *ping, *data;
	struct made m;

	made_start(&m);
	add(&m, "tun.framing", strcmp(on, "tun.framing") ? STATE_PASS : STATE_FAIL,
	    strcmp(on, "tun.framing") ? SIGN_BIT(SIGN_FRAMING_OK) : SIGN_BIT(sign));
	if (strcmp(on, "tun.framing") != 0)
		add(&m, on, STATE_FAIL, SIGN_BIT(sign));
	ping = add(&m, "ping.peer", STATE_FAIL, 0);
	data = add(&m, "data.both-ways", STATE_FAIL, 0);
	ping->caused_by = data->caused_by = "tun.delivery";
	add(&m, "ping.self", STATE_PASS, 0);
	infer_list(&m, causes, n_causes);
	assert_string_equal(m.v.cause, "tun-framing");
	assert_int_equal(m.v.side, side);
	assert_int_equal(m.v.direction, way);
	assert_string_equal(m.v.root->check->id, on);
	assert_string_equal(ping->caused_by, on);
	assert_string_equal(data->caused_by, on);
	assert_int_equal(m.v.n_candidates, 1);
	assert_true(m.v.fix && m.v.n_not_this >= 5);
	arena_done(&m.arena);
}

static void each_sign_of_framing(void **state)
{
	static const char *const on[] = { "tun.framing", "tun.delivery", "crypto.rejects",
					  "rx.errors" };
	static const enum sign near[] = { SIGN_NEAR_WRITES_NO_IP, SIGN_NEAR_WRITE_REFUSED,
					  SIGN_NEAR_SENDS_NO_IP, SIGN_NEAR_OUTER_TOO_LARGE };
	static const enum sign far[] = { SIGN_FAR_WRITES_NO_IP, SIGN_FAR_WRITE_REFUSED,
					 SIGN_FAR_SENDS_NO_IP, SIGN_FAR_OUTER_TOO_LARGE };
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(near); i++) {
		for (k = 0; k < ARRAY_LEN(on); k++) {
			/* The first two of each are about what is written to the tun there. */
			framing(near[i], on[k], SIDE_LOCAL, i < 2 ? DIRECTION_DOWN : DIRECTION_UP);
			framing(far[i], on[k], SIDE_FAR, i < 2 ? DIRECTION_UP : DIRECTION_DOWN);
		}
	}
}

/* One header that is wrong both ways: what is written and what is sent. */
static void framing_both_ways(void **state)
{
	struct made m;

	(void)state;
	made_start(&m);
	add(&m, "tun.framing", STATE_FAIL, SIGN_BIT(SIGN_NEAR_WRITES_NO_IP));
	add(&m, "crypto.rejects", STATE_FAIL, SIGN_BIT(SIGN_NEAR_SENDS_NO_IP));
	infer_list(&m, causes, n_causes);
	assert_int_equal(m.v.side, SIDE_LOCAL);
	assert_int_equal(m.v.direction, DIRECTION_BOTH);
	assert_int_equal(m.v.n_candidates, 1);
	assert_int_equal(m.v.candidates[0].n_evidence, 2);
	arena_done(&m.arena);
}

/* That an engine sends nothing of what it reads tells the direction, and names nothing. */
static void framing_unread(void **state)
{
	static const struct {
		enum sign writes, reads;
		enum side side;
	} ends[] = {
		{ SIGN_NEAR_WRITES_NO_IP, SIGN_NEAR_READS_NO_IP, SIDE_LOCAL },
		{ SIGN_FAR_WRITE_REFUSED, SIGN_FAR_READS_NO_IP, SIDE_FAR },
	};
	struct made m;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(ends); i++) {
		made_start(&m);
		add(&m, "tun.framing", STATE_FAIL,
		    SIGN_BIT(ends[i].writes) | SIGN_BIT(ends[i].reads));
		infer_list(&m, causes, n_causes);
		assert_int_equal(m.v.side, ends[i].side);
		assert_int_equal(m.v.direction, DIRECTION_BOTH);
		arena_done(&m.arena);
		made_start(&m);
		add(&m, "tun.framing", STATE_FAIL, SIGN_BIT(ends[i].reads));
		infer_list(&m, causes, n_causes);
		assert_null(m.v.cause);
		arena_done(&m.arena);
	}
}

/* Which end it is, nobody knows then; that it is the framing, they agree. */
static void framing_at_both_ends(void **state)
{
	struct made m;

	(void)state;
	made_start(&m);
	add(&m, "tun.framing", STATE_FAIL, SIGN_BIT(SIGN_NEAR_SENDS_NO_IP));
	add(&m, "crypto.rejects", STATE_FAIL, SIGN_BIT(SIGN_FAR_SENDS_NO_IP));
	infer_list(&m, causes, n_causes);
	assert_string_equal(m.v.cause, "tun-framing");
	assert_int_equal(m.v.side, SIDE_UNKNOWN);
	assert_int_equal(m.v.n_candidates, 2);
	assert_int_equal(m.v.candidates[0].side, SIDE_LOCAL);
	assert_int_equal(m.v.candidates[1].side, SIDE_FAR);
	arena_done(&m.arena);
}

/* Without a sign of the mechanism nothing is named, however much failed. */
static void no_cause_by_elimination(void **state)
{
	struct made m;
	size_t i;

	(void)state;
	made_start(&m);
	for (i = 0; i < ARRAY_LEN(rows); i++)
		add(&m, rows[i].id, STATE_FAIL,
		    SIGN_BIT(SIGN_NOTHING_DELIVERED) | SIGN_BIT(SIGN_FRAMING_OK));
	infer_list(&m, causes, n_causes);
	assert_int_equal(m.in.n_candidates, 0);
	assert_null(m.v.cause);
	arena_done(&m.arena);
}

/* A sign where nothing failed is no fault to be named. */
static void no_cause_without_a_failure(void **state)
{
	struct made m;

	(void)state;
	made_start(&m);
	add(&m, "rx.errors", STATE_WARN, SIGN_BIT(SIGN_NEAR_SENDS_NO_IP));
	infer_list(&m, causes, n_causes);
	assert_int_equal(m.in.n_candidates, 0);
	arena_done(&m.arena);
}

static void rows_are_whole(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < n_causes; i++) {
		const struct cause *c = causes[i];

		print_message("# %s, %s\n", c->id, side_str(c->side));
		assert_true(c->says && c->explains[0] && c->when[0].states);
		assert_true(!c->group || cause_group_find(c->group));
		assert_true(strlen(c->id) + 2 + conclude_characters(c->says) <=
			    VERDICT_LINE_MAX * 3 / 4);
		assert_true(c->no_fault || c->side != SIDE_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_group_of_the_lab),
		cmocka_unit_test(consequences_are_marked),
		cmocka_unit_test(a_root_may_have_a_cause_elsewhere),
		cmocka_unit_test(conditions_are_all_asked),
		cmocka_unit_test(a_tie_is_admitted),
		cmocka_unit_test(two_faults_at_once),
		cmocka_unit_test(a_fault_beside_a_group),
		cmocka_unit_test(a_sure_cause_is_always_named),
		cmocka_unit_test(a_cause_leaves_what_it_cannot_do),
		cmocka_unit_test(many_faults_in_one_line),
		cmocka_unit_test(what_is_no_fault_is_named_when_nothing_failed),
		cmocka_unit_test(a_long_story_is_cut_at_a_cause),
		cmocka_unit_test(as_every_set_says),
		cmocka_unit_test(each_sign_of_framing),
		cmocka_unit_test(framing_both_ways),
		cmocka_unit_test(framing_unread),
		cmocka_unit_test(framing_at_both_ends),
		cmocka_unit_test(no_cause_by_elimination),
		cmocka_unit_test(no_cause_without_a_failure),
		cmocka_unit_test(rows_are_whole),
	};

	return cmocka_run_group_tests_name("verdict/infer", tests, NULL, NULL);
}
