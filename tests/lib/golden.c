#include "golden.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GOLDEN_MAX = 1 << 20 };

void golden_check(const char *file, const char *text)
{
	const char *top = getenv("TOP");
	char path[4096], *want;
	bool update = getenv("UPDATE_GOLDEN") != NULL;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/golden/%s", top ? top : ".", file);
	f = fopen(path, update ? "w" : "r");
	if (!f)
		fail_msg("%s cannot be opened", path);
	if (update) {
		fputs(text, f);
		fclose(f);
		return;
	}
	want = calloc(1, GOLDEN_MAX);
	assert_non_null(want);
	n = fread(want, 1, GOLDEN_MAX - 1, f);
	fclose(f);
	if (n != strlen(text) || memcmp(want, text, n))
		print_message("%s\n", text);
	assert_string_equal(text, want);
	free(want);
}
