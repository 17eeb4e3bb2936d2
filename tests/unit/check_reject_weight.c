/* What strangers send is no word on a tunnel whose peer answers: a port is open to all. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "check/reject_weight.h"
#include "lib/made_facts.h"

static const char *const anybody[] = { "in_short",     "in_reserved", "in_unknown_type",
				       "in_wrong_len", "in_mac1",     "in_unknown_index" };
static const char *const others[] = { "in_static", "in_unknown_peer", "in_timestamp" };
static const char *const peers[] = { "in_source",   "in_tag",	    "in_not_ip",      "in_length",
				     "in_response", "io_send_perm", "io_send_unreach" };

/* An interface that is there; its far end is another machine, and answers. */
static void attached(struct facts *f)
{
	static struct pace_facts pace;

	made_healthy(f);
	f->target.kind = TARGET_INTERFACE;
	facts_gap(f, NEED_ENGINE_FAR, "the far end is not on this machine", NULL);
	facts_gap(f, NEED_CONFIG_FAR, "the far end is not on this machine", NULL);
	assert_false(facts_far_is_here(f));
	pace = (struct pace_facts){ .probes = 200, .answered = 200, .left = 200 };
	f->paces = &pace;
	f->n_paces = 1;
}

static void silent(struct facts *f)
{
	size_t i;

	f->ping_peer.received = 0;
	for (i = 0; i < f->n_paces; i++)
		f->paces[i].answered = 0;
	f->n_inner_targets = 0;
}

static void loses(struct facts *f, int64_t of_100)
{
	size_t i;

	for (i = 0; i < f->n_paces; i++)
		f->paces[i].answered = f->paces[i].probes * (100 - of_100) / 100;
}

static void all_are(const struct facts *f, const char *const *ids, size_t n, enum state s)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct refused_count r = { .id = ids[i], .says = "x", .n = 40 };

		if (reject_weight(f, END_NEAR, &r) != s)
			fail_msg("%s: %d", ids[i], reject_weight(f, END_NEAR, &r));
	}
}

static void who_answers(void **state)
{
	struct facts f;

	(void)state;
	attached(&f);
	all_are(&f, anybody, ARRAY_LEN(anybody), STATE_PASS);
	all_are(&f, others, ARRAY_LEN(others), STATE_WARN);
	all_are(&f, peers, ARRAY_LEN(peers), STATE_WARN);
	assert_int_equal(reject_log_weight(&f, END_NEAR, ENGINE_LOG_MAC1), STATE_PASS);
	assert_int_equal(reject_log_weight(&f, END_NEAR, ENGINE_LOG_SOURCE), STATE_WARN);
	assert_int_equal(reject_log_weight(&f, END_NEAR, ENGINE_LOG_TAG), STATE_WARN);
	assert_int_equal(reject_log_weight(&f, END_NEAR, ENGINE_LOG_NOT_IP), STATE_WARN);
}

/* Some of it does not come through: what the peer itself sent may be that. */
static void who_answers_some(void **state)
{
	struct facts f;

	(void)state;
	attached(&f);
	loses(&f, 10);
	all_are(&f, anybody, ARRAY_LEN(anybody), STATE_PASS);
	all_are(&f, others, ARRAY_LEN(others), STATE_WARN);
	all_are(&f, peers, ARRAY_LEN(peers), STATE_FAIL);
	attached(&f);
	f.ping_peer.received = f.ping_peer.sent - 1;
	all_are(&f, peers, ARRAY_LEN(peers), STATE_FAIL);
}

/* One in a hundred is no fault of the tunnel by itself, and none by this. */
static void who_answers_nearly_all(void **state)
{
	struct facts f;

	(void)state;
	attached(&f);
	loses(&f, 1);
	all_are(&f, peers, ARRAY_LEN(peers), STATE_WARN);
}

static void who_is_silent(void **state)
{
	struct facts f;
	/* by its share of the messages, whoever it is of */
	size_t listed = ARRAY_LEN(anybody) - 1;

	(void)state;
	attached(&f);
	silent(&f);
	all_are(&f, anybody, listed, STATE_FAIL);
	all_are(&f, others, ARRAY_LEN(others), STATE_FAIL);
	all_are(&f, peers, ARRAY_LEN(peers), STATE_FAIL);
	assert_int_equal(reject_log_weight(&f, END_NEAR, ENGINE_LOG_MAC1), STATE_FAIL);
	assert_int_equal(reject_log_weight(&f, END_NEAR, ENGINE_LOG_SOURCE), STATE_FAIL);
}

/* A hub's client that is not there, and that has no endpoint by which the hub could call it. */
static void who_is_away(void **state)
{
	static const char *const stranger[] = { "in_short", "in_unknown_type", "in_wrong_len" };
	static const char *const maybe[] = { "in_reserved", "in_mac1", "in_unknown_peer" };
	struct facts f;

	(void)state;
	attached(&f);
	silent(&f);
	f.handshake.complete = false;
	f.config[END_NEAR].peers[0].endpoint.addr.family = FAMILY_NONE;
	all_are(&f, stranger, ARRAY_LEN(stranger), STATE_WARN);
	all_are(&f, maybe, ARRAY_LEN(maybe), STATE_FAIL);
}

/* Between two ends of our own there are no strangers. */
static void nobody_else(void **state)
{
	struct facts f;

	(void)state;
	made_healthy(&f);
	assert_true(facts_far_is_here(&f));
	all_are(&f, others, ARRAY_LEN(others), STATE_FAIL);
	all_are(&f, peers, ARRAY_LEN(peers), STATE_FAIL);
}

/* Nobody waits for what has no address, or for what a router says, answered or not. */
static void sources(void **state)
{
	static const char *const link[] = { "in_source_link", "in_source_error" };
	struct facts f;

	(void)state;
	attached(&f);
	all_are(&f, link, 2, STATE_PASS);
	silent(&f);
	all_are(&f, link, 2, STATE_PASS);
}

/* What this host would not send is its own; not beside what the peer's messages were refused for. */
static void what_was_not_sent_is_of_this_host(void **state)
{
	static const struct {
		const char *refused[2];
		bool local;
	} rows[] = {
		{ { "io_send_nobufs" }, true },
		{ { "io_send_perm", "io_send_nobufs" }, true },
		{ { "io_send_unreach" }, false },
		{ { "io_send_nobufs", "in_tag" }, false },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct findings all;
		struct arena a;
		struct facts f;
		struct refused_count r[2];
		const struct finding *row;

		attached(&f);
		silent(&f);
		arena_init(&a);
		findings_init(&all, &a);
		f.crypto[END_NEAR].refused = r;
		for (k = 0; k < 2 && rows[i].refused[k]; k++)
			r[k] = (struct refused_count){ rows[i].refused[k], "x", 40 };
		f.crypto[END_NEAR].n_refused = k;
		checks_run(&f, NULL, &all);
		row = made_row(&all, "crypto.rejects");
		assert_int_equal(row->state, STATE_FAIL);
		assert_int_equal(row->whose == WHOSE_LOCAL, rows[i].local);
		assert_int_equal(row->n_commands > 0, rows[i].local);
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_answers),
		cmocka_unit_test(who_answers_some),
		cmocka_unit_test(who_answers_nearly_all),
		cmocka_unit_test(who_is_silent),
		cmocka_unit_test(nobody_else),
		cmocka_unit_test(sources),
		cmocka_unit_test(what_was_not_sent_is_of_this_host),
		cmocka_unit_test(who_is_away),
	};

	return cmocka_run_group_tests_name("check/reject_weight", tests, NULL, NULL);
}
