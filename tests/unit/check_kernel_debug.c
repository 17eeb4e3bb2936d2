/*
 * kernel.debug, and what the kernel's lines make of other rows and of the verdict: named where
 * something fails, a warning at most where all was answered, nothing of others than this peer.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"
#include "check/choose.h"
#include "check/kernel_lines.h"
#include "verdict/verdict.h"

#include <string.h>

static struct debug_line_facts lines[4];

/* A kernel's tunnel that was found up, and whose lines were read. */
static void kernel(struct facts *f)
{
	unsigned i;

	made_wireguard_go(f);
	f->target.kind = TARGET_INTERFACE;
	f->target.engine = "kernel";
	f->tun[END_NEAR].kind = "wireguard";
	f->kernel.debug = (struct debug_facts){
		.on = 15, .missed = 0, .held_back = 0, .more = 0, .same_name = 0, .list = lines
	};
	for (i = 0; i < ENGINE_LOG_COUNT; i++)
		f->engine[END_NEAR].log_says[i] = 0;
}

static void said(struct facts *f, enum engine_log_class class, bool ours)
{
	struct debug_facts *d = &f->kernel.debug;

	lines[d->n++] = (struct debug_line_facts){
		.class = class,
		.outer = { .addr = made_addr(ours ? "198.51.100.2" : "192.0.2.66"), .port = 5 },
		.ours = ours,
		.count = 7,
	};
	if (ours)
		f->engine[END_NEAR].log_says[class] += 7;
}

static void not_asked(struct facts *f)
{
	(void)f;
}

static void no_right(struct facts *f)
{
	made_wireguard_go(f);
	f->kernel.debug.unread = "open /dev/kmsg: Operation not permitted";
	f->kernel.debug.unread_remedy = "run as root";
}

static void locked_down(struct facts *f)
{
	made_wireguard_go(f);
	f->kernel.debug.unread = "the kernel is locked down";
}

static void nothing(struct facts *f)
{
	kernel(f);
}

static void of_others(struct facts *f)
{
	kernel(f);
	said(f, ENGINE_LOG_MAC1, false);
}

static void a_stray_source(struct facts *f)
{
	kernel(f);
	said(f, ENGINE_LOG_SOURCE, true);
}

static void a_stray_response(struct facts *f)
{
	kernel(f);
	said(f, ENGINE_LOG_RESPONSE, true);
}

static void cookies(struct facts *f)
{
	kernel(f);
	said(f, ENGINE_LOG_LOAD, true);
}

static void held_back(struct facts *f)
{
	a_stray_source(f);
	f->kernel.debug.held_back = 3;
}

static void held_back_only(struct facts *f)
{
	kernel(f);
	f->kernel.debug.held_back = 3;
}

static void not_kept(struct facts *f)
{
	of_others(f);
	f->kernel.debug.more = 2;
}

static void overwritten(struct facts *f)
{
	kernel(f);
	f->kernel.debug.missed = 4;
}

static void a_twin(struct facts *f)
{
	kernel(f);
	said(f, ENGINE_LOG_MAC1, true);
	f->engine[END_NEAR].log_says[ENGINE_LOG_MAC1] = UNKNOWN;
	f->kernel.debug.same_name = 1;
}

static void maybe_a_twin(struct facts *f)
{
	kernel(f);
	f->kernel.debug.same_name = UNKNOWN;
}

static const struct check_case rows[] = {
	{ "no right", no_right, STATE_SKIP, "not read: open /dev/kmsg", NULL },
	{ "locked down", locked_down, STATE_SKIP, "the kernel is locked down", NULL },
	{ "nothing", nothing, STATE_PASS, "none of this peer", NULL },
	{ "others", of_others, STATE_PASS, "at least 7 lines are not known to be this peer's",
	  NULL },
	{ "one", a_stray_source, STATE_WARN, "at least 7 × an inner source", NULL },
	{ "held back", held_back, STATE_WARN, "at least 7 × an inner source", NULL },
	{ "how many", held_back, STATE_WARN, "; the kernel held 3 lines back, of whatever", NULL },
	{ "none, and held back", held_back_only, STATE_UNSURE,
	  "none of this peer was seen; the kernel held", NULL },
	{ "none, and not kept", not_kept, STATE_UNSURE, "2 lines of more addresses were not kept",
	  NULL },
	{ "cookies", cookies, STATE_PASS, "at least 7 × under load", NULL },
	{ "overwritten", overwritten, STATE_UNSURE, "4 lines of the kernel's log", NULL },
	{ "twin", a_twin, STATE_SKIP, "another network namespace has an interface called", NULL },
	{ "maybe a twin", maybe_a_twin, STATE_PASS, "none of this peer", NULL },
};

static void each_row(void **state)
{
	(void)state;
	check_cases_run("kernel.debug", rows, ARRAY_LEN(rows));
}

/* --- what follows of it ------------------------------------------------------------------- */

/* Nothing inside came back. */
static void unanswered(struct facts *f)
{
	f->ping_peer.received = 0;
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = 0;
}

static void source_fails(struct facts *f)
{
	a_stray_source(f);
	unanswered(f);
}

/* One echo or another is lost on any way. */
static void source_and_a_loss(struct facts *f)
{
	a_stray_source(f);
	f->ping_peer.received = f->ping_peer.sent - 1;
}

static void response_and_a_loss(struct facts *f)
{
	a_stray_response(f);
	f->ping_peer.received = f->ping_peer.sent - 1;
}

static void source_and_one_answer(struct facts *f)
{
	source_fails(f);
	f->ping_peer.received = 1;
}

static void source_and_a_paced_answer(struct facts *f)
{
	static struct pace_facts pace;

	source_fails(f);
	pace = (struct pace_facts){ .probes = 50, .answered = 1 };
	f->paces = &pace;
	f->n_paces = 1;
}

static void source_and_other_data(struct facts *f)
{
	source_fails(f);
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = 20;
}

static void source_unasked(struct facts *f)
{
	source_fails(f);
	facts_gap(f, NEED_PING_PEER, "nobody to ask", NULL);
}

static void source_interrupted(struct facts *f)
{
	source_fails(f);
	f->interrupted = true;
}

static void response_in_a_session(struct facts *f)
{
	kernel(f);
	said(f, ENGINE_LOG_RESPONSE, true);
	unanswered(f);
}

static void response_refused(struct facts *f)
{
	struct tap_facts *wire = &f->taps[TAP_NEAR_WIRE];
	int dir;

	kernel(f);
	said(f, ENGINE_LOG_RESPONSE, true);
	made_silent(f);
	wire->msgs[TAP_IN][WG_MSG_RESPONSE] = 2;
	for (dir = 0; dir < TAP_DIR_COUNT; dir++)
		f->taps[TAP_NEAR_TUN].packets[dir] = 0;
}

static const struct check_case rejects[] = {
	{ "nothing", nothing, STATE_PASS, "kernel keeps no such counters: ", NULL },
	{ "others", of_others, STATE_PASS, "kernel keeps no such counters: ", NULL },
	{ "twin", a_twin, STATE_PASS, "kernel keeps no such counters: ", NULL },
	{ "one, and all is answered", a_stray_source, STATE_WARN,
	  "the kernel's debug lines say at least 7 × an inner source", NULL },
	{ "one, and nothing is", source_fails, STATE_FAIL,
	  "the kernel's debug lines say at least 7 × an inner source", NULL },
	{ "a response, and no session", response_refused, STATE_FAIL,
	  "the kernel's debug lines say at least 7 × a response that was not accepted", NULL },
};

/* What the lines alone are worth, and what they would have the verdict name. */
static const struct {
	const char *name;
	void (*change)(struct facts *f);
	bool named;
} worth[] = {
	{ "a source, one echo lost", source_and_a_loss, false },
	{ "a response, one echo lost", response_and_a_loss, false },
	{ "a source, one echo answered", source_and_one_answer, false },
	{ "a source, one paced probe answered", source_and_a_paced_answer, false },
	{ "a source, other data both ways", source_and_other_data, false },
	{ "a source, nobody asked", source_unasked, false },
	{ "a source, interrupted", source_interrupted, false },
	{ "a response in a session", response_in_a_session, false },
	{ "a source, nothing answered", source_fails, true },
	{ "a response, and no session", response_refused, true },
};
#define BY_LINES                                                                   \
	(SIGN_BIT(SIGN_NEAR_SOURCE_REFUSED) | SIGN_BIT(SIGN_RESPONSE_NOT_OPENED) | \
	 SIGN_BIT(SIGN_KEY_REFUSED) | SIGN_BIT(SIGN_NEAR_RIVAL))

static void judged_as_a_log(void **state)
{
	(void)state;
	check_cases_run("crypto.rejects", rejects, ARRAY_LEN(rejects));
}

static const struct finding *row_of(void (*change)(struct facts *f), struct findings *all,
				    struct arena *a, struct verdict *v)
{
	struct facts f;

	arena_init(a);
	findings_init(all, a);
	made_healthy(&f);
	change(&f);
	checks_run(&f, NULL, all);
	verdict_of(&f, all, v);
	return made_row(all, "kernel.debug");
}

/* Only where nothing works do they name anything. */
static void what_they_are_worth(void **state)
{
	struct findings all;
	struct verdict v;
	struct arena a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(worth); i++) {
		const struct finding *row;
		row_of(worth[i].change, &all, &a, &v);
		row = made_row(&all, "crypto.rejects");
		print_message("# %s: %s %s: %s\n", worth[i].name, state_str(row->state),
			      v.cause ? v.cause : "-", row->summary);
		assert_int_equal((row->signs & BY_LINES) != 0, worth[i].named);
		if (!worth[i].named)
			assert_true(!v.cause || (strcmp(v.cause, "inner-source-not-allowed") &&
						 strcmp(v.cause, "psk-mismatch")));
		arena_done(&a);
	}
}

static void another_preshared_key_is_named(void **state)
{
	struct findings all;
	struct verdict v;
	struct arena a;

	(void)state;
	row_of(response_refused, &all, &a, &v);
	assert_int_equal(v.state, STATE_FAIL);
	assert_string_equal(v.cause ? v.cause : "-", "psk-mismatch");
	arena_done(&a);
}

/* Who did not ask for it sees no row of it, and one that was chosen says so. */
static void only_when_asked(void **state)
{
	struct check_choice choice;
	const char *bad = NULL;
	struct findings all;
	struct verdict v;
	struct facts f;
	struct arena a;
	const struct finding *row;

	(void)state;
	assert_null(row_of(not_asked, &all, &a, &v));
	arena_done(&a);
	assert_non_null(row_of(nothing, &all, &a, &v));
	arena_done(&a);

	arena_init(&a);
	findings_init(&all, &a);
	made_healthy(&f);
	assert_true(choose("kernel.debug", NULL, &a, &choice, &bad));
	checks_run(&f, &choice, &all);
	row = made_row(&all, "kernel.debug");
	assert_non_null(row);
	assert_int_equal(row->state, STATE_NA);
	arena_done(&a);
}

/* A tunnel that works is not said to be broken, and nothing is named. */
static void healthy_stays_so(void **state)
{
	static void (*const changes[])(struct facts * f) = { nothing,
							     of_others,
							     a_stray_source,
							     a_stray_response,
							     cookies,
							     held_back,
							     a_twin,
							     maybe_a_twin,
							     locked_down,
							     source_and_a_loss,
							     response_and_a_loss };
	struct findings all;
	struct verdict v;
	struct arena a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(changes); i++) {
		row_of(changes[i], &all, &a, &v);
		print_message("# %zu: %s %s\n", i, state_str(v.state), v.summary);
		assert_true(v.state == STATE_PASS || v.state == STATE_WARN);
		assert_null(v.cause);
		arena_done(&a);
	}
}

/* Few of the lines are printed; the device counts each, if it can be nothing else. */
static void how_many_are_no_ip(void **state)
{
	struct facts f;

	(void)state;
	made_healthy(&f);
	kernel(&f);
	f.tun[END_NEAR].before[LINK_RX_FRAME] = 10;
	f.tun[END_NEAR].after[LINK_RX_FRAME] = 210;
	assert_int_equal(kernel_lines_not_ip(&f), 0);
	said(&f, ENGINE_LOG_NOT_IP, true);
	assert_int_equal(kernel_lines_not_ip(&f), 200);
	said(&f, ENGINE_LOG_MAC1, false);
	assert_int_equal(kernel_lines_not_ip(&f), 200);
	said(&f, ENGINE_LOG_NOT_IP, false);
	assert_int_equal(kernel_lines_not_ip(&f), 7);
	f.kernel.debug.n--;
	said(&f, ENGINE_LOG_SOURCE, true);
	assert_int_equal(kernel_lines_not_ip(&f), 7);
	f.kernel.debug.n = 1;
	f.tun[END_NEAR].after[LINK_RX_FRAME] = UNKNOWN;
	assert_int_equal(kernel_lines_not_ip(&f), 7);
}

/* --- what the far end recorded --------------------------------------------------------------- */

static struct facts there;

/* Nothing inside came back, and the other kernel refused what it got of us. */
static void far_refuses(struct facts *f)
{
	kernel(f);
	f->kernel.debug.on = UNKNOWN;
	facts_gap(f, NEED_ENGINE_FAR, "the far end is not on this machine", NULL);
	f->crypto[END_FAR].known = false;
	unanswered(f);
	facts_init(&there);
	kernel(&there);
	there.target.peer = f->config[END_NEAR].own;
	said(&there, ENGINE_LOG_SOURCE, true);
	f->far_seen = &there;
	f->n_far_seen = 1;
}

static void far_looked_at_another(struct facts *f)
{
	far_refuses(f);
	there.target.peer.b[0] ^= 1;
}

/* It refused some of ours, and one was answered. */
static void far_refuses_some(struct facts *f)
{
	far_refuses(f);
	f->ping_peer.received = 1;
}

static void far_had_a_twin(struct facts *f)
{
	far_refuses(f);
	there.kernel.debug.same_name = 1;
}

static void what_the_far_kernel_says(void **state)
{
	static const struct {
		void (*change)(struct facts *f);
		bool told, named;
	} cases[] = { { far_refuses, true, true },
		      { far_refuses_some, true, false },
		      { far_looked_at_another, false, false },
		      { far_had_a_twin, false, false } };
	struct findings all;
	struct verdict v;
	struct arena a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		const struct finding *row;

		row_of(cases[i].change, &all, &a, &v);
		row = made_row(&all, "crypto.rejects");
		print_message("# %zu: %s %s\n", i, state_str(row->state), row->summary);
		assert_int_equal(strstr(row->summary,
					"the far kernel's debug lines say at least 7 × an "
					"inner source") != NULL,
				 cases[i].told);
		assert_int_equal((row->signs & SIGN_BIT(SIGN_FAR_SOURCE_REFUSED)) != 0,
				 cases[i].named);
		arena_done(&a);
	}
}

/* To who lacks the right it says what would help, and is not decided. */
static void a_right_is_missing(void **state)
{
	struct findings all;
	struct verdict v;
	struct arena a;

	(void)state;
	assert_string_equal(row_of(no_right, &all, &a, &v)->remedy, "run as root");
	assert_int_equal(v.state, STATE_UNSURE);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row),
		cmocka_unit_test(judged_as_a_log),
		cmocka_unit_test(what_they_are_worth),
		cmocka_unit_test(another_preshared_key_is_named),
		cmocka_unit_test(only_when_asked),
		cmocka_unit_test(healthy_stays_so),
		cmocka_unit_test(a_right_is_missing),
		cmocka_unit_test(how_many_are_no_ip),
		cmocka_unit_test(what_the_far_kernel_says),
	};

	return cmocka_run_group_tests_name("kernel.debug", tests, NULL, NULL);
}
