/*
 * What the rows are consequences of: each names rows that exist, and roots before what follows
 * from them, as a row is shown as a consequence of the first in its list that failed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/made_facts.h"

static const struct check *find(const char *id)
{
	const struct check *const *c;

	for (c = checks; *c; c++)
		if (strcmp((*c)->id, id) == 0)
			return *c;
	return NULL;
}

static bool follows(const struct check *c, const char *id)
{
	const char *const *a;

	for (a = c->after; a && *a; a++)
		if (strcmp(*a, id) == 0)
			return true;
	return false;
}

static void all_exist(void **state)
{
	const struct check *const *c;
	const char *const *a;

	(void)state;
	for (c = checks; *c; c++)
		for (a = (*c)->after; a && *a; a++) {
			if (!find(*a))
				fail_msg("%s: no row %s", (*c)->id, *a);
			assert_string_not_equal((*c)->id, *a);
		}
}

static void roots_stand_first(void **state)
{
	const struct check *const *c;
	const char *const *a, *const *b;

	(void)state;
	for (c = checks; *c; c++)
		for (a = (*c)->after; a && *a; a++)
			for (b = a + 1; *b; b++)
				if (follows(find(*a), *b))
					fail_msg("%s: %s before its root %s", (*c)->id, *a, *b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_exist),
		cmocka_unit_test(roots_stand_first),
	};

	return cmocka_run_group_tests_name("after", tests, NULL, NULL);
}
