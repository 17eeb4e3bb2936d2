/*
 * Which lost probes the kernel's drops explain.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "check/drops.h"
#include "lib/made_facts.h"

static struct drop_facts drops[2];
static struct lost_facts lost[2];
static struct fate_facts list[3];

static void make(struct facts *f, int64_t n_dropped, int64_t n_lost)
{
	made_healthy(f);
	drops[0] = (struct drop_facts){ .reason = "NETFILTER_DROP",
					.location = "nft_do_chain",
					.dev = f->taps[TAP_NEAR_WIRE].dev,
					.dir = "in",
					.protocol = 2048,
					.count = n_dropped };
	drops[1] = drops[0];
	drops[1].reason = "SOCKET_RCVBUFF";
	lost[0] = (struct lost_facts){ STAGE_WIRE_IN, STAGE_TUN_IN, NULL, n_lost };
	lost[1] = (struct lost_facts){ STAGE_TUN_OUT, STAGE_WIRE_OUT, NULL, n_lost };
	list[0] = (struct fate_facts){ .result = FATE_LOST,
				       .after = STAGE_WIRE_IN,
				       .before = STAGE_TUN_IN };
	list[1] = (struct fate_facts){ .result = FATE_LOST,
				       .after = STAGE_TUN_OUT,
				       .before = STAGE_WIRE_OUT };
	list[2] = (struct fate_facts){ .result = FATE_ANSWERED,
				       .after = STAGE_NONE,
				       .before = STAGE_NONE };
	f->kernel.events_lost = f->kernel.same_name = 0;
	f->kernel.drops = drops;
	f->kernel.n_drops = 1;
	f->fates = (struct fates_facts){
		.sent = 1000, .lost = lost, .n_lost = 2, .list = list, .n = 3
	};
}

static bool is_explained(struct facts *f)
{
	bool is;
	struct arena a;

	arena_init(&a);
	drops_explain(f, &a);
	is = lost[0].reason != NULL;
	if (is) {
		assert_non_null(strstr(lost[0].reason, "NETFILTER_DROP in nft_do_chain"));
		assert_ptr_equal(list[0].reason, lost[0].reason);
	}
	/* Not what died elsewhere, nor what was answered. */
	assert_null(lost[1].reason);
	assert_null(list[1].reason);
	assert_null(list[2].reason);
	lost[0].reason = list[0].reason = NULL;
	arena_done(&a);
	return is;
}

static void as_many_at_that_place(void **state)
{
	struct facts f;

	(void)state;
	make(&f, 100, 100);
	assert_true(is_explained(&f));
	make(&f, 112, 100); /* others' beside them */
	assert_true(is_explained(&f));
	make(&f, 99, 100);
	assert_false(is_explained(&f));
	make(&f, 500, 100);
	assert_false(is_explained(&f));
}

/* From one end the place is known less well, and holds that of the drops. */
static void within_a_longer_way(void **state)
{
	struct facts f;

	(void)state;
	make(&f, 100, 100);
	lost[0].after = list[0].after = STAGE_WIRE_OUT;
	assert_true(is_explained(&f));
	make(&f, 100, 100);
	lost[0].after = list[0].after = STAGE_TUN_IN;
	lost[0].before = list[0].before = STAGE_NONE;
	assert_false(is_explained(&f));
}

static void what_is_not_sure_is_not_told(void **state)
{
	struct facts f;

	(void)state;
	make(&f, 100, 100);
	f.kernel.n_drops = 2; /* which of the two kinds? */
	assert_false(is_explained(&f));
	make(&f, 100, 100);
	f.kernel.events_lost = 1;
	assert_false(is_explained(&f));
	make(&f, 100, 100);
	f.kernel.events_lost = UNKNOWN;
	assert_false(is_explained(&f));
	make(&f, 100, 100);
	f.kernel.same_name = 1;
	assert_false(is_explained(&f));
	make(&f, 100, 100);
	drops[0].dev = "another0";
	assert_false(is_explained(&f));
}

static void what_was_told_stays(void **state)
{
	struct facts f;
	struct arena a;

	(void)state;
	arena_init(&a);
	make(&f, 100, 100);
	lost[0].reason = "the engine's word";
	drops_explain(&f, &a);
	assert_string_equal(lost[0].reason, "the engine's word");
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_at_that_place),
		cmocka_unit_test(within_a_longer_way),
		cmocka_unit_test(what_is_not_sure_is_not_told),
		cmocka_unit_test(what_was_told_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
