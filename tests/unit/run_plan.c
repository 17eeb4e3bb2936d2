/*
 * What a run looks at for the rows that were chosen: enough for each of them to say alone what it
 * says among all others, and no stage that none of them looks at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/choose.h"
#include "lib/made_facts.h"
#include "model/facts_file.h"
#include "run/run_priv.h"

#define BIT(n) NEED_BIT(NEED_##n)

static uint32_t plan_for(const char *only, struct check_choice *c)
{
	const char *bad = NULL;
	struct arena a;

	arena_init(&a);
	assert_true(choose(only, NULL, &a, c, &bad));
	arena_done(&a);
	return run_plan(choose_needs(c));
}

static void what_it_stands_on(void **state)
{
	struct check_choice c;
	uint32_t all = NEED_BIT(NEED_COUNT) - 1;

	(void)state;
	assert_int_equal(run_plan(0), all);
	assert_int_equal(run_plan(all), all);
	assert_int_equal(plan_for("engine.start", &c), BIT(ENGINE_START) | BIT(LINKS));
	assert_int_equal(run_plan(BIT(LOSS_UP)), BIT(ENGINE_START) | BIT(HANDSHAKE) | BIT(LOSS_UP) |
							 BIT(LOSS_DOWN) | BIT(TAP_NEAR_WIRE) |
							 BIT(TAP_FAR_WIRE));
	assert_int_equal(run_plan(BIT(GATEWAY)),
			 BIT(ENGINE_START) | BIT(GATEWAY) | BIT(PATHS) | BIT(CONFIG) | BIT(ENGINE));
	assert_false(plan_for("config,underlay.link", &c) & BIT(PING_SELF));
	assert_false(plan_for("data", &c) & (RUN_PING_NEEDS | BIT(FIREWALL) | BIT(FRAMING)));
}

/* --- alone as among the others --------------------------------------------------------- */

static void leave_out(struct facts *f, uint32_t plan)
{
	unsigned i;

	for (i = 0; i < NEED_COUNT; i++)
		if (!(plan & NEED_BIT(i)))
			facts_gap(f, (enum need)i, "not asked for", NULL);
	if (!(plan & BIT(STREAMS)))
		f->n_streams = 0;
	if (!(plan & BIT(PATHS)))
		f->n_paths = 0;
	if (!(plan & RUN_PING_NEEDS))
		f->n_inner_targets = 0;
	if (!(plan & BIT(PING_PEER)))
		f->ping_peer.target = (struct ip_addr){ 0 };
	if (!(plan & BIT(PING_SELF)))
		f->ping_self.target = (struct ip_addr){ 0 };
	if (!(plan & BIT(ECHO_BACK)))
		f->echo_back[0].target = f->echo_back[1].target = (struct ip_addr){ 0 };
}

/* As of run/run_attach.c: without a far end that takes part pings stand for bulk data. */
static uint32_t with_attached(const struct facts *f, uint32_t plan)
{
	if (facts_far_is_here(f) || !(plan & BIT(STREAMS)))
		return plan;
	return plan | BIT(PING_PEER) | BIT(SIZES) | BIT(HANDSHAKE) | BIT(ADDRS) | BIT(ROUTES) |
	       BIT(LINKS);
}

/*
 * Of a tunnel that is not ours a row on its own has less to tell a silent peer by, and may leave
 * open what is PASS or SKIP among others; a FAIL is one in both.
 */
static bool agree(const struct facts *f, enum state one, enum state among)
{
	if (one == among)
		return true;
	return !facts_far_is_here(f) && one != STATE_FAIL && among != STATE_FAIL;
}

static void alone(const struct facts *whole, const char *name, const struct check *c)
{
	struct check_choice choice;
	uint32_t plan = with_attached(whole, plan_for(c->id, &choice));
	struct findings all, one;
	struct facts f = *whole;
	struct arena a;

	/* Where the far end takes no part, pings are all the data there is (run_attach_plan). */
	if (!facts_far_is_here(whole) && plan & BIT(STREAMS))
		plan |= run_plan(BIT(PING_PEER) | BIT(SIZES));
	/* And what differs from a file matters where nobody answers. */
	if (!facts_far_is_here(whole) && plan & BIT(INTENDED))
		plan |= run_plan(BIT(HANDSHAKE));
	arena_init(&a);
	findings_init(&all, &a);
	findings_init(&one, &a);
	checks_run(whole, NULL, &all);
	/* As run_attach_plan(): pings are what there is in place of bulk data. */
	if (!facts_far_is_here(whole) && plan & BIT(STREAMS))
		plan |= BIT(PING_PEER) | BIT(SIZES) | BIT(HANDSHAKE) | BIT(ADDRS) | BIT(ROUTES) |
			BIT(LINKS);
	if (!facts_far_is_here(whole) && plan & RUN_PING_NEEDS)
		plan |= BIT(TAP_NEAR_TUN);
	leave_out(&f, plan);
	checks_run(&f, &choice, &one);
	assert_false(all.partial);
	assert_true(one.partial);
	assert_int_equal(one.n, 1);
	if (!agree(whole, one.first->state, made_row(&all, c->id)->state))
		fail_msg("%s, %s: %s alone, %s among all (%s)", name, c->id,
			 state_str(one.first->state), state_str(made_row(&all, c->id)->state),
			 one.first->summary);
	arena_done(&a);
}

static void each_alone(const struct facts *f, const char *name)
{
	size_t i;

	for (i = 0; checks[i]; i++)
		if (!checks[i]->asked || checks[i]->asked(f))
			alone(f, name, checks[i]);
}

static void on_made_facts(void **state)
{
	struct facts f;

	(void)state;
	made_healthy(&f);
	each_alone(&f, "healthy");
	made_wireguard_go(&f);
	each_alone(&f, "wireguard-go");
	made_silent(&f);
	each_alone(&f, "silent");
	made_healthy(&f);
	made_not_started(&f, "no");
	each_alone(&f, "not started");
}

static void on_one_case(const char *path)
{
	static char text[1 << 20];
	FILE *in = fopen(path, "r");
	struct facts f;
	struct arena a;
	struct err e;
	size_t len;

	assert_non_null(in);
	len = fread(text, 1, sizeof(text), in);
	fclose(in);
	arena_init(&a);
	assert_int_equal(facts_read(text, len, &a, &f, &e), 0);
	each_alone(&f, path);
	arena_done(&a);
}

/* Whatever is wrong there, a row that is asked for alone finds it as well. */
static void on_all_cases(void **state)
{
	const char *top = getenv("TOP");
	char pattern[4096];
	glob_t g;
	size_t i;

	(void)state;
	snprintf(pattern, sizeof(pattern), "%s/fixtures/cases/*/*.json", top ? top : ".");
	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	assert_true(g.gl_pathc > 5);
	for (i = 0; i < g.gl_pathc; i++)
		on_one_case(g.gl_pathv[i]);
	globfree(&g);
}

/* --- the number of a step ---------------------------------------------------------------- */

struct told {
	unsigned step, n;
};

static void note(void *ctx, unsigned step, unsigned n, const char *what)
{
	struct told *t = ctx;

	(void)what;
	*t = (struct told){ step, n };
}

static void tells(uint32_t needs, enum run_step step, unsigned at, unsigned n)
{
	struct told t = { 0 };
	struct run_conf c = { .progress = note, .ctx = &t };
	struct run r = { .conf = &c, .left_out = ~run_plan(needs) };

	run_tell(&r, step, "");
	assert_int_equal(t.step, at);
	assert_int_equal(t.n, n);
}

static void steps_are_counted(void **state)
{
	(void)state;
	tells(0, RUN_STEP_TUNNEL, 1, 7);
	tells(0, RUN_STEP_DATA, 5, 7);
	tells(0, RUN_STEP_CLEAN, 7, 7);
	tells(BIT(ENGINE_START), RUN_STEP_START, 2, 3);
	tells(BIT(ENGINE_START), RUN_STEP_CLEAN, 3, 3);
	tells(BIT(LINKS), RUN_STEP_COUNTERS, 3, 4);
	tells(BIT(STREAMS), RUN_STEP_DATA, 4, 6);
	tells(BIT(PING_SELF), RUN_STEP_PING, 3, 5);
	tells(BIT(SIZES), RUN_STEP_PING, 4, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_stands_on),
		cmocka_unit_test(on_made_facts),
		cmocka_unit_test(on_all_cases),
		cmocka_unit_test(steps_are_counted),
	};

	return cmocka_run_group_tests_name("run_plan", tests, NULL, NULL);
}
