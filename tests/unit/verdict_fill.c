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
}

static void what_is_known_stands_there(void **state)
{
	static struct facts f;

	(void)state;
	facts_init(&f);
	f.target.name = "wg0";
	check(&f, "ip link set {if} up; wgdiag check {arg}", "ip link set wg0 up; wgdiag check wg0");
	f.target.name = "it's";
	check(&f, "ip link set {if} up", "ip link set 'it'\\''s' up");
}

static void what_is_no_word_stays(void **state)
{
	static struct facts f;

	(void)state;
	facts_init(&f);
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
		cmocka_unit_test(what_is_no_word_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
