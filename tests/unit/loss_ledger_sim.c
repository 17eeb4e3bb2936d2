/*
 * The ledger against a model of a tunnel of which everything is known.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "ledger_world.h"
#include "base/defs.h"
#include "loss/ledger.h"

struct score {
	int64_t right, wrong, none, joins_wrong, joins, probes;
	int64_t exact_wrong; /* of the way there: with a trace it is no matter of likelihood */
	int64_t sealed; /* counters that probes and answers took */
	int64_t there, back; /* of the right ones, those that tell the direction */
};

static void sums(const struct fates_facts *f, size_t probes)
{
	int64_t lost = 0;
	size_t i;

	for (i = 0; i < f->n_lost; i++)
		lost += f->lost[i].count;
	assert_int_equal(f->sent, probes);
	assert_int_equal(f->n, probes);
	assert_int_equal(f->answered + f->unknown + lost, f->sent);
}

static void one(struct seed *s, const struct world_plan *p, struct score *sc)
{
	static struct truth truth[WORLD_PROBES_MAX];
	struct fates_facts f;
	struct ledger *l;
	struct arena a;
	size_t i;

	arena_init(&a);
	l = ledger_new(&a, 0);
	world_run(s, p, l, &a, truth);
	ledger_close(l, NULL, &f);
	sums(&f, p->probes);
	for (i = 0; i < f.n; i++) {
		enum claim c = world_claim(&f, &f.list[i], &truth[i]);

		assert_int_equal(f.list[i].result == FATE_ANSWERED,
				 truth[i].reached == STAGE_COUNT);
		if (c == CLAIM_WRONG && getenv("VERBOSE"))
			printf("# probe %zu reached %d sealed %d %d claim %d to %d\n", i,
			       truth[i].reached, truth[i].sealed[0], truth[i].sealed[1],
			       f.list[i].after, f.list[i].before);
		sc->right += c == CLAIM_RIGHT;
		sc->wrong += c == CLAIM_WRONG;
		sc->none += f.list[i].result == FATE_UNKNOWN;
		sc->exact_wrong += c == CLAIM_WRONG && f.list[i].before <= STAGE_FAR_TUN_IN;
		sc->exact_wrong +=
			f.list[i].counter != UNKNOWN &&
			(!truth[i].sealed[0] || f.list[i].counter != (int64_t)truth[i].counter[0]);
		sc->joins_wrong += world_wrong_joins(&f.list[i], &truth[i]);
		sc->joins += (f.list[i].counter != UNKNOWN) + (f.list[i].counter_back != UNKNOWN);
		sc->there += c == CLAIM_RIGHT && f.list[i].before <= STAGE_FAR_WIRE_OUT;
		sc->back += c == CLAIM_RIGHT && f.list[i].after != STAGE_NONE &&
			    f.list[i].after >= STAGE_FAR_TUN_OUT;
		sc->sealed += truth[i].sealed[0] + truth[i].sealed[1];
		sc->probes++;
	}
	arena_done(&a);
}

#define NEAR_TAPS                                                                          \
	(STAGE_BIT(STAGE_TUN_OUT) | STAGE_BIT(STAGE_WIRE_OUT) | STAGE_BIT(STAGE_WIRE_IN) | \
	 STAGE_BIT(STAGE_TUN_IN))

enum { ROUNDS = 60, EDGES = 4 };
enum mode {
	ALL_TAPS,
	ALL_AND_TRACE,
	NEAR_ONLY,
	NEAR_AND_TRACE,
	SOME_TAPS,
	CAPTURES_DROP,
	OVERTAKEN
};

static void plan(struct seed *s, enum mode m, struct world_plan *p)
{
	unsigned k;

	world_plan_of_chance(s, p);
	p->trace = m == ALL_AND_TRACE || m == NEAR_AND_TRACE;
	if (m == NEAR_ONLY || m == NEAR_AND_TRACE)
		p->watched = NEAR_TAPS;
	if (m == SOME_TAPS || m == CAPTURES_DROP)
		p->watched = (uint32_t)seed_below(s, 1 << STAGE_COUNT);
	/* Probes of `loss` have sizes of their own; an engine of several threads, on a machine that is busy. */
	if (m == OVERTAKEN) {
		p->size = 0;
		p->overtaken[0] = 0.001 + (double)seed_below(s, 40) / 1000;
		p->overtaken[1] = seed_below(s, 2) ? (double)seed_below(s, 40) / 1000 : 0;
	}
	for (k = 0; m == CAPTURES_DROP && k < STAGE_COUNT; k++)
		p->capture_drop[k] = seed_below(s, 2) ? (double)seed_below(s, 100) / 1000 : 0;
}

static void run(const char *name, enum mode m, double least_right)
{
	struct seed s = seed_start(name);
	struct score sc = { 0 };
	struct world_plan p;
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		struct score b = { 0 };

		plan(&s, m, &p);
		one(&s, &p, &b);
		if (getenv("VERBOSE"))
			printf("# %u: right %d wrong %d none %d joins %d of %d wrong %d of %d\n", i,
			       (int)b.right, (int)b.wrong, (int)b.none, (int)b.joins, (int)b.sealed,
			       (int)b.joins_wrong, (int)b.probes);
		sc.right += b.right;
		sc.wrong += b.wrong;
		sc.none += b.none;
		sc.joins += b.joins;
		sc.joins_wrong += b.joins_wrong;
		sc.probes += b.probes;
		sc.sealed += b.sealed;
		sc.exact_wrong += b.exact_wrong;
		sc.there += b.there;
		sc.back += b.back;
	}
	if (m == OVERTAKEN)
		assert_true((double)sc.joins >= 0.9 * (double)sc.sealed);
	printf("# %s: lost: right %d (there %d, back %d), wrong %d, unknown %d; counters %d of %d, wrong %d; of %d probes\n",
	       name, (int)sc.right, (int)sc.there, (int)sc.back, (int)sc.wrong, (int)sc.none,
	       (int)sc.joins, (int)sc.sealed, (int)sc.joins_wrong, (int)sc.probes);
	if (m == ALL_AND_TRACE || m == NEAR_AND_TRACE)
		assert_int_equal(sc.exact_wrong, 0);
	assert_true((double)sc.wrong <= 0.005 * (double)(sc.right + sc.wrong));
	assert_true((double)sc.joins_wrong <= 0.005 * (double)sc.joins);
	assert_true((double)sc.right >= least_right * (double)(sc.right + sc.none));
}

static void all_taps(void **state)
{
	(void)state;
	run("all taps", ALL_TAPS, 0.9);
}
static void all_and_trace(void **state)
{
	(void)state;
	run("all taps and a trace", ALL_AND_TRACE, 0.9);
}
static void near_only(void **state)
{
	(void)state;
	run("near taps", NEAR_ONLY, 0.5);
}
static void near_and_trace(void **state)
{
	(void)state;
	run("near taps and a trace", NEAR_AND_TRACE, 0.5);
}
static void some_taps(void **state)
{
	(void)state;
	run("some taps", SOME_TAPS, 0);
}
static void captures_drop(void **state)
{
	(void)state;
	run("captures drop", CAPTURES_DROP, 0);
}

static void overtaken(void **state)
{
	(void)state;
	run("overtaken", OVERTAKEN, 0.8);
}

/*
 * A rule that drops every sixteenth counter, on one way or on both, seen from one end without a
 * trace: of each probe that way is told, but for what stands at the edges or is lost beside one of
 * the other way, and where a way loses nothing none is lost on it.
 */
static void sixteenths(struct seed *s, bool there, bool back)
{
	static struct truth truth[WORLD_PROBES_MAX];
	struct world_plan p = { .probes = 3000, .interval_ns = NS_PER_MS, .size = 84 };
	int64_t lost[2] = { 0, 0 }, told[2] = { 0, 0 }, either = 0;
	struct fates_facts f;
	struct ledger *l;
	struct arena a;
	size_t i;

	p.padded[0] = p.padded[1] = seed_below(s, 2);
	p.rekey_every = 1000 + seed_below(s, 3000);
	p.service_ns = 20000;
	p.transit_ns = 1000000 + (int64_t)seed_below(s, 20000000);
	p.sixteenth[0] = there;
	p.sixteenth[1] = back;
	p.watched = NEAR_TAPS;
	arena_init(&a);
	l = ledger_new(&a, 0);
	world_run(s, &p, l, &a, truth);
	ledger_close(l, NULL, &f);
	for (i = 0; i < f.n; i++) {
		bool back_lost =
			f.list[i].after != STAGE_NONE && f.list[i].after >= STAGE_FAR_TUN_OUT;
		bool there_lost = f.list[i].before <= STAGE_FAR_WIRE_OUT;

		if (truth[i].reached == STAGE_COUNT)
			continue;
		lost[truth[i].sealed[1]]++;
		either += !back_lost && !there_lost;
		told[0] += there_lost && !back_lost;
		told[1] += back_lost;
	}
	printf("# lost there %d: told %d; back %d: told %d; either %d\n", (int)lost[0],
	       (int)told[0], (int)lost[1], (int)told[1], (int)either);
	assert_true(told[0] <= lost[0] && told[1] <= lost[1]);
	assert_true(told[0] + told[1] + either == lost[0] + lost[1]);
	assert_true(lost[there ? 0 : 1] > 0);
	assert_true(either <= (there && back ? (lost[0] + lost[1]) / 4 : EDGES));
	arena_done(&a);
}

static void every_sixteenth(void **state)
{
	struct seed s = seed_start("every sixteenth");
	int i;

	(void)state;
	for (i = 0; i < 12; i++)
		sixteenths(&s, i % 3 != 1, i % 3 != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sixteenth), cmocka_unit_test(all_taps),
		cmocka_unit_test(all_and_trace),   cmocka_unit_test(near_only),
		cmocka_unit_test(near_and_trace),  cmocka_unit_test(some_taps),
		cmocka_unit_test(captures_drop),   cmocka_unit_test(overtaken),
	};

	return cmocka_run_group_tests_name("loss/ledger_sim", tests, NULL, NULL);
}
