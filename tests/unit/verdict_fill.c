/* Commands with what is known of the tunnel in them, and capitals for what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "verdict/fill.h"

static void check(const struct facts *f, const char *template, const char *expected)
{
	struct arena a;

	arena_init(&a);
	assert_string_equal(fill(&a, f, template), expected);
	arena_done(&a);
}

static void what_is_not_known_is_in_capitals(void **state)
{
	static struct facts f;

	(void)state;
	facts_init(&f);
	check(&f, "ip link set {if} up", "ip link set IF up");
	check(&f, "tcpdump udp port {port} and host {host}", "tcpdump udp port PORT and host HOST");
	check(&f, "{peer} {inner} {target} {dev} {arg}", "PEER INNER TARGET DEV ARG");
	/* What wgdiag made for itself is gone. */
	f.target.name = "wgd7f3a0";
	check(&f, "wg-quick up {if}", "wg-quick up IF");
}

static void what_is_known_stands_there(void **state)
{
	static struct facts f;

	(void)state;
	facts_init(&f);
	f.target.kind = TARGET_INTERFACE;
	f.target.name = "wg0";
	check(&f, "ip link set {if} up; wgdiag check {arg}",
	      "ip link set wg0 up; wgdiag check wg0");
	f.target.name = "it's";
	check(&f, "ip link set {if} up", "ip link set 'it'\\''s' up");
}

static void our_own_port(void **state)
{
	static struct facts f;

	(void)state;
	facts_init(&f);
	check(&f, "ufw allow {listen}/udp", "ufw allow LISTEN/udp");
	f.config[END_NEAR].listen_port = 51820;
	check(&f, "ufw allow {listen}/udp", "ufw allow LISTEN/udp");
	facts_have(&f, NEED_CONFIG);
	check(&f, "ufw allow {listen}/udp", "ufw allow 51820/udp");
	f.config[END_NEAR].listen_port = 0;
	check(&f, "ufw allow {listen}/udp", "ufw allow LISTEN/udp");
}

/* The same run again, without what it was told of the far end. */
static void the_whole_command(void **state)
{
	struct option_facts options[] = { { "--far-file", "old.json" }, { "--ping", "10.0.0.9" } };
	static struct facts f;

	(void)state;
	facts_init(&f);
	f.target.kind = TARGET_INTERFACE;
	f.target.name = "wg0";
	check(&f, "{check} --save-facts RUN", "wgdiag check wg0 --save-facts RUN");
	f.target.options = options;
	f.target.n_options = 2;
	check(&f, "{check} --save-facts RUN", "wgdiag check wg0 --ping 10.0.0.9 --save-facts RUN");
	options[0].name = "--far";
	check(&f, "{check}", "wgdiag check wg0 --ping 10.0.0.9");
}

/* Who answers from the very address that was asked is the far end. */
static void the_far_end_inside(void **state)
{
	struct inner_target_facts t[3] = { 0 };
	static struct facts f;

	(void)state;
	facts_init(&f);
	check(&f, "--far {far}", "--far FAR");
	assert_true(ip_addr_parse("10.0.0.8", &t[0].addr));
	assert_true(ip_addr_parse("10.0.0.9", &t[1].addr));
	assert_true(ip_addr_parse("10.0.0.1", &t[1].from));
	t[1].answered = ANSWERED_ERROR;
	assert_true(ip_addr_parse("fd00::1", &t[2].addr));
	t[2].from = t[2].addr;
	t[2].answered = ANSWERED_ECHO;
	f.inner_targets = t;
	f.n_inner_targets = 2;
	check(&f, "--far {far}", "--far FAR");
	f.n_inner_targets = 3;
	check(&f, "--far {far}", "--far fd00::1");
}

static void what_is_no_word_stays(void **state)
{
	static struct facts f;

	(void)state;
	facts_init(&f);
	f.target.kind = TARGET_INTERFACE;
	f.target.name = "wg0";
	check(&f, "nft add chain ip t c { type filter hook input priority 0; }",
	      "nft add chain ip t c { type filter hook input priority 0; }");
	check(&f, "awk '{print $1}' {if}", "awk '{print $1}' wg0");
	check(&f, "{if", "{if");
	check(&f, "", "");
	assert_null(fill(NULL, &f, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_known_is_in_capitals),
		cmocka_unit_test(what_is_known_stands_there),
		cmocka_unit_test(our_own_port),
		cmocka_unit_test(the_whole_command),
		cmocka_unit_test(the_far_end_inside),
		cmocka_unit_test(what_is_no_word_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
