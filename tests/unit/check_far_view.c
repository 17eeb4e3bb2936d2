/*
 * What the far end recorded, as signs on rows of this end: each by what shows it, and none by a
 * recording of another time, with gaps, or of what others did.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "check/far_view.h"
#include "lib/made_facts.h"
#include "wire/probe_msg.h"

enum { PORT = 51820 };
#define START (1000 * NS_PER_S)

/* A near end whose initiations were not answered, and a far one that recorded all the while. */
struct world {
	struct arena a;
	struct facts near, far;
	struct peer_config peer, far_peers[2];
	struct call_facts calls[2];
	struct addr_facts addrs[2];
	struct passed_facts passed;
	struct attempt_facts attempt;
	struct rule_facts rule;
};

static const struct call_facts a_call = { .ours = true, .initiations = 1, .to.port = PORT };

static void make(struct world *w)
{
	memset(w, 0, sizeof(*w));
	arena_init(&w->a);
	facts_init(&w->near);
	facts_init(&w->far);
	w->near.marker = w->far.marker = "m";
	w->near.target = w->far.target =
		(struct target_facts){ .kind = TARGET_INTERFACE, .name = "wg0", .engine = "x" };
	w->near.started_wall_ns = START;
	w->near.handshake.waited_ns = 5 * NS_PER_S;
	facts_have(&w->near, NEED_TAP_NEAR_WIRE);
	w->near.taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 2;
	w->near.taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 0;
	w->peer.endpoint.addr = made_addr("192.0.2.1");
	w->near.config[END_NEAR].peers = &w->peer;
	w->near.config[END_NEAR].n_peers = 1;
	facts_have(&w->near, NEED_CONFIG);
	w->far.recording.from_wall_ns = START - 1;
	w->far.recording.to_wall_ns = START + 6 * NS_PER_S;
	w->far.recording.passed_dropped = 0;
	w->far.recording.knocks = w->far.recording.knocks_dns = 0;
	w->far.recording.knocks_other = w->far.recording.shaped = 0;
	w->addrs[0] = (struct addr_facts){ .link = "eth0", .addr = made_net("192.0.2.1/24") };
	w->addrs[1] = (struct addr_facts){ .link = "eth1", .addr = made_net("10.9.9.1/24") };
	w->far.recording.addrs = w->addrs;
	w->far.recording.n_addrs = 2;
	w->far.wire[END_NEAR].name = "eth0";
	w->far.calls.list = w->calls;
	w->far.calls.dropped = w->far.calls.more = 0;
	w->far.config[END_NEAR].listen_port = PORT;
	w->far.config[END_NEAR].peers = w->far_peers;
	w->far.config[END_NEAR].n_peers = 1;
	facts_have(&w->far, NEED_CALLS);
	facts_have(&w->far, NEED_CONFIG);
	w->near.far_seen = &w->far;
	w->near.n_far_seen = 1;
}

struct outer_case {
	const char *name;
	void (*change)(struct world *w);
	sign_set signs;
};

static void nothing(struct world *w)
{
	(void)w;
}
static void elsewhere(struct world *w)
{
	w->peer.endpoint.addr = made_addr("192.0.2.2");
}
static void knock(struct world *w)
{
	w->far.recording.knocks = w->far.recording.knocks_other = 4;
}
static void few_knocks(struct world *w)
{
	w->far.recording.knocks = 3;
	w->far.recording.knocks_other = 8;
}
static void shaped(struct world *w)
{
	knock(w);
	w->far.recording.shaped = 1;
}
/* Some of each kind are missing. */
static void some(struct world *w)
{
	w->far.recording.knocks = PROBE_KNOCKS - 1;
	w->far.recording.shaped = PROBE_KNOCKS - 2;
}
static void all_came(struct world *w)
{
	w->far.recording.knocks = w->far.recording.shaped = PROBE_KNOCKS;
}
static void few_shaped(struct world *w)
{
	all_came(w);
	w->far.recording.shaped = PROBE_KNOCKS - 4;
}
static void few_shaped_one_missing(struct world *w)
{
	few_shaped(w);
	w->far.recording.knocks--;
}
static void one_missing(struct world *w)
{
	all_came(w);
	w->far.recording.knocks--;
}
static void two_shaped_missing(struct world *w)
{
	all_came(w);
	w->far.recording.shaped -= 2;
}
/* All three of them, and two of the sixteen others: hardly by chance. */
static void two_missing_and_three_lost(struct world *w)
{
	two_shaped_missing(w);
	w->near.taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 3;
}
static void some_with_gaps(struct world *w)
{
	some(w);
	w->far.recording.passed_dropped = 1;
}
static void other(struct world *w)
{
	w->far.recording.knocks_other = w->far.recording.knocks_dns = 4;
}
static void dns(struct world *w)
{
	w->far.recording.knocks_dns = 4;
}
static void knock_with_gaps(struct world *w)
{
	dns(w);
	w->far.recording.passed_dropped = 1;
}
static void no_recording(struct world *w)
{
	w->near.n_far_seen = 0;
}
static void began_later(struct world *w)
{
	w->far.recording.from_wall_ns = START + 1;
}
/* Whatever this run did before it asked. */
static void began_before_asking(struct world *w)
{
	began_later(w);
	w->near.taps[TAP_NEAR_WIRE].first_initiation_ns = START + 1;
}
static void asked_before(struct world *w)
{
	began_later(w);
	w->near.taps[TAP_NEAR_WIRE].first_initiation_ns = START;
}
static void ended_before(struct world *w)
{
	w->far.recording.to_wall_ns = START + 5 * NS_PER_S - 1;
}
/* Whatever the clocks are: a check was there. */
static void later_with_knock(struct world *w)
{
	began_later(w);
	dns(w);
}
static void later_unanswered(struct world *w)
{
	began_later(w);
	w->calls[0] = a_call;
	w->far.calls.n = 1;
}
static void long_ago(struct world *w)
{
	knock(w);
	facts_have(&w->near, NEED_FAR_TEXT);
	w->near.far_host.when_wall_ns = START - 16 * 60 * NS_PER_S;
}
static void gaps(struct world *w)
{
	w->far.calls.dropped = 1;
}
static void gaps_unknown(struct world *w)
{
	w->far.calls.dropped = UNKNOWN;
}
static void too_many(struct world *w)
{
	w->far.calls.more = 1;
}
static void not_listened(struct world *w)
{
	facts_gap(&w->far, NEED_CALLS, "no right", NULL);
}
static void response(struct world *w)
{
	w->near.taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 1;
}
/* Its answer came, from another address than was asked. */
static void response_elsewhere(struct world *w)
{
	w->calls[0] = a_call;
	w->calls[0].responses = 1;
	w->far.calls.n = 1;
	w->attempt = (struct attempt_facts){ .by = END_NEAR, .outcome = ATTEMPT_UNUSED };
	w->attempt.to.addr = made_addr("192.0.2.1");
	w->attempt.answer.addr = made_addr("192.0.2.2");
	w->near.handshakes.list = &w->attempt;
	w->near.handshakes.n = 1;
}
static void none_left(struct world *w)
{
	w->near.taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 0;
}
static void unanswered(struct world *w)
{
	w->calls[0] = a_call;
	w->far.calls.n = 1;
}
static void engine_had_none(struct world *w)
{
	unanswered(w);
	facts_have(&w->far, NEED_ENGINE);
	w->far.crypto[END_NEAR].known = true;
}
static struct refused_count in_mac1 = { .id = "in_mac1", .says = "x", .n = 1 };
static void engine_refused(struct world *w)
{
	engine_had_none(w);
	w->far.crypto[END_NEAR].refused = &in_mac1;
	w->far.crypto[END_NEAR].n_refused = 1;
}
static void rule(struct world *w)
{
	unanswered(w);
	w->rule = (struct rule_facts){ .family = "inet",
				       .table = "t",
				       .chain = "c",
				       .hook = "input",
				       .says = "drop",
				       .before = UNKNOWN,
				       .after = UNKNOWN };
	w->far.firewall.rules = &w->rule;
	w->far.firewall.n_rules = 1;
	facts_have(&w->far, NEED_FIREWALL);
}
static void answered(struct world *w)
{
	unanswered(w);
	w->calls[0].responses = 1;
}
static void one_answered(struct world *w)
{
	answered(w);
	w->far.config[END_NEAR].n_peers = 2;
}
/* It has a session since: somebody else. */
static void others(struct world *w)
{
	answered(w);
	w->calls[0].data = 9;
}
static void other_key(struct world *w)
{
	unanswered(w);
	w->calls[0].ours = false;
}
static void other_port(struct world *w)
{
	unanswered(w);
	w->calls[0].to.port = PORT + 1;
}

#define S(x) SIGN_BIT(SIGN_FAR_##x)
static const struct outer_case outer[] = {
	{ "nothing came", nothing, S(HEARD_NOTHING) },
	{ "nothing came to who is elsewhere", elsewhere, S(HEARD_NOTHING) | S(IS_ELSEWHERE) },
	{ "a knock came", knock, S(HEARD_NOTHING) | S(HEARD_KNOCK) },
	{ "only a few came", few_knocks, S(HEARD_NOTHING) },
	{ "and what looks like ours, not all", shaped, S(HEARD_LIKE) | S(HEARD_SOME) },
	{ "some of each kind", some, S(HEARD_LIKE) | S(HEARD_SOME) },
	{ "all of each kind", all_came, S(HEARD_LIKE) },
	{ "all but one", one_missing, S(HEARD_LIKE) },
	{ "all but two of what looks like ours", two_shaped_missing,
	  S(HEARD_LIKE) | S(HEARD_SOME) },
	{ "the same, and more initiations lost than chance takes", two_missing_and_three_lost,
	  S(HEARD_LIKE) },
	{ "few of what looks like ours, and all others", few_shaped, S(HEARD_LIKE) },
	{ "few of what looks like ours, and all others but one", few_shaped_one_missing,
	  S(HEARD_LIKE) | S(HEARD_SOME) },
	{ "some of each kind, others may be missed", some_with_gaps, S(HEARD_LIKE) },
	{ "one to another port", other, S(HEARD_NOTHING) | S(HEARD_OTHER) },
	{ "one to DNS only", dns, S(HEARD_NOTHING) | S(HEARD_DNS) },
	{ "one to DNS, others may be lost", knock_with_gaps, S(HEARD_NOTHING) },
	{ "no recording", no_recording, 0 },
	{ "it began later", began_later, 0 },
	{ "it began later, and before we asked", began_before_asking, S(HEARD_NOTHING) },
	{ "it began when we had asked", asked_before, 0 },
	{ "it ended before", ended_before, 0 },
	{ "it began later, and a check was there", later_with_knock,
	  S(HEARD_NOTHING) | S(HEARD_DNS) },
	{ "it began later, and one came", later_unanswered, S(HEARD) },
	{ "of long ago", long_ago, 0 },
	{ "a capture with gaps", gaps, 0 },
	{ "nobody knows of gaps", gaps_unknown, 0 },
	{ "more callers than were kept", too_many, 0 },
	{ "nobody listened there", not_listened, 0 },
	{ "a response came here", response, 0 },
	{ "one came from another address", response_elsewhere, 0 },
	{ "no initiation left", none_left, 0 },
	{ "came, and was not answered", unanswered, S(HEARD) },
	{ "and its engine had none", engine_had_none, S(HEARD) | S(TOOK_CALL) },
	{ "and its engine refused it", engine_refused, S(HEARD) },
	{ "and a rule takes it", rule, S(HEARD) | S(TOOK_CALL) },
	{ "came, and was answered", answered, S(ANSWERED) },
	{ "of one of several, and was answered", one_answered, S(HEARD) },
	{ "somebody else's", others, S(HEARD_NOTHING) },
	{ "for another key", other_key, S(HEARD) },
	{ "to another port", other_port, S(OTHER_PORT) },
};

static void outside(void **state)
{
	struct findings all;
	struct finding *row;
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(outer); i++) {
		print_message("# %s\n", outer[i].name);
		make(&w);
		outer[i].change(&w);
		findings_init(&all, &w.a);
		row = finding_add(&all, STATE_FAIL, "x");
		far_view_outer(&w.near, &all, row);
		assert_true(row->signs == outer[i].signs);
		arena_done(&w.a);
	}
}

/* --- inside --------------------------------------------------------------------------- */

struct inner_case {
	const char *name, *target;
	int64_t left, came, dropped, hides;
	const char *from;
	sign_set signs;
	bool by_call; /* its way out is known by who called only */
};

static const struct inner_case inner[] = {
	{ "to who is behind it", "10.9.9.7", 9, 0, 0, 0, "10.0.0.2", S(NO_WAY_BACK), false },
	{ "it hides others", "10.9.9.7", 9, 0, 0, 1, "10.0.0.2", S(HIDES_NOT), false },
	{ "by its way out", "198.51.100.1", 9, 0, 0, 0, "10.0.0.2", S(HIDES_NOT), false },
	{ "a neighbour by its way out", "192.0.2.9", 9, 0, 0, 0, "10.0.0.2", S(HIDES_NOT), false },
	{ "one by its way out, by who called", "192.0.2.9", 9, 0, 0, 0, "10.0.0.2", S(HIDES_NOT),
	  true },
	{ "behind it, by who called", "10.9.9.7", 9, 0, 0, 0, "10.0.0.2", S(NO_WAY_BACK), true },
	{ "it came back", "10.9.9.7", 9, 1, 0, 0, "10.0.0.2", 0, false },
	{ "nothing was passed on", "10.9.9.7", 0, 0, 0, 0, "10.0.0.2", 0, false },
	{ "some may have been missed", "10.9.9.7", 9, 0, 8, 0, "10.0.0.2", S(NO_WAY_BACK), false },
	{ "all may have been missed", "10.9.9.7", 9, 0, 9, 0, "10.0.0.2", 0, false },
	{ "it may have missed any", "10.9.9.7", 9, 0, UNKNOWN, 0, "10.0.0.2", 0, false },
	{ "from somebody else", "10.9.9.7", 9, 0, 0, 0, "10.0.0.3", 0, false },
};

static void inside(void **state)
{
	struct ip_addr target;
	struct findings all;
	struct finding *row;
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(inner); i++) {
		const struct inner_case *c = &inner[i];

		print_message("# %s\n", c->name);
		make(&w);
		w.near.handshake.complete = true;
		w.near.ping_peer.target = target = made_addr(c->target);
		w.near.inner_targets = NULL;
		w.near.paths = arena_alloc(&w.a, sizeof(*w.near.paths));
		w.near.paths[0] = (struct path_facts){ .of = PATH_INNER,
						       .to = target,
						       .dev = "wg0",
						       .prefsrc = made_addr("10.0.0.2") };
		w.near.n_paths = 1;
		facts_have(&w.near, NEED_PATHS);
		w.near.net_start[END_NEAR].addrs = arena_alloc(&w.a, sizeof(struct addr_facts));
		w.near.net_start[END_NEAR].addrs[0] =
			(struct addr_facts){ .link = "wg0", .addr = made_net("10.0.0.2/32") };
		w.near.net_start[END_NEAR].n_addrs = 1;
		facts_have(&w.near, NEED_ADDRS);
		w.passed = (struct passed_facts){
			.from = made_addr(c->from), .to = target, .left = c->left, .came = c->came
		};
		w.far.recording.passed = &w.passed;
		w.far.recording.n_passed = 1;
		w.far.recording.passed_dropped = c->dropped;
		w.far.firewall.n_hides = c->hides;
		if (c->by_call) {
			w.far.wire[END_NEAR].name = NULL;
			w.calls[0] = a_call;
			w.calls[0].link = "eth0";
			w.calls[0].responses = w.calls[0].data = 1;
			w.far.calls.n = 1;
		}
		findings_init(&all, &w.a);
		row = finding_add(&all, STATE_FAIL, "x");
		far_view_inner(&w.near, &target, true, &all, row);
		assert_true(row->signs == c->signs);
		arena_done(&w.a);
	}
}

/* One that ended early is no word on what came later, and says why it ended. */
static void ended(void **state)
{
	static const struct {
		int64_t before_end_ns;
		bool gone;
		const char *words; /* NULL: nothing came, and that is shown */
	} cases[] = {
		{ 0, false, NULL },
		{ 0, true, NULL },
		{ 1, false, "clocks of the two hosts" },
		{ 1, true, "made anew, after 5.0 s" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct findings all;
		struct finding *row;
		struct world w;

		make(&w);
		w.far.recording.from_wall_ns = START;
		w.far.recording.to_wall_ns = START + 5 * NS_PER_S - cases[i].before_end_ns;
		w.far.recording.gone = cases[i].gone;
		findings_init(&all, &w.a);
		row = finding_add(&all, STATE_FAIL, "x");
		far_view_outer(&w.near, &all, row);
		assert_true(row->signs == (cases[i].words ? 0 : SIGN_BIT(SIGN_FAR_HEARD_NOTHING)));
		assert_non_null(row->evidence);
		if (cases[i].words)
			assert_non_null(strstr(row->evidence->text, cases[i].words));
		arena_done(&w.a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outside),
		cmocka_unit_test(inside),
		cmocka_unit_test(ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
