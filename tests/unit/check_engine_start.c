/* engine.start: starts, does not, was not seen to, could not be tried. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/made_facts.h"

/* No tun, and no socket either. */
static void kernel(struct facts *f)
{
	f->target.engine = "kernel";
}

static void died(struct facts *f)
{
	made_not_started(f, "wireguard-go exited with status 1");
	f->engine[END_NEAR].exit_status = 1 << 8;
	f->engine[END_NEAR].log_tail = "ERROR: no /dev/net/tun\n";
}

static void hung(struct facts *f)
{
	made_not_started(f, "no tun after 2.0 s");
}

/* It ran and had a socket, but what it said there was no answer. */
static void garbage(struct facts *f)
{
	made_not_started(f, NULL);
	f->engine[END_NEAR].answer_error = "line 1 of its answer is no key=value";
}

static void far_died(struct facts *f)
{
	f->engine[END_FAR].start_error = "exit status 4";
	f->engine[END_FAR].start_ns = UNKNOWN;
}

static void not_seen(struct facts *f)
{
	f->engine[END_NEAR].start_ns = UNKNOWN;
}

static void interrupted(struct facts *f)
{
	facts_gap(f, NEED_ENGINE_START, "interrupted", NULL);
}

static void died_later(struct facts *f)
{
	f->engine[END_NEAR].exit_status = 9;
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "builtin, tun and socket after 12.0 ms", NULL },
	{ "wireguard-go", made_wireguard_go, STATE_PASS, "wireguard-go 0.0.20220316", NULL },
	{ "the kernel's", kernel, STATE_PASS, "kernel, interface after 12.0 ms", NULL },
	{ "died at once", died, STATE_FAIL, "exited with status 1", NULL },
	{ "hung", hung, STATE_FAIL, "no tun after 2.0 s", NULL },
	{ "border: answers garbage", garbage, STATE_UNSURE, "never ready", NULL },
	{ "the far one died", far_died, STATE_FAIL, "far end: exit status 4", NULL },
	{ "border: it started and died later", died_later, STATE_PASS, NULL, NULL },
	{ "border: nobody saw it", not_seen, STATE_UNSURE, "not seen", NULL },
	{ "gap", interrupted, STATE_SKIP, "interrupted", NULL },
};

static void starts(void **state)
{
	(void)state;
	check_cases_run("engine.start", cases, ARRAY_LEN(cases));
}

static const struct finding *row_of(enum start_lack lack, struct findings *all, struct facts *f)
{
	made_healthy(f);
	made_not_started(f, "open /dev/net/tun: refused");
	f->engine[END_NEAR].lack = lack;
	checks_run(f, NULL, all);
	return made_row(all, "engine.start");
}

static void what_is_lacking_is_typed(void **state)
{
	static const struct {
		enum start_lack lack;
		const char *command;
	} rows[] = {
		{ LACK_TUN, "modprobe tun" },
		{ LACK_TUN_NODE, "mknod /dev/net/tun" },
		{ LACK_RIGHT, "--cap-add NET_ADMIN" },
		{ LACK_MODULE, "modprobe wireguard" },
	};
	const struct finding *row;
	struct findings all;
	struct facts f;
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		findings_init(&all, &a);
		row = row_of(rows[i].lack, &all, &f);
		assert_int_equal(row->state, STATE_FAIL);
		assert_true((row->signs & SIGN_BIT(SIGN_ENGINE_NOT_STARTED)) != 0);
		assert_int_equal(row->n_commands, 1);
		assert_non_null(strstr(row->commands[0], rows[i].command));
	}
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts),
		cmocka_unit_test(what_is_lacking_is_typed),
	};

	return cmocka_run_group_tests_name("engine.start", tests, NULL, NULL);
}
