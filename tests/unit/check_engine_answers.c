/* engine.answers: answers, answers wrongly, dies, or was never there to ask. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void not_started(struct facts *f)
{
	made_not_started(f, "no tun after 2.0 s");
}

static void garbage(struct facts *f)
{
	made_not_started(f, NULL);
	f->engine[END_NEAR].answer_error = "line 1 of its answer is no key=value";
}

static void killed(struct facts *f)
{
	f->engine[END_NEAR].exit_status = 11;
}

static void left(struct facts *f)
{
	f->engine[END_NEAR].exit_status = 2 << 8;
}

static void other_configuration(struct facts *f)
{
	f->engine[END_NEAR].configured = false;
	f->engine[END_NEAR].config_difference = "listen_port is 0, was set to 20211";
}

static void not_read_back(struct facts *f)
{
	f->engine[END_NEAR].configured = false;
}

static void not_asked(struct facts *f)
{
	f->engine[END_NEAR].answer_ns = UNKNOWN;
}

static void far_garbage(struct facts *f)
{
	f->engine[END_FAR].answer_error = "no answer within 1.0 s";
}

/* It carries data all the same. */
static void lost_its_socket(struct facts *f)
{
	f->target.kind = TARGET_OPAQUE;
	f->engine[END_NEAR].stale_socket = "/var/run/wireguard/wg0.sock";
	f->tun[END_NEAR].start.known = f->tun[END_NEAR].start.up = true;
	f->tun[END_NEAR].running = 1;
	facts_gap(f, NEED_ENGINE, "/var/run/wireguard/wg0.sock: nobody listens", NULL);
}

static void ended(struct facts *f)
{
	lost_its_socket(f);
	f->tun[END_NEAR].running = f->tun[END_NEAR].running_end = 0;
}

/* A tun that is down has no carrier, whoever has it open. */
static void ended_maybe(struct facts *f)
{
	ended(f);
	f->tun[END_NEAR].start.up = false;
}

static void carrier_unknown(struct facts *f)
{
	lost_its_socket(f);
	f->tun[END_NEAR].running = UNKNOWN;
}

static void links_unseen(struct facts *f)
{
	ended(f);
	facts_gap(f, NEED_LINKS, "no", NULL);
}

static void hidden(struct facts *f)
{
	lost_its_socket(f);
	f->engine[END_NEAR].stale_socket = NULL;
}

static void gone(struct facts *f)
{
	hidden(f);
	f->tun[END_NEAR].running = f->tun[END_NEAR].running_end = 0;
}

static void gone_maybe(struct facts *f)
{
	gone(f);
	f->tun[END_NEAR].start.up = false;
}

static void back_again(struct facts *f)
{
	gone(f);
	f->tun[END_NEAR].running_end = 1;
}

static void hidden_unseen(struct facts *f)
{
	hidden(f);
	f->tun[END_NEAR].running = UNKNOWN;
}

static void interrupted(struct facts *f)
{
	facts_gap(f, NEED_ENGINE_START, "interrupted", NULL);
}

/* Ours binds when its link comes up, and has nobody to tell but its log. */
static void no_port(struct facts *f)
{
	made_silent(f);
	f->target.kind = TARGET_CONFIG;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 0;
	f->engine[END_NEAR].log_says[ENGINE_LOG_PORT] = 1;
	f->config[END_NEAR].listen_port = 51820;
}

static void no_port_once(struct facts *f)
{
	no_port(f);
	f->engine[END_NEAR].log_file = "engine.log";
}

static void no_port_first(struct facts *f)
{
	no_port(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 2;
}

static const struct check_case cases[] = {
	{ "no port", no_port, STATE_FAIL, "could not have its UDP port 51820", NULL },
	{ "border: a log of another time", no_port_once, STATE_PASS, NULL, NULL },
	{ "border: it had one later", no_port_first, STATE_PASS, NULL, NULL },
	{ "healthy", NULL, STATE_PASS, "get answered in 0.21 ms", NULL },
	{ "never started", not_started, STATE_SKIP, "did not start", "engine.start" },
	{ "garbage", garbage, STATE_FAIL, "no key=value", NULL },
	{ "killed during the run", killed, STATE_FAIL, "killed by signal 11", NULL },
	{ "left during the run", left, STATE_FAIL, "exit status 2", NULL },
	{ "shows something else", other_configuration, STATE_FAIL, "listen_port is 0", NULL },
	{ "border: not read back", not_read_back, STATE_UNSURE, "not read back", NULL },
	{ "border: not asked", not_asked, STATE_UNSURE, "not asked", NULL },
	{ "the far one", far_garbage, STATE_FAIL, "far end: no answer", NULL },
	{ "no socket", hidden, STATE_NA, "no control socket", NULL },
	{ "no socket, and nobody has the tun", gone, STATE_FAIL,
	  "the engine is gone: wgd7f3a0 has no carrier", NULL },
	{ "border: no socket, the tun is down", gone_maybe, STATE_NA, "no control socket", NULL },
	{ "border: no socket, one came meanwhile", back_again, STATE_NA, "no control socket",
	  NULL },
	{ "border: no socket, carrier unknown", hidden_unseen, STATE_NA, "no control socket",
	  NULL },
	{ "a stale one", lost_its_socket, STATE_WARN,
	  "nobody listens on /var/run/wireguard/wg0.sock", NULL },
	{ "a stale one, and nobody has the tun", ended, STATE_FAIL, "the engine is gone: nobody",
	  NULL },
	{ "border: the tun is down", ended_maybe, STATE_WARN, "has ended or lost", NULL },
	{ "border: carrier unknown", carrier_unknown, STATE_WARN, "has ended or lost", NULL },
	{ "gap: links", links_unseen, STATE_WARN, "has ended or lost", NULL },
	{ "gap", interrupted, STATE_SKIP, "interrupted", NULL },
};

static void answers(void **state)
{
	(void)state;
	check_cases_run("engine.answers", cases, ARRAY_LEN(cases));
}

/* What is broken is to be mended by something that can be typed. */
static void each_fault_has_a_command(void **state)
{
	struct findings all;
	struct facts f;
	struct arena a;
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		const struct finding *row;

		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		if (cases[i].change)
			cases[i].change(&f);
		checks_run(&f, NULL, &all);
		row = made_row(&all, "engine.answers");
		if (row->signs & (SIGN_BIT(SIGN_ENGINE_GONE) | SIGN_BIT(SIGN_ENGINE_SILENT))) {
			n++;
			assert_non_null(row->remedy);
			assert_true(row->n_commands > 0);
		}
		arena_done(&a);
	}
	assert_true(n >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(each_fault_has_a_command),
	};

	return cmocka_run_group_tests_name("engine.answers", tests, NULL, NULL);
}
